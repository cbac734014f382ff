#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# 10,000 firewall rules and 1,000 vNICs that come while packets flow: how long until all of them are in force, and that no packet
# is lost meanwhile. The vNICs are lines of a command file, the rules a document; both are given to reddot as anybody would.
#
#	load.py [--build DIR] [--rules 10000] [--guests 1000]
#
# Fails (1) above two seconds or when a packet is lost; 77 and the reason where something is missing.
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
from machine import Skip, hugepages, prefer, run_ns  # noqa: E402
from ours import Ours  # noqa: E402
from traffic import frames, write_pcap  # noqa: E402

LIMIT_S = 2.0


def policy(nb):
	"""Rules that are all different, on prefixes, addresses and ports"""
	rules = [{"id": i + 1, "action": "drop", "from": [f"100.{1 + i % 200}.{i // 200}.0/24"],
		"to": [f"11.{i // 5000}.{i % 250}.{i // 250 % 250}"], "services": [f"tcp/{80 + i % 30}"]} for i in range(nb)]
	return {"default": "allow", "sections": [{"name": "all", "rules": rules}]}


class Load:
	def __init__(self, args, where):
		self.args, self.where = args, where
		pcap = f"{where}/1000.pcap"
		write_pcap(pcap, (f for f, _ in frames(1000, "64", False, False, False)))
		self.o = Ours(f"{args.build}/dataplane/reddotd", where, "l2", f"net_pcap0,rx_pcap={pcap},infinite_rx=1", args.cores)

	def write(self, name, text):
		with open(f"{self.where}/{name}", "w", encoding="utf-8") as f:
			f.write(text)
		return f"{self.where}/{name}"

	@staticmethod
	def first():
		"""Before other work on the machine, as the daemon: a session of its own has a share of its own"""
		os.setsid()
		with contextlib.suppress(OSError), open("/proc/self/autogroup", "w", encoding="ascii") as f:
			f.write("-15")

	def reddot(self, *words):
		start = time.monotonic()
		subprocess.run([f"{self.args.build}/cli/reddot", "--socket", self.o.socket, *words], check=True, preexec_fn=self.first)
		return time.monotonic() - start

	def run(self):
		guests = self.write("guests.rd", "".join(f"port add g{i} switch sw type vnic segment seg\n" for i in range(self.args.guests)))
		rules = self.write("rules.json", json.dumps(policy(self.args.rules)))
		self.o.open()
		prefer(self.o)
		n0, t0 = self.o.packets(), time.monotonic()
		cpu = run_ns(self.o.pid, self.o.pid)
		ports, load = self.reddot("-f", guests), self.reddot("dfw", "load", rules)
		cpu = run_ns(self.o.pid, self.o.pid) - cpu
		again = self.reddot("dfw", "load", rules)
		n1, t1 = self.o.packets(), time.monotonic()
		r = self.o.client("dfw.revision")
		assert r["rules"] == self.args.rules and r["ports"] == self.args.guests + 2, r
		drops = self.o.drops()
		print(f"load: {self.args.guests} vNICs {ports:.2f} s, {self.args.rules} rules for {r['ports']} ports {load:.2f} s, together {ports + load:.2f} s, of them {cpu / 1e9:.2f} s of control's own"
			f" (limit {LIMIT_S:.0f} s); the same rules again {again:.2f} s; meanwhile {(n1 - n0) / (t1 - t0) / 1e6:.1f} M packets a second; drops {drops}")
		return ports + load > LIMIT_S or bool(drops)


def main():
	ap = argparse.ArgumentParser(description="how long a large policy takes to be in force")
	ap.add_argument("--build", default=os.environ.get("RD_BUILD", "build"), help="a release build")
	ap.add_argument("--rules", type=int, default=10000)
	ap.add_argument("--guests", type=int, default=1000)
	ap.add_argument("--cores", default="0,1")
	args = ap.parse_args()
	args.cores = args.cores.split(",")
	subprocess.run(["ninja", "-C", args.build, "dataplane/reddotd", "cli/reddot"], stdout=subprocess.DEVNULL, check=True)
	where = tempfile.mkdtemp(prefix="rd-perf-", dir="/dev/shm")
	try:
		with hugepages(1200):
			load = Load(args, where)
			try:
				return 1 if load.run() else 0
			finally:
				load.o.stop()
	except Skip as e:
		print(f"skip: {e}")
		return 77
	finally:
		shutil.rmtree(where, ignore_errors=True)


sys.exit(main())
