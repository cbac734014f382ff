# SPDX-License-Identifier: BSD-3-Clause
#
# pktcap under test: collects its stdout (bytes) and stderr (text) as they come, so that a test can wait for what it says.
import json
import os
import re
import signal
import struct
import subprocess
import threading
import time

from rdtest import ENV, PKTCAP, REDDOT

DEADLINE = 180  # s; for any single event, on a busy machine and under sanitizers
SANITIZER = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:")


class Process:
	"""A program that dies with us. stderr is always collected, stdout unless it is redirected or somebody else reads it."""

	def __init__(self, argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, collect=True, **popen):
		self.argv = [str(a) for a in argv]
		self.popen = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *self.argv], stdin=stdin, stdout=stdout,
			stderr=subprocess.PIPE, env=ENV, **popen)
		self.pid = self.popen.pid
		self._bytes = {"out": b"", "err": b""}
		self._more = threading.Condition()
		self._readers = [threading.Thread(target=self._read, args=(key, pipe), daemon=True)
			for key, pipe in (("out", self.popen.stdout if collect else None), ("err", self.popen.stderr))
			if pipe is not None]
		for t in self._readers:
			t.start()

	def _read(self, key, pipe):
		data = True
		while data:
			data = os.read(pipe.fileno(), 1 << 16)
			with self._more:
				self._bytes[key] += data
				self._more.notify_all()

	@property
	def stdout(self):
		return self._bytes["out"]

	@property
	def stderr(self):
		return self._bytes["err"].decode(errors="replace")

	def _wait_text(self, get, pattern, timeout):
		end = time.monotonic() + timeout
		with self._more:
			while not (match := re.search(pattern, get(), re.M)):
				left = end - time.monotonic()
				ended = not any(t.is_alive() for t in self._readers)
				assert left > 0 and not ended, f"{self.argv}: no {pattern!r} in:\n{get()}\n{self.stderr}"
				self._more.wait(min(left, 0.1))
		return match

	def wait_stderr(self, pattern, timeout=DEADLINE):
		return self._wait_text(lambda: self.stderr, pattern, timeout)

	def wait_stdout(self, pattern, timeout=DEADLINE):
		return self._wait_text(lambda: self.stdout.decode(errors="replace"), pattern, timeout)

	def wait(self, timeout=DEADLINE):
		"""Its exit status, once it ended by itself and all it said has been read."""
		rc = self.popen.wait(timeout)
		for t in self._readers:
			t.join(timeout)
		return rc

	def end(self, sig=signal.SIGINT):
		if self.popen.poll() is None:
			self.popen.send_signal(sig)
		return self.wait()

	def __enter__(self):
		return self

	def __exit__(self, *exc):
		self.end(signal.SIGKILL)
		for pipe in (self.popen.stdout, self.popen.stderr):
			if pipe is not None:
				pipe.close()


class Pktcap(Process):
	"""pktcap at a daemon; with start, returns once its taps are on."""

	def __init__(self, daemon, *args, start=True, prefix=(), **popen):
		super().__init__([*prefix, PKTCAP, "--socket", daemon.path, *args], **popen)
		if start:
			try:
				self.wait_stderr(r"^pktcap: capturing at ")
			except BaseException:
				self.__exit__()
				raise

	def finish(self, rc=0, sig=signal.SIGINT):
		"""Ctrl-C: it writes what it still has and its summary."""
		got = self.end(sig)
		assert not SANITIZER.search(self.stderr), self.stderr
		assert got == rc, f"pktcap: {got}\n{self.stderr}"
		return self

	def records(self):
		"""What --json printed."""
		return [json.loads(line) for line in self.stdout.splitlines()]


def packets_in(path):
	"""How many packets are in a pcapng file that somebody is still writing."""
	data = path.read_bytes() if path.exists() else b""
	at = packets = 0
	while at + 12 <= len(data):
		kind, size = struct.unpack_from("<II", data, at)
		assert size >= 12, f"no block at {at}"
		at += size
		packets += kind == 6 and at <= len(data)
	return packets


def tool(daemon, *args, rc=0):
	"""pktcap, to its end."""
	done = subprocess.run([PKTCAP, "--socket", daemon.path, *args], capture_output=True, text=True, env=ENV, timeout=DEADLINE, check=False)
	assert done.returncode == rc, done.stderr
	return done


def reddot_json(daemon, *words):
	done = subprocess.run([REDDOT, "--socket", daemon.path, "--json", *words], capture_output=True, text=True, env=ENV,
		timeout=DEADLINE, check=False)
	assert done.returncode == 0, done.stderr
	return json.loads(done.stdout)
