# SPDX-License-Identifier: BSD-3-Clause
#
# The corpus: frames of many kinds for filters, decoders and parsers. Each group is a function that returns
# frames; corpus() joins them in a fixed order. Some are cut short on purpose: what a filter does with those
# must also equal libpcap's answer.
import struct

from scapy.all import (
	ARP, GRE, ICMP, IP, LLC, TCP, UDP, VXLAN, Dot1AD, Dot1Q, Ether, ICMPv6EchoRequest, ICMPv6ND_NS,
	IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, Raw, SCTP, STP,
	fragment,
)
from scapy.contrib.mpls import MPLS

from frames import CLIENT, EMU_GUEST, OUR_TEP, REMOTE_TEP, SLIDE_OPTION, geneve, outer

A, B = CLIENT["mac"], EMU_GUEST["mac"]
V4A, V4B = CLIENT["ip"], EMU_GUEST["ip"]
V6A, V6B = "2001:db8::26", "2001:db8::25"
TCP_FLAGS = ["S", "SA", "A", "PA", "FA", "R", "RA", "F", "SEC", "U", "FPU", ""]


def eth(dst=B, src=A, **kw):
	return Ether(src=src, dst=dst, **kw)


def v4(proto=None, **kw):
	return IP(src=V4A, dst=V4B, id=7, **kw) if proto is None else IP(src=V4A, dst=V4B, id=7, proto=proto, **kw)


def v6(**kw):
	return IPv6(src=V6A, dst=V6B, **kw)


def layer2():
	"""Multicast, broadcast, LLC, LLDP, pause, jumbo of an unknown type."""
	yield eth("ff:ff:ff:ff:ff:ff") / ARP(op=1, hwsrc=A, psrc=V4A, pdst=V4B)
	yield eth() / ARP(op=2, hwsrc=A, psrc=V4A, hwdst=B, pdst=V4B)
	yield eth("ff:ff:ff:ff:ff:ff") / ARP(op=1, hwsrc=A, psrc=V4A, pdst=V4A)
	yield eth("01:00:5e:00:00:fb") / IP(src=V4A, dst="224.0.0.251", ttl=1) / UDP(sport=5353, dport=5353) / Raw(b"m" * 40)
	yield eth("33:33:00:00:00:01") / IPv6(src=V6A, dst="ff02::1") / ICMPv6EchoRequest(id=1, seq=1)
	yield eth("ff:ff:ff:ff:ff:ff") / IP(src=V4A, dst="255.255.255.255") / UDP(sport=68, dport=67) / Raw(b"d" * 240)
	yield Ether(src=A, dst="01:80:c2:00:00:00", type=38) / LLC(dsap=0x42, ssap=0x42, ctrl=3) / STP()
	yield eth("01:80:c2:00:00:0e", type=0x88CC) / Raw(bytes.fromhex("0207040050565aa001040403766d306001007800000000"))
	yield eth("01:80:c2:00:00:01", type=0x8808) / Raw(struct.pack(">HH", 1, 0xFFFF) + bytes(42))
	yield eth(type=0x88B5) / Raw(b"local experimental" * 3)
	yield eth(type=0x88B5) / Raw(b"j" * 8986)


def tagged():
	"""One tag, two tags, priority tags, every combination with the inner kinds."""
	inner = [
		v4() / TCP(sport=1000, dport=80, flags="S"), v4() / UDP(sport=1000, dport=53) / Raw(b"q"),
		v4() / ICMP(id=1, seq=1), v6() / TCP(sport=1000, dport=443), ARP(hwsrc=A, psrc=V4A, pdst=V4B),
	]
	for vid in (0, 1, 10, 100, 4094):
		for p in inner:
			yield eth() / Dot1Q(vlan=vid, prio=vid % 8) / p.copy()
	for p in inner:
		yield eth() / Dot1AD(vlan=200) / Dot1Q(vlan=10) / p.copy()
		yield eth() / Dot1Q(vlan=200) / Dot1Q(vlan=10) / p.copy()
	yield eth() / Dot1AD(vlan=1) / Dot1Q(vlan=2) / Dot1Q(vlan=3) / inner[0].copy()


