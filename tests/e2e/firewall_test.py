# SPDX-License-Identifier: BSD-3-Clause
#
# The stateful firewall from outside: every reason of it is provoked, captured by its name, and is in the record of drops with its stage
# and bytes; a rejected sender is answered; a connection lives and ends as the rules say.
import json
import subprocess

import pytest
from rdtest import ENV, PKTCAP, REDDOT, Daemon, wait_for
from scapy.all import ICMP, IP, TCP, UDP, Ether, fragment, raw

from pktcap import Pktcap

CLIENT, SERVER = "00:50:56:00:00:aa", "00:50:56:00:00:bb"
WORLD = """host add h default
switch add s host h portset 3
segment add lan switch h/s vlan 0
port add client switch h/s type vnic mac 00:50:56:00:00:aa segment h/lan
port add server switch h/s type vnic mac 00:50:56:00:00:bb segment h/lan
dfw add port server rule 1 dir in action allow proto tcp dport 80
dfw add port server rule 2 dir in action allow proto udp dport 53
dfw add port server rule 3 dir in action reject proto tcp dport 23
dfw default port server action drop
dfw set port server stateful on
"""


@pytest.fixture(name="d")
def daemon(tmp_path):
	path = tmp_path / "world.rd"
	path.write_text(WORLD)
	with Daemon("--conn-capacity", "64", files=[str(path)]) as d:
		yield d


def there(l4, **ip):
	return Ether(dst=SERVER, src=CLIENT) / IP(src="10.0.0.1", dst="10.0.0.2", **ip) / l4


def back(l4):
	return Ether(dst=CLIENT, src=SERVER) / IP(src="10.0.0.2", dst="10.0.0.1") / l4


def syn(sport=4000, **tcp):
	return there(TCP(sport=sport, dport=80, flags="S", seq=100, window=2000, **tcp))


def query(sport=4000, size=4):
	return there(UDP(sport=sport, dport=53) / bytes(size))


def error(cut=None, ihl=None):
	quote = bytearray(raw(query()[IP])[:28])
	if ihl is not None:
		quote[0] = 0x40 | ihl
	return back(ICMP(type=3, code=3) / bytes(quote[:cut]))


LATER = fragment(query(size=100)[IP], 64)[1]

# What has to go before, what is dropped, at which port it enters, for which reason, where.
CASES = {
	"DFW_STATE_MISMATCH": ([], there(TCP(sport=4000, dport=80, flags="A", seq=5, ack=5)), "client", "dfw_in"),
	"DFW_STATE_LIMIT": (["dfw settings max-connections 1", syn(1)], syn(2), "client", "dfw_in"),
	"DFW_SYN_FLOOD": (["dfw settings max-half-open 1", syn(1)], syn(2), "client", "dfw_in"),
	"DFW_STATE_MEMORY": ([query(n) for n in range(1, 65)], query(65), "client", "dfw_in"),
	"DFW_SHORT": ([query()], error(cut=22), "server", "dfw_out"),
	"DFW_BAD_OFFSET": ([query()], error(ihl=3), "server", "dfw_out"),
	"DFW_REJECTED": ([], there(TCP(sport=4000, dport=23, flags="S", seq=7)), "client", "reject"),
	"FRAG_NO_HEAD": ([], Ether(dst=SERVER, src=CLIENT) / LATER, "client", "dfw_in"),
}


def inject(c, frame, port="client"):
	assert c("inject", port=port, frames=[raw(frame).hex()])["injected"] == 1


@pytest.mark.parametrize("reason", CASES)
def test_reasons(d, reason):
	before, frame, port, stage = CASES[reason]
	with d.client() as c:
		for step in before:
			if isinstance(step, str):
				d.cli(*step.split())
			else:
				inject(c, step)
		with Pktcap(d, "--drop", reason, "-c", "1", "--json") as live:
			inject(c, frame, port)
			assert live.wait() == 0, live.stderr
			record = live.records()[0]
		assert (record["stage"], record["reason"], record["len"]) == ("drop", reason, len(frame))
		rows = [r for r in c.list("drop.list", reason=reason, detail=True) if r["count"]]
		assert [(r["stage"], r["count"]) for r in rows] == [(stage, 1)]
		kept = bytes.fromhex(c.list("drop.recent", reason=reason)[0]["hex"])
		assert len(kept) >= 36 and raw(frame).startswith(kept)


