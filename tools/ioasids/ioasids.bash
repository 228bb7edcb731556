# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Completion for bash: source it, or install it as
# /usr/share/bash-completion/completions/ioasids.

_ioasids() {
	local word=${COMP_WORDS[COMP_CWORD]} name
	COMPREPLY=()
	case $COMP_CWORD,${COMP_WORDS[1]} in
	1,*)
		mapfile -t COMPREPLY < <(compgen -W 'top run set --json --prometheus --help' -- "$word")
		;;
	2,--prometheus)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		;;
	2,run)
		COMPREPLY=(--max)
		;;
	4,run)
		COMPREPLY=(--)
		;;
	5,run)
		mapfile -t COMPREPLY < <(compgen -c -- "$word")
		;;
	2,set)
		# The cgroups that have a limit, but for those with a byte that is no text in
		# their names: these cannot be typed.
		while IFS= read -r name; do
			[[ $name != "$word"* ]] || COMPREPLY+=("$(printf %q "$name")")
		done < <("${COMP_WORDS[0]}" --json 2>/dev/null |
			sed -n 's/^{"path": "\([^"]*\)", .*"max": .*/\1/p' |
			sed '/\\\\[0-3][0-7][0-7]/d; s/\\\\/\\/g')
		;;
	3,set)
		COMPREPLY=(max)
		;;
	*,run)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		;;
	esac
}
complete -F _ioasids ioasids
