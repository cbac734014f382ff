# SPDX-License-Identifier: BSD-3-Clause
#
# Mirror sessions of the daemon: what a collector gets is read by tshark and scapy, and what was counted is compared with it. Every
# scenario ends with balance(): each packet that a session met has exactly one fate.
import json
import os
import shlex
import subprocess

import pytest
from ports_lab import Netns, NsDaemon, RawSocket, need
from rdtest import Daemon, refused, wait_for
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw
from scapy.utils import RawPcapNgReader, RawPcapReader

from mirror_lab import FATES, VM1, VM2

A, B = "172.16.31.25", "172.16.31.26"
FIELDS = ["frame.len", "ip.src", "ip.dst", "gre.flags_and_version", "gre.proto", "gre.sequence_number", "erspan.version",
	"erspan.truncated", "erspan.spanid", "erspan.index", "erspan.hw", "erspan.direction"]


def topology(path, extra="", mtu=1600):
	return f"""host add h default
switch add s host h portset 1 mtu {mtu}
segment add seg switch s vni 5001
port add up switch s type uplink device "net_pcap_up,tx_pcap={path}" mac 02:00:00:00:00:01 mtu {mtu}
port add vm1 switch s type vnic mac {VM1} segment seg spoof-check off label web1
port add vm2 switch s type vnic mac {VM2} segment seg spoof-check off
tep add 192.0.2.1 host h mac 02:00:00:00:00:01 team up
{extra}"""


TO = "to 192.0.2.2 next-hop 02:00:00:00:00:02 mtu 1600"


class Lab:
	def __init__(self, extra="", args=(), mtu=1600, tmp="/tmp", **kw):
		self.out = f"{tmp}/tx-{os.getpid()}-{os.urandom(4).hex()}.pcap"
		self.d = Daemon(*args, lines=topology(self.out, extra, mtu), **kw)
		self.c = self.d.client()

	def __enter__(self):
		return self

	def __exit__(self, *exc):
		self.c.close()
		self.d.__exit__(*exc)
		if os.path.exists(self.out):
			os.unlink(self.out)

	def inject(self, frames, port="vm1"):
		for i in range(0, len(frames), 500):
			self.c("inject", port=port, frames=[bytes(f).hex() for f in frames[i:i + 500]])

	def counters(self, name="web"):
		return self.c.one("mirror.counters", session=name)

	def matched(self, n, name="web"):
		"""The counters once so many packets have come, and each of them has its fate."""
		return wait_for(f"{n} packets at session {name}", lambda: self.settled(n, name))

	def settled(self, n, name):
		k = self.counters(name)
		return k if k["matched"] >= n and sum(k[f] for f in FATES) == k["matched"] + k["replicas"] else None

	def copies(self):
		"""What the uplink sent, once the daemon has ended."""
		self.c.close()
		self.d.stop()
		return [bytes(data) for data, _ in RawPcapReader(self.out)]

	def tshark(self, *fields):
		cmd = ["tshark", "-r", self.out, "-T", "fields", "-E", "separator=|", "-E", "occurrence=f"]
		for f in fields:
			cmd += ["-e", f]
		out = subprocess.run(cmd, capture_output=True, text=True, check=True).stdout
		return [line.split("|") for line in out.splitlines()]


def balance(k):
	assert sum(k[f] for f in FATES) == k["matched"] + k["replicas"], k
	return k


def syn(n=1, sport=57448, dport=80, size=0, flags="S", dst=B):
	return [Ether(src=VM1, dst=VM2) / IP(src=A, dst=dst, id=i) / TCP(sport=sport, dport=dport, flags=flags, seq=i)
		/ Raw(bytes(size)) for i in range(n)]


