#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The same rules through the tools of libcgroup (Debian's cgroup-tools), which
# name a group alike on cgroup v1 and v2. What holds on both is a function, and
# two tests: the start of a test's name says which hierarchy it finds mounted.

load ../helpers

EXAMPLE=$IOASIDS_SRC/bats/libcgroup/cgconfig.conf

setup() {
	before=$(<"$ROOT/cgroup.subtree_control")
	"${BATS_TEST_DESCRIPTION%%:*}_setup"
}

teardown() {
	[ -z "${engine:-}" ] || { kill "$engine" && wait "$engine"; } || true
	# The example's groups are at the top on v2, where only test is looked after.
	if [ -e "$ROOT/tenants" ]; then
		echo 1 >"$ROOT/tenants/cgroup.kill"
		until_empty "$ROOT/tenants"
		find "$ROOT/tenants" -depth -type d -exec rmdir {} +
	fi
	"${BATS_TEST_DESCRIPTION%%:*}_teardown"
	# cgconfigparser enables more than ioasids where a snapshot tells it to.
	for controller in $(<"$ROOT/cgroup.subtree_control"); do
		[[ " $before " == *" $controller "* ]] || echo "-$controller" >"$ROOT/cgroup.subtree_control"
	done
}

# meets GROUP OUTCOME: cgexec starts a process there, which opens the device.
meets() {
	start "$ROOT" cgexec -g "ioasids:$1" "$BIN/bind" "$DEVICE"
	[ "$line" = bound ] || wait "$pid" || true
	[ "$line" = "$2" ] || fail "a process in $1 was to meet $2: $line"
}

# fails WHY COMMAND...: it does, and says that.
fails() {
	run "${@:2}"
	[ "$status" -ne 0 ] || fail "${*:2}: was to fail"
	[[ $output == *"$1"* ]] || fail "${*:2}: was to say '$1': $output"
}

# gets GROUP FILE CONTENT: cgget says so, and so does the file.
gets() {
	[ "$(cgget -nv -r "$2" "test/$1")" = "$3" ] || fail "cgget: $(cgget -r "$2" "test/$1")"
	is "$1/$2" "$3"
}

cgcreate_makes() {
	cgcreate -g ioasids:test/a/b/c
	for group in a a/b a/b/c; do
		is "$group/ioasids.max" max
		is "$group/ioasids.current" 0
	done
}
@test "v2: cgcreate makes a group, and those above it, without a limit" { cgcreate_makes; }
@test "v1: cgcreate makes a group, and those above it, without a limit" { cgcreate_makes; }

# In the root it does so only for a group at the top.
@test "v2: cgcreate enables the controller on the way to a group, but not in the root" {
	echo -ioasids >cgroup.subtree_control
	echo -ioasids >../cgroup.subtree_control
	fails 'No such file or directory' cgcreate -g ioasids:test/a
	[ ! -e a ]
	cgcreate -g ioasids:tenants
	cgcreate -g ioasids:test/a
	is a/ioasids.max max
}

cgset_sets() {
	cgcreate -g ioasids:test/a
	for limit in 2 0 18446744073709551614 max; do
		cgset -r ioasids.max="$limit" test/a
		gets a ioasids.max "$limit"
	done
}
@test "v2: a limit that cgset sets is what cgget and the file say" { cgset_sets; }
@test "v1: a limit that cgset sets is what cgget and the file say" { cgset_sets; }

cgset_copies() {
	cgcreate -g ioasids:test/a -g ioasids:test/b
	cgset -r ioasids.max=2 test/a
	cgset --copy-from test/a test/b
	is b/ioasids.max 2
}
@test "v2: cgset --copy-from gives a group the limit of another" { cgset_copies; }
@test "v1: cgset --copy-from gives a group the limit of another" { cgset_copies; }

cgset_is_refused() {
	cgcreate -g ioasids:test/a
	cgset -r ioasids.max=7 test/a
	for bad in -1 0x10 ten '1 2'; do
		fails 'Invalid argument' cgset -r ioasids.max="$bad" test/a
		gets a ioasids.max 7
	done
	fails 'Numerical result out of range' cgset -r ioasids.max=18446744073709551616 test/a
	gets a ioasids.max 7
}
@test "v2: what is not a limit is an error of cgset, and changes nothing" { cgset_is_refused; }
@test "v1: what is not a limit is an error of cgset, and changes nothing" { cgset_is_refused; }

