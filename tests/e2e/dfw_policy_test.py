# SPDX-License-Identifier: BSD-3-Clause
#
# The firewall policy under traffic: a large one loads while packets flow, and a thousand reloads never let a packet be judged by
# two revisions.
import json
import os
import threading
import time

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether

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
