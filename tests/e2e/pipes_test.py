# SPDX-License-Identifier: BSD-3-Clause
#
# Pipes behind commands: each stage against the same done by Python on the whole output.
import json
import re
import signal
import subprocess

import pytest
from rdtest import DEMO, ENV, REDDOT, Daemon, wait_for


@pytest.fixture(name="daemon", scope="module")
def a_daemon():
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d:
		yield d


@pytest.fixture(name="table", scope="module")
def a_table(daemon):
	head, *rows = daemon.cli("show", "port").splitlines()
	return head, rows


def test_match_and_except(daemon, table):
	head, rows = table
	for expression in ("vnic", "VNIC", "^ *1", "mux|shadow", "arm/vm(k|nic)[0-9]+$", "[[:digit:]]{9}"):
		want = [r for r in rows if re.search(expression.replace("[[:digit:]]", "[0-9]"), r, re.I)]
		assert 0 < len(want)
		assert daemon.cli(f'show port | match "{expression}"').splitlines() == [head, *want]
		want = [r for r in rows if r not in want]
		assert daemon.cli(f'show port | except "{expression}"').splitlines() == ([head, *want] if want else [])
	assert daemon.cli("show port | match nothing_like_it") == ""


def test_count_and_last(daemon, table):
	head, rows = table
	assert daemon.cli("show port | count") == f"{len(rows)}\n"
	assert daemon.cli("show port | match nothing_like_it | count") == "0\n"
	assert daemon.cli("show port | last 3").splitlines() == [head, *rows[-3:]]
	assert daemon.cli("show port | last 100000").splitlines() == [head, *rows]
	vnics = [r for r in rows if "vnic" in r]
	assert daemon.cli("show port | last 12 | match vnic | last 1 | count").strip() == "1"
	assert daemon.cli("show port | match vnic | except x86/ | count").strip() == str(sum("x86/" not in r for r in vnics))
	assert daemon.cli("show port | match vnic | last 2").splitlines() == [head, *vnics[-2:]]


def test_json(daemon):
	ports = json.loads(daemon.cli("-j", "show", "port"))
	assert json.loads(daemon.cli("show port | json")) == ports
	assert json.loads(daemon.cli("-p", "show port | json | no-more")) == ports
	# Behind a filter: one object per line, in any order of the words.
	vnics = [p for p in ports if p["type"] == "vnic"]
	for line in ('show port | json | match "type.:.vnic"', 'show port | match "type.:.vnic" | json'):
		assert [json.loads(o) for o in daemon.cli(line).splitlines()] == vnics
	assert daemon.cli("-j", "show port | count") == f"{len(ports)}\n"
	assert [json.loads(o) for o in daemon.cli("-p", "-j", "show port | last 2").splitlines()] == ports[-2:]


def test_notes_belong_to_their_row(daemon):
	"""A drop's packet stands below its row: matching it shows both, and they count as one."""
	frame = bytes.fromhex("005056a1999e020000000001") + b"\x08\x00" + bytes(20)
	for _ in range(3):
		daemon.cli("inject", "vmnic1", "hex", frame.hex())
	drops = json.loads(daemon.cli("-j", "show drop recent"))
	assert len(drops) >= 3
	assert daemon.cli("show drop recent | count") == f"{len(drops)}\n"
	out = daemon.cli('show drop recent | match "02:00:00:00:00:01 >"').splitlines()
	assert len(out) == 1 + 2 * len(drops) and out[2].startswith("    packet: 02:00:00:00:00:01 >")


def test_save(daemon, tmp_path):
	path = tmp_path / "ports"
	assert daemon.cli(f"show port | save {path}") == ""
	assert path.read_text() == daemon.cli("show", "port")
	path.write_text("x" * 100000)
	daemon.cli(f"show port | match vnic | json | save {path}")
	assert all(json.loads(o)["type"] for o in path.read_text().splitlines())
	daemon.cli(f"show port | json | save {path}")
	assert json.loads(path.read_text()) == json.loads(daemon.cli("-j", "show", "port"))
	daemon.cli(f"show port | count | save {path}")
	assert path.read_text() == daemon.cli("show port | count")
	r = daemon.cli("show port | save /nonexistent/x", check=False)
	assert r.returncode == 1 and "/nonexistent/x can't be written: No such file" in r.stderr
	r = daemon.cli("show port | save /dev/full", check=False)
	assert r.returncode == 1 and "No space left" in r.stderr


