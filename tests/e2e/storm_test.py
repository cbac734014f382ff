# SPDX-License-Identifier: BSD-3-Clause
#
# Storms: random frames at every port, random requests, configuration that changes under traffic, and capture clients
# that scribble and die. Nothing may crash, leak or lose count; under the sanitizers nothing may even be read wrongly.
# RD_STORM_SEED repeats a run, RD_STORM_SECONDS makes it longer (11: 20 for all tests together).
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import threading
import time

import pytest
from rdtest import PCAPS, PKTCAP, ENV, Client, Closed, Daemon, Refused, Ring, demo, wait_for
from scapy.utils import rdpcap

SEED = int(os.environ.get("RD_STORM_SEED", time.time_ns() % 10**9))
SECONDS = float(os.environ.get("RD_STORM_SECONDS", 11)) / 5
GUEST = "x86/gs-ubuntu-01.eth0"
PROXY = "arm/gs-ubuntu-01.eth0.7c520dd4"


@pytest.fixture(name="rng", autouse=True)
def rng_():
	print(f"RD_STORM_SEED={SEED}")
	return random.Random(SEED)


@pytest.fixture(name="frames", scope="module")
def frames_():
	found = []
	for where in (PCAPS, PCAPS + "/malformed"):
		for name in sorted(os.listdir(where)):
			if name.endswith(".pcap"):
				found += [bytes(p) for p in rdpcap(f"{where}/{name}")]
	return found


def ipv4_sum(b, off):
	"""A right checksum for the IPv4 header at off, so that a mutant gets past it."""
	length = (b[off] & 15) * 4
	if b[off] >> 4 != 4 or length < 20 or off + length > len(b):
		return
	b[off + 10:off + 12] = b"\0\0"
	s = sum(int.from_bytes(b[i:i + 2], "big") for i in range(off, off + length, 2))
	s = (s & 0xffff) + (s >> 16)
	b[off + 10:off + 12] = (~(s + (s >> 16)) & 0xffff).to_bytes(2, "big")


def ext_chain(rng, b):
	"""The frame's bytes behind a chain of IPv6 extension headers."""
	kinds = [rng.choice([0, 43, 44, 51, 60, 135, 139, 140]) for _ in range(rng.randint(1, 9))]
	body = b""
	for i in range(len(kinds)):
		after = kinds[i + 1] if i + 1 < len(kinds) else rng.choice([6, 17, 58, 59, 50])
		length = rng.choice([0, 0, 1, 3, 30, 255])
		body += bytes([after, length]) + rng.randbytes(min(6 + 8 * length, 2000))
	body += b[34:74]
	length = rng.choice([len(body), len(body), 0, 65535])
	return b[:12] + b"\x86\xdd" + b"\x60\0\0\0" + length.to_bytes(2, "big") + bytes([kinds[0], 64]) + rng.randbytes(32) + body


def mutate(rng, frame):
	b = bytearray(frame)
	for _ in range(rng.choice([0, 1, 1, 2, 3, 8])):
		kind = rng.randrange(8)
		if kind == 0:
			b[rng.randrange(len(b))] = rng.randrange(256)
		elif kind == 1:
			del b[rng.randint(1, len(b)):]
		elif kind == 2:
			b += rng.randbytes(rng.choice([1, 4, 60, 1500, 9000]))
		elif kind == 3 and len(b) > 14:
			b[12:12] = rng.choice([b"\x81\0", b"\x88\xa8"]) + rng.randbytes(2)
		elif kind == 4 and len(b) > 60:
			off = rng.choice([14, 16, 18, 38, 42, 46, 58, 64])
			b[off:off + 2] = rng.choice([b"\0\0", b"\xff\xff", rng.randbytes(2)])
		elif kind == 5 and len(b) > 20:
			b[0:6] = rng.choice([b"\xff" * 6, b"\x01\x80\xc2\0\0\x02", rng.randbytes(6), bytes(b[6:12])])
		elif kind == 6 and len(b) > 74:
			b = bytearray(ext_chain(rng, bytes(b)))
		elif kind == 7 and len(b) > 80:  # the inner frame cut away from under its outer headers, or something else in it
			at = rng.randint(50, len(b))
			b[at:] = rng.randbytes(rng.randint(0, 80))
		b = b or bytearray(b"\0")
	if rng.random() < 0.7 and len(b) > 34:
		if len(b) > 20 and rng.random() < 0.5:
			b[16:18] = max(0, len(b) - 14).to_bytes(3, "big")[-2:]
			if b[23] == 17:
				b[38:40] = max(0, len(b) - 34).to_bytes(3, "big")[-2:]
		if len(b) > 72:
			ipv4_sum(b, 72)
		ipv4_sum(b, 14)
	return bytes(b[:20000])


