# SPDX-License-Identifier: BSD-3-Clause
#
# IPv6 of two kernels through stateful firewalls, Geneve and two tiers (the topology of stacks_test.py): replies need no rule, neighbour
# discovery does, a packet-too-big belongs to the connection that it speaks of, and later fragments follow their first one.
import contextlib
import socket

import pytest
from ports_lab import DEADLINE, Netns, NsDaemon, RawSocket, need
from rdtest import wait_for
from scapy.all import (Ether, ICMPv6DestUnreach, ICMPv6EchoRequest, ICMPv6PacketTooBig, IPv6, IPv6ExtHdrDestOpt,
	IPv6ExtHdrFragment, PadN, TCP, UDP, raw)
from stacks_test import PORT, TIERS, Service, begins_nothing, connect, dropped, in_netns

A, B = "2001:db8::1", "2001:db8::2"
LINK = [line for line in TIERS.splitlines() if not line.startswith("dfw")]
DISCOVERY = """
dfw service set nd service icmpv6/135,icmpv6/136
dfw section add nd
dfw rule add nd 100 action allow service nd
"""
RULES = """
dfw add port ga rule 20 dir out action allow name anything-out
dfw default port ga action drop
dfw add port gb rule 10 dir in action allow proto tcp dport 7000
dfw add port gb rule 11 dir in action allow proto icmpv6 sport 128
dfw add port gb rule 12 dir in action allow proto udp dport 7000
dfw default port gb action drop
"""


@pytest.fixture(autouse=True)
def machine():
	need("ip", "ping", "ethtool")


def up6(ns, dev, address):
	"""An interface that speaks nothing but IPv6, and not before it is asked to."""
	ns.run("sh", "-c", f"cd /proc/sys/net/ipv6/conf/{dev}; echo 0 >accept_ra; echo 0 >router_solicitations; echo 1 >addr_gen_mode;"
		" echo 0 >disable_ipv6")
	ns.ip("addr", "add", address + "/64", "dev", dev, "nodad")
	ns.ip("link", "set", dev, "up")


@contextlib.contextmanager
def lab(rules=DISCOVERY + RULES):
	lines = "\n".join(LINK) + rules
	with Netns("sw") as sw, Netns("a") as a, Netns("b") as b, NsDaemon(sw, lines) as d:
		for ns, dev, address in ((a, "rdtap0", A), (b, "rdtap1", B)):
			sw.ip("link", "set", dev, "netns", ns.name)
			up6(ns, dev, address)
		yield d, a, b


def test_ping():
	with lab() as (d, a, b):
		a.ping(B, 5)
		a.ping(B, 3, size=4000)  # in fragments, both ways
		before = dropped(d, "DFW_DEFAULT_DENY")
		b.ping(A, 2, rc=1)  # b may answer, not ask
		assert dropped(d, "DFW_DEFAULT_DENY") >= before + 2
		assert dropped(d, "FRAG_NO_HEAD") == 0
		with d.client() as c:
			conns = c.list("conn.list", port="b/gb")
		assert {(k["proto"], k["src"], k["dst"]) for k in conns} == {("icmpv6", A, B)}, conns


def test_discovery_needs_a_rule():
	with lab(RULES) as (d, a, b):
		a.ping(B, 2, rc=1)
		wait_for("the solicitation to be refused", lambda: denied(d, "dfw_in", "b/gb", 58, b"\x87"))
		for line in DISCOVERY.strip().splitlines():
			d.cli(*line.split())
		a.ping(B, 2)


def test_tcp():
	with lab() as (d, a, b), Service(b, B) as s, Service(a, A):
		with connect(a, B) as c:
			c.sendall(bytes(8 << 20))
		wait_for("all bytes", lambda: s.bytes == 8 << 20 and s.ended == 1, DEADLINE)
		assert dropped(d, "DFW_STATE_MISMATCH") == 0, d.drops()
		wait_for("its SYN to be refused", lambda: begins_nothing(b, A) and denied(d, "dfw_out", "b/gb", 6))


def denied(d, stage, port, proto, begin=b""):
	"""How many packets of this protocol the default has refused there. Kernels report multicast groups, too, when it pleases them."""
	with d.client() as c:
		kept = [r for r in c.list("drop.recent", reason="DFW_DEFAULT_DENY") if (r["stage"], r["port"]) == (stage, port)]
	return sum(frame[20] == proto and frame[54:].startswith(begin) for frame in (bytes.fromhex(r["hex"]) for r in kept))


def refused(d, begin):
	"""How many packets whose IPv6 payload begins so were refused by a default. The kernels say other things by themselves."""
	with d.client() as c:
		kept = [bytes.fromhex(r["hex"]) for r in c.list("drop.recent", reason="DFW_DEFAULT_DENY")]
	return sum(frame[54:].startswith(begin) for frame in kept)