def test_same_words_everywhere(daemon, tmp_path):
	want = daemon.cli("show port | match vnic | last 1")
	assert want.count("\n") == 2
	assert daemon.cli("show", "port", "|", "match", "vnic", "|", "last", "1") == want
	assert daemon.cli("-c", "sh por|match vnic|last 1".replace("|", " |")) == want
	assert daemon.cli("-c", "show port| match vnic| last 1") == want
	file = tmp_path / "lines"
	file.write_text("# ports\nshow port | match vnic | last 1 # the end\n")
	assert daemon.cli("-f", str(file)) == want
	# Relative to the command file, as all files.
	file.write_text("show port | match vnic | last 1 | save here\n")
	daemon.cli("-f", str(file))
	assert (tmp_path / "here").read_text() == want


def test_quoted_bars_and_those_inside_words_are_text(daemon):
	assert daemon.cli('show port | match "a|vnic" | count') == daemon.cli("show port | match a|vnic | count")
	r = daemon.cli('show port "|"', check=False)
	assert "is not a name" in r.stderr


@pytest.mark.parametrize("line, error, column", [
	("| count", "a command is missing in front of the bar", 1),
	("show port |", "a word is missing behind the bar", 12),
	("show port | | count", "a word is missing behind the bar", 12),
	("show port | grep x", '"grep" is not known here', 13),
	("show port | match", "the command is not complete", 19),
	("show port | match [", '"[" is no regular expression', 13),
	("show port | match a b", 'nothing more is expected at "b"', 21),
	("show port | last 0", '"0" is not a number from 1 to 100000', 18),
	("show port | count | match x", "count leaves one number: write match before it", 21),
	("show port | save /dev/null | count", "nothing is left after save: write count before it", 30),
	("show port | refresh 1 | refresh 2", "refresh is written twice", 25),
	("show port | refresh 1ms", '"1ms" is not a duration', 21),
	("show port|count", '"port|count" is not known here', 6),
	("show port " + "| match a " * 9, "at most 8 stages", 93),
])
def test_errors(daemon, line, error, column):
	r = daemon.cli(line, check=False)
	assert r.returncode == 1 and r.stdout == ""
	assert error in r.stderr
	assert f"where: column {column}: " in r.stderr


def test_errors_say_what_to_write(daemon):
	assert "try:   match RE, except RE, count" in daemon.cli("show port |", check=False).stderr
	assert "try:   match, except, count, last, json, save, refresh, no-more" in daemon.cli("show port | grep x", check=False).stderr
	assert "try:   a blank before and behind the bar" in daemon.cli("show port|count", check=False).stderr
	assert "quotation marks" in daemon.cli("show port | match a b", check=False).stderr


def test_help_and_completion(daemon):
	assert daemon.cli("--complete", "show port | ").split() == ["match", "except", "count", "last", "json", "save", "refresh", "no-more"]
	assert daemon.cli("--complete", "show port | match x | la").split() == ["last"]
	assert "  except" in daemon.cli("show port | ?")
	assert re.search(r"\|  +match, except", daemon.cli("show port ?"))


def test_refresh_until_ctrl_c(daemon, tmp_path):
	proc = subprocess.Popen([REDDOT, "--socket", daemon.path, "show host | match arm | refresh 100ms"], env=ENV, stdout=subprocess.PIPE,
		text=True)
	assert [proc.stdout.readline().split()[-1] for _ in range(6)].count("arm") == 3
	proc.send_signal(signal.SIGINT)
	proc.stdout.read()
	assert proc.wait(60) == 0
	# Nobody reads any more: it ends by itself.
	done = subprocess.run(f"'{REDDOT}' --socket {daemon.path} 'show host | refresh 100ms' | head -n 1", shell=True, env=ENV, timeout=120,
		check=True, capture_output=True)
	assert done.stdout
	path = tmp_path / "hosts"
	proc = subprocess.Popen([REDDOT, "--socket", daemon.path, f"show host | refresh 100ms | save {path}"], env=ENV)
	want = daemon.cli("show", "host")
	wait_for("the file", lambda: path.exists() and path.read_text() == want)
	proc.send_signal(signal.SIGINT)
	assert proc.wait(60) == 0


