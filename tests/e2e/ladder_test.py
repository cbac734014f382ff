# SPDX-License-Identifier: BSD-3-Clause
#
# show ladder: for each layer, in both directions, packets are lost exactly there, between others that pass. The ladder must name that layer,
# the reason and the number, and no other layer; and every packet that is not lost must be on the next line. All views of a drop say the same.
# Frames come from devices (pcap files), made by scapy. What needs a world of its own is in ladder_layers_test.py, which also sees to it that no
# layer is forgotten.
import contextlib
import re
import struct

import pytest
from metrics_test import port_of, scrape
from rdtest import Daemon, wait_for
from scapy.all import ICMP, IP, TCP, UDP, Dot1Q, Ether, raw, wrpcap
from telemetry_test import Telemetry

LOST, PASS = 7, 5
GUEST, OTHER, FAR, TEP_MAC, PEER_MAC = (f"02:00:00:00:00:{i}" for i in ("0a", "0b", "99", "01", "57"))
HOST = "host add h default\n"
# {n} is the case's number: all of them live in one daemon.
LAN = """
switch add s{n} host h portset {n} mtu 1500
segment add lan{n} switch s{n} vlan 0
port add up{n} switch s{n} type uplink mac 02:00:00:00:00:01
port add a{n} switch s{n} type vnic mac 02:00:00:00:00:0a segment lan{n} team up{n}
fdb add segment lan{n} mac 02:00:00:00:00:99 port up{n}
"""
OVERLAY = """
switch add s{n} host h portset {n} mtu 1600
segment add lan{n} switch s{n} vni {vni}
port add up{n} switch s{n} type uplink mac 02:00:00:00:00:01
port add a{n} switch s{n} type vnic mac 02:00:00:00:00:0a segment lan{n} team up{n}
tep add 192.0.2.{n} host h mac 02:00:00:00:00:01 team up{n}
tunnel add far{n} local 192.0.2.{n} remote 192.0.3.57 mac 02:00:00:00:00:57
segment set lan{n} tunnels far{n}
fdb add segment lan{n} mac 02:00:00:00:00:99 tunnel far{n}
"""
ROUTER = "02:50:56:56:44:52"
ROUTED = LAN + """
router add r{n} host h mac 02:50:56:56:44:52
router interface add ri{n} router r{n} segment lan{n} address 10.0.0.254/24
route add 10.66.0.0/16 router r{n} blackhole
"""


def udp(src, dst, flow, size=20, tag=None, ip="10.0.0.2", **fields):
	tags = Dot1Q(vlan=tag) if tag is not None else None
	eth = Ether(src=src, dst=dst)
	return (eth / tags if tags is not None else eth) / IP(src="10.0.0.1", dst=ip, **fields) / UDP(sport=1000 + flow, dport=9) / bytes(size)


def syn(src, dst, flow, dport):
	return Ether(src=src, dst=dst) / IP(src="10.0.0.1", dst="10.0.0.2") / TCP(sport=1000 + flow, dport=dport, flags="S")


def geneve(inner, n, vni=None, version=0, src="192.0.3.57"):
	header = struct.pack(">BBHI", version << 6, 0, 0x6558, (vni or 5000 + n) << 8)
	return Ether(src=PEER_MAC, dst=TEP_MAC) / IP(src=src, dst=f"192.0.2.{n}") / UDP(sport=50000, dport=6081, chksum=0) / (header + raw(inner))


def to(flow, **kw):
	return udp(FAR, GUEST, flow, **kw)


def back(flow, **kw):
	return udp(GUEST, FAR, flow, **kw)


def tunnelled(**kw):
	"""Of the case's number and the flow."""
	return lambda flow, n: geneve(to(flow), n, **kw)


