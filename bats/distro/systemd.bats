#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Under systemd, as a distribution has it: what it does with a controller that it
# does not know, and that limits hold in its units all the same.

load ../helpers

TENANT=$ROOT/tenants.slice

# A slice of the tests' own, in which the controller is enabled.
setup() {
	systemctl start tenants.slice
	echo +ioasids >"$ROOT/cgroup.subtree_control"
	echo +ioasids >"$TENANT/cgroup.subtree_control"
}

teardown() {
	systemctl stop tenants.slice
	echo -ioasids >"$ROOT/cgroup.subtree_control"
	is "$ROOT/ioasids.current" 0
	until_none_dies "$ROOT"
}

# unit OPTION...: start a unit in that slice by systemd-run, which says "ready".
unit() { systemd-run --quiet --collect --slice=tenants.slice "$@"; }

# scope NAME: start a scope there, with a process in it.
scope() {
	start "$ROOT" systemd-run --quiet --collect --slice=tenants.slice --scope --unit="$1" \
		bash -c 'echo ready; exec sleep infinity >&-'
	[ "$line" = ready ] || fail "there is no scope $1: $line"
}

@test "systemd is PID 1, and no unit has failed" {
	[ "$(</proc/1/comm)" = systemd ]
	[ -z "$(systemctl --failed --no-legend)" ]
}

@test "the controller is listed in the root" {
	[[ " $(<"$ROOT/cgroup.controllers") " == *' ioasids '* ]]
}

@test "systemd by itself enables it nowhere" {
	echo -ioasids >"$TENANT/cgroup.subtree_control"
	echo -ioasids >"$ROOT/cgroup.subtree_control"
	unit --unit=tenant sleep infinity
	systemctl daemon-reload
	[[ $(<"$ROOT/cgroup.subtree_control") != *ioasids* ]]
	[[ $(<"$TENANT/cgroup.controllers") != *ioasids* ]]
	echo +ioasids >"$ROOT/cgroup.subtree_control"
	echo +ioasids >"$TENANT/cgroup.subtree_control"
}

@test "where it is enabled, it stays so through daemon-reload and the start of units" {
	echo 3 >"$TENANT/ioasids.max"
	unit --unit=tenant -p MemoryMax=100M sleep infinity
	systemctl daemon-reload
	unit --unit=other sleep infinity
	systemctl set-property --runtime tenant.service TasksMax=5
	systemctl stop other.service
	is "$TENANT/ioasids.max" 3
	is "$TENANT/tenant.service/ioasids.max" max
}

@test "in a scope with a limit of 1 the second process is refused with EAGAIN" {
	scope tenant
	echo 1 >"$TENANT/tenant.scope/ioasids.max"
	hold "$TENANT/tenant.scope"
	refused "$TENANT/tenant.scope" EAGAIN
	is "$TENANT/tenant.scope/ioasids.current" 1
	is "$TENANT/ioasids.current" 1
}

@test "the limit of a slice stops its units together" {
	echo 2 >"$TENANT/ioasids.max"
	scope tenant
	scope other
	hold "$TENANT/tenant.scope"
	hold "$TENANT/other.scope"
	refused "$TENANT/tenant.scope" EAGAIN
	refused "$TENANT/other.scope" EAGAIN
}

@test "a limit that ExecStartPre=+ writes holds for the service's first process" {
	unit --unit=tenant -p Type=oneshot -p RemainAfterExit=yes \
		-p ExecStartPre="+/bin/sh -c 'echo 0 >$TENANT/tenant.service/ioasids.max'" \
		bash -c "$BIN/bind $DEVICE >/run/tenant || true"
	is /run/tenant EAGAIN
}

@test "when a unit ends, its PASIDs are free" {
	echo 1 >"$TENANT/ioasids.max"
	unit --unit=tenant "$BIN/bind" "$DEVICE"
	until_has "$TENANT/ioasids.current" 1
	systemctl stop tenant.service
	is "$TENANT/ioasids.current" 0
	scope other
	hold "$TENANT/other.scope"
}

@test "a unit with Delegate=yes sees the controller, and may enable it below" {
	unit --unit=tenant -p Delegate=yes --wait \
		bash -c "cd $TENANT/tenant.service && mkdir a && echo 0 >a/cgroup.procs &&
			echo +ioasids >cgroup.subtree_control && cat a/ioasids.max >/run/tenant"
	is /run/tenant max
}
