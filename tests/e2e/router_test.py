# SPDX-License-Identifier: BSD-3-Clause
#
# The distributed router between kernels: their ping, their path MTU, their error queues and their TCP judge what it does. Guests are
# namespaces behind TAP ports; blue, green and red are segments of one switch.
import contextlib
import re
import socket
import struct
import subprocess
import threading

import pytest
from ports_lab import DEADLINE, Netns, NsDaemon, need, transfer, veth
from rdtest import wait_for

ROUTER_MAC = "02:50:56:56:44:52"
SEGMENTS = ["blue", "green", "red"]
IP_RECVERR, IPV6_RECVERR, MSG_ERRQUEUE = 11, 25, 0x2000
ICMP_ORIGIN, ICMP6_ORIGIN = 2, 3


@pytest.fixture(autouse=True)
def machine():
	need("ip", "ping", "ethtool")


def switch(nb):
	lines = "host add h default\nswitch add sw host h portset 3\nrouter add r host h\n"
	for i, s in enumerate(SEGMENTS[:nb], 1):
		lines += f"""segment add {s} switch sw vlan {10 * i}
port add g{i} switch sw type vnic segment {s} device "net_tap{i},iface=rdtap{i}"
router interface add r-{s} router r segment {s} address 10.{i}.0.1/24,2001:db8:{i}::1/64
"""
	return lines


def number(guest, dev, i, gateway=True):
	"""The addresses of guest i, and the router as its way to everywhere."""
	guest.run("sh", "-c", f"echo 0 >/proc/sys/net/ipv6/conf/{dev}/disable_ipv6; echo 0 >/proc/sys/net/ipv6/conf/{dev}/accept_ra")
	guest.ip("addr", "add", f"10.{i}.0.2/24", "dev", dev)
	guest.ip("addr", "add", f"2001:db8:{i}::2/64", "dev", dev, "nodad")
	if gateway:
		guest.ip("route", "add", "default", "via", f"10.{i}.0.1")
		guest.ip("-6", "route", "add", "default", "via", f"2001:db8:{i}::1")


@contextlib.contextmanager
def lab(nb=2, *args, more=""):
	"""nb guests, each on a segment of its own"""
	with contextlib.ExitStack() as stack:
		sw = stack.enter_context(Netns("sw"))
		guests = [stack.enter_context(Netns(f"g{i}")) for i in range(1, nb + 1)]
		d = stack.enter_context(NsDaemon(sw, switch(nb) + more, args))
		for i, g in enumerate(guests, 1):
			sw.ip("link", "set", f"rdtap{i}", "netns", g.name)
			g.up(f"rdtap{i}")
			number(g, f"rdtap{i}", i)
		yield d, *guests


def neighbours(d):
	with d.client() as c:
		return {n["ip"]: n for n in c.list("neighbour.list")}


def met(guest, address, **kw):
	"""The first packet to a neighbour that the router must ask for is dropped: so until one was answered."""
	wait_for(f"{address} answers", lambda: " 1 received" in guest.ping(address, 1, rc=None, **kw), DEADLINE)


def echoes(guest):
	"""How often a guest's kernel was pinged: it may be asked for its MAC at any time."""
	names, values = (line.split()[1:] for line in guest.run("cat", "/proc/net/snmp").splitlines() if line.startswith("Icmp:"))
	return int(dict(zip(names, values))["InEchos"])


def balanced(d):
	"""The kernels' own packets may be on their way in the moment of a look."""
	with d.client() as c:
		def off():
			return [s for s in c.list("stage.list") if s["in"] + s["created"] != s["out"] + s["consumed"] + s["drops"]]

		wait_for("the stages' counters to add up", lambda: not off())


