#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Every file of ours names its licence in its first three lines.
#
#	spdx.sh ROOT
set -eu
cd "$1"
bad=0
paths=()
for d in dataplane pktcap mirror cli tests pcaps docs demo check .ci meson.build; do
	[ ! -e $d ] || paths+=("$d")
done
while IFS= read -r -d '' f; do
	if ! head -n 3 "$f" | grep -q 'SPDX-License-Identifier: BSD-3-Clause'; then
		echo "$f: no SPDX line"
		bad=1
	fi
done < <(find "${paths[@]}" \
	\( -name '*.[ch]' -o -name '*.def' -o -name '*.py' -o -name '*.sh' -o -name '*.rd' -o -name meson.build \
	-o -name demo -o -name check -o -path .ci/run \) -type f -print0)
exit $bad
