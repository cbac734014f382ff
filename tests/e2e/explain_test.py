# SPDX-License-Identifier: BSD-3-Clause
#
# explain: what-if against what then really happens, at every stage and byte; causes of drops with rule and journal; the
# manual at the prompt. RD_EXPLAIN_SEED repeats a run.
import json
import os
import random
import subprocess
import time

import pytest
from rdtest import ENV, NOBODY, NO_OTHERS, OTHERS_CAN, PCAPS, REDDOT, SOURCE, Ring, demo, refused
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Raw
from scapy.utils import rdpcap

import sys

sys.path.insert(0, SOURCE + "/pcaps")
from frames import CLIENT, EMU_GUEST, OUR_TEP, REMOTE_TEP, UPT_GUEST, geneve, outer  # noqa: E402

SEED = int(os.environ.get("RD_EXPLAIN_SEED", time.time_ns() % 10**9))
NB = 1000  # of each topology
PROXY = "arm/gs-ubuntu-01.eth0.7c520dd4"
STATES = ["SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSING", "TIME_WAIT", "CLOSED", "UDP_NEW", "UDP_STREAM", "ICMP",
	"OTHER_NEW", "OTHER_STREAM"]
STRANGER = {"mac": "02:00:00:00:00:77", "ip": "172.16.31.99"}
# More firewall than the demos have: rejects, rules that name ports and addresses, no state on one side.
RULES = [
	"dfw add port {guest} rule 2001 dir in action reject proto tcp dport 81",
	"dfw add port {guest} rule 2002 dir out action drop proto udp dport 53",
	"dfw add port {guest} rule 2003 dir in action allow proto icmp",
	"dfw add port {guest} rule 2004 dir in action allow proto udp from 172.16.31.26",
]


@pytest.fixture(name="rng")
def rng_():
	print(f"RD_EXPLAIN_SEED={SEED}")
	return random.Random(SEED)


def payload_of(rng, src, dst):
	"""Something from one to the other, most of it sensible."""
	eth = Ether(src=src["mac"], dst=rng.choice([dst["mac"]] * 8 + ["ff:ff:ff:ff:ff:ff", "02:00:00:00:00:55"]))
	ip = IP(src=src["ip"], dst=dst["ip"], ttl=rng.choice([1, 64]), tos=rng.choice([0, 0, 3]), id=rng.randrange(65536))
	kind = rng.randrange(12)
	if kind < 5:
		tcp = TCP(sport=rng.choice([80, 57448, 60186, rng.randrange(1024, 1100)]), dport=rng.choice([80, 22, 23, 81, 57448]),
			flags=rng.choice(["S", "S", "SA", "A", "FA", "R", "PA"]), seq=rng.choice([1, 1000, 2193816220]), ack=rng.choice([0, 2, 2198858043]))
		return eth / ip / tcp / Raw(b"x" * rng.randrange(20))
	if kind < 7:
		return eth / ip / UDP(sport=rng.randrange(1024, 1040), dport=rng.choice([53, 123])) / Raw(b"y" * rng.choice([10, 1400, 1700]))
	if kind == 7:
		return eth / ip / ICMP(type=rng.choice([0, 8, 3]), id=rng.randrange(4)) / Raw(b"z" * 40)
	if kind == 8:
		return Ether(src=src["mac"], dst="ff:ff:ff:ff:ff:ff") / ARP(hwsrc=src["mac"], psrc=src["ip"], pdst=dst["ip"])
	if kind == 9:
		return eth / IPv6(src="fe80::1", dst="fe80::2") / ICMPv6EchoRequest()
	if kind == 10:
		return eth / Dot1Q(vlan=rng.choice([0, 100])) / ip / UDP(sport=1, dport=2)
	ip.flags, ip.frag = rng.choice([("MF", 0), ("MF", 100), (0, 200)])
	return eth / ip / UDP(sport=7, dport=8) / Raw(b"f" * 64)


def mangled(rng, frame):
	"""Sometimes what no sender should send."""
	b = bytearray(frame)
	if rng.random() < 0.1:
		b[rng.randrange(12, min(len(b), 60))] ^= 1 << rng.randrange(8)
	if rng.random() < 0.04:
		del b[rng.randrange(10, len(b)):]
	return bytes(b)


