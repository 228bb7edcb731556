#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Limits in nested cgroups: who is refused, and where it is counted.

load helpers

# A tree five deep, with a side branch below its top.
five_deep() { cgroups a a/b a/b/c a/b/c/d a/b/c/d/e a/side; }

@test "without a limit nobody is refused" {
	cgroups a
	hold a 5
	is a/ioasids.current 5
	is a/ioasids.events $'max 0\nalloc_fail 0'
}

@test "a limit lets that many processes bind and refuses the next with EAGAIN" {
	cgroups a
	echo 2 >a/ioasids.max
	hold a 2
	refused a
	is a/ioasids.current 2
}

@test "the shell of an admin sees EAGAIN as 'Resource temporarily unavailable'" {
	cgroups a
	echo 0 >a/ioasids.max
	run in_cgroup a bash -c ": <>$DEVICE"
	[[ $output == *'Resource temporarily unavailable'* ]]
}

@test "a limit of 0 refuses the first" {
	cgroups a
	echo 0 >a/ioasids.max
	refused a
	is a/ioasids.current 0
}

@test "a place that is given back can be taken again" {
	cgroups a
	echo 1 >a/ioasids.max
	hold a
	refused a
	finish "$pid"
	hold a
	refused a
}

@test "a limit at the leaf of a five-deep tree stops the leaf alone" {
	five_deep
	echo 2 >a/b/c/d/e/ioasids.max
	hold a/b/c/d/e 2
	refused a/b/c/d/e
	hold a/side
	is a/ioasids.current 3
}

@test "a limit in the middle of a five-deep tree stops what is below it" {
	five_deep
	echo 2 >a/b/c/ioasids.max
	hold a/b/c/d/e 2
	refused a/b/c/d/e
	hold a/side
	is a/b/c/ioasids.current 2
	is a/ioasids.current 3
}

@test "a limit at the top of a five-deep tree stops every leaf" {
	five_deep
	echo 2 >a/ioasids.max
	hold a/b/c/d/e
	hold a/side
	refused a/b/c/d/e
	refused a/side
	is a/ioasids.current 2
}

@test "current counts a PASID in every cgroup from its process to the root" {
	five_deep
	hold a/b/c/d/e
	for cgroup in a a/b a/b/c a/b/c/d a/b/c/d/e . ..; do
		is "$cgroup"/ioasids.current 1
	done
	is a/side/ioasids.current 0
}

@test "siblings compete for their parent's limit" {
	cgroups a a/x a/y
	echo 3 >a/ioasids.max
	hold a/x 2
	hold a/y
	refused a/x
	refused a/y
	finish "$pid"
	hold a/x
	refused a/y
	is a/x/ioasids.current 3
	is a/y/ioasids.current 0
}

@test "a child's limit above its parent's does not help the child" {
	cgroups a a/b
	echo 1 >a/ioasids.max
	echo 100 >a/b/ioasids.max
	hold a/b
	refused a/b
}

@test "a limit below current takes nothing away and refuses until there is room" {
	cgroups a
	hold a; first=$pid
	hold a; second=$pid
	hold a
	echo 1 >a/ioasids.max
	is a/ioasids.max 1
	is a/ioasids.current 3
	refused a
	finish "$first"
	refused a
	finish "$second"
	is a/ioasids.current 1
	refused a
	finish "$pid"
	hold a
}

@test "a raised limit lets the next process in" {
	cgroups a
	echo 1 >a/ioasids.max
	hold a
	refused a
	echo 2 >a/ioasids.max
	hold a
	refused a
	echo max >a/ioasids.max
	hold a
}

@test "where two limits are reached the one nearest to the process refuses" {
	five_deep
	echo 0 >a/b/ioasids.max
	echo 0 >a/b/c/d/ioasids.max
	refused a/b/c/d/e
	is a/b/c/d/ioasids.events $'max 1\nalloc_fail 1'
	is a/b/ioasids.events $'max 1\nalloc_fail 1'
	echo max >a/b/c/d/ioasids.max
	refused a/b/c/d/e
	is a/b/c/d/ioasids.events $'max 1\nalloc_fail 2'
	is a/b/ioasids.events $'max 2\nalloc_fail 2'
}

@test "an allocation that succeeds is no event" {
	cgroups a
	echo 1 >a/ioasids.max
	hold a
	is a/ioasids.events $'max 0\nalloc_fail 0'
}
