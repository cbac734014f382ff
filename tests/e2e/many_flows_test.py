# SPDX-License-Identifier: BSD-3-Clause
#
# "show flow" of a long table: what the client needs does not grow with it, it ends when the person wants, and the daemon goes on
# meanwhile. RD_FLOWS=1000000 makes the table that long.
import json
import os
import re
import signal
import subprocess
import time

import many
import pytest
from rdtest import ENV, REDDOT, Daemon
from term import Terminal

FLOWS = int(os.environ.get("RD_FLOWS", "30000"))
FORMS = {"table": "show flow limit {n}", "json": "show flow limit {n} | json", "count": "show flow limit {n} | match udp | count",
	"sorted": "show flow limit 20 sort hits", "dump": "ens flow-table dump limit {n}", "records": "ens flow-table dump -l 0 limit {n}",
	"dump json": "ens flow-table dump limit {n} | json"}
# Of what a client may need more for a long list than for a short one: a sanitizer keeps what was freed.
GROWTH_KIB = 12000


@pytest.fixture(name="d", scope="module")
def d_(tmp_path_factory):
	lines = many.config(tmp_path_factory.mktemp("many") / "frames.pcap", FLOWS)
	with Daemon("--flow-capacity", str(2 * FLOWS), lines=lines, env=many.FREES) as d:
		with d.client() as c:
			d.entries = many.filled(c, FLOWS)
		assert d.entries > FLOWS * 0.99
		yield d


@pytest.mark.parametrize("form", FORMS)
def test_memory_is_constant(d, form):
	small = many.measured(d.path, FORMS[form].format(n=1000))
	large = many.measured(d.path, FORMS[form].format(n=d.entries))
	print(f"{form}: of 1000 {small['kib']} KiB, {small['last']:.2f} s; of {d.entries} {large['kib']} KiB, first line after "
		f"{large['first']:.3f} s, last after {large['last']:.2f} s, {large['size']} bytes")
	assert large["kib"] < small["kib"] + GROWTH_KIB
	if form not in ("count", "sorted"):
		assert large["size"] > small["size"] * d.entries / 1000 * 0.9


def test_a_long_dump_is_the_short_ones_continued(d):
	"""The same head and columns as a short one has, and each entry once."""
	short = d.cli("ens", "flow-table", "dump", "limit", "900").splitlines()
	long = d.cli("ens", "flow-table", "dump").splitlines()
	assert [x.split()[:11] for x in long[:901]] == [x.split()[:11] for x in short] and len(long) == 1 + d.entries
	assert len({tuple(x.split()[5:7]) for x in long[1:]}) == d.entries
	assert len(d.cli("ens", "flow-table", "dump", "limit", "2000").splitlines()) == 2001


def test_all_are_there_once(d):
	"""In the table's order: the daemon goes through it once."""
	with d.client() as c:
		ids = [f["id"] for f in c.list("flow.list", fields=["id"])]
	assert len(ids) == d.entries and ids == sorted(set(ids))


def test_a_reader_who_stops_stops_nobody(d):
	"""While one client is in the middle of its list and does not read on, packets pass, others are answered, and the daemon keeps no
	answers for it."""
	with d.client() as c, subprocess.Popen([REDDOT, "--socket", d.path, "-j", "show flow"], env=ENV, stdout=subprocess.PIPE) as p:
		p.stdout.readline()
		before = many.in_kib(d.proc.pid, "VmRSS")
		for i in range(20):
			c("inject", port="a", frames=[many.udp(i).hex()] * 100)
			assert sum(f["sw_hits"] for f in c.list("flow.list", limit=1000)) >= 100 * i
		packets = {s["stage"]: s["in"] for s in c.list("stage.list")}
		assert packets["vnic_tx"] == FLOWS + 2000 and c.list("drop.list") == []
		assert many.in_kib(d.proc.pid, "VmRSS") < before + 24000
		assert 1 + sum(1 for _ in p.stdout) == d.entries
		assert p.wait(60) == 0


def test_interrupted_alone(d):
	"""Ctrl-C: what was printed is whole, and the exit code says it."""
	with subprocess.Popen([REDDOT, "--socket", d.path, "-j", "show flow"], env=ENV, stdout=subprocess.PIPE, text=True) as p:
		head = p.stdout.readline()
		p.send_signal(signal.SIGINT)
		flows = json.loads(head + p.stdout.read())
		assert p.wait(60) == 130
	assert 1000 < 1000 + len(flows) < d.entries


def test_nobody_reads_any_more(d):
	done = subprocess.run(f"'{REDDOT}' --socket {d.path} show flow limit {FLOWS} | head -n 3", shell=True, env=ENV, timeout=120,
		check=True, capture_output=True, text=True)
	assert done.stdout.count("\n") == 3


def read_until(term, pattern):
	"""The raw output up to a match: a list of this length is not for an emulator."""
	text = b""
	while not re.search(pattern, text[-200:] if len(text) > 200 else text):
		text += term.child.read_nonblocking(65536, timeout=120)
	return text


PROMPT = rb"reddot h> (\x1b\[[?0-9;]*[a-zA-Z])*$"


@pytest.mark.parametrize("keys", ["\x03", "q"])
@pytest.mark.parametrize("line", ["show flow limit {n}", "ens flow-table dump"])
def test_interrupted_in_the_shell(d, line, keys):
	"""Ctrl-C, and q in the pager: the prompt is there long before the list would end, and the shell goes on."""
	with Terminal("--socket", d.path) as t:
		t.run("dfw begin")
		t.send(line.format(n=FLOWS) + (" | no-more\r" if keys == "\x03" else "\r"))
		read_until(t, rb"10.200.0.1" if keys == "\x03" else rb"more: space")
		begun = time.monotonic()
		t.send(keys)
		text = read_until(t, PROMPT)
		print(f"{keys!r} to the prompt: {time.monotonic() - begun:.3f} s, {len(text)} bytes later")
		assert text.count(b"10.200.0.1") < d.entries / 2
		t.send("show host\r")
		assert b"SWITCHES" in read_until(t, PROMPT)
		t.send("dfw abort\r")  # the connection is the same: it has its draft
		assert b"error" not in read_until(t, PROMPT)
		t.send("exit\r")
		t.child.wait()