def ours(rng):
	"""For the endpoint itself."""
	arp = Ether(src=REMOTE_TEP["mac"], dst=OUR_TEP["mac"]) / ARP(op=rng.choice([1, 2, 3]), hwsrc=REMOTE_TEP["mac"],
		psrc=REMOTE_TEP["ip"], pdst=OUR_TEP["ip"])
	ping = Ether(src=REMOTE_TEP["mac"], dst=OUR_TEP["mac"]) / IP(src=REMOTE_TEP["ip"], dst=OUR_TEP["ip"]) / ICMP(type=rng.choice([8, 0]))
	return bytes(rng.choice([arp, ping]))


def generated(rng, guest, guest_port):
	"""A port and a frame."""
	what = rng.random()
	if what < 0.05:
		return "vmnic1", mangled(rng, ours(rng))
	client = rng.choice([CLIENT] * 8 + [STRANGER])
	if what < 0.55:
		inner = mangled(rng, bytes(payload_of(rng, client, guest)))
		vni = rng.choice([74752] * 20 + [5])
		return "vmnic1", mangled(rng, outer(geneve(inner, vni=vni), tos=rng.choice([0, 0, 0, 3])))
	return guest_port, mangled(rng, bytes(payload_of(rng, rng.choice([guest] * 12 + [STRANGER]), client)))


def family(records, key):
	"""The packet with this id, its copies and theirs."""
	ids, grew = {key}, True
	while grew:
		more = {r["packet_id"] for r in records if r["parent_id"] in ids} - ids
		ids |= more
		grew = bool(more)
	return [r for r in records if r["packet_id"] in ids]


def seen(records, names):
	"""What a capture at every stage has of a packet, packets told apart by their order."""
	order = []
	for r in records:
		if r["packet_id"] not in order:
			order.append(r["packet_id"])
	return [(order.index(r["packet_id"]), names[r["stage"]], r["port_id"], r["bytes"].hex()) for r in records]


def foretold(hops):
	order = []
	for h in hops:
		if h["packet_id"] not in order:
			order.append(h["packet_id"])
	return [(order.index(h["packet_id"]), h["stage"], h["port_id"], h["hex"]) for h in hops]


def tap_all(c, cap):
	stages = c.list("stage.list")
	result = cap("capture.start", points=[{"stage": s["stage"]} for s in stages], name="all", snaplen=65535, ring_size=4 << 20)
	fd = cap.fds.pop()
	ring = Ring(fd)
	os.close(fd)
	assert result["fd"]
	return ring, {s["id"]: s["stage"] for s in stages}


def everything(c):
	"""What there is to change: asking must leave it as it is."""
	flows, stations = c.list("flow.list", limit=10000), c.list("fdb.list")
	for f in flows:
		f.pop("inval_s")
	for s in stations:
		s.pop("age_s")
	return json.dumps([c.list("stage.list"), c.list("drop.list"), stations, flows, c("conn.stats"),
		c.list("drop.recent"), c.list("tunnel.list"), c.list("dfw.list"), c.list("dfw.counts"), c.list("port.list")])


def verdict_of(c, frame_id):
	return next((r for r in c.list("drop.recent", count=4000) if r["packet_id"] == frame_id), None)


