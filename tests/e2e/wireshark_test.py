# SPDX-License-Identifier: BSD-3-Clause
#
# Wireshark's side: reddot-extcap under a real tshark that a normal user runs, the toolbar's protocol spoken by the test, the
# dissector's fields as filters, the profile, and the script that puts them in place.
import contextlib
import os
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from rdtest import DEMO, ENV, NO_OTHERS, NOBODY, OTHERS_CAN, PCAPS, ROOT, SOURCE, Daemon, wait_for

import oracles
from pktcap import DEADLINE, SANITIZER, Pktcap, Process
from slides import WALKS

EXTCAP = os.environ["EXTCAP"]
LUA = os.environ["REDDOT_LUA"]
SCRIPT = os.environ["REDDOT_WIRESHARK"]
PROFILE = f"{SOURCE}/pktcap/wireshark/profile"
SYN = f"{PCAPS}/emulated-syn.pcap"
DENIED = f"{PCAPS}/malformed/dfw_rule_deny.pcap"

pytestmark = [
	pytest.mark.skipif(ROOT and not OTHERS_CAN, reason=NO_OTHERS),
	pytest.mark.skipif(shutil.which("tshark") is None, reason="skip: needs tshark"),
]
BECOME = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if ROOT else []
USER = NOBODY if ROOT else None


class Person:
	"""A normal user with a home of their own, in which the kit was put."""

	def __init__(self, home):
		self.home = home
		self.env = {**ENV, "HOME": str(home), "XDG_RUNTIME_DIR": str(home), "TMPDIR": str(home / "tmp"),
			"PATH": os.environ["PATH"]}
		for name in ("XDG_CONFIG_HOME", "REDDOT_SOCKET"):
			self.env.pop(name, None)
		# Wireshark's own extcap programs take seconds to start, each time: not here. Ours is in the personal folder.
		self.env["WIRESHARK_EXTCAP_DIR"] = str(home / "none")
		for name in ("tmp", "none"):
			(home / name).mkdir()
		self.own()

	def own(self):
		if ROOT:
			subprocess.run(["chown", "-R", str(NOBODY), self.home], check=True)

	def run(self, *argv, daemon=None, rc=0, **kw):
		env = {**self.env, "REDDOT_SOCKET": daemon.path} if daemon else self.env
		done = subprocess.run([*BECOME, *map(str, argv)], env=env, capture_output=True, text=True, timeout=DEADLINE,
			check=False, cwd=self.home, **kw)
		assert rc is None or done.returncode == rc, f"{argv}: {done.returncode}\n{done.stdout}{done.stderr}"
		assert not SANITIZER.search(done.stderr), done.stderr
		return done

	def tshark(self, *args, **kw):
		return self.run("tshark", *args, **kw)

	def start(self, daemon, *argv):
		return Process([*BECOME, "env", f"HOME={self.home}", f"XDG_RUNTIME_DIR={self.home}", f"TMPDIR={self.home}/tmp",
			f"WIRESHARK_EXTCAP_DIR={self.home}/none", f"REDDOT_SOCKET={daemon.path}", *argv], cwd=self.home)


def install(tmp):
	"""The programs and data as meson install lays them out; returns the script."""
	kit = tmp / "share/reddot/wireshark"
	(tmp / "bin").mkdir(parents=True)
	kit.mkdir(parents=True)
	shutil.copy(SCRIPT, tmp / "bin/reddot-wireshark")
	(tmp / "bin/reddot-wireshark").chmod(0o755)
	(tmp / "bin/reddot-extcap").symlink_to(EXTCAP)
	shutil.copy(LUA, kit / "reddot.lua")
	shutil.copytree(PROFILE, kit / "profile")
	return tmp / "bin/reddot-wireshark"


@contextlib.contextmanager
def open_folder():
	"""A folder that others may enter: pytest's own are closed."""
	with tempfile.TemporaryDirectory(prefix="rd-e2e-") as name:
		os.chmod(name, 0o755)
		yield Path(name)


@pytest.fixture
def folder():
	with open_folder() as f:
		yield f


@pytest.fixture(scope="module")
def person():
	with open_folder() as top:
		script = install(top / "prefix")
		(top / "home").mkdir()
		p = Person(top / "home")
		p.said = p.run(script).stdout
		p.script = script
		yield p


