# SPDX-License-Identifier: BSD-3-Clause
#
# Two kernels' TCP through everything: guest, vNIC with a stateful firewall, Geneve, uplink, link, uplink, Geneve, firewall,
# vNIC, guest. RD_STACKS_MB is the size of the large transfer; RD_STACKS_CONNS how many connections at once.
import contextlib
import os
import selectors
import socket
import threading

import pytest
from ports_lab import DEADLINE, Netns, NsDaemon, need
from rdtest import wait_for

MEGABYTES = int(os.environ.get("RD_STACKS_MB", "48"))
CONNECTIONS = int(os.environ.get("RD_STACKS_CONNS", "1000"))
PORT = 7000
A, B = "192.0.2.1", "192.0.2.2"

TIERS = """
host add a default
host add b
switch add swa host a portset 2 mtu 1700
switch add swb host b portset 2 mtu 1700
port add ua switch a/swa type uplink
port add ub switch b/swb type uplink link a/ua
segment add lan switch a/swa vni 5001
segment add lan switch b/swb vni 5001
tep add 10.9.0.1 host a mac 02:00:00:00:09:01 team a/ua
tep add 10.9.0.2 host b mac 02:00:00:00:09:02 team b/ub
tunnel add to-b local 10.9.0.1 remote 10.9.0.2 mac 02:00:00:00:09:02
tunnel add to-a local 10.9.0.2 remote 10.9.0.1 mac 02:00:00:00:09:01
segment set a/lan tunnels to-b
segment set b/lan tunnels to-a
port add ga switch a/swa type vnic segment a/lan team a/ua device "net_tap0,iface=rdtap0"
port add gb switch b/swb type vnic segment b/lan team b/ub device "net_tap1,iface=rdtap1"
dfw add port ga rule 20 dir out action allow name anything-out
dfw default port ga action drop
dfw add port gb rule 10 dir in action allow proto tcp dport 7000 name service
dfw add port gb rule 11 dir in action allow proto icmp name ping
dfw default port gb action drop
"""


@pytest.fixture(autouse=True)
def machine():
	need("ip", "ping", "ethtool")


@contextlib.contextmanager
def lab(*args):
	"""Only a may begin, only to the service of b or with a ping: the other way there are replies or nothing."""
	with Netns("sw") as sw, Netns("a") as a, Netns("b") as b, NsDaemon(sw, TIERS, args) as d:
		for ns, dev, address in ((a, "rdtap0", A), (b, "rdtap1", B)):
			sw.ip("link", "set", dev, "netns", ns.name)
			ns.up(dev, address + "/24")
		yield d, a, b


def in_netns(ns, make):
	"""What make() returns, made in the namespace: by a thread of its own, since setns is for ever."""
	box = []

	def enter():
		ns.enter()
		try:
			box.append(make())
		except OSError as e:
			box.append(e)

	t = threading.Thread(target=enter, daemon=True)
	t.start()
	t.join(DEADLINE)
	assert box, "no answer in time"
	if isinstance(box[0], OSError):
		raise box[0]
	return box[0]


class Service:
	"""Takes connections and counts what they bring."""

	def __init__(self, ns, address):
		family = socket.AF_INET6 if ":" in address else socket.AF_INET
		self.listener = in_netns(ns, lambda: socket.create_server((address, PORT), family=family, backlog=4096))
		self.sel = selectors.DefaultSelector()
		self.sel.register(self.listener, selectors.EVENT_READ)
		self.bytes = self.accepted = self.ended = 0
		self.stopping = False
		self.thread = threading.Thread(target=self._serve, daemon=True)
		self.thread.start()

	def _take(self, sock):
		data = sock.recv(1 << 18)
		self.bytes += len(data)
		if not data:
			self.ended += 1
			self.sel.unregister(sock)
			sock.close()

	def _serve(self):
		while not self.stopping:
			for key, _ in self.sel.select(0.2):
				if key.fileobj is self.listener:
					peer = self.listener.accept()[0]
					self.accepted += 1
					self.sel.register(peer, selectors.EVENT_READ)
				else:
					self._take(key.fileobj)

	def __enter__(self):
		return self

	def __exit__(self, *exc):
		self.stopping = True
		self.thread.join(DEADLINE)
		for key in list(self.sel.get_map().values()):
			key.fileobj.close()


