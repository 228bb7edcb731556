#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# In a cgroup namespace the command ioasids shows what is its reader's.

load ../helpers
load view

bats_require_minimum_version 1.5.0

# inside COMMAND...: in the cgroup ct/init, in a cgroup namespace with its root at ct
# and a mount of its own
inside() {
	# shellcheck disable=SC2016 # for the shell in there
	run -0 in_cgroup ct unshare --cgroup --mount bash -euc '
		echo $$ >ct/init/cgroup.procs
		echo +ioasids >ct/cgroup.subtree_control
		cd /
		umount -l /sys/fs/cgroup
		mount -t cgroup2 none /sys/fs/cgroup
		"$@"' - "$@"
}

@test "in a cgroup namespace with a mount of its own its own holders are shown, and no others" {
	local host own
	mkdir "$ROOT/b" ct ct/init ct/b
	hold "$ROOT/b"; host=$pid
	hold ct/b; own=$pid
	inside ioasids
	[[ $output == *" $own bind "* || $output == *"─$own bind "* ]]
	[[ $output != *"$host bind"* ]]
	finish "$host"
	rmdir "$ROOT/b"
}

@test "in a cgroup namespace without a mount of its own the whole hierarchy is shown as it is" {
	cgroups a b
	hold b
	run -0 in_cgroup a unshare --cgroup ioasids
	[[ $(plain <<<"$output") == *$'\n'"    b "*$'\n'"      $pid bind "* ]]
}

@test "in a cgroup namespace a command is run below the limits of its caller" {
	echo 0 >ioasids.max
	mkdir ct ct/init ct/b
	inside ioasids run --max 5 bash -c "cat /proc/self/cgroup; $BIN/bind $DEVICE || true"
	[[ $output == '0::/ioasids-run-'*EAGAIN ]]
}
