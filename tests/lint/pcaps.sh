#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# pcaps/in and pcaps/INDEX.md are what the generator makes, to the byte.
#
#	pcaps.sh ROOT
set -eu
/usr/bin/python3 -c 'import scapy' 2>/dev/null || {
	echo "SKIP: python3-scapy is not installed"
	exit 77
}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
"$1/pcaps/make_pcaps.py" "$tmp"
diff -r "$1/pcaps/in" "$tmp/in"
diff "$1/pcaps/INDEX.md" "$tmp/INDEX.md"
echo "pcaps: in step"
