# SPDX-License-Identifier: BSD-3-Clause
#
# What must go wrong well: full disks, readers that are too slow, processes that are killed under traffic, wrong options,
# wrong inputs, users without rights. Every loss is counted, every file is whole up to where it ends, every error says what
# and what to try, and the daemon goes on.
import contextlib
import ctypes
import os
import re
import select
import signal
import socket
import struct
import subprocess

import pytest
from rdtest import DEMO, ENV, NOBODY, NO_OTHERS, OTHERS_CAN, PCAPS, PKTCAP, REDDOT, Daemon, wait_for

import oracles
from pktcap import Pktcap, reddot_json

SYN = f"{PCAPS}/emulated-syn.pcap"
RING = 4 << 20
SESSIONS = 32


def traffic(daemon, every="1ms"):
	"""SYNs at vmnic1, until the daemon's end."""
	return reddot_json(daemon, "inject", "vmnic1", "pcap", SYN, "every", every)["timer"]


def captures(daemon):
	with daemon.client() as c:
		return c.list("capture.list")


def nothing_armed(daemon):
	with daemon.client() as c:
		return not c.list("capture.list") and not any(s["tapped"] for s in c.list("stage.list"))


def count_packets(path):
	"""As capinfos counts; it fails on a file that is cut."""
	text = oracles.run("capinfos", "-c", "-M", path).decode()
	return int(re.search(r"^Number of packets: +(\d+)$", text, re.M).group(1))


# --- the workers ---

PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH, WALL = 0x4206, 0x4207, 17, 0x40000000


@contextlib.contextmanager
def stopped(tid):
	"""That thread does nothing, all others of its process go on."""
	libc = ctypes.CDLL(None, use_errno=True)
	libc.ptrace.restype, libc.ptrace.argtypes = ctypes.c_long, [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
	if libc.ptrace(PTRACE_SEIZE, tid, None, None) < 0:
		pytest.skip(f"a thread cannot be stopped: {os.strerror(ctypes.get_errno())}")
	try:
		assert libc.ptrace(PTRACE_INTERRUPT, tid, None, None) == 0
		assert os.waitpid(tid, WALL)[0] == tid
		yield
	finally:
		libc.ptrace(PTRACE_DETACH, tid, None, None)


def workers(daemon):
	threads = {}
	for t in os.listdir(f"/proc/{daemon.proc.pid}/task"):
		with open(f"/proc/{daemon.proc.pid}/task/{t}/comm", encoding="ascii") as f:
			threads[f.read().strip()] = int(t)
	return [t for name, t in sorted(threads.items()) if name.startswith(("lcore-worker", "rte-worker"))]


@pytest.mark.parametrize("count", [1, 20000], ids=["in its ring", "more than its ring"])
def test_a_worker_that_stands_holds_up_its_requests_only(d, count):
	"""Whoever injects waits 2 s for a worker and is told; meanwhile the others are answered."""
	with d.client() as busy, d.client() as other:
		frame = oracles.read_pcap(SYN)[0].hex()
		with stopped(workers(d)[0]):
			sent = busy.send("inject", port="vmnic1", frames=[frame], count=count)
			answers = 0
			while not select.select([busy.sock], [], [], 0)[0]:
				assert other.list("host.list")
				answers += 1
			answer = busy.receive()
		assert answer["id"] == sent and answer["error"]["code"] == "EAGAIN", answer
		assert re.search(rf"^the worker took \d+ of {count} frames, then none for 2 s; \d+ wait in its ring$", answer["error"]["what"])
		assert answers > 5
		assert busy("inject", port="vmnic1", frames=[frame], count=5000)["injected"] == 5000


# --- the disk ---

@contextlib.contextmanager
def small_disk(path, size):
	path.mkdir()
	done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "rd-small", path], capture_output=True, text=True,
		check=False)
	if done.returncode != 0:
		pytest.skip(f"no small file system can be mounted: {done.stderr.strip()}")
	try:
		yield path
	finally:
		subprocess.run(["umount", "-l", path], check=True)


