# SPDX-License-Identifier: BSD-3-Clause
#
# reddotd as the benches run it: one worker on the forwarding core, control on the other, a topology of one source and one
# sink port. The pcap device sends the file over and over; the null device takes everything.
import contextlib
import os
import sys

from machine import Process, poll_thread, wait_for
from traffic import M1, M2, PEER_IP, PEER_MAC, TEP_IP, TEP_MAC, VNI

sys.path.insert(0, os.path.realpath(os.path.dirname(__file__) + "/../e2e"))
from rdtest import Client  # noqa: E402

SINK = "net_null9,no-rx=1"
TUNNEL = f"""tep add {TEP_IP} host h mac {TEP_MAC.hex(':')} team uplink
tunnel add far local {TEP_IP} remote {PEER_IP} mac {PEER_MAC.hex(':')}
segment set seg tunnels far
"""


def config(kind, source):
	"""kind: l2, encap or decap; the source port is the vnic or the uplink, the sink the other"""
	uplink_device, vnic_device = (source, SINK) if kind == "decap" else (SINK, source)
	text = ["host add h default", "switch add sw host h portset 3 mtu 1700"]
	if kind != "l2":
		text.append(f"port add uplink switch sw type uplink device \"{uplink_device}\"")
	text.append(f"segment add seg switch sw {'vlan 0' if kind == 'l2' else f'vni {VNI}'} flood off learn off")
	if kind != "l2":
		text.append(TUNNEL.rstrip("\n"))
	team = " team uplink" if kind != "l2" else ""
	text.append(f"port add guest switch sw type vnic mac 02:00:00:00:00:0a segment seg{team} spoof-check off"
		f" device \"{vnic_device}\"")
	if kind == "l2":
		text.append(f"port add other switch sw type vnic mac 02:00:00:00:00:0b segment seg spoof-check off device \"{SINK}\"")
		text += [f"fdb add segment seg mac {m.hex(':')} port other" for m in (M2, M1)]
	elif kind == "encap":
		text += [f"fdb add segment seg mac {m.hex(':')} tunnel far" for m in (M2, M1)]
	else:
		text += [f"fdb add segment seg mac {m.hex(':')} port guest" for m in (M2, M1)]
	return "\n".join(text) + "\n"


class Ours(Process):
	name = "reddotd"

	def __init__(self, binary, where, kind, source, cores=(0, 1), mbufs=32768, mem=1024, flows=1048576, rules=(), extra=()):
		self.dir = where
		self.sink = {"l2": "other", "encap": "uplink", "decap": "guest"}[kind]
		path = f"{where}/ours.rd"
		with open(path, "w", encoding="utf-8") as f:
			f.write(config(kind, source) + "".join(r + "\n" for r in rules))
		self.socket = f"{where}/rd.sock"
		ready, told = os.pipe()
		super().__init__([binary, "--socket", self.socket, "--huge", "--mem", str(mem), "--mbufs", str(mbufs),
			"--flow-capacity", str(flows), "--busy-poll", "--main-core", str(cores[0]), "--worker-cores", str(cores[1]),
			"--ready-fd", str(told), "-f", path, *extra], f"{where}/ours.log", pass_fds=[told])
		os.close(told)
		self.ready = ready
		self.client = None
		self.core = cores[1]

	def open(self):
		byte = os.read(self.ready, 1)
		os.close(self.ready)
		if byte != b"\n":
			raise RuntimeError(f"reddotd does not serve:\n{self.text()}")
		self.client = Client(self.socket)
		self.tsc_hz = self.client.hello["tsc_hz"]
		self.tid = poll_thread(self.pid, self.core)
		wait_for("packets", self.packets)

	def packets(self):
		return self.client.one("port.list", port=self.sink)["tx_packets"]

	def drops(self):
		return {d["reason"]: d["count"] for d in self.client.list("drop.list")}

	def stages(self):
		return {s["stage"]: s["in"] for s in self.client.list("stage.list")}

	def capture_sink(self, path, packets):
		"""What arrives at the sink, at least so many frames, as the pcap driver writes it"""
		self.client("port.set", port=self.sink, device=f"net_pcap9,tx_pcap={path}")
		start = self.packets()
		wait_for("packets at the sink", lambda: self.packets() - start >= packets)
		self.client("port.set", port=self.sink, device=SINK)

	def stop(self, seconds=10):
		if self.client is not None:
			with contextlib.suppress(OSError):
				self.client.close()
		super().stop(seconds)
