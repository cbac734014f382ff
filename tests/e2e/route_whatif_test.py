# SPDX-License-Identifier: BSD-3-Clause
#
# what-if against what then really happens, where there are VLANs, an overlay, a router with routes of every kind, neighbours in
# every state, and firewalls on both sides of it. RD_EXPLAIN_SEED repeats a run.
import random

import pytest
from explain_test import SEED, STATES, family, foretold, seen, tap_all, verdict_of
from rdtest import Daemon
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoRequest, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6NDOptDstLLAddr, ICMPv6NDOptSrcLLAddr, IPv6, IPv6ExtHdrHopByHop
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Raw

NB = 2000
ROUTER = "02:50:56:56:44:52"
VNI = 5003
# By segment: guest's port, MAC, addresses. far: behind the tunnel in red; near: behind the uplink, in green.
HOSTS = {
	"g1": ("blue", "02:00:00:00:00:01", "10.1.0.2", "2001:db8:1::2"),
	"g2": ("green", "02:00:00:00:00:02", "10.2.0.2", "2001:db8:2::2"),
	"g3": ("red", "02:00:00:00:00:03", "10.3.0.2", "2001:db8:3::2"),
	"near": ("green", "02:00:00:00:00:09", "10.2.0.9", "2001:db8:2::9"),
	"far": ("red", "02:00:00:00:00:0a", "10.3.0.9", "2001:db8:3::9"),
}
VLAN = {"blue": 10, "green": 20}
TEP, PEER = ("02:00:00:00:00:60", "192.168.50.1"), ("02:00:00:00:00:61", "192.168.50.2")
LINES = f"""
host add h default
switch add sw host h portset 3 mtu 1700
port add u0 switch sw type uplink mac 02:00:00:00:00:50 mtu 1700 device "net_null0,no-rx=1"
port add vmk10 switch sw type vmk mac {TEP[0]}
tep add {TEP[1]} host h mac {TEP[0]} port vmk10 team u0
tunnel add peer local {TEP[1]} remote {PEER[1]} mac {PEER[0]}
segment add blue switch sw vlan 10
segment add green switch sw vlan 20
segment add red switch sw vni {VNI} tunnels peer
port add g1 switch sw type vnic segment blue mac {HOSTS["g1"][1]} device "net_null1,no-rx=1"
port add g2 switch sw type vnic segment green mac {HOSTS["g2"][1]} device "net_null2,no-rx=1"
port add g3 switch sw type vnic segment red mac {HOSTS["g3"][1]} team u0 device "net_null3,no-rx=1"
port set g1 team u0
port set g2 team u0
fdb add segment green mac {HOSTS["near"][1]} port u0
fdb add segment red mac {HOSTS["far"][1]} tunnel peer
router add r host h
router interface add blue router r segment blue address 10.1.0.1/24,2001:db8:1::1/64
router interface add green router r segment green address 10.2.0.1/24,2001:db8:2::1/64 mtu 1300
router interface add red router r segment red address 10.3.0.1/24,10.33.0.1/24,2001:db8:3::1/64
route add 10.9.0.0/16 router r via 10.2.0.2
route add 10.9.1.0/24 router r via 10.2.0.2,10.3.0.2,10.3.0.9
route add 10.9.2.0/24 router r blackhole
route add 10.9.3.0/24 router r unreachable
route add 10.9.4.0/24 router r via 10.2.0.77
route add 2001:db8:9::/48 router r via 2001:db8:3::9,2001:db8:1::2
route add 2001:db8:9:2::/64 router r blackhole
route add 2001:db8:9:3::/64 router r unreachable
dfw add port g1 rule 11 dir out action drop proto tcp dport 23
dfw add port g1 rule 12 dir out action reject proto udp dport 67
dfw add port g2 rule 21 dir in action drop proto tcp dport 24
dfw add port g2 rule 22 dir in action reject proto udp dport 68
dfw add port g2 rule 23 dir in action allow proto icmp from 10.1.0.0/24
dfw add port g3 rule 31 dir inout action drop proto tcp from 10.2.0.0/24 dport 25
""" + "".join(f"neighbour add {address} interface {HOSTS[who][0]} mac {HOSTS[who][1]}\n" for who in HOSTS for address in HOSTS[who][2:]
	if (who, address) != ("g3", HOSTS["g3"][3]))
