# SPDX-License-Identifier: BSD-3-Clause
#
# The firewall policy under traffic: a large one loads while packets flow, and a thousand reloads never let a packet be judged by
# two revisions.
import json
import os
import threading
import time

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether

from rdtest import Daemon

RULES = 10000
GUESTS = int(os.environ.get("RD_POLICY_GUESTS", "200"))
RELOADS = int(os.environ.get("RD_POLICY_RELOADS", "1000"))
LAN = """host add h default
switch add s host h portset 4
segment add lan switch s vlan 0
port add a switch s type vnic mac 02:00:00:00:00:01 segment lan
port add b switch s type vnic mac 02:00:00:00:00:02 segment lan
"""


def frame(sport, dport):
	return bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(src="10.0.0.1", dst="10.0.0.2")
		/ UDP(sport=sport, dport=dport) / (b"x" * 30)).hex()


def large():
	rules = [{"id": i + 1, "action": "drop", "from": [f"10.{1 + i % 200}.{i // 200}.0/24"], "to": [f"11.{i // 5000}.{i % 250}.{i // 250 % 250}"],
		"services": [f"tcp/{80 + i % 30}"]} for i in range(RULES)]
	return {"default": "allow", "sections": [{"name": "all", "rules": rules}]}


def test_large_policy(tmp_path):
	"""10,000 rules on many guests, while a flow goes on: none of its packets is lost."""
	guests = "".join(f"port add g{i} switch s type vnic segment lan\n" for i in range(GUESTS))
	path = tmp_path / "large.json"
	path.write_text(json.dumps(large()))
	with Daemon(lines=LAN + guests) as d, d.client() as c:
		timer = c("inject", port="a", frames=[frame(7, 8)], every_ms=1)["timer"]
		start = time.monotonic()
		d.cli("dfw", "load", str(path))
		print(f"{RULES} rules for {GUESTS + 2} ports: {time.monotonic() - start:.2f} s")
		r = c("dfw.revision")
		assert (r["rules"], r["ports"], r["rule_sets"], r["terms"]) == (RULES, GUESTS + 2, 1, RULES)
		c("inject.stop", timer=timer)
		c("inject", port="a", frames=[frame(7, 8)])
		assert c.list("drop.list", reason="DFW_RULE_DENY") == [] or c.one("drop.list", reason="DFW_RULE_DENY")["count"] == 0
		tcp = bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(src="10.51.0.7", dst="11.0.50.0")
			/ TCP(dport=100)).hex()
		c("inject", port="a", frames=[tcp])
		assert c.one("dfw_rule.list", id=51)["hits"] == 1
		saved = tmp_path / "saved.json"
		d.cli("dfw", "save", str(saved))
		d.cli("dfw", "load", str(saved))  # the same again: the counters go on, no port changes
		assert c.one("dfw_rule.list", id=51)["hits"] == 1


def policy(port):
	"""Allows UDP to one port, out of a and into b; each direction has a rule of its own."""
	base = port * 10
	return [{"name": "only", "rules": [
		{"id": base + 1, "action": "allow", "dir": "out", "services": [f"udp/{port}"]},
		{"id": base + 2, "action": "allow", "dir": "in", "services": [f"udp/{port}"]}]}]


def test_reload_is_atomic():
	"""Two policies take turns: each lets one of two flows through, by a rule at each firewall. A packet that passed the first
	firewall passes the second; one that is dropped is dropped at the first. A mixture would drop at the second."""
	with Daemon(lines=LAN + "dfw set port a stateful off\ndfw set port b stateful off\ndfw settings default drop\n") as d, d.client() as c:
		stop, sent = threading.Event(), [0]

		def traffic():
			with d.client() as t:
				while not stop.is_set():
					sent[0] += t("inject", port="a", frames=[frame(1, 1), frame(1, 2)] * 100)["injected"]

		thread = threading.Thread(target=traffic)
		thread.start()
		try:
			for i in range(RELOADS):
				c("dfw.begin", replace=True)
				c("dfw.load", sections=policy(1 + i % 2))
				c("dfw.commit")
		finally:
			stop.set()
			thread.join()
		while sum(s["consumed"] + s["drops"] for s in c.list("stage.list") if s["stage"] in ("vnic_tx", "dfw_out", "dfw_in")) < sent[0]:
			time.sleep(0.05)
		stages = {s["stage"]: s for s in c.list("stage.list")}
		denied = {r["stage"]: r["count"] for r in c.list("drop.list", detail=True, reason="DFW_DEFAULT_DENY")}
		assert stages["dfw_in"]["drops"] == 0, "judged by two revisions"
		assert denied.get("dfw_in", 0) == 0
		passed = stages["dfw_in"]["out"]
		assert passed + denied["dfw_out"] == sent[0]
		assert passed > 0 and denied["dfw_out"] > 0
		print(f"{RELOADS} reloads, {sent[0]} packets, {passed} passed")


