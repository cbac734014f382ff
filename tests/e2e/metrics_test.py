# SPDX-License-Identifier: BSD-3-Clause
#
# reddotd --metrics: what promtool and Prometheus' own parsers make of it, that it says what show commands say, and what
# hostile clients can do with it: nothing.
import contextlib
import http.client
import os
import re
import shutil
import socket
import subprocess

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open
from prometheus_client.parser import text_string_to_metric_families as parse_text
from rdtest import PCAPS, REDDOTD, Daemon, demo, wait_for

OPEN = "application/openmetrics-text; version=1.0.0"


def port_of(d):
	return int(wait_for("the address", lambda: re.search(r"metrics at http://127\.0\.0\.1:(\d+)/metrics", d.text()))[1])


def get(port, path="/metrics", method="GET", accept=None):
	c = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
	c.request(method, path, headers={"Accept": accept} if accept else {})
	r = c.getresponse()
	body = r.read().decode()
	c.close()
	return r, body


def scrape(port):
	"""{(name, labels): value}"""
	samples = {}
	for family in parse_text(get(port)[1]):
		for s in family.samples:
			key = (s.name, frozenset(s.labels.items()))
			assert key not in samples, f"twice: {key}"
			samples[key] = s.value
	return samples


def value(samples, name, **labels):
	return samples[("reddot_" + name, frozenset(labels.items()))]


@pytest.fixture(name="busy", scope="module")
def a_daemon_that_has_seen_something():
	with demo("emulated", "--metrics", "0") as (d, c):
		d.cli("inject", "vmnic1", "pcap", PCAPS + "/emulated-syn.pcap")
		d.cli("inject", "vmnic1", "hex", "00" * 10)
		d.cli("dfw", "section", "add", 'top')
		d.cli("dfw", "rule", "add", "top", "77", "action", "allow", "name", 'a "b" \\ c')
		c("capture.start", points=[{"stage": "classify"}], name="cap")
		d.cli("mirror", "session", "add", "web", "source", "vmnic1", "file", d.dir + "/m.pcapng", "encap", "pcap-file", "up")
		d.cli("inject", "vmnic1", "pcap", PCAPS + "/emulated-syn.pcap")
		yield d, c, port_of(d)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="skip: needs promtool (apt-get install prometheus)")
def test_promtool_has_nothing_to_say(busy):
	body = get(busy[2])[1]
	r = subprocess.run(["promtool", "check", "metrics"], input=body, capture_output=True, text=True, check=False)
	assert (r.returncode, r.stdout, r.stderr) == (0, "", "")


