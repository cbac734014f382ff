#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Runs shellcheck over every shell script.
#
#	shell.sh ROOT
set -eu
cd "$1"
command -v shellcheck >/dev/null || {
	echo "SKIP: shellcheck is not installed"
	exit 77
}
find tests pcaps docs cli pktcap \( -name '*.sh' -o -name '*.bash' -o -name 'reddot-wireshark.in' \) -print0 | xargs -0 shellcheck -x -s bash demo check .ci/run
echo "shell: clean"
