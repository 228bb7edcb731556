#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What may be written to ioasids.max, to the letter: each kind with what it must
# give, and with what the file says after it.

load helpers

# Both sides of every boundary that a number can have on the way.
numbers=(0 1 2 9 10 99 100 127 128 255 256 32767 32768 65535 65536 65537
	1048575 1048576 1048577 2147483647 2147483648 2147483649
	4294967295 4294967296 4294967297 9223372036854775807
	9223372036854775808 18446744073709551613 18446744073709551614)

# gives RESULT CONTENT VALUE...: each VALUE, written alone, gives RESULT, and then
# the limit is CONTENT.
gives() {
	local expected="$1 $2" said n=0
	shift 2
	while read -r said; do
		n=$((n + 1))
		[ "$said" = "$expected" ] || fail "'${!n}' gave '$said', not '$expected'"
	done < <("$BIN/put" a/ioasids.max "$@")
	[ $n = $# ] || fail "$n of $# values were written"
}

# refuses ERRNO VALUE...: nothing changes, whatever the limit was.
refuses() {
	local errno=$1 limit
	shift
	for limit in 7 max; do
		echo $limit >a/ioasids.max
		gives "$errno" $limit "$@"
	done
	is a/ioasids.current 0
	is a/ioasids.events $'max 0\nalloc_fail 0'
}

# digits N: a number of that many digits
digits() { printf '%0*d' "$1" 0 | tr 0 "${2:-9}"; }

@test "what is a limit is taken, and reads back as a number or max" {
	cgroups a
	for number in "${numbers[@]}"; do
		gives taken "$number" "$number" "$number"$'\n' "  $number" "$number  " \
			$'\t'"$number"$'\n' $'\v\f'"$number"$'\r\n' $'\n'"$number" "000$number"
	done
	gives taken max max $'max\n' ' max' $'max \t\n' $'\v\f\r\nmax' $'\n\nmax\n\n'
	gives taken 0 00 0000000000000000000000000 "$(digits 4096 0)"
	gives taken 5 "$(printf '%4096d' 5)" "$(printf '%-4096d' 5)"
}

@test "what is not a limit is EINVAL and changes nothing" {
	cgroups a
	# Signs
	refuses EINVAL -1 -0 +0 +1 ++1 --1 +-1 '- 1' '+ 1' 1- 1+ - + -max +max \
		-9223372036854775808 -18446744073709551615 -99999999999999999999999
	# Bases and suffixes
	refuses EINVAL 0x10 0X10 0x 0xg 0b1 0o7 10h 0x7fffffff ff a 1e3 1E3 \
		1k 1K 1m 1M 1G 1T 1kB 5% 1u 1UL 1ll
	# Separators
	refuses EINVAL 1.5 1. .5 1,000 1_000 "1'000" 1/2 1:1 1=1 '1 2' $'1\t2' $'1\n2' \
		$'1\n2\n' '1 max' 'max 1' $'max\nmax' '1;' '(1)' '"1"' "'1'" '1$' '1 # one'
	# Words
	refuses EINVAL MAX Max mAx maximum ma max. .max 'm ax' maxx xmax max0 0max inf \
		infinity unlimited none default null nan -- ten I l O 'max=1' 'ioasids 1'
	# Nothing but white space
	refuses EINVAL ' ' $'\t' $'\n' $'\r\n' $' \t\v\f\r\n' "$(printf '%4096s' '')"
	# What looks like digits or white space and is not
	refuses EINVAL $'\u00b2' $'\u0661' $'\uff11' $'1\u200b' $'\u00a05' $'\ufeff5' $'\e[1m5' \
		$'\x7f' $'\x01' $'5\x01' $'\b5' $'5\xff' '\x35' '\n' '5\0' '%d'
	# Too large, but no number all the same
	refuses EINVAL 99999999999999999999x "$(digits 4095)x" 'x99999999999999999999' \
		'18446744073709551616 1' 99999999999999999999.0
}

@test "what does not fit is ERANGE and changes nothing" {
	cgroups a
	refuses ERANGE 18446744073709551615 18446744073709551616 18446744073709551617 \
		18446744073709551624 18446744073709551625 19999999999999999999 \
		20000000000000000000 36893488147419103232 99999999999999999999 \
		100000000000000000000 184467440737095516160 340282366920938463463374607431768211455 \
		' 18446744073709551615' $'18446744073709551615\n' 00018446744073709551615 \
		"$(digits 100)" "$(digits 1000)" "$(digits 4095)"$'\n' "$(digits 4096)" "$(digits 4096 1)"
}

@test "a write of more than a page is E2BIG and changes nothing" {
	cgroups a
	refuses E2BIG "$(digits 4097)" "$(digits 4097 0)" "$(printf '%4097d' 5)" \
		"$(printf '%-4096s' max)"$'\n' "$(digits 60000)"
}

@test "a NUL byte is no white space, and hides nothing" {
	cgroups a
	echo 7 >a/ioasids.max
	for value in '\0' '\0\0' '5\0' '\0005' '5\0\n' '5\n\0' 'max\0' '\0max' '5\0000garbage' '5\0000\0' '1\0002'; do
		# shellcheck disable=SC2059 # the escapes are meant
		said=$(printf "$value" | "$BIN/put" a/ioasids.max -)
		[ "$said" = 'EINVAL 7' ] || fail "'$value' gave '$said'"
	done
}

@test "each write is a value of its own, wherever it is made" {
	cgroups a
	# In two parts, the second of them is what stays.
	run "$BIN/put" a/ioasids.max 1 2
	[ "$output" = $'taken 1\ntaken 2' ]
	for offset in 1 2 4095 4096 1000000; do
		run "$BIN/put" a/ioasids.max @$offset 34 -1 max
		[ "$output" = $'taken 34\nEINVAL 34\ntaken max' ] || fail "at $offset: $output"
	done
}

@test "a write of nothing does nothing" {
	cgroups a
	echo 7 >a/ioasids.max
	run "$BIN/put" a/ioasids.max ''
	[ "$output" = 'taken 7' ]
}
