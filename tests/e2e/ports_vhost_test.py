# SPDX-License-Identifier: BSD-3-Clause
#
# vhost-user ports: the other side is another reddotd, or dpdk-testpmd, with virtio-user in place of a virtual machine. No
# hugepages anywhere.
import contextlib
import os
import signal
import subprocess
import tempfile
import time

import pytest
from ports_lab import DEADLINE, Netns, NsDaemon, need, transfer, veth
from rdtest import wait_for

GUEST_MAC = "02:00:00:00:00:b1"


@pytest.fixture(autouse=True)
def machine():
	need("ip", "ping", "ethtool")


@pytest.fixture
def socket():
	with tempfile.TemporaryDirectory(prefix="rd-vhost-") as d:
		yield d + "/guest.sock"


def switch(socket):
	"""g0 is a TAP, vm a virtual machine's NIC."""
	return f"""
host add h default
switch add sw host h portset 3
segment add lan switch sw vlan 0
port add g0 switch sw type vnic segment lan device "net_tap0,iface=rdtap0"
port add vm switch sw type vnic segment lan mac {GUEST_MAC} device "net_vhost0,iface={socket}"
"""


def machine_with(socket):
	"""Stands in for the virtual machine: virtio-user as its NIC, a kernel behind it on a TAP."""
	return f"""
host add vm default
switch add sw host vm portset 3
segment add lan switch sw vlan 0
port add eth0 switch sw type uplink device "net_virtio_user0,path={socket},queues=1,queue_size=1024"
port add kernel switch sw type vnic segment lan mac {GUEST_MAC} device "net_tap0,iface=rdtap1"
"""


@contextlib.contextmanager
def guest(sw, socket):
	with Netns("vm") as vm, Netns("g1") as g1, NsDaemon(vm, machine_with(socket)) as d:
		vm.ip("link", "set", "rdtap1", "netns", g1.name)
		g1.ip("link", "set", "rdtap1", "address", GUEST_MAC)
		g1.up("rdtap1", "192.0.2.2/24")
		d.wait_link("eth0", "up")
		yield g1


def attach(sw, g0):
	sw.ip("link", "set", "rdtap0", "netns", g0.name)
	g0.up("rdtap0", "192.0.2.1/24")


def test_guest_comes_and_goes(socket):
	with Netns("sw") as sw, Netns("g0") as g0:
		start = time.monotonic()
		with NsDaemon(sw, switch(socket)) as d:
			# 9 s is what DPDK's programs wait for a link
			print(f"ready after {time.monotonic() - start:.1f} s")
			attach(sw, g0)
			assert os.path.exists(socket) and d.port("vm")["link"] == "down"
			g0.ping("192.0.2.2", 2, extra=["-w", "2"], rc=None)
			wait_for("drops", lambda: d.drops().get("VNIC_DISCONNECTED", 0) > 0)
			for _ in range(2):
				with guest(sw, socket) as g1:
					d.wait_link("vm", "up")
					g0.ip("neigh", "flush", "all")  # it asked while nobody was there
					g0.ping("192.0.2.2", 20)
					g1.ping("192.0.2.1", 5, size=1472, extra=["-M", "do"])
					transfer(g0, g1, "192.0.2.2")
					transfer(g1, g0, "192.0.2.1")
				d.wait_link("vm", "down")
			assert "port vm: link up" in d.text() and "port vm: link down" in d.text()
		assert not os.path.exists(socket), "the socket was left behind"


def test_socket_of_killed_daemon(socket):
	with Netns("sw") as sw, Netns("g0") as g0:
		with pytest.raises(AssertionError), NsDaemon(sw, switch(socket)) as d:
			d.proc.send_signal(signal.SIGKILL)
			d.proc.wait()
		assert os.path.exists(socket), "nothing to test"
		with NsDaemon(sw, switch(socket)) as d:
			attach(sw, g0)
			with guest(sw, socket):
				d.wait_link("vm", "up")
				g0.ping("192.0.2.2")


