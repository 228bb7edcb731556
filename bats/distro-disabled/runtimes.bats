#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# In a guest that was booted with cgroup_disable=ioasids: what runs containers says that
# it cannot set a limit, and runs those that have none. The start of a test's name says
# what kind of container.

load ../distro/containers

setup() {
	systemctl start tenants.slice
	container_setup
}

teardown() { container_teardown; }

# limit_is_an_error PATTERN: which fits what it says then, apart from the commands run
limit_is_an_error() {
	"${create[@]}" 's/--cgroup-conf ioasids.max=2//; /ioasids.max/d' 3>&- </dev/null
	[ "$("${enter[@]}" echo here)" = here ]
	"${remove[@]}"

	as_in ioasids-containers config
	run "${create[@]}"
	[ "$status" -ne 0 ]
	[[ $(grep -v '^+' <<<"$output") == *$1* ]]
}
@test "runc: a container without a limit runs, one with a limit is an error" { limit_is_an_error 'ioasids*not available'; }
@test "runc-systemd: a container without a limit runs, one with a limit is an error" { limit_is_an_error 'ioasids*not available'; }
@test "crun: a container without a limit runs, one with a limit is an error" { limit_is_an_error 'ioasids*not available'; }
@test "crun-systemd: a container without a limit runs, one with a limit is an error" { limit_is_an_error 'ioasids*not available'; }
@test "podman: a container without a limit runs, one with a limit is an error" { limit_is_an_error 'ioasids*not available'; }
@test "podman-runc: a container without a limit runs, one with a limit is an error" { limit_is_an_error 'ioasids*not available'; }
@test "lxc: a container without a limit runs, one with a limit is an error" { limit_is_an_error 'The container failed to start'; }
@test "ctr: a container without a limit runs, one with a limit is an error" { limit_is_an_error 'ioasids*not available'; }

@test "lxc: its log says which limit cannot be set" {
	as_in ioasids-containers lxc '/^lxc-start/d'
	run lxc-start -n tenant --logfile "$BATS_TEST_TMPDIR/log" -- sleep infinity 3>&- </dev/null
	[ "$status" -ne 0 ]
	grep -F 'Failed to set "ioasids.max" to "2"' "$BATS_TEST_TMPDIR/log"
}
