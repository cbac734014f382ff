# SPDX-License-Identifier: BSD-3-Clause
#
# What is said of mirror sessions that work as they were asked to and yet not as they were meant: `show mirror`, `mirror explain`, and the
# note after `mirror session add`. On the demos' topologies.
import os

import pytest
from rdtest import Daemon, wait_for

PCAPS = f"{os.environ['RD_SOURCE']}/pcaps"
EMULATED = ("emulated", "arm/gs-ubuntu-01.eth0.7c520dd4", "arm/vmnic0_MUX_PF16387", "x86/gs-ubuntu-01.eth0", "; here stage port_out does")
UPT = ("upt", "x86/cluster1-ubuntu-vm8.eth0", "arm/cluster1-ubuntu-vm8.eth0.7c520dd0", "arm/cluster1-ubuntu-vm8.eth0.7c520dd0", "")


@pytest.mark.parametrize("demo,source,behind,real,more", [EMULATED, UPT])
def test_a_port_whose_guest_is_elsewhere(demo, source, behind, real, more):
	"""It says so, and names the port to use; and that one is really copied."""
	with Daemon("-f", f"{PCAPS}/demo/{demo}.rd") as d, d.client() as c:
		way = ["out-port", "arm/vmnic1", "next-hop", "02:00:00:00:00:02", "src-ip", "192.168.4.60", "to", "192.168.4.9", "up"]
		said = d.cli("mirror", "session", "add", "blind", "source", source, *way)
		want = f"{source} sees no packet at its edge: its guest is behind {behind}; source {real} does{more}"
		assert said == f"note: {want}\n"
		d.cli("mirror", "session", "add", "sees", "erspan-id", "9", "source", real, *way)
		c("inject", port="arm/vmnic1", frames=[open(f"{PCAPS}/in/{demo}-syn.pcap", "rb").read()[40:].hex()])
		wait_for("the guest's packet", lambda: c.one("mirror.counters", session="sees")["tx_ok"] > 0)
		assert c.one("mirror.counters", session="blind")["matched"] == 0
		assert c.one("mirror.list", session="blind")["warning"] == want
		assert c.one("mirror.list", session="sees")["warning"] == ""
		assert f"note: {want}" in d.cli("show", "mirror", "explain", "blind")
		if more:
			d.cli("mirror", "session", "set", "blind", "stage", "port_out")
			c("inject", port="arm/vmnic1", frames=[open(f"{PCAPS}/in/{demo}-syn.pcap", "rb").read()[40:].hex()])
			wait_for("the packet inside the DPU", lambda: c.one("mirror.counters", session="blind")["tx_ok"] > 0)
			assert c.one("mirror.list", session="blind")["warning"] == ""
