#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# contrib/systemd: a line in the file or in a drop-in of a unit sets its limit.

load ../helpers
load units

@test "a service's limit is there when its first process runs" {
	service tenant "$(opens /run/tenant)"
	limits tenant.service 0
	systemctl start tenant.service
	until_has /run/tenant EAGAIN
}

@test "it is there again after a restart" {
	service tenant "$(opens /run/tenant)"
	limits tenant.service 0
	for _ in 1 2; do
		systemctl restart tenant.service
		until_has /run/tenant EAGAIN
		: >/run/tenant
	done
}

@test "a template's instances have its limit" {
	service tenant@
	limits tenant@.service 5
	systemctl start tenant@a.service
	is "$TENANTS/tenant@a.service/ioasids.max" 5
}

@test "a slice's limit is there before a service in it, and when it is made again" {
	service tenant "$(opens /run/tenant)"
	limits tenants.slice 0
	for _ in 1 2; do
		systemctl start tenant.service
		until_has /run/tenant EAGAIN
		is "$TENANTS/ioasids.max" 0
		systemctl stop tenants.slice
		: >/run/tenant
	done
}

@test "a slice's limit is there before a scope in it" {
	limits tenants.slice 0
	start "$ROOT" systemd-run --quiet --collect --slice=tenants.slice --scope "$BIN/bind" "$DEVICE"
	wait "$pid" || true
	[ "$line" = EAGAIN ]
}

@test "slices in slices have their limits, each before a service in it" {
	service tenant "$(opens /run/tenant)" Slice=tenants-a-b.slice
	limits tenants.slice 3 tenants-a.slice 2 tenants-a-b.slice 0
	systemctl start tenant.service
	until_has /run/tenant EAGAIN
	is "$TENANTS/ioasids.max" 3
	is "$TENANTS/tenants-a.slice/ioasids.max" 2
	is "$TENANTS/tenants-a.slice/tenants-a-b.slice/ioasids.max" 0
	run journal
	[[ $output == *tenant.service* && $output != *cycle* ]]
}

@test "limits of slices that are there at boot bring no ordering cycle" {
	service tenant
	limits system.slice 5 user.slice 4 tenants.slice 3
	mkdir -p "$SYSTEM/multi-user.target.wants"
	ln -s ../tenant.service "$SYSTEM/multi-user.target.wants/tenant.service"
	run systemd-analyze verify --generators=yes multi-user.target
	rm -r "$SYSTEM"/{system,user}.slice.d "$SYSTEM/multi-user.target.wants/tenant.service"
	[[ ${output,,} != *cycle* ]]
}

@test "a scope has its limit once it has started" {
	limits tenant.scope 1
	scope tenant
	until_limit "$TENANTS/tenant.scope" 1
	hold "$TENANTS/tenant.scope"
	refused "$TENANTS/tenant.scope" EAGAIN
}

@test "daemon-reload brings a new limit to whatever runs, and takes nothing away" {
	service tenant@ "$(opens /run/tenant)" Slice=tenants-a.slice
	systemctl daemon-reload
	systemctl start tenant@a.service
	until_has /run/tenant bound
	scope tenant
	limits tenants.slice 4 tenants-a.slice 3 tenant@.service 0 tenant.scope 1
	is "$TENANTS/ioasids.max" 4
	is "$TENANTS/tenants-a.slice/ioasids.max" 3
	is "$TENANTS/tenants-a.slice/tenant@a.service/ioasids.max" 0
	is "$TENANTS/tenants-a.slice/tenant@a.service/ioasids.current" 1
	is "$TENANTS/tenant.scope/ioasids.max" 1
	limits tenant@.service max
	is "$TENANTS/tenants-a.slice/tenant@a.service/ioasids.max" max
}

@test "daemon-reload sets no unit that no line is for" {
	service tenant
	service tenant-a
	limits tenant-a.service 4
	systemctl start tenant.service tenant-a.service
	echo 3 >"$TENANTS/tenant.service/ioasids.max"
	systemctl daemon-reload
	is "$TENANTS/tenant.service/ioasids.max" 3
}

@test "a line that is gone holds until the unit is started again" {
	service tenant
	limits tenant.service 7 tenants.slice 8
	systemctl start tenant.service
	rm -r "$SYSTEM"/tenant*.d
	systemctl daemon-reload
	is "$TENANTS/tenant.service/ioasids.max" 7
	is "$TENANTS/ioasids.max" 8
	systemctl restart tenant.service
	is "$TENANTS/tenant.service/ioasids.max" max
}

@test "what is no limit is named in the journal, and the unit starts without it" {
	service tenant
	limits tenant.service many
	journal -p err | grep -F "$SYSTEM/tenant.service.d/limit.conf: X-IoasidsMax=many: neither a number nor max"
	systemctl start tenant.service
}

@test "where no limit can be is named in the journal" {
	limits tenant.socket 3 -.slice 3
	rm -r "$SYSTEM/-.slice.d"
	journal -p err | grep -F "$SYSTEM/tenant.socket.d/limit.conf: X-IoasidsMax is for services, slices and scopes"
	journal -p err | grep -F "$SYSTEM/-.slice.d/limit.conf: X-IoasidsMax is not for the root"
}

@test "a limit that the kernel refuses fails the service, and is named in its journal" {
	service tenant
	limits tenant.service 99999999999999999999
	run systemctl start tenant.service
	[ "$status" != 0 ]
	journal -u tenant.service | grep -F "'99999999999999999999': Numerical result out of range"
}

@test "a limit that the kernel refuses is named in the journal at daemon-reload" {
	service tenant
	systemctl daemon-reload
	systemctl start tenant.service
	limits tenant.service 99999999999999999999
	journal -p err | grep -F "tenant.service/ioasids.max: '99999999999999999999': Numerical result out of range"
}

@test "systemd passes over the line without a word" {
	service tenant
	limits tenant.service 3 tenants.slice 3 tenant.scope 3
	systemctl start tenant.service
	scope tenant
	run journal
	[[ $output == *tenant.service* && $output != *IoasidsMax* && $output != *limit.conf* ]]
}

@test "a unit whose name the kernel could use has its limit" {
	service tenant
	mv "$SYSTEM/tenant.service" "$SYSTEM/pids.service"
	limits pids.service 3
	systemctl start pids.service
	is "$TENANTS/_pids.service/ioasids.max" 3
	limits pids.service 4
	is "$TENANTS/_pids.service/ioasids.max" 4
	systemctl stop pids.service
	rm -r "$SYSTEM"/pids.service*
}
