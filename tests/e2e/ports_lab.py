# SPDX-License-Identifier: BSD-3-Clause
#
# Network namespaces with real kernels' interfaces, for the tests of real ports: everything is made per test, has names of
# its own, and goes when the test ends. The daemon lives in a namespace too, so that nothing meets the machine's network.
import contextlib
import ctypes
import itertools
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import threading
import time

import pytest
from rdtest import Daemon, wait_for

CLONE_NEWNET = 0x40000000
SOL_PACKET, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING = 263, 8, 23
TP_STATUS_VLAN_VALID = 0x10
ETH_P_ALL = 3
SO_RCVBUFFORCE = 33

DEADLINE = 180  # s; for any single event, on a busy machine and under sanitizers

_libc = ctypes.CDLL(None, use_errno=True)
_numbers = itertools.count(1)


def need(*tools, root=True):
	"""Skips, with the reason, when this machine can't run the test."""
	if root and os.geteuid() != 0:
		pytest.skip("needs root: makes network namespaces")
	os.environ["PATH"] += ":/usr/sbin:/sbin"
	for tool in tools:
		if shutil.which(tool) is None:
			pytest.skip(f"needs {tool}")
	if root:
		done = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=False)
		if done.returncode != 0:
			pytest.skip(f"no network namespaces here: {done.stderr.strip()}")


def run(*argv, rc=0, **kw):
	done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=DEADLINE, check=False, **kw)
	assert rc is None or done.returncode == rc, f"{argv}: {done.returncode}\n{done.stdout}{done.stderr}"
	return done.stdout


class Netns:
	"""A network namespace; deleted at the end of the with block."""

	def __init__(self, what):
		self.name = f"rd-{what}-{os.getpid()}-{next(_numbers)}"
		run("ip", "netns", "add", self.name)
		self.ip("link", "set", "lo", "up")
		self.fd = os.open(f"/run/netns/{self.name}", os.O_RDONLY | os.O_CLOEXEC)

	def ip(self, *args, rc=0):
		return self.run("ip", *args, rc=rc)

	def argv(self, *argv):
		# Not ip netns exec: it mounts /sys anew, which a chroot forbids.
		return ["nsenter", f"--net=/run/netns/{self.name}", *argv]

	def run(self, *argv, rc=0):
		return run(*self.argv(*argv), rc=rc)

	def enter(self):
		"""The calling thread, or a child before exec."""
		if _libc.setns(self.fd, CLONE_NEWNET) != 0:
			raise OSError(ctypes.get_errno(), "setns")

	def link(self, dev):
		return json.loads(self.ip("-j", "link", "show", "dev", dev))[0]

	def mac(self, dev):
		return self.link(dev)["address"]

	def has(self, dev):
		return self.ip("link", "show", "dev", dev, rc=None) != ""

	def up(self, dev, *addresses, mtu=None, offload=True):
		"""offload False: whole packets with whole checksums, as a wire carries them."""
		self.quiet(dev)
		if not offload:
			self.run("ethtool", "-K", dev, *"tx off rx off tso off gso off gro off".split())
		if mtu is not None:
			self.ip("link", "set", dev, "mtu", mtu)
		for a in addresses:
			self.ip("addr", "add", a, "dev", dev)
		self.ip("link", "set", dev, "up")

	def quiet(self, dev):
		self.run("sh", "-c", f"echo 1 >/proc/sys/net/ipv6/conf/{dev}/disable_ipv6 || :")

	def ping(self, address, count=5, size=56, extra=(), rc=0):
		"""With rc 0: until that many were answered, else as extra says. A loaded machine may answer late; what the switch
		loses is in its drop counters."""
		deadline = ["-w", DEADLINE] if rc == 0 else ["-W", "5"]
		out = self.run("ping", "-n", "-c", count, "-i", "0.1", *deadline, "-s", size, *extra, address, rc=None)
		got = re.search(r"(\d+) packets transmitted, (\d+) received", out)
		assert got is not None, out
		if rc == 0:
			assert int(got[2]) >= count, out
		return out

	def close(self):
		os.close(self.fd)
		run("ip", "netns", "del", self.name)

	def __enter__(self):
		return self

	def __exit__(self, *exc):
		self.close()


