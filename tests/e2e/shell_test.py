# SPDX-License-Identifier: BSD-3-Clause
#
# The interactive shell as a person meets it: typed on a pseudo-terminal, looked at through a terminal emulator.
import contextlib
import json
import os
import re
import select
import signal
import socketserver
import subprocess
import termios
import threading

import pexpect
import pytest
from rdtest import DEMO, ENV, REDDOT, REDDOTD, Daemon, wait_for
from term import Terminal

ESC = b"\x1b"
LIBEDIT = REDDOT.endswith("-libedit")


@pytest.fixture(name="state")
def a_state(tmp_path):
	return {"XDG_STATE_HOME": str(tmp_path)}


@pytest.fixture(name="daemon", scope="module")
def a_daemon():
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d:
		yield d


@pytest.fixture(name="term")
def a_term(daemon, state):
	with Terminal("--socket", daemon.path, env=state, rows=60, columns=120) as t:
		t.prompt()
		yield t


def ports(daemon):
	return json.loads(daemon.cli("-j", "show", "port"))


def test_prompt_command_and_end(daemon, term):
	assert term.cursor_line() == "reddot arm>"
	assert term.run("show port vmnic1 | no-more") == daemon.cli("show", "port", "vmnic1").strip() + "\nreddot arm>"
	assert "vmnic1" in term.run("sh po vmn" + "ic1")  # abbreviated
	term.send("\x04")
	assert term.end() == 0


def test_ends_with_its_terminal(daemon, state):
	"""The window is closed, the connection is lost: nothing is left that reads from nowhere."""
	with Terminal("--socket", daemon.path, env=state) as t:
		t.prompt()
		os.dup2(os.open(os.devnull, os.O_RDWR), t.child.child_fd)  # the last one that held the terminal's other side
		wait_for("its end", lambda: not t.child.isalive(), 60)


@pytest.mark.parametrize("word", ["exit", "quit", "exi"])
def test_leaves_by_a_word(daemon, state, word):
	with Terminal("--socket", daemon.path, env=state) as t:
		t.prompt()
		t.send(word + "\r")
		assert t.end() == 0


def test_an_error_says_where_and_the_shell_goes_on(term):
	out = term.run("show prt")
	assert 'error: "prt" is not known here' in out and "where: column 6: show prt" in out and "^" in out
	assert "arm" in term.run("show host")


def test_completes_words_and_living_objects(daemon, term):
	term.send("sh\tpor\tvmnic12\t\t")
	term.until(r"^vmnic128 +vmnic129")
	term.send("9\t\r")
	term.until("arm/vmnic129")
	term.prompt()
	# A port that appears while the shell runs.
	with daemon.client() as c:
		c("port.add", name="freshport", switch="arm/DvsPortset-1", type="vnic")
		try:
			term.send("show port fres\t\r")
			term.until("arm/freshport")
		finally:
			c("port.del", port="freshport")
	term.prompt()
	term.send("port set vmnic129 team vmnic1_\t")
	term.until(r"team vmnic1_MUX_PF20483 ?$")
	term.send("\x15show port | ma\tvnic | co\t\r")
	term.until(r"^\d+$")
	term.prompt()


def test_completes_files(term, tmp_path):
	(tmp_path / "folder").mkdir()
	(tmp_path / "folder" / "rules.rd").write_text("")
	term.send(f"dfw load {tmp_path}/fol\t")
	term.until(r"/folder/$")
	term.send("r\t")
	term.until(r"/folder/rules\.rd ?$")


def test_help_at_any_point_without_enter(term):
	term.send("show po")
	term.until(r"> show po$")
	term.send("?")
	term.until(r"^  port +ports and their counters")
	term.until(r"> show po$")
	term.send("rt ?")
	term.until(r"^  type .*\n(.*\n)*  <enter> +run it")
	term.until(r"> show port$")
	term.send("| ?")
	term.until(r"^  match +only lines")
	term.send("\x15log set \"a?")  # in quotes it is a character
	term.until(r'> log set "a\?$')
	term.send("\x15show host\r")
	term.until("arm.*")
	term.prompt()


def test_tab_without_candidates_explains(term):
	term.send("port add \t")
	term.until(r"^  NAME")
	term.until(r"> port add$")


