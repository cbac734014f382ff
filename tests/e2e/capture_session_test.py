# SPDX-License-Identifier: BSD-3-Clause
#
# Capture sessions as the daemon sees them: they live as long as their client's connection, whatever ends it; many at
# once; attached and detached under traffic. The records are read by our own few lines (rdtest.Ring), and the packets
# compared with what scapy reads from the input file.
import os
import signal
import subprocess
import sys
import time

import pytest
from rdtest import ENV, PCAPS, PKTCAP, Closed, Daemon, Ring, demo, refused, wait_for
from scapy.layers.inet import UDP
from scapy.layers.l2 import Ether
from scapy.utils import rdpcap

SYN = bytes(rdpcap(f"{PCAPS}/emulated-syn.pcap")[0])
SYNACK = bytes(rdpcap(f"{PCAPS}/emulated-synack.pcap")[0])
STAGES = ["uplink_rx", "classify", "tunnel_decap", "flow_lookup", "dfw_in", "port_out", "mux_tx", "vnic_tx", "vnic_rx",
	"dfw_out", "tunnel_encap", "uplink_tx"]


def start(c, **kw):
	result = c("capture.start", **kw)
	assert result["fd"] is True and len(c.fds) == 1
	fd = c.fds.pop()
	ring = Ring(fd)
	os.close(fd)  # the mapping is enough
	assert ring.nb == result["rings"] and ring.session == result["session"] and ring.size >= result["ring_size"]
	return result["session"], ring


def tapped(c):
	return [s["stage"] for s in c.list("stage.list") if s["tapped"]]


def test_records_are_the_packets():
	with demo() as (d, c), d.client(name="me") as cap:
		session, ring = start(cap, points=[{"stage": s} for s in STAGES], name="mine", filter="for show", snaplen=65535)
		item = c.one("capture.list")
		assert (item["session"], item["name"], item["filter"], item["follow"]) == (session, "mine", "for show", False)
		assert item["owner_uid"] == os.geteuid() and item["owner_pid"] == os.getpid()
		assert item["points"][0] == {"stage": "uplink_rx", "port": ""} and set(tapped(c)) == set(STAGES)
		ids = c("inject", port="vmnic1", frames=[SYN.hex()])["packet_ids"]
		recs = list(ring.read())
		name = {s["id"]: s["stage"] for s in c.list("stage.list")}
		walk = [r for r in recs if r["packet_id"] == ids[0]]
		assert [r["hop"] for r in walk] == sorted(r["hop"] for r in walk)
		first = walk[0]
		assert name[first["stage"]] == "uplink_rx" and first["bytes"] == SYN and first["wire_len"] == len(SYN)
		assert first["port_id"] == 2248146967 and first["dir"] == 1
		inner = bytes(Ether(SYN)[UDP].payload)[-len(SYNACK):]
		at_guest = [r for r in walk if name[r["stage"]] == "vnic_tx"]
		assert len(at_guest) == 1 and at_guest[0]["bytes"] == inner and at_guest[0]["port_id"] == 134217768
		answer = [r for r in recs if name[r["stage"]] == "vnic_rx"]
		assert [r["bytes"] for r in answer] == [SYNACK]
		assert all(r["packet_id"] != ids[0] for r in answer)
		totals = c.one("capture.list")
		assert totals["captured"] == len(recs) == totals["matched"] == totals["seen"] and totals["lost"] == 0
		times = [r["ns"] for r in recs]
		assert times == sorted(times) and abs(times[0] / 1e9 - time.time()) < 60
		ring.close()


def test_points_by_port_and_vendor_name():
	with demo() as (d, c), d.client() as a, d.client() as b:
		_, only = start(a, points=[{"stage": "uplink_rx", "port": "x86/vmnic2"}])
		_, vendor = start(b, points=[{"stage": "UplinkRcvKernel", "port": "2248146967"}, {"stage": "EtherswitchOutput"}])
		assert set(tapped(c)) == {"uplink_rx", "l2_lookup", "flood"}
		c("inject", port="vmnic1", frames=[SYN.hex()])
		assert [r["port_id"] for r in only.read()] == [2281701394]
		recs = list(vendor.read())
		assert len([r for r in recs if r["stage"] == 1]) == 1 and len(recs) > 1
		assert c.list("capture.list")[0]["points"][0]["stage"] in ("uplink_rx", "l2_lookup", "flood")
		only.close()
		vendor.close()


