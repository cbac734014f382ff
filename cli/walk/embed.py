#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# The style sheet and the script of the exported page as C strings, with the hashes by which the page's policy knows them.
#
#	embed.py page.css page.js OUTPUT
import base64
import hashlib
import sys


def literal(name, text):
	lines = [f'\t"{line}\\n"' for line in text.replace("\\", "\\\\").replace('"', '\\"').splitlines()]
	return f"#define {name} \\\n" + " \\\n".join(lines) + "\n"


with open(sys.argv[3], "w", encoding="utf-8") as out:
	out.write("// Made by embed.py.\n")
	for name, path in (("PAGE_CSS", sys.argv[1]), ("PAGE_JS", sys.argv[2])):
		with open(path, encoding="utf-8") as f:
			text = "".join(line.rstrip("\n") + "\n" for line in f)
		digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
		out.write(literal(name, text))
		out.write(f'#define {name}_HASH "sha256-{digest}"\n')
