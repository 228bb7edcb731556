#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What can be said to the command ioasids.

load ../helpers
load view

bats_require_minimum_version 1.5.0

# wrong STATUS ERROR ARGUMENT...: what is said, in one line
wrong() {
	run "-$1" ioasids "${@:3}"
	equal "$output" "ioasids: $2"
}

@test "what is wrong with the arguments is said in one line, with what to do" {
	cgroups a
	wrong 2 "'tenant' is no subcommand, cgroup or unit; try 'ioasids --help'" tenant
	wrong 2 "'lst' is no subcommand, cgroup or unit; try 'ioasids --help'" lst --json
	wrong 1 '/test/none: there is no such cgroup' /test/none
	wrong 1 '/none: there is no such cgroup' /test none
	wrong 1 "/test/../x: '..' has no meaning in the path of a cgroup" /test/../x
	wrong 2 "--jsn is no option; try 'ioasids --help'" --jsn
	wrong 2 "-x is no option; try 'ioasids --help'" -x
	wrong 2 "--json takes no value; try 'ioasids --help'" --json=1
	wrong 2 "--output wants a value; try 'ioasids --help'" --output
	wrong 2 "only one of --json, --raw and --prometheus can be had" --json --prometheus
	wrong 2 "--max is no option of 'list'; try 'ioasids list --help'" --max 3
	wrong 2 "--json is no option of 'top'; try 'ioasids top --help'" top --json
	wrong 2 "--no-holders is no option of 'events'; try 'ioasids events --help'" events --no-holders
	wrong 2 "set wants a cgroup or unit, and a limit; try 'ioasids set --help'" set /test/a
	wrong 2 "set wants a cgroup or unit, and a limit; try 'ioasids set --help'" set /test/a 3 4
	wrong 125 "run wants --max N; try 'ioasids run --help'" run true
	wrong 125 "run wants a command; try 'ioasids run --help'" run --max 3
	wrong 125 "--max wants a value; try 'ioasids --help'" run --max
	wrong 125 "--unit, --slice and --collect want systemd and cgroup v2" run --max 3 --slice x.slice true
}

@test "each subcommand has help of its own, and nothing else has" {
	local command
	[[ $(ioasids -h) == *'ioasids watch '* ]]
	for command in list events top set run watch; do
		[[ $(ioasids $command --help) == "ioasids $command "* ]]
		[[ $(ioasids --help $command) == "ioasids $command "* ]]
	done
	[[ $(ioasids run --help) == *--max* && $(ioasids top --help) != *--max* ]]
	[[ $(ioasids -V) == 'ioasids '[0-9]* ]]
}

@test "the page of the manual has each option and each subcommand" {
	local command word
	for command in list events top set run watch; do
		ioasids $command --help | grep -oE -- "^ioasids $command|--[a-z-]+"
	done | sed 's/^--//; s/.* //' | sort -u >"$BATS_TEST_TMPDIR/words"
	while read -r word; do
		grep -qE "(Cm |Fl -|, -)$word( |\$)" "$IOASIDS_SRC/tools/ioasids/ioasids.8" || fail "$word is not there"
	done <"$BATS_TEST_TMPDIR/words"
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

@test "bash completes subcommands, options, columns and cgroups" {
	cgroups a 'b\x2dc' $'d\033' 'e f'
	equal "$(completes t)" top
	equal "$(completes --js)" --json
	equal "$(completes run --m)" --max
	equal "$(completes --output CURR)" CURRENT
	equal "$(completes set /test/)" $'/test/a\n/test/b\\\\x2dc\n/test/e\\ f'
	equal "$(completes events /t)" "/test"$'\n'"$(completes set /test/)"
	equal "$(completes set /test/a '')" max
	equal "$(completes run --max 4 ioasid)" ioasids
}