V4 = [h[2] for h in HOSTS.values()] + ["10.1.0.1", "10.2.0.1", "10.33.0.1", "10.2.0.77", "10.2.0.255", "10.9.0.5", "10.9.1.7", "10.9.2.1", "10.9.3.1",
	"10.9.4.1", "10.77.0.1", "224.0.0.5", "255.255.255.255", "127.0.0.1"]
V6 = [h[3] for h in HOSTS.values()] + ["2001:db8:1::1", "2001:db8:3::1", "2001:db8:2::77", "2001:db8:9::1", "2001:db8:9:2::1", "2001:db8:9:3::1", "2001:db8:77::1",
	"ff02::1", "fe80::1", "::1"]


@pytest.fixture(name="rng")
def rng_():
	print(f"RD_EXPLAIN_SEED={SEED}")
	return random.Random(SEED)


def l4(rng, v6):
	kind = rng.randrange(10)
	if kind < 4:
		return TCP(sport=rng.randrange(1024, 1040), dport=rng.choice([80, 22, 23, 24, 25]), flags=rng.choice(["S", "S", "SA", "A", "R"])) / Raw(b"x" * rng.randrange(20))
	if kind < 7:
		return UDP(sport=rng.randrange(1024, 1032), dport=rng.choice([53, 67, 68])) / Raw(b"y" * rng.choice([10, 10, 1250, 1400]))
	if v6:
		return ICMPv6EchoRequest(id=rng.randrange(3)) / Raw(b"z" * rng.choice([10, 1260, 1400]))
	if kind == 9:
		return ICMP(type=3, code=1) / IP(src="10.2.0.2", dst="10.1.0.2") / UDP(sport=53, dport=1024)
	return ICMP(type=rng.choice([8, 8, 0]), id=rng.randrange(3)) / Raw(b"z" * rng.choice([10, 1260, 1400]))


def asking(rng, who):
	"""ARP or neighbour discovery, for the router or from somebody that it may learn."""
	_, mac, v4, v6 = HOSTS[who]
	third = v4.split(".")[2]
	if rng.random() < 0.5:
		op = rng.choice([1, 1, 2])
		return Ether(src=mac, dst=rng.choice(["ff:ff:ff:ff:ff:ff", ROUTER])) / ARP(op=op, hwsrc=mac, psrc=rng.choice([v4, v4, "10.1.0.1"]),
			hwdst=ROUTER if op == 2 else "00:00:00:00:00:00", pdst=rng.choice([f"10.{third}.0.1", f"10.{third}.0.1", f"10.{third}.0.77"]))
	router = f"2001:db8:{third}::1"
	if rng.random() < 0.5:
		return Ether(src=mac, dst="33:33:ff:00:00:01") / IPv6(src=v6, dst="ff02::1:ff00:1", hlim=rng.choice([255, 255, 64])) / ICMPv6ND_NS(tgt=router) / ICMPv6NDOptSrcLLAddr(lladdr=mac)
	return Ether(src=mac, dst=ROUTER) / IPv6(src=v6, dst=router, hlim=rng.choice([255, 255, 64])) / ICMPv6ND_NA(tgt=v6, R=0, S=1, O=1) / ICMPv6NDOptDstLLAddr(lladdr=mac)


def routed(rng, who):
	"""Not to oneself: what-if begins no connection, so that the same packet on its way back is no part of one."""
	_, mac, v4, v6 = HOSTS[who]
	eth = Ether(src=rng.choice([mac] * 30 + [ROUTER]), dst=rng.choice([ROUTER] * 12 + ["ff:ff:ff:ff:ff:ff", HOSTS["g2"][1]]))
	ttl = rng.choice([64, 64, 64, 64, 2, 1, 0])
	if rng.random() < 0.35:
		ip = IPv6(src=v6, dst=rng.choice([a for a in V6 if a != v6]), hlim=ttl)
		if rng.random() < 0.05:
			ip = ip / IPv6ExtHdrHopByHop()
		return eth / ip / l4(rng, True)
	ip = IP(src=rng.choice([v4] * 10 + ["10.1.0.1"]), dst=rng.choice([a for a in V4 if a != v4]), ttl=ttl, flags=rng.choice(["DF", 0]), id=rng.randrange(65536), tos=rng.choice([0, 3]))
	if rng.random() < 0.06:
		ip.flags, ip.frag = rng.choice([("MF", 0), ("MF", 100), (0, 200)])
	if rng.random() < 0.03:
		ip.options = b"\x94\x04\0\0"
	return eth / ip / l4(rng, False)


