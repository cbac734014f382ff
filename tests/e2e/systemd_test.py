# SPDX-License-Identifier: BSD-3-Clause
#
# What the daemon tells systemd, read from sockets that stand in for systemd's, and the unit file by systemd's own verdict.
import os
import re
import shutil
import socket
import subprocess

import pytest
from rdtest import REDDOTD, ROOT, SOURCE, Daemon, demo, wait_for


def listen(path):
	s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	s.bind(path if path[0] == "/" else "\0" + path[1:])
	s.settimeout(120)
	return s


@pytest.mark.parametrize("abstract", [False, True])
def test_says_that_it_serves_lives_and_ends(tmp_path, abstract):
	path = f"@rd-notify-{os.getpid()}" if abstract else f"{tmp_path}/notify"
	with listen(path) as s:
		env = ["env", f"NOTIFY_SOCKET={path}", "WATCHDOG_USEC=1000000"]  # not so often that the socket's queue is full before it is read
		with demo("emulated", prefix=env) as (d, c):
			ports = len(c.list("port.list"))
			assert s.recv(4096).decode().split("\n") == ["READY=1", f"STATUS={ports} ports, 1 worker"]
			assert [s.recv(4096) for _ in range(3)] == [b"WATCHDOG=1"] * 3
			c("port.del", port=c.list("port.list", type="shadow")[0]["qname"] if c.list("port.list", type="shadow") else "vmnic129")
			texts = set()
			wait_for("another status", lambda: (texts.add(s.recv(4096)), f"STATUS={ports - 1} ports, 1 worker".encode() in texts)[1])
			d.stop()
		s.settimeout(0.1)
		while (text := s.recv(4096)) == b"WATCHDOG=1" or text.startswith(b"STATUS"):
			pass
		assert text == b"STOPPING=1"


def test_a_watchdog_of_another_process_is_not_fed(tmp_path):
	with listen(f"{tmp_path}/notify") as s:
		with Daemon(prefix=["env", f"NOTIFY_SOCKET={tmp_path}/notify", "WATCHDOG_USEC=20000", "WATCHDOG_PID=1"]) as d:
			assert s.recv(4096).startswith(b"READY=1")
			d.stop()
		assert s.recv(4096) == b"STOPPING=1"


@pytest.mark.parametrize("path", ["", "x", "@", "/nonexistent/socket", "/" + "a" * 200])
def test_nobody_listens(path):
	with Daemon(prefix=["env", f"NOTIFY_SOCKET={path}", "WATCHDOG_USEC=nonsense"]) as d:
		assert d.client().hello["pid"] == d.proc.pid


JOURNAL = """mount -t tmpfs none /run && mkdir -p /run/systemd/journal && mount --bind "$0" /run/systemd/journal &&
JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec "$@" """


@pytest.mark.skipif(not ROOT, reason="skip: needs root to put a socket where systemd's journal has its own")
def test_the_journal_gets_fields(tmp_path):
	def entries():
		while True:
			try:
				yield dict(line.split("=", 1) for line in s.recv(65536).decode().rstrip("\n").split("\n"))
			except BlockingIOError:
				return

	with listen(f"{tmp_path}/socket") as s:
		s.setblocking(False)
		with demo("emulated", prefix=["unshare", "-m", "sh", "-c", JOURNAL, str(tmp_path)]) as (d, c):
			seen = list(entries())
			serving, = [e for e in seen if e["MESSAGE"].startswith("serving at ")]
			assert serving["PRIORITY"] == "6" and serving["SYSLOG_IDENTIFIER"] == "reddotd" and serving["REDDOT_MODULE"] == "main"
			assert re.fullmatch("[0-9a-f]{32}", serving["MESSAGE_ID"])
			c("capture.start", points=[{"stage": "classify"}], name="mine")
			begun, = [e for e in entries() if "REDDOT_SESSION" in e]
			assert begun["REDDOT_SESSION"] == "mine" and begun["MESSAGE_ID"] != serving["MESSAGE_ID"]
			assert d.text() == ""  # nothing twice
			man = open(f"{SOURCE}/docs/man/reddotd.8.scd", encoding="utf-8").read()
			assert serving["MESSAGE_ID"] in man and begun["MESSAGE_ID"] in man


def test_another_stderr_than_the_journals_gets_plain_text():
	with Daemon(prefix=["env", "JOURNAL_STREAM=1:1"]) as d:
		assert re.search(r"^\d{4}-\d\d-\d\d [\d:.]+ INFO  main: serving at ", d.text(), re.M)


needs_analyze = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="skip: needs systemd-analyze")


@pytest.fixture(name="unit")
def a_unit(tmp_path):
	text = open(f"{SOURCE}/dataplane/reddotd.service.in", encoding="utf-8").read()
	path = tmp_path / "reddotd.service"
	path.write_text(text.replace("@bindir@/reddotd", REDDOTD))
	return str(path)


@needs_analyze
def test_the_unit_verifies(unit):
	r = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False)
	ours = [line for line in r.stderr.split("\n") if "reddotd" in line]
	assert (r.returncode, ours) == (0, []), r.stderr


@needs_analyze
def test_the_unit_is_sandboxed(unit):
	r = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", unit], capture_output=True, text=True, check=False)
	level = re.search(r"exposure level for reddotd\.service: ([\d.]+)", r.stdout)
	assert level, r.stdout + r.stderr
	assert float(level[1]) <= 4.0
	guide = open(f"{SOURCE}/docs/guide/operations.md", encoding="utf-8").read()
	assert f"`{level[1]}`" in guide, f"the guide should say {level[1]}"
