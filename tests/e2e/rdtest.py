# SPDX-License-Identifier: BSD-3-Clause
#
# What the end-to-end tests share: a daemon of its own per test, a client that speaks the protocol by itself (not our
# library), and a reader of capture rings that knows only what dataplane/api/capring.h says. Nothing here sleeps blindly:
# wait_for() asks again until something is true, and fails loudly when it does not get so.
import contextlib
import json
import mmap
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

SOURCE = os.environ.get("RD_SOURCE", os.path.realpath(os.path.dirname(__file__) + "/../.."))
REDDOTD = os.environ.get("REDDOTD", "reddotd")
REDDOT = os.environ.get("REDDOT", "reddot")
PKTCAP = os.environ.get("PKTCAP", "pktcap")
DEMO = SOURCE + "/pcaps/demo"
PCAPS = SOURCE + "/pcaps/in"
ROOT = os.geteuid() == 0
NOBODY = 65534

ENV = dict(os.environ)
ENV.setdefault("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=0:detect_stack_use_after_return=0")
ENV.setdefault("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1")
ENV.setdefault("LSAN_OPTIONS",
	f"suppressions={SOURCE}/tests/harness/lsan.supp:print_suppressions=0")


def _others_can():
	"""Whether root can become somebody who may run what was built: a clone below /root is closed to others."""
	become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
	return ROOT and subprocess.run([*become, "test", "-x", REDDOTD, "-a", "-r", SOURCE + "/tests/e2e/rdtest.py"],
		check=False).returncode == 0


OTHERS_CAN = _others_can()
NO_OTHERS = "skip: needs root, and a clone and build folder that other users may enter"


def wait_for(what, fn, seconds=120):
	"""fn() until it returns something true; that is returned."""
	end = time.monotonic() + seconds
	while True:
		value = fn()
		if value:
			return value
		assert time.monotonic() < end, f"waited {seconds} s for: {what}"
		time.sleep(0.01)


class Refused(Exception):
	"""An error answer: code, what, where and try as the daemon sent them."""

	def __init__(self, error):
		super().__init__(json.dumps(error))
		self.code = error["code"]
		self.what = error["what"]
		self.where = error.get("where", "")
		self.hint = error.get("try", "")


class Closed(Exception):
	pass


class Client:
	"""One connection. call() returns (result, items)."""

	called = set()  # methods that were answered with a result, over all clients

	def __init__(self, path, hello=True, name="test"):
		self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
		# While it may block: with a timeout set, a full queue of clients to be accepted is EAGAIN.
		self.sock.connect(path)
		self.sock.settimeout(180)
		self.buf = b""
		self.fds = []
		self.id = 0
		self.hello = None
		if hello:
			self.hello = self("hello", version=1, client=name)

	def send_raw(self, data):
		self.sock.sendall(data)

	def receive(self):
		"""The next message."""
		while b"\n" not in self.buf:
			try:
				data, fds, _, _ = socket.recv_fds(self.sock, 1 << 20, 4)
			except ConnectionError as e:
				raise Closed() from e
			self.fds += fds
			if not data:
				raise Closed()
			self.buf += data
		line, self.buf = self.buf.split(b"\n", 1)
		return json.loads(line)

	def send(self, method, **params):
		self.id += 1
		self.send_raw(json.dumps({"id": self.id, "method": method, "params": params}).encode() + b"\n")
		return self.id

	def call(self, method, **params):
		want = self.send(method, **params)
		items = []
		while True:
			m = self.receive()
			assert m["id"] == want, m
			if "item" in m:
				items.append(m["item"])
			elif "error" in m:
				raise Refused(m["error"])
			else:
				Client.called.add(method)
				return m["result"], items

	def __call__(self, method, **params):
		return self.call(method, **params)[0]

	def list(self, method, **params):
		result, items = self.call(method, **params)
		assert result["count"] == len(items)
		return items

	def one(self, method, **params):
		items = self.list(method, **params)
		assert len(items) == 1, items
		return items[0]

	def close(self):
		self.sock.close()
		for fd in self.fds:
			os.close(fd)
		self.fds = []

	def __enter__(self):
		return self

	def __exit__(self, *_):
		self.close()


