# SPDX-License-Identifier: BSD-3-Clause
#
# Deep dissection in the full-screen walk: what sharkd says of the chosen hop, against what tshark says of the same bytes; tshark in its place;
# a child that is not there, that dies, that says nothing, that says too much or hostile things.
import json
import os
import shutil
import subprocess
import time

import pytest
from rdtest import ENV, PKTCAP, wait_for
from term import Terminal
from walk_screen_test import settled

INNER = "005056a1999e005056a1fcf308004500003c000140004006a467ac101f1aac101f19e0680050830fe93a00000000a002faf02e2a0000020405b40402080ab403878a0000000001030307"
DNS = "0200000000020200000000010800450000390001000040116684" "0a0000010a000002" "c0000035002500001234010000010000000000000377777706726564646f7403646f740000010001"


@pytest.fixture(name="source")
def a_file(tmp_path):
	path = tmp_path / "w.json"
	hops = (("uplink_rx", "arm/up", INNER), ("vnic_tx", "x86/g", DNS))
	path.write_text("".join(json.dumps({"packet_id": 7, "stage": s, "port": p, "ns": i, "len": len(h) // 2, "hex": h, "verdict": "pass"}) + "\n"
		for i, (s, p, h) in enumerate(hops)), encoding="utf-8")
	return str(path)


def walk(source, env=None, **kw):
	t = Terminal("walk", "-r", source, env={"PKTCAP": PKTCAP, **(env or {})}, rows=50, columns=118, **kw)
	t.until("reddot walk +ended")
	return t


def children(t):
	with open(f"/proc/{t.child.pid}/task/{t.child.pid}/children", encoding="utf-8") as f:
		mine = f.read().split()
	for task in os.listdir(f"/proc/{t.child.pid}/task"):
		with open(f"/proc/{t.child.pid}/task/{task}/children", encoding="utf-8") as f:
			mine += f.read().split()
	return set(mine)


def gone(t):
	"""It leaves at once, and nothing of it stays."""
	before, begin = children(t), time.monotonic()
	t.send("\x03")
	assert t.end() == 0 and time.monotonic() - begin < 25  # less than the patience with sharkd
	for pid in before:
		wait_for(f"the end of {pid}", lambda pid=pid: not os.path.exists(f"/proc/{pid}"))


def scroll(t, keys):
	"""Till the line that says how many more there are is on the screen; each time once all is drawn."""
	for _ in range(60):
		t.send(keys)
		settled(t)
		if "more" in t.text():
			break


NONE = "/nonexistent/program"


def script(tmp_path, text, name="SHARKD"):
	path = tmp_path / "fake"
	path.write_text(text, encoding="utf-8")
	path.chmod(0o755)
	return {"SHARKD": NONE, name: str(path)}


def tshark(frame, tmp_path):
	"""What it says of a frame, without its words on the file."""
	path = tmp_path / "f.txt"
	path.write_text("".join(f"{i:06x} " + " ".join(frame[2 * k:2 * k + 2] for k in range(i, min(i + 16, len(frame) // 2))) + "\n"
		for i in range(0, len(frame) // 2, 16)), encoding="utf-8")
	subprocess.run(["text2pcap", str(path), str(tmp_path / "f.pcap")], check=True, capture_output=True, timeout=60)
	tree = subprocess.run(["tshark", "-V", "-r", str(tmp_path / "f.pcap")], env=ENV, check=True, capture_output=True, text=True, timeout=120).stdout
	lines = [line for line in tree.splitlines() if line]
	return lines[next(i for i, line in enumerate(lines) if not line.startswith((" ", "Frame "))):]


@pytest.mark.skipif(shutil.which("sharkd") is None, reason="sharkd is in wireshark-common")
def test_says_what_tshark_says(source, tmp_path):
	with walk(source) as t:
		t.send("d")
		t.until(r"\[4 Hex\]")
		for key, frame in (("", INNER), ("l", DNS), ("h", INNER)):
			t.send(key)
			layers = [line for line in tshark(frame, tmp_path) if not line.startswith(" ")]
			assert len(layers) >= 3
			t.until(rf"hop {int(frame == DNS)} \w+ as sharkd dissects it")

			def same(layers=layers):  # as many as there is room for
				shown = [line[1:] for line in t.lines() if line[1:] in layers]
				return len(shown) >= 2 and shown == layers[:len(shown)]

			t.until(same)
		assert len(children(t)) == 1  # one for all questions
		t.send("d")
		t.until("bytes of hop 0 > hop 1")
		gone(t)


@pytest.mark.skipif(shutil.which("tshark") is None, reason="no tshark")
def test_tshark_in_its_place(source, tmp_path):
	"""Line for line, as many as there is room for."""
	with walk(source, env={"SHARKD": NONE}) as t:
		t.send("d")
		for key, frame in (("", INNER), ("l", DNS), ("h", INNER)):
			t.send(key)
			want = [" " + " " * ((len(line) - len(line.lstrip())) // 2) + line.lstrip() for line in tshark(frame, tmp_path)]
			t.until(rf"hop {int(frame == DNS)} \w+ as tshark dissects it")

			def same(want=want):
				shown = t.lines()[8:-2]
				return len(want) >= 15 and [line[:118].rstrip() for line in want[:len(shown)]] == [line for line in shown[:len(want)]]

			t.until(same)
		wait_for("its end", lambda: not children(t))  # one for each question
		gone(t)


def test_is_not_there(source):
	with walk(source, env={"SHARKD": NONE, "TSHARK": NONE}) as t:
		t.send("d")
		t.until("neither sharkd nor tshark is there; Debian's packages wireshark-common and tshark have")
		t.send("d")
		t.until("bytes of hop 0 > hop 1")
		gone(t)


@pytest.mark.parametrize("text, said", [("exit 3", "tshark ended while it was asked"), ("exec yes", "tshark: Message too long"),
	("printf 'Frame 1: x\\n    y\\n'", "hop 0 uplink_rx as tshark dissects it")])
def test_tshark_that_does_not_do(source, tmp_path, text, said):
	with walk(source, env=script(tmp_path, f"#!/bin/sh\n{text}\n", "TSHARK")) as t:
		t.send("d")
		t.until(said)
		gone(t)


def test_tshark_that_says_nothing(source, tmp_path):
	with walk(source, env=script(tmp_path, "#!/bin/sh\nexec sleep 600\n", "TSHARK")) as t:
		t.send("d")
		t.until("is asked")
		wait_for("its start", lambda: children(t))
		t.send("2l")
		t.until(r"^>\* +1 vnic_tx")
		gone(t)


def test_hostile_tshark(source, tmp_path):
	lines = ["Frame 1: 60 bytes", "    about the file", "Eth \x1b]0;title\x07\x1b[2Jred \u202e\u009b", " " * 5000 + "far", "x" * 5000, ""] + ["    level"] * 3000
	(tmp_path / "text").write_text("\n".join(lines) + "\n\0\n", encoding="utf-8")
	with walk(source, env=script(tmp_path, f"#!/bin/sh\ncat {tmp_path}/text\n", "TSHARK")) as t:
		t.send("d")
		t.until(r"^   level")
		first = t.lines()[8]
		assert first.startswith(" Eth ") and "]0;title" in first and "[2Jred" in first and "\u202e" not in first and "\u009b" not in first
		assert "about the file" not in t.text()
		t.send("\x06" * 60)
		scroll(t, "\x02")
		t.until(r"^ and \d+ more$")
		assert b"\x1b]0;" not in t.raw
		gone(t)


def test_dies_and_comes_again(source, tmp_path):
	with walk(source, env=script(tmp_path, "#!/bin/sh\nread line\nexit 3\n")) as t:
		t.send("d")
		t.until("sharkd ended while it was asked")
		t.send("l")  # another question, another child
		t.until(r"hop 1 vnic_tx as sharkd")
		t.until("sharkd ended while it was asked")
		gone(t)


def test_says_nothing(source, tmp_path):
	"""The screen goes on, and leaves without waiting."""
	with walk(source, env=script(tmp_path, "#!/bin/sh\nexec sleep 600\n")) as t:
		t.send("d")
		t.until("sharkd is asked")
		t.send("2l")
		t.until(r"^>\* +1 vnic_tx")
		gone(t)


@pytest.mark.parametrize("answer, said", [
	("no json at all", "sharkd did not take the packet"),
	('{"result":[1]}', "sharkd did not take the packet"),
	('{"error":{"code":-5}}', "sharkd did not take the packet"),
	("long", "Message too long"),
])
def test_says_nonsense(source, tmp_path, answer, said):
	(tmp_path / "answer").write_text("x" * 2000000 if answer == "long" else answer + "\n", encoding="utf-8")
	with walk(source, env=script(tmp_path, f"#!/bin/sh\nread line\ncat {tmp_path}/answer\nread line\n")) as t:
		t.send("d")
		t.until(said)
		gone(t)


def test_hostile_tree(source, tmp_path):
	"""Escape sequences, a tree without an end, thousands of lines: the screen shows text."""
	deep = {"l": "bottom"}
	for i in range(200):
		deep = {"l": f"level {i}", "n": [deep]}
	tree = [{"l": "\x1b]0;title\x07\x1b[2Jred \u202e\u009b", "f": "eth"}, {"f": "eth"}, {"l": 7}, 5, deep] + [{"l": "x" * 300}] * 3000
	(tmp_path / "tree").write_text(json.dumps({"result": {"tree": tree}}) + "\n", encoding="utf-8")
	fake = script(tmp_path, f"""#!/bin/sh\nread a\necho '{{"result":{{"status":"OK"}}}}'\nread a\ncat {tmp_path}/tree\nread a\n""")
	with walk(source, env=fake) as t:
		t.send("d")
		t.until("level 199")
		first = t.lines()[8]
		assert "]0;title" in first and "[2Jred" in first and "\u202e" not in first and "\u009b" not in first
		t.send("\x06" * 20)
		t.send("\x02" * 12)
		scroll(t, "j" * 5)
		t.until(r"^ and \d+ more$")
		assert b"\x1b]0;" not in t.raw
		gone(t)