# libcgroup 2 says that it has failed, libcgroup 3 leaves the file alone.
cgset_leaves() {
	cgcreate -g ioasids:test/a
	hold a
	cgset -r ioasids.current=0 test/a || true
	cgset -r ioasids.peak=0 test/a || true
	gets a ioasids.current 1
	gets a ioasids.peak 1
}
@test "v2: cgset does not change what can only be read" { cgset_leaves; }
@test "v1: cgset does not change what can only be read" { cgset_leaves; }

cgget_shows() {
	cgcreate -g ioasids:test/a
	cgset -r ioasids.max=2 test/a
	hold a 2
	refused a
	local said
	said=$(cgget -g ioasids:test/a)
	[[ $said == *'ioasids.max: 2'* ]]
	[[ $said == *'ioasids.current: 2'* ]]
	[[ $said == *'ioasids.peak: 2'* ]]
	[[ $said == *$'ioasids.events: max 1\n\talloc_fail 1'* ]]
	[[ $said == *$'ioasids.events.local: max 1\n\talloc_fail 1'* ]]
	[[ $said == *'ioasids.stat: sva 2'* ]]
}
@test "v2: cgget shows all there is to know of a group" { cgget_shows; }
@test "v1: cgget shows all there is to know of a group" { cgget_shows; }

cgexec_starts() {
	cgcreate -g ioasids:test/a
	cgset -r ioasids.max=1 test/a
	meets test/a bound
	grep -qx "$pid" a/cgroup.procs
	is a/ioasids.current 1
	meets test/a EAGAIN
	is a/ioasids.current 1
	is a/ioasids.events $'max 1\nalloc_fail 1'
}
@test "v2: cgexec puts a process under the limit of its group, where the next meets EAGAIN" { cgexec_starts; }
@test "v1: cgexec puts a process under the limit of its group, where the next meets EAGAIN" { cgexec_starts; }

cgclassify_moves() {
	cgcreate -g ioasids:test/a -g ioasids:test/b
	cgset -r ioasids.max=0 test/b
	hold a
	cgclassify -g ioasids:test/b "$pid"
	grep -qx "$pid" b/cgroup.procs
	is a/ioasids.current 0
	is b/ioasids.current 1
	is b/ioasids.events $'max 0\nalloc_fail 0'
}
@test "v2: cgclassify moves a process with its charge, whatever the limit" { cgclassify_moves; }
@test "v1: cgclassify moves a process with its charge, whatever the limit" { cgclassify_moves; }

cgdelete_leaves() {
	cgcreate -g ioasids:test/a/b -g ioasids:test/a/c -g ioasids:test/d
	cgset -r ioasids.max=1 test/a
	bequeath a/b d
	cgdelete -g ioasids:test/a/b
	[ ! -e a/b ]
	is a/ioasids.current 1
	meets test/a/c EAGAIN
}
@test "v2: what is still charged to a group goes to its parent at cgdelete" { cgdelete_leaves; }
@test "v1: what is still charged to a group goes to its parent at cgdelete" { cgdelete_leaves; }

cgdelete_r_leaves() {
	cgcreate -g ioasids:test/a/b/c -g ioasids:test/d
	bequeath a/b/c d
	fails 'Device or resource busy' cgdelete -g ioasids:test/a
	is a/b/c/ioasids.current 1
	cgdelete -r -g ioasids:test/a
	[ ! -e a ]
	is ioasids.current 1
}
@test "v2: cgdelete -r takes a whole subtree, and leaves its charges with the parent" { cgdelete_r_leaves; }
@test "v1: cgdelete -r takes a whole subtree, and leaves its charges with the parent" { cgdelete_r_leaves; }

@test "v1: cgdelete moves the processes of a group to the parent, with their charges" {
	cgcreate -g ioasids:test/a/b
	hold a/b
	cgdelete -g ioasids:test/a/b
	[ ! -e a/b ]
	grep -qx "$pid" a/cgroup.procs
	is a/ioasids.current 1
}

@test "v2: cgdelete moves the processes of a group at the top to the root, with their charges" {
	cgcreate -g ioasids:tenants
	hold ../tenants
	cgdelete -g ioasids:tenants
	[ ! -e ../tenants ]
	grep -qx "$pid" ../cgroup.procs
	is ../ioasids.current 1
	finish "$pid"
	is ../ioasids.current 0
}

# The parent has the controller enabled for its children, so no process may be in it.
@test "v2: cgdelete of any other group that has processes fails, and changes nothing" {
	cgcreate -g ioasids:test/a
	hold a
	fails 'Device or resource busy' cgdelete -g ioasids:test/a
	grep -qx "$pid" a/cgroup.procs
	is a/ioasids.current 1
}

