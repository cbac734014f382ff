# SPDX-License-Identifier: BSD-3-Clause
#
# What of mirror sessions outlives the daemon, and whom it believes: the state file of reddotd --state, written by a daemon, changed by
# others.
import json
import os
import subprocess

import pytest
from mirror_session_test import Lab, TO, balance, syn
from rdtest import REDDOT, wait_for

TWO = "to 192.0.2.2,192.0.2.3 next-hop 02:00:00:00:00:02 mtu 1600"


@pytest.fixture
def state(tmp_path):
	return str(tmp_path / "mirror.state")


def names(lab):
	return sorted(s["session"] for s in lab.c.list("mirror.list"))


def seqs(lab):
	return {d["address"]: d["seq_next"] for d in lab.counters()["destinations"]}


def kept(state, what="sessions"):
	with open(state) as f:
		return json.load(f)[what]


def test_only_its_owner_reads_it_and_a_link_is_replaced(state, tmp_path):
	victim = tmp_path / "victim"
	victim.write_text("mine")
	os.symlink(victim, state + ".new")
	with Lab(f"mirror session add web source vm1 {TO} persist on up\n", args=["--state", state]) as lab:
		lab.inject(syn(1))
		wait_for("the state file", lambda: os.path.exists(state))
	assert victim.read_text() == "mine"
	assert os.stat(state).st_mode & 0o777 == 0o600


@pytest.mark.parametrize("how", ["writable by others", "a link", "another's", "a pipe", "not JSON", "an array"])
def test_a_file_that_others_could_have_written_starts_nothing(state, how):
	with Lab(f"mirror session add web source vm1 {TO} persist on up\n", args=["--state", state]) as lab:
		wait_for("the state file", lambda: os.path.exists(state))
	if how == "writable by others":
		os.chmod(state, 0o666)
	elif how == "a link":
		os.rename(state, state + ".real")
		os.symlink(state + ".real", state)
	elif how == "another's":
		if os.geteuid() != 0:
			pytest.skip("needs root")
		os.chown(state, 65534, 65534)
	elif how == "a pipe":
		os.unlink(state)
		os.mkfifo(state)
	else:
		with open(state, "w") as f:
			f.write("{" if how == "not JSON" else "[1]")
	with Lab(args=["--state", state]) as lab:
		assert names(lab) == []


@pytest.mark.parametrize("part,what", [("seq", "an object"), ("sessions", "a list")])
def test_a_part_of_another_shape_is_begun_anew_and_said_so(state, part, what):
	with open(state, "w") as f:
		json.dump({"version": 1, "seq": {}, "sessions": [], part: "numbers"}, f)
	os.chmod(state, 0o600)
	with Lab(f"mirror session add web source vm1 direction from-guest {TO} persist on up\n", args=["--state", state]) as lab:
		assert f'"{part}" is not {what}: begun anew' in lab.d.text()
		lab.inject(syn(3))
		balance(lab.matched(3))
	assert kept(state, "seq")["web 192.0.2.2"] == 3 and [s["name"] for s in kept(state)] == ["web"]


def test_a_session_with_priorities_is_there_again(state):
	line = f"mirror session add web source vm1 {TWO} priority 7,3 weight 2,5 mode balance persist on up\n"
	with Lab(line, args=["--state", state]) as lab:
		before = lab.d.cli("show", "running-config")
		wait_for("the state file", lambda: os.path.exists(state))
	with Lab(args=["--state", state]) as lab:
		assert names(lab) == ["web"]
		again = lab.d.cli("show", "running-config")
	assert [x for x in again.splitlines() if "mirror" in x] == [x for x in before.splitlines() if "mirror" in x]


def test_a_session_waits_in_the_file_for_its_port(state):
	with Lab(f"port add vm3 switch s type vnic segment seg\nmirror session add web source vm3 {TO} persist on up\n",
			args=["--state", state]) as lab:
		wait_for("the state file", lambda: os.path.exists(state))
	with Lab(args=["--state", state]) as lab:  # no vm3
		assert names(lab) == []
		lab.c("mirror.add", name="other", source="vm1", to="192.0.2.2", next_hop="02:00:00:00:00:02", persist=True)
		wait_for("both in the file", lambda: {s["name"] for s in kept(state)} == {"web", "other"})
	with Lab("port add vm3 switch s type vnic segment seg\n", args=["--state", state]) as lab:
		assert names(lab) == ["other", "web"]


def test_numbers_belong_to_collectors_wherever_they_stand(state):
	lines = f"mirror session add web source vm1 direction from-guest {TWO} mode replicate up\n"
	with Lab(lines, args=["--state", state]) as lab:
		lab.inject(syn(5))
		balance(lab.matched(5))
		lab.c("mirror.stop", session="web")
		lab.c("mirror.set", session="web", to="192.0.2.3")
		lab.c("mirror.start", session="web")
		lab.inject(syn(4))
		wait_for("four more", lambda: seqs(lab)["192.0.2.3"] >= 9)
		lab.c("mirror.stop", session="web")
		lab.c("mirror.set", session="web", to="192.0.2.4,192.0.2.3,192.0.2.2")
		lab.c("mirror.start", session="web")
		assert seqs(lab) == {"192.0.2.4": 0, "192.0.2.3": 9, "192.0.2.2": 5}


def test_seq_start_is_for_the_first_of_all(state):
	lines = f"mirror session add web source vm1 direction from-guest seq-start 100 {TO} persist on up\n"
	with Lab(lines, args=["--state", state]) as lab:
		lab.inject(syn(3))
		balance(lab.matched(3))
		assert seqs(lab) == {"192.0.2.2": 103}
	with Lab(args=["--state", state]) as lab:
		assert seqs(lab) == {"192.0.2.2": 103}


def test_a_change_does_not_start_what_does_not_run():
	with Lab(f"mirror session add web source vm1 start-at 4000000000 {TO} up\n") as lab:
		lab.c("mirror.set", session="web", snaplen="100")
		lab.inject(syn(2))
		item = lab.c.one("mirror.list", session="web")
		assert (item["oper"], item["snaplen"] if "snaplen" in item else "100") == ("down", "100")
		assert lab.counters()["matched"] == 0


def test_only_an_admin_may_have_a_card_asked_again():
	if os.geteuid() != 0:
		pytest.skip("needs root")
	with Lab() as lab:
		os.chmod(os.path.dirname(lab.d.path), 0o755)
		os.chmod(lab.d.path, 0o666)
		cmd = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", REDDOT, "--socket", lab.d.path]
		look = subprocess.run([*cmd, "show", "mirror", "capability"], capture_output=True, text=True)
		again = subprocess.run([*cmd, "show", "mirror", "capability", "up", "again"], capture_output=True, text=True)
	assert look.returncode == 0, look.stderr
	assert again.returncode != 0 and "admin" in again.stderr
