#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The commands of Documentation/admin-guide/ioasids-systemd.rst, as they stand there.

load ../helpers
load units

SERVICE=$ROOT/system.slice/tenant.service

setup() {
	units_setup
	rm "$GENERATOR"
	cd "$IOASIDS_SRC"
	as_in ioasids-systemd install
}

teardown() {
	rm -rf "$SYSTEM/user-.slice.d"
	units_teardown
}

@test "the page on systemd: a service's limit, and another for it as it runs" {
	service tenant Slice=system.slice
	[ "$(as_in ioasids-systemd service)" = 8 ]
	is "$SERVICE/ioasids.max" 8
	[ "$(as_in ioasids-systemd change)" = 4 ]
	is "$SERVICE/ioasids.max" 4
}

@test "the page on systemd: a slice's limit" {
	as_in ioasids-systemd slice
	until_limit "$TENANTS" 16
}

@test "the page on systemd: a limit for each user" {
	as_in ioasids-systemd users
	systemctl start user@0.service
	is "$ROOT/user.slice/user-0.slice/ioasids.max" 2
	systemctl stop user-0.slice
}

@test "the page on systemd: what is no limit is in the journal" {
	limits tenant.service many
	journalctl --sync
	said=$(as_in ioasids-systemd errors)
	[[ $said == *'tenant.service.d/limit.conf: X-IoasidsMax=many: no limit'* ]]
}