POLICY = """dfw begin
dfw service set web service tcp/80,tcp/443:1024-65535
dfw group set clients addresses 10.0.0.0/8,2001:db8::/32
dfw group set guests members port:a,segment:lan
dfw group set group-less addresses 172.16.0.9
dfw group set everybody groups clients,guests addresses 172.16.0.0/16
dfw group set inner addresses 172.17.0.1
dfw group add clients groups inner
dfw section add mac kind l2
dfw rule add mac 900 action drop from 02:00:00:00:00:99 ethertype 0x0806
dfw section add app applied-to group:guests
dfw rule add app 1024 action drop dir out service tcp/135 log
dfw rule add app 1025 action allow from clients,192.168.4.3 service web,icmp/8:0 log name "for all"
dfw rule add app 1027 action drop dir in from !clients,!192.168.0.0/16 to !group-less service tcp/81
dfw rule add app 1026 action reject dir in service tcp/22 applied-to port:b disabled
dfw commit
dfw set port b stateful off
dfw settings default drop max-half-open 100
dfw settings timeout syn_sent 20
"""


def check_counts(c, d):
	"""Two SYNs went: one that a's firewall drops, one that passes both. Then a packet of each other family, one of them refused."""
	eth = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
	udp6 = eth / IPv6(src="2001:db8::1", dst="2001:db8::2") / UDP(sport=7, dport=9)
	arp = Ether(src="02:00:00:00:00:01", dst="ff:ff:ff:ff:ff:ff") / ARP(hwsrc="02:00:00:00:00:01", psrc="10.0.0.1", pdst="10.0.0.2")
	c("inject", port="a", frames=[bytes(udp6).hex(), bytes(arp).hex()])
	rows = {(r["port"], r["what"]): (r["in"], r["out"]) for r in c.list("dfw.counts")}
	assert rows["h/a", "v4 pass"] == (0, 1) and rows["h/a", "v4 drop"] == (0, 1)
	assert rows["h/a", "v6 drop"] == (0, 1) and rows["h/a", "other pass"] == (0, 1) and rows["h/a", "match"] == (0, 2)
	assert rows["h/b", "v4 pass"] == (1, 0) and rows["h/b", "other pass"] == (1, 0) and ("h/b", "match") not in rows
	stages = {s["stage"]: s for s in c.list("stage.list")}
	for stage, way in (("dfw_in", 0), ("dfw_out", 1)):
		sums = {what: sum(v[way] for k, v in rows.items() if k[1].endswith(what)) for what in ("pass", "drop")}
		assert (stages[stage]["in"], stages[stage]["drops"]) == (sums["pass"] + sums["drop"], sums["drop"]), stage
	text = [line.split() for line in d.cli("vsipioctl", "getfilterstat", "-f", "a").splitlines()]
	assert text == [["PACKETS", "IN", "OUT"], ["-------", "---", "---"], ["v4", "pass", "0", "1"], ["v4", "drop", "0", "1"],
		["v6", "drop", "0", "1"], ["other", "pass", "0", "1"], [], ["DROP", "REASON", "IN", "OUT"], ["-----------", "---", "---"],
		["match", "0", "2"]], text
	assert "v6 drop" in d.cli("show", "dfw", "counts", "port", "a")


NESTED = """dfw settings default drop
dfw group set web addresses 10.0.0.0/24
dfw group set db addresses 10.0.1.0/24
dfw group set servers groups web,db
dfw group set on-b members port:b
dfw group set where groups on-b
dfw section add app applied-to group:where
dfw rule add app 1 action allow from servers
"""


