# SPDX-License-Identifier: BSD-3-Clause
#
# Capture files, as tshark, tcpdump, capinfos, editcap and mergecap read them; and block by block, for what those do not
# show.
import json
import re
import struct
from types import SimpleNamespace

import pytest
import scapy.layers.l2
import scapy.utils
from rdtest import DEMO, PCAPS, PKTCAP, Daemon, wait_for

import oracles
from pktcap import Pktcap
from slides import WALKS

FIELDS = ("frame.interface_name", "frame.interface_description", "frame.packet_id", "frame.comment", "frame.time_epoch",
	"frame.packet_flags_direction", "frame.interface_queue", "frame.len", "frame.cap_len")
DIRECTION = {"rx": 1, "tx": 2, "": 0}
SHB, IDB, ISB, EPB = 0x0A0D0D0A, 1, 5, 6
OPT_COMMENT, OPT_CUSTOM = 1, 2988
IF_NAME, IF_TSRESOL, IF_FILTER = 2, 9, 11
EPB_FLAGS, EPB_PACKETID, EPB_QUEUE, EPB_VERDICT = 2, 5, 6, 7


def blocks(path):
	"""[(type, body, options)] of a little-endian pcapng file, by the draft; options: {code: [value]}."""
	data, at, found = path.read_bytes(), 0, []
	while at < len(data):
		kind, length = struct.unpack_from("<II", data, at)
		assert length % 4 == 0 and struct.unpack_from("<I", data, at + length - 4)[0] == length
		found.append((kind, *split_options(kind, data[at + 8:at + length - 4])))
		at += length
	assert at == len(data)
	return found


def split_options(kind, body):
	fixed = {SHB: 16, IDB: 8, ISB: 12}.get(kind)
	if kind == EPB:
		fixed = 20 + (struct.unpack_from("<I", body, 12)[0] + 3) // 4 * 4
	options, at = {}, fixed
	while at < len(body):
		code, length = struct.unpack_from("<HH", body, at)
		if code == 0:
			break
		options.setdefault(code, []).append(body[at + 4:at + 4 + length])
		at += 4 + (length + 3) // 4 * 4
	return body[:fixed], options


def walk(d, *args):
	"""One SYN and its SYN-ACK past a pktcap --json that also writes a file."""
	with Pktcap(d, "--json", *args) as p:
		d.cli("inject", "vmnic1", "pcap", f"{PCAPS}/emulated-syn.pcap")
		p.wait_stdout(r'"stage":"uplink_tx","port":"arm/vmnic1"')
		return p.finish()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
	"""A file over all stages, and the same records as JSON."""
	path = tmp_path_factory.mktemp("pcapng") / "x.pcapng"
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d:
		p = walk(d, "-o", path)
	return SimpleNamespace(path=path, records=p.records(), stderr=p.stderr, rows=oracles.tshark_fields(path, *FIELDS))


def interface_of(r):
	host, port = r["port"].split("/")
	return f"{host}/{r['stage']}@{port}"


def test_stage_and_port_per_frame(made):
	assert [r["frame.interface_name"] for r in made.rows] == [interface_of(r) for r in made.records]
	assert len({r["frame.interface_name"] for r in made.rows}) > 30
	for row, r in zip(made.rows, made.records):
		assert f"stage={r['stage']} port={r['port']} port-id={r['port_id']} " in row["frame.interface_description"]


def test_one_packet_id_per_walk(made):
	assert [int(r["frame.packet_id"]) for r in made.rows] == [r["packet_id"] for r in made.records]
	assert len({r["frame.packet_id"] for r in made.rows}) == 2


def test_facts_per_frame(made):
	for row, r in zip(made.rows, made.records):
		seconds, ns = row["frame.time_epoch"].split(".")
		assert int(seconds) * 10**9 + int(ns) == r["ns"]
		assert int(row["frame.packet_flags_direction"], 0) == DIRECTION[r["dir"]]
		assert int(row["frame.len"]) == int(row["frame.cap_len"]) == r["len"]
		assert int(row["frame.interface_queue"]) == r["queue"]


