# SPDX-License-Identifier: BSD-3-Clause
#
# Building blocks for every frame of pcaps/: the people and addresses of the two demo topologies, the outer
# header of the tunnel, and a pcap writer with fixed time stamps. Used by demo.py, corpus.py and malformed.py.
import struct

from scapy.all import IP, TCP, UDP, Ether, Raw

VNI = 74752  # 0x12400 on the slides
GENEVE_PORT = 6081
TEB = 0x6558

REMOTE_TEP = {"mac": "00:50:56:63:04:5c", "ip": "192.168.4.57"}
OUR_TEP = {"mac": "00:50:56:67:eb:13", "ip": "192.168.4.60"}
CLIENT = {"mac": "00:50:56:a1:fc:f3", "ip": "172.16.31.26"}
EMU_GUEST = {"mac": "00:50:56:a1:99:9e", "ip": "172.16.31.25"}
UPT_GUEST = {"mac": "00:50:56:a1:87:fe", "ip": "172.16.31.19"}

# One option: class 0x0104, type 0, 4 bytes of data. 8 bytes, as "options [8 bytes]" on the slides.
SLIDE_OPTION = struct.pack(">HBBI", 0x0104, 0, 1, 0)


def geneve(inner, vni=VNI, options=SLIDE_OPTION, proto=TEB, version=0, flags=0, opt_words=None):
	"""A Geneve header (RFC 8926 section 3.4) and what it carries, as bytes."""
	words = len(options) // 4 if opt_words is None else opt_words
	return struct.pack(">BBHI", version << 6 | words, flags, proto, vni << 8) + options + bytes(inner)


def outer(payload, sport=49190, src=REMOTE_TEP, dst=OUR_TEP, dport=GENEVE_PORT, flags="DF", **ip):
	"""The underlay's headers: UDP checksum 0, TTL 64 and DF as the slides' endpoints send them."""
	return bytes(
		Ether(src=src["mac"], dst=dst["mac"])
		/ IP(src=src["ip"], dst=dst["ip"], ttl=64, flags=flags, id=0, **ip)
		/ UDP(sport=sport, dport=dport, chksum=0)
		/ Raw(bytes(payload))
	)


def tcp(src, dst, sport, dport, flags="S", seq=1, ack=0, win=64240, ts=(1, 0), payload=b"", ident=1):
	"""A TCP segment from one guest to another; with ts the options of a Linux SYN (20 bytes)."""
	options = []
	if ts:
		options = [("MSS", 1460), ("SAckOK", b""), ("Timestamp", ts), ("NOP", None), ("WScale", 7)]
	return bytes(
		Ether(src=src["mac"], dst=dst["mac"])
		/ IP(src=src["ip"], dst=dst["ip"], ttl=64, flags="DF", id=ident)
		/ TCP(sport=sport, dport=dport, flags=flags, seq=seq, ack=ack, window=win, options=options)
		/ Raw(payload)
	)


def write_pcap(path, frames, first_s=1669000000):
	"""Classic pcap, one frame per millisecond from a fixed second on: the same bytes on every run."""
	with open(path, "wb") as f:
		f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
		for i, frame in enumerate(frames):
			frame = bytes(frame)
			stamp = (first_s + i // 1000, i % 1000 * 1000)
			f.write(struct.pack("<IIII", *stamp, len(frame), len(frame)) + frame)
