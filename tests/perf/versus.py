#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# reddotd against Open vSwitch on DPDK: the same devices and packets, one forwarding core, in turn. A line per case.
#
#	versus.py [CASE...] [--quick] [--reps 5] [--secs 1] [--build DIR]	CASE: a name or its beginning, or T4; see --list
#
# Both run at once, but only one at a time gets to run: the other is stopped (SIGSTOP). Cycles are those of the time
# stamp counter in the time that the poll thread really ran; a sample in which it had the core for less than 60 % is not
# taken. G is what source and sink cost without a switch between them; "net" is without it. A ratio counts as reached only
# when the samples' ranges do not overlap. Needs root, hugepages and two cores; exits with 77 and the reason where something is
# missing, with 1 when bytes were wrong or a case did not run. No time makes it fail.
import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import newflow  # noqa: E402
import ovs  # noqa: E402
from cases import CASES, SCALE  # noqa: E402
from machine import Skip, Spread, hugepages, measure  # noqa: E402
from null import Null  # noqa: E402
from ours import Ours  # noqa: E402
from traffic import Expected, frames, write_pcap  # noqa: E402

SETTLE_S = 0.3
MBUFS = 32768


class Bench:
	def __init__(self, args, where):
		self.args, self.where = args, where
		self.reddotd = f"{args.build}/dataplane/reddotd"
		self.source = f"{args.build}/tests/perf/source"
		self.g = {}
		self.failed = 0
		self.results = []

	def pcap(self, kind, flows, size, both):
		"""(file, frames as guests see them)"""
		sent = list(frames(flows, size, both, kind == "decap", kind == "encap"))
		path = f"{self.where}/{kind == 'decap'}-{flows}-{size}-{both}.pcap"
		write_pcap(path, (f for f, _ in sent))
		return path, [inner for _, inner in sent]

	def generator(self, path, packets):
		"""G of this file"""
		if path not in self.g:
			n = Null(self.source, self.where, path, MBUFS + packets, self.args.cores, self.args.tsc_hz)
			with contextlib.closing(Closer(n)):
				n.open()
				samples = self.turns([n], max(self.args.reps, 3), min(self.args.secs, 0.5))
			self.g[path] = Spread(samples[n])
		return self.g[path].median

	def ours(self, kind, path, packets, fw, **kw):
		total = MBUFS + packets
		# The file has both directions of each flow, and they come by one port: to us these are two connections, for a guest
		# that sends with the other's address is not the other.
		kw.setdefault("extra", ("--conn-capacity", str(max(131072, 4 * packets))))
		return Ours(self.reddotd, tempfile.mkdtemp(dir=self.where), kind, f"net_pcap0,rx_pcap={path},infinite_rx=1",
			cores=self.args.cores, mbufs=total, mem=512 + total // 380, firewall=fw, **kw)

	def turns(self, peers, reps, secs):
		"""Cycles per packet of each, one after the other, reps times"""
		got = {p: [] for p in peers}
		self.share = {p: [] for p in peers}
		for p in peers:
			p.pause()
		for i in range(reps):
			for p in peers if i % 2 == 0 else reversed(peers):
				p.resume()
				time.sleep(SETTLE_S)
				s = measure(p, secs)
				p.pause()
				if s is not None:
					got[p].append(s.cycles)
					self.share[p].append(s.share)
		for p in peers:
			if len(got[p]) * 2 <= reps:
				raise RuntimeError(f"{p.name}: hardly had its core, {len(got[p])} of {reps} samples are left")
		return got

	def verify(self, o, kind, inner, drops):
		"""The bytes at the sink, and nothing dropped on the way"""
		now = {k: n for k, n in o.drops().items() if n != drops.get(k, 0)}
		assert not now, f"dropped while measured: {now}"
		want = Expected(inner)
		o.capture_sink(f"{o.dir}/sink.pcap", want.needed())
		count, kinds = want.check(f"{o.dir}/sink.pcap", kind == "encap")
		os.unlink(f"{o.dir}/sink.pcap")
		return f"bytes ok ({count} frames, {kinds} different)"

	def case(self, c):
		path, inner = self.pcap(c.kind, c.flows, c.size, c.fw)
		g = self.generator(path, c.packets)
		where = tempfile.mkdtemp(dir=self.where)
		o = self.ours(c.kind, path, c.packets, c.fw)
		p = None
		try:
			o.open()
			time.sleep(SETTLE_S)
			o.pause()
			p = ovs.Ovs(where, c.kind, f"net_pcap0,rx_pcap={path},infinite_rx=1", c.fw, self.args.cores, c.smc, self.args.tsc_hz)
			p.open()
			time.sleep(1.5 if c.flows < 50000 else 3)
			p.check()
			o.resume()
			drops = o.drops()
			got = self.turns([o, p], self.args.reps, self.args.secs)
			o.resume()
			self.report(c, Spread(got[o]), Spread(got[p]), g, self.verify(o, c.kind, inner, drops), [o, p])
		finally:
			o.stop()
			if p is not None:
				p.stop()

	def report(self, c, a, b, g, verdict, peers):
		ratio = b.median / a.median
		apart = not a.overlaps(b)
		mark = ""
		if c.floor is not None:
			mark = "GOAL" if ratio >= c.goal and apart else "floor" if ratio >= c.floor and apart else "below"
			mark = f"{mark} ({c.floor}, {c.goal})"
		share = " ".join(f"{100 * min(self.share[p]):.0f}" for p in peers)
		net = f"{max(a.median - g, 0):.0f}"
		net_peer = f"{max(b.median - g, 0):.0f}"
		print(f"{c.target:4}{c.name:20} peer {b!s:18} ours {a!s:18} G {g:3.0f} net {net_peer}/{net:4} ratio {ratio:.2f}"
			f"{'' if apart else ' (ranges overlap)'} {mark} | share {share} % | {verdict}", flush=True)
		self.results.append({"case": c.name, "target": c.target, "peer": b.values, "ours": a.values, "g": g, "ratio": ratio,
			"apart": apart, "floor": c.floor, "goal": c.goal, "smc": c.smc, "verdict": verdict})

	def scale(self, kind, flows, floor, goal):
		"""T8: one flow and many, both ours, in turn"""
		paths = [self.pcap(kind, n, "64", True) for n in (1, flows // 2)]
		g = [self.generator(p, len(inner)) for p, inner in paths]
		peers = []
		try:
			for path, inner in paths:
				peers.append(self.ours(kind, path, len(inner), True, flows=2097152,
					extra=("--conn-capacity", "1048576")))
				peers[-1].open()
				time.sleep(SETTLE_S + len(inner) / 1e6 * 3)
				peers[-1].pause()
			got = self.turns(peers, self.args.reps, self.args.secs)
			one, many = Spread(got[peers[0]]), Spread(got[peers[1]])
			peers[1].resume()
			entries = peers[1].client.one("flow.stats")["entries"]
		finally:
			for p in peers:
				p.stop()
		ratio = (many.median - g[1]) / (one.median - g[0])
		mark = "GOAL" if ratio <= goal else "floor" if ratio <= floor else "above"
		print(f"T8  {kind + '+fw'}, {entries} flows: {many} G {g[1]:.0f}; 1 flow: {one} G {g[0]:.0f}; net ratio {ratio:.2f} "
			f"{mark} ({floor}, {goal})", flush=True)
		self.results.append({"case": f"scale.{kind}.{flows}", "target": "T8", "ours": many.values, "one": one.values, "g": g,
			"ratio": ratio, "floor": floor, "goal": goal})

	def without(self):
		"""T9: the peer's encap without connection tracking by ours with the firewall; of two cases, so not in turn"""
		got = {r["case"]: r for r in self.results}
		if "encap.64.1" in got and "encap+fw.64.1" in got:
			b, a = Spread(got["encap.64.1"]["peer"]), Spread(got["encap+fw.64.1"]["ours"])
			ratio = b.median / a.median
			mark = "GOAL" if ratio >= 1.0 and not a.overlaps(b) else "floor" if ratio >= 0.8 else "below"
			print(f"T9  encap, peer without ct {b}, ours with the firewall {a}: ratio {ratio:.2f} {mark} (0.8, 1.0)", flush=True)

	def attempt(self, what, fn, *args):
		try:
			fn(*args)
		except Skip:
			raise
		except Exception as e:  # the next case may well run
			self.failed += 1
			print(f"    {what}: FAILED: {type(e).__name__}: {e}", flush=True)


class Closer:
	def __init__(self, process):
		self.close = process.stop


def tsc_hz(source):
	"""As the kernel says it; the daemon measures the same"""
	del source
	with open("/proc/cpuinfo", encoding="ascii") as f:
		return next(float(line.split(":")[1]) * 1e6 for line in f if line.startswith("cpu MHz"))


def header(args):
	with open("/proc/cpuinfo", encoding="ascii") as f:
		cpu = next(line.split(":")[1].strip() for line in f if line.startswith("model name"))
	version = subprocess.run([ovs.VSWITCHD, "--version"], capture_output=True, text=True, check=False).stdout.split("\n")
	rev = subprocess.run(["git", "-C", os.path.dirname(os.path.realpath(__file__)), "describe", "--always", "--dirty"],
		capture_output=True, text=True, check=False).stdout.strip()
	print(f"# {cpu}, TSC {args.tsc_hz / 1e6:.0f} MHz, load {os.getloadavg()[0]:.1f}; {version[0]}, {''.join(version[1:2])} (scalar datapath);")
	print(f"# ours: {rev}, {args.build}; core {args.cores[1]} forwards; median (range) of {args.reps} samples of {args.secs} s,"
		" TSC cycles per packet", flush=True)


def chosen(args):
	"""(versus cases, scale cases)"""
	if not args.case:
		return [c for c in CASES if c.quick or not args.quick], [] if args.quick else SCALE
	cases = [c for c in CASES if any(c.name.startswith(w) or c.target == w for w in args.case)]
	return cases, SCALE if "T8" in args.case else []


def parse():
	ap = argparse.ArgumentParser(description="cycles per packet of reddotd and Open vSwitch on DPDK")
	ap.add_argument("case", nargs="*", help="names, their beginnings, or targets; default: all")
	ap.add_argument("--quick", action="store_true", help="one case per kind, three minutes")
	ap.add_argument("--reps", type=int, default=5)
	ap.add_argument("--secs", type=float, default=1.0, help="per sample")
	ap.add_argument("--build", default=os.environ.get("RD_BUILD", "build"), help="a release build")
	ap.add_argument("--cores", default="0,1", help="of control and of forwarding")
	ap.add_argument("--json", help="also write all samples to this file")
	ap.add_argument("--list", action="store_true")
	args = ap.parse_args()
	args.cores = [int(x) for x in args.cores.split(",")]
	if args.quick:
		args.reps, args.secs = min(args.reps, 3), min(args.secs, 1.0)
	return args


def check_machine(args):
	ovs.available()
	if os.cpu_count() < 2:
		raise Skip("two cores are needed, one to forward")
	subprocess.run(["ninja", "-C", args.build, "dataplane/reddotd", "tests/perf/source"], stdout=subprocess.DEVNULL, check=True)
	info = json.loads(subprocess.run(["meson", "introspect", "--buildoptions", args.build], capture_output=True, text=True,
		check=True).stdout)
	kind = next(o["value"] for o in info if o["name"] == "buildtype")
	if kind != "release":
		raise Skip(f"{args.build} is a {kind} build: meson setup DIR --buildtype release, and --build DIR")


def run(args, where):
	bench = Bench(args, where)
	cases, scale = chosen(args)
	for c in cases:
		bench.attempt(c.name, bench.case, c)
	bench.without()
	for s in scale:
		bench.attempt(f"T8 {s[0]} {s[1]}", bench.scale, *s)
	if "T11" in args.case or not args.case and not args.quick:
		bench.attempt("T11", newflow.run, bench)
	if args.json:
		with open(args.json, "w", encoding="utf-8") as f:
			json.dump(bench.results, f, indent=1)
	return 1 if bench.failed else 0


def main():
	args = parse()
	if args.list:
		print("\n".join(f"{c.target:4}{c.name}" for c in CASES))
		return 0
	where = tempfile.mkdtemp(prefix="rd-perf-", dir="/dev/shm")
	try:
		check_machine(args)
		args.tsc_hz = tsc_hz(None)
		big = not args.quick and (not args.case or "T8" in args.case)
		with hugepages(9000 if big else 4000):
			header(args)
			return run(args, where)
	except Skip as e:
		print(f"skip: {e}")
		return 77
	finally:
		shutil.rmtree(where, ignore_errors=True)


if __name__ == "__main__":
	sys.exit(main())
