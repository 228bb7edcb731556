#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# In a guest that has VT-d: a device that is passed through, and whose PASIDs user
# space attaches by itself, through iommufd.

load ../helpers
load table

SYSFS=$(readlink -f "/sys/class/uacce/${DEVICE#/dev/}/device")
BDF=${SYSFS##*/}

setup() {
	v2_setup
	# Interrupts are not remapped: the kernel does not trust its timer to that in QEMU.
	echo Y >/sys/module/iommufd/parameters/allow_unsafe_interrupts
	echo vfio-pci >"$SYSFS/driver_override"
	echo "$BDF" >"$SYSFS/driver/unbind"
	echo "$BDF" >/sys/bus/pci/drivers_probe
	cdev=(/dev/vfio/devices/*)
}

teardown() {
	echo 1 >"$ROOT/test/cgroup.kill"
	until_empty "$ROOT/test"
	echo "$BDF" >"$SYSFS/driver/unbind"
	echo >"$SYSFS/driver_override"
	echo "$BDF" >/sys/bus/pci/drivers_probe
	v2_teardown
}

@test "user space attaches PASIDs of a device that is passed through" {
	cgroups a
	start a "$BIN/vfio" "${cdev[0]}" 64
	[ "$line" = '64 attached' ]
	holds a 0 64
	# What the real driver has written: 64 entries, all to the one page table.
	run entries "$BDF"
	[ ${#lines[@]} = 64 ]
	first_stage "${lines[0]}"
	[ "$(printf '%s\n' "${lines[@]%%:*}" | sort -u | wc -l)" = 1 ]
	finish "$pid"
	[ -z "$(entries "$BDF")" ]
	is a/ioasids.current 0
}

@test "a limit refuses PASIDs of a device that is passed through, and the device gets none of those" {
	cgroups a
	echo 10 >a/ioasids.max
	start a "$BIN/vfio" "${cdev[0]}" 64
	[ "$line" = '10 attached, EAGAIN' ]
	is a/ioasids.current 10
	is a/ioasids.events $'max 1\nalloc_fail 1'
	run entries "$BDF"
	[ ${#lines[@]} = 10 ]
	finish "$pid"
	is a/ioasids.current 0
}

@test "a PASID whose attach cannot be answered is not attached or charged, and the device stays attached" {
	cgroups a
	start a "$BIN/vfio" "${cdev[0]}" 0 7
	[ "$line" = '0 attached, 7: EFAULT, page table: EBUSY' ]
	is a/ioasids.current 0
	[ "$(wc -l <"$TABLE")" = 1 ]
	[ -z "$(entries "$BDF")" ]
	finish "$pid"
}

@test "a PASID that is attached, and whose next attach cannot be answered, is detached, and the device stays attached" {
	cgroups a
	start a "$BIN/vfio" "${cdev[0]}" 1 1
	[ "$line" = '1 attached, 1: EFAULT, page table: EBUSY' ]
	is a/ioasids.current 0
	[ "$(wc -l <"$TABLE")" = 1 ]
	[ -z "$(entries "$BDF")" ]
	finish "$pid"
}
