#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# Every drop reason is reached by a test: by a frame of pcaps/INDEX.md (the graph suite sends them all), or by name in a test.
# Every reason is used by the dataplane, too: what nothing can reach should not be promised.
import os
import re
import sys

from csource import read, sources
from docs import entries


def words(root, paths):
	found = set()
	for path in paths:
		found.update(re.findall(r"\w+", read(root, path)))
	return found


def e2e_tests(root):
	return [os.path.join("tests/e2e", n) for n in os.listdir(os.path.join(root, "tests/e2e")) if n.endswith(".py")]


def main():
	root = sys.argv[1]
	c_files = sources(root, (".c",))
	tested = words(root, ["pcaps/INDEX.md"] + e2e_tests(root))
	tested_in_c = words(root, [p for p in c_files if p.startswith("tests/")])
	dataplane = "".join(read(root, p) for p in sources(root) if p.startswith("dataplane/") and not p.startswith("dataplane/api/"))
	# base may not include api, so its parser has the numbers (api/stages.c asserts that they agree).
	numbers = re.findall(r"RD_PKT_E_\w+ = (\d+)", dataplane)
	faults = []
	for number, reason, class_ in ((a[0], a[1], a[3]) for a in entries(root, "drops", "RD_DROP")):
		if class_ == "H": # never has a packet; control/hwcount.c reads what devices count
			continue
		if reason not in tested and f"RD_DROP_{reason}" not in tested_in_c:
			faults.append(f"drops.def: no test reaches {reason}: add a frame to pcaps/malformed.py, or a test to tests/graph/drops.c")
		if number not in numbers and not re.search(rf"RD_DROP_{reason}\b", dataplane):
			faults.append(f"drops.def: nothing drops for {reason}")
	# Cases that the table of tests/graph/drops_all.c leaves to another test are really there.
	for reason, path in re.findall(r'ELSEWHERE\(RD_DROP_(\w+), "([^"]+)"\)', read(root, "tests/graph/drops_cases.c")):
		if f"RD_DROP_{reason}" not in read(root, path):
			faults.append(f"{path}: does not reach {reason}, as tests/graph/drops_cases.c says")
	print("\n".join(faults) or "covered: every reason is used and tested")
	sys.exit(bool(faults))


main()
