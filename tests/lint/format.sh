#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The formatter decides: clang-format 14 (Debian 12's) must not want to change anything.
#
#	format.sh ROOT
set -eu
cd "$1"
fmt=$(command -v clang-format-14) || {
	echo "SKIP: clang-format-14 is not installed (other versions format differently)"
	exit 77
}
dirs=()
for d in dataplane pktcap mirror cli tests; do
	[ ! -d $d ] || dirs+=("$d")
done
find "${dirs[@]}" -name '*.[ch]' -print0 | xargs -0 "$fmt" --dry-run --Werror
echo "format: clean"
