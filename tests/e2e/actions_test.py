# SPDX-License-Identifier: BSD-3-Clause
#
# Every command of the tree that is not a show command: what it prints as text, what it prints with --json, and what it did. A
# new command needs a line here (commands_test.py has the show commands). Each noun is one story, which leaves the daemon as it was;
# it is told twice, in text and in JSON, with objects of another number.
import json
import os
import re
import select
import signal
import subprocess

import pytest
from pktcap import Pktcap
from rdtest import ENV, PCAPS, REDDOT, Daemon, demo, wait_for
from term import Terminal

GUEST, PROXY, SYN = "x86/gs-ubuntu-01.eth0", "arm/gs-ubuntu-01.eth0.7c520dd4", PCAPS + "/emulated-syn.pcap"
TCP = "vni 74752 tcp 172.16.31.26:1 172.16.31.25:80"
RUNT = "005056a1999e020000000001080000"  # cut short in its network header
SESSION = {"session", "id", "oper", "warning"}
FLUSHED = {"flushed"}
CHANGE = {"count", "stage", "port", "reason", "meaning"}
# Told in no story, because they end the program or the daemon, or go on until somebody stops them: by which test here.
OWN = {
	"exit": "test_leaving", "quit": "test_leaving", "daemon stop": "test_daemon_stop", "monitor drops": "test_monitor", "monitor log": "test_monitor",
}
# noun: lines of (what to type, what its text says, the keys of its JSON: of the object, or of each in a list). "" and None: it
# prints nothing. {n} is the number of the telling; && joins commands of one connection.
STORIES = {
	"topology": [
		("host add h{n}", "", None),
		("switch add s{n} host h{n} portset 6{n}", "", None),
		("switch set h{n}/s{n} mtu 1700", "", None),
		("show switch host h{n}", "1700", {"mtu"}),
		("segment add g{n} switch h{n}/s{n} vlan 7{n}", "", None),
		("segment set h{n}/g{n} flood off", "", None),
		("show segment host h{n}", "g{n}", {"flood"}),
		("port add p{n} switch h{n}/s{n} type vnic mac 02:00:00:00:07:0{n} segment h{n}/g{n}", "", {"id", "idx"}),
		("port set h{n}/p{n} label guest-{n}", "", None),
		("show port h{n}/p{n}", "guest-{n}", {"used_by"}),
		("fdb add segment h{n}/g{n} mac 02:00:00:00:07:1{n} port h{n}/p{n}", "", None),
		("show fdb segment h{n}/g{n}", "02:00:00:00:07:1{n}", {"mac"}),
		("fdb del segment h{n}/g{n} mac 02:00:00:00:07:1{n}", "", None),
		("fdb flush segment h{n}/g{n}", "flushed", FLUSHED),
		("port add u{n} switch h{n}/s{n} type uplink mac 02:00:00:00:07:2{n}", "", {"id"}),
		("port add v{n} switch h{n}/s{n} type vmk mac 02:00:00:00:07:5{n}", "", {"id"}),
		("tep add 10.9.0.{n} host h{n} mac 02:00:00:00:07:3{n} port h{n}/v{n}", "", None),
		("tunnel add t{n} local 10.9.0.{n} remote 10.9.1.{n} mac 02:00:00:00:07:4{n}", "", None),
		("show tunnel", "10.9.1.{n}", {"remote"}),
		("tunnel del t{n}", "", None),
		("tep del 10.9.0.{n}", "", None),
		("port del h{n}/p{n}", "", None),
		("port del h{n}/u{n}", "", None),
		("port del h{n}/v{n}", "", None),
		("segment del h{n}/g{n}", "", None),
		("switch del h{n}/s{n}", "", None),
		("host del h{n}", "", None),
	],
	"router": [
		("segment add rg{n} switch arm/DvsPortset-1 vlan 9{n}", "", None),
		("router add r{n} host arm mac 02:50:56:56:44:5{n}", "", None),
		("show router", "02:50:56:56:44:5{n}", {"mac", "interfaces"}),
		("router interface add ri{n} router r{n} segment rg{n} address 10.9.{n}.1/24,2001:db8:{n}::1/64", "", None),
		("router interface set ri{n} mtu 140{n}", "", None),
		("show router interface router r{n}", "140{n}", {"segment", "addresses", "mtu"}),
		("show fdb segment rg{n}", "02:50:56:56:44:5{n}", {"to_kind"}),
		("route add 10.66.0.0/16 router r{n} via 10.9.{n}.7,10.9.{n}.8", "", None),
		("route add 2001:db8:66::/48 router r{n} unreachable", "", None),
		("route add 10.77.0.0/16 router r{n} blackhole", "", None),
		("show route router r{n} to 10.66.1.1", "10.9.{n}.8 (arm/ri{n})", {"prefix", "paths"}),
		("show rt router r{n} family inet6", "2001:db8:66::/48", {"action"}),
		("rt --dump r{n}", "10.77.0.0/16", {"action"}),
		("rt --dump r{n} --family inet", "10.66.0.0/16", {"family"}),
		("neighbour add 10.9.{n}.7 interface ri{n} mac 02:00:00:00:09:0{n}", "", None),
		("show nh interface ri{n}", "02:00:00:00:09:0{n}", {"state", "kind"}),
		("nh --list ri{n}", "10.9.{n}.7", {"ip"}),
		("neighbour flush interface ri{n}", "0 learned neighbours flushed", FLUSHED),
		("neighbour del 10.9.{n}.7 interface ri{n}", "", None),
		("route del 10.66.0.0/16 router r{n}", "", None),
		("route del 2001:db8:66::/48 router r{n}", "", None),
		("route del 10.77.0.0/16 router r{n}", "", None),
		("router interface del ri{n}", "", None),
		("router del r{n}", "", None),
		("segment del rg{n}", "", None),
	],
	"firewall": [
		("dfw add port " + GUEST + " rule 77{n} dir in action drop proto tcp dport 77", "", None),
		("show dfw port " + GUEST, "77{n}", {"id"}),
		("dfw del port " + GUEST + " rule 77{n}", "", None),
		("dfw default port " + GUEST + " action allow", "", None),
		("dfw set port " + GUEST + " stateful on", "", None),
		("dfw settings strict on", "", None),
		("dfw settings timeout syn_sent 61", "", None),
		("show dfw settings", "61", {"timeouts"}),
		("dfw begin && dfw section add sec{n} && dfw section add other{n} && dfw section move sec{n} && dfw service set svc{n} service tcp/88"
			" && dfw group set grp{n} addresses 10.8.0.0/16 && dfw group add grp{n} addresses 10.9.0.0/16"
			" && dfw rule add sec{n} 88{n} action drop service svc{n} from grp{n} && dfw rule set 88{n} log"
			" && dfw rule move 88{n} section other{n} && dfw commit", "", {"revision"}),
		("show dfw rules id 88{n}", "other{n}", {"section"}),
		("vsipioctl getfilters", "nic-4241327-eth0-vmware-sfw.2", {"filter", "port"}),
		("summarize-dvfilter", "  vNic slot 2\n   name: nic-4241327-eth0-vmware-sfw.2\n   agentName: vmware-sfw\n", {"world", "vm", "port", "filters"}),
		("vsipioctl getrules -f " + GUEST, "rule 88{n} at 1 inout protocol tcp from addrset grp{n} to any port 88 drop with log;", {"id", "services"}),
		("vsipioctl getaddrsets -f " + GUEST, "ip 10.9.0.0/16", {"name", "addresses"}),
		("dfw save {dir}/policy{n}", "", None),
		("dfw rule del 88{n}", "", None),
		("dfw section del sec{n}", "", None),
		("dfw section del other{n}", "", None),
		("dfw group del grp{n}", "", None),
		("dfw service del svc{n}", "", None),
		("dfw load {dir}/policy{n}", "", {"revision"}),
		("show dfw groups", "grp{n}", {"name"}),
		("dfw begin && dfw rule del 88{n} && dfw abort", "", None),
		("show dfw rules id 88{n}", "88{n}", {"id"}),
		("dfw rule del 88{n}", "", None),
		("dfw section del sec{n}", "", None),
		("dfw section del other{n}", "", None),
		("dfw group del grp{n}", "", None),
		("dfw service del svc{n}", "", None),
	],
	"connections": [
		("inject vmnic1 pcap " + SYN, "packet injected", {"injected", "packet_ids"}),
		("vsipioctl getflows -f " + GUEST, "172.16.31.26:57448 -> 172.16.31.25:80 in protocol tcp state SYN_SENT:", {"src", "dport", "orig_state"}),
		("vsipioctl getfilterstat -f " + GUEST, "v4 pass", {"what", "in", "out"}),
		("connection flush", "connections flushed", FLUSHED),
	],
	"flows": [
		("inject vmnic1 pcap " + SYN, "packet injected", {"injected"}),
		("flow capacity 8192", "", None),
		("flow timeout 10{n}", "", None),
		("ens flow-table timeout", "Flow table timeout: 10{n} s", {"idle_s"}),
		("ens flow-table timeout 20{n}", "", None),
		("ens flow-table size", "Flow table size: 8192", {"capacity"}),
		("ens flow-table size 4096", "", None),
		("show flow stats", "4096", {"capacity"}),
		("inject vmnic1 pcap " + SYN, "packet injected", {"injected"}),
		("flow generation {n}00000000", "", None),
		("show flow", "(stale)", {"stale"}),
		("ens flow-table dump", "GENEVE DECAP", {"ft", "actions"}),
		("ens flow-stats", "numFlows", {"worker", "inserts"}),
		("ens flow-stats sw", "slowpath", {"worker", "misses"}),
		("flow flush", "flow entries flushed", FLUSHED),
		("ens flow-table clear", "0 flow entries flushed", FLUSHED),
		("clear ens flow-table", "0 flow entries flushed", FLUSHED),
	],
	"vendor": [
		("inject vmnic1 pcap " + SYN, "packet injected", {"injected"}),
		("ens latency lcore dump", "TotalSamples", {"lcore", "what", "samples", "buckets"}),
		("ens port list", "08:c0:eb:5d:ae:0f", {"port", "queue", "worker"}),
		("ens switch list", "DvsPortset-1", {"name", "portset"}),
		("ens uplink stats", "vmnic1", {"name", "rx_packets"}),
		("net-stats -l", "gs-ubuntu-01.eth0", {"name", "used_by"}),
		("vif --list", "HWaddr:08:c0:eb:5d:ae:0f MTU:1600", {"name", "mac", "rx_packets"}),
		("vif --get vmnic1", "vif0/2      Physical: vmnic1", {"name", "rx_packets"}),
		("inject vmnic1 hex " + RUNT, "packet injected", {"injected"}),
		("dropstats", "PULL", {"reason", "count"}),
		("esxtop", "USED-BY", {"name", "used_by"}),
	],
	"workers": [
		("punt rate 500{n}", "", None),
		("show punt", "500{n}", {"rate"}),
		("worker model rtc", "", None),
		("worker idle spin", "", None),
		("worker idle auto", "", None),
		("worker assign vmnic1 queue 0 worker 0", "", None),
		("show worker queues vmnic1", "hand", {"by"}),
		("worker assign vmnic1 queue 0 auto", "", None),
		("show worker queues vmnic1", "rule", {"by"}),
		("worker spread", "", None),
	],
	"explain": [
		("inject vmnic1 hex " + RUNT, "packet injected", {"injected"}),
		("explain what-if in vmnic1 " + TCP, "delivered", {"hops"}),
		("explain what-if in vmnic1 file " + SYN, "delivered", {"hops"}),
		("explain what-if in vmnic1 hex " + RUNT, "PARSE_TRUNC_L3", {"hops"}),
		("explain encap file " + SYN, "74752", {"kind", "layers"}),
		("explain encap hex {syn}", "74752", {"kind", "layers"}),
		("explain drop", "PARSE_TRUNC_L3", {"dropped", "causes"}),
		("explain flow 172.16.31.26:57448 172.16.31.25:80", "172.16.31.26", {"entries", "connections"}),
		("explain stage dfw_in", "PreDVFilter", {"stage", "what"}),
		("explain reason DFW_RULE_DENY", "a firewall rule says drop", {"reason", "meaning"}),
		("explain point Drop", "dropped packets", {"point", "stages"}),
		("probe from vmnic1 " + TCP, "delivered", {"observations"}),
		("probe from vmnic1 file " + SYN, "delivered", {"observations"}),
		("probe from vmnic1 hex " + RUNT, "PARSE_TRUNC_L3", {"observations"}),
		("check vlan " + GUEST + " for 1s", "conclusion", {"port", "conclusion"}),
	],
	"capture": [
		("show capture c{n}", "c{n}", {"name", "points"}),
		("capture stop c{n}", "", None),
	],
	"mirror": [
		("mirror session add m{n} source " + GUEST + " encap pcap-file file {dir}/m{n}.pcap", "", SESSION),
		("mirror session set m{n} snaplen 128", "", SESSION),
		("mirror rule add m{n} permit proto tcp", "", SESSION),
		("show mirror m{n}", "permit proto tcp", {"fields"}),
		("mirror rule del m{n} at 1", "", SESSION),
		("mirror session start m{n}", "", SESSION),
		("inject vmnic1 pcap " + SYN, "packet injected", {"injected"}),
		("mirror limit pps 500{n}", "", None),
		("show mirror limit", "500{n}", {"pps", "capped"}),
		("mirror limit pps 0", "", None),
		("mirror session stop m{n}", "", SESSION),
		("mirror session del m{n}", "", None),
		("mirror limit pps 100 bps 8000", "", None),
		("show mirror limit", "8000", {"pps", "bps", "capped"}),
		("mirror limit pps 0 bps 0", "", None),
		("mirror limit copies 6", "", None),
		("show mirror limit", " 6 ", {"copies", "crowded"}),
		("mirror limit copies 4", "", None),
	],
	"daemon": [
		("help clock", "clock advance SECONDS", None),
		("inject vmnic1 pcap " + SYN + " every 100s", "stop {n}", {"injected", "timer"}),
		("inject stop {n}", "", None),
		("log set control debug", "", None),
		("show log", "debug", {"level"}),
		("log set control info", "", None),
		("clock advance 1", "", None),
		("monitor off", "", None),
		("doctor", "daemon", {"check", "status"}),
		("walk -r {walks}", "uplink_rx", {"v", "walks"}),
		("walk report {walks}", "172.16.31.25", {"stage"}),
	],
}
PREFIXES = ("nsxdp-cli ens", "nsxcli ens", "nsxdataplanecli ens", "get ens")