def ipv4():
	for i, flags in enumerate(TCP_FLAGS):
		yield eth() / v4(tos=i * 4) / TCP(sport=40000 + i, dport=80, flags=flags, seq=i) / Raw(b"x" * i)
		yield eth(A, B) / IP(src=V4B, dst=V4A, ttl=i + 1) / TCP(sport=22, dport=50000 + i, flags=flags)
	for port in (53, 123, 161, 500, 4500, 4789, 6080, 6082, 65535):
		yield eth() / v4() / UDP(sport=port, dport=port) / Raw(b"u" * (port % 61))
	for kind, code in ((8, 0), (0, 0), (3, 1), (3, 3), (3, 4), (5, 1), (11, 0), (12, 0)):
		yield eth() / v4() / ICMP(type=kind, code=code) / Raw(bytes(28))
	for proto in (2, 4, 41, 50, 51, 89, 103, 112, 255):
		yield eth() / v4(proto) / Raw(bytes(24))
	yield eth() / v4() / SCTP(sport=2905, dport=2905) / Raw(bytes(16))
	yield eth() / v4(options=b"\x94\x04\x00\x00") / TCP(sport=1, dport=2)
	yield eth() / v4(options=b"\x07\x27\x04" + bytes(36) + b"\x00") / UDP(sport=3, dport=4) / Raw(b"rr")
	for size in (64, 128, 512, 1024, 1514, 9014):
		yield eth() / v4() / UDP(sport=9, dport=9) / Raw(b"s" * (size - 42))
	yield bytes(eth() / v4() / TCP(sport=7, dport=7)) + bytes(6)


def ipv6():
	for i, flags in enumerate(TCP_FLAGS[:8]):
		yield eth() / v6(hlim=i + 1, tc=i * 4) / TCP(sport=41000 + i, dport=8080, flags=flags)
	for port in (53, 546, 547, 6081):
		yield eth() / v6() / UDP(sport=port, dport=port) / Raw(b"six")
	yield eth() / v6() / ICMPv6EchoRequest(id=2, seq=2)
	yield eth("33:33:ff:00:00:25") / IPv6(src=V6A, dst="ff02::1:ff00:25", hlim=255) / ICMPv6ND_NS(tgt=V6B)
	tail = TCP(sport=42000, dport=80, flags="S")
	for ext in (IPv6ExtHdrHopByHop(), IPv6ExtHdrDestOpt(), IPv6ExtHdrRouting(addresses=[V6B])):
		yield eth() / v6() / ext / tail.copy()
	yield eth() / v6() / IPv6ExtHdrHopByHop() / IPv6ExtHdrRouting(addresses=[V6B]) / IPv6ExtHdrDestOpt() / UDP(sport=5, dport=6)
	yield eth() / v6(nh=59)
	yield eth() / v6(nh=51) / Raw(bytes([6, 4]) + bytes(22)) / tail.copy()


