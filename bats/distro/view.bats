#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The command ioasids, as make install lays it out, under systemd: it finds units, shows
# them, and runs commands in scopes.

load ../helpers
load units

bats_require_minimum_version 1.5.0

setup() {
	PATH=$IOASIDS_SRC/build/install/debian12/usr/bin:$BIN:$PATH
	slice_setup
}

teardown() {
	systemctl stop 'tenant*.scope' 'tenant*.service'
	systemctl reset-failed
	[ -z "${user:-}" ] || user_teardown
	slice_teardown
}

# none_left: no scope of ours is there any more.
none_left() {
	equal "$(systemctl list-units --all --plain --no-legend 'ioasids-run-*' 'tenant*.scope')" ''
	equal "$(find "$ROOT" -name 'ioasids-run-*')" ''
}

@test "what is set for a service or a slice is the limit of its cgroup" {
	unit --unit=tenant sleep infinity
	as_in ioasids-view units
	is "$TENANTS/tenant.service/ioasids.max" 3
	is "$TENANTS/ioasids.max" 2
}

@test "a unit that does not run, or for which ioasids is not enabled, is said to be so" {
	run ioasids set tenant.service 3
	[ "$status" = 1 ]
	equal "$output" 'ioasids: tenant.service: it has no cgroup; is it running?'
	run ioasids set guest-command.service 3
	[ "$status" = 1 ]
	[[ $output == 'ioasids: /system.slice/guest-command.service: ioasids is not enabled for it'* ]]
	run ioasids guest-command.service
	[ "$status" = 1 ]
	[[ $output == 'ioasids: /system.slice/guest-command.service: ioasids is not enabled for it'* ]]
}

@test "the tree and JSON show a unit, its limit and its processes" {
	unit --unit=tenant "$BIN/bind" "$DEVICE"
	until_has "$TENANTS/tenant.service/ioasids.current" 1
	ioasids set tenant.service 3
	main=$(systemctl show -p MainPID --value tenant.service)
	[[ $(ioasids) == *'tenants.slice '*$'\n'*'tenant.service '*' 3 '*$'\n'*"$main bind "* ]]
	equal "$(ioasids tenant.service --json | jq -c '.cgroups[0] | [.path, .max, .children[0].pid]')" \
		"[\"/tenants.slice/tenant.service\",3,$main]"
}

@test "a command is run in a scope, under its limit, and the scope is gone afterwards" {
	equal "$(as_in ioasids-view scopes)" 0::/tenants.slice/tenant.scope
	none_left
	# shellcheck disable=SC2016 # for the shell in there
	run ioasids run --max 1 --slice tenants.slice -- bash -c '
		coproc "$0" "$1" 2>/dev/null
		read -r line <&"${COPROC[0]}"; echo "$line"
		"$0" "$1"
		ioasids --raw --noheadings --output MAX,CURRENT "$(sed s/0::// /proc/self/cgroup)" --no-holders
		sleep infinity >/dev/null 2>&1 & exit 7' "$BIN/bind" "$DEVICE"
	[ "$status" = 7 ]
	equal "$output" $'bound\nEAGAIN\n1 1'
	none_left
	is "$ROOT/ioasids.current" 0
}

@test "a command that is run from a service is run under the limit of its slice" {
	ioasids set tenants.slice 0
	run unit --unit=tenant --pipe --wait "$(command -v ioasids)" run --max 1 -- \
		bash -c "cat /proc/self/cgroup; $BIN/bind $DEVICE"
	[[ $output == '0::/tenants.slice/ioasids-run-'*.scope$'\n'EAGAIN ]]
	none_left
}

@test "a limit of a service that would not hold for what it runs is an error, unless a slice is named" {
	unit --unit=tenant sleep infinity
	ioasids set tenant.service 3
	run in_cgroup "$TENANTS/tenant.service" ioasids run --max 5 true
	[ "$status" = 125 ]
	[[ $output == "ioasids: the caller's limit of 3 in /tenants.slice/tenant.service would not hold"* ]]
	run -0 in_cgroup "$TENANTS/tenant.service" ioasids run --max 5 --slice tenants.slice true
	none_left
}

@test "the controller is enabled in the slice, if it is not" {
	echo -ioasids >"$TENANTS/cgroup.subtree_control"
	echo -ioasids >"$ROOT/cgroup.subtree_control"
	# shellcheck disable=SC2016 # for the shell in there
	run ioasids run --max 2 --slice tenants.slice bash -c 'cat "/sys/fs/cgroup$(sed s/0::// /proc/self/cgroup)/ioasids.max"'
	equal "$output" 2
}