@pytest.mark.parametrize("name, guest, port, firewall", [
	("emulated", EMU_GUEST, "x86/gs-ubuntu-01.eth0", PROXY),
	("upt", UPT_GUEST, "arm/cluster1-ubuntu-vm8.eth0.7c520dd0", "arm/cluster1-ubuntu-vm8.eth0.7c520dd0"),
])
def test_what_if_is_what_happens(rng, name, guest, port, firewall):
	"""Every hop, its port and every byte, for each of NB packets; the live ones follow at once."""
	ends = {}
	with demo(name) as (d, c), d.client() as cap:
		for line in RULES:
			d.cli("-c", line.format(guest=firewall))
		c("dfw.settings", timeouts={s: 1000000 for s in STATES})  # nothing may end by itself between asking and doing
		ring, names = tap_all(c, cap)
		for n in range(NB):
			at, frame = generated(rng, guest, port)
			if n % 50 == 0:
				before = everything(c)
			result, hops = c.call("explain.whatif", port=at, hex=frame.hex())
			if n % 50 == 0:
				assert everything(c) == before, (at, frame.hex())
				assert list(ring.read()) == []
			frame_id = c("inject", port=at, frames=[frame.hex()])["packet_ids"][0]
			live = family(list(ring.read()), frame_id)
			where = f"packet {n} of seed {SEED} at {at}: {frame.hex()}"
			assert foretold(hops) == seen(live, names), where
			assert result["hops_lost"] == 0 and len(result["verdicts"]) == len({h["packet_id"] for h in hops}), where
			first = next(v for v in result["verdicts"] if v["packet_id"] == hops[0]["packet_id"])
			dropped = verdict_of(c, frame_id) if first["result"] == "dropped" else None
			if first["result"] == "dropped":
				assert (dropped["reason"], dropped["stage"]) == (first["reason"], first["stage"]), where
				if "rule" in first:
					assert first["rule"]["id"] == dropped["rule"], where
			key = first["reason"] or first["result"]
			ends[key] = ends.get(key, 0) + 1
		ring.close()
	print(name, ends)
	assert ends.get("delivered" if name == "upt" else "sent", 0) > NB / 20 and len(ends) > 12, ends


def explained(d, *words):
	return json.loads(d.cli("-j", "explain", *words))


def test_described_packets_are_what_scapy_makes():
	"""Words against scapy's bytes, where every field of both is known."""
	with demo() as (d, _):
		hops = explained(d, "what-if", "in", "vmnic1", "vni", "74752", "tcp", "172.16.31.26:1024", "172.16.31.25:80", "flags", "S.")["hops"]
		packet = Ether(bytes.fromhex(hops[0]["hex"]))
		assert packet.src == REMOTE_TEP["mac"] and packet.dst == OUR_TEP["mac"] and packet[IP].dst == OUR_TEP["ip"]
		assert packet[UDP].dport == 6081 and packet[IP].chksum == IP(bytes(packet[IP])[:20]).chksum
		inner = Ether(next(h["hex"] for h in hops if h["stage"] == "flow_lookup") and bytes.fromhex(
			next(h["hex"] for h in hops if h["stage"] == "flow_lookup")))
		assert (inner.src, inner.dst) == (CLIENT["mac"], EMU_GUEST["mac"])  # nobody said so
		want = Ether(src=CLIENT["mac"], dst=EMU_GUEST["mac"]) / IP(src=CLIENT["ip"], dst=EMU_GUEST["ip"], flags="DF", id=0) / TCP(
			sport=1024, dport=80, flags="SA", seq=1, ack=1, window=64240)
		assert bytes(inner) == bytes(want)
		guest = "x86/gs-ubuntu-01.eth0"
		cases = [
			(["udp", "172.16.31.25", "172.16.31.26.53", "size", "100"],
				IP(src=EMU_GUEST["ip"], dst=CLIENT["ip"], flags="DF", id=0) / UDP(sport=49152, dport=53) / Raw(b"\0" * 58)),
			(["icmp", "src", "172.16.31.25", "dst", "172.16.31.26", "id", "7", "ttl", "3", "tos", "8"],
				IP(src=EMU_GUEST["ip"], dst=CLIENT["ip"], flags="DF", id=0, ttl=3, tos=8) / ICMP(id=7, seq=1)),
			(["icmp", "fe80::1", "fe80::2"], IPv6(src="fe80::1", dst="fe80::2", hlim=64) / ICMPv6EchoRequest(id=1, seq=1)),
			(["udp", "[fe80::1]:5", "[fe80::2]:6"], IPv6(src="fe80::1", dst="fe80::2", hlim=64) / UDP(sport=5, dport=6)),
		]
		for words, layers in cases:
			first = explained(d, "what-if", "in", guest, *words)["hops"][0]
			assert bytes.fromhex(first["hex"]) == bytes(Ether(src=EMU_GUEST["mac"], dst=CLIENT["mac"]) / layers), words
		arp = Ether(bytes.fromhex(explained(d, "what-if", "in", guest, "arp", "172.16.31.25", "172.16.31.26")["hops"][0]["hex"]))
		assert (arp.dst, arp[ARP].op, arp[ARP].psrc, arp[ARP].pdst) == ("ff:ff:ff:ff:ff:ff", 1, EMU_GUEST["ip"], CLIENT["ip"])
		tagged = explained(d, "what-if", "in", "x86/vmnic2", "vlan", "100", "udp", "10.0.0.1", "10.0.0.2:9", "dmac", "02:00:00:00:00:09")
		assert tagged["hops"][0]["hex"][24:32] == "81000064" and tagged["verdicts"][0]["reason"] == "PORT_VLAN_UNKNOWN"
		for bad in (["tcp", "1.2.3.4", "5.6.7.8"], ["udp", "1.2.3.4", "fe80::1"], ["tcp", "x", "5.6.7.8:1"], ["tcp"], ["udp", "1.2.3.4", "5.6.7.8:9", "size", "20"],
				["vlan", "3", "vni", "5", "udp", "1.2.3.4", "5.6.7.8:9"], ["tcp", "1.2.3.4", "5.6.7.8:9", "flags", "Q"]):
			r = d.cli("explain", "what-if", "in", guest, *bad, check=False)
			assert r.returncode == 1 and "try:" in r.stderr, (bad, r.stderr)


