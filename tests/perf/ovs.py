# SPDX-License-Identifier: BSD-3-Clause
#
# Open vSwitch with its userspace datapath on DPDK, in a network namespace and run directory of its own: the peer. One PMD
# thread on the forwarding core, the same devices and pcap files as ours.
import json
import os
import re
import shutil
import socket
import subprocess
import time

from machine import Process, Skip, poll_thread, wait_for
from traffic import PEER_IP, PEER_MAC, TEP_IP, TEP_MAC, VNI

VSWITCHD = "/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk"
SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
DATAPATH = "netdev@ovs-netdev"

STATEFUL = """table=0,priority=10,in_port={i},ip,ct_state=-trk,actions=ct(table=1,zone=7)
table=1,priority=30,ct_state=+trk+inv,actions=drop
table=1,priority=20,ip,ct_state=+trk+est,actions=output:{o}
table=1,priority=10,udp,ct_state=+trk+new,nw_src=10.0.0.0/8,actions=ct(commit,zone=7),output:{o}
"""


def available():
	missing = [p for p in (VSWITCHD, SCHEMA) if not os.path.exists(p)]
	if missing:
		raise Skip(f"{missing[0]} is missing: install openvswitch-switch-dpdk")
	if os.geteuid() != 0:
		raise Skip("Open vSwitch on DPDK and network namespaces need root")


def run(*argv, text=None):
	r = subprocess.run(argv, input=text, capture_output=True, text=True, timeout=60, check=False)
	if r.returncode:
		raise RuntimeError(f"{' '.join(argv)}: {r.stderr.strip()}")
	return r.stdout


