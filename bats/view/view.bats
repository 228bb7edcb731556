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
	[ ! -e "$ROOT/tenant" ] || rmdir "$ROOT/tenant"
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
	echo 12 >c/ioasids.max
	echo 1 >a/b/ioasids.max
	hold a/b
	refused a/b
	hold a/x
	hold a/x; finish "$pid"
	equal "$(shown a)" 'a 4 2 3 1 [############............]'
	equal "$(shown b)" 'b 1 1 1 1 [########################]'
	equal "$(shown c)" 'c 12 0 0 0 [........................]'
	equal "$(shown test)" 'test max 2 3 1'
	equal "$(shown /)" "/ - 2 $(<"$ROOT"/ioasids.peak) - 2 of $(<"$ROOT"/ioasids.capacity)"
}

@test "a limit of 0, and one below current, show as full; almost full does not" {
	cgroups a b c
	echo 0 >a/ioasids.max
	hold b 2
	echo 1 >b/ioasids.max
	hold c 48
	echo 49 >c/ioasids.max
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

# What ends where a heading does: all four numbers of a cgroup, one of a process.
aligned() {
	sed 's/…/./g; s/é/e/g' | awk -v pid="$1" '
		function ends(n) { return substr($0, n, 1) != " " && substr($0, n + 1, 1) ~ /^ ?$/ }
		NR == 1 {
			for (n = 1; n <= length; n++)
				if (ends(n))
					end[++word] = n
			next
		}
		$1 == pid { exit !(ends(end[3]) && $3 == 1) }
		!ends(end[2]) || !ends(end[3]) || !ends(end[4]) || !ends(end[5]) { exit 1 }'
}

@test "columns stand below each other, at 80 and at 200 columns, for few and for many" {
	local width long
	long=$(printf 'n%.0s' {1..30})
	cgroups a a/b "é$long" "é$long/$long" "é$long/$long/$long" c{100..399}
	echo 1234567890 >"é$long/$long/$long/ioasids.max"
	hold a/b
	for width in 80 200; do
		COLUMNS=$width ioasids >"$BATS_TEST_TMPDIR/tree"
		[ "$(longest <"$BATS_TEST_TMPDIR/tree")" -le $width ]
		aligned "$pid" <"$BATS_TEST_TMPDIR/tree"
		echo 0 | tee c*/ioasids.max >/dev/null
	done
	[ "$(wc -l <"$BATS_TEST_TMPDIR/tree")" = 309 ]
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

@test "a character of two columns takes two" {
	local wide name columns
	wide=$(printf '漢%.0s' {1..40})
	cgroups ab 漢字 "x$wide" "xy$wide"
	echo 5 | tee {ab,漢字,x*}/ioasids.max >/dev/null
	for columns in 80 81 200; do
		COLUMNS=$columns ioasids >"$BATS_TEST_TMPDIR/tree"
		for name in ab 漢字 x漢 xy漢; do
			grep " $name" "$BATS_TEST_TMPDIR/tree" | sed 's/5  .*//' | LC_ALL=C.UTF-8 wc -L
		done | sort -u >"$BATS_TEST_TMPDIR/widths"
		[ "$(wc -l <"$BATS_TEST_TMPDIR/widths")" = 1 ]
	done
}

@test "cgroups deeper than there are files to open are an error, and nothing less" {
	local deep=d
	until [ ${#deep} -gt 40 ]; do
		cgroups "$deep"
		deep+=/d
	done
	run -1 bash -c 'ulimit -n 12; exec ioasids'
	[[ $output == *'Too many open files' ]]
	run -0 bash -c 'ulimit -Sn 12; exec ioasids'
}

@test "the width is that of the terminal" {
	local long
	long=begin$(printf 'x%.0s' {1..100})end
	cgroups "$long"
	echo 1 >"$long/ioasids.max"
	[[ $(terminal 80 24 ioasids </dev/null) == *" begin"*x…x*"end "* ]]
	[[ $(terminal 200 24 ioasids </dev/null) == *" $long "* ]]
}

@test "on a terminal, too, what is below is indented, and columns are as wide as what is in them" {
	cgroups a a/b a/b/c
	echo 1 >a/b/c/ioasids.max
	[[ $(terminal 80 24 ioasids </dev/null) == 'CGROUP     MAX  CURRENT  PEAK  ALLOC_FAIL'*$'\n''  test '*$'\n''    a '*$'\n''      b '*$'\n''        c '* ]]
}

@test "cgroups stand in the order of the numbers in their names" {
	cgroups c{1..300}
	echo 5 | tee c*/ioasids.max >/dev/null
	equal "$(ioasids | awk '$1 ~ /^c[0-9]/ { print $1 }')" "$(printf '%s\n' c{1..300})"
}

@test "what has no limit and never held a PASID is counted, not shown, but above what is" {
	cgroups a a/b c c/d e f
	echo 0 >a/b/ioasids.max
	hold e; finish "$pid"
	hold f
	echo 1 >ioasids.max
	refused c/d
	equal "$(ioasids | awk '{ print $1 }')" $'CGROUP\n/\ntest\na\nb\nc\nd\ne\nf\n'"$pid"
	echo max >a/b/ioasids.max
	cgroups g{1..9}
	equal "$(ioasids | awk '$1 == "a" || $1 == "b"')" ''
	equal "$(ioasids | tail -n 1)" '(11 more have no limit and never held a PASID)'
	# For scripts there is all.
	equal "$(ioasids --json | grep -c '^{"path"')" 17
}

@test "what was held before, and what was refused, is shown all the way down" {
	cgroups a a/b a/b/c
	echo 1 >a/b/ioasids.max
	hold a/b/c; refused a/b/c; finish "$pid"
	equal "$(shown a)" 'a max 0 1 1'
	equal "$(shown b)" 'b 1 0 1 1 [........................]'
	equal "$(shown c)" 'c max 0 1 1'
}

@test "no byte of a name plays with the terminal, and none is a line of its own" {
	cgroups $'a\033[2Jb' $'c\377' $'d\302\233' 'e\f' 'f\x2dg' 'h\033' $'i\u202ej' $'k\f'
	echo 1 | tee [a-k]*/ioasids.max >/dev/null
	run -0 ioasids
	[[ $output == *'    a\033[2Jb '*'    c\377 '*'    d\302\233 '*'    e\f '*'    f\x2dg '*'    h\134033 '*'    i\342\200\256j '*'    k\014 '* ]]
	[[ $output != *$'\033'* ]]
}

@test "no name of a process shows it elsewhere, or not at all" {
	cgroups a b $'c\f'
	hold_as a 'x\f/test/b'
	hold_as b '\0'
	hold $'c\f'
	# The number of the process aside, with one blank between two words.
	equal "$(ioasids | tr -s ' ' | sed -E 's/^ [0-9]+ /PID /' | tail -n 6)" ' a max 1 1 0
PID x\014/test/b 1 sva
 b max 1 1 0
PID - 1 sva
 c\014 max 1 1 0
PID bind 1 sva'
}

@test "where the output is no terminal there is no escape sequence in it" {
	cgroups a
	hold a
	[[ $(ioasids) != *$'\033'* ]]
}

@test "JSON has all that the files say" {
	cgroups a $'q"\\\t' 'r\x2d\101'
	echo 1 >ioasids.max
	hold a
	refused a
	equal "$(ioasids --json)" '{"capacity": '"$(<"$ROOT"/ioasids.capacity)"', "cgroups": [
{"path": "/", "current": 1, "peak": '"$(<"$ROOT"/ioasids.peak)"', "holders": []},
{"path": "/test", "current": 1, "peak": 1, "max": 1, "events": {"max": 1, "alloc_fail": 1}, "holders": []},
{"path": "/test/a", "current": 1, "peak": 1, "max": "max", "events": {"max": 0, "alloc_fail": 1}, "holders": [{"tgid": '"$pid"', "comm": "bind", "user": "sva", "pasids": 1}]},
{"path": "/test/q\"\\\\011", "current": 0, "peak": 0, "max": "max", "events": {"max": 0, "alloc_fail": 0}, "holders": []},
{"path": "/test/r\\x2d\\134101", "current": 0, "peak": 0, "max": "max", "events": {"max": 0, "alloc_fail": 0}, "holders": []}
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

@test "what is no regular file is not replaced by one" {
	ln -s /dev/null "$BATS_TEST_TMPDIR/ioasids.link"
	mkfifo "$BATS_TEST_TMPDIR/ioasids.fifo"
	for file in "$BATS_TEST_TMPDIR"/ioasids.*; do
		run -1 ioasids --prometheus "$file"
		equal "$output" "ioasids: $file: not a regular file"
	done
	[ -p "$BATS_TEST_TMPDIR/ioasids.fifo" ]
	[ -L "$BATS_TEST_TMPDIR/ioasids.link" ]
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
	run -127 bash -c 'exec ioasids run --max 1 -- /there/is/none 2>&-'
	run -126 ioasids run --max 1 -- /
	run -125 ioasids run --max x -- true
	run ! compgen -G "$ROOT/ioasids-run-*"
}

@test "a signal ends a command that is run, and the cgroup is removed" {
	cgroups a
	for signal in TERM USR1 ALRM RTMIN; do
		start a ioasids run --max 1 -- bash -c 'echo started; exec sleep infinity'
		equal "$line" started
		kill "-$signal" "$pid"
		status=0
		ended "$pid" || status=$?
		[ "$status" = $((128 + $(kill -l "$signal"))) ]
		run ! compgen -G 'ioasids-run-*'
		run ! compgen -G "$ROOT/ioasids-run-*"
	done
}

@test "so does a timer that it was started with" {
	run -142 timeout -s KILL 60 perl -e 'alarm 1; exec @ARGV' ioasids run --max 1 -- sleep infinity
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

# completes WORDS...: what the shell is offered for the last of them
completes() {
	(
		. "$IOASIDS_SRC/tools/ioasids/ioasids.bash"
		COMP_WORDS=(ioasids "$@") COMP_CWORD=$#
		_ioasids
		printf '%s\n' "${COMPREPLY[@]}"
	)
}

@test "the shell completes commands, and the cgroups that can be limited" {
	cgroups a 'b\x2dc' $'d\033' 'e f'
	equal "$(completes t)" top
	equal "$(completes --)" $'--json\n--prometheus\n--help'
	equal "$(completes set /test/)" $'/test/a\n/test/b\\\\x2dc\n/test/e\\ f'
	equal "$(completes set /t)" "/test"$'\n'"$(completes set /test/)"
	equal "$(completes set /test/a '')" max
	equal "$(completes run '')" --max
	equal "$(completes run --max 4 '')" --
	equal "$(completes run --max 4 -- ioasid)" ioasids
}

@test "top wants a terminal" {
	run -1 ioasids top
	[[ $output == 'ioasids: top wants a terminal'* ]]
}

@test "top follows what there is until q, and leaves the terminal as it was" {
	cgroups a
	echo 9 >a/ioasids.max
	top 80 24
	hold a
	until_shows bind
	printf q >&"$keys"
	ended "$terminal"
	output=$(<"$screen")
	[[ $output == $'\033[?1049h'*' a  '*' 9 '*' 0 '*bind*sva*$'\033[?1049l'*kept ]]
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

# type_in KEYS...: on the terminal of top
type_in() { printf '%b' "$@" >&"$keys"; }

@test "top shows as much as there are lines for, and keys move in the rest" {
	cgroups c{10..59}
	echo 1 | tee c*/ioasids.max >/dev/null
	top 80 10
	until_shows 'lines 1 to 8 of 52'
	type_in j
	until_shows 'lines 2 to 9 of 52'
	type_in '\033[B' '\033[B'
	until_shows 'lines 4 to 11 of 52'
	type_in k
	until_shows 'lines 3 to 10 of 52'
	type_in '\033[6~' '\033[6~'
	until_shows 'lines 19 to 26 of 52'
	type_in '\033[5~'
	until_shows 'lines 11 to 18 of 52'
	type_in '\033[F' j
	until_shows 'lines 45 to 52 of 52'
	type_in '\033[A'
	until_shows 'lines 44 to 51 of 52'
	# None of these is a key that moves, and the last of them is.
	type_in '\033[H' 'k' 'x' '\033[3~' '\033' '\033[6~'
	until_shows 'lines 9 to 16 of 52'
	type_in q
	ended "$terminal"
	output=$(<"$screen")
	output=${output##*$'\033[H'}
	[[ $output == CGROUP*$'\n    c16 '*$'\n    c23 '*'lines 9 to 16'* && $output != *c15* && $output != *c24* ]]
}

@test "top has the size of its terminal, and stays within what there is" {
	cgroups c{10..59}
	echo 1 | tee c*/ioasids.max >/dev/null
	top 80 10
	until_shows 'lines 1 to 8 of 52'
	stty rows 20 <"/proc/$pid/fd/1"
	until_shows 'lines 1 to 18 of 52'
	type_in '\033[4~'
	until_shows 'lines 35 to 52 of 52'
	rmdir c1* c2*
	until_shows 'lines 15 to 32 of 32'
	echo max | tee c*/ioasids.max >/dev/null
	until_shows '(31 more have no limit'
	type_in q
	ended "$terminal"
	output=$(<"$screen")
	[[ ${output##*$'\033[H'} == CGROUP*$'\n/ '* && ${output##*$'\033[H'} != *lines* ]]
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

# Documentation/admin-guide/ioasids-view.rst
@test "the commands of the page on the view" {
	[[ $(as_in ioasids-view tree) == *$'\n''  tenant '*' 8 '*[.....* ]]
	[[ $(as_in ioasids-view limits) == '0::/ioasids-run-'* ]]
	is "$ROOT/tenant/ioasids.max" 4
	[[ $(as_in ioasids-view scripts) == '{"path": "/tenant", "current": 0, "peak": 0, "max": 4,'* ]]
	grep -Fx 'ioasids_max{cgroup="/tenant"} 4' /tmp/ioasids.prom
}
