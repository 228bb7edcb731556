#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# On a cgroup v1 hierarchy the same files have the same meaning.

load helpers

setup() { v1_setup; }
teardown() { v1_teardown; }

@test "v1: the files are there, without a limit" {
	mkdir a
	is a/ioasids.max max
	is a/ioasids.current 0
	is a/ioasids.events $'max 0\nalloc_fail 0'
	is a/ioasids.peak 0
	holds a 0 0
	[ ! -e "$V1/ioasids.max" ]
	is "$V1/ioasids.current" 0
	holds "$V1" 0 0 0
	is "$V1/ioasids.capacity" $((2 ** 20 - 1))
}

@test "v1: a limit above refuses with EAGAIN and is counted there" {
	mkdir -p a/b
	echo 1 >a/ioasids.max
	hold a/b
	refused a/b
	is a/b/ioasids.current 1
	is a/b/ioasids.events $'max 0\nalloc_fail 1'
	is a/b/ioasids.events.local $'max 0\nalloc_fail 1'
	is a/ioasids.events.local $'max 1\nalloc_fail 0'
	is a/ioasids.events $'max 1\nalloc_fail 1'
}

@test "v1: a process takes its charge along" {
	mkdir -p a/b c
	hold a/b
	echo "$pid" >c/cgroup.procs
	is a/ioasids.current 0
	is c/ioasids.current 1
	echo "$pid" >a/b/cgroup.procs
	is a/b/ioasids.current 1
}

@test "v1: a thread that is moved alone leaves the charge where its leader is" {
	mkdir a b
	start a "$BIN/threads" "$DEVICE" 2
	[ "$line" = bound ]
	for task in /proc/"$pid"/task/*; do
		[ "${task##*/}" = "$pid" ] || echo "${task##*/}" >b/tasks
	done
	is a/ioasids.current 1
	is b/ioasids.current 0
	echo "$pid" >b/tasks
	is a/ioasids.current 0
	is b/ioasids.current 1
}

@test "v1: a thread that binds is charged where its leader is" {
	mkdir a b
	start a "$BIN/threads" "$DEVICE" 1 bind-on-usr1
	[ "$line" = ready ]
	for task in /proc/"$pid"/task/*; do
		[ "${task##*/}" = "$pid" ] || echo "${task##*/}" >b/tasks
	done
	echo 0 >b/ioasids.max
	kill -USR1 "$pid"
	until_has ioasids.current 1
	is a/ioasids.current 1
	is b/ioasids.current 0
}

@test "v1: after its leader's death a process is charged where a thread moves" {
	mkdir a b
	start a "$BIN/threads" "$DEVICE" 2 leader-exits
	[ "$line" = bound ]
	is a/ioasids.current 1
	for task in /proc/"$pid"/task/*; do
		[ "${task##*/}" = "$pid" ] || thread=${task##*/}
	done
	echo "$thread" >b/tasks
	is a/ioasids.current 0
	is b/ioasids.current 1
}
