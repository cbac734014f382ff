# SPDX-License-Identifier: BSD-3-Clause
#
# What bash completes for pktcap: asked of a bash that has read pktcap.bash, as the Tab key asks.
import os
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
