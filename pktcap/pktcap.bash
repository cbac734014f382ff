# SPDX-License-Identifier: BSD-3-Clause
# bash completion for pktcap: stages come from pktcap -A, ports from the daemon by pktcap -D.
_pktcap()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} i socket=() list kept=''
	for ((i = 1; i < COMP_CWORD - 1; i++)); do
		[[ ${COMP_WORDS[i]} == @(-|--)socket ]] && socket=(--socket "${COMP_WORDS[i + 1]}")
	done
	case ${before/#--/-} in
	-uplink | -vmk)
		before=${before##*-}
		list=$(pktcap "${socket[@]}" -D 2>/dev/null | awk -v "type=$before" '$2 == type { print $3 }') ;;
	-switchport)
		list=$(pktcap "${socket[@]}" -D 2>/dev/null | awk 'NR > 1 { print $3 }') ;;
	-capture)
		# A list: the words before the last comma stay.
		[[ $word == *,* ]] && kept=${word%,*},
		list=$(pktcap -A 2>/dev/null | awk -v "kept=$kept" 'NR > 1 { print kept $1 }') ;;
	-i | -interface)
		list="any $(pktcap -A 2>/dev/null | awk 'NR > 1 { print $1 }')"
		list+=" $(pktcap "${socket[@]}" -D 2>/dev/null | awk 'NR > 1 { print $3 }')" ;;
	-drop)
		[[ $word == *,* ]] && kept=${word%,*},
		list=$(reddot "${socket[@]}" --json show drop all 2>/dev/null | grep -oE '"reason": ?"[A-Z0-9_]+"' | cut -d'"' -f4 | sed "s/^/$kept/") ;;
	-dir) list='0 1 2 rx tx both' ;;
	-stage) list='pre post' ;;
	-meta) list='none lean full' ;;
	-comment) list='none decisions all' ;;
	-o | -w | -r | -read | -outfile | -socket) return ;; # readline's own: file names
	*)
		[[ $word == -* ]] || return
		list=$(pktcap --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]*' | sort -u) ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$list" -- "$word")
}
complete -o default -F _pktcap pktcap
