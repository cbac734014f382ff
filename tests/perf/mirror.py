#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# What mirror sessions cost: added cycles per forwarded packet of sessions that do not match (T23), of one that copies everything to ERSPAN II
# and III, and the same beside Open vSwitch that mirrors to its erspan port (T21), alone and behind encapsulation and firewall (T22).
#
#	mirror.py [T21] [T22] [T23] [--reps 5] [--secs 1] [--build DIR]
#
# As versus.py measures: both run, one at a time gets to run; a self-ratio changes the sessions of one daemon in turn. Needs root,
# hugepages, two cores; exits with 77 and the reason where something is missing. No time makes it fail.
import contextlib
import os
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import ovs  # noqa: E402
import versus  # noqa: E402
from machine import Skip, Spread, hugepages, measure, wait_for  # noqa: E402
from ovs import PEER_IP, PEER_MAC, TEP_IP, Ovs  # noqa: E402

OUT = "net_null8,no-rx=1"
EVERYTHING = {"pps": 0, "bps": 0, "force": True, "lifetime": "0"}


class Mirror(Ovs):
	"""Its bridge mirrors what comes in to an erspan port, whose copies leave by a null device. From the start: 3.1 goes on with flows
	that it made before there was a mirror, and makes none for a long time when told to forget them"""

	def __init__(self, on, *args):
		self.on = on
		super().__init__(*args)

	def ports(self):
		self.add_port("br-phy", "msink", "net_null2,no-rx=1", 3, 1700)
		self.flows("br-phy", "priority=20,in_port=LOCAL,ip,nw_proto=47,actions=output:3\npriority=10,in_port=3,actions=LOCAL\n")
		self.ctl("tnl/neigh/set", "br-phy", PEER_IP, PEER_MAC.hex(":"))
		self.vsctl("add-port", "br-int", "er", "--", "set", "Interface", "er", "type=erspan", f"options:remote_ip={PEER_IP}", f"options:local_ip={TEP_IP}",
			"options:key=100", "options:erspan_ver=1", "options:erspan_idx=1", "ofport_request=8")
		if self.on:
			self.vsctl("--", "--id=@o", "get", "port", "er", "--", "--id=@m", "create", "mirror", "name=m", "select-all=true",
				"output-port=@o", "--", "set", "bridge", "br-int", "mirrors=@m")
		super().ports()

	def check(self):
		flows = wait_for("a flow of the peer with packets", lambda: self.ctl("dpctl/dump-flows", ovs.DATAPATH))
		if ("erspan(ver=1" in flows) != self.on:
			raise RuntimeError(f"the peer {'does not mirror' if self.on else 'mirrors'}: {flows}")

	def packets(self):
		return self.counters()[0]  # the sink may get copies, too


def session(o, name, **kw):
	o.client("mirror.add", name=name, source="source", direction="from-guest", to="192.0.2.2", src_ip="192.0.2.1", out_port="mir",
		next_hop="02:00:00:00:00:02", mtu=1700, up=True, **EVERYTHING, **kw)


def clear(o):
	for s in o.client.list("mirror.list"):
		o.client("mirror.del", session=s["session"])


def none(o):
	clear(o)


def not_matching(n):
	def arm(o):
		clear(o)
		for i in range(n):
			session(o, f"s{i}", rule=[f"permit proto tcp to 203.0.113.{i + 1} dport {1000 + i}"])
	return arm


def all_of(encap):
	def arm(o):
		clear(o)
		session(o, "all", encap=encap)
	return arm


def balance(o):
	"""Each packet has a fate: said as it was seen"""
	k = o.client.list("mirror.counters")
	return ", ".join(f"{c['session']}: {c['tx_ok']} sent of {c['matched']}" for c in k[:1])


class Bench(versus.Bench):
	def daemon(self, kind, size, fw=False):
		path, _ = self.pcap(kind, 1, size, fw)
		o = self.ours(kind, path, 128, fw)
		o.open()
		o.client("port.add", name="mir", switch="sw", type="uplink", mac="02:00:00:00:00:01", mtu=1700, device=OUT)
		return o, path

	def modes(self, o, modes):
		"""{name: cycles} of one daemon, its sessions changed in turn"""
		got = {name: [] for name, _ in modes}
		for _ in range(self.args.reps):
			for name, arm in modes:
				o.resume()
				arm(o)
				time.sleep(versus.SETTLE_S)
				s = measure(o, self.args.secs)
				if s is not None:
					got[name].append(s.cycles)
		return {name: Spread(v) for name, v in got.items() if v}

	def self_ratios(self, size):
		o, _ = self.daemon("l2", size)
		with contextlib.closing(versus.Closer(o)):
			got = self.modes(o, [("none", none), ("1 not matching", not_matching(1)), ("16 not matching", not_matching(16)),
				("all to erspan2", all_of("erspan2")), ("all to erspan3", all_of("erspan3"))])
			base = got["none"].median
			for name, s in got.items():
				print(f"T23 l2 {size:>4} B  {name:18} {s!s:20} added {s.median - base:+7.1f} cycles", flush=True)
			print(f"     {balance(o)}", flush=True)

	def beside(self, target, kind, size, fw):
		plain, copied = (self.turn(kind, size, fw, on) for on in (False, True))
		peer, ours = (copied[who].median - plain[who].median for who in ("peer", "ours"))
		print(f"{target} {kind}{'+fw' if fw else ''} {size:>4} B  with the mirror: peer {copied['peer']!s:18} ours {copied['ours']!s:18}"
			f" ratio {copied['peer'].median / copied['ours'].median:.2f}; added: peer {peer:.0f} ours {ours:.0f}, ours/peer {ours / peer:.2f}"
			f" | {copied['balance']}", flush=True)

	def turn(self, kind, size, fw, on):
		"""Both of them without, or with the mirror"""
		o, path = self.daemon(kind, size, fw)
		p = None
		try:
			(all_of("erspan2") if on else none)(o)
			time.sleep(versus.SETTLE_S)
			o.pause()
			p = Mirror(on, tempfile.mkdtemp(dir=self.where), kind, f"net_pcap0,rx_pcap={path},infinite_rx=1", fw, self.args.cores, False,
				self.args.tsc_hz)
			p.open()
			p.check()
			got = self.turns([o, p], self.args.reps, self.args.secs)
			o.resume()
			return {"ours": Spread(got[o]), "peer": Spread(got[p]), "balance": balance(o)}
		finally:
			o.stop()
			if p is not None:
				p.stop()


def main():
	wanted = [a for a in sys.argv[1:] if a in ("T21", "T22", "T23")] or ["T21", "T22", "T23"]
	sys.argv[1:] = [a for a in sys.argv[1:] if a not in wanted]
	args = versus.parse()
	try:
		versus.check_machine(args)
		args.tsc_hz = versus.tsc_hz(None)
		with hugepages(4000), tempfile.TemporaryDirectory(prefix="rd-perf-", dir="/dev/shm") as where:
			versus.header(args)
			b = Bench(args, where)
			if "T23" in wanted:
				b.attempt("T23", b.self_ratios, "64")
			for target, kind, fw in (("T21", "l2", False), ("T22", "encap", True)):
				for size in ("64", "1400"):
					if target in wanted:
						b.attempt(target, b.beside, target, kind, size, fw)
			sys.exit(1 if b.failed else 0)
	except Skip as e:
		print(e)
		sys.exit(77)


if __name__ == "__main__":
	main()
