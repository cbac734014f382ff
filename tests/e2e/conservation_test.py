# SPDX-License-Identifier: BSD-3-Clause
#
# Every counter that is shown in more than one place is the same in all of them, to the packet: by reason, stage, port and worker; what ports,
# stages and workers say of each other; flows, firewall, tunnels, punt, captures and mirrors against the stages that fed
# them; the metrics page and telemetry against the control socket. Two workers, all kinds of traffic, then silence.
import collections
import os

import pytest
from metrics_test import COUNTED, port_of, scrape
from rdtest import PCAPS, Ring, demo, wait_for
from scapy.all import IP, UDP, Ether, raw
from scapy.utils import rdpcap
from telemetry_test import Telemetry

X86, PROXY, WIRE, MUX = "x86/gs-ubuntu-01.eth0", "arm/gs-ubuntu-01.eth0.7c520dd4", "arm/vmnic1", "arm/vmnic0_MUX_PF16387"
GUEST_MAC, CLIENT_MAC = "00:50:56:a1:99:9e", "00:50:56:a1:fc:f3"
FLOWS, PACKETS = 40, 6
LINES = f"""
flow timeout 3600
dfw begin
dfw group set clients addresses 172.16.31.0/24
dfw section add app
dfw rule add app 5001 action allow from clients service udp/1000-1020
dfw rule add app 5002 action drop service udp/1021-1025
dfw rule add app 5003 action reject service udp/1026-1030
dfw commit
dfw add port {PROXY} rule 1044 dir inout action drop proto udp dport 1031
"""
INNER = ("in", "created", "out", "consumed", "drops")


def frames_of(path):
	return [raw(p).hex() for p in rdpcap(path)]


def everything():
	"""What the corpora have, good and malformed, for the wire."""
	found = []
	for where in (PCAPS, PCAPS + "/malformed"):
		for name in sorted(os.listdir(where)):
			found += frames_of(f"{where}/{name}") if name.endswith(".pcap") else []
	return found


def tunnelled(inner):
	outer = bytes.fromhex(frames_of(PCAPS + "/emulated-syn.pcap")[0])
	head = bytearray(outer[:len(outer) - 74])
	total = len(head) - 14 + len(inner)
	head[16:18] = total.to_bytes(2, "big")
	head[24:26] = b"\0\0"
	s = sum(int.from_bytes(head[i:i + 2], "big") for i in range(14, 34, 2))
	s = (s & 0xffff) + (s >> 16)
	head[24:26] = (~(s + (s >> 16)) & 0xffff).to_bytes(2, "big")
	head[38:40] = (total - 20).to_bytes(2, "big")
	return (bytes(head) + inner).hex()


def to_guest(flow):
	return tunnelled(raw(Ether(src=CLIENT_MAC, dst=GUEST_MAC) / IP(src="172.16.31.26", dst="172.16.31.25") / UDP(sport=4000, dport=1000 + flow)))


def from_guest(flow):
	return raw(Ether(src=GUEST_MAC, dst=CLIENT_MAC) / IP(src="172.16.31.25", dst="172.16.31.26") / UDP(sport=2000 + flow, dport=1000 + flow)).hex()


def quiet(c):
	return all(w["mbufs_in_use"] == 0 for w in c.list("worker.list")[:1])


def traffic(c):
	for _ in range(PACKETS):  # established ones take the fast path
		c("inject", port=WIRE, frames=[to_guest(i) for i in range(FLOWS)])
		c("inject", port=X86, frames=[from_guest(i) for i in range(FLOWS)])
		wait_for("silence", lambda: quiet(c))
	frames = everything()
	for port in (WIRE, X86, MUX, "x86/vmnic2"):
		c("inject", port=port, frames=frames)
		wait_for("silence", lambda: quiet(c))


class World:
	"""The daemon after the traffic; answers are asked once."""

	def __init__(self, d, c, home, ring):
		self.d, self.c, self.home, self.ring = d, c, home, ring
		self.ports = [p["qname"] for p in c.list("port.list")]
		self.workers = [w["worker"] for w in c.list("worker.list")]
		self.stages = {s["stage"]: s for s in c.list("stage.list")}
		self.rows = c.list("drop.list", detail=True)

	def drops(self, **want):
		return sum(r["count"] for r in self.rows if all(r[k] == v for k, v in want.items()))

	def of_port(self, port, **kw):
		return {s["stage"]: s for s in self.c.list("stage.list", port=port, **kw)}


