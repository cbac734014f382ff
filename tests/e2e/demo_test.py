# SPDX-License-Identifier: BSD-3-Clause
#
# Both packet walks, hop by hop, against the slides (slides.py): ports, directions, lengths, tables, and the capture that
# stays empty.
import re
from types import SimpleNamespace

import pytest
from rdtest import PCAPS, Daemon, DEMO

from pktcap import Pktcap, reddot_json
from slides import CLIENT_MAC, FLOW_HEADER, FLOW_ROWS, NET_STATS, VNI, WALKS, port_table

PORT_STAGES = ("uplink_rx", "uplink_tx", "mux_rx", "mux_tx", "vnic_rx", "vnic_tx", "upt_rx", "upt_tx")
SPELLINGS = ("ens flow-table dump", "nsxdp-cli ens flow-table dump", "nsxcli ens flow-table dump",
	"nsxdataplanecli ens flow-table dump", "get ens flow-table dump")


def inject_and_capture(d, name, capture):
	"""The records of one SYN and its SYN-ACK over all stages: {packet id: records}, SYN first."""
	packet_id = reddot_json(d, "inject", "vmnic1", "pcap", f"{PCAPS}/{name}-syn.pcap")["packet_ids"]
	capture.wait_stdout(r'"stage":"uplink_tx","port":"arm/vmnic1"')
	capture.finish()
	walks = {}
	for r in capture.records():
		walks.setdefault(r["packet_id"], []).append(r)
	assert list(walks)[:1] == packet_id, "the first walk is that of the injected packet"
	return walks


def text_tables(d):
	return SimpleNamespace(net_stats=d.cli("net-stats", "-l"), esxtop=d.cli("esxtop"),
		dumps={s: d.cli(*s.split()) for s in SPELLINGS}, flows=reddot_json(d, "show", "flow"))


@pytest.fixture(scope="module", params=["emulated", "upt"])
def walked(request):
	name = request.param
	with Daemon(files=[f"{DEMO}/{name}.rd"]) as d:
		with Pktcap(d, "--json") as capture:
			walks = inject_and_capture(d, name, capture)
		return SimpleNamespace(name=name, walks=walks, slides=WALKS[name], **vars(text_tables(d)))


def hop(r):
	return r["stage"], r["port_id"], r["port"], r["dir"], r["len"]


def test_two_walks(walked):
	assert len(walked.walks) == 2, "one SYN, one SYN-ACK"


@pytest.mark.parametrize("which", [0, 1], ids=["syn", "synack"])
def test_port_hops(walked, which):
	records = list(walked.walks.values())[which]
	assert [hop(r) for r in records if r["stage"] in PORT_STAGES] == walked.slides.hops[which]


def test_hops_in_order(walked):
	for records in walked.walks.values():
		assert [r["hop"] for r in records] == list(range(len(records)))
		times = [r["ns"] for r in records]
		assert times == sorted(times)
		for before, after in zip(records, records[1:]):
			assert after["prev_stage"] == before["stage"]


def test_vni(walked):
	"""The VNI is known where the packet is in the overlay: on the DPU, from decap on, to encap."""
	syn, synack = walked.walks.values()
	decapped = False
	for r in syn:
		decapped |= r["prev_stage"] == "tunnel_decap"
		assert r["vni"] == (VNI if decapped and r["host"] == "arm" else 0), r
	for r in synack:
		known = r["host"] == "arm" and r["stage"] not in ("mux_rx", "upt_rx", "classify", "port_in")
		assert r["vni"] == (VNI if known else 0), r


def test_rules_and_verdicts(walked):
	for records, rule, stage in zip(walked.walks.values(), (1041, 1041), ("dfw_in", "dfw_out")):
		after = [r for r in records if r["prev_stage"] == stage]
		assert [r["rule"] for r in after] == [rule]
		assert all(r["reason"] == "" and r["lost"] == 0 and r["caplen"] == r["len"] for r in records)
	assert list(walked.walks.values())[0][-1]["verdict"] == "delivered"
	assert list(walked.walks.values())[1][-1]["verdict"] == "sent"


def test_packet_lines(walked):
	"""Our one-line decoder says at every hop what the slides say."""
	w = walked.slides
	for records, inner, outer in zip(walked.walks.values(), (w.syn, w.synack), (w.syn_line, w.synack_line)):
		for r in records:
			assert r["summary"] == (outer if r["len"] == 132 else inner)


def normal(line):
	line = re.sub(r"(inval\(s\)|len):\d+", r"\1:N", line)
	return re.sub(r"\s+", " ", line).strip()


