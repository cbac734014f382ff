#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# Captures side by side with dpdk-dumpcap and dpdk-pdump: the same devices and packets, both forwarders at once, each stopped while
# the other one is measured. What a capture costs the forwarder, how much is captured and stored, what is lost and whether that is
# told to the packet, and what clients that come, go and die do to it. See docs/design/performance.md. Root and hugepages.
#
#	capture.py [CASE...] --build build-rel [--reps 5]
import argparse
import contextlib
import os
import re
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, HERE)
import dumpcap  # noqa: E402
from machine import Process, Skip, hugepages, measure, prefer, run_ns, wait_for  # noqa: E402
from ours import Ours  # noqa: E402
from traffic import frames, write_pcap  # noqa: E402

NEVER = "udp and host 203.0.113.9"
SETTLE_S = 0.2
PAUSE_S = 0.3  # between captures of T25: the daemon makes the next one's ring meanwhile


def spread(values, digits=1):
	return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}..{max(values):.{digits}f})"


def warm(where, mb=2500):
	"""Memory that a virtual machine has not touched for a while is slow to come: the host takes back what was free for two seconds"""
	with open(f"{where}/warm", "wb") as f:
		for _ in range(mb // 4):
			f.write(bytes(4 << 20))
	os.unlink(f"{where}/warm")


def record_len(path):
	"""Bytes of a packet's record: pcapng's first packet block, or pcap's header and bytes"""
	with open(path, "rb") as f:
		data = f.read(65536)
	if data[:4] != b"\x0a\x0d\x0d\x0a":
		return 16 + struct.unpack_from("<I", data, 32)[0]
	at = 0
	while at + 12 <= len(data):
		kind, length = struct.unpack_from("<II", data, at)
		if kind == 6:
			return length
		at += length
	raise RuntimeError(f"{path}: no packet")


class Pktcap(Process):
	"""Ours, on control's core"""

	def __init__(self, bench, ours, path, *options):
		self.path = path
		super().__init__(["taskset", "-c", str(bench.args.cores[0]), bench.pktcap, "--socket", ours.socket, "-o", path, *options],
			f"{bench.where}/pktcap.log")
		wait_for("pktcap", lambda: "capturing at" in self.text() or not self.alive())
		if not self.alive():
			raise RuntimeError(f"pktcap ended: {self.text()}")

	def end(self):
		"""(seen, matched, captured, lost) as it says"""
		os.kill(self.pid, signal.SIGINT)
		self.proc.wait(60)
		text = self.text()
		os.truncate(self.log, 0)
		captured = int(re.search(r"^(\d+) packets? captured", text, re.M).group(1))
		matched, seen = map(int, re.search(r"^(\d+) packets? matched the filter of (\d+) seen", text, re.M).groups())
		return seen, matched, captured, int(re.search(r"^(\d+) packets? lost in the ring", text, re.M).group(1))


class Bench:
	def __init__(self, args, where):
		self.args, self.where = args, where
		self.pktcap = f"{args.build}/pktcap/pktcap"
		self.ours = self.peer = None
		self.point = "--capture vnic_rx --meta none".split()

	def open(self, size, flows=1):
		path = f"{self.where}/{size}-{flows}.pcap"
		write_pcap(path, (f for f, _ in frames(flows, str(size), False, False, False)))
		source = f"net_pcap0,rx_pcap={path},infinite_rx=1"
		self.ours = Ours(f"{self.args.build}/dataplane/reddotd", tempfile.mkdtemp(dir=self.where), "l2", source,
			cores=self.args.cores, firewall=False)
		self.ours.open()
		self.args.tsc_hz = self.ours.tsc_hz
		self.ours.pause()
		if not self.args.alone:
			self.peer = dumpcap.Testpmd(self.where, source, self.args.cores, self.args.tsc_hz)
			self.peer.open()
			self.peer.pause()

	def close(self):
		for p in (self.ours, self.peer):
			if p is not None:
				p.stop()
		self.ours = self.peer = None

	@contextlib.contextmanager
	def running(self, who):
		who.resume()
		time.sleep(SETTLE_S)
		try:
			yield
		finally:
			if who.alive():
				who.pause()

	def cycles(self, who):
		s = measure(who, self.args.secs)
		return None if s is None else s.cycles

	def load(self, who, path, capture, end):
		"""Forwarder's cycles without and with a capture; and per second: forwarded, captured, bytes"""
		warm(self.where)
		with self.running(who):
			off = self.cycles(who)
			tool = capture()
			prefer(who)
			n0, r0, z0, t0 = who.packets(), run_ns(who.pid, who.tid), os.path.getsize(path), time.monotonic()
			time.sleep(self.args.secs)
			n1, r1, z1, t1 = who.packets(), run_ns(who.pid, who.tid), os.path.getsize(path), time.monotonic()
			told = end(tool)
		rec = record_len(path) if z1 > z0 else 1
		os.unlink(path)
		on = (r1 - r0) * self.args.tsc_hz / 1e9 / (n1 - n0)
		return {"off": off, "on": on, "forwarded": (n1 - n0) / (t1 - t0) / 1e6, "captured": (z1 - z0) / rec / (t1 - t0) / 1e6,
			"bytes": (z1 - z0) / (t1 - t0) / 1e9, "told": told}

	def ours_load(self, *options):
		path = f"{self.where}/ours.pcapng"
		got = self.load(self.ours, path, lambda: Pktcap(self, self.ours, path, *self.point, *options), Pktcap.end)
		seen, matched, captured, lost = got["told"]
		assert matched == captured + lost <= seen, f"matched {matched}, captured {captured}, lost {lost}"
		return got

	def peer_load(self, pdump=False, **kw):
		path = f"{self.where}/peer.pcapng"
		return self.load(self.peer, path, lambda: self.peer.capture(path, pdump=pdump, **kw), dumpcap.end)


def line(target, what, ours, peer, ratio, note=""):
	print(f"{target:4}{what:32} peer {peer:22} ours {ours:22} ratio {ratio}{note}", flush=True)


def turns(bench, ours, peers):
	"""Samples of ours and of each peer, in turn"""
	got = [[] for _ in range(1 + len(peers))]
	for _ in range(bench.args.reps):
		for i, fn in enumerate([ours, *peers]):
			try:
				got[i].append(fn())
			except (RuntimeError, OSError, BrokenPipeError) as e:  # detaching may have ended the peer
				if i == 0:
					raise
				print(f"    peer: {type(e).__name__}: {str(e)[:80]}", flush=True)
	return got


def of(samples, key):
	return [s[key] for s in samples if s[key] is not None]


def added(samples):
	return [s["on"] - s["off"] for s in samples if s["off"] is not None]


def report(target, what, ours, peer, fn, best, digits=1):
	a = fn(ours)
	b = max((fn(p) for p in peer if p), key=statistics.median, default=None) if best else (fn(peer[0]) if peer and peer[0] else None)
	if not b:
		line(target, what, spread(a, digits), "-", "-")
		return
	ratio = statistics.median(a) / statistics.median(b)
	line(target, what, spread(a, digits), spread(b, digits), f"{ratio:.2f}", "" if min(a) > max(b) or max(a) < min(b) else " (ranges overlap)")


def never(b):
	"""T13: a filter that never matches"""
	b.open(64)
	ours, *peer = turns(b, lambda: b.ours_load(NEVER), [lambda: b.peer_load(flt=NEVER)] if b.peer else [])
	report("T13", "never matches, cycles added", ours, peer, added, False)


def snap64(b):
	"""T15, T16: everything, 64 bytes of each"""
	b.open(64)
	peers = [lambda: b.peer_load(snaplen=64), lambda: b.peer_load(pdump=True)] if b.peer else []
	ours, *peer = turns(b, lambda: b.ours_load("--snaplen", "64"), peers)
	per = lambda s: [(x["on"] - x["off"]) * x["forwarded"] / max(x["captured"], 0.01) for x in s if x["off"] is not None]  # noqa: E731
	report("T15", "snap 64, cycles added per packet", ours, peer, added, False)
	report("", "... per captured packet", ours, peer, per, False)
	report("T16", "snap 64, captured M/s", ours, peer, lambda s: of(s, "captured"), True, 2)
	report("", "snap 64, forwarded M/s", ours, peer, lambda s: of(s, "forwarded"), False, 2)


def whole(b):
	"""T18: 1,500 bytes"""
	b.open(1500)
	peers = [lambda: b.peer_load(), lambda: b.peer_load(pdump=True)] if b.peer else []
	ours, *peer = turns(b, lambda: b.ours_load("--snaplen", "65535"), peers)
	report("T18", "whole 1500 bytes, GB/s", ours, peer, lambda s: of(s, "bytes"), True, 2)
	report("", "whole 1500 bytes, forwarded M/s", ours, peer, lambda s: of(s, "forwarded"), False, 2)


def lossless(b):
	"""T17: a part of 1,000 flows is wanted; 5 seconds without a loss"""
	b.peer = None
	b.args.alone = True
	b.open(64, 1000)
	path = f"{b.where}/ours.pcapng"
	for share in (130, 200, 300, 400, 1000):
		flt = f"udp dst portrange 5000-{4999 + share}"
		warm(b.where, 4000)
		with b.running(b.ours):
			tool = Pktcap(b, b.ours, path, *b.point, "--snaplen", "64", flt)
			prefer(b.ours)
			t0 = time.monotonic()
			time.sleep(5)
			seen, matched, captured, lost = tool.end()
			t1 = time.monotonic()
		os.unlink(path)
		print(f"T17 {matched / (t1 - t0) / 1e6:.2f} M/s wanted of {seen / (t1 - t0) / 1e6:.1f}: captured {captured}, lost {lost}"
			f" ({100 * lost / max(matched, 1):.3f} %)", flush=True)


def cycles(b):
	"""T24, T25: clients that come and go, die and stand still, at full load"""
	b.args.alone = True
	b.open(64)
	o, path = b.ours, f"{b.where}/ours.pcapng"
	first, closed = [], []
	with b.running(o):
		drops = o.drops()
		n0, g0 = o.packets(), o.client.one("port.list", port="source")["rx_packets"]
		for i in range(b.args.attach):
			t0 = time.monotonic()
			tool = Process([b.pktcap, "--socket", o.socket, "-o", path, *b.point, "--snaplen", "64"], f"{b.where}/tool.log")
			while not os.path.exists(path) or os.path.getsize(path) < 4096:
				assert tool.alive(), tool.text()
				time.sleep(0.0003)  # pktcap and control need this core
			first.append((time.monotonic() - t0) * 1e3)
			if i % 4 == 3:
				os.kill(tool.pid, signal.SIGSTOP)
				time.sleep(0.02)
				os.kill(tool.pid, signal.SIGKILL)
				tool.proc.wait()
			else:
				t0 = time.monotonic()
				os.kill(tool.pid, signal.SIGINT)
				tool.proc.wait()
				closed.append((time.monotonic() - t0) * 1e3)
			os.unlink(path)
			time.sleep(PAUSE_S)
		wait_for("sessions to end", lambda: not o.client.list("capture.list"))
		left = {k: v for k, v in o.drops().items() if v != drops.get(k, 0)}
		assert o.alive() and not left, left
		n1, g1 = o.packets(), o.client.one("port.list", port="source")["rx_packets"]
	print(f"T24 {b.args.attach} attached, {b.args.attach // 4} of them stopped and killed: daemon alive, {(n1 - n0) / 1e6:.0f} M packets"
		f" forwarded of {(g1 - g0) / 1e6:.0f} M, dropped {sum(left.values())}", flush=True)
	print(f"T25 start to first record in the file {spread(first)} ms; stop to closed file {spread(closed)} ms", flush=True)


CASES = {"never": never, "snap64": snap64, "whole": whole, "lossless": lossless, "cycles": cycles}


def parse():
	ap = argparse.ArgumentParser(description="captures: reddotd and pktcap against testpmd and dpdk-dumpcap")
	ap.add_argument("case", nargs="*", help=f"of {', '.join(CASES)}; default: all")
	ap.add_argument("--reps", type=int, default=5)
	ap.add_argument("--secs", type=float, default=1.0, help="per sample")
	ap.add_argument("--attach", type=int, default=200)
	ap.add_argument("--alone", action="store_true", help="without the peer")
	ap.add_argument("--build", default=os.environ.get("RD_BUILD", "build"), help="a release build")
	ap.add_argument("--cores", default="0,1", help="of control and capture tools, and of forwarding")
	args = ap.parse_args()
	args.cores = [int(x) for x in args.cores.split(",")]
	return args


def interrupted(*_):
	raise KeyboardInterrupt


def main():
	args = parse()
	signal.signal(signal.SIGTERM, interrupted)  # else nothing would be undone
	where = tempfile.mkdtemp(prefix="rd-perf-", dir="/dev/shm")
	try:
		if not args.alone:
			dumpcap.available()
		with hugepages(3000):
			print(f"# load {os.getloadavg()[0]:.1f}; core {args.cores[1]} forwards, core {args.cores[0]} captures to tmpfs; median (range) of "
				f"{args.reps} samples of {args.secs} s; cycles of the time stamp counter per packet", flush=True)
			for name in args.case or CASES:
				b = Bench(args, where)
				with contextlib.closing(b):
					CASES[name](b)
		return 0
	except Skip as e:
		print(f"skip: {e}")
		return 77
	finally:
		shutil.rmtree(where, ignore_errors=True)


sys.exit(main())
