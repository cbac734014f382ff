# SPDX-License-Identifier: BSD-3-Clause
#
# The two packet walks as the slides show them: the numbers that every view of ours must repeat. Written down from the
# slides, not from our configuration files.
from types import SimpleNamespace

CLIENT_MAC = "00:50:56:a1:fc:f3"
CLIENT_IP = "172.16.31.26"
REMOTE_TEP = ("00:50:56:63:04:5c", "192.168.4.57")
OUR_TEP = ("00:50:56:67:eb:13", "192.168.4.60")
VNI = 74752
OUTER_LEN = 132 - 74

# stage, port id, port, direction, length
EMULATED_IN = [
	("uplink_rx", 2248146967, "arm/vmnic1", "rx", 132),
	("mux_tx", 100663325, "arm/vmnic0_MUX_PF16387", "tx", 74),
	("uplink_rx", 2281701394, "x86/vmnic2", "rx", 74),
	("vnic_tx", 134217768, "x86/gs-ubuntu-01.eth0", "tx", 74),
]
EMULATED_OUT = [
	("vnic_rx", 134217768, "x86/gs-ubuntu-01.eth0", "rx", 74),
	("uplink_tx", 2281701394, "x86/vmnic2", "tx", 74),
	("mux_rx", 100663325, "arm/vmnic0_MUX_PF16387", "rx", 74),
	("uplink_tx", 2248146967, "arm/vmnic1", "tx", 132),
]
UPT_IN = [
	("uplink_rx", 2248146967, "arm/vmnic1", "rx", 132),
	("upt_tx", 100663329, "arm/cluster1-ubuntu-vm8.eth0.7c520dd0", "tx", 74),
]
UPT_OUT = [
	("upt_rx", 100663329, "arm/cluster1-ubuntu-vm8.eth0.7c520dd0", "rx", 74),
	("uplink_tx", 2248146967, "arm/vmnic1", "tx", 132),
]

# A decap and an encap row of the flow table. inval(s) and len are ours: the vendor does not document them.
FLOW_HEADER = ("FT dstMAC srcMAC VLAN srcPort srcIP dstIP proto VNI srcPort/type dstPort/code Actions hwHits hwBytes")
FLOW_ROWS = {
	"emulated": [
		"L4 00:50:56:a1:99:9e 00:50:56:a1:fc:f3 0 3 172.16.31.26 172.16.31.25 6 74752 57448 80"
		" bmap:0x80800080 inval(s):N cg:2123 dp:0x7 len:N; GENEVE DECAP; DFW on dstPort; 0 0",
		"L4 00:50:56:a1:fc:f3 00:50:56:a1:99:9e 0 7 172.16.31.25 172.16.31.26 6 0 80 57448"
		" bmap:0x20000c0 inval(s):N cg:2123 dp:0x3 len:N; DFW on srcPort; VNI: 74752; GENEVE ENCAP VNI: 74752; 0 0",
	],
	"upt": [
		"L4 00:50:56:a1:87:fe 00:50:56:a1:fc:f3 0 3 172.16.31.26 172.16.31.19 6 74752 60186 22"
		" bmap:0x80800080 inval(s):N cg:2115 dp:0xa len:N; GENEVE DECAP; DFW on dstPort; 0 0",
		"L4 00:50:56:a1:fc:f3 00:50:56:a1:87:fe 0 10 172.16.31.19 172.16.31.26 6 0 22 60186"
		" bmap:0x20000c0 inval(s):N cg:2115 dp:0x3 len:N; DFW on srcPort; VNI: 74752; GENEVE ENCAP VNI: 74752; 0 0",
	],
}

