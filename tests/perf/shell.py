#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# How long a person waits for the shell: from its start to the prompt, for Tab among many ports, for the first and the last line of
# a long "show flow", and how much memory that takes. The daemon has PORTS ports and FLOWS flows.
#
#	tests/perf/shell.py --build build-rel [--ports 1000] [--flows 1000000] [--reps 21]
import argparse
import os
import pty
import re
import resource
import select
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e"))

LIST = "show flow limit 100000000"
# Sends one frame again and again, to port b.
SOURCE = """port add c switch s type vnic mac 02:00:00:00:00:0c segment seg device net_pcap1,rx_pcap={path},infinite_rx=1
port set c spoof off
"""


class Shell:
	def __init__(self, argv):
		"""Spawned, not forked: a copy of this process' page tables would be most of the time."""
		self.fd, end = pty.openpty()
		env = dict(os.environ, TERM="xterm-256color", LC_ALL="C.UTF-8", INPUTRC="/dev/null", HOME="/nonexistent")
		self.pid = os.posix_spawn(argv[0], argv, env, file_actions=[(os.POSIX_SPAWN_DUP2, end, n) for n in range(3)], setsid=True)
		os.close(end)
		self.text = b""

	def until(self, pattern):
		"""ns until the output matches"""
		start = time.monotonic_ns()
		while not re.search(pattern, self.text):
			if not select.select([self.fd], [], [], 60)[0]:
				sys.exit(f"waited for {pattern} in {self.text[-500:]}")
			self.text += os.read(self.fd, 65536)
		return time.monotonic_ns() - start

	def send(self, keys):
		self.text = b""
		os.write(self.fd, keys)

	def close(self):
		self.send(b"\x15\x04")
		while True:
			try:
				if not os.read(self.fd, 65536):
					break
			except OSError:
				break
		os.close(self.fd)
		os.waitpid(self.pid, 0)


def row(what, ns):
	ms = sorted(n / 1e6 for n in ns)
	print(f"{what:34} {statistics.median(ms):8.1f} ms  ({ms[0]:.1f} .. {ms[-1]:.1f}, {len(ms)} times)", flush=True)


def times(reddot, sock, reps):
	start, tab, two = [], [], []
	for _ in range(reps):
		begun = time.monotonic_ns()
		shell = Shell([reddot, "--socket", sock])
		shell.until(rb"reddot h> ")
		start.append(time.monotonic_ns() - begun)
		shell.send(b"show port p99\t")
		tab.append(shell.until(rb"p99\d? ?.*p99\d|\x07|p99\d"))
		shell.send(b"\x15show port port-number-7\t")
		two.append(shell.until(rb"port-number-77 "))
		shell.close()
	row("start to prompt", start)
	row("Tab, many candidates", tab)
	row("Tab, one candidate", two)


def listed(many, sock, what, line):
	m = many.measured(sock, line)
	row(f"{what}, first of {m['lines']} lines", [m["first"] * 1e9])
	row(f"{what}, the last", [m["last"] * 1e9])
	print(f"{what + ', memory of reddot':34} {m['kib']:8} KiB", flush=True)


def interrupted(reddot, sock, reps):
	"""From Ctrl-C in the middle of the list to the prompt."""
	times = []
	for i in range(reps):
		shell = Shell([reddot, "--socket", sock])
		shell.until(rb"reddot h> ")
		shell.send(f"{LIST} | no-more\r".encode())
		shell.until(rb"(.*\n){%d}" % (100 * i + 100))
		shell.send(b"\x03")
		times.append(shell.until(rb"reddot [^>\n]*> "))
		shell.close()
	row("Ctrl-C in the list, to the prompt", times)


def passed(c):
	return next(s["in"] for s in c.list("stage.list") if s["stage"] == "vnic_tx")


def disturbed(reddot, sock, c):
	"""How many packets pass in a second with nobody asking, and while the list is printed; and how long another client waits then."""
	def rate(done):
		before, begun, waits = passed(c), time.monotonic(), []
		while not done(time.monotonic() - begun):
			asked = time.monotonic_ns()
			c.list("host.list")
			waits.append(time.monotonic_ns() - asked)
			time.sleep(0.02)
		return (passed(c) - before) / (time.monotonic() - begun), waits

	os.sched_setaffinity(0, {0})  # as the daemon's control thread; the worker has the other one
	alone, waits = rate(lambda s: s > 5)
	row("another client's answer, alone", waits)
	with subprocess.Popen([reddot, "--socket", sock, LIST], stdout=subprocess.DEVNULL) as p:
		during, waits = rate(lambda _: p.poll() is not None)
	row("another client's answer, meanwhile", waits)
	print(f"{'packets a second, alone':34} {alone:10.0f}\n{'packets a second, meanwhile':34} {during:10.0f}", flush=True)


def main():
	parser = argparse.ArgumentParser()
	parser.add_argument("--build", default="build-rel")
	parser.add_argument("--daemon", help="build folder of reddotd, if another")
	parser.add_argument("--ports", type=int, default=1000)
	parser.add_argument("--flows", type=int, default=0)
	parser.add_argument("--reps", type=int, default=21)
	args = parser.parse_args()
	reddot = os.path.abspath(args.build + "/cli/reddot")
	os.environ["REDDOTD"] = os.path.abspath((args.daemon or args.build) + "/dataplane/reddotd")
	os.environ["REDDOT"] = reddot
	import many
	from rdtest import Daemon
	resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
	ports = "".join(f"port add p{i} switch s type vnic\n" for i in range(args.ports - 3)) + "port add port-number-77 switch s type vnic\n"
	with tempfile.TemporaryDirectory() as where:
		many.write_pcap(f"{where}/one.pcap", 1)
		lines = many.config(f"{where}/frames.pcap", args.flows) if args.flows > 0 else many.CONFIG.format(device=many.IDLE)
		with Daemon("--flow-capacity", "2097152", "--mem", "512", lines=lines + ports) as d, d.client() as c:
			if args.reps > 0:
				times(reddot, d.path, args.reps)
			if args.flows > 0:
				print(f"{'flows':34} {many.filled(c, args.flows):8}")
				before = many.in_kib(d.proc.pid, "VmHWM")
				for what, more in (("table", ""), ("json", " | json")):
					listed(many, d.path, f"1000 flows, {what}", "show flow limit 1000" + more)
					listed(many, d.path, f"all flows, {what}", LIST + more)
				listed(many, d.path, "1000 flows, ESXi's form", "ens flow-table dump limit 1000")
				listed(many, d.path, "all flows, ESXi's form", "ens flow-table dump")
				print(f"{'peak of reddotd, before and after':34} {before:8} {many.in_kib(d.proc.pid, 'VmHWM'):8} KiB", flush=True)
				interrupted(reddot, d.path, 5)
				d.cli("-f", d.file("source.rd", SOURCE.format(path=f"{where}/one.pcap")))
				disturbed(reddot, d.path, c)


main()
