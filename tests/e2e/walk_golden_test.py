# SPDX-License-Identifier: BSD-3-Clause
#
# Golden screens of the full-screen walk: every pane of a fixed walk, at the sizes and on the terminals that people have, as pyte shows
# them. The files are tests/e2e/golden/walk-*.txt; after a change that is meant, look at what
#
#	RD_GOLDEN=write meson test -C build-check walk_golden
#
# changes in them. Characters only; colours and the rest are in walk_screen_test.py.
import json
import os
import pathlib

import pytest
from rdtest import PKTCAP, SOURCE
from term import Terminal
from walk_screen_test import settled

FOLDER = f"{SOURCE}/tests/e2e/golden"
PANES = {"1": "walks", "2": "hops", "3": "diff", "4": "hex", "5": "flow", "6": "dfw", "7": "ladder", "8": "mirror", "9": "paths", "0": "map"}

INNER = ("005056a1999e005056a1fcf308004500003c000140004006a467ac101f1aac101f19e0680050{seq}00000000a002faf02e2a0000"
	"020405b40402080ab403878a0000000001030307")
OUTER = "00505667eb1300505663045c08004500007600004000 4011b0b1c0a80439c0a8043cc02617c1006200000200655801240000 0104000100000000".replace(" ", "")
BACK = "005056a1fcf3005056a1999e080045000028000140004006a47bac101f19ac101f1a0050e0680000006300000000501220000000 0000".replace(" ", "")


def packets():
	"""A SYN into a guest, its answer, the SYN again, and one that the firewall drops."""
	inner = INNER.format(seq="830fe93a")
	there = (("uplink_rx", "arm/vmnic1", 0, OUTER + inner, {}), ("tunnel_decap", "arm/vmnic1", 120, OUTER + inner, {}),
		("flow_lookup", "arm/vmnic1", 430, inner, {"vni": 74752}), ("dfw_in", "arm/guest1", 900, inner, {"vni": 74752, "flow": 23, "flow_hit": "miss"}),
		("mux_tx", "arm/mux0", 3100, inner, {"rule": 1041, "flow": 23, "flow_hit": "miss", "verdict": "sent"}),
		("uplink_rx", "x86/vmnic2", 3700, inner, {}), ("vnic_tx", "x86/guest1", 5200, inner, {"verdict": "delivered"}))
	back = (("vnic_rx", "x86/guest1", 0, BACK, {}), ("mux_rx", "arm/mux0", 800, BACK, {}), ("dfw_out", "arm/guest1", 1000, BACK, {"flow_hit": "miss", "flow": 24}),
		("tunnel_encap", "arm/guest1", 1300, BACK, {"rule": 1042}), ("uplink_tx", "arm/vmnic1", 1900, OUTER + BACK, {"rule": 1042, "verdict": "sent"}))
	dropped = (*there[:4], ("drop", "arm/guest1", 3570, INNER.format(seq="00000001"),
		{"rule": 1043, "verdict": "drop", "reason": "DFW_RULE_DENY", "prev_stage": "dfw_in", "flow_hit": "miss"}))
	for number, (walk, begin) in enumerate(((there, 0), (back, 112400), (there, 1000000), (dropped, 2500000)), 1):
		for stage, port, ns, frame, more in walk:
			yield {"packet_id": number, "stage": stage, "port": port, "ns": 1700000000000000000 + begin + ns, "len": len(frame) // 2,
				"hex": frame, "verdict": "pass", **more}


@pytest.fixture(name="source", scope="module")
def a_file(tmp_path_factory):
	path = tmp_path_factory.mktemp("golden") / "w.json"
	path.write_text("".join(json.dumps(p) + "\n" for p in packets()), encoding="utf-8")
	return path


def check(name, text):
	path = f"{FOLDER}/walk-{name}.txt"
	if os.environ.get("RD_GOLDEN") == "write":
		with open(path, "w", encoding="utf-8") as f:
			f.write(text)
	with open(path, encoding="utf-8") as f:
		want = f.read()
	assert text == want, f"{path} is\n{want}\nthe screen is\n{text}"


def screens(source, panes, hop=3, **kw):
	"""The screen of each pane, the oldest walk's fourth hop chosen."""
	texts = []
	env = {"PKTCAP": PKTCAP, "TZ": "UTC", **kw.pop("env", {})}
	with Terminal("walk", "-r", source.name, env=env, preexec=lambda: os.chdir(source.parent), **kw) as t:
		if t.screen.lines >= 10 and t.screen.columns >= 40:
			t.until("reddot walk +ended")
			t.send("G2" + "l" * hop)
			t.until(rf">\* +{hop} ")
			for key in panes:
				t.send(key)
				settled(t)
				texts.append(f"=== {PANES[key]} ===\n" + t.text().rstrip() + "\n")
		else:
			t.until(rf"40x10 needed,\nnow {t.screen.columns}x{t.screen.lines}")
			texts.append(t.text().strip("\n") + "\n")
		t.send("\x03")
		assert t.end() == 0
	return "".join(texts)


