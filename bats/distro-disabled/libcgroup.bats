#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# libcgroup's tools, and the view, in a guest that was booted with cgroup_disable=ioasids.

load ../helpers

setup() { grep -qw cgroup_disable=ioasids /proc/cmdline; }
teardown() { :; }

# complains COMMAND...: it says what is wrong, and ends by itself, not by a signal. To
# exit with 0 then, as cgset of 3.1.0 does, is its own affair.
complains() {
	run timeout 60 "$@"
	((status < 128 && status != 124)) || fail "$* ended with $status: $output"
	[ -n "$output" ] || fail "$* did not say what is wrong"
}

@test "the tools of libcgroup say what is wrong, and none crashes" {
	complains cgcreate -g ioasids:tenants
	complains cgset -r ioasids.max=1 tenants
	complains cgget -r ioasids.max tenants
	complains cgexec -g ioasids:tenants true
	complains cgclassify -g ioasids:tenants $$
	complains cgdelete -g ioasids:tenants
	complains cgconfigparser -l "$IOASIDS_SRC/bats/libcgroup/cgconfig.conf"
	complains lscgroup ioasids:tenants
	[ ! -e "$ROOT/tenants" ]
}

@test "other controllers are at hand through libcgroup all the same" {
	cgcreate -g pids:tenants
	cgset -r pids.max=5 tenants
	[ "$(cgget -nv -r pids.max tenants)" = 5 ]
	cgdelete -g pids:tenants
}

@test "the view says that the controller is disabled" {
	complains "$BIN/ioasids"
	[[ $output == 'ioasids: the ioasids controller is disabled'* ]]
	complains "$BIN/ioasids" set guest-command.service 1
	complains "$BIN/ioasids" run --max 1 -- true
}
