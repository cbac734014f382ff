# SPDX-License-Identifier: BSD-3-Clause
#
# Mirror sessions among people who mean harm: guests that forge copies, admins' slips that must not end the daemon, disks that are
# full. What the workers see in a loop is in tests/unit/mirror_own.c.
import resource
import time

from mirror_session_test import TO, Lab, balance, syn
from rdtest import refused, wait_for
from scapy.layers.inet import IP
from scapy.layers.l2 import Ether
from scapy.packet import Raw
from scapy.utils import RawPcapNgReader


def fake_copy(seq, src="192.0.2.1"):
	"""An ERSPAN II frame as session web sends them."""
	head = bytes.fromhex("100088be") + seq.to_bytes(4, "big") + bytes.fromhex("10000064000000aa")
	return bytes(Ether(src="02:00:00:00:00:02", dst="02:00:00:00:00:01") / IP(src=src, dst="192.0.2.2", proto=47)
		/ Raw(head + bytes(syn(1)[0])))


def oper(lab, name="web"):
	return lab.c.one("mirror.list", session=name)["oper"]


def test_a_rule_that_is_none():
	with Lab(f"mirror session add web source vm1 direction from-guest {TO} up\nmirror rule add web permit proto tcp\n") as lab:
		e = refused("EINVAL", lab.c, "mirror.rule_add", session="web", rule="none")
		assert (e.where, e.what) == ("rule", "none is no rule")
		lab.c("mirror.rule_add", session="web", rule="deny proto udp", at=1)
		assert [r["rule"] for r in lab.counters()["rules"]] == ["deny proto udp", "permit proto tcp"]
		lab.inject(syn(3))
		assert balance(lab.matched(3))["tx_ok"] == 3


def feed(lab, frames, port, until, times=200):
	"""Sends the frames again and again, apart in time, till the session is as it should be."""
	for _ in range(times):
		lab.inject(frames, port=port)
		if until():
			return True
		time.sleep(0.06)
	return False


def test_a_guest_cannot_stop_its_mirror():
	with Lab(f"mirror session add web source up,vm1 {TO} up\n") as lab:
		lab.inject(syn(5))
		lab.matched(5)
		assert not feed(lab, [fake_copy(4)] * 3, "vm1", lambda: oper(lab) != "active", 20)
		assert not feed(lab, [fake_copy(0xdeadbeef)] * 3, "up", lambda: oper(lab) != "active", 20)
		k = balance(lab.matched(125))
		assert k["excluded"] >= 120 and k["stopped"] == 0
		lab.inject(syn(5))
		assert balance(lab.matched(k["matched"] + 5))["tx_ok"] >= k["tx_ok"] + 5


def test_copies_that_come_back_end_the_session():
	with Lab(f"mirror session add web source up,vm1 {TO} up\n") as lab:
		lab.inject(syn(5))
		lab.matched(5)
		assert feed(lab, [fake_copy(4)] * 3, "up", lambda: oper(lab) == "suspended")
		item = lab.c.one("mirror.list", session="web")
		assert item["sub"] == "loop" and "come back" in item["why"]
		before = lab.counters()
		lab.inject(syn(5))
		k = balance(lab.matched(before["matched"] + 5))
		assert k["stopped"] >= 5 and k["tx_ok"] == before["tx_ok"]
		lab.c("mirror.start", session="web")
		lab.inject(syn(2))
		assert balance(lab.matched(2))["tx_ok"] == 2


def test_a_full_disk():
	with Lab(prefix=("sh", "-c", 'trap "" XFSZ; exec "$@"', "sh")) as lab:
		path = f"{lab.d.dir}/web.pcapng"
		lab.c("mirror.add", name="web", source="vm1", direction="from-guest", encap="pcap-file", file=path, up=True)
		frames = syn(100, size=300)
		lab.inject(frames)
		assert balance(lab.matched(100))["tx_ok"] == 100
		resource.prlimit(lab.d.proc.pid, resource.RLIMIT_FSIZE, (65536, resource.RLIM_INFINITY))
		lab.inject(syn(300, size=300))
		failed = wait_for("the session's end", lambda: (lambda i: i if i["oper"] == "failed" else None)(
			lab.c.one("mirror.list", session="web")))
		assert failed["why"] == "File too large"
		k = balance(lab.matched(0))
		assert k["tx_drop"] > 0 and k["tx_ok"] + k["tx_drop"] == k["matched"] <= 400
		assert len([1 for _ in RawPcapNgReader(path)]) == k["tx_ok"]
		assert "File too large" in lab.d.text()