# cgsnapshot asks the root's files what can be written, and takes all the others
# for writable; a denylist keeps the counts out of what is to be loaded again.
# What it says of mounts is not for loading where they are there already, nor is what it
# says of other groups, as systemd's, and of other controllers.
cgsnapshot_is_loaded() {
	cgcreate -g ioasids:test/a/b
	cgset -r ioasids.max=5 test/a
	cgset -r ioasids.max=2 test/a/b
	printf '%s\n' ioasids.events ioasids.events.local >"$BATS_TEST_TMPDIR/deny"
	cgsnapshot -s -b "$BATS_TEST_TMPDIR/deny" -f "$BATS_TEST_TMPDIR/shot" ioasids
	cgdelete -r -g ioasids:test/a
	sed -n '/^group test/,/^}/ { /^[g}]/p; /^\tioasids {/,/^\t}/p }' "$BATS_TEST_TMPDIR/shot" >"$BATS_TEST_TMPDIR/conf"
	cgconfigparser -l "$BATS_TEST_TMPDIR/conf"
	is ioasids.max max
	is a/ioasids.max 5
	is a/b/ioasids.max 2
}
@test "v2: the limits that cgsnapshot shows can be loaded with cgconfigparser" { cgsnapshot_is_loaded; }
@test "v1: the limits that cgsnapshot shows can be loaded with cgconfigparser" { cgsnapshot_is_loaded; }

@test "v1: cgsnapshot shows where the hierarchy is mounted" {
	run cgsnapshot -s -b /dev/null ioasids
	[[ $output == *"ioasids = $V1;"* ]]
}

@test "v1: lssubsys lists ioasids, but under systemd nothing at all" {
	run lssubsys
	if [ "$(</proc/1/comm)" = systemd ]; then
		[ -z "$output" ]
	else
		[[ ,$output, == *,ioasids,* ]]
	fi
}

# lssubsys tells v1 hierarchies, and with -a also what could be one.
@test "v2: lssubsys lists ioasids with -a, as a controller that is not on v1" {
	lssubsys -a | grep -qx ioasids
	run lssubsys
	[ "$status" -eq 0 ]
	[[ $output != *ioasids* ]]
}

lscgroup_lists() {
	cgcreate -g ioasids:test/a/b
	lscgroup ioasids:test | grep -qE '(^|,)ioasids:/test/a/b$'
}
@test "v2: lscgroup lists the groups that have the controller" { lscgroup_lists; }
@test "v1: lscgroup lists the groups that have the controller" { lscgroup_lists; }

example_is_loaded() {
	cd ..
	cgconfigparser -l "$EXAMPLE"
	is tenants/ioasids.max 3
	is tenants/red/ioasids.max 2
	is tenants/blue/ioasids.max max
	meets tenants/red bound
	meets tenants/red bound
	meets tenants/red EAGAIN
	meets tenants/blue/own bound
	meets tenants/blue/own EAGAIN
	is tenants/ioasids.current 3
}
@test "v2: cgconfigparser makes the groups of the example with their limits" { example_is_loaded; }
@test "v1: cgconfigparser makes the groups of the example with their limits" { example_is_loaded; }

owner_is_bound() {
	cd ..
	cgconfigparser -l "$EXAMPLE"
	cgset -r ioasids.max=0 tenants/blue/own
	user=(setpriv --reuid 1000 --regid 1000 --clear-groups)
	"${user[@]}" cgset -r ioasids.max=100 tenants/blue/own
	is tenants/blue/own/ioasids.max 100
	fails '' "${user[@]}" cgset -r ioasids.max=100 tenants/blue
	is tenants/blue/ioasids.max max
	hold tenants/blue/own 3
	refused tenants/blue/own
}
@test "v2: an owner that the example names can lift its own limit, but none above" { owner_is_bound; }
@test "v1: an owner that the example names can lift its own limit, but none above" { owner_is_bound; }

bad_example_is_refused() {
	cd ..
	sed 's/= 2;/= two;/' "$EXAMPLE" >"$BATS_TEST_TMPDIR/conf"
	fails 'error loading' cgconfigparser -l "$BATS_TEST_TMPDIR/conf"
	[ ! -e tenants ]
}
@test "v2: cgconfigparser makes no group at all where one has a bad limit" { bad_example_is_refused; }
@test "v1: cgconfigparser makes no group at all where one has a bad limit" { bad_example_is_refused; }