def veth(ns1, dev1, ns2, dev2, mtu=1500):
	"""A veth pair; dev1 is a switch's end: no address, no ARP of its own."""
	ns1.ip("link", "add", dev1, "mtu", mtu, "type", "veth", "peer", "name", dev2, "mtu", mtu, "netns", ns2.name)
	ns1.quiet(dev1)
	ns1.ip("link", "set", dev1, "arp", "off", "up")


def transfer(ns_from, ns_to, address, size=4 << 20):
	"""A file over TCP; its bytes must arrive as they were."""
	data, got = os.urandom(size), []
	boxes = []

	def listen():
		ns_to.enter()
		s = socket.create_server((address, 7000), family=socket.AF_INET6 if ":" in address else socket.AF_INET)
		s.settimeout(DEADLINE)
		boxes.append(s)

	def serve():
		peer, _ = boxes[0].accept()
		peer.settimeout(DEADLINE)
		with peer:
			while chunk := peer.recv(1 << 16):
				got.append(chunk)

	def send():
		ns_from.enter()
		with socket.create_connection((address, 7000), timeout=DEADLINE) as s:
			s.sendall(data)

	for step in ((listen,), (serve, send)):
		threads = [threading.Thread(target=f, daemon=True) for f in step]
		for t in threads:
			t.start()
		for t in threads:
			t.join(DEADLINE)
	boxes[0].close()
	assert b"".join(got) == data, f"{sum(map(len, got))} of {size} bytes came, or other ones"


class NsDaemon(Daemon):
	"""reddotd in a namespace."""

	def __init__(self, ns, lines, args=(), prefix=None, **kw):
		self.ns = ns
		super().__init__(*map(str, args), lines=lines, prefix=prefix or (ns.argv() if ns else ()), **kw)

	def __exit__(self, kind, *rest):
		if kind is not None and self.proc.poll() is None:  # what a person would ask
			for what in ("port", "fdb", "flow", "drop", "worker"):
				print(self.cli("show", what, check=False).stdout)
		super().__exit__(kind, *rest)

	def port(self, name):
		with self.client() as c:
			return c.one("port.list", port=name)

	def drops(self):
		with self.client() as c:
			return {d["reason"]: d["count"] for d in c.list("drop.list")}

	def worker(self):
		with self.client() as c:
			return c.list("worker.list")[0]

	@contextlib.contextmanager
	def lossless(self):
		"""Nothing is dropped in this block."""
		before = self.drops()
		yield
		assert self.drops() == before

	def fdb(self):
		with self.client() as c:
			return {e["mac"]: e for e in c.list("fdb.list")}

	def wait_link(self, port, state, seconds=DEADLINE):
		wait_for(f"link {state} of {port}", lambda: self.port(port)["link"] == state, seconds)

	def refuse(self, *words):
		"""The error text of a command that must fail."""
		done = self.cli(*words, check=False)
		assert done.returncode != 0, done.stdout
		return done.stderr


class RawSocket:
	"""Frames as they are on a wire, tags included, at an interface of a namespace."""

	def __init__(self, ns, dev):
		box = []

		def make():
			ns.enter()
			s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)  # it hears nothing, of no interface, before it is bound
			s.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
			s.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
			s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE if os.geteuid() == 0 else socket.SO_RCVBUF, 16 << 20)
			s.bind((dev, ETH_P_ALL))
			box.append(s)

		t = threading.Thread(target=make)  # a thread of its own: setns is for ever
		t.start()
		t.join()
		self.sock = box[0]

	def send(self, frame):
		self.sock.send(bytes(frame))

	def receive(self, accept, what="frame", timeout=DEADLINE):
		"""The first frame for which accept(bytes) is true."""
		end = time.monotonic() + timeout
		while True:
			left = end - time.monotonic()
			assert left > 0, f"{what} did not come within {timeout} s"
			self.sock.settimeout(left)
			try:
				data, aux, _, _ = self.sock.recvmsg(1 << 16, 64)
			except TimeoutError:
				continue
			frame = self._tag(data, aux)
			if accept(frame):
				return frame

	@staticmethod
	def _tag(data, aux):
		for level, kind, text in aux:
			if (level, kind) != (SOL_PACKET, PACKET_AUXDATA):
				continue
			status, _, _, _, _, tci, tpid = struct.unpack("=IIIHHHH", text[:20])
			if status & TP_STATUS_VLAN_VALID:
				return data[:12] + struct.pack("!HH", tpid or 0x8100, tci) + data[12:]
		return data

	def close(self):
		self.sock.close()

	def __enter__(self):
		return self

	def __exit__(self, *exc):
		self.close()
