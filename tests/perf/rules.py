#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# What 10, 1,000 and 10,000 rules at a port cost a packet of a new flow (to be flat within a factor of two) and of an
# established one (no difference). Cycles by walk.c, in turn; with --instructions counted by valgrind instead.
#
#	rules.py [--build DIR] [--reps 3] [--instructions]
import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
RULES = (10, 1000, 10000)
PACKETS = 4096


def cycles(args, words):
	"""Median of a walk, in TSC cycles per packet"""
	out = subprocess.run([args.walk, HERE, "encap", *words], capture_output=True, text=True, check=False)
	if out.returncode:
		print(f"skip: {out.stderr.strip()}")
		sys.exit(77)
	return float(re.search(r"^walk +([\d.]+)", out.stdout, re.M).group(1))


def instructions(args, words):
	with tempfile.TemporaryDirectory(prefix="rd-perf-") as where:
		out = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={where}/out", "--collect-atstart=no",
			"--toggle-collect=rd_worker_walk_once", args.walk, HERE, "encap", *words, "-w", "1", "-n", str(PACKETS)],
			capture_output=True, text=True, check=False)
		if out.returncode:
			print(f"skip: {out.stderr.strip()[-300:]}")
			sys.exit(77)
	total = int(re.search(r"Collected : (\d+)", out.stderr).group(1))
	return total / (PACKETS + 8192)  # the warm-up is walked, too, and costs the same


def main():
	ap = argparse.ArgumentParser(description="what rules cost a new flow and an established one")
	ap.add_argument("--build", default=os.environ.get("RD_BUILD", "build"), help="a release build")
	ap.add_argument("--reps", type=int, default=3)
	ap.add_argument("--instructions", action="store_true")
	args = ap.parse_args()
	args.walk = args.build + "/tests/perf/walk"
	subprocess.run(["ninja", "-C", args.build, "tests/perf/walk"], stdout=subprocess.DEVNULL, check=True)
	unit, ask, reps = ("instructions", instructions, 1) if args.instructions else ("cycles", cycles, args.reps)
	got = {}
	for _ in range(reps):
		for kind, flows in (("new flow", "0"), ("established", "1000")):
			for n in RULES:
				got.setdefault((kind, n), []).append(ask(args, ["-f", flows, "-r", str(n)]))
	for kind in ("new flow", "established"):
		med = [statistics.median(got[kind, n]) for n in RULES]
		print(f"{kind:12}" + "  ".join(f"{n} rules {m:.0f}" for n, m in zip(RULES, med)) + f" {unit}; most/least {max(med) / min(med):.2f}")
	return 0


sys.exit(main())
