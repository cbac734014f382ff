# SPDX-License-Identifier: BSD-3-Clause
#
# Every show command of the tree, in a daemon where there is something of everything: its table has a row, its JSON is what
# docs/design/show.schema.json says. A new command needs a row in ROWS and a schema; RD_WRITE_SCHEMA=1 writes the schemas as the
# answers are now, to be read before they are committed. And: every word that ? offers is explained.
import contextlib
import json
import os
import re
import subprocess

import jsonschema
import pytest
from rdtest import PCAPS, SOURCE, Daemon, demo, wait_for

SCHEMA = SOURCE + "/docs/design/show.schema.json"
GUEST, PROXY = "x86/gs-ubuntu-01.eth0", "arm/gs-ubuntu-01.eth0.7c520dd4"
# The leading words of a command (as the tree has them): what to type behind them, and something that its table must say.
ROWS = {
	"show ladder port": ([GUEST], "vnic_tx"),
	"show topology": ([], "link x86/vmnic2"),
	"show host": ([], "arm"),
	"show switch": ([], "DvsPortset-1"),
	"show port": ([], "vmnic1"),
	"show segment": ([], "cluster1-segment1"),
	"show fdb": ([], "00:50:56:a1:fc:f3"),
	"show router": ([], "02:50:56:56:44:52"),
	"show router interface": ([], "172.16.31.1/24"),
	"show route": ([], "10.9.0.0/16"),
	"show neighbour": ([], "172.16.31.26"),
	"show tep": ([], "192.168.4.60"),
	"show tunnel": ([], "to-192.168.4.57"),
	"show dfw": ([], "telnet"),
	"show dfw counts": ([], "v4 drop"),
	"show dfw log": ([], "1044"),
	"show dfw settings": ([], "strict"),
	"show dfw rules": ([], "5001"),
	"show dfw sections": ([], "app"),
	"show dfw groups": ([], "clients"),
	"show dfw services": ([], "web"),
	"show dfw revision": ([], "revision"),
	"show connection": ([], "172.16.31.26"),
	"show connection stats": ([], "entries"),
	"show flow": ([], "57448"),
	"show flow stats": ([], "65536"),
	"show stage": ([], "dfw_in"),
	"show drop": ([], "DFW_RULE_DENY"),
	"show drop recent": ([], "DFW_RULE_DENY"),
	"show drop hardware": ([], "HW_RX_MISSED"),
	"show punt": ([], "10000"),
	"show worker": ([], "rtc"),
	"show device": ([], "net_vhost"),
	"show pool": ([], "packets"),
	"show vhost sessions": ([], "server"),
	"show virtqueue": ([], "receives"),
	"show worker queues": ([], "vmnic1"),
	"show worker handoff": ([], "WAITING"),
	"show worker balance": ([], "PROCESSED"),
	"show worker latency": ([], "us"),
	"show capture": ([], "kept"),
	"show mirror": ([], "m1"),
	"show mirror counters": ([], "matched"),
	"show mirror explain": (["m1"], "software"),
	"show mirror capability": ([], "vmnic1"),
	"show mirror limit": ([], "CAPPED"),
	"show mirror diff": ([], "collector"),
	"show mirror journal": ([], "added"),
	"show inject": ([], "vmnic1"),
	"show log": ([], "control"),
	"show running-config": ([], "segment add"),
	"show journal": ([], "reddot"),
	"show client": ([], "daemon.clients"),
}
LINES = f"""dfw service set web service tcp/80,tcp/443
dfw group set clients addresses 172.16.31.0/24 members port:{PROXY}
dfw section add app applied-to group:clients
dfw rule add app 5001 action allow from clients service web log name policy
dfw add port {PROXY} rule 1044 dir in action drop proto tcp dport 24 name logged log
mirror session add m1 source {GUEST} to 192.168.4.57
router add vdr host arm
router interface add lif1 router vdr segment arm/cluster1-segment1 address 172.16.31.1/24,2001:db8::1/64
neighbour add 172.16.31.26 interface lif1 mac 00:50:56:a1:fc:f3
route add 10.9.0.0/16 router vdr via 172.16.31.26
route add 10.8.0.0/16 router vdr blackhole
"""

GUEST_OF = """host add h default
switch add s host h portset 3
port add eth0 switch s type uplink device "net_virtio_user0,path={socket},queues=1,queue_size=256"
"""


def commands_of(d):
	"""The leading words of every show command, from the manual that the tree writes."""
	text = d.cli("--dump-commands")
	grammars = re.findall(r"^```\n(show .*)$", text, re.M)
	return {re.match(r"[a-z-]+( [a-z-]+)*", g)[0] for g in grammars}


@contextlib.contextmanager
def full():
	"""The demo, with something of everything."""
	with demo("emulated", "--workers", "2") as (d, c):
		for line in LINES.splitlines():
			d.cli("-c", line)
		d.cli("port", "add", "vm", "switch", "x86/DvsPortset-0", "type", "vnic", "device", f"net_vhost0,iface={d.path}.vhost")
		d.cli("inject", "vmnic1", "pcap", f"{PCAPS}/emulated-syn.pcap")
		for port in (23, 24):
			d.cli("probe", "from", "vmnic1", "vni", "74752", "tcp", "172.16.31.26:1", f"172.16.31.25:{port}")
		with d.client(name="keeper") as gone:
			gone("capture.start", points=[{"stage": "drop"}], keep_s=600, name="kept")
			os.close(gone.fds.pop())
		wait_for("the log is read", lambda: c.list("dfw.log"))
		c("inject", port="vmnic1", frames=["00" * 60], every_ms=86400000)
		with Daemon(lines=GUEST_OF.format(socket=d.path + ".vhost")):
			wait_for("the guest's rings", lambda: len(c.list("virtqueue.list")) == 2)
			yield d


