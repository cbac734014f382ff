# SPDX-License-Identifier: BSD-3-Clause
#
# Walks as files: the page in a headless Chromium, the graph through Graphviz, the capture through tshark and back through pktcap,
# JSON and text against what pktcap --json says of the same packets; hostile names and payloads in all of them.
import json
import os
import re
import shutil
import signal
import subprocess

import pytest
from rdtest import DEMO, ENV, PCAPS, PKTCAP, REDDOT, Daemon, wait_for

try:
	from selenium import webdriver
	from selenium.webdriver.chrome.service import Service
	from selenium.webdriver.common.by import By
	from selenium.webdriver.common.keys import Keys
except ImportError:
	webdriver = None
CHROMIUM, DRIVER, DOT = (shutil.which(p) for p in ("chromium", "chromedriver", "dot"))
browser_needed = pytest.mark.skipif(not (webdriver and CHROMIUM and DRIVER), reason="skip: needs chromium, chromium-driver, python3-selenium")

EVIL = "</td></text><script>window.evil=1</script><img src=http://192.0.2.1/x onerror=window.evil=1>'\"&\\\u202e"


@pytest.fixture(name="files", scope="module")
def capture_files(tmp_path_factory):
	"""A SYN with its answer and a dropped packet: as pcapng, and as pktcap's JSON lines."""
	folder = tmp_path_factory.mktemp("export")
	pcapng, lines = str(folder / "w.pcapng"), str(folder / "w.json")
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as d:
		with subprocess.Popen([PKTCAP, "--socket", d.path, "-w", pcapng], env=ENV, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as proc:
			wait_for("the capture", lambda: d.cli("show capture | json | match running | count").strip() == "1")
			d.cli("inject", "vmnic1", "pcap", f"{PCAPS}/emulated-syn.pcap")
			d.cli("inject", "vmnic1", "pcap", f"{PCAPS}/malformed/dfw_rule_deny.pcap")
			proc.send_signal(signal.SIGINT)
			assert proc.wait(60) == 0
	with open(lines, "w", encoding="utf-8") as f:
		subprocess.run([PKTCAP, "--json", "-x", "-r", pcapng], env=ENV, stdout=f, stderr=subprocess.DEVNULL, check=True, timeout=60)
	return pcapng, lines


@pytest.fixture(name="hostile", scope="module")
def hostile_file(tmp_path_factory):
	path = str(tmp_path_factory.mktemp("hostile") / "w.json")
	payload = bytes(12) + b"\x08\x06" + EVIL.encode() + b"\x1b]0;x\x07\x1b[2J"
	with open(path, "w", encoding="utf-8") as f:
		for i, stage in enumerate(("uplink_rx", "dfw_in", "drop")):
			f.write(json.dumps({"packet_id": 5, "stage": stage, "port": "arm/" + EVIL[i * 20:], "ns": 10**18 + i * 100, "len": len(payload),
				"hex": payload.hex(), "verdict": "drop" if stage == "drop" else "pass", "reason": EVIL if stage == "drop" else ""}) + "\n")
	return path


def reddot(*args, check=True):
	return subprocess.run([REDDOT, "walk", *args], env=dict(ENV, PKTCAP=PKTCAP), capture_output=True, check=check, timeout=120)


def records(lines):
	with open(lines, encoding="utf-8") as f:
		by_walk = {}
		for line in f:
			r = json.loads(line)
			by_walk.setdefault(r["packet_id"], []).append(r)
	return list(by_walk.values())


@pytest.fixture(name="browser", scope="module")
def a_browser(tmp_path_factory):
	options = webdriver.ChromeOptions()
	options.binary_location = CHROMIUM
	for arg in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions", "--no-first-run",
			f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
		options.add_argument(arg)
	options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
	driver = webdriver.Chrome(service=Service(DRIVER), options=options)
	yield driver
	driver.quit()


# Of a walk: the bytes that are to be seen, the row that is marked, where the dot and the picture's hops are.
STATE = """
const all = what => [...arguments[0].querySelectorAll(what)], at = (e, x, y) => [e.getAttribute(x), e.getAttribute(y)];
return {
	shown: all('.pane').filter(p => p.offsetParent).map(p => [...p.querySelectorAll('.bytes tbody td:last-child')].map(t => t.textContent).filter(t => t)),
	now: all('.hops tbody tr').flatMap((r, i) => r.classList.contains('now') ? [i] : []),
	dot: at(all('.dot')[0], 'cx', 'cy'), stops: all('svg .hop').map(s => at(s, 'data-x', 'data-y')) };
"""


def requests_of(browser):
	"""What the page asked the network for, since the last time."""
	messages = [json.loads(e["message"])["message"] for e in browser.get_log("performance")]
	return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]


