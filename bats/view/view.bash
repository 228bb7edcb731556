# SPDX-License-Identifier: GPL-2.0-only
# Shared by the tests of the command ioasids.
# shellcheck shell=bash

setup() {
	if [[ $BATS_TEST_DESCRIPTION == v1:* ]]; then v1_setup; else v2_setup; fi
	PATH=$BIN:$PATH
	unset COLUMNS
}

teardown() {
	[ ! -e "$ROOT/tenant" ] || rmdir "$ROOT/tenant"
	if [[ $BATS_TEST_DESCRIPTION == v1:* ]]; then v1_teardown; else v2_teardown; fi
}

# plain: a tree without its lines, so that words can be told apart
plain() { sed 's/[│├└─]/ /g; s/ *$//'; }

# shown NAME: what the tree has in the line of that name, one blank between two words
shown() { ioasids | plain | awk -v name="$1" '$1 == name { $1 = $1; print }'; }

# ended PID: wait for it, at most a minute, and give its exit status.
ended() {
	if timeout 60 tail --pid="$1" -f /dev/null; then wait "$1"; else fail "$1 has not ended"; fi
}