# What the case adds to its world, the frame that is lost there (of a flow), the frame that passes (None: none does), and what must be said.
# A number given: so many are lost of LOST.
TO_GUEST = {
	"uplink_rx down": (LAN + "port set up{n} down", to, None, "uplink_rx", "RX_PORT_DOWN"),
	"uplink_rx long": (LAN, lambda i: to(i, size=1500), to, "uplink_rx", "RX_OVERSIZE"),
	"uplink_rx source": (LAN, lambda i: udp("01:00:00:00:00:01", GUEST, i), to, "uplink_rx", "RX_SMAC_INVALID"),
	"classify": (LAN, lambda i: to(i, chksum=1), to, "classify", "PARSE_IP_CSUM"),
	"port_in": (LAN, lambda i: to(i, tag=77), to, "port_in", "PORT_VLAN_UNKNOWN"),
	"decap vni": (OVERLAY, tunnelled(vni=1), tunnelled(), "tunnel_decap", "DECAP_VNI_UNKNOWN"),
	"decap version": (OVERLAY, tunnelled(version=1), tunnelled(), "tunnel_decap", "DECAP_VERSION"),
	"decap peer": (OVERLAY, tunnelled(src="192.0.3.58"), tunnelled(), "tunnel_decap", "DECAP_PEER_UNKNOWN"),
	"l2_lookup": (LAN + "segment set lan{n} flood off", lambda i: udp(FAR, OTHER, i), to, "l2_lookup", "L2_NO_DEST"),
	"l2_lookup blackhole": (LAN + "fdb add segment lan{n} mac 02:00:00:00:00:0b drop", lambda i: udp(FAR, OTHER, i), to,
		"l2_lookup", "L2_BLACKHOLE"),
	"flood": (LAN + "port set a{n} down", lambda i: udp(FAR, OTHER, i), None, "flood", "FLOOD_EMPTY"),
	"route": (ROUTED, lambda i: udp(FAR, ROUTER, i, ip="10.66.0.1"), to, "route", "L3_DISCARD"),
	"dfw_in": (LAN + "dfw add port a{n} rule 1 dir in action drop proto tcp dport 22", lambda i: syn(FAR, GUEST, i, 22),
		lambda i: syn(FAR, GUEST, i, 80), "dfw_in", "DFW_RULE_DENY"),
	"reject": (LAN + "dfw add port a{n} rule 1 dir in action reject proto tcp dport 22", lambda i: syn(FAR, GUEST, i, 22),
		lambda i: syn(FAR, GUEST, i, 80), "reject", "DFW_REJECTED"),
	"port_out down": (LAN + "port set a{n} down", to, None, "port_out", "VNIC_ADMIN_DOWN"),
	"port_out class": (LAN + "port set a{n} broadcast off", lambda i: udp(FAR, "ff:ff:ff:ff:ff:ff", i), to, "port_out", "VNIC_BCAST"),
	"vnic_tx": (LAN, to, None, "vnic_tx", "TX_NO_DEVICE"),
	"upt_tx": (LAN + "port add b{n} switch s{n} type upt mac 02:00:00:00:00:0b segment lan{n} team up{n}", lambda i: udp(FAR, OTHER, i), None, "upt_tx", "TX_NO_DEVICE"),
	"mux_tx": (LAN + "port add m{n} switch s{n} type mux mac 02:00:00:00:00:0c\n"
		"port add b{n} switch s{n} type vnic mac 02:00:00:00:00:0b segment lan{n} via m{n} team up{n}\n"
		"port set m{n} down", lambda i: udp(FAR, OTHER, i), None,
		"mux_tx", "MUX_PORT_DOWN"),
}
FROM_GUEST = {
	"vnic_rx": (LAN + "port set a{n} down", back, None, "vnic_rx", "RX_PORT_DOWN"),
	"upt_rx": (LAN + "port add b{n} switch s{n} type upt mac 02:00:00:00:00:0b segment lan{n} team up{n}",
		lambda i: udp("00:00:00:00:00:00", FAR, i), lambda i: udp(OTHER, FAR, i), "upt_rx", "RX_SMAC_INVALID"),
	"mux_rx": (LAN + "port add m{n} switch s{n} type mux mac 02:00:00:00:00:0c\n"
		"port add b{n} switch s{n} type vnic mac 02:00:00:00:00:0b segment lan{n} via m{n} team up{n}",
		lambda i: udp(FAR, GUEST, i), lambda i: udp(OTHER, FAR, i), "mux_rx", "MUX_NO_PORT"),
	"classify": (LAN, lambda i: back(i, len=1000), back, "classify", "PARSE_IP_LEN"),
	"port_in": (LAN, lambda i: udp(OTHER, FAR, i), back, "port_in", "PORT_MAC_SPOOF"),
	"port_in tag": (LAN, lambda i: back(i, tag=5), back, "port_in", "PORT_VLAN_GUEST"),
	"flow_lookup": (LAN + "port set a{n} max-flows 1", back, None, "flow_lookup", "FLOW_NEW_DENIED"),
	"l2_lookup": (LAN, lambda i: udp(GUEST, GUEST, i), back, "l2_lookup", "L2_HAIRPIN"),
	"flood": ("switch add s{n} host h portset {n}\nsegment add lan{n} switch s{n} vni 7\n"
		"port add up{n} switch s{n} type uplink\nport add a{n} switch s{n} type vnic mac 02:00:00:00:00:0a segment lan{n} team up{n}\n",
		back, None, "flood", "FLOOD_EMPTY"),
	"route": (ROUTED, lambda i: udp(GUEST, ROUTER, i, ip="10.66.0.1"), back, "route", "L3_DISCARD"),
	"reject": (LAN + "dfw add port a{n} rule 1 dir out action reject proto tcp dport 22", lambda i: syn(GUEST, FAR, i, 22),
		lambda i: syn(GUEST, FAR, i, 80), "reject", "DFW_REJECTED"),
	"dfw_out": (LAN + "dfw add port a{n} rule 1 dir out action drop proto tcp dport 22", lambda i: syn(GUEST, FAR, i, 22),
		lambda i: syn(GUEST, FAR, i, 80), "dfw_out", "DFW_RULE_DENY"),
	"encap long": (OVERLAY, lambda i: back(i, size=1540), back, "tunnel_encap", "ENCAP_MTU"),
	"encap neighbour": (OVERLAY.replace(" mac 02:00:00:00:00:57", ""), back, None, "tunnel_encap", "ENCAP_NO_NEIGHBOUR"),
	"uplink_select": (LAN + "port set up{n} down", back, None, "uplink_select", "UPLINK_NONE_UP"),
	"uplink_tx": (LAN.replace("uplink mac", "uplink device none mac"), back, None, "uplink_tx", "TX_NO_DEVICE"),
}
NUMBER = {name: i + 1 for i, name in enumerate([("to", n) for n in TO_GUEST] + [("from", n) for n in FROM_GUEST])}


