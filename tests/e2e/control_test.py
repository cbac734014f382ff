# SPDX-License-Identifier: BSD-3-Clause
#
# The control protocol: hello, roles, every method, every kind of wrong input, many clients, hostile clients.
import json
import os
import re
import signal
import socket
import subprocess
import sys

import pytest
from rdtest import (DEMO, ENV, NOBODY, NO_OTHERS, OTHERS_CAN, PCAPS, REDDOTD, SOURCE, Client, Closed, Daemon, demo, refused, wait_for)
from scapy.utils import rdpcap

SYN = bytes(rdpcap(f"{PCAPS}/emulated-syn.pcap")[0]).hex()
GUEST = "arm/gs-ubuntu-01.eth0.7c520dd4"


@pytest.fixture(scope="module", name="demo_daemon")
def demo_daemon_():
	with demo() as (d, _):
		yield d


@pytest.fixture(name="c")
def c_(demo_daemon):
	with demo_daemon.client() as client:
		yield client


def test_hello(demo_daemon):
	with demo_daemon.client(hello=False) as c:
		refused("EPROTO", c, "port.list")
		e = refused("EPROTO", c, "hello", version=7, client="x")
		assert "7" in e.what and "1" in e.what and e.hint
		h = c("hello", version=1, client="x")
		assert h["version"] == 1 and h["daemon"] == "reddotd" and h["role"] == "admin"
		assert h["pid"] == demo_daemon.proc.pid and h["default_host"] == "arm" and h["workers"] == 1
		assert h["tsc_hz"] > 10**8
		assert c.list("host.list")


def test_errors_say_what_where_and_try(c):
	e = refused("ENOENT", c, "port.set", port="vmnic9", up=True)
	assert "vmnic9" in e.what and e.where == "port" and e.hint == "show port"
	e = refused("EINVAL", c, "port.set", port="vmnic1", upp=True)
	assert "upp" in e.what
	e = refused("EINVAL", c, "port.set", port="vmnic1", up="yes")
	assert e.where == "up"
	e = refused("ERANGE", c, "port.set", port="vmnic1", mtu=5)
	assert e.where == "mtu"
	refused("EINVAL", c, "port.set", port="vmnic1", mtu=1600.5)
	refused("EINVAL", c, "port.set", port="vmnic1", mac="00:11")
	refused("EINVAL", c, "port.set", port=17)
	refused("EINVAL", c, "port.set")
	assert refused("ENOENT", c, "port.list", port="DvsPortset-1").where == "port"
	refused("ENOSYS", c, "port.destroy")
	refused("ENOENT", c, "switch.set", switch="x", mtu=1500)
	refused("ENOENT", c, "switch.list", host="mars")
	refused("EINVAL", c, "port.list", type="funny")
	refused("ENOENT", c, "segment.set", segment="s", flood=True)


def test_names_resolve(c):
	assert c.one("port.list", port="vmnic1")["host"] == "arm"  # both hosts have one: the default's
	assert c.one("port.list", port="x86/vmnic1")["host"] == "x86"
	assert c.one("port.list", port="vmnic3")["host"] == "x86"  # only one host has it
	assert c.one("port.list", port="2248146967")["name"] == "vmnic1"
	refused("ENOENT", c, "port.list", port="4000000000")


def test_lists_of_the_demo(c):
	p = c.one("port.list", port="vmnic1")
	want = {"name": "vmnic1", "qname": "arm/vmnic1", "host": "arm", "switch": "DvsPortset-1", "id": 2248146967,
		"ens": 3, "type": "uplink", "type_code": 4, "subtype": 0, "mac": "08:c0:eb:5d:ae:0f", "mtu": 1600,
		"device": "device net_null0,no-rx=1", "segment": "", "vlan": -1, "vni": 0, "team": [], "team_pnic": "-",
		"used_by": "vmnic1", "vm": "", "admin": "up", "link": "up", "bypass": "", "bypass_id": 0,
		"stages": ["uplink_rx", "uplink_tx"]}
	assert {k: p[k] for k in want} == want
	vmk = c.one("port.list", port="vmk7379")
	assert (vmk["team"], vmk["team_pnic"], vmk["type_code"], vmk["subtype"]) == (["vmnic129"], "vmnic129", 3, 0)
	assert c.one("port.list", port="vmk50")["team_pnic"] == "void"
	assert c.one("port.list", port="shadow-vmnic1")["team_pnic"] == "n/a"
	guest = c.one("port.list", port="gs-ubuntu-01.eth0")
	assert (guest["used_by"], guest["vm"]) == ("4241327:gs-ubuntu-01.eth0", "gs-ubuntu-01")
	assert guest["device"].startswith("answer ") and guest["vlan"] == 0
	proxy = c.one("port.list", port=GUEST)
	assert proxy["device"] == "via arm/vmnic0_MUX_PF16387" and proxy["vni"] == 74752
	assert c.one("port.list", port="x86/vmnic2")["device"] == "link arm/vmnic0_MUX_PF16387"
	assert c.one("port.list", port="vmnic0_MUX_PF16387")["device"] == "link x86/vmnic2"
	assert {p["type"] for p in c.list("port.list", host="x86", type="uplink")} == {"uplink"}
	assert len(c.list("port.list", switch="arm/vSwitchESXioBMC")) == 4
	assert [h["name"] for h in c.list("host.list") if h["default"]] == ["arm"]
	tep = c.one("tep.list")
	assert tep["ip"] == "192.168.4.60" and tep["port"] == "arm/vmk10" and tep["option"] == "0104:00:00000000"
	rules = c.list("dfw.list", port=GUEST)
	assert [r["id"] for r in rules] == [1041, 1042, 1043, 0]
	assert rules[0] == {"port": GUEST, "port_id": 100663333, "id": 1041, "at": 1, "name": "web", "dir": "in",
		"action": "allow", "proto": "tcp", "src": "any", "dst": "any", "sport": "any", "dport": "80",
		"hits": rules[0]["hits"], "bytes": rules[0]["bytes"], "sessions": rules[0]["sessions"], "log": False}
	assert rules[-1]["name"] == "default" and rules[-1]["action"] == "drop"
	kinds = {(e["mac"], e["kind"], e["to"]) for e in c.list("fdb.list", segment="arm/cluster1-segment1")}
	assert ("00:50:56:a1:fc:f3", "static", "to-192.168.4.57") in kinds
	assert ("00:50:56:a1:99:9e", "port", GUEST) in kinds


def v4_pass(c):
	"""Packets that the guest's firewall let pass to it and from it."""
	rows = c.list("dfw.counts", port=GUEST)
	assert {r["port"] for r in rows} == {GUEST} and [r["what"] for r in rows if r["kind"] == "packets"] == [
		f"{family} {verdict}" for family in ("v4", "v6", "other") for verdict in ("pass", "drop")]
	return {"in": rows[0]["in"], "out": rows[0]["out"]}


