# SPDX-License-Identifier: BSD-3-Clause
#
# Capture sessions as people meet them: names, owners, limits, leases, triggers, and the drops that the daemon remembers.
# What the files hold is read by tshark and capinfos.
import json
import os
import re
import signal
import subprocess

import pytest
from rdtest import DEMO, ENV, NOBODY, NO_OTHERS, OTHERS_CAN, PCAPS, PKTCAP, Daemon, Refused, Ring, refused, wait_for
from scapy.utils import rdpcap

import oracles
from pktcap import Pktcap, reddot_json, tool

SYN = f"{PCAPS}/emulated-syn.pcap"
FRAME = bytes(rdpcap(SYN)[0])
NOBODYS = "00505663045c" + "005056a1fcf3" + "88b5" + "5a" * 100  # the switch drops it
BAD = "00" * 20  # RX_SMAC_INVALID
UP = ["--uplink", "vmnic1", "--dir", "rx"]


def inject(d, what, n=1, port="vmnic1"):
	d.cli("inject", port, "hex", what, "count", str(n))


def sessions(d):
	with d.client() as c:
		return c.list("capture.list")


def nothing_left(d):
	with d.client() as c:
		return not c.list("capture.list") and not any(s["tapped"] for s in c.list("stage.list"))


def start(c, **kw):
	kw.setdefault("points", [{"stage": "uplink_rx"}])
	result = c("capture.start", **kw)
	fd = c.fds.pop()
	ring = Ring(fd)
	os.close(fd)
	return result, ring


# --- names, and what is said about them ---

def test_names(d):
	with d.client(name="x y") as c:
		assert start(c, name="mine")[0]["name"] == "mine"
		e = refused("EEXIST", c, "capture.start", points=[{"stage": "drop"}], name="mine")
		assert "capture stop mine" in e.hint
		for bad in ("", "7", "0x7", "a b", "a" * 64, "\u00e4"):
			refused("EINVAL", c, "capture.start", points=[{"stage": "drop"}], name=bad)
		start(c, name="xy-8")
		made = [start(c)[0] for _ in range(3)]
		assert len({m["name"] for m in made} | {"xy-8"}) == 4 and all(re.fullmatch(r"xy-\d+", m["name"]) for m in made)
		for session in ("mine", made[0]["session"], str(made[1]["session"])):
			c("capture.stop", session=session)
		assert {s["name"] for s in c.list("capture.list")} == {"xy-8", made[2]["name"]}
		assert "show capture" in refused("ENOENT", c, "capture.stop", session="mine").hint
		start(c, name="mine")


def test_list_show_stop(d):
	with Pktcap(d, "--name", "web", "--duration", "1h", "--max-bytes", "1G", *UP, "tcp port 80") as p:
		inject(d, FRAME.hex(), 5)
		wait_for("the packets", lambda: sessions(d)[0]["captured"] == 5)
		text = tool(d, "list").stdout
		assert re.search(rf"^ +1 +web +running +root +{p.pid} +\d+ +5 +5 +0 +\d+ +tcp port 80$", text, re.M) or os.geteuid() != 0, text
		shown = tool(d, "show", "web").stdout
		for line in (r"^session +web \(1\)$", r"^state +running$", rf"^owner +\w+ \(uid {os.geteuid()}, gid {os.getegid()}\), pid {p.pid}$",
				r"^points +uplink_rx@arm/vmnic1$", r"^filter +tcp port 80$", r"^limit +3600000 ms$", r"^limit +1073741824 bytes$",
				r"^uplink_rx +5 +5 +5 +0 +0 +\d+ +\d+$"):
			assert re.search(line, shown, re.M), (line, shown)
		(one,) = json.loads(tool(d, "--json", "show", "web").stdout)
		assert [{k: s[k] for k in ("stage", "seen", "matched", "captured", "lost", "skipped")} for s in one["stages"]] == [
			{"stage": "uplink_rx", "seen": 5, "matched": 5, "captured": 5, "lost": 0, "skipped": 0}]
		assert json.loads(tool(d, "--json", "list").stdout)[0]["name"] == "web"
		assert "web" in d.cli("show", "capture") and re.search(r"^uplink_rx +5 +5 +5 +0 +0 +\d+ +\d+$", d.cli("show", "capture", "web"), re.M)
		assert reddot_json(d, "show", "capture", "web")[0]["duration_ms"] == 3600000
		assert "show capture" in tool(d, "show", "wob", rc=1).stderr and "wob" in tool(d, "stop", "wob", rc=1).stderr
		tool(d, "stop", "web")
		assert p.wait() == 1 and "somebody stopped this capture" in p.stderr and p.stdout.count(b"\n") == 5
	with Pktcap(d, "--name", "web") as p:
		d.cli("capture", "stop", "web")
		assert p.wait() == 1
	assert nothing_left(d)