def mtu_to_b(a):
	out = a.ip("-6", "route", "get", B)
	return int(out.split("mtu ")[1].split()[0]) if "mtu " in out else 1500


def test_too_big_belongs_to_its_connection():
	"""From b, whose firewall lets nothing out: only because the error quotes a packet of the connection."""
	with lab() as (d, a, b), Service(b, B), connect(a, B) as c, RawSocket(b, "rdtap1") as wire:
		sport = c.getsockname()[1]
		quote = IPv6(src=A, dst=B) / TCP(sport=sport, dport=PORT, seq=1, flags="A") / bytes(1000)
		ether = Ether(src=b.mac("rdtap1"), dst=a.mac("rdtap0"))

		def error(inner):
			return ether / IPv6(src=B, dst=A) / ICMPv6PacketTooBig(mtu=1400) / raw(inner)[:1000]

		too_big = bytes([2, 0])
		foreign = quote.copy()
		foreign[TCP].sport = sport ^ 1
		wire.send(error(foreign))
		wait_for("the foreign error to be refused", lambda: refused(d, too_big) == 1)
		assert mtu_to_b(a) == 1500
		c.sendall(b"x")
		quote[TCP].seq = in_netns(a, lambda: sequence_of(c))
		wire.send(error(quote))
		wait_for("the kernel to believe it", lambda: mtu_to_b(a) == 1400)
		assert refused(d, too_big) == 1


def sequence_of(sock):
	"""What the kernel accepts in a quote, whether its last byte is acknowledged or not: the number after it. TCP_REPAIR tells it."""
	tcp_repair, repair_queue, queue_seq, send_queue = 19, 20, 21, 2
	sock.setsockopt(socket.IPPROTO_TCP, tcp_repair, 1)
	sock.setsockopt(socket.IPPROTO_TCP, repair_queue, send_queue)
	seq = sock.getsockopt(socket.IPPROTO_TCP, queue_seq) & 0xffffffff
	sock.setsockopt(socket.IPPROTO_TCP, tcp_repair, -1)
	return seq


def fragments(payload, ident, options=False):
	"""A datagram from a in two fragments; with an extension header behind the fragment header, so that only the first has UDP's number
	in it."""
	udp = raw(IPv6(src=A, dst=B) / UDP(sport=4000, dport=7000) / payload)[40:]
	body, kind = udp, 17
	if options:
		body, kind = raw(IPv6ExtHdrDestOpt(nh=17, options=[PadN(optdata=bytes(4))]))[:8] + udp, 60
	for off in (0, 64):
		more = off == 0
		piece = body[:64] if more else body[64:]
		yield IPv6(src=A, dst=B) / IPv6ExtHdrFragment(nh=kind, offset=off // 8, m=more, id=ident) / piece


def received(b):
	def take():
		s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
		s.bind((B, 7000))
		s.settimeout(DEADLINE)
		return s
	return in_netns(b, take)


@pytest.mark.parametrize("options", [False, True])
def test_fragments(options):
	payload = bytes(range(200))
	with lab() as (d, a, b), received(b) as sock, RawSocket(a, "rdtap0") as wire:
		a.ping(B, 1)
		ether = Ether(src=a.mac("rdtap0"), dst=b.mac("rdtap1"))
		first, later = fragments(payload, 7, options)
		wire.send(ether / later)
		wait_for("a fragment without its first one", lambda: dropped(d, "FRAG_NO_HEAD") == 1)
		for piece in fragments(payload, 8, options):
			wire.send(ether / piece)
		assert sock.recv(2000) == payload
		assert dropped(d, "FRAG_NO_HEAD") == 1, d.drops()
		# What the first one may not, the later one may not either.
		d.cli("dfw", "del", "port", "b/gb", "rule", "12")
		heads = [raw(piece)[40:48] for piece in fragments(payload, 9, options)]
		for piece in fragments(payload, 9, options):
			wire.send(ether / piece)
		wait_for("both to be refused", lambda: [refused(d, head) for head in heads] == [1, 1])


def test_an_error_of_nobody():
	"""An unreachable that quotes a ping which a has never sent."""
	with lab() as (d, a, b), RawSocket(b, "rdtap1") as wire:
		a.ping(B, 1)
		before = d.drops()
		quote = raw(IPv6(src=A, dst=B) / ICMPv6EchoRequest(id=1, seq=1))
		ether = Ether(src=b.mac("rdtap1"), dst=a.mac("rdtap0"))
		wire.send(ether / IPv6(src=B, dst=A) / ICMPv6DestUnreach(code=4) / quote)
		wait_for("it to be refused", lambda: refused(d, bytes([1, 4])) == 1)
		wire.send(ether / IPv6(src=B, dst=A) / ICMPv6DestUnreach(code=4) / quote[:44])
		wait_for("the one cut short", lambda: dropped(d, "DFW_SHORT") == before.get("DFW_SHORT", 0) + 1)