def open_page(browser, tmp_path, source, *args):
	page = tmp_path / "walk.html"
	reddot("-r", source, "--export", "html", "-o", str(page), *args)
	browser.get("about:blank")
	browser.get_log("performance")
	browser.get(page.as_uri())
	return page


@browser_needed
def test_page(browser, files, tmp_path):
	page = open_page(browser, tmp_path, files[0])
	sections = browser.find_elements(By.TAG_NAME, "section")
	walks = records(files[1])
	assert len(sections) == len(walks) == 3
	for section, walk in zip(sections, walks):
		cells = browser.execute_script("return [...arguments[0].querySelectorAll('.hops tbody tr')].map(r => [...r.cells].map(c => c.textContent))", section)
		assert [c[1:3] for c in cells] == [[r["stage"], r["port"]] for r in walk]
		assert [int(c[3]) for c in cells[1:]] == [b["ns"] - a["ns"] for a, b in zip(walk, walk[1:])]
		assert [int(c[5]) for c in cells] == [r["len"] for r in walk]
		rows, stops = (section.find_elements(By.CSS_SELECTOR, what) for what in (".hops tbody tr", "svg .hop .stop"))
		assert len(stops) == len(rows) == len(walk)
		for i, (row, stop) in enumerate(zip(rows, stops)):
			(row if i % 2 else stop).click()
			state = browser.execute_script(STATE, section)
			assert len(state["shown"]) == 1 and state["now"] == [i]
			assert "".join(b[4:] for b in state["shown"][0]).replace(" ", "") == walk[i]["hex"], f"bytes of hop {i}"
			assert state["dot"] == state["stops"][i] and state["stops"].count(state["dot"]) == 1
	assert set(requests_of(browser)) == {page.as_uri()}
	assert [e["message"] for e in browser.get_log("browser")] == []  # nor was one forbidden


@browser_needed
def test_page_by_keyboard(browser, files, tmp_path):
	open_page(browser, tmp_path, files[0], "--id", "3")
	section = browser.find_element(By.TAG_NAME, "section")
	body = browser.find_element(By.TAG_NAME, "body")
	last = len(records(files[1])[2]) - 1
	for key, at in ((Keys.HOME, 0), (Keys.RIGHT, 1), ("l", 2), ("h", 1), (Keys.LEFT, 0), (Keys.LEFT, 0), (Keys.END, last), (Keys.RIGHT, last)):
		body.send_keys(key)
		assert section.get_attribute("data-at") == str(at)
	body.send_keys(Keys.HOME, " ")  # walks by itself, to the end
	wait_for("the dot at the end", lambda: section.get_attribute("data-at") == str(last))
	assert "DFW_RULE_DENY" in section.text and "Try:" in section.text


@browser_needed
def test_page_of_hostile_walk(browser, hostile, tmp_path):
	page = open_page(browser, tmp_path, hostile)
	assert browser.execute_script("return window.evil") is None
	assert len(browser.find_elements(By.TAG_NAME, "script")) == 1
	assert browser.find_elements(By.TAG_NAME, "img") == []
	assert "<script>window.evil=1</script>" in browser.find_element(By.CSS_SELECTOR, ".hops").text  # as text
	assert set(requests_of(browser)) == {page.as_uri()}
	browser.execute_script("const s = document.createElement('script'); s.textContent = 'window.evil = 2'; document.body.append(s)")
	assert browser.execute_script("return window.evil") is None  # the policy forbids what is not ours
	assert all("Content Security Policy" in e["message"] for e in browser.get_log("browser"))


def test_no_raw_bytes_in_text_forms(hostile):
	for form in ("html", "dot", "text", "json"):
		out = reddot("-r", hostile, "--export", form).stdout.decode()
		assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", out), form
		assert form in ("json", "text", "dot") or out.count("<script") == 1 and "<img" not in out


