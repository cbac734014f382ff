# SPDX-License-Identifier: BSD-3-Clause
#
# The full-screen walk over a living daemon: flow cache, firewall, topology, ladder and mirror panes against what the daemon's own
# lists say, mirror sessions made from the packet under the cursor, the drop ring, the capture bar, saving, the mouse.
import json
import re
import signal
import subprocess

import pytest
from rdtest import DEMO, ENV, PCAPS, PKTCAP, Daemon, wait_for
from term import Terminal

DROP = f"{PCAPS}/malformed/dfw_rule_deny.pcap"
SYN = f"{PCAPS}/emulated-syn.pcap"


@pytest.fixture(name="daemon", scope="module")
def a_daemon():
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d:
		yield d


def running(daemon, n):
	wait_for(f"{n} captures", lambda: daemon.cli("show capture | json | match running | count").strip() == str(n))


def walk(daemon, *args, **kw):
	t = Terminal("--socket", daemon.path, "walk", *args, env={"PKTCAP": PKTCAP}, **kw)
	return t


def leave(t, daemon):
	t.send("\x03")
	assert t.end() == 0
	running(daemon, 0)


def test_panes_say_what_the_daemon_says(daemon):
	with walk(daemon, columns=140, rows=30) as t:
		t.until("waiting for packets")
		running(daemon, 1)
		daemon.cli("inject", "vmnic1", "pcap", SYN)
		t.until("DELIVERED")
		t.send("G5")  # the SYN; its flow cache
		with daemon.client() as c:
			flows = c.list("flow.list", src="172.16.31.26", dst="172.16.31.25", sport=57448, dport=80)
			assert flows
			for f in flows:
				t.until(rf"^ {f['ft']} +{f['id']} +{f['host']} +{f['sw_hits']} +{f['hw_hits']} +{f['verdict']} +172.16.31.26:57448 > 172.16.31.25:80")
			t.until("GENEVE DECAP; DFW on dstPort;")
			port = next(p for p in c.list("port.list", host="arm") if p["type"] == "vnic")["qname"]
			rules = c.list("dfw.list", port=port)
			t.send("6")
			for r in rules:
				mark = ">" if r["id"] == 1041 else " "
				t.until(rf"^{mark} *{r['id']} {r['action']} +{r['dir']} .* {r['hits']} {r['name']}$")
			t.until(rf"policy revision {c('dfw.revision')['revision']}$")
			t.send("0")
			stages = {s["stage"]: s["in"] for s in c.list("stage.list")}
			t.until(rf"ns in {stages['classify']}( |$)")
			up = next(p for p in c.list("port.list") if p["qname"] == "arm/vmnic1")
			t.until(rf"^ *arm/vmnic1 +uplink +up +{up['rx_packets']} +{up['tx_packets']} +{up['drops']}$")
		leave(t, daemon)


def test_topology_dot(daemon):
	"""The one red dot stands before the stage that the hop list has chosen, at every hop."""
	with walk(daemon, columns=140, rows=40) as t:
		t.until("waiting for packets")
		running(daemon, 1)
		daemon.cli("inject", "vmnic1", "pcap", SYN)
		t.until("DELIVERED")
		t.send("A0")
		for _ in range(60):
			where = t.until(r"walk \d+  hop (\d+) of (\d+)  (\w+):")
			t.until(rf"● *[\[(]{where.group(3)}[\])]")
			rows = t.until(lambda: len(r := [i for i, line in enumerate(t.lines()) if "●" in line and i > 6]) == 1 and r)  # drawn to its end
			at = t.lines()[rows[0]].index("●")
			assert t.screen.buffer[rows[0]][at].fg == "red"
			if where.group(1) == where.group(2):
				break
			t.send("l")
			t.until(lambda n=where.group(1): re.search(rf"hop {int(n) + 1} of", t.text()))
		leave(t, daemon)


def test_ladder():
	"""With a guest that has not answered yet: its stand-in does so once."""
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as daemon, walk(daemon, columns=160, rows=50) as t:
		t.until("waiting for packets")
		running(daemon, 1)
		daemon.cli("inject", "vmnic1", "pcap", SYN)
		t.until("DELIVERED")
		daemon.cli("inject", "vmnic1", "pcap", SYN)  # the same segment again
		t.until(lambda: "walks 3" in t.lines()[0])
		t.send("G7")
		t.until(r"\[S\] seq \d+$")
		t.until(r"\[S\.\] seq \d+$")
		t.until(r"\[S\] seq \d+ RETRANSMIT$")
		t.until(r"there [\d.]+ us  back [\d.]+ us  between them [\d.]+ us  retransmits [1-9]")
		leave(t, daemon)


def permitted(daemon):
	with daemon.client() as c:
		return sum(r["hits"] for r in c.one("mirror.counters", session="walk1")["rules"])