def counts(c):
	return {s["stage"]: s for s in c.list("stage.list")}


def assert_sound(c, mbufs):
	"""All packets that entered are accounted for, and none is left."""
	def settled():
		now = counts(c)
		return (all(s["in"] + s["created"] == s["out"] + s["consumed"] + s["drops"] for s in now.values())
			and sum(s["drops"] for n, s in now.items() if n != "drop") == now["drop"]["in"])
	wait_for("the counters to add up", settled)
	wait_for(f"all mbufs but {mbufs} to come back, of {in_use(c)}", lambda: in_use(c) <= mbufs)


def in_use(c):
	return c.list("worker.list")[0]["mbufs_in_use"]


@pytest.mark.parametrize("workers", [1, 2])
def test_frames(rng, frames, workers):
	"""Random frames at every port, with a capture at every stage."""
	with demo("emulated", "--workers", str(workers)) as (_, c):
		base = in_use(c)
		ports = [p["qname"] for p in c.list("port.list") if p["type"] not in ("mgmt", "shadow", "vdr")]
		stages = [{"stage": s["stage"]} for s in c.list("stage.list")]
		start = c("capture.start", points=stages, ring_size=1 << 20)
		assert start["fd"]
		c("capture.start", points=stages, snaplen=64, bpf=[[40, 0, 0, 12], [21, 0, 1, 2048], [6, 0, 0, 65535], [6, 0, 0, 0]])
		c("flow.set", capacity=64)  # as many evictions as possible
		end, sent = time.monotonic() + SECONDS / 2, 0
		while time.monotonic() < end or sent <= 500:  # a slow machine takes longer, it does not do less
			batch = [mutate(rng, rng.choice(frames)) for _ in range(60)]
			sent += c("inject", port=rng.choice(ports), frames=[f.hex() for f in batch], count=rng.choice([1, 1, 40]))["injected"]
		print(f"{sent} frames")
		assert_sound(c, base)


class Storm:
	"""Traffic and other trouble in the background, until the context ends; what went wrong is raised there."""

	def __init__(self, daemon):
		self.daemon = daemon
		self.stop = threading.Event()
		self.threads = []
		self.failed = []

	def run(self, fn, *args):
		def body():
			try:
				with self.daemon.client() as c:
					while not self.stop.is_set():
						fn(c, *args)
			except Exception as e:  # noqa: BLE001, raised again in the test's own thread
				self.failed.append(e)
		self.threads.append(threading.Thread(target=body))
		self.threads[-1].start()

	def __enter__(self):
		return self

	def __exit__(self, kind, *_):
		self.stop.set()
		for t in self.threads:
			t.join()
		if kind is None and self.failed:
			raise self.failed[0]


def try_all(c, steps):
	done = 0
	for method, params in steps:
		with contextlib.suppress(Refused):
			c(method, **params)
			done += 1
	return done


