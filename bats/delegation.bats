#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What somebody can do to whom a cgroup is delegated, and what not: by the modes
# of the files alone, and in a cgroup namespace.

load helpers

OWNER=1000
AS_OWNER=(setpriv --reuid "$OWNER" --regid "$OWNER" --clear-groups)

# a has room for two; so has b, which a test may delegate. other is root's.
setup() {
	v2_setup
	mode=$(stat -c %a "$DEVICE")
	chmod 0666 "$DEVICE"
	cgroups a b other
	echo 2 >a/ioasids.max
	echo 2 >b/ioasids.max
	delegate a
	start a "${AS_OWNER[@]}" bash -ec "$FIRST_STEPS" - a
	[ "$line" = ready ]
}

teardown() {
	mount -t cgroup2 -o remount none "$ROOT"
	chmod "$mode" "$DEVICE"
	# Where a test has failed, it may be out of test.
	[ -z "$pid" ] || kill -KILL "$pid" || true
	v2_teardown
}

# delegate CGROUP: as the kernel's cgroup-v2.rst says, the directory, and those
# of its files that /sys/kernel/cgroup/delegate lists.
delegate() {
	chown "$OWNER" "$1"
	while read -r file; do
		[ ! -e "$1/$file" ] || chown "$OWNER" "$1/$file"
	done </sys/kernel/cgroup/delegate
}

# What the first process in a delegated cgroup does: make room for others, leave
# them the cgroup itself, and enable the controller for them.
# shellcheck disable=SC2016
FIRST_STEPS='
	mkdir $1/own $1/x $1/y
	echo $$ >$1/own/cgroup.procs
	echo +ioasids >$1/cgroup.subtree_control
	echo ready
	exec sleep infinity >&-'

# owner COMMANDS: of the owner's shell, which is in a/own.
owner() (in_cgroup a/own "${AS_OWNER[@]}" bash -ec "$1")

# contain COMMAND...: it starts the first process of b, which says it is ready.
contain() {
	start b "$@" bash -ec "$FIRST_STEPS" - b
	[ "$line" = ready ]
	first=$pid
}

# root_inside COMMANDS: of a root shell, in the cgroup namespace that is b.
root_inside() (in_cgroup b/own nsenter -t "$first" --cgroup bash -ec "$1")

# user_inside COMMANDS: of the owner's, who is root in a user namespace as well.
user_inside() (in_cgroup b/own "${AS_OWNER[@]}" \
	nsenter -t "$first" --user --preserve-credentials --cgroup bash -ec "$1")

# cannot WHO COMMANDS WHY: they fail, and say that.
cannot() {
	run "$1" "$2"
	[ "$status" -ne 0 ] || fail "$1 can: $2"
	[[ $output == *"$3"* ]] || fail "$1, $2: $output"
}

# meets CGROUP OUTCOME: a process of the owner's there opens the device.
meets() {
	start "$1" "${AS_OWNER[@]}" "$BIN/bind" "$DEVICE"
	[ "$line" = bound ] || wait "$pid" || true
	[ "$line" = "$2" ] || fail "a process in $1 was to meet $2: $line"
}

nsdelegate() { mount -t cgroup2 -o remount,nsdelegate none "$ROOT"; }

@test "an owner makes cgroups and sets limits below its own" {
	owner 'mkdir a/x/deep; echo +ioasids >a/x/cgroup.subtree_control; echo 1 >a/x/deep/ioasids.max'
	is a/x/deep/ioasids.max 1
	meets a/x/deep bound
	meets a/x/deep EAGAIN
	is a/x/deep/ioasids.events $'max 1\nalloc_fail 1'
}

@test "an owner cannot write its own limit, which is EACCES" {
	for limit in 0 2 3 max; do
		cannot owner "echo $limit >a/ioasids.max" 'Permission denied'
	done
	cannot owner 'chmod 0666 a/ioasids.max' 'Operation not permitted'
	is a/ioasids.max 2
}

@test "whatever an owner writes below, its own limit binds" {
	owner 'mkdir a/x/deep; echo +ioasids >a/x/cgroup.subtree_control
		echo max >a/x/ioasids.max; echo 100 >a/x/deep/ioasids.max'
	meets a/x/deep bound
	meets a/y bound
	meets a/x/deep EAGAIN
	meets a/own EAGAIN
	is a/ioasids.current 2
	is a/ioasids.events.local $'max 2\nalloc_fail 0'
}

@test "an owner does not escape its limit by disabling the controller below it" {
	meets a/x bound
	meets a/x bound
	owner 'echo -ioasids >a/cgroup.subtree_control'
	meets a/x EAGAIN
	owner 'echo +ioasids >a/cgroup.subtree_control'
	meets a/x EAGAIN
	is a/ioasids.current 2
}

@test "an owner does not escape its limit by removing a cgroup that holds charges" {
	# It leaves the device to a process in a/y, and ends.
	# shellcheck disable=SC2016
	start a/x "${AS_OWNER[@]}" bash -ec 'exec 4<>"$0"
		(echo $BASHPID >a/y/cgroup.procs; echo left; exec sleep infinity >&-) &' "$DEVICE"
	[ "$line" = left ]
	wait "$pid"
	is a/x/ioasids.current 1
	owner 'rmdir a/x'
	is a/ioasids.current 1
	meets a/y bound
	meets a/y EAGAIN
}

