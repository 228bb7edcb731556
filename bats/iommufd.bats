#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What a virtual machine monitor attaches through iommufd is charged like any
# other PASID. One line to build/bin/vmm is one ioctl, or as many as it has PASIDs.
# The mock's devices are opened and closed with /dev/iommu.

load helpers

# How often the mock was asked to attach, and the errno with which it does not.
ATTACHES=/sys/module/iommufd/parameters/mock_attaches
FAIL=/sys/module/iommufd/parameters/mock_fail_attach

teardown() {
	echo 0 >"$FAIL"
	v2_teardown
}

@test "each PASID that is attached costs one, until it is detached" {
	cgroups a a/b
	vmm a/b
	is a/ioasids.current 0
	tell "$pid" 'attach 1 5' '5 attached'
	is a/b/ioasids.current 5
	is a/ioasids.current 5
	holds a 0 5
	holds "$ROOT" 0 5 0
	tell "$pid" 'detach 2 4' '3 detached'
	is a/ioasids.current 2
	is a/ioasids.peak 5
	finish "$pid"
	is a/ioasids.current 0
	holds a 0 0
}

@test "with a limit of K exactly K are attached, and after one detach one more" {
	cgroups a a/b
	echo 10 >a/ioasids.max
	vmm a/b
	tell "$pid" 'attach 100 200' '10 attached, EAGAIN'
	is a/ioasids.current 10
	is a/ioasids.events $'max 1\nalloc_fail 1'
	is a/b/ioasids.events.local $'max 0\nalloc_fail 1'
	tell "$pid" 'detach 104' '1 detached'
	tell "$pid" 'attach 300 310' '1 attached, EAGAIN'
	is a/ioasids.current 10
	is a/ioasids.peak 10
	# What was refused is not attached: it can be, once there is room.
	echo max >a/ioasids.max
	tell "$pid" 'attach 110' '1 attached'
	tell "$pid" 'attach 301 310' '10 attached'
}

@test "processes that open a device and guests draw on the same limit" {
	cgroups a a/accelerator a/guest
	echo 5 >a/ioasids.max
	vmm a/guest
	guest=$pid
	tell "$guest" 'attach 1 3' '3 attached'
	hold a/accelerator 2
	refused a/accelerator
	tell "$guest" 'attach 4' '0 attached, EAGAIN'
	holds a 2 3
	finish "$pid"
	tell "$guest" 'attach 4 5' '1 attached, EAGAIN'
	refused a/accelerator
	tell "$guest" 'detach 1' '1 detached'
	hold a/accelerator
	holds a 2 3
	is a/ioasids.current 5
}

@test "a guest takes no number of the shared space" {
	cgroups a
	vmm a
	tell "$pid" 'attach 1 100' '100 attached'
	hold a
	[ "$(awk '$2 == "sva" { print $1 }' "$TABLE")" = 1 ]
}

@test "to replace what is attached costs nothing, and is possible at the limit" {
	cgroups a
	echo 3 >a/ioasids.max
	vmm a
	tell "$pid" 'attach 1 3' '3 attached'
	tell "$pid" 'replace 1 3' '3 replaced'
	is a/ioasids.current 3
	is a/ioasids.events $'max 0\nalloc_fail 0'
	echo 0 >a/ioasids.max
	tell "$pid" 'replace 2' '1 replaced'
	tell "$pid" 'detach 1 3' '3 detached'
	is a/ioasids.current 0
}

@test "further devices of a group cost nothing on the same PASID, and the last gives it back" {
	cgroups a
	echo 2 >a/ioasids.max
	vmm a
	tell "$pid" twin 'device 1'
	tell "$pid" 'attach 7' '1 attached'
	tell "$pid" twin 'device 2'
	tell "$pid" 'attach 7' '1 attached'
	is a/ioasids.current 1
	tell "$pid" 'attach 8 9' '1 attached, EAGAIN'
	tell "$pid" 'device 1' 'device 1'
	tell "$pid" 'detach 7' '1 detached'
	is a/ioasids.current 2
	tell "$pid" 'device 2' 'device 2'
	tell "$pid" 'detach 7' '1 detached'
	is a/ioasids.current 1
}

@test "the same PASID on a device of another group costs one more" {
	cgroups a
	echo 2 >a/ioasids.max
	vmm a
	tell "$pid" 'attach 7' '1 attached'
	tell "$pid" device 'device 1'
	tell "$pid" 'attach 7' '1 attached'
	is a/ioasids.current 2
	tell "$pid" device 'device 2'
	tell "$pid" 'attach 7' '0 attached, EAGAIN'
}