def test_erspan2_to_a_static_collector():
	lines = f"mirror session add web source vm1 direction from-guest {TO} erspan-id 100 up\n"
	with Lab(lines) as lab:
		frames = syn(10) + syn(10, size=900)
		lab.inject(frames)
		k = balance(lab.matched(20))
		assert k["tx_ok"] == 20 and k["destinations"][0]["seq_next"] == 20
		item = lab.c.one("mirror.list", session="web")
		assert (item["admin"], item["oper"], item["sub"], item["path"]) == ("up", "active", "sw", "sw")
		assert item["overhead"] == 50 and item["largest_frame"] == 1564 and 3000 < item["left_s"] <= 3600
		assert item["destination"] == "192.0.2.2 at 02:00:00:00:00:02 by h/up" and item["why"]
		vm1 = lab.c.one("port.list", port="vm1")["idx"] if "idx" in lab.c.one("port.list", port="vm1") else None
		copies = lab.copies()
		assert [c[50:] for c in copies] == [bytes(f) for f in frames]
		rows = lab.tshark(*FIELDS)
		assert [r[5] for r in rows] == [str(i) for i in range(20)]
		for r in rows:
			assert r[1:5] == ["192.0.2.1", "192.0.2.2", "0x1000", "0x88be"] and r[6:9] == ["1", "0", "100"]
			index = int(r[9])
			assert index >> 19 == 0 and index >> 14 & 31 == 3 and (vm1 is None or index & 0x3fff == vm1)


@pytest.mark.parametrize("encap,head", [("erspan1", 38), ("erspan3", 54), ("gre", 42), ("vxlan", 50), ("geneve", 98), ("tzsp", 47)])
def test_every_head(encap, head):
	with Lab(f"mirror session add web source vm1 direction from-guest encap {encap} {TO} up\n") as lab:
		frames = syn(3, size=100)
		lab.inject(frames)
		assert balance(lab.matched(3))["tx_ok"] == 3
		copies = lab.copies()
		assert [c[head:] for c in copies] == [bytes(f) for f in frames]
		inner = lab.tshark("tcp.dstport")
		assert inner == [["80"]] * 3


def test_rules_and_hits():
	lines = f"mirror session add web source vm1 direction from-guest {TO}\n" \
		"mirror rule add web deny proto tcp dport 22\n" \
		"mirror rule add web permit proto tcp to 172.16.31.0/24 flags syn,!ack\n" \
		"mirror rule add web permit either-way proto udp from 172.16.31.26 sport 53\n" \
		"mirror session start web\n"
	with Lab(lines) as lab:
		udp = [Ether(src=VM1, dst=VM2) / IP(src=A, dst=B) / UDP(sport=4000, dport=53) / Raw(b"x" * 20)]
		lab.inject(syn(2, dport=22) + syn(3) + syn(4, flags="SA") + udp + syn(5, dst="10.9.9.9"))
		k = balance(lab.matched(15))
		assert [r["hits"] for r in k["rules"]] == [2, 3, 1] and k["tx_ok"] == 4
		assert k["denied"] + k["filtered"] == 11 and k["denied"] >= 2
		copies = lab.copies()
		assert [c[50:] for c in copies] == [bytes(f) for f in syn(3) + udp]


def test_samplers():
	lines = "".join(f"mirror session add {n} source vm1 direction from-guest sample {s} {TO} up\n"
		for n, s in (("web", "1/10"), ("dice", "random:1/10"), ("flow", "flow:1/4")))
	with Lab(lines) as lab:
		frames = [f for port in range(250) for f in syn(4, sport=2000 + port)]
		lab.inject(frames)
		assert balance(lab.matched(1000))["tx_ok"] == 100
		dice, flow = balance(lab.matched(1000, "dice")), balance(lab.matched(1000, "flow"))
		assert 60 <= dice["tx_ok"] <= 145 and flow["tx_ok"] % 4 == 0 and 120 <= flow["tx_ok"] <= 380
		ids = {s["session"]: s["id"] for s in lab.c.list("mirror.list")}
		copies = lab.copies()
		flows = {}
		for c in copies:
			if int.from_bytes(c[44:46], "big") & 0x3ff == ids["flow"]:
				sport = Ether(c[50:])[TCP].sport
				flows[sport] = flows.get(sport, 0) + 1
		assert set(flows.values()) == {4} and len(flows) * 4 == flow["tx_ok"]