@pytest.fixture(name="d", scope="module")
def daemon(tmp_path_factory):
	with seen_from_all_sides(tmp_path_factory, "--workers", "2", lines=HOST) as d:
		yield d


@contextlib.contextmanager
def seen_from_all_sides(tmp_path_factory, *args, **kw):
	"""A daemon with telemetry and metrics, too."""
	home = str(tmp_path_factory.mktemp("run"))
	with Daemon("--metrics", "0", "--telemetry", *args, prefix=["env", f"RUNTIME_DIRECTORY={home}"], **kw) as d:
		d.home = home
		yield d


def lines_of(c, port, way):
	rows = c.list("port.ladder", port=port, dir=way)
	text = "\n".join(f"{r['layer']:14} {r['packets']!s:>6} {r['created']!s:>4} {r['drops']!s:>4} {r['elsewhere']!s:>4} {r['reasons']} {r['why']}"
		for r in rows)
	print(text)
	return {(r["layer"], ",".join(p.split("/")[-1] for p in r["ports"])): r for r in rows}, text


def entered(rows, layer):
	return sum(r["packets"] or 0 for (name, _), r in rows.items() if name == layer)


def feed(d, c, port, number, frames, out):
	"""The port's device has received them, and the other end's device takes what is sent to it."""
	path = f"{d.dir}/in{number}.pcap"
	wrpcap(path, [Ether(raw(f)) for f in frames])
	if out is not None:
		c("port.set", port=out, device=f"net_null{number},no-rx=1")
	c("port.set", port=port, device=f"net_pcap{number},rx_pcap={path}")


def lossy(way, case, fn, frames_pass):
	"""Lost ones between others."""
	def make(f, flow):
		return f(flow, NUMBER[(way, case)]) if fn.__qualname__.startswith("tunnelled") else f(flow)

	frames = [make(fn, i) for i in range(40 if case == "flow_lookup" else LOST)]
	for i in range(PASS if frames_pass is not None else 0):
		frames.insert(2 * i, make(frames_pass, 100 + i))
	return frames


