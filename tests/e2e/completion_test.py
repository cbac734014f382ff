# SPDX-License-Identifier: BSD-3-Clause
#
# What bash completes for pktcap and reddot: asked of a bash that has read pktcap.bash or reddot.bash, as the Tab key asks.
import os
import re
import shutil
import subprocess

import pytest
from rdtest import DEMO, ENV, PKTCAP, REDDOT, SOURCE, Daemon

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="skip: no bash")
ASK = """
. "$1" || exit 1
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
read -r -a spec < <(complete -p "$1")
for ((i = 0; i < ${#spec[@]}; i++)); do [[ ${spec[i]} == -F ]] && "${spec[i + 1]}"; done
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(name="ask", scope="module")
def asked():
	"""ask(WORDS..): what the last word can become."""
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d:
		path = d.dir + "/bin"
		os.mkdir(path)
		for name, target in (("pktcap", PKTCAP), ("pktcap-uw", PKTCAP), ("reddot", REDDOT)):
			os.symlink(target, f"{path}/{name}")

		def ask(*words):
			done = subprocess.run(["bash", "--norc", "-c", ASK, "bash", f"{SOURCE}/pktcap/pktcap.bash", *words],
				capture_output=True, text=True, timeout=120, check=True,
				env=dict(ENV, PATH=f"{path}:{os.environ['PATH']}", REDDOT_SOCKET=d.path))
			assert done.stderr == ""
			return done.stdout.split()
		yield ask


def table(name):
	"""--dump-options: {option: argument}"""
	text = subprocess.run([PKTCAP, *name, "--dump-options"], capture_output=True, text=True, env=ENV, timeout=60, check=True).stdout
	return dict(line.partition(" ")[::2] for line in text.splitlines())


def test_options_are_the_tables(ask):
	for program, style in (("pktcap", []), ("pktcap-uw", ["--compat"])):
		want = [o for o in table(style) if o.startswith("--")]
		assert ask(program, "--") == want and "--capture" in want
		assert ask(program, "--max-") == [o for o in want if o.startswith("--max-")] != []
	assert "--kernelside" in ask("pktcap-uw", "--k") and ask("pktcap", "--nothing") == []


def test_values_are_the_tables(ask):
	"""Every option that takes one of some words offers these words."""
	words = {o: arg.split("|") for o, arg in table([]).items() if "|" in arg and o.startswith("--")}
	assert len(words) >= 5
	for option, values in words.items():
		assert ask("pktcap", option, "") == values
		assert ask("pktcap", option, values[-1][:1]) == [v for v in values if v.startswith(values[-1][:1])]


def test_points(ask):
	names = [line.split()[0] for line in subprocess.run([PKTCAP, "-A"], capture_output=True, text=True, env=ENV, timeout=60,
		check=True).stdout.splitlines() if line[:1].isalpha() and not line.startswith(("POINT", "PKTCAP-UW"))]
	got = ask("pktcap", "--capture", "")
	assert set(got) == set(names) and "uplink_rx" in got and "UplinkRcv" in got
	assert ask("pktcap", "--capture", "uplink_") == ["uplink_rx", "uplink_select", "uplink_tx"]
	assert ask("pktcap", "--capture", "drop,uplink_r") == ["drop,uplink_rx"]  # a list goes on


def test_what_the_daemon_has(ask):
	assert "arm/vmnic1" in ask("pktcap", "--uplink", "")
	assert set(ask("pktcap", "--host", "")) == {"arm", "x86"}
	assert "DFW_RULE_DENY" in ask("pktcap", "--drop", "DFW_") and all(w.startswith("DFW_") for w in ask("pktcap", "--drop", "DFW_"))
	assert ask("pktcap", "--vm", "") != [] and ask("pktcap", "--attach", "") == []


def test_words_without_a_list(ask):
	"""Files and numbers: bash's own completion is left to do its work."""
	for option in ("--outfile", "-w", "-c", "--max-cost"):
		assert ask("pktcap", option, "") == []