def test_lists_of_some_fields(c):
	ports = c.list("port.list")
	for fields in (["name"], ["qname", "rx_packets"], ["tx_bytes", "spoof_check"], ["name", "nonsense"], []):
		assert c.list("port.list", fields=fields) == [{k: p[k] for k in fields if k in p} for p in ports]
	assert c.list("flow.list", fields=["worker"], limit=1) in ([], [{"worker": 0}])
	for wrong in ("name", [1], [None], ["a"] * 33):
		assert refused(None, c, "port.list", fields=wrong).where == "fields"
	assert refused("EINVAL", c, "port.add", name="x", switch="arm/DvsPortset-1", type="vnic", fields=["name"]).code == "EINVAL"


def test_walk_leaves_traces(c):
	c("flow.flush")
	before = {s["stage"]: s for s in c.list("stage.list")}
	passed = v4_pass(c)["in"]
	r = c("inject", port="vmnic1", frames=[SYN])
	assert v4_pass(c)["in"] == passed + 1
	assert r["injected"] == 1 and len(r["packet_ids"]) == 1 and r["packet_ids"][0] > 0
	flows = c.list("flow.list", host="arm")
	hit = [f for f in flows if f["src_port"] == 3]
	assert len(hit) == 1 and hit[0]["actions"] == ["GENEVE DECAP", "DFW on dstPort"]
	f = hit[0]
	assert (f["dst_mac"], f["src_mac"]) == ("00:50:56:a1:99:9e", "00:50:56:a1:fc:f3")
	assert (f["src_ip"], f["dst_ip"], f["proto"], f["l4_src"], f["l4_dst"], f["vni"]) == (
		"172.16.31.26", "172.16.31.25", 6, 57448, 80, 74752)
	assert (f["bmap"], f["dp"], f["dp_name"], f["rule"], f["verdict"]) == (0x80800080, 7, GUEST, 1041, "allow")
	back = [f for f in flows if f["src_port"] == 7][0]
	assert (back["dp"], back["bmap"], back["rule"]) == (3, 0x20000c0, 1041)
	for s in c.list("stage.list"):
		assert s["in"] + s["created"] == s["out"] + s["consumed"] + s["drops"], s
	after = {s["stage"]: s for s in c.list("stage.list")}
	assert after["uplink_rx"]["in"] == before["uplink_rx"]["in"] + 2  # arm/vmnic1, and x86/vmnic2 behind the link
	assert after["vnic_tx"]["in"] == before["vnic_tx"]["in"] + 1
	assert c.one("worker.list")["mbufs_in_use"] >= 0
	r = c("inject", port="vmnic1", frames=["0011"])
	drops = {d["reason"]: d["count"] for d in c.list("drop.list")}
	assert drops["RX_RUNT"] >= 1
	newest = c.list("drop.recent", count=1)[0]
	assert newest["packet_id"] == r["packet_ids"][0] and newest["reason"] == "RX_RUNT" and newest["hex"] == "0011"
	assert newest["stage"] == "uplink_rx" and newest["port"] == "arm/vmnic1"
	assert len(c.list("drop.list", all=True)) > len(drops)


def test_port_life():
	with Daemon(lines="host add h\nswitch add s host h portset 5\n") as d, d.client() as c:
		r = c("port.add", name="u", switch="s", type="uplink", device="net_null0,no-rx=1")
		assert r["id"] >> 31 == 1 and r["id"] >> 25 & 63 == 5
		assert c.one("worker.list")["queues"] == [{"port": "h/u", "queue": 0}]
		refused("EEXIST", c, "port.add", name="u", switch="s", type="uplink")
		refused("EEXIST", c, "port.add", name="v", switch="s", type="uplink", id=r["id"])
		e = refused("EBUSY", c, "port.add", name="v", switch="s", type="uplink", device="net_null0")
		assert e.where == "device" and "u" in e.what
		e = refused(None, c, "port.add", name="v", switch="s", type="uplink", device="net_no_such0")
		assert "net_no_such0" in e.what and e.hint
		refused("EINVAL", c, "port.add", name="v", switch="s", type="uplink", device="net_null1", link="u")
		refused("EINVAL", c, "port.add", name="a b", switch="s", type="uplink")
		refused("EINVAL", c, "port.add", name="v", switch="s", type="vnic", answer=["zz"])
		refused("EINVAL", c, "port.add", name="v", switch="s", type="vnic", team=[3])
		assert len(c.list("port.list")) == 1
		c("port.set", port="u", device="net_null5,no-rx=1")
		assert c.one("port.list")["device"] == "device net_null5,no-rx=1"
		c("port.add", name="w", switch="s", type="uplink", device="net_null0,no-rx=1")  # free again
		c("port.set", port="u", device="none")
		assert [q["port"] for q in c.one("worker.list")["queues"]] == ["h/w"]
		c("segment.add", name="seg", switch="s", vlan=0)
		c("port.add", name="g", switch="s", type="vnic", segment="seg", team=["u"])
		refused("EBUSY", c, "port.del", port="u")
		refused("EBUSY", c, "segment.del", segment="seg")
		refused("EBUSY", c, "switch.del", switch="s")
		refused("EBUSY", c, "host.del", name="h")
		c("port.set", port="g", team=[], segment="", mtu=1400, label="a label", up=False, spoof_check=False)
		p = c.one("port.list", port="g")
		assert (p["team"], p["segment"], p["mtu"], p["used_by"], p["admin"]) == ([], "", 1400, "a label", "down")
		for name in ("u", "w", "g"):
			c("port.del", port=name)
		c("segment.del", segment="seg")
		c("switch.del", switch="s")
		c("host.del", name="h")
		assert c.list("host.list") == [] and c.one("worker.list")["queues"] == []


