# SPDX-License-Identifier: BSD-3-Clause
#
# pktcap --drop REASON for reasons outside the firewall (firewall_test.py has those): each is provoked and captured by its name, alone
# and among others; scapy and tshark read what was written.
import os
import subprocess
import time

import pytest
from rdtest import Daemon
from scapy.all import ARP, ICMP, IP, UDP, Dot1Q, Ether, ICMPv6ND_NS, IPv6, raw, rdpcap, wrpcap

from pktcap import Pktcap

GUEST, OTHER, UPLINK = "02:00:00:00:00:0a", "02:00:00:00:00:0b", "02:00:00:00:00:01"
WORLD = """
host add h default
switch add s host h portset 3
segment add lan switch h/s vlan 0
segment add quiet switch h/s vlan 20
segment set quiet flood off
port add up switch h/s type uplink mac 02:00:00:00:00:01
port add a switch h/s type vnic mac 02:00:00:00:00:0a segment h/lan
port add b switch h/s type vnic mac 02:00:00:00:00:0b segment h/lan
port add c switch h/s type vnic mac 02:00:00:00:00:0c segment h/quiet
port add bound switch h/s type vnic mac 02:00:00:00:00:0e segment h/lan addresses 10.9.9.9
port add slow switch h/s type vnic mac 02:00:00:00:00:0f segment h/lan max-packets 1
port add few switch h/s type vnic mac 02:00:00:00:00:10 segment h/lan max-flows 1
port add lonely switch h/s type vnic mac 02:00:00:00:00:0d
"""


def ip(dst=OTHER, src=GUEST, **fields):
	return Ether(dst=dst, src=src) / IP(src="10.0.0.1", dst="10.0.0.2", **fields) / UDP(sport=5, dport=6) / b"payload"


# The frame, the port that it comes in at, and the stage that drops it.
CASES = {
	"PORT_MAC_SPOOF": (ip(src="02:00:00:00:00:77"), "a", "port_in"),
	"PORT_VLAN_GUEST": (Ether(dst=OTHER, src=GUEST) / Dot1Q(vlan=5) / IP() / ICMP(), "a", "port_in"),
	"PORT_VLAN_UNKNOWN": (Ether(dst=GUEST, src="02:00:00:00:00:99") / Dot1Q(vlan=77) / IP() / ICMP(), "up", "port_in"),
	"VNIC_IP_SPOOF": (ip(src="02:00:00:00:00:0e"), "bound", "port_in"),
	"ND_INVALID": (Ether(dst="33:33:00:00:00:01", src="02:00:00:00:00:0e") / IPv6(src="fe80::ff:fe00:e", dst="ff02::1", hlim=64)
		/ ICMPv6ND_NS(tgt="2001:db8::1"), "bound", "port_in"),
	"PORT_NO_SEGMENT": (ip(src="02:00:00:00:00:0d"), "lonely", "port_in"),
	"RX_SMAC_INVALID": (ip(src="01:00:00:00:00:01"), "a", "vnic_rx"),
	"PARSE_IP_CSUM": (ip(chksum=1), "a", "classify"),
	"PARSE_IP_LEN": (ip(len=1000), "a", "classify"),
	"L2_NO_DEST": (ip(dst="02:00:00:00:00:55", src="02:00:00:00:00:0c"), "c", "l2_lookup"),
	"L2_HAIRPIN": (ip(dst=GUEST), "a", "l2_lookup"),
	"L2_CONTROL": (ip(dst="01:80:c2:00:00:0e"), "a", "l2_lookup"),
	"TX_NO_DEVICE": (ip(), "a", "vnic_tx"),
}


@pytest.fixture(name="d", scope="module")
def daemon():
	with Daemon(lines=WORLD) as d:
		yield d


def inject(c, reason):
	frame, port, _ = CASES[reason]
	assert c("inject", port=port, frames=[raw(frame).hex()])["injected"] == 1


