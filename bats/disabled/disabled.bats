#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# In a guest that was booted with cgroup_disable=ioasids.

DEVICE=/dev/ioasid_mock-0
BIN=$IOASIDS_SRC/build/bin

@test "a disabled controller is not there" {
	run cat /sys/fs/cgroup/cgroup.controllers
	[[ $output != *ioasids* ]]
	[ ! -e /sys/fs/cgroup/ioasids.current ]
	run bash -c 'echo +ioasids >/sys/fs/cgroup/cgroup.subtree_control'
	[ "$status" -ne 0 ]
}

@test "a disabled controller leaves allocation as it is" {
	coproc "$BIN/bind" "$DEVICE" 50 3>&-
	read -r line <&"${COPROC[0]}"
	kill -KILL "$COPROC_PID"
	[ "$line" = "50 bound" ]
}

@test "the table knows PASIDs but not who pays" {
	coproc "$BIN/bind" "$DEVICE" 3>&-
	read -r line <&"${COPROC[0]}"
	[ "$line" = bound ]
	run awk '{ $1 = $1; print }' /sys/kernel/debug/ioasids
	kill -KILL "$COPROC_PID"
	[ "${lines[0]}" = 'pasid user tgid comm cgroup' ]
	[ "${lines[1]}" = '1 sva - - -' ]
	[ ${#lines[@]} = 2 ]
}

@test "a disabled controller leaves what iommufd attaches as it is, and in the table" {
	coproc "$BIN/vmm" 3>&-
	read -r line <&"${COPROC[0]}"
	[[ $line == ready* ]]
	echo 'attach 7 8' >&"${COPROC[1]}"
	read -r line <&"${COPROC[0]}"
	[ "$line" = "2 attached" ]
	run awk 'NR > 1 { $1 = $1; print }' /sys/kernel/debug/ioasids
	[ "$output" = $'7 iommufd - - -\n8 iommufd - - -' ]
	kill -KILL "$COPROC_PID"
	wait "$COPROC_PID" || true
	[ "$(wc -l </sys/kernel/debug/ioasids)" = 1 ]
}

@test "ioasids says that the controller is disabled" {
	local arguments code
	for arguments in '' --json --prometheus top 'set /a 1' 'run --max 1 -- true'; do
		code=1
		[[ $arguments != run* ]] || code=125
		# shellcheck disable=SC2086 # words
		run "$BIN/ioasids" $arguments
		[ "$status" = "$code" ]
		[ "$output" = "ioasids: the ioasids controller is disabled (cgroup_disable=ioasids on the kernel's command line)" ]
	done
}
