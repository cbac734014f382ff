# SPDX-License-Identifier: BSD-3-Clause
#
# Devices that can't be had: the error says what, why and what to try, nothing is left of the port, and the daemon goes on.
import pytest
from ports_lab import NsDaemon

SWITCH = "host add h default\nswitch add sw host h portset 3\n"
PCI = "0000:3b:1f.7"  # no machine of ours has one

CASES = {
	"pci-off": ((), PCI, "Cannot find device", "--pci"),
	"pci-on": (("--pci",), PCI, "Cannot find device", "dpdk-devbind.py"),
	"representor": ((), PCI + ",representor=vf0", "Cannot find device", "--pci"),
	"driver": ((), "net_nosuch0,iface=x", 'failed to parse device "net_nosuch0"', "--log eal=debug"),
	"vhost": ((), "net_vhost0,iface=/nosuch/s.sock", "No such file or directory", "--log eal=debug"),
	"virtio-user": ((), "net_virtio_user0,path=/nosuch/s.sock", "No such file or directory", "--log eal=debug"),
	"af_packet": ((), "net_af_packet0,iface=rdnosuch", "", "--log eal=debug"),
}


@pytest.mark.parametrize("args,device,what,hint", CASES.values(), ids=CASES)
def test_error(args, device, what, hint):
	with NsDaemon(None, SWITCH, args) as d:
		for _ in range(2):  # the first failure leaves nothing that spoils the second
			error = d.refuse("port", "add", "u0", "switch", "sw", "type", "uplink", "device", device)
			assert what in error and hint in error and device.split(",")[0] in error, error
		d.cli("port", "add", "u0", "switch", "sw", "type", "uplink", "device", "net_null0,no-rx=1")
		assert d.port("u0")["link"] == "up"


def test_at_start():
	"""The same in a file: the daemon does not start, and names the line."""
	d = NsDaemon(None, SWITCH + f'port add u0 switch sw type uplink device "{PCI}"\n', wait=False)
	try:
		assert d.wait_end() != 0
		assert "config.rd:3" in d.text() and "Cannot find device" in d.text(), d.text()
	finally:
		d.remove()