def count(c, reason, stage):
	return sum(r["count"] for r in c.list("drop.list", reason=reason, detail=True) if r["stage"] == stage)


@pytest.mark.parametrize("reason", CASES)
def test_each_alone(d, tmp_path, reason):
	"""All others happen too, before it and after it; the file has this one only."""
	frame, _, stage = CASES[reason]
	path = tmp_path / "x.pcapng"
	with d.client() as c:
		before = count(c, reason, stage)
		with Pktcap(d, "--drop", reason, "-o", path) as live:
			for other in (r for r in CASES if r != reason):
				inject(c, other)
			inject(c, reason)
			for other in (r for r in CASES if r != reason):
				inject(c, other)
			live.finish()
		assert count(c, reason, stage) == before + 1
	assert [raw(p) for p in rdpcap(str(path))] == [raw(frame)]
	fields = subprocess.run(["tshark", "-r", path, "-T", "fields", "-e", "frame.comment"], capture_output=True, text=True, check=True)
	assert f"DROPPED {reason}" in fields.stdout or reason in fields.stdout, fields.stdout


@pytest.mark.parametrize("reason, port, mac", [("VNIC_RATE", "slow", "02:00:00:00:00:0f"), ("FLOW_NEW_DENIED", "few", "02:00:00:00:00:10")])
def test_limits(d, tmp_path, reason, port, mac):
	"""Of forty packets of new flows sixteen may go at once, and one more each second: the others are in the file."""
	frames = [raw(Ether(dst=OTHER, src=mac) / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=1000 + i, dport=6)) for i in range(40)]
	path = tmp_path / "x.pcapng"
	with d.client() as c:
		with Pktcap(d, "--drop", reason, "-o", path) as live:
			assert c("inject", port=port, frames=[f.hex() for f in frames])["injected"] == 40
			live.finish()
		lost = c.one("drop.list", reason=reason)["count"]
	seen = [raw(p) for p in rdpcap(str(path))]
	assert len(seen) == lost and 1 <= lost <= 24 and all(f in frames for f in seen)


def test_times_are_of_what_is_asked_for():
	"""The same reason at two ports, one after the other: first, last and what the shared record left out are each port's own; our clock says when."""
	def spoofed(c, port, nb):
		begun = time.time_ns()
		assert c("inject", port=port, frames=[raw(ip(src="02:00:00:00:00:77")).hex()], count=nb)["injected"] == nb
		return begun, time.time_ns()

	def times(c, **which):
		got = c.one("drop.list", reason="PORT_MAC_SPOOF", **which)
		rows = c.list("drop.list", reason="PORT_MAC_SPOOF", detail=True, **which)
		assert got["count"] == sum(r["count"] for r in rows) and got["suppressed"] == sum(r["suppressed"] for r in rows)
		assert (got["first_ns"], got["last_ns"]) == (min(r["first_ns"] for r in rows), max(r["last_ns"] for r in rows))
		return got["first_ns"], got["last_ns"], got["count"], got["suppressed"]

	with Daemon(lines=WORLD) as d, d.client() as c:
		storm = spoofed(c, "a", 5000)
		rare = spoofed(c, "b", 3)
		a, b, both = (times(c, **which) for which in ({"port": "a"}, {"port": "b"}, {"stage": "port_in"}))
		assert storm[0] <= a[0] <= a[1] <= storm[1] <= rare[0] <= b[0] <= b[1] <= rare[1]
		assert a[2] == 5000 and 0 < a[3] < 5000 and b[2] == 3
		assert both == (a[0], b[1], 5003, a[3] + b[3])
		again = spoofed(c, "a", 1)
		assert times(c, port="a")[0] == a[0] and again[0] <= times(c, port="a")[1] <= again[1]
		assert times(c, port="b") == b
		d.cli("port", "del", "b")  # its drops are nobody's now, but not forgotten
		assert times(c, stage="port_in")[0] == a[0] and times(c, stage="port_in")[2] == 5004
		assert c.list("drop.list", port="c") == []


