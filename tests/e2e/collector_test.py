# SPDX-License-Identifier: BSD-3-Clause
#
# pktcap --decap as a collector: files that scapy wrote and frames that arrive at a kernel's interface. What is in the copies is known, for
# the test made them; tshark, tcpdump and libpcap read what pktcap writes.
import json
import re
import struct
import subprocess

import pytest
from rdtest import ENV, PKTCAP, wait_for
from scapy.all import IP, TCP, UDP, Ether, IPv6, Raw, fragment
from scapy.layers.vxlan import VXLAN

import oracles
from pktcap import DEADLINE, SANITIZER, Process, packets_in
from ports_lab import Netns, RawSocket, need, veth

SRC, DST = "192.0.2.1", "192.0.2.2"
STAGE = {"uplink_rx": 1, "tunnel_decap": 8, "vnic_tx": 20, "drop": 23}
START = 1700000000_000000000


def inner(n, size=40):
	return bytes(Ether(src="00:50:56:00:00:01", dst="00:50:56:00:00:02") / IP(src="10.0.0.1", dst="10.0.0.2", id=n % 65536)
		/ TCP(sport=1000 + n % 60000, dport=80, seq=n) / Raw(bytes(size)))


def outer(payload, proto=47, src=SRC, **ip):
	return bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(src=src, dst=DST, proto=proto, flags="DF", **ip) / Raw(payload))


def erspan2(seq, frame, session=100, index=0, truncated=0, **how):
	return outer(struct.pack("!HHIII", 0x1000, 0x88BE, seq % 2**32, 1 << 28 | truncated << 10 | session, index) + frame, **how)


def erspan3(seq, frame, time, session=100, gra=1, hw=0, sgt=0, egress=0, **how):
	return outer(struct.pack("!HHIIIHH", 0x1000, 0x22EB, seq % 2**32, 2 << 28 | session, time % 2**32, sgt,
		0x8000 | hw << 4 | egress << 3 | gra << 1) + frame, **how)