def arm_part(dump):
	lines = [normal(line) for line in dump.split("x86:")[0].splitlines()]
	return [line for line in lines if line and line != "arm:"]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_flow_rows(walked, spelling):
	assert arm_part(walked.dumps[spelling]) == [FLOW_HEADER, *FLOW_ROWS[walked.name]]


def test_flow_json(walked):
	flows = [f for f in walked.flows if f["host"] == "arm"]
	down, up = sorted(flows, key=lambda f: f["src_mac"] != CLIENT_MAC)
	assert (down["bmap"], up["bmap"]) == (0x80800080, 0x20000C0)
	assert (down["vni"], up["vni"]) == (VNI, 0)
	assert down["actions"] == ["GENEVE DECAP", "DFW on dstPort"]
	assert up["actions"] == ["DFW on srcPort", f"VNI: {VNI}", f"GENEVE ENCAP VNI: {VNI}"]
	guest = {"emulated": 7, "upt": 10}[walked.name]
	assert (down["src_port"], down["dp"], up["src_port"], up["dp"]) == (3, guest, guest, 3)
	for f in flows:
		assert f["hw_hits"] == f["hw_bytes"] == 0
		assert (f["sw_hits"], f["sw_bytes"]) == (1, 74)
		assert f["cg"] == {"emulated": 2123, "upt": 2115}[walked.name]


def split_hosts(text):
	"""{host: its lines below the column heads}"""
	parts, host = {}, None
	for line in text.splitlines():
		if re.fullmatch(r"\S+:", line):
			host = line[:-1]
			parts[host] = []
		elif line.strip():
			parts[host].append(line)
	return {host: lines[1:] for host, lines in parts.items()}


def test_esxtop(walked):
	for host, lines in split_hosts(walked.esxtop).items():
		rows = [re.fullmatch(r"\s*(\d+)\s+(.*?)\s+(\S+)\s+(\S+)\s*", line).groups() for line in lines]
		assert [(int(r[0]), *r[1:]) for r in rows] == port_table(walked.name, host), host


def kind_of(name, used_by):
	if used_by.startswith("vmk"):
		return "3", "0"
	if "_MUX_" in used_by:
		return "13", "0"
	if used_by.startswith("vdr"):
		return "0", "0"
	if re.fullmatch(r"vmnic\d+|vusb0", used_by):
		return "4", "0"
	return ("13", "14") if name == "upt" and "7c520dd0" in used_by else ("5", "9")


def test_net_stats(walked):
	rows = {host: [line.split() for line in lines] for host, lines in split_hosts(walked.net_stats).items()}
	for host, lines in rows.items():
		wanted = [(str(port_id), *kind_of(walked.name, used_by), switch, re.sub(r"^\d+:", "", used_by))
			for port_id, used_by, _, switch in port_table(walked.name, host)
			if used_by != "Management" and not used_by.startswith("Shadow")]
		assert sorted((r[0], r[1], r[2], r[3], r[5]) for r in lines) == sorted(wanted), host
	shown = {int(r[0]): tuple(r[1:]) for lines in rows.values() for r in lines}
	for port_id, row in NET_STATS[walked.name].items():
		assert shown[port_id] == row


def stages(records):
	return [r["stage"] for r in records]


def test_hit_and_miss_same_stages():
	"""The second SYN takes the same way without the two stages of a miss, and on its memoised decision."""
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d:
		with Pktcap(d, "--json") as capture:
			first = list(inject_and_capture(d, "emulated", capture).values())[0]
		with Pktcap(d, "--json") as capture:
			d.cli("inject", "vmnic1", "pcap", f"{PCAPS}/emulated-syn.pcap")
			capture.wait_stdout(r'"stage":"vnic_tx"')
			second = capture.finish().records()
	assert stages(second) == [s for s in stages(first) if s not in ("l2_lookup", "flow_install")]
	assert {r["flow_hit"] for r in first} == {"", "miss"}
	assert {r["flow_hit"] for r in second} == {"", "hit"}


def test_bypassed_port_is_empty():
	"""The newcomer's trap: x86 lists a port of the UPTv2 guest, but its packets never cross x86."""
	with Daemon(files=[f"{DEMO}/upt.rd"]) as d:
		with Pktcap(d, "--switchport", "134217764", "--dir", "2") as trap, \
				Pktcap(d, "--switchport", "100663329", "--dir", "2", "-c", "2") as right:
			d.cli("inject", "vmnic1", "pcap", f"{PCAPS}/upt-syn.pcap")
			assert right.wait() == 0
			trap.finish()
			assert len(right.stdout.splitlines()) == 2
			assert trap.stdout == b""
			assert "134217764" in trap.stderr and "bypassed" in trap.stderr
			assert "pktcap --switchport 100663329 --dir 2" in trap.stderr
			assert re.search(r"^0 packets captured", trap.stderr, re.M)
