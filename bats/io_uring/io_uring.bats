#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# In a guest whose kernel has io_uring: a device that is opened through it. The same
# guest has favordynmods, with which processes are moved by another lock.

load ../helpers

@test "this guest favours moves" {
	grep -q ' /sys/fs/cgroup cgroup2 .*\bfavordynmods\b' /proc/mounts
}

@test "an open through io_uring is charged to its process once, and given back when that ends" {
	cgroups a b
	start a "$BIN/uring" "$DEVICE"
	[ "$line" = bound ]
	is a/ioasids.current 1
	is a/ioasids.peak 1
	is a/ioasids.events $'max 0\nalloc_fail 0'
	[ "$(awk '$2 == "sva" { print $3, $4 }' "$TABLE")" = "$pid uring" ]
	echo "$pid" >b/cgroup.procs
	is a/ioasids.current 0
	is b/ioasids.current 1
	finish "$pid"
	is b/ioasids.current 0
}

@test "an open by a worker of io_uring is charged to the process that it works for" {
	cgroups a
	start a "$BIN/uring" "$DEVICE" worker
	[ "$line" = bound ]
	is a/ioasids.current 1
	[ "$(awk '$2 == "sva" { print $3, $4 }' "$TABLE")" = "$pid uring" ]
	echo 1 >a/ioasids.max
	refused a
	finish "$pid"
	is a/ioasids.current 0
}

# io_uring takes EAGAIN for an open that would sleep, and tries again in a worker. The
# first try comes to the device only where it need not sleep on its way, as it must in
# User-mode Linux's root: it starts from /dev.
@test "a refused open through io_uring counts twice" {
	cgroups a
	echo 0 >a/ioasids.max
	start a env -C /dev "$BIN/uring" "${DEVICE#/dev/}"
	[ "$line" = EAGAIN ]
	is a/ioasids.events $'max 2\nalloc_fail 2'
	is a/ioasids.current 0
	is a/ioasids.peak 0
	# The same without it counts once.
	refused a
	is a/ioasids.events $'max 3\nalloc_fail 3'
}
