#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# Budgets: file 400 lines, header 150, function 60 (a node's process 90), 6 parameters, nesting 4. What may be longer
# is listed here with its reason; a line that is no longer needed is a fault too.
import re
import sys

from csource import functions, read, sources

FILE, HEADER, FUNCTION, PROCESS, PARAMS, NESTING = 400, 150, 60, 90, 6, 4

# (path, "file" or the function's name): reason
ALLOWED = {
}


def faults_of(path, text):
	"""(key, what) for everything over budget"""
	lines = text.count("\n")
	budget = HEADER if path.endswith(".h") else FILE
	if lines > budget:
		yield "file", f"{lines} lines, budget {budget}"
	for f in functions(text):
		limit = PROCESS if "struct rte_graph *" in f.signature else FUNCTION
		if f.length() > limit:
			yield f.name, f"{f.length()} lines, budget {limit}"
		# Carrying a method takes seven by contract (api/client.h, engine/cli.h): it and what forwards to it.
		if f.params() > PARAMS and not re.search(r"\beach\b|rd_client_item_fn", f.signature):
			yield f.name, f"{f.params()} parameters, budget {PARAMS}"
		if f.nesting() > NESTING:
			yield f.name, f"nesting {f.nesting()}, budget {NESTING}"


def main():
	root = sys.argv[1]
	used, faults = set(), []
	for path in sources(root):
		for key, what in faults_of(path, read(root, path)):
			used.add((path, key))
			if (path, key) not in ALLOWED:
				faults.append(f"{path}: {key}: {what}")
	faults += [f"sizes.py: {path}: {key} is allowed, but within budget" for path, key in set(ALLOWED) - used]
	print("\n".join(faults) or "sizes: all within budget")
	sys.exit(bool(faults))


main()
