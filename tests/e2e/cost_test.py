# SPDX-License-Identifier: BSD-3-Clause
#
# What captures cost, and --max-cost: under a filter that is dear the session takes fewer packets, says so, and every packet
# is either in the file, lost or skipped. The stage's own counters say how many there were, capinfos and tshark what is in the file.
import os
import re
import signal

import pytest
from rdtest import PCAPS, wait_for
from scapy.utils import rdpcap

import oracles
from pktcap import Pktcap, reddot_json, tool

SYN = bytes(rdpcap(f"{PCAPS}/emulated-syn.pcap")[0]).hex()
# Matches everything, looks at what differs from packet to packet, and takes some thousand instructions.
DEAR = " and ".join(f"ether[{4 * (i % 12) + 14}:4] != {0x80000000 + 7919 * i}" for i in range(700))
POINTS = "uplink_rx,flow_lookup,vnic_tx"


def entered(c):
	return {s["stage"]: s["in"] for s in c.list("stage.list")}


def overload(c):
	return c("inject", port="vmnic1", frames=[SYN] * 400, every_ms=1)["timer"]


def quiet(c, timer):
	"""No packet is under way any more."""
	c("inject.stop", timer=timer)
	wait_for("every mbuf to come back", lambda: c.list("worker.list")[0]["mbufs_in_use"] == 0)


def session(c):
	return c.one("capture.show", session="dear")


def count_packets(path):
	return int(re.search(r"^Number of packets: +(\d+)$", oracles.run("capinfos", "-c", "-M", path).decode(), re.M).group(1))


def table(text):
	"""pktcap's closing table: {stage: {column: number}}"""
	lines = text.splitlines()
	head = next(i for i, line in enumerate(lines) if line.startswith("stage  "))
	columns = lines[head].split()[1:]
	rows = (line.split() for line in lines[head + 1:])
	return {r[0]: dict(zip(columns, map(int, r[1:]))) for r in rows if len(r) == len(columns) + 1 and r[1].isdigit()}


def test_thins_itself_and_counts_exactly(d, tmp_path):
	out = tmp_path / "x.pcapng"
	with d.client() as c:
		before = entered(c)
		with Pktcap(d, "--capture", POINTS, "--max-cost", "1", "--name", "dear", "--snaplen", "64", "-o", out, DEAR) as p:
			timer = overload(c)
			p.wait_stderr(r"takes 1 packet in \d+, to cost at most 1 % of a worker's time")  # at once, not in the end
			shown = wait_for("packets to be skipped", lambda: (s := session(c))["skipped"] > 1000 and s["one_in"] > 1 and s)
			assert shown["max_cost"] == 1
			text = tool(d, "show", "dear").stdout
			assert re.search(r"^limit +1 % of a worker's time$", text, re.M)
			assert re.search(r"^takes +1 packet in \d+ now, \d+ skipped$", text, re.M)
			assert "SKIPPED" in d.cli("show", "capture", "dear")
			quiet(c, timer)
			now = entered(c)
			p.finish()
	rows = table(p.stderr)
	for stage in POINTS.split(","):
		r = rows[stage]
		assert r["seen"] == now[stage] - before[stage] > 0
		assert r["seen"] - r["captured"] == r["lost"] + r["skipped"], (stage, r)
	skipped = sum(r["skipped"] for r in rows.values())
	assert f"{skipped} packets skipped (--max-cost)" in p.stderr and skipped > 1000
	assert count_packets(out) == sum(r["captured"] for r in rows.values())
	check_file(out, rows)


def check_file(path, rows):
	"""The file says the same: in its statistics, in comments where N changes, in each packet."""
	raw = path.read_bytes()
	for stage, r in rows.items():
		assert f"stage={stage} seen={r['seen']} accepted={r['matched']} filtered=0 lost={r['lost']} skipped={r['skipped']}".encode() in raw
	comments = oracles.run("tshark", "-r", path, "-Y", "frame.comment contains \"--max-cost\"", "-T", "fields", "-e",
		"frame.comment").decode()
	assert re.search(r"from here 1 packet in \d+ is captured \(--max-cost\)", comments)
	walks = {}
	for line in oracles.run("tshark", "-r", path, "-T", "fields", "-e", "frame.packet_id", "-e", "frame.interface_name").decode().splitlines():
		packet, where = line.split("\t")
		walks.setdefault(packet, set()).add(re.search(r"/(\w+)", where).group(1))
	if all(r["lost"] == 0 for r in rows.values()):
		# The same packets at every stage: only where N changes a walk may have a part.
		whole = sum({"flow_lookup", "vnic_tx"} <= w for w in walks.values())
		assert whole >= 0.8 * len(walks), (whole, len(walks))