def test_comments_tell_decisions(made):
	"""By default where something was decided: decap, encap, a rule, a miss."""
	for row, r in zip(made.rows, made.records):
		decided = r["prev_stage"] in ("tunnel_decap", "tunnel_encap", "dfw_in", "dfw_out")
		decided |= r["prev_stage"] == "flow_lookup" and r["flow_hit"] == "miss"
		if not decided:
			assert row["frame.comment"] == "", r
			continue
		assert row["frame.comment"].startswith(f"after {r['prev_stage']}"), row
		if r["rule"]:
			assert f" rule={r['rule']}" in row["frame.comment"]
		if r["vni"]:
			assert " vni=74752" in row["frame.comment"]


def test_blocks(made):
	found = blocks(made.path)
	assert found[0][0] == SHB and struct.unpack_from("<I", found[0][1])[0] == 0x1A2B3C4D
	kinds = [k for k, _, _ in found]
	assert kinds.count(SHB) == 1 and set(kinds) == {SHB, IDB, EPB, ISB}
	links = {struct.unpack_from("<HHI", body) for k, body, _ in found if k == IDB}
	assert links == {(1, 0, 262144)}, "one link type and one snaplen: libpcap refuses others"
	assert all(o[IF_TSRESOL] == [b"\x09"] for k, _, o in found if k == IDB)
	assert all(EPB_VERDICT not in o for k, _, o in found if k == EPB), "Wireshark 4.0 corrupts such files"
	assert kinds.count(ISB) == kinds.count(IDB)


def custom_json(options):
	(value,) = options[OPT_CUSTOM]
	return json.loads(value[4:])


def test_custom_option(made):
	"""One JSON object per packet says what --json says."""
	packets = [o for k, _, o in blocks(made.path) if k == EPB]
	for o, r in zip(packets, made.records, strict=True):
		j = custom_json(o)
		assert (j["v"], j["stage"], j["hop"], j["host"], j["port"], j["port_id"]) == (
			1, r["stage"], r["hop"], r["host"], r["port"], r["port_id"])
		assert j["verdict"] == r["verdict"]
		pairs = (("prev", "prev_stage"), ("rule", "rule"), ("fc", "flow_hit"), ("flow", "flow"), ("vni", "vni"),
			("dir", "guest_dir"), ("reason", "reason"), ("parent", "parent_id"))
		for ours, theirs in pairs:
			assert j.get(ours, r[theirs].__class__()) == r[theirs], (ours, j, r)
		assert struct.unpack("<Q", o[EPB_PACKETID][0])[0] == r["packet_id"]


def test_statistics(made):
	"""What the file says about losses is what the summary said."""
	rows = [line.split() for line in made.stderr.splitlines() if re.match(r"\w+ +\d+ +\d+ +\d+ +\d+$", line)]
	summary = {r[0]: tuple(map(int, r[1:])) for r in rows}
	assert sum(s[2] for s in summary.values()) == len(made.records)
	found = blocks(made.path)
	names = [o[IF_NAME][0].decode() for k, _, o in found if k == IDB]
	for _, body, o in (b for b in found if b[0] == ISB):
		name = names[struct.unpack_from("<I", body)[0]]
		received, dropped, delivered = (struct.unpack("<Q", o[c][0])[0] for c in (4, 5, 8))
		assert delivered == sum(interface_of(r) == name for r in made.records) and dropped == 0
		assert received >= delivered
		stage = name.split("/")[1].split("@")[0]
		seen, matched, _, lost = summary[stage]
		assert o[OPT_COMMENT] == [f"stage={stage} seen={seen} accepted={matched} filtered={seen - matched} lost={lost}".encode()]
	assert all(lost == 0 for _, _, _, lost in summary.values())


def test_tcpdump_reads(made):
	walked = WALKS["emulated"]
	lines = oracles.tcpdump_lines(made.path)
	wanted = {132: {walked.syn_line, walked.synack_line}, 74: {walked.syn, walked.synack}}
	assert len(lines) == len(made.records)
	for line, r in zip(lines, made.records):
		assert line in wanted[r["len"]] and line == r["summary"]


def test_capinfos_reads(made):
	text = oracles.run("capinfos", "-M", made.path).decode()
	assert re.search(r"^Number of packets: +%d$" % len(made.records), text, re.M)
	interfaces = len({interface_of(r) for r in made.records})
	assert re.search(r"^Number of interfaces in file: +%d$" % interfaces, text, re.M)
	assert "File encapsulation:  ether\n" in text and "File timestamp precision:  nanoseconds (9)" in text


