#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# In a guest that has VT-d: what mainline's own driver has written for the IOMMU to
# read, as that driver shows it.

load ../helpers
load table

BDF=$(basename "$(readlink -f "/sys/class/uacce/${DEVICE#/dev/}/device")")

entry() { entries "$BDF" "$1"; }

pasid_of() { awk -v pid="$1" '$3 == pid { print $1 }' /sys/kernel/debug/ioasids; }

@test "a process that binds is in the device's PASID table, until it ends" {
	cgroups a
	hold a; first=$pid
	hold a
	for process in "$first" "$pid"; do
		pasid=$(pasid_of "$process")
		written=$(entry "$pasid")
		echo "$pasid: $written"
		first_stage "$written"
	done
	# Different page tables: the word with the pointer differs.
	[ "$(entry "$(pasid_of "$first")")" != "$written" ]
	finish "$pid"
	[ -z "$(entry "$pasid")" ]
	[ -n "$(entry "$(pasid_of "$first")")" ]
}

@test "a process that a limit refuses is not in the device's PASID table" {
	cgroups a
	hold a
	echo 1 >a/ioasids.max
	refused a
	[ -z "$(entry $(($(pasid_of "$pid") + 1)))" ]
}

@test "the switch that QEMU needs is named in the log" {
	dmesg=$(dmesg)
	[[ $dmesg == *'dmar0: test only: SMPWC is set in ecap'* ]]
}
