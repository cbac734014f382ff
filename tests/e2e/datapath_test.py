# SPDX-License-Identifier: BSD-3-Clause
#
# The whole daemon between two capture files (net_pcap, no root needed): what goes in is made by scapy, what comes out is
# read by scapy and checked by tshark. Real ports are the subject of ports_*_test.py.
import subprocess

import pytest
from rdtest import DEMO, PCAPS, Daemon, wait_for
from scapy.contrib.geneve import GENEVE
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Raw
from scapy.utils import rdpcap, wrpcap

OVERLAY = """
host add arm default
switch add s host arm portset 3
port add up switch s type uplink mac 02:00:00:00:00:10 device "net_pcap0,rx_pcap={dir}/in.pcap,tx_pcap={dir}/out.pcap"
port add vmk switch s type vmk mac 02:00:00:00:00:10
segment add seg switch s vni 5000
tep add 10.0.0.1 host arm mac 02:00:00:00:00:10 port vmk team up
tunnel add t local 10.0.0.1 remote 10.0.0.2 mac 02:00:00:00:00:20
segment set seg tunnels t
port add g1 switch s type vnic mac 02:00:00:00:01:01 segment seg team up device "net_pcap1,rx_pcap={dir}/g1in.pcap,tx_pcap={dir}/g1out.pcap"
port add g2 switch s type vnic mac 02:00:00:00:01:02 segment seg team up device "net_pcap2,rx_pcap={dir}/empty.pcap,tx_pcap={dir}/g2out.pcap"
"""


def geneve(inner, vni=5000):
	return (Ether(src="02:00:00:00:00:20", dst="02:00:00:00:00:10") / IP(src="10.0.0.2", dst="10.0.0.1", id=1)
		/ UDP(sport=50000, dport=6081, chksum=0) / GENEVE(vni=vni, proto=0x6558) / inner)


def tcp(src, dst, sport, dport, size=100):
	return (Ether(src=f"02:00:00:00:01:{src:02x}", dst=f"02:00:00:00:01:{dst:02x}") / IP(src=f"172.16.0.{src}",
		dst=f"172.16.0.{dst}") / TCP(sport=sport, dport=dport, flags="S") / Raw(b"x" * size))


def inner_frames(path):
	"""Inner frames by outer (src, dst, vni)."""
	out = {}
	for f in rdpcap(path):
		g = f[GENEVE]
		out.setdefault((f[IP].src, f[IP].dst, g.vni), []).append(bytes(g.payload))
	return out


def run(tmp_path, config, files, done, args=()):
	"""Feeds the files and returns the last counters once done(stages by name, client) is true."""
	for name, frames in files.items():
		wrpcap(str(tmp_path / name), [Ether(bytes(f)) for f in frames] if frames else [], linktype=1)
	tmp_path.chmod(0o755)
	with Daemon(*args, lines=config.replace("{dir}", str(tmp_path))) as d, d.client() as c:
		stages = lambda: {s["stage"]: s for s in c.list("stage.list")}
		wait_for("the packets to come through", lambda: done(stages(), c))
		wait_for("none to be on its way", lambda: c.list("worker.list")[0]["mbufs_in_use"] == 0)  # flooded ones come besides
		for s in stages().values():
			assert s["in"] + s["created"] == s["out"] + s["consumed"] + s["drops"], s
		return c.list("drop.list"), c.list("flow.list"), c.list("port.list"), c.list("tunnel.list")


def tshark(path, *fields, expr="frame"):
	cmd = ["tshark", "-r", str(path), "-Y", expr, "-T", "fields", "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE",
		"-o", "udp.check_checksum:TRUE"]
	for f in fields:
		cmd += ["-e", f]
	return [line.split("\t") for line in subprocess.run(cmd, capture_output=True, text=True, check=True).stdout.splitlines()]


