#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The tree that the command ioasids shows is what the files say.

load ../helpers
load view

bats_require_minimum_version 1.5.0

# rows: the tree in $output, without its lines and without blanks at their ends
rows() { output=$(ioasids | plain); }

# longest: how many columns the longest line on standard input has
longest() { tr -d '\r' | LC_ALL=C.UTF-8 wc -L; }

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
	rows
	[[ $output == *"    a "*$'\n'"      $pid bind "* ]]
	[[ $output != *"      b "* ]]
}

# What ends where a heading does: all four numbers of a cgroup, one of a process.
aligned() {
	plain | sed 's/é/e/g' | awk -v pid="$1" '
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

@test "a name that is too long is cut where COLUMNS says so, and nowhere else" {
	local long
	long=begin$(printf 'x%.0s' {1..100})end
	cgroups "$long"
	echo 1234567890 >"$long/ioasids.max"
	[[ $(ioasids) == *"$long "*1234567890* ]]
	[[ $(COLUMNS=200 ioasids) == *"$long "*1234567890* ]]
	[[ $(COLUMNS=80 ioasids) == *"beginxxx"*x" "*1234567890* ]]
	[ "$(COLUMNS=80 ioasids | longest)" -le 80 ]
	echo 1234 >"$long/ioasids.max"
	[ "$(COLUMNS=40 ioasids | longest)" -le 40 ]
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
	[[ $(terminal 80 24 ioasids </dev/null) == *"beginxxx"*x" "* ]]
	[[ $(terminal 200 24 ioasids </dev/null) == *"$long "* ]]
}

@test "on a terminal, too, what is below is indented, and columns are as wide as what is in them" {
	cgroups a a/b a/b/c
	echo 1 >a/b/c/ioasids.max
	[[ $(terminal 80 24 ioasids </dev/null) == 'CGROUP    MAX CURRENT PEAK ALLOC_FAIL USE'*$'\n''└─test '*$'\n''  └─a '*$'\n''    └─b '*$'\n''      └─c '* ]]
}

@test "cgroups stand in the order of the numbers in their names" {
	cgroups c{1..300}
	echo 5 | tee c*/ioasids.max >/dev/null
	equal "$(ioasids | plain | awk '$1 ~ /^c[0-9]/ { print $1 }')" "$(printf '%s\n' c{1..300})"
}

@test "what has no limit and never held a PASID is counted, not shown, but above what is" {
	cgroups a a/b c c/d e f
	echo 0 >a/b/ioasids.max
	hold e; finish "$pid"
	hold f
	echo 1 >ioasids.max
	refused c/d
	equal "$(ioasids | plain | awk '{ print $1 }')" $'CGROUP\n/\ntest\na\nb\nc\nd\ne\nf\n'"$pid"
	echo max >a/b/ioasids.max
	cgroups g{1..9}
	equal "$(ioasids | plain | awk '$1 == "a" || $1 == "b"')" ''
	equal "$(ioasids | tail -n 1)" '(11 more have no limit and never held a PASID)'
	[[ $(ioasids --all | plain) == *$'\n    g9 '*' max '* ]]
	# For scripts there is all.
	equal "$(ioasids --json | jq '.cgroups | length')" 17
	equal "$(ioasids --raw --noheadings --no-holders | wc -l)" 17
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
	rows
	[[ $output == *'    a\033[2Jb '*'    c\377 '*'    d\302\233 '*'    e\f '*'    f\x2dg '*'    h\134033 '*'    i\342\200\256j '*'    k\014 '* ]]
	[[ $output != *$'\033'* ]]
}

@test "no name of a process shows it elsewhere, or not at all" {
	cgroups a b $'c\f'
	hold_as a 'x\f/test/b'
	hold_as b '\0'
	hold $'c\f'
	# The number of the process aside, with one blank between two words.
	equal "$(ioasids | plain | tr -s ' ' | sed -E 's/^ [0-9]+ /PID /' | tail -n 6)" ' a max 1 1 0
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

@test "v1: the tree shows limits and holders" {
	mkdir -p a/b
	echo 2 >a/ioasids.max
	hold a/b
	equal "$(shown a)" 'a 2 1 1 0 [############............]'
	rows
	[[ $output == *"      b "*$'\n'"        $pid bind "* ]]
}

@test "only the parts that are named are shown, by their whole paths" {
	cgroups a a/b ab
	hold a/b; b=$pid
	hold ab
	output=$(ioasids test/a | plain)
	[[ $output == CGROUP*$'\n'"/test/a "*$'\n'"  b "*$'\n'"    $b bind "* ]]
	[ "$(wc -l <<<"$output")" = 4 ]
	equal "$(ioasids /test/ab/ "$ROOT/test/a" -rno PATH --no-holders)" $'/test/ab\n/test/a\n/test/a/b'
}

@test "--no-holders leaves out who holds PASIDs" {
	cgroups a
	hold a
	equal "$(ioasids --no-holders | plain | awk '{ print $1 }')" $'CGROUP\n/\ntest\na'
}

@test "events shows whose limit refused, and for whom, and nothing else" {
	cgroups a a/b c
	echo 1 >a/ioasids.max
	hold a/b
	refused a/b; refused a/b
	equal "$(ioasids events | plain | awk '{ $1 = $1; print }')" \
		"CGROUP MAX MAX_EVENTS LOCAL_MAX ALLOC_FAIL LOCAL_ALLOC_FAIL
/ - - - - -
test max 2 0 2 0
a 1 2 2 2 0
b max 0 0 2 2"
	equal "$(ioasids events --raw --noheadings --output PATH)" $'/\n/test\n/test/a\n/test/a/b'
}

@test "where only a part of the hierarchy is mounted, that part is the tree" {
	cgroups a ab
	hold a
	hold ab
	mkdir "$BATS_TEST_TMPDIR/part"
	# shellcheck disable=SC2016 # for the shell in there
	run -0 unshare -m bash -c 'mount --bind a "$0" && cd / && umount -l /sys/fs/cgroup && ioasids' "$BATS_TEST_TMPDIR/part"
	[[ ${#lines[@]} = 3 && ${lines[1]} == '/ '* && ${lines[2]} == *' bind '* ]]
}

@test "where the hierarchy is not mounted it says so" {
	run -1 unshare -m bash -c 'umount -l /sys/fs/cgroup; exec ioasids'
	[[ $output == 'ioasids: no cgroup hierarchy with ioasids is mounted'* ]]
}

# Documentation/admin-guide/ioasids-view.rst
@test "the commands of the page on the view" {
	[[ $(as_in ioasids-view tree) == *tenant' '*' 8 '*[.....* ]]
	[[ $(as_in ioasids-view limits) == '0::/ioasids-run-'* ]]
	is "$ROOT/tenant/ioasids.max" 4
	[[ $(as_in ioasids-view scripts) == 4$'\n''/tenant 4 0' ]]
	grep -Fx 'ioasids_max{cgroup="/tenant"} 4' /tmp/ioasids.prom
}