def test_nouns_live_and_die():
	with Daemon() as d, d.client() as c:
		c("host.add", name="h", default=True)
		c("switch.add", name="s", host="h", portset=0)
		c("switch.set", switch="s", mtu=9000)
		assert c.one("switch.list")["mtu"] == 9000
		c("port.add", name="u", switch="s", type="uplink")
		c("segment.add", name="o", switch="s", vni=5000, aging_s=100)
		refused("EINVAL", c, "segment.add", name="x", switch="s", vni=1, vlan=1)
		refused("EINVAL", c, "segment.add", name="x", switch="s")
		refused("EEXIST", c, "segment.add", name="x", switch="s", vni=5000)
		c("tep.add", ip="10.0.0.1", host="h", mac="02:00:00:00:00:01", team=["u"], option="0104:80:a1b2c3d4", csum=True)
		refused("EEXIST", c, "tep.add", ip="10.0.0.1", host="h", mac="02:00:00:00:00:01")
		refused("EINVAL", c, "tep.add", ip="10.0.0.2", host="h", mac="02:00:00:00:00:01", option="0104:80:a1b2c3")
		refused("EINVAL", c, "tep.add", ip="10.0.0.2", host="h", mac="02:00:00:00:00:01", option="x")
		refused("ENOTSUP", c, "tep.add", ip="10.0.0.2", host="h", mac="02:00:00:00:00:01", encap="stt")
		refused("EINVAL", c, "tep.add", ip="fe80::1", host="h", mac="02:00:00:00:00:01")
		c("tunnel.add", name="t", local="10.0.0.1", remote="10.0.0.9")
		t = c.one("tunnel.list")
		assert (t["mac_source"], t["encap"], t["overhead"]) == ("none", "geneve", 14 + 20 + 8 + 8 + 8)
		refused("EBUSY", c, "tep.del", ip="10.0.0.1")
		c("segment.set", segment="o", tunnels=["t"], flood=False, learn=False, aging_s=7)
		s = c.one("segment.list")
		assert (s["tunnels"], s["flood"], s["learn"], s["aging_s"], s["vni"], s["vlan"]) == (["t"], False, False, 7, 5000, -1)
		c("fdb.add", segment="o", mac="02:00:00:00:00:aa", tunnel="t")
		refused("EINVAL", c, "fdb.add", segment="o", mac="02:00:00:00:00:ab")
		assert c.one("fdb.list", segment="o")["to_kind"] == "tunnel"
		assert c("fdb.flush")["flushed"] == 0  # static ones stay
		c("fdb.del", segment="o", mac="02:00:00:00:00:aa")
		refused("ENOENT", c, "fdb.del", segment="o", mac="02:00:00:00:00:aa")
		c("port.add", name="g", switch="s", type="vnic", segment="o")
		c("dfw.add", port="g", id=5, dir="in", action="drop", proto="udp", src="10.0.0.0/8", dport="53")
		refused("EEXIST", c, "dfw.add", port="g", id=5, dir="in", action="drop")
		refused("EINVAL", c, "dfw.add", port="g", id=6, dir="up", action="drop")
		refused("EINVAL", c, "dfw.add", port="g", id=6, dir="in", action="deny")
		refused("EINVAL", c, "dfw.add", port="g", id=6, dir="in", action="drop", src="10.0.0.0/40")
		refused("EINVAL", c, "dfw.add", port="g", id=6, dir="in", action="drop", dport="70000")
		refused("EINVAL", c, "dfw.add", port="u", id=6, dir="in", action="drop")
		c("dfw.default", port="g", action="drop")
		assert [(r["id"], r["action"]) for r in c.list("dfw.list")] == [(5, "drop"), (0, "drop")]
		c("dfw.del", port="g", id=5)
		refused("ENOENT", c, "dfw.del", port="g", id=5)
		c("segment.set", segment="o", tunnels=[])
		c("tunnel.del", tunnel="t")
		c("tep.del", ip="10.0.0.1")
		assert c.list("tunnel.list") == [] and c.list("tep.list") == []
		level = {m["module"]: m["level"] for m in c.list("log.list")}
		assert level["control"] == "info"
		c("log.set", module="control", level="debug")
		assert {m["module"]: m["level"] for m in c.list("log.list")}["control"] == "debug"
		refused("ENOENT", c, "log.set", module="nope", level="debug")
		refused("EINVAL", c, "log.set", module="control", level="loud")


def test_flow_settings_and_time():
	with demo() as (_, c):
		c("flow.set", capacity=1024, idle_s=30)
		c("inject", port="vmnic1", frames=[SYN])
		st = c.list("flow.stats")[0]
		assert (st["capacity"], st["idle_s"], st["entries"], st["misses"]) == (1024, 30, 4, 4)
		c("inject", port="vmnic1", frames=[SYN])
		assert c.list("flow.stats")[0]["hits"] >= 2
		e = refused("EINVAL", c, "flow.set", generation=5)
		assert "2123" in e.what
		refused("ERANGE", c, "flow.set", capacity=1)
		c("flow.set", generation=3000)
		assert all(f["stale"] and f["cg"] == 2123 for f in c.list("flow.list"))
		c("inject", port="vmnic1", frames=[SYN])
		fresh = [f for f in c.list("flow.list") if not f["stale"]]
		assert fresh and all(f["cg"] == 3000 for f in fresh)
		c("clock.advance", seconds=31)
		wait_for("idle flows to go", lambda: c.list("flow.stats")[0]["entries"] == 0)
		assert c.list("flow.list") == []
		c("inject", port="vmnic1", frames=[SYN])
		assert c("flow.flush")["flushed"] == 2  # the guest has used up its answer
		assert c.list("flow.stats")[0]["entries"] == 0


def test_fdb_ages():
	with demo() as (_, c):
		c("inject", port="vmnic1", frames=[SYN])
		learned = [e for e in c.list("fdb.list") if e["kind"] == "learned"]
		assert [e["mac"] for e in learned] == ["00:50:56:a1:fc:f3"]  # on x86; on arm it is static
		assert learned[0]["segment"] == "x86/cluster1-segment1" and learned[0]["to"] == "x86/vmnic2"
		c("clock.advance", seconds=100)
		aged = [e for e in c.list("fdb.list") if e["kind"] == "learned"]
		assert len(aged) == 1 and aged[0]["age_s"] >= 100
		c("clock.advance", seconds=201)
		assert [e for e in c.list("fdb.list") if e["kind"] == "learned"] == []
		c("inject", port="vmnic1", frames=[SYN])
		wait_for("it is learned again", lambda: [e for e in c.list("fdb.list") if e["kind"] == "learned"])
		assert c("fdb.flush")["flushed"] == 1


def test_clock_only_in_test_mode():
	with Daemon(test=False) as d, d.client() as c:
		refused("EPERM", c, "clock.advance", seconds=1)


def test_inject_bounds_and_timers(c):
	refused("EINVAL", c, "inject", port="vmnic1", frames=[])
	refused("EINVAL", c, "inject", port="vmnic1", frames=["xyz"])
	refused("E2BIG", c, "inject", port="vmnic1", frames=["00"] * 1001)
	refused("E2BIG", c, "inject", port="vmnic1", frames=["00"] * 1000, count=101)
	refused("EINVAL", c, "inject", port="mgmt-DvsPortset-1", frames=[SYN])
	assert c("inject", port="vmnic1", frames=[SYN] * 50, count=20)["injected"] == 1000
	jumbo = c("inject", port="vmnic1", frames=["00" * 9216])
	assert jumbo["injected"] == 1
	t = c("inject", port="vmnic1", frames=[SYN], every_ms=5)
	assert t["injected"] == 1 and t["timer"] > 0
	sent = lambda: [i["sent"] for i in c.list("inject.list") if i["timer"] == t["timer"]]
	wait_for("a timer to fire", lambda: sent()[0] >= 3)
	c("inject.stop", timer=t["timer"])
	assert sent() == []
	refused("ENOENT", c, "inject.stop", timer=t["timer"])


