#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Where a refusal is counted, and who is woken by it.

load helpers

# A tree five deep, with a side branch below its top.
five_deep() { cgroups a a/b a/b/c a/b/c/d a/b/c/d/e a/side; }

# events CGROUP MAX ALLOC_FAIL, local CGROUP MAX ALLOC_FAIL: what its file says
events() { is "$1/ioasids.events" $'max '"$2"$'\nalloc_fail '"$3"; }
local_events() { is "$1/ioasids.events.local" $'max '"$2"$'\nalloc_fail '"$3"; }

# watch N poll|inotify FILE: start watcher N, who has seen FILE as it is now.
watch() {
	mkfifo "$BATS_TEST_TMPDIR/watch$1"
	in_cgroup "$ROOT" "$BIN/watch" "$2" "$3" >"$BATS_TEST_TMPDIR/watch$1" 3>&- &
	watchers+=($!)
	exec {fd}<"$BATS_TEST_TMPDIR/watch$1"
	fds[$1]=$fd
	read -r _ <&"$fd"
}

# told N LINE: what watcher N says next; it is waited for, for a minute at most.
told() {
	local said
	read -r -t 60 said <&"${fds[$1]}" || fail "watcher $1 was not woken"
	[ "$said" = "$2" ] || fail "watcher $1 was told '$said', not '$2'"
}

unwatch() {
	kill "${watchers[@]}"
	wait "${watchers[@]}" || [ $? = 143 ]
}

@test "a refusal is max from the limit up and alloc_fail from the process up" {
	five_deep
	echo 0 >a/b/c/ioasids.max
	refused a/b/c/d/e
	refused a/b/c/d/e
	for below in a/b/c/d/e a/b/c/d; do events $below 0 2; done
	for above in a/b/c a/b a .; do events $above 2 2; done
	events a/side 0 0

	echo 0 >a/side/ioasids.max
	refused a/side
	events a/side 1 1
	events a 3 3
	events a/b 2 2
}

@test "events.local has each count in one cgroup alone" {
	five_deep
	echo 0 >a/b/c/ioasids.max
	refused a/b/c/d/e
	refused a/b/c/d/e
	echo 0 >a/b/c/d/e/ioasids.max
	refused a/b/c/d/e
	local_events a/b/c/d/e 1 3
	local_events a/b/c/d 0 0
	local_events a/b/c 2 0
	for above in a/b a .; do local_events $above 0 0; done
}

@test "where two limits are reached only the nearest counts max" {
	five_deep
	echo 0 >a/ioasids.max
	echo 0 >a/b/c/ioasids.max
	refused a/b/c/d/e
	local_events a/b/c 1 0
	local_events a 0 0
	events a 1 1
}

@test "the events of a removed cgroup stay in its ancestors" {
	cgroups a a/b
	echo 0 >a/b/ioasids.max
	refused a/b
	until_empty a/b
	rmdir a/b
	events a 1 1
	local_events a 0 0
}

# woken_by poll|inotify: the limit of a refuses to a/b, and all of their files tell.
woken_by() {
	cgroups a a/b
	echo 0 >a/ioasids.max
	watch 1 "$1" a/ioasids.events
	watch 2 "$1" a/ioasids.events.local
	watch 3 "$1" a/b/ioasids.events
	watch 4 "$1" a/b/ioasids.events.local
	refused a/b
	told 1 'max 1 alloc_fail 1'
	told 2 'max 1 alloc_fail 0'
	told 3 'max 0 alloc_fail 1'
	told 4 'max 0 alloc_fail 1'
	unwatch
}

@test "who polls events or events.local is woken by a refusal" {
	woken_by poll
}

@test "who watches events or events.local with inotify is told of a refusal" {
	woken_by inotify
}

# A watcher that was woken without cause would say the old counts first.
@test "a watcher is woken only where something has changed" {
	cgroups a a/b a/b/c a/side
	echo 0 >a/ioasids.max
	watch 1 poll a/b/ioasids.events.local
	watch 2 inotify a/b/ioasids.events.local
	watch 3 poll a/side/ioasids.events
	watch 4 poll a/side/ioasids.events.local
	# The limit of a refuses to a/b/c: nothing of that is local to a/b, or in side.
	refused a/b/c
	# Nor do a limit that is written, a move, and a PASID that is taken change them.
	for cgroup in a/b/c a/b a/side a; do echo max >$cgroup/ioasids.max; done
	hold a/b/c
	echo "$pid" >a/side/cgroup.procs
	echo 0 >a/b/ioasids.max
	refused a/b/c
	echo 0 >a/side/ioasids.max
	refused a/side
	told 1 'max 1 alloc_fail 0'
	told 2 'max 1 alloc_fail 0'
	told 3 'max 1 alloc_fail 1'
	told 4 'max 1 alloc_fail 1'
	unwatch
}
