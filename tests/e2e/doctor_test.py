# SPDX-License-Identifier: BSD-3-Clause
#
# reddot doctor, on machines that are folders: one in which all is well, and for each complaint one that has just this fault.
import json
import os
import shutil
import socketserver
import subprocess
import threading

import pytest
from rdtest import ENV, REDDOT, Daemon, wait_for

CPU = "sys/devices/system/cpu/"
CLOCK = "sys/devices/system/clocksource/clocksource0/"
HUGE = "sys/kernel/mm/hugepages/hugepages-2048kB/"
CARD = "sys/bus/pci/devices/0000:03:00.0/"
PLUGINS = "usr/lib/x86_64-linux-gnu/dpdk/pmds-23.0/"
PROTOCOLS = "protocol  size sockets  memory\nPACKET    1600      0\nXDP       1088      0\n"


class Machine:
	def __init__(self, root):
		self.root = str(root)
		os.chmod(self.root, 0o755)
		for path, text in {HUGE + "nr_hugepages": "512", HUGE + "free_hugepages": "512", CLOCK + "current_clocksource": "tsc",
				CLOCK + "available_clocksource": "tsc hpet", CPU + "isolated": "0-63", CPU + "nohz_full": "0-63",
				CPU + "cpu0/cpufreq/scaling_governor": "performance", CARD + "class": "0x020000",
				"sys/bus/pci/devices/0000:00:00.0/class": "0x060000", "sys/bus/node/devices/node0/x": "",
				"sys/kernel/iommu_groups/0/type": "DMA", "proc/self/status": "Name:\tx\nCapEff:\t000001ffffffffff\n",
				"proc/sys/kernel/osrelease": "6.1.0-test", "proc/net/protocols": PROTOCOLS, "dev/net/tun": "",
				PLUGINS + "librte_net_tap.so": ""}.items():
			self.write(path, text)
		self.driver("vfio-pci")

	def write(self, path, text):
		os.makedirs(os.path.dirname(f"{self.root}/{path}"), exist_ok=True)
		with open(f"{self.root}/{path}", "w", encoding="latin-1") as f:
			f.write(text + "\n")

	def remove(self, path):
		path = f"{self.root}/{path}"
		if os.path.isdir(path):
			shutil.rmtree(path)
		else:
			os.unlink(path)

	def driver(self, name):
		if os.path.islink(f"{self.root}/{CARD}driver"):
			os.unlink(f"{self.root}/{CARD}driver")
		if name is not None:
			os.symlink(f"../../drivers/{name}", f"{self.root}/{CARD}driver")

	def no_iommu(self, unsafe=None):
		self.remove("sys/kernel/iommu_groups")
		if unsafe is not None:
			self.write("sys/module/vfio/parameters/enable_unsafe_noiommu_mode", unsafe)


@pytest.fixture(name="machine")
def a_machine(tmp_path):
	return Machine(tmp_path)


def run(socket, *words):
	"""Exit code, stdout, stderr."""
	r = subprocess.run([REDDOT, "--socket", socket, *words], capture_output=True, text=True, env=ENV, timeout=180, check=False)
	return r.returncode, r.stdout, r.stderr


def findings(machine, socket="/nonexistent/sock", watch="0s"):
	code, out, err = run(socket, "-j", "doctor", "root", machine.root, "watch", watch)
	items = json.loads(out)
	for item in items:
		assert sorted(item) == ["check", "fix", "found", "status", "why"]
		assert (item["status"] == "pass") == (item["fix"] == "") == (item["why"] == ""), item
	failed = sum(item["status"] == "fail" for item in items)
	assert code == (1 if failed else 0)
	assert (f"{failed} of {len(items)} checks failed" in err) == bool(failed)
	return items


def bad(items):
	return [item for item in items if item["status"] != "pass"]


def test_a_good_machine_without_a_daemon(machine):
	items = findings(machine)
	assert [(i["check"], i["status"]) for i in bad(items)] == [("daemon", "warn"), ("socket", "warn")]
	assert {i["check"]: i["found"] for i in items if i["status"] == "pass"} == {"capabilities": "this user has all that ports need",
		"DPDK plugins": f"1 files in /{PLUGINS[:-1]}", "hugepages": "hugepages-2048kB: 512, 512 free", "clock source": "tsc",
		"isolated cpus": "0-63", "tickless cpus": "0-63", "cpu frequency": "performance", "card drivers": "0000:03:00.0 vfio-pci",
		"IOMMU": "1 groups", "NUMA": "1 node", "kernel": "6.1.0-test", "AF_PACKET": "the kernel has it",
		"AF_XDP": "the kernel has it", "TAP": "/dev/net/tun"}


