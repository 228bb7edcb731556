#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What shows who holds which PASID: the table in debugfs, and the tracepoints.

load helpers

KERNEL_PASIDS=/sys/module/${DEVICE:5:-2}/parameters/kernel_pasids

# row PASID: that line of the table, with one space between its columns
row() { awk -v pasid="$1" '$1 == pasid { $1 = $1; print }' "$2"; }

# pasid_of PID
pasid_of() { awk -v pid="$1" '$3 == pid { print $1 }' "$TABLE"; }

@test "the table shows who holds which PASID, and where" {
	cgroups a b b/c
	hold a; first=$pid
	hold b/c
	[ "$(awk '{ $1 = $1; print; exit }' "$TABLE")" = 'pasid user tgid comm cgroup' ]
	[ "$(row 1 "$TABLE")" = "1 sva $first bind /test/a" ]
	[ "$(row 2 "$TABLE")" = "2 sva $pid bind /test/b/c" ]
	[ "$(wc -l <"$TABLE")" = 3 ]
	echo "$pid" >a/cgroup.procs
	[ "$(row 2 "$TABLE")" = "2 sva $pid bind /test/a" ]
	finish "$first"
	[ -z "$(row 1 "$TABLE")" ]
}

@test "white space in names is escaped, so that a line has five words" {
	cgroups 'a b' $'a b/c\td\\'
	cp "$BIN/bind" "$BATS_TEST_TMPDIR/x y"
	start $'a b/c\td\\' "$BATS_TEST_TMPDIR/x y" "$DEVICE"
	[ "$(row 1 "$TABLE")" = "1 sva $pid x\\040y /test/a\\040b/c\\011d\\134" ]
	finish "$pid"
	hold_as $'a b/c\td\\' '\v\f\r'
	[ "$(row 1 "$TABLE")" = "1 sva $pid \\013\\014\\015 /test/a\\040b/c\\011d\\134" ]
	finish "$pid"
	hold_as $'a b/c\td\\' '\0'
	[ "$(row 1 "$TABLE")" = "1 sva $pid - /test/a\\040b/c\\011d\\134" ]
}

@test "a path of more than 4096 bytes is whole in the table" {
	local name path=/test
	name=$(printf 'r%.0s' {1..200})
	for _ in {1..25}; do
		echo +ioasids >cgroup.subtree_control
		mkdir "$name"
		cd "$name"
		path+=/$name
	done
	hold .
	[ "$(awk '$3 == '"$pid"' { print $5 }' "$TABLE")" = "$path" ] || fail "the path is cut"
	finish "$pid"
	until_empty .
	for _ in {1..25}; do
		cd ..
		rmdir "$name"
	done
}

@test "what the kernel takes for itself shows in the root, and only there" {
	cgroups a
	echo 1 >a/ioasids.max
	hold a
	echo 2 >"$KERNEL_PASIDS"
	is "$ROOT/ioasids.current" 3
	holds "$ROOT" 1 0 2
	is ioasids.current 1
	holds . 1 0
	# It is charged to no cgroup, even by a process in one.
	in_cgroup a bash -c "echo 3 >$KERNEL_PASIDS" 3>&- &
	wait $!
	holds "$ROOT" 1 0 3
	is a/ioasids.current 1
	is a/ioasids.events $'max 0\nalloc_fail 0'
	echo 0 >"$KERNEL_PASIDS"
	holds "$ROOT" 1 0 0
	is "$ROOT/ioasids.current" 1
}

@test "the table has the kernel's own and those whose process is gone" {
	cgroups a b
	bequeath a b
	echo 1 >"$KERNEL_PASIDS"
	[ "$(row 1 "$TABLE")" = "1 sva $pid - /test/a" ]
	[ "$(row 2 "$TABLE")" = "2 kernel 0 - /" ]
	echo 0 >"$KERNEL_PASIDS"
}

@test "the table is consistent while PASIDs come and go" {
	local pasids=() holders=() others=()
	cgroups a b
	for _ in {1..10}; do
		hold a
		holders+=("$pid")
		hold b
		others+=("$pid")
	done
	# The numbers of those who come and go lie between.
	for other in "${others[@]}"; do finish "$other"; done
	for holder in "${holders[@]}"; do pasids+=("$(pasid_of "$holder") sva $holder bind /test/a"); done
	touch "$BATS_TEST_TMPDIR/come-and-go"
	while [ -e "$BATS_TEST_TMPDIR/come-and-go" ]; do
		hold b; other=$pid
		hold b
		finish "$other"
		finish "$pid"
	done 3>&- &
	churn=$!
	for _ in {1..30}; do
		shown=$(awk 'NR > 2 && $1 <= last { print "not in order" } { last = $1; $1 = $1; print }' "$TABLE")
		[[ $shown != *order* ]] || fail "$shown"
		for held in "${pasids[@]}"; do
			[[ $shown$'\n' == *$'\n'"$held"$'\n'* ]] || fail "'$held' is not in $shown"
		done
	done
	rm "$BATS_TEST_TMPDIR/come-and-go"
	wait "$churn"
}

@test "tracepoints tell of a PASID that is taken, moved and given back" {
	cgroups a b
	trace
	hold a
	echo "$pid" >b/cgroup.procs
	finish "$pid"
	run traced
	echo "$output"
	[ "${lines[0]}" = "ioasid_alloc: pasid=1 user=sva tgid=$pid cgroup=$(id a)" ]
	[ "${lines[1]}" = "ioasid_move: tgid=$pid nr=1 from=$(id a) to=$(id b)" ]
	[ "${lines[2]}" = "ioasid_free: pasid=1 user=sva tgid=$pid cgroup=$(id b)" ]
	[ ${#lines[@]} = 3 ]

	trace
	echo 1 >"$KERNEL_PASIDS"
	echo 0 >"$KERNEL_PASIDS"
	run traced
	[ "${lines[0]}" = "ioasid_alloc: pasid=1 user=kernel tgid=0 cgroup=1" ]
	[ "${lines[1]}" = "ioasid_free: pasid=1 user=kernel tgid=0 cgroup=1" ]
}

@test "a tracepoint tells which limit refused whom" {
	cgroups a a/b
	echo 0 >a/ioasids.max
	trace
	start a/b "$BIN/bind" "$DEVICE"
	[ "$line" = EAGAIN ]
	run traced
	echo "$output"
	[ "$output" = "ioasid_refuse: tgid=$pid cgroup=$(id a/b) limit=$(id a)" ]
}
