# SPDX-License-Identifier: BSD-3-Clause
#
# Long lists besides the flow cache (many_flows_test.py): connections, stations. Neither side holds them: the client prints them as they
# come, the daemon goes on when they were taken, and both can be told to stop.
import json
import os
import re

import many
import pytest
from rdtest import Daemon
from term import Terminal

CONNS = int(os.environ.get("RD_CONNS", "20000"))
STATIONS = 10000
# Of a client for a long list more than for a short one; of the daemon for a client that asks and does not read.
CLIENT_KIB, DAEMON_KIB = 12000, 3000
LISTS = {"conn.list": ("show connection", "10.200.0.1", CONNS), "fdb.list": ("show fdb", "02:00:5e", STATIONS)}


def stations(c):
	"""Sent all at once, then the answers."""
	for i in range(STATIONS):
		c.send("fdb.add", segment="seg", mac=f"02:00:5e:{i >> 16:02x}:{i >> 8 & 255:02x}:{i & 255:02x}", port="b")
		if i % 200 == 199:
			answers = [c.receive() for _ in range(200)]
			assert all("result" in a for a in answers), [a for a in answers if "error" in a][:3]


@pytest.fixture(name="d", scope="module")
def d_(tmp_path_factory):
	lines = many.config(tmp_path_factory.mktemp("many") / "frames.pcap", CONNS)
	firewall = "dfw settings timeout udp_new 86400\ndfw set port a stateful on\ndfw add port a rule 1 dir inout action allow proto udp\n"
	head, ports = lines.split("port add a", 1)
	with Daemon("--flow-capacity", str(2 * CONNS), "--conn-capacity", str(2 * CONNS), env=many.FREES,
			lines=head + "port add a" + ports.replace(re.search(r" device net_pcap\S+", ports)[0], "", 1) + firewall) as d, d.client() as c:
		c("port.set", port="a", device=re.search(r" device (net_pcap\S+)", ports)[1])
		many.filled(c, CONNS)
		assert c("conn.stats")["entries"] == CONNS, c("conn.stats")
		stations(c)
		yield d


@pytest.mark.parametrize("method", LISTS)
def test_the_client_holds_nothing(d, method):
	line, says, nb = LISTS[method]
	small = many.measured(d.path, f"{line} | match nothing | count")
	for form in ("", " | json"):
		large = many.measured(d.path, line + form)
		print(f"{line}{form}: {large['kib']} KiB, {small['kib']} for a count; {large['lines']} lines, {large['size']} bytes, {large['last']:.2f} s")
		assert large["kib"] < small["kib"] + CLIENT_KIB and large["lines"] >= nb
	assert d.cli(*line.split()).count(says) == nb == len([x for x in json.loads(d.cli("-j", *line.split())) if says in json.dumps(x)])


@pytest.mark.parametrize("method", [*LISTS, "flow.list"])
def test_the_daemon_holds_nothing(d, method):
	"""For a client that asks and does not read; another one is served meanwhile. When it reads after all, nothing is missing."""
	with d.client() as deaf, d.client() as c:
		items = c.list(method)
		before = many.in_kib(d.proc.pid, "VmRSS")
		deaf.send(method)
		for _ in range(50):
			assert c.list("host.list")
		grown = many.in_kib(d.proc.pid, "VmRSS") - before
		print(f"{method}: {len(items)} items, {len(json.dumps(items))} bytes; the daemon grew by {grown} KiB")
		assert grown < DAEMON_KIB < len(json.dumps(items)) // 1024 + DAEMON_KIB
		nb, m = 0, {}
		while "result" not in m:
			m = deaf.receive()
			nb += "item" in m
		assert nb == m["result"]["count"] == len(items)


def read_until(t, pattern):
	"""The raw output up to a match: a list of this length is not for an emulator."""
	text = b""
	while not re.search(pattern, text[-200:]):
		text += t.child.read_nonblocking(65536, timeout=120)
	return text


PROMPT = rb"reddot h> (\x1b\[[?0-9;]*[a-zA-Z])*$"


@pytest.mark.parametrize("method", LISTS)
def test_interrupted(d, method):
	"""Ctrl-C ends the list, not the connection: what the daemon keeps for it is there."""
	line, says, nb = LISTS[method]
	with Terminal("--socket", d.path) as t:
		t.run("dfw begin")
		t.send(line + " | no-more\r")
		read_until(t, says.encode())
		t.send("\x03")
		assert read_until(t, PROMPT).count(says.encode()) < nb
		t.send("dfw abort\r")
		assert b"error" not in read_until(t, PROMPT)
		t.send("exit\r")
		t.child.wait()


def test_limits_and_filters(d):
	"""What is asked for is counted, not what is looked at."""
	with d.client() as c:
		assert len(c.list("conn.list", limit=7)) == 7 and len(c.list("conn.list", limit=3000)) == 3000
		assert len(c.list("conn.list", ip="10.200.0.1")) == CONNS and len(c.list("conn.list", ip="10.0.0.5")) == 1
		assert c.list("conn.list", port="b") == c.list("conn.list", proto="tcp") == []
		macs = [e["mac"] for e in c.list("fdb.list", segment="seg")]
		assert len(macs) == len(set(macs)) == STATIONS + 2  # the ports' own
		first = c.list("conn.list", fields=["sport", "src"])
		assert len({e["src"] for e in first}) == CONNS