@pytest.fixture
def daemon():
	with Daemon(files=[f"{DEMO}/emulated.rd"], user=USER) as d:
		yield d


def sessions(daemon):
	with daemon.client() as c:
		return c.list("capture.list")


def wait_session(daemon):
	return wait_for("the session", lambda: sessions(daemon), DEADLINE)[0]


def wait_no_session(daemon):
	wait_for("no session", lambda: not sessions(daemon))


# --- what Wireshark asks ---

def interfaces(person, daemon=None):
	lines = person.tshark("-D", daemon=daemon).stdout.splitlines()
	return [line.split(". ", 1)[1] for line in lines if "reddot:" in line]


def test_tshark_lists_hosts_not_stages(person, daemon):
	assert interfaces(person, daemon) == ["reddot:any (reddot: every host)", "reddot:arm (reddot: host arm)",
		"reddot:x86 (reddot: host x86)"]
	assert "EN10MB (Ethernet)" in person.tshark("-i", "reddot:arm", "-L", daemon=daemon).stdout


def test_without_a_daemon(person):
	(line,) = interfaces(person)
	assert line.startswith("reddot:any (reddot: every host (reddotd is not running at ")
	done = person.tshark("-i", "reddot:any", rc=1)
	assert "Error by extcap pipe: reddot-extcap: reddotd is not running" in done.stderr
	assert "try: start it: reddotd -f FILE" in done.stderr


@pytest.mark.skipif(not ROOT, reason="skip: needs root")
def test_who_may_only_look(person):
	"""The daemon is root's: a normal user sees its ports, and is told who may capture."""
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d:
		assert interfaces(person, d)[0] == "reddot:any (reddot: every host (you may not capture: the group reddot may))"
		assert "{value=arm/vmnic1}" in config(person, d)
		done = person.tshark("-i", "reddot:any", daemon=d, rc=1)
		assert "member of group reddot" in done.stderr
		assert sessions(d) == []


def config(person, daemon, *args, interface="reddot:any"):
	return person.run(EXTCAP, "--extcap-config", "--extcap-interface", interface, *args, daemon=daemon).stdout


def sentences(text):
	"""[(word, {key: value})]"""
	found = []
	for line in text.splitlines():
		word, rest = line.split(" ", 1)
		assert rest.startswith("{") and rest.endswith("}"), line
		found.append((word, dict(pair.split("=", 1) for pair in rest[1:-1].split("}{"))))
	return found


def test_config(person, daemon):
	found = sentences(config(person, daemon))
	args = {s["call"]: s for word, s in found if word == "arg"}
	assert list(args) == ["--stage", "--port", "--host", "--dir", "--drops", "--follow", "--match", "--snaplen", "--meta",
		"--comment", "--buffer-size", "--socket"]
	assert [s["number"] for s in args.values()] == [str(n) for n in range(len(args))]

	def values(call):
		return [s["value"] for word, s in found if word == "value" and s["arg"] == args[call]["number"]]

	with daemon.client() as c:
		ports, stages = c.list("port.list"), c.list("stage.list")
	assert values("--port") == ["", *(p["qname"] for p in ports)]
	assert sorted(values("--stage")) == sorted(s["stage"] for s in stages)
	assert values("--host") == ["", "arm", "x86"]
	assert args["--socket"]["default"] == daemon.path
	assert len([1 for word, s in found if word == "value" and s["default"] == "true"]) == 6


def test_config_of_one_host(person, daemon):
	text = config(person, daemon, interface="reddot:x86")
	assert "{value=x86/vmnic2}" in text and "{value=arm/" not in text and "call=--host" not in text


def test_reload_asks_the_daemon_again(person, daemon):
	assert "new-port" not in config(person, daemon, "--extcap-reload-option", "--port")
	daemon.cli("port", "add", "new-port", "switch", "arm/DvsPortset-1", "type", "vnic")
	# As Wireshark calls it: with the other options, some of them empty.
	text = config(person, daemon, "--extcap-reload-option", "--port", "--stage", "", "--host", "arm", "--follow", "true")
	found = sentences(text)
	assert all(word == "value" and s["arg"] == "1" for word, s in found)
	values = [s["value"] for _, s in found]
	assert "arm/new-port" in values and not any(v.startswith("x86/") for v in values)


