#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# Instructions per packet and stage, counted by valgrind: the same on every run and on a busy machine, so that a change can
# be judged. Says nothing of caches and of what a CPU does at the same time: for that there are stage_cycles and versus.py.
#
#	callgrind.py [--build DIR] [--own N] [--atomics] [CASE...]
#
# --own: also the functions that take N or more by themselves. --atomics: also how many instructions with a lock prefix a
# packet runs, which is what spinlocks and atomic counters are made of, and where.
#
# Valgrind knows no AVX-512 and tells programs so; ours and DPDK's libraries choose by what they are told. A build with
# -march=native may stop with an illegal instruction: use a plain one. 77 and the reason where something is missing.
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
PACKETS = 65536
CASES = {
	"l2": ["l2"],
	"routed": ["routed", "-F"],
	"routed.1k": ["routed", "-F", "-f", "1000"],
	"encap": ["encap", "-F"],
	"decap": ["decap", "-F"],
	"encap+fw": ["encap"],
	"decap+fw": ["decap"],
	"encap+fw.1k": ["encap", "-f", "1000"],
	"decap+fw.1k": ["decap", "-f", "1000"],
	"encap+fw.new": ["encap", "-f", "0"],
	"decap+fw.new": ["decap", "-f", "0"],
}
FUNCTION = re.compile(r"^\s*([\d,]+) \([^)]*\)\s+(\S*?):([\w.@']+)(?: \[.*\])?$")


def functions(path, inclusive):
	"""Instructions by function"""
	out = subprocess.run(["callgrind_annotate", f"--inclusive={'yes' if inclusive else 'no'}", "--threshold=100", path],
		capture_output=True, text=True, check=True).stdout
	got = {}
	for line in out.split("\n"):
		m = FUNCTION.match(line)
		if m:
			name = m.group(3).split("'")[0]
			n = int(m.group(1).replace(",", ""))
			got[name] = max(got.get(name, 0), n) if inclusive else got.get(name, 0) + n
	return got


def count(walk, words, where):
	"""(inclusive, exclusive instructions by function, atomics) for PACKETS packets after a warm-up"""
	out = f"{where}/out"
	r = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--collect-atstart=no",
		"--dump-instr=yes", "--compress-pos=no", "--compress-strings=no", "--toggle-collect=bench_measured", walk, HERE, *words, "-w", "1", "-n", str(PACKETS)],
		capture_output=True, text=True, check=False)
	if r.returncode == 77 or "Illegal instruction" in r.stderr or "unrecognised instruction" in r.stderr:
		print("skip: " + r.stderr.strip().split("\n")[-1])
		sys.exit(77)
	if r.returncode:
		sys.exit(f"{words}: {r.stderr}")
	return functions(out, True), functions(out, False), atomics(out)


def atomic_addresses(obj):
	"""{address: instruction} of those that lock the bus: with the prefix, or xchg with memory"""
	out = subprocess.run(["objdump", "-d", "--no-show-raw-insn", obj], capture_output=True, text=True, check=False).stdout
	return {int(m.group(1), 16): m.group(2) for m in re.finditer(r"^ +([0-9a-f]+):\t(lock .*|xchg .*\(.*)$", out, re.M)}


def executed(path):
	"""{object: {address: (times, function)}}"""
	got, obj, fn, skip = {}, "", "", False
	with open(path, encoding="utf-8", errors="replace") as f:
		for line in f:
			if line.startswith("ob="):
				obj = line[3:].strip()
			elif line.startswith("fn="):
				fn = line[3:].strip()
			elif line.startswith("calls="):
				skip = True  # the next line is what the called function took
			elif line.startswith("0x") and not skip:
				at, _, n = line.split()[:3]
				old = got.setdefault(obj, {}).get(int(at, 16), (0, fn))
				got[obj][int(at, 16)] = (old[0] + int(n), fn)
			elif line.startswith("0x"):
				skip = False
	return got


def atomics(path):
	"""(per packet, place) of each that was run"""
	found = []
	for obj, places in executed(path).items():
		locked = atomic_addresses(obj) if os.path.exists(obj) else {}
		found += [(n / PACKETS, f"{fn} at {at:#x}: {locked[at]}") for at, (n, fn) in places.items() if at in locked]
	return sorted(found, reverse=True)


def table(results):
	names = list(results)
	stages = {}
	for case in names:
		for f, n in results[case][0].items():
			if f.endswith("_process"):
				stages.setdefault(f.removesuffix("_process"), {})[case] = n / PACKETS
	stages.pop("rd_tx", None)  # within the TX stages
	width = max(len(n) for n in names) + 2
	print("stage".ljust(16) + "".join(n.rjust(width) for n in names))
	for stage in sorted(stages, key=lambda s: -max(stages[s].values())):
		if max(stages[stage].values()) >= 0.5:
			print(stage.ljust(16) + "".join((f"{stages[stage][n]:.0f}" if n in stages[stage] else "-").rjust(width) for n in names))
	print("whole walk".ljust(16) + "".join(f"{results[n][0]['rd_worker_walk_once'] / PACKETS:.0f}".rjust(width) for n in names))


def by_function(results, least):
	for case, (_, own, _) in results.items():
		print(f"\n{case}: instructions per packet in each function itself")
		for f, n in sorted(own.items(), key=lambda x: -x[1]):
			if n / PACKETS >= least:
				print(f"{n / PACKETS:10.1f} {f}")


def locked(results):
	for case, (_, _, found) in results.items():
		print(f"\n{case}: {sum(n for n, _ in found):.3f} instructions with a lock per packet")
		for n, where in found:
			print(f"{n:10.3f} {where}")


def main():
	ap = argparse.ArgumentParser(description="instructions per packet and stage")
	ap.add_argument("case", nargs="*", help=" ".join(CASES))
	ap.add_argument("--build", default=os.environ.get("RD_BUILD", "build"), help="a release build")
	ap.add_argument("--own", type=float, metavar="N", help="also the functions that take N or more by themselves")
	ap.add_argument("--atomics", action="store_true", help="also instructions with a lock prefix")
	args = ap.parse_args()
	for tool in ("valgrind", "callgrind_annotate"):
		if shutil.which(tool) is None:
			print(f"skip: {tool} is missing: install valgrind")
			return 77
	subprocess.run(["ninja", "-C", args.build, "tests/perf/walk"], stdout=subprocess.DEVNULL, check=True)
	with tempfile.TemporaryDirectory(prefix="rd-perf-") as where:
		results = {c: count(args.build + "/tests/perf/walk", CASES[c], where) for c in args.case or CASES}
	print(f"instructions per packet, {PACKETS} packets of 64 bytes after a warm-up")
	table(results)
	if args.own is not None:
		by_function(results, args.own)
	if args.atomics:
		locked(results)
	return 0


sys.exit(main())
