#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# In a guest in which nobody has made a cgroup or enabled a controller yet.

ROOT=/sys/fs/cgroup

@test "the root's files are there before the controller is enabled anywhere" {
	[[ $(<$ROOT/cgroup.subtree_control) != *ioasids* ]]
	cd $ROOT
	run compgen -G 'ioasids.*'
	[ "$(sort <<<"$output" | xargs)" = 'ioasids.capacity ioasids.current ioasids.peak ioasids.stat' ]
}

@test "a process that holds a PASID before that is counted in the root" {
	coproc "$IOASIDS_BIN/bind" /dev/ioasid_mock-0 3>&-
	read -r line <&"${COPROC[0]}"
	[ "$line" = bound ]
	[ "$(<$ROOT/ioasids.current)" = 1 ]
	kill -KILL "$COPROC_PID"
	wait "$COPROC_PID" || true
	[ "$(<$ROOT/ioasids.current)" = 0 ]
}
