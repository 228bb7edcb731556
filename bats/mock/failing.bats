#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# On the mock, whose driver can be made to fail each step of an open(): what a
# process holds that did not get the device.

load ../helpers

MOCK=/sys/module/ioasid_mock/parameters

teardown() {
	works domain
	works attach
	works queue
	v2_teardown
}

# fails STEP ERRNO: have the driver's domain, attach or queue fail from now on.
fails() { number "$2" >"$MOCK/fail_$1"; }
works() { echo 0 >"$MOCK/fail_$1"; }

# each_failure DO: call it with each step of a bind and each errno.
each_failure() {
	local step error
	for step in domain attach; do
		for error in "${ERRORS[@]}"; do
			"$1" "$step" "$error"
		done
	done
}

# nothing_held CGROUP: no charge, no number, and no event
nothing_held() {
	holds "$1" 0 0
	is "$1/ioasids.events" $'max 0\nalloc_fail 0'
	[ "$(wc -l <"$TABLE")" = 1 ] || fail "$(<"$TABLE")"
}

@test "a process whose open fails in the driver is told why, and holds nothing" {
	cgroups a
	echo 1 >a/ioasids.max
	fail_and_try_again() {
		opener a
		fails "$1" "$2"
		tell "$pid" open "$2"
		nothing_held a
		tell "$pid" open "$2"
		nothing_held a
		works "$1"
		tell "$pid" open bound
		holds a 1 0
		finish "$pid"
	}
	each_failure fail_and_try_again
}

@test "the place of a process whose open has failed is free for another" {
	cgroups a
	echo 1 >a/ioasids.max
	opener a
	local first=$pid
	fail_and_let_in() {
		fails "$1" "$2"
		tell "$first" open "$2"
		works "$1"
		hold a
		finish "$pid"
	}
	each_failure fail_and_let_in
	hold a
	tell "$first" open EAGAIN
	finish "$pid"
	tell "$first" open bound
	is a/ioasids.current 1
	is a/ioasids.peak 1
	is a/ioasids.events $'max 1\nalloc_fail 1'
}

@test "a process that holds a PASID keeps it, and one charge, when a further open fails" {
	cgroups a
	echo 1 >a/ioasids.max
	opener a
	fail_one_more() {
		tell "$pid" open bound
		tell "$pid" close closed
		fails "$1" "$2"
		tell "$pid" open "$2"
		holds a 1 0
		tell "$pid" open "$2"
		holds a 1 0
		works "$1"
	}
	each_failure fail_one_more
	tell "$pid" open bound
	[ "$(awk '$2 == "sva" { print $1, $3 }' "$TABLE")" = "1 $pid" ]
	is a/ioasids.events $'max 0\nalloc_fail 0'
	finish "$pid"
	holds a 0 0
}

@test "what fails after the bind leaves the PASID with its process, as if it had closed the device" {
	cgroups a
	echo 1 >a/ioasids.max
	for error in "${ERRORS[@]}"; do
		opener a
		fails queue "$error"
		tell "$pid" open "$error"
		holds a 1 0
		works queue
		refused a
		tell "$pid" open bound
		holds a 1 0
		finish "$pid"
		holds a 0 0
	done

	fails queue EBUSY
	opener a
	tell "$pid" open EBUSY
	holds a 1 0
	finish "$pid"
	holds a 0 0

	opener a
	tell "$pid" open EBUSY
	holds a 1 0
	tell "$pid" exec ready
	holds a 0 0
	works queue
	hold a
}

@test "an open that a limit refuses never reaches the device" {
	cgroups a a/b
	opener a/b
	echo 0 >a/ioasids.max
	before=$(<"$MOCK/attaches")
	tell "$pid" open EAGAIN
	tell "$pid" open EAGAIN
	is "$MOCK/attaches" "$before"
	is a/ioasids.events $'max 2\nalloc_fail 2'
	echo 1 >a/ioasids.max
	tell "$pid" open bound
	is "$MOCK/attaches" $((before + 1))
}
