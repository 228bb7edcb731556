#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Who pays for a PASID, and for how long.

load helpers

@test "a process pays once, however often it opens the device" {
	cgroups a
	echo 1 >a/ioasids.max
	# shellcheck disable=SC2016
	start a bash -c 'exec 4<>$0 5<>$0 6<>$0; echo open; kill -STOP $$' "$DEVICE"
	[ "$line" = open ]
	is a/ioasids.current 1
}

@test "a place is free the moment that its process has been reaped" {
	cgroups a
	echo 1 >a/ioasids.max
	for _ in {1..20}; do
		hold a
		finish "$pid"
		is a/ioasids.current 0
	done
}

@test "a process that has closed the device holds its PASID until it ends" {
	cgroups a
	# shellcheck disable=SC2016
	start a bash -c 'exec 4<>$0 4>&-; echo closed; kill -STOP $$' "$DEVICE"
	[ "$line" = closed ]
	is a/ioasids.current 1
	finish "$pid"
	is a/ioasids.current 0
}

@test "an inherited descriptor holds the PASID until it is closed" {
	cgroups a b
	bequeath a b
	is a/ioasids.current 1
	is b/ioasids.current 0
	kill -KILL "$heir"
	until_empty b
	is a/ioasids.current 0
}

@test "who reads from the memory of a process holds its place until the read has ended" {
	cgroups a b
	echo 1 >a/ioasids.max
	for end in kill exec; do
		opener a
		holder=$pid
		tell "$holder" open bound
		obey b "$BIN/reader" "/proc/$holder/environ"
		[ "$line" = reading ] || fail "$line"
		if [ "$end" = kill ]; then finish "$holder"; else tell "$holder" exec ready; fi
		is a/ioasids.current 1
		refused a
		tell "$pid" go 'done'
		is a/ioasids.current 0
		hold a
		finish "$pid"
	done
}

@test "exec keeps the charge while the old address space is bound, and no longer" {
	cgroups a
	# shellcheck disable=SC2016
	start a bash -c 'exec 4<>$0; exec bash -c "echo new; sleep infinity"' "$DEVICE"
	[ "$line" = new ]
	is a/ioasids.current 1
	finish "$pid"

	# shellcheck disable=SC2016
	start a bash -c 'exec 4<>$0; exec 4>&-; exec bash -c "echo new; sleep infinity"' "$DEVICE"
	[ "$line" = new ]
	is a/ioasids.current 0
}

@test "a child does not pay for what its parent holds" {
	cgroups a
	# shellcheck disable=SC2016
	start a bash -c 'exec 4<>$0; sleep infinity & sleep infinity & echo forked; wait' "$DEVICE"
	[ "$line" = forked ]
	is a/ioasids.current 1
}

@test "a child that shares the address space shares the PASID" {
	cgroups a b
	# The child goes to b and opens the device first, so b pays for both.
	start a "$BIN/clone" "$DEVICE" vm b
	[ "$line" = bound ]
	is a/ioasids.current 0
	is b/ioasids.current 1
	finish "$pid"
	is b/ioasids.current 1
	echo 1 >b/cgroup.kill
	until_empty b
	is b/ioasids.current 0
}

@test "a vfork child that has ended leaves the PASID where it was, with its parent's memory" {
	cgroups a b
	start a "$BIN/clone" "$DEVICE" vfork b
	[ "$line" = bound ]
	is a/ioasids.current 0
	is b/ioasids.current 1
	finish "$pid"
	is b/ioasids.current 0
}

@test "an open that fails for want of memory leaves nothing charged" {
	cgroups a
	echo N >/sys/kernel/debug/failslab/ignore-gfp-wait
	run in_cgroup a "$BIN/failnth" "$DEVICE" 3>&-
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *ENOMEM* ]]
	[[ $output != *EAGAIN* ]]
	[[ $output != *ENOSPC* ]]
	is a/ioasids.current 0
	is a/ioasids.events $'max 0\nalloc_fail 0'
}
