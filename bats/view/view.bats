#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The command ioasids: what it shows is what the files say, and what it sets is there.

load ../helpers

bats_require_minimum_version 1.5.0

setup() {
	if [[ $BATS_TEST_DESCRIPTION == v1:* ]]; then v1_setup; else v2_setup; fi
	PATH=$BIN:$PATH
	unset COLUMNS
}
teardown() {
	if [[ $BATS_TEST_DESCRIPTION == v1:* ]]; then v1_teardown; else v2_teardown; fi
}

# shown NAME: what the tree has in the line of that name, one blank between two words
shown() { ioasids | awk -v name="$1" '$1 == name { $1 = $1; print }'; }

# rows: the tree in $output, without blanks at the ends of its lines
rows() { output=$(ioasids | sed 's/ *$//'); }

# longest: how many columns the longest line on standard input has
longest() { LC_ALL=C.UTF-8 awk '{ sub(/\r$/, ""); gsub(/…/, "."); if (length > n) n = length } END { print n }'; }

# top COLUMNS LINES: start it on a terminal; $pid is its own process, $terminal that of
# the terminal, $screen what is written there. What is typed goes to $keys.
top() {
	screen=$BATS_TEST_TMPDIR/screen.$((++started))
	mkfifo "$screen.keys"
	# shellcheck disable=SC2016 # for the shell in there
	terminal "$1" "$2" bash -c 'echo $$ >"$0"; exec ioasids top' "$screen.pid" \
		<"$screen.keys" >"$screen" 3>&- &
	terminal=$!
	exec {keys}>"$screen.keys"
	until_shows CGROUP
	pid=$(<"$screen.pid")
}

# until_shows TEXT: on the screen, now or before; a minute is for ever.
until_shows() {
	local end=$((SECONDS + 60))
	until grep -qF "$1" "$screen"; do
		((SECONDS < end)) || fail "the screen never had '$1'"
	done
}

# ended PID: wait for it, at most a minute, and give its exit status.
ended() {
	if timeout 60 tail --pid="$1" -f /dev/null; then wait "$1"; else fail "$1 has not ended"; fi
}

# equal WHAT EXPECTED
equal() { [ "$1" = "$2" ] || fail "'$1', not '$2'"; }

@test "the tree has each cgroup with what its files say" {
	cgroups a a/b a/x c
	echo 4 >a/ioasids.max
	echo 1 >a/b/ioasids.max
	hold a/b
	refused a/b
	hold a/x
	hold a/x; finish "$pid"
	equal "$(shown a)" 'a 4 2 3 1 [############............]'
	equal "$(shown b)" 'b 1 1 1 1 [########################]'
	equal "$(shown c)" 'c max 0 0 0'
	equal "$(shown test)" 'test max 2 3 1'
	equal "$(shown /)" "/ - 2 $(<"$ROOT"/ioasids.peak) - 2 of $(<"$ROOT"/ioasids.capacity)"
}

@test "a limit of 0, and one below current, show as full; almost full does not" {
	cgroups a b c
	echo 0 >a/ioasids.max
	hold b 2
	echo 1 >b/ioasids.max
	hold c 99
	echo 100 >c/ioasids.max
	[[ $(shown a) == *' [########################]' ]]
	[[ $(shown b) == *' [########################]' ]]
	[[ $(shown c) == *' [#######################.]' ]]
}

@test "below a cgroup stands who holds how many, and what for" {
	local first
	cgroups a b
	hold a; first=$pid
	vmm b
	tell "$pid" 'attach 7 9' '3 attached'
	rows
	[[ $output == *$'\n'"    a "*$'\n'"      $first bind "*'  1  '*'  sva'$'\n'"    b "*$'\n'"      $pid vmm "*' 3 '*'  iommufd'* ]]
}

@test "a process in a cgroup without the controller is shown where it counts" {
	mkdir a a/b
	hold a/b
	[[ $(ioasids) == *"    a "*$'\n'"      $pid bind "* ]]
	[[ $(ioasids) != *"      b "* ]]
}

