# SPDX-License-Identifier: BSD-3-Clause
#
# pktcap as a tool: files that replay, ends that are not nice (full disk, dead daemon, closed pipe), counts, following, and
# what it says when nothing comes.
import fcntl
import json
import os
import re
import signal
import struct
import subprocess
import termios
import time

import pytest
from rdtest import DEMO, PCAPS, PKTCAP, SOURCE, Daemon, wait_for

from pktcap import Pktcap

SYN = ("inject", "vmnic1", "pcap", f"{PCAPS}/emulated-syn.pcap")
RECORDS = 35  # of the SYN and its SYN-ACK in the emulated demo, all stages


@pytest.fixture(name="d")
def daemon():
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d:
		yield d


def tool(*args, rc=0):
	r = subprocess.run([PKTCAP, *args], capture_output=True, text=True, timeout=60, check=False)
	assert r.returncode == rc, r.stderr
	return r.stdout if rc == 0 else r.stderr


def tshark(path, *args):
	return subprocess.run(["tshark", "-r", path, *args], capture_output=True, text=True, check=True).stdout


def whole_walk(d, *captures):
	d.cli(*SYN)
	wait_for("all records", lambda: d.client().list("capture.list")[0]["captured"] >= RECORDS)
	for c in captures:
		c.finish()


@pytest.fixture(name="walked")
def walked_file(d):
	"""Live output of every kind, and the file of the same packets."""
	path = d.dir + "/all.pcapng"
	with Pktcap(d, "--json") as live, Pktcap(d, "--trace") as trace, Pktcap(d, "-w", path) as file, Pktcap(d) as text:
		whole_walk(d, live, trace, file, text)
	return path, live, trace.stdout.decode(), text.stdout.decode()


def test_a_file_replays_what_was_live(walked):
	path, live, trace, text = walked
	assert len(live.records()) == RECORDS
	replayed = tool("-r", path, "--json")
	assert replayed == live.stdout.decode()
	assert tool("-r", path, "--trace") == trace
	assert tool("-r", path) == text


def test_a_file_saved_by_wireshark_replays(walked):
	path, live, _, _ = walked
	copy = path.replace("all", "copy")
	subprocess.run(["editcap", path, copy], check=True)
	assert tool("-r", copy, "--json") == live.stdout.decode()
	tshark(path, "-w", copy)
	assert tool("-r", copy, "--json") == live.stdout.decode()


def test_replay_filters_and_follows(walked):
	path, live, _, _ = walked
	assert tool("-r", path, "--capture", "drop,mux_tx", "--json").count("\n") == 1
	outer = tool("-r", path, "--outer-only", "udp port 6081").splitlines()
	assert outer and all("6081" in line for line in outer)
	followed = tool("-r", path, "--follow", "--json", "src host 172.16.31.26").count("\n")
	assert followed == sum(r["packet_id"] == live.records()[0]["packet_id"] for r in live.records())


def test_pcapng_carries_the_walk(walked):
	path, live, _, _ = walked
	rows = tshark(path, "-T", "fields", "-e", "frame.interface_name", "-e", "frame.packet_id",
		"-e", "frame.packet_flags_direction").splitlines()
	wanted = []
	for r in live.records():
		name = r["port"].split("/")[1]
		flags = {"rx": "0x00000001", "tx": "0x00000002", "": "0x00000000"}[r["dir"]]
		wanted.append(f"{r['host']}/{r['stage']}@{name}\t{r['packet_id']}\t{flags}")
	assert rows == wanted
	assert tshark(path, "-Y", 'frame.comment contains "rule=1041"') != ""


def test_count_is_exact(d):
	with Pktcap(d, "-c", "3") as c:
		d.cli(*SYN)
		assert c.wait() == 0
	assert len(c.stdout.splitlines()) == 3
	assert re.search(r"^3 packets captured$", c.stderr, re.M)


