# SPDX-License-Identifier: BSD-3-Clause
#
# pktcap -r on everybody's files: what tcpdump and tshark read in them is what we read. Files are made by editcap, scapy, gzip
# and zstd.
import gzip
import json
import os
import re
import struct
import subprocess

import pytest
from rdtest import DEMO, ENV, PCAPS, PKTCAP, Daemon
from scapy.all import IP, TCP, UDP, CookedLinux, CookedLinuxV2, Dot1Q, Ether, IPv6, Raw, wrpcap
from scapy.contrib.erspan import ERSPAN_II, ERSPAN_III
from scapy.contrib.geneve import GENEVE
from scapy.layers.l2 import GRE
from scapy.layers.vxlan import VXLAN
from scapy.utils import RawPcapNgWriter

import oracles
from pktcap import DEADLINE, SANITIZER, Pktcap, Process

CORPUS = f"{PCAPS}/corpus.pcap"


def read(*args, rc=0, stdin=None):
	"""(stdout, stderr) of pktcap -r, which needs no daemon."""
	done = subprocess.run([PKTCAP, *map(str, args)], input=stdin, capture_output=True, env=ENV, timeout=DEADLINE, check=False)
	stderr = done.stderr.decode()
	assert not SANITIZER.search(stderr), stderr
	assert done.returncode == rc, stderr
	return done.stdout.decode(), stderr


def records(path, *args, **how):
	return [json.loads(line) for line in read("-r", path, "--json", *args, **how)[0].splitlines()]


def frames(path, tmp_path, *args, **how):
	"""The frames that we read, as libpcap reads them back from what we write."""
	out = tmp_path / "frames.pcap"
	read("-r", path, "--pcap", "-o", out, *args, **how)
	return oracles.read_pcap(out)


def times(path):
	return [int(r["frame.time_epoch"].replace(".", "")) for r in oracles.tshark_fields(path, "frame.time_epoch")]


FRAMES = oracles.read_pcap(CORPUS)


@pytest.mark.parametrize("kind", ["pcap", "nsecpcap", "modpcap", "pcapng"])
def test_every_form_of_a_file(tmp_path, kind):
	"""The corpus in the forms that Wireshark can write."""
	path = tmp_path / "x"
	oracles.run("editcap", "-F", kind, CORPUS, path)
	assert frames(path, tmp_path) == FRAMES
	assert [r["ns"] for r in records(path)] == times(path)


def swapped(data):
	"""A classic pcap file in the other byte order."""
	out, at = struct.pack(">IHHiIII", *struct.unpack_from("<IHHiIII", data)), 24
	while at < len(data):
		head = struct.unpack_from("<IIII", data, at)
		out += struct.pack(">IIII", *head) + data[at + 16:at + 16 + head[2]]
		at += 16 + head[2]
	return out


@pytest.mark.parametrize("kind", ["pcap", "nsecpcap"])
def test_the_other_byte_order(tmp_path, kind):
	path, other = tmp_path / "x", tmp_path / "y"
	oracles.run("editcap", "-F", kind, CORPUS, path)
	other.write_bytes(swapped(path.read_bytes()))
	assert oracles.read_pcap(other) == FRAMES, "the file itself is in order"
	assert frames(other, tmp_path) == FRAMES
	assert [r["ns"] for r in records(other)] == times(other)


def packed(tmp_path, how):
	path = tmp_path / "x"
	data = open(CORPUS, "rb").read()
	if how == "gzip":
		path.write_bytes(gzip.compress(data))
	elif how == "zstd":
		oracles.run("zstd", "-q", "-19", "--long=27", CORPUS, "-o", path)
	else:  # two packed halves, one behind the other
		half = len(data) // 2
		path.write_bytes(b"".join(oracles.run(how.split("+")[0], "-c", stdin=d) for d in (data[:half], data[half:])))
	return path


