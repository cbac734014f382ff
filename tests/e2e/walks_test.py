# SPDX-License-Identifier: BSD-3-Clause
#
# Walks as tables, objects, summaries and samples, live and from a file. What they say is computed again from the records
# (--json) and from the frames as tcpdump reads them.
import collections
import json
import re
import subprocess
from types import SimpleNamespace

import pytest
from rdtest import DEMO, ENV, PCAPS, PKTCAP, Daemon, wait_for

import oracles
from pktcap import DEADLINE, SANITIZER, Pktcap

SYNS, DROPS = 40, 5
SYN = ("inject", "vmnic1", "pcap", f"{PCAPS}/emulated-syn.pcap")
DENIED = ("inject", "vmnic1", "pcap", f"{PCAPS}/malformed/dfw_rule_deny.pcap")


def read(path, *args, rc=0):
	done = subprocess.run([PKTCAP, "-r", path, *args], capture_output=True, text=True, env=ENV, timeout=DEADLINE, check=False)
	assert not SANITIZER.search(done.stderr), done.stderr
	assert done.returncode == rc, done.stderr
	return done.stdout if rc == 0 else done.stderr


def objects(text):
	return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
	"""A file of 40 SYNs, each with what the guest answers, and 5 drops; the records; records by walk."""
	path = tmp_path_factory.mktemp("walks") / "x.pcapng"
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d:
		with Pktcap(d, "--json", "-o", path) as p:
			d.cli(*SYN, "count", str(SYNS))
			d.cli(*DENIED, "count", str(DROPS))
			wait_for("all drops", lambda: p.stdout.count(b'"stage":"drop"') == DROPS, DEADLINE)
			wait_for("all SYNs", lambda: p.stdout.count(b'"stage":"vnic_tx"') == SYNS, DEADLINE)
			p.finish()
	walks = collections.defaultdict(list)
	for r in p.records():
		walks[r["packet_id"]].append(r)
	return SimpleNamespace(path=path, records=p.records(), walks=walks)


def test_walks_as_objects(made):
	"""One object per walk, with the records' facts, and bytes that add up."""
	found = objects(read(made.path, "--trace", "--json"))
	assert {w["walk"] for w in found} == set(made.walks) and len(found) == len(made.walks)
	for w in found:
		records = made.walks[w["walk"]]
		assert [(h["stage"], h["port"], h["ns"], h["len"]) for h in w["hops"]] == [
			(r["stage"], r["port"], r["ns"], r["len"]) for r in records]
		assert w["duration_ns"] == records[-1]["ns"] - records[0]["ns"]
		assert (w["verdict"], w["reason"], w["rule"]) == tuple(records[-1][k] for k in ("verdict", "reason", "rule"))
		for a, b in zip(w["hops"], w["hops"][1:]):
			assert b["dns"] == b["ns"] - a["ns"] and b["len"] - a["len"] == a["added"] - a["removed"]
			assert (a["added"] + a["removed"] + a["changed"] == 0) == (a["what"] == "unchanged"), a


def test_the_table_counts_bytes(made):
	text = read(made.path, "--trace", "-c", "1")
	assert re.search(r"^ +\d+ tunnel_decap@\S+ +\d+ +132 +- eth .*$", text, re.M)
	assert "= inner 74 B unchanged  (-58 B)" in text
	assert text.count("walk ") == 1


def test_diff_shows_the_bytes(made):
	"""The bytes of the tunnel's headers are those of the frame itself."""
	text = read(made.path, "--diff", "tunnel_decap", "-c", "1")
	head = re.search(r"^ diff of hop \d+ tunnel_decap to hop \d+ \w+: 132 to 74 B, 0 added, 58 removed, 0 changed$", text, re.M)
	assert head, text
	removed = "".join(re.findall(r"^  - [0-9a-f]{4}  ([0-9a-f ]+)$", text[head.end():], re.M)).replace(" ", "")
	numbers = [n for n, r in enumerate(made.records) if r["stage"] == "tunnel_decap"]
	frame = oracles.read_pcap(made.path)[numbers[0]]
	assert bytes.fromhex(removed) == frame[:58]
	assert "  = 0000  74 B, before at 003a" in text
	assert read(made.path, "--diff", "0", "-c", "1").count(" diff of hop 0 ") == 1
	assert "--diff nowhere is no hop" in read(made.path, "--diff", "nowhere", rc=1)


def close(found, exact):
	return abs(found - exact) <= exact * 0.032


