# SPDX-License-Identifier: BSD-3-Clause
#
# show ladder, the layers that need a world of their own to lose something: devices, full queues, the ring between workers. And: every layer that any ladder has, in both directions, is in one of the tables of these tests.
import contextlib
import os
import signal
import struct

import ladder_test
import pytest
from ladder_test import FROM_GUEST, HOST, LAN, LOST, PASS, TO_GUEST, agree, back, check, entered, lines_of, seen_from_all_sides, settled, to
from ports_lab import Netns, NsDaemon, need, veth
from rdtest import Daemon, refused, wait_for
from scapy.all import raw, wrpcap

RING = 256  # buffers of a guest's queue
# What this file loses where, by direction and layer; the function that does.
HERE = {
	("to-guest", "device rx"): "test_device_rx", ("from-guest", "device rx"): "test_device_rx",
	("to-guest", "device tx"): "test_device_tx", ("from-guest", "device tx"): "test_device_tx",
	("to-guest", "handoff"): "test_handoff", ("from-guest", "handoff"): "test_handoff",
	("to-guest", "vnic_tx"): "test_full_queue", ("from-guest", "uplink_tx"): "test_full_queue",
	("to-guest", "punt"): "test_endpoint", ("from-guest", "vmk_rx"): "test_endpoint",
}
# They only count what a port has received from its device and given to it: the next layer has the same packets, or says why not.
COUNT_ONLY = {"port rx", "port tx"}
# New flows are only refused to guests. What an entry is installed for is lost there only if its port has gone since the stage before, and a port
# that is gone has no ladder: tests/graph/drops_cases_out.c, tx_deleted, has that loss, by stage, reason and port.
NEVER = {("to-guest", "flow_lookup"), ("to-guest", "flow_install"), ("from-guest", "flow_install")}


def frames_file(path, frames, times=1):
	"""A capture file, without scapy's time for each frame."""
	frames = [raw(f) for f in frames]
	one = b"".join(struct.pack("<IIII", 0, 0, len(f), len(f)) + f for f in frames)
	with open(path, "wb") as f:
		f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
		for _ in range(times):
			f.write(one)
	return len(frames) * times


def ends_of(way):
	"""Where frames come in, where they go out, and how one is made."""
	return ("up1", "a1", to) if way == "to-guest" else ("a1", "up1", back)


@pytest.mark.parametrize("way", ["to-guest", "from-guest"])
def test_device_rx(way):
	"""Another port's device holds nearly all buffers: the device has frames for which there is none."""
	source, sink, frame = ends_of(way)
	with Daemon("--mbufs", "1024", lines=HOST + LAN.format(n=1) + LAN.format(n=2)) as d, d.client() as c:
		nb = frames_file(f"{d.dir}/in1.pcap", [frame(i) for i in range(64)], 40)
		wrpcap(f"{d.dir}/hold.pcap", [to(0)] * 1000)
		c("port.set", port="up2", device=f"net_pcap9,rx_pcap={d.dir}/hold.pcap,infinite_rx=1")
		c("port.set", port=sink, device="net_null1,no-rx=1")
		c("port.set", port=source, device=f"net_pcap1,rx_pcap={d.dir}/in1.pcap")
		wait_for("all of them", lambda: entered(lines_of(c, "a1", way)[0], "device rx") == nb)
		rows, text = lines_of(c, "a1", way)
		lost = nb - c.one("port.list", port=source)["rx_packets"]
		assert 0 < lost < nb, text
		check(rows, text, "device rx", "HW_RX_NOMBUF", lost, nb)
		told = {r["reason"]: r["count"] for r in c.list("drop.hardware", port=source)}
		assert told["HW_RX_NOMBUF"] == lost and sum(n or 0 for n in told.values()) == lost and c.list("drop.list") == []