def test_toolbar_is_declared(person, daemon):
	found = sentences(person.run(EXTCAP, "--extcap-interfaces", "--extcap-version=4.0", daemon=daemon).stdout)
	controls = [(s["number"], s["type"], s["display"]) for word, s in found if word == "control"]
	assert controls == [("0", "selector", "Stage"), ("1", "boolean", "Follow"), ("2", "boolean", "Drops only"),
		("3", "button", "Log")]
	assert {s["value"] for word, s in found if word == "value" and s["control"] == "0"} >= {"", "dfw_in", "drop"}


@pytest.mark.parametrize("expression,wanted", [("tcp port 80", ""), ("geneve and vlan 10", ""), ("tcp[13] & 2 != 0", ""),
	("tcp prt 80", "syntax error"), ("host 1.2.3.4.5", "host"), ("ip6 protochain 6", "jump")])
def test_filter_is_validated(person, expression, wanted):
	"""Wireshark takes any output as what is wrong, and exit status 0 as an answer."""
	out = person.run(EXTCAP, "--extcap-capture-filter", expression, "--extcap-interface", "reddot:any").stdout
	assert (out == "") == (wanted == "")
	assert wanted in out and out.count("\n") == (wanted != "")


@pytest.mark.parametrize("args", [["--capture"], ["--nix"], ["--extcap-config"], ["--extcap-dlts"],
	["--extcap-config", "--extcap-interface", "eth0"]])
def test_wrong_calls_are_errors(person, args):
	done = person.run(EXTCAP, *args, rc=1)
	assert done.stderr.startswith("reddot-extcap: ") and done.stdout == ""


# --- capturing ---

FIELDS = ("frame.interface_name", "frame.packet_id", "frame.comment", "frame.cap_len", "frame.packet_flags_direction")


def start_tshark(person, daemon, *args, interface="reddot:any"):
	fields = [w for f in FIELDS for w in ("-e", f)]
	return person.start(daemon, "tshark", "-l", "-i", interface, "-T", "fields", "-E", "separator=|", *fields, *args)


def rows(text):
	return [dict(zip(FIELDS, line.split("|"))) for line in text.decode().splitlines()]


def test_capture_is_what_pktcap_captures(person, daemon):
	"""Names, ids and comments come through Wireshark's pipe; stopping leaves nothing behind."""
	with start_tshark(person, daemon) as t, Pktcap(daemon, "--json") as p:
		wait_for("both sessions", lambda: len(sessions(daemon)) == 2, DEADLINE)
		daemon.cli("inject", "vmnic1", "pcap", SYN)
		p.wait_stdout(r'"stage":"uplink_tx","port":"arm/vmnic1"')
		records = p.finish().records()
		t.wait_stdout(r"arm/uplink_tx@vmnic1\|")
		t.end()
		assert "Error by extcap" not in t.stderr, t.stderr
		wait_no_session(daemon)
	got = rows(t.stdout)
	assert [r["frame.packet_id"] for r in got] == [str(r["packet_id"]) for r in records]
	hosts = [r["port"].replace("/", f"/{r['stage']}@") for r in records]
	assert [r["frame.interface_name"] for r in got] == hosts
	assert any("after dfw_in rule=1041" in r["frame.comment"] for r in got)


def test_capture_with_a_filter_and_options(person, daemon):
	options = ["-f", "tcp port 80", "-o", "extcap.reddot_arm.stage:dfw_in,uplink_tx", "-o", "extcap.reddot_arm.snaplen:60",
		"-o", "extcap.reddot_arm.comment:all", "-c", "3"]
	with start_tshark(person, daemon, *options, interface="reddot:arm") as t:
		session = wait_session(daemon)
		assert (session["filter"], session["snaplen"]) == ("tcp port 80", 60)
		assert session["name"].startswith("reddot-extcap-")
		assert {(p["stage"], p["port"].split("/")[0]) for p in session["points"]} == {("dfw_in", "arm"), ("uplink_tx", "arm")}
		daemon.cli("inject", "vmnic1", "pcap", DENIED)  # not to port 80
		daemon.cli("inject", "vmnic1", "pcap", SYN)
		daemon.cli("inject", "vmnic1", "pcap", SYN)
		assert t.wait() == 0
	got = rows(t.stdout)
	assert len(got) == 3 and {r["frame.cap_len"] for r in got} == {"60"}
	assert {r["frame.interface_name"].split("@")[0] for r in got} == {"arm/dfw_in", "arm/uplink_tx"}
	assert all(r["frame.comment"] for r in got)
	wait_no_session(daemon)


