# SPDX-License-Identifier: BSD-3-Clause
#
# Frames that must be dropped, one file per case, each with the one reason that all its frames must get.
# `port` is where to inject with pcaps/demo/emulated.rd loaded: outer and tunnel faults at the ARM uplink, plain ones
# at the x86 uplink (its segment is untagged), guests' faults at the guest's port. The names of reasons
# are those of dataplane/api/drops.def.
import struct

from scapy.all import ARP, ICMP, IP, TCP, UDP, Dot1AD, Dot1Q, Ether, IPv6, IPv6ExtHdrHopByHop, Raw

from frames import CLIENT, EMU_GUEST, OUR_TEP, REMOTE_TEP, geneve, outer, tcp

UPLINK, PLAIN = "arm/vmnic1", "x86/vmnic2"
GUEST, MUX = "x86/gs-ubuntu-01.eth0", "arm/vmnic0_MUX_PF16387"
V4A, V4B = CLIENT["ip"], EMU_GUEST["ip"]
STRANGER = {"mac": "00:50:56:a1:00:99", "ip": "172.16.31.99"}
SYN = tcp(CLIENT, EMU_GUEST, 57448, 80)


def eth(src=CLIENT["mac"], dst=EMU_GUEST["mac"], **kw):
	return Ether(src=src, dst=dst, **kw)


def v4(**kw):
	return IP(src=V4A, dst=V4B, **kw)


def v6(**kw):
	return IPv6(src="2001:db8::26", dst="2001:db8::25", **kw)


def short_l4(proto, header, lengths):
	"""The IP length agrees with the frame, so that only the L4 header is cut: one frame per length."""
	return [bytes(eth() / v4(proto=proto) / Raw(header[:n])) for n in lengths]


def patched(frame, offset, raw):
	frame = bytearray(bytes(frame))
	frame[offset:offset + len(raw)] = raw
	return bytes(frame)


def layer2():
	yield "rx_runt", PLAIN, "RX_RUNT", [SYN[:n] for n in range(1, 14)], "every length below an Ethernet header"
	yield "rx_oversize", UPLINK, "RX_OVERSIZE", [outer(bytes(n)) for n in (1700, 8900)], "beyond the switch's MTU of 1600"
	yield "rx_smac", PLAIN, "RX_SMAC_INVALID", [
		patched(SYN, 6, b"\x01\x00\x5e\x00\x00\x01"), patched(SYN, 6, b"\xff" * 6), patched(SYN, 6, bytes(6)),
	], "multicast, broadcast and zero source MAC"
	tagged = bytes(eth() / Dot1Q(vlan=5) / Raw(SYN[14:]))
	double = bytes(eth() / Dot1AD(vlan=5) / Dot1Q(vlan=6) / Raw(SYN[14:]))
	yield "parse_trunc_l2-vlan", PLAIN, "PARSE_TRUNC_L2", [tagged[:n] for n in range(14, 18)], "cut inside the tag"
	yield "parse_trunc_l2-qinq", PLAIN, "PARSE_TRUNC_L2", [double[:n] for n in range(18, 22)], "cut inside the second tag"
	yield "parse_vlan_tags", PLAIN, "PARSE_VLAN_TAGS", [
		eth() / Dot1AD(vlan=1) / Dot1Q(vlan=2) / Dot1Q(vlan=3) / Raw(SYN[14:]),
	], "three tags"
	yield "l2_control", PLAIN, "L2_CONTROL", [
		Ether(src=CLIENT["mac"], dst=f"01:80:c2:00:00:{last:02x}", type=kind) / Raw(bytes(46))
		for last, kind in ((0x01, 0x8808), (0x02, 0x8809), (0x0E, 0x88CC))
	], "pause, LACP, LLDP: well formed, but never forwarded"


