# SPDX-License-Identifier: BSD-3-Clause
#
# Options that say where to capture: what each takes is computed from a capture of everything that ran beside it. And every
# option that has a letter and a name does the same by both. (The other options' tests are where their subject is.)
import contextlib
import json
import re
import subprocess

import pytest
from rdtest import DEMO, ENV, PCAPS, PKTCAP, REDDOT, Daemon
from scapy.all import IP, UDP, Ether, raw

import oracles
from pktcap import DEADLINE, SANITIZER, Pktcap
from pcapng_test import SHB, magic

CORPUS = f"{PCAPS}/corpus.pcap"
SYN = f"{PCAPS}/emulated-syn.pcap"
PROXY, GUEST = "arm/gs-ubuntu-01.eth0.7c520dd4", "x86/gs-ubuntu-01.eth0"


def at(*points):
	"""The records of these stages at these ports; a port alone is all its stages, and so is a stage at all ports."""
	return lambda r: not {f"{r['stage']}@{r['port']}", r["port"], r["stage"]}.isdisjoint(points)


def on_host(host, test=lambda r: True):
	return lambda r: r["host"] == host and test(r)


RX, TX = "uplink_rx@arm/vmnic1", "uplink_tx@arm/vmnic1"
UP = "--uplink vmnic1"
WHERE = {
	UP: at(RX, TX),
	"--uplink x86/vmnic2": at("uplink_rx@x86/vmnic2", "uplink_tx@x86/vmnic2"),
	f"--switchport {GUEST}": at(f"vnic_rx@{GUEST}", f"vnic_tx@{GUEST}"),
	"--switchport 100663333 --switchport x86/vmnic2": at(f"port_in@{PROXY}", f"port_out@{PROXY}", "uplink_rx@x86/vmnic2",
		"uplink_tx@x86/vmnic2"),
	"--vmk vmk10": at("vmk_rx@arm/vmk10", "punt@arm/vmk10"),
	"--vm gs-ubuntu-01": at(f"port_in@{PROXY}", f"port_out@{PROXY}", f"vnic_rx@{GUEST}", f"vnic_tx@{GUEST}"),
	"--fcport 0.7": at(f"port_in@{PROXY}", f"port_out@{PROXY}"),
	f"--dvfilter {PROXY} --stage post": at(f"tunnel_encap@{PROXY}", f"port_out@{PROXY}"),
	"-i any": lambda r: True,
	"-i arm/vmnic1": at(RX, TX),
	"-i classify": at("classify"),
	f"-i port_in@{PROXY}": at(f"port_in@{PROXY}"),
	"--interface arm/vmnic1": at(RX, TX),
	f"{UP} --dir 0": at(RX),
	f"{UP} --dir tx": at(TX),
	f"{UP} --dir 2": at(RX, TX),
	f"{UP} --compat": at(RX),
	f"{UP} --compat --dir inputAndOutput": at(RX, TX),
	f"{UP} --stage post": at("classify@arm/vmnic1", TX),
	f"--switchport {GUEST} --stage 1": at(f"port_in@{GUEST}", f"port_out@{GUEST}"),
	"--capture classify,dfw_in": at("classify", "dfw_in"),
	f"--capture port_out@{GUEST},drop": at(f"port_out@{GUEST}", "drop"),
	f"{UP} --capture port_in,EtherswitchDispath": at("port_in@arm/vmnic1", "classify@arm/vmnic1"),
	"--capture IOChain": at("flow_lookup", "flow_install"),
	"--capture IOChain -f dfw_in": at("dfw_in"),
	"--capture Dynamic -f vmkernel.l2_lookup:0": at("l2_lookup"),
	"--capture TcpipDispatch -f punt": at("punt"),
	"--host x86": on_host("x86"),
	"--host arm --capture classify": on_host("arm", at("classify")),
	"--host x86 --uplink vmnic2": at("uplink_rx@x86/vmnic2", "uplink_tx@x86/vmnic2"),
	f"{UP} --kernelside": at(RX, TX),
}


def traffic(c):
	"""A SYN and what the guest answers, what a VMkernel port sends and gets, two drops."""
	syn, = oracles.read_pcap(SYN)
	to_vmk = Ether(dst="00:50:56:67:eb:13", src="00:50:56:63:04:5c") / IP(src="192.168.4.57", dst="192.168.4.60") / UDP() / b"to vmk10"
	nobodys = Ether(dst="00:50:56:67:eb:13", src="00:50:56:a1:fc:f3", type=0x88b5) / bytes(50)
	for port, frame in (("vmnic1", syn), ("arm/vmk10", syn), ("vmnic1", raw(to_vmk)), ("vmnic1", bytes(20)), ("vmnic1", raw(nobodys))):
		assert c("inject", port=port, frames=[frame.hex()])["injected"] == 1


def facts(records):
	return [(r["packet_id"], r["hop"], r["stage"], r["port"], r["ns"]) for r in records]


@pytest.fixture(name="taken", scope="module")
def taken_by_all():
	"""{options: what they took}; "" is a capture of everything beside them."""
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d, d.client() as c, contextlib.ExitStack() as stack:
		running = {}
		for options in ("", *WHERE):
			running[options] = p = stack.enter_context(Pktcap(d, "--json", *options.split(), start=False))
			p.wait_stderr("^(pktcap: capturing at|Accept)")
		traffic(c)
		running[""].wait_stdout(r'"stage":"uplink_tx","port":"arm/vmnic1".*"guest_dir":"from-guest"')
		return {options: p.finish().records() for options, p in running.items()}