def end_of_keys(t):
	"""Until all that was typed is drawn: a prompt opens and closes."""
	t.send("/")
	t.until(lambda: t.lines()[-1].startswith(" show ["))
	t.send("\x1b")
	t.until(lambda: not t.lines()[-1].startswith(" show ["))


@pytest.mark.parametrize("columns, rows", [(80, 24), (120, 40), (40, 10), (20, 5), (70, 16)])
def test_sizes(source, columns, rows):
	check(f"{columns}x{rows}", screens(source, "1234567890", rows=rows, columns=columns))


@pytest.mark.parametrize("columns, rows", [(80, 24), (120, 40), (40, 10), (20, 5), (70, 16)])
def test_what_is_typed(source, columns, rows):
	"""Help, two panes, marks, search, what a mistake in an expression looks like, a command that is incomplete, a filter."""
	typed = (("?", r"page 1 of"), ("q1|", ""), ("|1 ", ""), ("4:find 08 00 45\r", ""), ("/stage dfwin and", r"stage dfwin and_"),
		("\x1b:goto ", r"goto _"), ("\x1b1/stage drop or fc miss and dport 80\r", ""), ("j", ""))
	too_small = rf"40x10 needed,\nnow {columns}x{rows}" if rows < 10 else None
	texts = []
	with Terminal("walk", "-r", source.name, env={"PKTCAP": PKTCAP, "TZ": "UTC"}, rows=rows, columns=columns, preexec=lambda: os.chdir(source.parent)) as t:
		t.until(too_small or "reddot walk +ended")
		t.send("G2lll")
		for keys, seen in typed:
			t.send(keys)
			if too_small or seen:
				t.until(too_small or seen)
			else:
				end_of_keys(t)
			texts.append(f"=== {keys!r} ===\n" + t.text().rstrip() + "\n")
		t.send("\x1b\x03")
		assert t.end() == 0
	check(f"typed-{columns}x{rows}", "".join(texts))


@pytest.mark.parametrize("term", ["linux", "vt100"])
def test_terminals(source, term):
	"""The same characters on all of them; where the locale has no UTF-8, ASCII."""
	assert screens(source, "12470", term=term) == screens(source, "12470")
	check("ascii", screens(source, "12470", term=term, env={"LC_ALL": "C"}))


def test_no_color(source):
	assert screens(source, "27", env={"NO_COLOR": "1"}) == screens(source, "27")


def test_dumb(source):
	"""No screen: the walks as text."""
	with Terminal("walk", "-r", source.name, term="dumb", env={"TZ": "UTC", "REDDOT_PAGER": ""}, rows=200, columns=140, preexec=lambda: os.chdir(source.parent)) as t:
		assert t.end() == 0
		check("dumb", t.text().rstrip() + "\n")


@pytest.mark.parametrize("columns, rows", [(80, 24), (120, 40), (40, 10)])
def test_routed(columns, rows):
	"""Recorded: an echo through a distributed router, its answer, an echo at the end of its TTL, and what the router said of that."""
	source = pathlib.Path(FOLDER) / "routed.json"
	check(f"routed-{columns}x{rows}", screens(source, "2370", 6, rows=rows, columns=columns) + screens(source, "9", 5, rows=rows, columns=columns))


def test_routed_explained():
	"""The manual at the router; why a packet was dropped there; whose a router's own packet is."""
	texts = []
	with Terminal("walk", "-r", f"{FOLDER}/routed.json", env={"PKTCAP": PKTCAP, "TZ": "UTC"}, rows=30, columns=110) as t:
		t.until("reddot walk +.*ended")
		t.send(":set nofollow\rG2lllll")
		t.until(r">\* +5 route@")
		t.send("K")
		t.until("explained, page 1")
		texts.append(t.text().split("\n", 1)[1])
		for walk, why in ((3, r"why: L3_TTL in route: .*its sender was told \(walk 4\)"), (4, "why: because of walk 3; DELIVERED at h/g1")):
			t.send(f"q:{walk}\r2")
			t.until(why)
			end_of_keys(t)
			texts.append(t.text().split("\n", 1)[1])
		t.send("\x03")
		assert t.end() == 0
	check("routed-explained", "\n=====\n".join(texts) + "\n")
