#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# The tables of stages, drop reasons and capture points in the guide are made from the .def files. Without an option it
# compares, which is the lint test; with --write it makes them again. --man prints reddot-capture-points(7) for scdoc.
#
#	tests/lint/docs.py ROOT [--write | --man]
import os
import re
import sys

CLASSES = {"M": "malformed", "P": "policy", "R": "resource", "C": "configuration", "X": "expected", "I": "internal", "H": "hardware"}
DEFS = {"stages": "dataplane/api/stages.def", "drops": "dataplane/api/drops.def", "capture-points": "pktcap/points.def"}
# What --uplink and its like choose, pktcap/points.c.
BY_PORT = [
	("*--uplink*", "uplink_rx", "classify", "uplink_tx", "uplink_tx"),
	("*--switchport*, *--vm*: a guest", "vnic_rx or upt_rx", "port_in", "vnic_tx or upt_tx", "port_out"),
	("*--switchport*: a MUX port", "mux_rx", "classify", "mux_tx", "port_out"),
	("*--switchport*: behind a MUX", "port_in", "port_in", "port_out", "port_out"),
	("*--vmk*", "vmk_rx", "port_in", "punt", "port_out"),
	("*--dvfilter*", "dfw_out", "tunnel_encap", "dfw_in", "port_out"),
]
HEADS = {
	"stages": """# Stages

Made from `dataplane/api/stages.def` by `tests/lint/docs.py --write`: do not edit.

A stage is a capture point: `pktcap --capture STAGE` records packets that are about to enter it.

| stage | id | kind | nearest pktcap-uw point | what happens there |
|---|---|---|---|---|
""",
	"drops": """# Drop reasons

Made from `dataplane/api/drops.def` by `tests/lint/docs.py --write`: do not edit.

`show drop` counts them, `show drop recent` shows the last packets, `pktcap --capture drop` records them.

| reason | id | at stage | class | meaning | what to try | kin elsewhere |
|---|---|---|---|---|---|---|
""",
	"capture-points": """# Capture points

Made from `pktcap/points.def` and `dataplane/api/stages.def` by `tests/lint/docs.py --write`: do not edit. The same is the manual page
reddot-capture-points(7).

`pktcap --capture POINT[,POINT]` takes any name of these tables, at the ports that are named besides it, or `POINT@PORT`.

""",
}


def entries(root, name, macro):
	"""The arguments of every macro line of a .def file."""
	with open(os.path.join(root, DEFS[name]), encoding="utf-8") as f:
		text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
	for args in re.findall(rf"^{macro}\((.*)\)$", text, flags=re.M):
		yield [a.strip().strip('"') for a in re.findall(r'\s*("[^"]*"|[^,"]+)', args)]


def stages_of(expression):
	return [s.lower() for s in re.findall(r"S\((\w+)\)", expression)]


def row(cells):
	return "| " + " | ".join(cells) + " |\n"


def catalogue(root):
	"""pktcap-uw's points: number, name, our stages, what is captured, note"""
	return [[a[0], a[1], " ".join(stages_of(a[2])) or "none", a[3], a[4]] for a in entries(root, "capture-points", "PK_POINT")]


def own(root):
	"""our points: name, where, what is captured"""
	points = [[a[2], a[3].replace("IN", "inside"), a[5]] for a in entries(root, "stages", "RD_STAGE")]
	return points + [[a[0], "inside", a[3]] for a in entries(root, "capture-points", "PK_POINT_OWN")]


def capture_points(root):
	text = HEADS["capture-points"] + "## Those of pktcap-uw\n\n"
	text += "One record per stage. *none*: there is no such place here, and the note says where to look instead.\n\n"
	text += row(["no.", "point", "stages", "what is captured", "note"]) + "|---|---|---|---|---|\n"
	text += "".join(row(r) for r in catalogue(root))
	text += "\n## Ours\n\n" + row(["point", "kind", "what is captured"]) + "|---|---|---|\n" + "".join(row(r) for r in own(root))
	text += "\n## By port, direction and side\n\n" + row(["option", "rx, pre", "rx, post", "tx, pre", "tx, post"]) + "|---|---|---|---|---|\n"
	return text + "".join(row([c.replace("*", "`") if i == 0 else c for i, c in enumerate(r)]) for r in BY_PORT)