@pytest.fixture(name="d", scope="module")
def d_():
	with demo() as (d, _):
		for name in ("c1", "c2"):
			with d.client() as gone:
				gone("capture.start", points=[{"stage": "drop"}], keep_s=600, name=name)
				os.close(gone.fds.pop())
		yield d


def grammars(d):
	"""The commands but for show: each up to what can be left out, in one line."""
	text = d.cli("--dump-commands")
	all_of = [" ".join(g.split()) for g in re.findall(r"^```\n(.*?)\n```$", text, re.M | re.S)]
	return {re.split(r" ?[\[(]", g)[0] for g in all_of if not g.startswith("show ")}


def fits(grammar, line):
	"""Whether a line is of this command: the words are there, and something stands for each value."""
	words = line.split()
	want = grammar.split()
	return len(words) >= len(want) and all(w == v or (w.isupper() and v[:1] != "-") for w, v in zip(want, words))


def told():
	return [line for story in STORIES.values() for lines, _, _ in story for line in lines.split(" && ")]


def test_every_command_is_told(d):
	ens = {g.split(" ", 1)[1] for g in grammars(d) if g.startswith("nsxdp-cli ")}
	assert {f"{p} {g.split(' ', 1)[1]}" for p in PREFIXES for g in ens} <= grammars(d)
	missing = {g for g in grammars(d) - set(OWN) if not g.startswith(PREFIXES) and not any(fits(g, line) for line in told())}
	assert missing == set()
	assert set(OWN) <= grammars(d) and all(callable(globals()[name]) for name in OWN.values())


