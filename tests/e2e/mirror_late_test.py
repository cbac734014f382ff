# SPDX-License-Identifier: BSD-3-Clause
#
# The demo's guest is mirrored to a collector that is switched on later: until it answers, copies are counted and not kept; from then on
# it gets them, numbered from the first.
import os

from rdtest import wait_for

import oracles
from pktcap import DEADLINE
from ports_lab import Netns, NsDaemon, RawSocket, need, veth

PCAPS = f"{os.environ['RD_SOURCE']}/pcaps"
DEVICE = 'device "net_null0,no-rx=1"'
COLLECTOR = "192.168.4.9"


def demo():
	"""The demo's lines, with a wire at vmnic1."""
	with open(f"{PCAPS}/demo/emulated.rd", encoding="utf-8") as f:
		text = f.read()
	assert text.count(DEVICE) == 1
	text = text.replace(DEVICE, 'device "net_af_packet0,iface=s0,framesz=16384,blocksz=65536,framecnt=256"')
	return text.replace("answer ../in/", f"answer {PCAPS}/in/")


def test_a_collector_that_answers_later():
	need("ip", "nsenter", "ethtool")
	(syn,) = oracles.read_pcap(f"{PCAPS}/in/emulated-syn.pcap")
	with Netns("us") as us, Netns("late") as ns:
		veth(us, "s0", ns, "c0", mtu=9000)
		us.up("s0", offload=False)
		ns.up("c0", offload=False)
		with NsDaemon(us, demo(), ()) as d, d.client() as c, RawSocket(ns, "c0") as out:
			c("mirror.add", name="guest", source="x86/gs-ubuntu-01.eth0", out_port="arm/vmnic1", to=COLLECTOR, src_ip="192.168.4.60", up=True)

			def item():
				return c.one("mirror.list", session="guest")

			def counters():
				return c.one("mirror.counters", session="guest")

			def send(n):
				"""So many SYNs; the first of all is answered, once."""
				before = counters()["matched"]
				c("inject", port="arm/vmnic1", frames=[syn.hex()] * n)
				n += before == 0
				return wait_for("the guest's packets", lambda: (lambda k: k if k["matched"] >= before + n else None)(counters()), DEADLINE)

			k = send(5)
			assert item()["oper"] in ("resolving", "suspended") and (k["no_collector"], k["tx_ok"]) == (6, 0), k
			wait_for("three questions", lambda: item()["sub"] == "unreachable", DEADLINE)
			assert item()["oper"] == "suspended" and "without an answer" in item()["why"]
			assert send(1)["no_collector"] == 7
			ns.ip("addr", "add", f"{COLLECTOR}/24", "dev", "c0")
			wait_for("the collector answers", lambda: item()["oper"] == "active", DEADLINE)
			assert item()["destinations"][0]["mac"] == ns.mac("c0")
			k = send(4)
			assert (k["no_collector"], k["tx_ok"], k["destinations"][0]["seq_next"]) == (7, 4, 4), k
			copies = [out.receive(lambda f: f[23:24] == b"\x2f", "a copy") for _ in range(4)]
			assert [int.from_bytes(f[38:42], "big") for f in copies] == [0, 1, 2, 3]
			assert syn[-74:] in [f[50:] for f in copies]
			what = [e["what"].split(".")[0].split(":")[0] for e in c.list("mirror.journal", session="guest")]
			# The collector's kernel refuses copies, for nobody listens in it: that may have been heard by now.
			assert what[:what.index("active") + 1][-3:] == ["resolving", "suspended", "active"], what
