# SPDX-License-Identifier: BSD-3-Clause
#
# Shocks under traffic: clients that are killed, stopped and left by their readers, a daemon that dies, a wall clock that is set,
# 32 captures that come and go. What the switch forwards is counted and numbered at its other end: nothing may be missing,
# and nothing may come twice or in another order, because somebody captures.
import contextlib
import os
import random
import re
import signal
import struct
import subprocess
import threading

import pytest
from rdtest import Daemon, Ring, wait_for
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw
from scapy.utils import RawPcapReader

import oracles
from pktcap import Pktcap

TWO_GUESTS = """
host add h default
switch add sw host h portset 3
segment add lan switch sw vlan 0
port add g1 switch sw type vnic segment lan mac 02:00:00:00:00:01
port add g2 switch sw type vnic segment lan mac 02:00:00:00:00:02 device "net_pcap0,rx_pcap={dir}/none.pcap,tx_pcap={dir}/out.pcap"
"""
CHANGES = int(os.environ.get("RD_SESSIONS", "1000"))


def frame(n):
	return bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=1000,
		dport=2000, chksum=0) / Raw(struct.pack(">I", n) + b"x" * 60))


class World:
	"""Two guests; numbered packets from the first one, and what the second one got."""

	def __init__(self, daemon, folder):
		self.d = daemon
		self.out = folder / "out.pcap"
		self.sent = 0
		self.stop = threading.Event()
		self.failed = None
		self.template = frame(0)
		self.at = self.template.index(b"\0\0\0\0xx")
		self.thread = threading.Thread(target=self._traffic)

	def some(self, c, n=64):
		t, at = self.template, self.at
		c("inject", port="g1", frames=[(t[:at] + struct.pack(">I", self.sent + i) + t[at + 4:]).hex() for i in range(n)])
		self.sent += n

	def _traffic(self):
		try:
			with self.d.client() as c:
				while not self.stop.is_set():
					self.some(c)
		except Exception as e:  # noqa: BLE001, raised again in the test's own thread
			self.failed = e

	def __enter__(self):
		self.thread.start()
		wait_for("traffic", lambda: self.sent > 0)
		return self

	def __exit__(self, kind, *_):
		self.stop.set()
		self.thread.join()
		if kind is None and self.failed:
			raise self.failed

	def nothing_lost(self):
		"""After the daemon's end, which completes the file: every packet came once, in order."""
		got = [struct.unpack_from(">I", data, self.at)[0] for data, _ in RawPcapReader(str(self.out))]
		assert got, "nothing came"
		assert got == list(range(self.sent)), f"{len(got)} of {self.sent} came"


@contextlib.contextmanager
def world(tmp_path, *args, env=None):
	with open(tmp_path / "none.pcap", "wb") as f:
		f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
	tmp_path.chmod(0o755)
	with Daemon(*args, lines=TWO_GUESTS.replace("{dir}", str(tmp_path)), prefix=["env", *(f"{k}={v}" for k, v in (env or {}).items())]) as d:
		w = World(d, tmp_path)
		with w:
			yield w
		with d.client() as c:
			wait_for("the end of the sessions", lambda: not c.list("capture.list"))
			assert not any(s["tapped"] for s in c.list("stage.list"))
			assert not [i for i in c.list("drop.list") if i["count"]]
			wait_for("every mbuf to come back", lambda: c.list("worker.list")[0]["mbufs_in_use"] == 0)
	w.nothing_lost()


def sessions(d):
	with d.client() as c:
		return c.list("capture.list")


def captured(d, n):
	wait_for(f"{n} records each", lambda: (s := sessions(d)) and all(x["captured"] >= n for x in s))


# "udp", "not ip", ... compiled by tcpdump, not by us
FILTERS = ["", "udp", "not ip", "udp[8:4] & 3 = 1", "greater 100", "tcp", "src host 192.0.2.1", "ether[0] & 1 = 0", "udp dst port 2000 or arp"]


def program(text):
	done = subprocess.run(["tcpdump", "-ddd", "-y", "EN10MB", text], capture_output=True, text=True, check=True)
	return [[int(x) for x in line.split()] for line in done.stdout.splitlines()[1:]]


