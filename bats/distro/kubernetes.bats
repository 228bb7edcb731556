#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What CRI-O and containerd hand down to runc and crun for a pod: an OCI configuration
# with a limit, in a slice of the pod's that systemd makes. Nothing of Kubernetes is run.
# The start of a test's name says which runtime.

load containers

PODS=$ROOT/kubepods.slice/kubepods-burstable.slice
POD=kubepods-burstable-pod0a1b.slice

setup() {
	bundle
	as_in ioasids-kubernetes pod
	runtime=${BATS_TEST_DESCRIPTION%%:*}
}

teardown() {
	"$runtime" delete --force train || true
	"$runtime" delete --force other || true
	dismantle
	systemctl stop kubepods.slice
	switch_off
}

# container NAME LIMIT COMMAND...: start one in the pod; its scope is $scope, and the
# first that it says $line.
container() {
	# shellcheck disable=SC2016 # $ARGS is jq's
	configure '.linux.cgroupsPath = "'"$POD:crio:$1"'" |
		.annotations["run.oci.systemd.subgroup"] = "" |
		.linux.resources.unified = {"ioasids.max": "'"$2"'"} |
		.process.args = $ARGS.positional' --args "${@:3}"
	scope=$PODS/$POD/crio-$1.scope
	start "$ROOT" "$runtime" --systemd-cgroup run --bundle "$BUNDLE" "$1"
}

# The value of the annotation in the manifest, as CRI-O takes it.
annotated() {
	sed -n 's/^ *io.kubernetes.cri-o.UnifiedCgroup.train: "ioasids.max=\(.*\)"$/\1/p' \
		"$IOASIDS_SRC/contrib/kubernetes/pod.yaml" | base64 -d
}

annotation_is_limit() {
	container train "$(annotated)" bind "$DEVICE" 3
	[ "$line" = '2 bound' ]
	is "$scope/ioasids.max" 2
	is "$scope/ioasids.events" $'max 1\nalloc_fail 1'
	# Whoever runs a container in the foreground removes it at its end.
	"$runtime" kill train KILL
	wait "$pid" || true
	is "$PODS/$POD/ioasids.current" 0
}
@test "runc: the limit in the manifest's annotation is that of the container" { annotation_is_limit; }
@test "crun: the limit in the manifest's annotation is that of the container" { annotation_is_limit; }

pod_is_limited() {
	as_in ioasids-kubernetes pod-limit
	container train max bind "$DEVICE" 2
	[ "$line" = '2 bound' ]
	container other max bind "$DEVICE" 2
	[ "$line" = '1 bound' ]
	is "$PODS/$POD/ioasids.current" 3
	is "$PODS/$POD/ioasids.events" $'max 1\nalloc_fail 1'
}
@test "runc: the limit of a pod's slice binds its containers together" { pod_is_limited; }
@test "crun: the limit of a pod's slice binds its containers together" { pod_is_limited; }

slice_keeps() {
	as_in ioasids-kubernetes pod-limit
	systemctl daemon-reload
	systemctl set-property --runtime "$POD" TasksMax=100
	container train max bind "$DEVICE"
	[ "$line" = bound ]
	is "$PODS/$POD/ioasids.max" 3
	is "$PODS/$POD/ioasids.current" 1
}
@test "runc: a pod's slice keeps its limit when systemd is told of others" { slice_keeps; }
@test "crun: a pod's slice keeps its limit when systemd is told of others" { slice_keeps; }
