#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# contrib/systemd: a limit in a unit's own drop-in.

load ../helpers

GENERATOR=/etc/systemd/system-generators/ioasids-limit
SYSTEM=/etc/systemd/system

setup() {
	mkdir -p "${GENERATOR%/*}"
	cp "$IOASIDS_SRC/contrib/systemd/ioasids-limit" "$GENERATOR"
}

teardown() {
	systemctl stop tenants.slice
	rm -rf "$GENERATOR" $SYSTEM/tenant*
	systemctl daemon-reload
	systemctl reset-failed
	echo -ioasids >"$ROOT/cgroup.subtree_control"
	is "$ROOT/ioasids.current" 0
	until_none_dies "$ROOT"
}

# limit UNIT N: say it in a drop-in.
limit() {
	mkdir -p "$SYSTEM/$1.d"
	echo "X-IoasidsMax=$2" >"$SYSTEM/$1.d/limit.conf"
	systemctl daemon-reload
}

# service NAME: a file of a service that opens the device, and says how that went.
service() {
	cat >"$SYSTEM/$1.service" <<-END_OF_UNIT
		[Service]
		Slice=tenants.slice
		ExecStart=/bin/bash -c 'echo \$\$(cat $ROOT/\$\$(cut -d: -f3 /proc/self/cgroup)/ioasids.max) >/run/%n.max; exec $BIN/bind $DEVICE >/run/%n'
		Type=exec
	END_OF_UNIT
	: >"/run/$1.service"
}

@test "a service's limit is there when its first process runs" {
	service tenant
	limit tenant.service 7
	systemctl start tenant.service
	until_has "$ROOT/tenants.slice/tenant.service/ioasids.current" 1
	is /run/tenant.service.max 7
}

@test "it is there again after a restart, and after daemon-reload" {
	service tenant
	limit tenant.service 7
	systemctl start tenant.service
	systemctl restart tenant.service
	is "$ROOT/tenants.slice/tenant.service/ioasids.max" 7
	systemctl daemon-reload
	is "$ROOT/tenants.slice/tenant.service/ioasids.max" 7
}

@test "a template's instances have its limit" {
	service tenant@
	limit tenant@.service 5
	systemctl start tenant@a.service
	is "$ROOT/tenants.slice/tenant@a.service/ioasids.max" 5
}

@test "a slice's limit is there before a service in it, and when it is made again" {
	service tenant
	limit tenants.slice 0
	for _ in 1 2; do
		systemctl start tenant.service
		until_has /run/tenant.service EAGAIN
		is "$ROOT/tenants.slice/ioasids.max" 0
		systemctl stop tenants.slice
		: >/run/tenant.service
	done
}

@test "a slice's limit is there before a scope in it" {
	limit tenants.slice 0
	start "$ROOT" systemd-run --quiet --collect --slice=tenants.slice --scope "$BIN/bind" "$DEVICE"
	wait "$pid" || true
	[ "$line" = EAGAIN ]
}

@test "drop-ins of other units are no obstacle" {
	mkdir -p $SYSTEM/tenant-a.service.d $SYSTEM/tenant-b.service.d
	touch $SYSTEM/tenant-b.service.d/empty.conf
	service tenant
	limit tenant.service 7
	systemctl start tenant.service
	is "$ROOT/tenants.slice/tenant.service/ioasids.max" 7
}

@test "what is no limit is named in the journal" {
	service tenant
	limit tenant.service many
	journalctl --sync
	journalctl -b | grep -F 'tenant.service.d: X-IoasidsMax=many is neither a number nor max'
}

@test "a limit that the kernel refuses fails the service, and is named in its journal" {
	service tenant
	limit tenant.service 99999999999999999999
	run systemctl start tenant.service
	[ "$status" != 0 ]
	journalctl --sync
	journalctl -b -u tenant.service | grep -F 'Numerical result out of range'
}