@pytest.fixture(name="router", scope="module")
def a_daemon_with_a_router():
	"""The guide's, without its TAP interfaces."""
	with open(f"{SOURCE}/pcaps/demo/router.rd", encoding="utf-8") as f:
		lines = re.sub(r' device ".*"', "", f.read())
	with Daemon(lines=lines) as d:
		yield d


ASK_REDDOT = """
. "$1" || exit 1
COMP_LINE=$2 COMP_POINT=${#2} COMPREPLY=()
_reddot
printf '%s\\n' "${COMPREPLY[@]}"
"""


def test_reddot_knows_the_routers_words(router, tmp_path):
	os.symlink(REDDOT, tmp_path / "reddot")
	want = {"show rou": {"router", "route"}, "r": {"router", "route", "rt"}, "router ": {"add", "del", "interface"}, "router interface ": {"add", "set", "del"},
		"router interface add x router ": {"r"}, "router interface add x router r segment ": {"blue", "green"}, "router interface del ": {"r-blue", "r-green"},
		"route add 10.0.0.0/8 router r ": {"via", "blackhole", "unreachable"}, "route del 10.9.0.0/24 router ": {"r"}, "show route router ": {"r"},
		"rt ": {"--dump"}, "rt --dump ": {"r", "--family"}, "rt --dump r --family ": {"inet", "inet6"}, "nh --list ": {"r-blue", "r-green"},
		"neighbour ": {"add", "del", "flush"}, "neighbour add 10.1.0.9 interface ": {"r-blue", "r-green"}, "explain stage ro": {"route"}, "walk --export p": {"pcapng"}}
	for line, words in want.items():
		done = subprocess.run(["bash", "--norc", "-c", ASK_REDDOT, "bash", f"{SOURCE}/cli/reddot.bash", "reddot " + line], capture_output=True, text=True, timeout=120,
			check=True, env=dict(ENV, PATH=f"{tmp_path}:{os.environ['PATH']}", REDDOT_SOCKET=router.path))
		assert done.stderr == "" and set(done.stdout.split()) == words, line


def test_help_and_manual_know_the_routers_words():
	told = subprocess.run([REDDOT, "--help"], capture_output=True, text=True, env=ENV, timeout=60, check=True).stdout
	manual = subprocess.run([REDDOT, "--dump-commands"], capture_output=True, text=True, env=ENV, timeout=60, check=True).stdout
	for word in ("router", "route", "rt", "neighbour", "nh", "walk"):
		assert re.search(rf"^ +{word} +\w", told, re.M), word
		assert f"\n## {word}\n" in manual, word
	for command in ("router add NAME host HOST", "router interface add NAME router ROUTER", "route add PREFIX router ROUTER", "show route ", "rt --dump", "nh --list"):
		assert command in manual, command


def test_the_manual_has_the_walks_keys():
	"""All that the help has, and nothing that scdoc would take for its own."""
	text = subprocess.run([REDDOT, "--dump-keys"], capture_output=True, text=True, env=ENV, timeout=60, check=True).stdout
	for item in ("*ma 'a ''*\n\tkeep", "*:map \\[KEY KEYS\\]*\n\t", "*:edit FILE*\n\t", "*share=0*\n\t", "*space \\] \\[ \\**\n\t", "*yy yi yf yh yb*\n\t"):
		assert item in text, item
	if shutil.which("scdoc"):
		page = subprocess.run(["scdoc"], input='x(1)\n\n' + text, capture_output=True, text=True, timeout=60, check=True).stdout
		assert page.count(".SH") == 3


@pytest.mark.parametrize("line, words", [("show rout", "router, route"), ("ne add", "neighbour, net-stats")])
def test_what_is_ambiguous_names_them(router, line, words):
	done = router.cli(*line.split(), check=False)
	assert done.returncode == 1 and "could mean several words" in done.stderr and f"try:   {words}\n" in done.stderr