def test_timer_ends_with_its_port():
	with Daemon(lines="host add h\nswitch add s host h portset 1\nport add u switch s type uplink\n") as d, d.client() as c:
		c("inject", port="u", frames=["00"], every_ms=5)
		c("port.del", port="u")
		wait_for("the timer to end", lambda: c.list("inject.list") == [])


def test_garbage(demo_daemon, c):
	with demo_daemon.client() as bad:
		lines = [b"\x00\xff\xfe", b"[]", b"17", b"{", b'{"id":1,"id":2}', b'{"id":"x","method":"hello"}',
			b'{"method":"port.list"}', b'{"id":1}', b'{"id":1,"method":5}', b'{"id":1,"method":"port.list","params":[]}',
			b"null", b'"x"', b"{}", b"[" * 5000, b"-"]
		assert len(lines) == 15
		for line in lines:
			bad.send_raw(line + b"\n")
			assert "error" in bad.receive(), line
		assert bad.list("host.list")  # fifteen are forgiven
		bad.send_raw(b"again\n")
		assert "error" in bad.receive()
		with pytest.raises(Closed):
			bad.receive()
	assert c.list("host.list")


def test_half_message_and_hang_up(demo_daemon, c):
	for data in (b'{"id":1,"met', b"", b'{"id":1,"method":"port.list"}\n{"id'):
		bad = demo_daemon.client()
		bad.send_raw(data)
		bad.close()
	# One that says no more, but listens: it gets its answer.
	with demo_daemon.client() as half:
		half.send("port.list")
		half.sock.shutdown(socket.SHUT_WR)
		messages = [half.receive()]
		while "item" in messages[-1]:
			messages.append(half.receive())
		assert messages[-1]["result"]["count"] == len(messages) - 1
		with pytest.raises(Closed):
			half.receive()
	assert c.list("host.list")


def test_long_lines(demo_daemon, c):
	limit = 1 << 20
	with demo_daemon.client() as ok:
		head, tail = b'{"id":9,"method":"host.list","params":{"pad":"', b'"}}'
		ok.send_raw(head + b"x" * (limit - len(head) - len(tail)) + tail + b"\n")
		assert ok.receive()["error"]["code"] == "EINVAL"  # read, and its parameter refused
		assert ok.list("host.list")
	with demo_daemon.client() as bad:
		got = None
		try:
			bad.send_raw(b"x" * (limit + 1) + b"\n")
			got = bad.receive()
			with pytest.raises(Closed):
				bad.receive()
		except (BrokenPipeError, ConnectionResetError):
			pass
		assert got is None or got["error"]["code"] == "EMSGSIZE"
	assert c.list("host.list")


def test_client_that_does_not_read(demo_daemon, c):
	deaf = demo_daemon.client()
	request = json.dumps({"id": 1, "method": "drop.list", "params": {"all": True}}).encode() + b"\n"
	with pytest.raises((BrokenPipeError, ConnectionResetError)):
		for _ in range(20000):
			deaf.send_raw(request)
	deaf.close()
	assert "64 MiB" in demo_daemon.text()
	assert c.list("host.list")


def test_many_clients(demo_daemon):
	clients = [demo_daemon.client() for _ in range(100)]
	for cl in clients:
		cl.send("port.list")
	for cl in clients:
		m = cl.receive()
		while "item" in m:
			m = cl.receive()
		assert m["result"]["count"] == 39
		cl.close()


def test_long_list_and_other_clients():
	"""A list of many flows goes to a slow reader in portions, while others are served."""
	with demo("emulated", "--flow-capacity", "32768") as (d, c):
		base = bytearray.fromhex(SYN)
		frames = []
		for n in range(6000):  # inner TCP source port; its checksum does not matter to the switch
			f = bytearray(base)
			at = len(f) - 40
			f[at:at + 2] = (1024 + n).to_bytes(2, "big")
			frames.append(f.hex())
		c("dfw.default", port=GUEST, action="allow")
		for i in range(0, len(frames), 1000):
			assert c("inject", port="vmnic1", frames=frames[i:i + 1000])["injected"] == 1000
		entries = c.list("flow.stats")[0]["entries"]
		assert entries > 5000
		with d.client() as slow:
			slow.send("flow.list")
			first = slow.receive()
			assert len(c.list("port.list")) == 39  # the other client does not wait for the slow one
			items = [first["item"]]
			c("flow.set", capacity=65536)  # the table goes away under the list
			m = slow.receive()
			while "item" in m:
				items.append(m["item"])
				m = slow.receive()
			assert m["result"]["count"] == len(items) <= entries
		for i in range(0, len(frames), 1000):
			c("inject", port="vmnic1", frames=frames[i:i + 1000])
		flows = c.list("flow.list")
		assert len(flows) == c.list("flow.stats")[0]["entries"] and len({f["id"] for f in flows}) == len(flows)
		assert len(c.list("flow.list", limit=10)) == 10
		ended_lists(d, entries)
		clients_are_listed(d, c)


def clients_are_listed(d, c):
	"""Each with its process, and what waits for it: one has asked for a long list and reads only its beginning."""
	wait_for("those before have gone", lambda: len(c.list("daemon.clients")) == 1)
	with d.client() as slow:
		slow.send("flow.list")
		slow.receive()
		rows = wait_for("a list on its way", lambda: (r := c.list("daemon.clients")) and [x for x in r if x["method"] == "flow.list" and x["waiting"] > 0] and r)
		assert {(r["pid"], r["uid"], r["gid"], r["role"], r["client"]) for r in rows} == {(os.getpid(), os.getuid(), os.getgid(), "admin", "test")}
		assert len(rows) == 2 and sorted(r["method"] for r in rows) == ["daemon.clients", "flow.list"]
		late = next(r for r in rows if r["method"] == "flow.list")
		assert late["requests"] == 2 and late["waiting"] > 0 and 0 <= late["connected_s"] < 600
	wait_for("it has gone", lambda: len(c.list("daemon.clients")) == 1)
	refused("EINVAL", c, "daemon.clients", port="x")


def answers_of(c, want):
	"""How many items a request gets, and what they end with."""
	items = 0
	while True:
		m = c.receive()
		assert m["id"] == want, m
		if "item" not in m:
			return items, m
		items += 1