@pytest.fixture(name="w", scope="module")
def world(tmp_path_factory):
	home = str(tmp_path_factory.mktemp("run"))
	with demo("emulated", "--workers", "2", "--model", "balanced", "--metrics", "0", "--telemetry", prefix=["env", f"RUNTIME_DIRECTORY={home}"]) as (d, c):
		d.cli("-f", d.file("more.rd", LINES))
		d.cli("mirror", "session", "add", "both", "source", X86, "file", d.dir + "/m.pcapng", "encap", "pcap-file", "up")
		c("dfw.settings", timeouts={s: 86400 for s in c.one("dfw.settings_list")["timeouts"]})  # nothing ends by itself between two questions
		session = c("capture.start", points=[{"stage": "classify"}, {"stage": "drop"}], name="cap", ring_size=1 << 24)
		ring = Ring(c.fds.pop())
		traffic(c)
		wait_for("the mirror's file", lambda: c.one("mirror.counters")["matched"] == sum(fates(d, c).values()))
		yield World(d, c, home, (session["session"], ring))
		ring.close()


def fates(d, c):
	"""Of the session: what became of each packet that it met, as the metrics page names them."""
	names = [dict(labels)["fate"] for name, labels in scrape(port_of(d)) if name == "reddot_mirror_packets_total"]
	item = c.one("mirror.counters")
	return {n: item[n] for n in names}


def test_there_was_traffic(w):
	"""Else all would be equal to nothing."""
	used = {name for name, s in w.stages.items() if s["in"] != 0}
	assert {"uplink_rx", "mux_rx", "vnic_rx", "classify", "tunnel_decap", "port_in", "flow_lookup", "l2_lookup", "flood", "dfw_in", "dfw_out",
		"reject", "port_out", "tunnel_encap", "uplink_select", "uplink_tx", "mux_tx", "vnic_tx", "punt", "handoff", "drop"} <= used
	assert len({r["reason"] for r in w.rows}) > 30 and {r["worker"] for r in w.rows} == {0, 1}
	hits = sum(f["hits"] for f in w.c.list("flow.stats"))
	assert hits >= FLOWS * (PACKETS - 2), "nothing took the fast path"


def test_stages_keep_what_they_get(w):
	for worker in [None, *w.workers]:
		for s in w.c.list("stage.list", **({} if worker is None else {"worker": worker})):
			assert s["in"] + s["created"] == s["out"] + s["consumed"] + s["drops"], (worker, s)
	assert sum(s["drops"] for s in w.stages.values()) == w.stages["drop"]["in"] == w.stages["drop"]["consumed"]


def test_drops_by_reason_stage_port_and_worker(w):
	total = w.stages["drop"]["in"]
	by_reason = {r["reason"]: r for r in w.c.list("drop.list")}
	assert sum(r["count"] for r in by_reason.values()) == w.drops() == total
	for reason, r in by_reason.items():
		assert r["count"] == w.drops(reason=reason), reason
		assert r["bytes"] == sum(x["bytes"] for x in w.rows if x["reason"] == reason)
		assert r["count"] == w.c.one("drop.list", reason=reason)["count"]
	for name, s in w.stages.items():
		assert s["drops"] == w.drops(stage=name) == sum(r["count"] for r in w.c.list("drop.list", stage=name)), name
	for p in w.c.list("port.list"):
		assert p["drops"] == w.drops(port=p["qname"]) == sum(r["count"] for r in w.c.list("drop.list", port=p["qname"])), p["qname"]
	for worker in w.workers:
		mine = {s["stage"]: s["drops"] for s in w.c.list("stage.list", worker=worker)}
		assert sum(mine.values()) == w.drops(worker=worker) == sum(r["count"] for r in w.c.list("drop.list", worker=worker))


@pytest.mark.parametrize("worker", [None, 0, 1])
def test_stages_by_port(w, worker):
	"""Each stage's packets are somebody's, and nobody's twice."""
	kw = {} if worker is None else {"worker": worker}
	sums = collections.Counter()
	for port in w.ports:
		for name, s in w.of_port(port, **kw).items():
			sums.update({(name, k): s[k] for k in ("in", "created", "drops")})
	for s in w.c.list("stage.list", **kw):
		assert {k: s[k] for k in ("in", "created", "drops")} == {k: sums[(s["stage"], k)] for k in ("in", "created", "drops")}, s["stage"]


