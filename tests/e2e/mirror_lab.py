# SPDX-License-Identifier: BSD-3-Clause
#
# The daemon's mirror sessions over a real wire: what the tests of them have in common. A switch with two guests, whose uplink is a kernel's
# interface, and pktcap at the other end.
import json
import os

from rdtest import PKTCAP, wait_for
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from ovs_lab import MAC_US, OVS, US
from pktcap import DEADLINE, SANITIZER, Process, packets_in
from ports_lab import NsDaemon

VM1, VM2 = "00:50:56:a1:99:9e", "00:50:56:a1:fc:f3"
# What becomes of a packet that a session met: exactly one of these.
FATES = ["filtered", "excluded", "stopped", "denied", "reason", "waiting", "exclusive", "sampled_out", "card", "mtu", "rate", "cap", "crowded", "no_buf",
	"ring_full", "no_collector", "duplicate", "ended", "tx_ok", "tx_drop"]


def topology(dev, extra=""):
	return f"""host add h default
switch add s host h portset 1 mtu 9000
segment add seg switch s vni 5001
port add up switch s type uplink device "net_af_packet0,iface={dev},framesz=16384,blocksz=65536,framecnt=256" mac {MAC_US} mtu 9000
port add vm1 switch s type vnic mac {VM1} segment seg spoof-check off
port add vm2 switch s type vnic mac {VM2} segment seg spoof-check off
tep add {US} host h mac {MAC_US} team up
{extra}"""


def syn(n=1, size=0, dport=80):
	return [bytes(Ether(src=VM1, dst=VM2) / IP(src="172.16.31.25", dst="172.16.31.26", id=i)
		/ TCP(sport=57448, dport=dport, flags="S", seq=i) / Raw(bytes(size + i))) for i in range(n)]


class Sender(NsDaemon):
	"""reddotd with one uplink at the wire's end, and sessions that mirror what is injected at vm1."""

	def __init__(self, ns, *sessions, args=(), rules=(), to=OVS, dev="s0"):
		lines = "".join(f"mirror session add {s} to {to} mtu 9000 up\n" for s in sessions) + "".join(f"{r}\n" for r in rules)
		super().__init__(ns, topology(dev, lines), args)
		self.c = self.client()

	def inject(self, frames, port="vm1"):
		self.c("inject", port=port, frames=[f.hex() for f in frames])

	def active(self, name="web"):
		wait_for(f"session {name} is active", lambda: self.c.one("mirror.list", session=name)["oper"] == "active", DEADLINE)

	def sent(self, n, name="web"):
		"""The counters, once n copies have been sent."""
		return wait_for(f"{n} copies", lambda: (lambda k: k if k["tx_ok"] + k["tx_drop"] >= n else None)(
			self.c.one("mirror.counters", session=name)), DEADLINE)

	def kill(self):
		"""kill -9; there is nothing to be stopped afterwards."""
		self.proc.kill()
		self.proc.wait()
		os.unlink(self.path)
		self.stop = lambda *_: None

	def __exit__(self, kind, *rest):
		self.c.close()
		super().__exit__(kind, *rest)


class Collector(Process):
	def __init__(self, ns, *args, out=None):
		self.out = out
		more = ["-U", "-o", out] if out is not None else []
		super().__init__(ns.argv(PKTCAP, "--decap=1", "--netdev", "c0", *more, *args))
		self.wait_stderr("^pktcap: capturing on ")

	def report(self, packets):
		"""Ends it once it has got so many copies; its report, by session's name."""
		wait_for(f"{packets} copies at the collector", lambda: packets_in(self.out) >= packets, DEADLINE)
		self.end()
		assert not SANITIZER.search(self.stderr), self.stderr
		got = json.loads(self.stdout)["collector"]
		assert got["copies"] == packets and got["refused"] == {}, got
		return {s["name"]: s for s in got["sources"]}
