# SPDX-License-Identifier: BSD-3-Clause
#
# Filters: what workers take must be what libpcap takes offline from the same frames, by way of tcpdump. Every expression
# on 2,000 frames of pcaps/many.py, whole and cut, and on the malformed ones of pcaps/in; outside (--outer-only), inside tunnels (--inner-only), and both.
import contextlib
import subprocess
import sys
from pathlib import Path

import pytest
from rdtest import DEMO, ENV, PCAPS, PKTCAP, SOURCE, Daemon

import oracles
from decap import inner_frame
from pktcap import Pktcap

sys.path.insert(0, f"{SOURCE}/pcaps")
from many import many  # noqa: E402

SESSIONS = 32  # at once: the daemon's limit
AT_ONCE = 8  # that start: each takes its share of two slow cores

EXPRESSIONS = r"""
tcp[tcpflags] & tcp-syn != 0
tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn
tcp[tcpflags] == tcp-rst
tcp[13] = 18
tcp[13] & 0xc0 != 0
ip6[53] & 2 != 0
ether multicast
ether broadcast
ether[0] & 1 = 0 and ip
ip multicast
ip6 multicast
geneve
geneve 0x12400
geneve 5003
geneve and tcp
geneve 74752 and tcp port 80
geneve and vlan
geneve and geneve
not geneve
udp port 4789 and udp[12:4] >> 8 = 7000
udp port 6081
udp[12:4] >> 8 = 74752
vlan
vlan 10
vlan 200 and vlan 10
vlan and ip
vlan and ip6 and tcp
vlan and not ip
vlan or ip
vlan 4094 and arp
mpls
mpls 16 and mpls 17
mpls 18 and ip6
ip
ip6
arp
rarp
icmp
icmp6
tcp
udp
sctp
tcp or udp
ip6 and udp
icmp[icmptype] = icmp-echo
icmp[0] = 3 and icmp[1] = 4
icmp[icmptype] != icmp-echoreply
icmp6[0] = 135
ip6 proto 58
ip proto 50
ip proto \tcp
proto 47
ip[6:2] & 0x1fff != 0
ip[6:2] & 0x3fff != 0
ip[6] & 0x20 != 0 and ip[6:2] & 0x1fff = 0
ip6[6] = 44
udp port 1111
ip[0] & 0xf > 5
ip[0] & 0xf != 5 and udp
ip[1] & 0xfc >> 2 = 4
ip[8] < 5
ip6[7] < 5
ip[2:2] > 500
ip[16:4] = 0xac101f19
port 53
port 80 or port 443
not port 80
src port 22
dst port 22
tcp port 80 and not src port 80
portrange 1000-2000
portrange 40000-40005
tcp src portrange 50000-60000
udp dst portrange 53-123
not portrange 0-65535
host 172.16.31.25
src host 172.16.31.25
dst host 172.16.31.26
net 172.16.0.0/16
net 172.16.31
dst net 224.0.0.0/4
src net 192.168.4.0 mask 255.255.255.0
ip6 host 2001:db8::25
net 2001:db8::/64
ip6 src net 2001:db8:4::/48
ether host 00:50:56:a1:99:9e
ether src 00:50:56:a1:fc:f3 and ether dst ff:ff:ff:ff:ff:ff
ether proto 0x88cc
ether proto 0x8808 or ether proto 0x88b5
ether proto \ip
ether[12:2] <= 1500
ether[12:2] = 0x8100 and ether[14:2] & 0xfff = 100
llc
stp
less 60
greater 1514
len > 500 and len <= 1514
len = 74
less 54 and tcp
arp[6:2] = 1
arp[24:4] = 0xac101f19
arp and ether dst ff:ff:ff:ff:ff:ff
(tcp and port 80) or (udp and port 53)
not (tcp or udp or icmp or icmp6 or arp)
ip and not (src net 172.16.31.0/24 and (tcp or udp) and not greater 100)
(((ip or ip6) and (tcp or udp)) and not ((port 80 or port 22) and not (host 172.16.31.26)))
tcp[(tcp[12] & 0xf0) >> 2] = 0x78
udp[8:4] = 0x75757575
ip[((ip[0] & 0xf) << 2) + 2:2] = 80
tcp[tcp[12] >> 4] != 0
tcp[0:2] - tcp[2:2] > 10
ip[8] * 2 + 1 = 129
ip[2:2] / 4 = 10
ip[2:2] % 7 = 3
ip[4:2] ^ 7 = 0
0 - ip[8] > 0xffffffb0
ether[1400] = 0x73
1 = 1
vlan and vlan and vlan
vlan and arp
vlan 200 and vlan 10 and tcp
mpls and mpls and ip
mpls 1000
geneve and ip6
geneve and icmp6
ip6[6] = 0
ip6[40] = 6
icmp6[icmp6type] = icmp6-echo
ether[0] = 0x33 and ip6
""".strip().split("\n")

