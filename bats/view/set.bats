#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The command ioasids sets limits.

load ../helpers
load view

bats_require_minimum_version 1.5.0

@test "what is set is the limit, by a path with or without a slash before it" {
	cgroups a a/b
	ioasids set /test/a 5
	is a/ioasids.max 5
	ioasids set test/a/b 7
	is a/b/ioasids.max 7
	ioasids set "$ROOT/test/a/b/" max
	is a/b/ioasids.max max
}

@test "what cannot be set is said with the kernel's error, and changes nothing" {
	cgroups a
	mkdir a/off
	echo 3 >a/ioasids.max
	for number in -1 0x1 '1 2' ''; do
		run -1 ioasids set -- test/a "$number"
		equal "$output" "ioasids: /test/a: '$number' is no limit: a number from 0 up, or max: Invalid argument"
	done
	run -1 ioasids set test/a 99999999999999999999
	equal "$output" 'ioasids: /test/a: 99999999999999999999 is too large: Numerical result out of range'
	run -1 ioasids set test/none 1
	equal "$output" 'ioasids: /test/none: there is no such cgroup'
	run -1 ioasids set test/a/off 1
	[[ $output == 'ioasids: /test/a/off: ioasids is not enabled for it'* ]]
	run -1 ioasids set / 1
	equal "$output" 'ioasids: /: the root cannot be limited'
	run -1 setpriv --reuid 65534 --clear-groups "$BIN/ioasids" set test/a 1
	equal "$output" 'ioasids: /test/a: the limit cannot be set: Permission denied'
	is a/ioasids.max 3
}

@test "v1: what is set is the limit" {
	mkdir a
	ioasids set test/a 2
	is a/ioasids.max 2
}

@test "without systemd a name that ends as a unit does is a cgroup" {
	mkdir "$ROOT/tenant.service"
	ioasids set tenant.service 3
	is "$ROOT/tenant.service/ioasids.max" 3
	rmdir "$ROOT/tenant.service"
}