def test_one_walk_and_out(d):
	with Pktcap(d, "--follow", "-c", "1", "src host 172.16.31.26") as c:
		d.cli(*SYN, "count", "3")
		assert c.wait() == 0
	text = c.stdout.decode()
	assert text.count("walk ") == 1 and "DELIVERED" in text and "- geneve vni 0x12400 (74752)" in text


def test_following_from_a_port(d):
	with Pktcap(d, "--json", "--follow", "--uplink", "x86/vmnic2", "--dir", "1") as c:
		d.cli(*SYN)
		c.wait_stdout(r'"stage":"uplink_tx","port":"arm/vmnic1"')
		c.finish()
	records = c.records()
	assert (records[0]["stage"], records[0]["port"]) == ("uplink_tx", "x86/vmnic2")
	assert {r["packet_id"] for r in records} == {records[0]["packet_id"]}
	assert len(records) > 5


def test_whole_walks_of_dropped_packets(d):
	path = d.dir + "/all.pcapng"
	with Pktcap(d, "--trace", "-c", "1", "--capture", "drop") as c, Pktcap(d, "-w", path) as file:
		d.cli(*SYN)
		d.cli("inject", "vmnic1", "pcap", f"{PCAPS}/malformed/dfw_rule_deny.pcap")
		assert c.wait() == 0
		file.finish()
	text = c.stdout.decode()
	assert text.count("walk ") == 1 and "   0 uplink_rx@arm/vmnic1" in text and "6 drop@" in text
	assert "try: show dfw port arm/gs-ubuntu-01.eth0.7c520dd4" in text
	assert tool("-r", path, "--trace", "--capture", "drop") == text


def test_workers_merge_in_order():
	with Daemon("--workers", "2", files=[f"{DEMO}/emulated.rd"]) as d:
		with Pktcap(d, "--json") as c:
			for _ in range(5):
				d.cli(*SYN, "count", "20")
			c.wait_stdout(r'"stage":"uplink_tx","port":"arm/vmnic1"')
			c.finish()
	times = [r["ns"] for r in c.records()]
	assert len(times) > 100 and times == sorted(times)


def status(pid, field):
	with open(f"/proc/{pid}/status", encoding="ascii") as f:
		return re.search(rf"^{field}:\s*(.*)$", f.read(), re.M)[1]


def is_stuck(pid):
	"""Asleep, and not in poll(), which would wake it every few milliseconds."""
	before = status(pid, "voluntary_ctxt_switches")
	time.sleep(0.05)
	return status(pid, "voluntary_ctxt_switches") == before


def test_ctrl_c_while_nobody_reads(d):
	"""A signal that comes in the middle of a write loses no record."""
	with open(d.dir + "/err", "w+", encoding="utf-8") as err, subprocess.Popen(
		[PKTCAP, "--socket", d.path, "--json"], stdout=subprocess.PIPE, stderr=err) as p:
		fcntl.fcntl(p.stdout, fcntl.F_SETPIPE_SZ, 4096)
		wait_for("the taps", lambda: "capturing at" in open(d.dir + "/err", encoding="utf-8").read())
		d.cli(*SYN, "count", "20")
		wait_for("a full pipe", lambda: struct.unpack("=i", fcntl.ioctl(p.stdout, termios.FIONREAD, bytes(4)))[0] == 4096)
		wait_for("a write that blocks", lambda: is_stuck(p.pid))
		p.send_signal(signal.SIGINT)
		wait_for("the signal's arrival", lambda: int(status(p.pid, "ShdPnd"), 16) == 0)
		lines = p.stdout.read().splitlines()
		assert p.wait(60) == 0, open(d.dir + "/err", encoding="utf-8").read()
	said = open(d.dir + "/err", encoding="utf-8").read()
	assert f"{len(lines)} packets captured\n" in said and len(lines) > 10
	assert all(json.loads(line)["stage"] for line in lines)