# What libpcap does not compile either, and the one kind of program that workers refuse: protochain makes a loop.
BAD = ["tcp port", "port 99999", "host 300.1.2.3", "ip[", "foo bar", "tcp and and udp", "ether host 1:2", "vlan 5000",
	"(tcp", "net 10.0.0.0/33", "wlan type mgt", "vxlan 7000", "1 = 2"]
LOOPS = ["ip6 protochain 6", "ip protochain 17", "protochain 6 and port 80"]

WHERE = {"outer": ["--outer-only"], "inner": ["--inner-only"], "both": []}


def all_frames():
	files = [f for f in Path(PCAPS).glob("*.pcap") if f.name != "corpus.pcap"] + sorted(Path(PCAPS).glob("malformed/*.pcap"))
	return many(2000) + [frame for f in sorted(files) for frame in oracles.read_pcap(f)]


class Oracle:
	"""libpcap's answers about a list of frames."""

	def __init__(self, folder, frames):
		self.whole, self.inner = folder / "whole.pcap", folder / "inner.pcap"
		inside = [(n, f) for n, f in ((n, inner_frame(f)) for n, f in enumerate(frames)) if f is not None]
		self.number = [n for n, _ in inside]  # of an inner frame: its outer frame's
		oracles.write_pcap(self.whole, frames)
		oracles.write_pcap(self.inner, [f for _, f in inside])

	def numbers(self, expression, where="both"):
		outer = oracles.matching(self.whole, expression) if where != "inner" else []
		inner = oracles.matching(self.inner, expression) if where != "outer" else []
		return sorted({*outer, *(self.number[n] for n in inner)})


@pytest.fixture(scope="module")
def frames():
	return all_frames()


@pytest.fixture(scope="module")
def oracle(tmp_path_factory, frames):
	return Oracle(tmp_path_factory.mktemp("oracle"), frames)


@pytest.fixture(scope="module")
def answers(tmp_path_factory, oracle):
	"""(expression, where): the frames that were captured at vmnic1's RX stage."""
	folder = tmp_path_factory.mktemp("answers")
	wanted = [(e, w) for e in EXPRESSIONS for w in WHERE]
	got = {}
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d:
		for at in range(0, len(wanted), SESSIONS):
			got.update(capture_batch(d, oracle.whole, folder, wanted[at:at + SESSIONS]))
	return got


def capture_batch(d, whole, folder, wanted):
	"""All frames once, past so many sessions."""
	running = {}
	try:
		for at in range(0, len(wanted), AT_ONCE):
			some = [Pktcap(d, "--uplink", "vmnic1", "--dir", "0", *WHERE[where], "--pcap", "-o", folder / f"{at + n}.pcap", expression, start=False)
				for n, (expression, where) in enumerate(wanted[at:at + AT_ONCE])]
			running.update(zip(wanted[at:at + AT_ONCE], some))
			for p in some:
				p.wait_stderr("^pktcap: capturing at uplink_rx@arm/vmnic1")
		d.cli("inject", "vmnic1", "pcap", str(whole))
		got = {}
		for n, (key, p) in enumerate(running.items()):
			assert "0 packets lost in the ring" in p.finish().stderr
			got[key] = oracles.read_pcap(folder / f"{n}.pcap")
		return got
	finally:
		for p in running.values():
			p.__exit__()