def churn(rng):
	"""One random change of the configuration, and mostly its undoing."""
	n = f"p{rng.randrange(3)}"
	mac = f"00:50:56:00:00:0{rng.randrange(4)}"
	pairs = [
		[("port.set", {"port": "arm/vmnic1", "device": "none"}),
			("port.set", {"port": "arm/vmnic1", "device": "net_null0,no-rx=1"})],
		[("port.add", {"name": n, "switch": "arm/DvsPortset-1", "type": "vnic", "segment": "arm/cluster1-segment1", "mac": mac}),
			("dfw.add", {"port": f"arm/{n}", "id": 7, "dir": "inout", "action": "drop", "proto": "tcp", "dport": "80"}),
			("port.del", {"port": f"arm/{n}"})],
		[("port.add", {"name": "u9", "switch": "x86/DvsPortset-0", "type": "uplink", "device": "net_null7,no-rx=1"}),
			("port.del", {"port": "x86/u9"})],
		[("port.set", {"port": "x86/vmnic2", "device": "none"}),
			("port.set", {"port": "x86/vmnic2", "link": "arm/vmnic0_MUX_PF16387"})],
		[("port.set", {"port": PROXY, "addresses": ["172.16.31.25"], "max_packets": 5, "max_bytes": 9000, "max_flows": 2}),
			("port.set", {"port": PROXY, "addresses": [], "max_packets": 0, "max_bytes": 0, "max_flows": 0})],
		[("dfw.del", {"port": PROXY, "id": 1041}), ("dfw.add", {"port": PROXY, "id": 1041, "dir": "in", "action": "allow"})],
		[("dfw.default", {"port": PROXY, "action": rng.choice(["allow", "drop"])})],
		[("segment.add", {"name": "s9", "switch": "arm/DvsPortset-1", "vlan": 9}),
			("segment.set", {"segment": "arm/s9", "flood": False}), ("segment.del", {"segment": "arm/s9"})],
		[("tunnel.add", {"name": "t9", "local": "192.168.4.60", "remote": "192.168.4.99"}),
			("fdb.add", {"segment": "arm/cluster1-segment1", "mac": mac, "tunnel": "t9"}), ("tunnel.del", {"tunnel": "t9"})],
		[("port.set", {"port": GUEST, "up": False}), ("port.set", {"port": GUEST, "up": True})],
		[("fdb.flush", {})],
		[("flow.flush", {})],
		[("flow.set", {"capacity": rng.choice([64, 256, 65536])})],
		[("clock.advance", {"seconds": rng.choice([1, 400])})],
	]
	return rng.choice(pairs)


def shoot(c, rng, frames, port):
	batch = [mutate(rng, f).hex() if rng.random() < 0.3 else f.hex() for f in rng.choices(frames, k=40)]
	with contextlib.suppress(Refused):  # the port is away at times
		c("inject", port=port, frames=batch, count=20)


def capture(c, rng):
	with contextlib.suppress(Refused):
		points = [{"stage": rng.choice(["drop", "uplink_tx", "flow_lookup", "dfw_in", "vnic_tx"])} for _ in range(3)]
		c("capture.stop", session=c("capture.start", points=points, follow=rng.random() < 0.5, ring_size=65536)["session"])
	while c.fds:
		os.close(c.fds.pop())


def look(c, rng):
	method = rng.choice(["flow.list", "flow.stats", "drop.list", "drop.recent", "port.list", "fdb.list", "worker.list", "running_config",
		"capture.list", "stage.list", "dfw.list", "dfw.counts", "inject.list", "segment.list", "tunnel.list"])
	c.list(method)


@pytest.mark.parametrize("workers", [1, 2])
def test_churn(rng, frames, workers):
	"""Every table changes while packets use it. One uplink is a device that replays a file without end."""
	replay = f"net_pcap3,rx_pcap={PCAPS}/emulated-syn.pcap,infinite_rx=1"
	with demo("emulated", "--workers", str(workers)) as (d, c):
		base = in_use(c)
		with Storm(d) as storm:
			c("port.add", name="replay", switch="arm/DvsPortset-1", type="uplink", device=replay)
			storm.run(shoot, random.Random(SEED + 1), frames, "arm/vmnic1")
			storm.run(shoot, random.Random(SEED + 2), frames, GUEST)
			storm.run(capture, random.Random(SEED + 3))
			storm.run(look, random.Random(SEED + 4))
			end, done = time.monotonic() + SECONDS / 2, 0
			while time.monotonic() < end or done <= 20:
				done += try_all(c, churn(rng))
			c("port.del", port="arm/replay")
		print(f"{done} changes")
		assert_sound(c, base)