def test_ports_and_their_stages(w):
	rx = {"uplink": "uplink_rx", "vnic": "vnic_rx", "upt": "upt_rx", "mux": "mux_rx"}
	for p in w.c.list("port.list"):
		mine = w.of_port(p["qname"])
		tx = rx.get(p["type"], "").replace("_rx", "_tx")
		assert mine["drop"]["in"] == p["drops"], p["qname"]
		if not tx or p["qname"] == PROXY or p["bypass"]:
			continue
		assert p["rx_packets"] == mine[rx[p["type"]]]["in"], p["qname"]
		assert p["tx_packets"] == mine[tx]["in"] + mine[tx]["created"] - mine[tx]["drops"] - answers(mine[tx]), p["qname"]
	mux, proxy = w.of_port(MUX), w.of_port(PROXY)
	counts = w.c.one("port.list", port=PROXY)
	assert counts["rx_packets"] == proxy["classify"]["in"] == mux["mux_rx"]["in"] - mux["mux_rx"]["drops"]
	assert counts["tx_packets"] == proxy["port_out"]["in"] - proxy["port_out"]["drops"]


def answers(tx):
	"""A stand-in guest's: made at the TX stage, and received from it."""
	return tx["created"]


def test_workers_and_what_they_hand_over(w):
	handoff = {worker: next(s for s in w.c.list("stage.list", worker=worker) if s["stage"] == "handoff") for worker in w.workers}
	pairs = w.c.list("worker.handoff")
	items = {i["worker"]: i for i in w.c.list("worker.list")}
	balance = {i["worker"]: i for i in w.c("worker.balance")["workers"]}
	queues = {i["worker"]: i for i in w.c.list("flow.stats")}
	assert all(p["waiting"] == 0 for p in pairs)
	for n, i in items.items():
		out, came = (sum(p["packets"] for p in pairs if p[end] == n) for end in ("from", "to"))
		assert (i["handed_out"], i["handed_in"]) == (out, came), i
		assert handoff[n]["consumed"] == out and i["packets"] == handoff[n]["in"] + came, i
		assert balance[n]["polled"] == i["packets"] and balance[n]["processed"] == i["packets"] - out
		assert n in queues
	assert sum(i["handed_out"] for i in items.values()) > 0
	full = w.drops(reason="LCORE_HANDOFF_FULL")
	assert sum(p["full"] for p in pairs) == full


def test_flows(w):
	stats, flows = w.c.list("flow.stats"), w.c.list("flow.list", limit=100000)
	total = collections.Counter()
	for s in stats:
		total.update({k: v for k, v in s.items() if isinstance(v, int)})
	lookup, l2 = w.stages["flow_lookup"], w.stages["l2_lookup"]
	assert total["hits"] == lookup["out"] - l2["in"]
	assert total["evictions"] == total["expired"] == 0
	assert total["inserts"] == total["entries"] >= len(flows)  # which has those that live
	assert sum(f["sw_hits"] for f in flows) <= total["hits"] + total["misses"]
	mine = [f for f in flows if f["l4_src"] == 4000 and f["vni"] != 0 and 1000 <= f["l4_dst"] < 1000 + FLOWS]
	assert len(mine) == FLOWS and all(f["sw_hits"] == PACKETS for f in mine)
	text = w.d.cli("ens", "flow-stats")
	for s in stats:
		assert str(s["hits"]) in text and str(s["misses"]) in text


