# SPDX-License-Identifier: BSD-3-Clause
#
# TAP ports: kernels in namespaces of their own, with reddotd between them.
import contextlib
import os
import subprocess

import pytest
from ports_lab import CLONE_NEWNET, Netns, NsDaemon, RawSocket, _libc, need, transfer
from rdtest import NOBODY, NO_OTHERS, OTHERS_CAN, wait_for

SWITCH = """
host add h default
switch add sw host h portset 3
segment add lan switch sw vlan 0
"""
PORTS = [f'port add g{i} switch sw type vnic segment lan device "net_tap{i},iface=rdtap{i}"' for i in range(2)]


@pytest.fixture(autouse=True)
def machine():
	need("ip", "ping", "ethtool")


def attach(sw, guest, dev, address):
	sw.ip("link", "set", dev, "netns", guest.name)
	guest.up(dev, address)


@contextlib.contextmanager
def two_guests(*args, lines=SWITCH + "\n".join(PORTS)):
	with Netns("sw") as sw, Netns("g0") as g0, Netns("g1") as g1, NsDaemon(sw, lines, args) as d:
		for i, g in enumerate((g0, g1)):
			attach(sw, g, f"rdtap{i}", f"192.0.2.{i + 1}/24")
		yield d, g0, g1


@pytest.mark.parametrize("workers", [1, 2])
def test_ping_and_tcp(workers):
	with two_guests("--workers", workers) as (d, g0, g1):
		with d.lossless():
			g0.ping("192.0.2.2", 20)
			g1.ping("192.0.2.1", 5, size=1472, extra=["-M", "do"])
		transfer(g0, g1, "192.0.2.2")
		fdb = d.fdb()
		assert fdb[g0.mac("rdtap0")]["to"] == "h/g0" and fdb[g1.mac("rdtap1")]["to"] == "h/g1", fdb
		assert d.port("g0")["rx_packets"] > 25 and d.port("g1")["tx_packets"] > 25
		assert d.port("g0")["link"] == "up", "a TAP in another namespace counts as up"
		assert "ERROR" not in d.text(), d.text()


def test_uplink_learns():
	"""Who is behind an uplink is learned from what it sends, after its ARP request was flooded."""
	lines = SWITCH + PORTS[0] + '\nport add u1 switch sw type uplink device "net_tap1,iface=rdtap1"\n'
	with two_guests(lines=lines) as (d, g0, g1):
		g1.ping("192.0.2.1")
		entry = d.fdb()[g1.mac("rdtap1")]
		assert (entry["kind"], entry["to"]) == ("learned", "h/u1"), entry
		with d.client() as c:
			flood = next(s for s in c.list("stage.list") if s["stage"] == "flood")
		assert flood["in"] > 0, flood


def test_link():
	with Netns("sw") as sw, NsDaemon(sw, SWITCH + PORTS[0]) as d:
		assert d.port("g0")["link"] == "up"
		sw.ip("link", "set", "rdtap0", "down")
		d.wait_link("g0", "down")
		sw.ip("link", "set", "rdtap0", "up")
		d.wait_link("g0", "up")


def test_delete_under_traffic():
	with two_guests() as (d, g0, g1):
		g0.ping("192.0.2.2")
		g0.ip("neigh", "replace", "192.0.2.2", "lladdr", g1.mac("rdtap1"), "dev", "rdtap0")
		flood = subprocess.Popen(g0.argv("ping", "-q", "-i", "0.001", "192.0.2.2"), stdout=subprocess.DEVNULL)
		try:
			for _ in range(8):
				seen = d.port("g0")["rx_packets"]
				wait_for("traffic", lambda seen=seen: d.port("g0")["rx_packets"] > seen + 20)
				d.cli("port", "del", "g1")
				wait_for("the TAP's end", lambda: not g1.has("rdtap1"))
				seen = d.port("g0")["rx_packets"]
				wait_for("traffic without a peer", lambda seen=seen: d.port("g0")["rx_packets"] > seen + 20)
				d.cli(*PORTS[1].replace('"', "").split())
				attach(d.ns, g1, "rdtap1", "192.0.2.2/24")
		finally:
			flood.terminate()
			flood.wait()
		g0.ip("neigh", "del", "192.0.2.2", "dev", "rdtap0")
		g0.ping("192.0.2.2")
		g1.ping("192.0.2.1")


def test_too_large_for_the_driver():
	"""The driver's limit is 1504 whatever the kernel's interface is set to: what is longer is counted, and no jam."""
	with two_guests() as (d, g0, g1):
		for i, g in enumerate((g0, g1)):
			g.ip("link", "set", f"rdtap{i}", "mtu", "1600")
		g0.ping("192.0.2.2")
		g0.ping("192.0.2.2", 3, size=1572, extra=["-M", "do", "-w", "2"], rc=None)
		wait_for("drops", lambda: d.drops().get("TX_OVERSIZE", 0) >= 3)
		g0.ping("192.0.2.2", size=1472, extra=["-M", "do"])


def test_mtu_of_open_device():
	with Netns("sw") as sw, NsDaemon(sw, SWITCH + PORTS[0]) as d:
		d.cli("port", "set", "g0", "mtu", "1400")
		assert sw.link("rdtap0")["mtu"] == 1400
		assert "refuses an MTU of 9000" in d.refuse("port", "set", "g0", "mtu", "9000")
		assert d.port("g0")["mtu"] == 1400


def test_device_twice():
	with Netns("sw") as sw, NsDaemon(sw, SWITCH + PORTS[0]) as d:
		for device in ("net_tap0,iface=other", "net_tap5,iface=rdtap0", "net_af_packet0,iface=rdtap0"):
			error = d.refuse("port", "add", "x", "switch", "sw", "type", "uplink", "device", device)
			assert "port g0 has device" in error and "port set g0 device none" in error, error
		d.cli("port", "set", "g0", "device", "none")
		wait_for("the TAP's end", lambda: not sw.has("rdtap0"))
		d.cli("port", "set", "g0", "device", "net_tap0,iface=rdtap0")
		assert sw.has("rdtap0")


class Inside:
	"""The namespace that a process has made for itself."""

	def __init__(self, pid):
		self.fd = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)

	def enter(self):
		assert _libc.setns(self.fd, CLONE_NEWNET) == 0


@pytest.mark.skipif(not OTHERS_CAN, reason=NO_OTHERS)
def test_ordinary_user():
	"""In a user namespace nobody needs to be root."""
	prefix = ["unshare", "--user", "--map-root-user", "--net"]
	probe = subprocess.run([*prefix, "true"], user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, check=False)
	if probe.returncode != 0:
		pytest.skip(f"ordinary users can't make namespaces here: {probe.stderr.decode().strip()}")
	with NsDaemon(None, SWITCH + "\n".join(PORTS) + "\nport set g0 spoof-check off\n", user=NOBODY, prefix=prefix) as d:
		ns = Inside(d.proc.pid)
		with RawSocket(ns, "rdtap0") as a, RawSocket(ns, "rdtap1") as b:
			frame = b"\xff" * 6 + b"\x02\0\0\0\0\x01" + b"\x88\xb5" + b"from an ordinary user".ljust(46, b"\0")
			a.send(frame)
			b.receive(lambda f: f == frame)
		os.close(ns.fd)


@pytest.mark.skipif(not OTHERS_CAN, reason=NO_OTHERS)
def test_ordinary_user_is_refused():
	with NsDaemon(None, SWITCH, user=NOBODY) as d:
		error = d.refuse("port", "add", "g0", "switch", "sw", "type", "vnic", "device", "net_tap0,iface=rdtap0")
		assert "Operation not permitted" in error, error
