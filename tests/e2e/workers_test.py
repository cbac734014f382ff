# SPDX-License-Identifier: BSD-3-Clause
#
# Two workers between real kernels: every model, several queues per port, live changes, what the show commands say, and the
# walk record of who polled and who forwarded.
import contextlib
import json
import socket
import threading
import time

import pytest
from pktcap import Process
from ports_lab import Netns, NsDaemon, need, run, transfer, veth
from rdtest import PKTCAP, refused, wait_for

MODELS = ["rtc", "balanced", "hybrid"]
SWITCH = """
host add h default
switch add sw host h portset 3
segment add lan switch sw vlan 0
"""
TAPS = [f'port add g{i} switch sw type vnic segment lan device "net_tap{i},iface=rdtap{i}" queues 2' for i in range(2)]
FLOWS = 64


@pytest.fixture(autouse=True)
def machine():
	need("ip", "ping", "ethtool")


@contextlib.contextmanager
def two_guests(*args):
	with Netns("sw") as sw, Netns("g0") as g0, Netns("g1") as g1, \
			NsDaemon(sw, SWITCH + "\n".join(TAPS), ["--workers", "2", *args]) as d, d.client() as c:
		for i, g in enumerate((g0, g1)):
			sw.ip("link", "set", f"rdtap{i}", "netns", g.name)
			g.up(f"rdtap{i}", f"192.0.2.{i + 1}/24")
		yield d, c, g0, g1


def in_ns(ns, fn):
	"""fn() in a thread of its own, in the namespace."""
	box = []

	def body():
		ns.enter()
		box.append(fn())

	t = threading.Thread(target=body)
	t.start()
	t.join()
	return box[0]


def send_udp(ns, nb, size=100):
	"""nb flows, a packet each, to 192.0.2.2."""
	def body():
		for i in range(nb):
			with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
				s.sendto(b"x" * size, ("192.0.2.2", 10000 + i))
		return True

	in_ns(ns, body)


def handed(c):
	return sum(h["packets"] for h in c.list("worker.handoff"))


def conserved(c):
	"""What was handed over has arrived, and no stage has lost a packet."""
	def settled():
		return all(h["waiting"] == 0 for h in c.list("worker.handoff"))

	def off():  # the kernels' own packets may be on their way in the moment of a look
		return [s for s in c.list("stage.list") if s["in"] + s["created"] != s["out"] + s["consumed"] + s["drops"]]

	wait_for("empty rings", settled)
	wait_for("the stages' counters to add up", lambda: not off())


@pytest.mark.parametrize("model", MODELS)
def test_real_stacks(model):
	with two_guests("--model", model) as (d, c, g0, g1):
		with d.lossless():
			g0.ping("192.0.2.2", 20)
			g1.ping("192.0.2.1", 5, size=1472, extra=["-M", "do"])
		transfer(g0, g1, "192.0.2.2")
		transfer(g1, g0, "192.0.2.1")
		send_udp(g0, FLOWS)
		g0.ping("192.0.2.2", 3, size=4000)  # fragments
		if model == "rtc":
			assert handed(c) == 0
		else:
			wait_for("handed packets", lambda: handed(c) > 0)
		conserved(c)
		assert {w["model"] for w in c.list("worker.list")} == {model}