def test_mirror_from_the_packet(daemon):
	with walk(daemon, columns=160, rows=30) as t:
		t.until("waiting for packets")
		running(daemon, 1)
		daemon.cli("inject", "vmnic1", "pcap", SYN)
		t.until("DELIVERED")
		t.send("GM")
		t.until("collector's address")
		t.send("192.0.2.2\r")
		t.until(r"^ mirror session add walk1 source x86/gs-ubuntu-01.eth0 to 192.0.2.2 lifetime 10m$")
		t.until("Enter runs these commands")
		assert daemon.cli("show mirror | json").strip() == "[]"  # shown, not run
		t.send("\r8")
		t.until(r"^>walk1 +(resolving|active|failed|suspended|down)")
		shown = json.loads(daemon.cli("--json", "show", "mirror", "walk1"))[0]
		assert shown["session"] == "walk1" and "192.0.2.2" in shown["destination"]
		assert "172.16.31.26" in json.dumps(shown) and "57448" in json.dumps(shown)
		daemon.cli("mirror", "session", "set", "walk1", "next-hop", "02:00:00:00:00:02", "out-port", "arm/vmnic1", "src-ip", "192.0.2.1")
		daemon.cli("mirror", "session", "start", "walk1")  # refused before: the demo has no way to a collector
		t.until(r"^>walk1 +active")
		daemon.cli("inject", "vmnic1", "pcap", SYN)
		wait_for("a packet that the rule permits", lambda: permitted(daemon) > 0)
		t.send("x")
		t.until("^ mirror session stop walk1$")
		t.send("\r")
		t.until(r"^>walk1 +down")
		t.send("1M")
		t.send("192.0.2.2\r\r")  # the name is taken: the daemon's answer is shown
		t.until("walk1")
		t.until("(?i)there is|exists|already")
		leave(t, daemon)


def test_back_in_time(daemon):
	"""What was dropped before the walk began."""
	daemon.cli("inject", "vmnic1", "pcap", DROP)
	with walk(daemon, columns=120) as t:
		t.until("waiting for packets")
		running(daemon, 1)  # a pktcap that is only beginning does not end well by Ctrl-C
		t.send("T")
		t.until(r"drops of before are walks of one hop")
		t.until(r"172\.16\.31\.26:57450 > 172\.16\.31\.25:23 tcp +DROPPED DFW_RULE_DENY")
		t.send("\r")
		t.until(r"^>\* +0 drop@arm/gs-ubuntu.* DROPPED +DFW_RULE_DENY rule 1043")
		t.send("4")  # its bytes, though there is no hop to compare it with
		t.until(r"^ bytes of hop 0$")
		t.until(r"^ 0000 +00 50 56 ")
		t.send("6")
		t.until(r"^> *1043 drop +in .* \d of the walks here$")
		leave(t, daemon)


def test_capture_bar(daemon):
	with walk(daemon, columns=120) as t:
		t.until("waiting for packets")
		running(daemon, 1)
		t.send("C")
		t.until(r"^ capture \[  \] _")
		t.send("tcp port 23\r")
		t.until(lambda: "capture: tcp port 23" in t.lines()[0])
		wait_for("the filter", lambda: '"filter":"tcp port 23"' in daemon.cli("--json", "show", "capture").replace('": ', '":'))
		daemon.cli("inject", "vmnic1", "pcap", SYN)
		daemon.cli("inject", "vmnic1", "pcap", DROP)
		t.until("DROPPED DFW_RULE_DENY")
		assert "DELIVERED" not in t.text() and "walks 1" in t.lines()[0]
		t.send("C\x15no such\r")
		t.until("pktcap: ")
		t.send("C\x15\r")
		running(daemon, 1)
		daemon.cli("inject", "vmnic1", "pcap", SYN)
		t.until("DELIVERED")
		leave(t, daemon)


def test_save(daemon, tmp_path):
	with walk(daemon, columns=120) as t:
		t.until("waiting for packets")
		running(daemon, 1)
		daemon.cli("inject", "vmnic1", "pcap", DROP)
		t.until("DROPPED")
		for end in ("html", "dot", "json", "txt", "pcapng"):
			path = tmp_path / f"w.{end}"
			t.send(f"w\x15{path}\r")
			t.until(f"saved: {path}")
			assert path.stat().st_size > 0
			t.send("w\x15" + str(path) + "\r")  # what is there stays
			t.until("File exists")
		leave(t, daemon)
	hops = [h["stage"] for h in json.loads((tmp_path / "w.json").read_text())["walks"][0]["hops"]]
	read = subprocess.run([PKTCAP, "--json", "-r", str(tmp_path / "w.pcapng")], env=ENV, capture_output=True, check=True, timeout=60).stdout
	assert [json.loads(line)["stage"] for line in read.splitlines()] == hops and hops[-1] == "drop"


