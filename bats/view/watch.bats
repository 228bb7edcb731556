#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The command ioasids says who is refused, as it happens.

load ../helpers
load view

bats_require_minimum_version 1.5.0

# until_waits PID: wait until it waits for the kernel.
until_waits() {
	until grep -qs '^inotify wd' "/proc/$1/fdinfo/"* && grep -q '^State:.S' "/proc/$1/status"; do :; done
}

# watching ARGUMENT...: start it, and wait until it waits; $watch is its process.
watching() {
	mkfifo "$BATS_TEST_TMPDIR/said"
	ioasids watch "$@" >"$BATS_TEST_TMPDIR/said" 3>&- &
	watch=$!
	exec {said}<"$BATS_TEST_TMPDIR/said"
	until_waits "$watch"
}

# says PATTERN: its next line, without the time
says() {
	local line
	read -r -t 60 line <&"$said" || fail "watch does not say $1"
	# shellcheck disable=SC2053 # it is a pattern
	[[ ${line#* } == $1 ]] || fail "'$line', not '$1'"
}

@test "watch says whose limit refused, and for whom" {
	cgroups a a/b a/b/c d
	echo 0 >a/ioasids.max
	refused a/b/c
	watching
	refused a/b/c
	says 'the limit of /test/a refused /test/a/b/c: 1'
	echo 0 >d/ioasids.max
	refused d
	says 'the limit of /test/d refused /test/d: 1'
	finish "$watch"
}

@test "watch notices cgroups that are made while it waits, anywhere" {
	cgroups a
	echo 0 >a/ioasids.max
	watching
	cgroups a/new a/new/er
	refused a/new/er
	says 'the limit of /test/a refused /test/a/new/er: 1'
	mkdir "$ROOT/tenant"
	echo 0 >"$ROOT/tenant/ioasids.max"
	refused "$ROOT/tenant"
	says 'the limit of /tenant refused /tenant: 1'
	# Another cgroup of that name begins afresh.
	until_empty a/new/er
	rmdir a/new/er
	mkdir a/new/er
	refused a/new/er
	says 'the limit of /test/a refused /test/a/new/er: 1'
	finish "$watch"
}

@test "watch tells of each refusal once, and of no other" {
	local line count=0
	cgroups a a/{1..5}
	echo 0 >a/ioasids.max
	watching
	for n in {1..5}; do
		for _ in {1..6}; do
			start "a/$n" "$BIN/bind" "$DEVICE"
		done
	done
	while ((count < 30)); do
		read -r -t 60 line <&"$said"
		[[ $line == *'the limit of /test/a refused /test/a/'[1-5]': '* ]]
		count=$((count + ${line##*: }))
	done
	[ "$count" = 30 ]
	refused a/1
	says 'the limit of /test/a refused /test/a/1: 1'
	finish "$watch"
}

@test "watch says only what concerns the cgroups that are named" {
	cgroups a b
	echo 0 >a/ioasids.max
	echo 0 >b/ioasids.max
	watching /test/b
	refused a
	refused b
	says 'the limit of /test/b refused /test/b: 1'
	finish "$watch"
}

@test "watch runs a command for each refusal, and tells it which" {
	cgroups a 'a/b\x2d'
	echo 0 >a/ioasids.max
	# shellcheck disable=SC2016 # for the shell of the hook
	watching --exec 'echo "told: $IOASIDS_LIMIT $IOASIDS_FOR $IOASIDS_COUNT"'
	refused 'a/b\x2d'
	says 'the limit of /test/a refused /test/a/b\\x2d: 1'
	says '/test/a /test/a/b\\x2d 1'
	finish "$watch"
}

@test "watch gives JSON, an object on each line" {
	local line
	cgroups $'a"\033'
	echo 0 >$'a"\033/ioasids.max'
	watching --json
	refused $'a"\033'
	read -r -t 60 line <&"$said"
	equal "$(jq -c 'del(.time)' <<<"$line")" '{"limit":"/test/a\"\\033","for":"/test/a\"\\033","count":1}'
	date -d "$(jq -r .time <<<"$line")"
	finish "$watch"
}

@test "watch ends with an error where what it says cannot be written" {
	local status=0 pid
	cgroups a
	echo 0 >a/ioasids.max
	ioasids watch >/dev/full 2>"$BATS_TEST_TMPDIR/error" 3>&- &
	pid=$!
	until_waits "$pid"
	refused a
	ended "$pid" || status=$?
	[ "$status" = 1 ]
	is "$BATS_TEST_TMPDIR/error" 'ioasids: standard output: No space left on device'
}

@test "v1: watch says whose limit refused, and for whom" {
	mkdir -p a/b
	echo 0 >a/ioasids.max
	watching
	refused a/b
	says 'the limit of /test/a refused /test/a/b: 1'
	finish "$watch"
}
