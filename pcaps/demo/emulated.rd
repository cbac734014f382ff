# SPDX-License-Identifier: BSD-3-Clause
#
# Packet walk 1: EMULATED mode. The guest gs-ubuntu-01 runs on the x86 host; its vNIC is emulated there. The DPU
# (the "arm" host) holds the uplinks, the tunnel endpoint, the flow cache and the firewall.
#
#     client 172.16.31.26           DPU: host arm                          host x86               guest 172.16.31.25
#     --- Geneve ---> vmnic1 > decap > flow > dfw > vmnic0_MUX ====link==== vmnic2 > switch > gs-ubuntu-01.eth0
#
# Run it:     reddotd -f pcaps/demo/emulated.rd            then, in other terminals,
#             pktcap --uplink vmnic1 --dir 2 -o - | tcpdump -enr -
#             reddot inject vmnic1 pcap pcaps/in/emulated-syn.pcap
#
# What confuses everybody at first: the guest seems to use two uplinks at once. It does not; there are two teaming
# decisions, one per switch, and they know nothing of each other:
#   - on the DPU, the guest's proxy port (gs-ubuntu-01.eth0.7c520dd4) is teamed to vmnic1, so its traffic leaves to the
#     wire, and comes from it, through vmnic1;
#   - on x86, the guest's own port is teamed to vmnic2. Seen from the DPU, x86's vmnic2 is the MUX port of physical
#     function 0, vmnic0_MUX_PF16387. The "vmnic0" in that name says which PF the host uses, not which wire.

# --- the DPU: an ESXi of its own, on the card's ARM cores ---------------------------------------------------------
host add arm default
switch add esxioVswitch0 host arm portset 2
switch add DvsPortset-1 host arm portset 3
switch add vSwitchESXioBMC host arm portset 4

# Uplinks. Port ids are (uplink << 31) | (portset << 25) | index, and given here so that they are the slides' own.
# ens is the number in the flow cache: the slides show those of vmnic1 and of the guests (3, 7, 10), the others are ours.
# vmnic1 is the one uplink with a device, so that its link is up: a null device that receives nothing and swallows what
# it is given. To use a real NIC instead, see docs/guide/ports.md.
port add vmnic129 switch arm/esxioVswitch0 type uplink id 2214592520
port add vmnic1 switch arm/DvsPortset-1 type uplink id 2248146967 ens 3 mac 08:c0:eb:5d:ae:0f device "net_null0,no-rx=1"
port add vmnic0 switch arm/DvsPortset-1 type uplink id 2248146971 ens 4
port add vmnic2 switch arm/vSwitchESXioBMC type uplink id 2281701396

# esxioVswitch0 is the private control channel between x86 and the DPU; guest traffic never takes it.
port add mgmt-esxioVswitch0 switch arm/esxioVswitch0 type mgmt id 67108871 label "Management"
port add vmk7379 switch arm/esxioVswitch0 type vmk id 67108873 team vmnic129

port add mgmt-DvsPortset-1 switch arm/DvsPortset-1 type mgmt id 100663306 ens 1 label "Management"
port add vmk10 switch arm/DvsPortset-1 type vmk id 100663310 ens 5 mac 00:50:56:67:eb:13 team vmnic1
port add vmk11 switch arm/DvsPortset-1 type vmk id 100663311 ens 6 team vmnic0
port add vmk50 switch arm/DvsPortset-1 type vmk id 100663313 ens 2
port add shadow-vmnic1 switch arm/DvsPortset-1 type shadow id 100663320 ens 12 label "Shadow of vmnic1"
port add vdr-vdrPort switch arm/DvsPortset-1 type vdr id 100663321 ens 11 team vmnic1
port add vmnic1_MUX_PF20483 switch arm/DvsPortset-1 type mux id 100663322 ens 8 team vmnic1
port add shadow-vmnic0 switch arm/DvsPortset-1 type shadow id 100663324 ens 13 label "Shadow of vmnic0"
port add vmnic0_MUX_PF16387 switch arm/DvsPortset-1 type mux id 100663325 ens 9 mac 08:c0:eb:5d:ae:08 team vmnic0

port add mgmt-vSwitchESXioBMC switch arm/vSwitchESXioBMC type mgmt id 134217747 label "Management"
port add shadow-vmnic2 switch arm/vSwitchESXioBMC type shadow id 134217749 label "Shadow of vmnic2"
port add vmk255 switch arm/vSwitchESXioBMC type vmk id 134217750 team vmnic2

