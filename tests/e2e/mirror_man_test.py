# SPDX-License-Identifier: BSD-3-Clause
#
# The examples of reddot-mirror(1), as they are printed there: each line is run, and does what the page says. The collectors are
# addresses of a kernel that answers; what it gets is read from its interface.
import os
import re
import shlex

import pytest
from rdtest import wait_for
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from mirror_lab import FATES, VM1, VM2
from ovs_lab import MAC_US, US
from pktcap import DEADLINE
from ports_lab import Netns, NsDaemon, RawSocket, need, veth

PAGE = f"{os.environ['RD_SOURCE']}/docs/man/reddot-mirror.1.scd"
TOPOLOGY = f"""host add h default
switch add s host h portset 1 mtu 1600
segment add seg switch s vni 5001
port add up switch s type uplink device "net_af_packet0,iface=s0,framesz=16384,blocksz=65536,framecnt=256" mac {MAC_US} mtu 1600
port add vm1 switch s type vnic mac {VM1} segment seg spoof-check off
port add vm2 switch s type vnic mac {VM2} segment seg spoof-check off
tep add {US} host h mac {MAC_US} team up
dfw add port vm1 rule 1 dir out action drop proto tcp dport 23
dfw default port vm1 action allow
"""


def examples():
	"""(What the page says that it is, the commands), in the page's order."""
	with open(PAGE, encoding="utf-8") as f:
		text = f.read().split("# EXAMPLES\n")[1].split("\n# ")[0]
	found = re.findall(r"\n([^\n`]+):\n\n```\n(.*?)```", text, re.S)
	assert len(found) == text.count("```") // 2, "an example without a sentence before it"
	return [(title, [line[2:] for line in block.splitlines() if line.startswith("$ ")]) for title, block in found]


def frame(sport, dport=80, size=300):
	return bytes(Ether(src=VM1, dst=VM2) / IP(src="172.16.31.25", dst="172.16.31.26") / TCP(sport=sport, dport=dport, flags="S") / Raw(bytes(size)))


def back(sport):
	return bytes(Ether(src=VM2, dst=VM1) / IP(src="172.16.31.26", dst="172.16.31.25") / TCP(sport=80, dport=sport, flags="SA"))


@pytest.fixture(name="lab")
def make_lab():
	need("ip", "nsenter", "ethtool")
	with Netns("us") as us, Netns("collect") as ns:
		veth(us, "s0", ns, "c0", mtu=1600)
		us.up("s0", offload=False)
		ns.up("c0", "192.0.2.2/24", "192.0.2.3/24", offload=False)
		with NsDaemon(us, TOPOLOGY, ()) as d, d.client() as c, RawSocket(ns, "c0") as out:
			yield d, c, out


def run(d, lines):
	"""Each line with our own reddot; what the last one printed."""
	text = ""
	for line in lines:
		words = shlex.split(line)
		assert words[0] == "reddot", line
		text = d.cli(*words[1:])
	return text


def active(c, name):
	wait_for(f"session {name} is active", lambda: c.one("mirror.list", session=name)["oper"] == "active", DEADLINE)


def counters(c, name, n):
	return wait_for(f"{n} copies of {name}", lambda: (lambda k: k if k["tx_ok"] >= n else None)(
		c.one("mirror.counters", session=name)), DEADLINE)


def settled(k, n):
	"""The counters once so many packets have come, and all have their fate."""
	return k if k["matched"] == n == sum(k[f] for f in FATES) else None


def test_what_the_page_prints(lab):
	d, c, out = lab
	web, denied, some = examples()
	assert "HTTP" in web[0] and "firewall" in denied[0] and "in 100" in some[0], "other examples: this test must learn them"

	assert "web" in run(d, web[1])
	active(c, "web")
	assert 0 < c.one("mirror.list", session="web")["left_s"] <= 600
	c("inject", port="vm1", frames=[frame(4000).hex(), frame(4000, dport=443).hex()])
	c("inject", port="vm2", frames=[back(4000).hex()])
	counters(c, "web", 2)
	assert [out.receive(lambda f: f[23:24] == b"\x2f", "a copy")[50:] for _ in range(2)] == [frame(4000), back(4000)]
	c("mirror.del", session="web")

	run(d, denied[1])
	active(c, "denied")
	c("inject", port="vm1", frames=[frame(4001).hex(), frame(4001, dport=23).hex()])
	counters(c, "denied", 1)
	copy = out.receive(lambda f: f[23:24] == b"\x2f", "the dropped packet")
	reason = {r["reason"]: r["id"] for r in c.list("drop.list", all=True)}["DFW_RULE_DENY"]
	assert copy[54:] == frame(4001, dport=23)
	assert int.from_bytes(copy[50:52], "big") == reason
	c("mirror.del", session="denied")

	run(d, some[1])
	active(c, "some")
	flows = range(2000, 3000)
	for i in range(0, 1000, 250):
		c("inject", port="vm1", frames=[frame(p).hex() for p in flows[i:i + 250]])
	# Each is seen where it leaves the one guest, and where it would reach the other.
	k = wait_for("all packets", lambda: settled(c.one("mirror.counters", session="some"), 2000), DEADLINE)
	copies = k["tx_ok"] + k["no_collector"] # a kernel that nobody listens in refuses copies; three within 3 s put a collector down
	assert 2 <= copies <= 60 and copies % 2 == 0 and k["sampled_out"] == 2000 - copies, str(k)
	for _ in range(k["tx_ok"]):
		copy = out.receive(lambda f: f[23:24] == b"\x2f", "a sampled copy")
		assert len(copy) == 50 + 128 and copy[30:34] in (b"\xc0\0\2\2", b"\xc0\0\2\3")
