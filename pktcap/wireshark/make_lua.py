#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# Fills the list of stages into the dissector, from the one place where stages are listed.
#
#	make_lua.py TEMPLATE STAGES.DEF OUTPUT
import re
import sys

template, stages, output = sys.argv[1:]
with open(stages, encoding="utf-8") as f:
	names = re.findall(r"^RD_STAGE\(\d+, \w+, (\w+),", f.read(), re.M)
assert names, f"{stages} lists no stages"
lines, line = [], "\t"
for name in names:
	word = f"{name} = true, "
	if len(line) + len(word) > 100:
		lines.append(line.rstrip())
		line = "\t"
	line += word
lines.append(line.rstrip())
with open(template, encoding="utf-8") as f:
	text = f.read()
assert text.count("@STAGES@") == 1
with open(output, "w", encoding="utf-8") as f:
	f.write(text.replace("@STAGES@", "\n".join(lines) + "\n"))