def test_filter_snaplen_and_full_ring():
	# "tcp dst port 80" by libpcap, for outer and inner frames; and one that never matches
	program = subprocess.run(["tcpdump", "-ddd", "-y", "EN10MB", "tcp dst port 80"], capture_output=True, text=True, check=True)
	bpf = [[int(x) for x in line.split()] for line in program.stdout.splitlines()[1:]]
	with demo() as (d, c), d.client() as a, d.client() as b, d.client() as small:
		_, hit = start(a, points=[{"stage": "uplink_rx"}], bpf=bpf, snaplen=50)
		_, never = start(b, points=[{"stage": "uplink_rx"}], bpf=bpf, inner=False)
		session, full = start(small, points=[{"stage": "uplink_rx"}], ring_size=65536)
		frames = [SYN.hex()] * 1000
		c("inject", port="vmnic1", frames=frames, count=2)
		recs = list(hit.read())
		assert len(recs) == 4000 and all(r["cap_len"] == 50 and r["wire_len"] in (len(SYN), 74) for r in recs)
		# Outside it matches only what has crossed the link: there it has no tunnel header any more.
		assert {r["port_id"] for r in never.read()} == {2281701394}
		item = [s for s in c.list("capture.list") if s["session"] == session][0]
		kept = list(full.read())
		assert item["captured"] == len(kept) < 4000 and item["lost"] == 4000 - len(kept) and item["seen"] == 4000
		c("inject", port="vmnic1", frames=[SYN.hex()])
		# A gap is in the record after it: the last one, and those before a frame that was short enough for the rest of the ring.
		assert next(iter(full.read()))["lost"] + sum(r["lost"] for r in kept) == item["lost"]
		for ring in (hit, never, full):
			ring.close()


def test_wrong_sessions():
	with demo() as (_, c):
		point = [{"stage": "uplink_rx"}]
		refused("EINVAL", c, "capture.start")
		refused("EINVAL", c, "capture.start", points=[])
		refused("EINVAL", c, "capture.start", points=["uplink_rx"])
		assert refused("ENOENT", c, "capture.start", points=[{"stage": "nope"}]).hint == "show stage"
		refused("ENOENT", c, "capture.start", points=[{"stage": "uplink_rx", "port": "nope"}])
		refused("E2BIG", c, "capture.start", points=point * 1025)
		refused("EINVAL", c, "capture.start", points=point, inner=False, outer=False)
		refused("ERANGE", c, "capture.start", points=point, snaplen=0)
		for bpf in ([[1, 2, 3]], [["a", 0, 0, 0]], [[6, 0, 0, -1]], [[40, 0, 0, 12]], [[5, 0, 0, 0xffffffff], [6, 0, 0, 1]],
				[[65535, 0, 0, 0]], [[0x15, 200, 0, 1], [6, 0, 0, 0]]):
			e = refused("EINVAL", c, "capture.start", points=point, bpf=bpf)
			assert e.where == "bpf", bpf
		refused("E2BIG", c, "capture.start", points=point, bpf=[[6, 0, 0, 1]] * 4097)
		refused("ENOENT", c, "capture.stop", session=99)
		assert c.list("capture.list") == [] and tapped(c) == [] and c.fds == []


def test_many_sessions():
	with demo() as (d, c):
		clients = [d.client() for _ in range(32)]
		rings = [start(cl, points=[{"stage": "uplink_rx"}], ring_size=65536) for cl in clients]
		assert len({s for s, _ in rings}) == 32
		e = refused("EBUSY", c, "capture.start", points=[{"stage": "drop"}])
		assert "32" in e.hint or "show capture" in e.hint
		c("inject", port="vmnic1", frames=[SYN.hex()])
		for _, ring in rings:
			assert len(list(ring.read())) == 2
		clients[5].close()
		wait_for("room", lambda: len(c.list("capture.list")) == 31)
		session, ring = start(c, points=[{"stage": "drop"}])
		c("capture.stop", session=rings[0][0])  # somebody else's, by an admin
		assert rings[0][0] not in [s["session"] for s in c.list("capture.list")]
		c("inject", port="vmnic1", frames=["0011"])
		assert [r["bytes"] for r in ring.read()] == [b"\x00\x11"]
		c("capture.stop", session=session)
		for i, cl in enumerate(clients):
			if i != 5:
				cl.close()
		wait_for("all to end", lambda: c.list("capture.list") == [])
		assert tapped(c) == []
		for _, r in rings:
			r.close()


