#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# In a guest whose device tells 8 PASIDs apart, one of which is for DMA without:
# what happens when the numbers run out, and not the limit.

load ../helpers

@test "when no number is left the error is ENOSPC, and no event" {
	cgroups a
	hold a 7
	refused a ENOSPC
	is a/ioasids.current 7
	is a/ioasids.events $'max 0\nalloc_fail 0'
}

@test "a limit above the capacity can be set and does not create numbers" {
	cgroups a
	echo 100 >a/ioasids.max
	hold a 7
	refused a ENOSPC
}

@test "a limit at the last number refuses with EAGAIN before numbers run out" {
	cgroups a
	echo 6 >a/ioasids.max
	hold a 6
	refused a
	is a/ioasids.events $'max 1\nalloc_fail 1'
}

@test "a number that is given back can be taken again" {
	cgroups a
	hold a 7
	refused a ENOSPC
	finish "$pid"
	hold a
	refused a ENOSPC
}

@test "one cgroup cannot take the numbers that a limit keeps it from" {
	cgroups greedy other
	echo 4 >greedy/ioasids.max
	hold greedy 4
	refused greedy
	hold other 3
	refused other ENOSPC
}

@test "an allocation that a limit refuses keeps no number" {
	cgroups full other
	echo 0 >full/ioasids.max
	for _ in {1..10}; do refused full; done
	hold other 7
}

@test "where neither a number nor room is left the error is ENOSPC" {
	cgroups a
	echo 7 >a/ioasids.max
	hold a 7
	refused a ENOSPC
	is a/ioasids.events $'max 0\nalloc_fail 0'
}

@test "capacity is how many can be allocated" {
	cgroups a
	is "$ROOT/ioasids.capacity" 7
	hold a "$(<"$ROOT/ioasids.capacity")"
	refused a ENOSPC
}

@test "the root never holds more than the capacity" {
	cgroups a
	for _ in {1..20}; do
		start a "$BIN/bind" "$DEVICE" 20
		kill -KILL "$pid"
	done
	until_empty a
	is "$ROOT/ioasids.peak" 7
}

@test "what is attached through iommufd can be more than the capacity" {
	is "$ROOT/ioasids.capacity" 7
	cgroups a
	hold a 7
	vmm a
	tell "$pid" 'attach 1 10' '7 attached, EINVAL'
	tell "$pid" device 'device 1'
	tell "$pid" 'attach 1 7' '7 attached'
	is a/ioasids.current 21
	refused a ENOSPC
}
