# SPDX-License-Identifier: BSD-3-Clause
#
# Mirrored frames and other people's programs: what our encapsulator made comes out of Open vSwitch and of the kernel's vxlan device as
# it went in, byte for byte; what Open vSwitch mirrors comes out of pktcap --decap.
import json
import os
import subprocess

import pytest
from rdtest import PKTCAP, wait_for

import oracles
from ovs_lab import MAC_OVS, OVS, OVS6, US, Ovs, need_ovs
from pktcap import DEADLINE, SANITIZER, Process
from ports_lab import Netns, RawSocket, need, veth

FRAMES = os.environ["ENCAP_FRAMES"]
SYN = bytes.fromhex("005056a1999e005056a1fcf308004500003c1234400040069234ac101f1aac101f19e0680050830fe93a00000000a002faf02e2a0000020405b4"
	"0402080ab403878a0000000001030307")
TAGGED = SYN[:12] + bytes.fromhex("8100a064") + SYN[12:]
INNER = {"G3": TAGGED, "G5": SYN[:64]}  # of the others: SYN


@pytest.fixture(scope="module", name="goldens")
def make_goldens(tmp_path_factory):
	path = tmp_path_factory.mktemp("goldens") / "goldens.pcap"
	done = subprocess.run([FRAMES, "goldens", path], capture_output=True, text=True, timeout=DEADLINE, check=True)
	return dict(zip(done.stdout.splitlines(), oracles.read_pcap(path), strict=True))


@pytest.fixture(scope="module", name="ovs")
def make_ovs(tmp_path_factory):
	need_ovs()
	with Netns("us") as us, Netns("ovs") as ns, Ovs(us, ns, tmp_path_factory.mktemp("ovs")) as ovs:
		yield ovs


FLOW = {"remote_ip": "flow", "key": "flow", "erspan_ver": "flow", "erspan_idx": "flow", "erspan_dir": "flow", "erspan_hwid": "flow"}
ANY = {"remote_ip": "flow", "key": "flow"}


@pytest.mark.parametrize("kind, options, names", [
	("erspan", FLOW, ["G2", "G3", "G4", "G5", "G6"]),
	("ip6erspan", FLOW, ["G9"]),
	("gre", ANY, ["G10", "G11"]),
	("vxlan", ANY, ["G12"]),
	("geneve", ANY, ["G13"]),
])
def test_ovs_gets_what_we_send(ovs, goldens, kind, options, names):
	ovs.tunnel(kind, **options)
	wire, out = ovs.wire()
	with wire, out:
		for name in names:
			for _ in range(3):
				wire.send(goldens[name])
				got = out.receive(lambda f: SYN[:6] == f[:6], f"{name} out of Open vSwitch")
				assert got == INNER.get(name, SYN), name


@pytest.mark.parametrize("name", ["G1", "fragment"])
def test_what_ovs_refuses(ovs, goldens, name):
	"""Not our doing, but worth knowing: type I and fragments never come out. A whole frame behind it does, so it was not late."""
	ovs.tunnel("erspan", **FLOW)
	frame = bytearray(goldens["G1" if name == "G1" else "G2"])
	if name == "fragment":
		frame[20] = 0x20  # more fragments
		frame[24:26] = struct_sum(frame[14:24] + bytes(2) + frame[26:34])
	wire, out = ovs.wire()
	with wire, out:
		wire.send(frame)
		wire.send(goldens["G3"])
		assert out.receive(lambda f: SYN[:6] == f[:6], "G3") == TAGGED


def struct_sum(head):
	"""The IPv4 header checksum of 20 bytes."""
	total = sum(int.from_bytes(head[i:i + 2], "big") for i in range(0, 20, 2))
	while total >> 16:
		total = (total & 0xffff) + (total >> 16)
	return (~total & 0xffff).to_bytes(2, "big")


def test_the_kernels_vxlan_device(goldens):
	need("ip", "nsenter", "ethtool")
	with Netns("us") as us, Netns("vtep") as ns:
		veth(us, "s0", ns, "c0")
		ns.up("c0", f"{OVS}/24", offload=False)
		ns.ip("link", "set", "c0", "address", MAC_OVS)
		if "vxlan" not in ns.run("sh", "-c", "ip link add vx type vxlan id 1193046 dstport 4789 local 192.0.2.2 dev c0 && echo vxlan", rc=None):
			pytest.skip("this kernel has no vxlan device")
		ns.up("vx", offload=False)
		with RawSocket(us, "s0") as wire, RawSocket(ns, "vx") as out:
			for _ in range(3):
				wire.send(goldens["G12"])
				assert out.receive(lambda f: SYN[:6] == f[:6], "G12 out of vxlan") == SYN


class Collector(Process):
	def __init__(self, ns, *args):
		super().__init__(ns.argv(PKTCAP, "--decap", "--netdev", "s0", *args))
		self.wait_stderr("^pktcap: capturing on ")


def frames_of(n, size):
	"""Numbered frames that nobody answers."""
	return [bytes.fromhex("02bb0000000202bb0000000188b5") + i.to_bytes(4, "big") + bytes(size) for i in range(n)]


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("snaplen", [0, 96])
def test_ovs_as_the_sender(ovs, tmp_path, version, snaplen):
	"""A mirror of Open vSwitch: each frame exactly, and no number missing. Its snaplen cuts the outer packet: refused by name."""
	extra = {"erspan_idx": "0x7b"} if version == 1 else {"erspan_dir": "1", "erspan_hwid": "0x7"}
	ovs.tunnel("erspan", remote_ip=US, local_ip=OVS, key="101", erspan_ver=str(version), **extra)
	ovs.ofctl("del-flows", "int")
	ovs.ofctl("add-flow", "int", "in_port=o0,actions=LOCAL")
	ovs.vsctl("--", "--id=@p", "get", "port", "o0", "--", "--id=@o", "get", "port", "tun", "--", "--id=@m", "create", "mirror", "name=m0",
		"select-src-port=@p", "output-port=@o", *([f"snaplen={snaplen}"] if snaplen else []), "--", "set", "bridge", "int", "mirrors=@m")
	ovs.appctl("dpctl/del-flows")
	out, sent = tmp_path / "out.pcap", frames_of(20, 200)
	wire, guest = ovs.wire()
	with wire, guest, Collector(ovs.us, "--pcap", "-o", out, "--report", "--json", "-U") as c:
		for frame in sent:
			guest.send(frame)
		for _ in sent:
			wire.receive(lambda f: f[12:14] == b"\x08\0" and f[23] == 47, "a mirrored frame")
		c.end()
	ovs.vsctl("clear", "bridge", "int", "mirrors")
	assert not SANITIZER.search(c.stderr), c.stderr
	got = json.loads(c.stdout)["collector"]
	if snaplen:
		assert got["refused"] == {"outer-length-mismatch": 20} and got["copies"] == 0, got
		return
	assert oracles.read_pcap(out) == sent
	(s,) = got["sources"]
	assert (s["name"], s["packets"], s["source"], s["truncated"]) == (f"erspan{version + 1}-101", 20, OVS, 0)
	assert (s["sequence"]["missing"], s["sequence"]["duplicates"], s["sequence"]["reordered"]) == (0, 0, 0)
	assert s["clock"]["unit"] == ("100us" if version == 2 else "")
