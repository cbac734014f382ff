# SPDX-License-Identifier: BSD-3-Clause
#
# What real drivers say to mirror sessions: their refusals in their own words, on devices that every machine has. Regression goldens: a new DPDK
# that says otherwise should be read, not waved through.
import os

import pytest
from rdtest import PCAPS, ROOT, Daemon, refused

SWITCH = """host add h default
switch add sw host h portset 3
segment add lan switch sw vlan 0
port add up switch sw type uplink device "net_null9"
"""
RECIPES = ["R1 full-hw", "R2 hybrid-queue", "R3 hybrid-port", "R4 mark-only"]
NO_FLOWS = 'ENOSYS, cause unspecified: "Function not implemented"'
SESSION = {"name": "m", "encap": "gre", "to": "192.0.2.2", "pps": "0", "bps": "0", "force": True}
WAY = {"out_port": "up", "src_ip": "192.0.2.1"}


def port(name, device):
	return f'port add {name} switch sw type vnic segment lan device "{device}"\n'


def devices(tmp_path):
	return SWITCH + port("null", "net_null0") + port("ring", "net_ring0") + port("pcap",
		f"net_pcap0,rx_pcap={PCAPS}/corpus.pcap,tx_pcap={tmp_path}/out.pcap")


def capability(c, name):
	one = c.one("mirror.capability", port=name)
	return one, {(r["domain"], r["rung"]): (r["answer"], r["error"]) for r in one["rungs"]}


def explain(c, source, **fields):
	c("mirror.add", **{**SESSION, "source": source, **fields})
	result, points = c.call("mirror.explain", session="m")
	c("mirror.del", session="m")
	return result, points


@pytest.mark.parametrize("name,driver", [("null", "net_null"), ("ring", "net_ring"), ("pcap", "net_pcap")])
def test_drivers_without_flows(tmp_path, name, driver):
	with Daemon(lines=devices(tmp_path)) as d, d.client() as c:
		one, rungs = capability(c, name)
		assert (one["driver"], one["made"]) == (driver, 0) and one["dpdk"].startswith("DPDK "), one
		assert rungs["ingress", "queue"] == ("refused", NO_FLOWS) and rungs["egress", "count"] == ("refused", NO_FLOWS), rungs
		assert {answer for answer, _ in rungs.values()} == {"refused", "not-asked"}, "the first refusal is for good"
		result, points = explain(c, name)
		assert [(p["stage"], p["recipe"], p["path"], p["rules"]) for p in points] == [
			("vnic_rx", "R5 sw", "sw", 0), ("vnic_tx", "R5 sw", "sw", 0)], points
		assert [(s["recipe"], s["phase"], s["word"], s["errno"], s["message"]) for s in points[0]["refused"]] == [
			(r, "probe", "no-sample", "ENOSYS", "Function not implemented") for r in RECIPES], points[0]
		assert result["path"] == "sw" and "the NIC cannot copy packets (Function not implemented)" in result["why"], result


@pytest.mark.skipif(not (ROOT and os.path.exists("/dev/net/tun")), reason="skip: needs root and /dev/net/tun")
def test_tap():
	"""Its rules are the kernel's: what the driver validates, the kernel may refuse. None copies."""
	with Daemon(lines=SWITCH + port("tap", "net_tap0,iface=rdmirror0")) as d, d.client() as c:
		one, rungs = capability(c, "tap")
		assert one["driver"] == "net_tap", one
		assert rungs["ingress", "sample"] == ("refused", 'ENOTSUP, specific action: "action not supported"'), rungs
		assert rungs["ingress", "queue"][0] in ("made", "lied"), rungs
		assert rungs["transfer", "port"][1].startswith("ENOTSUP, transfer"), rungs
		_, points = explain(c, "tap")
		said = {s["recipe"]: (s["phase"], s["errno"], s["type"], s["message"]) for s in points[0]["refused"]}
		assert said["R2 hybrid-queue"] == ("probe", "ENOTSUP", "specific action", "action not supported"), points
		assert points[0]["path"] == "sw", points
		assert c.one("port.list", port="tap")["link"] == "up", "a probe changes nothing"


def test_what_a_session_wants(tmp_path):
	"""The defaults of a session are software's: the first refusal says which."""
	with Daemon(lines=devices(tmp_path)) as d, d.client() as c:
		_, points = explain(c, "null", pps="1000")
		assert points[0]["refused"][0]["message"] == "a rate limit is software's: pps 0 and bps 0 lift it", points
		_, points = explain(c, "null", encap="erspan2")
		assert points[0]["refused"][0]["phase"] == "session", points
		e = refused("ENOTSUP", c, "mirror.add", **SESSION, source="null", offload="require", up=True, **WAY)
		assert "offload require" in e.what and "Function not implemented" in e.what, e
