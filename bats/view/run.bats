#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The command ioasids runs others under a limit.

load ../helpers
load view

bats_require_minimum_version 1.5.0

@test "a command is run with its limit: the second process too many meets EAGAIN" {
	# shellcheck disable=SC2016 # for the shell in there
	run -0 ioasids run --max 1 bash -c '
		coproc "$0" "$1" 2>/dev/null 3>&-
		read -r line <&"${COPROC[0]}"; echo "$line"
		timeout 5 "$0" "$1"
		cat /proc/self/cgroup' "$BIN/bind" "$DEVICE"
	[[ ${lines[0]} == bound && ${lines[1]} == EAGAIN ]]
	[[ ${lines[2]} == '0::/ioasids-run-'* ]]
	# What was left running is gone, and so is the cgroup.
	run ! compgen -G "$ROOT/ioasids-run-*"
	is "$ROOT/ioasids.current" 0
}

@test "where a command is run from a cgroup with processes it runs beside that" {
	cgroups a
	run -0 in_cgroup a ioasids run --max=1 -- cat /proc/self/cgroup
	[[ $output == '0::/test/ioasids-run-'* ]]
	[ -z "$(compgen -G 'ioasids-run-*')" ]
}

@test "the exit status of a command that is run is its own" {
	run -7 ioasids run --max 1 -- bash -c 'exit 7'
	run -137 ioasids run --max 1 -- bash -c 'kill -KILL $$'
	run -127 ioasids run --max 1 -- /there/is/none
	run -127 bash -c 'exec ioasids run --max 1 -- /there/is/none 2>&-'
	run -126 ioasids run --max 1 -- /
	run -125 ioasids run --max x -- true
	run ! compgen -G "$ROOT/ioasids-run-*"
}

@test "a signal ends a command that is run, and the cgroup is removed" {
	cgroups a
	for signal in TERM USR1 ALRM RTMIN; do
		start a ioasids run --max 1 -- bash -c 'echo started; exec sleep infinity'
		equal "$line" started
		kill "-$signal" "$pid"
		status=0
		ended "$pid" || status=$?
		[ "$status" = $((128 + $(kill -l "$signal"))) ]
		run ! compgen -G 'ioasids-run-*'
		run ! compgen -G "$ROOT/ioasids-run-*"
	done
}

@test "so does a timer that it was started with" {
	run -142 timeout -s KILL 60 perl -e 'alarm 1; exec @ARGV' ioasids run --max 1 -- sleep infinity
	run ! compgen -G "$ROOT/ioasids-run-*"
}

@test "options of the command that is run are its own" {
	equal "$(ioasids run --max 1 echo --max 3 --help)" '--max 3 --help'
	equal "$(ioasids run --max 1 -- echo -- -V)" '-- -V'
}

@test "v1: a command is run below the cgroup of the caller, and what it leaves is killed" {
	mkdir -p a
	run -0 in_cgroup a ioasids run --max 1 -- bash -c 'grep ioasids /proc/self/cgroup; sleep infinity >/dev/null 2>&1 3>&- & exit 0'
	[[ $output == *:ioasids:/test/a/ioasids-run-* ]]
	run ! compgen -G 'a/ioasids-run-*'
}

@test "in a cgroup namespace without a mount of its own the limits above the caller hold" {
	mkdir a
	echo 0 >ioasids.max
	run -11 in_cgroup a unshare --cgroup ioasids run --max 5 -- "$BIN/bind" "$DEVICE"
	equal "$output" EAGAIN
}

@test "a limit of the caller that would not hold for the command is an error" {
	cgroups a
	echo 3 >a/ioasids.max
	run -125 in_cgroup a ioasids run --max 5 true
	[[ $output == "ioasids: the caller's limit of 3 in /test/a would not hold"* ]]
	run -125 in_cgroup a unshare --cgroup ioasids run --max 5 true
	[[ $output == "ioasids: the caller's limit of 3 in /test/a would not hold"* ]]
}

@test "a caller that is outside of what is mounted is told so" {
	cgroups a b
	mkdir "$BATS_TEST_TMPDIR/part"
	# shellcheck disable=SC2016 # for the shell in there
	run -125 in_cgroup b unshare -m bash -c 'mount --bind "$1" "$0" && cd / && umount -l /sys/fs/cgroup && exec ioasids run --max 1 true' "$BATS_TEST_TMPDIR/part" "$PWD/a"
	[[ $output == 'ioasids: the cgroup of the caller is not below '* ]]
}

@test "run that was killed stands in nobody's way" {
	cgroups a
	start a ioasids run --max 1 -- bash -c 'echo started; exec sleep infinity'
	equal "$line" started
	finish "$pid"
	run -0 in_cgroup a ioasids run --max 1 true
	left=$(compgen -G 'ioasids-run-*')
	[ "$(wc -l <<<"$left")" = 1 ]
	echo 1 >"$left/cgroup.kill"
	until_empty "$left"
	rmdir "$left"
}
