#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# Memory: bytes per flow, connection and rule, and that nothing grows while a million flows and connections come and go and rules
# change, all at once.
# Also the system calls of a worker that forwards established flows: none, seen from outside by strace (established.c sees it
# from inside, and allocations and locks as well).
#
# With a build that has sanitizers it also fails when they have found something.
#
#	churn.py [--build DIR] [--secs 60] [--rules 10000] [--flows 1000000] [--plain] [--only-churn]	--secs 600 is the ten minutes' run
#
# Fails (1) when memory grows or a system call is seen; 77 and the reason where something is missing.
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
from machine import Skip, hugepages, prefer, wait_for  # noqa: E402
from newflow import our_rules  # noqa: E402
from ours import Ours  # noqa: E402
from traffic import guest_frame, write_pcap  # noqa: E402

FILES = 4  # sets of flows that take turns
IDLE_S = 6  # of flows; the whole table is looked at in ten seconds
CONN_S = 3  # of connections, so that they end before their flows come again
GROWTH_KB = 4096  # beyond what the first two rounds have touched
MBUF_BYTES = 2500
MBUF_BYTES_PLAIN = 4400  # a page for each and a little


def rss_kb(pid):
	"""Without hugepages: packets are there, tables are not"""
	with open(f"/proc/{pid}/status", encoding="ascii") as f:
		return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))


