#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The command ioasids on a terminal, live.

load ../helpers
load view

bats_require_minimum_version 1.5.0

teardown() {
	[ ! -e "$BATS_TEST_TMPDIR/tmux" ] || tm kill-server
	v2_teardown
}

tm() { tmux -u -f /dev/null -S "$BATS_TEST_TMPDIR/tmux" "$@" 3>&-; }

# top COLUMNS LINES [ARGUMENT...]: start it in a terminal of that size
top() {
	tm new-session -d -x "$1" -y "$2" bash --norc
	tm send-keys "PATH=$PATH; clear; ioasids top ${*:3}" Enter
	until_shows 'CGROUP *MAX'
}

screen() { tm capture-pane -p; }

# keys KEY...: as tmux names them
keys() { tm send-keys "$@"; }

# until_shows PATTERN, until_hides PATTERN: on the screen, in a line of it; a minute is
# for ever.
until_shows() {
	local end=$((SECONDS + 60))
	until screen | grep -q -- "$1"; do
		((SECONDS < end)) || fail "the screen never had '$1': $(screen)"
	done
}
until_hides() {
	local end=$((SECONDS + 60))
	while screen | grep -q -- "$1"; do
		((SECONDS < end)) || fail "the screen always had '$1': $(screen)"
	done
}

# on_terminal: start it where what is written, and how the terminal is left, can be seen:
# $pid is its process, $terminal that of the terminal, $screen what is written.
on_terminal() {
	screen=$BATS_TEST_TMPDIR/screen.$((++started))
	mkfifo "$screen.keys"
	# shellcheck disable=SC2016 # for the shell in there
	TERM=xterm terminal 80 24 bash -c 'echo $$ >"$0"; exec ioasids top' "$screen.pid" \
		<"$screen.keys" >"$screen" 3>&- &
	terminal=$!
	exec {keys}>"$screen.keys"
	until grep -qF CGROUP "$screen"; do :; done
	pid=$(<"$screen.pid")
}

@test "top wants a terminal, and one that it knows" {
	run -1 ioasids top
	equal "$output" "ioasids: top wants a terminal; 'ioasids' shows the same once"
	TERM=dumb run -1 terminal 80 24 ioasids top </dev/null
	[[ $output == *'top cannot use this terminal: TERM is dumb'*kept ]]
}

@test "top follows what there is until q, and leaves the terminal as it was" {
	cgroups a
	echo 9 >a/ioasids.max
	on_terminal
	hold a
	until grep -qF bind "$screen"; do :; done
	printf q >&"$keys"
	ended "$terminal"
	output=$(<"$screen")
	[[ $output == *$'\033[?1049h'*bind*$'\033[?1049l'*kept ]]
}

@test "top leaves the terminal as it was when a signal ends it" {
	local signal status
	for signal in INT TERM HUP QUIT; do
		on_terminal
		kill -s $signal "$pid"
		status=0
		ended "$terminal" || status=$?
		[ "$status" = $((128 + $(kill -l $signal))) ]
		[[ $(<"$screen") == *$'\033[?1049l'*kept ]]
	done
}

@test "top can be stopped and continued" {
	top 80 10
	keys C-z
	until_shows Stopped
	keys 'stty -a | grep -c " icanon .* echo "; fg' Enter
	until_shows 'q quit'
	until_shows 'CGROUP *MAX'
	keys q
	until_shows '^1$'
}

@test "top shows as much as there are lines for, and keys move in the rest" {
	cgroups c{10..59}
	echo 1 | tee c*/ioasids.max >/dev/null
	top 80 10
	until_shows '1 of 52$'
	until_shows 'c15 '
	until_hides 'c16 '
	keys j
	until_shows ' 2 of 52$'
	keys Down Down
	until_shows ' 4 of 52$'
	keys k
	until_shows ' 3 of 52$'
	keys PageDown
	until_shows '11 of 52$'
	until_shows '─c18 '
	until_hides '─c10 '
	keys PageUp
	until_shows ' 3 of 52$'
	keys End
	until_shows '52 of 52$'
	until_shows '─c59 '
	keys j
	keys Up
	until_shows '51 of 52$'
	keys Home
	until_shows ' 1 of 52$'
	until_shows '─c10 '
}

@test "top has the size of its terminal, from 40 columns and 5 lines up" {
	cgroups c{10..59}
	echo 1 | tee c*/ioasids.max >/dev/null
	top 80 10
	until_shows '─c15 .*\[\.*\]'
	tm resize-window -x 80 -y 20
	until_shows '─c25 '
	tm resize-window -x 40 -y 5
	until_hides '\[\.'
	until_shows '─c10 .*1'
	until_shows '^q '
	[ "$(screen | wc -l)" = 5 ]
	tm resize-window -x 200 -y 60
	until_shows '─c59 .*\[\.\{24\}\]'
	rmdir c1* c2*
	until_shows '1 of 32$'
}

@test "top sorts below each cgroup by the column that a key names" {
	cgroups a b b/x b/y c
	echo 3 >b/x/ioasids.max
	hold a; hold b/y 3; hold c 2
	top 80 30 --no-holders
	until_shows '1 of 7$'
	equal "$(screen | grep -o '─[a-z]* ' | tr -d '─\n')" 'test a b x y c '
	keys c
	until_shows 'CURRENT).*1 of 7$'
	equal "$(screen | grep -o '─[a-z]* ' | tr -d '─\n')" 'test b y x c a '
	keys m
	until_shows '(MAX).*1 of 7$'
	equal "$(screen | grep -o '─[a-z]* ' | tr -d '─\n')" 'test a b y x c '
	keys n
	until_shows '(CGROUP).*1 of 7$'
	equal "$(screen | grep -o '─[a-z]* ' | tr -d '─\n')" 'test a b x y c '
}

@test "top folds what is below a cgroup" {
	cgroups a a/b c
	hold a/b
	echo 1 >c/ioasids.max
	top 80 20
	until_shows '1 of 6$'
	keys j j Space
	until_shows '─a \[+\]'
	until_hides '─b '
	until_shows '─c '
	hold c
	until_shows "─$pid bind"
	until_hides '─b '
	keys Space
	until_shows '─b '
	until_hides '\[+\]'
}

@test "top filters by a part of a path, or of the name of who holds PASIDs" {
	cgroups a a/b c d
	echo 1 | tee {a/b,c}/ioasids.max >/dev/null
	hold d
	top 80 20
	until_shows '─c '
	keys / a / b
	until_hides '─c '
	until_shows '─b '
	keys BSpace BSpace BSpace c q Enter
	until_hides '─b '
	until_hides '─c '
	keys / Escape
	until_shows '─c '
	keys / bind Enter
	until_shows ' bind '
	until_hides '─c '
	until_shows 'filter=bind'
}

@test "top shows the rate of refusals since the last look" {
	cgroups a
	echo 0 >a/ioasids.max
	top 80 20
	until_shows '─a .* 0\.0 '
	refused a
	until_shows '─a  *0  *0  *0  *1  *[01]\.[0-9]* '
	until_shows '─a  *0  *0  *0  *1  *0\.0 '
}