def test_file_and_hex_are_the_same():
	frame = bytes(rdpcap(f"{PCAPS}/emulated-syn.pcap")[0])
	with demo() as (d, _):
		by_file = explained(d, "what-if", "in", "vmnic1", "file", f"{PCAPS}/emulated-syn.pcap")
		by_hex = explained(d, "what-if", "in", "vmnic1", "hex", frame.hex())
		strip = lambda r: [(h["stage"], h["port"], h["hex"], h["facts"]) for h in r["hops"]]  # noqa: E731
		assert strip(by_file) == strip(by_hex)
		assert by_hex["verdicts"][0]["result"] == "delivered" and by_hex["verdicts"][0]["port"] == "x86/gs-ubuntu-01.eth0"
		text = d.cli("explain", "what-if", "in", "vmnic1", "file", f"{PCAPS}/emulated-syn.pcap", "frame", "1")
		assert "rule 1041 \"web\": allow" in text and "- geneve vni 0x12400 (74752)" in text
		assert "verdict: delivered at vnic_tx@x86/gs-ubuntu-01.eth0, 74 bytes" in text and text.endswith("remembered.\n")


def test_causes_of_drops():
	frame = bytes(outer(geneve(bytes(Ether(src=CLIENT["mac"], dst=EMU_GUEST["mac"]) / IP(src=CLIENT["ip"], dst=EMU_GUEST["ip"]) / TCP(sport=5, dport=23)))))
	other = bytes(outer(geneve(b"", vni=99)))
	with demo() as (d, c):
		assert explained(d, "drop")["causes"] == [] and "0 packets dropped" in d.cli("explain", "drop")
		c("inject", port="vmnic1", frames=[frame.hex(), other.hex(), frame.hex()])
		every = explained(d, "drop")
		assert every["dropped"] == 3 and sorted((x["count"], x["reason"]) for x in every["causes"])[1] == (2, "DFW_RULE_DENY")
		cause, = explained(d, "drop", "host", "172.16.31.25", "and", "tcp", "port", "23", "last", "60s")["causes"]
		assert (cause["count"], cause["stage"], cause["port"], cause["rule"]["name"]) == (2, "dfw_in", PROXY, "telnet")
		assert cause["rule"]["text"] == "in any -> any tcp/23" and cause["rule"]["where"] == f"port {PROXY}"
		made = cause["changed"]
		assert made["text"].startswith("dfw add port gs-ubuntu-01") and made["ns"] < cause["first_ns"] <= cause["last_ns"]
		assert cause["revision"] == c("dfw.revision")["revision"] and cause["cache"] in ("hit", "miss")
		assert explained(d, "drop", "port", "24")["causes"] == []
		for line in cause["next"]:  # what it says to type works
			if not line.startswith("pktcap"):
				d.cli("-c", line)
		c("dfw.add", port=PROXY, id=9, dir="in", action="allow")
		again, = explained(d, "drop", "host", "172.16.31.25")["causes"]
		assert again["revision"] == cause["revision"]  # of then, not of now
		text = d.cli("explain", "drop", "tcp", "port", "23")
		assert "2 packets dropped, 1 cause\n" in text and "rule 1043 \"telnet\": drop in any -> any tcp/23" in text
		assert "rule made " in text and "with reddotd -f: dfw add port" in text and "next: show dfw port" in text
		r = d.cli("explain", "drop", "no such filter", check=False)
		assert r.returncode == 1 and "try:" in r.stderr
		assert explained(d, "drop", "last", "1ms")["dropped"] <= 3
		refused(None, c, "explain.rule", port="nobody", rule=1)