@pytest.mark.parametrize("name", ["x.pcap", "x.pcapng"])
def test_full_file_system(d, tmp_path, name):
	"""An error, a file that is the same as one with room up to there, and a counted loss."""
	with small_disk(tmp_path / "disk", "128k") as disk:
		with Pktcap(d, "--json", "-o", tmp_path / name) as roomy, Pktcap(d, "-o", disk / name) as full:
			timer = traffic(d)
			assert full.wait() == 1
			d.cli("inject", "stop", str(timer))
			roomy.finish()
		assert_cut_well(full.stderr, disk / name, (tmp_path / name).read_bytes())
	wait_for("the sessions' end", lambda: nothing_armed(d))


def assert_cut_well(said, cut, whole):
	assert "No space left on device" in said or "File too large" in said
	stored = int(re.search(r"the file has (\d+) whole packets", said).group(1))
	captured, missing = map(int, re.search(r"^(\d+) packets captured, (\d+) of them not stored", said, re.M).groups())
	assert captured == stored + missing and missing > 0
	assert count_packets(cut) == stored > 0
	assert whole.startswith(cut.read_bytes())


@pytest.mark.parametrize("name", ["x.pcap", "x.pcapng"])
def test_full_quota(d, tmp_path, name):
	with Pktcap(d, "--json", "-o", tmp_path / name) as roomy, \
			Pktcap(d, "-o", tmp_path / f"cut-{name}", prefix=["prlimit", "--fsize=70001"]) as full:
		timer = traffic(d)
		assert full.wait() == 1
		d.cli("inject", "stop", str(timer))
		roomy.finish()
	assert_cut_well(full.stderr, tmp_path / f"cut-{name}", (tmp_path / name).read_bytes())


@pytest.mark.parametrize("args", [["-o", "/dev/full"], ["-o", "/dev/full", "--pcap"], ["-o", "-"], ["-o", "-", "--pcap"],
	[], ["--json"], ["--trace"]], ids=" ".join)
def test_full_device(d, args):
	"""Files, streams and text alike."""
	with open("/dev/full", "wb") as full, Pktcap(d, *args, stdout=full, start=False) as p:
		timer = traffic(d)
		assert p.wait() == 1
		d.cli("inject", "stop", str(timer))
	assert "No space left on device" in p.stderr
	wait_for("the session's end", lambda: nothing_armed(d))


def test_no_such_folder(d, tmp_path):
	with Pktcap(d, "-o", tmp_path / "no/x.pcap", start=False) as p:
		assert p.wait() == 1
	assert f"{tmp_path}/no/x.pcap" in p.stderr and "No such file" in p.stderr and "try:" in p.stderr


# --- readers that are too slow ---

BIG = "00505663045c" + "005056a1fcf3" + "88b5" + "5a" * 1500  # nobody's: the switch drops it, the RX stage shows it


def test_overload_is_told_to_the_packet(tmp_path):
	"""An established flow takes the fast path; a ring that overflows at several of its stages: what passed each stage is what was
	stored and what was lost, as show capture, the last words and the file's statistics say it."""
	stages = ["uplink_rx", "flow_lookup", "port_out", "upt_tx"]
	path, packets = tmp_path / "x.pcapng", 20000
	with Daemon(files=[f"{DEMO}/upt.rd"]) as d, d.client() as c:
		d.cli("inject", "vmnic1", "pcap", f"{PCAPS}/upt-syn.pcap")  # makes the flow's entry
		before = {s["stage"]: s["in"] for s in c.list("stage.list")}
		with Pktcap(d, "--capture", ",".join(stages), "--snaplen", "64", "--buffer-size", "64", "-o", path) as p:
			p.popen.send_signal(signal.SIGSTOP)
			d.cli("inject", "vmnic1", "pcap", f"{PCAPS}/upt-syn.pcap", "count", str(packets))
			passed = {s["stage"]: s["in"] - before[s["stage"]] for s in c.list("stage.list")}
			assert [passed[s] for s in stages] == [packets] * 4
			(session,) = c.list("capture.list")
			assert session["seen"] == session["matched"] == 4 * packets == session["captured"] + session["lost"]
			assert session["lost"] > packets
			p.popen.send_signal(signal.SIGCONT)
			p.finish()
		assert c.one("flow.stats")["hits"] >= packets
	rows = {m[0]: [int(n) for n in m[1:]] for m in re.findall(r"^(\w+) +(\d+) +(\d+) +(\d+) +(\d+)$", p.stderr, re.M)}
	assert rows.keys() == set(stages)
	for seen, matched, captured, lost in rows.values():
		assert seen == matched == packets == captured + lost
	assert sum(r[3] for r in rows.values()) == session["lost"]
	assert f"{session['lost']} packets lost in the ring" in p.stderr
	assert count_packets(path) == 4 * packets - session["lost"]
	text = oracles.run("capinfos", path).decode()
	told = {stage: int(n) for stage, n in re.findall(
		r"Name = \S*?(\w+)@.*?Number of packets = (\d+)", text, re.S)}
	assert told == {stage: row[2] for stage, row in rows.items() if row[2]}


