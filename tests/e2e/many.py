# SPDX-License-Identifier: BSD-3-Clause
#
# As many flows as one likes in seconds: a port whose device reads a file of so many different frames, each once.
import os
import re
import signal
import struct
import subprocess
import time

from rdtest import ENV, REDDOT, wait_for

CONFIG = """host add h default
switch add s host h portset 1
segment add seg switch s vlan 0
port add a switch s type vnic mac 02:00:00:00:00:0a segment seg device {device}
port add b switch s type vnic mac 02:00:00:00:00:0b segment seg device net_null1,no-rx=1
flow timeout 3600
"""
FREES = {**ENV, "ASAN_OPTIONS": ENV["ASAN_OPTIONS"] + ":quarantine_size_mb=1"}  # a sanitizer holds freed memory back
IDLE = "net_null0,no-rx=1"


def udp(i):
	"""A frame from a to b, of flow number i."""
	ip = bytes([0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, i >> 16 & 255, i >> 8 & 255, i & 255, 10, 200, 0, 1])
	total = sum(struct.unpack(">10H", ip))
	total = (total & 0xffff) + (total >> 16)
	ip = ip[:10] + (0xffff - ((total & 0xffff) + (total >> 16))).to_bytes(2, "big") + ip[12:]
	return bytes.fromhex("02000000000b02000000000a0800") + ip + bytes([0, 7, 0, 9, 0, 8, 0, 0])


def write_pcap(path, n):
	with open(path, "wb") as f:
		f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
		for i in range(n):
			frame = udp(i)
			f.write(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame)


def config(path, n):
	"""A daemon's configuration with n flows, from a file that is written at path."""
	write_pcap(path, n)
	return CONFIG.format(device=f"net_pcap0,rx_pcap={path}")


def filled(c, n):
	"""Waits for them; how many the table holds (some find their bucket full)."""

	def stats():
		one = c.list("flow.stats")[0]
		return one["hits"] + one["misses"] >= n and one

	wait_for(f"{n} packets", stats, 300)
	wait_for("the end of their walks", lambda: c.list("worker.list")[0]["mbufs_in_use"] == 0)  # their entries come after they are counted
	return c.list("flow.stats")[0]["entries"]


def in_kib(pid, what):
	with open(f"/proc/{pid}/status", encoding="ascii") as f:
		return int(re.search(what + r":\s+(\d+)", f.read())[1])


def measured(path, line, head=b"HOST\n"):
	"""What a command needs: bytes and lines of its output, seconds to the first and the last of them, and reddot's peak of memory in
	KiB. The kernel knows that as long as the process lives: so another command stands behind it, which waits."""
	begun, first, size, lines, tail = time.monotonic(), None, 0, 0, b""
	words = [REDDOT, "--socket", path, "-c", line, "-c", "show host | refresh 1000"]
	with subprocess.Popen(words, env=FREES, stdout=subprocess.PIPE) as p:
		while head not in tail:
			chunk = os.read(p.stdout.fileno(), 1 << 20)
			assert chunk, "it ended"
			first = first or time.monotonic() - begun
			size, lines, tail = size + len(chunk), lines + chunk.count(b"\n"), tail[-100:] + chunk
		last, kib = time.monotonic() - begun, in_kib(p.pid, "VmHWM")
		p.send_signal(signal.SIGINT)
		while os.read(p.stdout.fileno(), 1 << 20):
			pass
		assert p.wait(60) == 0
	return {"size": size, "lines": lines - 1, "first": first, "last": last, "kib": kib}