def test_cut_and_mtu():
	lines = f"mirror session add web source vm1 direction from-guest snaplen 96 {TO} up\n" \
		"mirror session add fit source vm1 direction from-guest to 192.0.2.3 next-hop 02:00:00:00:00:03 mtu 1500 up\n" \
		"mirror session add drop source vm1 direction from-guest to 192.0.2.4 next-hop 02:00:00:00:00:04 mtu 1500 mtu-policy drop up\n"
	with Lab(lines) as lab:
		lab.inject(syn(1, size=1460) + syn(1))
		web, fit, drop = (balance(lab.matched(2, n)) for n in ("web", "fit", "drop"))
		assert (web["cut"], web["cut_bytes"]) == (1, 1514 - 96) and (fit["cut"], fit["cut_bytes"]) == (1, 50)
		assert drop["mtu"] == 1 and drop["tx_ok"] == 1
		lab.copies()
		rows = sorted(lab.tshark("ip.dst", "frame.len", "erspan.truncated", "ip.len"))
		assert [r for r in rows if r[0] == "192.0.2.2"] == [["192.0.2.2", "104", "0", "90"], ["192.0.2.2", "146", "1", "132"]]
		assert [r for r in rows if r[0] == "192.0.2.3"] == [["192.0.2.3", "104", "0", "90"], ["192.0.2.3", "1514", "1", "1500"]]


def test_limits_end_to_the_packet():
	with Lab(f"mirror session add web source vm1 direction from-guest max-packets 7 {TO} up\n") as lab:
		lab.inject(syn(30))
		wait_for("its end", lambda: lab.c.one("mirror.list", session="web")["oper"] == "expired")
		k = lab.matched(7)
		assert k["tx_ok"] == 7 and k["ended"] + k["stopped"] + 7 == k["matched"]
		assert lab.c.one("mirror.list", session="web")["why"] == "it has sent as many packets or bytes as it was allowed"
		lab.inject(syn(5))
		assert len(lab.copies()) == 7


def test_dropped_packets_with_their_reasons():
	lines = f"mirror session add web source all reason PARSE_IP_CSUM,PARSE_TCP_HDRLEN encap erspan3 sgt reason {TO} up\n"
	with Lab(lines) as lab:
		good = syn(2)
		bad = bytearray(bytes(syn(1)[0]))
		bad[24] ^= 0xff  # the IP header's checksum
		runt = bytes(10)
		lab.inject([*good, bytes(bad), runt, bytes(bad)])
		k = wait_for("two copies", lambda: (lambda k: k if k["tx_ok"] == 2 else None)(lab.counters()))
		balance(k)
		assert k["reason"] >= 1  # the runt is dropped, too
		reasons = {d["reason"]: d["id"] for d in lab.c.list("drop.list", all=True)}
		copies = lab.copies()
		assert [c[54:] for c in copies] == [bytes(bad)] * 2
		assert lab.tshark("erspan.sgt", "erspan.hw") == [[str(reasons["PARSE_IP_CSUM"]), "23"]] * 2


def test_one_packet_id_at_every_stage():
	lines = f"mirror session add web source all stage all encap geneve {TO} up\n"
	with Lab(lines) as lab:
		lab.inject(syn(1))
		lab.matched(3)
		copies = lab.copies()
		ids = {c[90:98] for c in copies}
		stages = [c[70] for c in copies]
		assert len(copies) >= 5 and len(stages) == len(set(stages)), stages
		assert len(ids) == 1 and ids != {bytes(8)}


