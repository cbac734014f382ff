# SPDX-License-Identifier: BSD-3-Clause
#
# Capture files that follow each other, what they may take of the disk, and files that somebody takes away. capinfos, tshark
# and mergecap judge the files.
import contextlib
import json
import os
import re
import subprocess

import pytest
from rdtest import PCAPS, wait_for

import oracles
from pktcap import Pktcap

UP = ["--uplink", "vmnic1", "--dir", "rx"]
FRAME = 1000  # bytes of one packet


def send(d, n, first=0):
	"""n packets that are told apart by the number in them."""
	pad = "5a" * (FRAME - 18)
	with d.client() as c:
		for at in range(first, first + n, 200):
			c("inject", port="vmnic1", frames=["00505663045c005056a1fcf388b5" + f"{i:08x}" + pad
				for i in range(at, min(at + 200, first + n))])


def numbers(path):
	"""Of the packets in a file, which capinfos finds whole."""
	oracles.run("capinfos", "-c", "-M", path)
	return [int(r["data.data"][:8], 16) for r in oracles.tshark_fields(path, "data.data")]


def manifest(first):
	with open(f"{first}.manifest", encoding="utf-8") as f:
		return [json.loads(line) for line in f]


def sessions(d):
	with d.client() as c:
		return c.list("capture.list")


def taken(d, n):
	wait_for("the packets", lambda: (s := sessions(d)[0])["captured"] + s["lost"] >= n and s["waiting"] == 0)


@pytest.mark.parametrize("name", ["x.pcap", "x.pcapng"])
def test_by_size(d, tmp_path, name):
	"""-C alone keeps all files: together they have every packet once, in order."""
	first = tmp_path / name
	with Pktcap(d, *UP, "-o", first, "-C", "100k") as p:
		send(d, 950)
		taken(d, 950)
		p.finish()
	lines = manifest(first)
	files = [first] + [tmp_path / f"{name}{n}" for n in range(1, len(lines))]
	assert len(files) >= 10 and sorted(os.listdir(tmp_path)) == sorted([f.name for f in files] + [f"{name}.manifest"])
	for f in files[:-1]:
		assert 100 * 1024 <= f.stat().st_size < 100 * 1024 + 2 * FRAME
	assert [x["file"] for x in lines] == [str(f) for f in files] and [x["number"] for x in lines] == list(range(1, len(files) + 1))
	got = []
	for x in lines:
		rows = oracles.tshark_fields(x["file"], "frame.time_epoch", "data.data")
		times = [float(r["frame.time_epoch"]) for r in rows]
		got += [int(r["data.data"][:8], 16) for r in rows]
		assert (x["packets"], x["bytes"], x["lost"]) == (len(times), os.stat(x["file"]).st_size, 0)
		assert abs(x["first_ns"] / 1e9 - times[0]) < 1e-5 and abs(x["last_ns"] / 1e9 - times[-1]) < 1e-5
	assert [x["closed"] for x in lines] == ["size"] * (len(files) - 1) + ["end"] and got == list(range(950))
	assert "950 packets captured" in p.stderr


def test_millions(d, tmp_path):
	"""As tcpdump's: a size without a unit is in millions of bytes."""
	with Pktcap(d, *UP, "-w", tmp_path / "x.pcap", "-C", "1") as p:
		send(d, 1200)
		taken(d, 1200)
		p.finish()
	assert 1000000 <= (tmp_path / "x.pcap").stat().st_size < 1000000 + 2 * FRAME and len(numbers(tmp_path / "x.pcap1")) > 0


def test_ring(d, tmp_path):
	"""-C and -W: the newest files, under names that come again and sort."""
	first = tmp_path / "x.pcapng00"
	with Pktcap(d, *UP, "-o", tmp_path / "x.pcapng", "-C", "50k", "-W", "11") as p:
		send(d, 1000)
		taken(d, 1000)
		p.finish()
	files = [f for f in os.listdir(tmp_path) if not f.endswith("manifest")]
	assert sorted(files) == [f"x.pcapng{n:02}" for n in range(11)]
	got = sorted(sum((numbers(tmp_path / f) for f in files), []))
	assert got == list(range(got[0], 1000)) and 400 < len(got) < 600
	there = set()
	for x in manifest(first):
		(there.discard if "removed" in x else there.add)(x["file"])
	assert there == {str(tmp_path / f) for f in files}