def test_the_daemon_dies():
	d = Daemon(files=[f"{DEMO}/emulated.rd"])
	try:
		path = d.dir + "/dead.pcapng"
		with Pktcap(d, "-w", path) as c:
			d.cli(*SYN)
			wait_for("records", lambda: d.client().list("capture.list")[0]["captured"] >= RECORDS)
			d.proc.send_signal(signal.SIGKILL)
			d.proc.wait()
			assert c.wait() == 1
		assert "the daemon is gone" in c.stderr and f"{RECORDS} packets captured" in c.stderr
		assert len(tshark(path).splitlines()) == RECORDS
	finally:
		d.remove()


def test_somebody_stops_it(d):
	with Pktcap(d) as c:
		d.cli(*SYN)
		c.wait_stdout("vnic_tx@")
		d.client()("capture.stop", session=d.client().list("capture.list")[0]["session"])
		assert c.wait() == 1
	assert "somebody stopped this capture" in c.stderr and f"{RECORDS} packets captured" in c.stderr


def test_the_disk_is_full(d):
	path = d.dir + "/full.pcapng"
	with Pktcap(d, "-w", path, prefix=["prlimit", "--fsize=100000"]) as c:
		d.cli(*SYN, "count", "100")
		assert c.wait() == 1
	stored = int(re.search(r"the file has (\d+) whole packets", c.stderr).group(1))
	assert len(tshark(path).splitlines()) == stored > 0
	assert re.search(r"packets captured, \d+ of them not stored", c.stderr)
	assert 98000 < os.path.getsize(path) <= 100000
	wait_for("the session's end", lambda: not d.client().list("capture.list"))


def test_the_pipe_is_closed(d):
	read, write = os.pipe()
	with Pktcap(d, stdout=write) as c:
		os.close(write)
		os.close(read)
		d.cli(*SYN)
		assert c.wait() == 0
	assert c.stderr.count("\n") == 1  # what it says at the start, no more
	wait_for("the session's end", lambda: not d.client().list("capture.list"))


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGHUP])
def test_signals_end_it_well(d, sig):
	with Pktcap(d) as c:
		c.finish(sig=sig)
	assert "0 packets captured" in c.stderr


def test_why_nothing_came(d):
	with Pktcap(d, "--uplink", "arm/vmnic0") as c:
		c.finish()
	assert "port arm/vmnic0 has no device" in c.stderr
	with Pktcap(d, "--uplink", "vmnic1", "tcp port 99") as c:
		d.cli(*SYN)
		wait_for("packets", lambda: d.client().list("capture.list")[0]["seen"] > 0)
		c.finish()
	assert re.search(r'\d packets? passed, but the filter "tcp port 99" matched none', c.stderr)


def test_hits_and_misses(d):
	"""The second SYN of a flow is a hit; each point has its own packets only."""
	with Pktcap(d, "--capture", "flow_hit", "--json") as hit, Pktcap(d, "--capture", "flow_miss", "--json") as miss:
		d.cli(*SYN)
		miss.wait_stdout(r'"flow_hit":"miss"')
		d.cli(*SYN)
		hit.wait_stdout(r'"flow_hit":"hit"')
		for c, word in ((hit, "hit"), (miss, "miss")):
			records = c.finish().records()
			assert records and {(r["flow_hit"], r["prev_stage"]) for r in records} == {(word, "flow_lookup")}


def test_first_drop(d):
	with Pktcap(d, "--first-drop") as c, Pktcap(d, "--first-drop", "DFW_*") as none:
		for _ in range(2):
			d.cli("inject", "vmnic1", "pcap", f"{PCAPS}/malformed/parse_ip_csum.pcap")
		assert c.wait() == 0
		none.finish()
	line, = c.stdout.decode().splitlines()
	assert line.endswith("DROP reason=PARSE_IP_CSUM stage=classify")
	assert none.stdout == b""


