#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# What idle mirror sessions cost a packet in time: how long walks take (`show worker latency`) and cycles per packet with 0, 1 and 64 sessions
# that want nothing of the traffic, and with one that wants all. One daemon, its sessions changed in turn, so that a slow moment of the machine
# meets all alike.
#
#	mirror_latency.py --build DIR [--reps 5] [--secs 1]
#
# The histogram's buckets double from 32 us on, so a percentile is told as the bound that it lies below; the mean is exact. Needs a release
# build, root, hugepages, two cores; exits with 77 and the reason where something is missing. No time makes it fail.
import contextlib
import os
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import mirror  # noqa: E402
import versus  # noqa: E402
from machine import Skip, Spread, hugepages, measure  # noqa: E402

MODES = [("0 sessions", mirror.none), ("1 idle", mirror.not_matching(1)), ("64 idle", mirror.not_matching(64)),
	("1 that wants all", mirror.all_of("erspan2"))]
BOUNDS = [32 << i for i in range(8)] # us; the last bucket has none


def walks(o):
	"""(walks, ns, [walks in each bucket]) so far."""
	all_of = [i for i in o.client.list("worker.latency") if i["what"] == "Polling ports"]
	return (sum(i["samples"] for i in all_of), sum(i["sum_ns"] for i in all_of), [sum(b) for b in zip(*(i["buckets"] for i in all_of))])


def below(buckets, share):
	"""The bound that so many of the walks lie below."""
	left = share * sum(buckets)
	for bound, n in zip(BOUNDS, buckets):
		left -= n
		if left <= 0:
			return f"< {bound} us"
	return f"> {BOUNDS[-1]} us"


def sample(o, secs):
	"""(cycles per packet, walks, ns, buckets) of a while."""
	before = walks(o)
	s = measure(o, secs)
	after = walks(o)
	return s and (s.cycles, after[0] - before[0], after[1] - before[1], [a - b for a, b in zip(after[2], before[2])])


def show(name, got):
	if not got:
		print(f"{name:17} no sample: the machine was too busy", flush=True)
		return
	nb, ns = sum(g[1] for g in got), sum(g[2] for g in got)
	buckets = [sum(b) for b in zip(*(g[3] for g in got))]
	means = Spread([g[2] / g[1] for g in got])
	print(f"{name:17} {Spread([g[0] for g in got])!s:22} cycles a packet; {nb:>9} walks, mean {ns / nb:7.0f} ns (turns {means!s}),"
		f" p50 {below(buckets, .5)}, p99 {below(buckets, .99)}, p99.9 {below(buckets, .999)}, {100 * sum(buckets[1:]) / nb:.4f} % over 32 us", flush=True)


def main():
	args = versus.parse()
	try:
		if not os.path.exists(f"{args.build}/dataplane/reddotd"):
			raise Skip(f"no reddotd in {args.build}: --build DIR of a release build")
		args.tsc_hz = versus.tsc_hz(None)
		with hugepages(4000), tempfile.TemporaryDirectory(prefix="rd-perf-", dir="/dev/shm") as where:
			o, _ = mirror.Bench(args, where).daemon("l2", "64")
			with contextlib.closing(versus.Closer(o)):
				got = {name: [] for name, _ in MODES}
				for _ in range(args.reps):
					for name, arm in MODES:
						arm(o)
						time.sleep(versus.SETTLE_S)
						got[name].append(sample(o, args.secs))
				for name, _ in MODES:
					show(name, [g for g in got[name] if g])
	except Skip as e:
		print(e)
		sys.exit(77)


if __name__ == "__main__":
	main()