def test_running_config_makes_the_same_again():
	lines = f"mirror session add web source vm1,guest:web1 direction both sample flow:1/4 {TO} comment \"two words\"\n" \
		"mirror rule add web permit inner proto tcp dport 80-90\nmirror rule add web at 1 deny vni 7\n" \
		"mirror session add other source vni:5001 to 192.0.2.9,192.0.2.10 weight 3,1 mode balance next-hop 02:00:00:00:00:02 up\n"
	with Lab(lines) as lab:
		config = lab.d.cli("show", "running-config")
		again = [line for line in config.splitlines() if line.startswith("mirror")]
		assert again == ["mirror session add web id 1 source vm1,guest:web1 direction both sample flow:1/4 to 192.0.2.2"
			" next-hop 02:00:00:00:00:02 mtu 1600 comment \"two words\"", "mirror rule add web deny vni 7",
			"mirror rule add web permit inner proto tcp dport 80-90",
			"mirror session add other id 2 source vni:5001 to 192.0.2.9,192.0.2.10 weight 3,1 mode balance"
			" next-hop 02:00:00:00:00:02", "mirror session start other"]
		lab.c("mirror.del", session="web")
		lab.c("mirror.del", session="2")
		for line in again:
			lab.d.cli(*shlex.split(line))
		assert [s for s in lab.d.cli("show", "running-config").splitlines() if s.startswith("mirror")] == again


def test_refusals_say_what():
	with Lab(f"mirror session add web source vm1 {TO}\n") as lab:
		assert refused("EEXIST", lab.c, "mirror.add", name="web", source="vm1", to="192.0.2.2").what == \
			"there is a mirror session web already"
		assert refused("ERANGE", lab.c, "mirror.add", name="x", erspan_id=1024).what == "erspan-id 1024: 1 to 1023 (0x1 to 0x3ff)"
		assert refused("ENOENT", lab.c, "mirror.add", name="x", source="nobody", to="192.0.2.2").where == "source"
		assert refused("EINVAL", lab.c, "mirror.add", name="x", source="vm1", to="192.0.2.1", up=True).where == "to"
		assert refused("EEXIST", lab.c, "mirror.add", name="x", source="vm1", to="192.0.2.2", erspan_id=1).where == "erspan-id"
		assert refused("EINVAL", lab.c, "mirror.add", name="x", nonsense=1).what == "mirror.add knows no parameter nonsense"
		assert refused("ENOENT", lab.c, "mirror.start", session="x").what == "there is no mirror session x"
		assert [s["session"] for s in lab.c.list("mirror.list")] == ["web"]


def test_a_change_keeps_count_and_numbers():
	with Lab(f"mirror session add web source vm1 direction from-guest {TO} up\n") as lab:
		lab.inject(syn(5))
		lab.matched(5)
		lab.c("mirror.set", session="web", snaplen="128", dscp=46)
		lab.inject(syn(5, size=500))
		k = balance(lab.matched(10))
		assert k["tx_ok"] == 10 and k["cut"] == 5
		lab.copies()
		rows = lab.tshark("gre.sequence_number", "ip.dsfield.dscp")
		assert rows == [[str(i), "8" if i < 5 else "46"] for i in range(10)]


def test_local_targets():
	with Lab() as lab:
		path = f"{lab.d.dir}/web.pcapng"
		lab.c("mirror.add", name="web", source="vm1", direction="from-guest", encap="pcap-file", file=path, up=True)
		lab.c("mirror.add", name="port", source="vm1", direction="from-guest", encap="port", out_port="up", up=True)
		lab.c("mirror.add", name="rspan", source="vm1", direction="from-guest", encap="rspan", vlan=900, out_port="up", up=True)
		frames = syn(6, size=300)
		lab.inject(frames)
		for name in ("web", "port", "rspan"):
			assert balance(lab.matched(6, name))["tx_ok"] == 6
		lab.c("mirror.stop", session="web")
		assert [bytes(data) for data, _ in RawPcapNgReader(path)] == [bytes(f) for f in frames]
		assert refused("EEXIST", lab.c, "mirror.start", session="web").where == "file"
		copies = lab.copies()
		plain, tagged = [c for c in copies if len(c) == len(frames[0])], [c for c in copies if len(c) == len(frames[0]) + 4]
		assert plain == [bytes(f) for f in frames]
		assert tagged == [bytes(f)[:12] + bytes.fromhex("81000384") + bytes(f)[12:] for f in frames]