@test "columns stand below each other, at 80 and at 200 columns" {
	local width
	cgroups a a/b "$(printf 'n%.0s' {1..30})"
	echo 5 >a/ioasids.max
	hold a/b
	for width in 80 200; do
		COLUMNS=$width ioasids >"$BATS_TEST_TMPDIR/tree"
		[ "$(longest <"$BATS_TEST_TMPDIR/tree")" -le $width ]
		# ALLOC_FAIL ends where the heading does, in each line of a cgroup. A name
		# that lost its middle has a character there that awk counts as three.
		sed 's/…/./' "$BATS_TEST_TMPDIR/tree" |
			awk -v pid="$pid" 'NR == 1 { n = length; next } $1 == pid { next }
				substr($0, n, 1) !~ /[0-9-]/ || substr($0, n + 1, 1) !~ /^ ?$/ { exit 1 }'
	done
}

@test "a name that is too long loses its middle where COLUMNS says so, and nowhere else" {
	local long
	long=begin$(printf 'x%.0s' {1..100})end
	cgroups "$long"
	echo 1234567890 >"$long/ioasids.max"
	[[ $(ioasids) == *" $long "*1234567890* ]]
	[[ $(COLUMNS=200 ioasids) == *" $long "*1234567890* ]]
	[[ $(COLUMNS=80 ioasids) == *" begin"*x…x*"end "*1234567890* ]]
	[ "$(COLUMNS=80 ioasids | longest)" = 80 ]
	[[ $(COLUMNS=10 ioasids) == *" beg"*…*"end "*1234567890* ]]
}

@test "the width is that of the terminal" {
	local long
	long=begin$(printf 'x%.0s' {1..100})end
	cgroups "$long"
	[[ $(terminal 80 24 ioasids </dev/null) == *" begin"*x…x*"end "* ]]
	[[ $(terminal 200 24 ioasids </dev/null) == *" $long "* ]]
}

@test "300 cgroups are 300 lines, in order" {
	cgroups c{100..399}
	hold c250 2
	ioasids >"$BATS_TEST_TMPDIR/tree"
	equal "$(awk '$1 ~ /^c[0-9]/ { print $1 }' "$BATS_TEST_TMPDIR/tree")" "$(printf '%s\n' c{100..399})"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/tree")" = 305 ]
	equal "$(shown c250)" 'c250 max 2 2 0'
}

@test "no byte of a name plays with the terminal, and none is a line of its own" {
	cgroups $'a\033[2Jb' $'c\377' $'d\302\233' 'e\f'
	run -0 ioasids
	[[ $output == *'    a\033[2Jb '*'    c\377 '*'    d\302\233 '*'    e\134f '* ]]
	[[ $output != *$'\033'* ]]
}

@test "where the output is no terminal there is no escape sequence in it" {
	cgroups a
	hold a
	[[ $(ioasids) != *$'\033'* ]]
}

@test "JSON has all that the files say" {
	cgroups a $'q"\\\t'
	echo 1 >ioasids.max
	hold a
	refused a
	equal "$(ioasids --json)" '{"capacity": '"$(<"$ROOT"/ioasids.capacity)"', "cgroups": [
{"path": "/", "current": 1, "peak": '"$(<"$ROOT"/ioasids.peak)"', "holders": []},
{"path": "/test", "current": 1, "peak": 1, "max": 1, "events": {"max": 1, "alloc_fail": 1}, "holders": []},
{"path": "/test/a", "current": 1, "peak": 1, "max": "max", "events": {"max": 0, "alloc_fail": 1}, "holders": [{"tgid": '"$pid"', "comm": "bind", "user": "sva", "pasids": 1}]},
{"path": "/test/q\"\\\\011", "current": 0, "peak": 0, "max": "max", "events": {"max": 0, "alloc_fail": 0}, "holders": []}
]}'
}