def custom_texts(path):
	"""The JSON texts of a file's packets, as they are in it."""
	return [o[OPT_CUSTOM] for k, _, o in blocks(path) if k == EPB]


TYPES = {"string": str, "integer": int}


def test_schema(made):
	"""The section header has the JSON Schema that every packet's object keeps to."""
	schema = custom_json(blocks(made.path)[0][2])
	assert schema["type"] == "object" and schema["properties"]["v"] == {"const": 1}
	for o in (o for k, _, o in blocks(made.path) if k == EPB):
		j = custom_json(o)
		assert set(schema["required"]) <= set(j)
		for key, value in j.items():
			if key != "v":
				assert isinstance(value, TYPES[schema["properties"][key]["type"]]), (key, value)


def test_time_since_the_first_record(made):
	"""dt in JSON, and in comments as far as there is one."""
	first = {}
	for row, (text,), r in zip(made.rows, custom_texts(made.path), made.records):
		dt = r["ns"] - first.setdefault(r["packet_id"], r["ns"])
		assert json.loads(text[4:]).get("dt", 0) == dt
		if row["frame.comment"] and dt:
			assert f" dt={dt}" in row["frame.comment"]


def facts(rows):
	return [tuple(r.values()) for r in rows]


def test_editcap_keeps_all(made, tmp_path):
	copy, some = tmp_path / "copy.pcapng", tmp_path / "some.pcapng"
	oracles.run("editcap", made.path, copy)
	assert facts(oracles.tshark_fields(copy, *FIELDS)) == facts(made.rows)
	assert custom_texts(copy) == custom_texts(made.path)
	oracles.run("editcap", "-r", made.path, some, "4-9")
	assert custom_texts(some) == custom_texts(made.path)[3:9]
	assert facts(oracles.tshark_fields(some, *FIELDS)) == facts(made.rows)[3:9]


def test_tshark_keeps_all(made, tmp_path):
	copy = tmp_path / "copy.pcapng"
	oracles.run("tshark", "-n", "-r", made.path, "-Y", "frame.len == 74", "-w", copy)
	assert facts(oracles.tshark_fields(copy, *FIELDS)) == [f for f in facts(made.rows) if f[-1] == "74"]
	assert custom_texts(copy) == [t for t, r in zip(custom_texts(made.path), made.records) if r["len"] == 74]


def test_mergecap_keeps_all(made, tmp_path):
	"""The halves of a file, merged, are the file."""
	half = len(made.records) // 2
	parts, merged = (tmp_path / "1.pcapng", tmp_path / "2.pcapng"), tmp_path / "merged.pcapng"
	oracles.run("editcap", "-r", made.path, parts[0], f"1-{half}")
	oracles.run("editcap", "-r", made.path, parts[1], f"{half + 1}-{len(made.records)}")
	oracles.run("mergecap", "-w", merged, *parts)
	assert facts(oracles.tshark_fields(merged, *FIELDS)) == facts(made.rows)
	assert custom_texts(merged) == custom_texts(made.path)


def test_scapy_reads(made, tmp_path):
	"""Bytes and times. (Comments: scapy 2.5 knows only those that end in a newline, which the format doesn't ask for.)"""
	copy = tmp_path / "copy.pcapng"
	packets = scapy.utils.rdpcap(str(made.path))
	assert [bytes(p) for p in packets] == oracles.read_pcap(made.path)
	assert [int(p.time * 10**9) for p in packets] == [r["ns"] for r in made.records]
	writer = scapy.utils.PcapNgWriter(str(copy))
	for p in packets:
		writer.write(p)
	writer.close()
	assert oracles.read_pcap(copy) == oracles.read_pcap(made.path)
	assert oracles.run(PKTCAP, "-r", copy, "--json").count(b"\n") == len(packets)


def test_tcpdump_rewrites(made, tmp_path):
	"""What it can keep: bytes and times."""
	copy = tmp_path / "copy.pcap"
	oracles.run("tcpdump", "--nano", "-r", made.path, "-w", copy)
	times = oracles.tshark_fields(copy, "frame.time_epoch")
	assert [r["frame.time_epoch"] for r in times] == [r["frame.time_epoch"] for r in made.rows]