def test_replicas_and_balance():
	to = "to 192.0.2.2,192.0.2.3 next-hop 02:00:00:00:00:02 mtu 1600"
	lines = f"mirror session add web source vm1 direction from-guest {to} mode replicate up\n" \
		f"mirror session add bal source vm1 direction from-guest {to} mode balance weight 3,1 up\n"
	with Lab(lines) as lab:
		lab.inject([f for port in range(200) for f in syn(2, sport=2000 + port)])
		web, bal = balance(lab.matched(400)), balance(lab.matched(400, "bal"))
		assert [d["tx_ok"] for d in web["destinations"]] == [400, 400] and web["replicas"] == 400
		first, second = (d["tx_ok"] for d in bal["destinations"])
		assert first + second == 400 and 40 <= second <= 170, (first, second)
		assert len(lab.copies()) == 1200


def test_ports_that_come_and_go():
	with Lab(f"mirror session add web source vm1,guest:late direction from-guest {TO} up\n") as lab:
		lab.inject(syn(2))
		lab.matched(2)
		mac = "00:50:56:a1:00:33"
		lab.c("port.add", name="vm3", switch="s", type="vnic", mac=mac, segment="seg", label="late", spoof_check=False)
		lab.inject(syn(3), port="vm3")
		assert balance(lab.matched(5))["tx_ok"] == 5
		lab.c("port.del", port="vm3")
		lab.c("port.add", name="other", switch="s", type="vnic", mac=mac, segment="seg", spoof_check=False)
		lab.inject(syn(4), port="other")  # has the index that was vm3's
		lab.inject(syn(1))
		assert balance(lab.matched(6))["tx_ok"] == 6
		lab.c("port.set", port="up", device="none")
		item = wait_for("no way out", lambda: (lambda i: i if i["oper"] == "failed" else None)(
			lab.c.one("mirror.list", session="web")))
		assert item["why"] == "port up has no device that copies could leave by", item
		lab.inject(syn(3))
		assert balance(lab.matched(0))["tx_ok"] == 6


def test_journal_and_json():
	with Lab(f"mirror session add web source vm1 {TO} up\n") as lab:
		lab.c("mirror.stop", session="web")
		what = [e["what"] for e in lab.c.list("mirror.journal", session="web")]
		assert what[0] == "added" and "started" in what and what[-1] == "stopped"
		item = json.loads(lab.d.cli("--json", "show", "mirror"))
		assert (item[0] if isinstance(item, list) else item)["oper"] == "down"
		assert "web" in lab.d.cli("show", "mirror") and "COLLECTOR" in lab.d.cli("show", "mirror", "counters", "web")


def kept(state):
	"""The sessions in a state file."""
	if not os.path.exists(state):
		return []
	with open(state, encoding="utf-8") as f:
		return [s["name"] for s in json.load(f)["sessions"]]


def test_numbers_go_on_after_a_restart():
	state = f"/tmp/rd-state-{os.getpid()}-{os.urandom(4).hex()}"
	lines = f"mirror session add web source vm1 direction from-guest {TO} up\n"
	try:
		with Lab(lines, args=["--state", state]) as lab:
			lab.inject(syn(5))
			assert balance(lab.matched(5))["tx_ok"] == 5
			lab.c("mirror.add", name="stays", source="vm2", to="192.0.2.7", next_hop="02:00:00:00:00:07", lifetime="0",
				force=True, rule=["permit proto tcp", "permit proto udp"], up=True)
			wait_for("the session in the state file", lambda: "stays" in kept(state))
			lab.d.proc.kill()
			lab.d.proc.wait()
			os.unlink(lab.d.path)
			lab.d.stop = lambda *a: None
		with Lab(lines, args=["--state", state]) as lab:
			lab.inject(syn(5))
			k = balance(lab.matched(5))
			assert 5 + (1 << 20) - (1 << 18) <= k["destinations"][0]["seq_next"] <= 10 + (1 << 20)
			stays = wait_for("the session", lambda: (lambda i: i if i["oper"] == "active" else None)(
				lab.c.one("mirror.list", session="stays")))
			assert stays["fields"]["rules"] == ["permit proto tcp", "permit proto udp"]
			first = k["destinations"][0]["seq_next"]
		with Lab(lines, args=["--state", state]) as lab:  # it ended well: exactly there
			assert lab.c.one("mirror.list", session="web")["destinations"][0]["seq_next"] == first
	finally:
		if os.path.exists(state):
			os.unlink(state)