def test_demo_syn_and_its_answer(tmp_path):
	"""The demo with its uplink between two files: the SYN comes in, the SYN-ACK goes out in a tunnel of its own."""
	with open(f"{DEMO}/emulated.rd", encoding="utf-8") as f:
		config = f.read()
	device = "net_pcap0,rx_pcap={dir}/in.pcap,tx_pcap={dir}/out.pcap"
	config = config.replace("net_null0,no-rx=1", device).replace("../in/", f"{PCAPS}/")
	syn = rdpcap(f"{PCAPS}/emulated-syn.pcap")
	run(tmp_path, config, {"in.pcap": syn}, lambda s, c: s["uplink_tx"]["consumed"] == 1)
	out = rdpcap(str(tmp_path / "out.pcap"))
	assert len(out) == 1
	o = out[0]
	assert (o.src, o.dst) == ("00:50:56:67:eb:13", "00:50:56:63:04:5c")
	assert (o[IP].src, o[IP].dst, o[UDP].dport, o[GENEVE].vni) == ("192.168.4.60", "192.168.4.57", 6081, 74752)
	synack = bytes(rdpcap(f"{PCAPS}/emulated-synack.pcap")[0])
	assert bytes(o).endswith(synack)
	rows = tshark(tmp_path / "out.pcap", "geneve.vni", "tcp.flags.syn", "tcp.flags.ack", "ip.checksum.status", "tcp.checksum.status",
		"udp.srcport", "frame.len")
	assert rows[0][:3] == ["0x012400", "1", "1"] and "Bad" not in str(rows) and "0" not in rows[0][3].split(",")
	assert int(rows[0][5]) == 56554  # as on the slides


@pytest.mark.parametrize("workers", [1, 3])
def test_both_ways_and_between_guests(tmp_path, workers):
	"""From the tunnel to guests, from a guest to the tunnel and to its neighbour; whole frames, unchanged."""
	to_g1 = [tcp(9, 1, 1000 + i, 80, 10 + i) for i in range(200)]
	to_g2 = [tcp(9, 2, 2000 + i, 443) for i in range(100)]
	from_g1 = [tcp(1, 9, 80, 3000 + i, 1400) for i in range(150)]
	to_neighbour = [tcp(1, 2, 4000 + i, 22) for i in range(50)]
	files = {"in.pcap": [geneve(f) for f in to_g1 + to_g2], "g1in.pcap": from_g1 + to_neighbour, "empty.pcap": []}
	done = lambda s, c: (s["uplink_rx"]["in"] == 300 and s["vnic_rx"]["in"] == 200
		and s["vnic_tx"]["consumed"] >= 350 and s["uplink_tx"]["consumed"] >= 150)
	drops, flows, ports, tunnels = run(tmp_path, OVERLAY, files, done, ["--workers", str(workers)])
	g1, g2 = ([bytes(f) for f in rdpcap(str(tmp_path / n))] for n in ("g1out.pcap", "g2out.pcap"))
	unicast = lambda frames: sorted(bytes(f) for f in frames)
	# A frame to 02:..:09 may be flooded before the switch has learned it: then the neighbour has it, too, and no entry is made.
	flooded = sum(f[5] == 9 for f in g2)
	assert drops == [] and len(flows) >= 500 - flooded
	assert unicast(g1) == unicast(to_g1)
	assert sorted(f for f in g2 if f[5] == 2) == unicast(to_g2 + to_neighbour)
	out = inner_frames(str(tmp_path / "out.pcap"))
	assert list(out) == [("10.0.0.1", "10.0.0.2", 5000)]
	assert sorted(out[("10.0.0.1", "10.0.0.2", 5000)]) == unicast(from_g1)
	bad = tshark(tmp_path / "out.pcap", "frame.number", expr="ip.checksum.status == 0 || tcp.checksum.status == 0 || _ws.malformed")
	assert bad == []
	sports = {r[0] for r in tshark(tmp_path / "out.pcap", "udp.srcport")}
	assert len(sports) > 50 and all(49152 <= int(p) for p in sports)  # spread over paths, RFC 8926 section 3.3
	stats = {p["name"]: p for p in ports}
	assert stats["g1"]["rx_packets"] == 200 and stats["g1"]["tx_packets"] == 200 and stats["up"]["rx_packets"] == 300
	assert stats["g1"]["tx_bytes"] == sum(len(f) for f in to_g1)
	assert tunnels[0]["rx_packets"] == 300 and tunnels[0]["tx_packets"] == 150


def test_hits_equal_misses(tmp_path):
	"""The second packet of a flow, decided by the cache, comes out exactly like the first."""
	files = {"in.pcap": [geneve(tcp(9, 1, 1000, 80))] * 50, "g1in.pcap": [tcp(1, 9, 80, 1000)] * 50, "empty.pcap": []}
	_, flows, _, _ = run(tmp_path, OVERLAY, files,
		lambda s, c: s["vnic_tx"]["consumed"] >= 50 and s["uplink_tx"]["consumed"] >= 50)
	assert len(flows) == 2 and all(f["sw_hits"] == 50 for f in flows)
	assert len({bytes(f) for f in rdpcap(str(tmp_path / "g1out.pcap"))}) == 1
	outer = rdpcap(str(tmp_path / "out.pcap"))
	assert len({f[UDP].sport for f in outer}) == 1 and len({bytes(f[GENEVE].payload) for f in outer}) == 1


