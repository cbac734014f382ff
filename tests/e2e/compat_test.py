# SPDX-License-Identifier: BSD-3-Clause
#
# pktcap as pktcap-uw: the banner, packets, PATH and trailer line by line, on the demos' packets; its own defaults.
import json
import re
import subprocess

import pytest
from rdtest import DEMO, ENV, PCAPS, PKTCAP, Daemon

import oracles
from pktcap import DEADLINE, Process

TIME = r"\d\d:\d\d:\d\d\.\d{6}"
WAITING = ["Local CID 2", "Listen on port 38100", "Accept...Vsock connection from port 1027 cid 2"]
SELECT = "No server port specifed, select 38100 as the port"
CONSOLE = "Output the packet info to console."
PLAIN = "TSO not enabled, Checksum not offloaded and not verified"


@pytest.fixture(name="d", scope="module", params=["emulated", "upt"])
def daemon(request):
	with Daemon(files=[f"{DEMO}/{request.param}.rd"]) as d:
		d.name = request.param
		d.syn = ("inject", "vmnic1", "pcap", f"{PCAPS}/{request.param}-syn.pcap")
		d.syn_bytes, = oracles.read_pcap(f"{PCAPS}/{request.param}-syn.pcap")
		yield d


@pytest.fixture(name="uw", scope="module")
def by_name(tmp_path_factory):
	"""The program by that name, as it is installed."""
	path = tmp_path_factory.mktemp("bin") / "pktcap-uw"
	path.symlink_to(PKTCAP)
	return str(path)


def lines_of(d, argv, *inject, ready="Accept...Vsock"):
	"""What is printed, once it ended by itself."""
	with Process([argv[0], "--socket", d.path, *argv[1:]]) as p:
		p.wait_stdout("^" + re.escape(ready))
		d.cli(*(inject or d.syn))
		assert p.wait() == 0, p.stderr
		assert not re.search("Sanitizer|runtime error", p.stderr), p.stderr
	return p.stdout.decode().splitlines()


def hex_rows(frame):
	"""0x0000:  8 words a row"""
	for at in range(0, len(frame), 16):
		row = frame[at:at + 16].hex()
		yield f"0x{at:04x}:  " + " ".join(row[i:i + 4] for i in range(0, len(row), 4))


def packet_lines(frame, point, number=1, length=None):
	length = length or f"length {len(frame)}."
	return [re.compile(rf"{TIME}\[{number}\] " + re.escape(f"Captured at {point} point, {PLAIN}, {length}") + "$"),
		f"Segment[0] ---- {len(frame)} bytes:", *hex_rows(frame)]


def same(lines, want):
	assert len(lines) == len(want), "\n".join(lines)
	for line, w in zip(lines, want):
		assert w.match(line) if isinstance(w, re.Pattern) else line == w, f"{line!r}, not {w!r}"


def test_uplink_by_name(d, uw):
	"""Rx only is the default, and each setting has its line."""
	lines = lines_of(d, [uw, "--uplink", "vmnic1", "--proto", "0x11", "--srcip", "192.168.4.57", "-c", "1"])
	same(lines, ["The name of the uplink is vmnic1", "The dir is Rx", "The session filter IP protocol is 0x11",
		"The session filter source IP address is 192.168.4.57", "To capture 1 packets", SELECT, CONSOLE, *WAITING,
		*packet_lines(d.syn_bytes, "UplinkRcvKernel"), "Dumped 1 packet to console, dropped 0 packets.", "Done."])


def test_one_dash_and_a_point(d, uw):
	lines = lines_of(d, [uw, "-capture", "EtherswitchDispath", "-count", "1", "-snaplen", "24", "-port", "4000"])
	same(lines, ["The session capture point is EtherswitchDispath", "To capture 1 packets", CONSOLE, "Local CID 2",
		"Listen on port 4000", WAITING[2],
		*packet_lines(d.syn_bytes[:24], "EtherswitchDispath", length=f"capture length 24 of {len(d.syn_bytes)}."),
		"Dumped 1 packet to console, dropped 0 packets.", "Done."])


def test_the_name_that_was_asked_for(d, uw):
	for asked, said in (("uplinkrcv", "UplinkRcv"), ("EtherswitchDispatch", "EtherswitchDispath"), ("EnsPortReaderRx", "EnsPortReaderRx")):
		lines = lines_of(d, [uw, "--uplink", "vmnic1", "--capture", asked, "-c", "1"])
		assert any(f"[1] Captured at {said} point" in line for line in lines), lines


def test_stage_of_a_dvfilter(d, uw):
	"""--stage and --capture are the same point; only the banner differs."""
	port = {"emulated": "arm/gs-ubuntu-01.eth0.7c520dd4", "upt": "arm/cluster1-ubuntu-vm8.eth0.7c520dd0"}[d.name]
	staged = lines_of(d, [uw, "--dvfilter", port, "--stage", "pre", "--dir", "1", "-c", "1"])
	assert staged[:3] == [f"The name of the dvfilter is {port}", "The dir is Tx", "The Stage is Pre"]
	named = lines_of(d, [uw, "--dvfilter", port, "--capture", "PreDVFilter", "-c", "1"])
	assert named[:2] == [f"The name of the dvfilter is {port}", "The session capture point is PreDVFilter"]
	assert [line for line in staged if "0x" in line] == [line for line in named if "0x" in line]
	for lines in (staged, named):
		assert "Captured at PreDVFilter point" in lines[lines.index(WAITING[2]) + 1]