@pytest.mark.parametrize("workers", [1, 2])
def test_32_sessions_come_and_go(tmp_path, workers):
	rng = random.Random(7)
	programs = [program(f) if f else [] for f in FILTERS]
	stages = ["vnic_rx", "flow_lookup", "l2_lookup", "port_out", "vnic_tx", "drop"]
	live, most, records = {}, 0, 0
	with world(tmp_path, "--workers", str(workers)) as w, w.d.client() as c:
		fds = len(os.listdir(f"/proc/{w.d.proc.pid}/fd"))
		for n in range(CHANGES):
			slot = n * 7 % 32 if n < 64 else rng.randrange(32)
			if slot in live:
				ring = live.pop(slot)
				records += len(list(ring.read()))
				c("capture.stop", session=ring.session)
				ring.close()
			c("capture.start", points=[{"stage": s} for s in rng.sample(stages, rng.randint(1, 6))], bpf=programs[n % len(programs)],
				follow=n % 3 == 0, ring_size=65536, snaplen=rng.choice([60, 65535]))
			fd = c.fds.pop()
			live[slot] = Ring(fd)
			os.close(fd)
			most = max(most, len(c.list("capture.list")))
		for ring in live.values():
			c("capture.stop", session=ring.session)
			ring.close()
		assert most == 32 and records > 0
		wait_for("the rings' descriptors to go", lambda: len(os.listdir(f"/proc/{w.d.proc.pid}/fd")) <= fds + 1)  # the next one's may be ready
	print(f"{CHANGES} sessions, {most} at once, {w.sent} packets forwarded")


def test_kill_9(tmp_path):
	"""Any number of times: the sessions go, the traffic does not notice."""
	with world(tmp_path) as w:
		for n in range(6):
			with Pktcap(w.d, "-o", tmp_path / f"{n}.pcapng") as p:
				captured(w.d, 100)
				p.end(signal.SIGKILL)
			wait_for("the session's end", lambda: not sessions(w.d))
			path = tmp_path / f"{n}.pcapng"
			# Killed between two writes, or in the course of one: what was written before can be read.
			size = path.stat().st_size
			assert size == 0 or b"Number of packets" in oracles.run("capinfos", "-c", "-M", path, rc=None)


def test_reader_leaves(tmp_path):
	"""SIGPIPE: whoever read our standard output has gone. pktcap ends well, and takes its session with it."""
	with world(tmp_path) as w:
		for args in (["-o", "-"], ["-P", "-o", "-"], ["--json"], []):
			read, write = os.pipe()
			with Pktcap(w.d, *args, stdout=write, collect=False) as p:
				os.close(write)
				assert os.read(read, 100)
				os.close(read)
				assert p.wait() == 0, p.stderr
			wait_for("the session's end", lambda: not sessions(w.d))


def test_reader_stands_still(tmp_path):
	"""SIGSTOP: what the ring has no room for is counted, to the packet, in the daemon, in the file and in the summary."""
	path = tmp_path / "x.pcapng"
	with world(tmp_path) as w:
		with Pktcap(w.d, "--capture", "vnic_rx,vnic_tx", "-B", "64", "-o", path) as p:
			p.popen.send_signal(signal.SIGSTOP)
			wait_for("losses", lambda: sessions(w.d)[0]["lost"] > 2000)
			p.popen.send_signal(signal.SIGCONT)
			before = sessions(w.d)[0]["captured"]
			wait_for("it to go on", lambda: sessions(w.d)[0]["captured"] > before + 1000)
			w.stop.set()
			w.thread.join()
			(s,) = sessions(w.d)
			p.finish()
	assert s["seen"] == s["matched"] == s["captured"] + s["lost"]
	assert f"{s['lost']} packets lost in the ring" in p.stderr and f"{s['captured']} packets captured" in p.stderr
	rows = oracles.tshark_fields(path, "frame.drop_count")
	assert len(rows) == s["captured"] and sum(int(r["frame.drop_count"] or 0) for r in rows) == s["lost"]


