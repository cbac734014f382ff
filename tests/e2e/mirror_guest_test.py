# SPDX-License-Identifier: BSD-3-Clause
#
# Linux's own erspan, gretap, geneve and vxlan devices, in a guest without any hardware help, as receivers of our frames: what each
# device delivers is taken there by tcpdump and read here. The guest is RD_GUEST_KERNEL with the initramfs RD_GUEST_INITRD, which runs
# /lab.sh and has iproute2, tcpdump, busybox and the modules (virtio_net, ip_gre, geneve, vxlan); without them the test is skipped.
import base64
import contextlib
import json
import os
import subprocess

import pytest
from rdtest import PKTCAP, wait_for

import oracles
from mirror_lab import VM2, Sender, syn
from ovs_lab import MAC_OVS, MAC_US, OVS, US
from pktcap import DEADLINE, SANITIZER, Process
from ports_lab import Netns, RawSocket, need

KERNEL, INITRD = os.environ.get("RD_GUEST_KERNEL", ""), os.environ.get("RD_GUEST_INITRD", "")
BOOT = 180  # s: the guest's processor is emulated
SYN_MAC, COPY_MAC = bytes.fromhex("005056a1999e"), bytes.fromhex(VM2.replace(":", "")) # receivers of the golden frames' SYN, of syn()

# Sessions, keys and VNIs are those of the golden frames. ers1 and gre1 check sequence numbers.
SCRIPT = f"""
echo root:x:0:0::/:/bin/sh >/etc/passwd
modprobe -a geneve vxlan ip_gre
ip link set eth0 address {MAC_OVS}; ip addr add {OVS}/24 dev eth0; ip link set eth0 up
mk() {{ ip link add $1 mtu 1400 type $2 && ip link set $1 up promisc on; echo "MADE $1"; }}
mk ers0 "erspan local {OVS} remote {US} erspan_ver 0"
mk ers1 "erspan seq key 1023 local {OVS} remote {US} erspan_ver 1 erspan 123"
mk ers2 "erspan seq key 100 local {OVS} remote {US} erspan_ver 2 erspan_dir ingress erspan_hwid 7"
mk gre0t "gretap key 3735928559 local {OVS} remote {US}"
mk gnv0 "geneve id 74752 remote {US} dstport 6081"
mk vxl0 "vxlan id 1193046 remote {US} dstport 4789 dev eth0"
DEVS="ers0 ers1 ers2 gre0t gnv0 vxl0"
for d in $DEVS; do tcpdump --immediate-mode -Z root -i $d -U -w /tmp/$d.pcap 2>/tmp/$d.log & done
for d in $DEVS; do
	n=0
	until grep -q listening /tmp/$d.log || [ $n = 100 ]; do sleep 0.1; n=$((n + 1)); done
	[ $n = 100 ] && cat /tmp/$d.log
done
ip neigh replace {US} lladdr {MAC_US} dev eth0
send() {{ # busybox's ping waits for long where nobody answers: all at once
	i=0
	for d in $DEVS; do
		i=$((i + 1))
		ip addr add 10.$i.0.1/24 dev $d; ip neigh replace 10.$i.0.2 lladdr 02:bb:00:00:00:02 dev $d
		ping -c 3 -W 1 -q 10.$i.0.2 >/dev/null &
		pings="$pings $!"
	done
	wait $pings
}}
echo LAB-READY
while read x; do
	case $x in
	count) for d in $DEVS; do echo "CNT $d $(cat /sys/class/net/$d/statistics/rx_packets) $(cat /sys/class/net/$d/statistics/rx_fifo_errors) END"; done ;;
	send) send; echo "SENT END" ;;
	end) break ;;
	esac
done </dev/ttyS0
sleep 2
killall tcpdump; wait
for d in $DEVS; do echo "LOG $d $(tr '\n' ' ' </tmp/$d.log) END"; done
for d in $DEVS; do echo "PCAP $d $(base64 -w 0 </tmp/$d.pcap) END"; done
"""


