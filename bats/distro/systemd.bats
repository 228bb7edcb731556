#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Under systemd, as a distribution has it: what it does with a controller that it
# does not know, and that limits hold in its units all the same.

load ../helpers
load units

setup() { slice_setup; }
teardown() { slice_teardown; }

@test "systemd is PID 1, and no unit has failed" {
	[ "$(</proc/1/comm)" = systemd ]
	[ -z "$(systemctl --failed --no-legend)" ]
}

@test "the controller is listed in the root" {
	[[ " $(<"$ROOT/cgroup.controllers") " == *' ioasids '* ]]
}

@test "systemd by itself enables it nowhere" {
	echo -ioasids >"$TENANTS/cgroup.subtree_control"
	echo -ioasids >"$ROOT/cgroup.subtree_control"
	unit --unit=tenant sleep infinity
	systemctl daemon-reload
	[[ $(<"$ROOT/cgroup.subtree_control") != *ioasids* ]]
	[[ $(<"$TENANTS/cgroup.controllers") != *ioasids* ]]
	echo +ioasids >"$ROOT/cgroup.subtree_control"
	echo +ioasids >"$TENANTS/cgroup.subtree_control"
}

@test "where it is enabled, it stays so through daemon-reload and the start of units" {
	echo 3 >"$TENANTS/ioasids.max"
	unit --unit=tenant -p MemoryMax=100M sleep infinity
	systemctl daemon-reload
	unit --unit=other sleep infinity
	systemctl set-property --runtime tenant.service TasksMax=5
	systemctl stop other.service
	is "$TENANTS/ioasids.max" 3
	is "$TENANTS/tenant.service/ioasids.max" max
}

@test "in a scope with a limit of 1 the second process is refused with EAGAIN" {
	scope tenant
	echo 1 >"$TENANTS/tenant.scope/ioasids.max"
	hold "$TENANTS/tenant.scope"
	refused "$TENANTS/tenant.scope" EAGAIN
	is "$TENANTS/tenant.scope/ioasids.current" 1
	is "$TENANTS/ioasids.current" 1
}

@test "the limit of a slice stops its units together" {
	echo 2 >"$TENANTS/ioasids.max"
	scope tenant
	scope other
	hold "$TENANTS/tenant.scope"
	hold "$TENANTS/other.scope"
	refused "$TENANTS/tenant.scope" EAGAIN
	refused "$TENANTS/other.scope" EAGAIN
}

@test "a limit that ExecStartPre=+ writes holds for the service's first process" {
	unit --unit=tenant -p Type=oneshot -p RemainAfterExit=yes \
		-p ExecStartPre="+/bin/sh -c 'echo 0 >$TENANTS/tenant.service/ioasids.max'" \
		bash -c "$BIN/bind $DEVICE >/run/tenant || true"
	is /run/tenant EAGAIN
}

@test "when a unit ends, its PASIDs are free" {
	echo 1 >"$TENANTS/ioasids.max"
	unit --unit=tenant "$BIN/bind" "$DEVICE"
	until_has "$TENANTS/ioasids.current" 1
	systemctl stop tenant.service
	is "$TENANTS/ioasids.current" 0
	scope other
	hold "$TENANTS/other.scope"
}

@test "a unit with Delegate=yes sees the controller, and may enable it below" {
	unit --unit=tenant -p Delegate=yes --wait \
		bash -c "cd $TENANTS/tenant.service && mkdir a && echo 0 >a/cgroup.procs &&
			echo +ioasids >cgroup.subtree_control && cat a/ioasids.max >/run/tenant"
	is /run/tenant max
}