def test_history_is_kept_for_the_owner_alone(daemon, state):
	path = state["XDG_STATE_HOME"] + "/reddot/history"
	with Terminal("--socket", daemon.path, env=state) as t:
		for line in ("show host", " show switch", "show host", "show segment", "show nonsense"):
			t.run(line)
		t.send("\x1b[A")
		t.until("> show nonsense$")
		t.send("\x1b[A\x1b[A")
		t.until("> show host$")
		t.send("\x15\x04")
		assert t.end() == 0
	assert open(path, encoding="utf-8").read().splitlines() == ["show host", "show segment", "show nonsense"]
	assert os.stat(path).st_mode & 0o777 == 0o600 and os.stat(os.path.dirname(path)).st_mode & 0o777 == 0o700
	with Terminal("--socket", daemon.path, env=state) as t:
		t.prompt()
		t.send("\x12segm")  # reverse search
		t.until("show segment")
		t.send("\r\r" if LIBEDIT else "\r")  # there the first one ends the search
		t.prompt()


def test_a_home_that_is_not_there_is_not_made(daemon, tmp_path):
	home = tmp_path / "none"
	with Terminal("--socket", daemon.path, env={"HOME": str(home)}) as t:
		t.run("show host")
		t.send("\x04")
		assert t.end() == 0
	assert not home.exists()
	home.mkdir()
	with Terminal("--socket", daemon.path, env={"HOME": str(home)}) as t:
		t.run("show host")
		t.send("\x04")
		assert t.end() == 0
	assert (home / ".local/state/reddot/history").read_text() == "show host\n"


def test_history_is_bounded_and_clean(daemon, state):
	path = state["XDG_STATE_HOME"] + "/reddot/history"
	os.mkdir(os.path.dirname(path))
	with open(path, "w", encoding="utf-8") as f:
		f.writelines(f"show port p{i}\n" for i in range(5000))
		f.write("show host\x1b]0;evil\x07\n")
	with Terminal("--socket", daemon.path, env=state) as t:
		t.prompt()
		t.send("\x1b[A")
		t.until("> show host$")
		t.send("\x1b[A")
		t.until("> show port p4999$")
		t.send("\x03")
		t.prompt()
		assert b"]0;" not in t.raw
	assert len(open(path, encoding="utf-8").readlines()) == 1000


def test_ctrl_c_forgets_the_line(term):
	term.send("show nonsense")
	term.until("> show nonsense$")
	term.send("\x03")
	term.prompt()
	assert "arm" in term.run("show host")


def test_ctrl_c_ends_what_repeats_and_what_is_long(term):
	term.send("show host | refresh 100ms | no-more\r")
	term.until(lambda: term.raw.count(ESC + b"[H" + ESC + b"[2J") >= 3)
	term.send("\x03")
	term.prompt()
	assert "arm" in term.run("show host")


def test_q_ends_what_repeats(term):
	"""Also a key that came while nothing waited for it; others end nothing, and none is left for the prompt."""
	term.send("show host --watch 100ms\r")
	term.until(lambda: term.raw.count(ESC + b"[H" + ESC + b"[2J") >= 2)
	term.send("x")
	seen = term.raw.count(ESC + b"[H" + ESC + b"[2J")
	term.until(lambda: term.raw.count(ESC + b"[H" + ESC + b"[2J") >= seen + 2)
	term.send("q")
	term.prompt()
	term.send("show host --wa\t")
	term.until(r"> show host --watch ?$")
	term.send("\x15")
	assert "arm" in term.run("show host")


def test_ctrl_c_ends_the_wait_for_a_mute_daemon(state):
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d, Terminal("--socket", d.path, env=state) as t:
		t.run("show host")
		os.kill(d.proc.pid, signal.SIGSTOP)
		try:
			mark = len(t.raw)
			t.send("show port\r")
			t.until(lambda: b"\n" in t.raw[mark:])  # the line has been taken: else Ctrl-C would forget it
			t.send("\x03")
			t.prompt()
			assert t.cursor_line() == "reddot not connected>"
		finally:
			os.kill(d.proc.pid, signal.SIGCONT)
		assert "arm" in t.run("show host")
		assert t.cursor_line() == "reddot arm>"


def start_again(d, path):
	proc = subprocess.Popen([REDDOTD, "--socket", path, "--mem", "256", "--mbufs", "8192", "-f", f"{DEMO}/upt.rd"],
		stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENV, cwd=d)
	wait_for("the daemon", lambda: os.path.exists(path) and subprocess.run([REDDOT, "--socket", path, "show", "host"],
		env=ENV, capture_output=True, check=False).returncode == 0)
	return proc


def test_no_daemon_a_daemon_and_another_one(state, tmp_path):
	path = str(tmp_path / "s")
	with Terminal("--socket", path, env=state) as t:
		t.prompt()
		assert t.cursor_line() == "reddot not connected>"
		assert "reddotd is not running at" in t.run("show host")
		for _ in range(2):
			proc = start_again(str(tmp_path), path)
			try:
				assert "arm" in t.run("show host")
				assert t.cursor_line() == "reddot arm>"
				t.send("show ho")
				t.until("show ho$")
			finally:
				proc.terminate()
				proc.wait(120)
			t.until("the daemon has gone")  # told without a key
			t.send("\x15")
			t.until(lambda: t.cursor_line() == "reddot not connected>")