def test_lost_and_skipped_at_once(d, tmp_path):
	"""A pktcap that stands still while its session thins itself: what the ring had no room for and what was not looked at are told apart."""
	out = tmp_path / "x.pcapng"
	with d.client() as c:
		before = entered(c)
		with Pktcap(d, "--capture", "uplink_rx", "--max-cost", "1", "--name", "dear", "-B", "64", "-o", out, DEAR) as p:
			timer = overload(c)
			wait_for("packets to be skipped", lambda: session(c)["skipped"] > 100)
			os.kill(p.pid, signal.SIGSTOP)
			skipped = session(c)["skipped"]
			wait_for("packets to be lost, and more to be skipped", lambda: session(c)["lost"] > 100 and session(c)["skipped"] > skipped)
			os.kill(p.pid, signal.SIGCONT)
			quiet(c, timer)
			now = entered(c)
			p.finish()
	r = table(p.stderr)["uplink_rx"]
	assert r["seen"] == now["uplink_rx"] - before["uplink_rx"]
	assert r["lost"] > 100 and r["skipped"] > 100 and r["captured"] > 0
	assert r["seen"] - r["captured"] == r["lost"] + r["skipped"]
	assert f"{r['lost']} packets lost in the ring" in p.stderr and f"{r['skipped']} packets skipped (--max-cost)" in p.stderr
	assert count_packets(out) == r["captured"]
	check_file(out, {"uplink_rx": r})


def test_budget_and_thinning(d, tmp_path):
	"""-c is still exact."""
	out = tmp_path / "x.pcap"
	with d.client() as c, Pktcap(d, "--uplink", "vmnic1", "--dir", "rx", "--max-cost", "1%", "-c", "300", "-o", out, DEAR) as p:
		timer = overload(c)
		assert p.wait() == 0
		c("inject.stop", timer=timer)
	assert count_packets(out) == 300
	r = table(p.stderr)["uplink_rx"]
	assert r["seen"] == r["captured"] + r["lost"] + r.get("skipped", 0) and r["captured"] == 300


def test_json_tells_the_weight(d):
	with d.client() as c, Pktcap(d, "--uplink", "vmnic1", "--dir", "rx", "--max-cost", "1", "--json", "--snaplen", "64", DEAR) as p:
		timer = overload(c)
		p.wait_stdout(r'"one_in":(?!1,)\d+')
		c("inject.stop", timer=timer)
		p.finish()
	assert p.records()[0]["one_in"] == 1  # it began with every packet


def test_cheap_captures_skip_nothing(d, tmp_path):
	with d.client() as c, Pktcap(d, "--uplink", "vmnic1", "--dir", "rx", "--max-cost", "100", "-o", tmp_path / "x.pcap") as p:
		c("inject", port="vmnic1", frames=[SYN] * 500)
		quiet(c, c("inject", port="vmnic1", frames=[SYN], every_ms=1000)["timer"])
		p.finish()
	r = table(p.stderr)["uplink_rx"]
	assert "skipped" not in r and r["seen"] == r["captured"]
	assert "0 packets skipped (--max-cost)" in p.stderr and "1 packet in" not in p.stderr


def test_costs_are_told(d, tmp_path):
	"""A dear filter costs more per packet seen than a cheap one; records cost where something matches. -v has them in the end."""
	with d.client() as c, \
			Pktcap(d, "--capture", "uplink_rx", "--name", "dear", "-v", "-o", tmp_path / "a.pcap", DEAR) as dear, \
			Pktcap(d, "--capture", "uplink_rx", "--name", "cheap", "-v", "-o", tmp_path / "b.pcap", "not ip and not ip6") as cheap:
		timer = overload(c)
		wait_for("measured bursts", lambda: session(c)["stages"][0]["cycles_matched"] > 0)
		seen = lambda name: c.one("capture.show", session=name)["stages"][0]["cycles_seen"]  # noqa: E731
		# Whoever took the processor away in one of the first bursts that were measured is forgotten with time.
		wait_for("the dear one's to be more", lambda: seen("dear") > seen("cheap") > 0)
		c("inject.stop", timer=timer)
		stage = reddot_json(d, "show", "capture", "dear")[0]["stages"][0]
		assert stage["stage"] == "uplink_rx" and stage["cycles_seen"] > 0
		text = tool(d, "show", "cheap").stdout
		assert re.search(r"cycles/seen +cycles/matched$", text, re.M)
		dear.finish()
		cheap.finish()
	a, b = table(dear.stderr)["uplink_rx"], table(cheap.stderr)["uplink_rx"]
	assert a["cycles/seen"] > b["cycles/seen"] > 0
	assert a["cycles/matched"] > 0 and b["cycles/matched"] == 0


def test_wrong_limits(d):
	for wrong in ("0", "101", "x", "1.5", ""):
		assert "1 to 100" in tool(d, "--max-cost", wrong, rc=1).stderr
	assert "-r reads a file" in tool(d, "-r", f"{PCAPS}/emulated-syn.pcap", "--max-cost", "5", rc=1).stderr
	with d.client() as c, pytest.raises(Exception, match="ERANGE"):
		c("capture.start", points=[{"stage": "drop"}], max_cost=101)
