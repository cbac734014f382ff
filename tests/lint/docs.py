#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# The tables of stages and drop reasons in the guide are made from the .def files. Without an option it compares, which is
# the lint test; with --write it makes them again.
#
#	tests/lint/docs.py ROOT [--write]
import os
import re
import sys

CLASSES = {"M": "malformed", "P": "policy", "R": "resource", "C": "configuration", "X": "expected", "I": "internal", "H": "hardware"}
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
}


def entries(root, name, macro):
	"""The arguments of every macro line of a .def file."""
	with open(os.path.join(root, "dataplane/api", f"{name}.def"), encoding="utf-8") as f:
		text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
	for args in re.findall(rf"^{macro}\((.*)\)$", text, flags=re.M):
		yield [a.strip().strip('"') for a in re.findall(r'\s*("[^"]*"|[^,"]+)', args)]


def table(root, name):
	if name == "stages":
		rows = [[a[2], a[0], a[3], a[4] or "-", a[5]] for a in entries(root, name, "RD_STAGE")]
	else:
		rows = [[a[1], a[0], a[2], CLASSES[a[3]], a[4], a[5], a[6]] for a in entries(root, name, "RD_DROP")]
	return HEADS[name] + "".join("| " + " | ".join(row) + " |\n" for row in rows)


def main():
	root, write = sys.argv[1], "--write" in sys.argv
	stale = []
	for name in HEADS:
		path = os.path.join(root, "docs/guide", f"{name}.md")
		wanted = table(root, name)
		if write:
			with open(path, "w", encoding="utf-8") as f:
				f.write(wanted)
			continue
		with open(path, encoding="utf-8") as f:
			if f.read() != wanted:
				stale.append(f"docs/guide/{name}.md is not what {name}.def says; run tests/lint/docs.py . --write")
	print("\n".join(stale) or "docs: tables are in step")
	sys.exit(bool(stale))


if __name__ == "__main__":
	main()