def test_trace(d, uw):
	lines = lines_of(d, [uw, "--trace", "--uplink", "vmnic1", "-c", "1"])
	at = lines.index(WAITING[2]) + 1
	assert re.match(rf"{TIME}\[1\] Captured at PktFree point, {PLAIN}, length \d+\.$", lines[at])
	assert lines[at + 1] == "PATH:"
	end = next(i for i, line in enumerate(lines) if line.startswith("Segment[0]"))
	path = [re.fullmatch(rf"\+- \[({TIME})\] \| (\w+)", line).groups() for line in lines[at + 2:end]]
	assert [p for _, p in path][:3] == ["UplinkRcvKernel", "EtherswitchDispath", "PreOverlayInput"]
	assert [t for t, _ in path] == sorted(t for t, _ in path)
	assert lines[-2:] == ["Dumped 1 packet to console, dropped 0 packets.", "Done."]


def test_drop(d, uw):
	frame = oracles.read_pcap(f"{PCAPS}/malformed/parse_ip_csum.pcap")[0]
	lines = lines_of(d, [uw, "--capture", "Drop", "-c", "1"], "inject", "vmnic1", "pcap", f"{PCAPS}/malformed/parse_ip_csum.pcap")
	assert lines[-2 - len(list(hex_rows(frame))) - 2].endswith(
		f"Captured at Drop point, {PLAIN}, length {len(frame)}. Drop Reason 'PARSE_IP_CSUM'. Drop Function 'classify'.")


def test_vlan_tag(d, uw, tmp_path):
	from scapy.layers.inet import IP, UDP
	from scapy.layers.l2 import Dot1Q, Ether
	from scapy.utils import wrpcap

	frame = bytes(Ether(src="00:50:56:63:04:5c", dst="00:50:56:67:eb:13") / Dot1Q(vlan=602) / IP() / UDP() / (b"x" * 18))
	wrpcap(str(tmp_path / "tag.pcap"), [frame], linktype=1)
	lines = lines_of(d, [uw, "--uplink", "vmnic1", "-c", "1"], "inject", "vmnic1", "pcap", tmp_path / "tag.pcap")
	assert any(line.endswith(f"{PLAIN}, VLAN tag 602, length {len(frame)}.") for line in lines), lines


def test_stdout_is_clean(d):
	"""-o -: a plain pcap on standard output, all words on stderr; --compat is the same as the name."""
	with Process([PKTCAP, "--socket", d.path, "--uplink", "vmnic1", "-c", "1", "-o", "-", "--compat"]) as p:
		p.wait_stderr("^Accept")
		d.cli(*d.syn)
		assert p.wait() == 0
	assert len(oracles.tcpdump_lines(p.stdout)) == 1
	assert p.stderr.splitlines()[:2] == ["The name of the uplink is vmnic1", "The dir is Rx"]
	assert p.stderr.endswith("Dumped 1 packet to file -, dropped 0 packets.\nDone.\n")


def test_files(d, uw, tmp_path):
	"""pcap unless -P, whatever the points; --console besides."""
	for name, extra, magic in (("a", [], "4d3cb2a1"), ("b.pcapng", [], "4d3cb2a1"), ("c", ["-P"], "0a0d0d0a"), ("d", ["--console"], "4d3cb2a1")):
		lines = lines_of(d, [uw, "-o", str(tmp_path / name), "-c", "2", *extra])
		assert (tmp_path / name).read_bytes()[:4].hex() == magic
		assert (CONSOLE in lines) == bool("--console" in extra) == any(" Captured at " in line for line in lines)


def taken_at(lines):
	"""What a packet's lines say, less its time."""
	return [re.sub(rf"^{TIME}", "", line) for line in lines if " Captured at " in line or line.startswith("0x")]


def test_kernelside_is_the_same_point(d, uw):
	"""-K, --kernelside: accepted, and an uplink's packets come from where they come from without it."""
	plain = lines_of(d, [uw, "--uplink", "vmnic1", "-c", "1"])
	assert " Captured at UplinkRcvKernel point" in taken_at(plain)[0]
	for option in ("-K", "--kernelside"):
		assert taken_at(lines_of(d, [uw, option, "--uplink", "vmnic1", "-c", "1"])) == taken_at(plain)


def test_port_of_the_banner(d, uw):
	"""-p and --port; without them the line before says that one was chosen."""
	for option in ("-p", "--port"):
		lines = lines_of(d, [uw, "--uplink", "vmnic1", "-c", "1", option, "4001"])
		assert "Listen on port 4001" in lines and SELECT not in lines


def test_json_is_clean(d):
	"""--compat --json: one object per line, all words on stderr; --dir 2 is both ways."""
	with Process([PKTCAP, "--socket", d.path, "--compat", "--json", "--uplink", "vmnic1", "--dir", "2", "-c", "1"]) as p:
		p.wait_stderr("^Accept")
		d.cli(*d.syn)
		assert p.wait() == 0
	(record,) = [json.loads(line) for line in p.stdout.splitlines()]
	assert record["stage"] == "uplink_rx" and "The dir is Rx and Tx\n" in p.stderr and p.stderr.endswith("\nDone.\n")


def test_help_is_its_own(uw):
	text = subprocess.run([uw, "-h"], capture_output=True, text=True, check=True, env=ENV, timeout=DEADLINE).stdout
	assert text.startswith("pktcap-uw [OPTIONS]") and "-p, --port N" in text
	native = subprocess.run([PKTCAP, "--help"], capture_output=True, text=True, check=True, env=ENV, timeout=DEADLINE).stdout
	assert "--compat" in native and "--port" not in native.split()
