#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# In a guest whose IOMMU claims 24 bits in a PASID: neither PCI Express nor SMMUv3 has
# more than 20.

load ../helpers

@test "an IOMMU that claims more than 2^20 PASIDs has 2^20, one of which is for DMA without" {
	is "$ROOT/ioasids.capacity" $((2 ** 20 - 1))
	cgroups a
	hold a
	is a/ioasids.current 1
}