def man(root):
	"""scdoc"""
	def plain(text):
		return text.replace("_", "\\_")

	print("""reddot-capture-points(7) "reddot" "Miscellaneous"

# NAME

reddot-capture-points - the points at which pktcap can capture, and what pktcap-uw calls them

# DESCRIPTION

*pktcap --capture* takes any of these names, at the ports that are named besides it, at every port if there are none, or at a port of its
own: _point_*@*_port_. *pktcap -A* prints them, too.

# POINTS OF REDDOT

Each stage of the switch is a point: its packets are those that are about to enter it.
""")
	for name, kind, what in own(root):
		print(f"*{plain(name)}* ({kind.lower()})\n\t{plain(what)}\n")
	print("# POINTS OF PKTCAP-UW\n\nBy number, with the stages that they mean here. One record per stage.\n")
	for number, name, stages, what, note in catalogue(root):
		print(f"*{number}* *{name}*: {plain(stages)}\n\t{plain(what)}{plain('. ' + note if note else '')}\n")
	print("Other spellings: " + ", ".join(f"*{a}* is *{b}*" for a, b in entries(root, "capture-points", "PK_POINT_ALIAS")) + ".\n")
	print("# BY PORT, DIRECTION AND SIDE\n\nWithout *--capture*, *--dir* and *--stage* choose the point of a port: rx pre, rx post, tx pre, tx post.\n")
	for option, *points in BY_PORT:
		print(f"{option}\n\t{plain(', '.join(points))}\n")
	print("# SEE ALSO\n\n*pktcap*(1), *pktcap-uw*(1), *reddot*(1)")


def faults_of_points(root):
	"""The catalogue is whole, and says of every stage what stages.def says is its nearest point."""
	points = {r[1]: r[2].split() for r in catalogue(root)}
	numbers = [int(r[0]) for r in catalogue(root)]
	if numbers != list(range(1, len(numbers) + 1)):
		yield "points.def: the numbers have a gap"
	for r in catalogue(root):
		if r[2] == "none" and not r[4]:
			yield f"points.def: {r[1]} has no stage and no note that says where to look"
	for a in entries(root, "stages", "RD_STAGE"):
		if a[4] and a[2] not in points.get(a[4], []):
			yield f"points.def: {a[4]} has no {a[2]}, whose nearest point it is"


def table(root, name):
	if name == "capture-points":
		return capture_points(root)
	if name == "stages":
		rows = [[a[2], a[0], a[3], a[4] or "-", a[5]] for a in entries(root, name, "RD_STAGE")]
	else:
		rows = [[a[1], a[0], a[2], CLASSES[a[3]], a[4], a[5], a[6]] for a in entries(root, name, "RD_DROP")]
	return HEADS[name] + "".join(row(r) for r in rows)


def main():
	root, write = sys.argv[1], "--write" in sys.argv
	if "--man" in sys.argv:
		man(root)
		return
	stale = list(faults_of_points(root))
	for name in HEADS:
		path = os.path.join(root, "docs/guide", f"{name}.md")
		wanted = table(root, name)
		if write:
			with open(path, "w", encoding="utf-8") as f:
				f.write(wanted)
			continue
		with open(path, encoding="utf-8") as f:
			if f.read() != wanted:
				stale.append(f"docs/guide/{name}.md is not what {DEFS[name]} says; run tests/lint/docs.py . --write")
	print("\n".join(stale) or "docs: tables are in step")
	sys.exit(bool(stale))


if __name__ == "__main__":
	main()
