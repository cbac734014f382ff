# SPDX-License-Identifier: BSD-3-Clause
#
# reddotd as the benches run it: one worker on the forwarding core, control on the other, the topology of a .rd file here. The pcap device sends the file over and over; the null device takes everything.
import contextlib
import os
import sys

from machine import Process, poll_thread, wait_for

sys.path.insert(0, os.path.realpath(os.path.dirname(__file__) + "/../e2e"))
from rdtest import Client, Refused  # noqa: E402,F401

SINK = "net_null9,no-rx=1"
HERE = os.path.dirname(os.path.realpath(__file__))


def config(kind, source, firewall, rules=()):
	"""The commands: KIND.rd, firewall.rd for the guest's port, further rules, and the devices last"""
	with open(f"{HERE}/{kind}.rd", encoding="utf-8") as f:
		text = f.read()
	if firewall:
		with open(f"{HERE}/firewall.rd", encoding="utf-8") as f:
			text += "\n".join(rules) + "\n" + f.read()
	text = text.replace("GUEST", "sink" if kind == "decap" else "source")
	return text + f'port set sink device "{SINK}"\nport set source device "{source}"\n'


class Ours(Process):
	name = "reddotd"

	def __init__(self, binary, where, kind, source, cores=(0, 1), mbufs=32768, mem=1024, flows=1048576, firewall=False,
			rules=(), busy=True, huge=True, extra=()):
		self.dir = where
		path = f"{where}/ours.rd"
		with open(path, "w", encoding="utf-8") as f:
			f.write(config(kind, source, firewall, rules))
		self.socket = f"{where}/rd.sock"
		ready, told = os.pipe()
		super().__init__([binary, "--socket", self.socket, *(["--huge"] if huge else []), "--mem", str(mem), "--mbufs", str(mbufs),
			"--flow-capacity", str(flows), *(["--busy-poll"] if busy else []), "--main-core", str(cores[0]), "--worker-cores", str(cores[1]),
			"--ready-fd", str(told), "-f", path, *extra], f"{where}/ours.log", pass_fds=[told])
		os.close(told)
		self.ready = ready
		self.client = None
		self.core = cores[1]

	def open(self, traffic=True):
		byte = os.read(self.ready, 1)
		os.close(self.ready)
		if byte != b"\n":
			raise RuntimeError(f"reddotd does not serve:\n{self.text()}")
		self.client = Client(self.socket)
		self.tsc_hz = self.client.hello["tsc_hz"]
		self.tid = poll_thread(self.pid, self.core)
		if traffic:
			wait_for("packets", self.packets)

	def packets(self):
		return self.client.one("port.list", port="sink")["tx_packets"]

	def drops(self):
		return {d["reason"]: d["count"] for d in self.client.list("drop.list")}

	def stages(self):
		return {s["stage"]: s["in"] for s in self.client.list("stage.list")}

	def capture_sink(self, path, packets):
		"""What arrives at the sink, at least so many frames, as the pcap driver writes it"""
		self.client("port.set", port="sink", device=f"net_pcap9,tx_pcap={path}")
		start = self.packets()
		wait_for("packets at the sink", lambda: self.packets() - start >= packets)
		self.client("port.set", port="sink", device=SINK)

	def stop(self, seconds=10):
		if self.client is not None:
			with contextlib.suppress(OSError):
				self.client.close()
		super().stop(seconds)
