# SPDX-License-Identifier: BSD-3-Clause
#
# running_config: what it prints makes the same daemon again, and that one prints the same.
import pytest
from rdtest import DEMO, PCAPS, Daemon, demo

RICH = f"""
# everything that a command can set, and references to things that come later
host add one
host add two default
switch add s1 host one portset 0 mtu 9000
switch add s2 host two portset 63
segment add v5 switch s1 vlan 5 mtu 1400 flood off learn off aging 60
segment add v0 switch s1 vlan 0
segment add o switch s2 vni 16777215 aging 1
port add g1 switch s1 type vnic segment v5 mac 02:00:00:00:00:01 spoof-check off addresses 10.0.0.5/32,2001:db8::/64 max-packets 100 max-bytes 5000000000 max-flows 7 mtu 1400 down
port add u1 switch s1 type uplink device "net_null0,no-rx=1,size=128"
port add u2 switch s1 type uplink
port set g1 team u2,u1
port add m2 switch s2 type mux
port add u3 switch s2 type uplink
port set u2 link two/m2
port add p2 switch s2 type vnic segment o via m2 label "a \\"quoted\\" label, with # and \\\\"
port add k2 switch s2 type vmk team u3
port add r2 switch s2 type vdr
port add x2 switch s2 type mgmt
port add y2 switch s2 type shadow
port add b1 switch s1 type vnic bypass two/q2up
"""


def lines_of(c):
	return [i["line"] for i in c.list("running_config")]


def again(c):
	"""The lines of c, and the lines of a daemon that was given them."""
	first = lines_of(c)
	with Daemon(lines="\n".join(first) + "\n") as d, d.client() as other:
		return first, lines_of(other), other.list("port.list"), d.cli("show", "running-config")


def without_counters(port):
	return {k: v for k, v in port.items() if k != "idx" and not k.startswith(("rx_", "tx_", "drops"))}


@pytest.mark.parametrize("name", ["emulated", "upt"])
def test_demo(name):
	with demo(name) as (_, c):
		first, second, ports, text = again(c)
		assert first == second
		assert text.splitlines() == second  # the command prints what the method gives
		assert [without_counters(p) for p in ports] == [without_counters(p) for p in c.list("port.list")]


def test_everything():
	config = RICH.replace("port add b1 switch s1 type vnic bypass two/q2up\n", "") + f"""
port add q2 switch s2 type upt segment o answer {PCAPS}/upt-synack.pcap
port add b1 switch s1 type vnic bypass two/q2
tep add 10.0.0.1 host two mac 02:00:00:00:01:01 port k2 team u3 dport 6082 ttl 5 df off checksum on option 0104:80:a1b2c3d4 hash-seed 77
tep add 10.0.0.2 host one mac 02:00:00:00:01:02
tunnel add t1 local 10.0.0.1 remote 10.0.0.9 mac 02:00:00:00:02:09
tunnel add t2 local 10.0.0.1 remote 10.0.0.10
segment set o tunnels t1,t2
fdb add segment o mac 02:00:00:00:03:01 tunnel t2
fdb add segment v5 mac 02:00:00:00:03:02 port u2
router add r1 host two
router add r2 host one mac 02:00:00:00:0a:02
router interface add i1 router r1 segment o address 10.1.0.1/24,10.1.1.1/25,2001:db8:1::1/64 mtu 1300
router interface add i2 router r2 segment one/v5 address 10.1.0.1/16
route add 0.0.0.0/0 router r1 via 10.1.0.2,10.1.1.2
route add ::/0 router r1 via 2001:db8:1::2
route add 10.66.0.0/16 router r1 blackhole
route add 2001:db8:66::/48 router r1 unreachable
neighbour add 10.1.0.2 interface i1 mac 02:00:00:00:04:01
neighbour add 2001:db8:1::2 interface i1 mac 02:00:00:00:04:02
dfw add port q2 rule 9 dir inout action drop proto 99 from 10.0.0.0/8 to 10.1.2.3 name "some rule"
dfw add port q2 rule 4 dir in action allow proto icmpv6 from 2001:db8::/32 to any
dfw add port q2 rule 7 dir out action allow proto udp sport 1000-2000 dport 53
dfw default port p2 action drop
flow capacity 4096
flow timeout 77
flow generation 5000
"""
	with Daemon(lines=config) as d, d.client() as c:
		first, second, ports, _ = again(c)
		assert first == second
		assert [without_counters(p) for p in ports] == [without_counters(p) for p in c.list("port.list")]
		text = "\n".join(first)
		for want in ("portset 63", "mtu 9000", "flood off", "learn off", "spoof-check off", " down", "no-rx=1,size=128",
				"port set one/g1 team one/u2,one/u1", "via two/m2", "link ", "bypass two/q2", "dport 6082", "checksum on",
				"0104:80:a1b2c3d4", "2001:db8::/32", "sport 1000-2000", "proto 99", "flow capacity 4096", "flow timeout 77",
				"flow generation 5000", "rule 9 dir inout", "address 10.1.0.1/24,10.1.1.1/25,2001:db8:1::1/64 mtu 1300", "mac 02:00:00:00:0a:02",
				"route add 0.0.0.0/0 router two/r1 via 10.1.0.2,10.1.1.2", "2001:db8:66::/48 router two/r1 unreachable",
				"neighbour add 2001:db8:1::2 interface two/i1 mac 02:00:00:00:04:02"):
			assert want in text, f"{want} is not in\n{text}"
		# a change shows, and is undone by its opposite
		c("port.set", port="g1", up=True, mtu=1500)
		c("segment.set", segment="o", tunnels=["t2"])
		c("dfw.del", port="q2", id=9)
		c("port.del", port="b1")
		c("neighbour.del", interface="i1", ip="10.1.0.2")
		c("route.del", router="r1", prefix="0.0.0.0/0")
		c("router_interface.set", interface="i1", mtu=0, addresses=["10.1.0.1/24", "2001:db8:1::1/64"])
		c("router_interface.del", interface="i2")
		first, second, _, _ = again(c)
		assert first == second and "bypass" not in "\n".join(first)


def test_empty():
	with Daemon() as d, d.client() as c:
		assert lines_of(c) == []
		assert d.cli("show", "running-config") == ""


def test_files_add_up(tmp_path):
	(tmp_path / "a.rd").write_text("host add h\nswitch add s host h portset 1\n")
	(tmp_path / "b.rd").write_text("port add u switch s type uplink\n")
	with Daemon(files=[tmp_path / "a.rd", tmp_path / "b.rd"]) as d, d.client() as c:
		assert [p["qname"] for p in c.list("port.list")] == ["h/u"]
		assert d.cli("show", "port", "u") != ""


def test_fed_to_a_running_daemon(tmp_path):
	"""reddot -f takes the same lines as reddotd -f."""
	with demo() as (_, c):
		want = lines_of(c)
	(tmp_path / "x.rd").write_text("\n".join(want) + "\n")
	with Daemon() as d, d.client() as c:
		d.cli("-f", str(tmp_path / "x.rd"))
		assert lines_of(c) == want
		r = d.cli("-f", str(tmp_path / "x.rd"), check=False)  # twice: the first line exists already
		assert r.returncode != 0 and "x.rd:1:" in r.stderr


def test_demo_files_are_the_same_twice():
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as a, a.client() as ca, Daemon(files=[f"{DEMO}/emulated.rd"]) as b, \
			b.client() as cb:
		assert lines_of(ca) == lines_of(cb)
