# SPDX-License-Identifier: BSD-3-Clause
#
# The kernel's nf_conntrack as a filter: a network namespace that forwards between two veth pairs and drops what is invalid. A packet
# that comes out on the other side has passed. All on one CPU, so packets stay in order and a last one says that all have come.
import ctypes
import os
import socket
import subprocess
import time

from ipv6 import PREFIX

CLONE_NEWNET = 0x40000000
RULES = """
table FAMILY filter {
	chain forward {
		type filter hook forward priority 0; policy accept;
		ct state invalid drop
	}
}
"""
MARK = b"the last packet"


class Unavailable(Exception):
	pass


def run(command, stdin=None):
	done = subprocess.run(command.split(), input=stdin, text=True, capture_output=True, check=False)
	if done.returncode:
		raise Unavailable(f"{command}: {done.stderr.strip()}")


def sysctl(name, value):
	try:
		with open(f"/proc/sys/net/{name}", "w", encoding="ascii") as f:
			f.write(str(value))
	except OSError as e:
		raise Unavailable(f"{name}: {e.strerror}") from e


class Kernel:
	"""The calling process moves to the new namespace, and to one CPU."""

	def __init__(self, strict, family=4):
		self.family = family
		if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
			raise Unavailable("no new network namespace: " + os.strerror(ctypes.get_errno()))
		os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
		self.sockets = [self.make_side(0), self.make_side(1)]
		for name, value in (("ipv4/ip_forward", 1), ("ipv6/conf/all/forwarding", 1), ("ipv4/conf/all/rp_filter", 0), ("netfilter/nf_conntrack_checksum", 0),
				("netfilter/nf_conntrack_tcp_loose", int(not strict)), ("netfilter/nf_conntrack_tcp_be_liberal", int(not strict))):
			sysctl(name, value)
		run("nft -f -", RULES.replace("FAMILY", "ip6" if family == 6 else "ip"))

	def make_side(self, n):
		inside, outside = f"in{n}", f"out{n}"
		run(f"ip link add {inside} address 02:00:00:00:00:0{n} type veth peer name {outside} address 02:00:00:00:01:0{n}")
		sysctl(f"ipv6/conf/{inside}/disable_ipv6", int(self.family != 6))
		sysctl(f"ipv6/conf/{outside}/disable_ipv6", 1)
		run(f"ip link set {inside} up")
		run(f"ip link set {outside} up")
		self.address(n, inside)
		s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
		s.setsockopt(socket.SOL_SOCKET, 33, 1 << 26)  # SO_RCVBUFFORCE
		s.bind((outside, 0))
		s.setblocking(False)
		return s

	def address(self, n, dev):
		net, hop, bits = f"10.{n}.0.0/16", f"10.{n}.255.", 24
		if self.family == 6:
			net, hop, bits = f"fd00::a0{n}:0/112", f"fd00:ff::{n}:", 112
		run(f"ip addr add {hop}1/{bits} dev {dev}" + " nodad" * (self.family == 6))
		# A MAC that is not the outer end's, so that its own stack does not look at the packet.
		run(f"ip neigh add {hop}2 lladdr 02:00:00:00:02:0{n} dev {dev} nud permanent")
		run(f"ip route add {net} via {hop}2 dev {dev}")

	def ethertype(self):
		return b"\x86\xdd" if self.family == 6 else b"\x08\x00"

	def send(self, who, packet):
		head = bytes([2, 0, 0, 0, 0, who, 2, 0, 0, 0, 2, who]) + self.ethertype()
		self.sockets[who].send(head + packet)

	def drain(self, who, seen):
		"""Packets that have come out at this end, without what routing changes."""
		while True:
			try:
				frame, origin = self.sockets[who].recvfrom(65536)
			except BlockingIOError:
				return
			if origin[2] == socket.PACKET_OUTGOING or frame[12:14] != self.ethertype():
				continue
			if self.family == 6 and frame[22:34] != PREFIX:  # the router's own
				continue
			seen.append(frame[14:])

	def judge(self, packets, last):
		"""One bool per packet. last: a packet that passes for sure, to the client's side."""
		out = [[], []]
		for i, (who, packet) in enumerate(packets):
			self.send(who, self.mark(packet, i))
			if i % 64 == 0:
				self.drain(0, out[0])
				self.drain(1, out[1])
		self.send(1, last)
		deadline = time.monotonic() + 20
		while not any(MARK in p for p in out[0][-3:]):
			if time.monotonic() > deadline:
				raise Unavailable("the kernel forwards nothing")
			self.drain(0, out[0])
		self.drain(1, out[1])
		at = 2 if self.family == 6 else 4
		passed = {int.from_bytes(p[at:at + 2], "big") for side in out for p in side if MARK not in p}
		return [i in passed for i in range(len(packets))]

	def mark(self, packet, i):
		"""With a number to know it again: the identification, or a part of the flow label."""
		if self.family == 6:
			return packet[:2] + i.to_bytes(2, "big") + packet[4:]
		return packet[:4] + i.to_bytes(2, "big") + packet[6:10] + self.fix(packet, i) + packet[12:]

	@staticmethod
	def fix(packet, ident):
		"""The header checksum with this identification; it was made with 0."""
		total = (~int.from_bytes(packet[10:12], "big") & 0xffff) + ident
		return (~((total & 0xffff) + (total >> 16)) & 0xffff).to_bytes(2, "big")