# pktcap-uw's options, and what libpcap takes instead.
MAC, OTHER_MAC = "00:50:56:a1:99:9e", "00:50:56:a1:fc:f3"
OPTIONS = {
	f"--srcmac {MAC}": f"ether src {MAC}",
	f"--dstmac {MAC}": f"ether dst {MAC}",
	f"--mac {OTHER_MAC}": f"ether host {OTHER_MAC}",
	"--ethtype 0x0806": "ether[12:2] = 0x806",
	"--vlan 10": "vlan 10",
	"--srcip 172.16.31.25": "src host 172.16.31.25",
	"--srcip 2001:db8::/32": "src net 2001:db8::/32",
	"--dstip 224.0.0.0/4": "dst net 224.0.0.0/4",
	"--ip 172.16.31.0/24": "net 172.16.31.0/24",
	"--srcip6 2001:db8::/64": "src net 2001:db8::/64",
	"--dstip6 ff00::/8": "dst net ff00::/8",
	"--ip6 2001:db8::25": "ip6 host 2001:db8::25",
	"--proto 0x3a": "icmp6 or ip proto 58",
	"--srcport 80": "tcp src port 80",
	"--dstport 80": "tcp dst port 80",
	"--tcpport 443": "tcp port 443",
	"--srctcpport 22": "tcp src port 22",
	"--dsttcpport 22": "tcp dst port 22",
	"--udpport 53": "udp port 53",
	"--srcudpport 53": "udp src port 53",
	"--dstudpport 53": "udp dst port 53",
	"--vni 74752": "geneve 74752",
	"--geneve 5003": "geneve 5003",
	"--vxlan 7000": "udp dst port 4789 and ((ip and udp[12:4] >> 8 = 7000) or (ip6 and ip6[52:4] >> 8 = 7000))",
	"--rcf greater_200": "len >= 200",
	f"--srcmac {OTHER_MAC} --tcpport 80 --rcf len<100": f"ether src {OTHER_MAC} and tcp port 80 and len < 100",
}


def words_of(options):
	return [w.replace("_", " ") for w in options.split(" ")]


def test_filter_options_equal_libpcap(tmp_path, frames, oracle):
	"""Each on all frames and inside tunnels, from a file; a sample of them live as well."""
	wrong = {}
	for options, expression in OPTIONS.items():
		wanted = [frames[n] for n in oracle.numbers(expression)]
		assert 0 < len(wanted) < len(frames), options
		oracles.run(PKTCAP, "-r", oracle.whole, "--pcap", "-o", tmp_path / "x.pcap", *words_of(options))
		if oracles.read_pcap(tmp_path / "x.pcap") != wanted:
			wrong[options] = len(wanted)
	assert wrong == {}


def test_filter_options_live(tmp_path, frames, oracle):
	some = list(OPTIONS)[::5]
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d, contextlib.ExitStack() as stack:
		running = [stack.enter_context(Pktcap(d, "--uplink", "vmnic1", "--dir", "rx", "-o", "-", *words_of(o))) for o in some]
		d.cli("inject", "vmnic1", "pcap", str(oracle.whole))
		for o, p in zip(some, running):
			p.finish()
			assert [f for _, f in oracles.parse_pcap(p.stdout)] == [frames[n] for n in oracle.numbers(OPTIONS[o])], o


def test_corpus_is_worth_it(frames, oracle):
	assert len(EXPRESSIONS) >= 120 and len(set(EXPRESSIONS)) == len(EXPRESSIONS)
	assert len(frames) > 2000 and len(oracle.number) > 350
	blind = [e for e in EXPRESSIONS if not oracle.numbers(e)]
	assert blind == ["rarp"], "every other expression takes something"


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_equals_libpcap(frames, oracle, answers, expression, where):
	assert answers[expression, where] == [frames[n] for n in oracle.numbers(expression, where)]


@pytest.mark.parametrize("port,stage", [("arm/vmnic1", "uplink_rx"), ("x86/vmnic2", "uplink_rx"),
	("x86/gs-ubuntu-01.eth0", "vnic_rx"), ("arm/vmnic0_MUX_PF16387", "mux_rx"), ("arm/vmk10", "vmk_rx")])
def test_everything_is_seen_at_entry(tmp_path, frames, port, stage):
	"""Runts, jumbos and malformed frames, too: the capture point is before the stage's own checks."""
	oracles.write_pcap(tmp_path / "in.pcap", frames)
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d:
		with Pktcap(d, "--capture", f"{stage}@{port}", "--pcap", "-o", tmp_path / "out.pcap") as p:
			d.cli("inject", port, "pcap", str(tmp_path / "in.pcap"))
			p.finish()
	got = oracles.read_pcap(tmp_path / "out.pcap")
	if stage == "vmk_rx":  # the switch's own answers enter there, too
		got = [f for f in got if f in set(frames)]
	assert got == frames