@pytest.fixture(scope="module", name="goldens")
def make_goldens(tmp_path_factory):
	path = tmp_path_factory.mktemp("goldens") / "goldens.pcap"
	done = subprocess.run([os.environ["ENCAP_FRAMES"], "goldens", path], capture_output=True, text=True, timeout=DEADLINE, check=True)
	return dict(zip(done.stdout.splitlines(), oracles.read_pcap(path), strict=True))


class Guest(Process):
	"""QEMU with a tap t0 of the namespace as its only card; its serial line is our pipe."""

	def __init__(self, ns, folder):
		ns.ip("tuntap", "add", "t0", "mode", "tap")
		ns.up("t0")
		lab = folder / "lab.sh"
		lab.write_text(SCRIPT, encoding="utf-8")
		extra = subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], input=b"lab.sh\n", cwd=folder, capture_output=True, check=True).stdout
		image = folder / "initrd"
		with open(INITRD, "rb") as f:
			data = f.read()
		image.write_bytes(data + bytes(-len(data) % 4) + extra)
		super().__init__(ns.argv("qemu-system-x86_64", "-accel", "tcg,thread=multi", "-M", "q35", "-cpu", "qemu64", "-smp", "1", "-m", "256",
			"-nodefaults", "-no-reboot", "-display", "none", "-serial", "stdio", "-monitor", "none", "-kernel", KERNEL, "-initrd", image,
			"-append", "console=ttyS0 quiet panic=-1 mitigations=off", "-netdev", "tap,id=n0,ifname=t0,script=no,downscript=no",
			"-device", f"virtio-net-pci,netdev=n0,mac={MAC_OVS},romfile="), stdin=subprocess.PIPE)
		self.counted = 0

	def say(self, word):
		self.popen.stdin.write(word.encode() + b"\n")
		self.popen.stdin.flush()

	def counts(self):
		"""{device: (packets, out of sequence)} as they are now."""
		seen = len(self.rows("CNT"))
		self.say("count")
		rows = wait_for("counters", lambda: self.rows("CNT")[seen:] if len(self.rows("CNT")) >= seen + 6 else None, BOOT)
		return {r[1]: (int(r[2]), int(r[3])) for r in rows}

	def rows(self, word):
		text = self.stdout.decode(errors="replace").replace("\r", "")
		return [r for r in (line.split() for line in text.splitlines()) if r[:1] == [word] and r[-1] == "END"]

	def frames(self, folder, mac=SYN_MAC):
		"""{device: what tcpdump saw there for that MAC}; the guest ends."""
		self.say("end")
		rows = wait_for("the guest's captures", lambda: (lambda r: r if len(r) == 6 else None)(self.rows("PCAP")), BOOT)
		print(self.rows("LOG"))  # should something be missing
		got = {}
		for _, dev, data, _ in rows:
			path = folder / f"{dev}.pcap"
			path.write_bytes(base64.b64decode(data))
			got[dev] = [f for f in oracles.read_pcap(path) if f[:6] == mac]  # not the guest's own
		return got


@pytest.fixture(name="guest")
def make_guest(tmp_path):
	need("ip", "nsenter", "qemu-system-x86_64", "cpio", "tcpdump")
	if not os.path.exists(KERNEL) or not os.path.exists(INITRD):
		pytest.skip("needs a guest: RD_GUEST_KERNEL and RD_GUEST_INITRD")
	with Netns("us") as ns, Guest(ns, tmp_path) as guest:
		guest.wait_stdout("LAB-READY", BOOT)
		assert len([r for r in guest.stdout.decode(errors="replace").splitlines() if r.startswith("MADE ")]) == 6
		with RawSocket(ns, "t0") as wire:
			yield guest, wire, ns


def numbered(frame, seq):
	"""The frame with another sequence number: behind GRE's first word, and its key if it has one."""
	at = 38 + (4 if frame[34] & 0x20 else 0)
	return frame[:at] + (seq % 2**32).to_bytes(4, "big") + frame[at + 4:]


def settled(guest, want):
	wait_for(f"the counters {want}", lambda: all(guest.counts()[d] == n for d, n in want.items()), BOOT)