@test "v1: cgconfigparser mounts the hierarchy that the file asks for" {
	cd /
	v1_teardown
	{
		cat "$EXAMPLE"
		echo "mount { ioasids = $V1; }"
	} >"$BATS_TEST_TMPDIR/conf"
	cgconfigparser -l "$BATS_TEST_TMPDIR/conf"
	cd "$V1"
	is tenants/red/ioasids.max 2
	meets tenants/red bound
	is tenants/red/ioasids.current 1
}

# engine RULE: start cgrulesengd, $engine, with that rule for whoever changes user.
# It reads nothing but /etc, so it is given one of its own.
engine() {
	local etc=$BATS_TEST_TMPDIR/etc
	mkdir -p "$etc/cgconfig.d"
	cp /etc/passwd /etc/group /etc/ld.so.cache "$etc"
	echo "$1" >"$etc/cgrules.conf"
	: >"$etc/cgconfig.conf"
	# shellcheck disable=SC2016 # for the shell in there
	unshare -m bash -c 'mount --bind "$0" /etc && exec cgrulesengd -n -Q' "$etc" 3>&- &
	engine=$!
}

# as_nobody: a process of nobody, $pid, that opens the device when it is told to, on $go.
as_nobody() {
	met=$(mktemp)
	chmod o+w "$met"
	mkfifo "$BATS_TEST_TMPDIR/go"
	exec {go}<>"$BATS_TEST_TMPDIR/go"
	# shellcheck disable=SC2016 # for the shell in there
	start "$ROOT" setpriv --reuid nobody --regid nogroup --clear-groups \
		bash -c 'echo ready; read -r _ <&"$0"; exec "$1" "$2" >"$3"' "$go" "$BIN/bind" "$DEVICE" "$met"
}

rule_moves() {
	cgcreate -g ioasids:test/a
	cgset -r ioasids.max=0 test/a
	chmod o+rw "$DEVICE"
	engine 'nobody ioasids test/a'
	as_nobody
	until_has a/cgroup.procs "$pid"
	echo >&"$go"
	wait "$pid" || true
	is "$met" EAGAIN
	is a/ioasids.events.local $'max 1\nalloc_fail 1'
	chmod o-rw "$DEVICE"
}
@test "v2: a rule of cgrulesengd puts a user's process under the limit of a group" { rule_moves; }
@test "v1: a rule of cgrulesengd puts a user's process under the limit of a group" { rule_moves; }

program_limits() {
	local said status=0
	cc -o "$BATS_TEST_TMPDIR/limit" "$IOASIDS_SRC/bats/libcgroup/limit.c" -lcgroup
	# shellcheck disable=SC2016 # for the shell in there
	said=$("$BATS_TEST_TMPDIR/limit" test/a 1 bash -c '
		coproc "$0" "$1" 3>&-
		read -r line <&"${COPROC[0]}"; echo "$line"
		timeout 5 "$0" "$1"
		kill "$COPROC_PID"; wait "$COPROC_PID"
		exit 7' "$BIN/bind" "$DEVICE") || status=$?
	[ "$said" = $'limit 1\nbound\nEAGAIN\nmax 1\nalloc_fail 1' ] || fail "it says $said"
	[ $status = 7 ]
	[ ! -e a ]
}
@test "v2: a program limits a command with libcgroup's functions" { program_limits; }
@test "v1: a program limits a command with libcgroup's functions" { program_limits; }

program_is_refused() {
	cc -o "$BATS_TEST_TMPDIR/limit" "$IOASIDS_SRC/bats/libcgroup/limit.c" -lcgroup
	fails 'Invalid argument' "$BATS_TEST_TMPDIR/limit" test/a many true
}
@test "v2: a program is told by libcgroup what is no limit" { program_is_refused; }
@test "v1: a program is told by libcgroup what is no limit" { program_is_refused; }

# Documentation/admin-guide/ioasids-libcgroup.rst
page_works() {
	cd ..
	local tenants=$PWD/tenants
	[[ $(as_in ioasids-libcgroup groups) == *'ioasids.max: 2'*'ioasids.current: 0'*:/tenants/red* ]]
	is "$tenants/red/ioasids.max" 2
	as_in ioasids-libcgroup remove
	[ ! -e "$tenants" ]
	cd "$IOASIDS_SRC"
	[[ $(as_in ioasids-libcgroup file) == *ioasids:/tenants/red* ]]
	as_in ioasids-libcgroup remove
	[[ $(as_in ioasids-libcgroup program) == 'limit 2'*:/tenants*$'\nmax 0\nalloc_fail 0' ]]
	rm /tmp/limit
}
@test "v2: the commands of the page on libcgroup" { page_works; }
@test "v1: the commands of the page on libcgroup" { page_works; }