@pytest.mark.skipif(LIBEDIT, reason="skip: libedit knows no bracketed paste")
def test_pasted_lines_wait_for_enter_and_stop_at_an_error(term):
	term.send("\x1b[200~show host\nshow nonsense\nshow switch\n\x1b[201~")
	term.until("nonsense")
	assert b"not known" not in term.raw  # nothing ran yet
	term.send("\r")
	term.until("the lines behind it were not run")
	term.prompt()
	assert re.search(r"^\+ show host\n(.*\n)*\+ show nonsense\nerror:", term.text(), re.M)
	assert "+ show switch" not in term.text()


def test_a_notice_does_not_break_the_line(daemon, term):
	assert "nothing" not in term.run("monitor drops port vmnic1")
	term.send("show port vm")
	term.until("> show port vm$")
	term.send("\x02\x02")  # the cursor stands inside
	for i in range(3):
		daemon.cli("inject", "vmnic1", "hex", "00" * 13)  # no frame
		term.until(lambda n=i: len(re.findall(r"^\d\d:\d\d:\d\d\.\d{6} drop ", term.all_text(), re.M)) == n + 1)
		term.until("> show port vm$")
	assert re.search(r"drop [A-Z0-9_]+ at \w+, port arm/vmnic1", term.all_text())
	term.send("\x06\x06nic1\r")
	term.until("^type +uplink")
	term.run("monitor off")
	# Ten and more at once are told in a few lines.
	term.run("monitor drops")
	daemon.cli("inject", "vmnic1", "hex", "00" * 13, "count", "40")

	def told():  # the shell may look in the middle of them: each time it tells ten, and how many more
		more = [int(n) for n in re.findall(r"^\.\.\. and (\d+) more: show drop recent", term.all_text(), re.M)]
		return more and len(re.findall(r"^\d\d:\d\d:\d\d\.\d{6} drop ", term.all_text(), re.M)) + sum(more) == 3 + 40

	term.until(told)


def test_monitor_as_a_command_ends_by_ctrl_c(daemon):
	proc = subprocess.Popen([REDDOT, "--socket", daemon.path, "monitor", "drops", "|", "match", "vmnic1"], env=ENV,
		stdout=subprocess.PIPE)
	try:
		def dropped():
			daemon.cli("inject", "vmnic1", "hex", "00" * 13)
			return select.select([proc.stdout], [], [], 0)[0]
		wait_for("a line", dropped)
		line = proc.stdout.readline()
	finally:
		proc.send_signal(signal.SIGINT)
	proc.stdout.read()
	assert proc.wait(60) == 0
	assert b" drop " in line


@pytest.mark.skipif(LIBEDIT, reason="skip: libedit draws a line of several rows anew only with the next key that changes it")
def test_resize_while_typing(term):
	line = "show port vmnic1 host arm switch DvsPortset-1 type uplink | count"
	term.send(line)
	term.until("count$")
	for rows, columns in ((24, 40), (10, 30), (50, 132), (5, 20), (40, 100)):
		term.resize(rows, columns)
		term.send(" \x08")
		term.until(lambda: "count" in term.text())
	term.send("\r")
	term.until(r"^\d+$")
	term.prompt()
	term.send("show port\r")  # the pager knows the new size
	term.until(r"^-- more: ")
	assert not termios.tcgetattr(term.child.child_fd)[3] & termios.ECHO  # a key typed now is not written behind the question
	assert term.screen.cursor.y == 39
	term.send("q")
	term.prompt()


def test_pager_stops_at_the_end_of_the_screen(daemon, state):
	want = [line for line in daemon.cli("show", "port").splitlines() if line]
	with Terminal("--socket", daemon.path, env=state, rows=12, columns=120) as t:
		t.prompt()
		t.send("show port\r")
		t.until("^-- more: ")
		t.send(" ")
		t.until(lambda: len(re.findall("more: ", t.all_text())) == 1 and want[15] in t.text())
		t.send("\r")
		t.until(lambda: want[22] in t.text())
		t.send("G")
		t.prompt()
		assert [line for line in t.all_text().splitlines() if line in want] == want  # nothing is lost or twice
		t.send("show port\r")
		t.until("^-- more: ")
		t.send("\x03")
		assert "more:" not in t.run("show port | match vnic")  # fits: no question
		assert want[-1] in t.run("show port | no-more")