def test_firewall(w):
	counts = collections.defaultdict(collections.Counter)
	for r in w.c.list("dfw.counts"):
		counts[(r["port"], r["kind"])].update({(r["what"], "in"): r["in"], (r["what"], "out"): r["out"]})
	assert (PROXY, "packets") in counts
	for port in {p for p, _ in counts}:
		mine, packets, reasons = w.of_port(port), counts[(port, "packets")], counts[(port, "reason")]
		for way, stage in (("in", "dfw_in"), ("out", "dfw_out")):
			dropped = sum(n for (what, d), n in packets.items() if d == way and what.endswith("drop"))
			passed = sum(n for (what, d), n in packets.items() if d == way and what.endswith("pass"))
			assert passed + dropped == mine[stage]["in"], (port, way)
			assert dropped == sum(n for (_, d), n in reasons.items() if d == way), (port, way)
	by_rule = sum(n for (_, kind), c in counts.items() if kind == "reason" for (what, _), n in c.items() if what == "match")
	assert by_rule == sum(w.drops(reason=r) for r in ("DFW_RULE_DENY", "DFW_DEFAULT_DENY", "DFW_REJECTED"))
	assert w.stages["reject"]["in"] == w.drops(reason="DFW_REJECTED") > 0
	own, rules, sections = w.c.list("dfw.list"), w.c.list("dfw_rule.list"), w.c.list("dfw_section.list")
	for s in sections:
		for field in ("hits", "bytes", "sessions"):
			assert s[field] == sum(r[field] for r in rules if r["section"] == s["name"]), s
	denied = {"drop": w.drops(reason="DFW_RULE_DENY"), "reject": w.drops(reason="DFW_REJECTED")}
	for action, nb in denied.items():
		assert nb == sum(r["hits"] for r in [*own, *rules] if r["action"] == action and r.get("id") != 0) > 0, action
	conns = w.c("conn.stats")
	for field, reason in (("refused_limit", "DFW_STATE_LIMIT"), ("refused_flood", "DFW_SYN_FLOOD"), ("refused_memory", "DFW_STATE_MEMORY"),
			("refused_mismatch", "DFW_STATE_MISMATCH")):
		assert conns[field] == w.drops(reason=reason), field
	assert conns["entries"] == len(w.c.list("conn.list")) == conns["created"] - conns["expired"] - conns["killed"] - conns["reset"]


def test_tunnels_and_punt(w):
	tunnels, punts = w.c.list("tunnel.list"), w.c.list("punt.list")
	assert sum(t["tx_packets"] for t in tunnels) == w.stages["tunnel_encap"]["out"] > 0
	inner = sum(r["count"] for r in w.rows if r["stage"] == "tunnel_decap" and not (r["reason"].startswith("DECAP_")
		and r["reason"] not in ("DECAP_NESTED", "DECAP_ECN")))
	assert sum(t["rx_packets"] for t in tunnels) == w.stages["tunnel_decap"]["out"] + inner > 0
	for punt in punts:
		mine = next(s for s in w.c.list("stage.list", worker=punt["worker"]) if s["stage"] == "punt")
		assert (punt["in"], punt["drops"]) == (mine["in"], mine["drops"])
		assert punt["limited"] == w.drops(reason="PUNT_RATE", worker=punt["worker"])


def test_capture(w):
	item = w.c.one("capture.list")
	records = list(w.ring[1].read())
	by_stage = collections.Counter(r["stage"] for r in records)
	assert item["seen"] == w.stages["classify"]["in"] + w.stages["drop"]["in"]
	assert item["matched"] == item["captured"] + item["lost"] and item["skipped"] == 0
	if item["lost"] == 0:
		assert len(records) == item["captured"] == item["seen"]
		assert by_stage == {w.stages["classify"]["id"]: w.stages["classify"]["in"], w.stages["drop"]["id"]: w.stages["drop"]["in"]}


def test_mirror(w):
	item, listed = w.c.one("mirror.counters"), w.c.one("mirror.list", session="both")
	fate = fates(w.d, w.c)
	assert sum(fate.values()) == item["matched"] + item["replicas"] and item["matched"] == listed["matched"]
	assert item["tx_ok"] == listed["tx_ok"] == sum(p["tx_ok"] for p in item["destinations"]) > 0
	port = w.c.one("port.list", port=X86)
	assert item["matched"] == port["rx_packets"] + port["tx_packets"] + w.of_port(X86)["vnic_tx"]["drops"]
	w.c("mirror.stop", session="both")
	assert len(rdpcap(w.d.dir + "/m.pcapng")) == item["tx_ok"]


