#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Every file of ours names its licence in its first three lines.
#
#	spdx.sh ROOT
set -eu
cd "$1"
paths=()
for d in dataplane pktcap mirror cli tests pcaps docs demo check .ci meson.build; do
	[ ! -e $d ] || paths+=("$d")
done
# One awk for all files: starting a process for each takes longer than reading them.
bad=$(find "${paths[@]}" \
	\( -name '*.[ch]' -o -name '*.def' -o -name '*.py' -o -name '*.sh' -o -name '*.rd' -o -name meson.build \
	-o -name demo -o -name check -o -path .ci/run \) -type f -size +0 -print0 | xargs -0 awk '
	function tell() { if (file != "" && !found) print file ": no SPDX line" }
	FNR == 1 { tell(); file = FILENAME; found = 0 }
	FNR <= 3 && /SPDX-License-Identifier: BSD-3-Clause/ { found = 1 }
	END { tell() }')
[ -z "$bad" ] || {
	echo "$bad"
	exit 1
}
