# SPDX-License-Identifier: BSD-3-Clause
#
# Whole journeys of a person who has a question, typed as they would type them: the first five minutes, why did my packet
# die, follow the SYN through the tunnel, is this guest getting the wrong VLAN, mirror this connection to a Wireshark elsewhere.
# On the demos, with a rule that blocks and with a wrong tag.
import json
import os
import re
import subprocess

import pytest
from pktcap import Pktcap, Process, tool
from rdtest import ENV, PCAPS, REDDOT, Daemon, demo, wait_for
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Raw
from scapy.utils import RawPcapReader

SYN = f"{PCAPS}/emulated-syn.pcap"
GUEST, PROXY = "x86/gs-ubuntu-01.eth0", "arm/gs-ubuntu-01.eth0.7c520dd4"
CLIENT_MAC, GUEST_MAC = "00:50:56:a1:fc:f3", "00:50:56:a1:99:9e"
BLOCK = f"dfw add port {PROXY} rule 1039 dir in action drop proto tcp dport 80 name block-web"


def first_rule(d, line):
	"""A port's own rules are tried in their order: this one before the demo's."""
	rules = [r for r in json.loads(d.cli("-j", "show", "dfw", "port", PROXY)) if r["id"] != 0]
	for r in rules:
		d.cli("dfw", "del", "port", PROXY, "rule", str(r["id"]))
	d.cli("-c", line)


@pytest.mark.parametrize("name, stages", [("emulated", 13), ("upt", 7)])
def test_first_five_minutes(name, stages, tmp_path):
	with demo(name) as (d, _):
		ports = tool(d, "-D").stdout
		assert re.search(r"^2248146967 +uplink +arm/vmnic1 .* up +uplink_rx uplink_tx", ports, re.M)
		assert "arm/vmnic1" in d.cli("-c", "show ports")
		with Pktcap(d, "-i", "any", "-c", "3", "-en", "tcp", "port", "80" if name == "emulated" else "22") as p:
			d.cli("inject", "vmnic1", "pcap", f"{PCAPS}/{name}-syn.pcap")
			assert p.wait() == 0
		lines = p.stdout.decode().splitlines()
		assert [line.split()[1].split("@")[0] for line in lines] == ["uplink_rx", "classify", "tunnel_decap"]
		assert all("Geneve" in line and "vni 0x12400" in line for line in lines)
		assert "3 packets captured" in p.stderr and "0 packets lost" in p.stderr
		web = tmp_path / "web.pcapng"
		with Pktcap(d, "-i", "any", "-w", str(web), "tcp", "port", "80" if name == "emulated" else "22") as p:
			d.cli("inject", "vmnic1", "pcap", f"{PCAPS}/{name}-syn.pcap")
			p.finish()
		frames = subprocess.run(["tshark", "-r", str(web), "-T", "fields", "-e", "frame.interface_name"], capture_output=True, text=True,
			check=True, env=ENV).stdout.splitlines()
		assert len(frames) >= stages and any("uplink_rx" in f for f in frames)
		text = d.cli("walk", "-r", str(web))
		assert "RECEIVED" in text and "uplink_rx@arm/vmnic1" in text
		with open(tmp_path / "live.json", "wb") as f, Pktcap(d, "--json", "-x", "-i", "any", stdout=f, collect=False) as p:
			d.cli("inject", "vmnic1", "pcap", f"{PCAPS}/{name}-syn.pcap")
			p.finish()
		piped = subprocess.run([REDDOT, "walk", "-r", "-"], stdin=open(tmp_path / "live.json", "rb"), capture_output=True, text=True,
			check=True, env=ENV).stdout
		assert "uplink_rx@arm/vmnic1" in piped


