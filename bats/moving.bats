#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Charges follow their process, and what a removed cgroup holds is its parent's.

load helpers

@test "a process takes its charge along" {
	cgroups a b
	hold a
	echo "$pid" >b/cgroup.procs
	is a/ioasids.current 0
	is b/ioasids.current 1
	is ioasids.current 1
}

@test "a move is not refused by a limit, and then nobody else gets in" {
	cgroups a b
	echo 0 >b/ioasids.max
	hold a
	echo "$pid" >b/cgroup.procs
	is b/ioasids.current 1
	is b/ioasids.events $'max 0\nalloc_fail 0'
	refused b
	is b/ioasids.events $'max 1\nalloc_fail 1'
}

@test "a move frees the place that the process had" {
	cgroups a b
	echo 1 >a/ioasids.max
	hold a
	refused a
	echo "$pid" >b/cgroup.procs
	hold a
	is a/ioasids.current 1
	is b/ioasids.current 1
}

@test "a move within a subtree does not touch the counts above" {
	cgroups a a/b a/b/c a/d
	echo 1 >a/ioasids.max
	hold a/b/c
	echo "$pid" >a/d/cgroup.procs
	is a/ioasids.current 1
	is a/b/ioasids.current 0
	is a/b/c/ioasids.current 0
	is a/d/ioasids.current 1
	is a/ioasids.events $'max 0\nalloc_fail 0'
}

@test "what a process held before a move is given back where it is now" {
	cgroups a b
	hold a
	echo "$pid" >b/cgroup.procs
	finish "$pid"
	is a/ioasids.current 0
	is b/ioasids.current 0
}

@test "a process that moves there and back is counted once" {
	cgroups a b
	hold a
	for _ in {1..10}; do
		echo "$pid" >b/cgroup.procs
		echo "$pid" >a/cgroup.procs
	done
	is a/ioasids.current 1
	is b/ioasids.current 0
	is ioasids.current 1
}

@test "a process can be moved out to the root of the machine and back" {
	cgroups a
	hold a
	echo "$pid" >"$ROOT"/cgroup.procs
	is a/ioasids.current 0
	is "$ROOT"/ioasids.current 1
	echo "$pid" >a/cgroup.procs
	is a/ioasids.current 1
}

@test "a charge that outlives its process stays where the process was" {
	cgroups a b
	bequeath a b
	is a/ioasids.current 1
	is b/ioasids.current 0
	# To move the heir is not to move the charge.
	echo "$heir" >"$ROOT"/cgroup.procs
	is a/ioasids.current 1
	kill -KILL "$heir"
	until_has a/ioasids.current 0
}

@test "a cgroup that still holds charges can be removed, and its parent has them" {
	cgroups a a/b c
	echo 2 >a/ioasids.max
	bequeath a/b c
	rmdir a/b
	until_none_dies a
	is a/ioasids.current 1
	# They are the parent's in earnest: they use up its limit.
	cgroups a/b
	hold a/b
	refused a/b
	kill -KILL "$heir"
	until_empty c
	is a/ioasids.current 1
}

@test "charges of removed cgroups go up level by level" {
	cgroups a a/b a/b/c d
	bequeath a/b/c d
	rmdir a/b/c a/b
	until_none_dies a
	is a/ioasids.current 1
	rmdir a
	until_none_dies .
	is ioasids.current 1
	kill -KILL "$heir"
	until_empty d
	is ioasids.current 0
}

@test "a removed cgroup does not stay behind while its charges live on" {
	cgroups a b
	bequeath a b
	rmdir a
	until_has cgroup.stat 'nr_dying_descendants 0'
	is ioasids.current 1
}

@test "enabling the controller counts what running processes hold already" {
	cgroups a a/b
	echo -ioasids >a/cgroup.subtree_control
	hold a/b 2
	is a/ioasids.current 2
	[ ! -e a/b/ioasids.current ]
	echo +ioasids >a/cgroup.subtree_control
	is a/b/ioasids.current 2
	is a/ioasids.current 2
	echo 2 >a/b/ioasids.max
	refused a/b
	finish "$pid"
	is a/b/ioasids.current 1
}

@test "disabling the controller leaves the count with the parent" {
	cgroups a a/b
	hold a/b 2
	echo -ioasids >a/cgroup.subtree_control
	is a/ioasids.current 2
	finish "$pid"
	is a/ioasids.current 1
}

@test "disable and enable is no way around a limit" {
	cgroups a a/b a/b/c
	echo 2 >a/ioasids.max
	hold a/b/c 2
	for control in a/b a; do
		echo -ioasids >$control/cgroup.subtree_control
		refused a/b/c
		is a/ioasids.current 2
	done
	for control in a a/b; do
		echo +ioasids >$control/cgroup.subtree_control
		refused a/b/c
		is a/ioasids.current 2
	done
	is a/b/c/ioasids.current 2
}

@test "enabling and disabling over and over neither loses nor adds a charge" {
	cgroups a a/b
	hold a/b 3
	for _ in {1..20}; do
		echo -ioasids >a/cgroup.subtree_control
		echo +ioasids >a/cgroup.subtree_control
	done
	is a/b/ioasids.current 3
	is ioasids.current 3
}

