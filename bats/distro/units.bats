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

@test "a slice's limit that was set by hand holds when something else is started in it" {
	service tenant
	service tenant-a
	limits tenants.slice 3
	systemctl start tenant.service
	is "$TENANTS/ioasids.max" 3
	echo 2 >"$TENANTS/ioasids.max"
	systemctl start tenant-a.service
	is "$TENANTS/ioasids.max" 2
}

@test "limits of slices that are there at boot bring no ordering cycle" {
	service tenant
	limits system.slice 5 user.slice 4 tenants.slice 3
	mkdir -p "$SYSTEM/multi-user.target.wants"
	ln -s ../tenant.service "$SYSTEM/multi-user.target.wants/tenant.service"
	SYSTEMD_LOG_LEVEL=debug run systemd-analyze verify --generators=yes multi-user.target
	[[ $output == *ioasids-limit@system.slice.service* && ${output,,} != *cycle* ]]
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
	for limit in many 9999999999999999999 1=2; do
		limits tenant.service "$limit"
		journal -p err | grep -F "$SYSTEM/tenant.service.d/limit.conf: X-IoasidsMax=$limit: no limit"
		systemctl restart tenant.service
		systemctl is-active tenant.service
		is "$TENANTS/tenant.service/cgroup.procs" "$(systemctl show -p MainPID --value tenant.service)"
		[ ! -e "$TENANTS/tenant.service/ioasids.max" ]
	done
}

@test "a file that systemd passes over is passed over" {
	service tenant
	limits tenant.service 3
	mkdir "$SYSTEM/tenant.service.d/a.conf"
	ln -s /there/is/none "$SYSTEM/tenant.service.d/z.conf"
	cp "$SYSTEM/tenant.service.d/limit.conf" "$SYSTEM/tenant.service.d/limit.conf~"
	mkfifo "$SYSTEM/tenant.service.d/fifo"
	systemctl daemon-reload
	systemctl start tenant.service
	is "$TENANTS/tenant.service/ioasids.max" 3
	[ -z "$(journal -t ioasids-limit)" ]
}

@test "where nothing can be written to the journal, the other limits are set" {
	service tenant
	cover /dev/kmsg
	limits tenant-a.service many tenant.service 3
	systemctl start tenant.service
	is "$TENANTS/tenant.service/ioasids.max" 3
}

@test "a service with a root of its own starts, and has its limit after that" {
	service tenant RootDirectory=/run/tenant-root 'BindReadOnlyPaths=/usr /bin /lib /lib64'
	mkdir /run/tenant-root
	limits tenant.service 3
	systemctl start tenant.service
	until_limit "$TENANTS/tenant.service" 3
	rm -r "$SYSTEM/tenant.service.d"
	limits service 4
	systemctl restart tenant.service
	until_limit "$TENANTS/tenant.service" 4
	systemctl is-active tenant.service
}

@test "one with a root of its own that has ended by then leaves no failed unit" {
	service tenant Type=oneshot ExecStart= ExecStart=/bin/true RootDirectory=/run/tenant-root \
		'BindReadOnlyPaths=/usr /bin /lib /lib64'
	mkdir /run/tenant-root
	limits tenant.service 3
	systemctl start tenant.service
	systemctl start ioasids-limit@tenant.service.service
	[ -z "$(systemctl --failed --no-legend)" ]
}

@test "where the file is gone, a service with a limit fails until systemd is told" {
	service tenant
	limits tenant.service 3
	rm "$GENERATOR"
	run systemctl start tenant.service
	[ "$status" != 0 ]
	systemctl daemon-reload
	systemctl start tenant.service
}

@test "where no limit can be is named in the journal" {
	limits tenant.socket 3 -.slice 3
	journal -p err | grep -F "$SYSTEM/tenant.socket.d/limit.conf: X-IoasidsMax is for services, slices and scopes"
	journal -p err | grep -F "$SYSTEM/-.slice.d/limit.conf: X-IoasidsMax is not for the root"
}

@test "a limit that the kernel refuses fails the service, and is named in its journal" {
	service tenant
	limits tenant.service 3
	cover "$ROOT/cgroup.subtree_control"
	run systemctl start tenant.service
	[ "$status" != 0 ]
	journal -u tenant.service | grep -F "cgroup.subtree_control: '+ioasids': No space left on device"
}

@test "a limit that the kernel refuses is named in the journal at daemon-reload" {
	service tenant
	limits tenant.service 3
	systemctl start tenant.service
	cover "$TENANTS/tenant.service/ioasids.max"
	limits tenant.service 4
	journal -p err | grep -F "tenant.service/ioasids.max: '4': No space left on device"
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
}
