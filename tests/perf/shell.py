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

CONFIG = """host add h default
switch add s host h portset 1
segment add seg switch s vlan 0
port add a switch s type vnic mac 02:00:00:00:00:0a segment seg device net_null0,no-rx=1
port add b switch s type vnic mac 02:00:00:00:00:0b segment seg device net_null1,no-rx=1
"""


class Shell:
	def __init__(self, argv):
		self.pid, self.fd = pty.fork()
		if self.pid == 0:
			os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8", INPUTRC="/dev/null", HOME="/nonexistent")
			os.execv(argv[0], argv)
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


def flows(reddot, sock):
	begun = time.monotonic_ns()
	p = subprocess.Popen([reddot, "--socket", sock, "show flow limit 100000000"], stdout=subprocess.PIPE)
	p.stdout.readline()
	first = time.monotonic_ns() - begun
	lines = 1 + sum(1 for _ in p.stdout)
	_, _, usage = os.wait4(p.pid, 0)
	row(f"show flow, first of {lines} lines", [first])
	row("show flow, the last", [time.monotonic_ns() - begun])
	print(f"{'show flow, memory of reddot':34} {usage.ru_maxrss:8} KiB")


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
	from pipes_test import udp
	from rdtest import Daemon
	resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
	lines = CONFIG + "".join(f"port add p{i} switch s type vnic\n" for i in range(args.ports - 3))
	lines += "port add port-number-77 switch s type vnic\n"
	with tempfile.TemporaryDirectory(), Daemon("--flow-capacity", "2097152", "--mem", "512", lines=lines) as d, d.client() as c:
		times(reddot, d.path, args.reps)
		if args.flows > 0:
			for first in range(0, args.flows, 1000):
				c("inject", port="a", frames=[udp(i).hex() for i in range(first, min(first + 1000, args.flows))])
			flows(reddot, d.path)


main()
