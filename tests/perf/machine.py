# SPDX-License-Identifier: BSD-3-Clause
#
# What both peers need of the machine: hugepages, the poll thread's real run time, stopping and continuing a process so
# that two of them can take turns on one core. Everything is undone at the end; only processes of ours are ended.
import contextlib
import os
import signal
import statistics
import subprocess
import time

HUGE = "/proc/sys/vm/nr_hugepages"
POLL_THREADS = ("lcore-worker", "rte-worker", "pmd-c")


class Skip(Exception):
	pass


def meminfo(name):
	with open("/proc/meminfo", encoding="ascii") as f:
		return next(int(line.split()[1]) for line in f if line.startswith(name + ":"))


@contextlib.contextmanager
def hugepages(mb):
	"""So many MB free; the setting of before comes back at the end"""
	with open(HUGE, encoding="ascii") as f:
		before = int(f.read())
	short = mb // 2 - meminfo("HugePages_Free")
	try:
		if short > 0:
			with contextlib.suppress(OSError), open(HUGE, "w", encoding="ascii") as f:
				f.write(str(before + short))
		if meminfo("HugePages_Free") < mb // 2:
			raise Skip(f"{mb} MB of hugepages can't be had, {meminfo('HugePages_Free') * 2} MB are free")
		yield
	finally:
		if short > 0:
			with contextlib.suppress(OSError), open(HUGE, "w", encoding="ascii") as f:
				f.write(str(before))


def read(path):
	with open(path, encoding="ascii", errors="replace") as f:
		return f.read()


def poll_thread(pid, core):
	"""Thread id of the one that polls on this core"""
	for tid in os.listdir(f"/proc/{pid}/task"):
		base = f"/proc/{pid}/task/{tid}"
		with contextlib.suppress(OSError):
			allowed = next(x.split()[1] for x in read(base + "/status").split("\n") if x.startswith("Cpus_allowed_list"))
			if read(base + "/comm").startswith(POLL_THREADS) and allowed == str(core):
				return int(tid)
	raise RuntimeError(f"process {pid} has no poll thread on core {core}")


def prefer(peer):
	"""Before other work on the core, or a peer that shares it is measured with cold caches. Each is a session of its own, so
	that its scheduling group is, too. Best effort: without root it stays as it is."""
	with contextlib.suppress(OSError):
		os.setpriority(os.PRIO_PROCESS, peer.tid, -15)
		with open(f"/proc/{peer.pid}/autogroup", "w", encoding="ascii") as f:
			f.write("-15")


def run_ns(pid, tid):
	return int(read(f"/proc/{pid}/task/{tid}/schedstat").split()[0])


class Sample:
	"""Cycles per packet of one measuring interval, counted in the time that the poll thread really ran"""

	def __init__(self, packets, on_ns, wall_ns, tsc_hz):
		self.share = min(on_ns / wall_ns, 1.0)
		self.mpps = packets / on_ns * 1e3
		self.cycles = on_ns * tsc_hz / 1e9 / packets if packets else float("inf")


SHARE_MIN = 0.6


def measure(peer, secs, tries=3):
	"""peer has pid, tid, packets(), tsc_hz. A sample in which the thread hardly ran is taken again, then dropped (None)."""
	prefer(peer)
	for _ in range(tries):
		n0, r0, w0 = peer.packets(), run_ns(peer.pid, peer.tid), time.monotonic_ns()
		time.sleep(secs)
		n1, r1, w1 = peer.packets(), run_ns(peer.pid, peer.tid), time.monotonic_ns()
		s = Sample(n1 - n0, r1 - r0, w1 - w0, peer.tsc_hz)
		if s.share >= SHARE_MIN:
			return s
	return None


class Process:
	"""A program of ours, in a session of its own"""

	def __init__(self, argv, log, **kw):
		with open(log, "ab") as f:
			self.proc = subprocess.Popen(argv, stdin=kw.pop("stdin", subprocess.DEVNULL), stdout=kw.pop("stdout", f),
				stderr=f, start_new_session=True, **kw)
		self.pid = self.proc.pid
		self.log = log

	def pause(self):
		os.kill(self.pid, signal.SIGSTOP)

	def resume(self):
		os.kill(self.pid, signal.SIGCONT)

	def alive(self):
		return self.proc.poll() is None

	def text(self):
		return read(self.log)

	def stop(self, seconds=10):
		if self.alive():
			self.resume()
			self.proc.terminate()
			try:
				self.proc.wait(seconds)
			except subprocess.TimeoutExpired:
				self.proc.kill()
				self.proc.wait()


def wait_for(what, fn, seconds=30):
	end = time.monotonic() + seconds
	while True:
		value = fn()
		if value:
			return value
		if time.monotonic() > end:
			raise RuntimeError(f"waited {seconds} s for {what}")
		time.sleep(0.02)


class Spread:
	"""Median and range of what several samples gave"""

	def __init__(self, values):
		self.values = sorted(values)
		self.median = statistics.median(self.values)
		self.low, self.high = self.values[0], self.values[-1]

	def overlaps(self, other):
		return self.low <= other.high and other.low <= self.high

	def __str__(self):
		return f"{self.median:.0f} ({self.low:.0f}..{self.high:.0f})"
