# SPDX-License-Identifier: BSD-3-Clause
#
# The full-screen walk on a terminal: live, from files and from a pipe, at several sizes and kinds of terminals. What it shows is
# held against what pktcap --trace says of the same packets.
import base64
import contextlib
import json
import os
import re
import signal
import subprocess
import threading
import time

import pytest
from rdtest import DEMO, ENV, PCAPS, PKTCAP, REDDOT, Daemon, wait_for
from term import Terminal

DROP = f"{PCAPS}/malformed/dfw_rule_deny.pcap"
SYN = f"{PCAPS}/emulated-syn.pcap"


@pytest.fixture(name="daemon", scope="module")
def a_daemon():
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d:
		yield d


@pytest.fixture(name="files", scope="module")
def capture_files(daemon, tmp_path_factory):
	"""The same walks as JSON lines and as pcapng: a SYN with its answer, and a dropped packet."""
	folder = tmp_path_factory.mktemp("walk")
	pcapng, lines = str(folder / "w.pcapng"), str(folder / "w.json")
	proc = subprocess.Popen([PKTCAP, "--socket", daemon.path, "-w", pcapng], env=ENV, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
	capturing(daemon)
	daemon.cli("inject", "vmnic1", "pcap", SYN)
	daemon.cli("inject", "vmnic1", "pcap", DROP)
	proc.send_signal(signal.SIGINT)
	assert proc.wait(60) == 0
	with open(lines, "w", encoding="utf-8") as f:
		subprocess.run([PKTCAP, "--json", "-x", "-r", pcapng], env=ENV, stdout=f, stderr=subprocess.DEVNULL, check=True, timeout=60)
	return pcapng, lines


def capturing(daemon):
	wait_for("the capture", lambda: daemon.cli("show capture | json | match running | count").strip() == "1")


def walk(*args, socket=None, **kw):
	return Terminal(*(["--socket", socket] if socket else []), "walk", *args, env=dict(kw.pop("env", {}), PKTCAP=PKTCAP), **kw)


def title(term):
	return term.lines()[0]


def settled(t):
	"""Until all that was typed is drawn: the last row comes last, and changes when a prompt opens and closes."""
	t.send("/")
	t.until(lambda: t.lines()[-1].startswith(" show ["))
	t.send("\x1b")
	t.until(lambda: t.lines()[-1].startswith(" ?help"))


def test_live(daemon):
	with walk(socket=daemon.path) as t:
		t.until("waiting for packets")
		capturing(daemon)
		daemon.cli("inject", "vmnic1", "pcap", SYN)
		t.until(r"172\.16\.31\.26:57448 > 172\.16\.31\.25:80 tcp +DELIVERED")
		daemon.cli("inject", "vmnic1", "pcap", DROP)
		t.until(r"^> +\d+ .* DROPPED DFW_RULE_DENY")
		t.until(lambda: "dropped 1" in title(t))
		t.send("\rG")  # its hops, the last one
		t.until(r"^>\* +\d+ drop@arm/gs-ubuntu.* DROPPED +DFW_RULE_DENY")
		t.until(r"^ +x$")  # the dot died
		t.send("p")
		t.until(lambda: "PAUSED" in title(t))
		t.send("qqq")
		assert t.end() == 0
	wait_for("the end of the capture", lambda: daemon.cli("show capture | json | match running | count").strip() == "0")


def test_every_door_shows_the_same(files):
	"""A capture file, JSON lines, the lines through a pipe, and plain text."""
	pcapng, lines = files
	screens = []
	for args, preexec in ((("-r", pcapng), None), (("-r", lines), None), (("-r", "-"), lambda: os.dup2(os.open(lines, os.O_RDONLY), 0))):
		with walk(*args, rows=40, columns=120, preexec=preexec) as t:
			t.until(lambda t=t: "ended" in title(t) and "DROPPED" in t.text())
			settled(t)
			screens.append(t.lines()[1:])
			t.send("\x03")
			assert t.end() == 0
	assert screens[0] == screens[1] == screens[2]
	plain = [subprocess.run([REDDOT, "walk", "-r", f], env=dict(ENV, PKTCAP=PKTCAP), capture_output=True, text=True, check=True).stdout for f in files]
	assert plain[0] == plain[1]
	records = [json.loads(line) for line in open(lines, encoding="utf-8")]
	hops = re.findall(r"^ +\d+ (\w+)@(\S+) +\d+ +\d", plain[0], re.M)
	by_walk = {}
	for r in records:
		by_walk.setdefault(r["packet_id"], []).append((r["stage"], r["port"][:38 - 1 - len(r["stage"])]))
	assert hops == [h for walk_hops in by_walk.values() for h in walk_hops]


def test_the_red_dot_is_where_the_hop_list_says(files):
	records = [json.loads(line) for line in open(files[1], encoding="utf-8")]
	first = [r for r in records if r["packet_id"] == records[0]["packet_id"]]
	with walk("-r", files[1]) as t:
		t.until(lambda: "ended" in title(t))
		t.send("G\r")  # the oldest walk's hops
		for i, hop in enumerate(first):
			t.until(lambda i=i, hop=hop: re.search(rf"^>\* +{i} {hop['stage']}@", t.text(), re.M)
				and f"hop {i} of" in t.lines()[5] and hop["stage"] + ":" in t.lines()[5])
			line = t.lines()[4]
			boxes = t.lines()[3]
			if hop["stage"].endswith(("_rx", "_tx")):  # under the port's box
				at = line.index("●")
				box = [m for m in re.finditer(r"\[([^]]*)\]", boxes) if m.start() <= at < m.end()]
				assert len(box) == 1 and hop["port"].split("/")[1].startswith(box[0].group(1))
				colour = t.screen.buffer[4][at]
				assert colour.fg == "red" and colour.bold
			t.send("l")


def test_diff_and_hex(files):
	with walk("-r", files[1]) as t:
		t.until(lambda: "ended" in title(t))
		t.send("G\rlll")
		t.until(r"^ - geneve vni 0x12400")
		t.until(r"^ = inner 74 B unchanged")
		t.send("4")
		t.until(r"^ 0000 - 00 50 56 67 eb 13 00 50 56 63 04 5c 08 00 45 00")
		t.send("9")
		t.until(r"^ +1 +0 +[\d.]+ +[\d.]+ +[\d.]+ arm/vmnic1 > arm/vmnic0_MUX")
		t.until(r"^ +1 +1 +[\d.]+ +[\d.]+ +[\d.]+ arm/vmnic1 x DFW_RULE_DENY")


def test_filter_bar(files):
	with walk("-r", files[1]) as t:
		t.until(lambda: "ended" in title(t))
		t.send("/DROP[")
		t.until(r"show \[!!\] /DROP\[_")
		t.send("\x08")
		t.until(r"show \[ok\] /DROP_")
		t.send("\r")
		t.until(lambda: "DELIVERED" not in t.text() and "DROPPED" in t.text())
		t.until(r"^ 1 of [23] walks fit: DROP$")
		t.send("j")
		t.until(r"^ show 1 of [23]: /DROP ")
		t.send("/\x15stage dfwin")
		t.until(r"^ {18}v there is no such stage$")  # over the word
		t.until(r"show \[!!\] /stage dfwin_")
		t.send("\x17\x17sta\t")
		t.until(r"show \[..\] /stage _")
		t.send("vnic_t\tand verdict del\t\r")
		t.until(lambda: "DROPPED" not in t.text() and "DELIVERED" in t.text())
		t.send("/\x1b")  # as it was
		t.until(r"^ show 1 of [23]: /stage vnic_tx and verdict delivered")
		t.send(":all\r")
		t.until("DROPPED")
		t.send("?")
		t.until("the dot walks by itself")


def test_show_option(files):
	"""The same language without a screen; the answers of an oracle that reads the records itself."""
	by_walk = {}
	for line in open(files[1], encoding="utf-8"):
		r = json.loads(line)
		by_walk.setdefault(r["packet_id"], []).append(r)
	walks = list(by_walk.values())
	oracle = {"stage drop": lambda w: any(r["stage"] == "drop" for r in w), "verdict delivered": lambda w: w[-1]["verdict"] == "delivered",
		"rule": lambda w: any(r.get("rule", 0) for r in w), "hops > 5": lambda w: len(w) > 5, "fc miss": lambda w: any(r.get("flow_hit") == "miss" for r in w),
		"vni 74752 and not stage vnic_tx": lambda w: any(r.get("vni") == 74752 for r in w) and all(r["stage"] != "vnic_tx" for r in w),
		"latency >= 0": lambda w: True, "host x86": lambda w: any(r.get("port", "").startswith("x86/") for r in w)}
	for show, fits in oracle.items():
		r = subprocess.run([REDDOT, "walk", "-r", files[0], "--show", show, "--export", "json"], env=dict(ENV, PKTCAP=PKTCAP), capture_output=True, text=True,
			check=False)
		want = [w[0]["packet_id"] for w in walks if fits(w)]
		if want:
			assert [w["packet_id"] for w in json.loads(r.stdout)["walks"]] == want, show
		else:
			assert r.returncode == 1 and "no walk to export" in r.stderr
	r = subprocess.run([REDDOT, "walk", "-r", files[0], "--show", "rule 7 and stage x"], env=dict(ENV, PKTCAP=PKTCAP), capture_output=True, text=True, check=False)
	assert r.returncode == 1 and "at column 18: there is no such stage" in r.stderr


def test_marks_commands_and_split(files, tmp_path):
	with walk("-r", files[1], rows=30, columns=110) as t:
		t.until(lambda: "ended" in title(t))
		t.send("G ")
		t.until(r"^> +1\*")
		t.until(lambda: "marked 1" in title(t))
		t.send(f":export json {tmp_path}/m.json marked\r")
		t.until("saved: ")
		assert [w["walk"] for w in json.loads((tmp_path / "m.json").read_text())["walks"]] == [1]
		t.send(f":ex {tmp_path}/all.pcapng shown\r")
		t.until("saved: .*all.pcapng")
		t.send("*")
		t.until(lambda: "shown 1 " in title(t) and "DROPPED" not in t.text())
		t.send("*2|")
		t.until(r"^>─ Hops ─+ ── Walks ")
		t.send("\x17")
		t.until(r"^── Hops ─+ >─ Walks ")
		t.send(":find dropped\r")
		t.until(lambda: any(t.screen.buffer[i][m.start()].underscore for i, line in enumerate(t.lines()) for m in re.finditer("DROPPED DFW", line)))
		t.send("|4:find 0x080\r")  # half a byte: text, which is nowhere
		t.until("not found: 0x080")
		t.send(":find 08 00 45\r")
		t.until(lambda: any(c.reverse and c.underscore and c.data == "8" for line in range(30) for c in t.screen.buffer[line].values()))
		t.send(":q\r")
		assert t.end() == 0
	read = subprocess.run([PKTCAP, "--json", "-r", str(tmp_path / "all.pcapng")], env=ENV, capture_output=True, check=True, timeout=60).stdout
	assert {json.loads(line)["packet_id"] for line in read.splitlines()} == {json.loads(line)["packet_id"] for line in open(files[1], encoding="utf-8")}


def clips(t):
	"""What the terminal was given for its clipboard."""
	return [base64.b64decode(text, validate=True).decode() for text in re.findall(rb"\x1b\]52;c;([^\x07]*)\x07", t.raw)]


def test_copies_to_the_terminals_clipboard(files):
	records = [json.loads(line) for line in open(files[1], encoding="utf-8")]
	first = [r for r in records if r["packet_id"] == records[0]["packet_id"]]
	with walk("-r", files[1]) as t:
		t.until(lambda: "ended" in title(t))
		t.send("G\rlyi")
		t.until("^ copied: ")
		t.send("yb")
		t.until(lambda: len(clips(t)) == 2)
		t.send("/stage drop or fc\ryfyh:copy id\r")
		t.until(lambda: len(clips(t)) == 5)
		got = clips(t)
		assert got[0] == got[4] == str(first[1]["packet_id"]) and got[2] == "stage drop or fc"
		assert bytes.fromhex(got[1]) == bytes.fromhex(first[1]["hex"])[:512]
		assert re.fullmatch(rf"packet {first[1]['packet_id']} hop 1 {first[1]['stage']}@{re.escape(first[1]['port'])} [\d.]+ us {first[1]['len']} B .*", got[3])
		settled_with_filter(t)
	with walk("-r", files[1], term="linux") as t:  # which would print it
		t.until(lambda: "ended" in title(t))
		t.send("yi")
		t.until("this terminal has no clipboard")
		assert b"\x1b]" not in t.raw


def settled_with_filter(t):
	"""The screen is whole after sequences that are not ncurses'."""
	t.send("1")
	t.until(r"^ show \d of \d: /stage drop or fc ")
	before = t.lines()
	t.send("\x0c")  # all anew
	t.until(lambda: t.lines() == before)


def test_places_maps_settings_and_another_file(files, tmp_path):
	with walk("-r", files[1], rows=30, columns=110) as t:
		t.until(lambda: "ended" in title(t))
		t.send("G\rllma1g")
		t.until(lambda: t.lines()[1].startswith(" [1 Walks]"))
		t.send("'a")
		t.until(r"^>\* +2 ")
		t.send("''")
		t.until(r"^> +[23] ")
		t.send(f":map <F9> :export json {tmp_path}/m.json<Enter>\r\x1b[20~")
		t.until("saved: ")
		assert len(json.loads((tmp_path / "m.json").read_text())["walks"]) == 1
		t.send(":set time=absolute\r7")
		t.until(r"^ {2}min:s")
		t.until(r"^\d\d:\d\d\.\d{5} ")
		t.send(":e /nonexistent\r")
		t.until("/nonexistent can't be read: No such file")
		assert files[1][-20:] in title(t) or "w.json" in title(t)
		t.send(":filter stage drop\r1")
		t.until(lambda: "DELIVERED" not in t.text())
		t.send(f":edit {files[0]}\r")
		t.until(lambda: "w.pcapng" in title(t) and "ended" in title(t) and "DROPPED" in t.text() and "DELIVERED" not in t.text())
		t.send("'a")
		t.until("there is no place a")
		t.send(":all\r")
		t.until("DELIVERED")
		t.send("q")
		t.until("end the walk[?]")
		t.send("y")
		assert t.end() == 0


def test_begins_with_the_persons_file(files, tmp_path):
	(tmp_path / "reddot").mkdir()
	rc = tmp_path / "reddot" / "walkrc"
	env = {"XDG_CONFIG_HOME": str(tmp_path)}
	rc.write_text("# mine\nset time=absolute\nmap <F9> :pane paths<Enter>\n", encoding="utf-8")
	with walk("-r", files[1], env=env) as t:
		t.until(lambda: "ended" in title(t))
		t.send("7")
		t.until(r"^ {2}min:s")
		t.send("\x1b[20~")
		t.until(r"\[9 Paths\]")
	for text, said in (("set time=absolute\nquit\n", "walkrc, line 2: set SETTING or map KEY KEYS is expected"), ("set speed=9", "walkrc, line 1: = and a number within"),
			("x" * 5000, "walkrc, line 1: the line is too long"), ("set \x1b]0;x\x07\n", "walkrc, line 1: there is no such setting")):
		rc.write_text(text, encoding="utf-8")
		with walk("-r", files[1], env=env) as t:
			t.until(said)
			assert b"\x1b]0;" not in t.raw


@pytest.mark.parametrize("rows, columns", [(24, 80), (40, 120), (10, 40), (5, 20), (16, 70)])
@pytest.mark.parametrize("term", ["xterm-256color", "linux", "vt100"])
def test_terminals_and_sizes(files, term, rows, columns):
	with walk("-r", files[1], term=term, rows=rows, columns=columns) as t:
		if rows < 10:
			t.until("40x10 needed")
		else:
			t.until("reddot walk ")
			t.send("2")
			t.until(r">\* +0 \w+_rx@")
			t.until("classify|port_in")
		t.send("\x03")
		assert t.end() == 0


def test_without_colours_and_without_a_terminal_that_can(files):
	with walk("-r", files[1], env={"NO_COLOR": "1"}) as t:
		t.until(lambda: "ended" in title(t))
		t.send("\r")
		t.until("●")
		assert not re.search(rb"\x1b\[[0-9;]*3[0-7][;m]", t.raw)
		assert t.screen.buffer[4][t.lines()[4].index("●")].reverse
	with walk("-r", files[1], term="dumb", env={"REDDOT_PAGER": ""}, rows=100) as t:  # plain text
		t.end()
		assert b"\x1b" not in t.raw and b"walk 1 " in t.raw
	with walk("-r", files[1], env={"LC_ALL": "C"}) as t:
		t.until(r"\(@\)")
		assert max(t.raw) < 0x80


def test_resize_storm(files):
	with walk("-r", files[1]) as t:
		t.until(lambda: "ended" in title(t))
		for i in range(60):
			t.resize(3 + i * 7 % 50, 10 + i * 31 % 140)
			t.send("l2 17"[i % 5])
		t.resize(30, 100)
		t.send("1")
		t.until(lambda: t.screen.columns == 100 and "9 Paths" in t.lines()[1] and "DROPPED" in t.text())
		t.send("\x03")
		assert t.end() == 0


def records(n):
	for i in range(n):
		yield json.dumps({"packet_id": i + 1, "stage": "uplink_rx", "port": "arm/p", "ns": i, "len": 60, "hex": "ab" * 60, "verdict": "pass"})
		yield json.dumps({"packet_id": i + 1, "stage": "drop", "port": "arm/p\x1b]0;x\x07", "ns": i + 5, "len": 60, "hex": "1b" * 60, "verdict": "drop",
			"reason": "X\x1b[2J"})


@contextlib.contextmanager
def piped(tmp_path, lines):
	"""A walk that reads these lines through a pipe, as fast as it can."""
	pipe = str(tmp_path / "pipe")
	os.mkfifo(pipe)

	def write():
		with contextlib.suppress(BrokenPipeError), open(pipe, "w", encoding="utf-8") as f:
			f.writelines(line + "\n" for line in lines)

	writer = threading.Thread(target=write)
	writer.start()
	with walk("-r", "-", rows=40, columns=120, preexec=lambda: os.dup2(os.open(pipe, os.O_RDONLY), 0)) as t:
		yield t
	writer.join()


def test_many_walks_in_bounded_memory(tmp_path):
	"""RD_WALKS=1000000 for as many."""
	walks = int(os.environ.get("RD_WALKS", "60000"))
	with piped(tmp_path, records(walks)) as t:
		t.until(lambda: f"walks {walks} " in title(t) and "ended" in title(t), seconds=300 + walks // 1000)
		assert "(oldest gone)" in title(t)
		with open(f"/proc/{t.child.pid}/status", encoding="utf-8") as f:
			peak = int(re.search(r"VmHWM:\s+(\d+)", f.read()).group(1))
		print(f"{walks} walks: {peak} kB at most")
		assert peak < 1200000  # sanitizers' shadow included
		for key in "\rG4567890123":
			t.send(key)
		t.send("\x03")
		assert t.end() == 0
		assert b"\x1b]0;" not in t.raw and b"\x1b[2J" not in t.raw.split(b"ended", 1)[1]


def test_at_most_20_frames_in_a_second(tmp_path):
	"""While records come as fast as they can be read, and keys besides: every frame shows another count of walks."""
	with piped(tmp_path, records(10**9)) as t:
		t.until(r"walks \d+")
		seen, begin = set(), time.monotonic()
		while time.monotonic() - begin < 3 or len(seen) < 3:
			t.send("l")
			t.feed(0.01)
			seen.add(re.search(r"walks (\d+)", title(t)).group(1))
		seconds = time.monotonic() - begin
		t.send("\x03")
		assert t.end() == 0
	assert 3 <= len(seen) <= 20 * seconds + 5  # a count may be read half drawn


def test_errors(daemon, tmp_path):
	r = subprocess.run([REDDOT, "walk", "-r", str(tmp_path / "no")], env=ENV, capture_output=True, text=True, check=False)
	assert r.returncode == 1 and "can't be read: No such file" in r.stderr
	r = subprocess.run([REDDOT, "walk"], env=ENV, capture_output=True, text=True, check=False)
	assert r.returncode == 1 and "a live walk needs a terminal" in r.stderr and "try:   pktcap --trace" in r.stderr
	with walk("filter", "no such filter", socket=daemon.path) as t:
		t.until("pktcap: ")
		t.until(lambda: "ended" in title(t))
	with walk(socket=str(tmp_path / "none")) as t:
		t.until("reddotd is not running")
		t.send("q")
		t.until("end the walk[?] q, y or Enter")
		t.send("q")
		assert t.end() == 0


def test_in_the_shell(daemon, tmp_path):
	"""The shell goes on behind it."""
	with Terminal("--socket", daemon.path, env={"XDG_STATE_HOME": str(tmp_path), "PKTCAP": PKTCAP}) as t:
		t.prompt()
		for _ in range(2):
			t.send("walk\r")
			t.until("waiting for packets")
			t.send("ZZ")
			t.until(lambda: t.cursor_line().startswith("reddot arm>"))
			t.send("\x0c")  # the emulator knows no second screen
			t.prompt()
		assert "arm" in t.run("show host")