def test_queues_move(rng):
	"""A device comes and goes before two others, so that their queues move from worker to worker, under traffic."""
	with demo("emulated", "--workers", "2") as (_, c):
		base = in_use(c)
		c("port.add", name="first", switch="arm/DvsPortset-1", type="uplink")
		for i in (1, 2):
			c("port.add", name=f"replay{i}", switch="arm/DvsPortset-1", type="uplink",
				device=f"net_pcap{i},rx_pcap={PCAPS}/emulated-syn.pcap,infinite_rx=1")
		end = time.monotonic() + SECONDS / 2
		while time.monotonic() < end:
			c("port.set", port="arm/first", device=f"net_null{rng.choice([5, 6])},no-rx=1")
			c("port.set", port="arm/first", device="none")
		for name in ("first", "replay1", "replay2"):
			c("port.del", port=f"arm/{name}")
		assert_sound(c, base)


def test_links_in_a_ring(rng):
	"""One broadcast among many parallel links multiplies at each crossing: it must end, and control is served meanwhile."""
	lines = ["host add a", "host add b"]
	for h in "ab":
		lines += [f"switch add s{h} host {h} portset 1", f"segment add g{h} switch s{h} vlan 5"]
	for h, other in ("ab", "ba"):
		for i in range(9):
			link = f"link {other}/p{i}" if h == "b" else ""
			lines.append(f"port add p{i} switch s{h} type vnic segment g{h} spoof-check off {link}")
	frame = b"\xff" * 6 + b"\x02\0\0\0\0\x01" + b"\x08\x06" + rng.randbytes(46)
	frame = frame[:14] + bytes([0, 1, 8, 0, 6, 4, 0, 1]) + frame[22:]
	with Daemon("--mem", "400", "--mbufs", "90000", lines="\n".join(lines) + "\n") as d, d.client() as c:
		base = in_use(c)
		for n in (1, 32):
			start = time.monotonic()
			c("inject", port="a/p0", frames=[frame.hex()] * n)
			assert c.list("host.list")
			print(f"{n} broadcasts: {time.monotonic() - start:.2f} s")
		assert_sound(c, base)
		assert {i["reason"]: i["count"] for i in c.list("drop.list")}["FLOOD_CLONE"] > 0


def test_hidden_ports():
	"""A chain of extension headers must not carry a packet past a rule that names its port."""
	eth = bytes.fromhex("005056a1fcf3005056a1999e86dd")
	tcp = bytes.fromhex("30390016000000010000000050022000" "00000000")
	with demo() as (_, c):
		c("dfw.add", port=GUEST, id=22, dir="out", action="drop", proto="tcp", dport="22")
		for options, want in ((0, "DFW_RULE_DENY"), (20, "DFW_RULE_DENY"), (24, "PARSE_IP6_EXTHDR"), (100, "PARSE_IP6_EXTHDR")):
			chain = bytes([6, options]) + bytes([1, 4, 0, 0, 0, 0]) + (bytes([1, 6]) + b"\0" * 6) * options
			ip = b"\x60\0\0\0" + (len(chain) + 20).to_bytes(2, "big") + b"\x3c\x40" + b"\x20\x01" + b"\1" * 14 + b"\x20\x01" + b"\2" * 14
			packet = c("inject", port=GUEST, frames=[(eth + ip + chain + tcp).hex()])["packet_ids"][0]
			drops = {i["packet_id"]: i["reason"] for i in c.list("drop.recent", count=10)}
			assert drops[packet] == want, options


def test_a_tick_is_short():
	with demo() as (_, c):
		with pytest.raises(Refused) as e:
			c("inject", port="arm/vmnic1", frames=["00"], count=1001, every_ms=1)
		assert e.value.code == "E2BIG"


ATOMS = ["", "arm", "arm/vmnic1", "vmnic1", "cluster1-segment1", "x", "a\nb", "\x1b[2J", "\u00e4" * 80, '"', "\\", "#", "none", 0, 1, -1, 2**31,
	2**32, 2**53, 2**63 - 1, -2**63, 1.5, True, False, None, [], {}, [[]], "00", "zz", "00:11:22:33:44:55", "10.0.0.1", "::1", "0/0", "1-2",
	"9" * 400, "A" * 70, [1, 2, 3, 4], [6, 0, 0, 65535], "net_null9", "drop", "in", "tcp", "vnic", "uplink", "uplink_rx"]


