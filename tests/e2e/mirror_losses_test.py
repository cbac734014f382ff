# SPDX-License-Identifier: BSD-3-Clause
#
# Whose loss it is: a daemon whose device refuses some copies, a wire that loses others, and pktcap --decap --sent at its end. Both are known
# exactly here: the daemon's counters say the one, a relay in the middle of the wire the other.
import json
import threading

from mirror_lab import VM1, VM2, Collector, syn
from ports_lab import Netns, NsDaemon, RawSocket, need, veth
from rdtest import wait_for

SENDER, COLLECTOR = "192.0.2.1", "192.0.2.2"
EVERY = 7 # of copies, the relay loses one
TOPOLOGY = f"""host add h default
switch add s host h portset 1 mtu 1600
segment add seg switch s vni 5001
port add up switch s type uplink device "net_tap0,iface=t0" mac 02:00:00:00:00:01 mtu 1600
port add vm1 switch s type vnic mac {VM1} segment seg
port add vm2 switch s type vnic mac {VM2} segment seg
tep add {SENDER} host h mac 02:00:00:00:00:01 team up
mirror session add web source vm1 direction from-guest to {COLLECTOR} next-hop 02:00:00:00:00:02 mtu 1600 up
"""


class Relay(threading.Thread):
	"""Copies from t0 on to x0, but for every 7th."""

	def __init__(self, ns):
		super().__init__(daemon=True)
		self.came, self.out = RawSocket(ns, "t0"), RawSocket(ns, "x0")
		self.seen = self.lost = 0
		self.ends = False

	def run(self):
		self.came.sock.settimeout(0.2)
		while not self.ends:
			try:
				frame = self.came.sock.recv(1 << 16)
			except OSError: # nothing yet; or the interface is down
				continue
			if frame[23:24] != b"\x2f": # GRE
				continue
			if self.seen % EVERY == EVERY - 2:
				self.lost += 1
			else:
				self.out.send(frame)
			self.seen += 1


def counters(c):
	return c.one("mirror.counters", session="web")


def inject(c, nb):
	"""All have their fate."""
	was = counters(c)["matched"]
	c("inject", port="vm1", frames=[f.hex() for f in syn(nb)])
	return wait_for("their fates", lambda: (lambda k: k if k["matched"] == was + nb == k["tx_ok"] + k["tx_drop"] + k["no_collector"] else None)(
		counters(c)))


def refused(us, c):
	"""Copies while the interface is down: its device takes none, until the daemon has seen that there is no link."""
	for _ in range(20):
		us.ip("link", "set", "t0", "down")
		k = inject(c, 10)
		us.ip("link", "set", "t0", "up")
		wait_for("the link", lambda: c.one("port.list", port="up")["link"] in (True, "up"))
		wait_for("the session", lambda: c.one("mirror.list", session="web")["oper"] == "active")
		if k["tx_drop"] > 0:
			return k["tx_drop"]
	raise AssertionError(f"the device takes all: {k}")


def test_whose_loss_it_is(tmp_path):
	need("ip", "nsenter", "ethtool")
	sent = tmp_path / "sent.json"
	with Netns("us") as us, Netns("collect") as ns:
		veth(us, "x0", ns, "c0", mtu=9000)
		ns.up("c0", offload=False)
		with NsDaemon(us, TOPOLOGY) as d, d.client() as c:
			us.quiet("t0")
			us.ip("link", "set", "t0", "up")
			wait_for("the session", lambda: c.one("mirror.list", session="web")["oper"] == "active")
			relay = Relay(us)
			relay.start()
			with Collector(ns, "--report", "--json", "--sent", sent, out=tmp_path / "out.pcapng") as collector:
				assert inject(c, 60)["tx_ok"] == 60
				dropped = refused(us, c)
				k = inject(c, 60)
				assert k["tx_drop"] == dropped
				wait_for("the relay", lambda: relay.seen == k["tx_ok"])
				relay.ends = True
				relay.join()
				sent.write_text(d.cli("--json", "show", "mirror", "counters"))
				source, = collector.report(k["tx_ok"] - relay.lost).values()
	assert relay.lost > 10 and dropped > 0
	unnumbered = source["lost"].pop("unnumbered")
	assert source["lost"] == {"session": "web", "total": dropped + relay.lost, "sender": dropped, "network": relay.lost}
	assert unnumbered.pop("no_collector") == k["no_collector"] and set(unnumbered.values()) == {0}
	assert json.loads(sent.read_text())
