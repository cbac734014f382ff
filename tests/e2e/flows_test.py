# SPDX-License-Identifier: BSD-3-Clause
#
# The flow cache from outside: filters, the vendor's commands, another size and a flush while packets go on.
import json
import subprocess

from rdtest import PCAPS, demo, refused, wait_for


def inject(d, name, port):
	d.cli("inject", port, "pcap", f"{PCAPS}/{name}.pcap")


def two_flows():
	"""The demo's SYN and, by itself, its answer."""
	return demo("emulated")


def test_filters():
	with two_flows() as (d, c):
		inject(d, "emulated-syn", "arm/vmnic1")
		flows = wait_for("both directions", lambda: len(c.list("flow.list")) >= 4 and c.list("flow.list"))
		decap = c.list("flow.list", action="decap")
		assert [f["vni"] for f in decap] == [74752] and len(decap) < len(flows)
		assert c.list("flow.list", vni=74752) == decap
		assert c.list("flow.list", port="arm/vmnic1") == decap
		assert len(c.list("flow.list", ip="172.16.31.26")) == len(flows)
		assert len(c.list("flow.list", src="172.16.31.26/32")) + len(c.list("flow.list", dst="172.16.31.26")) == len(flows)
		assert len(c.list("flow.list", proto=6, ft="l4")) == len(flows)
		assert c.list("flow.list", proto=17) == [] == c.list("flow.list", ft="L2")
		assert len(c.list("flow.list", dport=80)) + len(c.list("flow.list", sport=80)) == len(flows)
		assert c.list("flow.list", drop_only=True) == [] == c.list("flow.list", min_hits=1000)
		assert len(c.list("flow.list", mac="00:50:56:a1:99:9e")) == len(flows)
		assert len(c.list("flow.list", limit=1)) == 1
		refused("EINVAL", c, "flow.list", src="nowhere")
		refused("EINVAL", c, "flow.list", ft="L5")
		refused("EINVAL", c, "flow.list", action="dance")


def test_vendor_commands():
	with two_flows() as (d, c):
		inject(d, "emulated-syn", "arm/vmnic1")
		wait_for("both directions", lambda: len(c.list("flow.list")) >= 4)
		text = d.cli("nsxdp-cli", "ens", "flow-table", "dump", "-l", "0", "action", "decap")
		assert text.startswith("key     : L4 00:50:56:a1:99:9e 00:50:56:a1:fc:f3 0 3 172.16.31.26 172.16.31.25 6 74752 57448 80\n")
		assert "\nswHits  : 1\n" in text and "GENEVE DECAP" in text
		assert d.cli("get", "ens", "flow-table", "size") == "Flow table size: 65536\n"
		d.cli("ens", "flow-table", "size", "4096")
		assert d.cli("ens", "flow-table", "size") == "Flow table size: 4096\n"
		d.cli("ens", "flow-table", "timeout", "77")
		assert d.cli("ens", "flow-table", "timeout") == "Flow table timeout: 77 s\n"
		assert d.cli("ens", "flow-stats", "sw", "0").splitlines()[0].split()[:5] == [
			"lcoreID", "numFlows", "hits", "miss", "slowpath"]
		assert d.cli("ens", "flow-stats", "7").count("\n") == 1  # no such worker
		assert "DvsPortset-1" in d.cli("ens", "switch", "list", "host", "arm")
		assert "vmnic1" in d.cli("ens", "uplink", "stats")
		assert "flow entries flushed" in d.cli("clear", "ens", "flow-table")


def test_size_and_flush_lose_nothing():
	with two_flows() as (d, c):
		inject(d, "emulated-syn", "arm/vmnic1")
		wait_for("both directions", lambda: len(c.list("flow.list")) >= 4)
		held = c.one("flow.stats")["entries"]
		for n in range(20):
			if n % 2:
				assert c("flow.flush")["flushed"] > 0
			else:
				c("flow.set", capacity=1024 << n % 5)
			assert c.list("flow.list") == []
			inject(d, "emulated-syn", "arm/vmnic1")
			wait_for("the flow again", lambda: c.list("flow.list", action="decap"))
		stats = c.one("flow.stats")
		assert held > 0 and stats["inserts"] >= held + 20
		assert sum(i["count"] for i in c.list("drop.list")) == 0


def test_json():
	with two_flows() as (d, c):
		inject(d, "emulated-syn", "arm/vmnic1")
		wait_for("both directions", lambda: len(c.list("flow.list")) >= 4)
		flows = json.loads(d.cli("--json", "show", "flow", "sort", "bytes", "limit", "2"))
		assert len(flows) == 2 and flows[0]["sw_bytes"] >= flows[1]["sw_bytes"]
		stats = json.loads(d.cli("--json", "ens", "flow-stats"))
		assert stats[0]["renewed"] >= 0 and stats[0]["memory"] > 65536 * 128
		r = d.cli("show", "flow", "proto", "dance", check=False)
		assert isinstance(r, subprocess.CompletedProcess) and r.returncode != 0 and "dance" in r.stderr