def test_the_sender_is_told(d):
	with d.client() as c, Pktcap(d, "--capture", "vnic_tx@client", "-c", "1", "--json") as live:
		inject(c, CASES["DFW_REJECTED"][1])
		assert live.wait() == 0, live.stderr
		assert "R" in live.records()[0]["summary"] and live.records()[0]["rule"] == 3


def read(path, *argv):
	return subprocess.run([*argv, "-r", path], env=dict(ENV, PKTCAP=PKTCAP), capture_output=True, text=True, check=True, timeout=120).stdout


def test_whose_answer_it_is(d, tmp_path):
	"""The RST is no copy: in the walk, the trace, the JSON and the comment it is what rule 3 made because of the SYN."""
	path, again = str(tmp_path / "a.pcapng"), str(tmp_path / "b.pcapng")
	with d.client() as c, Pktcap(d, "-w", path, "--comment", "all", "tcp") as live:
		inject(c, CASES["DFW_REJECTED"][1])
		live.finish()
	walks = {w["hops"][0]["parent_id"]: w for w in json.loads(read(path, REDDOT, "walk", "--export", "json"))["walks"]}
	syn_id = walks[0]["packet_id"]
	first = walks[syn_id]["hops"][0]
	assert (first["observed"], first["rule"]) == ("MADE", 3)
	assert first["detail"].startswith(f"by rule 3 because of packet {syn_id} ") and first["detail"].count("rule 3") == 1
	assert f"walk {walks[syn_id]['packet_id']} (made by rule 3, because of {syn_id})  " in read(path, PKTCAP, "--trace")
	told = next(w for w in map(json.loads, read(path, PKTCAP, "--trace", "--json").splitlines()) if w["parent_id"] == syn_id)
	assert (told["made_by"], told["made_rule"]) == ("firewall", 3)
	assert {(r["parent_id"], r["made"]) for r in map(json.loads, read(path, PKTCAP, "--json").splitlines())} == {(0, False), (syn_id, True)}
	with open(path, "rb") as f:
		assert f"because-of={syn_id}".encode() in (content := f.read()) and b"copy-of" not in content
	# What the walk exports says so, too.
	subprocess.run([REDDOT, "walk", "-r", path, "--export", "pcapng", "-o", again], env=dict(ENV, PKTCAP=PKTCAP), check=True, timeout=120)
	assert f"(made by rule 3, because of {syn_id})" in read(again, PKTCAP, "--trace")


def test_a_connection(d):
	with d.client() as c:
		inject(c, back(TCP(sport=80, dport=4000, flags="SA", seq=500, ack=101)), "server")
		assert c.list("conn.list", port="server") == []
		inject(c, syn())
		inject(c, back(TCP(sport=80, dport=4000, flags="SA", seq=500, ack=101)), "server")
		inject(c, there(TCP(sport=4000, dport=80, flags="A", seq=101, ack=501)))
		wait_for("the handshake", lambda: [k["state"] for k in c.list("conn.list", port="server")] == ["ESTABLISHED"])
		assert c.one("conn.list", port="server")["rule"] == 1
		d.cli("dfw", "del", "port", "server", "rule", "1")
		inject(c, back(TCP(sport=80, dport=4000, flags="A", seq=501, ack=101) / b"data"), "server")
		wait_for("its end", lambda: c.list("conn.list", port="server") == [])
		# The guests have no devices: what passes ends at them.
		assert {r["reason"] for r in c.list("drop.list") if r["count"]} == {"DFW_DEFAULT_DENY", "TX_NO_DEVICE"}