@test "a process of many threads moves with one charge" {
	cgroups a b
	start a "$BIN/threads" "$DEVICE" 8
	[ "$line" = bound ]
	is a/ioasids.current 1
	echo "$pid" >b/cgroup.procs
	is a/ioasids.current 0
	is b/ioasids.current 1
}

@test "a process whose leader has exited moves like any other" {
	cgroups a b
	start a "$BIN/threads" "$DEVICE" 2 leader-exits
	[ "$line" = bound ]
	grep -q 'State:.Z' "/proc/$pid/status"
	is a/ioasids.current 1
	echo "$pid" >b/cgroup.procs
	is a/ioasids.current 0
	is b/ioasids.current 1
}

@test "a thread that binds after its leader died in a removed cgroup pays where it is" {
	cgroups a b
	start a "$BIN/threads" "$DEVICE" 1 leader-exits bind-on-usr1
	[ "$line" = ready ]
	echo "$pid" >b/cgroup.procs
	rmdir a
	# The dead leader keeps a's remains; c, removed after it, goes altogether.
	cgroups c
	rmdir c
	until_has cgroup.stat 'nr_dying_subsys_ioasids 1'
	kill -USR1 "$pid"
	until_has b/ioasids.current 1
	echo 1 >b/ioasids.max
	refused b
}

@test "a process in a threaded subtree is charged to its domain" {
	cgroups a b
	mkdir a/t
	echo threaded >a/t/cgroup.type
	start a "$BIN/threads" "$DEVICE" 2
	for task in /proc/"$pid"/task/*; do echo "${task##*/}" >a/t/cgroup.threads; done
	is a/t/cgroup.threads "$(ls "/proc/$pid/task")"
	[ ! -e a/t/ioasids.current ]
	is a/ioasids.current 1
	echo 1 >a/ioasids.max
	refused a
	echo "$pid" >b/cgroup.procs
	is a/ioasids.current 0
	is b/ioasids.current 1
}

@test "a frozen process moves with its charge, and its end gives it back" {
	cgroups a b
	hold a
	for cgroup in a b; do echo 1 >$cgroup/cgroup.freeze; done
	until_has a/cgroup.events 'frozen 1'
	echo "$pid" >b/cgroup.procs
	until_has b/cgroup.events 'frozen 1'
	is a/ioasids.current 0
	is b/ioasids.current 1
	finish "$pid"
	is b/ioasids.current 0
}

@test "a child that is cloned into a cgroup pays there" {
	cgroups a b
	echo 0 >a/ioasids.max
	start a "$BIN/clone" "$DEVICE" into b
	[ "$line" = bound ]
	is a/ioasids.current 0
	is b/ioasids.current 1
}

@test "exec by a thread that is not the leader keeps the charge" {
	cgroups a b
	mkfifo "$BATS_TEST_TMPDIR/new"
	start a "$BIN/threads" "$DEVICE" 2 exec /bin/bash -c "echo new >$BATS_TEST_TMPDIR/new; sleep infinity"
	[ "$line" = bound ]
	kill -USR1 "$pid"
	read -r line <"$BATS_TEST_TMPDIR/new"
	[ "$line" = new ]
	is a/ioasids.current 1
	echo "$pid" >b/cgroup.procs
	is a/ioasids.current 0
	is b/ioasids.current 1
}

@test "cgroup.kill gives back what the subtree held" {
	cgroups a a/b a/b/c a/d
	hold a/b/c 3
	hold a/d 2
	is a/ioasids.current 5
	echo 1 >a/cgroup.kill
	until_empty a
	is a/ioasids.current 0
	is a/b/c/ioasids.current 0
}

@test "a subtree that many writers empty at once arrives whole" {
	local writers=()
	cgroups a a/x a/y b b/z
	hold a/x 8
	hold a/y 8
	mapfile -t movers < <(cat a/x/cgroup.procs a/y/cgroup.procs)
	for _ in {1..4}; do
		for mover in "${movers[@]}"; do echo "$mover" >b/z/cgroup.procs; done 3>&- &
		writers+=($!)
	done
	wait "${writers[@]}"
	is a/ioasids.current 0
	is a/x/ioasids.current 0
	is a/y/ioasids.current 0
	is b/z/ioasids.current 16
	is b/ioasids.current 16
}

@test "a process that binds while it is being moved is charged where it ends up" {
	local mover moving=$BATS_TEST_TMPDIR/moving
	cgroups a b
	for n in {1..30}; do
		start a "$BIN/threads" "$DEVICE" 3 bind-on-usr1
		touch "$moving"
		# It ends in one or the other.
		while [ -e "$moving" ]; do
			echo "$pid" >b/cgroup.procs
			((n % 2)) || echo "$pid" >a/cgroup.procs
		done 3>&- &
		mover=$!
		kill -USR1 "$pid"
		until_has ioasids.current 1
		rm "$moving"
		wait "$mover"
		case $(<"/proc/$pid/cgroup") in
		*/a) is a/ioasids.current 1; is b/ioasids.current 0 ;;
		*/b) is a/ioasids.current 0; is b/ioasids.current 1 ;;
		*) fail "$(<"/proc/$pid/cgroup")" ;;
		esac
		finish "$pid"
	done
}
