# SPDX-License-Identifier: BSD-3-Clause
#
# reddotd --telemetry, through DPDK's own dpdk-telemetry.py and its socket, against what the control socket says.
import json
import os
import shutil
import socket
import subprocess
import threading

import pytest
from rdtest import PCAPS, Daemon, demo, wait_for

SCRIPT = shutil.which("dpdk-telemetry.py")


@pytest.fixture(name="busy", scope="module")
def a_daemon(tmp_path_factory):
	home = str(tmp_path_factory.mktemp("run"))
	with demo("emulated", "--telemetry", prefix=["env", f"RUNTIME_DIRECTORY={home}"]) as (d, c):
		c("dfw.settings", timeouts={"SYN_SENT": 86400, "SYN_RECV": 86400})  # nothing may end by itself between two questions
		d.cli("inject", "vmnic1", "pcap", PCAPS + "/emulated-syn.pcap")
		d.cli("inject", "vmnic1", "hex", "00" * 10)
		c("capture.start", points=[{"stage": "classify"}], name="cap")
		yield d, c, home


class Telemetry:
	def __init__(self, home):
		self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		# While it may block: DPDK's queue of clients to be accepted is short, and with a timeout set a full one is EAGAIN.
		self.sock.connect(home + "/dpdk/rte/dpdk_telemetry.v2")
		self.sock.settimeout(60)
		self.hello = json.loads(self.sock.recv(1 << 16))

	def __call__(self, command):
		self.sock.send(command.encode())
		(name, answer), = json.loads(self.sock.recv(1 << 17)).items()
		assert name == command.split(",")[0]
		return answer

	def __enter__(self):
		return self

	def __exit__(self, *_):
		self.sock.close()


@pytest.mark.skipif(SCRIPT is None, reason="skip: needs dpdk-telemetry.py (apt-get install dpdk)")
def test_dpdks_own_client_shows_it(busy):
	_, c, home = busy
	r = subprocess.run([SCRIPT], input="/reddot/drops\n/help,/reddot/ports\n/\n", capture_output=True, text=True, timeout=120, check=False,
		env={**os.environ, "RUNTIME_DIRECTORY": home})
	assert r.returncode == 0, r.stderr
	for drop in c.list("drop.list"):
		assert f'"{drop["reason"]}": {drop["count"]}' in r.stdout
	assert "Names of ports" in r.stdout and '"/reddot/stages"' in r.stdout and '"/ethdev/stats"' in r.stdout


def test_says_what_control_says(busy):
	_, c, home = busy
	with Telemetry(home) as t:
		assert t.hello["pid"] == c.hello["pid"]
		assert t("/reddot/info")["release"] == c.hello["release"]
		ports = c.list("port.list")
		assert t("/reddot/ports") == [p["qname"] for p in ports]
		for p in ports:
			got = t("/reddot/ports," + p["qname"])
			assert {k: got[k] for k in ("rx_packets", "tx_packets", "drops", "mac")} == {k: p[k] for k in
				("rx_packets", "tx_packets", "drops", "mac")}
		assert any(p["rx_packets"] for p in ports)
		assert t("/reddot/stages") == {s["stage"]: s["in"] for s in c.list("stage.list")}
		assert t("/reddot/drops") == {d["reason"]: d["count"] for d in c.list("drop.list")} != {}
		assert t("/reddot/flows,0")["misses"] == c.one("flow.stats")["misses"]
		assert t("/reddot/connections") == c("conn.stats")
		assert t("/reddot/captures") == ["cap"] and t("/reddot/captures,cap")["name"] == "cap"
		assert t("/reddot/mirrors") == []
		latency = c.list("worker.latency")
		got = t("/reddot/latency,0")
		assert (got["what"], got["buckets"]) == (latency[0]["what"], latency[0]["buckets"])
		assert (got["what_2"], got["buckets_2"]) == (latency[1]["what"], latency[1]["buckets"])


def test_wrong_questions_get_nothing(busy):
	_, _, home = busy
	with Telemetry(home) as t:
		for command in ("/reddot/ports,none", "/reddot/ports,+x", "/reddot/ports,+100000", "/reddot/stages,", "/reddot/workers,99",
				"/reddot/mirrors,\x01\xff", "/reddot/ports," + "a" * 900):
			assert not t(command) or command == "/reddot/stages,", command
		assert t("/reddot/info")


def test_many_ports_in_pages(tmp_path):
	lines = "host add h default\nswitch add s host h portset 1\n" + "".join(f"port add p{i} switch s type vnic\n" for i in range(250))
	with Daemon("--telemetry", lines=lines, prefix=["env", f"RUNTIME_DIRECTORY={tmp_path}"]) as d, Telemetry(str(tmp_path)) as t:
		names, command = [], "/reddot/ports"
		while command:
			page = t(command)
			command = page.pop().split(": ")[1] if "more: " in page[-1] else ""
			names += page
		assert names == [f"h/p{i}" for i in range(250)]
		d.stop()


def test_readers_change_nothing_for_control(busy):
	_, c, home = busy
	stop, counts, faults = threading.Event(), [0] * 4, []

	def read(me):
		try:
			with Telemetry(home) as t:
				while not stop.is_set():
					assert t("/reddot/ports") and t("/reddot/stages")
					counts[me] += 1
		except Exception as e:  # noqa: BLE001, shown by the test's own thread
			faults.append(e)

	threads = [threading.Thread(target=read, args=(i,)) for i in range(4)]
	for thread in threads:
		thread.start()
	try:
		wait_for("all of them", lambda: all(counts) or faults)
		for i in range(100):
			c("port.add", name=f"t{i}", switch="arm/DvsPortset-1", type="vnic")
			c("port.del", port=f"t{i}")
	finally:
		stop.set()
		for thread in threads:
			thread.join()
	assert not faults and all(counts), faults


def test_asks_till_the_end(tmp_path):
	with Daemon("--telemetry", prefix=["env", f"RUNTIME_DIRECTORY={tmp_path}"]) as d, Telemetry(str(tmp_path)) as t:
		assert t("/reddot/info")
		d.stop()


def test_no_socket_unless_asked_for(tmp_path):
	with Daemon(prefix=["env", f"RUNTIME_DIRECTORY={tmp_path}"]):
		assert not list(tmp_path.rglob("*telemetry*"))