def fragments():
	"""First, middle and last, IPv4 and IPv6: later ones have no ports."""
	for f in fragment(IP(src=V4A, dst=V4B, id=99) / UDP(sport=1111, dport=2222) / Raw(b"f" * 3000), 1480):
		yield eth() / f
	for f in fragment(IP(src=V4A, dst=V4B, id=98) / TCP(sport=1111, dport=80) / Raw(b"t" * 40), 24):
		yield eth() / f
	body = bytes(UDP(sport=1111, dport=2222, len=2008, chksum=1)) + b"6" * 2000
	for off, more in ((0, 1), (1024, 0)):
		yield eth() / v6() / IPv6ExtHdrFragment(nh=17, offset=off // 8, m=more, id=5) / Raw(body[off:off + 1024])
	yield eth() / v6() / IPv6ExtHdrFragment(nh=6, offset=0, m=0, id=6) / TCP(sport=4, dport=5)


def tunnels():
	"""Geneve (with and without options, many inner kinds), VXLAN, GRE, MPLS, and one inside the other."""
	inner = [
		eth() / v4() / TCP(sport=50000, dport=80, flags="S"), eth() / v4() / UDP(sport=50001, dport=53) / Raw(b"in"),
		eth() / v4() / ICMP(id=3, seq=3), eth() / v6() / TCP(sport=50002, dport=443, flags="SA"),
		eth() / v6() / ICMPv6EchoRequest(id=4, seq=4), eth("ff:ff:ff:ff:ff:ff") / ARP(hwsrc=A, psrc=V4A, pdst=V4B),
		eth() / Dot1Q(vlan=30) / v4() / TCP(sport=50003, dport=22, flags="S"),
		eth() / Dot1AD(vlan=31) / Dot1Q(vlan=32) / v4() / UDP(sport=50004, dport=123) / Raw(b"qq"),
		eth() / v4(flags="MF") / UDP(sport=50005, dport=9) / Raw(b"8" * 16), eth() / v4(frag=2) / Raw(b"8" * 16),
		eth("33:33:00:00:00:01") / v6() / IPv6ExtHdrHopByHop() / UDP(sport=50006, dport=5353) / Raw(b"hbh"),
	]
	timed = struct.pack(">HBBII", 0x0104, 1, 2, 1, 2)
	for i, p in enumerate(inner):
		yield outer(geneve(p, options=b""), sport=49200 + i)
		yield outer(geneve(p), sport=49300 + i)
		yield outer(geneve(p, vni=5000 + i, options=SLIDE_OPTION + timed), sport=49400 + i)
	yield outer(geneve(bytes(v4() / TCP(sport=6, dport=7)), proto=0x0800))
	yield outer(geneve(b"", flags=0x80))
	yield outer(geneve(outer(geneve(inner[0]))))
	yield bytes(Ether(src=REMOTE_TEP["mac"], dst=OUR_TEP["mac"]) / IPv6(src="2001:db8:4::57", dst="2001:db8:4::60")
		/ UDP(sport=49500, dport=6081) / Raw(geneve(inner[3])))
	yield bytes(Ether(src=REMOTE_TEP["mac"], dst=OUR_TEP["mac"]) / Dot1Q(vlan=40) / Raw(outer(geneve(inner[0]))[14:]))
	under = Ether(src=REMOTE_TEP["mac"], dst=OUR_TEP["mac"]) / IP(src=REMOTE_TEP["ip"], dst=OUR_TEP["ip"], id=0)
	for p in inner[:7]:
		yield under / UDP(sport=49600, dport=4789, chksum=0) / VXLAN(vni=7000, flags=8) / p.copy()
		yield under / GRE(proto=0x6558, key_present=1, key=77) / p.copy()
	yield under / GRE(proto=0x0800) / v4() / TCP(sport=8, dport=9)
	yield eth() / MPLS(label=16, s=0, ttl=64) / MPLS(label=17, s=1, ttl=64) / v4() / UDP(sport=10, dport=11)
	yield eth() / MPLS(label=18, s=1, ttl=64) / v6() / TCP(sport=12, dport=13)
	yield eth() / v4() / v4() / TCP(sport=14, dport=15)


def cut():
	"""Runts and frames cut short: nobody may read past their end."""
	whole = [bytes(eth() / v4() / TCP(sport=16, dport=80, flags="S")), bytes(eth() / v6() / UDP(sport=17, dport=53)),
		bytes(eth() / Dot1Q(vlan=9) / v4() / ICMP()), outer(geneve(bytes(eth() / v4() / TCP(sport=18, dport=19))))]
	for n in (1, 6, 12, 13):
		yield whole[0][:n]
	for frame, lengths in zip(whole, ((14, 20, 33, 34, 46, 53), (14, 40, 53, 54, 60), (15, 17, 18, 30, 39),
			(34, 41, 42, 49, 50, 57, 58, 71, 72, 90, 105))):
		for n in lengths:
			yield frame[:n]


def corpus():
	groups = (layer2, tagged, ipv4, ipv6, fragments, tunnels, cut)
	return [bytes(frame) for group in groups for frame in group()]