def percentile(values, percent):
	values = sorted(values)
	return values[max(0, -(-len(values) * percent // 100) - 1)]


def ways(walks):
	"""Walks by the stages and ports that they passed and how they ended."""
	found = collections.defaultdict(list)
	for records in walks.values():
		found[tuple((r["stage"], r["port"]) for r in records), records[-1]["reason"]].append(records)
	return found


def test_summary(made):
	"""Paths, counts and percentiles, against the records."""
	(found,) = objects(read(made.path, "--summary", "--json"))
	wanted = ways(made.walks)
	assert found["walks"] == len(made.walks) and found["other"] == 0
	assert sorted(p["walks"] for p in found["paths"]) == sorted(len(w) for w in wanted.values())
	assert found["drops"] == [{"walks": DROPS, "reason": "DFW_RULE_DENY", "stage": "dfw_in", "rule": 1043}]
	by_stages = {(tuple(h["stage"] for h in p["hops"]), p["walks"]): p for p in found["paths"]}
	for (way, _), walks in wanted.items():
		path = by_stages[tuple(s for s, _ in way), len(walks)]
		for i, hop in enumerate(path["hops"]):
			times = [w[i]["ns"] - w[i - 1]["ns"] for w in walks] if i else [0]
			for key, percent in (("p50", 50), ("p90", 90), ("p99", 99), ("max", 100)):
				assert close(hop["ns"][key], percentile(times, percent)), (hop, sorted(times))


def test_summary_as_text(made):
	text = read(made.path, "--summary")
	assert re.match(rf"{len(made.walks)} walks on \d+ paths, {DROPS} dropped\n", text)
	# Those that came while the first one's flow was not yet installed are on a path of their own.
	dropped = re.findall(r"^path \d+ +(\d+) walks? \([\d.]+ %\)  DROPPED DFW_RULE_DENY  p50 [\d.]+ p90 ", text, re.M)
	assert sum(map(int, dropped)) == DROPS and len(dropped) <= 2, text
	assert re.search(rf"^ +{DROPS} DFW_RULE_DENY +dfw_in +1043$", text, re.M)
	assert re.search(r"^ HOP STAGE +p50 ns +p90 ns +p99 ns +max ns$", text, re.M)


@pytest.mark.parametrize("which", ["1/10", "first:7", "flow:1", "100000ms", "1/1"])
def test_samples_are_whole(made, which):
	"""Every walk of the sample has all its records."""
	flows = {re.findall(r"(\S+ > \S+): Flags", w[0]["summary"])[-1] for w in made.walks.values()}
	walks = {"1/10": -(-len(made.walks) // 10), "first:7": 7, "flow:1": len(flows), "100000ms": 1, "1/1": len(made.walks)}[which]
	found = collections.Counter(r["packet_id"] for r in objects(read(made.path, "--json", "--sample", which)))
	assert len(found) == walks
	assert all(n == len(made.walks[i]) for i, n in found.items())


@pytest.mark.parametrize("which", ["", "1/0", "first:", "10s", "flow:x", "1/9999999999999"])
def test_samples_that_nobody_knows(made, which):
	assert "is not known; try: 1/100" in read(made.path, "--sample", which, rc=1)


def test_which_form_matched(made):
	"""The inner address selects a walk by the frame inside, the tunnel's by the frame itself; both follow it to the end."""
	for expression, form in (("src host 172.16.31.26", "inner"), ("udp port 6081", "outer")):
		walks = objects(read(made.path, "--trace", "--json", expression))
		heads = re.findall(r"^walk (\d+) .* hops  matched (\w+)$", read(made.path, "--trace", expression), re.M)
		assert {int(n): how for n, how in heads} == {w["walk"]: w["matched"] for w in walks}
		# A copy is there because of what it is a copy of.
		assert {w["matched"] for w in walks if w["parent_id"] == 0 and w["hops"][0]["stage"] == "uplink_rx"} == {form}
		assert {w["matched"] for w in walks} <= {form, "outer", "followed"}
		w = next(w for w in walks if w["matched"] == form)
		assert len(w["hops"]) == len(made.walks[w["walk"]])


def test_the_file_of_chosen_walks(made, tmp_path):
	"""--trace with points and a file: the file has the walks that are shown, whole, and nothing else."""
	out = tmp_path / "drops.pcapng"
	shown = objects(read(made.path, "--trace", "--json", "--capture", "drop", "-o", str(out)))
	assert len(shown) == DROPS
	rows = oracles.tshark_fields(out, "frame.packet_id")
	assert [int(r["frame.packet_id"]) for r in rows] == [w["walk"] for w in shown for _ in w["hops"]]


def test_live():
	"""The same outputs from a daemon."""
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d:
		with Pktcap(d, "--trace", "--json", "-c", "1") as one, Pktcap(d, "--summary", "--json", "-c", "20") as many, \
				Pktcap(d, "--json", "--sample", "1/4") as some:
			d.cli(*SYN, "count", "40")
			assert one.wait() == 0 and many.wait() == 0
			wait_for("ten walks", lambda: some.stdout.count(b'"stage":"vnic_tx"') >= 10, DEADLINE)
			some.finish()
	(walk,), (summary,) = one.records(), many.records()
	assert walk["hops"][0]["stage"] == "uplink_rx" and summary["walks"] == 20
	found = collections.Counter(r["packet_id"] for r in some.records())
	walks = int(re.search(r"packets of walks that --sample left out \(of (\d+) walks\)", some.stderr)[1])
	assert walks >= 40 and len(found) == -(-walks // 4)