@test "a device that is attached without a PASID costs nothing" {
	cgroups a
	echo 0 >a/ioasids.max
	vmm a
	tell "$pid" device 'device 1'
	is a/ioasids.current 0
	is a/ioasids.peak 0
	is a/ioasids.events $'max 0\nalloc_fail 0'
}

@test "an attachment that fails for another reason costs nothing, and is not held against anybody" {
	cgroups a
	vmm a
	tell "$pid" 'attach 7' '1 attached'
	# There already.
	tell "$pid" 'attach 7' '0 attached, EBUSY'
	is a/ioasids.current 1
	is a/ioasids.peak 1
	# Too large for the device.
	tell "$pid" 'attach 1048576' '0 attached, EINVAL'
	is a/ioasids.current 1
	is a/ioasids.events $'max 0\nalloc_fail 0'
	# At the limit what is there already is told first, but no device is asked.
	echo 0 >a/ioasids.max
	tell "$pid" 'attach 7' '0 attached, EBUSY'
	is a/ioasids.events $'max 0\nalloc_fail 0'
	tell "$pid" 'attach 1048576' '0 attached, EAGAIN'
	is a/ioasids.events $'max 1\nalloc_fail 1'
}

@test "an attachment that a limit refuses never reaches the device" {
	cgroups a
	vmm a
	echo 1 >a/ioasids.max
	before=$(<"$ATTACHES")
	tell "$pid" 'attach 7 8' '1 attached, EAGAIN'
	is "$ATTACHES" $((before + 1))
	tell "$pid" device 'device 1'
	tell "$pid" 'attach 7' '0 attached, EAGAIN'
	is "$ATTACHES" $((before + 1))
	echo 2 >a/ioasids.max
	tell "$pid" 'attach 7' '1 attached'
	is "$ATTACHES" $((before + 2))
}

@test "an attachment that the device refuses fails as the device says, and leaves nothing charged" {
	cgroups a
	vmm a
	echo 1 >a/ioasids.max
	# 1048576 is too large for it.
	tell "$pid" 'attach 1048576' '0 attached, EINVAL'
	holds a 0 0
	for error in "${ERRORS[@]}"; do
		number "$error" >"$FAIL"
		before=$(<"$ATTACHES")
		tell "$pid" 'attach 7' "0 attached, $error"
		is "$ATTACHES" $((before + 1))
		holds a 0 0
		[ "$(wc -l <"$TABLE")" = 1 ]
		# Its place is free.
		echo 0 >"$FAIL"
		tell "$pid" 'attach 7' '1 attached'
		tell "$pid" 'detach 7' '1 detached'
	done
	is a/ioasids.events $'max 0\nalloc_fail 0'
}

@test "a page table with a queue for faults is attached and refused like any other" {
	cgroups a
	vmm a
	tell "$pid" faults faults
	echo 0 >a/ioasids.max
	before=$(<"$ATTACHES")
	tell "$pid" 'attach 7' '0 attached, EAGAIN'
	is "$ATTACHES" "$before"
	holds a 0 0
	echo 1 >a/ioasids.max
	number ENODEV >"$FAIL"
	tell "$pid" 'attach 7' '0 attached, ENODEV'
	holds a 0 0
	echo 0 >"$FAIL"
	tell "$pid" 'attach 7 8' '1 attached, EAGAIN'
	holds a 0 1
	tell "$pid" 'detach 7' '1 detached'
	tell "$pid" 'attach 8' '1 attached'
	tell "$pid" close closed
	holds a 0 0
}

@test "an attachment whose answer cannot be delivered is given back" {
	cgroups a
	vmm a
	tell "$pid" 'deaf 7' '0 attached, EFAULT'
	is a/ioasids.current 0
	tell "$pid" 'attach 7' '1 attached'
}

@test "whichever allocation fails while it is attached, nothing stays charged" {
	cgroups a
	echo N >/sys/kernel/debug/failslab/ignore-gfp-wait
	vmm a
	# The first makes the account and the tables, the second has them already.
	for pasid in 5 7; do
		answer "$pid" "failnth $pasid"
		echo "$line"
		[[ $line == *ENOMEM* && $line == *attached ]]
		[[ $line != *EAGAIN* && $line != *ENOSPC* ]]
	done
	holds a 0 2
	is a/ioasids.events $'max 0\nalloc_fail 0'
	tell "$pid" 'detach 5' '1 detached'
	tell "$pid" 'detach 7' '1 detached'
	is a/ioasids.current 0
	is a/ioasids.peak 2
}

@test "a descriptor that is passed on charges who attaches, and keeps what was attached before" {
	cgroups a b
	echo 3 >a/ioasids.max
	vmm a
	first=$pid
	tell "$first" 'attach 1 3' '3 attached'
	vmm b "$first" "$numbers"
	tell "$pid" 'attach 4 8' '5 attached'
	is a/ioasids.current 3
	is b/ioasids.current 5
	# Whoever detaches, it is given back to who attached.
	tell "$pid" 'detach 1' '1 detached'
	is a/ioasids.current 2
	tell "$first" 'detach 4' '1 detached'
	is b/ioasids.current 4
}