def test_slow_reader_loses_and_knows(d, tmp_path):
	"""The ring fills: what is lost is counted per stage, the gap is in the file, and forwarding does not notice."""
	path, packets = tmp_path / "x.pcapng", RING // 1500 + 1000
	with Pktcap(d, "--json", "--uplink", "vmnic1", "--dir", "rx", "--buffer-size", str(RING // 1024), "-o", path) as p:
		p.popen.send_signal(signal.SIGSTOP)
		d.cli("inject", "vmnic1", "hex", BIG, "count", str(packets))
		(session,) = captures(d)
		assert session["seen"] == session["matched"] == packets == session["captured"] + session["lost"]
		assert session["lost"] > 500
		p.popen.send_signal(signal.SIGCONT)
		last = wait_for("the ring to be read", lambda: p.stdout.count(b"\n") == session["captured"])
		assert last
		d.cli("inject", "vmnic1", "pcap", SYN)  # carries the gap
		p.wait_stdout('"len":132')
		p.finish()
	lost = session["lost"]
	assert f"{lost} packets lost in the ring" in p.stderr
	assert re.search(rf"^uplink_rx +{packets + 1} +{packets + 1} +{packets + 1 - lost} +{lost}$", p.stderr, re.M)
	records = p.records()
	assert len(records) == packets + 1 - lost == count_packets(path)
	assert sum(r["lost"] for r in records) == records[-1]["lost"] == lost
	gaps = [r["frame.drop_count"] for r in oracles.tshark_fields(path, "frame.drop_count")]
	assert [int(g) for g in gaps if g] == [lost]
	with d.client() as c:
		(stage,) = (s for s in c.list("stage.list") if s["stage"] == "uplink_rx")
		assert stage["in"] >= packets + 1, "every packet was forwarded"


# --- processes that are killed ---

def test_killed_pktcap_leaves_nothing(d, tmp_path):
	traffic(d)
	killed = [Pktcap(d, "-o", tmp_path / f"{n}.pcapng") for n in range(4)]
	for p in killed:
		wait_for("records", lambda p=p: all(s["captured"] > 100 for s in captures(d)))
	for p in killed:
		p.end(signal.SIGKILL)
	wait_for("the sessions' end", lambda: nothing_armed(d))
	assert rings(d) <= 1, "a ring was left open"  # the one that is kept ready for the next capture
	for n, p in enumerate(killed):
		with contextlib.suppress(OSError):
			p.__exit__()
		path = tmp_path / f"{n}.pcapng"
		assert path.stat().st_size == 0 or count_packets(path) >= 0


def fds(daemon):
	"""What the daemon has open"""
	found = []
	for fd in os.listdir(f"/proc/{daemon.proc.pid}/fd"):
		with contextlib.suppress(OSError):
			found.append(os.readlink(f"/proc/{daemon.proc.pid}/fd/{fd}"))
	return found


def rings(daemon):
	return sum("reddot-capture" in name for name in fds(daemon))


def test_all_sessions_killed_and_used_again(d):
	"""The limit is told with what to do, and the places of the dead are free at once."""
	traffic(d)
	before = len(fds(d))
	for _ in range(2):
		running = [Pktcap(d, "--uplink", "vmnic1", start=False) for _ in range(SESSIONS)]
		for p in running:
			p.wait_stderr("^pktcap: capturing at")
		with Pktcap(d, start=False) as one_more:
			assert one_more.wait() == 1
			assert str(SESSIONS) in one_more.stderr and "try:" in one_more.stderr
		for p in running:
			p.popen.kill()
		for p in running:
			p.__exit__()
		wait_for("the sessions' end", lambda: nothing_armed(d))
	wait_for("the descriptors' end", lambda: len(fds(d)) <= before + 1)  # the next capture's ring may be ready


def test_killed_daemon(tmp_path):
	"""Under traffic: every output is whole and has what the summary says; exit status 1."""
	daemon = Daemon(files=[f"{DEMO}/emulated.rd"])
	try:
		traffic(daemon)
		pcap, pcapng = tmp_path / "x.pcap", tmp_path / "x.pcapng"
		with Pktcap(daemon, "-o", pcap) as a, Pktcap(daemon, "-o", pcapng) as b, Pktcap(daemon, "-P", "-o", "-") as c, \
				Pktcap(daemon, "--json") as j:
			wait_for("records", lambda: all(s["captured"] > 500 for s in captures(daemon)))
			daemon.proc.kill()
			daemon.wait_end()
			for p in (a, b, c, j):
				assert p.wait() == 1
				assert "the daemon is gone" in p.stderr and "try:" in p.stderr
		(tmp_path / "y.pcapng").write_bytes(c.stdout)
		for p, packets in ((a, count_packets(pcap)), (b, count_packets(pcapng)), (c, count_packets(tmp_path / "y.pcapng")),
				(j, len(j.records()))):
			assert packets > 500 and re.search(rf"^{packets} packets captured$", p.stderr, re.M)
	finally:
		daemon.remove()


def test_summary_at_interrupt(d, tmp_path):
	"""Ctrl-C: captured, matched and lost, per stage, on stderr; the numbers agree with the file."""
	path = tmp_path / "x.pcapng"
	with Pktcap(d, "-o", path, "tcp") as p:
		d.cli("inject", "vmnic1", "pcap", SYN, "count", "7")
		p.finish()
	rows = {r[0]: tuple(map(int, r[1:])) for r in re.findall(r"^(\w+) +(\d+) +(\d+) +(\d+) +(\d+)$", p.stderr, re.M)}
	captured = int(re.search(r"^(\d+) packets captured$", p.stderr, re.M).group(1))
	matched, seen = map(int, re.search(r"^(\d+) packets matched the filter of (\d+) seen$", p.stderr, re.M).groups())
	assert captured == matched == seen == sum(r[2] for r in rows.values()) == count_packets(path)
	assert "0 packets lost in the ring" in p.stderr
	assert rows["tunnel_decap"] == (7, 7, 7, 0) and rows["vnic_tx"] == (7, 7, 7, 0) and rows["vnic_rx"] == (1, 1, 1, 0)
	stages = [r["frame.interface_name"].split("/")[1].split("@")[0] for r in oracles.tshark_fields(path,
		"frame.interface_name")]
	assert {s: stages.count(s) for s in set(stages)} == {s: r[2] for s, r in rows.items()}


# --- wrong options and inputs ---

OPTIONS = [
	(["--dir", "3"], ["--dir", "3", "rx"]),
	(["--stage", "mid"], ["--stage", "mid", "post"]),
	(["-s", "5"], ["24"]),
	(["--snaplen", "x"], ["--snaplen", "x"]),
	(["-c", "-1"], ["-1"]),
	(["-c", "many"], ["many"]),
	(["--meta", "some", "-o", "x"], ["--meta", "some", "lean"]),
	(["--comment", "few", "-o", "x"], ["--comment", "few", "decisions"]),
	(["--outer-only", "--inner-only"], ["--outer-only", "--inner-only"]),
	(["--json", "--console"], ["--json", "--console"]),
	(["--diff", "all", "--json"], ["--diff", "--trace"]),
	(["--diff", "nowhere"], ["--diff nowhere", "pktcap -A"]),
	(["--sample", "some"], ["--sample some", "1/100"]),
	(["--compress", "gzip", "-o", "x"], ["--compress", "zstd"]),
	(["--decap=9"], ["--decap=9", "8"]),
	(["-o", "-", "--json"], ["-o -"]),
	(["-o", "-", "--console"], ["-o -"]),
	(["-P"], ["-o FILE"]),
	(["--pcap"], ["-o FILE"]),
	(["--pcap", "--meta", "full", "-o", "x"], ["--pcap", "--meta", "-P"]),
	(["--uplnk", "vmnic1"], ["--uplnk", "pktcap --help"]),
	(["--s", "pre"], ["--s", "pktcap --help"]),
	(["-Z"], ["-Z", "pktcap --help"]),
	(["--uplink"], ["--uplink", "pktcap --help"]),
	(["-o"], ["-o", "pktcap --help"]),
]


@pytest.mark.parametrize("args,words", OPTIONS, ids=[" ".join(a) for a, _ in OPTIONS])
def test_wrong_options(tmp_path, args, words):
	done = subprocess.run([PKTCAP, *args], capture_output=True, text=True, env=ENV, cwd=tmp_path, timeout=180, check=False)
	assert done.returncode == 1 and done.stdout == "" and os.listdir(tmp_path) == []
	assert done.stderr.startswith("pktcap: ") and len(done.stderr.splitlines()) <= 3
	for word in words:
		assert word in done.stderr, done.stderr


PORTS = [
	(["--uplink", "vmnic7"], ["vmnic7", "pktcap -D"]),
	(["--uplink", "x86/vmnic9"], ["x86/vmnic9", "pktcap -D"]),
	(["--switchport", "4711"], ["4711", "pktcap -D"]),
	(["--uplink", "vmk10"], ["vmk10", "uplink", "--switchport 100663310"]),
	(["--vmk", "vmnic1"], ["vmnic1", "vmk", "--switchport 2248146967"]),
	(["--capture", "uplink_tx@nowhere"], ["nowhere", "pktcap -D"]),
	(["--capture", "nowhere"], ["nowhere", "pktcap -A"]),
	(["--host", "mars"], ["mars"]),
]


@pytest.mark.parametrize("args,words", PORTS, ids=[" ".join(a) for a, _ in PORTS])
def test_wrong_places(d, args, words):
	with Pktcap(d, *args, start=False) as p:
		assert p.wait() == 1 and p.stdout == b""
	for word in words:
		assert word in p.stderr, p.stderr
	assert nothing_armed(d)


@pytest.mark.parametrize("program", [[PKTCAP], [REDDOT, "show", "port"]], ids=["pktcap", "reddot"])
@pytest.mark.parametrize("how", ["missing", "not-a-socket", "nobody-there"])
def test_no_daemon(tmp_path, program, how):
	path = tmp_path / "s"
	if how == "not-a-socket":
		path.write_text("x")
	if how == "nobody-there":
		with socket.socket(socket.AF_UNIX) as left_behind:
			left_behind.bind(str(path))
	argv = [program[0], "--socket", str(path), *program[1:]]
	done = subprocess.run(argv, capture_output=True, text=True, env=ENV, timeout=180, check=False)
	assert done.returncode == 1 and done.stdout == ""
	assert str(path) in done.stderr and "reddotd" in done.stderr, done.stderr


def classic(frames=(), linktype=1, claim=None):
	"""A pcap file; claim: the length that the last record says it has."""
	data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, linktype)
	for f in frames:
		data += struct.pack("<IIII", 0, 0, claim or len(f), claim or len(f)) + f
	return data


FILES = [
	(None, ["No such file"]),
	(b"hello, I am a text", ["unknown file format"]),
	(b"", ["empty.pcap"]),
	(classic(), ["the file has no frames"]),
	(classic([bytes(60)], linktype=113), ["Ethernet"]),
	(classic([bytes(60)], claim=100), ["truncated"]),
]


@pytest.mark.parametrize("data,words", FILES, ids=["missing", "text", "no-bytes", "no-frames", "cooked", "cut"])
def test_wrong_files(d, tmp_path, data, words):
	path = tmp_path / "empty.pcap"
	if data is not None:
		path.write_bytes(data)
	done = d.cli("inject", "vmnic1", "pcap", str(path), check=False)
	assert done.returncode != 0 and done.stdout == ""
	for word in [*words, str(path)]:
		assert word in done.stderr, done.stderr
	d.cli("show", "port")


COMMANDS = [
	("inject vmnic7 pcap @", ["vmnic7", "show port"]),
	("inject mgmt-DvsPortset-1 pcap @", ["uplink"]),
	("inject vmnic1 pcap @ frame 2", ["no frame 2", "it has 1"]),
	("inject vmnic1 hex 0g", ["0g"]),
	("inject vmnic1 hex", ["hex"]),
	("port add vmnic1 switch arm/DvsPortset-1 type uplink", ["vmnic1"]),
	("port add new switch arm/DvsPortset-1 type uplink id 2248146967", ["2248146967"]),
	("port add new switch arm/DvsPortset-1 type uplink ens 3", ["3"]),
	("port add new switch arm/DvsPortset-1 type uplink device net_pcap0,rx_pcap=/no/such.pcap", ["net_pcap0"]),
	("port add new switch arm/DvsPortset-1 type vnic answer /no/such.pcap", ["/no/such.pcap"]),
	("port add new switch arm/DvsPortset-1 type sometype", ["sometype", "uplink"]),
	("port add new switch arm/NoSwitch type uplink", ["NoSwitch"]),
	("shw port", ["shw"]),
]


@pytest.mark.parametrize("line,words", COMMANDS, ids=[c for c, _ in COMMANDS])
def test_wrong_commands(d, line, words):
	before = d.cli("show", "running-config")
	done = d.cli(*line.replace("@", SYN).split(), check=False)
	assert done.returncode != 0 and done.stdout == ""
	for word in words:
		assert word in done.stderr, done.stderr
	assert d.cli("show", "running-config") == before, "a refused command changes nothing"


def test_wrong_line_in_a_file(d, tmp_path):
	"""The file's name, the line's number, a mark under the word; what came before stays."""
	path = tmp_path / "x.rd"
	path.write_text("host add extra\n# remark\nswitch add s host extra portset many\nhost add never\n", encoding="utf-8")
	done = d.cli("-f", str(path), check=False)
	assert done.returncode != 0
	assert f"{path}:3:" in done.stderr and "^" in done.stderr and "many" in done.stderr
	shown = d.cli("show", "host")
	assert "extra" in shown and "never" not in shown


# --- rights ---

AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


@pytest.fixture
def as_nobody():
	"""A prefix for programs, where root can be left and the build folder is open to others."""
	if not OTHERS_CAN:
		pytest.skip(NO_OTHERS)
	return AS_NOBODY


def test_others_may_look_but_not_capture(d, as_nobody):
	listed = subprocess.run([*as_nobody, PKTCAP, "--socket", d.path, "-D"], capture_output=True, text=True, env=ENV,
		check=False)
	assert listed.returncode == 0 and "arm/vmnic1" in listed.stdout, listed.stderr
	with Pktcap(d, start=False, prefix=as_nobody) as p:
		assert p.wait() == 1
	assert "try:" in p.stderr and "reddot" in p.stderr.split("try:")[1], p.stderr


def test_everything_as_an_ordinary_user(as_nobody):
	"""Daemon, tool and command: no root, no hugepages."""
	with Daemon(files=[f"{DEMO}/emulated.rd"], user=NOBODY) as daemon:
		path = daemon.dir + "/x.pcapng"
		with Pktcap(daemon, "--json", "-o", path, prefix=as_nobody) as p:
			done = subprocess.run([*as_nobody, REDDOT, "--socket", daemon.path, "inject", "vmnic1", "pcap", SYN],
				capture_output=True, text=True, env=ENV, check=False)
			assert done.returncode == 0, done.stderr
			p.wait_stdout(r'"stage":"uplink_tx","port":"arm/vmnic1"')
			p.finish()
		assert count_packets(path) == len(p.records()) and os.stat(path).st_uid == NOBODY


def test_daemon_that_does_not_answer(d, tmp_path):
	"""Ctrl-C ends the capture all the same: what the rings have is written, and the file is whole."""
	with Pktcap(d, "--uplink", "vmnic1", "--dir", "rx", "-o", tmp_path / "x.pcapng") as p:
		d.cli("inject", "vmnic1", "pcap", SYN, "count", "50")
		d.proc.send_signal(signal.SIGSTOP)
		try:
			assert p.end() == 1
		finally:
			d.proc.send_signal(signal.SIGCONT)
	assert "the daemon is gone" in p.stderr and count_packets(tmp_path / "x.pcapng") == 50
	wait_for("the session's end", lambda: nothing_armed(d))


def test_no_signal_is_lost(d):
	"""Whenever it comes after the start: the capture ends."""
	for n in range(12):
		with Pktcap(d, "--json", "--uplink", "vmnic1") as p:
			for _ in range(n % 4):
				d.cli("show", "capture")  # some time, not the same
			p.finish(sig=(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)[n % 3])
			assert "0 packets captured" in p.stderr
