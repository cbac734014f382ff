#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# The pictures of README.md, docs/guide/walk.md and router.md: a daemon with the emulated demo, real packets, and what `reddot walk` shows of
# them on a terminal (pyte), as SVG. From the top folder, after a build:
#
#	docs/img/make.py BUILD_FOLDER
import os
import sys
from html import escape

ROOT = os.path.realpath(os.path.dirname(__file__) + "/../..")
BUILD = os.path.realpath(sys.argv[1])
os.environ.update(REDDOT=f"{BUILD}/cli/reddot", REDDOTD=f"{BUILD}/dataplane/reddotd", PKTCAP=f"{BUILD}/pktcap/pktcap", RD_SOURCE=ROOT)
sys.dont_write_bytecode = True
sys.path.insert(0, f"{ROOT}/tests/e2e")
from rdtest import PCAPS, PKTCAP, Daemon, wait_for  # noqa: E402
from term import Terminal  # noqa: E402

ROWS, COLUMNS = 30, 112
WIDTH, HEIGHT = 8.4, 18  # of a character
COLOURS = {"default": "#d8d8d8", "red": "#ff5f56", "green": "#5fd75f", "yellow": "#e5c07b", "brown": "#e5c07b"}
PANES = {"1": "walks", "2": "hops", "3": "diff", "4": "hex", "5": "flow", "6": "dfw", "7": "ladder", "8": "mirror", "9": "paths", "0": "map"}


def style(c):
	"""(foreground, background, bold, underlined) of a character."""
	front, back = COLOURS.get(c.fg, "#d8d8d8"), "#1c1c1c"
	return (back, front, c.bold, c.underscore) if c.reverse else (front, back, c.bold, c.underscore)


def runs(line):
	"""(column, text, style) of neighbours that look the same."""
	begin, text = 0, ""
	for x in range(COLUMNS + 1):
		if x < COLUMNS and (not text or style(line[x]) == style(line[begin])):
			text += line[x].data
			continue
		yield begin, text, style(line[begin])
		begin, text = x, line[x].data if x < COLUMNS else ""


def svg(screen, name):
	width, height = COLUMNS * WIDTH + 20, ROWS * HEIGHT + 20
	out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" height="{height}" role="img">',
		f"<title>reddot walk: {name}</title>", '<rect width="100%" height="100%" rx="6" fill="#1c1c1c"/>',
		'<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14">']
	for y in range(ROWS):
		for x, text, (front, back, bold, underlined) in runs(screen.buffer[y]):
			if back != "#1c1c1c":
				out.append(f'<rect x="{10 + x * WIDTH:.1f}" y="{10 + y * HEIGHT}" width="{len(text) * WIDTH:.1f}" height="{HEIGHT}" fill="{back}"/>')
			text = text.rstrip()
			if text:
				out.append(f'<text x="{10 + x * WIDTH:.1f}" y="{24 + y * HEIGHT}" textLength="{len(text) * WIDTH:.1f}" fill="{front}"'
					f'{" font-weight=" + chr(34) + "bold" + chr(34) if bold else ""}'
					f'{" text-decoration=" + chr(34) + "underline" + chr(34) if underlined else ""}>{escape(text).replace(" ", "&#160;")}</text>')
	return "\n".join([*out, "</g>", "</svg>", ""])


def settled(t):
	"""Until all that was typed is drawn: the last row comes last."""
	t.send("/")
	t.until(lambda: t.lines()[-1].startswith(" show ["))
	t.send("\x1b")
	t.until(lambda: t.lines()[-1].startswith(" ?help"))


def answered(t, key):
	"""Until the daemon's answer about the chosen walk is there."""
	words = {"5": r"GENEVE", "6": "policy revision", "8": r"^>web +active", "0": r"^ *PORT +TYPE"}
	if key in words:
		t.until(words[key])


def draw(t, name):
	settled(t)
	with open(f"{ROOT}/docs/img/walk-{name}.svg", "w", encoding="utf-8") as f:
		f.write(svg(t.screen, name))


def main():
	with Daemon(files=[f"{ROOT}/pcaps/demo/emulated.rd"]) as d:
		d.cli("mirror", "session", "add", "web", "source", "arm/gs-ubuntu-01.eth0.7c520dd4", "to", "192.0.2.2", "next-hop", "02:00:00:00:00:02",
			"out-port", "arm/vmnic1", "src-ip", "192.0.2.1", "lifetime", "10m", "up")
		with Terminal("--socket", d.path, "walk", rows=ROWS, columns=COLUMNS, env={"PKTCAP": PKTCAP}) as t:
			t.until("waiting for packets")
			wait_for("the capture", lambda: d.cli("show capture | json | match running | count").strip() == "1")
			for name in ("emulated-syn", "emulated-syn", "malformed/dfw_rule_deny", "malformed/dfw_rule_deny"):
				d.cli("inject", "vmnic1", "pcap", f"{PCAPS}/{name}.pcap")
			t.until(lambda: "walks 5" in t.lines()[0] and "dropped 2" in t.lines()[0])
			t.send("G2lll")
			t.until(r"^>\* +3 ")
			for key, name in PANES.items():
				t.send(key)
				answered(t, key)
				draw(t, name)
			t.send("1|2:find tunnel\r")
			draw(t, "split")
			t.send("|4d")
			t.until("Internet Protocol Version 4")
			draw(t, "deep")
			t.send("\x03")
			t.end()
	folder = f"{ROOT}/tests/e2e/golden"  # recorded
	with Terminal("walk", "-r", "routed.json", rows=ROWS, columns=COLUMNS, env={"PKTCAP": PKTCAP}, preexec=lambda: os.chdir(folder)) as t:
		t.until("ended")
		t.send("G2llllll")
		t.until(r"^>\* +6 ")
		draw(t, "router")
		t.send("\x03")
		t.end()


main()