def test_mouse_and_function_keys(daemon):
	with walk(daemon) as t:
		t.until("waiting for packets")
		running(daemon, 1)
		daemon.cli("inject", "vmnic1", "pcap", SYN)
		daemon.cli("inject", "vmnic1", "pcap", DROP)
		t.until(r"^> +\d+ .* DROPPED(.*\n)+ +\d+ .* DELIVERED$")  # both rows are drawn

		def click(row, col):  # counted from 1, as terminals do
			t.send(f"\x1b[<0;{col};{row}M\x1b[<0;{col};{row}m")

		row = next(i for i, line in enumerate(t.lines()) if "DELIVERED" in line)
		click(row + 1, 10)
		t.until(r"^> .* DELIVERED$")
		click(2, t.lines()[1].index("2 Hops") + 2)
		t.until(r"\[2 Hops\]")
		t.until(r"^ +2 \w+@")
		row = next(i for i, line in enumerate(t.lines()) if re.match(r" +2 \w+@", line))
		click(row + 1, 10)
		t.until(r"^>\* +2 ")
		click(4, t.lines()[3].rindex("[") + 2)  # the last port of the picture
		t.until(r"^>\* +\d+ vnic_tx@")
		t.send("\x1bOP")  # F1
		t.until("half a page")
		t.send("q\x1b[18~")  # F7
		t.until(r"^ show \[  \] /_")
		t.send("\x1b")
		t.until(lambda: "show [" not in t.text())
		t.send("\x1b[21~")  # F10: back
		t.until(r"\[1 Walks\]")
		leave(t, daemon)
	with walk(daemon, term="vt100") as t:  # its description knows no such keys: they go as a whole
		t.until("waiting for packets")
		running(daemon, 1)
		t.send("\x1b[<0;3;3M\x1b[18~\x1b[1;5C")
		t.send("2")
		t.until(r"\[2 Hops\]")
		leave(t, daemon)


def test_daemon_that_does_not_answer(daemon):
	"""The screen goes on, and leaves at once."""
	with walk(daemon, columns=120) as t:
		t.until("waiting for packets")
		running(daemon, 1)
		daemon.cli("inject", "vmnic1", "pcap", SYN)
		t.until("DELIVERED")
		daemon.proc.send_signal(signal.SIGSTOP)
		try:
			t.send("5")
			t.until(r"\[5 Flow\]")
			t.send("2")
			t.until(r"\[2 Hops\]")
			t.send("\x03")
			assert t.end() == 0
		finally:
			daemon.proc.send_signal(signal.SIGCONT)
	running(daemon, 0)


def own(t, key):
	"""Of a pane that asks the daemon, too: what it says of the walks themselves."""
	end = {"0": r"^ *PORT +TYPE|ports' states"}.get(key, "^ now, as the daemon has it:|^ not in a file: ")
	lines = t.lines()[1:]
	counter = r"(?<= )i(?:n(?: \d+(?: x(?: \d+)?)?)?)?(?= |$)"  # of a stage, maybe cut short
	return [re.sub(counter, lambda m: " " * len(m.group()), line).rstrip() if key == "0" else line
		for line in lines[:next(i for i, line in enumerate(lines) if re.search(end, line))] if line]


def test_live_equals_file(daemon, tmp_path):
	"""The walks of a file are those that were seen live: the hops with times, what they changed, their bytes; which entries of the flow cache and
	which rules they met. What a file can't know, it says."""
	path = str(tmp_path / "w.pcapng")
	keys = "G\r"  # the oldest walk's hops
	with subprocess.Popen([PKTCAP, "--socket", daemon.path, "-s", "256", "-w", path], env=ENV, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as proc, \
			walk(daemon, columns=118, rows=30) as t:
		running(daemon, 2)
		daemon.cli("inject", "vmnic1", "pcap", SYN)
		t.until("DELIVERED")
		daemon.cli("inject", "vmnic1", "pcap", DROP)
		t.until("DROPPED")
		proc.send_signal(signal.SIGINT)
		assert proc.wait(60) == 0
		with Terminal("walk", "-r", path, env={"PKTCAP": PKTCAP}, columns=118, rows=30) as f:
			f.until(lambda: "ended" in f.lines()[0] and "DROPPED" in f.text())
			for step in (keys, "l", "l", "l", "3", "4", "9", "7", "1", "k", "2"):
				for term in (t, f):
					term.send(step)
				wait_for(step, lambda: (t.feed(0.2), f.feed(0.2), t.lines()[1:] == f.lines()[1:])[2])
			live = {"5": "now, as the daemon has it:", "6": "policy revision", "0": r"^ *PORT +TYPE", "8": "SESSION +STATE"}
			file = {"5": "not in a file: the entries' actions", "6": "not in a file: the rules' names", "0": "only a live walk can ask", "8": "only a live walk can"}
			for walk_key in ("G", "g"):  # the SYN; the dropped packet
				for key, answer in live.items():
					for term in (t, f):
						term.send("1" + walk_key + key)
					t.until(rf"\[{key} \w+\]")
					t.until(answer)
					f.until(file[key])
					if key != "8":
						wait_for(f"pane {key}", lambda key=key: (t.feed(0.2), f.feed(0.2), own(t, key) == own(f, key))[2])
					if key == "6":
						f.until(r"^> *104\d (allow|drop) +in .* \d of the walks here$")
					if key == "5" and walk_key == "G":
						f.until(r"^ - +\d+ +arm +\d+ +- allow 172.16.31.26:57448 > 172.16.31.25:80 tcp +missed \d.* vni 74752$")
			f.send("\x03")
			assert f.end() == 0
		leave(t, daemon)
