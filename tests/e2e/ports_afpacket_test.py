# SPDX-License-Identifier: BSD-3-Clause
#
# AF_PACKET ports on veth pairs: kernels as guest and as the world behind the uplink, scapy where tags are wanted (the
# kernel here may have no VLAN devices).
import contextlib
import logging

import pytest
from ports_lab import Netns, NsDaemon, RawSocket, need, transfer, veth
from rdtest import wait_for

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)

FRAMES = "framesz=16384,blocksz=65536,framecnt=256"


@pytest.fixture(autouse=True)
def machine():
	need("ip", "ping", "ethtool")


class Lab:
	"""guest eth0 === g0 [reddotd] u0 === eth0 world"""

	def __init__(self, sw, guest, world, vlan=0, mtu=1500, frames=""):
		self.sw, self.guest, self.world = sw, guest, world
		for dev, ns in (("g0", guest), ("u0", world)):
			veth(sw, dev, ns, "eth0", mtu)
		guest.up("eth0", "192.0.2.1/24", offload=False)
		world.up("eth0", "192.0.2.2/24", offload=False)
		self.lines = f"""
host add h default
switch add sw host h portset 3 mtu {max(mtu, 1600)}
segment add lan switch sw vlan {vlan}
port add u0 switch sw type uplink device "net_af_packet0,iface=u0{frames}"
port add g0 switch sw type vnic segment lan mac {guest.mac("eth0")} device "net_af_packet1,iface=g0{frames}"
"""


@contextlib.contextmanager
def lab(*args, **kw):
	with Netns("sw") as sw, Netns("guest") as guest, Netns("world") as world:
		x = Lab(sw, guest, world, **kw)
		with NsDaemon(sw, x.lines, args) as d:
			yield x, d


@pytest.mark.parametrize("workers", [1, 2])
def test_untagged(workers):
	with lab("--workers", workers) as (x, d):
		with d.lossless():
			x.guest.ping("192.0.2.2", 20)
			x.world.ping("192.0.2.1", 5, size=1472, extra=["-M", "do"])
		transfer(x.guest, x.world, "192.0.2.2")
		transfer(x.world, x.guest, "192.0.2.1")
		assert d.fdb()[x.world.mac("eth0")]["to"] == "h/u0"


def test_tagged():
	"""Tagged on the wire, untagged at the guest. A tag that no segment has is dropped by name."""
	from scapy.layers.inet import ICMP, IP
	from scapy.layers.l2 import ARP, Dot1Q, Ether

	me = "02:00:00:00:00:77"
	with lab(vlan=10) as (x, d), RawSocket(x.world, "eth0") as wire:
		def tagged(vlan, payload, dst="ff:ff:ff:ff:ff:ff"):
			return Ether(src=me, dst=dst) / Dot1Q(vlan=vlan) / payload

		def answer(layer, vlan=10):
			def accept(frame):
				p = Ether(frame)
				return p.dst == me and Dot1Q in p and p[Dot1Q].vlan == vlan and layer in p
			return Ether(wire.receive(accept, f"{layer.__name__} in VLAN {vlan}"))

		guest = x.guest.mac("eth0")
		wire.send(tagged(10, ARP(op=1, hwsrc=me, psrc="192.0.2.77", pdst="192.0.2.1")))
		assert answer(ARP)[ARP].hwsrc == guest
		wire.send(tagged(10, IP(src="192.0.2.77", dst="192.0.2.1") / ICMP(id=7, seq=1) / (b"x" * 56), dst=guest))
		reply = answer(ICMP)
		assert reply[ICMP].type == 0 and bytes(reply[ICMP].payload) == b"x" * 56
		wire.send(tagged(11, IP(src="192.0.2.77", dst="192.0.2.1") / ICMP(), dst=guest))
		wait_for("a drop", lambda: d.drops().get("PORT_VLAN_UNKNOWN", 0) == 1)


def test_link():
	"""The driver says up for ever; we ask the kernel."""
	with lab() as (x, d):
		x.guest.ping("192.0.2.2")
		x.world.ip("link", "set", "eth0", "down")
		d.wait_link("u0", "down")
		before = d.drops().get("UPLINK_NONE_UP", 0)
		x.guest.ping("192.0.2.2", 1, extra=["-w", "1"], rc=None)
		wait_for("a drop", lambda: d.drops().get("UPLINK_NONE_UP", 0) > before)
		x.world.ip("link", "set", "eth0", "up")
		d.wait_link("u0", "up")
		x.guest.ping("192.0.2.2")


def test_jumbo():
	with lab(mtu=9000, frames="," + FRAMES) as (x, d):
		x.guest.ping("192.0.2.2", 5, size=8972, extra=["-M", "do"])
		x.world.ping("192.0.2.1", 5, size=8972, extra=["-M", "do"])
		transfer(x.guest, x.world, "192.0.2.2", 16 << 20)


def test_frames_too_large():
	"""A ring whose slots are too small: the kernel cuts the frames short, and we say so instead of passing them on."""
	with lab(mtu=9000) as (x, d):
		x.guest.ping("192.0.2.2")
		x.guest.ping("192.0.2.2", 3, size=8000, rc=None)
		wait_for("drops", lambda: d.drops().get("PARSE_IP_LEN", 0) >= 3)
		x.guest.ping("192.0.2.2")


def test_mtu_follows():
	"""What the port can send is what the kernel's interface can, also after it changed."""
	with lab() as (x, d):
		for ns, dev in ((x.sw, "u0"), (x.world, "eth0")):
			ns.ip("link", "set", dev, "mtu", 1600)
		wait_for("the new MTU", lambda: "port u0: the device can send an MTU of 1600" in d.text())


def test_interface_goes():
	"""An interface that is deleted under its port."""
	with lab() as (x, d):
		x.guest.ping("192.0.2.2")
		x.sw.ip("link", "del", "u0")
		d.wait_link("u0", "down")
		x.guest.ping("192.0.2.2", 1, extra=["-w", "1"], rc=None)
		veth(x.sw, "u0", x.world, "eth0")
		x.world.up("eth0", "192.0.2.2/24", offload=False)
		d.cli("port", "del", "u0")
		d.cli("port", "add", "u0", "switch", "sw", "type", "uplink", "device", "net_af_packet0,iface=u0")
		x.guest.ip("neigh", "flush", "all")
		x.guest.ping("192.0.2.2")
