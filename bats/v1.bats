#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# On a cgroup v1 hierarchy the same files have the same meaning.

load helpers

V1=/tmp/v1

setup() {
	echo -ioasids >"$ROOT/cgroup.subtree_control"
	mkdir -p "$V1"
	mount -t cgroup -o ioasids none "$V1"
	cd "$V1"
}

# There is no cgroup.kill, and a process that is dying may hold a cgroup up. A
# hierarchy goes at umount only if its root is the last of its cgroups.
teardown() {
	mountpoint -q "$V1" || return 0
	cd "$V1"
	for procs in */cgroup.procs */*/cgroup.procs; do
		[ ! -e "$procs" ] || xargs -r kill -KILL <"$procs"
	done
	until_has ioasids.current 0
	find . -depth -mindepth 1 -type d | while read -r cgroup; do
		until rmdir "$cgroup"; do :; done
	done
	until awk '$1 == "ioasids" { exit $3 != 1 }' /proc/cgroups; do :; done
	cd /
	umount "$V1"
	until grep -qw ioasids "$ROOT/cgroup.controllers"; do :; done
}

@test "v1: the files are there, without a limit" {
	mkdir a
	is a/ioasids.max max
	is a/ioasids.current 0
	is a/ioasids.events 'max 0'
	[ ! -e ioasids.max ]
	is ioasids.current 0
}

@test "v1: a limit above refuses with EAGAIN and is counted there" {
	mkdir -p a/b
	echo 1 >a/ioasids.max
	hold a/b
	refused a/b
	is a/b/ioasids.current 1
	is a/b/ioasids.events 'max 0'
	is a/ioasids.events 'max 1'
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