def test_why_did_my_packet_drop():
	with demo() as (d, c):
		first_rule(d, BLOCK)
		for _ in range(3):
			d.cli("inject", "vmnic1", "pcap", SYN)
		text = d.cli("-c", "explain drop host 172.16.31.25 last 1h")
		assert text.startswith("3 packets dropped, 1 cause\n")
		assert f"3x  dfw_in@{PROXY}  DFW_RULE_DENY: " in text
		assert f'rule 1039 "block-web": drop in any -> any tcp/80 (port {PROXY}), revision {c("dfw.revision")["revision"]}' in text
		assert re.search(rf"rule made \d\d:\d\d:\d\d\.\d+, .* before the first drop, by uid {os.geteuid()} \(pid \d+\) with reddot: dfw add port", text)
		assert re.search(r"first \d\d:\d\d:\d\d\.\d+  last \d\d:\d\d:\d\d\.\d+  flow cache: (hit|miss)  out of a tunnel", text)
		assert "172.16.31.26.57448 > 172.16.31.25.80: Flags [S]" in text
		commands = re.search(r"next: (.*)", text)[1].split(" | ")
		assert any("block-web" in d.cli("-c", line) for line in commands if line.startswith("show dfw"))
		# Before it is mended: would it help?
		asked = "explain what-if in vmnic1 vni 74752 tcp 172.16.31.26:1 172.16.31.25:80 flags S"
		assert f"verdict: dropped at dfw_in@{PROXY}, DFW_RULE_DENY, rule 1039 block-web" in d.cli("-c", asked)
		d.cli("dfw", "del", "port", PROXY, "rule", "1039")
		d.cli("-c", f"dfw add port {PROXY} rule 1041 dir in action allow proto tcp dport 80 name web")
		assert f"verdict: delivered at vnic_tx@{GUEST}" in d.cli("-c", asked)
		d.cli("inject", "vmnic1", "pcap", SYN)
		assert c.one("port.list", port=GUEST)["tx_packets"] == 1
		assert d.cli("-c", "explain drop host 172.16.31.25 last 1h").startswith("3 packets dropped")


@pytest.mark.parametrize("name, host, ends", [("emulated", "172.16.31.25", GUEST), ("upt", "172.16.31.19", "arm/cluster1-ubuntu-vm8.eth0.7c520dd0")])
def test_follow_the_syn_through_geneve(name, host, ends):
	with demo(name) as (d, _):
		with Pktcap(d, "--trace", "-c", "1", f"tcp[tcpflags] & tcp-syn != 0 and host {host}") as p:
			d.cli("inject", "vmnic1", "pcap", f"{PCAPS}/{name}-syn.pcap")
			assert p.wait() == 0
		text = p.stdout.decode()
		head = text.splitlines()[0]
		assert re.match(rf"walk \d+  arm/vmnic1 -> {re.escape(ends)}  172\.16\.31\.26\.\d+ > {re.escape(host)}\.\d+: Flags \[S\]", head)
		assert "DELIVERED" in head and "matched inner" in head  # which form of the packet the expression was about
		assert "- geneve vni 0x12400 (74752) opts 8 B  = inner 74 B unchanged" in text
		# and the answer on its way out: the tunnel's headers come on
		with Pktcap(d, "--trace", "-c", "1", f"src host {host} and tcp") as p:
			synack = bytes(next(iter(RawPcapReader(f"{PCAPS}/{name}-synack.pcap")))[0])
			d.cli("inject", GUEST if name == "emulated" else ends, "hex", synack.hex())
			assert p.wait() == 0
		out = p.stdout.decode()
		assert "+ geneve vni 0x12400 (74752) opts 8 B  = inner 74 B unchanged" in out and "-> arm/vmnic1" in out.splitlines()[0]


def tagged(vlan, src, dst):
	return bytes(Ether(src=src, dst=dst) / Dot1Q(vlan=vlan) / IP(src="172.16.31.26", dst="172.16.31.25") / UDP(sport=1, dport=2) / Raw(b"v" * 20))


def check_vlan(d, send):
	"""check vlan looks for a while; what is sent meanwhile is what it sees."""
	with Process([REDDOT, "--socket", d.path, "-j", "check", "vlan", GUEST, "for", "4s"]) as p:
		send()
		assert p.wait() == 0, p.stderr
	return json.loads(p.stdout)