class Churn:
	def __init__(self, args, where):
		self.args, self.where = args, where
		self.per_file = args.flows // FILES

	def pcaps(self):
		for i in range(FILES):
			write_pcap(f"{self.where}/{i}.pcap", (guest_frame(i * self.per_file + k, 64) for k in range(self.per_file)))
		write_pcap(f"{self.where}/few.pcap", (guest_frame(k, 64) for k in range(1000)))

	def device(self, name, k):
		return f"net_pcap{k},rx_pcap={self.where}/{name}.pcap,infinite_rx=1"

	def daemon(self, source, packets, busy=True, conns=1 << 20, **kw):
		mbufs = 32768 + packets
		each = MBUF_BYTES_PLAIN if self.args.plain else MBUF_BYTES
		return Ours(f"{self.args.build}/dataplane/reddotd", tempfile.mkdtemp(dir=self.where), "encap", source, self.args.cores,
			mbufs, 256 + mbufs * each // 1000000, firewall=True, busy=busy, huge=not self.args.plain,
			extra=("--conn-capacity", str(conns)), **kw)

	def resident(self, **kw):
		"""kB of a daemon without traffic"""
		o = self.daemon("net_null0,no-rx=1", 0, **kw)
		try:
			o.open(traffic=False)
			return self.settled(o.pid)
		finally:
			o.stop()

	@staticmethod
	def settled(pid):
		"""Pages of the tables are made in the background: until there are no more"""
		kb, still = rss_kb(pid), 0
		while still < 15:
			time.sleep(0.2)
			before, kb = kb, rss_kb(pid)
			still = still + 1 if kb == before else 0
		return kb

	def sizes(self):
		few, many = self.resident(flows=1024, conns=65536), self.resident(flows=1 << 20, conns=65536)
		print(f"memory: {(many - few) * 1024 / ((1 << 20) - 1024):.0f} bytes per flow of the table's capacity (all of it is touched at"
			f" the start); {few // 1024} MB without")
		conns = self.resident(flows=1024, conns=1 << 20)
		print(f"memory: {(conns - few) * 1024 / ((1 << 20) - 65536):.0f} bytes per connection of the table's capacity, touched likewise")
		if self.args.rules:
			ruled = self.resident(flows=1024, conns=65536, rules=our_rules(self.args.rules))
			print(f"memory: {(ruled - few) * 1024 / self.args.rules:.0f} bytes per rule, {self.args.rules} rules at one port", flush=True)

	def syscalls(self, tid, secs):
		"""Made by this thread"""
		out = f"{self.where}/strace"
		s = subprocess.Popen(["strace", "-c", "-p", str(tid), "-o", out], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
		time.sleep(secs)
		s.terminate()
		s.wait(10)
		with open(out, encoding="ascii") as f:
			totals = [line.split() for line in f if line.rstrip().endswith(" total")]
		return int(totals[0][3]) if totals else 0  # share, seconds, each, calls, errors

	def quiet(self):
		"""System calls while established flows are forwarded, and those of a worker that may sleep: the check must see them"""
		if shutil.which("strace") is None:
			print("system calls: not looked at, strace is missing")
			return 0
		o = self.daemon(self.device("few", 0), 1000)
		try:
			o.open()
			n0 = o.packets()
			calls = self.syscalls(o.tid, 2)
			packets = o.packets() - n0
		finally:
			o.stop()
		o = self.daemon("net_null0,no-rx=1", 0, busy=False)
		try:
			o.open(traffic=False)
			idle = wait_for("system calls of an idle worker", lambda: self.syscalls(o.tid, 1))
		finally:
			o.stop()
		print(f"system calls: {calls} in {packets} packets of 1,000 established flows (an idle worker that may sleep: {idle} in a second)",
			flush=True)
		return calls

	def change_rules(self, o, i):
		"""One more and one less"""
		o.client("dfw.add", port="source", id=50000 + i, dir="out", action="drop", proto="tcp", dport=str(1 + i % 60000))
		if i > 3:
			o.client("dfw.del", port="source", id=50000 + i - 3)

	def rounds(self, o):
		"""(kB, flows made) after each round through all files"""
		end, turn, changes = time.monotonic() + self.args.secs, 0, 0
		while time.monotonic() < end or turn < 4 * FILES:
			o.client("port.set", port="source", device=self.device(turn % FILES, 100 + turn))
			for _ in range(6):
				time.sleep(0.4)
				self.change_rules(o, changes)
				changes += 1
			turn += 1
			if turn % FILES == 0:
				yield rss_kb(o.pid), o.client.one("flow.stats"), o.client("conn.stats"), changes

	def run(self):
		o = self.daemon(self.device(0, 0), 2 * self.per_file, flows=1 << 20, rules=our_rules(self.args.rules))
		first, last = None, None
		try:
			o.open()
			if not self.args.plain:  # then it may run beside other work
				prefer(o)
			o.client("flow.set", idle_s=IDLE_S)
			o.client("dfw.settings", timeouts={"udp_new": CONN_S, "udp_stream": CONN_S})
			for i, (kb, stats, conns, changes) in enumerate(self.rounds(o)):
				last = kb
				if i == 1:
					first = kb
				print(f"churn: round {i + 1}: {kb} kB, {stats['entries']} flows, {stats['inserts']} made, {stats['evictions']} evicted;"
					f" {conns['entries']} connections, {conns['created']} made; {changes} rule changes, {self.args.rules} rules", flush=True)
			drops = o.drops()
		finally:
			o.stop()
		grown = last - first
		said = re.findall(r"^.*(?:Sanitizer|runtime error).*$", o.text(), re.M)  # in a build with sanitizers, where memory grows by what they keep
		if said:
			print("churn: a sanitizer says:", *said, sep="\n")
		if drops:
			print("churn: packets were dropped, a table is too small or a rule is wrong")
		print(f"churn: grown by {grown} kB since the second round; drops {drops}")
		return bool(said) or grown > GROWTH_KB


def main():
	ap = argparse.ArgumentParser(description="memory while flows and rules come and go")
	ap.add_argument("--build", default=os.environ.get("RD_BUILD", "build"), help="a release build")
	ap.add_argument("--secs", type=float, default=30)
	ap.add_argument("--rules", type=int, default=10000)
	ap.add_argument("--flows", type=int, default=1000000)
	ap.add_argument("--cores", default="0,1")
	ap.add_argument("--plain", action="store_true", help="without hugepages: packets count as memory, too")
	ap.add_argument("--only-churn", action="store_true", help="no sizes, no system calls")
	args = ap.parse_args()
	args.cores = args.cores.split(",")
	subprocess.run(["ninja", "-C", args.build, "dataplane/reddotd"], stdout=subprocess.DEVNULL, check=True)
	where = tempfile.mkdtemp(prefix="rd-perf-", dir="/dev/shm")
	try:
		with hugepages(0 if args.plain else 1024 + (32768 + args.flows // FILES * 2) * MBUF_BYTES // 1000000):
			c = Churn(args, where)
			c.pcaps()
			calls = 0
			if not args.only_churn:
				c.sizes()
				calls = c.quiet()
			return 1 if c.run() or calls else 0
	except Skip as e:
		print(f"skip: {e}")
		return 77
	finally:
		shutil.rmtree(where, ignore_errors=True)


sys.exit(main())