@pytest.mark.parametrize("options", WHERE)
def test_where(taken, options):
	mine, everything = taken[options], taken[""]
	wanted = [r for r in everything if WHERE[options](r)]
	assert facts(mine) == facts(wanted)
	assert 0 < len(mine) < len(everything) or options == "-i any"


# --- letters and names ---

def tool(*args, cwd="/"):
	done = subprocess.run([PKTCAP, *map(str, args)], capture_output=True, text=True, env=ENV, timeout=DEADLINE, check=False, cwd=cwd)
	assert done.returncode == 0 and not SANITIZER.search(done.stderr), done.stderr
	return done.stdout


def read_a_file(option, folder):
	out = tool(option, CORPUS, cwd=folder)
	assert len(out.splitlines()) == len(oracles.read_pcap(CORPUS))


def write_a_file(option, folder):
	assert tool("-r", CORPUS, option, "x.pcap", cwd=folder) == ""
	assert oracles.read_pcap(folder / "x.pcap") == oracles.read_pcap(CORPUS)


def count(option, folder):
	assert len(tool("-r", CORPUS, option, "7", cwd=folder).splitlines()) == 7


def cut(option, folder):
	tool("-r", CORPUS, "-w", "x.pcap", option, "40", cwd=folder)
	whole = oracles.read_pcap(CORPUS)
	assert oracles.read_pcap(folder / "x.pcap") == [f[:40] for f in whole] != whole


def pcapng(option, folder):
	tool("-r", CORPUS, "-w", "x.pcap", option, cwd=folder)
	assert magic(folder / "x.pcap") == SHB


def by_size(option, folder):
	tool("-r", CORPUS, "-w", "x", "--pcap", option, "2k", cwd=folder)
	files = [folder / "x"] + [folder / f"x{n}" for n in range(1, len(list(folder.iterdir())) - 1)]
	assert len(files) > 3 and all(f.stat().st_size >= 2048 for f in files[:-1])
	assert sum((oracles.read_pcap(f) for f in files), []) == oracles.read_pcap(CORPUS)


def by_time(option, folder):
	tool("-r", CORPUS, "-w", "x%%y.pcap", option, "1h", cwd=folder)
	assert sorted(f.name for f in folder.iterdir()) == ["x%y.pcap", "x%y.pcap.manifest"]


def last_files(option, folder):
	tool("-r", CORPUS, "-w", "x", "--pcap", "-C", "2k", option, "3", cwd=folder)
	assert sorted(f.name for f in folder.iterdir() if not f.name.endswith("manifest")) == ["x0", "x1", "x2"]


def ring(option, _):
	"""The default is 8 MiB by the number of workers: docs/design/protocol.md."""
	with Daemon("--workers", "2", files=[f"{DEMO}/emulated.rd"]) as d, d.client() as c, \
			Pktcap(d, "--name", "usual") as usual, Pktcap(d, option, "128", "--name", "small") as small:
		memory = {s["name"]: s["memory"] for s in c.list("capture.list")}
		assert memory == {"usual": 8 << 20, "small": 2 * 128 << 10}
		usual.finish()
		small.finish()


def points(option, _):
	assert re.match(r"POINT +.*\nuplink_rx ", tool(option))


def ports(option, _):
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d, d.client() as c:
		text = tool("--socket", d.path, option)
		wanted = {str(p["id"]) for p in c.list("port.list")}
	assert wanted <= set(re.findall(r"\d+", text))


def helps(option, _):
	assert tool(option).startswith("pktcap [OPTIONS] [FILTER]") and tool("--compat", option).startswith("pktcap-uw [OPTIONS]")


def version(option, _):
	reddots = subprocess.run([REDDOT, "--version"], capture_output=True, text=True, env=ENV, timeout=DEADLINE, check=True).stdout
	assert tool(option).split() == ["pktcap", reddots.split()[1]]


BOTH = {
	("-r", "--read"): read_a_file,
	("-o", "-w", "--outfile"): write_a_file,
	("-c", "--count"): count,
	("-s", "--snaplen"): cut,
	("-B", "--buffer-size"): ring,
	("-P", "--ng"): pcapng,
	("-C", "--file-size"): by_size,
	("-G", "--file-time"): by_time,
	("-W", "--files"): last_files,
	("-A", "--availpoints"): points,
	("-D", "--list-interfaces"): ports,
	("-h", "--help"): helps,
	("-V", "--version"): version,
}
ELSEWHERE = {("-i", "--interface")}  # above


@pytest.mark.parametrize("option,test", [(o, t) for names, t in BOTH.items() for o in names])
def test_letters_and_names(tmp_path, option, test):
	test(option, tmp_path)


def test_no_pair_is_left_out():
	"""Of the options that --help shows by a letter and a name."""
	rows = re.findall(r"^  ((?:-\w, )+--[\w-]+)", tool("--help"), re.M)
	assert {tuple(r.split(", ")) for r in rows} == set(BOTH) | ELSEWHERE


def test_names_may_be_short(tmp_path):
	"""One dash is enough, and so is a name's beginning; a value may stand behind '='."""
	long = tool("-r", CORPUS, "--count", "3", "--json")
	assert len([json.loads(line) for line in long.splitlines()]) == 3
	for words in (["-count", "3"], ["-count=3"], ["--cou=3"], ["-coun", "3"], ["-c3"]):
		assert tool("-read", CORPUS, *words, "--json", cwd=tmp_path) == long
