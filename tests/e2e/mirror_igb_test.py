# SPDX-License-Identifier: BSD-3-Clause
#
# A card with an rte_flow engine of its own that cannot copy: QEMU's igb, its PF under DPDK behind an emulated IOMMU, in a guest. Its driver's
# words, and that a session is software's there: its copies are made.
import json

import guest
import pytest
from rdtest import ENV, REDDOT, REDDOTD, SOURCE

WORDS = "Not supported action."
SYN = SOURCE + "/pcaps/in/emulated-syn.pcap"
JOB = f"""
export REDDOT_SOCKET=/run/r.sock
export {" ".join(f"{k}={ENV[k]}" for k in ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS"))}
PF=$(basename $(dirname $(grep -l 0x10c9 /sys/bus/pci/devices/*/device)))
echo vfio-pci > /sys/bus/pci/devices/$PF/driver_override; echo $PF > /sys/bus/pci/drivers_probe
cat > /run/c.rd <<E
host add h default
switch add sw host h portset 3
segment add lan switch sw vlan 0
port add card switch sw type uplink device "$PF"
port add guest switch sw type vnic segment lan device "net_null0"
E
{REDDOTD} --pci -f /run/c.rd > /run/log 2>&1 &
D=$!
until {REDDOT} show port > /dev/null 2>&1; do kill -0 $D || {{ cat /run/log; exit 1; }}; sleep 0.5; done
{REDDOT} mirror session add m source card encap gre to 192.0.2.2 pps 0 bps 0 force on
echo "JSON capability $({REDDOT} --json show mirror capability card | tr -d '\\n')"
echo "JSON explain $({REDDOT} --json show mirror explain m | tr -d '\\n')"
{REDDOT} show mirror explain m | sed 's/^/TEXT /'
{REDDOT} mirror session add soft source card encap pcap-file file /run/copies.pcapng up
{REDDOT} inject card pcap {SYN} frame 1
counters() {{ echo "JSON counters $({REDDOT} --json show mirror counters soft | tr -d '\\n')"; }}
for i in $(seq 60); do counters | grep -q '"tx_ok": *[1-9]' && break; sleep 0.5; done
counters
echo "JSON soft $({REDDOT} --json show mirror soft | tr -d '\\n')"
{REDDOT} daemon stop; wait $D || {{ cat /run/log; exit 1; }}
"""

DEVICES = ("-device", "intel-iommu,intremap=on,aw-bits=48", "-device", "pcie-root-port,id=rp0,chassis=1",
	"-netdev", "user,id=n0", "-device", "igb,bus=rp0,netdev=n0")


@pytest.mark.skipif(guest.need("igb") is not None, reason=guest.need("igb") or "")
def test_igb():
	text = guest.run(JOB, *DEVICES, append="intel_iommu=on iommu=pt hugepages=256")
	found = {line.split()[1]: json.loads(line.split(None, 2)[2]) for line in text.splitlines() if line.startswith("JSON ")}
	card = found["capability"][0]
	assert (card["driver"], card["made"], card["complete"]) == ("net_e1000_igb", 0, True), card
	said = {(r["domain"], r["rung"]): (r["answer"], r["error"]) for r in card["rungs"]}
	assert said.pop(("ingress", "rss"))[0] == "not-asked", "it takes RSS for all packets, and does not give it back"
	assert set(said.values()) == {("refused", f"EINVAL, specific action: \"{WORDS}\"")}, said
	rx, tx = found["explain"]
	assert (rx["stage"], rx["path"], tx["stage"], tx["path"]) == ("uplink_rx", "sw", "uplink_tx", "sw"), found
	queue = next(s for s in rx["refused"] if s["recipe"] == "R2 hybrid-queue")
	assert (queue["phase"], queue["word"], queue["errno"], queue["message"]) == ("probe", "no-sample", "EINVAL", WORDS), rx
	assert queue["meaning"] == "the NIC cannot copy packets", rx
	words = [line for line in text.splitlines() if line.startswith("TEXT R2 hybrid-queue")]
	assert words[0].split("  ")[-2:] == ["the NIC cannot copy packets", WORDS] and "EINVAL" in words[0], words
	(soft,), (k,) = found["soft"], found["counters"]
	assert (soft["oper"], soft["path"], k["hw_copied"]) == ("active", "sw", 0), soft
	assert k["matched"] == k["tx_ok"] >= 1, k
