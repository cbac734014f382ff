# SPDX-License-Identifier: BSD-3-Clause
#
# T11: what a new flow costs, ours and the peer's, with 1,000 rules. Every packet is of a flow that nobody knows: all flows
# and connections are forgotten, and what comes in the next moment, before the source begins again, is measured.
import tempfile
import time

import ovs
from machine import Spread, prefer, run_ns, wait_for
from ours import Ours, Refused

FLOWS = 200000  # more do not fit into the peer's buffers
OUR_FLOWS = 400000
RULES = 1000
ROUNDS = 15


def our_rules(n=RULES):
	"""Rules that do not match, before those of firewall.rd; one change"""
	return ["dfw begin"] + [f"dfw add port GUEST rule {100 + i} dir inout action drop proto {'tcp' if i % 2 else 'udp'}"
		f" from 100.{i // 250}.{i % 250}.0/24 dport {1024 + i % 30000}" for i in range(n)] + ["dfw commit"]


def peer_rules(stateful, n=RULES):
	match = "table=1,priority=25,ct_state=+trk+new," if stateful else "priority=25,"
	return "".join(f"{match}{'tcp' if i % 2 else 'udp'},nw_src=100.{i // 250}.{i % 250}.0/24,tp_dst={1024 + i},actions=drop\n"
		for i in range(n))


def cost(peer, forget, count, moment, flows=FLOWS):
	"""Cycles per new flow: ROUNDS times forget, then a moment of packets"""
	prefer(peer)
	got = []
	for _ in range(ROUNDS):
		forget()
		n0, r0 = count(), run_ns(peer.pid, peer.tid)
		time.sleep(moment)
		n1, r1 = count(), run_ns(peer.pid, peer.tid)
		if n1 - n0 > flows * 0.9:
			raise RuntimeError(f"{n1 - n0} flows in a moment: the source has begun again")
		if n1 > n0:
			got.append((r1 - r0) * peer.tsc_hz / 1e9 / (n1 - n0))
		time.sleep(0.05)
	return Spread(sorted(got)[len(got) // 5:-(len(got) // 5)])


class OurPart:
	kept = False

	def __init__(self, bench, path):
		self.o = Ours(bench.reddotd, tempfile.mkdtemp(dir=bench.where), "encap", f"net_pcap0,rx_pcap={path},infinite_rx=1", cores=bench.args.cores,
			mbufs=OUR_FLOWS + 32768, mem=1800, firewall=True, rules=our_rules(), extra=("--conn-capacity", "1048576"))

	def forget(self):
		try:
			self.o.client("conn.flush")
		except Refused:  # no such method: flows are new, their connections are not
			self.kept = True
		self.o.client("flow.flush")

	def note(self):
		return " (connections were kept)" if self.kept else ""

	def inserts(self):
		return self.o.client.one("flow.stats")["inserts"]

	def measure(self):
		self.o.open()
		wait_for("all flows", lambda: self.inserts() >= OUR_FLOWS)  # once, so that the tables' pages are there
		return cost(self.o, self.forget, self.inserts, 0.02, OUR_FLOWS)

	def close(self):
		self.o.stop()


class PeerPart:
	def __init__(self, bench, path, stateful):
		self.stateful = stateful
		self.p = ovs.Ovs(tempfile.mkdtemp(dir=bench.where), "encap", f"net_pcap0,rx_pcap={path},infinite_rx=1", stateful,
			bench.args.cores, tsc_hz=bench.args.tsc_hz, rules=peer_rules(stateful))

	def forget(self):
		if self.stateful:
			self.p.ctl("dpctl/flush-conntrack")
		else:
			self.p.ctl("revalidator/purge")

	def measure(self):
		self.p.open()
		if not self.stateful:  # or one entry would cover all these flows, and nothing of them be decided
			self.p.ctl("upcall/disable-megaflows")
		time.sleep(1)
		return cost(self.p, self.forget, self.p.packets, 0.02 if self.stateful else 0.3)

	def close(self):
		self.p.stop()


def one(part):
	try:
		return part.measure()
	finally:
		part.close()


def run(bench):
	path, _ = bench.pcap("encap", OUR_FLOWS, "64", False)
	part = OurPart(bench, path)
	ours = one(part)
	path, _ = bench.pcap("encap", FLOWS, "64", False)
	upcall = one(PeerPart(bench, path, False))
	connection = one(PeerPart(bench, path, True))
	hz = bench.args.tsc_hz
	for name, peer in (("upcall", upcall), ("new connection", connection)):
		ratio = peer.median / ours.median
		mark = "GOAL" if ratio >= 10 and hz / ours.median >= 1e6 else "floor" if ratio >= 2 else "below"
		print(f"T11 new flow, {RULES} rules: peer ({name}) {peer} ours {ours} cycles; {hz / peer.median / 1e6:.2f} and "
			f"{hz / ours.median / 1e6:.2f} M/s; ratio {ratio:.1f} {mark} (2, 10 and 1 M/s)"
			f"{part.note()}", flush=True)
		bench.results.append({"case": f"new flow, {name}", "target": "T11", "peer": peer.values, "ours": ours.values,
			"ratio": ratio})
	print(f"    at 100,000 new flows a second (worked out, not measured): {100 * (1 - 1e5 * ours.median / hz):.0f} % of the worker"
		" is left for established ones", flush=True)
