#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What runs containers sets the limit, by the commands in the admin guide's page. A
# rule is a function, and a test for each kind of container: the start of the test's
# name says which.

load containers

setup() {
	as_in ioasids-containers enable
	container_setup
}

teardown() {
	container_teardown
	switch_off
}

# container: start one, with a limit of 2; $cgroup is where that has been set.
container() {
	as_in ioasids-containers config
	"${create[@]}" 3>&- </dev/null
	cgroup=$(find "$SLICE" -name ioasids.max -exec grep -lx 2 {} +)
	cgroup=${cgroup%/*}
}

# says LINE COMMAND...: run it in the container; that is the first that it says.
says() {
	start "$ROOT" "${enter[@]}" "${@:2}"
	[ "$line" = "$1" ] || fail "${*:2}: was to say '$1', not '$line'"
}

limit_holds() {
	container
	says '2 bound' bind "$DEVICE" 2
	says EAGAIN bind "$DEVICE"
	is "$cgroup/ioasids.current" 2
	is "$cgroup/ioasids.events" $'max 1\nalloc_fail 1'
	"${remove[@]}"
	is "$SLICE/ioasids.current" 0
}
@test "runc: two processes are in the limit, the third is refused, and in the end all is free" { limit_holds; }
@test "runc-systemd: two processes are in the limit, the third is refused, and in the end all is free" { limit_holds; }
@test "crun: two processes are in the limit, the third is refused, and in the end all is free" { limit_holds; }
@test "crun-systemd: two processes are in the limit, the third is refused, and in the end all is free" { limit_holds; }
@test "podman: two processes are in the limit, the third is refused, and in the end all is free" { limit_holds; }
@test "podman-runc: two processes are in the limit, the third is refused, and in the end all is free" { limit_holds; }
@test "lxc: two processes are in the limit, the third is refused, and in the end all is free" { limit_holds; }
@test "ctr: two processes are in the limit, the third is refused, and in the end all is free" { limit_holds; }

@test "crun: without the controller in the slice, it says so and starts nothing" {
	echo -ioasids >"$SLICE/cgroup.subtree_control"
	as_in ioasids-containers config
	run "${create[@]}"
	[ "$status" -ne 0 ]
	[[ $output == *'controller '?ioasids?' is not available'* ]]
	[ -z "$(crun list --quiet)" ]
}

@test "podman: an update sets the limit back to that of the container, unless it is podman 4" {
	local after=2
	[[ $(podman --version) != *' 4.'* ]] || after=5
	container
	echo 5 >"$cgroup/ioasids.max"
	as_in ioasids-containers podman-update
	is "$cgroup/ioasids.max" "$after"
}

enables_it() {
	echo -ioasids >"$SLICE/cgroup.subtree_control"
	echo -ioasids >"$ROOT/cgroup.subtree_control"
	container
	is "$cgroup/ioasids.max" 2
}
@test "runc: enables the controller all the way down" { enables_it; }
@test "lxc: enables the controller all the way down" { enables_it; }
@test "ctr: enables the controller all the way down" { enables_it; }

# privileged COMMANDS: start a shell in the container that may do all that root may.
privileged() {
	start "$cgroup/first" nsenter -t "$init" --all bash -euc "$1"
}

# The container's first process makes room, and another container is made inside: its
# own cgroup is the only thing above it that it can see.
limit_is_above() {
	local process nested=$BUNDLE/rootfs$BUNDLE/nested
	container
	says 2 cat /sys/fs/cgroup/ioasids.max
	says 'sh: 1: cannot create /sys/fs/cgroup/ioasids.max: Read-only file system' \
		sh -c 'exec 2>&1; echo max >/sys/fs/cgroup/ioasids.max'

	read -r init <"$cgroup/cgroup.procs"
	mkdir -p "$cgroup/first" "$nested"
	while read -r process; do echo "$process" >"$cgroup/first/cgroup.procs"; done <"$cgroup/cgroup.procs"
	jq '.linux.cgroupsPath = "/nested" | .linux.resources.unified = {"ioasids.max": "100"} |
		.process.args = ["bind", "'"$DEVICE"'", "3"]' "$BUNDLE/config.json" >"$nested/config.json"
	privileged 'exec 2>&1
		mount -o remount,rw /sys/fs/cgroup
		echo max >/sys/fs/cgroup/ioasids.max'
	[[ $line == *'Operation not permitted' ]]
	privileged "mount -t tmpfs none /run
		mount --bind / $BUNDLE/rootfs
		exec runc run --bundle $BUNDLE/nested nested"
	[ "$line" = '2 bound' ]
	is "$cgroup/nested/ioasids.max" 100
	is "$cgroup/ioasids.max" 2
	is "$cgroup/ioasids.events.local" $'max 1\nalloc_fail 0'
}
@test "runc: its files are read-only, and a container in the container cannot raise the limit" { limit_is_above; }
@test "runc-systemd: its files are read-only, and a container in the container cannot raise the limit" { limit_is_above; }
@test "crun: its files are read-only, and a container in the container cannot raise the limit" { limit_is_above; }
@test "crun-systemd: its files are read-only, and a container in the container cannot raise the limit" { limit_is_above; }
@test "podman: its files are read-only, and a container in the container cannot raise the limit" { limit_is_above; }
@test "podman-runc: its files are read-only, and a container in the container cannot raise the limit" { limit_is_above; }
@test "lxc: its files are read-only, and a container in the container cannot raise the limit" { limit_is_above; }
@test "ctr: its files are read-only, and a container in the container cannot raise the limit" { limit_is_above; }
