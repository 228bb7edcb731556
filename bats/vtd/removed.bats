#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# In a guest that has VT-d: a PCI device that is taken out while processes hold
# PASIDs through it.

load ../helpers

SYSFS=$(readlink -f "/sys/class/uacce/${DEVICE#/dev/}/device")

@test "a device that is removed leaves no charge, and comes back" {
	cgroups a
	hold a 3
	echo 1 >"$SYSFS/remove"
	[ ! -e "$DEVICE" ]
	is a/ioasids.current 3
	echo 1 >a/cgroup.kill
	until_empty a
	is a/ioasids.current 0
	echo 1 >/sys/bus/pci/rescan
	hold a
}