def test_is_openmetrics_for_those_who_ask(busy):
	r, body = get(busy[2], accept=OPEN)
	assert r.getheader("Content-Type") == OPEN + "; charset=utf-8" and body.endswith("# EOF\n")
	families = {f.name: f for f in parse_open(body)}
	assert families["reddot_port_received_bytes"].unit == "bytes" and families["reddot_walk_seconds"].type == "histogram"
	r, text = get(busy[2])
	assert r.getheader("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
	strip = {s.name for f in parse_text(text) for s in f.samples}
	assert strip == {s.name for f in families.values() for s in f.samples} and len(families) > 60


COUNTED = {
	"port.list": ({"port": "qname", "type": "type"}, {"port_received_packets_total": "rx_packets", "port_received_bytes_total": "rx_bytes",
		"port_sent_packets_total": "tx_packets", "port_sent_bytes_total": "tx_bytes", "port_dropped_packets_total": "drops"}),
	"stage.list": ({"stage": "stage"}, {f"stage_{k}_packets_total": k for k in ("in", "out", "consumed", "created")}
		| {"stage_dropped_packets_total": "drops"}),
	"drop.list": ({"reason": "reason", "stage": "stage"}, {"dropped_packets_total": "count", "dropped_bytes_total": "bytes"}),
	"worker.list": ({"worker": "worker"}, {"worker_packets_total": "packets", "worker_bursts_total": "bursts",
		"worker_buffers_used": "mbufs_in_use", "worker_buffers": "mbufs_total"}),
	"flow.stats": ({"worker": "worker"}, {f"flow_{k}_total": k for k in
		("hits", "misses", "inserts", "evictions", "stale", "renewed", "expired")} | {"flow_entries": "entries"}),
	"dfw_rule.list": ({"rule": "id", "section": "section", "action": "action"}, {"dfw_rule_hits_total": "hits",
		"dfw_rule_bytes_total": "bytes", "dfw_rule_sessions_total": "sessions"}),
	"dfw_section.list": ({"section": "name"}, {"dfw_section_hits_total": "hits"}),
	"dfw.list": ({"port": "port", "rule": "id", "action": "action"}, {"dfw_port_rule_hits_total": "hits"}),
	"capture.list": ({"session": "session", "name": "name"}, {f"capture_{k}_packets_total": k for k in
		("seen", "matched", "captured", "lost", "skipped")} | {"capture_waiting_bytes": "waiting"}),
	"mirror.counters": ({"session": "session"}, {"mirror_met_packets_total": "matched", "mirror_replicas_total": "replicas"}),
	"tunnel.list": ({"tunnel": "name", "host": "host"}, {"tunnel_received_packets_total": "rx_packets",
		"tunnel_sent_bytes_total": "tx_bytes"}),
	"punt.list": ({"worker": "worker"}, {"punt_in_packets_total": "in"}),
}


@pytest.mark.parametrize("method", COUNTED)
def test_says_what_show_says(busy, method):
	_, c, port = busy
	labels, fields = COUNTED[method]
	items = c.list(method, **({"all": True} if method == "drop.list" else {}))
	samples = scrape(port)
	assert items
	for name, field in fields.items():
		got = {key[1]: v for key, v in samples.items() if key[0] == "reddot_" + name}
		assert got == {frozenset((k, str(i[f])) for k, f in labels.items()): i[field] for i in items}, name
	if method in ("port.list", "stage.list", "drop.list", "flow.stats", "capture.list", "mirror.counters"):
		assert any(i[f] for i in items for f in fields.values()), "all is zero: nothing was shown"


def test_fates_connections_and_histograms(busy):
	_, c, port = busy
	samples = scrape(port)
	item = c.one("mirror.counters")
	fates = {dict(k[1])["fate"]: v for k, v in samples.items() if k[0] == "reddot_mirror_packets_total"}
	assert fates and all(item[f] == v for f, v in fates.items())
	assert sum(fates.values()) == item["matched"] + item["replicas"] > 0
	stats = c("conn.stats")
	assert value(samples, "connection_created_total") == stats["created"]
	assert value(samples, "connection_refused_total", why="limit") == stats["refused_limit"]
	for i in c.list("worker.latency"):
		labels = {"worker": str(i["worker"]), "what": i["what"]}
		assert value(samples, "walk_seconds_count", **labels) == i["samples"] == value(samples, "walk_seconds_bucket", le="+Inf", **labels)
		assert value(samples, "walk_seconds_sum", **labels) == pytest.approx(i["sum_ns"] / 1e9)
		assert value(samples, "walk_seconds_bucket", le="0.000032768", **labels) == i["buckets"][0]


def test_answers_what_it_has_and_nothing_else(busy):
	port = busy[2]
	r, body = get(port, method="HEAD")
	assert r.status == 200 and body == "" and int(r.getheader("Content-Length")) > 1000
	assert get(port, "/metrics?x=1")[0].status == 200
	for path in ("/", "/metricsx", "/../metrics", "/metrics/"):
		assert get(port, path)[0].status == 404
	r, _ = get(port, method="POST")
	assert r.status == 405 and r.getheader("Allow") == "GET, HEAD"
	for junk in (b"\r\n\r\n", b"GET /metrics\r\n\r\n", b"GET /metrics HTTP/2\r\n\r\n", b"\0\xff\x16\x03\r\n\r\n", b"GET a b HTTP/1.1\r\n\r\n"):
		with socket.create_connection(("127.0.0.1", port), 60) as s:
			s.sendall(junk)
			assert s.makefile("rb").read().startswith(b"HTTP/1.1 400 "), junk
	with socket.create_connection(("127.0.0.1", port), 60) as s:
		s.sendall(b"GET /metrics HTTP/1.1\r\nX: " + b"a" * 9000)
		assert s.makefile("rb").read().startswith(b"HTTP/1.1 431 ")


def test_hostile_clients_end_and_nobody_else_notices(busy):
	_, c, port = busy
	wait_for("the end of earlier connections", lambda: not connections(port))
	held = [socket.create_connection(("127.0.0.1", port), 60) for _ in range(32)]
	for i, s in enumerate(held):
		s.sendall(b"GET /metrics HTTP/1.1\r\n" if i % 2 else b"G")
	c("hello", version=1, client="meanwhile")  # control answers
	more = socket.create_connection(("127.0.0.1", port), 60)
	assert more.recv(1) == b""  # one too many
	for s in held[::2]:  # a byte from time to time does not prolong it
		wait_for("its end", lambda s=s: trickle(s))
	for s in held[1::2]:
		assert s.recv(1) == b""
	for s in [*held, more]:
		s.close()
	assert get(port)[0].status == 200


def trickle(s):
	s.settimeout(0.2)
	try:
		s.sendall(b"x")
		return s.recv(1) == b""
	except TimeoutError:
		return False
	except ConnectionError:
		return True


def connections(port):
	"""To this port of ours, as the kernel lists them, which somebody still holds: the server's ends."""
	with open("/proc/net/tcp", encoding="ascii") as f:
		rows = [line.split() for line in f][1:]
	listens = "0A"
	return [r for r in rows if r[1].endswith(f":{port:04X}") and r[3] != listens and r[9] != "0"]


def test_many_readers_get_a_page_and_leave_nothing_behind(busy):
	d, c, port = busy

	def descriptors():
		"""But for rings: the one for the next capture is made when there is nothing else to do."""
		found = []
		for fd in os.listdir(f"/proc/{d.proc.pid}/fd"):
			with contextlib.suppress(FileNotFoundError):
				found.append(os.readlink(f"/proc/{d.proc.pid}/fd/{fd}"))
		return sum("reddot-capture" not in name for name in found)

	wait_for("the end of earlier connections", lambda: not connections(port))
	before = descriptors()
	for _ in range(10):
		socks = [socket.create_connection(("127.0.0.1", port), 60) for _ in range(20)]
		for s in socks:
			s.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
		for i, s in enumerate(socks):
			if i % 2:
				assert s.makefile("rb").read().startswith(b"HTTP/1.1 200 ")
			s.close()  # the others left without reading
		c("hello", version=1, client="meanwhile")
		wait_for("the end of all connections", lambda: descriptors() == before)


def test_too_many_rules_are_cut_and_it_says_so():
	rules = "".join(f"dfw rule add top {i} action drop from 10.0.{i >> 8}.{i & 255}\n" for i in range(1, 1101))
	with Daemon("--metrics", "127.0.0.1:0", lines="dfw begin\ndfw section add top\n" + rules + "dfw commit\n") as d:
		samples = scrape(port_of(d))
		assert sum(k[0] == "reddot_dfw_rule_hits_total" for k in samples) == 1000
		assert value(samples, "metrics_left_out", method="dfw_rule.list") == 100
		assert value(samples, "metrics_left_out", method="port.list") == 0


@pytest.mark.parametrize("where", ["x", "70000", "127.0.0.1", "1.2.3:1", ":80", "localhost:80", "192.0.2.1:1", "-1"])
def test_a_wrong_address_is_told(where, tmp_path):
	r = subprocess.run([REDDOTD, "--socket", f"{tmp_path}/s", "--mem", "128", "--mbufs", "1024", f"--metrics={where}"], capture_output=True,
		text=True, check=False, timeout=120, env=dict(os.environ, XDG_RUNTIME_DIR=str(tmp_path)))
	assert r.returncode == 1 and "metrics" in r.stderr and "try: " in r.stderr, r.stderr


def test_a_port_in_use_is_told(busy, tmp_path):
	r = subprocess.run([REDDOTD, "--socket", f"{tmp_path}/s", "--mem", "128", "--mbufs", "1024", f"--metrics={busy[2]}"],
		capture_output=True, text=True, check=False, timeout=120)
	assert r.returncode == 1 and "Address already in use" in r.stderr


def test_other_addresses():
	if not socket.has_ipv6 or not os.path.exists("/proc/net/if_inet6"):
		pytest.skip("skip: no IPv6")
	with Daemon("--metrics", "[::]:0") as d:
		port = int(wait_for("the address", lambda: re.search(r"metrics at http://\[::\]:(\d+)/", d.text()))[1])
		assert "there is no password" in d.text()
		c = http.client.HTTPConnection("::1", port, timeout=60)
		c.request("GET", "/metrics")
		assert c.getresponse().status == 200