def test_by_time(d, tmp_path):
	"""-G keeps every file, also those of the same second's name; without packets there is none."""
	with Pktcap(d, *UP, "-o", tmp_path / "x-%Y.pcapng", "-G", "1") as p:
		for n in range(3):
			send(d, 10, first=10 * n)
			wait_for("the file", lambda n=n: len(list(tmp_path.glob("*.pcapng[1-9]"))) + len(list(tmp_path.glob("*.pcapng"))) >= n + 1)
			wait_for("the manifest", lambda: list(tmp_path.glob("*.manifest")))
			closed = lambda n=n: sum("closed" in x for x in manifest(next(tmp_path.glob("*.pcapng")))) == n + 1
			wait_for("the file to be closed, though nothing comes", closed)
		p.finish()
	lines = manifest(next(tmp_path.glob("*.pcapng")))
	assert [x["closed"] for x in lines] == ["time"] * 3 and [x["packets"] for x in lines] == [10, 10, 10]
	assert sum((numbers(x["file"]) for x in lines), []) == list(range(30))
	year = re.sub(r"\D", "", os.path.basename(lines[0]["file"]))
	assert len(year) == 4 and [os.path.basename(x["file"]) for x in lines] == [f"x-{year}.pcapng", f"x-{year}.pcapng1", f"x-{year}.pcapng2"]


def test_time_size_and_number(d, tmp_path):
	"""-G with -C and -W: the oldest go."""
	with Pktcap(d, *UP, "-o", tmp_path / "x.pcap", "-G", "1h", "-C", "50k", "-W", "3") as p:
		send(d, 500)
		taken(d, 500)
		p.finish()
	files = sorted(f for f in os.listdir(tmp_path) if not f.endswith("manifest"))
	assert files == ["x.pcap7", "x.pcap8", "x.pcap9"]
	got = sum((numbers(tmp_path / f) for f in files), [])
	assert got == list(range(got[0], 500))
	assert sum("removed" in x for x in manifest(tmp_path / "x.pcap")) == 7


def test_losses_add_up(d, tmp_path):
	"""What the ring had no room for is in the manifest, to the packet, wherever it was lost."""
	first = tmp_path / "x.pcapng"
	with Pktcap(d, *UP, "-o", first, "-C", "30k", "-B", "64") as p:
		p.popen.send_signal(19)
		send(d, 400)
		p.popen.send_signal(18)
		taken(d, 400)
		send(d, 1)
		p.popen.send_signal(19)
		send(d, 300)
		p.popen.send_signal(18)
		taken(d, 701)
		(s,) = sessions(d)
		p.finish()
	lines = manifest(first)
	assert s["lost"] > 400 and sum(x["lost"] for x in lines) == s["lost"] and f"{s['lost']} packets lost in the ring" in p.stderr
	assert sum(x["packets"] for x in lines) == s["captured"] == 701 - s["lost"]


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


def free(path):
	v = os.statvfs(path)
	return v.f_bavail * v.f_frsize


def test_min_free(d, tmp_path):
	"""The capture ends before the disk is full, with a whole file."""
	with small_disk(tmp_path / "disk", "8m") as disk, Pktcap(d, *UP, "-o", disk / "x.pcapng", "--min-free", "4m") as p:
		with contextlib.suppress(Exception):
			for n in range(40):
				send(d, 200, first=200 * n)
				wait_for("it to be written", lambda: sessions(d)[0]["waiting"] == 0)
		assert p.wait() == 1
		assert "x.pcapng ends before the disk is full: --min-free" in p.stderr and "try:" in p.stderr
		assert free(disk) >= 4 << 20
		got = numbers(disk / "x.pcapng")
		assert got == list(range(len(got))) and len(got) > 2000
		captured, missing = map(int, re.search(r"^(\d+) packets captured, (\d+) of them not stored", p.stderr, re.M).groups())
		assert captured - missing == len(got)


def test_min_free_rotates(d, tmp_path):
	"""With -W the oldest files make room, and the capture goes on."""
	with small_disk(tmp_path / "disk", "8m") as disk:
		with Pktcap(d, *UP, "-o", disk / "x.pcap", "--min-free", "4m", "-C", "500k", "-W", "100") as p:
			for n in range(40):
				send(d, 200, first=200 * n)
				wait_for("it to be written", lambda: sessions(d)[0]["waiting"] == 0)
				assert free(disk) >= 4 << 20
			p.finish()
		assert "--min-free: the oldest file was removed" in p.stderr
		files = sorted(f for f in os.listdir(disk) if not f.endswith("manifest"))
		got = sum((numbers(disk / f) for f in files), [])
		assert got == list(range(got[0], 8000)) and len(got) > 1500
		assert any(x.get("removed") == "free" for x in manifest(disk / "x.pcap00"))


