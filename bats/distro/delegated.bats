#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# contrib/systemd: limits of units whose processes make cgroups of their own: managers
# of users, machines, and services with Delegate=.

load ../helpers
load units

setup_file() { getent passwd tenant || useradd tenant; }

setup() {
	units_setup
	uid=$(getent passwd tenant | cut -d: -f3)
	user_slice=$ROOT/user.slice/user-$uid.slice
	manager=$user_slice/user@$uid.service
	chmod a+rw "$DEVICE"
}

teardown() {
	systemctl stop "user-$uid.slice" systemd-nspawn@tenant.service
	rm -rf "$SYSTEM"/{user-.slice.d,user{,-runtime-dir}@.service.d,systemd-nspawn@.service.d} /etc/systemd/nspawn
	! mountpoint -q /var/lib/machines/tenant/usr || umount /var/lib/machines/tenant/usr
	units_teardown
}

# as_tenant COMMAND...: as that user would, once logged in
as_tenant() {
	setpriv --reuid=tenant --regid=tenant --clear-groups \
		env XDG_RUNTIME_DIR="/run/user/$uid" "$@"
}

@test "the limit of a user's manager holds for the user's units" {
	limits user@.service 1
	systemctl start "user@$uid.service"
	is "$manager/ioasids.max" 1
	as_tenant systemd-run --user --quiet "$BIN/bind" "$DEVICE"
	until_has "$manager/ioasids.current" 1
	run as_tenant systemd-run --user --quiet --wait --pipe "$BIN/bind" "$DEVICE"
	[ "$output" = EAGAIN ]
}

@test "a user cannot raise it, and may set limits below it" {
	limits user@.service 1
	systemctl start "user@$uid.service"
	run as_tenant bash -c "echo max >$manager/ioasids.max"
	[[ $output == *'Permission denied' ]]
	as_tenant bash -c "echo +ioasids >$manager/cgroup.subtree_control"
	as_tenant bash -c "echo 5 >$manager/init.scope/ioasids.max"
	hold "$manager/init.scope"
	refused "$manager/init.scope" EAGAIN
}

# What runs first there makes the user's /run/user/UID.
@test "a limit for each user is there before anything of the user's runs" {
	limit user-.slice 0
	mkdir -p "$SYSTEM/user-runtime-dir@.service.d"
	printf '[Service]\nExecStartPre=-/bin/bash -c "timeout 1 %s %s >/run/tenant"\n' "$BIN/bind" "$DEVICE" \
		>"$SYSTEM/user-runtime-dir@.service.d/first.conf"
	systemctl daemon-reload
	systemctl start "user@$uid.service"
	is "$user_slice/ioasids.max" 0
	is /run/tenant EAGAIN
}

@test "the limit of machines holds in a machine" {
	mkdir -p /var/lib/machines/tenant/usr /etc/systemd/nspawn
	mount --bind -o ro /usr /var/lib/machines/tenant/usr
	cat >/etc/systemd/nspawn/tenant.nspawn <<-END_OF_SETTINGS
		[Exec]
		Boot=no
		ProcessTwo=yes
		Parameters=/usr/bin/sleep infinity
		PrivateUsers=no
		[Files]
		Volatile=yes
		[Network]
		VirtualEthernet=no
	END_OF_SETTINGS
	limit systemd-nspawn@.service 1
	printf '[Service]\nDeviceAllow=%s rw\n' "$DEVICE" >"$SYSTEM/systemd-nspawn@.service.d/device.conf"
	systemctl daemon-reload
	systemctl start systemd-nspawn@tenant.service
	machine=$ROOT/machine.slice/systemd-nspawn@tenant.service
	is "$machine/ioasids.max" 1
	hold "$machine/payload"
	refused "$machine/payload" EAGAIN
}

@test "with a line, a service with Delegate=yes has the controller to enable below" {
	service tenant Delegate=yes
	limits tenant.service max
	systemctl start tenant.service
	[[ " $(<"$TENANTS/tenant.service/cgroup.controllers") " == *' ioasids '* ]]
}