class Daemon:
	"""A reddotd on a socket of its own. Leaving the context stops it, and that must end well."""

	def __init__(self, *args, files=(), lines=None, test=True, prefix=(), user=None, wait=True, env=None):
		self.dir = tempfile.mkdtemp(prefix="rd-e2e-")
		if user is not None:
			os.chown(self.dir, user, user)
		else:
			os.chmod(self.dir, 0o755)
		self.path = self.dir + "/rd.sock"
		self.log = self.dir + "/log"
		if lines is not None:
			self.file("config.rd", lines)
			files = [*files, self.dir + "/config.rd"]
		ready, told = os.pipe()
		cmd = [*prefix, REDDOTD, "--socket", self.path, "--mem", "256", "--mbufs", "8192",
			"--flow-capacity", "65536", "--ready-fd", str(told), *args]
		cmd += ["--test"] if test else []
		for f in files:
			cmd += ["-f", f]
		with open(self.log, "wb") as log:
			self.proc = subprocess.Popen(cmd, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
				pass_fds=[told], env=env or ENV, cwd="/", user=user, group=user,
				extra_groups=[] if user is not None else None)
		os.close(told)
		self.ready = ready
		if wait:
			self.wait_ready()

	def file(self, name, text):
		with open(f"{self.dir}/{name}", "w", encoding="utf-8") as f:
			f.write(text)
		return f"{self.dir}/{name}"

	def wait_ready(self):
		readable, _, _ = select.select([self.ready], [], [], 120)
		byte = os.read(self.ready, 1) if readable else b""
		assert byte == b"\n", f"the daemon does not serve:\n{self.text()}"

	def text(self):
		with open(self.log, encoding="utf-8", errors="replace") as f:
			return f.read()

	def client(self, **kw):
		return Client(self.path, **kw)

	def cli(self, *words, check=True):
		r = subprocess.run([REDDOT, "--socket", self.path, *words], capture_output=True, text=True,
			env=ENV, timeout=180, check=False)
		assert not check or r.returncode == 0, f"{words}: {r.stderr}"
		return r.stdout if check else r

	def wait_end(self, seconds=180):
		try:
			return self.proc.wait(seconds)
		except subprocess.TimeoutExpired:
			self.proc.send_signal(signal.SIGABRT)  # leaves a sanitizer's stack, where there is one
			self.proc.wait()
			raise AssertionError(f"the daemon does not end:\n{self.text()}") from None

	def stop(self, sig=signal.SIGTERM):
		if self.proc.poll() is None:
			self.proc.send_signal(sig)
		code = self.wait_end()
		assert code == 0, f"exit code {code}:\n{self.text()}"
		assert "Sanitizer" not in self.text() and "runtime error" not in self.text(), self.text()
		assert not os.path.exists(self.path), "the socket was left behind"

	def remove(self):
		if self.proc.poll() is None:
			self.proc.kill()
			self.proc.wait()
		os.close(self.ready)
		shutil.rmtree(self.dir, ignore_errors=True)

	def __enter__(self):
		return self

	def __exit__(self, kind, *_):
		try:
			if kind is None:
				self.stop()
			else:
				print(self.text())
		finally:
			self.remove()


@contextlib.contextmanager
def demo(name="emulated", *args, **kw):
	with Daemon(*args, files=[f"{DEMO}/{name}.rd"], **kw) as d, d.client() as c:
		yield d, c


def refused(code, fn, *args, **kw):
	"""The error that the call must give; code None = any."""
	try:
		fn(*args, **kw)
	except Refused as e:
		assert code in (None, e.code), f"wanted {code}, got {e}"
		assert e.what, "an error without words"
		return e
	raise AssertionError(f"{args} {kw} was not refused")


# --- capture rings: dataplane/api/capring.h ---
RECORD = struct.Struct("<IHBBQQQIIIHHIIIHBBIBBHIHH")
FIELDS = ("rec_len hdr_len stage dir packet_id parent_id ns wire_len cap_len port_id port_idx queue vni rule_id "
	"flow_id reason worker flags lost prev_stage r0 hop hash inner_off r1").split()


class Ring:
	"""The client's side of a session's memfd."""

	def __init__(self, fd):
		self.map = mmap.mmap(fd, os.fstat(fd).st_size)
		magic, version, self.nb, self.session, self.size, self.ctl, self.data = struct.unpack_from(
			"<IIIIQQQ", self.map, 0)
		assert magic == 0x52444352 and version == 2

	def read(self):
		"""All records that are there, as dicts with their bytes."""
		for i in range(self.nb):
			ctl = self.ctl + i * 8192
			head = struct.unpack_from("<Q", self.map, ctl)[0]
			tail = struct.unpack_from("<Q", self.map, ctl + 64)[0]
			while tail < head:
				rec = self.at(i, tail)
				yield rec
				tail += rec["rec_len"]
				struct.pack_into("<Q", self.map, ctl + 64, tail)

	def at(self, i, pos):
		base = self.data + i * self.size
		header = self.bytes(base, pos, RECORD.size)
		rec = dict(zip(FIELDS, RECORD.unpack(header)))
		assert rec["hdr_len"] == RECORD.size == 80
		rec["bytes"] = self.bytes(base, pos + rec["hdr_len"], rec["cap_len"])
		return rec

	def bytes(self, base, pos, length):
		at = pos % self.size
		first = self.map[base + at:base + min(at + length, self.size)]
		return first + self.map[base:base + length - len(first)]

	def close(self):
		self.map.close()
