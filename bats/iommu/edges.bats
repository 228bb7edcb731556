#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# In a guest that has an IOMMU, and behind it a device with as many PASIDs as that
# has, and one with 8: where the number space of all devices ends for one of them.

load ../helpers

NARROW=${DEVICE%-0}-1

# through DEVICE COMMAND...: COMMAND, which opens that one.
through() { DEVICE=$1 "${@:2}"; }

@test "the mock is not there, and neither device is behind it" {
	[ "$DEVICE" = /dev/ioasid_endpoint-0 ]
	[ ! -e /dev/ioasid_mock-0 ]
	for door in "$DEVICE" "$NARROW"; do
		[ -c "$door" ]
		iommu=$(basename "$(readlink -f "/sys/class/uacce/${door#/dev/}/device/iommu")")
		[[ $iommu =~ ^(dmar[0-9]|smmu3\.) ]]
	done
}

@test "a device with fewer PASIDs than the IOMMU meets ENOSPC at its own last" {
	cgroups a
	through "$NARROW" hold a 7
	through "$NARROW" refused a ENOSPC
	is a/ioasids.current 7
	is a/ioasids.events $'max 0\nalloc_fail 0'
	hold a
	is a/ioasids.current 8
}

@test "what one device's processes take is gone for the other" {
	cgroups a b
	hold a 7
	through "$NARROW" refused b ENOSPC
	is b/ioasids.current 0
	finish "$pid"
	through "$NARROW" hold b
}

@test "a process pays once for two devices" {
	cgroups a
	echo 1 >a/ioasids.max
	# shellcheck disable=SC2016
	start a bash -c 'exec 4<>$0 5<>$1; echo open; kill -STOP $$' "$NARROW" "$DEVICE"
	[ "$line" = open ]
	is a/ioasids.current 1
}

@test "a PASID that the second device cannot tell apart is EOVERFLOW, and is kept" {
	cgroups a b
	hold a 7
	# shellcheck disable=SC2016
	start b bash -c 'exec 4<>$0; : <>$1; echo $?; kill -STOP $$' "$DEVICE" "$NARROW" 2>"$BATS_TEST_TMPDIR/error"
	grep 'Value too large' "$BATS_TEST_TMPDIR/error"
	is b/ioasids.current 1
	is b/ioasids.events $'max 0\nalloc_fail 0'
}

@test "a limit refuses before a device has no number left" {
	cgroups a
	echo 7 >a/ioasids.max
	through "$NARROW" hold a 7
	through "$NARROW" refused a ENOSPC
	echo 6 >a/ioasids.max
	refused a EAGAIN
}
