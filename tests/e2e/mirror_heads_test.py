# SPDX-License-Identifier: BSD-3-Clause
#
# The headers of mirrored frames against tshark: the golden ones field by field, and many random ones. RD_ENCAP_FRAMES=N makes N of
# those (20,000; a million take 12 minutes here), RD_ENCAP_SEED=N others. They come in pieces of their own seeds, so that no run of
# tshark takes long or much memory.
import os
import subprocess

import pytest

import oracles

FRAMES = os.environ["ENCAP_FRAMES"]
COUNT = int(os.environ.get("RD_ENCAP_FRAMES", "20000"))
SEED = int(os.environ.get("RD_ENCAP_SEED", "20261127"))
PIECE = 20000
SYN_SEQ = "2198858042"

ERSPAN = ["version", "vlan", "cos", "encap", "bso", "truncated", "spanid", "index", "timestamp", "sgt", "p", "ft", "hw", "direction",
	"gra", "o", "platid"]
COLUMNS = ["frame.len", "gre.flags_and_version", "gre.proto", "gre.sequence_number", *(f"erspan.{f}" for f in ERSPAN)]
# As tshark 4.0.17 prints frames that were written by hand from the formats' definitions.
GOLDENS = {
	"G1": "112|0x0000|0x88be||||||||||||||||||",
	"G2": "124|0x1000|0x88be|7|1|0|0|0||0|100|2565|||||||||",
	"G3": "128|0x1000|0x88be|8|1|100|5|3||0|100|2565|||||||||",
	"G4": "124|0x1000|0x88be|9|1|100|5|2||0|1023|1048575|||||||||",
	"G5": "114|0x1000|0x88be|10|1|0|0|0||1|100|2565|||||||||",
	"G6": "128|0x1000|0x22eb|11|2|0|0||0|0|100||519443666|0|1|0|42|0|0|0|",
	"G7": "140|0x1000|0x22eb|12|2|100|5||0|0|100||4047591047|4660|1|0|63|1|1|1|3",
	"G8": "126|0x1000|0x22eb|13|2|0|0||0|1|100||123456789|0|1|0|1|1|2|1|5",
	"G9": "144|0x1000|0x88be|14|1|0|0|0||0|100|2565|||||||||",
	"G10": "116|0x2000|0x6558||||||||||||||||||",
	"G11": "120|0x3000|0x6558|15|||||||||||||||||",
	"G17": "136|0x1000|0x22eb|17|2|0|0||0|0|100||4047591047|0|1|0|0|0|1|1|7",
}
OTHERS = {  # of those, and of the ones without GRE
	"G7": {"erspan.pid3.port_index": "341", "erspan.pid3.timestamp": "3958120", "vlan.id": "100"},
	"G8": {"erspan.pid5.switchid": "683", "erspan.pid5.port_index": "2565", "erspan.pid5.timestamp": "1700000000"},
	"G10": {"gre.key": "0xdeadbeef"},
	"G11": {"gre.key": "0xdeadbeef"},
	"G12": {"vxlan.vni": "1193046"},
	"G13": {"geneve.vni": "0x012400", "geneve.option.class": "0xff01,0xff01,0xff01", "geneve.option.type.critical": "0,0,0"},
	"G14": {"vlan.id": "900"},
	"G15": {"vlan.id": "900,100"},
	"G16": {"tzsp.version": "1", "tzsp.type": "0"},
	"G17": {"erspan.pid7.source_index": "2565", "erspan.pid7.timestamp": "3958120"},
}


def frames(*args):
	done = subprocess.run([FRAMES, *map(str, args)], capture_output=True, text=True, timeout=600, check=False)
	assert done.returncode == 0, done.stderr
	return done.stdout.splitlines()


@pytest.fixture(scope="module")
def goldens(tmp_path_factory):
	path = tmp_path_factory.mktemp("encap") / "goldens.pcap"
	return frames("goldens", path), path


def test_goldens(goldens):
	names, path = goldens
	rows = dict(zip(names, oracles.tshark_fields(path, *COLUMNS)))
	assert {n: "|".join(rows[n].get(c, "") for c in COLUMNS) for n in GOLDENS} == GOLDENS


def test_goldens_other_fields(goldens):
	names, path = goldens
	fields = sorted({f for want in OTHERS.values() for f in want})
	rows = dict(zip(names, oracles.tshark_fields(path, *fields)))
	assert {n: {f: rows[n].get(f, "") for f in want} for n, want in OTHERS.items()} == OTHERS


def test_goldens_carry_one_frame(goldens):
	"""The same SYN inside all of them."""
	names, path = goldens
	assert len(names) == 17
	assert [r["tcp.seq_raw"] for r in oracles.tshark_fields(path, "tcp.seq_raw")] == [SYN_SEQ] * 17


def test_random_headers(tmp_path):
	"""What went into each header is what tshark reads; our decapsulator is asked by the program itself."""
	for piece, first in enumerate(range(0, COUNT, PIECE)):
		compare(tmp_path / "random.pcap", min(PIECE, COUNT - first), SEED + piece)


def compare(path, count, seed):
	want = [dict(f.split("=", 1) for f in line.split()) for line in frames("random", count, seed, path)]
	assert len(want) == count
	fields = sorted({f for row in want for f in row})
	got = oracles.tshark_fields(path, *fields, options=["-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"])
	for n, (w, g) in enumerate(zip(want, got, strict=True), 1):
		assert {f: outer(f, g.get(f, "")) for f in w} == w, f"frame {n} of seed {seed}"


def outer(field, text):
	"""The first one, for the frame inside has an IP header, too. Options are listed with commas by both."""
	return text if field == "geneve.option.unknown.data" else text.split(",")[0]


def test_outer_checksums(tmp_path):
	path = tmp_path / "random.pcap"
	frames("random", 2000, SEED + 1, path)
	bad = oracles.run("tshark", "-n", "-r", path, "-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-Y",
		"ip.checksum.status == 0 || udp.checksum.status == 0 || (ipv6 && udp && !udp.checksum.status == 1)")
	assert bad == b""
