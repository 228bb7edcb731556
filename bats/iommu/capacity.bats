#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# In a guest that has an IOMMU: how many PASIDs it says that there are.

load ../helpers

@test "capacity is what the IOMMU says, less the one for DMA without a PASID" {
	if [ -e /sys/class/iommu/dmar0 ]; then
		# Bits 35 to 39 of the extended capabilities: bits in a PASID, less one.
		bits=$(((0x$(</sys/class/iommu/dmar0/intel-iommu/ecap) >> 35 & 0x1f) + 1))
	else
		# The switch of arm-smmu-v3 that the guest was booted with.
		bits=$(sed 's/.*arm_smmu_v3.test_ssid_bits=\([0-9]*\).*/\1/' /proc/cmdline)
	fi
	[ "$bits" -ge 16 ]
	is "$ROOT/ioasids.capacity" $(((1 << bits) - 1))
}
