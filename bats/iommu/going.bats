#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# In a guest that has an IOMMU: a device that goes away while processes hold PASIDs.

load ../helpers

SYSFS=$(readlink -f "/sys/class/uacce/${DEVICE#/dev/}/device")

unbind() { echo "${SYSFS##*/}" >"$SYSFS/driver/unbind"; }
bind() { echo "${SYSFS##*/}" >"/sys/bus/$(basename "$(readlink "$SYSFS/subsystem")")/drivers/${DEVICE:5:-2}/bind"; }

teardown() {
	[ -e "$SYSFS/driver" ] || bind
	v2_teardown
}

@test "processes keep their PASIDs when the driver goes, and give them back when they end" {
	cgroups a
	hold a 3
	unbind
	[ ! -e "$DEVICE" ]
	is a/ioasids.current 3
	echo 1 >a/cgroup.kill
	until_empty a
	is a/ioasids.current 0
}

@test "a descriptor that outlives its device and its process holds no PASID" {
	cgroups a b
	bequeath a b
	is a/ioasids.current 1
	unbind
	is a/ioasids.current 0
	kill -KILL "$heir"
}

@test "a driver that comes back gives out the numbers that are free" {
	cgroups a
	hold a 3; first=$pid
	unbind
	bind
	hold a
	is a/ioasids.current 4
	finish "$first"
	hold a
	is a/ioasids.current 4
}

@test "processes race with a driver that goes and comes back, and no charge stays" {
	cgroups a
	for _ in {1..5}; do
		until_has a/ioasids.current 0
		in_cgroup a "$BIN/bind" "$DEVICE" 20 >"$BATS_TEST_TMPDIR/race" 3>&- &
		racers=$!
		# Some are in, others on their way.
		until [ "$(<a/ioasids.current)" -gt 0 ]; do :; done
		unbind
		kill -KILL "$racers"
		wait "$racers" || true
		bind
	done
	echo 1 >a/cgroup.kill
	until_empty a
	is a/ioasids.current 0
}
