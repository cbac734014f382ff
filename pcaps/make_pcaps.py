#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# Makes every file of pcaps/in and pcaps/INDEX.md: the same bytes on every run. Needs python3-scapy.
# A lint test (tests/lint/pcaps.sh) makes them again elsewhere and compares.
#
#	pcaps/make_pcaps.py [FOLDER]	(default: where this file is)
import os
import shutil
import sys

sys.dont_write_bytecode = True

import corpus  # noqa: E402
import demo  # noqa: E402
import malformed  # noqa: E402
from frames import write_pcap  # noqa: E402

HEAD = """# pcaps

Made by `make_pcaps.py` (this file too): do not edit. `demo/*.rd` are the configurations of the two packet walks.

## Inputs

| file | frames | what |
|---|---|---|
"""
MALFORMED = """
## Frames that must be dropped

Load `demo/emulated.rd`, inject the file at the port: every frame must get the reason (`dataplane/api/drops.def`).

| file | inject at | reason | frames | what |
|---|---|---|---|---|
"""


def main():
	top = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
	shutil.rmtree(os.path.join(top, "in"), ignore_errors=True)
	os.makedirs(os.path.join(top, "in", "malformed"))
	index = HEAD
	inputs = list(demo.files())
	inputs.append(("corpus.pcap", corpus.corpus(), "many kinds of frame, for filters, decoders and parsers"))
	for name, frames, text in inputs:
		write_pcap(os.path.join(top, "in", name), frames)
		index += f"| in/{name} | {len(frames)} | {text} |\n"
	index += MALFORMED
	for name, port, reason, frames, text in malformed.cases():
		write_pcap(os.path.join(top, "in", "malformed", name), frames)
		index += f"| in/malformed/{name} | {port} | {reason} | {len(frames)} | {text} |\n"
	with open(os.path.join(top, "INDEX.md"), "w", encoding="utf-8") as f:
		f.write(index)


main()