@pytest.mark.parametrize("how", ["gzip", "zstd", "gzip+gzip", "zstd+zstd"])
def test_packed_files(tmp_path, how):
	path = packed(tmp_path, how)
	assert frames(path, tmp_path) == FRAMES
	assert frames("-", tmp_path, stdin=path.read_bytes()) == FRAMES


@pytest.mark.parametrize("how", ["gzip", "zstd+zstd"])
def test_a_packed_file_that_is_cut(tmp_path, how):
	"""What can be read is there; then it is said that the rest is missing."""
	path, out = packed(tmp_path, how), tmp_path / "out.pcap"
	path.write_bytes(path.read_bytes()[:-5])
	_, err = read("-r", path, "--pcap", "-o", out, rc=1)
	got = oracles.read_pcap(out)
	assert "the packed file ends before its end" in err
	assert 50 < len(got) and got == FRAMES[:len(got)]


@pytest.mark.parametrize("kind", ["pcap", "pcapng"])
def test_a_file_that_is_cut(tmp_path, kind):
	path, out = tmp_path / "x", tmp_path / "out.pcap"
	oracles.run("editcap", "-F", kind, CORPUS, path)
	path.write_bytes(path.read_bytes()[:-30])
	_, err = read("-r", path, "--pcap", "-o", out, rc=1)
	assert oracles.read_pcap(out) == FRAMES[:-1]
	assert re.search(r"the file ends inside a (packet|record|block).*at byte \d+", err)


@pytest.mark.parametrize("expression", ["udp", "ip6", "vlan and tcp", "tcp[tcpflags] & tcp-syn != 0", "len > 200 or arp"])
def test_filters(tmp_path, expression):
	theirs = [f for _, f in oracles.parse_pcap(oracles.run("tcpdump", "-r", CORPUS, "-w", "-", expression))]
	assert theirs and frames(CORPUS, tmp_path, "--outer-only", expression) == theirs


SYN = IP(src="10.0.0.1", dst="10.0.0.2") / TCP(sport=1000, dport=80, flags="S", seq=77)
SYN6 = IPv6(src="2001:db8::1", dst="2001:db8::2") / TCP(sport=1000, dport=80, flags="S", seq=77)
LINKS = {
	101: [SYN, SYN6],
	113: [CookedLinux(pkttype=4, lladdrlen=6, src=b"\2\0\0\0\0\1\0\0", proto=0x800) / SYN,
		CookedLinux(pkttype=0, lladdrlen=6, src=b"\2\0\0\0\0\1\0\0", proto=0x86DD) / SYN6],
	276: [CookedLinuxV2(pkttype=4, lladdrlen=6, src=b"\2\0\0\0\0\1\0\0", proto=0x800) / SYN,
		CookedLinuxV2(pkttype=0, lladdrlen=6, src=b"\2\0\0\0\0\1\0\0", proto=0x86DD) / SYN6],
}


@pytest.mark.parametrize("link", LINKS)
def test_other_links(tmp_path, link):
	"""Raw IP and Linux's cooked frames: filters and texts as on Ethernet."""
	path = tmp_path / "x.pcap"
	wrpcap(str(path), LINKS[link], linktype=link)
	rows = oracles.tshark_fields(path, "ip.src", "ipv6.src", "tcp.dstport", "tcp.seq_raw")
	assert [r["tcp.dstport"] for r in rows] == ["80", "80"], "tshark can read it"
	found = records(path, "tcp port 80")
	assert len(found) == 2
	assert "10.0.0.1.1000 > 10.0.0.2.80: Flags [S], seq 77" in found[0]["summary"]
	assert "2001:db8::1.1000 > 2001:db8::2.80: Flags [S], seq 77" in found[1]["summary"]
	if link != 101:
		assert [r["dir"] for r in found] == ["tx", "rx"] and "02:00:00:00:00:01 >" in found[0]["summary"]