@pytest.mark.parametrize("options,stages", [
	(["follow:true", "stage:dfw_in"], {"dfw_in", "port_out", "vnic_tx"}),
	(["drops:true"], {"drop"}),
	(["port:arm/vmnic1", "dir:rx"], {"uplink_rx"}),
	(["dir:tx"], {"mux_tx", "vnic_tx", "uplink_tx"}),
	(["match:inner", "meta:lean"], {"uplink_rx", "classify", "tunnel_decap"}),
])
def test_options(person, daemon, options, stages):
	args = [w for o in options for w in ("-o", "extcap.reddot_any." + o)]
	with start_tshark(person, daemon, "-f", "tcp", *args) as t:
		wait_session(daemon)
		daemon.cli("inject", "vmnic1", "pcap", SYN)
		daemon.cli("inject", "vmnic1", "pcap", DENIED)
		for stage in stages:
			t.wait_stdout(rf"/{stage}@")
		t.end()
	got = {r["frame.interface_name"].split("/")[1].split("@")[0] for r in rows(t.stdout)}
	if options[0].startswith("follow"):
		assert stages <= got and "classify" not in {r["frame.interface_name"].split("@")[0] for r in rows(t.stdout)[:1]}
	elif options[0].startswith("match"):
		assert "l2_lookup" not in got and stages <= got
	else:
		assert got == stages


def test_wrong_filter_and_port_are_told(person, daemon):
	done = person.tshark("-i", "reddot:any", "-f", "tcp prt 80", daemon=daemon, rc=1)
	assert "can't parse filter expression: syntax error" in done.stderr
	done = person.tshark("-i", "reddot:any", "-o", "extcap.reddot_any.port:nix", daemon=daemon, rc=1)
	assert "no port is named nix" in done.stderr
	assert sessions(daemon) == []


def test_the_daemon_ends(person):
	with Daemon(files=[f"{DEMO}/emulated.rd"], user=USER) as d:
		with start_tshark(person, d) as t:
			wait_session(d)
			d.stop()
			t.wait()
			assert "the daemon is gone" in t.stderr


def test_tshark_is_killed(person, daemon):
	"""Nobody says goodbye: the packets' pipe has no reader any more, and the session ends."""
	def gone():  # dumpcap notices when it next tells tshark of packets, which it does from time to time
		daemon.cli("inject", "vmnic1", "pcap", SYN)
		return not sessions(daemon)

	with start_tshark(person, daemon) as t:
		wait_session(daemon)
		t.popen.kill()
		wait_for("no session", gone)  # dumpcap has tshark's standard error, which ends with it


def test_a_person_stops_the_session(person, daemon):
	with start_tshark(person, daemon) as t:
		session = wait_session(daemon)
		with daemon.client() as c:
			c("capture.stop", session=session["session"])
		t.wait()
		assert "somebody stopped this capture" in t.stderr


# --- the toolbar, spoken here ---

INIT, SET, STATUSBAR, ERROR = 0, 1, 6, 9
STAGE, FOLLOW, DROPS, LOG, NONE = 0, 1, 2, 3, 255


def message(control, command, payload=b""):
	return b"T" + struct.pack(">I", len(payload) + 2)[1:] + bytes([control, command]) + payload


def parse_messages(data):
	found = []
	while len(data) >= 4:
		assert data[:1] == b"T"
		length = int.from_bytes(data[1:4], "big")
		if len(data) < 4 + length:
			break
		found.append((data[4], data[5], data[6:4 + length]))
		data = data[4 + length:]
	return found


