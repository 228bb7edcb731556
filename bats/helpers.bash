# SPDX-License-Identifier: GPL-2.0-only
# Shared by the bats files. Each test works in the cgroup test, of the v2 hierarchy
# or of a v1 hierarchy of its own, and leaves nothing behind: teardown fails where
# a charge or a dying cgroup remains. Only its last command can fail it.
# shellcheck shell=bash disable=SC2164

ROOT=/sys/fs/cgroup
V1=/tmp/v1
# The mock's, or that of a device behind an IOMMU.
DEVICE=$(compgen -G '/dev/ioasid_*-0')
BIN=$IOASIDS_BIN
# shellcheck disable=SC2034
TABLE=/sys/kernel/debug/ioasids
TRACING=/sys/kernel/tracing

# What drivers fail with, where a test has them fail.
# shellcheck disable=SC2034
ERRORS=(ENOMEM EOPNOTSUPP EBUSY ENODEV)

# Who has been started, and the ends of the pipes of those who are told what to do, by
# their process.
started=0 obeying=0
told=() said=()

setup() { v2_setup; }
teardown() { v2_teardown; }

v2_setup() {
	cd "$ROOT"
	echo +ioasids >cgroup.subtree_control
	mkdir test
	cd test
	echo +ioasids >cgroup.subtree_control
}

v2_teardown() {
	cd "$ROOT"
	echo 1 >test/cgroup.kill
	until_empty test
	find test -depth -type d -exec rmdir {} +
	until_has ioasids.current 0 && until_none_dies .
}

v1_setup() {
	echo -ioasids >"$ROOT/cgroup.subtree_control"
	mkdir -p "$V1"
	mount -t cgroup -o ioasids none "$V1"
	mkdir "$V1/test"
	cd "$V1/test"
}

