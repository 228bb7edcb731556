#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# In a guest that has an SMMUv3: what mainline's own driver has written for the SMMU
# to read. It has nothing to show that with, so a test-only switch has it log that.

load ../helpers

LOG_CDS=/sys/module/arm_smmu_v3/parameters/test_log_cds
NAME=$(basename "$(readlink -f "/sys/class/uacce/${DEVICE#/dev/}/device")")

setup() {
	v2_setup
	before=$(dmesg | wc -l)
	echo Y >$LOG_CDS
}

teardown() {
	echo N >$LOG_CDS
	v2_teardown
}

# written PASID: the context descriptors of it that have been written, one after
# another, each as its lowest 64 bits
written() { dmesg | tail -n +$((before + 1)) | sed -n "s/.* $NAME: test only: CD $1 is //p"; }

# Bit 31 says that a descriptor is there, bit 14 that its table is not to be walked.
valid() { ((0x$1 & 1 << 31)); }
walked() { ((!(0x$1 & 1 << 14))); }

pasid_of() { awk -v pid="$1" '$3 == pid { print $1 }' /sys/kernel/debug/ioasids; }

@test "a process that binds has a context descriptor, until it ends" {
	cgroups a
	hold a
	pasid=$(pasid_of "$pid")
	cds=$(written "$pasid")
	echo "$pasid: $cds"
	valid "$cds"
	walked "$cds"
	finish "$pid"
	mapfile -t cds < <(written "$pasid")
	echo "$pasid: ${cds[*]}"
	run valid "${cds[-1]}"
	[ "$status" -ne 0 ]
}

@test "a process that a limit refuses has no context descriptor" {
	cgroups a
	hold a
	echo 1 >a/ioasids.max
	refused a
	[ -z "$(written $(($(pasid_of "$pid") + 1)))" ]
}

@test "the switch that QEMU needs is named in the log" {
	dmesg=$(dmesg)
	[[ $dmesg == *'test only: SSIDSIZE is 20'* ]]
}