def random_value(rng, depth=0):
	if depth < 3 and rng.random() < 0.25:
		if rng.random() < 0.5:
			return [random_value(rng, depth + 1) for _ in range(rng.choice([0, 1, 3, 70]))]
		return {rng.choice(["stage", "port", "x"]): random_value(rng, depth + 1) for _ in range(2)}
	return rng.choice(ATOMS)


METHODS = {
	"capture.start": "points bpf filter inner outer follow snaplen ring_size name duration_ms keep_s packets bytes", "capture.stop": "session",
	"capture.show": "session", "capture.attach": "session", "capture.note": "session device bytes file", "dfw.add":
	"port id dir action proto src dst sport dport name", "dfw.default": "port action", "dfw.del": "port id", "drop.list": "all",
	"drop.recent": "count", "fdb.add": "segment mac port tunnel", "fdb.del": "segment mac", "fdb.flush": "segment", "fdb.list": "segment",
	"flow.list": "worker host limit", "flow.set": "capacity idle_s", "flow.stats": "", "hello": "version client", "host.add":
	"name default", "host.del": "name", "inject": "port frames count", "inject.stop": "timer", "log.list": "", "port.add":
	"name switch type id ens mac segment team label mtu up spoof_check link via bypass answer answer_file", "port.set":
	"port mac segment team label mtu up spoof_check link via bypass answer answer_file", "port.del": "port", "port.list":
	"host switch type port", "running_config": "", "segment.add": "name switch vni vlan mtu flood learn aging_s tunnels", "segment.set":
	"segment flood learn aging_s tunnels", "segment.del": "segment", "switch.add": "name host portset mtu", "switch.del": "switch",
	"switch.set": "switch mtu", "tep.add": "ip host mac encap port team dport ttl df csum option hash_seed", "tep.del": "ip", "tunnel.add":
	"name local remote mac", "tunnel.del": "tunnel", "worker.list": "", "x": "y"}


def random_line(rng, i):
	method = rng.choice(list(METHODS))
	keys = METHODS[method].split()
	params = {k: random_value(rng) for k in keys if rng.random() < 0.8}
	line = json.dumps({"id": i, "method": method, "params": params}).encode()
	if rng.random() < 0.05:
		at = rng.randrange(len(line))
		line = line[:at] + rng.randbytes(rng.randint(0, 5)).replace(b"\n", b" ") + line[at + rng.randint(0, 5):]
	return line


def talk(path, rng, seconds):
	"""Connections that send random lines, and end in random ways. How many lines."""
	end, sent = time.monotonic() + seconds, 0
	while time.monotonic() < end or sent <= 100:
		with contextlib.suppress(OSError, Closed), Client(path) as c:
			c.sock.settimeout(10)
			for _ in range(rng.randint(1, 60)):
				line = random_line(rng, sent + 2)
				sent += 1
				cut = rng.randrange(len(line))
				c.send_raw(line[:cut])
				c.send_raw(line[cut:] + b"\n")
			if rng.random() < 0.3:
				c.send_raw(random_line(rng, 1)[:-1])  # half a request
			elif rng.random() < 0.5:
				c.sock.shutdown(socket.SHUT_WR)
				with contextlib.suppress(Closed):
					while True:
						c.receive()
	return sent


def test_requests(rng):
	"""Random requests, half requests, readers that do not read. Afterwards the daemon still knows what it has, and can save it."""
	with demo() as (d, c):
		idle = [Client(d.path, hello=False) for _ in range(50)]
		deaf = Client(d.path)
		deaf.sock.setblocking(False)
		with contextlib.suppress(BlockingIOError):
			for i in range(5000):
				deaf.send_raw(b'{"id":%d,"method":"drop.list","params":{"all":true}}\n' % (i + 2))
		sent = talk(d.path, rng, SECONDS)
		for o in [*idle, deaf]:
			o.close()
		print(f"{sent} requests")
		lines = [i["line"] for i in c.list("running_config")]
		assert not [x for x in lines if any(ord(ch) < 32 for ch in x)]
		with Daemon(lines="\n".join(lines) + "\n") as again, again.client() as c2:
			assert [i["line"] for i in c2.list("running_config")] == lines