def ended_lists(d, entries):
	"""cancel ends a list in its middle; what the connection holds stays. Behind another request, or too late, it ends nothing."""
	with d.client() as c:
		c("dfw.begin")
		mine = c.send("flow.list")
		c.receive()
		wish = c.send("cancel", id=mine)
		items, end = answers_of(c, mine)
		assert end["error"]["code"] == "ECANCELED" and items < entries - 1
		assert answers_of(c, wish) == (0, {"id": wish, "result": {}})
		c("dfw.commit")  # the draft is still there
		mine, other = c.send("flow.list"), c.send("host.list")
		wish = c.send("cancel", id=mine)
		assert answers_of(c, mine)[1]["result"]["count"] >= entries - 100
		assert answers_of(c, other)[1]["result"]["count"] == 2
		assert "result" in answers_of(c, wish)[1] and c("cancel", id=12345678) == {}
		c.send("flow.list")
		c.send_raw(b"no request\n")
		assert "result" in answers_of(c, c.id)[1]  # in order
		assert c.receive()["error"]["code"] == "EBADMSG" and c.list("host.list")
		refused("ERANGE", c, "cancel", id=-1)
		refused("EINVAL", c, "cancel")
		c.send("flow.list")  # and the client goes, in the middle of its list
		c.receive()


READER = """
import sys
sys.path.insert(0, sys.argv[1])
import rdtest
with rdtest.Client(sys.argv[2]) as c:
	assert c.hello["role"] == "read", c.hello
	assert len(c.list("port.list")) == 39
	for method, params in (("port.set", {"port": "vmnic1", "up": False}), ("daemon.stop", {}), ("flow.flush", {}),
			("capture.start", {"points": [{"stage": "drop"}]}), ("inject", {"port": "vmnic1", "frames": ["00"]})):
		e = rdtest.refused("EPERM", c, method, **params)
		assert e.hint
	recent = c.list("drop.recent")
	assert recent and all(r["hex"] == "" for r in recent)
"""


@pytest.mark.skipif(not OTHERS_CAN, reason=NO_OTHERS)
def test_role_read(demo_daemon, c):
	c("inject", port="vmnic1", frames=["0011"])
	here = os.path.dirname(os.path.realpath(__file__))
	r = subprocess.run(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", sys.executable, "-B", "-c",
		READER, here, demo_daemon.path], capture_output=True, text=True, env=ENV, timeout=120, check=False)
	assert r.returncode == 0, r.stderr
	assert c.one("port.list", port="vmnic1")["admin"] == "up"


MEMBER = """
import sys
sys.path.insert(0, sys.argv[1])
import rdtest
with rdtest.Client(sys.argv[2]) as c:
	print(c.hello["role"])
"""


@pytest.mark.skipif(not OTHERS_CAN, reason=NO_OTHERS)
@pytest.mark.parametrize("groups,role", [("--groups=4242", "admin"), ("--groups=4243", "read"), ("--clear-groups", "read")])
def test_members_of_the_group_are_admins(tmp_path, groups, role):
	"""The daemon sees an /etc/group with the group reddot; the client is in it, or not."""
	group = tmp_path / "group"
	group.write_text("root:x:0:\nreddot:x:4242:\n")
	private = ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/group && exec "$@"', str(group)]
	here = os.path.dirname(os.path.realpath(__file__))
	with Daemon(prefix=private) as d:
		r = subprocess.run(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", groups, sys.executable, "-B", "-c", MEMBER, here,
			d.path], capture_output=True, text=True, env=ENV, timeout=120, check=False)
		assert r.stdout == role + "\n", r.stderr


def test_socket_in_use_and_left_behind(tmp_path):
	with Daemon() as d:
		second = subprocess.run([REDDOTD, "--socket", d.path], capture_output=True, text=True, env=ENV, timeout=180,
			check=False)
		assert second.returncode == 1 and "already" in second.stderr and d.path in second.stderr
		with d.client() as c:
			assert c.list("host.list") == []
		# killed: the file stays, and the next one takes its place
		d.proc.send_signal(signal.SIGKILL)
		d.proc.wait()
		assert os.path.exists(d.path)
		third = Daemon("--socket", d.path)
		with Client(d.path) as c:
			assert c.list("host.list") == []
		third.proc.send_signal(signal.SIGTERM)
		assert third.wait_end() == 0 and not os.path.exists(d.path)
		third.remove()
		d.proc = subprocess.Popen(["true"])  # for the context's stop()
		d.proc.wait()
	plain = tmp_path / "file"
	plain.write_text("mine")
	r = subprocess.run([REDDOTD, "--socket", str(plain)], capture_output=True, text=True, env=ENV, timeout=180, check=False)
	assert r.returncode == 1 and "no socket" in r.stderr and plain.read_text() == "mine"
	deep = tmp_path / "new" / "rd.sock"
	with Daemon("--socket", str(deep)) as d:
		assert os.stat(tmp_path / "new").st_mode & 0o777 == 0o755
		with Client(str(deep)) as c:
			c("daemon.stop")
		assert d.wait_end() == 0 and not deep.exists()


def test_two_daemons():
	with demo("emulated") as (_, a), demo("upt") as (_, b):
		a("inject", port="vmnic1", frames=[SYN])
		assert len(a.list("flow.list")) == 4 and b.list("flow.list") == []
		assert a.hello["pid"] != b.hello["pid"]


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_it_in_order(sig):
	with demo() as (d, c):
		c("capture.start", points=[{"stage": "uplink_rx"}])
		c("inject", port="vmnic1", frames=[SYN], every_ms=1)
		d.stop(sig)


@pytest.mark.parametrize("lines,where,words", [
	("host add h\nhost add h\n", ":2:", "exists"),
	("host add h\nswitch add s host g portset 1\n", ":2:", "no host is named g"),
	("host add h\n\n# remark\nport ad u\n", ":4:", ""),
	("host add h\nswitch add s host h portset 99\n", ":2:", ""),
	("host add h\nswitch add s host h portset 1\nport add v switch s type vnic answer no-such.pcap\n", ":3:",
		"no-such.pcap"),
	("host add h\nswitch add s host h portset 1\nport add v switch s type uplink device net_nothing0\n", ":3:",
		"net_nothing0"),
	("host add h\nswitch add s host h portset 1\nport add v switch s type uplink\nport add v switch s type uplink\n", ":4:",
		"exists"),
	("capture stop 9\n", ":1:", "9"),
])
def test_wrong_command_files(lines, where, words):
	d = Daemon(lines=lines, wait=False)
	try:
		assert d.wait_end() == 1
		text = d.text()
		assert "config.rd" + where in text and words in text, text
		assert "Sanitizer" not in text, text
		assert not os.path.exists(d.path)
	finally:
		d.remove()