def test_arp_is_flooded_and_answered(tmp_path):
	"""ARP and ICMP to the tunnel endpoint are answered; a guest's ARP reaches every place of the segment once."""
	who_tep = Ether(src="02:00:00:00:00:20", dst="ff:ff:ff:ff:ff:ff") / ARP(op=1, hwsrc="02:00:00:00:00:20", psrc="10.0.0.2",
		pdst="10.0.0.1")
	ping = Ether(src="02:00:00:00:00:20", dst="02:00:00:00:00:10") / IP(src="10.0.0.2", dst="10.0.0.1") / ICMP(id=7, seq=3) / (
		b"payload" * 9)
	who_has = Ether(src="02:00:00:00:01:01", dst="ff:ff:ff:ff:ff:ff") / ARP(op=1, hwsrc="02:00:00:00:01:01", psrc="172.16.0.1",
		pdst="172.16.0.9")
	run(tmp_path, OVERLAY, {"in.pcap": [who_tep, ping], "g1in.pcap": [who_has], "empty.pcap": []},
		lambda s, c: s["uplink_tx"]["consumed"] >= 3 and s["vnic_tx"]["consumed"] >= 1)
	out = rdpcap(str(tmp_path / "out.pcap"))
	arp = [f for f in out if ARP in f and GENEVE not in f]
	assert [(f[ARP].op, f[ARP].psrc, f[ARP].hwsrc, f.dst) for f in arp] == [
		(2, "10.0.0.1", "02:00:00:00:00:10", "02:00:00:00:00:20")]
	echo = [f for f in out if ICMP in f]
	assert len(echo) == 1 and (echo[0][ICMP].type, echo[0][ICMP].id, echo[0][ICMP].seq) == (0, 7, 3)
	assert bytes(echo[0][ICMP].payload) == b"payload" * 9
	assert tshark(tmp_path / "out.pcap", "frame.number", expr="icmp.checksum.status == 0 || ip.checksum.status == 0") == []
	flooded = [bytes(f[GENEVE].payload) for f in out if GENEVE in f]
	assert flooded == [bytes(who_has)]
	assert [bytes(f) for f in rdpcap(str(tmp_path / "g2out.pcap"))] == [bytes(who_has)]
	assert rdpcap(str(tmp_path / "g1out.pcap")).res == []  # never back to where it came from


VLANS = """
host add h default
switch add s host h portset 1
port add up switch s type uplink device "net_pcap0,rx_pcap={dir}/in.pcap,tx_pcap={dir}/out.pcap"
segment add red switch s vlan 100
segment add plain switch s vlan 0
port add g1 switch s type vnic mac 02:00:00:00:01:01 segment red team up device "net_pcap1,rx_pcap={dir}/g1in.pcap,tx_pcap={dir}/g1out.pcap"
port add g2 switch s type vnic mac 02:00:00:00:01:02 segment plain team up device "net_pcap2,rx_pcap={dir}/empty.pcap,tx_pcap={dir}/g2out.pcap"
dfw add port g1 rule 7 dir in action drop proto tcp dport 23
"""


def test_vlan_segments_and_firewall(tmp_path):
	"""Tags come and go at the edge; the firewall of a port drops by name."""
	tag = lambda f, vid: Ether(src=f.src, dst=f.dst) / Dot1Q(vlan=vid) / f.payload
	web, telnet, other = tcp(9, 1, 1, 80), tcp(9, 1, 1, 23), tcp(9, 2, 1, 80)
	files = {"in.pcap": [tag(web, 100), tag(telnet, 100), tag(tcp(9, 1, 1, 81), 200), other],
		"g1in.pcap": [tcp(1, 9, 80, 1)], "empty.pcap": []}
	drops, _, _, _ = run(tmp_path, VLANS, files, lambda s, c: s["vnic_tx"]["consumed"] >= 2 and s["uplink_tx"]["consumed"] >= 1
		and s["drop"]["in"] >= 2)
	assert {d["reason"]: d["count"] for d in drops} == {"DFW_RULE_DENY": 1, "PORT_VLAN_UNKNOWN": 1}
	assert [bytes(f) for f in rdpcap(str(tmp_path / "g1out.pcap"))] == [bytes(web)]
	assert [bytes(f) for f in rdpcap(str(tmp_path / "g2out.pcap"))] == [bytes(other)]
	assert [bytes(f) for f in rdpcap(str(tmp_path / "out.pcap"))] == [bytes(tag(tcp(1, 9, 80, 1), 100))]