def test_texts_stay_on_their_line():
	"""A label can't smuggle a command into the saved configuration, nor a sign into somebody's terminal."""
	with demo() as (d, c):
		for bad in ("a\nhost del x86", "a\rb", "\x1b[2J", "\x7f", "\u009b2J"):
			for method, params in (("port.set", {"port": GUEST, "label": bad}),
				("dfw.add", {"port": GUEST, "id": 9, "dir": "in", "action": "allow", "name": bad}),
				("port.set", {"port": GUEST, "answer": [], "answer_file": bad})):
				with pytest.raises(Refused) as e:
					c(method, **params)
				assert e.value.code == "EINVAL" and "control character" in e.value.what
		odd = ['"', "\\", '\\"', "#", "a # b", " ", "\u00e4\u6f22", "|", "x\\"]
		for i, text in enumerate(odd):
			c("port.set", port=GUEST, label=text)
			assert c.one("port.list", port=GUEST)["used_by"] == text
			c("dfw.add", port=GUEST, id=100 + i, dir="in", action="allow", name=text)
		lines = [i["line"] for i in c.list("running_config")]
		with Daemon(lines="\n".join(lines) + "\n") as again, again.client() as c2:
			assert [r["name"] for r in c2.list("dfw.list", port=GUEST) if r["id"] >= 100] == odd
			assert c2.one("port.list", port=GUEST)["used_by"] == odd[-1]
		# A long text is cut between characters, or capture.list could not say it.
		c("capture.start", points=[{"stage": "drop"}], filter="x" + "\u6f22" * 300 + "\x1b[2J\n")
		s = c.one("capture.list")
		assert set(s["filter"]) == {"x", "\u6f22"}
		c("capture.start", points=[{"stage": "drop"}], name="n", filter="tcp\nport 80\x1b")
		assert [s for s in c.list("capture.list") if s["name"] == "n"][0]["filter"] == "tcp port 80 "


def test_scribbler(rng, frames):
	"""A capture client writes what it likes into its rings, and pktcaps are killed: the daemon counts on."""
	with demo("emulated", "--workers", "2") as (d, c):
		base = in_use(c)
		bad = d.client()
		bad("capture.start", points=[{"stage": "uplink_rx"}, {"stage": "drop"}], ring_size=65536)
		ring = Ring(bad.fds[-1])
		caps = []
		end = time.monotonic() + SECONDS / 2
		while time.monotonic() < end:
			for _ in range(200):
				at = rng.randrange(len(ring.map) - 8) if rng.random() < 0.5 else ring.ctl + rng.choice([0, 64, 4096, 4160])
				ring.map[at:at + 8] = rng.choice([b"\xff" * 8, b"\0" * 8, rng.randbytes(8)])
			c("inject", port="arm/vmnic1", frames=[mutate(rng, f).hex() for f in rng.choices(frames, k=30)], count=5)
			if len(caps) < 3:
				caps.append(subprocess.Popen([PKTCAP, "--socket", d.path, "--trace", "-o", "/dev/null"], env=ENV,
					stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
			elif rng.random() < 0.5:
				p = caps.pop(0)
				p.send_signal(rng.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT]))
				assert p.wait(60) in (0, -signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT), "pktcap ended badly"
		for p in caps:
			p.kill()
			p.wait()
		ring.close()
		bad.close()
		wait_for("the sessions to end", lambda: c.list("capture.list") == [])
		assert_sound(c, base)


def test_readers_leave_room():
	"""Users who may only look can't take all the places."""
	if os.geteuid() != 0:
		pytest.skip("needs root to be somebody else")
	with demo() as (d, c):
		script = ("import socket,sys,time\n"
			"s=[socket.socket(socket.AF_UNIX) for _ in range(400)]\n"
			"for x in s: x.connect(sys.argv[1])\n"
			"print('all', flush=True)\nsys.stdin.read()\n")
		p = subprocess.Popen(["/usr/bin/python3", "-c", script, d.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
			user=65534, group=65534, extra_groups=[], text=True)
		assert p.stdout.readline() == "all\n"
		def served():
			try:
				with d.client() as other:
					return other.list("host.list")
			except BlockingIOError:  # the 400 are still queueing to be looked at
				return None
		for _ in range(20):
			wait_for("a place", served)
		p.stdin.close()
		p.wait()
		assert c.list("host.list")
