#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Many at once: the count is exact, and no reader sees it otherwise.

load helpers

# peek FILE: start a reader that spins on the number in it.
peek() {
	"$BIN/peek" "$1" >"$BATS_TEST_TMPDIR/peek" 3>&- &
	peek=$!
	until [ -s "$BATS_TEST_TMPDIR/peek" ]; do :; done
}

# peeked: end the reader; $lowest and $highest are what it saw.
peeked() {
	kill "$peek"
	wait "$peek"
	read -r lowest highest reads < <(tail -n 1 "$BATS_TEST_TMPDIR/peek")
	echo "$reads reads"
}

# race LIMITED CGROUP...: 200 processes, spread over the CGROUPs, race for the 50
# places that LIMITED has, while a reader spins on its count.
race() {
	local limited=$1 racers=() bound=0 refused=0 before n outcome
	shift
	echo 50 >"$limited/ioasids.max"
	before=$(events "$limited")
	peek "$limited/ioasids.current"

	mkfifo "$BATS_TEST_TMPDIR/race"
	exec 5<>"$BATS_TEST_TMPDIR/race"
	for cgroup; do
		in_cgroup "$cgroup" "$BIN/bind" "$DEVICE" $((200 / $#)) >&5 3>&- 5>&- &
		racers+=($!)
	done
	while ((bound + refused < 200)); do
		read -r n outcome <&5
		case $outcome in
		bound) bound=$((bound + n)) ;;
		EAGAIN) refused=$((refused + n)) ;;
		*) fail "a racer met $outcome" ;;
		esac
	done
	exec 5>&-
	rm "$BATS_TEST_TMPDIR/race"
	[ "$bound" = 50 ] || fail "$bound got one of 50 places"
	is "$limited/ioasids.current" 50
	[ $(($(events "$limited") - before)) = 150 ] || fail "there were 150 refusals, not $(events "$limited") - $before"

	peeked
	[ "$highest" = 50 ] || fail "a reader saw $highest"
	for n in "${racers[@]}"; do
		kill -KILL "$n" 2>/dev/null || true
		wait "$n" || true
	done
	for cgroup; do until_empty "$cgroup"; done
	is "$limited/ioasids.current" 0
	echo max >"$limited/ioasids.max"
}

events() { awk '$1 == "max" {print $2}' "$1/ioasids.events"; }

@test "200 that race for 50 places at any of 5 levels: 50 get one, 20 times of 20" {
	cgroups 1 1/2 1/2/3 1/2/3/4 1/2/3/4/5
	for _ in {1..4}; do
		for limited in 1 1/2 1/2/3 1/2/3/4 1/2/3/4/5; do
			race "$limited" 1/2/3/4/5
		done
	done
}

@test "200 that race from four siblings for 50 places of their parent: 50 get one" {
	cgroups a a/w a/x a/y a/z
	for _ in {1..5}; do race a a/w a/x a/y a/z; done
}

@test "a process that is moved to and fro while others bind is never lost or doubled" {
	local workers=()
	cgroups a a/x a/y
	hold a/x 10
	mapfile -t movers <a/x/cgroup.procs
	for mover in "${movers[@]:0:5}"; do
		for _ in {1..50}; do
			echo "$mover" >a/y/cgroup.procs
			echo "$mover" >a/x/cgroup.procs
		done 3>&- &
		workers+=($!)
	done
	for _ in {1..30}; do
		hold a/y
		finish "$pid"
	done
	wait "${workers[@]}"
	is a/x/ioasids.current 10
	is a/y/ioasids.current 0
	is a/ioasids.current 10
}

@test "a move within a subtree is never seen in the counts above it" {
	cgroups a a/x a/y
	hold a/x 3
	peek a/ioasids.current
	for _ in {1..100}; do
		echo "$pid" >a/y/cgroup.procs
		echo "$pid" >a/x/cgroup.procs
	done
	peeked
	[ "$lowest $highest" = "3 3" ] || fail "a reader saw $lowest to $highest"
}