@pytest.mark.parametrize("workers", [1, 2])
def test_ping_and_tcp(workers):
	with lab(2, "--workers", workers) as (d, g1, g2):
		for address in ("10.2.0.2", "2001:db8:2::2"):
			met(g1, address)
			with d.lossless():
				out = g1.ping(address, 20)
				assert out.count("ttl=63") >= 20, out  # one hop
				g2.ping(address.replace("2.0.2", "1.0.2").replace(":2::", ":1::"), 5)
			g1.ping(address, 3, size=1400)
		transfer(g1, g2, "10.2.0.2")
		transfer(g2, g1, "2001:db8:1::2")
		known = neighbours(d)
		assert known["10.2.0.2"]["mac"] == known["2001:db8:2::2"]["mac"] == g2.mac("rdtap2"), known
		assert known["10.2.0.2"]["state"] == "reachable" and known["10.2.0.2"]["interface"] == "h/r-green", known
		assert ROUTER_MAC in g1.ip("neigh", "show", "10.1.0.1") and d.fdb()[ROUTER_MAC]["kind"] == "router"
		with d.client() as c:
			for i in c.list("router_interface.list"):
				assert i["rx_packets"] > 100 and i["tx_packets"] > 100 and i["tx_bytes"] > 100 * i["tx_packets"], i
		balanced(d)
		assert "ERROR" not in d.text(), d.text()


@pytest.mark.parametrize("address", ["10.1.0.1", "10.2.0.1", "2001:db8:1::1", "2001:db8:2::1"])
def test_router_answers(address):
	"""Of every interface, to whoever asks."""
	with lab() as (d, g1, _):
		out = g1.ping(address, 10)
		g1.ping(address, 3, size=1400)
		assert set(d.drops()) <= {"FLOOD_EMPTY"}, d.drops()  # what the router answers also goes to the segment, where nobody else is
		assert re.search(r"ttl=(64|255)", out), out


def test_ttl():
	"""A packet at its end is told so by the interface that it came in by."""
	with lab() as (d, g1, g2):
		met(g1, "10.2.0.2")
		met(g1, "2001:db8:2::2")
		out = g1.ping("10.2.0.2", 1, extra=["-t", "1"], rc=1)
		assert "From 10.1.0.1 icmp_seq=1 Time to live exceeded" in out, out
		out = g1.ping("2001:db8:2::2", 1, extra=["-t", "1"], rc=1)
		assert "From 2001:db8:1::1 icmp_seq=1 Time exceeded: Hop limit" in out, out
		for address in ("10.2.0.2", "2001:db8:2::2"):
			assert " 1 received" in g1.ping(address, 1, extra=["-t", "2"], rc=None)
		assert d.drops()["L3_TTL"] == 2
		for family, address in ((socket.AF_INET, "10.2.0.2"), (socket.AF_INET6, "2001:db8:2::2")):
			hops = ladder(g1, family, address)
			assert hops == [("10.1.0.1", 11, 0), ("10.2.0.2", 3, 3)] if family == socket.AF_INET else [("2001:db8:1::1", 3, 0), ("2001:db8:2::2", 1, 4)]
		balanced(d)


def ladder(guest, family, address):
	"""traceroute with UDP, by the kernel's error queue: who answered, the ICMP type and code, by TTL."""
	v6 = family == socket.AF_INET6
	hops = []

	def climb():
		guest.enter()
		for ttl in (1, 2):
			with socket.socket(family, socket.SOCK_DGRAM) as s:
				s.settimeout(DEADLINE)
				s.setsockopt(socket.IPPROTO_IPV6 if v6 else socket.IPPROTO_IP, IPV6_RECVERR if v6 else IP_RECVERR, 1)
				s.setsockopt(*((socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, ttl) if v6 else (socket.IPPROTO_IP, socket.IP_TTL, ttl)))
				s.connect((address, 33434 + ttl))
				s.send(b"how far?")
				with contextlib.suppress(ConnectionRefusedError, OSError):
					s.recv(1)
				_, aux, _, _ = s.recvmsg(2048, 512, MSG_ERRQUEUE)
				data = aux[0][2]
				_, origin, kind, code = struct.unpack_from("=IBBB", data)
				assert origin == (ICMP6_ORIGIN if v6 else ICMP_ORIGIN)
				offender = data[16 + 8:16 + 24] if v6 else data[16 + 4:16 + 8]
				hops.append((socket.inet_ntop(family, offender), kind, code))

	t = threading.Thread(target=climb, daemon=True)
	t.start()
	t.join(DEADLINE)
	return hops


