# SPDX-License-Identifier: BSD-3-Clause
#
# What is inside a tunnel packet, by scapy's layers and RFC 8926: the second opinion about where filters look.
from scapy.contrib.geneve import GENEVE
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting
from scapy.layers.l2 import Dot1AD, Dot1Q, Ether
from scapy.utils import checksum

ETHERNET_BRIDGING = 0x6558
EXTENSIONS = (IPv6ExtHdrHopByHop, IPv6ExtHdrDestOpt, IPv6ExtHdrRouting, IPv6ExtHdrFragment)


def _ipv4(ip, rest):
	"""The header's length if it is a sound header of a packet that is whole."""
	length = (ip.ihl or 0) * 4
	sound = ip.version == 4 and length >= 20 and length <= (ip.len or 0) <= len(rest) and checksum(rest[:length]) == 0
	return length if sound else None


def _ipv6(ip, rest):
	"""The length of the header and its extensions."""
	if len(rest) < 40 or ip.version != 6 or 40 + ip.plen > len(rest):
		return None
	length, layer = 40, ip.payload
	while isinstance(layer, EXTENSIONS):
		if getattr(layer, "len", 0) is None:
			return None  # cut
		length += 8 if isinstance(layer, IPv6ExtHdrFragment) else (layer.len + 1) * 8
		layer = layer.payload
	return length


def _options_sound(options):
	while options:
		if len(options) < 4:
			return False
		length = 4 + (options[3] & 0x1F) * 4
		if length > len(options):
			return False
		options = options[length:]
	return True


def _geneve(rest, udp):
	"""The length of the Geneve header, of a datagram that carries Ethernet."""
	end = min(len(rest), udp.len)
	if udp.len < 16 or end < 16 or rest[8] >> 6 != 0 or int.from_bytes(rest[10:12], "big") != ETHERNET_BRIDGING:
		return None
	length = 8 + (rest[8] & 0x3F) * 4
	return length if 8 + length <= end and _options_sound(rest[16:8 + length]) else None


def inner_offset(frame):
	"""Where the inner frame begins, None if there is none."""
	if len(frame) < 14:
		return None
	at, layer = 14, Ether(frame).payload
	while isinstance(layer, (Dot1Q, Dot1AD)) and at < 22:
		at, layer = at + 4, layer.payload
	if not isinstance(layer, (IP, IPv6)):
		return None
	length = _ipv4(layer, frame[at:]) if isinstance(layer, IP) else _ipv6(layer, frame[at:])
	if length is None or UDP not in layer:
		return None
	udp = layer[UDP]
	if udp.dport != 6081 or GENEVE not in layer or isinstance(udp.underlayer, (Ether, Dot1Q)):
		return None
	whole = isinstance(layer, IPv6) or not layer.flags.MF
	if whole and udp.len > (layer.len - length if isinstance(layer, IP) else 40 + layer.plen - length):
		return None
	at += length
	tunnel = _geneve(frame[at:], udp)
	return at + 8 + tunnel if tunnel is not None and at + 8 + tunnel + 14 <= len(frame) else None


def inner_frame(frame):
	at = inner_offset(frame)
	return None if at is None else frame[at:]