def test_daemon_dies(tmp_path):
	"""Every file is whole, has what the summary says, and pktcap ends with 1 and says why. A manifest is complete, too."""
	with open(tmp_path / "none.pcap", "wb") as f:
		f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
	d = Daemon(lines=TWO_GUESTS.replace("{dir}", str(tmp_path)))
	try:
		w = World(d, tmp_path)
		w.thread.start()
		with Pktcap(d, "-o", tmp_path / "a.pcapng") as a, Pktcap(d, "--capture", "vnic_rx", "-o", tmp_path / "b.pcap", "-C", "200k") as b:
			captured(d, 3000)
			d.proc.kill()
			d.wait_end()
			assert a.wait() == 1 and b.wait() == 1
		w.thread.join()
		assert w.failed, "the traffic ended with the daemon"
		for p in (a, b):
			assert "the daemon is gone" in p.stderr and "try:" in p.stderr, p.stderr
		counts = [int(re.search(r"^(\d+) packets captured$", p.stderr, re.M)[1]) for p in (a, b)]
		files = [f for f in tmp_path.iterdir() if re.match(r"b.pcap\d*$", f.name)]
		assert len(files) > 1
		packets = lambda f: int(re.search(r"packets: +(\d+)", oracles.run("capinfos", "-c", "-M", f).decode())[1])
		assert packets(tmp_path / "a.pcapng") == counts[0] >= 3000
		assert sum(packets(f) for f in files) == counts[1] >= 3000
		assert len((tmp_path / "b.pcap.manifest").read_text().splitlines()) == len(files)
	finally:
		d.remove()


# --- the wall clock is set ---

STEP_C = """
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
static volatile long *step;
int clock_gettime(clockid_t id, struct timespec *t)
{
	int rc = (int)syscall(SYS_clock_gettime, id, t);
	if (step == NULL) {
		int fd = open(getenv("RD_CLOCK_STEP"), O_RDONLY);
		void *p = mmap(NULL, 8, PROT_READ, MAP_SHARED, fd, 0);
		step = p;
		close(fd);
	}
	if (id == CLOCK_REALTIME)
		t->tv_sec += *step;
	return rc;
}
"""


def settable_clock(tmp_path):
	"""The environment for a program whose wall clock is what the machine's is, and who sets it forward by so many
	seconds."""
	source, lib, where = tmp_path / "step.c", tmp_path / "step.so", tmp_path / "step"
	source.write_text(STEP_C)
	subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", lib, source], check=True)
	where.touch()
	def set_clock(seconds):
		with open(where, "r+b") as f:  # the daemon has it mapped
			f.write(struct.pack("=q", seconds))
	set_clock(0)
	asan = subprocess.run(["cc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True).stdout.strip()
	linked = subprocess.run(["ldd", os.environ.get("REDDOTD", "reddotd")], capture_output=True, text=True, check=False).stdout
	preload = f"{asan}:{lib}" if "libasan" in linked else str(lib)
	return {"LD_PRELOAD": preload, "RD_CLOCK_STEP": str(where)}, set_clock


@pytest.mark.parametrize("by", [3600, -3600], ids=["forwards", "backwards"])
def test_clock_is_set(tmp_path, by):
	"""Durations and leases don't notice. Time stamps go on without a jump back; nothing is lost, and the output never stalls."""
	path = tmp_path / "x.pcapng"
	env, set_clock = settable_clock(tmp_path)
	with world(tmp_path, "--workers", "2", env=env) as w:
		with Pktcap(w.d, "--capture", "vnic_rx,vnic_tx", "-o", path, "--name", "watch", "--duration", "1h", "-B", "65536") as p, w.d.client() as c:
			captured(w.d, 1000)
			set_clock(by)
			(before,) = c.list("capture.list")
			# The daemon looks at the clock once a second.
			wait_for("records after it", lambda: (s := c.list("capture.list")[0])["captured"] > before["captured"] + 5000
				and s["age_s"] >= before["age_s"] + 3)
			(s,) = c.list("capture.list")
			assert s["state"] == "running" and s["age_s"] < 600
			w.stop.set()
			w.thread.join()
			wait_for("all to be written", lambda: c.list("capture.list")[0]["waiting"] == 0)
			(s,) = c.list("capture.list")
			p.finish()
		times = [int(r["frame.time_epoch"].replace(".", "")) for r in oracles.tshark_fields(path, "frame.time_epoch")]
		assert len(times) == s["captured"] and s["lost"] == 0
		assert times == sorted(times), "no time stamp goes back"
		if by > 0:
			assert 3500 < (times[-1] - times[0]) / 1e9 < 3900
		else:
			assert (times[-1] - times[0]) / 1e9 < 300 and times.count(times[-1]) > 1000, "it stands still instead"
