# SPDX-License-Identifier: BSD-3-Clause
#
# docs/guide/router.md as written, between kernels: its configuration is the file that it names, its pings are answered as it says, and the
# walks of routed packets say what kernels see: MACs, TTLs, whose error an error is.
import json
import re
import signal
import subprocess

import pytest
from ports_lab import Netns, NsDaemon, need
from rdtest import ENV, PKTCAP, REDDOT, SOURCE, wait_for

ROUTER_MAC = "02:50:56:56:44:52"


@pytest.fixture(autouse=True)
def machine():
	need("ip", "ping")


def config():
	with open(f"{SOURCE}/pcaps/demo/router.rd", encoding="utf-8") as f:
		return f.read()


def commands(text):
	return [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def test_the_guide_has_the_files_configuration():
	with open(f"{SOURCE}/docs/guide/router.md", encoding="utf-8") as f:
		guide = f.read()
	block = re.search(r"\n    host add h default\n(?:    .*\n|\n)+", guide).group()
	assert commands(block) == commands(config())


def namespace(sw, i):
	"""What the guide's loop does."""
	g = Netns(f"g{i}")
	sw.ip("link", "set", f"rdtap{i}", "netns", g.name)
	g.quiet(f"rdtap{i}")
	g.ip("address", "add", f"10.{i}.0.2/24", "dev", f"rdtap{i}")
	g.ip("link", "set", f"rdtap{i}", "up")
	g.ip("route", "add", "default", "via", f"10.{i}.0.1")
	return g


def capture(d, path, pings):
	"""The walks of what these pings send, as reddot exports them, and as pktcap prints them."""
	with subprocess.Popen([PKTCAP, "--socket", d.path, "-w", path, "icmp"], env=ENV, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as proc:
		wait_for("the capture", lambda: d.cli("show capture | json | match running | count").strip() == "1")
		pings()
		proc.send_signal(signal.SIGINT)
		assert proc.wait(120) == 0
	walks = subprocess.run([REDDOT, "walk", "-r", path, "--export", "json"], env=dict(ENV, PKTCAP=PKTCAP), capture_output=True, text=True, check=True, timeout=120).stdout
	trace = subprocess.run([PKTCAP, "--trace", "-r", path], env=ENV, capture_output=True, text=True, check=True, timeout=120).stdout
	return json.loads(walks)["walks"], trace


def test_the_guide(tmp_path):
	with Netns("sw") as sw, NsDaemon(sw, config()) as d, namespace(sw, 1) as g1, namespace(sw, 2) as g2:
		wait_for("g2 answers", lambda: " 1 received" in g1.ping("10.2.0.2", 1, rc=None))
		assert d.drops().get("L3_NEIGH_PENDING", 0) >= 1

		def pings():
			assert "ttl=63" in g1.ping("10.2.0.2", 1)
			assert "From 10.1.0.1 icmp_seq=1 Time to live exceeded" in g1.ping("10.2.0.2", 1, extra=["-t", "1"], rc=1)
			assert " 0 received" in g1.ping("10.8.0.1", 1, rc=1)
			assert "From 10.1.0.1 icmp_seq=1 Frag needed and DF set (mtu = 1300)" in g1.ping("10.2.0.2", 1, size=1400, extra=["-M", "do"], rc=1)

		walks, trace = capture(d, str(tmp_path / "w.pcapng"), pings)
		macs = {1: g1.mac("rdtap1"), 2: g2.mac("rdtap2")}
		echo = next(w for w in walks if w["packet"] == "10.1.0.2 > 10.2.0.2 icmp" and w["result"] == "DELIVERED")
		at = [h["stage"] for h in echo["hops"]].index("route")
		behind = echo["hops"][at + 1]
		assert behind["observed"] == "ROUTED" and behind["detail"].startswith(f"ttl 63 to {macs[2]}")
		assert behind["changes"] == [f"~ eth dst {ROUTER_MAC} > {macs[2]}", f"~ eth src {macs[1]} > {ROUTER_MAC}", "~ ipv4 ttl 64 > 63, ipv4 csum"]
		dropped = {w["result"]: w for w in walks if w["result"].startswith("DROPPED")}
		assert {"DROPPED L3_TTL", "DROPPED L3_DISCARD", "DROPPED L3_MTU"} <= set(dropped)
		for reason in ("L3_TTL", "L3_MTU"):
			packet = dropped[f"DROPPED {reason}"]["packet_id"]
			told = [w for w in walks if w["hops"][0]["parent_id"] == packet]
			assert len(told) == 1 and told[0]["hops"][0]["detail"].startswith(f"because of packet {packet} ")
			assert told[0]["packet"] == "10.1.0.1 > 10.1.0.2 icmp" and told[0]["hops"][0]["observed"] == "MADE"
			assert f"walk {told[0]['packet_id']} (because of {packet})  " in trace
		assert re.search(rf"route@\S+ +\d+ +98  routed; ~ eth dst {ROUTER_MAC} > {macs[2]}\n", trace)
		assert "L3_DISCARD: a blackhole route" in d.cli("explain", "drop", "last", "10m")
		assert d.cli("rt", "--dump", "r").splitlines()[1:] == d.cli("show", "route", "router", "r").splitlines()[1:]
		assert macs[2] in d.cli("nh", "--list", "r-green")
		flows = [f for f in json.loads(d.cli("--json", "show", "flow", "action", "route")) if f["dst_ip"] == "10.2.0.2"]
		assert flows and {f["next_hop"] for f in flows} == {"10.2.0.2 (h/r-green)"}, flows
		assert "path: h/g1 > 10.2.0.2 (h/r-green): VDR" in d.cli("show", "flow", "action", "route")
		assert " VDR; next hop 10.2.0.2 (h/r-green);" in d.cli("nsxdp-cli", "ens", "flow-table", "dump")
		assert "in by h/g1, routed to 10.2.0.2 (h/r-green): VDR" in d.cli("explain", "flow", "10.1.0.2", "10.2.0.2")
		out = d.cli("explain", "what-if", "in", "g1", "icmp", "10.1.0.2", "10.2.0.2")
		assert f"by h/r-green to 10.2.0.2, which has {macs[2]}" in out and "verdict: delivered at vnic_tx@h/g2" in out