def test_path_mtu():
	"""The kernel learns the MTU of the far segment from the router, and TCP goes through."""
	with lab() as (d, g1, g2):
		met(g1, "10.2.0.2")
		met(g1, "2001:db8:2::2")
		d.cli("router", "interface", "set", "r-green", "mtu", "1300")
		out = g1.ping("10.2.0.2", 1, size=1400, extra=["-M", "do"], rc=1)
		assert re.search(r"From 10\.1\.0\.1 icmp_seq=1 Frag needed and DF set \(mtu = 1300\)", out), out
		out = g1.ping("2001:db8:2::2", 1, size=1400, extra=["-M", "do"], rc=1)
		assert re.search(r"From 2001:db8:1::1 icmp_seq=1 Packet too big: mtu=1300", out), out
		assert "mtu 1300" in g1.ip("route", "get", "10.2.0.2") and "mtu 1300" in g1.ip("-6", "route", "get", "2001:db8:2::2")
		g1.ping("10.2.0.2", 3, size=1272, extra=["-M", "do"])
		g1.ip("route", "flush", "cache")
		transfer(g1, g2, "10.2.0.2")
		transfer(g1, g2, "2001:db8:2::2")
		assert d.drops()["L3_MTU"] >= 2
		assert "no host's address with a prefix length" in d.refuse("router", "interface", "set", "r-green", "address", "10.2.0.1")


def test_neighbour_that_is_not_there():
	with lab() as (d, g1, _):
		g1.ping("10.1.0.1", 1)
		assert " 0 received" in g1.ping("10.2.0.99", 2, rc=None)
		gone = neighbours(d)["10.2.0.99"]
		assert gone["state"] in ("incomplete", "failed") and gone["mac"] == "" and gone["asked"] >= 1, gone
		assert sum(n for reason, n in d.drops().items() if reason.startswith("L3_NEIGH")) >= 2, d.drops()
		assert "10.2.0.99" in d.cli("show", "neighbour") and d.cli("nh", "--list") == d.cli("show", "nh")
		d.cli("neighbour", "add", "10.2.0.99", "interface", "r-green", "mac", "02:00:00:00:00:99")
		assert (neighbours(d)["10.2.0.99"]["kind"], neighbours(d)["10.2.0.99"]["mac"]) == ("static", "02:00:00:00:00:99")
		d.cli("neighbour", "flush")
		assert "10.2.0.99" in neighbours(d), "a static one stays"
		d.cli("neighbour", "del", "10.2.0.99", "interface", "r-green")
		assert "10.2.0.99" not in neighbours(d)


def test_routes():
	"""Static ones of every kind, as the guests' kernels see them."""
	with lab() as (d, g1, g2):
		g2.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
		g2.ip("addr", "add", "10.9.0.1/24", "dev", "lo")
		met(g1, "10.2.0.2")
		out = g1.ping("10.9.0.1", 1, rc=1)
		assert "From 10.1.0.1 icmp_seq=1 Destination Net Unreachable" in out, out
		assert d.drops()["L3_NO_ROUTE"] == 1
		d.cli("route", "add", "10.9.0.0/24", "router", "r", "via", "10.2.0.2")
		assert "ttl=63" in g1.ping("10.9.0.1", 3)
		d.cli("route", "add", "10.9.0.128/25", "router", "r", "blackhole")
		assert "From" not in g1.ping("10.9.0.200", 1, rc=1)
		d.cli("route", "add", "10.9.0.192/26", "router", "r", "unreachable")
		assert "From 10.1.0.1 icmp_seq=1 Destination Net Unreachable" in g1.ping("10.9.0.200", 1, rc=1)
		with d.client() as c:
			assert [r["prefix"] for r in c.list("route.list", to="10.9.0.200")] == ["10.9.0.192/26"]
			assert [(r["prefix"], r["paths"]) for r in c.list("route.list", to="10.9.0.1")] == [
				("10.9.0.0/24", [{"via": "10.2.0.2", "interface": "h/r-green"}])]
			kinds = {r["prefix"]: (r["kind"], r["action"]) for r in c.list("route.list", family="inet")}
			assert kinds == {"10.1.0.0/24": ("connected", "deliver"), "10.2.0.0/24": ("connected", "deliver"), "10.9.0.0/24": ("static", "via"),
				"10.9.0.128/25": ("static", "blackhole"), "10.9.0.192/26": ("static", "unreachable")}
		for route in ("10.9.0.0/24", "10.9.0.128/25", "10.9.0.192/26"):
			d.cli("route", "del", route, "router", "r")
		assert "Net Unreachable" in g1.ping("10.9.0.1", 1, rc=1)
		drops = d.drops()
		assert drops["L3_DISCARD"] == 1 and drops["L3_UNREACHABLE"] == 1, drops
		balanced(d)