def test_nested_groups(tmp_path):
	"""A group in a group: what the inner one gets, rules on the outer one match at once; no ring; named where it is shown."""
	with Daemon(lines=LAN + NESTED) as d, d.client() as c:
		def passes(src):
			before = {s["stage"]: s["in"] for s in c.list("stage.list")}["vnic_tx"]
			c("inject", port="a", frames=[bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
				/ IP(src=src, dst="10.9.9.9") / UDP(sport=5, dport=6)).hex()])
			return {s["stage"]: s["in"] for s in c.list("stage.list")}["vnic_tx"] > before
		assert passes("10.0.1.7") and not passes("10.0.2.7")
		d.cli("dfw", "group", "add", "db", "addresses", "10.0.2.0/24")  # two levels down
		assert passes("10.0.2.7")
		d.cli("dfw", "group", "set", "on-b")  # the section applies to nobody now: no rules
		assert passes("10.0.3.7")
		d.cli("dfw", "group", "set", "on-b", "members", "port:b")
		assert not passes("10.0.3.8")
		done = d.cli("dfw", "group", "add", "web", "groups", "servers", check=False)
		assert done.returncode != 0 and "web > servers > web" in done.stderr, done.stderr
		done = d.cli("dfw", "group", "del", "db", check=False)
		assert done.returncode != 0 and "servers contains db" in done.stderr, done.stderr
		assert "addrset servers {\nip 10.0.0.0/24,\nip 10.0.1.0/24,\nip 10.0.2.0/24,\n}" in d.cli("vsipioctl", "getaddrsets", "-f", "b")
		assert any(line.split()[0] == "servers" and "web" in line and "db" in line for line in d.cli("show", "dfw", "groups").splitlines())
		saved = tmp_path / "nested.json"
		d.cli("dfw", "save", str(saved))
		policy = json.loads(saved.read_text())
		policy["groups"].reverse()  # whoever contains comes before what it contains
		saved.write_text(json.dumps(policy))
		d.cli("dfw", "load", str(saved))
		assert passes("10.0.2.9") and not passes("10.0.4.9")


def test_config_and_forms(tmp_path):
	"""The policy printed as commands makes the same policy; log lines and vsipioctl in the vendor's layout."""
	with Daemon(lines=LAN + POLICY) as d, d.client() as c:
		first = [i["line"] for i in c.list("running_config")]
		frames = [bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(src="192.168.4.3", dst="192.168.4.4")
			/ TCP(sport=49676, dport=port, flags="SEC")).hex() for port in (135, 80)]
		c("inject", port="a", frames=frames)
		lines = [i["line"].split(" ", 1) for i in c.list("dfw.log")]
		assert lines[0][0].endswith("Z") and lines[0][1] == \
			"<vif1> INET match DROP mainrs/1024 OUT 40 TCP 192.168.4.3/49676->192.168.4.4/135 SEW"
		assert "PASS mainrs/1025 IN 40 TCP" in lines[2][1]
		text = d.cli("vsipioctl", "getrules", "-f", "b")
		assert "rule 1024 at 1 out protocol tcp from any to any port 135 drop with log;" in text
		assert "rule 900 at 1 inout ethertype 0x0806 from 02:00:00:00:00:99 to any drop;" in text and "1026" not in text
		assert "rule 1027 at 3 in protocol tcp from ! addrset rule-1027-from to ! addrset group-less port 81 drop;" in text
		assert c.one("dfw_rule.list", id=1027)["from"] == ["!clients", "!192.168.0.0/16"]
		assert "addrset clients {\nip 10.0.0.0/8," in d.cli("vsipioctl", "getaddrsets", "-f", "b")
		assert "192.168.4.3:49676 -> 192.168.4.4:80 in protocol tcp state SYN_SENT" in d.cli("vsipioctl", "getflows", "-f", "a")
		check_counts(c, d)
		for words in ("from !clients,10.0.0.1", "from clients,!10.0.0.1", "to !any", "to !!10.0.0.1", "to !"):
			done = d.cli("dfw", "rule", "add", "app", "1028", "action", "drop", *words.split(), check=False)
			assert done.returncode != 0 and words.split()[0] in done.stderr, done.stderr
	(tmp_path / "again.rd").write_text("\n".join(first) + "\n")
	with Daemon(files=[tmp_path / "again.rd"]) as d, d.client() as c:
		assert [i["line"] for i in c.list("running_config")] == first
