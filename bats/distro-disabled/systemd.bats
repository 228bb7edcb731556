#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# contrib/systemd in a guest that was booted with cgroup_disable=ioasids: limits are
# not set, the journal says so, and units start all the same, as they do where systemd
# misses a controller that it knows.

load ../helpers
load ../distro/units

teardown() {
	systemctl stop tenants.slice
	rm -rf "$GENERATOR" "$SYSTEM"/tenant*
	systemctl daemon-reload
}

@test "no unit has failed at boot" {
	grep -qw cgroup_disable=ioasids /proc/cmdline
	[ -z "$(systemctl --failed --no-legend)" ]
}

@test "a service and a slice with a limit start, and the journal says that there is none" {
	service tenant
	limits tenant.service 0 tenants.slice 0 tenant.scope 0
	systemctl start tenant.service
	scope tenant
	systemctl is-active tenant.service tenant.scope
	[ -z "$(systemctl --failed --no-legend)" ]
	[ "$(journal -p err | grep -c 'no ioasids controller, or it is disabled: X-IoasidsMax sets nothing')" = 1 ]
}

@test "a service with a limit gets PASIDs" {
	service tenant "$(opens /run/tenant)"
	limits tenant.service 0
	systemctl start tenant.service
	until_has /run/tenant bound
}