def layer3():
	six = bytes(eth() / v6() / TCP(sport=1, dport=2))
	yield "parse_trunc_l3-ipv4", PLAIN, "PARSE_TRUNC_L3", [SYN[:n] for n in range(14, 34)], "IPv4 header cut at every length"
	yield "parse_trunc_l3-ipv6", PLAIN, "PARSE_TRUNC_L3", [six[:n] for n in range(14, 54)], "IPv6 header cut at every length"
	arp = bytes(eth(dst="ff:ff:ff:ff:ff:ff") / ARP(hwsrc=CLIENT["mac"], psrc=V4A, pdst=V4B))
	yield "parse_trunc_l3-arp", PLAIN, "PARSE_TRUNC_L3", [arp[:n] for n in range(14, 42)], "ARP cut at every length"
	yield "parse_ip_len-options", PLAIN, "PARSE_IP_LEN", [
		patched(SYN[:n], 14, b"\x4f") for n in range(34, 74, 4)
	], "IPv4 header length of 60 bytes in a shorter frame"
	yield "parse_ip_version", PLAIN, "PARSE_IP_VERSION", [
		patched(SYN, 14, b"\x65"), patched(SYN, 14, b"\x05"), patched(six, 14, b"\x40"),
	], "version 6 and 0 in an IPv4 frame, 4 in an IPv6 frame"
	yield "parse_ip_hdrlen", PLAIN, "PARSE_IP_HDRLEN", [patched(SYN, 14, bytes([0x40 | n])) for n in range(5)], "IPv4 header length of 0 to 16 bytes"
	long6 = patched(six, 18, struct.pack(">H", 21))
	yield "parse_ip_len", PLAIN, "PARSE_IP_LEN", [
		eth() / v4(len=61) / Raw(bytes(40)), eth() / v4(len=65535) / Raw(bytes(40)), eth() / v4(len=19) / Raw(bytes(40)),
		eth() / v4(len=0) / Raw(bytes(40)), long6,
	] + [SYN[:n] for n in range(54, 74)], "length field beyond the frame or below the header"
	yield "parse_ip_csum", PLAIN, "PARSE_IP_CSUM", [
		patched(SYN, 24, bytes([SYN[24] ^ 1])), patched(SYN, 22, b"\x3f"),
	], "one bit of the checksum, and a TTL that changed without it"
	hbh = bytes(eth() / v6() / IPv6ExtHdrHopByHop() / TCP(sport=1, dport=2))
	chain = b"".join(bytes([60, 0]) + bytes(6) for _ in range(40))
	yield "parse_ip6_exthdr", PLAIN, "PARSE_IP6_EXTHDR", [
		patched(hbh, 55, b"\xff"), eth() / v6(nh=0) / Raw(b"\x06"), eth() / v6(nh=44) / Raw(b"\x06\x00\x00"),
		eth() / v6(nh=60) / Raw(chain),
	], "header that overruns the packet, headers cut short, a chain of 40"


def layer4():
	head_tcp = bytes(TCP(sport=1, dport=2, chksum=0))
	yield "parse_trunc_l4-tcp", PLAIN, "PARSE_TRUNC_L4", short_l4(6, head_tcp, range(20)), "TCP header cut at every length"
	yield "parse_trunc_l4-udp", PLAIN, "PARSE_TRUNC_L4", short_l4(17, bytes(UDP(sport=1, dport=2, len=8, chksum=0)), range(8)), "UDP header cut at every length"
	yield "parse_trunc_l4-icmp", PLAIN, "PARSE_TRUNC_L4", short_l4(1, bytes(ICMP()), range(4)), "ICMP type, code and checksum cut at every length"
	yield "parse_tcp_hdrlen", PLAIN, "PARSE_TCP_HDRLEN", [
		eth() / v4() / TCP(sport=1, dport=2, dataofs=n, chksum=0) for n in (0, 1, 4, 6, 15)
	], "data offset below 20 bytes or beyond the packet"
	yield "parse_udp_len", PLAIN, "PARSE_UDP_LEN", [
		eth() / v4() / UDP(sport=1, dport=2, len=n, chksum=0) / Raw(b"x" * 8) for n in (1, 7, 17, 65535)
	], "length below 8 or beyond the packet"