def test_delete_under_traffic(socket):
	with Netns("sw") as sw, Netns("g0") as g0, NsDaemon(sw, switch(socket)) as d:
		attach(sw, g0)
		g0.ip("neigh", "replace", "192.0.2.2", "lladdr", GUEST_MAC, "dev", "rdtap0")
		flood = subprocess.Popen(g0.argv("ping", "-q", "-i", "0.001", "192.0.2.2"), stdout=subprocess.DEVNULL)
		try:
			for _ in range(3):
				with guest(sw, socket):
					d.wait_link("vm", "up")
					seen = d.port("vm")["rx_packets"]
					wait_for("traffic", lambda seen=seen: d.port("vm")["rx_packets"] > seen + 20)
					d.cli("port", "del", "vm")
					seen = d.port("g0")["rx_packets"]
					wait_for("traffic without a peer", lambda seen=seen: d.port("g0")["rx_packets"] > seen + 20)
				d.cli("port", "add", "vm", "switch", "sw", "type", "vnic", "segment", "lan", "mac", GUEST_MAC,
					"device", f"net_vhost0,iface={socket}")
		finally:
			flood.terminate()
			flood.wait()


JUMBO = "framesz=16384,blocksz=65536,framecnt=256"


def jumbo(ports):
	return f"host add h default\nswitch add sw host h portset 3 mtu 9000\nsegment add lan switch sw vlan 0\n{ports}"


def test_jumbo(socket):
	"""Frames of many segments in both directions, on both sides of the socket."""
	with Netns("sw") as sw, Netns("g0") as g0, Netns("vm") as vm, Netns("g1") as g1:
		for ns, dev, guest_ns, address, mac in ((sw, "v0", g0, "192.0.2.1", "02:00:00:00:00:a0"), (vm, "v1", g1, "192.0.2.2", GUEST_MAC)):
			veth(ns, dev, guest_ns, "eth0", 9000)
			guest_ns.ip("link", "set", "eth0", "address", mac)
			guest_ns.up("eth0", address + "/24", offload=False)
		near = jumbo(f"""
port add g0 switch sw type vnic segment lan mac 02:00:00:00:00:a0 device "net_af_packet0,iface=v0,{JUMBO}"
port add vm switch sw type vnic segment lan mac {GUEST_MAC} device "net_vhost0,iface={socket}"
""")
		far = jumbo(f"""
port add eth0 switch sw type uplink device "net_virtio_user0,path={socket},queues=1,queue_size=1024"
port add kernel switch sw type vnic segment lan mac {GUEST_MAC} device "net_af_packet0,iface=v1,{JUMBO}"
""")
		with NsDaemon(sw, near) as d, NsDaemon(vm, far) as peer:
			d.wait_link("vm", "up")
			peer.wait_link("eth0", "up")
			g0.ping("192.0.2.2", 5, size=8972, extra=["-M", "do"])
			transfer(g0, g1, "192.0.2.2", 16 << 20)
			transfer(g1, g0, "192.0.2.1", 16 << 20)


def test_testpmd(socket):
	"""DPDK's own program as the guest; its icmpecho mode answers ARP and ping for any address."""
	need("dpdk-testpmd")
	with Netns("sw") as sw, Netns("g0") as g0, NsDaemon(sw, switch(socket)) as d:
		attach(sw, g0)
		argv = ["dpdk-testpmd", "-l", "0,1", "--no-huge", "-m", "128", "--no-pci", "--no-shconf", "--vdev",
			f"net_virtio_user0,path={socket},queues=1,queue_size=1024,mac={GUEST_MAC}", "--", "--total-num-mbufs=8192",
			"--forward-mode=icmpecho", "--auto-start", "--no-lsc-interrupt", "--disable-link-check"]
		with open(os.path.dirname(socket) + "/testpmd.log", "w+b") as log:
			p = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=log, stderr=log)  # it ends when stdin does
			try:
				d.wait_link("vm", "up")
				wait_for("testpmd", lambda: "1 received" in g0.ping("192.0.2.2", 1, rc=None), DEADLINE)
				g0.ping("192.0.2.2", 20)
			finally:
				p.terminate()
				p.wait(DEADLINE)
		d.wait_link("vm", "down")
