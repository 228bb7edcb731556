# SPDX-License-Identifier: GPL-2.0-only
# For the tests under systemd. Their units are called tenant and something, their slice
# tenants; all of it is gone afterwards. Those of contrib/systemd are set up with it.
# shellcheck shell=bash disable=SC2034,SC2154

GENERATOR=/etc/systemd/system-generators/ioasids-limit
SYSTEM=/etc/systemd/system
TENANTS=$ROOT/tenants.slice

setup() { units_setup; }
teardown() { units_teardown; }

units_setup() {
	install -D -m 755 "$IOASIDS_SRC/contrib/systemd/ioasids-limit" "$GENERATOR"
	since=$(date '+%F %T.%6N')
	covered=
}

# cover FILE: whoever writes to it meets an error, until the test has ended.
cover() {
	mount --bind /dev/full "$1"
	covered=$1
}

units_teardown() {
	# Before what is covered goes.
	[ -z "$covered" ] || umount "$covered"
	systemctl stop tenants.slice 'tenant*'
	rm -rf "$GENERATOR" {/etc,/run,/usr/local/lib}/systemd/system{,.attached}/tenant* /run/tenant* \
		"$SYSTEM"/{service,slice,-.slice,system.slice,user.slice,pids.service}.d "$SYSTEM/pids.service" \
		"$SYSTEM/multi-user.target.wants/tenant.service"
	systemctl daemon-reload
	systemctl reset-failed
	disable_slices
	switch_off
}

# disable_slices: the controller, wherever a limit has enabled it, from below
disable_slices() {
	local slice
	find "$ROOT" -depth -name '*.slice' | while IFS= read -r slice; do
		echo -ioasids >"$slice/cgroup.subtree_control"
	done
}

# Without contrib/systemd: the slice, with the controller enabled in it by hand.
slice_setup() {
	systemctl start tenants.slice
	echo +ioasids >"$ROOT/cgroup.subtree_control"
	echo +ioasids >"$TENANTS/cgroup.subtree_control"
}

slice_teardown() {
	systemctl stop tenants.slice
	switch_off
}

# unit OPTION...: start a unit in tenants.slice by systemd-run
unit() { systemd-run --quiet --collect --slice=tenants.slice "$@"; }

# limit UNIT N [FILE]: say it in a drop-in.
limit() {
	local type=${1##*.} file=$SYSTEM/$1.d/${3:-limit.conf}
	mkdir -p "${file%/*}"
	printf '[%s]\nX-IoasidsMax=%s\n' "${type^}" "$2" >"$file"
}

# limits UNIT N...: say them, and have systemd read that.
limits() {
	while [ $# != 0 ]; do
		limit "$1" "$2"
		shift 2
	done
	systemctl daemon-reload
}

# service NAME [LINE...]: a file of a service in tenants.slice, that runs, and opens no
# device, if the lines do not say otherwise.
service() {
	printf '%s\n' '[Service]' Slice=tenants.slice 'ExecStart=/bin/sleep infinity' "${@:2}" \
		>"$SYSTEM/$1.service"
}

# scope NAME: start a scope in tenants.slice, with a process in it.
scope() {
	start "$ROOT" systemd-run --quiet --collect --slice=tenants.slice --scope --unit="$1" \
		bash -c 'echo ready; exec sleep infinity >&-'
	[ "$line" = ready ] || fail "there is no scope $1: $line"
}

# opens FILE: the lines of a service that opens the device as the first thing that it
# does, and says there how that went.
opens() {
	: >"$1"
	printf '%s\n' Type=exec ExecStart= "ExecStart=/bin/bash -c 'exec $BIN/bind $DEVICE >$1'"
}

# until_limit CGROUP N: where it is set a moment after the unit's start
until_limit() {
	local end=$((SECONDS + 60))
	until [ -e "$1/ioasids.max" ] || ((SECONDS > end)); do :; done
	until_has "$1/ioasids.max" "$2"
}

# journal: what was said since the test began
journal() {
	journalctl --sync
	journalctl --quiet --no-pager --output=cat --since="$since" "$@"
}
