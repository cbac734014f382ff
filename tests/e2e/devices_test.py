# SPDX-License-Identifier: BSD-3-Clause
#
# What is below the ports: devices, pools, a guest at a vhost-user socket and its rings. The guest is another reddotd with
# virtio-user; DPDK's own telemetry and the kernel say what is right.
import json

import jsonschema
import pytest
from rdtest import SOURCE, Daemon, refused, wait_for
from telemetry_test import Telemetry

MAC = "02:00:00:00:00:b1"
HEAD = "host add h default\nswitch add sw host h portset 3\nsegment add lan switch sw vlan 0\n"
BITS = {"mrg_rxbuf": 15, "version_1": 32, "in_order": 35, "indirect_desc": 28}  # as the virtio standard numbers them
RING = 256
FRAMES = 5


def switch(socket):
	return HEAD + f"""port add vm switch sw type vnic segment lan mac {MAC} device "net_vhost0,iface={socket}"
port add null switch sw type uplink device "net_null0,no-rx=1"
port add bare switch sw type vnic segment lan
"""


def guest(socket):
	return HEAD + f"""port add eth0 switch sw type uplink device "net_virtio_user0,path={socket},queues=1,queue_size={RING}"
port add inside switch sw type vnic segment lan mac {MAC}
"""


@pytest.fixture(name="d")
def a_switch(tmp_path):
	socket = str(tmp_path / "guest.sock")
	with Daemon("--telemetry", lines=switch(socket), prefix=["env", f"RUNTIME_DIRECTORY={tmp_path}"]) as d:
		d.socket, d.home = socket, str(tmp_path)
		yield d


def shown(d, *words):
	"""A command's JSON, held to its schema."""
	answer = json.loads(d.cli("-j", "show", *words))
	with open(SOURCE + "/docs/design/show.schema.json", encoding="utf-8") as f:
		schema = json.load(f)["$defs"]
	jsonschema.validate(answer, schema["show " + " ".join(w for w in words if f"show {w}" in schema or w in ("vhost", "sessions"))])
	return answer


def test_devices_and_pools_as_dpdk_says(d):
	devices = {x["port"]: x for x in shown(d, "device")}
	assert set(devices) == {"h/vm", "h/null"}
	with Telemetry(d.home) as t:
		for x in devices.values():
			info = t(f"/ethdev/info,{x['dpdk_port']}")
			assert (x["name"], x["mac"].lower(), x["rx_queues"], x["tx_queues"], x["promiscuous"]) == (info["name"], info["mac_addr"].lower(),
				info["nb_rx_queues"], info["nb_tx_queues"], bool(info["promiscuous"]))
		pools = shown(d, "pool")
		assert sorted(p["pool"] for p in pools) == sorted(t("/mempool/list"))
		for p in pools:
			info = t("/mempool/info," + p["pool"])
			assert (p["size"], p["cache"], p["numa"]) == (info["size"], info["cache_size"], info["socket_id"])
			assert p["in_use"] + p["free"] == p["size"] and p["in_caches"] == info.get("total_cache_count", 0), info
			assert p["element_bytes"] == info["header_size"] + info["elt_size"] + info["trailer_size"]
	assert next(p for p in pools if p["pool"] == "packets")["ports"] == ["h/vm", "h/null"]
	assert "net_null0,no-rx=1" in d.cli("show", "device", "null") and "null" in d.cli("--complete", "show device h/")
	with d.client() as c:
		assert "no device" in refused("ENODEV", c, "device.list", port="bare").what
		for method in ("vhost.list", "virtqueue.list"):
			assert "net_null0" in refused("ENODEV", c, method, port="null").what


def test_guest_comes_and_goes(d):
	"""A guest's rings count what it sent; when it goes they go, and the socket still waits."""
	link = lambda: json.loads(d.cli("-j", "show", "port", "vm"))[0]["link"]
	with open("/proc/net/unix", encoding="utf-8") as f:
		assert d.socket in f.read()
	waiting, = shown(d, "vhost", "sessions")
	assert (waiting["socket"], waiting["guest"], waiting["vid"], waiting["rings"]) == (d.socket, "none", -1, 0)
	assert shown(d, "virtqueue") == []
	for _ in range(2):
		with Daemon(lines=guest(d.socket)) as g:
			wait_for("the guest", lambda: link() == "up")
			there, = shown(d, "vhost", "sessions", "vm")
			assert (there["guest"], there["rings"], there["queue_pairs"]) == ("connected", 2, 1)
			assert int(there["feature_bits"], 16) >> BITS["version_1"] & 1 and "version_1" in there["features"]
			assert all(int(there["feature_bits"], 16) >> bit & 1 == (name in there["features"]) for name, bit in BITS.items())
			g.cli("inject", "inside", "hex", "ffffffffffff" + MAC.replace(":", "") + "0806" + "00" * 46, "count", str(FRAMES))
			wait_for("its frames", lambda: json.loads(d.cli("-j", "show", "port", "vm"))[0]["rx_packets"] >= FRAMES)
			rx, tx = shown(d, "virtqueue", "vm")
			assert (rx["guest"], tx["guest"], rx["size"], tx["size"], rx["kind"]) == ("receives", "sends", RING, RING, "split")
			assert rx["mapped"] and rx["waiting"] == RING  # it has put a buffer into each
			assert tx["avail"] >= FRAMES and tx["waiting"] == 0
			assert next(p for p in shown(g, "pool") if p["pool"] == "packets")["in_use"] >= RING  # those
			assert next(iter(shown(g, "device")))["driver"] == "net_virtio_user"
		# The driver says that the link is down before it says whose guest has gone.
		wait_for("its end", lambda: link() == "down" and shown(d, "virtqueue") == [] and shown(d, "vhost", "sessions")[0]["guest"] == "none")


def test_asked_while_guests_come_and_go(d):
	"""The library frees a guest in a thread of its own: nobody reads what is gone (the sanitizer would say so)."""
	for _ in range(3):
		with Daemon(lines=guest(d.socket), wait=False) as g, d.client() as c:
			wait_for("its rings", lambda: c.list("virtqueue.list") and c.list("vhost.list")[0]["vid"] >= 0)
			g.wait_ready()
			g.proc.terminate()
			wait_for("its end", lambda: c.list("vhost.list") and c.list("virtqueue.list") == [])
			g.proc.wait(120)
