# SPDX-License-Identifier: BSD-3-Clause
# bash completion for reddot: the words come from reddot --complete, which asks the daemon for names.
_reddot()
{
	local line=${COMP_LINE:0:COMP_POINT} word socket=() before
	line=${line#*[[:blank:]]}
	while [[ $line == -* ]]; do
		word=${line%%[[:blank:]]*}
		case $word in
		"$line") # the option itself is being typed
			mapfile -t COMPREPLY < <(compgen -W '--command --file --json --pretty --socket --color --help --version' -- "$word")
			return ;;
		--socket | -f | --file)
			line=${line#"$word"}
			line=${line#"${line%%[![:blank:]]*}"}
			[[ $line == *[[:blank:]]* ]] || return # its file name: readline's own completion
			[[ $word == --socket ]] && socket=(--socket "${line%%[[:blank:]]*}")
			line=${line#*[[:blank:]]} ;;
		--color)
			line=${line#"$word"}
			line=${line#"${line%%[![:blank:]]*}"}
			[[ $line == *[[:blank:]]* ]] || { mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$line"); return; }
			line=${line#*[[:blank:]]} ;;
		*)
			line=${line#"$word"} ;;
		esac
		line=${line#"${line%%[![:blank:]]*}"}
	done
	mapfile -t COMPREPLY < <(reddot "${socket[@]}" --complete "$line" 2>/dev/null)
	# readline breaks words at colons (MAC addresses, labels): it wants only what follows the last one.
	word=${line##*[[:blank:]]}
	if [[ $word == *:* && $COMP_WORDBREAKS == *:* ]]; then
		before=${word%"${word##*:}"}
		COMPREPLY=("${COMPREPLY[@]#"$before"}")
	fi
}
complete -o default -F _reddot reddot
