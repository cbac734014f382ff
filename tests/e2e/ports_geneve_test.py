# SPDX-License-Identifier: BSD-3-Clause
#
# The overlay against others: the underlay's kernel asks our tunnel endpoint by ARP and ping, and Open vSwitch (userspace
# datapath, a private one) is the remote endpoint with a kernel behind it.
import contextlib
import os
import shutil
import subprocess
import tempfile

import pytest
from ports_lab import Netns, NsDaemon, need, run, transfer, veth
from rdtest import wait_for

TEP, REMOTE, TEP_MAC = "192.168.50.60", "192.168.50.57", "02:00:00:00:00:60"
VNI = 5001


@pytest.fixture(autouse=True)
def machine():
	need("ip", "ping", "ethtool")


def config(guest_mac, tep="", uplink="u0"):
	return f"""
host add arm default
switch add sw host arm portset 3 mtu 1600
port add u0 switch sw type uplink device "net_af_packet0,iface={uplink}"
port add vmk10 switch sw type vmk mac {TEP_MAC}
segment add net switch sw vni {VNI}
tep add {TEP} host arm mac {TEP_MAC} port vmk10 team u0 {tep}
tunnel add remote local {TEP} remote {REMOTE}
segment set net tunnels remote
port add g0 switch sw type vnic segment net mac {guest_mac} device "net_af_packet1,iface=g0"
"""


@contextlib.contextmanager
def lab(tep=""):
	"""guest eth0 === g0 [reddotd] u0 === eth0 of the namespace of the underlay"""
	with Netns("sw") as sw, Netns("guest") as guest, Netns("under") as under:
		veth(sw, "g0", guest, "eth0")
		veth(sw, "u0", under, "eth0", 1600)
		guest.up("eth0", "10.9.0.1/24", offload=False)
		under.up("eth0", offload=False)
		with NsDaemon(sw, config(guest.mac("eth0"), tep)) as d:
			yield guest, under, d


def test_kernel_asks_endpoint():
	with lab() as (_, under, d):
		under.ip("addr", "add", "192.168.50.1/24", "dev", "eth0")
		under.ping(TEP, 20)
		under.ping(TEP, 5, size=1400)
		under.ping(TEP, 5, size=1572, extra=["-M", "do"])
		assert TEP_MAC in under.ip("neigh", "show", TEP)
		under.ping("192.168.50.61", 1, extra=["-w", "1"], rc=1)  # nobody's
		assert d.port("vmk10")["rx_packets"] + d.port("u0")["tx_packets"] > 30


class Ovs:
	"""A private Open vSwitch in a namespace: own database, own sockets."""

	def __init__(self, ns):
		need("ovsdb-server", "ovs-vswitchd", "ovs-vsctl", "ovsdb-tool", "ovs-appctl")
		self.ns, self.procs = ns, []
		self.dir = tempfile.mkdtemp(prefix="rd-ovs-")
		self.env = dict(os.environ, OVS_RUNDIR=self.dir, OVS_DBDIR=self.dir, OVS_LOGDIR=self.dir)
		schema = "/usr/share/openvswitch/vswitch.ovsschema"
		if not os.path.exists(schema):
			pytest.skip(f"needs {schema}")
		run("ovsdb-tool", "create", self.dir + "/conf.db", schema, env=self.env)
		self.spawn("db.sock", "ovsdb-server", self.dir + "/conf.db", f"--remote=punix:{self.dir}/db.sock",
			f"--unixctl={self.dir}/db.ctl", "--no-chdir", "--verbose=off:syslog")
		self.vsctl("--no-wait", "init")
		self.spawn("sw.ctl", "ovs-vswitchd", f"unix:{self.dir}/db.sock", f"--unixctl={self.dir}/sw.ctl",
			"--no-chdir", "--verbose=off:syslog")

	def spawn(self, socket, *argv):
		with open(f"{self.dir}/{argv[0]}.log", "wb") as log:
			self.procs.append(subprocess.Popen(self.ns.argv("setpriv", "--pdeathsig", "KILL", *argv), env=self.env,
				stdin=subprocess.DEVNULL, stdout=log, stderr=log))
		wait_for(f"{argv[0]}", lambda: os.path.exists(f"{self.dir}/{socket}"), 60)

	def vsctl(self, *args):
		return run(*self.ns.argv("ovs-vsctl", "--timeout=30", f"--db=unix:{self.dir}/db.sock", *args), env=self.env)

	def appctl(self, *args):
		return run("ovs-appctl", "--timeout=30", "-t", self.dir + "/sw.ctl", *args, env=self.env)

	def close(self):
		for p in reversed(self.procs):
			p.terminate()
			p.wait(30)
		shutil.rmtree(self.dir, ignore_errors=True)

	def __enter__(self):
		return self

	def __exit__(self, *exc):
		self.close()


@contextlib.contextmanager
def remote(under, options=()):
	"""A kernel at 10.9.0.2 behind OVS, which finds our endpoint by ARP."""
	with Ovs(under) as ovs:
		ovs.vsctl("add-br", "phy", "--", "set", "bridge", "phy", "datapath_type=netdev", "--", "add-port", "phy", "eth0")
		under.up("phy", f"{REMOTE}/24", mtu=1600, offload=False)
		ovs.vsctl("add-br", "int", "--", "set", "bridge", "int", "datapath_type=netdev", "--", "add-port", "int", "gnv",
			"--", "set", "interface", "gnv", "type=geneve", f"options:remote_ip={TEP}", f"options:key={VNI}", *options)
		under.up("int", "10.9.0.2/24", mtu=1500, offload=False)
		yield ovs


@pytest.mark.parametrize("tep,options", [
	("", []),
	("checksum on", ["options:csum=true"]),
	("option 0104:00:a1b2c3d4 df off", []),
], ids=["plain", "checksums", "option"])
def test_open_vswitch(tep, options):
	with lab(tep) as (guest, under, d), remote(under, options) as ovs:
		under.ping(TEP, 3)
		with d.client() as c:
			wait_for("the remote's MAC", lambda: c.one("tunnel.list")["mac_source"] == "learned")
		# OVS drops what it has while it asks for our MAC: give both sides a packet to learn from.
		wait_for("the first answer", lambda: "1 received" in under.ping("10.9.0.1", 1, rc=None), 60)
		guest.ping("10.9.0.2", 20)
		under.ping("10.9.0.1", 20)
		guest.ping("10.9.0.2", 5, size=1472, extra=["-M", "do"])
		transfer(guest, under, "10.9.0.2")
		transfer(under, guest, "10.9.0.1")
		with d.client() as c:
			tunnel = c.one("tunnel.list")
		assert tunnel["tx_packets"] > 100 and tunnel["rx_packets"] > 100, tunnel
		entry = d.fdb()[under.mac("int")]
		assert (entry["to_kind"], entry["to"]) == ("tunnel", "remote"), entry
		assert "geneve" in ovs.appctl("dpctl/dump-flows", "-m") + ovs.appctl("tnl/ports/show"), "no tunnel in OVS"


def test_foreign_vni():
	with lab() as (_, under, d), remote(under, ["options:key=4711"]):
		under.ping("10.9.0.1", 2, extra=["-w", "3"], rc=None)
		wait_for("drops", lambda: d.drops().get("DECAP_VNI_UNKNOWN", 0) > 0)