def test_mergecap_of_two_captures(made, tmp_path):
	"""Two captures of two daemons: nobody's packet ids or stages are mixed up."""
	other, merged = tmp_path / "other.pcapng", tmp_path / "merged.pcapng"
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d:
		walk(d, "-o", other)
	oracles.run("mergecap", "-w", merged, made.path, other)
	rows = facts(oracles.tshark_fields(merged, *FIELDS))
	assert sorted(rows) == sorted(facts(made.rows) + facts(oracles.tshark_fields(other, *FIELDS)))
	assert len({r[2] for r in rows}) == 4


def test_display_filters(made):
	"""The ways that a person would use in Wireshark."""
	mine = made.records[0]["packet_id"]
	rows = oracles.tshark_fields(made.path, "frame.interface_name",
		options=("-Y", f'frame.packet_id == {mine} && frame.interface_name contains "dfw_in"'))
	assert [r["frame.interface_name"] for r in rows] == ["arm/dfw_in@gs-ubuntu-01.eth0.7c520dd4"]


@pytest.fixture
def daemon():
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d:
		yield d


def packets_of(path):
	return [o for k, _, o in blocks(path) if k == EPB]


@pytest.mark.parametrize("meta,has", [("none", set()), ("lean", {EPB_FLAGS, EPB_PACKETID, EPB_QUEUE}),
	("full", {EPB_FLAGS, EPB_PACKETID, EPB_QUEUE, OPT_CUSTOM})])
def test_meta(daemon, tmp_path, meta, has):
	path = tmp_path / "x.pcapng"
	p = walk(daemon, "-o", path, "--meta", meta)
	options = packets_of(path)
	assert len(options) == len(p.records())
	assert all(set(o) - {OPT_COMMENT} == has for o in options)
	assert any(OPT_COMMENT in o for o in options) == (meta == "full")
	names = [r["frame.interface_name"] for r in oracles.tshark_fields(path, "frame.interface_name")]
	assert names == [interface_of(r) for r in p.records()]


@pytest.mark.parametrize("comment", ["none", "decisions", "all"])
def test_comment(daemon, tmp_path, comment):
	path = tmp_path / "x.pcapng"
	walk(daemon, "-o", path, "--comment", comment)
	texts = [r["frame.comment"] for r in oracles.tshark_fields(path, "frame.comment")]
	if comment == "decisions":
		assert any(texts) and not all(texts)
	else:
		assert (all(texts) if comment == "all" else not any(texts))


def frames_of(packed):
	"""[(packed, plain)] from the table at the end of a seekable zstd file, and what comes before it."""
	number, _, magic_ = struct.unpack_from("<IBI", packed, len(packed) - 9)
	assert magic_ == 0x8F92EAB1
	at = len(packed) - 9 - 8 * number
	assert struct.unpack_from("<II", packed, at - 8) == (0x184D2A5E, 8 * number + 9)
	return [struct.unpack_from("<II", packed, at + 8 * n) for n in range(number)], packed[:at - 8]


@pytest.mark.parametrize("kind", ["pcapng", "pcap"])
def test_compress(daemon, tmp_path, kind):
	"""zstd unpacks it whole and any frame of it by itself; tshark and we read it as it is."""
	path, plain = tmp_path / f"x.{kind}.zst", tmp_path / "x.plain"
	with Pktcap(daemon, "--json", "-o", path, "--compress", "zstd", "--pcap" if kind == "pcap" else "-P") as p:
		daemon.cli("inject", "vmnic1", "pcap", f"{PCAPS}/emulated-syn.pcap", "count", "100")
		wait_for("all walks", lambda: p.stdout.count(b'"stage":"vnic_tx"') == 100)
		p.finish()
	packed = path.read_bytes()
	whole = oracles.run("zstd", "-dc", stdin=packed)
	table, frames = frames_of(packed)
	assert sum(n for n, _ in table) == len(frames) and sum(n for _, n in table) == len(whole)
	assert len(table) > 1 and len(packed) < len(whole) / 4
	at, off = 0, 0
	for size, length in table:
		assert oracles.run("zstd", "-dc", stdin=frames[at:at + size]) == whole[off:off + length]
		at, off = at + size, off + length
	plain.write_bytes(whole)
	rows = oracles.tshark_fields(path, "frame.time_epoch", "frame.len")
	assert [(r["frame.time_epoch"].replace(".", ""), r["frame.len"]) for r in rows] == [
		(str(r["ns"]), str(r["len"])) for r in p.records()]
	assert oracles.run(PKTCAP, "-r", path, "--json") == oracles.run(PKTCAP, "-r", plain, "--json")