@pytest.mark.skipif(not OTHERS_CAN, reason=NO_OTHERS)
def test_others_may_look_only(d):
	as_nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", PKTCAP, "--socket", d.path]
	with Pktcap(d, "--name", "mine") as p:
		done = subprocess.run([*as_nobody, "stop", "mine"], capture_output=True, text=True, env=ENV, check=False)
		assert done.returncode == 1 and f"session mine belongs to uid 0 (pid {p.pid})" in done.stderr and "try:" in done.stderr
		done = subprocess.run([*as_nobody, "--attach", "mine"], capture_output=True, text=True, env=ENV, check=False)
		assert done.returncode == 1 and "belongs to uid 0" in done.stderr
		done = subprocess.run([*as_nobody, "list"], capture_output=True, text=True, env=ENV, check=False)
		assert done.returncode == 0 and "mine" in done.stdout
		assert sessions(d)[0]["state"] == "running"
		p.finish()


# --- limits ---

def test_duration(d):
	with Pktcap(d, *UP, "--duration", "500ms") as p:
		assert p.wait() == 0 and "its duration is over" in p.stderr
	assert nothing_left(d)


@pytest.mark.parametrize("workers", [1, 2])
def test_budgets_are_exact(tmp_path, workers):
	with Daemon("--workers", str(workers), files=[f"{DEMO}/emulated.rd"]) as d:
		with Pktcap(d, *UP, "--max-bytes", str(10 * len(FRAME) + 5), "-o", tmp_path / "x.pcap") as p, \
				Pktcap(d, *UP, "-c", "7", "--json") as count:
			inject(d, FRAME.hex(), 100)
			assert p.wait() == 0 and "its bytes budget is used up" in p.stderr
			assert count.wait() == 0 and len(count.records()) == 7
		assert "Number of packets:   10" in oracles.run("capinfos", "-c", "-M", tmp_path / "x.pcap").decode()
		assert nothing_left(d)


def test_a_spent_session_costs_no_place(d):
	"""Its taps are off and its place is free, but its records wait."""
	with d.client() as c, d.client() as other:
		one, ring = start(c, packets=3, name="three")
		inject(d, FRAME.hex(), 10)
		item = wait_for("the end", lambda: next((s for s in sessions(d) if s["state"] == "ended"), None))
		assert (item["ended"], item["captured"], item["seen"], item["lost"]) == ("packets", 3, 3, 0)
		assert not any(s["tapped"] for s in c.list("stage.list"))
		many = [start(other, ring_size=65536)[0]["session"] for _ in range(32)]
		refused("EBUSY", other, "capture.start", points=[{"stage": "drop"}])
		assert len(list(ring.read())) == 3
		for s in many:
			other("capture.stop", session=s)
		c("capture.stop", session=one["session"])
		assert nothing_left(d)


# --- leases ---

def test_kept_and_taken(d, tmp_path):
	"""kill -9, and the next pktcap goes on where the first one was."""
	path = tmp_path / "x.pcap"
	with Pktcap(d, *UP, "--name", "long", "--keep", "10m") as p:
		inject(d, FRAME.hex(), 3)
		p.wait_stdout(r"(?s)(.*\n){3}")
		wait_for("them to be read", lambda: sessions(d)[0]["waiting"] == 0)  # printed comes first
		refused("EBUSY", d.client(), "capture.attach", session="long")
		p.end(signal.SIGKILL)
	wait_for("nobody has it", lambda: sessions(d)[0]["state"] == "detached")
	inject(d, FRAME.hex(), 4)
	with Pktcap(d, "--attach", "long", "-o", path) as p:
		inject(d, FRAME.hex(), 5)
		wait_for("the packets", lambda: (s := sessions(d)[0])["captured"] == 12 and s["waiting"] == 0)
		assert sessions(d)[0]["owner_pid"] == p.pid
		p.finish()
	assert "Number of packets:   9" in oracles.run("capinfos", "-c", "-M", path).decode()
	assert nothing_left(d)
	assert "show capture" in tool(d, "--attach", "long", rc=1).stderr