class Toolbar:
	"""reddot-extcap as Wireshark starts it, with our ends of its three pipes."""

	def __init__(self, person, daemon, folder, *args):
		self.said = b""
		self.data = b""
		paths = [folder / name for name in ("fifo", "to", "from")]
		for p in paths:
			os.mkfifo(p)
			if ROOT:
				os.chown(p, NOBODY, NOBODY)
		# Both ends, so that neither side waits for the other.
		self.fds = [os.open(p, os.O_RDWR | os.O_NONBLOCK) for p in paths[1:]]
		self.process = person.start(daemon, EXTCAP, "--capture", "--extcap-interface", "reddot:any", "--fifo", paths[0],
			"--extcap-control-in", paths[1], "--extcap-control-out", paths[2], *args)
		self.fds.append(os.open(paths[0], os.O_RDONLY | os.O_NONBLOCK))

	def send(self, *args):
		os.write(self.fds[0], message(*args))

	def messages(self):
		try:
			self.said += os.read(self.fds[1], 1 << 16)
		except BlockingIOError:
			pass
		return parse_messages(self.said)

	def texts(self, control, command):
		return [payload.decode() for c, k, payload in self.messages() if (c, k) == (control, command)]

	def wait_text(self, control, command, part):
		return wait_for(part, lambda: [t for t in self.texts(control, command) if part in t])

	def read(self):
		try:
			self.data += os.read(self.fds[2], 1 << 20)
		except BlockingIOError:
			pass
		return self.data

	def close(self):
		self.process.end()
		self.read()
		for fd in self.fds:
			os.close(fd)


@pytest.fixture
def toolbar(person, daemon, folder):
	made = []

	def make(*args):
		made.append(Toolbar(person, daemon, folder, *args))
		return made[-1]

	yield make
	for t in made:
		t.process.__exit__()


def stages_of(daemon):
	return {p["stage"] for s in sessions(daemon) for p in s["points"]}


def test_toolbar_changes_the_capture(daemon, toolbar, folder):
	"""Another stage in the same file: still one section, interfaces described as they come."""
	t = toolbar("--extcap-capture-filter", "tcp")
	t.send(STAGE, SET)
	t.send(FOLLOW, SET, b"\0")
	t.send(NONE, INIT)
	t.wait_text(LOG, SET, "capturing at ")
	wait_for("all stages", lambda: len(stages_of(daemon)) > 20)
	t.send(STAGE, SET, b"dfw_in")
	t.wait_text(LOG, SET, "capturing at 1 point: dfw_in, filter tcp")
	wait_for("this stage alone", lambda: stages_of(daemon) == {"dfw_in"})
	daemon.cli("inject", "vmnic1", "pcap", SYN)
	t.wait_text(NONE, STATUSBAR, "reddot: 1 packets at 1 points, 0 lost")
	t.send(DROPS, SET, b"\1")
	wait_for("the drop stage", lambda: stages_of(daemon) == {"drop"})
	daemon.cli("inject", "vmnic1", "pcap", DENIED)
	t.wait_text(NONE, STATUSBAR, "reddot: 2 packets")
	t.send(DROPS, SET, b"\0")
	t.send(STAGE, SET)
	wait_for("all stages", lambda: len(stages_of(daemon)) > 20)
	t.close()
	assert t.process.wait() == 0 and t.process.stderr == ""
	wait_no_session(daemon)
	(folder / "x.pcapng").write_bytes(t.data)
	names = [r["frame.interface_name"] for r in oracles.tshark_fields(folder / "x.pcapng", "frame.interface_name")]
	assert [n.split("@")[0] for n in names] == ["arm/dfw_in", "arm/drop"]
	assert t.data.count(struct.pack("<I", 0x0A0D0D0A)) == 1


def test_toolbar_starts_as_it_was_left(daemon, toolbar):
	"""Wireshark sends what was chosen before; a button that nobody touched does not undo an option."""
	t = toolbar("--follow", "--stage", "dfw_in")
	t.send(STAGE, SET, b"drop")
	t.send(FOLLOW, SET, b"\0")
	t.send(DROPS, SET, b"\0")
	t.send(NONE, INIT)
	session = wait_session(daemon)
	assert session["follow"] is True
	t.wait_text(LOG, SET, "following")
	shown = [(c, p) for c, k, p in t.messages() if k == SET and c in (FOLLOW, DROPS)]
	assert shown == [(FOLLOW, b"\1"), (DROPS, b"\0")]
	t.send(FOLLOW, SET, b"\0")
	wait_for("no following", lambda: [s for s in sessions(daemon) if s["follow"] is False])
	assert stages_of(daemon) == {"drop"}
	t.close()


