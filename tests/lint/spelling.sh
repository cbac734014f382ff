#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# codespell over texts and sources (.codespellrc has the exceptions), and plain punctuation: no long dashes.
#
#	spelling.sh ROOT
set -eu
cd "$1"
paths=(dataplane pktcap cli tests pcaps docs README.md CHANGELOG.md demo check)
[ ! -d mirror ] || paths+=(mirror)
if grep -rnP '\x{2014}' --include='*.md' --include='*.[ch]' --include='*.def' --include='*.scd' "${paths[@]}"; then
	echo "write short sentences instead of long dashes"
	exit 1
fi
command -v codespell >/dev/null || {
	echo "SKIP: codespell is not installed"
	exit 77
}
codespell "${paths[@]}"
echo "spelling: clean"