def test_sections_and_links_in_one_file(tmp_path):
	"""Two sections, the second in another link type and with a link that nobody reads here."""
	a, b, both = (tmp_path / n for n in ("a", "b", "both"))
	oracles.run("editcap", "-F", "pcapng", "-r", CORPUS, a, "1-5")
	w = RawPcapNgWriter(str(b))
	w.close()
	wrpcap(str(tmp_path / "c"), LINKS[101], linktype=101)
	oracles.run("editcap", "-F", "pcapng", tmp_path / "c", b)
	wrpcap(str(tmp_path / "d"), [Raw(b"\x80\0" + bytes(40))], linktype=105)
	oracles.run("editcap", "-F", "pcapng", tmp_path / "d", tmp_path / "e")
	both.write_bytes(a.read_bytes() + b.read_bytes() + (tmp_path / "e").read_bytes())
	out, err = read("-r", both)
	assert out.count("\n") == 7 and "1 frames of link type IEEE802_11 (105) were left out" in err
	_, err = read("-r", tmp_path / "e", rc=1)
	assert "link type IEEE802_11 (105): only Ethernet" in err


def test_a_pipe_is_shown_as_it_comes():
	"""Each packet appears while the pipe is still open."""
	data = open(CORPUS, "rb").read()
	with Process([PKTCAP, "-r", "-"], stdin=subprocess.PIPE) as p:
		caplen = struct.unpack_from("<I", data, 32)[0]
		p.popen.stdin.write(data[:24 + 16 + caplen])
		p.popen.stdin.flush()
		p.wait_stdout(r"^\d\d:\d\d:\d\d.*\n")
		assert p.popen.poll() is None
		p.popen.send_signal(2)
		assert p.wait() == 0, p.stderr
		p.popen.stdin.close()


def test_names_in_hostile_files(tmp_path):
	"""An interface's name can't send control characters to the terminal."""
	path = tmp_path / "x.pcapng"
	oracles.run("editcap", "-F", "pcapng", "-r", CORPUS, path, "1-2")
	data = path.read_bytes()
	at = data.index(struct.pack("<I", 1), 28)
	length = struct.unpack_from("<I", data, at + 4)[0]
	name = b"a/uplink_rx@\x1b[2J"
	option = struct.pack("<HH", 2, len(name)) + name + bytes(-len(name) % 4)
	block = struct.pack("<IIHHI", 1, 20 + len(option), 1, 0, 0) + option + struct.pack("<I", 20 + len(option))
	path.write_bytes(data[:at] + block + data[at + length:])
	assert oracles.tshark_fields(path, "frame.interface_name")[0]["frame.interface_name"].startswith("a/uplink_rx@")
	assert "\x1b" not in read("-r", path)[0]


OUTER = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(src="192.0.2.1", dst="192.0.2.2")
INNER = Ether(src="00:50:56:00:00:01", dst="00:50:56:00:00:02") / SYN / Raw(b"hello")
TUNNELS = {
	"erspan1": OUTER / GRE(proto=0x88BE) / Raw(bytes(INNER)),
	"erspan2": OUTER / GRE(proto=0x88BE, seqnum_present=1, sequence_number=7) / ERSPAN_II(ver=1, session_id=100, index=5) / INNER,
	"erspan3": OUTER / GRE(proto=0x22EB, seqnum_present=1, sequence_number=8) / ERSPAN_III(session_id=9, sgt_other=3) / INNER,
	"gre": OUTER / GRE(proto=0x6558, key_present=1, key=0xABC, seqnum_present=1, sequence_number=3) / INNER,
	"vxlan": OUTER / UDP(sport=50000, dport=4789) / VXLAN(vni=4711, flags=8) / INNER,
	"geneve": OUTER / UDP(sport=50000, dport=6081) / GENEVE(vni=74752) / INNER,
	"ip6": Ether() / Dot1Q(vlan=7) / IPv6(src="2001:db8::1", dst="2001:db8::2") / UDP(dport=4789) / VXLAN(vni=1, flags=8) / INNER,
	"gre-ip": OUTER / GRE(proto=0x800) / SYN,
}
TEXTS = {"erspan1": "erspan1", "erspan2": "erspan2 session=100 seq=7", "erspan3": "erspan3 session=9 seq=8",
	"gre": "gre key=0x00000abc seq=3", "vxlan": "vxlan vni=4711", "geneve": "geneve vni=74752", "ip6": "vxlan vni=1", "gre-ip": "gre"}