def test_a_vm_by_name(d):
	with Pktcap(d, "--vm", "gs-ubuntu-01", "--dir", "rx", "--json") as c, \
			Pktcap(d, "--dvfilter", "nic-100663333-eth0-vmware-sfw.2", "-c", "1", "--json") as f, \
			Pktcap(d, "--fcport", "0.3", "-c", "1", "--json") as u:
		d.cli(*SYN)
		c.wait_stdout('"port_in"')
		assert f.wait() == 0 and u.wait() == 0
		ports = {r["port"] for r in c.finish().records()}
	assert ports == {"x86/gs-ubuntu-01.eth0", "arm/gs-ubuntu-01.eth0.7c520dd4"}
	assert [r["stage"] for r in f.records()] == ["dfw_in"]
	assert [r["port"] for r in u.records()] == ["arm/vmnic1"]


def test_lists():
	own, theirs = tool("-A").split("\n\n")
	with open(f"{SOURCE}/dataplane/api/stages.def", encoding="utf-8") as f:
		stages = re.findall(r"^RD_STAGE\(\d+, \w+, (\w+),", f.read(), re.M)
	assert [line.split()[0] for line in own.splitlines()] == ["POINT", *stages, "flow_hit", "flow_miss"]
	numbers = [line.split()[1] for line in theirs.splitlines()[1:]]
	assert numbers == [str(i) for i in range(1, 32)]
	assert re.search(r"^EtherswitchDispath +8 +classify$", theirs, re.M)
	assert tool("-F").split() == stages
	with Daemon(files=[f"{DEMO}/upt.rd"]) as d:
		ports = tool("--socket", d.path, "-D")
		arm = tool("--socket", d.path, "-D", "--host", "arm")
	assert "bypassed by arm/cluster1-ubuntu-vm8.eth0.7c520dd0 (100663329)" in ports
	assert "x86/" in ports and " x86/" not in arm


@pytest.mark.parametrize("args", [["--uplink", "vmnic77"], ["--capture", "nowhere"], ["tcp prot 80"], ["--vmk", "vmnic1"],
	["-i", "nothing"], ["--host", "mars"], ["-o", "/nonexistent/f"]], ids=lambda a: a[0])
def test_errors_say_what_to_try(d, args):
	text = tool("--socket", d.path, *args, rc=1)
	assert text.startswith("pktcap: ") and "; try: " in text
	assert not d.client().list("capture.list")


def test_filters_get_advice(d):
	"""What can match nothing is said to, with what to write instead; libpcap may refuse it, too."""
	text = tool("--socket", d.path, "tcp port 80 and 10.1.1.10", rc=1)
	assert "warning: 10.1.1.10 alone is not an address to look for; write: host 10.1.1.10" in text
	with Pktcap(d, "geneve", "and", "tcp", "and", "udp") as c:
		c.finish()
	assert c.stderr.startswith("pktcap: warning: no packet is both tcp and udp; write: tcp or udp\n")
	with Pktcap(d, "--switchport", "arm/vmnic1", "--capture", "classify", "--dir", "tx") as c:
		c.finish()
	assert c.stderr.startswith("pktcap: warning: --capture says where, --dir changes nothing")


def test_points_that_a_port_never_passes(d):
	with Pktcap(d, "--uplink", "vmnic1", "--capture", "VnicTx") as c:
		c.finish()
	assert c.stderr.startswith("pktcap: warning: no packet of port arm/vmnic1 is ever at these points; write: --capture uplink_rx,uplink_tx\n")
	with Pktcap(d, "--uplink", "vmnic1", "--capture", "EnsPortReaderRx") as c:
		c.finish()
	assert "warning" not in c.stderr


def test_a_wrong_filter_leaves_the_file_alone(d):
	path = d.file("precious.pcap", "precious")
	tool("--socket", d.path, "-w", path, "no filter at all", rc=1)
	with open(path, encoding="utf-8") as f:
		assert f.read() == "precious"
