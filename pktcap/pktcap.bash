# SPDX-License-Identifier: BSD-3-Clause
# bash completion for pktcap and pktcap-uw: options and what they take come from the program (--dump-options), ports from the
# daemon (-D), points from --availpoints.
_pktcap_ports() { # [TYPE]
	pktcap "${socket[@]}" -D 2>/dev/null | awk -v "type=$1" 'NR > 1 && (type == "" || $2 == type) { print $3 }'
}

_pktcap_values() { # what the value of option $1 can be, for the word $2
	local kept=''
	[[ $2 == *,* ]] && kept=${2%,*}, # a list: the words before the last comma stay
	case $("${COMP_WORDS[0]}" --dump-options 2>/dev/null | sed -n "s/^-*${1##*-} //p" | head -n 1) in
	*\|*) "${COMP_WORDS[0]}" --dump-options | sed -n "s/^-*${1##*-} //p" | tr '|' '\n' ;;
	UPLINK) _pktcap_ports uplink ;;
	VMK) _pktcap_ports vmk ;;
	PORT) _pktcap_ports ;;
	POINT*) pktcap --availpoints 2>/dev/null | awk -v "kept=$kept" '/^[A-Za-z]/ && !/^(POINT|PKTCAP-UW) / { print kept $1 }' ;;
	NAME) echo any; pktcap --availpoints 2>/dev/null | awk '/^[A-Za-z]/ && !/^(POINT|PKTCAP-UW) / { print $1 }'; _pktcap_ports ;;
	REASON*) reddot "${socket[@]}" --json show drop all 2>/dev/null | grep -oE '"reason": ?"[A-Z0-9_]+"' | cut -d'"' -f4 |
		sed "s/^/$kept/" ;;
	VM) pktcap "${socket[@]}" -D 2>/dev/null | awk '$2 == "vnic" || $2 == "upt" { sub(".*/", "", $3); sub("[.]eth.*", "", $3); print $3 }' | sort -u ;;
	FILTER) _pktcap_ports vnic; _pktcap_ports upt ;;
	SESSION) pktcap "${socket[@]}" list 2>/dev/null | awk 'NR > 1 { print $2 }' ;;
	HOST) _pktcap_ports | sed -n 's|/.*||p' | sort -u ;;
	*) return 1 ;;
	esac
}

_pktcap()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} i socket=() list=''
	for ((i = 1; i < COMP_CWORD - 1; i++)); do
		[[ ${COMP_WORDS[i]} == @(-|--)socket ]] && socket=(--socket "${COMP_WORDS[i + 1]}")
	done
	if [[ $before == -* ]]; then
		list=$(_pktcap_values "$before" "$word")
	fi
	if [[ -z $list && $word == -* ]]; then
		list=$("${COMP_WORDS[0]}" --dump-options 2>/dev/null | awk '/^--/ { print $1 }')
	fi
	mapfile -t COMPREPLY < <(compgen -W "$list" -- "$word")
}
complete -o default -F _pktcap pktcap pktcap-uw