TSHARK = {"erspan1": "erspan", "erspan2": "erspan.spanid == 100", "erspan3": "erspan.spanid == 9", "gre": "gre.key == 0xabc",
	"vxlan": "vxlan.vni == 4711", "geneve": "geneve.vni == 74752", "ip6": "vxlan.vni == 1", "gre-ip": "gre"}


@pytest.mark.parametrize("kind", TUNNELS)
def test_decap(tmp_path, kind):
	"""The inner frame, byte for byte; tshark agrees that the tunnel is what we call it."""
	path, out = tmp_path / "x.pcap", tmp_path / "out.pcap"
	frame = Ether(bytes(TUNNELS[kind]))
	wrpcap(str(path), [frame])
	assert len(oracles.tshark_fields(path, "frame.len", options=("-Y", TSHARK[kind]))) == 1
	(r,) = records(path, "--decap")
	assert r["decap"].startswith(TEXTS[kind])
	read("-r", path, "--decap", "--pcap", "-o", out)
	inner = bytes(INNER) if kind != "gre-ip" else bytes(12) + b"\x08\0" + bytes(SYN)
	assert oracles.read_pcap(out) == [inner]
	assert "decap" not in records(path)[0], "only when asked"
	# The filter looks at the inner frame as well, and only there with --inner-only.
	if kind != "gre-ip":
		assert len(records(path, "--decap", "--inner-only", "tcp port 80")) == 1
		assert len(records(path, "--decap", "--inner-only", "host 192.0.2.1")) == 0


def test_decap_counts_layers(tmp_path):
	"""A mirrored tunnel packet: --decap=1 takes the mirror's header off only."""
	path = tmp_path / "x.pcap"
	tunnel = TUNNELS["geneve"]
	wrpcap(str(path), [OUTER / GRE(proto=0x88BE, seqnum_present=1) / ERSPAN_II(ver=1, session_id=1) / tunnel])
	(one,), (all_,) = records(path, "--decap=1"), records(path, "--decap")
	assert one["len"] == len(tunnel) and all_["len"] == len(INNER)
	assert all_["decap"].startswith("erspan2 session=1") and all_["decap"].endswith("geneve vni=74752")
	assert "--decap=9 is not a number" in read("-r", path, "--decap=9", rc=1)[1]


def memory_of(path):
	"""KiB that reading a file took at most; the sanitizer's store of freed memory is not ours."""
	env = ENV | {"ASAN_OPTIONS": ENV["ASAN_OPTIONS"] + ":quarantine_size_mb=1"}
	child = subprocess.Popen([PKTCAP, "-r", path, "-o", "/dev/null", "--pcap"], env=env)
	_, status, usage = os.wait4(child.pid, 0)
	child.returncode = status
	assert status == 0
	return usage.ru_maxrss


