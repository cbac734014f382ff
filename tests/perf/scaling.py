#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# Two workers against one on two cores, each with a queue and flows of its own. Control and everything else of the machine share the second
# core, so packets are counted by the time in which the worker's thread really ran. scaling.c says what to expect from one core alone.
#
#	scaling.py [--build DIR] [--secs 2] [--reps 3] [--flows 1000]
#
# 77 and the reason where something is missing.
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
from machine import Skip, hugepages, poll_thread, run_ns, wait_for  # noqa: E402
from ours import Ours  # noqa: E402
from traffic import guest_frame, write_pcap  # noqa: E402

CORES = (1, 0)  # of the workers; control is on 0
CASES = (("l2", False), ("encap", True))
MBUF_BYTES = 2500


class Workers(Ours):
	"""One or two workers; the source has two queues either way"""

	def __init__(self, args, where, kind, firewall, nb):
		mbufs = 32768 + 2 * args.flows
		self.used = CORES[:nb]
		super().__init__(f"{args.build}/dataplane/reddotd", tempfile.mkdtemp(dir=where), kind, "net_null0,no-rx=1",
			(0, ",".join(str(c) for c in self.used)), mbufs, 256 + mbufs * MBUF_BYTES // 1000000, firewall=firewall,
			extra=("--workers", str(nb)))
		self.core = self.used[0]

	def start(self, where):
		self.open(traffic=False)
		self.tids = [poll_thread(self.pid, c) for c in self.used]
		files = ",".join(f"rx_pcap={where}/{q}.pcap" for q in range(2))
		self.client("port.set", port="source", device=f"net_pcap0,{files},infinite_rx=1", queues=2)
		wait_for("packets of every worker", lambda: all(w["packets"] for w in self.client.list("worker.list")))

	def counts(self):
		"""(packets, ns on a core) of each worker"""
		packets = [w["packets"] for w in self.client.list("worker.list")]
		return [(p, run_ns(self.pid, t)) for p, t in zip(packets, self.tids)]


def sample(args, where, kind, firewall, nb):
	"""Mpps of each worker by its own time, Mpps of all by the clock, lowest share of a core that a worker had"""
	w = Workers(args, where, kind, firewall, nb)
	try:
		w.start(where)
		time.sleep(0.5)
		before, t0 = w.counts(), time.monotonic_ns()
		time.sleep(args.secs)
		after, t1 = w.counts(), time.monotonic_ns()
		if w.drops():
			raise RuntimeError(f"packets were dropped: {w.drops()}")
	finally:
		w.stop()
	delta = [(p1 - p0, n1 - n0) for (p0, n0), (p1, n1) in zip(before, after)]
	return [p / n * 1e3 for p, n in delta], sum(p for p, _ in delta) / (t1 - t0) * 1e3, min(n for _, n in delta) / (t1 - t0)


def case(args, where, kind, firewall):
	runs = {1: [], 2: []}
	for _ in range(args.reps):
		for nb in runs:
			runs[nb].append(sample(args, where, kind, firewall, nb))
	one, two = (statistics.median(sum(own) for own, _, _ in runs[nb]) for nb in (1, 2))
	clock = [statistics.median(c for _, c, _ in runs[nb]) for nb in (1, 2)]
	least = min(share for _, _, share in runs[2])
	each = " + ".join(f"{statistics.median(own[i] for own, _, _ in runs[2]):.2f}" for i in range(2))
	print(f"{kind}{'+fw' if firewall else ''}: one worker {one:.2f} Mpps, two {each} Mpps of their own time: {two / one:.2f} times;"
		f" by the clock {clock[0]:.2f} and {clock[1]:.2f} Mpps, {clock[1] / clock[0]:.2f} times (a worker had at least {100 * least:.0f} %"
		" of its core)", flush=True)


def main():
	ap = argparse.ArgumentParser(description="two workers against one, on two cores")
	ap.add_argument("--build", default=os.environ.get("RD_BUILD", "build"), help="a release build")
	ap.add_argument("--secs", type=float, default=2)
	ap.add_argument("--reps", type=int, default=3)
	ap.add_argument("--flows", type=int, default=1000, help="of each queue")
	args = ap.parse_args()
	if len(os.sched_getaffinity(0)) < 2:
		print("skip: needs two cores")
		return 77
	where = tempfile.mkdtemp(prefix="rd-perf-", dir="/dev/shm")
	try:
		subprocess.run(["ninja", "-C", args.build, "dataplane/reddotd"], stdout=subprocess.DEVNULL, check=True)
		for q in range(2):
			write_pcap(f"{where}/{q}.pcap", (guest_frame(q * args.flows + k, 64) for k in range(args.flows)))
		with hugepages(512 + (32768 + 2 * args.flows) * MBUF_BYTES // 1000000):
			for kind, firewall in CASES:
				case(args, where, kind, firewall)
		return 0
	except Skip as e:
		print(f"skip: {e}")
		return 77
	finally:
		shutil.rmtree(where, ignore_errors=True)


sys.exit(main())