def tunnel():
	"""Faults of the tunnel header itself."""
	whole = geneve(SYN)
	yield "decap_trunc", UPLINK, "DECAP_TRUNC", [outer(whole[:n]) for n in range(8)], "Geneve header cut at every length"
	yield "decap_version", UPLINK, "DECAP_VERSION", [outer(geneve(SYN, version=n)) for n in (1, 2, 3)], "versions 1 to 3"
	yield "decap_opt_len", UPLINK, "DECAP_OPT_LEN", [
		outer(geneve(b"", opt_words=63)), outer(geneve(SYN, opt_words=60)), outer(whole[:12]), outer(whole[:15]),
		outer(geneve(SYN, options=struct.pack(">HBBI", 0x0104, 0, 31, 0))),
	], "options beyond the packet, an option beyond the options"
	critical = struct.pack(">HBBI", 0x0104, 0x80 | 5, 1, 0)
	yield "decap_opt_critical", UPLINK, "DECAP_OPT_CRITICAL", [
		outer(geneve(SYN, options=critical, flags=0x40)),
	], "an unknown option with the critical bit"
	yield "decap_inner_proto", UPLINK, "DECAP_INNER_PROTO", [
		outer(geneve(SYN[14:], proto=0x0800)), outer(geneve(SYN[14:], proto=0x86DD)), outer(geneve(SYN, proto=0)),
	], "IPv4, IPv6 and nothing known instead of Ethernet"
	yield "decap_not_tep", UPLINK, "DECAP_NOT_TEP", [
		outer(whole, dst={"mac": OUR_TEP["mac"], "ip": "192.168.4.61"}),
	], "to our MAC, but an address that no tunnel endpoint here has"
	yield "decap_vni", UPLINK, "DECAP_VNI_UNKNOWN", [outer(geneve(SYN, vni=n)) for n in (0, 74753, 0xFFFFFF)], "no segment has the VNI"
	yield "decap_peer", UPLINK, "DECAP_PEER_UNKNOWN", [
		outer(whole, src={"mac": "00:50:56:63:00:99", "ip": "192.168.4.99"}),
	], "from an endpoint that no tunnel leads to"
	yield "decap_nested", UPLINK, "DECAP_NESTED", [outer(geneve(outer(whole)))], "the tunnel inside itself"
	yield "decap_fragment", UPLINK, "DECAP_FRAGMENT", [outer(whole, flags="MF"), outer(whole, flags="MF", frag=1)], "first and later outer fragment"
	yield "decap_ecn", UPLINK, "DECAP_ECN", [outer(whole, tos=3)], "congestion marked outside, inside a sender that does not know ECN"


def inner():
	"""The parser's reasons again, for the frame inside the tunnel."""
	def wrapped(frames):
		return [outer(geneve(f)) for f in frames]

	yield "inner-trunc_l2", UPLINK, "PARSE_TRUNC_L2", wrapped([SYN[:n] for n in range(14)]), "inner Ethernet header cut at every length"
	yield "inner-trunc_l3", UPLINK, "PARSE_TRUNC_L3", wrapped([SYN[:n] for n in range(14, 34)]), "inner IPv4 header cut at every length"
	yield "inner-ip_len", UPLINK, "PARSE_IP_LEN", wrapped([SYN[:n] for n in range(34, 74)]), "inner packet cut at every later length"
	yield "inner-ip_csum", UPLINK, "PARSE_IP_CSUM", wrapped([patched(SYN, 24, bytes([SYN[24] ^ 1]))]), "inner IPv4 checksum"
	yield "inner-tcp_hdrlen", UPLINK, "PARSE_TCP_HDRLEN", wrapped([eth() / v4() / TCP(sport=1, dport=2, dataofs=4, chksum=0)]), "inner TCP data offset"
	yield "inner-vlan_tags", UPLINK, "PARSE_VLAN_TAGS", wrapped([eth() / Dot1AD(vlan=1) / Dot1Q(vlan=2) / Dot1Q(vlan=3) / Raw(SYN[14:])]), "three inner tags"