def test_is_this_guest_getting_the_wrong_vlan():
	good = bytes(Ether(src=CLIENT_MAC, dst=GUEST_MAC) / IP(src="172.16.31.26", dst="172.16.31.25") / UDP(sport=1, dport=2) / Raw(b"v" * 20))
	with demo() as (d, c):
		def from_wire():
			# sent again and again while it looks: the first ones may be before it begins
			c("inject", port="x86/vmnic2", frames=[good.hex(), tagged(100, CLIENT_MAC, GUEST_MAC).hex()], every_ms=100)

		seen = check_vlan(d, from_wire)
		c("inject.stop", timer=c.one("inject.list")["timer"])
		wrong, = seen["wrong"]
		assert (wrong["at"], wrong["from"], wrong["vlan"], wrong["smac"], wrong["verdict"]) == (
			"x86/vmnic2", "wire", 100, CLIENT_MAC, "PORT_VLAN_UNKNOWN")
		assert wrong["packets"] > 0 and seen["to_guest"] > 0 and seen["conclusion"].startswith("a wrong tag arrives from the wire")
		c("inject", port=GUEST, frames=[tagged(77, GUEST_MAC, CLIENT_MAC).hex()], every_ms=100)
		text = d.cli("-c", f"check vlan {GUEST} for 2s")
		c("inject.stop", timer=c.one("inject.list")["timer"])
		assert re.search(rf"^  {re.escape(GUEST)} +77 +\d+  dropped PORT_VLAN_GUEST, first ", text, re.M)
		assert "expects: access, segment x86/cluster1-segment1 (untagged), spoof check on" in text
		assert "conclusion: the guest tags its frames itself" in text and "next: explain drop vlan 77 | " in text
		assert "PORT_VLAN_GUEST" in d.cli("-c", "explain drop vlan 77")
		assert "no frame came or went" in d.cli("-c", f"check vlan {GUEST} for 1ms")


def test_mirror_this_connection_to_a_remote_wireshark(tmp_path):
	wire = tmp_path / "wire.pcap"
	topology = f"""host add h default
switch add s host h portset 1 mtu 1600
segment add seg switch s vni 5001
port add up switch s type uplink device "net_pcap_up,tx_pcap={wire}" mac 02:00:00:00:00:01 mtu 1600
port add vm1 switch s type vnic mac {GUEST_MAC} segment seg
port add vm2 switch s type vnic mac {CLIENT_MAC} segment seg
tep add 198.51.100.1 host h mac 02:00:00:00:00:01 team up
"""
	frame = lambda port: bytes(Ether(src=CLIENT_MAC, dst=GUEST_MAC) / IP(src="172.16.31.26", dst="172.16.31.25") / TCP(sport=5, dport=port)).hex()  # noqa: E731
	with Daemon(lines=topology) as d, d.client() as c:
		d.cli("-c", "mirror session add m1 source vm2 to 198.51.100.7 next-hop 02:00:00:00:00:02 encap erspan2 erspan-id 7 snaplen 128 lifetime 10m pps 20000")
		d.cli("-c", "mirror rule add m1 permit either-way proto tcp dport 80")
		d.cli("-c", "mirror session start m1")
		c("inject", port="vm2", frames=[frame(80), frame(22), frame(80)])
		wait_for("the copies", lambda: c.one("mirror.counters", session="m1")["tx_ok"] == 2)
		item = c.one("mirror.list", session="m1")
		assert item["oper"] == "active" and 0 < item["left_s"] <= 600
		assert re.search(r"^m1 ", d.cli("-c", "show mirror"), re.M)
		assert "software" in d.cli("-c", "show mirror explain m1")
	fields = subprocess.run(["tshark", "-r", str(wire), "-T", "fields", "-e", "erspan.spanid", "-e", "tcp.dstport", "-e", "ip.dst"],
		capture_output=True, text=True, check=True, env=ENV).stdout.splitlines()
	assert len(fields) == 2 and all(f.split("\t")[0] == "7" and f.split("\t")[1] == "80" and "198.51.100.7" in f for f in fields), fields


def test_no_mirror_needed():
	"""pktcap -U -w - into a reader, as over ssh."""
	with demo() as (d, _):
		with Pktcap(d, "-i", "any", "-U", "-w", "-", "tcp", "port", "80", stdout=subprocess.PIPE, collect=False) as p:
			with Process(["tshark", "-l", "-n", "-r", "-", "-T", "fields", "-e", "frame.interface_name"], stdin=p.popen.stdout) as reader:
				p.popen.stdout.close()
				d.cli("inject", "vmnic1", "pcap", SYN)
				reader.wait_stdout(r"vnic_tx")
				p.finish()