def magic(path):
	return struct.unpack_from("<I", path.read_bytes())[0]


@pytest.mark.parametrize("name,args,wanted", [
	("x.pcap", ["--uplink", "vmnic1"], 0xA1B23C4D),
	("x", ["--uplink", "vmnic1"], 0xA1B23C4D),
	("x.pcapng", ["--uplink", "vmnic1"], SHB),
	("x", ["--uplink", "vmnic1", "-P"], SHB),
	("x", ["--uplink", "vmnic1", "--ng"], SHB),
	("x.pcapng", ["--pcap"], 0xA1B23C4D),
	("x.pcap", [], 0xA1B23C4D),
	("x", [], SHB),
	("x.pcap", ["-P"], SHB),
	("x", ["--uplink", "vmnic1", "--meta", "lean"], SHB),
])
def test_format(daemon, tmp_path, name, args, wanted):
	"""What was asked for, else the suffix, else classic pcap for one port and pcapng for more."""
	path = tmp_path / name
	p = walk(daemon, "-o", path, *args)
	assert magic(path) == wanted
	rows = oracles.tshark_fields(path, "frame.time_epoch", "frame.len")
	assert [(r["frame.time_epoch"].replace(".", ""), r["frame.len"]) for r in rows] == [
		(str(r["ns"]), str(r["len"])) for r in p.records()]


@pytest.mark.parametrize("kind", ["--pcap", "-P"])
def test_snaplen(daemon, tmp_path, kind):
	path = tmp_path / "x"
	p = walk(daemon, "-s", "64", kind, "-o", path)
	rows = oracles.tshark_fields(path, "frame.len", "frame.cap_len")
	assert [(int(r["frame.len"]), int(r["frame.cap_len"])) for r in rows] == [(r["len"], 64) for r in p.records()]
	assert all(r["caplen"] == 64 for r in p.records())


def test_filter_is_in_the_file(daemon, tmp_path):
	path = tmp_path / "x.pcapng"
	walk(daemon, "-o", path, "tcp[tcpflags] & tcp-syn != 0")
	texts = {v for k, _, o in blocks(path) if k == IDB for v in o[IF_FILTER]}
	assert texts == {b"\0tcp[tcpflags] & tcp-syn != 0"}, "kind 0 is a libpcap expression"


def test_drops_are_told(tmp_path):
	"""A dropped packet's last record names reason, stage and rule, in every form."""
	path = tmp_path / "x.pcapng"
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d:
		with Pktcap(d, "--json", "--capture", "drop", "-o", path) as p:
			d.cli("inject", "vmnic1", "pcap", f"{PCAPS}/malformed/dfw_rule_deny.pcap")
			p.wait_stdout('"stage":"drop"')
			(record,) = p.finish().records()
	assert (record["reason"], record["verdict"], record["prev_stage"], record["rule"]) == (
		"DFW_RULE_DENY", "drop", "dfw_in", 1043)
	(row,) = oracles.tshark_fields(path, "frame.comment", "frame.interface_name")
	assert row["frame.comment"].startswith("DROPPED DFW_RULE_DENY in=dfw_in rule=1043")
	(options,) = packets_of(path)
	assert custom_json(options)["reason"] == "DFW_RULE_DENY"


def test_stdout_is_a_stream(daemon):
	"""-o - -P: whole blocks as they come, nothing else."""
	with Pktcap(daemon, "-P", "-o", "-", "-c", "5") as p:
		daemon.cli("inject", "vmnic1", "pcap", f"{PCAPS}/emulated-syn.pcap")
		assert p.wait() == 0
	lines = oracles.tcpdump_lines(p.stdout)
	assert len(lines) == 5 and lines[0] == WALKS["emulated"].syn_line
