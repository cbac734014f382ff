# SPDX-License-Identifier: BSD-3-Clause
#
# Collectors that must answer ICMP echo (health echo): a host whose next hop answers and which does not live itself gets no copies, the
# other one does; and what all sessions together may send outlives the daemon.
import os

import pytest
from rdtest import refused, wait_for

from mirror_lab import Sender, syn
from mirror_session_test import TO, Lab
from ovs_lab import MAC_US, OVS, OVS6, US6
from pktcap import DEADLINE
from ports_lab import Netns, RawSocket, need, veth

OTHER, OTHER6 = "192.0.2.3", "2001:db8::3"


@pytest.mark.parametrize("first,second,more,head", [(OVS, OTHER, "", 50), (OVS6, OTHER6, f" src-ip {US6}", 70)])
def test_one_that_answers_no_echo(first, second, more, head):
	need("ip", "nsenter", "ethtool")
	with Netns("us") as us, Netns("collect") as ns:
		veth(us, "s0", ns, "c0", mtu=9000)
		us.up("s0", offload=False)
		ns.up("c0", f"{OVS}/24", f"{OTHER}/24", offload=False)
		ns.run("sh", "-c", "echo 0 >/proc/sys/net/ipv6/conf/c0/disable_ipv6")
		for ip in (OVS6, OTHER6):
			ns.ip("addr", "add", f"{ip}/64", "dev", "c0", "nodad", rc=None)
		with Sender(us, f"web source vm1 direction from-guest health echo{more}", to=f"{first},{second}") as d, RawSocket(ns, "c0") as out:
			def state():
				return [(p["state"], p["active"]) for p in d.c.one("mirror.list", session="web")["destinations"]]

			def copies(n):
				return [out.receive(lambda f: f[0:6] == ns_mac and f[6:12] == us_mac and f[head:head + 12] == syn()[0][:12], "a copy")
					for _ in range(n)]

			ns_mac, us_mac = (bytes.fromhex(m.replace(":", "")) for m in (ns.mac("c0"), MAC_US))
			wait_for("both live", lambda: [s for s, _ in state()] == ["up", "up"], DEADLINE)
			assert state()[0] == ("up", True)
			d.inject(syn(5))
			d.sent(5)
			copies(5)
			# The host still has the address, and its neighbours still get an answer; it does not answer an echo any more.
			family = "6" if ":" in first else "4"
			silence = {"4": "/proc/sys/net/ipv4/icmp_echo_ignore_all", "6": "/proc/sys/net/ipv6/icmp/echo_ignore_all"}[family]
			ns.run("sh", "-c", f"echo 1 >{silence}")
			wait_for("nobody answers", lambda: [s for s, _ in state()] == ["down", "down"], DEADLINE)
			item = d.c.one("mirror.list", session="web")
			assert (item["oper"], item["sub"]) == ("suspended", "unreachable") and "echo requests without an answer" in item["why"]
			ns.run("sh", "-c", f"echo 0 >{silence}")
			wait_for("both live again", lambda: [s for s, _ in state()] == ["up", "up"], DEADLINE)
			d.inject(syn(5))
			d.sent(10)
			copies(5)
			k = d.c.one("mirror.counters", session="web")["destinations"][0]
			assert 0 < k["echo_answers"] <= k["echoes"] - 3, k


def test_a_limit_for_all_is_there_again():
	state = f"/tmp/rd-limit-{os.getpid()}-{os.urandom(4).hex()}"
	lines = f"mirror session add web source vm1 direction from-guest {TO} up\n"
	try:
		with Lab(lines, args=["--state", state]) as lab:
			assert refused("ERANGE", lab.c, "mirror.limit", bps=7999).what == "bps 7999: 8000 to 1000000000000, or 0 for no limit"
			lab.d.cli("mirror", "limit", "pps", "100")
			lab.inject(syn(200))
			k = lab.matched(200)
			assert k["cap"] > 0 and k["cap"] + k["tx_ok"] == 200 and k["rate"] == 0
			assert lab.c.one("mirror.limit_list") == {"pps": 100, "bps": 0, "copies": 4, "capped": k["cap"], "crowded": 0}
			assert "mirror limit pps 100 bps 0" in lab.d.cli("show", "running-config")
			assert "CAPPED" in lab.d.cli("show", "mirror", "limit")
		with Lab(lines, args=["--state", state]) as lab:
			assert lab.c.one("mirror.limit_list")["pps"] == 100
			lab.d.cli("mirror", "limit", "pps", "0")
			assert "mirror limit" not in lab.d.cli("show", "running-config")
	finally:
		if os.path.exists(state):
			os.unlink(state)
