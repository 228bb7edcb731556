# SPDX-License-Identifier: GPL-2.0-only
# Shared by the scripts here: where things are, and how to speak and to stop.
# shellcheck shell=bash disable=SC2034

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
BUILD=$TOP/build
VM=$TOP/tools/testing/vm
JOBS=${JOBS:-$(nproc)}

say() { printf '  %-8s %s\n' "$1" "$2" >&2; }
die() { printf '%s: %s\n' "${0##*/}" "$1" >&2; exit "${2:-1}"; }

# deb_lines SUITE: of the archives that this system is set up with for its own release.
deb_lines() {
	local here
	here=$(. /etc/os-release && echo "$VERSION_CODENAME")
	# shellcheck disable=SC2016 # the dollars are apt's
	apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' 'Origin: Debian' | sort -u |
		awk -v here="$here" -v suite="$1" '{ sub("^" here, suite, $3); print }'
}

# Run a long command quietly: a dot every two seconds where somebody looks, its
# output only if it fails.  quietly WHAT LOG COMMAND...
quietly() {
	local what=$1 log=$2 start=$SECONDS pid
	shift 2
	mkdir -p "$(dirname "$log")"
	say "${what%% *}" "${what#* }"
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	while [ -t 2 ] && kill -0 "$pid" 2>/dev/null; do
		printf '\r  %-8s %4ds  %.60s\033[K' '' $((SECONDS - start)) \
			"$(tail -n 1 "$log" | tr -d '\r\t')" >&2
		sleep 0.5
	done
	[ ! -t 2 ] || printf '\r\033[K' >&2
	if ! wait "$pid"; then
		tail -n 40 "$log" >&2
		die "${what#* } failed; all of it is in $log"
	fi
	say '' "done in $((SECONDS - start)) s"
}