def test_toolbar_garbage_is_ignored(daemon, toolbar):
	t = toolbar()
	t.send(NONE, INIT)
	wait_session(daemon)
	t.send(STAGE, SET, b"nix")
	t.wait_text(LOG, SET, "a stage that this reddot does not have")
	os.write(t.fds[0], b"garbage and more of it")
	t.wait_text(LOG, SET, "ignored from now on")
	daemon.cli("inject", "vmnic1", "pcap", SYN)
	wait_for("packets", lambda: b"arm/uplink_tx@vmnic1" in t.read())
	t.close()
	assert t.process.wait() == 0


def test_toolbar_shows_errors(toolbar):
	t = toolbar("--stage", "nix")
	t.send(NONE, INIT)
	assert t.process.wait() == 1
	t.wait_text(NONE, ERROR, "no point is named nix")
	t.close()


def test_toolbar_tells_losses(daemon, toolbar):
	"""A ring of one page for a flood that nobody takes."""
	t = toolbar("--buffer-size", "4")
	t.send(NONE, INIT)
	wait_session(daemon)
	daemon.cli("inject", "vmnic1", "pcap", f"{PCAPS}/corpus.pcap", "count", "20")

	def lost():
		t.read()
		return t.texts(LOG, SET) and [x for x in t.texts(LOG, SET) if "were lost" in x]

	wait_for("a loss", lost)
	session = sessions(daemon)[0]
	assert session["lost"] > 0
	t.close()


# --- the dissector ---

LUA_FIELDS = ("host", "stage", "port", "dir", "packet_id", "seen", "since_ns", "total_ns", "verdict", "prev", "reason", "rule",
	"fc", "vni", "hop")


@pytest.fixture(scope="module")
def made(person):
	"""A SYN with its answer and a denied one, all comments, and the same as JSON."""
	with open_folder() as f, Daemon(files=[f"{DEMO}/emulated.rd"]) as d:
		with Pktcap(d, "--json", "--comment", "all", "-o", f / "x.pcapng") as p:
			d.cli("inject", "vmnic1", "pcap", SYN)
			p.wait_stdout(r'"stage":"uplink_tx","port":"arm/vmnic1"')
			d.cli("inject", "vmnic1", "pcap", DENIED)
			p.wait_stdout(r'"stage":"drop"')
			p.finish()
		(f / "x.pcapng").chmod(0o644)
		yield SimpleNamespace(path=f / "x.pcapng", records=p.records())


def lua_rows(person, path, *options, fields=LUA_FIELDS):
	argv = ["-n", "-r", path, *options, "-T", "fields", "-E", "separator=|"]
	for f in fields:
		argv += ["-e", f"reddot.{f}"]
	done = person.tshark(*argv)
	assert "Lua" not in done.stderr and "rror" not in done.stderr, done.stderr
	return [dict(zip(fields, line.split("|"))) for line in done.stdout.splitlines()]


def test_fields_say_what_pktcap_says(person, made):
	last, first = {}, {}
	got = lua_rows(person, made.path)
	assert len(got) == len(made.records) > 40
	for row, r in zip(got, made.records):
		ident = r["packet_id"]
		first.setdefault(ident, r["ns"])
		assert row["host"] + "/" + row["port"] == r["port"] and row["stage"] == r["stage"] and row["dir"] == r["dir"]
		assert row["packet_id"] == str(ident) and row["verdict"] == r["verdict"]
		assert row["since_ns"] == (str(r["ns"] - last[ident]) if ident in last else "")
		assert row["total_ns"] == str(r["ns"] - first[ident])
		assert row["hop"] == str(r["hop"])
		if r["stage"] == "drop" or r["prev_stage"]:
			assert row["prev"] == r["prev_stage"]
		for ours, theirs in (("reason", "reason"), ("rule", "rule"), ("fc", "flow_hit"), ("vni", "vni")):
			assert row[ours] == str(r[theirs] or ""), (ours, row, r)
		last[ident] = r["ns"]


