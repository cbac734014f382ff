# SPDX-License-Identifier: BSD-3-Clause
#
# Following: a packet that matched once, in whatever form, is captured from there on; and every output says which form it was.
# What must come is computed from a capture of everything and from libpcap's answers about its frames.
import json
import sys

import pytest
from rdtest import DEMO, PCAPS, PKTCAP, SOURCE, Daemon

import oracles
from decap import inner_frame
from pktcap import Pktcap
from pcapng_test import EPB, blocks, custom_json

sys.path.insert(0, f"{SOURCE}/pcaps")
from many import many  # noqa: E402

SYN = f"{PCAPS}/emulated-syn.pcap"
FORMS = ("tunnel_decap", "uplink_rx", "classify")  # stages where the SYN is still in its tunnel


@pytest.fixture
def daemon():
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d:
		yield d


def one_syn(daemon, *args):
	"""The SYN's walk past a pktcap --follow that prints JSON and writes a file."""
	with Pktcap(daemon, "--json", "--follow", *args) as p:
		daemon.cli("inject", "vmnic1", "pcap", SYN)
		p.wait_stdout(r'"stage":"vnic_tx"')
		return [r for r in p.finish().records() if r["guest_dir"] != "from-guest"]


@pytest.mark.parametrize("expression,form", [("tcp port 80", "inner"), ("udp port 6081", "outer"), ("ip", "outer"),
	("host 172.16.31.25", "inner"), ("geneve and tcp port 80", "outer")])
def test_which_form_matched(daemon, tmp_path, expression, form):
	path = tmp_path / "x.pcapng"
	records = one_syn(daemon, "-o", path, expression)
	mine = [r for r in records if r["packet_id"] == records[0]["packet_id"]]
	assert [r["stage"] for r in mine][-1] == "vnic_tx"
	for r in mine:
		assert r["match"] == (form if r["stage"] in FORMS and r["port"].startswith("arm/") else "followed"), r
	packets = [custom_json(o) for kind, _, o in blocks(path) if kind == EPB]
	for j, r in zip(packets, records):
		assert j["match"] == r["match"]
	comments = [r["frame.comment"] for r in oracles.tshark_fields(path, "frame.comment")]
	assert any(c.endswith("match=followed") for c in comments)


def test_which_form_in_text(daemon):
	with Pktcap(daemon, "--follow", "tcp port 80") as p:
		daemon.cli("inject", "vmnic1", "pcap", SYN)
		p.wait_stdout("vnic_tx@")
		p.finish()
	lines = p.stdout.decode().splitlines()
	assert lines[0].endswith(" match=inner") and "uplink_rx@arm/vmnic1" in lines[0]
	assert all(" match=" in line for line in lines)
	assert [line for line in lines if "vnic_tx@" in line][0].endswith(" match=followed")


def test_which_form_in_a_walk(daemon):
	with Pktcap(daemon, "--trace", "-c", "1", "tcp port 80") as p:
		daemon.cli("inject", "vmnic1", "pcap", SYN)
		assert p.wait() == 0
	assert p.stdout.decode().splitlines()[0].endswith("hops  matched inner")


def test_without_a_filter_there_is_no_form(daemon):
	assert {r["match"] for r in one_syn(daemon)} == {""}


def test_a_replay_says_it_again(daemon, tmp_path):
	path = tmp_path / "x.pcapng"
	records = one_syn(daemon, "-o", path, "tcp port 80")

	def replay(*args):
		out = oracles.run(PKTCAP, "-r", path, "--json", *args)
		return [json.loads(line) for line in out.splitlines()]

	assert [r["match"] for r in replay()][:len(records)] == [r["match"] for r in records]
	again = replay("--follow", "udp port 6081")
	assert again[0]["match"] == "outer" and again[8]["match"] == "followed"


EXPRESSIONS = ["tcp port 80", "udp port 6081", "geneve", "vlan", "host 172.16.31.25", "tcp[tcpflags] & tcp-syn != 0",
	"ether src 00:50:56:a1:fc:f3", "ip6", "arp", "len < 100"]


def test_whatever_form_matched(tmp_path):
	"""Everything, and ten sessions that follow: each has of each packet what comes from the first match on."""
	oracles.write_pcap(tmp_path / "in.pcap", many(2000))
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d:
		running = [Pktcap(d, "-B", "16384", "--json", "-o", tmp_path / f"{n}.pcapng", *(["--follow", e] if e else []))
			for n, e in enumerate(["", *EXPRESSIONS])]
		try:
			for _ in range(2): # decided anew, then from the flow cache
				d.cli("inject", "vmnic1", "pcap", str(tmp_path / "in.pcap"))
			for p in running:
				assert "0 packets lost in the ring" in p.finish().stderr
		finally:
			for p in running:
				p.__exit__()
	everything = running[0].records()
	frames = oracles.read_pcap(tmp_path / "0.pcapng")
	assert len(frames) == len(everything) > 10000
	inner = [(n, f) for n, f in ((n, inner_frame(f)) for n, f in enumerate(frames)) if f is not None]
	oracles.write_pcap(tmp_path / "whole.pcap", frames)
	oracles.write_pcap(tmp_path / "inner.pcap", [f for _, f in inner])
	for p, e in zip(running[1:], EXPRESSIONS):
		outside = set(oracles.matching(tmp_path / "whole.pcap", e))
		inside = {inner[n][0] for n in oracles.matching(tmp_path / "inner.pcap", e)}
		assert key_of(p.records()) == key_of(expected(everything, outside, inside)), e


def expected(everything, outside, inside):
	"""Copies aside: they are followed from their making on if what they were made of was."""
	followed = set()
	for n, r in enumerate(everything):
		if n in outside or n in inside:
			followed.add(r["packet_id"])
		if r["packet_id"] in followed:
			yield r


def key_of(records):
	return sorted((r["packet_id"], r["hop"], r["stage"]) for r in records if r["parent_id"] == 0)
