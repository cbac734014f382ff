#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# The layer rule, read from the #include lines: who may include whom, and who may include DPDK. The rule in words is
# in docs/design and docs/CONTRIBUTING.md; a file that needs an exception is in the wrong directory.
import re
import sys

from csource import read, sources

# layer: (folder, layers whose headers it may include besides its own)
LAYERS = {
	"base": ("dataplane/base/", ()),
	"api": ("dataplane/api/", ("base",)),
	"pcapng": ("pktcap/pcapng/", ("base", "api")),
	"filter": ("pktcap/filter/", ("base", "api")),
	"decode": ("pktcap/decode/", ("base", "api")),
	"encap": ("mirror/encap/", ("base", "api")),
	"collector": ("mirror/collector/", ("base", "api", "encap")),
	"engine": ("cli/engine/", ("base", "api")),
	"cmds": ("cli/cmds/", ("base", "api", "filter", "decode", "pcapng", "encap", "engine")),
	"shell": ("cli/shell/", ("base", "api", "engine", "cmds")),
	"walk": ("cli/walk/", ("base", "api", "filter", "decode", "pcapng", "engine", "cmds")),
	"doctor": ("cli/doctor/", ("base", "api", "engine", "cmds")),
	"cli": ("cli/", ("base", "api", "filter", "decode", "pcapng", "engine", "cmds", "walk", "shell", "doctor")),
	"pktcap": ("pktcap/", ("base", "api", "filter", "decode", "pcapng", "encap", "collector")),
	"core": ("dataplane/core/", ("base", "api", "filter", "encap", "tables")),
	"tables": ("dataplane/tables/", ("base", "api", "filter", "encap", "core")),
	"nodes": ("dataplane/nodes/", ("base", "api", "filter", "encap", "core", "tables")),
	"session": ("mirror/session/", ("base", "api", "pcapng", "filter", "encap", "core", "tables")),
	"control": ("dataplane/control/",
		("base", "api", "filter", "encap", "core", "tables", "nodes", "session")),
	"main": ("dataplane/", ("base", "api", "filter", "encap", "core", "tables", "nodes", "session", "control",
		"engine", "cmds")),
}
MAY_DPDK = {"core", "tables", "nodes", "control", "session", "main"}
# main starts the EAL (rte_eal_init), so it is the one file outside the four folders that includes DPDK.


def layer_of(path):
	"""The layer with the longest folder that holds path; None for tests."""
	best = [n for n, (folder, _) in LAYERS.items() if path.startswith(folder)]
	return max(best, key=lambda n: len(LAYERS[n][0])) if best else None


def layer_of_include(name, own):
	"""base/err.h -> base; a bare name is the file's own folder."""
	head = name.split("/")[0] if "/" in name else own
	return head if head in LAYERS else None


def check(root, path):
	own = layer_of(path)
	if own is None:
		return
	for number, line in enumerate(read(root, path).split("\n"), 1):
		match = re.match(r'\s*#\s*include\s+([<"])([^>"]+)[>"]', line)
		if not match:
			continue
		quote, name = match.groups()
		if re.match(r"(.*/)?(rte_|bus_\w+_driver|ethdev_driver)", name):
			if own not in MAY_DPDK:
				yield f"{path}:{number}: {own} must not include DPDK ({name})"
		elif quote == '"' and not name.endswith(".def"):
			target = layer_of_include(name, own)
			if target is None:
				yield f"{path}:{number}: include by directory, not \"{name}\""
			elif target != own and target not in LAYERS[own][1]:
				yield f"{path}:{number}: {own} must not include {target} ({name})"


def main():
	root = sys.argv[1]
	faults = [f for path in sources(root) for f in check(root, path)]
	print("\n".join(faults) or "layers: every include goes downwards")
	sys.exit(bool(faults))


main()
