# SPDX-License-Identifier: BSD-3-Clause
#
# The peer of capture.py: testpmd forwards between the same two devices as reddotd, and dpdk-dumpcap or dpdk-pdump captures at its
# receiving side. Debian's packages.
import os
import re
import shutil
import signal
import subprocess
import time

from machine import Process, Skip, poll_thread, wait_for

TESTPMD, DUMPCAP, PDUMP = "dpdk-testpmd", "dpdk-dumpcap", "dpdk-pdump"


def available():
	for program in (TESTPMD, DUMPCAP, PDUMP):
		if shutil.which(program) is None:
			raise Skip(f"no {program}: apt install dpdk-dev dpdk")


def preload():
	"""A packet pool names its driver by the order in which drivers were linked, and testpmd links some more than the capture
	tools: with those linked in the same order both mean the same driver"""
	text = subprocess.run(["ldd", shutil.which(TESTPMD)], capture_output=True, text=True, check=True).stdout
	return ":".join(re.findall(r"=> (\S*librte_mempool_\S+)", text))


class Testpmd(Process):
	name = "testpmd"

	def __init__(self, where, source, cores, tsc_hz, mbufs=32768):
		self.dir, self.core, self.cores, self.tsc_hz = where, cores[1], cores, tsc_hz
		self.prefix = f"rdperf{os.getpid()}"
		self.huge = f"{where}/huge"  # secondary processes find the memory by its files
		os.mkdir(self.huge)
		subprocess.run(["mount", "-t", "hugetlbfs", "rd-perf", self.huge], check=True)
		super().__init__(["stdbuf", "-oL", TESTPMD, "-l", f"{cores[0]},{cores[1]}", "--main-lcore", str(cores[0]), "--no-pci",
			"--no-telemetry", "--huge-dir", self.huge, "--file-prefix", self.prefix, f"--vdev={source}", "--vdev=net_null1,no-rx=1", "--", "-i",
			"--no-lsc-interrupt", "--port-topology=paired", "--nb-cores=1", "--no-flush-rx", "--forward-mode=macswap", "--burst=32",
			f"--total-num-mbufs={mbufs}"], f"{where}/testpmd.log", stdin=subprocess.PIPE)

	def say(self, line):
		self.proc.stdin.write(line.encode() + b"\n")
		self.proc.stdin.flush()

	def open(self):
		wait_for("testpmd", lambda: "testpmd>" in self.text() or not self.alive())
		if not self.alive():
			raise Skip(f"testpmd does not start: {self.text()[-300:]}")
		self.say("start")
		wait_for("packets", self.packets)
		self.tid = poll_thread(self.pid, self.core)

	def packets(self):
		seen = self.text().count("Tx-pps")
		self.say("show port stats 1")
		wait_for("testpmd's counters", lambda: self.text().count("Tx-pps") > seen or not self.alive())
		return int(re.findall(r"TX-packets: (\d+)", self.text())[-1])

	def stop(self, seconds=10):
		super().stop(seconds)
		shutil.rmtree(f"/var/run/dpdk/{self.prefix}", ignore_errors=True)
		subprocess.run(["umount", self.huge], check=False)
		os.rmdir(self.huge)

	def capture(self, path, snaplen=None, flt=None, pdump=False):
		"""Starts the tool; it runs on control's core"""
		argv = [DUMPCAP, f"--file-prefix={self.prefix}", "-q", "-i", "net_pcap0", "-w", path]
		argv += ["-s", str(snaplen)] if snaplen else []
		argv += ["-f", flt] if flt else []
		if pdump:
			argv = [PDUMP, "-l", str(self.cores[0]), "--no-pci", "--file-prefix", self.prefix, "--no-telemetry", "--", "--pdump",
				f"device_id=net_pcap0,queue=*,rx-dev={path},ring-size=16384,mbuf-size=2176,total-num-mbufs=65535"]
		p = Process(["taskset", "-c", str(self.cores[0]), *argv], f"{self.dir}/tool.log", env={**os.environ, "LD_PRELOAD": preload()})
		wait_for("the capture", lambda: os.path.exists(path) and os.path.getsize(path) > 0 or not p.alive())
		if not p.alive():
			raise RuntimeError(f"{argv[0]} ended: {p.text()}")
		time.sleep(0.3)
		return p


def end(tool):
	os.kill(tool.pid, signal.SIGINT)
	try:
		tool.proc.wait(10)
	except subprocess.TimeoutExpired:
		tool.proc.kill()
		tool.proc.wait()
