#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# Every option in pktcap's table (pktcap/opt_*.c) is named in a test, as a word of its own: "--duration", "-duration" or a letter
# of it. Rows without help are for our own scripts. Every option of reddotd is in its --help and its manual page.
import os
import re
import sys

from csource import read, sources


def rows(root):
	"""(name or None, letters) of every option that people see"""
	for path in sources(root, (".c",)):
		if re.match(r"pktcap/opt_\w+\.c$", path):
			for row in re.split(r"\n\t\{(?=\.)", read(root, path))[1:]:
				name, letters = (re.search(rf'\.{key} = "([^"]*)"', row) for key in ("name", "letters"))
				if ".help = " in row:
					yield name and name[1], letters[1] if letters else ""


def tested(root):
	"""Words that begin with a dash in the tests' strings."""
	paths = [p for p in sources(root, (".c",)) if p.startswith("tests/unit/pktcap_")]
	paths += [os.path.join("tests/e2e", n) for n in os.listdir(os.path.join(root, "tests/e2e")) if n.endswith("_test.py")]
	words = set()
	for path in paths:
		words.update(re.findall(r"""["' (]--?([A-Za-z][\w-]*)""", read(root, path)))
	return words


def reddotd(root):
	"""What is missing where"""
	code, page = read(root, "dataplane/options.c"), read(root, "docs/man/reddotd.8.scd")
	names = re.findall(r'\{"([\w-]+)", (?:required|no)_argument', code)
	usage = code[code.index("static const char usage[]"):]
	for name in names:
		if not re.search(rf"--{name}[ ,\\\\]", usage):
			yield f"reddotd --help does not have --{name}"
		if f"*--{name}*" not in page:
			yield f"reddotd(8) does not have *--{name}*"
	for name in re.findall(r"\*--([\w-]+)\*", page[page.index("# OPTIONS"):page.index("# SIGNALS")]):
		if name not in names:
			yield f"reddotd(8) has *--{name}*, reddotd has not"


def main():
	root = sys.argv[1]
	words = tested(root)
	faults = list(reddotd(root))
	for name, letters in rows(root):
		if name is not None and name not in words and not any(c in words for c in letters):
			faults.append(f"no test shows what --{name} does")
		elif name is None:
			faults += [f"no test shows what -{c} does" for c in letters if c not in words]
	print("\n".join(faults) or "options: every option has a test")
	sys.exit(bool(faults))


main()