def connect(ns, address, timeout=DEADLINE):
	return in_netns(ns, lambda: socket.create_connection((address, PORT), timeout))


def begins_nothing(ns, address):
	"""No connection comes of it; how soon a SYN is sent depends on how soon the neighbour answers."""
	with pytest.raises(OSError):
		connect(ns, address, 1.5)
	return True


def dropped(d, reason):
	return d.drops().get(reason, 0)


@pytest.mark.parametrize("workers", [1, 2])
def test_ping_and_flood(workers):
	with lab("--workers", workers) as (d, a, b):
		a.ping(B, 5)
		with d.lossless():
			out = a.run("ping", "-q", "-f", "-c", "3000", B)
			assert "3000 received" in out, out
		b.ping(A, 2, rc=1)  # b may answer, not ask
		assert dropped(d, "DFW_DEFAULT_DENY") >= 2


def test_large_transfer():
	with lab() as (d, a, b), Service(b, B) as s:
		block = os.urandom(1 << 20)
		with connect(a, B) as c:
			for _ in range(MEGABYTES):
				c.sendall(block)
		wait_for("all bytes", lambda: s.bytes == MEGABYTES << 20, 600)
		wait_for("their end", lambda: s.ended == 1, 60)
		assert dropped(d, "DFW_STATE_MISMATCH") == 0, d.drops()


def test_many_connections():
	with lab() as (d, a, b), Service(b, B) as s:
		socks = in_netns(a, lambda: [socket.create_connection((B, PORT), DEADLINE) for _ in range(CONNECTIONS)])
		wait_for("all to be accepted", lambda: s.accepted == CONNECTIONS, DEADLINE)
		for c in socks:
			c.sendall(b"x" * 100)
		wait_for("all bytes", lambda: s.bytes == 100 * CONNECTIONS, DEADLINE)
		for c in socks:
			c.close()
		wait_for("all to end", lambda: s.ended == CONNECTIONS, DEADLINE)
		assert dropped(d, "DFW_STATE_MISMATCH") == 0, d.drops()


def test_replies_only():
	with lab() as (d, a, b), Service(a, A):
		before = dropped(d, "DFW_DEFAULT_DENY")
		wait_for("its SYN to be refused", lambda: begins_nothing(b, A) and dropped(d, "DFW_DEFAULT_DENY") > before)
		with d.client() as c:
			last = c.list("drop.recent", reason="DFW_DEFAULT_DENY")[0]
		assert last["stage"] == "dfw_out" and last["port"] == "b/gb", last


def test_a_rule_kills_a_transfer():
	with lab() as (d, a, b), Service(b, B) as s:
		stop = threading.Event()
		sock = connect(a, B)
		sock.settimeout(1)

		def push():
			with contextlib.suppress(OSError):
				while not stop.is_set():
					sock.sendall(bytes(1 << 16))

		t = threading.Thread(target=push, daemon=True)
		t.start()
		wait_for("a transfer", lambda: s.bytes > 1 << 20)
		d.cli("dfw", "del", "port", "b/gb", "rule", "10")
		d.cli("dfw", "add", "port", "b/gb", "rule", "12", "dir", "in", "action", "drop", "proto", "tcp", "dport", str(PORT))
		wait_for("a drop by the rule", lambda: dropped(d, "DFW_RULE_DENY") > 0)
		# What was in the sockets of b when the rule came is still read; then there is nothing more.
		wait_for("retransmits", lambda: dropped(d, "DFW_RULE_DENY") > 3)
		got = s.bytes
		more = dropped(d, "DFW_RULE_DENY") + 2
		wait_for("more retransmits", lambda: dropped(d, "DFW_RULE_DENY") >= more)
		assert s.bytes == got and s.ended == 0
		with d.client() as c:
			last = next(r for r in c.list("drop.recent") if r["reason"] == "DFW_RULE_DENY")
		assert (last["stage"], last["port"], last["rule"]) == ("dfw_in", "b/gb", 12), last
		stop.set()
		t.join(DEADLINE)
		sock.close()
