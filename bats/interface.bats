#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The files: where they are, what stands in them, what may be written.

load helpers

@test "a new cgroup has no limit and holds nothing" {
	cgroups a
	is a/ioasids.max max
	is a/ioasids.current 0
	is a/ioasids.peak 0
	holds a 0 0
	is a/ioasids.events $'max 0\nalloc_fail 0'
	is a/ioasids.events.local $'max 0\nalloc_fail 0'
}

@test "the root shows what is held, and has no limit and no events" {
	run bash -c "cd $ROOT && echo ioasids.*"
	[ "$output" = 'ioasids.capacity ioasids.current ioasids.peak ioasids.stat' ]
	run bash -c 'echo ioasids.*'
	[ "$output" = 'ioasids.current ioasids.events ioasids.events.local ioasids.max ioasids.peak ioasids.stat' ]
}

@test "only ioasids.max can be written" {
	cgroups a
	for file in a/ioasids.* "$ROOT"/ioasids.*; do
		[ "$file" != a/ioasids.max ] || continue
		run bash -c 'echo 0 >$0' "$file"
		[ "$status" -ne 0 ] || fail "$file was written"
		run stat -c %a "$file"
		[ "$output" = 444 ]
	done
	run stat -c %a a/ioasids.max
	[ "$output" = 644 ]
}

@test "a limit reads back as it was written, above the capacity too" {
	cgroups a
	for limit in 0 1 65536 1048577 18446744073709551614 max; do
		echo "$limit" >a/ioasids.max
		is a/ioasids.max "$limit"
	done
}

@test "the value that is there can be written again" {
	cgroups a
	echo 3 >a/ioasids.max
	echo 3 >a/ioasids.max
	echo max >a/ioasids.max
	echo max >a/ioasids.max
}

@test "peak is the highest that current has been" {
	cgroups a a/b a/c
	hold a/b 2
	hold a/c
	is a/ioasids.peak 3
	is a/b/ioasids.peak 2
	finish "$pid"
	is a/ioasids.current 2
	is a/ioasids.peak 3
	hold a/c
	is a/ioasids.peak 3
	hold a/c
	is a/ioasids.peak 4
	is a/b/ioasids.peak 2
}

@test "a refused allocation changes no current and no peak" {
	cgroups a a/b a/b/c
	echo 1 >a/ioasids.max
	hold a/b/c
	refused a/b/c
	for cgroup in a a/b a/b/c; do
		is $cgroup/ioasids.current 1
		is $cgroup/ioasids.peak 1
	done
}

@test "a move counts in the peak of where it goes, and not above" {
	cgroups a a/x a/y
	hold a/y
	hold a/x 2
	echo "$pid" >a/y/cgroup.procs
	is a/x/ioasids.peak 2
	is a/y/ioasids.peak 2
	is a/ioasids.peak 3
}

@test "enabling the controller starts files afresh" {
	cgroups a a/b
	echo 1 >a/b/ioasids.max
	hold a/b
	refused a/b
	echo -ioasids >a/cgroup.subtree_control
	echo +ioasids >a/cgroup.subtree_control
	is a/b/ioasids.max max
	is a/b/ioasids.current 1
	is a/b/ioasids.peak 1
	is a/b/ioasids.events $'max 0\nalloc_fail 0'
	is a/ioasids.events $'max 1\nalloc_fail 1'
}

@test "stat says what for, and adds up to current" {
	cgroups a a/b a/c
	hold a/b 2
	hold a/c
	holds a 3 0
	holds a/b 2 0
	holds "$ROOT" 3 0 0
}

@test "capacity is in the root alone" {
	is "$ROOT/ioasids.capacity" $((2 ** 20 - 1))
	cgroups a
	[ ! -e a/ioasids.capacity ]
}