def test_options():
	run = lambda *a: subprocess.run([REDDOTD, *a], capture_output=True, text=True, env=ENV, timeout=180, check=False)
	r = run("--help")
	assert r.returncode == 0 and "--ready-fd" in r.stdout
	r = run("--version")
	assert r.returncode == 0 and re.match(r"reddotd \d+\.\d+\.\d+ \(DPDK ", r.stdout)
	for wrong in (["--workers", "0"], ["--workers", "17"], ["--log", "x=debug"], ["--log", "eal"], ["--mbufs", "x"], ["--nope"],
			["file.rd"], ["--socket-mode", "9"], ["--ready-fd", "77"]):
		r = run(*wrong)
		assert r.returncode == 2 and r.stderr, wrong
	r = run("--socket", "/dev/null/x/rd.sock")
	assert r.returncode == 1 and "--socket" in r.stderr
	r = run("-f", "/no/such.rd", "--socket", f"/tmp/rd-e2e-{os.getpid()}.sock")
	assert r.returncode == 1 and "/no/such.rd" in r.stderr


def test_one_cpu_and_many_workers():
	cpu = min(os.sched_getaffinity(0))
	with Daemon("--workers", "4", files=[f"{DEMO}/emulated.rd"], prefix=["taskset", "-c", str(cpu)]) as d, d.client() as c:
		workers = c.list("worker.list")
		assert len(workers) == 4 and {w["cpu"] for w in workers} == {cpu} and {w["state"] for w in workers} == {"running"}
		c("inject", port="vmnic1", frames=[SYN])
		assert len(c.list("flow.list")) == 4 and len(c.list("flow.list", worker=0)) == 4
		assert len(c.list("stage.list", worker=3)) == len(c.list("stage.list"))
		refused("ERANGE", c, "flow.list", worker=4)


def test_firewall_policy():
	with demo() as (d, c):
		revision = c("dfw.revision")["revision"]
		c("dfw_service.set", name="web", services=["tcp/80", "tcp/443", "icmp/8:0"])
		c("dfw_group.set", name="inside", addresses=["10.0.0.0/8"], members=[f"port:{GUEST}"])
		c("dfw_group.add", name="inside", addresses=["2001:db8::/32"])
		c("dfw_section.add", name="app", applied_to=["group:inside"])
		c("dfw_section.add", name="macs", kind="l2", before="app")
		c("dfw_rule.add", section="app", id=9001, action="allow", services=["web"], **{"from": ["inside", "192.0.2.1"]})
		c("dfw_rule.add", section="app", id=9002, action="reject", dir="in", before=9001, log=True)
		c("dfw_rule.add", section="macs", id=9003, action="drop", ethertype=0x88cc, to=["01:80:c2:00:00:0e"])
		assert c("dfw.revision")["revision"] == revision + 8
		assert [(s["name"], s["rules"]) for s in c.list("dfw_section.list")] == [("macs", 1), ("app", 2)]
		rules = c.list("dfw_rule.list")
		assert [(r["id"], r["at"], r["action"]) for r in rules] == [(9003, 1, "drop"), (9002, 1, "reject"), (9001, 2, "allow")]
		assert rules[2]["from"] == ["inside", "192.0.2.1/32"] and rules[2]["services"] == ["web"] and rules[1]["log"]
		assert c.one("dfw_group.list")["addresses"] == ["10.0.0.0/8", "2001:db8::/32"]
		assert c.one("dfw_service.list")["services"] == ["tcp/80", "tcp/443", "icmp/8:0"]
		refused("EEXIST", c, "dfw_rule.add", section="app", id=9001, action="drop")
		refused("ENOENT", c, "dfw_rule.add", section="nil", id=9004, action="drop")
		refused("EINVAL", c, "dfw_rule.add", section="app", id=9004, action="drop", to=["nobody"])
		refused("EINVAL", c, "dfw_rule.add", section="app", id=9004, action="drop", services=["tcp/80/90"])
		refused("EINVAL", c, "dfw_rule.add", section="app", id=9004, action="drop", services=["gre/80"])
		refused("EINVAL", c, "dfw_rule.add", section="app", id=9004, action="drop", to=["10.0.0.1"], **{"from": ["2001:db8::1"]})
		refused("EBUSY", c, "dfw_group.del", name="inside")
		refused("EBUSY", c, "dfw_service.del", name="web")
		refused("EBUSY", c, "port.del", port=GUEST)
		c("dfw_rule.set", id=9001, disabled=True, log=True)
		c("dfw_rule.move", id=9001, before=9002)
		c("dfw_section.move", name="macs")
		assert [(r["id"], r["disabled"]) for r in c.list("dfw_rule.list")] == [(9001, True), (9002, False), (9003, False)]
		c("dfw.begin")
		refused("EALREADY", c, "dfw.begin")
		with d.client() as other:
			refused("EBUSY", other, "dfw_rule.del", id=9001)
			c("dfw_rule.del", id=9001)
			assert len(c.list("dfw_rule.list")) == 2 and len(other.list("dfw_rule.list")) == 3
			refused("ENOENT", c, "dfw_rule.del", id=9001)
			assert other("dfw.revision")["draft"] is False and c("dfw.revision")["draft"]
			revision = c("dfw.commit")["revision"]
			assert len(other.list("dfw_rule.list")) == 2
			other("dfw.begin", replace=True)
			assert other.list("dfw_section.list") == []
			other("dfw.abort")
			refused("ENOENT", other, "dfw.commit")
			other("dfw.begin", replace=True)
		c("dfw.settings", default="drop", default_log=True, stateful=False, strict=False, max_connections=7, max_half_open=3,
			timeouts={"syn_sent": 9})  # the other connection's draft went with it
		s = c.one("dfw.settings_list")
		assert (s["default"], s["default_log"], s["stateful"], s["max_connections"], s["max_half_open"]) == ("drop", True, False, 7, 3)
		assert s["timeouts"]["SYN_SENT"] == 9 and s["strict"] is False
		refused("EINVAL", c, "dfw.settings", timeouts={"SLEEPING": 9})
		c("dfw.port_set", port=GUEST, stateful=True)
		e = refused("EINVAL", c, "dfw.load", sections=[{"name": "x", "rules": [{"id": 1, "action": "allow"}, {"id": 2, "action": "yes"}]}])
		assert "rules[1] (id 2): action" in e.where, e.where
		assert c("dfw.load", default="allow", sections=[{"name": "x", "rules": [{"id": 1, "action": "allow"}]}])["revision"] > revision
		assert [s["name"] for s in c.list("dfw_section.list")] == ["app", "macs", "x"]
		for name in ("app", "macs", "x"):
			c("dfw_section.del", name=name)
		c("dfw_group.del", name="inside")
		c("dfw_service.del", name="web")
		assert c.list("dfw.log") == []
		c("conn.flush", port=GUEST)
		assert c.list("conn.list", port=GUEST, proto="tcp", ip="10.0.0.1") == []
		assert c("conn.stats")["entries"] == 0