def test_memory_stays_bounded(tmp_path):
	"""A file of 200 MB, packed into a few KB, is read without being held."""
	head, record = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1), struct.pack("<IIII", 0, 0, 0, 0)
	small, big = tmp_path / "small.zst", tmp_path / "big.zst"
	small.write_bytes(oracles.run("zstd", "-q", "-c", stdin=head + record))
	big.write_bytes(oracles.run("zstd", "-q", "-c", stdin=head + record * (200 * 2**20 // 16)))
	assert big.stat().st_size < 2**18
	assert memory_of(big) - memory_of(small) < 32 << 10


# --- triggers ---

def drop_file(d, path):
	"""A capture of everything with a drop in it, and its records."""
	syn = ["pcap", f"{PCAPS}/emulated-syn.pcap"]
	with Pktcap(d, "--json", "-w", path) as p:
		for what in (syn, ["hex", "00" * 20], syn):
			d.cli("inject", "vmnic1", *what)
		p.wait_stdout(r'(?s)"reason":"RX_SMAC_INVALID".*"stage":"vnic_tx"')
		p.finish()
	return p.records()


@pytest.fixture(name="dropped", scope="module")
def dropped_file(tmp_path_factory):
	path = tmp_path_factory.mktemp("dropped") / "all.pcapng"
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d:
		return path, drop_file(d, path)


def keys(recs):
	return [(r["packet_id"], r["stage"], r["hop"]) for r in recs]


def test_around_a_drop_in_a_file(dropped):
	path, whole = dropped
	at = [r["reason"] for r in whole].index("RX_SMAC_INVALID")
	got, said = read("-r", path, "--json", "--stop-on", "RX_SMAC_*", "--before", "3", "--after", "2")
	assert keys(map(json.loads, got.splitlines())) == keys(whole[at - 3:at + 3])
	assert "stopped by: " in said and "RX_SMAC_INVALID" in said
	started = records(path, "--start-on", "drop", "--before", "1")
	assert keys(started) == keys(whole[at - 1:])


def test_a_drop_triggers_where_drops_are_not_asked_for(dropped):
	"""As live: the drop's record counts, and is not written."""
	path, whole = dropped
	at = [r["reason"] for r in whole].index("RX_SMAC_INVALID")
	got = records(path, "--capture", "uplink_rx", "--stop-on", "RX_SMAC_INVALID", "--before", "2")
	assert keys(got) == keys([r for r in whole[:at] if r["stage"] == "uplink_rx"][-2:])
	nothing, said = read("-r", path, "--json", "--start-on", "DFW_*", "--before", "2")
	assert nothing == "" and "the trigger did not come" in said


def test_filters_trigger_in_anyones_file(tmp_path):
	"""By the frame, and by the frame inside a tunnel; packet ids are the frames' numbers."""
	path = tmp_path / "x.pcap"
	eth, ip = Ether(src="00:50:56:00:00:01", dst="00:50:56:00:00:02"), IP(src="192.0.2.1", dst="192.0.2.2")
	plain = [eth / ip / UDP(sport=1000 + n, dport=9) / Raw(b"x" * n) for n in range(20)]
	plain[11] = eth / ip / UDP(sport=1, dport=6081) / GENEVE(proto=0x6558, vni=7) / eth / ip / TCP(dport=80)
	plain[15] = eth / ip / TCP(dport=443)
	wrpcap(str(path), plain)
	assert oracles.run("tcpdump", "-nr", path, "tcp").decode().count("\n") == 1  # libpcap sees the outer one only
	got = records(path, "--start-on", "tcp", "--before", "2", "--after", "1")
	assert [r["packet_id"] for r in got] == [10, 11, 12, 13]
	got = records(path, "--stop-on", "tcp port 443", "--before", "4", "--after", "2")
	assert [r["packet_id"] for r in got] == [12, 13, 14, 15, 16, 17, 18]
	assert [r["packet_id"] for r in records(path, "--start-on", "tcp port 80", "--stop-on", "tcp port 443")] == [12, 13, 14, 15, 16]
	assert [r["packet_id"] for r in records(path, "-c", "3", "--start-on", "tcp port 443", "--before", "9")] == [7, 8, 9]


@pytest.mark.parametrize("args", [["--name", "x"], ["--keep", "5s"], ["--duration", "1s"]])
def test_no_session_in_a_file(args):
	assert "-r reads a file" in read("-r", CORPUS, *args, rc=1)[1]
