#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# Every header compiles alone, so that nobody has to know what to include before it.
#
#	headers.py ROOT CC [flags..]
import concurrent.futures
import subprocess
import sys

from csource import sources


def compile_alone(job):
	root, path, cc = job
	include = [f"-I{root}/{d}" for d in ("dataplane", "pktcap", "cli", "mirror", "tests", "tests/harness", "tests/graph")]
	unit = f'#include "{root}/{path}"\n'
	run = subprocess.run(cc + ["-std=gnu2x", "-D_GNU_SOURCE", "-DALLOW_EXPERIMENTAL_API", "-fsyntax-only", "-x", "c", "-"] + include,
		input=unit, text=True, capture_output=True, check=False)
	return f"{path}:\n{run.stderr}" if run.returncode else None


def main():
	root, cc = sys.argv[1], sys.argv[2:]
	flags = subprocess.run(["pkg-config", "--cflags", "libdpdk", "jansson"], text=True, capture_output=True, check=True)
	jobs = [(root, path, cc + flags.stdout.split()) for path in sources(root, (".h",))]
	with concurrent.futures.ThreadPoolExecutor(2) as pool:
		faults = [f for f in pool.map(compile_alone, jobs) if f]
	print("\n".join(faults) or f"headers: {len(jobs)} compile alone")
	sys.exit(bool(faults))


main()
