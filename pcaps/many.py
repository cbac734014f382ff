# SPDX-License-Identifier: BSD-3-Clause
#
# Thousands of frames for filters, made when a test wants them: what corpus.py has, then random combinations of the same
# layers from a fixed seed, so that every run has the same frames. Tunnels, tags, MPLS labels, extension headers, fragments, ARP,
# whatever carries whatever; each seventh is cut somewhere.
import random

from scapy.all import (
	ARP, GRE, ICMP, IP, TCP, UDP, VXLAN, Dot1AD, Dot1Q, Ether, ICMPv6EchoReply, ICMPv6EchoRequest, IPv6, IPv6ExtHdrDestOpt,
	IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, Raw, SCTP,
)
from scapy.contrib.mpls import MPLS

from corpus import A, B, TCP_FLAGS, V4A, V4B, V6A, V6B, corpus
from frames import SLIDE_OPTION, geneve, outer

PORTS = (22, 53, 67, 80, 123, 443, 1000, 1111, 2222, 4789, 6081, 8080, 40000, 50000, 57448, 65535)
VLANS = (0, 1, 9, 10, 30, 100, 200, 4094)
LABELS = (16, 17, 18, 1000)
VNIS = (5000, 5003, 7000, 74752, 0xFFFFFF)
V4 = (V4A, V4B, "192.168.4.57", "192.168.4.60", "224.0.0.251", "255.255.255.255", "172.16.31.19", "10.1.2.3")
V6 = (V6A, V6B, "2001:db8:4::57", "ff02::1", "fe80::1")
MACS = (A, B, "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:fb", "33:33:00:00:00:01", "02:00:00:00:00:07")
EXTENSIONS = (lambda: IPv6ExtHdrHopByHop(), lambda: IPv6ExtHdrDestOpt(), lambda: IPv6ExtHdrRouting(addresses=[V6B]))


def payload(r):
	return Raw(bytes([r.choice(b"xus\x00\xff")]) * r.choice((0, 1, 7, 18, 40, 100, 333, 1200)))


def layer4(r, six=False):
	kind = r.randrange(10)
	if kind < 4:
		return TCP(sport=r.choice(PORTS), dport=r.choice(PORTS), flags=r.choice(TCP_FLAGS), seq=r.getrandbits(32),
			ack=r.getrandbits(32), window=r.getrandbits(16)) / payload(r)
	if kind < 8:
		return UDP(sport=r.choice(PORTS), dport=r.choice([p for p in PORTS if p not in (4789, 6081)])) / payload(r)
	if kind == 8:
		return SCTP(sport=r.choice(PORTS), dport=r.choice(PORTS)) / payload(r)
	if six:
		return r.choice((ICMPv6EchoRequest, ICMPv6EchoReply))(id=r.getrandbits(16), seq=r.getrandbits(8)) / payload(r)
	return ICMP(type=r.choice((0, 3, 8, 11)), code=r.choice((0, 1, 3, 4)), id=1, seq=2) / payload(r)


def ipv4(r):
	head = IP(src=r.choice(V4), dst=r.choice(V4), id=r.getrandbits(16), ttl=r.choice((1, 4, 5, 64, 128, 255)),
		tos=r.choice((0, 16, 64, 184)), flags=r.choice(("", "DF", "DF")))
	if r.random() < 0.15:
		head.options = r.choice((b"\x94\x04\x00\x00", b"\x01\x01\x01\x00", b"\x07\x27\x04" + bytes(36) + b"\x00"))
	if r.random() < 0.15: # a fragment; later ones carry what looks like ports and is none
		head.flags, head.frag = r.choice((("MF", 0), ("MF", 3), ("", 5)))
	return head / layer4(r)


def ipv6(r):
	head = IPv6(src=r.choice(V6), dst=r.choice(V6), hlim=r.choice((1, 4, 64, 255)), tc=r.choice((0, 184)))
	for _ in range(r.choice((0, 0, 0, 1, 1, 2, 3))):
		head = head / r.choice(EXTENSIONS)()
	if r.random() < 0.15:
		head = head / IPv6ExtHdrFragment(offset=r.choice((0, 0, 3)), m=r.choice((0, 1)), id=r.getrandbits(16))
	return head / layer4(r, six=True)


def arp(r):
	return ARP(op=r.choice((1, 2)), hwsrc=r.choice(MACS), psrc=r.choice(V4), hwdst=r.choice(MACS), pdst=r.choice(V4))


def layer3(r):
	return r.choice((ipv4, ipv4, ipv4, ipv6, ipv6, arp))(r)


def tags(r):
	tag = Dot1Q(vlan=r.choice(VLANS), prio=r.randrange(8))
	for _ in range(r.choice((0, 0, 1, 2))):
		tag = r.choice((Dot1Q, Dot1AD))(vlan=r.choice(VLANS)) / tag
	return tag


def labels(r):
	count = r.choice((1, 2, 3))
	stack = MPLS(label=r.choice(LABELS), s=count == 1, ttl=64)
	for n in range(1, count):
		stack = stack / MPLS(label=r.choice(LABELS), s=n == count - 1, ttl=64)
	return stack / r.choice((ipv4, ipv6))(r)


def plain(r):
	return Ether(src=r.choice(MACS[:2]), dst=r.choice(MACS)) / layer3(r)


def tagged(r):
	return Ether(src=r.choice(MACS[:2]), dst=r.choice(MACS)) / tags(r) / layer3(r)


def mpls(r):
	return Ether(src=A, dst=B) / labels(r)


def inside(r):
	return bytes(r.choice((plain, plain, tagged))(r))


def in_geneve(r):
	options = r.choice((b"", SLIDE_OPTION, SLIDE_OPTION * 2))
	carried = geneve(inside(r), vni=r.choice(VNIS), options=options)
	if r.random() < 0.2: # over IPv6, or in a VLAN
		udp = UDP(sport=49999, dport=6081) / Raw(carried)
		return r.choice((
			Ether(src=A, dst=B) / IPv6(src=V6[2], dst=V6[1]) / udp,
			Ether(src=A, dst=B) / Dot1Q(vlan=r.choice(VLANS)) / IP(src=V4[2], dst=V4[3], id=1) / udp))
	return outer(carried, sport=r.choice(PORTS))


def in_other(r):
	under = Ether(src=A, dst=B) / IP(src=V4[2], dst=V4[3], id=0)
	if r.random() < 0.5:
		return under / UDP(sport=r.choice(PORTS), dport=4789, chksum=0) / VXLAN(vni=r.choice(VNIS), flags=8) / Raw(inside(r))
	return under / GRE(proto=0x6558, key_present=1, key=r.getrandbits(16)) / Raw(inside(r))


KINDS = (plain, tagged, in_geneve, plain, mpls, in_geneve, tagged, in_other)


def many(count=2000, seed=20):
	r = random.Random(seed)
	frames = corpus()
	while len(frames) < count:
		frame = bytes(KINDS[len(frames) % len(KINDS)](r))
		if len(frames) % 7 == 0:
			frame = frame[:r.randrange(1, min(len(frame), 140))]
		frames.append(frame)
	return frames