@pytest.fixture(name="d", scope="module")
def d_():
	with full() as d:
		yield d


def infer(values):
	"""A schema of what these are: fields that all have are required, and no others may come."""
	kinds = {"null" if v is None else {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}[type(v)]
		for v in values}
	schema = {"type": sorted(kinds)[0] if len(kinds) == 1 else sorted(kinds)}
	objects, lists = [v for v in values if isinstance(v, dict)], [x for v in values if isinstance(v, list) for x in v]
	if objects:
		keys = sorted({k for o in objects for k in o})
		schema["properties"] = {k: infer([o[k] for o in objects if k in o]) for k in keys}
		schema["required"] = [k for k in keys if all(k in o for o in objects)]
		schema["additionalProperties"] = False
	if lists:
		schema["items"] = infer(lists)
	return schema


def schemas():
	with open(SCHEMA, encoding="utf-8") as f:
		return json.load(f)


def test_every_command_has_a_row(d):
	assert commands_of(d) == set(ROWS)
	if os.environ.get("RD_WRITE_SCHEMA"):
		answers = {c: infer([json.loads(d.cli("-j", *c.split(), *words))]) for c, (words, _) in sorted(ROWS.items())}
		with open(SCHEMA, "w", encoding="utf-8") as f:
			json.dump({"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "what reddot --json prints, by command",
				"$defs": answers}, f, indent="\t", sort_keys=True)
			f.write("\n")
	assert set(schemas()["$defs"]) == set(ROWS)


@pytest.mark.parametrize("command", sorted(ROWS))
def test_table_and_json(d, command):
	words, says = ROWS[command]
	text = d.cli(*command.split(), *words)
	answer = json.loads(d.cli("-j", *command.split(), *words))
	schema = schemas()["$defs"][command]
	jsonschema.Draft202012Validator.check_schema(schema)
	jsonschema.validate(answer, schema)
	assert says in text and answer, text
	assert not re.search(r"[^\x20-\x7e\n]", text.replace("\t", "")), text


def test_topology_is_a_graph(d):
	"""Graphviz reads it: every thing a node, every lead an edge, a link one for both ends."""
	things = json.loads(d.cli("-j", "show", "topology"))
	graph = json.loads(subprocess.run(["dot", "-Tdot_json"], input=d.cli("show", "topology", "--dot"), capture_output=True, text=True,
		check=True, timeout=60).stdout)
	nodes = {o["_gvid"]: o["name"] for o in graph["objects"] if "nodes" not in o}
	assert {t["id"] for t in things} <= set(nodes.values())
	edges = {(nodes[e["tail"]], e["label"], nodes[e["head"]]) for e in graph["edges"]}
	want = {(t["id"], lead["what"], lead["to"]) for t in things for lead in t["leads_to"]}
	assert edges == {e for e in want if e[1] != "link" or e[0] < e[2]} and ("arm/vmnic0_MUX_PF16387", "link", "x86/vmnic2") in edges
	places = {o["label"] for o in graph["objects"] if "nodes" in o}
	assert places == {t["place"] for t in things}
	assert {t["host"] for t in json.loads(d.cli("-j", "show", "topology", "host", "x86"))} == {"x86"}


def test_schemas_are_strict(d):
	"""A field of another type, and one that nobody knows, are found."""
	answer = json.loads(d.cli("-j", "show", "host"))
	schema = schemas()["$defs"]["show host"]
	for spoilt in ([{**answer[0], "name": 5}], [{**answer[0], "more": 1}], [{}]):
		with pytest.raises(jsonschema.ValidationError):
			jsonschema.validate(spoilt, schema)


def offered(d, words):
	"""What ? lists, as (word or value, help)."""
	for line in d.cli(*words, "?").splitlines():
		m = re.match(r"  (\S+(?: \S+)*?)(?:  +(.*))?$", line)
		if m and m[1] not in ("<enter>", "|"):
			yield m[1], m[2] or ""


def test_every_word_is_explained(d):
	todo, mute, seen = [[]], [], 0
	while todo:
		words = todo.pop()
		for word, text in offered(d, words):
			seen += 1
			if not text:
				mute.append([*words, word])
			if not words and word in ("show", "explain", "probe", "check", "mirror"):
				todo.append([word])
	assert seen > 60 and mute == []
	nouns = [[word] for word, _ in offered(d, [])]
	for words in [*nouns, ["show", "ladder"], ["mirror", "session", "add", "m9"], ["explain", "what-if", "in", "vmnic1"]]:
		assert d.cli(*words, "--help") == d.cli(*words, "?") != ""
	assert "run it: ESXi's list of the filters at guests' ports\n" in d.cli("summarize-dvfilter", "--help")
	assert "run it: who is connected to the daemon's control socket\n" in d.cli("show", "client", "--help")