def agree(d, c, row, reason, lost):
	"""Wherever drops are shown, those of the row's ports are as many: by reason, stage, port and worker; as text, as metric, by telemetry."""
	ports = [p for p in row["ports"] if c.list("drop.list", port=p)]
	views = {"port": [r for p in ports for r in c.list("drop.list", port=p, detail=True)],
		"stage": c.list("drop.list", stage=row["layer"], detail=True),
		"reason": c.list("drop.list", reason=reason, detail=True),
		"worker": [r for w in range(len(c.list("worker.list"))) for r in c.list("drop.list", worker=w, detail=True)]}
	views = {by: sorted((r["port"], r["stage"], r["reason"], r["worker"], r["count"]) for r in rows if r["port"] in ports) for by, rows in views.items()}
	assert {(stage, why) for _, stage, why, _, _ in views["port"]} == {(row["layer"], reason)}, views
	assert all(v == views["port"] for v in views.values()) and sum(r[-1] for r in views["port"]) == lost, views
	samples = {(dict(labels).get("port"), name): v for (name, labels), v in scrape(port_of(d)).items()}
	stages = [{s["stage"]: s for s in c.list("stage.list", port=p)} for p in ports]
	said = [d.cli("-c", f"show drop port {p} as vpp", "-c", f"show drop detail port {p}") for p in ports]
	with Telemetry(d.home) as t:
		telemetry = [t("/reddot/ports," + p)["drops"] for p in ports]
		assert t("/reddot/drops")[reason] == c.one("drop.list", reason=reason)["count"]
	for i, p in enumerate(ports):
		mine = sum(r[-1] for r in views["port"] if r[0] == p)
		assert mine == stages[i][row["layer"]]["drops"] == sum(s["drops"] for s in stages[i].values()) == stages[i]["drop"]["in"]
		assert mine == c.one("port.list", port=p)["drops"] == c.one("drop.list", port=p)["count"] == telemetry[i]
		assert mine == samples[(p, "reddot_port_dropped_packets_total")]
		assert re.search(rf"^ *{mine} .*{reason}", said[i], re.M) and mine == sum(int(n) for n in re.findall(rf"^ *(\d+) +\d+  {reason}", said[i], re.M)), said[i]


def check(rows, text, layer, reason, lost, all_frames, told=0):
	"""told: so many answers went back to the guest that had sent the packets, and the ladder says so."""
	lossy_rows = {key: r for key, r in rows.items() if r["drops"]}
	assert [k[0] for k in lossy_rows] == [layer], text
	row = next(iter(lossy_rows.values()))
	assert row["reasons"] == f"{reason} {lost}" and row["drops"] == lost, text
	assert entered(rows, "device rx") == all_frames, text
	explained = [r["elsewhere"] for r in rows.values() if r["elsewhere"] not in (0, None)]
	assert explained == [told] * (told != 0), f"some packets are unexplained:\n{text}"
	order = [k[0] for k in rows]
	assert rows[list(rows)[-1]]["packets"] in (None, all_frames - lost), text  # the last layer has the rest
	assert order[0] == "device rx" and order[-1] == "device tx", order


def run(d, way, case, world, frames, layer, reason, uplink_has=True):
	number = NUMBER[(way, case)]
	d.cli("-f", d.file(f"case{number}.rd", world.format(n=number, vni=5000 + number)))
	guest = ("b" if "port add b" in world else "a") + str(number)
	mux = f"m{number}" if "type mux" in world else guest
	uplink, ladder_way = f"up{number}", way + "-guest"
	with d.client() as c:
		if way == "to":
			feed(d, c, uplink, number, frames, None if layer in ("vnic_tx", "upt_tx") else mux)
		else:
			feed(d, c, mux, number, frames, uplink if uplink_has else None)
		wait_for("all of them", lambda: entered(lines_of(c, guest, ladder_way)[0], "device rx") == len(frames)
			and settled(c))
		rows, text = lines_of(c, guest, ladder_way)
		said = d.cli("show", "ladder", "port", guest, "dir", ladder_way)
		agree(d, c, next(r for (name, _), r in rows.items() if name == layer), reason, sum(r["drops"] or 0 for r in rows.values()))
		for port in (uplink, mux):
			c("port.set", port=port, device="none")
	return rows, text, said


