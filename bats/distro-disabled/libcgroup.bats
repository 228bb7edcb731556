#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# libcgroup's tools, and the view, in a guest that was booted with cgroup_disable=ioasids.

load ../helpers

setup() { grep -qw cgroup_disable=ioasids /proc/cmdline; }
teardown() { :; }

# errs COMMAND...: it ends with a status of its own, not by a signal, and says why.
errs() {
	run timeout 60 "$@"
	((status > 0 && status < 124)) || fail "$* ended with $status: $output"
	[ -n "$output" ] || fail "$* did not say why"
}

@test "the tools of libcgroup end with an error of their own" {
	errs cgcreate -g ioasids:tenants
	errs cgset -r ioasids.max=1 tenants
	errs cgget -r ioasids.max tenants
	errs cgexec -g ioasids:tenants true
	errs cgclassify -g ioasids:tenants $$
	errs cgdelete -g ioasids:tenants
	errs cgconfigparser -l "$IOASIDS_SRC/bats/libcgroup/cgconfig.conf"
	errs lscgroup ioasids:tenants
	[ ! -e "$ROOT/tenants" ]
}

@test "other controllers are at hand through libcgroup all the same" {
	cgcreate -g pids:tenants
	cgset -r pids.max=5 tenants
	[ "$(cgget -nv -r pids.max tenants)" = 5 ]
	cgdelete -g pids:tenants
}

@test "the view says that the controller is disabled" {
	errs "$BIN/ioasids"
	[[ $output == 'ioasids: the ioasids controller is disabled'* ]]
	errs "$BIN/ioasids" set guest-command.service 1
	errs "$BIN/ioasids" run --max 1 -- true
}