# The overlay: one segment, our endpoint, the remote one. hash-seed is chosen so that the outer UDP source port, which
# is a hash of the inner flow, comes out as on the slides (192.168.4.60.56554); any number works.
segment add cluster1-segment1 switch arm/DvsPortset-1 vni 74752
tep add 192.168.4.60 host arm mac 00:50:56:67:eb:13 port vmk10 team vmnic1,vmnic0 option 0104:00:00000000 hash-seed 0x4087ef54
tunnel add to-192.168.4.57 local 192.168.4.60 remote 192.168.4.57 mac 00:50:56:63:04:5c
segment set arm/cluster1-segment1 tunnels to-192.168.4.57
fdb add segment arm/cluster1-segment1 mac 00:50:56:a1:fc:f3 tunnel to-192.168.4.57

# The guest's proxy on the DPU: it has the guest's MAC, its firewall rules and its ENS port id, but no device. What is
# sent to it leaves through the MUX; what the MUX receives from its MAC enters here.
port add gs-ubuntu-01.eth0.7c520dd4 switch arm/DvsPortset-1 type vnic id 100663333 ens 7 mac 00:50:56:a1:99:9e segment arm/cluster1-segment1 team vmnic1 via vmnic0_MUX_PF16387

# The distributed firewall, per vNIC. "in" is towards the guest. The first rule that matches decides.
dfw add port gs-ubuntu-01.eth0.7c520dd4 rule 1041 dir in action allow proto tcp dport 80 name web
dfw add port gs-ubuntu-01.eth0.7c520dd4 rule 1042 dir out action allow name from-guest
dfw add port gs-ubuntu-01.eth0.7c520dd4 rule 1043 dir in action drop proto tcp dport 23 name telnet
dfw default port gs-ubuntu-01.eth0.7c520dd4 action drop

# --- the x86 host -------------------------------------------------------------------------------------------------
host add x86
switch add esxioVswitch0 host x86 portset 2
switch add DvsPortset-0 host x86 portset 3
switch add DvsPortset-1 host x86 portset 4
switch add vSwitchBMC host x86 portset 5

# vmnic2 is a PF of the card: its wire is the DPU's MUX port. A link joins both; packets cross inside the worker.
port add vmnic128 switch x86/esxioVswitch0 type uplink id 2214592521
port add vmnic0 switch x86/DvsPortset-0 type uplink id 2248146964
port add vmnic1 switch x86/DvsPortset-0 type uplink id 2248146966
port add vmnic3 switch x86/DvsPortset-1 type uplink id 2281701392
port add vmnic2 switch x86/DvsPortset-1 type uplink id 2281701394 mac 08:c0:eb:5d:ad:78 link arm/vmnic0_MUX_PF16387
port set arm/vmnic0_MUX_PF16387 link x86/vmnic2

port add mgmt-esxioVswitch0 switch x86/esxioVswitch0 type mgmt id 67108872 label "Management"
port add mgmt-DvsPortset-0 switch x86/DvsPortset-0 type mgmt id 100663307 label "Management"
port add shadow-vmnic0 switch x86/DvsPortset-0 type shadow id 100663317 label "Shadow of vmnic0"
port add shadow-vmnic1 switch x86/DvsPortset-0 type shadow id 100663319 label "Shadow of vmnic1"
port add vmk0 switch x86/DvsPortset-0 type vmk id 100663320 team x86/vmnic0
port add vmk2 switch x86/DvsPortset-0 type vmk id 100663322 team x86/vmnic1
port add vmk3 switch x86/DvsPortset-0 type vmk id 100663323 team x86/vmnic1
port add mgmt-DvsPortset-1 switch x86/DvsPortset-1 type mgmt id 134217740 label "Management"
port add shadow-vmnic3 switch x86/DvsPortset-1 type shadow id 134217745 label "Shadow of vmnic3"
port add shadow-vmnic2 switch x86/DvsPortset-1 type shadow id 134217747 label "Shadow of vmnic2"
port add mgmt-vSwitchBMC switch x86/vSwitchBMC type mgmt id 167772189 label "Management"
port add shadow-vusb0 switch x86/vSwitchBMC type shadow id 167772191 label "Shadow of vusb0"
# The slides show vmk1's uplink vusb0, but not vusb0's own row; its id follows from the rule above.
port add vusb0 switch x86/vSwitchBMC type uplink id 2315255838
port add vmk1 switch x86/vSwitchBMC type vmk id 167772192 team x86/vusb0

# On x86 the same network is an untagged VLAN: the DPU has taken the tunnel header off before.
segment add cluster1-segment1 switch x86/DvsPortset-1 vlan 0

# The guest. `answer` stands in for it: each packet delivered makes it send the next frame of the file, here the SYN-ACK.
# A real guest would be: device "net_vhost0,iface=/tmp/gs-ubuntu-01.sock"
port add gs-ubuntu-01.eth0 switch x86/DvsPortset-1 type vnic id 134217768 mac 00:50:56:a1:99:9e segment x86/cluster1-segment1 team x86/vmnic2 label "4241327:gs-ubuntu-01.eth0" answer ../in/emulated-synack.pcap

# Last, because every line above made a new configuration: flow entries are decided under 2123, as on the slides.
flow generation 2123