def watched(daemon, *words, lines):
	"""The first lines of a command that goes on, until Ctrl-C."""
	with subprocess.Popen([REDDOT, "--socket", daemon.path, *words], env=ENV, stdout=subprocess.PIPE, text=True) as proc:
		got = [proc.stdout.readline() for _ in range(lines)]
		proc.send_signal(signal.SIGINT)
		proc.stdout.read()
		assert proc.wait(60) == 0
	return got


def test_watch(daemon):
	"""A show command again and again: its text, with stages behind it, and one JSON object per line."""
	once = daemon.cli("show", "host").splitlines(keepends=True)
	assert watched(daemon, "show", "host", "--watch", "100ms", lines=3 * len(once)) == 3 * once
	assert watched(daemon, "sh host --watch 100ms | match arm", lines=4) == 2 * [once[0], *[o for o in once if "arm" in o]]
	hosts = json.loads(daemon.cli("-j", "show", "host"))
	assert [json.loads(o) for o in watched(daemon, "-j", "show host --watch 100ms", lines=2 * len(hosts))] == 2 * hosts
	assert [json.loads(o) for o in watched(daemon, "show host --watch | json", lines=2 * len(hosts))] == 2 * hosts
	assert "--watch [TIME]" in daemon.cli("show host ?") and "--watch" not in daemon.cli("flow flush ?")
	assert daemon.cli("--complete", "show host --").split() == ["--watch"]
	assert daemon.cli("--complete", "show port --").split() == ["--watch", "--rate"]
	for line, error, column in (("show host --rate", "no counters", None), ("show port --rate 1ms", '"1ms" is not a duration', 18),
		("show host --watch 1ms", '"1ms" is not a duration', 19), ("show host --watch x", '"x" is not a duration', 19),
		("show host --watch | refresh 1", "one is enough", None), ("flow flush --watch", "--watch", 12)):
		r = daemon.cli(line, check=False)
		assert r.returncode == 1 and error in r.stderr and (column is None or f"where: column {column}: " in r.stderr), r.stderr


def test_rate():
	"""What counters grew by per second between two readings: of a daemon where one port gets so many packets a second."""
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d, d.client() as c:
		still = json.loads(d.cli("-j", "show", "port", "--rate", "200ms"))
		assert len(still) == len(json.loads(d.cli("-j", "show", "port"))) and all(p["rx_packets"] == 0 for p in still)
		assert all(isinstance(p["id"], int) and isinstance(p["mtu"], int) and 0.2 <= p["per_s"] < 60 for p in still)
		c("inject", port="vmnic1", frames=["00" * 60] * 10, every_ms=20)  # 500 a second, if the machine has time
		wait_for("they come", lambda: c.list("port.list", port="vmnic1")[0]["rx_packets"] > 20)
		before = c.list("port.list", port="vmnic1")[0]
		text = d.cli("show port --rate 500ms | match vmnic1$")
		rates = json.loads(d.cli("-j", "show", "port", "--rate", "1"))
		drops = json.loads(d.cli("-j", "show drop --rate 500ms"))
		after = c.list("port.list", port="vmnic1")[0]
		mine = next(p for p in rates if p["qname"] == "arm/vmnic1")
		grew = mine["rx_packets"] * mine["per_s"]
		# What was counted between the two readings, no more than in all, and whole packets.
		assert 0 < grew <= after["rx_packets"] - before["rx_packets"] + 1
		assert abs(mine["rx_bytes"] - 60 * mine["rx_packets"]) <= 60 and mine["drops"] > 0
		assert sum(x["count"] for x in drops) > 0
		assert re.search(r"vmnic1$", text, re.M) and re.match(r"\d+\.?\d*$", text.splitlines()[-1].split()[4])
		assert "per second, over " in d.cli("show port --rate 100ms")
		# Again and again: each reading is compared with the one before.
		again = watched(d, "-j", "show stage --rate 100ms --watch 100ms", lines=2 * len(c.list("stage.list")))
		assert len({json.loads(line)["per_s"] for line in again}) == 2