@pytest.mark.skipif(not OTHERS_CAN, reason=NO_OTHERS)
def test_only_an_admin_sees_contents():
	"""Another user learns why packets died and how many, not what was in them: a filter has nothing to look at, and says so."""
	with demo() as (d, c):
		frame = bytes(Ether(src="02:00:00:00:00:55", dst="00:50:56:a1:99:9e") / IP(src="10.1.2.3", dst="10.4.5.6") / b"secret")[:30]
		for _ in range(3):
			c("inject", port="vmnic1", frames=[frame.hex()])
		others = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", REDDOT, "--socket", d.path]

		def ask(*words):
			return subprocess.run([*others, *words], capture_output=True, text=True, env=ENV, check=True, timeout=120).stdout

		ours, theirs = json.loads(d.cli("-j", "explain", "drop")), json.loads(ask("-j", "explain", "drop"))
		assert ours["dropped"] == theirs["dropped"] == 3 and len(theirs["causes"]) == 1
		assert ours["causes"][0]["sample"].pop("hex") == frame.hex() and theirs["causes"][0]["sample"].pop("hex") == ""
		assert ours["causes"][0]["sample"] == theirs["causes"][0]["sample"]
		assert "02:00:00:00:00:55" in d.cli("explain", "drop") and "02:00:00:00:00:55" not in ask("explain", "drop")
		src = "ether src 02:00:00:00:00:55"
		assert json.loads(d.cli("-j", "explain", "drop", src))["dropped"] == 3
		blind = json.loads(ask("-j", "explain", "drop", src))
		assert (blind["dropped"], blind["unread"], blind["causes"]) == (0, 3, [])
		assert "3 more were not looked into: only an admin may see their bytes" in ask("explain", "drop", src)


def test_flow_encap_and_manual():
	syn = f"{PCAPS}/emulated-syn.pcap"
	with demo() as (d, _):
		assert explained(d, "flow", "172.16.31.26", "172.16.31.25")["entries"] == []
		d.cli("inject", "vmnic1", "pcap", syn)
		found = explained(d, "flow", "172.16.31.26:57448", "172.16.31.25:80")
		assert [e["way"] for e in found["entries"]] == ["forth", "forth", "back", "back"] and len(found["connections"]) == 1
		assert explained(d, "flow", "172.16.31.26:57449", "172.16.31.25:80") == {"entries": [], "connections": []}
		assert "verdict allow, rule 1041" in d.cli("explain", "flow", "172.16.31.25:80", "172.16.31.26")
		layers = explained(d, "encap", "file", syn)
		assert [(x["layer"], x["len"]) for x in layers["layers"]] == [("ethernet", 14), ("ipv4", 20), ("udp", 8), ("geneve", 16), ("inner frame", 74)]
		assert layers["known"] == {"segment": "arm/cluster1-segment1", "sender": "to-192.168.4.57", "endpoint": "arm"}
		assert layers["id"] == 74752 and layers["overhead"] == 58 and layers["inner_max"] == 1456
		assert "geneve" in d.cli("explain", "encap", "hex", bytes(rdpcap(syn)[0]).hex())
		assert d.cli("explain", "encap", "hex", "00" * 60, check=False).returncode == 1
		for s in (x["stage"] for x in json.loads(d.cli("-j", "show", "stage"))):
			page = explained(d, "stage", s)
			assert page["stage"] == s and page["what"]
		for r in json.loads(d.cli("-j", "show", "drop", "all"))[::7]:
			page = explained(d, "reason", r["reason"])
			assert (page["meaning"], page["try"], page["id"]) == (r["meaning"], r["hint"], r["id"])
		assert explained(d, "point", "PostDVFilter")["stages"] == ["tunnel_encap", "port_out"]
		assert explained(d, "point", "Vmxnet3Rx")["point"] == "VnicRx"
		for words in (["stage", "nope"], ["reason", "NOPE"], ["point", "nope"], ["point", "dfw_in"]):
			assert "try:" in d.cli("explain", *words, check=False).stderr