def test_several_and_patterns(d):
	wanted = [r for r in CASES if r.startswith(("PORT_", "PARSE_"))] + ["L2_HAIRPIN"]
	with d.client() as c, Pktcap(d, "--drop", "PORT_*,PARSE_*,L2_HAIRPIN", "--json") as live:
		for reason in CASES:
			inject(c, reason)
		live.finish()
	assert sorted(r["reason"] for r in live.records()) == sorted(wanted)


def test_at_one_port(d):
	with d.client() as c, Pktcap(d, "--drop", "PORT_MAC_SPOOF,PORT_NO_SEGMENT", "--switchport", "lonely", "--json") as live:
		for reason in CASES:
			inject(c, reason)
		live.finish()
	assert [r["reason"] for r in live.records()] == ["PORT_NO_SEGMENT"]


def test_with_a_filter(d):
	with d.client() as c, Pktcap(d, "--drop", "L2_HAIRPIN", "--json", "udp port 6") as live:
		for frame in (CASES["L2_HAIRPIN"][0], Ether(dst=GUEST, src=GUEST) / ARP()):
			c("inject", port="a", frames=[raw(frame).hex()])
		live.finish()
	assert [r["reason"] for r in live.records()] == ["L2_HAIRPIN"]


@pytest.mark.parametrize("words", ["NO_SUCH_REASON", "PORT_MAC_SPOOF,NO_SUCH", "L2_*,NOPE_*"])
def test_unknown(d, words):
	with Pktcap(d, "--drop", words, start=False) as live:
		assert live.wait() != 0
		assert "drop" in live.stderr, live.stderr


def starve(d):
	"""The second worker gets what the first one, which always polls, leaves of one core: next to nothing"""
	threads = sorted(int(t) for t in os.listdir(f"/proc/{d.proc.pid}/task"))
	names = {}
	for t in threads:
		with open(f"/proc/{d.proc.pid}/task/{t}/comm", encoding="ascii") as f:
			names.setdefault(f.read().strip(), t)
	workers = [t for name, t in sorted(names.items()) if name.startswith(("lcore-worker", "rte-worker"))]
	assert len(workers) == 2, names
	for t in workers:
		os.sched_setaffinity(t, {min(os.sched_getaffinity(0))})
	os.sched_setscheduler(workers[1], os.SCHED_IDLE, os.sched_param(0))


def test_between_workers(tmp_path):
	"""A worker that hardly runs has a full ring before it: the drops are captured by that name, whole, and no others."""
	sent = [raw(ip(id=i)) for i in range(64)]
	for i, f in enumerate(sent):
		p = Ether(f)
		p[UDP].sport = 1000 + i
		del p[IP].chksum, p[UDP].chksum
		sent[i] = raw(p)
	wrpcap(str(tmp_path / "in.pcap"), [Ether(f) for f in sent])
	with Daemon("--workers", "2", "--busy-poll", "--model", "balanced", lines=WORLD) as d, d.client() as c:
		starve(d)
		with Pktcap(d, "--drop", "LCORE_*", "-c", "200", "-o", tmp_path / "x.pcap") as full, \
				Pktcap(d, "--drop", "LCORE_*", "--json", "-c", "20") as named, Pktcap(d, "--drop", "PORT_*", "--json") as others:
			c("port.set", port="a", device=f"net_pcap0,rx_pcap={tmp_path}/in.pcap,infinite_rx=1")
			assert full.wait() == 0 and named.wait() == 0
			c("port.set", port="a", device="none")
			others.finish()
		assert {r["reason"] for r in named.records()} == {"LCORE_HANDOFF_FULL"}
		assert others.records() == []
		assert c.one("drop.list", reason="LCORE_HANDOFF_FULL")["count"] >= 200
	got = [raw(p) for p in rdpcap(str(tmp_path / "x.pcap"))]
	assert len(got) == 200 and set(got) <= set(sent)