@pytest.mark.parametrize("way", ["to-guest", "from-guest"])
def test_device_tx(way):
	"""An interface that is down takes frames from its driver and sends none: nobody but the driver knows."""
	need("ip")
	source, sink, frame = ends_of(way)
	with Netns("sw") as sw, Netns("far") as far:
		veth(sw, "d0", far, "eth0")
		with NsDaemon(sw, HOST + LAN.format(n=1)) as d, d.client() as c:
			c("port.set", port=sink, device="net_af_packet0,iface=d0")
			far.up("eth0")
			wait_for("the link", lambda: c.one("port.list", port=sink)["link"] == "up")
			frames_file(f"{d.dir}/in1.pcap", [frame(i) for i in range(PASS)])
			c("port.set", port=source, device=f"net_pcap1,rx_pcap={d.dir}/in1.pcap")
			wait_for("the first", lambda: c.one("port.list", port=sink)["tx_packets"] == PASS and settled(c))
			c("port.set", port=source, device="none")
			rows, text = lines_of(c, "a1", way)
			assert not any(r["drops"] for r in rows.values()), text
			lost = wait_for("frames that the daemon gives to an interface of which it does not know yet that it is down", lambda: attempt(sw, c, source, sink, frame, way))
			assert lost == {"device tx": LOST}
			rows, text = lines_of(c, "a1", way)
			assert rows[("device tx", sink)]["reasons"] == f"HW_TX_ERROR {LOST}" and all(r["elsewhere"] in (0, None) for r in rows.values()), text
			told = {r["reason"]: r["count"] for r in c.list("drop.hardware", port=sink)}
			assert told["HW_TX_ERROR"] == LOST and sum(n or 0 for n in told.values()) == LOST


def drops_of(rows):
	return {layer: r["drops"] for (layer, _), r in rows.items() if r["drops"]}


def attempt(sw, c, source, sink, frame, way):
	"""What was lost where; None when the daemon was faster: then it was at the TX stage, all of it."""
	sw.ip("link", "set", "d0", "up")
	wait_for("the link", lambda: c.one("port.list", port=sink)["link"] == "up")
	before = drops_of(lines_of(c, "a1", way)[0])
	sw.ip("link", "set", "d0", "down")
	c("inject", port=source, frames=[raw(frame(100 + i)).hex() for i in range(LOST)])
	rows, text = lines_of(c, "a1", way)
	lost = {layer: nb - before.get(layer, 0) for layer, nb in drops_of(rows).items() if nb != before.get(layer, 0)}
	assert sum(lost.values()) == LOST and set(lost) <= {"device tx", "vnic_tx", "uplink_tx", "uplink_select", "port_out"}, text
	return lost if set(lost) == {"device tx"} else None


@contextlib.contextmanager
def deaf_guest(d, c, port):
	"""Behind the port's device is a guest that has given its buffers and does nothing more."""
	socket = f"{d.dir}/guest.sock"
	c("port.set", port=port, device=f"net_vhost0,iface={socket}")
	lines = f"""host add h default
switch add s host h portset 3
port add eth0 switch s type uplink device "net_virtio_user0,path={socket},queues=1,queue_size={RING}"
"""
	with Daemon(lines=lines) as guest:
		wait_for("the guest", lambda: c.one("port.list", port=port)["link"] == "up"
			and [q["waiting"] for q in c.list("virtqueue.list", port=port) if q["guest"] == "receives"] == [RING])
		guest.proc.send_signal(signal.SIGSTOP)
		try:
			yield
		finally:
			guest.proc.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("way, layer, reason", [("to-guest", "vnic_tx", "VQ_FULL"), ("from-guest", "uplink_tx", "TX_RING_FULL")])
def test_full_queue(tmp_path_factory, way, layer, reason):
	"""A device takes as many packets as its queue has room for, and refuses the others."""
	source, sink, frame = ends_of(way)
	with seen_from_all_sides(tmp_path_factory, "--workers", "2", lines=HOST + LAN.format(n=1)) as d, d.client() as c, deaf_guest(d, c, sink):
		nb = frames_file(f"{d.dir}/in1.pcap", [frame(i) for i in range(RING + LOST)])
		c("port.set", port=source, device=f"net_pcap1,rx_pcap={d.dir}/in1.pcap")
		wait_for("all of them", lambda: entered(lines_of(c, "a1", way)[0], layer) == nb and settled(c))
		rows, text = lines_of(c, "a1", way)
		check(rows, text, layer, reason, LOST, nb)
		assert rows[("device tx", sink)]["packets"] == RING, text
		agree(d, c, rows[(layer, sink)], reason, LOST)


