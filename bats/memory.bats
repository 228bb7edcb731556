#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# A cgroup whose memory is used up, and the device. Its processes can open it, and
# no other cgroup waits for them. All memory that is used here is locked, and none
# of those who use it may be killed for it.

load helpers

setup() {
	v2_setup
	echo +memory >"$ROOT/cgroup.subtree_control"
	echo +memory >cgroup.subtree_control
	cgroups full outside
	echo 96M >full/memory.max
}

teardown() { v2_teardown && echo -memory >"$ROOT/cgroup.subtree_control"; }

# fill: the memory of full is used up, and 250 processes there are about to open the
# device, one after the other. $tenant has them do so once it is continued.
fill() {
	in_cgroup full "$BIN/stall" "$DEVICE" 250 >"$BATS_TEST_TMPDIR/stall" 3>&- &
	tenant=$!
	until_stopped
}

# until_stopped: it stops when memory is used up, and when all have opened the device.
until_stopped() { until_has "/proc/$tenant/status" $'State:\tT (stopped)'; }
opening() { grep -q $'^State:\t[RSD]' "/proc/$tenant/status"; }

killed() { awk '$1 == "oom_kill" {print $2}' full/memory.events; }

@test "opening the device takes no memory of the cgroup: at its memory.max, 250 processes open it" {
	fill
	events=$(cat full/memory.events)
	kill -CONT "$tenant"
	until_stopped
	is "$BATS_TEST_TMPDIR/stall" "250 bound"
	is full/memory.events "$events"
}

# Those that may be killed when memory is wanted use none of it, so the kernel kills
# all of them, one after the other, before it gives up.
@test "no tenant stalls another: while a cgroup at its memory.max opens the device, so does one outside" {
	start outside "$BIN/bind" /dev/null 100
	[ "$line" = "100 bound" ]
	mapfile -t killable < <(grep -vx "$pid" outside/cgroup.procs)
	fill
	for process in "${killable[@]}"; do echo "$process" >full/cgroup.procs; done
	[ "$(killed)" = 0 ]

	kill -CONT "$tenant"
	while opening && [ "$(killed)" = 0 ]; do :; done
	hold outside
	[ "$(killed)" -lt 100 ] || fail "an open() outside waited until there was none to kill in full"
}
