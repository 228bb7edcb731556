#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Anything in any order: the rules hold for what nobody has thought of, too.

load helpers

# In User-mode Linux it takes a minute or two, in an emulated machine too long:
# OPERATIONS says how many there are to be.
@test "random operations by four workers from a printed seed leave every count as the model says" {
	run "$BIN/model" "$DEVICE" "${OPERATIONS:-100000}" 3>&-
	echo "$output"
	# In what TAP shows of a success, too.
	printf '# %s\n' "${lines[@]}" >&3
	[ "$status" -eq 0 ]
}