@pytest.mark.skipif(not OTHERS_CAN, reason=NO_OTHERS)
def test_daemon_without_root():
	with Daemon(files=[f"{DEMO}/emulated.rd"], user=NOBODY) as d, d.client() as c:
		assert os.stat(d.path).st_uid == NOBODY
		c("inject", port="vmnic1", frames=[SYN])
		assert len(c.list("flow.list")) == 4


def test_workers():
	lines = """host add h default
switch add sw host h portset 3
segment add lan switch sw vlan 0
port add u switch sw type uplink device "net_null0,no-rx=1" queues 3
"""
	with Daemon("--workers", "3", lines=lines) as d, d.client() as c:
		rx = [q for q in c.list("worker.queues") if q["dir"] == "rx"]
		assert sorted((q["queue"], q["worker"]) for q in rx) == [(0, 0), (1, 1), (2, 2)], "least loaded first"
		c("worker.set", model="balanced", idle="spin")
		c("worker.assign", port="u", queue=1, worker=0)
		c("worker.assign", port="u", queue=2, worker=0)
		assert [len(w["queues"]) for w in c.list("worker.list")] == [3, 0, 0]
		assert [w["role"] for w in c.list("worker.list")] == ["poll,process", "process", "process"]
		c("worker.assign", port="u", queue=2)
		c("worker.spread")
		assert [len(w["queues"]) for w in c.list("worker.list")] == [1, 1, 1]
		assert len(c.list("worker.handoff")) == 6 and len(c.list("worker.latency")) == 12
		balance = c("worker.balance")
		assert balance["model"] == "balanced" and balance["elephant"] is None and balance["index_permille"] == 0, balance
		flood = ["ffffffffffff" + f"0200000000{i:02x}" + "080045000020" + "00000000401100000a00" + f"00{i:02x}0a0000ff"
			+ "0001000200" + "0c0000deadbeef" for i in range(60)]
		c("inject", port="u", frames=flood)
		assert sum(w["packets"] for w in c.list("worker.list")) >= 60
		assert c("worker.balance")["index_permille"] >= 1000


def test_ladder_and_what_devices_lost():
	with open(f"{SOURCE}/pcaps/in/emulated-syn.pcap", "rb") as f:
		syn = f.read()[40:].hex()
	with demo() as (_, c):
		c("inject", port="arm/vmnic1", frames=[syn] * 5)
		wait_for("the guest's packets", lambda: c.one("port.list", port=GUEST)["tx_packets"] == 5)
		ladder = {r["layer"]: r for r in c.list("port.ladder", port=GUEST, dir="to-guest")}
		assert [ladder[x]["packets"] for x in ("uplink_rx", "tunnel_decap", "dfw_in", "mux_tx")] == [5, 5, 5, 5], f"this tier's: {ladder}"
		back = {r["layer"]: r for r in c.list("port.ladder", port=GUEST, dir="from-guest")}
		assert back["tunnel_encap"]["packets"] == back["uplink_tx"]["packets"] == 1, "one SYN-ACK"
		assert refused("EINVAL", c, "port.ladder", port="arm/shadow-vmnic1").what.startswith("no packets pass")
		assert all(r["reason"] for r in c.list("drop.hardware"))


def test_mirror_sessions():
	with demo() as (d, c):
		path = f"{d.dir}/web.pcapng"
		c("mirror.add", name="web", source="x86/gs-ubuntu-01.eth0", encap="pcap-file", file=path)
		c("mirror.rule_add", session="web", rule="permit proto udp")
		c("mirror.rule_add", session="web", rule="permit proto tcp", at=1)
		c("mirror.rule_del", session="web", at=2)
		c("mirror.set", session="web", snaplen=100)
		c("mirror.start", session="web")
		with open(f"{SOURCE}/pcaps/in/emulated-syn.pcap", "rb") as f:
			syn = f.read()[40:].hex()
		c("inject", port="arm/vmnic1", frames=[syn] * 5)
		wait_for("copies", lambda: c.one("mirror.counters", session="web")["tx_ok"] >= 5)
		item = c.one("mirror.list", session="web")
		assert (item["oper"], item["path"], item["fields"]["rules"]) == ("active", "sw", ["permit proto tcp"]), item
		assert c.call("mirror.explain", session="web")[0]["why"].startswith("software")
		assert all(p["driver"] and p["rungs"] for p in c.list("mirror.capability"))
		assert all(d["same"] for d in c.list("mirror.diff"))
		c("mirror.limit", pps=1000)
		assert c.one("mirror.limit_list") == {"pps": 1000, "bps": 0, "copies": 4, "capped": 0, "crowded": 0}
		refused("ERANGE", c, "mirror.limit", bps=5)
		c("mirror.limit", pps=0)
		c("mirror.stop", session="web")
		c("mirror.del", session="web")
		assert [e["what"] for e in c.list("mirror.journal")][0] == "added"


def test_punt_rate():
	arp = "ffffffffffff00505663045c0806000108000604000100505663045cc0a80439000000000000c0a8043c" + "00" * 18
	with demo() as (_, c):
		c("punt.set", rate=1)
		assert [p["rate"] for p in c.list("punt.list")] == [1]
		c("inject", port="arm/vmnic1", frames=[arp] * 50)
		wait_for("what the rate refuses", lambda: c.list("punt.list")[0]["limited"] > 0)
		assert {d["reason"]: d["count"] for d in c.list("drop.list")}["PUNT_RATE"] > 0


def test_explain_and_journal():
	frame = "005056a1999e005056a1fcf30800" + "45000028000100004006" + "0000" + "ac101f1aac101f19" + "c000001700000001000000005002faf000000000"
	with demo() as (d, c):
		first = c.list("journal.list", count=1024)
		assert [e["seq"] for e in first] == list(range(1, len(first) + 1)) and first[0]["text"].startswith("host add")
		assert {e["pid"] for e in first} == {0} and {e["client"] for e in first} == {"reddotd -f"}
		port = "arm/gs-ubuntu-01.eth0.7c520dd4"
		c("dfw.add", port=port, id=5, dir="in", action="drop", proto="udp", name="mine")
		c("inject", port="x86/vmnic2", frames=[frame])
		last = c.list("journal.list", count=1)[0]
		assert (last["method"], last["uid"], last["pid"], last["client"]) == ("dfw.add", os.geteuid(), os.getpid(), "test")
		assert last["text"].startswith("dfw add port ") and "id 5" in last["text"] and last["revision"] == c("dfw.revision")["revision"]
		made = c("explain.rule", port=port, rule=5)
		assert made["rule"] == {"id": 5, "name": "mine", "where": f"port {port}", "action": "drop", "text": "in any -> any udp"}
		assert made["changed"] == last == made["policy_changed"] and made["revision"] == last["revision"]
		before = c("explain.rule", port=port, rule=5, ns=last["ns"] - 1)
		assert before["changed"] is None and before["revision"] < last["revision"]
		assert c("explain.rule", port=port, rule=0)["rule"]["name"] == "default"
		result, hops = c.call("explain.whatif", port="x86/vmnic2", hex=frame)
		assert hops[0]["stage"] == "uplink_rx" and hops[0]["hex"] == frame and result["hops"] == len(hops)
		assert c.call("probe", port="x86/vmnic2", hex=frame)[1][0]["observation"] == "received"
		for kw in ({"port": "arm/vmnic1", "hex": ""}, {"port": "arm/vmnic1", "hex": "xx"}, {"port": "no", "hex": "00"}, {"port": "arm/shadow-vmnic1", "hex": "00"}):
			refused(None, c, "explain.whatif", **kw)