@pytest.fixture(name="walks", scope="module")
def walks_(d, tmp_path_factory):
	"""One packet's walk, as pktcap --json writes it."""
	path = tmp_path_factory.mktemp("walks") / "walk.json"
	with Pktcap(d, "--json", "-x", "-i", "any") as p:
		d.cli("inject", "vmnic1", "pcap", SYN)
		p.wait_stdout("vnic_tx")
		p.finish()
		path.write_bytes(p.stdout)
	return path


def keys_of(answer):
	return [set(o) for o in answer] if isinstance(answer, list) else [set(answer)]


@pytest.mark.parametrize("noun", STORIES)
@pytest.mark.parametrize("n", (1, 2))
def test_story(d, walks, tmp_path, noun, n):
	with open(SYN, "rb") as f:
		syn = f.read()[40:].hex()
	for line, says, keys in STORIES[noun]:
		line = line.format(n=n, dir=tmp_path, syn=syn, walks=walks)
		words = [word for part in line.split(" && ") for word in ("-c", part)]
		if n == 1:
			out = d.cli(*words)
			assert says.format(n=n) in out and bool(says) == bool(out), (line, out)
			continue
		out = d.cli("-j", *words)
		if keys is None:
			assert out == "" or line.startswith("help"), line
			continue
		answers = keys_of([json.loads(o) for o in out.splitlines()] if line.startswith("walk report") else json.loads(out))
		assert answers and all(keys <= a for a in answers), (line, out)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_vendor_prefixes(d, prefix):
	"""What stands behind a prefix is the same command."""
	for line in ("ens switch list", "ens flow-table size", "ens port list"):
		assert d.cli(prefix + line[3:]) == d.cli(line)
		assert d.cli("-j", prefix + line[3:]) == d.cli("-j", line)
	for line in ("ens flow-table dump", "ens flow-table timeout", "ens flow-stats", "ens uplink stats"):
		assert json.loads(d.cli("-j", prefix + line[3:])) is not None