def test_changes_under_traffic():
	"""Models and queues change while a TCP transfer runs: nothing is lost, the bytes are the same."""
	with two_guests() as (d, c, g0, g1):
		g0.ping("192.0.2.2")
		end = threading.Event()
		fault = []

		def change():
			try:
				with d.client() as own:
					n = 0
					while not end.is_set():
						own("worker.set", model=MODELS[n % 3])
						own("worker.assign", port="g0", queue=n % 2, worker=(n // 2) % 2)
						n += 1
			except Exception as e:  # shown by the test's own thread
				fault.append(e)

		t = threading.Thread(target=change)
		t.start()
		try:
			for _ in range(3):
				transfer(g0, g1, "192.0.2.2")
				transfer(g1, g0, "192.0.2.1")
		finally:
			end.set()
			t.join()
		assert not fault, fault
		drops = d.drops()
		assert not [r for r in drops if r.startswith("LCORE_") and drops[r]], drops
		conserved(c)


def test_map_and_config():
	with two_guests() as (d, c, _, _):
		rx = [q for q in c.list("worker.queues", port="g0") if q["dir"] == "rx"]
		assert sorted(q["queue"] for q in rx) == [0, 1] and {q["by"] for q in rx} == {"rule"}
		assert {q["worker"] for q in rx} == {0, 1}, "two queues, two workers"
		tx = [q for q in c.list("worker.queues", port="g0") if q["dir"] == "tx"]
		assert {(q["worker"], q["queue"], q["by"]) for q in tx} == {(0, 0, "own"), (1, 1, "own")}
		d.cli("worker", "assign", "g0", "queue", "1", "worker", "0")
		d.cli("worker", "assign", "g0", "queue", "0", "worker", "0")
		assert {q["worker"] for q in c.list("worker.queues", port="g0") if q["dir"] == "rx"} == {0}
		assert "h/g0.0" in d.cli("show", "worker")
		d.cli("worker", "model", "balanced")
		config = d.cli("show", "running-config")
		for line in ("queues 2", "worker model balanced", "worker assign h/g0 queue 1 worker 0"):
			assert line in config, config
		d.cli("worker", "assign", "g0", "queue", "1", "auto")
		d.cli("worker", "spread")
		assert {q["by"] for q in c.list("worker.queues", port="g0") if q["dir"] == "rx" and q["queue"] == 1} == {"rule"}
		for what in ("queues", "handoff", "balance", "latency"):
			assert d.cli("show", "worker", what)
			json.loads(d.cli("--json", "show", "worker", what))
		for words in (("ens", "latency", "lcore", "dump"), ("get", "ens", "latency", "lcore", "dump")):
			text = d.cli(*words)
			assert "TotalSamples" in text and "ENS Slowpath" in text and "4096us" in text, text
		assert "UPLINK" not in d.cli("get", "ens", "port", "list")
		assert "rss" in d.cli("show", "port", "g0")
		refused("ERANGE", c, "worker.assign", port="g0", queue=0, worker=2)
		refused("ENOENT", c, "worker.assign", port="g0", queue=5, worker=0)
		refused("EINVAL", c, "worker.set", model="fastest")
		refused("EBUSY", c, "port.set", port="g0", queues=1)


def test_config_again():
	"""The lines of running-config make the same daemon."""
	with two_guests("--idle", "interrupt") as (d, _, _, _):
		d.cli("worker", "model", "hybrid")
		d.cli("worker", "assign", "g1", "queue", "1", "worker", "1")
		config = d.cli("show", "running-config")
	with Netns("sw") as sw, NsDaemon(sw, config, ["--workers", "2"]) as d:
		assert d.cli("show", "running-config") == config


def test_afpacket_queues():
	with Netns("sw") as sw, Netns("guest") as guest, Netns("world") as world:
		for dev, ns in (("g0", guest), ("u0", world)):
			veth(sw, dev, ns, "eth0")
		guest.up("eth0", "192.0.2.1/24", offload=False)
		world.up("eth0", "192.0.2.2/24", offload=False)
		lines = SWITCH + f"""
port add u0 switch sw type uplink device "net_af_packet0,iface=u0" queues 2
port add g0 switch sw type vnic segment lan mac {guest.mac("eth0")} device "net_af_packet1,iface=g0" queues 2
worker model balanced
"""
		with NsDaemon(sw, lines, ["--workers", "2"]) as d:
			guest.ping("192.0.2.2", 10)
			transfer(guest, world, "192.0.2.2")
			port = d.port("u0")
			assert (port["rx_queues"], port["tx_queues"], port["rss"]) == (2, 2, "driver"), port


def test_too_many_queues():
	with Netns("sw") as sw, NsDaemon(sw, SWITCH, ["--workers", "2"]) as d:
		error = d.refuse("port", "add", "p", "switch", "sw", "type", "uplink", "device", "net_pcap0,iface=lo", "queues", "2")
		assert "has no 2 rx queues" in error and "balanced" in error, error


def test_sleeping_workers():
	"""Workers that sleep until a device wakes them answer as others do."""
	with two_guests("--idle", "interrupt") as (d, c, g0, _):
		assert {w["idle"] for w in c.list("worker.list")} <= {"interrupt", "nap"}
		for model in MODELS:
			d.cli("worker", "model", model)
			g0.ping("192.0.2.2", 5)
		before = c.list("worker.list")
		wait_for("sleep", lambda: all(w["sleeps"] > b["sleeps"] for w, b in zip(c.list("worker.list"), before)))


def idle_of(c):
	return [w["idle"] for w in c.list("worker.list")]


def few_sleeps(c):
	"""A worker that is woken sleeps 50 ms at a time; one that naps, a millisecond at most."""
	before, t0 = c.list("worker.list")[0]["sleeps"], time.monotonic()
	wait_for("a sleep", lambda: c.list("worker.list")[0]["sleeps"] > before + 2)
	took = time.monotonic() - t0
	return (c.list("worker.list")[0]["sleeps"] - before) / took < 200


@contextlib.contextmanager
def packet_guest(more=""):
	"""A guest behind AF_PACKET; the daemon answers at 192.0.2.1."""
	with Netns("sw") as sw, Netns("guest") as guest:
		veth(sw, "u0", guest, "eth0")
		guest.up("eth0", "192.0.2.2/24", offload=False)
		lines = SWITCH + f"""
port add u0 switch sw type uplink device "net_af_packet0,iface=u0"
tep add 192.0.2.1 host h mac 02:00:00:00:10:01 team u0
{more}"""
		with NsDaemon(sw, lines) as d, d.client() as c:
			yield d, c, sw, guest


def test_packet_socket_wakes():
	"""The kernel's packet socket wakes the worker, also after its interface was down, which leaves an error there."""
	with packet_guest() as (d, c, sw, guest):
		assert idle_of(c) == ["interrupt"]
		guest.ping("192.0.2.1", 3)
		wait_for("long sleeps", lambda: few_sleeps(c))
		sw.ip("link", "set", "u0", "down")
		wait_for("long sleeps while it is down", lambda: few_sleeps(c))
		sw.ip("link", "set", "u0", "up")
		guest.ping("192.0.2.1", 3)
		assert idle_of(c) == ["interrupt"]
		wait_for("long sleeps", lambda: few_sleeps(c))


def test_lost_interface_does_not_spin():
	"""A TAP that somebody deletes is readable for ever: its worker stops to look at it."""
	with Netns("sw") as sw, NsDaemon(sw, SWITCH + 'port add g0 switch sw type vnic segment lan device "net_tap0,iface=rdtap0"') as d, d.client() as c:
		assert idle_of(c) == ["interrupt"]
		sw.ip("link", "del", "rdtap0")
		wait_for("the descriptor to be given up", lambda: idle_of(c) == ["nap"])


def test_mixed_devices():
	"""A queue that can't wake its worker makes it nap; the others still wake it, and so does control."""
	other = 'port add n switch sw type vnic segment lan device "net_null0,no-rx=1"'
	with packet_guest(other) as (d, c, _, guest):
		assert idle_of(c) == ["mixed"]
		guest.ping("192.0.2.1", 3)
		d.cli("port", "del", "n")
		assert idle_of(c) == ["interrupt"]
		for mode, now in (("nap", "nap"), ("spin", "spin"), ("interrupt", "interrupt"), ("auto", "interrupt")):
			d.cli("worker", "idle", mode)
			assert idle_of(c) == [now]
			assert (f"worker idle {mode}" in d.cli("show", "running-config")) == (mode != "auto")
			guest.ping("192.0.2.1", 2)


def test_walk_record(tmp_path):
	"""Who polled, by which hash it was spread, who forwarded: in JSON, in the file's comments, and after reading them again."""
	with two_guests("--model", "balanced") as (d, c, g0, _):
		g0.ping("192.0.2.2")
		file = str(tmp_path / "x.pcapng")
		with Process([PKTCAP, "--socket", d.path, "--json", "--capture", "vnic_rx,vnic_tx", "-c", 2 * FLOWS, "udp"]) as json_cap, \
				Process([PKTCAP, "--socket", d.path, "-o", file, "--capture", "vnic_rx,vnic_tx", "-c", 2 * FLOWS, "udp"]) as file_cap:
			wait_for("captures", lambda: len(c.list("capture.list")) == 2)
			send_udp(g0, FLOWS)
			assert json_cap.wait() == 0 and file_cap.wait() == 0, json_cap.stderr
		records = [json.loads(line) for line in json_cap.stdout.splitlines()]
		check_records(records)
		again = run(PKTCAP, "-r", file, "--json").splitlines()
		keys = ("polled_by", "hash_source", "handed_to", "forwarded_by", "txq")
		assert sorted(tuple(r[k] for k in keys) for r in map(json.loads, again)) == sorted(tuple(r[k] for k in keys) for r in records)
		text = run("tshark", "-r", file, "-T", "fields", "-e", "frame.comment")
		assert "polled-by=" in text and "hash=soft" in text, text


def check_records(records):
	walks = {}
	for r in records:
		walks.setdefault(r["packet_id"], []).append(r)
		assert r["hash_source"] == "soft" and r["polled_by"] in (0, 1), r
		assert r["polled_by"] == r["packet_id"] >> 40 & 0xff
		assert (r["handed_to"] == -1) == (r["polled_by"] == r["forwarded_by"]), r
		assert r["handed_to"] in (-1, r["forwarded_by"]), r
		if r["stage"] == "vnic_tx":
			assert r["txq"] == "own" and r["queue"] == r["forwarded_by"], r
	assert len({r["forwarded_by"] for r in records}) == 2, "64 flows are spread over both"
	for walk in walks.values():
		assert len({r["forwarded_by"] for r in walk}) == 1, walk