prometheus() {
	cat <<END
# HELP ioasids_capacity How many PASIDs there are to allocate.
# TYPE ioasids_capacity gauge
ioasids_capacity $(<"$ROOT"/ioasids.capacity)
# HELP ioasids_current PASIDs held in the cgroup and below.
# TYPE ioasids_current gauge
ioasids_current{cgroup="/"} 1
ioasids_current{cgroup="/test"} 1
ioasids_current{cgroup="/test/a"} 1
ioasids_current{cgroup="/test/q\"\\\\\\\\011"} 0
# HELP ioasids_peak The highest that ioasids_current has been.
# TYPE ioasids_peak gauge
ioasids_peak{cgroup="/"} $(<"$ROOT"/ioasids.peak)
ioasids_peak{cgroup="/test"} 1
ioasids_peak{cgroup="/test/a"} 1
ioasids_peak{cgroup="/test/q\"\\\\\\\\011"} 0
# HELP ioasids_max The limit on ioasids_current, +Inf for none.
# TYPE ioasids_max gauge
ioasids_max{cgroup="/test"} 1
ioasids_max{cgroup="/test/a"} +Inf
ioasids_max{cgroup="/test/q\"\\\\\\\\011"} +Inf
# HELP ioasids_max_events_total Allocations that a limit in the cgroup or below refused.
# TYPE ioasids_max_events_total counter
ioasids_max_events_total{cgroup="/test"} 2
ioasids_max_events_total{cgroup="/test/a"} 1
ioasids_max_events_total{cgroup="/test/q\"\\\\\\\\011"} 0
# HELP ioasids_alloc_fail_total Allocations in the cgroup or below that a limit refused.
# TYPE ioasids_alloc_fail_total counter
ioasids_alloc_fail_total{cgroup="/test"} 2
ioasids_alloc_fail_total{cgroup="/test/a"} 2
ioasids_alloc_fail_total{cgroup="/test/q\"\\\\\\\\011"} 0
END
}

@test "Prometheus is given all that the files say, on standard output or in a file" {
	local file=$BATS_TEST_TMPDIR/ioasids.prom
	cgroups a $'q"\\\t'
	echo 1 >a/ioasids.max
	hold a
	refused a
	echo max >a/ioasids.max
	echo 1 >ioasids.max
	refused a
	equal "$(ioasids --prometheus)" "$(prometheus)"
	echo old >"$file"
	ln "$file" "$file.old"
	ioasids --prometheus "$file"
	is "$file" "$(prometheus)"
	# A new file took the place of the old one, and nothing else is left.
	is "$file.old" old
	[ "$(stat -c %a "$file")" = 644 ]
	equal "$(cd "$BATS_TEST_TMPDIR" && echo ioasids*)" 'ioasids.prom ioasids.prom.old'
}

@test "a command is run with its limit: the second process too many meets EAGAIN" {
	# shellcheck disable=SC2016 # for the shell in there
	run -0 ioasids run --max 1 -- bash -c '
		coproc "$0" "$1" 2>/dev/null 3>&-
		read -r line <&"${COPROC[0]}"; echo "$line"
		timeout 5 "$0" "$1"
		cat /proc/self/cgroup' "$BIN/bind" "$DEVICE"
	[[ ${lines[0]} == bound && ${lines[1]} == EAGAIN ]]
	[[ ${lines[2]} == '0::/ioasids-run-'* ]]
	# What was left running is gone, and so is the cgroup.
	run ! compgen -G "$ROOT/ioasids-run-*"
	is "$ROOT/ioasids.current" 0
}

@test "where a command is run from a cgroup with processes it runs beside that" {
	cgroups a
	run -0 in_cgroup a ioasids run --max 1 -- cat /proc/self/cgroup
	[[ $output == '0::/test/ioasids-run-'* ]]
	[ -z "$(compgen -G 'ioasids-run-*')" ]
}

@test "the exit status of a command that is run is its own" {
	run -7 ioasids run --max 1 -- bash -c 'exit 7'
	run -137 ioasids run --max 1 -- bash -c 'kill -KILL $$'
	run -127 ioasids run --max 1 -- /there/is/none
	run -126 ioasids run --max 1 -- /
	run -125 ioasids run --max x -- true
	run ! compgen -G "$ROOT/ioasids-run-*"
}

@test "a signal ends a command that is run, and the cgroup is removed" {
	cgroups a
	start a ioasids run --max 1 -- bash -c 'echo started; exec sleep infinity'
	equal "$line" started
	kill -TERM "$pid"
	status=0
	ended "$pid" || status=$?
	[ "$status" = 143 ]
	run ! compgen -G 'ioasids-run-*'
	run ! compgen -G "$ROOT/ioasids-run-*"
}

@test "what is set is the limit, by a path with or without a slash before it" {
	cgroups a a/b
	ioasids set /test/a 5
	is a/ioasids.max 5
	ioasids set test/a/b 7
	is a/b/ioasids.max 7
	ioasids set test/a/b max
	is a/b/ioasids.max max
}