def test_max_total_of_all_sessions(d, tmp_path):
	"""Two captures share what they may take; the second finds the first one's part taken."""
	with Pktcap(d, *UP, "-o", tmp_path / "a.pcap", "--max-total", "1000k") as a:
		send(d, 600)
		wait_for("the first one's note", lambda: sessions(d)[0]["waiting"] == 0 and sessions(d)[0]["file_bytes"] > 500000)
		with Pktcap(d, *UP, "-o", tmp_path / "b.pcap", "--max-total", "1000k", "ether proto 0x88b5") as b:
			send(d, 600, first=600)
			wait_for("one of them to end", lambda: 1 in (a.popen.poll(), b.popen.poll()))
			a.end()
			b.end()
	assert "--max-total" in a.stderr + b.stderr
	total = sum((tmp_path / f).stat().st_size for f in ("a.pcap", "b.pcap"))
	# Each tells the others after a 64th of the limit, or a second.
	assert 900 * 1024 < total <= 1000 * 1024 + 2 * (1000 * 1024 // 64 + 3 * FRAME)
	assert numbers(tmp_path / "a.pcap")[:600] == list(range(600)) and numbers(tmp_path / "b.pcap")[0] == 600


def test_max_total_rotates(d, tmp_path):
	with Pktcap(d, *UP, "-o", tmp_path / "x.pcap", "--max-total", "500k", "-C", "50k", "-W", "1000") as p:
		for n in range(10):
			send(d, 200, first=200 * n)
			taken(d, 200 * n + 200)
			assert sum(f.stat().st_size for f in tmp_path.glob("x.pcap???")) <= 500 * 1024
		p.finish()
	got = sum((numbers(f) for f in sorted(tmp_path.glob("x.pcap???"))), [])
	assert got == list(range(got[0], 2000)) and len(got) > 400


@pytest.mark.parametrize("how,said", [("removed", "was removed"), ("replaced", "was replaced"), ("moved", "was moved")])
def test_file_taken_away(d, tmp_path, how, said):
	"""The capture goes on in the file that it was, and says so once."""
	path = tmp_path / "x.pcapng"
	with Pktcap(d, *UP, "-o", path) as p:
		send(d, 10)
		taken(d, 10)
		if how == "moved":
			path.rename(tmp_path / "y")
		else:
			path.unlink()
		if how == "replaced":
			path.write_text("mine")
		match = p.wait_stderr(rf"x.pcapng {said}; .* (/proc/\d+/fd/\d+)")
		send(d, 10, first=10)
		taken(d, 20)
		wait_for("all to be in the file", lambda: len(open(match[1], "rb").read()) > 20 * FRAME)
		(tmp_path / "saved").write_bytes(open(match[1], "rb").read())
		p.finish()
	assert p.stderr.count(said) == 1 and "20 packets captured" in p.stderr
	assert numbers(tmp_path / "saved") == list(range(20))
	if how == "moved":
		assert numbers(tmp_path / "y") == list(range(20))
	if how == "replaced":
		assert path.read_text() == "mine"


WRONG = [
	(["-C", "1"], ["-o FILE"]),
	(["-W", "2", "-o", "x"], ["-C SIZE"]),
	(["-G", "10", "-o", "-"], ["-o FILE"]),
	(["--min-free", "1g"], ["-o FILE"]),
	(["-C", "big", "-o", "x"], ["100M"]),
	(["-G", "soon", "-o", "x"], ["5m"]),
]


@pytest.mark.parametrize("args,words", WRONG, ids=[" ".join(a) for a, _ in WRONG])
def test_wrong_options(d, tmp_path, args, words):
	with Pktcap(d, *args, start=False, cwd=tmp_path) as p:
		assert p.wait() == 1
	assert all(w in p.stderr for w in words) and os.listdir(tmp_path) == [], p.stderr


def test_no_such_folder(d, tmp_path):
	with Pktcap(d, "-o", tmp_path / "no/x", "-C", "1", start=False) as p:
		assert p.wait() == 1
	assert "no/x" in p.stderr and "No such file" in p.stderr
	assert PCAPS and not sessions(d)