def mangled(rng, frame):
	b = bytearray(frame)
	if rng.random() < 0.08:
		b[rng.randrange(12, min(len(b), 60))] ^= 1 << rng.randrange(8)
	if rng.random() < 0.03:
		del b[rng.randrange(10, len(b)):]
	return bytes(b)


def generated(rng):
	"""A port and a frame."""
	who = rng.choice(list(HOSTS) + ["g1", "g2"])
	segment = HOSTS[who][0]
	packet = asking(rng, who) if rng.random() < 0.12 else routed(rng, who)
	if who.startswith("g"):
		return who, mangled(rng, bytes(packet))
	if segment in VLAN:
		tagged = Ether(src=packet.src, dst=packet.dst) / Dot1Q(vlan=rng.choice([VLAN[segment]] * 9 + [99]), type=packet.type) / packet.payload
		return "u0", mangled(rng, bytes(tagged))
	inner = mangled(rng, bytes(packet))
	geneve = bytes.fromhex("00006558") + VNI.to_bytes(3, "big") + b"\0"
	return "u0", bytes(Ether(src=PEER[0], dst=TEP[0]) / IP(src=PEER[1], dst=TEP[1], flags="DF", id=0) / UDP(sport=50000, dport=6081, chksum=0) / Raw(geneve + inner))


def without_questions(records, frame_of, first):
	"""Whom a router asks for depends on whom it asked a moment ago, which what-if does not judge: its questions, and the copies of them."""
	asked = set()
	for r in records:
		frame = frame_of(r)
		own = frame[6:12] == bytes.fromhex(ROUTER.replace(":", "")) and r["packet_id"] != first
		arp = frame[:6] == b"\xff" * 6 and frame[12:14] == b"\x08\x06"
		solicit = frame[:3] == b"\x33\x33\xff" and frame[12:14] == b"\x86\xdd" and frame[54:55] == b"\x87"
		if r["parent_id"] in asked or (own and (arp or solicit)):
			asked.add(r["packet_id"])
	return [r for r in records if r["packet_id"] not in asked]


def everything(c):
	"""But for what time alone changes."""
	lists = ("stage.list", "drop.list", "fdb.list", "neighbour.list", "route.list", "router_interface.list", "tunnel.list")
	return [[{k: v for k, v in o.items() if k not in ("age_s", "state")} for o in c.list(m)] for m in lists]


def test_what_if_is_what_happens(rng):
	"""Every hop, its port and every byte; the live ones follow at once. The daemon's clock stands still in between."""
	ends, stages = {}, set()
	with Daemon(lines=LINES) as d, d.client() as c, d.client() as cap:
		c("dfw.settings", timeouts={s: 1000000 for s in STATES})
		ring, names = tap_all(c, cap)
		for n in range(NB):
			at, frame = generated(rng)
			if n % 50 == 0:
				c("clock.advance", seconds=2)  # limits per second begin anew
				before = everything(c)
			result, hops = c.call("explain.whatif", port=at, hex=frame.hex())
			if n % 50 == 0:
				assert everything(c) == before, (at, frame.hex())
				assert list(ring.read()) == []
			frame_id = c("inject", port=at, frames=[frame.hex()])["packet_ids"][0]
			live = family(list(ring.read()), frame_id)
			where = f"packet {n} of seed {SEED} at {at}: {frame.hex()}"
			hops = without_questions(hops, lambda h: bytes.fromhex(h["hex"]), hops[0]["packet_id"])
			live = without_questions(live, lambda r: r["bytes"], frame_id)
			assert foretold(hops) == seen(live, names), where
			first = next(v for v in result["verdicts"] if v["packet_id"] == hops[0]["packet_id"])
			if first["result"] == "dropped":
				dropped = verdict_of(c, frame_id)
				assert (dropped["reason"], dropped["stage"]) == (first["reason"], first["stage"]), where
			key = first["reason"] or first["result"]
			ends[key] = ends.get(key, 0) + 1
			stages |= {h["stage"] for h in hops}
		for s in c.list("stage.list"):
			assert s["in"] + s["created"] == s["out"] + s["consumed"] + s["drops"], s
		ring.close()
	print(ends)
	assert ends.get("delivered", 0) > NB / 20 and ends.get("sent", 0) > NB / 40 and len(ends) > 18, ends
	assert {"route", "dfw_out", "dfw_in", "tunnel_encap", "flood", "flow_install", "reject"} <= stages, stages
	assert {"L3_NO_ROUTE", "L3_TTL", "L3_MTU", "L3_DISCARD", "L3_UNREACHABLE"} <= set(ends), ends