@test "what was attached outlives its process where the descriptor does, and no longer" {
	cgroups a b
	vmm a
	first=$pid
	tell "$first" 'attach 1 3' '3 attached'
	vmm b "$first" "$numbers"
	tell "$pid" 'attach 4' '1 attached'
	finish "$first"
	is a/ioasids.current 3
	rmdir a
	until_none_dies .
	is ioasids.current 4
	# The last one to close it gives back what all of them had.
	tell "$pid" close closed
	is ioasids.current 0
	is b/ioasids.current 0
}

@test "to close a copy of the descriptor gives nothing back, to close the last gives all" {
	cgroups a b
	vmm a
	first=$pid
	tell "$first" 'attach 1 3' '3 attached'
	vmm b "$first" "$numbers"
	tell "$first" close closed
	is a/ioasids.current 3
	tell "$pid" close closed
	is a/ioasids.current 0
}

@test "a guest moves with all that it has attached" {
	cgroups a b
	vmm a
	tell "$pid" 'attach 1 50' '50 attached'
	echo 0 >b/ioasids.max
	echo "$pid" >b/cgroup.procs
	holds a 0 0
	holds b 0 50
	is b/ioasids.events $'max 0\nalloc_fail 0'
	tell "$pid" 'attach 51' '0 attached, EAGAIN'
	tell "$pid" 'detach 1 50' '50 detached'
	is b/ioasids.current 0
}

@test "a process with 100,000 PASIDs moves in one step, and takes one where its cgroup goes" {
	# So many that an emulated machine takes a minute: ATTACHED says how many.
	local n=${ATTACHED:-100000}
	cgroups a b c
	vmm a
	first=$pid
	tell "$first" "attach 1 $n" "$n attached"
	is a/ioasids.current "$n"
	trace
	echo "$first" >b/cgroup.procs
	run traced
	[ "$output" = "ioasid_move: tgid=$first nr=$n from=$(id a) to=$(id b)" ] || fail "$output"
	is a/ioasids.current 0
	holds b 0 "$n"

	# The controller goes while the process runs on, and comes back.
	for sign in - +; do
		trace
		echo ${sign}ioasids >cgroup.subtree_control
		run traced
		[ ${#lines[@]} = 1 ] || fail "$output"
		holds . 0 "$n"
	done
	is b/ioasids.current "$n"

	# The cgroup goes while what was attached lives on, in other hands.
	vmm c "$first" "$numbers"
	finish "$first"
	trace
	rmdir b
	until_none_dies .
	run traced
	[ ${#lines[@]} = 1 ] || fail "$output"
	holds . 0 "$n"
	is c/ioasids.current 0
	tell "$pid" "detach 1 $n" "$n detached"
	is ioasids.current 0
}

@test "the table shows what is attached beside the numbers of the shared space" {
	cgroups a b
	hold a
	holder=$pid
	vmm b
	tell "$pid" 'attach 77' '1 attached'
	tell "$pid" device 'device 1'
	tell "$pid" 'attach 77' '1 attached'
	rows() { awk 'NR > 1 { $1 = $1; print }' "$TABLE"; }
	sva="1 sva $holder bind /test/a"
	attached="77 iommufd $pid vmm /test/b"
	[ "$(rows)" = "$sva"$'\n'"$attached"$'\n'"$attached" ]
	tell "$pid" 'detach 77' '1 detached'
	[ "$(rows)" = "$sva"$'\n'"$attached" ]
	hold a
	[ "$(rows)" = "$sva"$'\n'"2 sva $pid bind /test/a"$'\n'"$attached" ]
}

@test "tracepoints tell of what is attached and detached" {
	cgroups a
	vmm a
	trace
	tell "$pid" 'attach 9' '1 attached'
	echo 0 >a/ioasids.max
	tell "$pid" 'attach 10' '0 attached, EAGAIN'
	tell "$pid" 'detach 9' '1 detached'
	run traced
	[ "${lines[0]}" = "ioasid_alloc: pasid=9 user=iommufd tgid=$pid cgroup=$(id a)" ] || fail "$output"
	[ "${lines[1]}" = "ioasid_refuse: tgid=$pid cgroup=$(id a) limit=$(id a)" ] || fail "$output"
	[ "${lines[2]}" = "ioasid_free: pasid=9 user=iommufd tgid=$pid cgroup=$(id a)" ] || fail "$output"
	[ ${#lines[@]} = 3 ]
}
