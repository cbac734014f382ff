# SPDX-License-Identifier: BSD-3-Clause
#
# tcpdump's options for text: what pktcap prints of a file is what /usr/bin/tcpdump prints of it, after where the packet was.
import os
import re
import struct
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
	"-vvXtttt", "-qxt", "-e -n -l -U", "--nano", "-vK", "-vvK"])
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


def test_print_besides_a_live_file(tmp_path):
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d, Pktcap(d, "--uplink", "vmnic1", "-c", "1", "--print", "-w", tmp_path / "f.pcap") as p:
		d.cli("inject", "vmnic1", "pcap", f"{PCAPS}/emulated-syn.pcap")
		assert p.wait() == 0
	assert len(p.stdout.splitlines()) == 1 and len(theirs(tmp_path / "f.pcap").splitlines()) == 1


@pytest.mark.parametrize("option", ["--print", "--console"])
def test_print_besides_a_file(walk, tmp_path, option):
	"""Text as well as a file; without it the file alone."""
	path = tmp_path / "f.pcapng"
	assert ours(walk, "-w", path) == ""
	assert ours(walk, "-w", path, option) == ours(walk) == ours(path)


def test_link_headers_and_numbers_are_always_there(walk):
	"""-e and -n change nothing: text is tcpdump's with both, and not what it is without them."""
	text = ours(walk, "-t")
	assert text == ours(walk, "-t", "-e") == ours(walk, "-t", "-n") == ours(walk, "-t", "-en")
	lines = [re.sub(f"^{WHERE}", "", line) for line in text.splitlines()]
	tcpdump = ["tcpdump", "-tr", walk]
	assert lines == subprocess.run([*tcpdump, "-e", "-n"], capture_output=True, text=True, check=True).stdout.splitlines()
	for less in ("-e", "-n"):
		assert lines != subprocess.run([*tcpdump, less], capture_output=True, text=True, check=True).stdout.splitlines()


def test_checksums_are_not_looked_at(walk):
	assert "cksum 0x" in ours(walk, "-v") and "cksum" not in ours(walk, "-v", "-K") and "sum" not in ours(walk, "-vvK")


@pytest.fixture(name="many", scope="module")
def many_packets(walk, tmp_path_factory):
	"""A file of some hundred packets."""
	path = tmp_path_factory.mktemp("many") / "many.pcapng"
	subprocess.run(["mergecap", "-a", "-w", path, *[walk] * 20], check=True)
	return path


def reads_of(path, *options):
	"""What single reads give of its standard output: a pipe that keeps writes apart."""
	out, into = os.pipe2(os.O_DIRECT)
	with subprocess.Popen([PKTCAP, "-r", path, *options], stdout=into, stderr=subprocess.PIPE, env=ENV) as p:
		os.close(into)
		got = list(iter(lambda: os.read(out, 1 << 16), b""))
		os.close(out)
		assert p.wait(DEADLINE) == 0, p.stderr.read()
	return got


def test_each_line_by_itself(many):
	lines = reads_of(many, "-l")
	assert len(lines) > 100 and all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in lines)
	collected = reads_of(many)
	assert b"".join(collected).count(b"\n") == len(lines) > 10 * len(collected)


def writes_of(*argv):
	"""Its exit must be 0. How often it called write()."""
	p = subprocess.Popen([PKTCAP, *map(str, argv)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENV)
	os.waitid(os.P_PID, p.pid, os.WEXITED | os.WNOWAIT)
	with open(f"/proc/{p.pid}/io", encoding="ascii") as f:
		count = int(re.search(r"^syscw: (\d+)$", f.read(), re.M).group(1))
	assert p.wait() == 0
	return count


@pytest.mark.parametrize("name", ["x.pcap", "x.pcapng"])
def test_each_packet_by_itself(many, tmp_path, name):
	"""-U: a write per packet; without it they are collected. The files are the same."""
	packets = len(theirs(many).splitlines())
	collected = writes_of("-r", many, "-w", tmp_path / name)
	each = writes_of("-r", many, "-w", tmp_path / f"U-{name}", "-U")
	assert collected + packets * 9 // 10 <= each and collected < packets // 10
	assert (tmp_path / name).read_bytes() == (tmp_path / f"U-{name}").read_bytes()


@pytest.mark.parametrize("name", ["x.pcap", "x.pcapng"])
def test_each_packet_packed_by_itself(many, tmp_path, name):
	"""-U with --compress: a zstd frame per packet, each whole by itself; unpacked, the file is the same as without both."""
	plain, packed = tmp_path / name, tmp_path / f"packed-{name}"
	packets = len(theirs(many).splitlines())
	assert writes_of("-r", many, "-w", packed, "-U", "--compress", "zstd") >= packets * 9 // 10 > writes_of("-r", many, "-w", plain)
	unpacked = subprocess.run(["zstd", "-dc", packed], stdout=subprocess.PIPE, check=True).stdout
	assert unpacked == plain.read_bytes()
	frames = packed.read_bytes().split(b"\x28\xb5\x2f\xfd")[1:]  # zstd's magic number
	assert len(frames) >= packets
	some = subprocess.run(["zstd", "-dc"], input=b"\x28\xb5\x2f\xfd" + frames[len(frames) // 2], stdout=subprocess.PIPE, check=True).stdout
	assert 0 < len(some) < len(unpacked) / 10 and some in unpacked


def test_microseconds_in_a_file(walk, tmp_path):
	"""--micro: classic pcap for readers that know nothing else; --nano takes that back."""
	for options, magic in ((["--micro"], 0xa1b2c3d4), (["--nano"], 0xa1b23c4d), ([], 0xa1b23c4d), (["--micro", "--nano"], 0xa1b23c4d)):
		path = tmp_path / "t.pcap"
		ours(walk, "-w", path, *options)
		assert struct.unpack("<I", path.read_bytes()[:4]) == (magic,)
		times = re.findall(r"^\S+", theirs(path, "-tt", "--micro" if magic == 0xa1b2c3d4 else "--nano"), re.M)
		want = re.findall(r"^\S+", theirs(walk, "-tt", "--nano"), re.M)
		assert times == [t[:-3] for t in want] if magic == 0xa1b2c3d4 else times == want


def test_nano_after_micro_in_text(walk):
	assert ours(walk, "--micro", "--nano") == ours(walk) != ours(walk, "--micro")