def test_fields_filter(person, made):
	def count(expression):
		return len(lua_rows(person, made.path, "-Y", expression, fields=("stage",)))

	records = made.records
	assert count('reddot.stage == "dfw_in"') == sum(r["stage"] == "dfw_in" for r in records) == 2
	assert count("reddot.rule == 1043") == sum(r["rule"] == 1043 for r in records) > 0
	assert count('reddot.reason == "DFW_RULE_DENY"') == 1
	assert count("reddot.dropped") == 1
	assert count("reddot.vni == 0x12400 and reddot.fc == \"miss\"") == sum(
		r["vni"] == 74752 and r["flow_hit"] == "miss" for r in records)
	assert count(f"reddot.packet_id == {records[0]['packet_id']}") == sum(
		r["packet_id"] == records[0]["packet_id"] for r in records)
	assert count("reddot.since_ns >= 0") == len(records) - 3
	assert count("reddot.hop > 5") == sum(r["hop"] > 5 for r in records)
	# Two passes: Wireshark sees every frame twice.
	twice = lua_rows(person, made.path, "-2", "-R", 'reddot.stage == "drop"', fields=("since_ns",))
	assert twice == lua_rows(person, made.path, "-Y", 'reddot.stage == "drop"', fields=("since_ns",))


def test_fields_by_option(person, made):
	"""Where it was not installed: -X lua_script."""
	(person.home.parent / "other").mkdir()
	other = Person(person.home.parent / "other")
	rows_ = lua_rows(other, made.path, "-X", f"lua_script:{LUA}", "-Y", "reddot.reason", fields=("stage", "reason"))
	assert rows_ == [{"stage": "drop", "reason": "DFW_RULE_DENY"}]


def option(code, value):
	return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def block(kind, body):
	return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def foreign(path, frames):
	"""A pcapng file of [(interface name, packet id or None, [comment])]."""
	names = list(dict.fromkeys(name for name, _, _ in frames))
	out = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
	for name in names:
		out += block(1, struct.pack("<HHI", 1, 0, 0) + option(2, name) + option(9, b"\x09") + option(0, b""))
	for n, (name, ident, comments) in enumerate(frames):
		opts = b"".join(option(1, c) for c in comments)
		opts += option(5, struct.pack("<Q", ident)) if ident is not None else b""
		ns = 10**18 + n
		out += block(6, struct.pack("<IIIII", names.index(name), ns >> 32, ns & 0xFFFFFFFF, 60, 60) + bytes(60)
			+ opts + option(0, b""))
	path.write_bytes(out)


def test_other_files_get_no_fields(person, folder):
	names = [b"eth0", b"arm/nix@p", b"drop", b"/drop@p", b"arm/drop@p{}", b"a" * 300 + b"/drop@p", b"\xff/drop@p", b"any",
		b"arm/drop@p\x1b[31m", b"arm/DROP@p", b"arm/drop@"]
	foreign(folder / "x.pcapng", [(name, 7, [b"DROPPED X in=dfw_in rule=1"]) for name in names])
	assert lua_rows(person, folder / "x.pcapng", "-Y", "reddot") == []
	assert len(lua_rows(person, f"{PCAPS}/corpus.pcap")) > 200
	assert lua_rows(person, f"{PCAPS}/corpus.pcap", "-Y", "reddot") == []


HOSTILE = [
	(b"DROPPED X in=dfw_in rule=99999999999999999999 vni=-1 hop=1e5 fc=maybe", {"reason": "X", "prev": "dfw_in"}),
	(b"DROPPED AB_1 in=dfw_in rule=7 rule=8 flow=4294967295 vni=4294967296", {"reason": "AB_1", "prev": "dfw_in", "rule": "7",
		"flow": "4294967295"}),
	(b"at drop copy-of=18446744073709551615 polled-by=-1 forwarded-by=3", {"copy_of": "18446744073709551615",
		"polled_by": "-1", "forwarded_by": "3"}),
	(b"after reject rule=3 because-of=7", {"prev": "reject", "rule": "3", "because_of": "7"}),
	(b"at drop copy-of=18446744073709551616 polled-by=-5 hop=0x10", {}),
	(b"after nix rule=3", {}), (b"\x1b[31mDROPPED X in=drop", {}), (b"DROPPED X in=drop \x1b[31m", {}), (b"A" * 5000, {}), (b"", {}),
	(b"after dfw_in rule=1\n rule=2", {}), (b"%s%n%d", {}), (b"DROPPED X in=nix rule=5", {"reason": "X", "rule": "5"}),
	(b"\xff\xfe\x00at drop", {}), (b"at drop " + b"rule=1 " * 60, {}),
]


