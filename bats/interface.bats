#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The files: where they are, what stands in them, what may be written.

load helpers

@test "a new cgroup has no limit and holds nothing" {
	cgroups a
	is a/ioasids.max max
	is a/ioasids.current 0
	is a/ioasids.events 'max 0'
}

@test "the root shows what is held, and has no limit and no events" {
	[ -e "$ROOT"/ioasids.current ]
	[ ! -e "$ROOT"/ioasids.max ]
	[ ! -e "$ROOT"/ioasids.events ]
}

@test "only ioasids.max can be written" {
	cgroups a
	run bash -c 'echo 0 >a/ioasids.current'
	[ "$status" -ne 0 ]
	run bash -c 'echo 0 >a/ioasids.events'
	[ "$status" -ne 0 ]
	is a/ioasids.current 0
}

@test "a limit reads back as it was written, above the capacity too" {
	cgroups a
	for limit in 0 1 65536 1048577 18446744073709551614 max; do
		echo "$limit" >a/ioasids.max
		is a/ioasids.max "$limit"
	done
}

@test "the value that is there can be written again" {
	cgroups a
	echo 3 >a/ioasids.max
	echo 3 >a/ioasids.max
	echo max >a/ioasids.max
	echo max >a/ioasids.max
}

@test "white space around a limit is trimmed" {
	cgroups a
	printf ' \t12 \n' >a/ioasids.max
	is a/ioasids.max 12
	echo '  max  ' >a/ioasids.max
	is a/ioasids.max max
}

@test "what is not a limit is EINVAL and changes nothing" {
	cgroups a
	echo 7 >a/ioasids.max
	for bad in -1 +1 0x10 1k '1 2' 1.5 MAX 'max 3' '' ' ' 'ten' '99999999999999999999x'; do
		run bash -c 'echo "$1" >a/ioasids.max' - "$bad"
		[ "$status" -ne 0 ] || fail "'$bad' was taken"
		[[ $output == *'Invalid argument'* ]] || fail "'$bad': $output"
		is a/ioasids.max 7
	done
}

@test "what does not fit is ERANGE and changes nothing" {
	cgroups a
	echo 7 >a/ioasids.max
	for bad in 18446744073709551615 18446744073709551616 99999999999999999999999; do
		run bash -c 'echo "$1" >a/ioasids.max' - "$bad"
		[ "$status" -ne 0 ] || fail "'$bad' was taken"
		[[ $output == *'Numerical result out of range'* ]] || fail "'$bad': $output"
		is a/ioasids.max 7
	done
}