def test_probe_is_seen_and_not_delivered():
	guest, words = "x86/gs-ubuntu-01.eth0", ["from", "x86/gs-ubuntu-01.eth0", "tcp", "172.16.31.25:1024", "172.16.31.26:80"]
	with demo() as (d, c), d.client() as cap:
		ring, names = tap_all(c, cap)
		sent = lambda port: c.one("port.list", port=port)["tx_packets"]  # noqa: E731
		out = json.loads(d.cli("-j", "probe", *words))
		seen_by = [(o["observation"], o["component"]) for o in out["observations"] if o["parent_id"] == 0]
		assert seen_by == [("received", "LPORT"), ("forwarded", "LS"), ("replicated", "LS"), ("forwarded", "PHYSICAL"), ("received", "MUX"),
			("forwarded", "LS"), ("forwarded", "DFW"), ("forwarded", "EDGE_TUNNEL"), ("forwarded", "PHYSICAL")], seen_by
		assert [o["acl_rule_id"] for o in out["observations"] if o["component"] == "DFW"] == [1042]
		assert [o["hop"] for o in out["observations"]] == list(range(out["observed"]))
		times = [o["since_ns"] for o in out["observations"]]
		assert times == sorted(times) and times[0] == 0
		end, = out["verdicts"]
		assert (end["observation"], end["port"], end["held"]) == ("forwarded", "arm/vmnic1", True)
		assert sent("arm/vmnic1") == 0, "a probe has left"
		live = [names[r["stage"]] for r in ring.read() if r["packet_id"] == end["packet_id"]]
		assert live[0] == "vnic_rx" and live[-1] == "uplink_tx"  # captures see it
		d.cli("probe", *words, "deliver")
		assert sent("arm/vmnic1") == 1
		# Towards the guest: it would be delivered, and the guest that stands in does not answer.
		back = ["from", "vmnic1", "vni", "74752", "tcp", "172.16.31.26:1", "172.16.31.25:80"]
		text = d.cli("probe", *back)
		assert f"delivered at {guest}, and kept from going further" in text and sent(guest) == 0
		assert "OBSERVATION" in text and "rule 1041 \"web\": allow" in text
		refused_at = json.loads(d.cli("-j", "probe", "from", "vmnic1", "vni", "74752", "tcp", "172.16.31.26:1", "172.16.31.25:23"))
		last = refused_at["observations"][-1]
		assert (last["observation"], last["component"], last["reason"], last["nsx_reason"]) == ("dropped", "DFW", "DFW_RULE_DENY", "FW_RULE")
		assert [o["observation"] for o in refused_at["observations"] if o["stage"] == "dfw_in"] == ["received"]
		# What a firewall or the endpoint would answer to a probe stays inside, too.
		before = sent("arm/vmnic1")
		d.cli("-c", f"dfw add port {PROXY} rule 7 dir in action reject proto tcp dport 7")
		d.cli("probe", "from", "vmnic1", "vni", "74752", "tcp", "172.16.31.26:1", "172.16.31.25:7")
		pinged = json.loads(d.cli("-j", "probe", "from", "vmnic1", "hex", bytes(Ether(src=REMOTE_TEP["mac"], dst=OUR_TEP["mac"])
			/ IP(src=REMOTE_TEP["ip"], dst=OUR_TEP["ip"]) / ICMP()).hex()))
		assert ("delivered", "VMK") in [(o["observation"], o["component"]) for o in pinged["observations"]]
		assert sent("arm/vmnic1") == before
		for s in c.list("stage.list"):
			assert s["in"] + s["created"] == s["out"] + s["consumed"] + s["drops"], s
		assert d.cli("probe", "from", "shadow-vmnic1", "hex", "00" * 60, check=False).returncode == 1
		ring.close()