@test "an owner moves processes within its own, with their charges" {
	meets a/x bound
	owner "echo $pid >a/y/cgroup.procs"
	is a/x/ioasids.current 0
	is a/y/ioasids.current 1
}

@test "an owner can bring no process in from outside" {
	meets other bound
	cannot owner "echo $pid >a/x/cgroup.procs" 'Permission denied'
	is a/ioasids.current 0
	is other/ioasids.current 1
}

@test "an owner can send no process out" {
	meets a/x bound
	for outside in other . ..; do
		cannot owner "echo $pid >$outside/cgroup.procs" 'Permission denied'
	done
	is a/x/ioasids.current 1
}

@test "an owner of two subtrees can move no process from one to the other" {
	delegate b
	meets a/x bound
	cannot owner "echo $pid >b/cgroup.procs" 'write error: Permission denied'
	is a/x/ioasids.current 1
	is b/ioasids.current 0
}

@test "an owner can read what others have, like anyone, and write none of it" {
	echo 7 >other/ioasids.max
	[ "$(owner 'cat other/ioasids.max')" = 7 ]
	for file in other/ioasids.max other/cgroup.procs cgroup.subtree_control; do
		cannot owner "echo 1 >$file" 'Permission denied'
	done
	cannot owner 'mkdir other/mine' 'Permission denied'
	is other/ioasids.max 7
}

@test "without nsdelegate, root in a cgroup namespace can lift the limit that it is under" {
	contain unshare --cgroup
	root_inside 'echo 3 >b/ioasids.max'
	is b/ioasids.max 3
}

@test "with nsdelegate, root in a cgroup namespace cannot lift the limit that it is under, which is EPERM" {
	nsdelegate
	contain unshare --cgroup
	for limit in 0 2 3 max; do
		cannot root_inside "echo $limit >b/ioasids.max" 'Operation not permitted'
	done
	is b/ioasids.max 2
	# Nor can it through a mount of its own.
	cannot root_inside "unshare --mount bash -ec 'mount -t cgroup2 none $BATS_TEST_TMPDIR
		echo max >$BATS_TEST_TMPDIR/ioasids.max'" 'Operation not permitted'
	is b/ioasids.max 2
	# Those outside still can.
	echo 1 >b/ioasids.max
	is b/ioasids.max 1
}

@test "with nsdelegate, root in a cgroup namespace sets limits below" {
	nsdelegate
	contain unshare --cgroup
	root_inside 'echo 1 >b/x/ioasids.max; echo max >b/y/ioasids.max'
	is b/x/ioasids.max 1
	meets b/x bound
	meets b/x EAGAIN
	meets b/y bound
	# What is written there does not help against the limit that it is under.
	meets b/y EAGAIN
	is b/ioasids.events.local $'max 1\nalloc_fail 0'
}

@test "with nsdelegate, not even root moves a process across the edge of its namespace" {
	nsdelegate
	contain unshare --cgroup
	meets b/x bound
	cannot root_inside "echo $pid >other/cgroup.procs" 'No such file or directory'
	root_inside "echo $pid >b/y/cgroup.procs"
	is b/y/ioasids.current 1
	meets other bound
	cannot root_inside "echo $pid >b/y/cgroup.procs" 'No such file or directory'
	is b/y/ioasids.current 1
	is other/ioasids.current 1
}

@test "in a cgroup namespace its root has the files and counts of the cgroup that it is" {
	contain unshare --cgroup
	meets b/x bound
	[ "$(root_inside "cat /proc/$pid/cgroup")" = 0::/x ]
	[ "$(root_inside 'cat /proc/1/cgroup')" = 0::/../.. ]
	run root_inside "unshare --mount bash -ec 'mount -t cgroup2 none $BATS_TEST_TMPDIR
		cd $BATS_TEST_TMPDIR
		cat ioasids.max ioasids.current ioasids.peak x/ioasids.current
		ls -d */ ioasids.capacity'"
	echo "$output"
	[ "${lines[*]:0:4}" = '2 1 1 1' ]
	[[ $output == *"cannot access 'ioasids.capacity'"* ]]
	[[ $output == *$'own/\nx/\ny/' ]]
}

@test "root of a user namespace sets limits below its own, which binds" {
	delegate b
	contain "${AS_OWNER[@]}" unshare --user --map-root-user --cgroup
	[ "$(user_inside 'id -u; cat /proc/self/cgroup')" = $'0\n0::/own' ]
	user_inside 'echo 1 >b/x/ioasids.max; echo max >b/y/ioasids.max'
	is b/x/ioasids.max 1
	meets b/x bound
	meets b/x EAGAIN
	meets b/y bound
	meets b/y EAGAIN
}

@test "root of a user namespace cannot write its own limit, which is EACCES" {
	delegate b
	contain "${AS_OWNER[@]}" unshare --user --map-root-user --cgroup
	cannot user_inside 'echo max >b/ioasids.max' 'Permission denied'
	is b/ioasids.max 2
}

@test "with nsdelegate, root of a user namespace cannot even where the file was given to it, which is EPERM" {
	nsdelegate
	delegate b
	chown "$OWNER" b/ioasids.max
	contain "${AS_OWNER[@]}" unshare --user --map-root-user --cgroup
	cannot user_inside 'echo max >b/ioasids.max' 'Operation not permitted'
	is b/ioasids.max 2
	mount -t cgroup2 -o remount none "$ROOT"
	user_inside 'echo max >b/ioasids.max'
	is b/ioasids.max max
}