@test "what cannot be set is said with the kernel's error, and changes nothing" {
	cgroups a
	mkdir a/off
	echo 3 >a/ioasids.max
	for number in -1 0x1 '1 2' ''; do
		run -1 ioasids set test/a "$number"
		equal "$output" "ioasids: /test/a: '$number' is no limit: a number from 0 up, or max: Invalid argument"
	done
	run -1 ioasids set test/a 99999999999999999999
	equal "$output" 'ioasids: /test/a: 99999999999999999999 is too large: Numerical result out of range'
	run -1 ioasids set test/none 1
	equal "$output" 'ioasids: /test/none: there is no such cgroup'
	run -1 ioasids set test/a/off 1
	[[ $output == 'ioasids: /test/a/off: ioasids is not enabled for it'* ]]
	run -1 ioasids set / 1
	equal "$output" 'ioasids: /: the root cannot be limited'
	run -1 setpriv --reuid 65534 --clear-groups "$BIN/ioasids" set test/a 1
	equal "$output" 'ioasids: /test/a: the limit cannot be set: Permission denied'
	is a/ioasids.max 3
}

@test "a unit is looked up with systemctl" {
	local bin=$BATS_TEST_TMPDIR/bin
	cgroups a.service
	mkdir "$bin"
	# shellcheck disable=SC2016
	printf '%s\n' '#!/bin/bash' '[ "$*" = "show -p ControlGroup --value -- foo.service" ] && echo /test/a.service' \
		'[ "${*: -1}" != gone.service ] || echo' >"$bin/systemctl"
	chmod +x "$bin/systemctl"
	PATH=$bin:$PATH ioasids set foo.service 3
	is a.service/ioasids.max 3
	PATH=$bin:$PATH run -1 ioasids set gone.service 3
	equal "$output" 'ioasids: gone.service: it has no cgroup; is it running?'
	# With a slash it is no unit.
	PATH=$bin:$PATH ioasids set /test/a.service 4
	is a.service/ioasids.max 4
}

@test "top wants a terminal" {
	run -1 ioasids top
	[[ $output == 'ioasids: top wants a terminal'* ]]
}

@test "top follows what there is until q, and leaves the terminal as it was" {
	cgroups a
	top 80 24
	hold a
	until_shows bind
	printf q >&"$keys"
	ended "$terminal"
	output=$(<"$screen")
	[[ $output == $'\033[?1049h'*' a  '*max*' 0 '*bind*sva*$'\033[?1049l'*kept ]]
}

@test "top leaves the terminal as it was when a signal ends it" {
	local signal status
	for signal in INT TERM; do
		top 80 24
		kill -s $signal "$pid"
		status=0
		ended "$terminal" || status=$?
		[ "$status" = $((128 + $(kill -l $signal))) ]
		[[ $(<"$screen") == *$'\033[?1049l'*kept ]]
	done
}

@test "top shows as much as there are lines for, and says how much it does not" {
	cgroups c{10..59}
	top 80 10
	until_shows 'more lines)'
	printf q >&"$keys"
	ended "$terminal"
	# The heading, /, test and c10 to c15 are 9 lines.
	output=$(<"$screen")
	[[ $output == *c15*'(44 more lines)'* && $output != *c16* ]]
}

@test "v1: the tree, what is set, and what is run" {
	mkdir -p a/b
	ioasids set test/a 2
	is a/ioasids.max 2
	hold a/b
	equal "$(shown a)" 'a 2 1 1 0 [############............]'
	[[ $(ioasids) == *"      b "*$'\n'"        $pid bind "* ]]
	run -0 in_cgroup a ioasids run --max 1 -- bash -c 'grep ioasids /proc/self/cgroup; sleep infinity >/dev/null 2>&1 3>&- & exit 0'
	[[ $output == *:ioasids:/test/a/ioasids-run-* ]]
	run ! compgen -G 'a/ioasids-run-*'
}

@test "where only a part of the hierarchy is mounted, that part is the tree" {
	cgroups a ab
	hold a
	hold ab
	mkdir "$BATS_TEST_TMPDIR/part"
	# shellcheck disable=SC2016 # for the shell in there
	run -0 unshare -m bash -c 'mount --bind a "$0" && cd / && umount -l /sys/fs/cgroup && ioasids' "$BATS_TEST_TMPDIR/part"
	[[ ${#lines[@]} = 3 && ${lines[1]} == '/ '* && ${lines[2]} == '  '*' bind '* ]]
}

@test "where the hierarchy is not mounted it says so" {
	run -1 unshare -m bash -c 'umount -l /sys/fs/cgroup; exec ioasids'
	[[ $output == 'ioasids: no cgroup hierarchy with ioasids is mounted'* ]]
}
