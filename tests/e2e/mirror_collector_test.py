# SPDX-License-Identifier: BSD-3-Clause
#
# The daemon's mirror sessions over a real wire: Open vSwitch as a collector delivers each mirrored frame as it was, pktcap --decap counts
# what the daemon says that it has sent. Each session asks for its collector's MAC by itself.
import json

import pytest
from rdtest import wait_for

import oracles
from mirror_lab import FATES, Collector, Sender, syn
from ovs_lab import OVS, OVS6, US, US6, Ovs, need_ovs
from pktcap import DEADLINE
from ports_lab import Netns, RawSocket, need, veth

FLOW = {"remote_ip": "flow", "key": "flow", "erspan_ver": "flow", "erspan_idx": "flow", "erspan_dir": "flow", "erspan_hwid": "flow"}
ANY = {"remote_ip": "flow", "key": "flow"}


@pytest.fixture(scope="module", name="ovs")
def make_ovs(tmp_path_factory):
	need_ovs()
	with Netns("us") as us, Netns("ovs") as ns, Ovs(us, ns, tmp_path_factory.mktemp("ovs")) as ovs:
		yield ovs


@pytest.mark.parametrize("kind, options, session", [
	("erspan", FLOW, "encap erspan2"),
	("erspan", FLOW, "encap erspan3"),
	("ip6erspan", FLOW, f"encap erspan2 src-ip {US6}"),
	("ip6erspan", FLOW, f"encap erspan3 src-ip {US6}"),
	("gre", ANY, "encap gre key 0xbeef seq on"),
	("vxlan", ANY, "encap vxlan vni 4711"),
	("geneve", ANY, "encap geneve vni 4712"),
])
def test_ovs_gets_what_was_mirrored(ovs, kind, options, session):
	ovs.tunnel(kind, **options)
	frames = syn(20) + syn(3, size=1400)
	to = OVS6 if kind.startswith("ip6") else OVS
	with Sender(ovs.us, f"web source vm1 direction from-guest {session}", to=to) as d, RawSocket(ovs.ns, "o1") as out:
		d.active()
		d.inject(frames)
		d.sent(len(frames))
		got = [out.receive(lambda f: f[:12] == frames[0][:12], "a copy out of Open vSwitch") for _ in frames]
		assert got == frames
		k = d.c.one("mirror.counters", session="web")
		assert k["tx_drop"] == 0 and k["destinations"][0]["seq_next"] == len(frames)


@pytest.fixture(name="wire")
def make_wire():
	"""us s0 === c0 collector, whose kernel answers for 192.0.2.2."""
	need("ip", "nsenter", "ethtool")
	with Netns("us") as us, Netns("collect") as ns:
		veth(us, "s0", ns, "c0", mtu=9000)
		us.up("s0", offload=False)
		ns.up("c0", f"{OVS}/24", offload=False)
		yield us, ns


def test_the_collectors_numbers_are_the_daemons(wire, tmp_path):
	"""Three sessions, one with a filter, one that cuts."""
	us, ns = wire
	out, counters = tmp_path / "out.pcapng", tmp_path / "sent.json"
	sessions = ["web id 1 source vm1 direction from-guest encap erspan2", "cut id 2 source vm1 direction from-guest encap geneve snaplen 96",
		"http id 3 source vm1 direction from-guest encap erspan3 gra 100us"]
	with Sender(us, *sessions, rules=["mirror rule add http permit proto tcp dport 80"]) as d:
		for name in ("web", "cut", "http"):
			d.active(name)
		with Collector(ns, "--report", "--json", "--sent", counters, out=out) as c:
			d.inject(syn(50, size=60) + syn(30, dport=443))
			k = {name: d.sent(n, name) for name, n in (("web", 80), ("cut", 80), ("http", 50))}
			counters.write_text(d.cli("--json", "show", "mirror", "counters"))
			got = c.report(80 + 80 + 50)
	names = {"web": "erspan2-1", "cut": "geneve-2.2", "http": "erspan3-3"}
	for name, source in names.items():
		s, to = got[source], k[name]["destinations"][0]
		assert (s["source"], s["destination"]) == (US, OVS)
		assert (s["packets"], s["bytes"], s["truncated"]) == (to["tx_ok"], to["inner_bytes"], k[name]["cut"]), name
		assert s["sequence"]["missing"] == to["tx_drop"] == 0 and s["sequence"]["highest"] + 1 == to["seq_next"]
		assert s["sequence"]["duplicates"] == s["sequence"]["reordered"] == 0
		assert [s["lost"][w] for w in ("session", "total", "sender", "network")] == [name, 0, 0, 0]
		assert set(s["lost"]["unnumbered"].values()) == {0}
	assert k["cut"]["cut"] > 0
	for name in ("cut", "http"):  # one machine: the clocks are the same, and the wire is short
		offset = got[names[name]]["clock"]["offset_ns"]
		assert -1000000 < offset["min"] <= offset["max"] < 60 * 10**9


def settled(d):
	"""The counters once every packet has its fate."""
	k = d.c.one("mirror.counters", session="web")
	return k if k["matched"] > 0 and sum(k[f] for f in FATES) == k["matched"] + k["replicas"] else None


def test_one_packet_at_several_stages(wire):
	us, ns = wire
	with Sender(us, "web source all stage all encap geneve") as d:
		d.active()
		with Collector(ns, "--json") as c:
			d.inject(syn(1))
			wait_for("the packet's end", lambda: d.drops().get("TX_NO_DEVICE", 0) == 1, DEADLINE)
			k = wait_for("the fates of its copies", lambda: settled(d), DEADLINE)
			wait_for("the copies", lambda: c.stdout.count(b"\n") >= k["tx_ok"], DEADLINE)
			c.end()
	records = [json.loads(line) for line in c.stdout.splitlines()]
	assert len(records) == k["tx_ok"] and len({r["packet_id"] for r in records}) == 1
	stages = [r["stage"] for r in records]
	assert len(set(stages)) == len(stages) and stages[0] == "vnic_rx"


def test_dropped_packets_and_why(wire, tmp_path):
	"""What dies, each with its reason: the parser refuses some, the rest come to a port where nobody is."""
	us, ns = wire
	out = tmp_path / "out.pcapng"
	bad_sum = [bytearray(f) for f in syn(5)]
	for f in bad_sum:
		f[24] ^= 0xff
	with Sender(us, "web source all reason any encap geneve") as d:
		d.active()
		before, good = d.drops(), syn(3)
		with Collector(ns, "--report", "--json", out=out) as c:
			d.inject(good + [bytes(f) for f in bad_sum])
			d.sent(8)
			(s,) = c.report(8).values()
		after = d.drops()
	ours = {r: n - before.get(r, 0) for r, n in after.items() if n != before.get(r, 0)}
	assert s["stages"] == {"drop": 8} and s["reasons"] == ours == {"PARSE_IP_CSUM": 5, "TX_NO_DEVICE": 3}
	assert sorted(oracles.read_pcap(out)) == sorted([bytes(f) for f in bad_sum] + good)