def test_equal_paths():
	"""Each flow takes one of two next hops, and both are taken."""
	with lab(3) as (d, g1, g2, g3):
		for g in (g2, g3):
			g.ip("addr", "add", "10.9.0.1/32", "dev", "lo")
			g.run("sh", "-c", "echo 2 >/proc/sys/net/ipv4/conf/all/rp_filter")
		met(g1, "10.2.0.2")
		met(g1, "10.3.0.2")
		d.cli("route", "add", "10.9.0.0/24", "router", "r", "via", "10.2.0.2,10.3.0.2")
		got = {}

		def listen(name, g):
			g.enter()
			got[name] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
			got[name].bind(("10.9.0.1", 7000))
			got[name].settimeout(0.2)

		def send(flows, times):
			g1.enter()
			for port in flows:
				with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
					s.bind(("10.1.0.2", port))
					for _ in range(times):
						s.sendto(str(port).encode(), ("10.9.0.1", 7000))

		for step in ([(listen, ("g2", g2)), (listen, ("g3", g3))], [(send, (range(20000, 20064), 3))]):
			threads = [threading.Thread(target=f, args=a) for f, a in step]
			for t in threads:
				t.start()
			for t in threads:
				t.join(DEADLINE)
		heard = {"g2": [], "g3": []}

		def drained():
			for name, s in got.items():
				with contextlib.suppress(TimeoutError):
					while True:
						heard[name].append(s.recv(64))
			return sum(map(len, heard.values())) >= 64 * 3

		wait_for("all datagrams", drained, DEADLINE)
		flows = {name: set(h) for name, h in heard.items()}
		assert not flows["g2"] & flows["g3"], "a flow took both"
		assert all(10 < len(f) < 54 for f in flows.values()), {n: len(f) for n, f in flows.items()}
		for s in got.values():
			s.close()


def test_changes_reach_flows():
	"""A flow that is in the cache goes another way, or nowhere, as soon as the tables say so."""
	with lab(3) as (d, g1, g2, g3):
		met(g1, "10.2.0.2")
		met(g1, "10.3.0.2")
		for g in (g2, g3):
			g.ip("addr", "add", "10.9.0.1/32", "dev", "lo")
		d.cli("route", "add", "10.9.0.1/32", "router", "r", "via", "10.2.0.2")
		flood = subprocess.Popen(g1.argv("ping", "-q", "-i", "0.01", "10.9.0.1"), stdout=subprocess.DEVNULL)
		sent = lambda port: d.port(port)["tx_packets"]  # noqa: E731

		def goes_to(port, other):
			seen = sent(port)
			wait_for(f"traffic to {port}", lambda: sent(port) > seen + 20)
			quiet, seen = echoes(other), sent(port)
			wait_for(f"traffic to {port} alone", lambda: sent(port) > seen + 20)
			assert echoes(other) == quiet, "both"

		try:
			goes_to("g2", g3)
			d.cli("-c", "route del 10.9.0.1/32 router r", "-c", "route add 10.9.0.1/32 router r via 10.3.0.2")
			goes_to("g3", g2)
			assert "a next hop is reached by" in d.refuse("router", "interface", "del", "r-red")
			d.cli("-c", "route del 10.9.0.1/32 router r", "-c", "router interface del r-red")
			wait_for("drops", lambda: d.drops().get("L3_NO_ROUTE", 0) > 0)
		finally:
			flood.terminate()
			flood.wait()
		balanced(d)