def test_lost_terminal(d):
	with Pktcap(d, *UP, "--name", "long", "--keep", "60") as p:
		assert p.end(signal.SIGHUP) == 0 and "pktcap --attach long" in p.stderr
	assert sessions(d)[0]["state"] == "detached"
	with Pktcap(d, *UP, "--name", "short") as p:
		p.finish(sig=signal.SIGHUP)
	assert [s["name"] for s in sessions(d)] == ["long"]
	tool(d, "stop", "long")
	assert nothing_left(d)


def test_a_lease_ends(d):
	with d.client() as c:
		start(c, keep_s=1, name="short")
		start(c, keep_s=3600, name="long")
	wait_for("the short one to go", lambda: [s["name"] for s in sessions(d)] == ["long"])


# --- triggers ---

def sizes(p):
	return [r["len"] for r in p.records()]


def send(d, *lengths):
	"""Frames that only their length tells apart."""
	for n in lengths:
		inject(d, "00505663045c" + "005056a1fcf3" + "88b5" + "5a" * (n - 14))


def ready(d, n):
	wait_for("the packets", lambda: (s := sessions(d)[0])["captured"] >= n and s["waiting"] == 0)


def test_start_on_filter(d):
	with Pktcap(d, *UP, "--json", "--start-on", "greater 200", "--before", "2") as p:
		send(d, *range(100, 110), 200, 110, 111)
		ready(d, 13)
		p.finish()
	assert sizes(p) == [108, 109, 200, 110, 111] and "started by" in p.stderr


def test_start_on_and_after(d):
	with Pktcap(d, *UP, "--json", "--start-on", "greater 200", "--after", "3", "--before", "100") as p:
		send(d, 100, 101, 200, 102, 103, 104, 105)
		assert p.wait() == 0
	assert sizes(p) == [100, 101, 200, 102, 103, 104]


def test_stop_on_filter(d):
	with Pktcap(d, *UP, "--json", "--stop-on", "greater 200", "--after", "1") as p:
		send(d, 100, 101, 200, 102, 103)
		assert p.wait() == 0
	assert sizes(p) == [100, 101, 200, 102] and "stopped by" in p.stderr


def test_flight_recorder(d):
	"""Only what was just before the drop, from a port that does not show drops itself."""
	with Pktcap(d, *UP, "--json", "--stop-on", "RX_SMAC_*", "--before", "3") as p:
		send(d, *range(100, 120))
		inject(d, BAD)
		assert p.wait() == 0
	assert sizes(p) == [118, 119, 20] and {r["stage"] for r in p.records()} == {"uplink_rx"}
	assert re.search(r"stopped by: \S+ drop RX_SMAC_INVALID", p.stderr)


def test_between_triggers(d, tmp_path):
	path = tmp_path / "x.pcapng"
	with Pktcap(d, *UP, "-o", path, "--start-on", "len = 150", "--stop-on", "len = 160") as p:
		send(d, 160, 100, 150, 101, 160, 102)
		assert p.wait() == 0
	assert [r["frame.len"] for r in oracles.tshark_fields(path, "frame.len")] == ["150", "101", "160"]


def test_a_trigger_that_does_not_come(d):
	with Pktcap(d, *UP, "--json", "--start-on", "DFW_*", "--before", "5") as p:
		send(d, 100, 101)
		ready(d, 2)
		p.finish()
	assert sizes(p) == [] and "the trigger did not come: 2 packets passed" in p.stderr


