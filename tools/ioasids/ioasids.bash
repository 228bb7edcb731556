# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Completion for bash. What there is to complete is asked of the command itself.

_ioasids() {
	local cur=${COMP_WORDS[COMP_CWORD]} command=list word words=() path
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $word in
		list | events | top | set | run | watch)
			command=$word
			break
			;;
		esac
	done
	COMPREPLY=()
	case $command:${COMP_WORDS[COMP_CWORD - 1]}:$cur in
	*:-o:* | *:--output:*)
		read -ra words < <(ioasids list --help | sed -n 's/^Columns: //p')
		;;
	*:-*)
		mapfile -t words < <(ioasids "$command" --help | grep -oE -- '--[a-z-]+' | sort -u)
		;;
	set:set:* | list:* | events:* | top:* | watch:*)
		((COMP_CWORD > 1)) || words=(list events top set run watch)
		# A name with a byte that is no text cannot be typed.
		while read -r path; do
			printf -v path %b "$path"
			[[ $path == *[![:print:]]* || $path != "$cur"* || $path == / ]] ||
				COMPREPLY+=("$(printf %q "$path")")
		done < <(ioasids --no-holders --raw --noheadings --output PATH 2>/dev/null)
		;;
	set:*)
		words=(max)
		;;
	run:*)
		mapfile -t COMPREPLY < <(compgen -c -- "$cur")
		;;
	esac
	[ ${#words[@]} = 0 ] || mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -W "${words[*]}" -- "$cur")
}
complete -o bashdefault -F _ioasids ioasids
