# SPDX-License-Identifier: BSD-3-Clause
#
# IPv4 packets as bytes. The kernel is told not to look at transport checksums, so those are 0.
import socket
import struct

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
MASK = 0xffffffff


def checksum(data):
	total = sum(struct.unpack(f"!{len(data) // 2}H", data))
	total = (total & 0xffff) + (total >> 16)
	return ~(total + (total >> 16)) & 0xffff


def ipv4(src, dst, proto, payload):
	head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0x4000, 64, proto, 0, socket.inet_aton(src),
		socket.inet_aton(dst))
	return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def tcp(ports, flags, numbers, win, data=0, scale=None, offset=None):
	options = b"" if scale is None else struct.pack("!BBBB", 1, 3, 3, scale)
	size = 5 + len(options) // 4 if offset is None else offset
	head = struct.pack("!HHIIBBHHH", *ports, numbers[0] & MASK, numbers[1] & MASK, size << 4, flags, win, 0, 0)
	return head + options + bytes(data)


def udp(ports, data):
	return struct.pack("!HHHH", *ports, 8 + data, 0) + bytes(data)


def icmp(kind, code, rest, payload=b""):
	message = struct.pack("!BBH", kind, code, 0) + rest + payload
	message += bytes(len(message) % 2)
	return message[:2] + struct.pack("!H", checksum(message)) + message[4:]
