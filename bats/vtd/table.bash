# SPDX-License-Identifier: GPL-2.0-only
# What is in a device's PASID table, as the driver of VT-d shows it.
# shellcheck shell=bash

# entries DEVICE [PASID]: of all PASIDs, or of one, three words each; not of 0, which
# is DMA without a PASID
entries() {
	awk -v bdf="${1#0000:}" -v pasid="${2:-0}" \
		'$1 == bdf && $(NF - 1) > 0 && (!pasid || $(NF - 1) == pasid) { print $NF }' \
		/sys/kernel/debug/iommu/intel/dmar_translation_struct
}

# The lowest word: bit 0 says that the entry is there, bits 6 to 8 which tables it
# is about: 1 is the first stage, which a process's page tables are.
first_stage() { (($((0x${1##*:0x} & 0x1c1)) == 0x41)); }
