# SPDX-License-Identifier: BSD-3-Clause
#
# A terminal for tests: a program on a pseudo-terminal (pexpect), and what a person would see of it (pyte, an emulator that is not
# ours). Nothing sleeps: until() reads what the program writes till the screen is as wanted.
import contextlib
import os
import re
import select
import signal
import time

import pexpect
import pyte
from rdtest import ENV, REDDOT

SECONDS = 180


class Screen(pyte.HistoryScreen):
	"""With the bytes that a terminal would have obeyed: every escape sequence that pyte knows ends in one of these."""

	def set_title(self, param):
		raise AssertionError(f"somebody set the title: {param}")

	def draw(self, data):
		super().draw(data)
		self.last = data[-1:]

	# What pyte does not know, and ncurses uses where the terminal has it: REP, SU, SD.
	def repeat(self, count=1):
		self.draw(self.last * (count or 1))

	def scroll(self, count, at_top):
		margins = self.margins or pyte.screens.Margins(0, self.lines - 1)
		y, self.cursor.y = self.cursor.y, margins.top if at_top else margins.bottom
		for _ in range(count or 1):
			(self.reverse_index if at_top else self.index)()
		self.cursor.y = y

	def scroll_up(self, count=1):
		self.scroll(count, False)

	def scroll_down(self, count=1):
		self.scroll(count, True)


class Stream(pyte.ByteStream):
	csi = {**pyte.ByteStream.csi, "b": "repeat", "S": "scroll_up", "T": "scroll_down"}
	events = pyte.ByteStream.events | {"repeat", "scroll_up", "scroll_down"}


class Terminal:
	"""reddot (or argv) on a terminal of so many rows and columns. Leaving the context ends it."""

	def __init__(self, *args, argv=None, rows=24, columns=80, env=None, term="xterm-256color", preexec=None):
		self.env = {k: v for k, v in ENV.items() if k not in ("NO_COLOR", "PAGER", "REDDOT_PAGER", "LESS", "INPUTRC",
			"LINES", "COLUMNS", "CLICOLOR_FORCE")}
		self.env.update({"TERM": term, "LC_ALL": "C.UTF-8", "INPUTRC": "/dev/null", "HOME": "/nonexistent"})
		self.env["ESCDELAY"] = "300"  # the kernel may hand over a key's sequence in two pieces, and the rest when it has a core for it
		self.env.update(env or {})
		argv = argv or [REDDOT]
		self.raw = b""
		self.screen = Screen(columns, rows, history=10000, ratio=1)
		self.stream = Stream(self.screen)
		self.child = pexpect.spawn(argv[0], [*argv[1:], *args], env=self.env, dimensions=(rows, columns),
			timeout=SECONDS, preexec_fn=preexec)
		self.child.delaybeforesend = None

	def feed(self, seconds):
		"""Reads what is there; False when nothing came within so many seconds or the program ended."""
		try:
			data = self.child.read_nonblocking(65536, timeout=seconds)
		except pexpect.TIMEOUT:
			return False
		except pexpect.EOF:
			return self.last_words()
		self.raw += data
		self.stream.feed(data)
		return True

	def last_words(self):
		"""pexpect tells an end also when the program ended behind its back, between its last look and its last question."""
		self.child.wait()
		try:
			data = os.read(self.child.child_fd, 65536) if select.select([self.child.child_fd], [], [], 0)[0] else b""
		except (OSError, ValueError):
			return None
		self.raw += data
		self.stream.feed(data)
		return True if data else None

	def lines(self):
		return [line.rstrip() for line in self.screen.display]

	def text(self):
		return "\n".join(self.lines())

	def all_text(self):
		"""With what has scrolled away."""
		top = ["".join(line[x].data for x in range(self.screen.columns)).rstrip() for line in self.screen.history.top]
		return "\n".join(top) + "\n" + self.text()

	def cursor_line(self):
		return self.lines()[self.screen.cursor.y]

	def until(self, what, seconds=SECONDS):
		"""Reads until what (a regular expression, or a function) holds of the screen; returns the match."""
		end = time.monotonic() + seconds
		while True:
			found = what() if callable(what) else re.search(what, self.text(), re.M)
			if found:
				return found
			left = end - time.monotonic()
			assert left > 0, f"waited {seconds} s for {what!r} on:\n{self.all_text()}"
			assert self.feed(min(left, 1)) is not None, f"ended before {what!r}:\n{self.all_text()}"

	def prompt(self, start=r"reddot [^>\n]*> ?"):
		"""Until the cursor stands behind a prompt without words."""
		return self.until(lambda: re.fullmatch(start.rstrip(), self.cursor_line()))

	def send(self, text):
		self.child.send(text)

	def run(self, line):
		"""Types a line; what it printed, once the prompt is there again."""
		self.prompt()
		mark = len(self.raw)
		self.send(line + "\r")
		self.until(lambda: b"\n" in self.raw[mark:])
		self.prompt()
		data = pyte.Screen(400, 2000)
		pyte.ByteStream(data).feed(self.raw[mark:])
		return "\n".join(row.rstrip() for row in data.display).strip().split("\n", 1)[-1]

	def resize(self, rows, columns):
		self.screen.resize(rows, columns)
		self.child.setwinsize(rows, columns)

	def end(self, seconds=SECONDS):
		"""Waits for the program; its exit code, or minus the signal."""
		stop = time.monotonic() + seconds
		while self.feed(1) is not None:
			assert time.monotonic() < stop, f"does not end:\n{self.all_text()}"
		return self.child.exitstatus if self.child.exitstatus is not None else -self.child.signalstatus

	def __enter__(self):
		return self

	def __exit__(self, *_):
		with contextlib.suppress(Exception):
			if self.child.isalive():
				os.kill(self.child.pid, signal.SIGKILL)
			self.child.close(force=True)
