# SPDX-License-Identifier: BSD-3-Clause
#
# ./demo itself, with the programs under test instead of a release build: both walks as JSON and as text, against the
# slides; every command that it prints is run; nothing is left behind.
import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from rdtest import DEMO, ENV, PCAPS, REDDOTD, SOURCE, Daemon

from pktcap import Pktcap
from slides import FLOW_ROWS, NET_STATS, VNI, WALKS

BUILD = Path(REDDOTD).resolve().parents[1]
KEYS = {"stage", "port", "port_id", "dir", "len", "ns", "packet_id", "flow", "verdict"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
	"""A copy of the script in a folder that looks like ours, but for build/. Returns a function that runs it."""
	folder = tmp_path_factory.mktemp("demo")
	shutil.copy(f"{SOURCE}/demo", folder)
	for name in ("tests", "pcaps"):
		(folder / name).symlink_to(f"{SOURCE}/{name}")
	(folder / "build").symlink_to(BUILD)
	temporary = folder / "tmp"
	temporary.mkdir()

	def run(*args, rc=0):
		done = subprocess.run([folder / "demo", *args], capture_output=True, text=True, timeout=300, check=False,
			env={**ENV, "TMPDIR": str(temporary)}, stdin=subprocess.DEVNULL)
		assert done.returncode == rc, f"{done.returncode}\n{done.stdout}{done.stderr}"
		assert os.listdir(temporary) == [], "temporary files were left behind"
		assert running(temporary) == [], "processes were left behind"
		return done

	return run


def running(folder):
	"""Processes that name the folder on their command line."""
	found = []
	for p in Path("/proc").glob("[0-9]*/cmdline"):
		try:
			if str(folder).encode() in p.read_bytes():
				found.append(p.parent.name)
		except OSError:
			pass  # it ended
	return found


def hop(o):
	return o["stage"], o["port_id"], o["port"], o["dir"], o["len"]


@pytest.mark.parametrize("which", [("all",), (), ("emulated",), ("upt",)], ids=["all", "bare", "emulated", "upt"])
def test_json(demo, which):
	names = list(WALKS) if which in (("all",), ()) else list(which)
	hops = [json.loads(line) for line in demo(*which, "--json").stdout.splitlines()]
	assert [hop(o) for o in hops] == [h for n in names for walk in WALKS[n].hops for h in walk]
	assert all(KEYS <= set(o) for o in hops)
	assert [o["ns"] for o in hops] == sorted(o["ns"] for o in hops)
	at = 0
	for walk in (w for n in names for w in WALKS[n].hops):
		part, at = hops[at:at + len(walk)], at + len(walk)
		assert len({o["packet_id"] for o in part}) == 1
		assert part[-1]["verdict"] in ("sent", "delivered")
	assert len({o["packet_id"] for o in hops}) == 2 * len(names)


@pytest.fixture(scope="module")
def text(demo):
	return demo("all").stdout


def blocks(text):
	"""The hops' paragraphs, in order."""
	return re.split(r"^--- hop ", text, flags=re.M)[1:]


def test_text_blocks(text):
	wanted = [(h, line) for w in WALKS.values() for hops, inner, outer in (
		(w.hops[0], w.syn, w.syn_line), (w.hops[1], w.synack, w.synack_line))
		for h in hops for line in [outer if h[4] == 132 else inner]]
	found = blocks(text)
	assert len(found) == len(wanted)
	for block, ((stage, port_id, port, _, _), line) in zip(found, wanted):
		assert f": {stage} at {port} ---" in block
		assert re.search(rf"^ +{port_id} ", block, re.M), "its net-stats -l row"
		assert re.search(rf"^ +Packet: +{re.escape(line)}$", block, re.M)
		assert re.search(r"^ +Command: +pktcap ", block, re.M)


def test_text_ends(text):
	"""The SYN reaches the guest, as the slides' last line says; the SYN-ACK leaves on the wire."""
	assert re.findall(r"^Packet (\w+)\.$", text, re.M) == ["delivered", "sent"] * len(WALKS)


def test_text_net_stats(text):
	rows = [line.split() for line in text.splitlines()]
	for table in NET_STATS.values():
		for port_id, row in table.items():
			assert [str(port_id), *row] in rows


def test_text_flow_rows(text):
	lines = {re.sub(r"\s+", " ", re.sub(r"(inval\(s\)|len):\d+", r"\1:N", line)).strip() for line in text.splitlines()}
	for rows in FLOW_ROWS.values():
		assert set(rows) <= lines
	assert f"VNI: {VNI}" in text


def test_text_of_the_empty_capture(text):
	tail = text[text.index("one more SYN"):]
	assert "134217764" in tail and "bypassed" in tail and "pktcap --switchport 100663329 --dir 2" in tail
	assert re.search(r"^ *0 packets captured", tail, re.M) and re.search(r"^ *1 packets? captured", tail, re.M)


def test_commands_that_it_prints(text):
	"""Typed as they stand, each shows the packet of its hop."""
	parts = text.split("one more SYN")[0]
	commands = {}
	for block in blocks(parts):
		command = re.search(r"^ +Command: +(pktcap .*) \| tcpdump -enr -$", block, re.M).group(1)
		packet = re.search(r"^ +Packet: +(.*)$", block, re.M).group(1)
		name = "upt" if "cluster1" in block else "emulated"
		commands.setdefault(name, {}).setdefault(command, []).append(packet)
	for name, table in commands.items():
		for command, packets in table.items():
			with Daemon(files=[f"{DEMO}/{name}.rd"]) as d:
				with Pktcap(d, *shlex.split(command)[1:], "-c", "2") as p:
					d.cli("inject", "vmnic1", "pcap", f"{PCAPS}/{name}-syn.pcap")
					assert p.wait() == 0
				out = subprocess.run(["tcpdump", "-entr", "-"], input=p.stdout, capture_output=True, check=True).stdout
				assert set(out.decode().splitlines()) == set(packets), command


def test_unknown_word(demo):
	done = demo("emulate", rc=1)
	assert "emulate" in done.stderr and "./demo [emulated|upt|all] [--json]" in done.stderr


def test_help(demo):
	assert "./demo [emulated|upt|all] [--json]" in demo("--help").stdout
