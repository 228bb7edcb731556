#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# In a guest that has VT-d: a device that dies under its driver. It does not come
# back, so this comes last, and is about the second device.

load ../helpers

DEVICE=${DEVICE%-0}-1
SYSFS=$(readlink -f "/sys/class/uacce/${DEVICE#/dev/}/device")

vendor() { od -An -tx2 -N2 "$SYSFS/config"; }

@test "a device that dies leaves no charge" {
	cgroups a
	hold a 3
	[ "$(vendor)" = ' 1234' ]
	# What it takes as its end: any write to its last vendor-specific register.
	printf 'end.' | dd of="$SYSFS/config" bs=4 seek=$((0x138 / 4)) conv=notrunc status=none
	[ "$(vendor)" = ' ffff' ]
	is a/ioasids.current 3
	echo 1 >"$SYSFS/remove"
	[ ! -e "$DEVICE" ]
	echo 1 >a/cgroup.kill
	until_empty a
	is a/ioasids.current 0
}