def policy():
	"""Well-formed frames that the configuration refuses."""
	yield "port_vlan_unknown", PLAIN, "PORT_VLAN_UNKNOWN", [eth() / Dot1Q(vlan=99) / Raw(SYN[14:])], "no segment has VLAN 99"
	yield "port_vlan_guest", GUEST, "PORT_VLAN_GUEST", [
		eth(src=EMU_GUEST["mac"], dst=CLIENT["mac"]) / Dot1Q(vlan=5) / IP(src=V4B, dst=V4A) / UDP(sport=1, dport=2),
	], "a guest tags its frame"
	yield "port_mac_spoof", GUEST, "PORT_MAC_SPOOF", [tcp(STRANGER, CLIENT, 1, 80)], "a guest uses another source MAC"
	yield "mux_no_port", MUX, "MUX_NO_PORT", [tcp(STRANGER, CLIENT, 1, 80)], "no port behind the MUX has the source MAC"
	yield "dfw_rule_deny", UPLINK, "DFW_RULE_DENY", [outer(geneve(tcp(CLIENT, EMU_GUEST, 57450, 23)))], "telnet, rule 1043"
	yield "dfw_default_deny", UPLINK, "DFW_DEFAULT_DENY", [outer(geneve(tcp(CLIENT, EMU_GUEST, 57451, 443)))], "no rule allows port 443"
	ours = {"dst": OUR_TEP["mac"], "src": REMOTE_TEP["mac"]}
	ip = {"src": REMOTE_TEP["ip"], "dst": OUR_TEP["ip"]}
	yield "punt_unhandled", UPLINK, "PUNT_UNHANDLED", [
		Ether(**ours) / IP(**ip) / TCP(sport=1, dport=22), Ether(**ours) / IP(**ip) / ICMP(type=0, id=1, seq=1),
	], "TCP and an ICMP echo reply to our tunnel endpoint's address"
	yield "decap_port_unknown", UPLINK, "DECAP_PORT_UNKNOWN", [
		Ether(**ours) / IP(**ip) / UDP(sport=1, dport=9) / Raw(b"x"),
	], "UDP to our tunnel endpoint, but no tunnel"
	arp = ARP(op=1, hwsrc=REMOTE_TEP["mac"], psrc=REMOTE_TEP["ip"], pdst=OUR_TEP["ip"])
	bad_arp = bytes(Ether(src=REMOTE_TEP["mac"], dst="ff:ff:ff:ff:ff:ff") / arp) + bytes(32)
	yield "punt_malformed", UPLINK, "PUNT_MALFORMED", [
		Ether(**ours) / IP(**ip) / ICMP(type=8, code=1, id=1, seq=1) / Raw(b"ping"),
		Ether(**ours) / IP(src="239.1.1.1", dst=OUR_TEP["ip"]) / ICMP(type=8, id=1, seq=1),
	], "ICMP echo with a code, and from a multicast address"
	yield "parse_l4_csum", UPLINK, "PARSE_L4_CSUM", [
		Ether(**ours) / IP(**ip) / ICMP(type=8, id=1, seq=1, chksum=1) / Raw(b"ping"),
	], "ICMP echo with a wrong checksum"
	yield "arp_invalid", UPLINK, "ARP_INVALID", [
		patched(bad_arp, 18, b"\x08"), patched(bad_arp, 14, b"\x00\x06"),
	], "ARP with other address lengths, of another kind of network"
	yield "arp_spoof", UPLINK, "ARP_SPOOF", [
		Ether(src=REMOTE_TEP["mac"], dst="ff:ff:ff:ff:ff:ff") / ARP(op=1, hwsrc=REMOTE_TEP["mac"], psrc=OUR_TEP["ip"], pdst=OUR_TEP["ip"]) / Raw(bytes(18)),
	], "somebody else announces our tunnel endpoint's address"
	inside = dict(src=CLIENT["mac"], dst=EMU_GUEST["mac"])
	yield "parse_saddr_invalid", UPLINK, "PARSE_SADDR_INVALID", [outer(geneve(f)) for f in (
		Ether(**inside) / IP(src="127.0.0.1", dst=EMU_GUEST["ip"]) / UDP(sport=1, dport=2),
		Ether(**inside) / IP(src="224.0.0.9", dst=EMU_GUEST["ip"]) / UDP(sport=1, dport=2),
		Ether(**inside) / IP(src="255.255.255.255", dst=EMU_GUEST["ip"]) / UDP(sport=1, dport=2),
		Ether(**inside) / IPv6(src="ff02::1", dst="fd00::2") / UDP(sport=1, dport=2),
		Ether(**inside) / IPv6(src="::1", dst="fd00::2") / UDP(sport=1, dport=2),
	)], "loopback, multicast and broadcast source addresses"
	yield "parse_daddr_invalid", UPLINK, "PARSE_DADDR_INVALID", [outer(geneve(f)) for f in (
		Ether(**inside) / IP(src=CLIENT["ip"], dst="127.0.0.1") / UDP(sport=1, dport=2),
		Ether(**inside) / IP(src=CLIENT["ip"], dst="0.0.0.0") / UDP(sport=1, dport=2),
		Ether(**inside) / IPv6(src="fd00::1", dst="::1") / UDP(sport=1, dport=2),
		Ether(**inside) / IPv6(src="fd00::1", dst="::") / UDP(sport=1, dport=2),
	)], "loopback and zero destination addresses"


def cases():
	"""(file name, inject port, reason, frames as bytes, one line for the index)"""
	for group in (layer2, layer3, layer4, tunnel, inner, policy):
		for name, port, reason, frames, text in group():
			yield f"{name}.pcap", port, reason, [bytes(f) for f in frames], text
