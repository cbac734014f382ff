# SPDX-License-Identifier: BSD-3-Clause
#
# The slides' own command, and what tcpdump, tshark and scapy say about the frames: lines, headers, checksums, bytes.
import subprocess

import pytest
from rdtest import PCAPS, Daemon, DEMO

import oracles
from pktcap import Pktcap, Process
from slides import OUTER_LEN, WALKS

CHECKSUMS = ("-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE")
GOOD, NOT_PRESENT = "1", "3"
WARN = 0x600000  # tshark's severity; chats and notes are below


@pytest.mark.parametrize("name", WALKS)
def test_slides_command(name):
	"""pktcap --uplink vmnic1 --dir 2 -o - | tcpdump -enr -"""
	with Daemon(files=[f"{DEMO}/{name}.rd"]) as d:
		with Pktcap(d, "--uplink", "vmnic1", "--dir", "2", "-o", "-", stdout=subprocess.PIPE, collect=False) as p:
			with Process(["tcpdump", "-lenr", "-"], stdin=p.popen.stdout) as tcpdump:
				p.popen.stdout.close()
				d.cli("inject", "vmnic1", "pcap", f"{PCAPS}/{name}-syn.pcap")
				tcpdump.wait_stdout(r"Flags \[S\.\]")
				p.finish()
				assert tcpdump.wait() == 0
		lines = tcpdump.stdout.decode().splitlines()
		assert [line.split(" ", 1)[1] for line in lines] == [WALKS[name].syn_line, WALKS[name].synack_line]


@pytest.mark.parametrize("name,port,stages", [
	("emulated", "100663325", 2), ("emulated", "134217768", 2), ("upt", "100663329", 2)])
def test_slides_switchport_commands(name, port, stages):
	"""pktcap --switchport ID --dir 2 -o - | tcpdump -enr -: 74 bytes at every hop inside."""
	with Daemon(files=[f"{DEMO}/{name}.rd"]) as d:
		with Pktcap(d, "--switchport", port, "--dir", "2", "-c", stages, "-o", "-") as p:
			d.cli("inject", "vmnic1", "pcap", f"{PCAPS}/{name}-syn.pcap")
			assert p.wait() == 0
		assert oracles.tcpdump_lines(p.stdout) == [WALKS[name].syn, WALKS[name].synack]


@pytest.fixture(scope="module", params=list(WALKS))
def captured(request, tmp_path_factory):
	"""A pcapng file of both walks over all stages, and one of the uplink only."""
	name = request.param
	folder = tmp_path_factory.mktemp(name)
	everything, uplink = folder / "all.pcapng", folder / "uplink.pcap"
	with Daemon(files=[f"{DEMO}/{name}.rd"]) as d:
		with Pktcap(d, "--json", "-o", everything) as a, Pktcap(d, "--uplink", "vmnic1", "-c", "2", "-o", uplink) as u:
			d.cli("inject", "vmnic1", "pcap", f"{PCAPS}/{name}-syn.pcap")
			a.wait_stdout(r'"stage":"uplink_tx","port":"arm/vmnic1"')
			a.finish()
			assert u.wait() == 0
	return WALKS[name], everything, uplink


def test_no_expert_warnings(captured):
	_, _, uplink = captured
	rows = oracles.tshark_fields(uplink, "_ws.expert.severity", "_ws.expert.message", "_ws.malformed", options=CHECKSUMS)
	assert len(rows) == 2
	for r in rows:
		severities = [int(s, 0) for s in r["_ws.expert.severity"].split(",") if s]
		assert all(s < WARN for s in severities), r
		assert r["_ws.malformed"] == ""


def test_checksums(captured):
	"""Both IP headers and TCP right; the outer UDP has none, as the configuration says."""
	_, _, uplink = captured
	rows = oracles.tshark_fields(uplink, "ip.checksum.status", "udp.checksum.status", "tcp.checksum.status",
		options=CHECKSUMS)
	assert [tuple(r.values()) for r in rows] == [(f"{GOOD},{GOOD}", NOT_PRESENT, GOOD)] * 2