# There is no cgroup.kill, and a process that is dying may hold a cgroup up. A
# hierarchy goes at umount only if its root is the last of its cgroups.
v1_teardown() {
	local pids left=0
	mountpoint -q "$V1" || return 0
	cd "$V1"
	mapfile -t pids < <(find . -mindepth 2 -name cgroup.procs -exec cat {} +)
	[ ${#pids[@]} = 0 ] || kill -KILL "${pids[@]}"
	until_has ioasids.current 0 || left=1
	find . -depth -mindepth 1 -type d | while read -r cgroup; do
		until rmdir "$cgroup"; do :; done
	done
	until awk '$1 == "ioasids" { exit $3 != 1 }' /proc/cgroups; do :; done
	cd /
	umount "$V1"
	until grep -qw ioasids "$ROOT/cgroup.controllers"; do :; done
	return $left
}

# cgroups A A/B...: make them, with ioasids enabled all the way down.
cgroups() {
	local cgroup
	mkdir "$@"
	for cgroup; do
		[[ $cgroup != */* ]] || echo +ioasids >"${cgroup%/*}/cgroup.subtree_control"
	done
}

# in_cgroup CGROUP COMMAND...: become COMMAND, there.
in_cgroup() {
	echo "$BASHPID" >"$1/cgroup.procs" && shift && exec "$@"
}

# start CGROUP COMMAND...: run it there in the background, until it has said its
# first line; $pid is its process, $line what it said. Each has a pipe of its own,
# so that one that dies without a word is noticed.
start() {
	local fifo=$BATS_TEST_TMPDIR/said.$BASHPID.$((++started))
	mkfifo "$fifo"
	in_cgroup "$@" >"$fifo" 3>&- &
	pid=$!
	line=
	read -r line <"$fifo" || true
}

# hold CGROUP [N]: N processes there open the device and keep it. The last of
# them is $pid.
hold() {
	local n
	for ((n = ${2:-1}; n; n--)); do
		start "$1" "$BIN/bind" "$DEVICE"
		[ "$line" = bound ] || fail "a process in $1 did not get a PASID: $line"
	done
}

# hold_as CGROUP NAME: one that calls itself that, with escapes as printf has them
hold_as() {
	# shellcheck disable=SC2016 # for the shell that it is
	start "$1" bash -c 'printf %b "$1" >/proc/$$/comm; exec 4<>"$0"; echo bound; kill -STOP $$' \
		"$DEVICE" "$2"
	[ "$line" = bound ] || fail "$2 in $1 did not get a PASID: $line"
}

# refused CGROUP [ERRNO]: a process there does not get the device.
refused() {
	local pid line
	start "$1" "$BIN/bind" "$DEVICE"
	wait "$pid" || true
	[ "$line" = "${2:-EAGAIN}" ] || fail "a process in $1 was to meet ${2:-EAGAIN}: $line"
}

# bequeath CGROUP HEIR: a process in CGROUP binds, leaves the device to a process
# in HEIR, $heir, and ends.
bequeath() {
	# shellcheck disable=SC2016
	start "$1" bash -c 'exec 4<>"$0"
		(echo $BASHPID >"$1/cgroup.procs"; echo $BASHPID; exec sleep infinity >&-) &' "$DEVICE" "$2"
	# shellcheck disable=SC2034
	heir=$line
	wait "$pid"
}

# finish PID: end it, and wait until it has been reaped.
finish() {
	kill -KILL "$1"
	wait "$1" || [ $? = 137 ]
}

# obey CGROUP COMMAND...: start one there, $pid, that does what it is told, a line for
# each; $line is the first that it says.
obey() {
	local fifo=$BATS_TEST_TMPDIR/obey.$((++obeying)) in out
	mkfifo "$fifo.in" "$fifo.out"
	in_cgroup "$@" <"$fifo.in" >"$fifo.out" 3>&- &
	pid=$!
	exec {in}>"$fifo.in" {out}<"$fifo.out"
	told[pid]=$in
	said[pid]=$out
	line=
	read -r line <&"$out" || true
}

# vmm CGROUP [PID NUMBERS]: start one there, on a /dev/iommu of its own, or on that of
# the vmm PID, which has said those $numbers.
vmm() {
	obey "$1" "$BIN/vmm" "${@:2}"
	[[ $line == ready* ]] || fail "no vmm in $1: $line"
	# shellcheck disable=SC2034
	numbers=${line#ready }
}

# opener CGROUP: start a process there that opens the device when it is told to.
opener() {
	obey "$1" "$BIN/opener" "$DEVICE"
	[ "$line" = ready ] || fail "no opener in $1: $line"
}

# tell PID COMMAND ANSWER: have one do something, which must end like that.
tell() {
	answer "$1" "$2"
	[ "$line" = "$3" ] || fail "$2: '$line', not '$3'"
}

# answer PID COMMAND: the same, and what it says is $line.
answer() {
	line=
	echo "$2" >&"${told[$1]}"
	read -r line <&"${said[$1]}" || fail "$2: $1 has gone"
}

# number ERRNO: as the mocks want it that are to fail with it.
number() {
	case $1 in
	ENOMEM) echo 12 ;;
	EBUSY) echo 16 ;;
	ENODEV) echo 19 ;;
	EOPNOTSUPP) echo 95 ;;
	esac
}

# is FILE CONTENT
is() {
	local content=
	read -rd '' content <"$1" || true
	[ "$content" = "$2" ] || fail "$1 is '$content', not '$2'"
}

# equal WHAT EXPECTED
equal() { [ "$1" = "$2" ] || fail "'$1', not '$2'"; }

# holds CGROUP SVA IOMMUFD [KERNEL]: what ioasids.stat says that it holds
holds() { is "$1/ioasids.stat" "sva $2"$'\n'"iommufd $3${4:+$'\n'kernel $4}"; }

# until_has FILE LINE: wait until the file, which is there, has that line; a minute is
# for ever.
until_has() {
	local line end=$((SECONDS + 60))
	while [ -e "$1" ] && ((SECONDS < end)); do
		while read -r line; do
			[ "$line" != "$2" ] || return 0
		done <"$1"
	done
	fail "$1 never said '$2'"
}

# A process that is dying is not listed in cgroup.procs any more, but counts.
until_empty() { until_has "$1/cgroup.events" "populated 0"; }

# Removed cgroups go once nothing refers to them; CGROUP's are waited for.
until_none_dies() { until_has "$1/cgroup.stat" "nr_dying_subsys_ioasids 0"; }

# id CGROUP: as the tracepoints name it
id() { stat -c %i "$1"; }

# trace: record our tracepoints, by the clock that has events of all CPUs in order.
trace() {
	echo counter >$TRACING/trace_clock
	echo >$TRACING/trace
	echo 1 >$TRACING/events/ioasid/enable
}

# traced: what was, an event on a line
traced() {
	echo 0 >$TRACING/events/ioasid/enable
	grep -o 'ioasid_[a-z]*: .*' $TRACING/trace
}

# switch_off: disable the controller in the root; nothing is counted or left then.
switch_off() {
	echo -ioasids >"$ROOT/cgroup.subtree_control"
	until_has "$ROOT/ioasids.current" 0 && until_none_dies "$ROOT"
}

# as_in PAGE NAME [SED]: run the block of commands that stands after ".. run: NAME" in a
# page of the admin guide, as typed there, after the prompts # and >; or edited.
as_in() {
	local commands
	commands=$(awk -v name="$2" '
		/^\.\. run: / { found = $3 == name }
		found && sub(/^  [#>] /, "")' "$IOASIDS_SRC/Documentation/admin-guide/$1.rst" | sed "${3:-}")
	[ -n "$commands" ] || fail "$1.rst has no block $2"
	bash -eux -c "$commands"
}

fail() { echo "$1" >&2; return 1; }
