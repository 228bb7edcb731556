#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The command ioasids under systemd: it finds units, and shows them.

load ../helpers
load units

setup() {
	PATH=$BIN:$PATH
	slice_setup
}

teardown() { slice_teardown; }

@test "what is set for a service or a slice is the limit of its cgroup" {
	unit --unit=tenant sleep infinity
	as_in ioasids-view units
	is "$TENANTS/tenant.service/ioasids.max" 3
	is "$TENANTS/ioasids.max" 2
}

@test "a unit that does not run, or for which ioasids is not enabled, is said to be so" {
	run ioasids set tenant.service 3
	[ "$status" = 1 ]
	[ "$output" = 'ioasids: tenant.service: it has no cgroup; is it running?' ]
	run ioasids set guest-command.service 3
	[ "$status" = 1 ]
	[[ $output == 'ioasids: /system.slice/guest-command.service: ioasids is not enabled for it'* ]]
}

@test "the tree and JSON show a unit, its limit and its processes" {
	unit --unit=tenant "$BIN/bind" "$DEVICE"
	until_has "$TENANTS/tenant.service/ioasids.current" 1
	ioasids set tenant.service 3
	pid=$(systemctl show -p MainPID --value tenant.service)
	[[ $(ioasids) == *$'\n''  tenants.slice '*$'\n''    tenant.service '*' 3 '*$'\n'"      $pid bind "* ]]
	ioasids --json | grep -F '{"path": "/tenants.slice/tenant.service", "current": 1, "peak": 1, "max": 3,'
}

@test "a command that is run from a service runs beside it, under the limit of the slice" {
	ioasids set tenants.slice 0
	run unit --unit=tenant --pipe --wait "$BIN/ioasids" run --max 1 -- \
		bash -c "cat /proc/self/cgroup; $BIN/bind $DEVICE"
	[[ $output == '0::/tenants.slice/ioasids-run-'*$'\n'EAGAIN ]]
	run compgen -G "$TENANTS/ioasids-run-*"
	[ "$status" != 0 ]
}
