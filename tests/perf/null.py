# SPDX-License-Identifier: BSD-3-Clause
#
# The null path (source.c): what the traffic's source costs by itself. Shown as G, and taken off for "net".
import subprocess

from machine import Process, poll_thread, wait_for


class Null(Process):
	name = "G"

	def __init__(self, binary, where, pcap, mbufs, cores=(0, 1), tsc_hz=0):
		super().__init__([binary, str(cores[0]), str(cores[1]), str(mbufs), pcap], where + "/source.log",
			stdin=subprocess.PIPE, stdout=subprocess.PIPE)
		self.core, self.tsc_hz = cores[1], tsc_hz

	def open(self):
		wait_for("the source", self.packets)
		self.tid = poll_thread(self.pid, self.core)

	def packets(self):
		self.proc.stdin.write(b"\n")
		self.proc.stdin.flush()
		line = self.proc.stdout.readline()
		if not line:
			raise RuntimeError(f"the source ended:\n{self.text()}")
		return int(line)

	def stop(self, seconds=10):
		if self.alive():
			self.resume()
			self.proc.stdin.close()
			try:
				self.proc.wait(seconds)
			except subprocess.TimeoutExpired:
				pass
		super().stop(seconds)