@pytest.mark.skipif(not DOT, reason="skip: needs graphviz")
def test_graph(files, hostile):
	for source in (files[0], hostile):
		graph = reddot("-r", source, "--export", "dot").stdout
		svg = subprocess.run([DOT, "-Tsvg"], input=graph, capture_output=True, check=True, timeout=60)
		assert svg.stderr == b""
		walks = records(files[1] if source == files[0] else hostile)
		assert svg.stdout.count(b'class="node"') == sum(map(len, walks))
		assert svg.stdout.count(b'class="edge"') == sum(len(w) - 1 for w in walks)
	assert b"evil=1" in svg.stdout and b"<script" not in svg.stdout
	plain = subprocess.run([DOT, "-Tplain"], input=reddot("-r", files[0], "--export", "dot", "--id", "1").stdout, capture_output=True, check=True).stdout.decode()
	for i, r in enumerate(records(files[1])[0]):
		assert f'{i} {r["stage"]}\\n{r["port"]}"' in plain


def test_json(files):
	out = json.loads(reddot("-r", files[0], "--export", "json").stdout)
	assert out["v"] == 1
	for walk, want in zip(out["walks"], records(files[1])):
		assert walk["packet_id"] == want[0]["packet_id"]
		for key in ("stage", "port", "ns", "len", "caplen", "rule", "vni", "flow", "flow_hit", "reason", "hex"):
			assert [h[key] for h in walk["hops"]] == [r[key] for r in want], key
		assert [h["dns"] for h in walk["hops"]][1:] == [b["ns"] - a["ns"] for a, b in zip(want, want[1:])]
	decap = next(h for h in out["walks"][0]["hops"] if "changes" in h and h["changes"] != ["unchanged"])
	assert any(c.startswith("- geneve vni 0x12400") for c in decap["changes"])


def test_text(files, tmp_path):
	path = tmp_path / "w.txt"
	reddot("-r", files[0], "--export", "text", "--id", "1", "-o", str(path))
	text = path.read_text(encoding="utf-8")
	assert re.findall(r"^ +\d+ (\w+)@", text, re.M) == [r["stage"] for r in records(files[1])[0]]
	assert re.search(r"^ +- geneve vni 0x12400", text, re.M) and "walk 2" not in text


@pytest.mark.parametrize("which", [1, 2, 3])
def test_capture(files, tmp_path, which):
	"""Only that walk, and nothing lost of it: pktcap says of it what it said before."""
	want = records(files[1])[which - 1]
	for source, wanted in ((files[0], str(which)), (files[1], str(want[0]["packet_id"]))):
		path = str(tmp_path / "one.pcapng")
		reddot("-r", source, "--export", "pcapng", "--id", wanted, "-o", path)
		again = subprocess.run([PKTCAP, "--json", "-x", "-r", path], env=ENV, capture_output=True, check=True, timeout=60).stdout
		assert [json.loads(line) for line in again.splitlines()] == want
		seen = subprocess.run(["tshark", "-r", path, "-T", "fields", "-e", "frame.interface_name", "-e", "frame.packet_id", "-e", "frame.len"],
			capture_output=True, text=True, check=True, env=dict(os.environ, HOME=str(tmp_path))).stdout
		assert [line.split("\t") for line in seen.splitlines()] == [
			[f"{r['host']}/{r['stage']}@{r['port'].split('/')[1]}", str(r["packet_id"]), str(r["len"])] for r in want]


def test_refused(files, tmp_path):
	for args, words in (
			(("--export", "html"), "needs -r FILE"),
			(("-r", files[0], "-o", "x"), "belongs to an export"),
			(("-r", files[0], "--id", "1"), "belongs to an export"),
			(("-r", files[0], "--export", "text", "--id", "99"), "no such walk among 3"),
			(("-r", files[0], "--export", "text", "-o", str(tmp_path / "no/x")), "can't be written: No such file"),
			(("-r", files[0], "--export", "text", "-o", "/dev/full"), "can't be written: No space left"),
			(("-r", "/dev/null", "--export", "text"), "")):
		r = reddot(*args, check=False)
		assert r.returncode == 1 and words in r.stderr.decode(), r
	lines = tmp_path / "many"
	lines.write_text("".join(json.dumps({"packet_id": i + 1, "stage": "drop"}) + "\n" for i in range(201)), encoding="utf-8")
	r = reddot("-r", str(lines), "--export", "html", check=False)
	assert r.returncode == 1 and "200 walks at most" in r.stderr.decode() and "--id N" in r.stderr.decode()
