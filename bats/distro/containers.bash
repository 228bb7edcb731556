# SPDX-License-Identifier: GPL-2.0-only
# Shared by the tests of what runs containers. A container is called tenant, has what
# the guest's root has in its own, and belongs to tenants.slice. What is started in the
# background gets neither the input nor the descriptor 3 of bats.
# shellcheck shell=bash disable=SC2034

load ../helpers

SLICE=$ROOT/tenants.slice
BUNDLE=/srv/tenant

# configure FILTER [OPTION...]: edit the OCI configuration with jq.
configure() {
	jq "$@" <"$BUNDLE/config.json" >"$BUNDLE/config.new"
	mv "$BUNDLE/config.new" "$BUNDLE/config.json"
}

# What every container finds: a root to run in, and a configuration with the device.
bundle() {
	local numbers
	mkdir -p "$BUNDLE/rootfs"
	cp "$BIN/bind" /usr/local/bin
	# podman's overlay wants more of a file system than the guest's has.
	mount -t tmpfs tmpfs /var/lib/containers
	mkdir /var/lib/containers/{upper,work}
	# A bind mount would share with the guest's own root what is mounted below it.
	mount -t overlay -o lowerdir=/,upperdir=/var/lib/containers/upper,workdir=/var/lib/containers/work \
		tenant "$BUNDLE/rootfs"
	rm -f "$BUNDLE/config.json"
	runc spec --bundle "$BUNDLE"
	IFS=: read -ra numbers <"/sys/class/uacce/${DEVICE#/dev/}/dev"
	# shellcheck disable=SC2016 # the dollars are jq's
	configure '.process.terminal = false | .process.args = ["sleep", "infinity"] |
		.root.path = "'"$BUNDLE/rootfs"'" | .linux.cgroupsPath = "/tenants.slice/tenant" |
		{"type": "c", "major": '"${numbers[0]}"', "minor": '"${numbers[1]}"'} as $device |
		.linux.devices = [$device + {"path": "'"$DEVICE"'"}] |
		.linux.resources.devices += [$device + {"allow": true, "access": "rw"}]'
}

# podman may leave a mount below its directory, and still be tidying up there.
dismantle() { umount --recursive --lazy "$BUNDLE/rootfs" /var/lib/containers; }

# For tests whose names start with the kind of their container.
container_setup() {
	bundle
	kind_of_container "${BATS_TEST_DESCRIPTION%%:*}"
}

container_teardown() {
	"${remove[@]}" || true
	dismantle
	# LXC may still be tidying up.
	until_empty "$SLICE"
	systemctl stop containerd tenants.slice
}

# kind_of_container KIND: how one is started, entered and removed.
kind_of_container() {
	case $1 in
	runc) create=(as_in ioasids-containers runc) ;;
	runc-systemd) create=(as_in ioasids-containers runc-systemd) ;;
	crun) create=(as_in ioasids-containers crun) ;;
	crun-systemd) create=(as_in ioasids-containers crun-systemd) ;;
	podman) create=(as_in ioasids-containers podman) ;;
	podman-runc) create=(as_in ioasids-containers podman-runc) ;;
	lxc) create=(as_in ioasids-containers lxc) ;;
	ctr) create=(as_in ioasids-containers ctr) ;;
	esac
	case $1 in
	runc*) enter=(runc exec tenant) remove=(runc delete --force tenant) ;;
	crun*) enter=(crun exec tenant) remove=(crun delete --force tenant) ;;
	podman*) enter=(podman exec tenant) remove=(podman rm --force --time 0 tenant) ;;
	lxc) enter=(lxc-attach -n tenant --) remove=(lxc-stop --kill -n tenant) ;;
	ctr)
		# shellcheck disable=SC2016 # for the shell that has an ID of its own
		enter=(bash -c 'exec ctr task exec --exec-id $$ tenant "$@"' -)
		remove=(bash -c 'ctr task rm --force tenant; ctr container rm tenant')
		systemctl start containerd
		;;
	esac
	[[ $1 != *-systemd ]] || configure '.linux.cgroupsPath = "tenants.slice:oci:tenant"'
}
