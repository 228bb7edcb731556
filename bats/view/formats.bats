#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The formats in which the command ioasids gives what the files say.

load ../helpers
load view

bats_require_minimum_version 1.5.0

@test "JSON has all that the files say" {
	cgroups a $'q"\\\t' 'r\x2d\101'
	echo 1 >ioasids.max
	hold a
	refused a
	equal "$(ioasids --json | jq -c '.cgroups[]')" '{"path":"/","max":null,"current":1,"peak":'"$(<"$ROOT"/ioasids.peak)"',"max_events":null,"alloc_fail":null,"capacity":'"$(<"$ROOT"/ioasids.capacity)"',"pid":null,"comm":null,"for":null}
{"path":"/test","max":1,"current":1,"peak":1,"max_events":1,"alloc_fail":1,"capacity":null,"pid":null,"comm":null,"for":null}
{"path":"/test/a","max":"max","current":1,"peak":1,"max_events":0,"alloc_fail":1,"capacity":null,"pid":null,"comm":null,"for":null,"children":[{"path":"/test/a","max":null,"current":1,"peak":null,"max_events":null,"alloc_fail":null,"capacity":null,"pid":'"$pid"',"comm":"bind","for":"sva"}]}
{"path":"/test/q\"\\\\011","max":"max","current":0,"peak":0,"max_events":0,"alloc_fail":0,"capacity":null,"pid":null,"comm":null,"for":null}
{"path":"/test/r\\x2d\\134101","max":"max","current":0,"peak":0,"max_events":0,"alloc_fail":0,"capacity":null,"pid":null,"comm":null,"for":null}'
}

@test "columns are chosen by name, in any format and in any order of the arguments" {
	cgroups a
	echo 3 >a/ioasids.max
	equal "$(ioasids --output path,max --raw /test/a)" $'PATH MAX\n/test/a 3'
	equal "$(ioasids /test/a -r -n -o MAX,PATH)" '3 /test/a'
	equal "$(ioasids list -J --output=MAX /test/a | jq -c .)" '{"cgroups":[{"max":3}]}'
	run -2 ioasids --output MAX,SIZE
	equal "$output" "ioasids: 'SIZE' is no column; 'ioasids list --help' has all"
}

@test "raw columns are words, whatever bytes a name has" {
	cgroups 'a b' $'c\t' 'd\x2d'
	equal "$(ioasids -rno PATH)" '/
/test
/test/a\x20b
/test/c\x09
/test/d\x5cx2d'
}

prometheus() {
	cat <<END
# HELP ioasids_capacity How many PASIDs there are to allocate.
# TYPE ioasids_capacity gauge
ioasids_capacity $(<"$ROOT"/ioasids.capacity)
# HELP ioasids_current PASIDs held in the cgroup and below.
# TYPE ioasids_current gauge
ioasids_current{cgroup="/"} 1
ioasids_current{cgroup="/test"} 1
ioasids_current{cgroup="/test/a"} 1
ioasids_current{cgroup="/test/q\"\\\\\\\\011"} 0
# HELP ioasids_peak The highest that ioasids_current has been.
# TYPE ioasids_peak gauge
ioasids_peak{cgroup="/"} $(<"$ROOT"/ioasids.peak)
ioasids_peak{cgroup="/test"} 1
ioasids_peak{cgroup="/test/a"} 1
ioasids_peak{cgroup="/test/q\"\\\\\\\\011"} 0
# HELP ioasids_max The limit on ioasids_current, +Inf for none.
# TYPE ioasids_max gauge
ioasids_max{cgroup="/test"} 1
ioasids_max{cgroup="/test/a"} +Inf
ioasids_max{cgroup="/test/q\"\\\\\\\\011"} +Inf
# HELP ioasids_max_events_total Allocations that a limit in the cgroup or below refused.
# TYPE ioasids_max_events_total counter
ioasids_max_events_total{cgroup="/test"} 2
ioasids_max_events_total{cgroup="/test/a"} 1
ioasids_max_events_total{cgroup="/test/q\"\\\\\\\\011"} 0
# HELP ioasids_alloc_fail_total Allocations in the cgroup or below that a limit refused.
# TYPE ioasids_alloc_fail_total counter
ioasids_alloc_fail_total{cgroup="/test"} 2
ioasids_alloc_fail_total{cgroup="/test/a"} 2
ioasids_alloc_fail_total{cgroup="/test/q\"\\\\\\\\011"} 0
END
}

@test "Prometheus is given all that the files say, on standard output or in a file" {
	local file=$BATS_TEST_TMPDIR/ioasids.prom
	cgroups a $'q"\\\t'
	echo 1 >a/ioasids.max
	hold a
	refused a
	echo max >a/ioasids.max
	echo 1 >ioasids.max
	refused a
	equal "$(ioasids --prometheus)" "$(prometheus)"
	echo old >"$file"
	ln "$file" "$file.old"
	ioasids --prometheus="$file"
	is "$file" "$(prometheus)"
	# A new file took the place of the old one, and nothing else is left.
	is "$file.old" old
	[ "$(stat -c %a "$file")" = 644 ]
	equal "$(cd "$BATS_TEST_TMPDIR" && echo ioasids*)" 'ioasids.prom ioasids.prom.old'
}

@test "what is no regular file is not replaced by one" {
	ln -s /dev/null "$BATS_TEST_TMPDIR/ioasids.link"
	mkfifo "$BATS_TEST_TMPDIR/ioasids.fifo"
	for file in "$BATS_TEST_TMPDIR"/ioasids.*; do
		run -1 ioasids "--prometheus=$file"
		equal "$output" "ioasids: $file: not a regular file"
	done
	[ -p "$BATS_TEST_TMPDIR/ioasids.fifo" ]
	[ -L "$BATS_TEST_TMPDIR/ioasids.link" ]
}

@test "a full disk and a closed standard output are errors" {
	cgroups a
	# shellcheck disable=SC2016 # for the shell in there
	for format in --all --json --raw --prometheus --help --version; do
		run -1 bash -c 'ioasids "$0" >/dev/full' "$format"
		equal "$output" 'ioasids: standard output: No space left on device'
		run -1 bash -c 'ioasids "$0" >&-' "$format"
		equal "$output" 'ioasids: standard output: Bad file descriptor'
	done
	run -1 ioasids --prometheus=/dev/full/none
	[[ $output == 'ioasids: /dev/full/none'*': Not a directory' ]]
}