def test_routers():
	"""What makes a router, and everything that is refused."""
	with demo() as (d, c):
		seg, vmk = "arm/cluster1-segment1", {"interface": "lif", "ip": "10.1.0.9"}
		c("router.add", name="vdr", host="arm")
		assert c.one("router.list")["mac"] == "02:50:56:56:44:52"
		refused("EEXIST", c, "router.add", name="vdr", host="arm")
		refused("ENOENT", c, "router.add", name="other", host="nowhere")
		refused(None, c, "router.add", name="other", host="arm", mac="01:00:00:00:00:01")
		for addresses in (["10.1.0.1"], ["10.1.0.1/33"], ["x/24"], [5], ["10.1.0.0/24"], ["10.1.0.255/24"], ["224.0.0.1/24"], ["::1/64"],
				["10.1.0.1/24"] * 9, ["10.1.0.1/24", "10.1.0.1/24"]):
			e = refused(None, c, "router_interface.add", name="lif", router="vdr", segment=seg, addresses=addresses)
			assert e.what, addresses
		refused("ERANGE", c, "router_interface.add", name="lif", router="vdr", segment=seg, addresses=["10.1.0.1/24"], mtu=9217)
		c("router_interface.add", name="lif", router="vdr", segment=seg, addresses=["10.1.0.1/24", "2001:db8::1/64"])
		refused(None, c, "router_interface.add", name="lif2", router="vdr", segment=seg, addresses=["10.2.0.1/24"])
		refused("EBUSY", c, "router.del", router="vdr")
		refused("EBUSY", c, "segment.del", segment=seg)
		station = next(e for e in c.list("fdb.list", segment=seg) if e["mac"] == "02:50:56:56:44:52")
		assert (station["kind"], station["to"], station["to_kind"]) == ("router", "arm/lif", "router")
		refused("EBUSY", c, "fdb.del", segment=seg, mac="02:50:56:56:44:52")
		for bad in ({"prefix": "any", "blackhole": True}, {"prefix": "10.0.0.0/8"}, {"prefix": "10.0.0.0/8", "via": []}, {"prefix": "x", "blackhole": True},
				{"prefix": "10.0.0.0/8", "via": ["2001:db8::2"]}, {"prefix": "10.0.0.0/8", "via": ["10.1.0.2"], "blackhole": True},
				{"prefix": "10.0.0.0/8", "via": ["10.77.0.1"]}, {"prefix": "10.0.0.0/8", "via": [f"10.1.0.{i}" for i in range(2, 11)]}):
			refused(None, c, "route.add", router="vdr", **bad)
		c("route.add", router="vdr", prefix="10.0.0.0/8", via=["10.1.0.2"])
		refused("EEXIST", c, "route.add", router="vdr", prefix="10.0.0.0/8", blackhole=True)
		refused("ENOENT", c, "route.del", router="vdr", prefix="10.0.0.0/9")
		assert refused(None, c, "route.del", router="vdr", prefix="10.1.0.0/24"), "a connected one goes with its address"
		refused(None, c, "router_interface.del", interface="lif")
		assert [r["prefix"] for r in c.list("route.list", router="vdr")] == ["10.0.0.0/8", "10.1.0.0/24", "2001:db8::/64"]
		assert [r["prefix"] for r in c.list("route.list", to="10.1.0.7")] == ["10.1.0.0/24"]
		assert c.list("route.list", to="11.0.0.1") == [] and len(c.list("route.list", family="inet6")) == 1
		refused(None, c, "neighbour.add", **{**vmk, "ip": "10.2.0.9"}, mac="02:00:00:00:00:09")
		refused(None, c, "neighbour.add", **vmk, mac="01:00:00:00:00:09")
		c("neighbour.add", **vmk, mac="02:00:00:00:00:09")
		assert c.one("neighbour.list", interface="lif") == {"interface": "arm/lif", "router": "arm/vdr", "segment": seg, "ip": "10.1.0.9",
			"mac": "02:00:00:00:00:09", "state": "reachable", "kind": "static", "age_s": 0, "asked": 0}
		assert c("neighbour.flush") == {"flushed": 0}
		c("neighbour.del", **vmk)
		refused("ENOENT", c, "neighbour.del", **vmk)
		c("route.del", router="vdr", prefix="10.0.0.0/8")
		c("router_interface.set", interface="lif", addresses=["10.3.0.1/24"], mtu=1400)
		assert (c.one("router_interface.list")["addresses"], c.one("router_interface.list")["mtu"]) == (["10.3.0.1/24"], 1400)
		assert [r["prefix"] for r in c.list("route.list")] == ["10.3.0.0/24"]
		c("router_interface.del", interface="lif")
		c("router.del", router="vdr")
		assert c.list("router.list") == c.list("route.list") == c.list("router_interface.list") == []


def test_every_method_was_answered():
	"""Last: the methods of docs/design/protocol.md, each of them has worked somewhere above."""
	with open(f"{SOURCE}/docs/design/protocol.md", encoding="utf-8") as f:
		table = f.read().split("## Methods")[1].split("### port.list")[0]
	methods = set(re.findall(r"`([a-z_]+\.[a-z_]+|hello|cancel|inject|probe|running_config)`", re.sub(r"\|[^|]*\|[^|]*\|$", "|", table, flags=re.M)))
	assert len(methods) >= 49, sorted(methods)
	with demo() as (d, c):
		c("running_config")
		assert {x["port"] for x in c.list("device.list")} == {q["port"] for q in c.list("worker.queues")}
		assert c.list("pool.list")[0]["in_use"] == c.list("worker.list")[0]["mbufs_in_use"]
		assert c.list("vhost.list") == c.list("virtqueue.list") == []  # the demo has none
		with d.client() as gone:
			s = gone("capture.start", points=[{"stage": "drop"}], keep_s=600)["session"]
		wait_for("nobody has the session", lambda: c.list("capture.show", session=s)[0]["state"] == "detached")
		assert c("capture.attach", session=s)["session"] == s
		assert [x["session"] for x in c.list("capture.list")] == [s]
		assert c("capture.note", session=s, device=1, bytes=5) == {"others": 0}
		c("capture.stop", session=s)
	assert methods - Client.called == set()