FAULTS = {
	"no hugepages": (lambda m: m.write(HUGE + "nr_hugepages", "0"), "hugepages", "warn", "none", "nr_hugepages"),
	"all taken": (lambda m: m.write(HUGE + "free_hugepages", "0"), "hugepages", "warn", "512, 0 free", "/proc/*/maps"),
	"hpet, tsc there": (lambda m: m.write(CLOCK + "current_clocksource", "hpet"), "clock source", "warn", "hpet", "echo tsc >"),
	"hpet only": (lambda m: (m.write(CLOCK + "current_clocksource", "hpet"), m.write(CLOCK + "available_clocksource", "hpet")),
		"clock source", "warn", "hpet", "tsc=reliable"),
	"no clock": (lambda m: m.remove(CLOCK + "current_clocksource"), "clock source", "warn", "not say", "mount"),
	"no isolcpus": (lambda m: m.write(CPU + "isolated", ""), "isolated cpus", "warn", "none", "isolcpus=2-3"),
	"nonsense": (lambda m: m.write(CPU + "isolated", "\x1b[31m-\xff,9-"), "isolated cpus", "warn", "none", "isolcpus=2-3"),
	"no nohz_full": (lambda m: m.remove(CPU + "nohz_full"), "tickless cpus", "warn", "none", "nohz_full=2-3"),
	"powersave": (lambda m: m.write(CPU + "cpu0/cpufreq/scaling_governor", "powersave"), "cpu frequency", "warn", "powersave",
		"echo performance"),
	"uio": (lambda m: m.driver("igb_uio"), "card drivers", "warn", "0000:03:00.0 igb_uio", "--bind=vfio-pci 0000:03:00.0"),
	"no driver": (lambda m: m.driver(None), "card drivers", "warn", "without driver", "--bind=vfio-pci 0000:03:00.0"),
	"no IOMMU": (lambda m: m.no_iommu(), "IOMMU", "fail", "none, but 1 card at vfio-pci", "intel_iommu=on"),
	"no IOMMU, N": (lambda m: m.no_iommu("N"), "IOMMU", "fail", "none, but 1 card at vfio-pci", "enable_unsafe_noiommu_mode"),
	"no IOMMU, Y": (lambda m: m.no_iommu("Y"), "IOMMU", "warn", "without protection", "intel_iommu=on"),
	"no raw sockets": (lambda m: m.write("proc/self/status", "CapEff:\t0000000000001000"), "capabilities", "warn",
		"CAP_NET_RAW CAP_IPC_LOCK", "AmbientCapabilities"),
	"plugins for all": (lambda m: os.chmod(f"{m.root}/{PLUGINS}", 0o777), "DPDK plugins", "fail", "mode 0777", "chmod o-w"),
	"a folder above": (lambda m: os.chmod(f"{m.root}/usr/lib", 0o1777), "DPDK plugins", "fail", "mode 1777", "chmod o-w"),
	"no plugins": (lambda m: m.remove(PLUGINS), "DPDK plugins", "warn", "no folder", "apt-get install dpdk"),
	"no AF_PACKET": (lambda m: m.write("proc/net/protocols", PROTOCOLS.replace("PACKET", "RAW")), "AF_PACKET", "warn", "not",
		"CONFIG_PACKET"),
	"no AF_XDP": (lambda m: m.write("proc/net/protocols", PROTOCOLS.replace("XDP", "RAW")), "AF_XDP", "warn", "not",
		"CONFIG_XDP_SOCKETS"),
	"no tun": (lambda m: m.remove("dev/net/tun"), "TAP", "warn", "does not exist", "modprobe tun"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_alone_and_named(machine, name):
	change, check, status, found, fix = FAULTS[name]
	change(machine)
	item, = [i for i in bad(findings(machine)) if i["check"] not in ("daemon", "socket")]
	assert (item["check"], item["status"]) == (check, status)
	assert found in item["found"] and fix in item["fix"] and item["why"], item


def test_cards_of_the_kernel_need_nothing(machine):
	machine.no_iommu()
	for driver in ("mlx5_core", "virtio-pci", "ixgbe"):
		machine.driver(driver)
		assert {i["check"] for i in bad(findings(machine))} == {"daemon", "socket"}


def test_an_empty_machine_has_an_answer_to_everything(tmp_path):
	os.chmod(tmp_path, 0o755)
	machine = Machine.__new__(Machine)
	machine.root = str(tmp_path)
	assert {i["check"] for i in bad(findings(machine))} >= {"hugepages", "clock source", "isolated cpus", "AF_PACKET", "TAP"}


def test_the_table_says_why_and_what_to_do(machine):
	machine.no_iommu()
	code, out, err = run("/nonexistent/sock", "doctor", "root", machine.root)
	assert code == 1 and "1 of 16 checks failed" in err
	assert "\nFAIL    IOMMU " in out and "\n    why: vfio gives out no card" in out and "\n    fix: kernel command line: intel_iommu=on" in out
	assert out.rstrip().endswith("13 passed, 2 warned, 1 failed")


def status_of(d, machine, **caps):
	machine.write(f"proc/{d.proc.pid}/status", "CapEff:\t" + caps.get("caps", "000001ffffffffff"))


def test_a_daemon_is_looked_at(machine):
	with Daemon("--workers", "2", "--worker-cores", "0", "--main-core", "0") as d:
		status_of(d, machine, caps="0000000000003000")
		items = {i["check"]: i for i in findings(machine, d.path)}
		assert items["daemon"]["found"].startswith("reddotd ") and f"process {d.proc.pid}" in items["daemon"]["found"]
		assert items["worker cores"]["status"] == "warn" and "2 workers on cpus 0" in items["worker cores"]["found"]
		assert items["capabilities"]["found"] == "the daemon lacks CAP_IPC_LOCK"
		assert items["socket"]["status"] == "pass" and items["packet buffers"]["status"] == "pass"
		machine.write(CPU + "isolated", "1-3")
		items = {i["check"]: i for i in findings(machine, d.path)}
		assert items["isolated cpus"]["found"] == "1-3; not: 0, where workers run"
		assert items["isolated cpus"]["fix"].endswith("isolcpus=0; and reddotd --worker-cores 0")
		os.chmod(d.dir, 0o777)
		items = {i["check"]: i for i in findings(machine, d.path)}
		assert items["socket folder"]["status"] == "fail" and items["socket folder"]["fix"] == f"chmod o-w {d.dir}"


def test_workers_on_threads_of_one_core(machine):
	if len(os.sched_getaffinity(0)) < 2:
		pytest.skip("skip: one cpu")
	a, b = sorted(os.sched_getaffinity(0))[:2]
	with Daemon("--workers", "2", "--worker-cores", f"{a},{b}") as d:
		status_of(d, machine)
		assert {i["check"]: i for i in findings(machine, d.path)}["worker cores"]["status"] == "pass"
		machine.write(f"{CPU}cpu{a}/topology/thread_siblings_list", f"{a},{b}")
		item = {i["check"]: i for i in findings(machine, d.path)}["worker cores"]
		assert item["status"] == "warn" and item["found"] == f"cpus {a} and {b} are threads of one core"


def test_drops_that_grow(machine):
	lines = "host add h default\nswitch add s host h portset 1\nport add p switch s type vnic device net_null0,no-rx=1\n"
	with Daemon(lines=lines) as d, d.client() as c:
		status_of(d, machine)
		c("inject", port="p", frames=["00" * 10])  # too short
		wait_for("the drop", lambda: c.list("drop.list"))
		drops = [i for i in findings(machine, d.path) if i["check"] == "drops"]
		assert [(i["status"], i["found"]) for i in drops] == [("pass", "none in 0.0 s")]
		c("inject", port="p", frames=["00" * 10], every_ms=10)
		item, = [i for i in findings(machine, d.path, watch="2s") if i["check"] == "drops"]
		reason = c.list("drop.list")[0]
		assert item["status"] == "warn" and item["found"].startswith(f"{reason['reason']} at {reason['stage']}: ")
		assert item["why"] == reason["meaning"] and item["fix"].startswith(reason["hint"])


class Old(socketserver.StreamRequestHandler):
	"""A daemon of another release, to whom we are nobody."""

	def handle(self):
		for line in self.rfile:
			m = json.loads(line)
			answer = {"id": m["id"], "error": {"code": "ENOSYS", "what": "no"}}
			if m["method"] == "hello":
				answer = {"id": m["id"], "result": {"version": 1, "daemon": "reddotd", "release": "9.9.9", "pid": os.getpid(),
					"role": "read", "default_host": "", "tsc_hz": 1, "workers": 1}}
			self.wfile.write(json.dumps(answer).encode() + b"\n")


def test_another_release_and_a_user_who_may_only_look(machine, tmp_path):
	path = str(tmp_path / "old.sock")
	with socketserver.ThreadingUnixStreamServer(path, Old) as server:
		threading.Thread(target=server.serve_forever, daemon=True).start()
		items = {i["check"]: i for i in findings(machine, path)}
		server.shutdown()
	assert items["daemon"]["status"] == "warn" and "reddotd is 9.9.9" in items["daemon"]["found"]
	assert items["socket"]["status"] == "warn" and "usermod -aG reddot" in items["socket"]["fix"]
