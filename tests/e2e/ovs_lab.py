# SPDX-License-Identifier: BSD-3-Clause
#
# A private Open vSwitch in a network namespace, with its userspace datapath: database, sockets and logs in a folder of its own; what was
# started is ended by its process id. A collector, or a sender of mirrored packets, that somebody else wrote.
import os
import subprocess

import pytest
from rdtest import wait_for

from pktcap import DEADLINE
from ports_lab import RawSocket, need, run, veth

MAC_US, MAC_OVS = "02:00:00:00:00:01", "02:00:00:00:00:02"  # of the golden frames' outer headers
US, OVS = "192.0.2.1", "192.0.2.2"
US6, OVS6 = "2001:db8::1", "2001:db8::2"


def schema():
	"""The database's; Debian's packages put it there."""
	for folder in ("/usr/share/openvswitch", "/usr/local/share/openvswitch"):
		if os.path.exists(f"{folder}/vswitch.ovsschema"):
			return f"{folder}/vswitch.ovsschema"
	return None


def need_ovs():
	need("ip", "nsenter", "ethtool", "ovs-vswitchd", "ovsdb-server", "ovsdb-tool", "ovs-vsctl", "ovs-appctl", "ovs-ofctl")
	if schema() is None:
		pytest.skip("needs Open vSwitch's schema (openvswitch-common)")


class Ovs:
	"""us s0 === u0 [bridge phy: 192.0.2.2] ~ tunnel [bridge int] o0 === o1, where what was decapsulated comes out."""

	def __init__(self, us, ns, folder, mtu=9000):
		self.us, self.ns, self.dir = us, ns, str(folder)
		self.processes = []
		self.env = dict(os.environ, OVS_RUNDIR=self.dir, OVS_DBDIR=self.dir, OVS_LOGDIR=self.dir)
		veth(ns, "u0", us, "s0", mtu)
		veth(ns, "o0", ns, "o1", mtu)
		us.up("s0", offload=False)
		us.ip("link", "set", "s0", "address", MAC_US)
		ns.up("o1", offload=False)
		for dev in ("u0", "o0"):
			ns.up(dev, offload=False)

	def start(self):
		db, ctl = f"{self.dir}/db.sock", f"{self.dir}/ovsd.ctl"
		run("ovsdb-tool", "create", f"{self.dir}/conf.db", schema())
		self.spawn("ovsdb-server", f"{self.dir}/conf.db", f"--remote=punix:{db}", f"--unixctl={self.dir}/ovsdb.ctl", "--no-chdir")
		wait_for("the database", lambda: os.path.exists(db), DEADLINE)
		self.vsctl("--no-wait", "init")
		self.spawn("ovs-vswitchd", f"unix:{db}", f"--unixctl={ctl}", "--no-chdir")
		wait_for("ovs-vswitchd", lambda: os.path.exists(ctl), DEADLINE)
		self.bridges()

	def spawn(self, *argv):
		log = open(f"{self.dir}/{argv[0]}.log", "wb")  # pylint: disable=consider-using-with
		self.processes.append(subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *self.ns.argv(*argv, "--verbose=off:syslog")],
			stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env))
		log.close()

	def bridges(self):
		self.vsctl("add-br", "phy", "--", "set", "bridge", "phy", "datapath_type=netdev", f'other_config:hwaddr="{MAC_OVS}"',
			"--", "add-port", "phy", "u0")
		self.ns.run("sh", "-c", "echo 0 >/proc/sys/net/ipv6/conf/phy/disable_ipv6")
		self.ns.ip("addr", "add", f"{OVS}/24", "dev", "phy")
		self.ns.ip("addr", "add", f"{OVS6}/64", "dev", "phy", "nodad")
		self.ns.ip("link", "set", "phy", "mtu", "9000", "up", rc=None)
		self.vsctl("add-br", "int", "--", "set", "bridge", "int", "datapath_type=netdev", "--", "add-port", "int", "o0")
		self.ns.ip("link", "set", "int", "up")
		for ip in (US, US6):
			self.appctl("tnl/neigh/set", "phy", ip, MAC_US)

	def run(self, *argv):
		done = subprocess.run(self.ns.argv(*argv), capture_output=True, text=True, timeout=DEADLINE, env=self.env, check=False)
		assert done.returncode == 0, f"{argv}: {done.stdout}{done.stderr}"
		return done.stdout

	def vsctl(self, *words):
		return self.run("ovs-vsctl", "--timeout=60", f"--db=unix:{self.dir}/db.sock", *words)

	def appctl(self, *words):
		return self.run("ovs-appctl", "--timeout=60", "-t", f"{self.dir}/ovsd.ctl", *words)

	def ofctl(self, *words):
		return self.run("ovs-ofctl", "--timeout=60", *words)

	def tunnel(self, kind, **options):
		"""One tunnel port at a time: two GRE-like kinds would share IP protocol 47. What it decapsulates goes out of o0, and nowhere else."""
		words = [f"options:{k}={v}" for k, v in options.items()]
		self.vsctl("--if-exists", "del-port", "int", "tun", "--", "add-port", "int", "tun", "--", "set", "interface", "tun",
			f"type={kind}", *words)
		error = self.vsctl("get", "interface", "tun", "error").strip()
		assert error == "[]", error
		self.ofctl("del-flows", "int")
		self.ofctl("add-flow", "int", "in_port=tun,actions=output:o0")
		self.appctl("dpctl/del-flows")
		wait_for("the tunnel's listener", lambda: len(self.appctl("tnl/ports/show").splitlines()) > 1, DEADLINE)

	def wire(self):
		"""The far end of OVS's uplink, and where decapsulated frames come out."""
		return RawSocket(self.us, "s0"), RawSocket(self.ns, "o1")

	def stop(self):
		for p in reversed(self.processes):
			p.terminate()
		for p in self.processes:
			try:
				p.wait(20)
			except subprocess.TimeoutExpired:
				p.kill()
				p.wait()

	def __enter__(self):
		try:
			self.start()
		except BaseException:
			self.stop()
			raise
		return self

	def __exit__(self, *exc):
		self.stop()