def test_explain_capability_diff():
	with Lab(f"mirror session add web source vm1,up {TO} up\n") as lab:
		result, points = lab.c.call("mirror.explain", session="web")
		assert result["path"] == "sw" and result["why"].startswith("software")
		up = [p for p in points if p["port"] == "h/up"]
		assert {p["stage"] for p in points} == {"vnic_rx", "vnic_tx", "uplink_rx", "uplink_tx"}
		assert all(p["recipe"] == "R5 sw" and p["path"] == "sw" and p["rules"] == 0 for p in points)
		assert up and all(p["refused"] for p in up)
		cap = lab.c.one("mirror.capability", port="up")
		assert cap["driver"] == "net_pcap" and cap["made"] == 0
		assert any("ENOSYS" in r["error"] for r in cap["rungs"])
		diff = lab.c.list("mirror.diff")
		assert all(d["same"] for d in diff) and {d["what"] for d in diff} >= {"vnic_rx@h/vm1", "collector"}
		assert "R5 sw" in lab.d.cli("show", "mirror", "explain", "web")
		assert "net_pcap" in lab.d.cli("show", "mirror", "capability")
		err = refused("ENOTSUP", lab.c, "mirror.add", name="must", source="up", to="192.0.2.9", next_hop="02:00:00:00:00:09",
			encap="erspan1", offload="require", pps=0, bps=0, force=True, up=True)
		assert err.what, err
		assert "must" not in [s["session"] for s in lab.c.list("mirror.list")]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: makes network namespaces")
def test_a_next_hop_is_asked_for_and_replaced():
	lines = f"""host add h default
switch add s host h portset 1 mtu 1600
segment add seg switch s vni 5001
port add up switch s type uplink device "net_tap0,iface=rdmirror" mac 02:00:00:00:00:01 mtu 1600
port add vm1 switch s type vnic mac {VM1} segment seg spoof-check off
port add vm2 switch s type vnic mac {VM2} segment seg spoof-check off
tep add 192.0.2.1 host h mac 02:00:00:00:00:01 team up
mirror session add web source vm1 direction from-guest to 192.0.2.9,192.0.2.2 up
mirror session add six source vm1 direction from-guest to 2001:db8::2 src-ip 2001:db8::1 up
"""
	need("ip")
	with Netns("sw") as sw, Netns("col") as col, NsDaemon(sw, lines, ()) as d, d.client() as c:
		sw.ip("link", "set", "rdmirror", "netns", col.name)
		col.ip("addr", "add", "192.0.2.2/24", "dev", "rdmirror")
		col.ip("addr", "add", "2001:db8::2/64", "dev", "rdmirror", "nodad")
		col.ip("link", "set", "rdmirror", "up")
		for name in ("web", "six"):
			item = wait_for(f"{name} finds its collector", lambda n=name: (lambda i: i if i["oper"] == "active" else None)(
				c.one("mirror.list", session=n)))
			assert col.mac("rdmirror") in [x["mac"] for x in item["destinations"]], item
		dead, alive = c.one("mirror.list", session="web")["destinations"]
		assert alive["state"] == "up" and alive["active"] and not dead["active"]
		sock = RawSocket(col, "rdmirror")
		c("inject", port="vm1", frames=[bytes(f).hex() for f in syn(5)])
		for head in (50, 70):
			sock.receive(lambda f, n=head: f[n:] == bytes(syn(5)[4]), f"the copy behind {head} bytes")
