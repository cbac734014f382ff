# SPDX-License-Identifier: BSD-3-Clause
#
# Reading C for the lint tests: which files there are, text without comments and strings, functions. Our files are
# clang-formatted, so "{" and "}" in the first column bound a function; no parser is needed.
import os
import re

FOLDERS = ("dataplane", "pktcap", "mirror", "cli", "tests")


def sources(root, ends=(".c", ".h")):
	"""Paths relative to root, sorted."""
	found = []
	for folder in FOLDERS:
		for top, dirs, names in os.walk(os.path.join(root, folder)):
			dirs[:] = [d for d in dirs if not d.startswith(("build", ".", "__"))]
			found += [os.path.relpath(os.path.join(top, n), root) for n in names if n.endswith(ends)]
	return sorted(found)


def read(root, path):
	with open(os.path.join(root, path), encoding="utf-8") as f:
		return f.read()


def code_only(text):
	"""Blanks comments and the insides of strings; line numbers stay."""
	def blank(match):
		token = match.group(0)
		if token.startswith(('"', "'")):
			return token[0] + token[-1]
		return "\n" * token.count("\n")

	return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


class Function:
	def __init__(self, name, signature, line, body):
		self.name, self.signature, self.line, self.body = name, signature, line, body

	def length(self):
		"""Lines from the signature's last line to the closing brace."""
		return len(self.body) + 2

	def params(self):
		inside = self.signature[self.signature.index("(") + 1:self.signature.rindex(")")]
		depth, commas = 0, 0
		for c in inside:
			depth += c in "([" and 1 or c in ")]" and -1 or 0
			commas += c == "," and depth == 0
		return 0 if inside.strip() in ("", "void") else commas + 1

	def nesting(self):
		"""Depth of the deepest if, for, while, switch or do: indentation is the formatter's, so it counts tabs."""
		deepest = 0
		for line in self.body:
			if re.match(r"\t+(}\s*else|if|for|while|switch|do|json_\w+_foreach|RTE_\w*FOREACH\w*)\b", line):
				deepest = max(deepest, len(line) - len(line.lstrip("\t")))
		return deepest


def functions(text):
	lines = code_only(text).split("\n")
	start = None
	for i, line in enumerate(lines):
		if line == "{":
			start = i
		elif line == "}" and start is not None:
			first = start
			while first > 0 and lines[first - 1].strip() and not lines[first - 1].rstrip().endswith((";", "}", "\\")) \
					and not lines[first - 1].startswith("#"):
				first -= 1
			signature = " ".join(lines[first:start])
			name = re.search(r"(\w+)\s*\(", signature)
			if name and ")" in signature:
				yield Function(name.group(1), signature, start + 1, lines[start + 1:i])
			start = None