VICTIM = """
import sys, time
sys.path.insert(0, sys.argv[1])
import rdtest
c = rdtest.Client(sys.argv[2], name="victim")
c("capture.start", points=[{"stage": "uplink_rx"}, {"stage": "drop"}])
print("started", flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("sig", [signal.SIGKILL, signal.SIGTERM])
def test_killed_client_leaves_nothing(sig):
	with demo() as (d, c):
		t = c("inject", port="vmnic1", frames=[SYN.hex()] * 10, every_ms=1)["timer"]
		victims = [subprocess.Popen([sys.executable, "-B", "-c", VICTIM, os.path.dirname(os.path.realpath(__file__)), d.path],
			stdout=subprocess.PIPE, env=ENV) for _ in range(3)]
		for v in victims:
			assert v.stdout.readline() == b"started\n"
		assert {s["owner_pid"] for s in c.list("capture.list")} == {v.pid for v in victims}
		for v in victims:
			v.send_signal(sig)
			v.wait()
			v.stdout.close()
		wait_for("the sessions to end", lambda: c.list("capture.list") == [])
		assert tapped(c) == []
		c("inject.stop", timer=t)


def test_attach_and_detach_under_traffic():
	with demo("emulated", "--workers", "2") as (d, c):
		t = c("inject", port="vmnic1", frames=[SYN.hex()] * 100, every_ms=1)["timer"]
		got = 0
		for n in range(200):
			with d.client() as cap:
				_, ring = start(cap, points=[{"stage": s} for s in STAGES[n % 5:]], ring_size=65536, follow=n % 2 == 0)
				if n % 3 == 0:
					got += wait_for("records", lambda: len(list(ring.read())))
				if n % 4 == 0:
					cap("capture.stop", session=ring.session)
				ring.close()
		wait_for("all to end", lambda: c.list("capture.list") == [])
		assert got > 0 and tapped(c) == []
		before = c.list("stage.list")[0]["in"]
		wait_for("traffic goes on", lambda: c.list("stage.list")[0]["in"] > before)
		c("inject.stop", timer=t)
		wait_for("every mbuf to come back", lambda: c.list("worker.list")[0]["mbufs_in_use"] == 0)
		for s in c.list("stage.list"):
			assert s["in"] + s["created"] == s["out"] + s["consumed"] + s["drops"], s


def test_client_may_scribble_into_its_ring():
	"""The mapping is the client's to write: the daemon keeps its own truth."""
	with demo() as (d, c), d.client() as bad, d.client() as good:
		_, ring = start(bad, points=[{"stage": "uplink_rx"}], ring_size=65536)
		_, other = start(good, points=[{"stage": "uplink_rx"}], ring_size=65536)
		for value in (0xff, 0x00, 0x5a):
			ring.map[:] = bytes([value]) * len(ring.map)
			c("inject", port="vmnic1", frames=[SYN.hex()] * 100)
		assert len(list(other.read())) > 0 and len(c.list("capture.list")) == 2
		ring.close()
		other.close()


def test_daemon_ends_under_a_session():
	with demo() as (d, c), d.client() as cap:
		_, ring = start(cap, points=[{"stage": "uplink_rx"}])
		c("daemon.stop")
		with pytest.raises(Closed):
			cap.receive()
		assert d.wait_end() == 0
		assert list(ring.read()) == []
		ring.close()


@pytest.mark.skipif(not os.path.exists(PKTCAP), reason="skip: pktcap is not built")
def test_pktcap_file_by_tshark(tmp_path):
	"""pktcap writes what was injected; tshark reads it."""
	out = tmp_path / "out.pcapng"
	with Daemon(files=[f"{PCAPS}/../demo/emulated.rd"]) as d, d.client() as c:
		env = dict(ENV, REDDOT_SOCKET=d.path)
		with subprocess.Popen([PKTCAP, "--uplink", "vmnic1", "--dir", "0", "-o", str(out), "-c", "3"], env=env,
				stderr=subprocess.PIPE) as p:
			wait_for("pktcap's session", lambda: c.list("capture.list"))
			c("inject", port="vmnic1", frames=[SYN.hex()] * 3)
			_, err = p.communicate(timeout=180)
			assert p.returncode == 0, err
		wait_for("its end", lambda: c.list("capture.list") == [])
	r = subprocess.run(["tshark", "-r", str(out), "-T", "fields", "-e", "geneve.vni", "-e", "tcp.dstport", "-e", "frame.len"],
		capture_output=True, text=True, check=True)
	assert r.stdout.split() == ["0x012400", "80", str(len(SYN))] * 3
