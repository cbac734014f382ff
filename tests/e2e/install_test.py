# SPDX-License-Identifier: BSD-3-Clause
#
# meson install into an empty folder: everything that a person is told of is there, and works from there.
import os
import re
import shutil
import subprocess

import pytest
from rdtest import ENV, REDDOTD, SOURCE

BUILD = os.path.dirname(os.path.dirname(REDDOTD))
PROGRAMS = {"reddot", "reddotd", "pktcap", "pktcap-uw", "reddot-extcap", "reddot-wireshark"}


@pytest.fixture(name="tree", scope="module")
def a_tree(tmp_path_factory):
	if shutil.which("meson") is None or not os.path.exists(BUILD + "/build.ninja"):
		pytest.skip("skip: needs meson and the build folder")
	dest = str(tmp_path_factory.mktemp("dest"))
	r = subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", dest], capture_output=True, text=True,
		check=False, timeout=600)
	assert r.returncode == 0, r.stdout + r.stderr
	options = subprocess.run(["meson", "introspect", "--buildoptions", BUILD], capture_output=True, text=True, check=True).stdout
	prefix = re.search(r'"name": "prefix", "value": "([^"]+)"', options)[1]
	yield dest, dest + prefix
	shutil.rmtree(dest)


def paths(top):
	return {os.path.relpath(os.path.join(folder, name), top) for folder, _, names in os.walk(top) for name in names}


def test_nothing_is_missing(tree):
	_, top = tree
	there = paths(top)
	assert {f"bin/{p}" for p in PROGRAMS} <= there
	assert {"share/bash-completion/completions/" + p for p in ("reddot", "pktcap", "pktcap-uw")} <= there
	assert {"lib/systemd/system/reddotd.service", "lib/sysusers.d/reddot.conf"} <= there
	assert {"share/reddot/demo/emulated.rd", "share/reddot/demo/upt.rd", "share/reddot/in/emulated-syn.pcap"} <= there
	assert any(re.fullmatch("lib/([^/]+/)?wireshark/extcap/reddot-extcap", p) for p in there)
	assert any(re.fullmatch("lib/([^/]+/)?wireshark/plugins/reddot.lua", p) for p in there)


@pytest.mark.skipif(shutil.which("scdoc") is None, reason="skip: needs scdoc")
def test_every_manual_page_is_there_and_names_only_those_that_are(tree):
	_, top = tree
	there = {os.path.basename(p) for p in paths(top) if p.startswith("share/man/")}
	sources = {re.sub(r"\.scd(\.in)?$", "", n) for n in os.listdir(SOURCE + "/docs/man") if ".scd" in n}
	assert sources | {"reddot-capture-points.7"} == there
	for page in sources:
		text = open(f"{top}/share/man/man{page[-1]}/{page}", encoding="utf-8").read()
		for name, section in re.findall(r"\\fB((?:reddot|pktcap)[\w-]*)\\fR\((\d)\)", text):
			assert f"{name}.{section}" in there, f"{page} names {name}({section})"


def test_links_lead_somewhere_and_no_path_of_the_build_is_left(tree):
	dest, top = tree
	for path in paths(top):
		full = os.path.join(top, path)
		if os.path.islink(full):
			target = os.readlink(full)
			assert os.path.exists(dest + target if target[0] == "/" else full), f"{path} -> {target}"
		elif not path.startswith("bin/"):
			with open(full, "rb") as f:
				assert BUILD.encode() not in f.read(), path


def test_what_is_installed_runs(tree):
	_, top = tree
	for program in ("reddot", "reddotd", "pktcap"):
		r = subprocess.run([f"{top}/bin/{program}", "--version"], capture_output=True, text=True, env=ENV, check=False, timeout=120)
		assert r.returncode == 0 and re.search(r"\d+\.\d+\.\d+", r.stdout), (program, r.stdout, r.stderr)
	unit = open(top + "/lib/systemd/system/reddotd.service", encoding="utf-8").read()
	command = re.search(r"^ExecStart=(\S+)", unit, re.M)[1]
	assert os.access(tree[0] + command, os.X_OK), command