class Ovs(Process):
	name = "OVS"

	def __init__(self, where, kind, source, stateful=False, cores=(0, 1), smc=False, tsc_hz=0, rules=""):
		available()
		self.dir = where + "/ovs"
		os.mkdir(self.dir)
		self.ns = f"rdperf{os.getpid()}"
		self.tsc_hz = tsc_hz
		self.core = cores[1]
		self.env = dict(os.environ, OVS_RUNDIR=self.dir, OVS_LOGDIR=self.dir, OVS_DBDIR=self.dir, OVS_SYSCONFDIR=self.dir)
		self.enter = ["ip", "netns", "exec", self.ns]
		self.db = None
		run("ip", "netns", "add", self.ns)
		run("ip", "-n", self.ns, "link", "set", "lo", "up")
		self.start_db()
		self.settings(cores, smc)
		# --pidfile is not needed: without --detach the process is ours
		super().__init__([*self.enter, VSWITCHD, f"unix:{self.dir}/db.sock", f"--unixctl={self.dir}/vs.ctl", "--no-chdir",
			f"--log-file={self.dir}/vs.log", "-vconsole:off"], f"{self.dir}/out", env=self.env)
		self.kind, self.source, self.stateful, self.rules = kind, source, stateful, rules

	def start_db(self):
		run("ovsdb-tool", "create", f"{self.dir}/conf.db", SCHEMA)
		self.db = Process([*self.enter, "ovsdb-server", f"{self.dir}/conf.db", f"--remote=punix:{self.dir}/db.sock",
			f"--unixctl={self.dir}/db.ctl", "--no-chdir", f"--log-file={self.dir}/db.log", "-vconsole:off"],
			f"{self.dir}/db.out", env=self.env)
		wait_for("ovsdb-server", lambda: os.path.exists(f"{self.dir}/db.sock"))

	def vsctl(self, *args):
		return run("ovs-vsctl", f"--db=unix:{self.dir}/db.sock", "--timeout=30", *args)

	def settings(self, cores, smc):
		set_ = {"dpdk-init": "true", "dpdk-lcore-mask": hex(1 << cores[0]), "pmd-cpu-mask": hex(1 << cores[1]),
			"dpdk-socket-mem": "1024", "emc-insert-inv-prob": "0" if smc else "100", "smc-enable": str(smc).lower(),
			"dpdk-extra": f'"--no-pci --file-prefix={self.ns} --no-telemetry"'}
		self.vsctl("--no-wait", "init", "--", "set", "Open_vSwitch", ".", *(f"other_config:{k}={v}" for k, v in set_.items()))

	def ctl(self, *words):
		"""ovs-appctl, without starting a process for it"""
		s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
		s.settimeout(30)
		s.connect(f"{self.dir}/vs.ctl")
		s.sendall(json.dumps({"id": 0, "method": words[0], "params": words[1:]}).encode())
		data = b""
		while True:
			data += s.recv(1 << 20)
			try:
				answer = json.loads(data)
			except ValueError:
				continue
			s.close()
			if answer.get("error"):
				raise RuntimeError(f"{words}: {answer['error']}")
			return answer["result"]

	def flows(self, bridge, text):
		run("env", f"OVS_RUNDIR={self.dir}", "ovs-ofctl", "--bundle", "add-flows", bridge, "-", text=text)

	def add_port(self, bridge, name, device, number, mtu=None):
		self.vsctl("add-port", bridge, name, "--", "set", "Interface", name, "type=dpdk",
			f'options:dpdk-devargs="{device}"', f"ofport_request={number}", *([f"mtu_request={mtu}"] if mtu else []))
		error = self.vsctl("get", "Interface", name, "error").strip()
		if error not in ("[]", '""'):
			raise RuntimeError(f"OVS refuses {device}: {error}")

	def ready(self):
		if not self.alive():
			raise RuntimeError(f"ovs-vswitchd ended:\n{self.text()}")
		try:
			return self.ctl("version")
		except OSError:
			return None

	def open(self):
		wait_for("ovs-vswitchd", self.ready)
		self.bridges()
		self.ports()
		self.policy()
		self.tid = wait_for("the PMD thread", self.find_thread)
		wait_for("packets", self.packets)

	def find_thread(self):
		try:
			return poll_thread(self.pid, self.core)
		except RuntimeError:
			return None

	def bridges(self):
		self.vsctl("add-br", "br-int", "--", "set", "bridge", "br-int", "datapath_type=netdev", "fail_mode=secure")
		self.vsctl("add-br", "br-phy", "--", "set", "bridge", "br-phy", "datapath_type=netdev", "fail_mode=secure",
			f"other-config:hwaddr={TEP_MAC.hex(':')}")
		run(*self.enter, "ip", "address", "add", f"{TEP_IP}/24", "dev", "br-phy")
		run(*self.enter, "ip", "link", "set", "br-phy", "up")

	def ports(self):
		bridge_in, bridge_out = {"l2": ("br-int", "br-int"), "encap": ("br-int", "br-phy"),
			"decap": ("br-phy", "br-int")}[self.kind]
		self.add_port(bridge_in, "src", self.source, 1)
		self.add_port(bridge_out, "sink", "net_null1,no-rx=1", 2, 1700 if self.kind == "encap" else None)
		if self.kind != "l2":
			self.vsctl("add-port", "br-int", "gnv", "--", "set", "Interface", "gnv", "type=geneve",
				f"options:remote_ip={PEER_IP}", f"options:local_ip={TEP_IP}", f"options:key={VNI}", "ofport_request=9")
			self.ctl("tnl/neigh/set", "br-phy", PEER_IP, PEER_MAC.hex(":"))

	def policy(self):
		i, o = {"l2": (1, 2), "encap": (1, 9), "decap": (9, 2)}[self.kind]
		text = STATEFUL if self.stateful else "in_port={i},actions=output:{o}\n"
		self.flows("br-int", text.format(i=i, o=o) + self.rules)
		if self.kind != "l2":
			self.flows("br-phy", "priority=10,in_port=LOCAL,actions=output:2\npriority=10,in_port=1,actions=LOCAL\n")
		if self.stateful:
			self.ctl("dpctl/ct-set-maxconns", "3000000")

	def counters(self):
		"""(packets from the source, packets to the sink)"""
		got = {}
		port = ""
		for line in self.ctl("dpctl/show", "-s", DATAPATH).split("\n"):
			m = re.match(r"\s+port \d+: (\S+)", line)
			port = m.group(1) if m else port
			m = re.match(r"\s+([RT]X) packets:(\d+)", line)
			if m:
				got[port, m.group(1)] = int(m.group(2))
		return got.get(("src", "RX"), 0), got.get(("sink", "TX"), 0)

	def packets(self):
		return self.counters()[1]

	def check(self):
		"""That it does what the case says: the actions of its flows, and no packet lost"""
		dump = self.ctl("dpctl/dump-flows", DATAPATH)
		for kind, word in (("encap", "tnl_push"), ("decap", "tnl_pop")):
			assert self.kind != kind or word in dump, f"no {word} in:\n{dump}"
		assert not self.stateful or "ct(zone" in dump, f"no ct in:\n{dump}"
		rx0, tx0 = self.counters()
		time.sleep(0.3)
		rx1, tx1 = self.counters()
		lost = (rx1 - rx0) - (tx1 - tx0)
		assert abs(lost) <= 4096 + (rx1 - rx0) // 100, f"OVS lost {lost} of {rx1 - rx0} packets"

	def stop(self, seconds=10):
		super().stop(seconds)
		if self.db is not None:
			self.db.stop()
		subprocess.run(["ip", "netns", "del", self.ns], check=False, capture_output=True)
		shutil.rmtree(f"/var/run/dpdk/{self.ns}", ignore_errors=True)
		for name in os.listdir("/dev/hugepages") if os.path.isdir("/dev/hugepages") else []:
			if name.startswith(self.ns + "map_"):
				os.unlink(f"/dev/hugepages/{name}")