@test "the exit status is that of the command, and a signal ends it" {
	local signal
	run ioasids run --max 1 --slice tenants.slice bash -c 'exit 9'
	[ "$status" = 9 ]
	run -127 ioasids run --max 1 --slice tenants.slice /there/is/none
	run ioasids run --max x --slice tenants.slice true
	[ "$status" = 125 ]
	[[ $output == *"'x' is no limit"* ]]
	run ioasids run --max 1 --slice tenants.service true
	[ "$status" = 125 ]
	[[ $output == ioasids:* && $output != *$'\n'* ]]
	for signal in TERM INT USR1; do
		start "$ROOT/system.slice/guest-command.service" ioasids run --max 1 --slice tenants.slice \
			bash -c 'echo started; exec sleep infinity'
		equal "$line" started
		kill "-$signal" "$pid"
		status=0
		wait "$pid" || status=$?
		[ "$status" = $((128 + $(kill -l $signal))) ]
		none_left
	done
}

@test "a scope of that name that is there already is left alone" {
	scope tenant
	run ioasids run --max 1 --slice tenants.slice --unit tenant true
	[ "$status" = 125 ]
	[[ $output == 'ioasids: tenant.scope: systemd does not make it: '* ]]
	[ "$(systemctl is-active tenant.scope)" = active ]
	kill -0 "$pid"
}

@test "run that was killed leaves its command running, and stands in nobody's way" {
	start "$ROOT/system.slice/guest-command.service" ioasids run --max 1 --slice tenants.slice --unit tenant \
		bash -c 'echo started; exec sleep infinity'
	finish "$pid"
	[ "$(systemctl is-active tenant.scope)" = active ]
	ioasids run --max 1 --slice tenants.slice true
	systemctl stop tenant.scope
	none_left
}

@test "two commands can be run in two PID namespaces at once" {
	mkfifo "$BATS_TEST_TMPDIR/go"
	start "$ROOT/system.slice/guest-command.service" unshare --pid --fork --mount-proc \
		ioasids run --max 1 --slice tenants.slice bash -c "echo started; read <$BATS_TEST_TMPDIR/go"
	equal "$line" started
	unshare --pid --fork --mount-proc ioasids run --max 1 --slice tenants.slice true
	echo >"$BATS_TEST_TMPDIR/go"
	wait "$pid"
	none_left
}

@test "in a cgroup namespace a command is run in the slice of its caller" {
	ioasids set tenants.slice 0
	unit --unit=tenant sleep infinity
	run in_cgroup "$TENANTS/tenant.service" unshare --cgroup ioasids run --max 5 "$BIN/bind" "$DEVICE"
	equal "$output" EAGAIN
}

# In a PID namespace the table's numbers are those of others.
@test "in a container nobody's processes are shown for its own" {
	mkdir "$TENANTS/ct"
	hold "$TENANTS/ct"
	run in_cgroup "$TENANTS/ct" unshare --cgroup --mount --pid --fork --mount-proc bash -c '
		umount -l /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup && ioasids --raw --noheadings --output MAX,CURRENT,PID'
	equal "$output" "ioasids: who holds PASIDs is not shown: the processes of /sys/kernel/debug/ioasids are not ours
max 1 "
	finish "$pid"
	until_empty "$TENANTS/ct"
	rmdir "$TENANTS/ct"
}

user_teardown() {
	systemctl stop "user-$uid.slice"
	disable_slices
}

@test "for a user the scope is made by the user's systemd" {
	local slice
	user=tenant
	getent passwd tenant || useradd tenant
	uid=$(getent passwd tenant | cut -d: -f3)
	systemctl start "user@$uid.service"
	as_tenant=(setpriv --reuid=tenant --regid=tenant --clear-groups env "XDG_RUNTIME_DIR=/run/user/$uid")
	run "${as_tenant[@]}" ioasids run --max 3 true
	[ "$status" = 125 ]
	equal "$output" "ioasids: ioasids cannot be enabled: Permission denied; as root: echo +ioasids >/sys/fs/cgroup/user.slice/cgroup.subtree_control"
	for slice in user.slice "user.slice/user-$uid.slice"; do
		echo +ioasids >"$ROOT/$slice/cgroup.subtree_control"
	done
	# shellcheck disable=SC2016 # for the shell in there
	run "${as_tenant[@]}" ioasids run --max 3 bash -c 'cat /proc/self/cgroup "/sys/fs/cgroup$(sed s/0::// /proc/self/cgroup)/ioasids.max"'
	[[ $output == "0::/user.slice/user-$uid.slice/user@$uid.service/app.slice/ioasids-run-"*.scope$'\n'3 ]]
}

@test "watch tells systemd when it is ready, and is stopped by it" {
	mkdir "$TENANTS/a"
	echo 0 >"$TENANTS/a/ioasids.max"
	unit --unit=tenant --service-type=notify "$(command -v ioasids)" watch --exec "touch /run/tenant"
	refused "$TENANTS/a"
	until [ -e /run/tenant ]; do :; done
	systemctl stop tenant.service
	rm /run/tenant
	until_empty "$TENANTS/a"
	rmdir "$TENANTS/a"
}

@test "what make install lays out is the command, its manual and completions" {
	local usr=$IOASIDS_SRC/build/install/debian12/usr
	[[ $(ioasids --version) == 'ioasids '* ]]
	[ -s "$usr/share/man/man8/ioasids.8" ]
	bash -n "$usr/share/bash-completion/completions/ioasids"
	[ -s "$usr/share/zsh/vendor-completions/_ioasids" ]
}