def test_firewalls_of_both_guests():
	"""The sender's firewall stands before the router, the receiver's behind it."""
	with lab() as (d, g1, g2):
		met(g1, "10.2.0.2")
		d.cli("dfw", "add", "port", "g1", "rule", "1", "dir", "out", "action", "drop", "proto", "icmp", "to", "10.2.0.2")
		assert " 0 received" in g1.ping("10.2.0.2", 1, rc=None)
		with d.client() as c:
			last = c.list("drop.recent", count=1, reason="DFW_RULE_DENY")[0]
		assert (last["reason"], last["stage"], last["port"], last["rule"]) == ("DFW_RULE_DENY", "dfw_out", "h/g1", 1), last
		d.cli("dfw", "del", "port", "g1", "rule", "1")
		d.cli("dfw", "add", "port", "g2", "rule", "2", "dir", "in", "action", "drop", "proto", "icmp", "from", "10.1.0.2")
		assert " 0 received" in g1.ping("10.2.0.2", 1, rc=None)
		with d.client() as c:
			last = c.list("drop.recent", count=1, reason="DFW_RULE_DENY")[0]
		assert (last["reason"], last["stage"], last["port"], last["rule"]) == ("DFW_RULE_DENY", "dfw_in", "h/g2", 2), last
		d.cli("dfw", "del", "port", "g2", "rule", "2")
		g2.ping("10.1.0.2", 2)
		transfer(g1, g2, "10.2.0.2", 1 << 20)


def test_router_mac_is_nobodys():
	"""A guest that takes the router's MAC is stopped."""
	with lab() as (d, g1, g2):
		met(g1, "10.2.0.2")
		d.cli("port", "set", "g2", "spoof-check", "off")
		g2.ip("link", "set", "rdtap2", "address", ROUTER_MAC)
		g2.ip("neigh", "replace", "10.2.0.1", "lladdr", "02:00:00:00:00:01", "dev", "rdtap2")
		g2.ping("10.2.0.1", 2, extra=["-w", "2"], rc=None)
		wait_for("drops", lambda: d.drops().get("L3_MAC_SPOOF", 0) > 0)
		assert d.fdb()[ROUTER_MAC]["kind"] == "router"
		assert g1.ping("10.1.0.1", 3)


OVERLAY = """
host add h{me} default
switch add sw host h{me} portset 3 mtu 1600
port add u0 switch sw type uplink device "net_af_packet0,iface=u0"
port add vmk10 switch sw type vmk mac 02:00:00:00:00:6{me}
tep add 192.168.50.{me} host h{me} mac 02:00:00:00:00:6{me} port vmk10 team u0
tunnel add peer local 192.168.50.{me} remote 192.168.50.{other} mac 02:00:00:00:00:6{other}
segment add blue switch sw vni 5001 tunnels peer
segment add green switch sw vni 5002 tunnels peer
router add r host h{me}
router interface add r-blue router r segment blue address 10.1.0.1/24,2001:db8:1::1/64
router interface add r-green router r segment green address 10.2.0.1/24,2001:db8:2::1/64
port add g{me} switch sw type vnic segment {segment} device "net_tap{me},iface=rdtap{me}"
"""


def test_two_hosts():
	"""The router is the same on both hosts: each routes what its own guests send, and the tunnel carries the far segment."""
	with Netns("h1") as h1, Netns("h2") as h2, Netns("g1") as g1, Netns("g2") as g2:
		veth(h1, "u0", h2, "u0", 1600)
		h2.quiet("u0")
		h2.ip("link", "set", "u0", "arp", "off", "up")
		with NsDaemon(h1, OVERLAY.format(me=1, other=2, segment="blue")) as d1, NsDaemon(h2, OVERLAY.format(me=2, other=1, segment="green")) as d2:
			for i, (h, g) in enumerate(((h1, g1), (h2, g2)), 1):
				h.ip("link", "set", f"rdtap{i}", "netns", g.name)
				g.up(f"rdtap{i}", mtu=1450)
				number(g, f"rdtap{i}", i)
			for address in ("10.2.0.2", "2001:db8:2::2"):
				met(g1, address)
				assert "ttl=63" in g1.ping(address, 5)
			transfer(g1, g2, "10.2.0.2", 1 << 20)
			known = neighbours(d1)["10.2.0.2"]
			assert (known["mac"], known["interface"]) == (g2.mac("rdtap2"), "h1/r-green"), known
			assert neighbours(d2)["10.1.0.2"]["mac"] == g1.mac("rdtap1")
			entry = d1.fdb()[g2.mac("rdtap2")]
			assert (entry["to_kind"], entry["to"], entry["segment"]) == ("tunnel", "peer", "h1/green"), entry
			assert d1.fdb()[ROUTER_MAC]["kind"] == d2.fdb()[ROUTER_MAC]["kind"] == "router"
			for d in (d1, d2):
				balanced(d)
