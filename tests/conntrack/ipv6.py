# SPDX-License-Identifier: BSD-3-Clause
#
# A conversation's IPv4 packets said in IPv6: the same transport headers, 10.x.y.z as fd00::10.x.y.z, ICMP and the packets that it
# quotes as ICMPv6.
import struct

PREFIX = bytes.fromhex("fd00") + bytes(10)
ICMP, ICMPV6 = 1, 58
MESSAGES = {(8, 0): (128, 0), (0, 0): (129, 0), (3, 1): (1, 0), (3, 4): (2, 0), (11, 0): (3, 0)}


def header(packet, length):
	proto = ICMPV6 if packet[9] == ICMP else packet[9]
	return struct.pack("!IHBB", 6 << 28, length, proto, packet[8]) + PREFIX + packet[12:16] + PREFIX + packet[16:20]


def quoted(packet):
	"""What an error quotes may be cut; its length field says how long it was."""
	return header(packet, int.from_bytes(packet[2:4], "big") - 20) + packet[20:]


def message(icmp):
	kind, code = MESSAGES[icmp[0], icmp[1]]
	body = icmp[8:] if kind >= 128 else quoted(icmp[8:])
	return struct.pack("!BBH", kind, code, 0) + icmp[4:8] + body


def translate(packet):
	payload = message(packet[20:]) if packet[9] == ICMP else packet[20:]
	return header(packet, len(payload)) + payload