def geneve(frame, seq=0, stage=0, flags=0, reason=0, session=7, port=3, length=None, ns=START, packet=1, vni=500, cls=0xFF01):
	options = struct.pack("!HBBQ", cls, 1, 2, ns)
	options += struct.pack("!HBBIBBH", cls, 2, 2, seq % 2**32, stage, flags, reason)
	options += struct.pack("!HBBHHI", cls, 3, 2, session, port, len(frame) if length is None else length)
	options += struct.pack("!HBBQ", cls, 4, 2, packet)
	body = struct.pack("!BBHI", len(options) // 4, 0, 0x6558, vni << 8) + options + frame
	return outer(struct.pack("!HHHH", 50000, 6081, 8 + len(body), 0) + body, proto=17)


def write(path, frames):
	"""[(ns, frame)] as a file with nanoseconds."""
	with open(path, "wb") as f:
		f.write(struct.pack("=IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1))
		for ns, frame in frames:
			f.write(struct.pack("=IIII", ns // 10**9, ns % 10**9, len(frame), len(frame)) + frame)
	return path


def every_ms(frames):
	return [(START + n * 1000000, f) for n, f in enumerate(frames)]


def pktcap(*args, rc=0):
	done = subprocess.run([PKTCAP, *map(str, args)], capture_output=True, env=ENV, timeout=DEADLINE, check=False)
	stderr = done.stderr.decode()
	assert not SANITIZER.search(stderr), stderr
	assert done.returncode == rc, stderr
	return done.stdout.decode(), stderr


def report(path, *args):
	return json.loads(pktcap("-r", path, "--decap", "--report", "--json", *args)[0])["collector"]


def test_what_is_missing(tmp_path):
	"""Two sessions and two senders in one file, with losses, copies and disorder of their own."""
	one, two = [1, 2, 4, 3, 7, 7, 8], [0xFFFFFFFE, 0xFFFFFFFF, 0, 2]
	frames = [erspan2(n, inner(n)) for n in one] + [erspan2(n, inner(1), session=101) for n in two]
	frames += [erspan2(n, inner(n), src="192.0.2.9") for n in (5, 6)]
	got = report(write(tmp_path / "x.pcap", every_ms(frames)))
	assert [s["name"] for s in got["sources"]] == ["erspan2-100", "erspan2-101", "erspan2-100"]
	assert [s["source"] for s in got["sources"]] == [SRC, SRC, "192.0.2.9"]
	keys = ["packets", "missing", "gaps", "duplicates", "reordered", "jumps"]
	assert [[s["sequence"][k] for k in keys] for s in got["sources"]] == [[7, 2, 2, 1, 1, 0], [4, 1, 1, 0, 0, 0], [2, 0, 0, 0, 0, 0]]
	assert [s["loss"] for s in got["sources"]] == ["sender, network or capture", "sender, network or capture", "none"]
	assert got["copies"] == 13 and got["others"] == 0 and got["refused"] == {}


def counters(**sessions):
	"""What `reddot --json show mirror counters` says, as far as it matters."""
	return json.dumps([{"session": name, "id": s["id"], **s.get("fates", {}),
		"destinations": [{"src": SRC, "address": DST, "seq_next": s["next"], "tx_drop": s["tx_drop"]}]} for name, s in sessions.items()])


def test_whose_loss_it_is(tmp_path):
	"""Of the numbers 1000 to 1099 the sender's device refused 7 (two of them the last), and the network lost 5 (one of them the first)."""
	refused, lost = {1003, 1004, 1050, 1060, 1061, 1098, 1099}, {1000, 1010, 1030, 1031, 1090}
	came = [n for n in range(1000, 1100) if n not in refused | lost]
	path = write(tmp_path / "x.pcap", every_ms([erspan2(n, inner(n)) for n in came] + [geneve(inner(n), seq=n, session=9) for n in (1, 2, 5)]
		+ [erspan2(n, inner(n), session=5) for n in (1, 3)]))
	before, after = tmp_path / "before.json", tmp_path / "after.json"
	before.write_text(counters(web={"id": 100, "next": 1000, "tx_drop": 40, "fates": {"rate": 1, "ring_full": 2}}))
	after.write_text(counters(web={"id": 100, "next": 1100, "tx_drop": 47, "fates": {"rate": 4, "ring_full": 2, "no_buf": 6}},
		db={"id": 9, "next": 6, "tx_drop": 0}))
	web, db, other = report(path, "--sent", after, "--sent-before", before)["sources"]
	assert web["sequence"]["missing"] == 9 and web["lost"].pop("unnumbered") == {
		"rate": 3, "cap": 0, "crowded": 0, "mtu": 0, "no_buf": 6, "ring_full": 0, "no_collector": 0, "no_replica": 0}
	assert web["lost"] == {"session": "web", "total": 12, "sender": 7, "network": 5}
	assert [db["lost"][k] for k in ("session", "total", "sender", "network")] == ["db", 2, 0, 2]
	assert "lost" not in other
	text = pktcap("-r", path, "--decap", "--report", "--sent", after, "--sent-before", before)[0]
	assert re.search(r"^  session web: 12 lost, 7 by the sender \(tx_drop\), 5 by the network, or by whoever", text, re.M)
	assert re.search(r"^  lost before they had a number: 3 rate, 6 no_buf$", text, re.M)
	assert len(re.findall(r"whose loss: ", text)) == 1
	# Without the earlier counters what was lost before the first copy came is not known, and all 47 may be of this capture: at most what is missing.
	web = report(path, "--sent", after)["sources"][0]
	assert [web["lost"][k] for k in ("total", "sender", "network")] == [11, 11, 0]
	# Counters that are older than the capture say nothing of its end.
	web = report(path, "--sent", before)["sources"][0]
	assert web["lost"]["total"] == 9


def test_counters_that_are_none(tmp_path):
	"""The report comes all the same."""
	path, bad = write(tmp_path / "x.pcap", every_ms([erspan2(n, inner(n)) for n in (1, 3)])), tmp_path / "bad"
	for content, word in ((None, "No such file"), ("", "no mirror session"), ("[]", "no mirror session"), ("{", "not JSON"),
			('{"items": [1, "x", null, {"session": 7}]}', "no mirror session")):
		if content is not None:
			bad.write_text(content)
		out, stderr = pktcap("-r", path, "--decap", "--report", "--sent", bad, rc=1)
		assert word in stderr and "1 missing in 1 gap" in out
	odd = [{"session": "a", "id": 100, "destinations": d} for d in (None, 3, [None, 5, {"src": SRC}])]
	bad.write_text("\n".join(map(json.dumps, odd)))
	assert "lost" not in report(path, "--sent", bad)["sources"][0]


def test_a_restart_is_no_loss(tmp_path):
	"""A daemon goes on about a million numbers later; another sender begins at 0 again; a third one does not count."""
	path = write(tmp_path / "x.pcap", every_ms(
		[erspan2(n, inner(n)) for n in (5, 6, 6 + 2**20, 7 + 2**20)]
		+ [erspan2(n, inner(n), session=2) for n in [*range(100), *range(50)]]
		+ [erspan2(0, inner(n), session=3) for n in range(5)]))
	ours, other, still = report(path)["sources"]
	assert (ours["sequence"]["jumps"], ours["sequence"]["skipped"], ours["sequence"]["missing"]) == (1, 2**20 - 1, 0)
	assert (other["sequence"]["restarts"], other["sequence"]["duplicates"], other["sequence"]["missing"]) == (1, 0, 0)
	assert not still["counts"] and still["loss"] == "unknown"
	text = pktcap("-r", path, "--decap", "--report")[0]
	assert re.search(r"^  1 jump forwards over 1048575 numbers: the sender restarted", text, re.M)
	assert re.search(r"^  sequence is always 0: the sender does not count", text, re.M)


@pytest.mark.parametrize("gra, unit", [(0, 100000), (1, 100)])
def test_clocks(tmp_path, gra, unit):
	"""A sender 5 ms behind and 100 ppm slow, whose 32 bits wrap meanwhile; with --source-time its times are the records'."""
	step = 2**32 * unit // 40
	sent = [START - 5000000 + n * step - n * step // 10000 for n in range(100)]
	path = write(tmp_path / "x.pcap", [(START + n * step, erspan3(n, inner(n), t // unit, gra=gra)) for n, t in enumerate(sent)])
	(s,) = report(path)["sources"]
	clock = s["clock"]
	assert clock["unit"] == ("100us", "100ns")[gra] and clock["stamps"] == 100 and clock["went_back"] == 0
	assert clock["wraps"] == sent[-1] // (unit << 32) - sent[0] // (unit << 32) >= 2
	assert 5000000 <= clock["offset_ns"]["first"] < 5000000 + unit
	assert abs(clock["slow_ppm"] - 100) < 0.1 and clock["slow_ppm_error"] < 0.1
	lines = pktcap("-r", path, "--decap", "--json", "--source-time")[0].splitlines()
	assert [json.loads(line)["ns"] for line in lines] == [t // unit * unit for t in sent]
	lines = pktcap("-r", path, "--decap", "--json")[0].splitlines()
	assert [json.loads(line)["ns"] for line in lines] == [START + n * step for n in range(100)]


def test_what_our_options_say(tmp_path):
	"""Stage, drop reason, packet id, length and direction of every copy, in records and in the file; one interface per session and stage."""
	rows = [("uplink_rx", 0, 0), ("tunnel_decap", 0, 0), ("drop", 0, 120), ("uplink_rx", 0, 0), ("vnic_tx", 1, 0)]
	frames = [geneve(inner(n)[:60 if n == 1 else None], seq=n, stage=STAGE[stage], flags=egress, reason=reason, length=94,
		packet=77 + n // 3, ns=START + n) for n, (stage, egress, reason) in enumerate(rows)]
	path, out = write(tmp_path / "x.pcap", every_ms(frames)), tmp_path / "out.pcapng"
	names = json.loads(pktcap("-r", path, "--decap", "--json")[0].splitlines()[2])
	assert names["reason"] != "" and names["verdict"] == "drop" and names["packet_id"] == 77
	_, stderr = pktcap("-r", path, "--decap", "-o", out)
	got = oracles.tshark_fields(out, "frame.interface_name", "frame.packet_id", "frame.len", "frame.cap_len", "frame.packet_flags_direction")
	assert [r["frame.interface_name"] for r in got] == [f"{SRC}/{stage}@geneve-500.7" for stage, _, _ in rows]
	assert [int(r["frame.packet_id"]) for r in got] == [77, 77, 77, 78, 78]
	assert [(int(r["frame.len"]), int(r["frame.cap_len"])) for r in got] == [(94, 94), (94, 60), (94, 94), (94, 94), (94, 94)]
	assert [int(r["frame.packet_flags_direction"], 0) for r in got] == [1, 1, 1, 1, 2]
	assert oracles.read_pcap(out) == [inner(n)[:60 if n == 1 else None] for n in range(5)]
	(s,) = report(path)["sources"]
	assert s["stages"] == {"uplink_rx": 2, "tunnel_decap": 1, "drop": 1, "vnic_tx": 1}
	assert s["reasons"] == {names["reason"]: 1}
	assert (s["truncated"], s["egress"], s["ingress"], s["session"]) == (1, 1, 4, 7)
	assert f"  dropped: {names['reason']} 1" in stderr.splitlines()
	assert "  stages: uplink_rx 2, tunnel_decap 1, vnic_tx 1, drop 1" in stderr.splitlines()


def test_copies_of_one_packet_are_a_walk(tmp_path):
	frames = [geneve(inner(n), seq=3 * n + i, stage=STAGE[stage], packet=900 + n) for n in range(2)
		for i, stage in enumerate(("uplink_rx", "tunnel_decap", "vnic_tx"))]
	text = pktcap("-r", write(tmp_path / "x.pcap", every_ms(frames)), "--decap", "--trace")[0]
	assert [len(re.findall(rf"\b{stage}@", text)) for stage in ("uplink_rx", "tunnel_decap", "vnic_tx")] == [2, 2, 2]
	assert text.count("3 hops") == 2
	only = pktcap("-r", tmp_path / "x.pcap", "--decap", "--json", "--capture", "vnic_tx")[0].splitlines()
	assert [json.loads(line)["packet_id"] for line in only] == [900, 901]


def test_the_file_reads_back(tmp_path):
	"""What was collected keeps its source and stage when it is read and written again."""
	frames = [geneve(inner(0), stage=STAGE["vnic_tx"]), erspan2(1, inner(1))]
	one, two = tmp_path / "1.pcapng", tmp_path / "2.pcapng"
	pktcap("-r", write(tmp_path / "x.pcap", every_ms(frames)), "--decap", "-o", one)
	pktcap("-r", one, "-o", two)
	names = [[r["frame.interface_name"] for r in oracles.tshark_fields(p, "frame.interface_name")] for p in (one, two)]
	assert names[0] == names[1] == [f"{SRC}/vnic_tx@geneve-500.7", f"{SRC}/copy@erspan2-100"]


def test_erspan_of_a_reddot(tmp_path):
	"""Index and hardware id mean stages only when somebody says so: other switches put other things there."""
	index = 1 << 19 | STAGE["vnic_tx"] << 14 | 5
	path = write(tmp_path / "x.pcap", every_ms([erspan2(1, inner(1), index=index),
		erspan3(1, inner(2), 0, hw=STAGE["drop"], sgt=120, session=3)]))
	assert [s["stages"] for s in report(path)["sources"]] == [{}, {}]
	two, three = report(path, "--from-reddot")["sources"]
	assert two["stages"] == {"vnic_tx": 1} and three["stages"] == {"drop": 1} and sum(three["reasons"].values()) == 1
	assert "stage=vnic_tx port=5" in pktcap("-r", path, "--decap", "--from-reddot")[0]


def test_another_class_of_options(tmp_path):
	path = write(tmp_path / "x.pcap", every_ms([geneve(inner(1), stage=1, cls=0xFF77)]))
	(s,) = report(path)["sources"]
	assert s["strange_options"] == 4 and s["stages"] == {} and s["name"] == "geneve-500"
	(s,) = report(path, "--geneve-class", "0xff77")["sources"]
	assert s["strange_options"] == 0 and s["stages"] == {"uplink_rx": 1} and s["name"] == "geneve-500.7"


def test_refused_by_name(tmp_path):
	"""What is no whole packet is counted by its name and left as it is."""
	whole = erspan2(1, inner(1, 200))
	pieces = [bytes(f) for f in fragment(Ether(whole[:20] + b"\0\0" + whole[22:]), fragsize=96)]
	frames = [whole, *pieces, whole[:96], erspan2(2, b"\0" * 8), bytes(Ether() / IPv6() / UDP(dport=4789) / VXLAN(flags=0) / inner(1))]
	path, out = write(tmp_path / "x.pcap", every_ms(frames)), tmp_path / "out.pcap"
	got = report(path)
	assert got["refused"] == {"fragment": len(pieces), "outer-length-mismatch": 1, "no-inner-frame": 1, "vxlan-no-vni": 1}
	assert got["copies"] == 1
	_, stderr = pktcap("-r", path, "--decap", "--pcap", "-o", out)
	assert oracles.read_pcap(out) == [inner(1, 200), *frames[1:]]
	assert "refused: 1 outer-length-mismatch (shorter than its outer IP header says)" in stderr.splitlines()


def test_no_report_about_a_daemons_records(tmp_path):
	"""A walk of a tunnel packet is one packet at many stages, not many that arrived."""
	out = tmp_path / "out.pcapng"
	pktcap("-r", write(tmp_path / "x.pcap", every_ms([geneve(geneve(inner(n)), stage=n + 1, packet=5) for n in range(3)])), "--decap=1", "-o", out)
	assert report(out)["copies"] == 0


@pytest.mark.parametrize("args, words", [
	(["--report", "-r", "x"], "--decap"),
	(["--source-time", "-r", "x"], "--decap"),
	(["--sent", "x", "-r", "x"], "--decap"),
	(["--decap", "--sent-before", "x", "-r", "x"], "--sent"),
	(["--decap", "--report"], "--report is for"),
	(["--decap", "--report", "--trace", "-r", "x"], "--report prints no packets"),
	(["--decap", "--report", "-o", "-", "-r", "x"], "standard output"),
	(["--netdev", "lo", "-r", "x"], "--netdev lo is where the packets come from"),
	(["--netdev", "lo", "--keep", "5"], "--netdev asks no daemon"),
	(["--netdev", "there-is-none"], "there-is-none"),
	(["--decap", "--geneve-class", "65536", "-r", "x"], "65536"),
])
def test_refused_options(args, words):
	assert words in pktcap(*args, rc=1)[1]


@pytest.fixture(name="wire")
def make_wire():
	"""Two namespaces: whoever sends at the end of one is received in the other, by nobody but us."""
	need("ip", "nsenter", "ethtool", "tcpdump")
	with Netns("send") as a, Netns("collect") as b:
		veth(a, "s0", b, "c0", mtu=9000)
		b.up("c0")
		with RawSocket(a, "s0") as sender:
			yield sender, b


class Collector(Process):
	def __init__(self, ns, *args):
		super().__init__(ns.argv(PKTCAP, "--socket", "/nonexistent", *args))
		self.wait_stderr("^pktcap: capturing on ")

	def finish(self, rc=0):
		got = self.end()
		assert not SANITIZER.search(self.stderr) and got == rc, self.stderr
		return self


def arrived(ns, n):
	"""Waits until that many frames have reached the interface."""
	wait_for(f"{n} frames", lambda: json.loads(ns.ip("-j", "-s", "link", "show", "c0"))[0]["stats64"]["rx"]["packets"] >= n, DEADLINE)


@pytest.mark.parametrize("where", [["-i", "c0"], ["--netdev", "c0"], ["--netdev", "any"]])
def test_on_an_interface(wire, tmp_path, where):
	"""Frames that arrive: the inner ones in a file, byte for byte, without the machine's other traffic; tcpdump counted what came."""
	sender, ns = wire
	out, seen = tmp_path / "out.pcapng", tmp_path / "seen.pcap"
	with Collector(ns, "--decap", *where, "-U", "-o", out) as c, Process(ns.argv("tcpdump", "--immediate-mode", "-B", "65536", "-Z", "root", "-i", "c0", "-w", seen, "-U")) as dump:
		dump.wait_stderr("listening on")
		frames = [f for n in range(50) for f in (erspan2(n, inner(n, n * 20)), inner(1000 + n))]
		for frame in frames:
			sender.send(frame)
		wait_for("tcpdump's file", lambda: seen.stat().st_size >= 24 + sum(16 + len(f) for f in frames), DEADLINE)
		wait_for("our own", lambda: packets_in(out) >= 50, DEADLINE)
		c.finish()
	assert oracles.read_pcap(seen) == frames
	assert oracles.read_pcap(out) == [inner(n, n * 20) for n in range(50)]
	assert "50 packets captured" in c.stderr and "50 copies, 50 other frames" in c.stderr
	assert "sequence 0 to 49: 0 missing in 0 gaps, 0 duplicates, 0 out of order" in c.stderr


def test_what_the_kernel_says(wire, tmp_path):
	sender, ns = wire
	out = tmp_path / "out.pcapng"
	with Collector(ns, "--decap", "--report", "--json", "--netdev", "c0", "-U", "-o", out) as c:
		for n in (0, 1, 5):
			sender.send(erspan2(n, inner(n)))
		wait_for("the copies", lambda: packets_in(out) >= 3, DEADLINE)
		c.finish()
	got = json.loads(c.stdout)["collector"]
	assert got["kernel"]["received"] >= 3 and got["kernel"]["dropped"] == 0
	(s,) = got["sources"]
	assert s["sequence"]["missing"] == 3 and s["loss"] == "sender or network"


def test_it_ends_by_itself(wire):
	sender, ns = wire
	with Collector(ns, "--decap", "-i", "c0", "-c", "3", "-l") as c:
		for n in range(5):
			sender.send(erspan2(n, inner(n)))
		assert c.wait() == 0
	assert len(c.stdout.splitlines()) == 3
	with Collector(ns, "--netdev", "c0", "--duration", "100ms") as c:
		assert c.wait() == 0


def test_as_tcpdump_has_it(wire, tmp_path):
	"""Without --decap: frames as they came, with a filter."""
	sender, ns = wire
	out = tmp_path / "out.pcapng"
	with Collector(ns, "--netdev", "c0", "-U", "-o", out, "tcp port 1003 or tcp port 1004") as c:
		frames = [inner(n) for n in range(10)]
		for frame in frames:
			sender.send(frame)
		arrived(ns, 10)
		wait_for("those two", lambda: packets_in(out) >= 2, DEADLINE)
		c.finish()
	assert oracles.read_pcap(out) == frames[3:5]
	assert {r["frame.interface_name"] for r in oracles.tshark_fields(out, "frame.interface_name")} == {"c0"}