def test_ladders(w):
	seen = 0
	for p in w.c.list("port.list"):
		if p["type"] not in ("uplink", "vnic", "upt", "mux", "vmk") or p["bypass"]:
			continue
		for way in ("to-guest", "from-guest"):
			for line in w.c.list("port.ladder", port=p["qname"], dir=way):
				parts = [w.of_port(x) for x in line["ports"]]
				counts = [w.c.one("port.list", port=x) for x in line["ports"]]
				if line["layer"] in w.stages:
					for k, field in (("packets", "in"), ("created", "created"), ("drops", "drops")):
						assert line[k] == sum(x[line["layer"]][field] for x in parts), (p["qname"], line)
					seen += line["packets"]
				elif line["layer"].startswith("port"):
					assert line["packets"] == sum(x[line["layer"][5:] + "_packets"] for x in counts), line
	assert seen > 1000


@pytest.mark.parametrize("method", sorted(COUNTED))
def test_metrics(w, method):
	labels, fields = COUNTED[method]
	samples = scrape(port_of(w.d))
	items = w.c.list(method, **({"all": True} if method == "drop.list" else {}))
	for name, field in fields.items():
		got = {key[1]: v for key, v in samples.items() if key[0] == "reddot_" + name}
		assert got == {frozenset((k, str(i[f])) for k, f in labels.items()): i[field] for i in items}, name


def test_devices(w):
	"""A driver that counts something is on the page with that, one that does not is not there."""
	got = {key[1]: v for key, v in scrape(port_of(w.d)).items() if key[0] == "reddot_device_lost_packets_total"}
	items = w.c.list("drop.hardware")
	want = {frozenset((k, i[k]) for k in ("port", "reason")): i["count"] for i in items if i["count"] is not None}
	assert items and got == want
	named = {(i["port"], i["reason"]): i["count"] for i in w.c.list("drop.hardware", port=WIRE)}
	assert named == {(i["port"], i["reason"]): i["count"] for i in items if i["port"] == WIRE}


def test_telemetry(w):
	with Telemetry(w.home) as t:
		assert t("/reddot/stages") == {n: s["in"] for n, s in w.stages.items()}
		assert t("/reddot/drops") == {d["reason"]: d["count"] for d in w.c.list("drop.list")}
		for p in w.c.list("port.list"):
			got = t("/reddot/ports," + p["qname"])
			assert all(got[k] == p[k] for k in ("rx_packets", "rx_bytes", "tx_packets", "tx_bytes", "drops"))
		for s in w.c.list("stage.list"):
			got = t("/reddot/stages," + s["stage"])
			assert all(got[k] == s[k] for k in INNER)
		for f in w.c.list("flow.stats"):
			got = t(f"/reddot/flows,{f['worker']}")
			assert all(got[k] == f[k] for k in ("hits", "misses", "inserts", "entries"))
		assert t("/reddot/connections") == w.c("conn.stats")
		for i in w.c.list("worker.list"):
			got = t(f"/reddot/workers,{i['worker']}")
			assert all(got[k] == i[k] for k in ("packets", "bursts", "handed_in", "handed_out"))
		assert t("/reddot/captures,cap")["captured"] == w.c.one("capture.list")["captured"]
		assert t("/reddot/mirrors,both")["matched"] == w.c.one("mirror.counters")["matched"]
		for i in w.c.list("tunnel.list"):
			assert t(f"/reddot/tunnels,{i['name']}")["tx_packets"] == i["tx_packets"]


def test_esxi_spellings(w):
	text = w.d.cli("ens", "uplink", "stats")
	for p in w.c.list("port.list"):
		if p["type"] == "uplink":
			cells = [str(p[k]) for k in ("rx_packets", "rx_bytes", "tx_packets", "tx_bytes", "drops")]
			assert any(line.split() == [p["name"], *cells] for line in text.splitlines()), p


def test_gone_ports_are_counted_on(w):
	"""A port that goes takes no count with it: all of it is shown without a name."""
	w.c("mirror.del", session="both")
	before = {s["stage"]: s for s in w.c.list("stage.list")}
	w.d.cli("port", "del", X86)
	after = {s["stage"]: s for s in w.c.list("stage.list")}
	assert all(after[n][k] == s[k] for n, s in before.items() for k in INNER)
	rows = w.c.list("drop.list", detail=True)
	assert sum(r["count"] for r in rows) == w.drops() and sum(r["count"] for r in rows if r["port"] == "") == w.drops(port=X86) > 0
