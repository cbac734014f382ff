#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# T26: what an idle daemon takes of a core, and how long its first packet after a silence waits. The second is the answer to
# a ping through a TAP, in a network namespace: once after half a second of silence each, once from a daemon that never
# sleeps. The kernel's part of the way is in both. A third daemon has a port more, whose device can't wake it: it naps.
#
#	idle.py [--build DIR] [--secs 5] [--pings 40]
import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
from machine import Process, Skip, read  # noqa: E402

CONFIG = """host add h default
switch add sw host h portset 3
port add up switch sw type uplink device "net_tap0,iface=rdidle"
tep add 192.0.2.1 host h mac 02:00:00:00:10:01 team up
"""
BLIND = "port add blind switch sw type uplink device \"net_null0,no-rx=1\"\n"
FLOOR, GOAL = 10, 3  # percent of a core
TICKS = os.sysconf("SC_CLK_TCK")


class Idle(Process):
	def __init__(self, args, where, busy=False, more=""):
		self.ns = f"rdidle{os.getpid()}"
		self.run_("ip", "netns", "add", self.ns)
		path = f"{where}/idle.rd"
		with open(path, "w", encoding="utf-8") as f:
			f.write(CONFIG + more)
		ready, told = os.pipe()
		super().__init__(["ip", "netns", "exec", self.ns, f"{args.build}/dataplane/reddotd", "--socket", f"{where}/rd.sock", "--mem", "128",
			"--mbufs", "4096", "--ready-fd", str(told), "-f", path, *(["--busy-poll"] if busy else [])], f"{where}/log", pass_fds=[told])
		os.close(told)
		if os.read(ready, 1) != b"\n":
			raise RuntimeError(self.text())
		os.close(ready)
		self.run_(*self.enter(), "ip", "address", "add", "192.0.2.2/24", "dev", "rdidle")
		self.run_(*self.enter(), "ip", "link", "set", "rdidle", "up")

	def enter(self):
		return ["ip", "netns", "exec", self.ns]

	@staticmethod
	def run_(*argv):
		subprocess.run(argv, check=True, capture_output=True)

	def share(self, secs):
		"""Percent of one core, all threads"""
		def ticks():
			f = read(f"/proc/{self.pid}/stat").rsplit(")", 1)[1].split()
			return int(f[11]) + int(f[12])
		t0, w0 = ticks(), time.monotonic()
		time.sleep(secs)
		return 100 * (ticks() - t0) / TICKS / (time.monotonic() - w0)

	def pings(self, count):
		"""Microseconds, each after half a second of silence"""
		out = subprocess.run([*self.enter(), "ping", "-n", "-i", "0.5", "-c", str(count), "192.0.2.1"], capture_output=True, text=True,
			check=False).stdout
		return sorted(float(x) * 1000 for x in re.findall(r"time=([\d.]+) ms", out))

	def stop(self, seconds=10):
		super().stop(seconds)
		subprocess.run(["ip", "netns", "del", self.ns], check=False, capture_output=True)


def look(args, where, **kw):
	d = Idle(args, where, **kw)
	try:
		time.sleep(2)
		share = d.share(args.secs)
		return share, d.pings(args.pings)
	finally:
		d.stop()


def main():
	ap = argparse.ArgumentParser(description="an idle daemon's CPU share, and its first packet after a silence")
	ap.add_argument("--build", default=os.environ.get("RD_BUILD", "build"), help="a release build")
	ap.add_argument("--secs", type=float, default=5)
	ap.add_argument("--pings", type=int, default=40)
	args = ap.parse_args()
	if os.geteuid() != 0 or not os.path.exists("/dev/net/tun"):
		print("skip: a TAP and a network namespace need root and /dev/net/tun")
		return 77
	where = tempfile.mkdtemp(prefix="rd-perf-")
	try:
		share, rtt = look(args, where)
		naps, nap_rtt = look(args, where, more=BLIND)
		_, busy = look(args, where, busy=True)
	except Skip as e:
		print(f"skip: {e}")
		return 77
	finally:
		shutil.rmtree(where, ignore_errors=True)
	mark = "GOAL" if share <= GOAL else "floor" if share <= FLOOR else "above"
	print(f"T26 idle daemon: {share:.1f} % of a core, {mark} ({FLOOR}, {GOAL})")
	if not rtt or not busy or not nap_rtt:
		print("T26 no answer to a ping")
		return 1
	print(f"T26 with a device that can't wake it: {naps:.1f} % of a core, ping through the one that can: median"
		f" {statistics.median(nap_rtt):.0f} us, worst {nap_rtt[-1]:.0f}")
	extra = statistics.median(rtt) - statistics.median(busy)
	print(f"T26 ping after silence: median {statistics.median(rtt):.0f} us, worst {rtt[-1]:.0f}; from a daemon that never sleeps"
		f" {statistics.median(busy):.0f}, worst {busy[-1]:.0f}; the sleep's part {extra:.0f} us (goal 100)")
	return 0


sys.exit(main())