def test_linux_receives_what_we_send(guest, goldens, tmp_path):
	"""Each device delivers the inner frames as they were. One that checks numbers takes a jump forwards, as after our restart, and drops
	what is behind it: that is why we never go back."""
	guest, wire, _ = guest
	restart = 3 + 2**20
	for name in ("G1", "G10", "G11", "G12", "G13"):
		wire.send(goldens[name])
	for name in ("G4", "G6"):
		for seq in (1, 2, 3, restart, restart + 1):
			wire.send(numbered(goldens[name], seq))
	want = {"ers0": (1, 0), "gre0t": (2, 0), "gnv0": (1, 0), "vxl0": (1, 0), "ers1": (5, 0), "ers2": (5, 0)}
	settled(guest, want)
	wire.send(numbered(goldens["G4"], 4))
	wire.send(numbered(goldens["G4"], restart + 2))
	settled(guest, {"ers1": (6, 1)})
	got = guest.frames(tmp_path)
	syn = goldens["G1"][38:]
	assert {d: len(f) for d, f in got.items()} == {"ers0": 1, "gre0t": 2, "gnv0": 1, "vxl0": 1, "ers1": 6, "ers2": 5}
	assert {f for frames in got.values() for f in frames} == {syn}


def test_a_receiver_that_counts_survives_our_death(guest, tmp_path):
	"""The daemon is killed and started again while the guest's device goes on counting: what comes afterwards is delivered. Without the state
	file the numbers begin anew, and the device drops them: it does count."""
	guest, _, ns = guest
	state, frames = tmp_path / "mirror.state", syn(15)
	session = "web id 1023 source vm1 direction from-guest encap erspan2"

	def send(part, *args):
		d = stack.enter_context(Sender(ns, session, args=args, dev="t0"))
		d.active()
		d.inject(part)
		return d, d.sent(len(part))["destinations"][0]["seq_next"]

	with contextlib.ExitStack() as stack:
		d, first = send(frames[:5], "--state", state)
		settled(guest, {"ers1": (5, 0)})
		wait_for("the state file", state.exists, DEADLINE)
		d.kill()
	with contextlib.ExitStack() as stack:
		d, second = send(frames[5:10], "--state", state)
		settled(guest, {"ers1": (10, 0)})
		assert first == 5 and second > 2**19, "it jumped"
		d.kill()
	with contextlib.ExitStack() as stack:
		assert send(frames[10:])[1] == 5
		settled(guest, {"ers1": (10, 5)})
	assert guest.frames(tmp_path, COPY_MAC)["ers1"] == frames[:10]


def test_what_linux_sends(guest, tmp_path):
	"""pktcap knows each device's frames for what they are, and finds no number missing in those that count."""
	guest, _, ns = guest
	out = tmp_path / "out.pcapng"
	with Process(ns.argv(PKTCAP, "--decap", "--netdev", "t0", "--report", "--json", "-o", out)) as c:
		c.wait_stderr("^pktcap: capturing on ")
		guest.say("send")
		wait_for("the guest's pings", lambda: guest.rows("SENT"), BOOT)
		assert c.end() == 0 and not SANITIZER.search(c.stderr), c.stderr
	got = json.loads(c.stdout)["collector"]
	assert got["refused"] == {} and got["copies"] > 0, f"{got}\n{guest.stdout.decode(errors='replace')[-2000:]}"
	sources = {s["name"]: s for s in got["sources"]}
	assert sources.keys() == {"erspan1", "erspan2-1023", "erspan3-100", "gre-0xdeadbeef", "geneve-74752", "vxlan-1193046"}
	assert all(s["packets"] >= 3 and (s["source"], s["destination"]) == (OVS, US) for s in sources.values())
	for name in ("erspan2-1023", "erspan3-100"):
		assert sources[name]["counts"] and sources[name]["sequence"]["missing"] == 0
	assert sources["erspan3-100"]["clock"]["unit"] == "100us"
	pings = [r for r in oracles.tshark_fields(out, "ip.dst", "icmp.type") if r["icmp.type"] == "8"]
	assert {p["ip.dst"] for p in pings} == {f"10.{i}.0.2" for i in range(1, 7)}
