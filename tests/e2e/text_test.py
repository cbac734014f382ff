# SPDX-License-Identifier: BSD-3-Clause
#
# tcpdump's options for text: what pktcap prints of a file is what /usr/bin/tcpdump prints of it, after where the packet was.
import re
import subprocess

import pytest
from rdtest import DEMO, ENV, PCAPS, PKTCAP, Daemon

from pktcap import DEADLINE, Pktcap

WHERE = r"(?:[\w/]+@\S+|[a-z_]+) (?:In |Out )?"  # stage@port, and the direction


@pytest.fixture(name="walk", scope="module")
def walk_file(tmp_path_factory):
	"""A SYN and its SYN-ACK at every stage, in a tunnel and outside."""
	path = tmp_path_factory.mktemp("text") / "walk.pcapng"
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d, Pktcap(d, "--json", "-w", path) as p:
		d.cli("inject", "vmnic1", "pcap", f"{PCAPS}/emulated-syn.pcap")
		p.wait_stdout(r'"stage":"uplink_tx","port":"arm/vmnic1"')
		p.finish()
	return path


def ours(path, *options):
	r = subprocess.run([PKTCAP, "-r", path, *options], capture_output=True, text=True, env=ENV, timeout=DEADLINE, check=True)
	assert r.stderr == ""
	return r.stdout


def theirs(path, *options):
	return subprocess.run(["tcpdump", "-enr", path, *options], capture_output=True, text=True, timeout=DEADLINE,
		check=True).stdout


@pytest.mark.parametrize("options", ["", "-v", "-vv", "-x", "-xx", "-X", "-XX", "-t", "-tt", "-ttt", "-tttt", "-ttttt", "-q", "-S",
	"-vvXtttt", "-qxt", "-e -n -l -U", "--nano"])
def test_as_tcpdump(walk, options):
	options = options.split()
	want = theirs(walk, *[o for o in options if o != "--nano"], "--nano").splitlines()
	got = ours(walk, *options).splitlines()
	time = r"(|[ -]?[\d:.]+ |\d{4}-\d\d-\d\d [\d:.]+ )"
	# A packet's first line is the one that does not begin as a line of details does.
	got = [re.sub(f"^{time}{WHERE}", r"\1", line) if not re.match(r"\t|    \d", line) else line for line in got]
	assert got == want


def test_microseconds(walk):
	assert re.match(r"\d\d:\d\d:\d\d\.\d{6} uplink_rx@", ours(walk, "--micro"))
	deltas = re.findall(r"^ 00:00:\d\d\.\d{6} ", ours(walk, "--micro", "-ttt"), re.M)
	assert len(deltas) == len(theirs(walk).splitlines())


def test_print_besides_a_file(tmp_path):
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d, Pktcap(d, "--uplink", "vmnic1", "-c", "1", "--print", "-w", tmp_path / "f.pcap") as p:
		d.cli("inject", "vmnic1", "pcap", f"{PCAPS}/emulated-syn.pcap")
		assert p.wait() == 0
	assert len(p.stdout.splitlines()) == 1 and len(theirs(tmp_path / "f.pcap").splitlines()) == 1
