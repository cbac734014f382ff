# SPDX-License-Identifier: BSD-3-Clause
#
# Deterministic traffic for the benches: UDP flows as pcap files, and the check of what comes out at the other end. Flow i
# differs from others in its source address and both ports. Packet k belongs to flow k mod N, which is the worst order for
# caches. Sizes are those of the guest's frame; a tunnel packet is that much larger. Plain Python: nothing to install.
import hashlib
import struct

M1, M2 = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")  # the two guests
TEP_MAC, PEER_MAC = bytes.fromhex("020000001001"), bytes.fromhex("020000001002")
TEP_IP, PEER_IP = "172.31.1.1", "172.31.1.2"
VNI = 5001
GENEVE = 6081
A, B = 0x0a010000, 0x0a800001  # 10.1.0.0 and up talk to 10.128.0.1
IMIX = [64] * 7 + [594] * 4 + [1500]
IMIX_TUNNEL = [64] * 7 + [594] * 4 + [1400]  # a peer's sink takes 1,500 bytes with the outer headers
PACKETS_MIN = 64


def ip_bytes(text):
	return bytes(int(x) for x in text.split("."))


def fold(data):
	s = sum(struct.unpack(f"!{len(data) // 2}H", data))
	while s >> 16:
		s = (s & 0xffff) + (s >> 16)
	return s


def ipv4(src, dst, payload_len):
	h = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + payload_len, 0, 0x4000, 64, 17, 0, src, dst)
	return h[:10] + struct.pack("!H", ~fold(h) & 0xffff) + h[12:]


def tuple_of(flow):
	return A + flow, B, 1024 + flow * 7 % 60000, 5000 + flow % 1000


def guest_frame(flow, size, reply=False):
	src, dst, sport, dport = tuple_of(flow)
	eth = M2 + M1
	if reply:
		src, dst, sport, dport = dst, src, dport, sport
		eth = M1 + M2
	udp_len = size - 34
	return (eth + b"\x08\x00" + ipv4(struct.pack("!I", src), struct.pack("!I", dst), udp_len)
		+ struct.pack("!HHHH", sport, dport, udp_len, 0) + bytes(udp_len - 8))


def tunnel_frame(flow, inner):
	udp_len = 16 + len(inner)
	return (TEP_MAC + PEER_MAC + b"\x08\x00" + ipv4(ip_bytes(PEER_IP), ip_bytes(TEP_IP), udp_len)
		+ struct.pack("!HHHH", 49152 + flow % 16384, GENEVE, udp_len, 0)
		+ struct.pack("!BBHI", 0, 0, 0x6558, VNI << 8) + inner)


def sizes_of(size, tunnel):
	if size != "imix":
		return [int(size)]
	return IMIX_TUNNEL if tunnel else IMIX


def frames(flows, size, both_ways=False, tunnel=False, encap=False):
	"""(frame as sent, frame as the guest sees it), one full round"""
	per = 2 if both_ways else 1
	sizes = sizes_of(size, tunnel or encap)
	rounds = 1
	while rounds * flows < PACKETS_MIN or rounds * flows % len(sizes):
		rounds += 1
	count = rounds * flows * per
	for k in range(count):
		n = k // per
		flow = n % flows
		turn = n if flows == 1 else n + n // flows  # so that a flow has all sizes
		inner = guest_frame(flow, sizes[turn % len(sizes)], per == 2 and k & 1 == 1)
		yield (tunnel_frame(flow, inner) if tunnel else inner), inner


def write_pcap(path, frame_list):
	with open(path, "wb") as f:
		f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
		out = bytearray()
		for k, fr in enumerate(frame_list):
			out += struct.pack("<IIII", k // 1000000, k % 1000000, len(fr), len(fr)) + fr
			if len(out) > 1 << 20:
				f.write(out)
				out.clear()
		f.write(out)


def read_pcap(path):
	with open(path, "rb") as f:
		data = f.read()
	at = 24
	while at + 16 <= len(data):
		got, wire = struct.unpack_from("<II", data, at + 8)
		if at + 16 + got > len(data):  # the writer was stopped within a record
			return
		assert got == wire, "a truncated frame"
		yield data[at + 16:at + 16 + got]
		at += 16 + got


def decapsulate(fr):
	"""The guest's frame in a Geneve packet of ours, everything around it checked"""
	assert fr[:6] == PEER_MAC and fr[6:12] == TEP_MAC, f"outer MACs {fr[:12].hex()}"
	assert fr[12:15] == b"\x08\x00\x45", f"not plain IPv4: {fr[12:15].hex()}"
	assert fold(fr[14:34]) == 0xffff, "the outer header's checksum is wrong"
	assert struct.unpack("!H", fr[16:18])[0] == len(fr) - 14, "outer length"
	assert fr[22] == 64 and fr[23] == 17, "outer TTL or protocol"
	assert fr[26:34] == ip_bytes(TEP_IP) + ip_bytes(PEER_IP), "outer addresses"
	dport, udp_len = struct.unpack("!HH", fr[36:40])
	assert dport == GENEVE and udp_len == len(fr) - 34, "outer UDP"
	opts = (fr[42] & 0x3f) * 4
	assert fr[44:46] == b"\x65\x58" and int.from_bytes(fr[46:49], "big") == VNI, "Geneve header"
	return fr[50 + opts:]


def digest(fr):
	return hashlib.blake2b(fr, digest_size=12).digest()


class Expected:
	"""What must arrive: the guests' frames in the order in which they were sent, over and over"""

	def __init__(self, inner):
		keys = [digest(fr) for fr in inner]
		self.order = set(keys)
		self.next = {}
		for before, key in zip(keys[-1:] + keys[:-1], keys):
			self.next.setdefault(before, set()).add(key)

	def needed(self):
		"""Frames that a capture must have: what comes first may be in another order, see check()"""
		return 4 * len(self.order) + 4096

	def check(self, path, encap):
		"""(frames compared, different ones seen). Every frame must be one that was sent, byte for byte. The second half must
		be in the order sent, without a gap; in the first one flows are decided anew, and those wait for a burst."""
		keys = []
		for fr in read_pcap(path):
			key = digest(decapsulate(fr) if encap else fr)
			assert key in self.order, f"frame {len(keys)} was never sent: {fr[:80].hex()}"
			keys.append(key)
		assert len(keys) >= self.needed() // 2, f"only {len(keys)} frames arrived"
		for i in range(len(keys) // 2, len(keys)):
			assert keys[i] in self.next[keys[i - 1]], f"frame {i}: lost or out of order"
		return len(keys), len(set(keys))
