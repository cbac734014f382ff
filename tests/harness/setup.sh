# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What ./demo and ./check share: installing what is missing, building, and cleaning up. Sourced; the caller
# has set -eu and is in the top folder.

say() {
	echo "$*" >&2
}

die() {
	say "error: $1"
	[ -z "${2:-}" ] || say "  try: $2"
	exit 1
}

# Prints which of the given Debian packages are not installed.
missing_packages() {
	local p
	for p in "$@"; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || echo "$p"
	done
}

# Runs a command and shows its output only when it fails.
quietly() {
	local log
	log=$(mktemp)
	if "$@" </dev/null >"$log" 2>&1; then
		rm -f "$log"
		return 0
	fi
	tail -n 60 "$log" >&2
	rm -f "$log"
	return 1
}

# Installs the given Debian packages that are missing. Needs no network when none is.
need_packages() {
	local missing sudo=()
	command -v dpkg-query >/dev/null ||
		die "this is not Debian: cannot tell what is installed" "install by hand: $*"
	mapfile -t missing < <(missing_packages "$@")
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null || die "missing packages: ${missing[*]}" "apt-get install them as root"
		sudo=(sudo)
		sudo -v # asks for the password while a person can see it
	fi
	say "Installing with apt: ${missing[*]}"
	quietly "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update ||
		die "apt-get update failed" "look at the network and at /etc/apt/sources.list"
	quietly "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
		"${missing[@]}" || die "apt-get install failed" "run it by hand: ${missing[*]}"
}

# promtool alone, into folder $1, unless it is there: Debian's package would start a server on this machine.
need_promtool() {
	! command -v promtool >/dev/null || return 0
	mkdir -p "$1"
	if [ ! -x "$1/usr/bin/promtool" ]; then
		(cd "$1" && quietly apt-get download prometheus && quietly dpkg -x prometheus_*.deb . && rm -f prometheus_*.deb) ||
			say "promtool can't be had: its test is skipped"
	fi
	PATH=$PATH:$PWD/$1/usr/bin
}

# What building needs; the packages of single test suites are in ./check.
# shellcheck disable=SC2034 # used by the scripts that source this
build_packages=(gcc libc6-dev meson ninja-build pkg-config libdpdk-dev libjansson-dev libpcap-dev libevent-dev
	libzstd-dev zlib1g-dev libreadline-dev libncurses-dev)

# build FOLDER [meson option..]: set up once, then compile what changed. Its output is shown only when it fails.
build() {
	local dir=$1
	shift
	if [ ! -f "$dir/build.ninja" ]; then
		say "Setting up $dir/"
		quietly meson setup "$dir" "$@" || die "meson setup failed"
	fi
	# ninja -n tells whether there is anything to do: a second run says nothing.
	ninja -C "$dir" -n 2>/dev/null | grep -q 'no work to do' || say "Building in $dir/"
	quietly ninja -C "$dir" || die "the build failed"
}
