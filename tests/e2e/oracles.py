# SPDX-License-Identifier: BSD-3-Clause
#
# What other people's programs say about our frames and files: libpcap by way of tcpdump, tshark, scapy.
import json
import struct
import subprocess

TIMEOUT = 600


def run(*argv, stdin=None, rc=0):
	"""The stdout of a program, as bytes."""
	done = subprocess.run([str(a) for a in argv], input=stdin, capture_output=True, timeout=TIMEOUT, check=False)
	assert rc is None or done.returncode == rc, f"{argv}: {done.returncode}\n{done.stderr.decode(errors='replace')}"
	return done.stdout


def read_pcap(path):
	"""The frames of a file, as libpcap reads it: tcpdump rewrites it as classic pcap, whose records are simple."""
	return [frame for _, frame in parse_pcap(run("tcpdump", "-r", path, "-w", "-"))]


def parse_pcap(data):
	"""[(seconds, frame)] of a classic pcap file in this machine's byte order."""
	magic, _, _, _, _, _, linktype = struct.unpack_from("=IHHiIII", data)
	assert magic in (0xA1B2C3D4, 0xA1B23C4D) and linktype & 0xFFFF == 1, data[:24].hex()
	frames, at = [], 24
	while at < len(data):
		sec, _, caplen, _ = struct.unpack_from("=IIII", data, at)
		frames.append((sec, data[at + 16:at + 16 + caplen]))
		at += 16 + caplen
	assert at == len(data)
	return frames


def write_pcap(path, frames):
	"""A file whose n-th frame (from 0) has the time n, so that a filter's output tells which frames it took."""
	with open(path, "wb") as f:
		f.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
		for n, frame in enumerate(frames):
			f.write(struct.pack("=IIII", n, 0, len(frame), len(frame)) + frame)


def matching(path, expression):
	"""The numbers of the frames in a file of write_pcap() that libpcap's filter takes."""
	return [n for n, _ in parse_pcap(run("tcpdump", "-r", path, "-w", "-", expression))]


def tcpdump_lines(path_or_bytes, *options):
	"""One text per packet as tcpdump prints it with -enr, less the time."""
	raw = isinstance(path_or_bytes, bytes)
	text = run("tcpdump", "-ntr", "-" if raw else path_or_bytes, "-e", *options, stdin=path_or_bytes if raw else None)
	return text.decode().splitlines()


def tshark_fields(path, *fields, options=()):
	"""One dict per frame: field to its text. Fields that come more than once are joined by commas."""
	argv = ["tshark", "-n", "-r", path, *options, "-T", "fields", "-E", "separator=\x01"]
	for f in fields:
		argv += ["-e", f]
	return [dict(zip(fields, line.split("\x01"))) for line in run(*argv).decode().split("\n")[:-1]]


def tshark_json(path, *options):
	return [p["_source"]["layers"] for p in json.loads(run("tshark", "-n", "-r", path, "-T", "json", *options))]