@pytest.mark.parametrize("word", ["exit", "quit"])
@pytest.mark.parametrize("form", [(), ("-j",)], ids=["text", "json"])
def test_leaving(d, tmp_path, word, form):
	"""The shell ends well, and says nothing more; as a command of its own it says nothing either."""
	with Terminal("--socket", d.path, *form, env={"XDG_STATE_HOME": str(tmp_path)}) as t:
		t.prompt()
		t.send(word + "\r")
		assert t.end() == 0
		assert [line for line in t.lines() if line] == [f"reddot arm> {word}"]
	assert d.cli(*form, word) == ""


@pytest.mark.parametrize("form", [(), ("-j",)], ids=["text", "json"])
def test_daemon_stop(form):
	with Daemon(lines="host add h default\n") as d:
		assert d.cli(*form, "daemon", "stop") == ""
		assert d.wait_end() == 0 and not os.path.exists(d.path)
		gone = d.cli(*form, "daemon", "stop", check=False)
		assert gone.returncode == 1 and gone.stdout == "" and "reddotd is not running" in gone.stderr


MONITORED = {
	"drops": ("inject vmnic1 hex " + RUNT, r"\d\d:\d\d:\d\d\.\d{6} drop PARSE_TRUNC_L3 at \w+, port arm/vmnic1.*", {"reason", "stage", "port", "ns", "hex"}),
	"log": ("probe from vmnic1 vni 74752 tcp 172.16.31.26:{n} 172.16.31.25:24", r"\d\d:\d\d:\d\d\.\d{6} firewall .* DROP .*/779 IN .*", {"rule", "action", "line", "ns"}),
}


@pytest.mark.parametrize("what", MONITORED)
@pytest.mark.parametrize("form", [(), ("-j",)], ids=["text", "json"])
def test_monitor(d, what, form):
	"""A line for each of what happens from now on, till Ctrl-C."""
	event, line, keys = MONITORED[what]
	d.cli("dfw", "add", "port", PROXY, "rule", "779", "dir", "in", "action", "drop", "proto", "tcp", "dport", "24", "log")
	try:
		with subprocess.Popen([REDDOT, "--socket", d.path, *form, "monitor", what], env=ENV, stdout=subprocess.PIPE, text=True) as p:
			flow = iter(range(2000, 60000))  # the log has a flow once
			def told():
				d.cli(*event.format(n=next(flow)).split())
				return select.select([p.stdout], [], [], 1)[0]
			try:
				wait_for("a line", told)
				first = p.stdout.readline()
			finally:
				p.send_signal(signal.SIGINT)
			lines = [first, *p.stdout]
			assert p.wait(60) == 0
	finally:
		d.cli("dfw", "del", "port", PROXY, "rule", "779")
	for said in lines:
		if form:
			assert keys <= set(json.loads(said)), said
		else:
			assert re.fullmatch(line, said.rstrip("\n")) or said.startswith("... and "), said