def settled(c):
	"""No packet is on its way: two looks at all stages see the same, and no buffer is in use."""
	return c.list("worker.list")[0]["mbufs_in_use"] == 0


@pytest.mark.parametrize("case", TO_GUEST)
def test_to_guest(d, case):
	world, bad, good, layer, reason = TO_GUEST[case]
	frames = lossy("to", case, bad, good)
	rows, text, said = run(d, "to", case, world, frames, layer, reason)
	check(rows, text, layer, reason, LOST, len(frames))
	assert re.search(rf"^ *{layer} +{rows[next(k for k in rows if k[0] == layer)]['packets']} .*\n +dropped: {reason} {LOST}$", said, re.M), said


@pytest.mark.parametrize("case", FROM_GUEST)
def test_from_guest(d, case):
	world, bad, good, layer, reason = FROM_GUEST[case]
	frames = lossy("from", case, bad, good)
	rows, text, said = run(d, "from", case, world, frames, layer, reason, uplink_has=layer != "uplink_tx")
	# Of forty new flows sixteen may begin at once, and one more each second.
	lost = sum(r["drops"] or 0 for r in rows.values()) if case == "flow_lookup" else LOST
	assert LOST <= lost <= 24 or case != "flow_lookup", text
	check(rows, text, layer, reason, lost, len(frames), LOST if case == "reject" else 0)
	assert f"dropped: {reason} {lost}\n" in said, said


ENDPOINT = """
switch add s host h portset 1 mtu 1600
port add up switch s type uplink mac 02:00:00:00:00:01
port add vmk switch s type vmk mac 02:00:00:00:00:01 team up
tep add 192.0.2.1 host h mac 02:00:00:00:00:01 port vmk team up
"""


def to_endpoint(payload):
	return Ether(src=PEER_MAC, dst=TEP_MAC) / IP(src="192.0.3.57", dst="192.0.2.1") / payload


def test_endpoint():
	"""To a tunnel endpoint: no tunnel is at that UDP port. From it: what it could not have sent. Between others that pass."""
	lost = [to_endpoint(UDP(sport=5, dport=7)) for _ in range(LOST)]
	pings = [to_endpoint(ICMP(id=i)) for i in range(PASS)]
	with Daemon(lines=HOST + ENDPOINT) as d, d.client() as c:
		wrpcap(f"{d.dir}/in1.pcap", [f for pair in zip(lost, pings) for f in pair] + lost[PASS:])
		c("port.set", port="up", device=f"net_pcap1,rx_pcap={d.dir}/in1.pcap,tx_pcap={d.dir}/out1.pcap")
		wait_for("all of them", lambda: entered(lines_of(c, "vmk", "to-guest")[0], "device rx") == LOST + PASS and settled(c))
		rows, text = lines_of(c, "vmk", "to-guest")
		assert [k[0] for k, r in rows.items() if r["drops"]] == ["punt"], text
		assert rows[("punt", "vmk")]["reasons"] == f"DECAP_PORT_UNKNOWN {LOST}", text
		assert rows[("punt", "vmk")]["packets"] == LOST + PASS and all(r["elsewhere"] in (0, None) for r in rows.values()), text
		rows, text = lines_of(c, "vmk", "from-guest")
		assert rows[("device tx", "up")]["packets"] == PASS and not any(r["drops"] for r in rows.values()), text
		bad = raw(Ether(src="01:00:00:00:00:01", dst=PEER_MAC) / IP(src="192.0.2.1", dst="192.0.3.57") / UDP())
		c("inject", port="vmk", frames=[bad.hex()] * LOST)
		wait_for("the injected", lambda: any(r["drops"] for r in lines_of(c, "vmk", "from-guest")[0].values()) and settled(c))
		rows, text = lines_of(c, "vmk", "from-guest")
		assert [k[0] for k, r in rows.items() if r["drops"]] == ["vmk_rx"], text
		assert rows[("vmk_rx", "vmk")]["reasons"] == f"RX_SMAC_INVALID {LOST}", text
		assert rows[("device tx", "up")]["packets"] == PASS and all(r["elsewhere"] in (0, None) for r in rows.values()), text