def test_pager_is_the_persons(daemon, state):
	env = dict(state, PAGER="sed s/^/PAGED:/")
	with Terminal("--socket", daemon.path, env=env, rows=12, columns=120) as t:
		assert "PAGED" not in t.run("show host")
		t.run("show port")
		assert t.all_text().count("PAGED:") == len(ports(daemon)) + 1
	with Terminal("--socket", daemon.path, env=dict(env, REDDOT_PAGER="head -n 2"), rows=12, columns=120) as t:
		t.run("show port")  # a pager that ends early is no error
		assert "error" not in t.text()


def test_one_shot_on_a_terminal(daemon):
	with Terminal("--socket", daemon.path, "show", "port", rows=10, columns=100) as t:
		t.until("^-- more: ")
		t.send("q")
		assert t.end() == 0
	with Terminal("--socket", daemon.path, "show", "port", "|", "refresh", "100ms", columns=100) as t:
		t.until("vmnic1")
		t.send("\x03")
		assert t.end() == 0


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_without_colours(daemon, state, env):
	with Terminal("--socket", daemon.path, env=dict(state, **env), rows=100, columns=100) as t:
		assert "vmnic1" in t.run("show port")
		assert not re.search(rb"\x1b\[[0-9;]*m", t.raw)
		if env.get("TERM") == "dumb":
			assert ESC not in t.raw


def test_heading_is_bold_where_colours_are(term):
	term.run("show host")
	assert b"\x1b[1m" in term.raw.split(b"show host")[1]


HOSTILE = "\x1b]0;owned\x07\x1b[2J\u009b31m\u202egnp\x7f\x08x"


class Evil(socketserver.StreamRequestHandler):
	"""A daemon whose every text wants to own the terminal."""

	def line(self):
		try:
			return self.rfile.readline()
		except ConnectionError:
			return b""

	def handle(self):
		for line in iter(self.line, b""):
			asked = json.loads(line)
			method = asked["method"]
			item = dict.fromkeys(("name", "qname", "host", "type", "mac", "used_by", "vm", "stage", "line", "src_ip", "verdict", "actions",
				"reason", "port", "switch", "id", "module", "level"), HOSTILE)
			if method == "hello":
				answers = [{"result": {"version": 1, "default_host": HOSTILE, "role": HOSTILE, "release": HOSTILE}}]
			elif method == "switch.list":
				answers = [{"error": {"code": "EINVAL", "what": HOSTILE, "where": HOSTILE, "try": HOSTILE}}]
			else:
				answers = [{"item": item}, {"result": {"count": 1, "flushed": HOSTILE}}]
			for a in answers:
				self.wfile.write(json.dumps({"id": asked["id"], **a}).encode() + b"\n")


@pytest.fixture(name="evil")
def an_evil_daemon(tmp_path):
	path = str(tmp_path / "evil.sock")
	with socketserver.ThreadingUnixStreamServer(path, Evil) as server:
		server.daemon_threads = True
		thread = threading.Thread(target=server.serve_forever)
		thread.start()
		yield path
		server.shutdown()
		thread.join()


def test_hostile_text_never_reaches_the_terminal(evil, state):
	with Terminal("--socket", evil, env=state, rows=100, columns=200) as t:
		for command in ("show port", "net-stats -l", "esxtop", "show port | json", "show host | json | match evil", "show running-config",
			"show switch", "show flow", "ens flow-table dump", "show drop recent", "show dfw log", "log set all debug", "monitor log", "show stage",
			"vsipioctl getfilters", "show ladder port x", "ens switch list", "help"):
			t.run(command)
		t.send("show port \t\t")
		t.until(lambda: t.raw.count(b"\n") > 50)
		assert "owned" in t.all_text() and "x1b" in t.all_text()
		for bad in (b"\x1b]", b"\x1b[2J", "\u009b".encode(), "\u202e".encode(), b"\x7f", b"\x07\x1b"):
			at = t.raw.find(bad)
			assert at < 0, t.raw[at - 200:at + 50]
	# What asks for another terminal than UTF-8 gets ASCII.
	with Terminal("--socket", evil, "net-stats", "-l", env={"LC_ALL": "C", "PAGER": ""}, rows=100, columns=200) as t:
		t.end()
		assert max(t.raw) < 0x7f and b"owned" in t.raw


def test_terminal_that_goes_away(daemon, state):
	t = Terminal("--socket", daemon.path, env=state)
	t.prompt()
	pid = t.child.pid
	with contextlib.suppress(pexpect.ExceptionPexpect):  # which has no more patience than four tenths of a second
		t.child.close(force=False)
	wait_for("the end", lambda: not t.child.isalive())
	assert not os.path.exists(f"/proc/{pid}")


def test_no_terminal_no_shell(daemon):
	done = subprocess.run([REDDOT, "--socket", daemon.path], input="show host\n", capture_output=True, text=True, env=ENV, check=False)
	assert done.returncode == 2 and done.stdout == "" and done.stderr.startswith("usage: reddot")