def test_outer_headers(captured):
	walk, _, uplink = captured
	rows = oracles.tshark_fields(uplink, "eth.src", "eth.dst", "ip.src", "ip.dst", "ip.ttl", "ip.flags.df", "ip.len",
		"udp.srcport", "udp.dstport", "udp.length", "geneve.version", "geneve.vni", "geneve.proto_type",
		"geneve.option.class", "geneve.option.type", "geneve.option.unknown.data", "geneve.flags")
	ours = {k: v.split(",")[0] for k, v in rows[1].items()}
	assert ours["eth.src"] == "00:50:56:67:eb:13" and ours["eth.dst"] == "00:50:56:63:04:5c"
	assert ours["ip.src"] == "192.168.4.60" and ours["ip.dst"] == "192.168.4.57"
	assert ours["ip.ttl"] == "64" and ours["ip.flags.df"] in ("1", "True")
	assert ours["ip.len"] == str(132 - 14) and ours["udp.length"] == str(132 - 34)
	assert ours["udp.srcport"] == str(walk.sport) and ours["udp.dstport"] == "6081"
	assert ours["geneve.version"] == "0" and int(ours["geneve.vni"], 0) == 74752
	assert int(ours["geneve.proto_type"], 0) == 0x6558
	assert int(ours["geneve.flags"], 0) == 0
	option = int(ours["geneve.option.class"], 0), int(ours["geneve.option.type"], 0), ours["geneve.option.unknown.data"]
	assert option == (0x0104, 0, "00000000"), "8 bytes: class, type, length and data"


def inner_of(frame):
	"""The frame inside, where scapy finds it."""
	from scapy.contrib.geneve import GENEVE
	from scapy.layers.l2 import Ether

	packet = Ether(frame)
	if GENEVE not in packet:
		return frame
	inner = bytes(packet[GENEVE].payload)
	assert len(frame) - len(inner) == OUTER_LEN
	return inner


def test_inner_bytes_equal_everywhere(captured):
	"""One SYN and one SYN-ACK go in; the same bytes are at every hop, in the tunnel and outside."""
	walk, everything, _ = captured
	frames = oracles.read_pcap(everything)
	rows = oracles.tshark_fields(everything, "frame.packet_id", "frame.interface_name", "frame.len")
	assert len(frames) == len(rows)
	by_walk = {}
	for frame, row in zip(frames, rows):
		assert len(frame) == int(row["frame.len"]) and len(frame) in (74, 132)
		by_walk.setdefault(row["frame.packet_id"], []).append(inner_of(frame))
	syn, synack = by_walk.values()
	assert set(syn) == {inner_of(f) for f in oracles.read_pcap(f"{PCAPS}/{walk.name}-syn.pcap")}
	assert set(synack) == set(oracles.read_pcap(f"{PCAPS}/{walk.name}-synack.pcap"))


def test_input_is_untouched_at_the_uplink(captured):
	walk, _, uplink = captured
	assert oracles.read_pcap(uplink)[0] == oracles.read_pcap(f"{PCAPS}/{walk.name}-syn.pcap")[0]


def test_outer_checksum_when_asked_for(tmp_path):
	"""With `checksum on` the outer UDP header has one, and tshark finds it right."""
	with open(f"{DEMO}/emulated.rd", encoding="utf-8") as f:
		text = f.read()
	text = text.replace("answer ../in/", f"answer {PCAPS}/").replace(" hash-seed ", " checksum on hash-seed ")
	with Daemon(lines=text) as d:
		with Pktcap(d, "--uplink", "vmnic1", "--dir", "tx", "-c", "1", "-o", tmp_path / "x.pcap") as p:
			d.cli("inject", "vmnic1", "pcap", f"{PCAPS}/emulated-syn.pcap")
			assert p.wait() == 0
	(row,) = oracles.tshark_fields(tmp_path / "x.pcap", "ip.checksum.status", "udp.checksum.status", "tcp.checksum.status",
		options=CHECKSUMS)
	assert tuple(row.values()) == (f"{GOOD},{GOOD}", GOOD, GOOD)
