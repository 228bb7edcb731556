#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# In a guest that has VFIO without an IOMMU: a PCI device that no IOMMU stands before is
# passed through.

load ../helpers

# QEMU's IDE controller, which has no driver.
SYSFS=$(grep -l '^0x0101' /sys/bus/pci/devices/*/class)
SYSFS=${SYSFS%/class}
BDF=${SYSFS##*/}

setup() {
	v2_setup
	echo Y >/sys/module/vfio/parameters/enable_unsafe_noiommu_mode
	echo vfio-pci >"$SYSFS/driver_override"
	echo "$BDF" >/sys/bus/pci/drivers_probe
	cdev=(/dev/vfio/devices/noiommu-vfio*)
}

teardown() {
	echo 1 >"$ROOT/test/cgroup.kill"
	until_empty "$ROOT/test"
	echo "$BDF" >"$SYSFS/driver/unbind"
	echo >"$SYSFS/driver_override"
	v2_teardown
}

@test "PASIDs of a device without an IOMMU are not charged, and no limit refuses them" {
	cgroups a
	echo 0 >a/ioasids.max
	start a "$BIN/vfio" "${cdev[0]}" 64 mock
	[ "$line" = '64 attached' ]
	is a/ioasids.current 0
	is a/ioasids.peak 0
	is a/ioasids.events $'max 0\nalloc_fail 0'
	[ "$(wc -l <"$TABLE")" = 1 ]
	# The same process and limit, on a device with one.
	vmm a
	tell "$pid" 'attach 7' '0 attached, EAGAIN'
}