# esxtop: PORT-ID, USED-BY, TEAM-PNIC, DNAME. vusb0's own row is on no slide; its id follows from the others'.
X86 = """
67108872|Management|n/a|esxioVswitch0
100663307|Management|n/a|DvsPortset-0
100663317|Shadow of vmnic0|n/a|DvsPortset-0
100663319|Shadow of vmnic1|n/a|DvsPortset-0
100663320|vmk0|vmnic0|DvsPortset-0
100663322|vmk2|vmnic1|DvsPortset-0
100663323|vmk3|vmnic1|DvsPortset-0
134217740|Management|n/a|DvsPortset-1
134217745|Shadow of vmnic3|n/a|DvsPortset-1
134217747|Shadow of vmnic2|n/a|DvsPortset-1
167772189|Management|n/a|vSwitchBMC
167772191|Shadow of vusb0|n/a|vSwitchBMC
167772192|vmk1|vusb0|vSwitchBMC
2214592521|vmnic128|-|esxioVswitch0
2248146964|vmnic0|-|DvsPortset-0
2248146966|vmnic1|-|DvsPortset-0
2281701392|vmnic3|-|DvsPortset-1
2281701394|vmnic2|-|DvsPortset-1
2315255838|vusb0|-|vSwitchBMC
"""
X86_ONLY = {
	"emulated": "134217768|4241327:gs-ubuntu-01.eth0|vmnic2|DvsPortset-1",
	"upt": "134217764|2192756:cluster1-ubuntu-vm8.eth0|vmnic2|DvsPortset-1\n67108874|vmk7379|vmnic128|esxioVswitch0",
}
ARM = """
67108871|Management|n/a|esxioVswitch0
67108873|vmk7379|vmnic129|esxioVswitch0
100663306|Management|n/a|DvsPortset-1
100663310|vmk10|vmnic1|DvsPortset-1
100663311|vmk11|vmnic0|DvsPortset-1
100663313|vmk50|void|DvsPortset-1
100663320|Shadow of vmnic1|n/a|DvsPortset-1
100663321|vdr-vdrPort|vmnic1|DvsPortset-1
100663322|vmnic1_MUX_PF20483|vmnic1|DvsPortset-1
100663324|Shadow of vmnic0|n/a|DvsPortset-1
100663325|vmnic0_MUX_PF16387|vmnic0|DvsPortset-1
134217747|Management|n/a|vSwitchESXioBMC
134217749|Shadow of vmnic2|n/a|vSwitchESXioBMC
134217750|vmk255|vmnic2|vSwitchESXioBMC
2214592520|vmnic129|-|esxioVswitch0
2248146967|vmnic1|-|DvsPortset-1
2248146971|vmnic0|-|DvsPortset-1
2281701396|vmnic2|-|vSwitchESXioBMC
"""
ARM_ONLY = {
	"emulated": "100663333|gs-ubuntu-01.eth0.7c520dd4|vmnic1|DvsPortset-1",
	"upt": "100663329|cluster1-ubuntu-vm8.eth0.7c520dd0|vmnic1|DvsPortset-1",
}

# net-stats -l as far as the slides show rows: PortNum: Type, SubType, SwitchName, MACAddress, ClientName
NET_STATS = {
	"emulated": {
		2248146967: ("4", "0", "DvsPortset-1", "08:c0:eb:5d:ae:0f", "vmnic1"),
		100663325: ("13", "0", "DvsPortset-1", "08:c0:eb:5d:ae:08", "vmnic0_MUX_PF16387"),
		2281701394: ("4", "0", "DvsPortset-1", "08:c0:eb:5d:ad:78", "vmnic2"),
		134217768: ("5", "9", "DvsPortset-1", "00:50:56:a1:99:9e", "gs-ubuntu-01.eth0"),
	},
	"upt": {
		2248146967: ("4", "0", "DvsPortset-1", "08:c0:eb:5d:ae:0f", "vmnic1"),
		100663329: ("13", "14", "DvsPortset-1", "00:50:56:a1:87:fe", "cluster1-ubuntu-vm8.eth0.7c520dd0"),
	},
}


def port_table(name, host):
	"""[(id, used by, team, switch)] as esxtop of that host shows it, by id."""
	text = X86 + X86_ONLY[name] if host == "x86" else ARM + ARM_ONLY[name]
	rows = [line.split("|") for line in text.split("\n") if line]
	return sorted((int(r[0]), r[1], r[2], r[3]) for r in rows)


def tunnelled(src, dst, sport, inner):
	"""A packet line at the uplink, as tcpdump -ent prints it."""
	return (f"{src[0]} > {dst[0]}, ethertype IPv4 (0x0800), length 132: {src[1]}.{sport} > {dst[1]}.6081: Geneve,"
		f" Flags [none], vni 0x12400, proto TEB (0x6558), options [8 bytes]: {inner}")


def tcp(src, dst, flags, numbers, win, ts):
	return (f"{src[0]} > {dst[0]}, ethertype IPv4 (0x0800), length 74: {src[1]} > {dst[1]}: Flags [{flags}], {numbers},"
		f" win {win}, options [mss 1460,sackOK,TS val {ts},nop,wscale 7], length 0")


def _walk(name, guest, client_port, sports, seqs, stamps):
	client, server = (CLIENT_MAC, f"{CLIENT_IP}.{client_port}"), guest
	syn = tcp(client, server, "S", f"seq {seqs[0]}", 64240, f"{stamps[0]} ecr 0")
	ack = tcp(server, client, "S.", f"seq {seqs[1]}, ack {seqs[0] + 1}", 65160, f"{stamps[1]} ecr {stamps[0]}")
	return SimpleNamespace(name=name, syn=syn, synack=ack, sport=sports[1],
		syn_line=tunnelled(REMOTE_TEP, OUR_TEP, sports[0], syn),
		synack_line=tunnelled(OUR_TEP, REMOTE_TEP, sports[1], ack))


WALKS = {
	"emulated": _walk("emulated", ("00:50:56:a1:99:9e", "172.16.31.25.80"), 57448, (49190, 56554),
		(2198858042, 2193816220), (3020130186, 4278092283)),
	"upt": _walk("upt", ("00:50:56:a1:87:fe", "172.16.31.19.22"), 60186, (49583, 55616),
		(402077945, 3759600490), (279309001, 3501164822)),
}
WALKS["emulated"].hops = (EMULATED_IN, EMULATED_OUT)
WALKS["upt"].hops = (UPT_IN, UPT_OUT)