def test_one_filter_at_every_stage(tmp_path, frames):
	"""Decap, encap and tiers change what a filter sees; at each hop it must be right about the frame as it is there."""
	expressions = ["tcp", "geneve", "host 172.16.31.25 and port 80", "tcp[tcpflags] & tcp-syn != 0", "len < 100", "vlan",
		"not ip", "udp port 6081", "ip6", "ether src 00:50:56:a1:fc:f3"]
	oracles.write_pcap(tmp_path / "in.pcap", frames)
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d:
		running = [Pktcap(d, "-o", tmp_path / f"{n}.pcapng", e) for n, e in enumerate([*expressions, ""])]
		try:
			d.cli("inject", "vmnic1", "pcap", str(tmp_path / "in.pcap"))
			for p in running:
				assert "0 packets lost in the ring" in p.finish().stderr
		finally:
			for p in running:
				p.__exit__()
	everything = tmp_path / f"{len(expressions)}.pcapng"
	records = hops(everything)
	oracle = Oracle(tmp_path, oracles.read_pcap(everything))
	for n, e in enumerate(expressions):
		assert hops(tmp_path / f"{n}.pcapng") == [records[i] for i in oracle.numbers(e)], e


def hops(path):
	fields = ("frame.interface_name", "frame.packet_id", "frame.time_epoch", "frame.len")
	return [tuple(r.values()) for r in oracles.tshark_fields(path, *fields)]


def test_inner_only_without_expression(oracle, frames):
	"""Every tunnel packet, whatever is inside."""
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d:
		with Pktcap(d, "--uplink", "vmnic1", "--dir", "rx", "--inner-only", "-o", "-") as p:
			d.cli("inject", "vmnic1", "pcap", str(oracle.whole))
			p.finish()
	assert [f for _, f in oracles.parse_pcap(p.stdout)] == [frames[n] for n in oracle.number]


def test_words_or_one_text(oracle, frames):
	"""The expression may be one argument or several, as with tcpdump."""
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d:
		with Pktcap(d, "--uplink", "vmnic1", "--dir", "rx", "-o", "-", "tcp", "port", "80", "and", "not", "vlan") as words, \
				Pktcap(d, "--uplink", "vmnic1", "--dir", "rx", "-o", "-", "tcp port 80 and not vlan") as text:
			d.cli("inject", "vmnic1", "pcap", str(oracle.whole))
			words.finish()
			text.finish()
	wanted = [frames[n] for n in oracle.numbers("tcp port 80 and not vlan")]
	for p in (words, text):
		assert [f for _, f in oracles.parse_pcap(p.stdout)] == wanted


def complaint(daemon, *args):
	done = subprocess.run([PKTCAP, "--socket", daemon.path, *args], capture_output=True, text=True, env=ENV, timeout=180,
		check=False)
	assert done.returncode == 1 and done.stdout == "", done
	assert done.stderr.count("\n") <= 3, "an error is short"
	return done.stderr


def test_refused_as_by_libpcap():
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d:
		for expression in BAD:
			theirs = subprocess.run(["tcpdump", "-y", "EN10MB", "-d", expression], capture_output=True, text=True,
				check=False)
			assert theirs.returncode != 0, expression
			words = theirs.stderr.strip().split("\n")[-1].removeprefix("tcpdump: ")
			ours = complaint(d, expression)
			assert words in ours and "man pcap-filter" in ours, (words, ours)


def test_loops_are_refused():
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d:
		for expression in LOOPS:
			assert "protochain" in complaint(d, expression).split("try")[-1]
		with d.client() as c:
			assert c.list("capture.list") == []


def test_no_match_says_so(oracle):
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d:
		with Pktcap(d, "--uplink", "vmnic1", "--outer-only", "tcp port 9999") as p:
			d.cli("inject", "vmnic1", "pcap", f"{PCAPS}/emulated-syn.pcap")
			p.finish()
		assert 'filter "tcp port 9999" matched none' in p.stderr and "--outer-only" in p.stderr