def workers_of(d):
	"""Their threads, in order."""
	found = {}
	for t in sorted(int(t) for t in os.listdir(f"/proc/{d.proc.pid}/task")):
		with open(f"/proc/{d.proc.pid}/task/{t}/comm", encoding="ascii") as f:
			found.setdefault(f.read().strip(), t)
	return [t for name, t in sorted(found.items()) if name.startswith(("lcore-worker", "rte-worker"))]


@contextlib.contextmanager
def starved(thread, other):
	"""It gets what a thread that always polls leaves of one core: next to nothing."""
	cores = os.sched_getaffinity(0)
	for t in (thread, other):
		os.sched_setaffinity(t, {min(cores)})
	os.sched_setscheduler(thread, os.SCHED_IDLE, os.sched_param(0))
	try:
		yield
	finally:
		os.sched_setscheduler(thread, os.SCHED_OTHER, os.sched_param(0))
		for t in (thread, other):
			os.sched_setaffinity(t, cores)


@pytest.mark.parametrize("way", ["to-guest", "from-guest"])
def test_handoff(tmp_path_factory, way):
	"""A worker that hardly runs has a full ring before it. On a busy machine the other one may hardly run, too: then it is tried again."""
	wait_for("a full ring", lambda: overflow(tmp_path_factory, way), 400)


def overflow(tmp_path_factory, way):
	"""Whether something was lost; then it is where it should be."""
	source, sink, frame = ends_of(way)
	with seen_from_all_sides(tmp_path_factory, "--workers", "2", "--busy-poll", "--model", "balanced", lines=HOST + LAN.format(n=1)) as d, d.client() as c:
		poller, other = workers_of(d)
		nb = frames_file(f"{d.dir}/in1.pcap", [frame(i) for i in range(64)], 300)
		c("port.set", port=sink, device="net_null1,no-rx=1")
		with starved(other, poller):
			c("port.set", port=source, device=f"net_pcap1,rx_pcap={d.dir}/in1.pcap")
			wait_for("all of them", lambda: entered(lines_of(c, "a1", way)[0], "device rx") == nb)
		c("worker.set", idle="auto")
		wait_for("the rest", lambda: all(h["waiting"] == 0 for h in c.list("worker.handoff")) and settled(c))
		rows, text = lines_of(c, "a1", way)
		lost = nb - rows[("device tx", sink)]["packets"]
		assert lost == sum(h["full"] for h in c.list("worker.handoff")) < nb, text
		if lost == 0:
			return False
		check(rows, text, "handoff", "LCORE_HANDOFF_FULL", lost, nb)
		agree(d, c, rows[("handoff", source)], "LCORE_HANDOFF_FULL", lost)
		assert f"dropped: LCORE_HANDOFF_FULL {lost}\n" in d.cli("show", "ladder", "port", "a1", "dir", way)
		return True


ALL = """
switch add s host h portset 1
segment add lan switch s vlan 0
port add up switch s type uplink
port add vmk switch s type vmk team up
port add a switch s type vnic segment lan team up
port add b switch s type upt segment lan team up
port add m switch s type mux
port add c switch s type vnic segment lan via m team up
"""


def test_every_layer_has_a_row():
	"""What any ladder shows is in a table of these tests, and what is in a table is shown; every stage is a layer of some ladder."""
	with Daemon(lines=HOST + ALL) as d, d.client() as c:
		shown = {(way, r["layer"]) for p in c.list("port.list") for way in ("to-guest", "from-guest") if p["type"] not in ("mgmt", "shadow")
			for r in c.list("port.ladder", port=p["qname"], dir=way)}
		stages = {s["stage"] for s in c.list("stage.list")}
		assert "only guests' ports" in refused("EINVAL", c, "port.set", port="up", max_flows=1).what
	rows = {("to-guest", row[3]) for row in TO_GUEST.values()} | {("from-guest", row[3]) for row in FROM_GUEST.values()} | set(HERE)
	counting = {(way, layer) for way, layer in shown if layer in COUNT_ONLY}
	assert shown == rows | counting | NEVER and not rows & (counting | NEVER)
	assert {layer for _, layer in shown} >= stages - {"drop"}, "packets can get lost where no ladder looks"
	assert all(callable(globals().get(name) or getattr(ladder_test, name, None)) for name in HERE.values())