WRONG = [
	(["--before", "3"], ["--start-on"]),
	(["--after", "3"], ["--start-on"]),
	(["--start-on", "tcp port"], ["syntax error"]),
	(["--start-on", "NOSUCH"], ["NOSUCH", "show drop all"]),
	(["--before", "9999999", "--stop-on", "tcp"], ["1000000"]),
	(["--attach", "x", "tcp"], ["show x"]),
	(["--duration", "5 apples"], ["5m"]),
	(["--duration", "0"], ["5m"]),
	(["--max-bytes", "-1"], ["100M"]),
	(["--keep", "10000d"], ["keep_s"]),
	(["-r", "x", "--duration", "1"], ["-r"]),
	(["--last-drops", "--trace"], ["--last-drops"]),
]


@pytest.mark.parametrize("args,words", WRONG, ids=[" ".join(a) for a, _ in WRONG])
def test_wrong_options(d, args, words):
	err = tool(d, *args, rc=1).stderr
	for word in words:
		assert word in err, err
	assert nothing_left(d)


# --- what the daemon remembers ---

def test_last_drops(d, tmp_path):
	inject(d, BAD, 3)
	inject(d, FRAME.hex(), 2)  # not dropped
	inject(d, NOBODYS)
	with d.client() as c:
		known = c.list("drop.recent", count=100)[::-1]
	assert {k["reason"] for k in known} >= {"RX_SMAC_INVALID"} and len(known) >= 4
	lines = tool(d, "--last-drops", "100").stdout.splitlines()
	assert len(lines) == len(known)
	for line, k in zip(lines, known):
		assert f"drop@{k['port']}" in line or not k["port"], line
		assert f"DROP reason={k['reason']} stage={k['stage']}" in line, line
	got = [json.loads(x) for x in tool(d, "--last-drops", "100", "--json").stdout.splitlines()]
	for g, k in zip(got, known):
		assert (g["ns"], g["reason"], g["prev_stage"], g["port"], g["packet_id"], g["len"], g["rule"]) == (k["ns"], k["reason"], k["stage"],
			k["port"], k["packet_id"], k["len"], k["rule"])
	path = tmp_path / "x.pcapng"
	said = tool(d, "--last-drops", "100", "-o", path).stderr
	assert said == f"{len(known)} dropped packets\n"
	rows = oracles.tshark_fields(path, "frame.comment", "frame.interface_name", "frame.len")
	assert [int(r["frame.len"]) for r in rows] == [k["len"] for k in known]
	assert all(f"DROPPED {k['reason']}" in r["frame.comment"] for r, k in zip(rows, known))
	assert len(tool(d, "--last-drops", "--drop", "RX_SMAC_*").stdout.splitlines()) == 3
	assert len(tool(d, "--last-drops", "2").stdout.splitlines()) == 2
	at_uplink = [k for k in known if k["port"] == "arm/vmnic1"]
	assert len(tool(d, "--last-drops", "--uplink", "vmnic1").stdout.splitlines()) == len(at_uplink) >= 3
	assert tool(d, "--last-drops", "ether proto 0x88b5").stdout.count("\n") == sum(k["hex"][24:28] == "88b5" for k in known) > 0
	assert nothing_left(d)


def test_last_drops_are_twenty(d):
	"""Without a number: the newest 20 of more."""
	with d.client() as c:
		assert c("inject", port="vmnic1", frames=[BAD] * 30)["injected"] == 30
		known = c.list("drop.recent", count=100)[::-1]
	got = [json.loads(line) for line in tool(d, "--last-drops", "--json").stdout.splitlines()]
	assert len(known) >= 30 and [g["packet_id"] for g in got] == [k["packet_id"] for k in known[-20:]]


def test_notes(d):
	"""What clients say of their files, and what they may not say."""
	with d.client() as c:
		for params in ({"session": []}, {"session": -1}, {}, {"session": "x", "y": 1}):
			with pytest.raises(Refused):
				c("capture.show", **params)
		one, _ = start(c, name="n")
		other, _ = start(c, name="m")
		assert c("capture.note", session="n", device=5, bytes=100, file="x\n") == {"others": 0}
		assert c("capture.note", session=other["session"], device=5, bytes=7, file="y") == {"others": 100}
		assert c("capture.note", session=one["session"], device=6, bytes=7) == {"others": 0}
		assert {(s["file"], s["file_bytes"]) for s in c.list("capture.list")} == {("", 7), ("y", 7)}