def test_hostile_comments(person, folder):
	foreign(folder / "x.pcapng", [(b"arm/drop@p", 2**64 - 1, [c]) for c, _ in HOSTILE]
		+ [(b"arm/drop@p", 1, [b"a person's note", HOSTILE[1][0], HOSTILE[0][0]])])
	fields = ("reason", "prev", "rule", "vni", "hop", "flow", "copy_of", "because_of", "polled_by", "forwarded_by", "fc")
	got = lua_rows(person, folder / "x.pcapng", fields=fields)
	wanted = [w for _, w in HOSTILE] + [HOSTILE[1][1]]
	assert [{k: v for k, v in row.items() if v} for row in got] == wanted
	seen = lua_rows(person, folder / "x.pcapng", fields=("packet_id", "seen", "since_ns"))
	assert seen[1] == {"packet_id": str(2**64 - 1), "seen": "2", "since_ns": "1"}


# --- the profile ---

def test_profile_loads_silently(person, made):
	done = person.tshark("-C", "reddot", "--color", "-n", "-r", made.path)
	assert done.stderr == ""
	lines = done.stdout.splitlines()
	assert len(lines) == len(made.records)
	assert "TCP Retransmission" not in done.stdout and "TCP Dup" not in done.stdout
	for line, r in zip(lines, made.records):
		assert f" {r['stage']} " in line and f" {r['packet_id']} " in line


def colored(person, path, rule):
	rows_ = person.tshark("-C", "reddot", "--color", "-n", "-r", path, "-Y", f'frame.coloring_rule.name == "{rule}"', "-T", "fields", "-e",
		"frame.interface_name").stdout
	return rows_.splitlines()


def test_colour_rules(person, made):
	assert [n.split("@")[0] for n in colored(person, made.path, "reddot: dropped")] == ["arm/drop"]
	guest = colored(person, made.path, "reddot: guest")
	assert {n.split("@")[0] for n in guest} == {"x86/vnic_tx", "x86/vnic_rx"}
	assert len(colored(person, made.path, "reddot: encapsulated")) == sum(
		r["len"] == 132 for r in made.records)


def test_buttons_are_filters(person, made):
	"""Every button's expression is one that tshark takes."""
	lines = Path(PROFILE, "dfilter_buttons").read_text(encoding="utf-8").splitlines()
	assert len(lines) >= 6
	for line in lines:
		_, name, expression, _ = line.strip('"').split('","')
		expression = expression.replace("\\x22", '"')
		for field, value in (("frame.packet_id", made.records[0]["packet_id"]), ("reddot.rule", 1043)):
			expression = expression.replace("${%s}" % field, str(value))  # what a click puts there
		assert person.tshark("-C", "reddot", "-r", made.path, "-Y", expression).stdout != "", name


def test_script(person):
	home = person.home
	assert "extcap/reddot-extcap -> " in person.said and "profiles/reddot: new" in person.said
	again = person.run(person.script).stdout
	assert "profiles/reddot: was there, left alone" in again
	assert person.run(person.script, "status").stdout.count(": there") == 3
	person.run(person.script, "nix", rc=1)
	other = home.parent / "third"
	other.mkdir()
	third = Person(other)
	third.run(person.script)
	(other / ".config/wireshark/profiles/reddot/preferences").write_text("mine", encoding="utf-8")
	third.run(person.script, "remove")
	assert third.run(person.script, "status").stdout.count(": not there") == 2
	assert (other / ".config/wireshark/profiles/reddot/preferences").read_text(encoding="utf-8") == "mine"


def test_the_walk_is_the_slides(person, made):
	"""The frames are the right ones, whatever was said about them."""
	walked = WALKS["emulated"]
	lines = oracles.tcpdump_lines(made.path)
	assert lines[0] == walked.syn_line
