# SPDX-License-Identifier: BSD-3-Clause
#
# Two guests on two segments, and the distributed router between them. The guests are TAP interfaces; docs/guide/router.md puts each
# into a network namespace.
#
#	g1 10.1.0.2 -- blue, VLAN 10 -- r 10.1.0.1, 10.2.0.1 -- green, VLAN 20 -- g2 10.2.0.2

host add h default
switch add sw host h portset 3
segment add blue switch sw vlan 10
segment add green switch sw vlan 20
port add g1 switch sw type vnic segment blue device "net_tap1,iface=rdtap1"
port add g2 switch sw type vnic segment green device "net_tap2,iface=rdtap2"

router add r host h
router interface add r-blue router r segment blue address 10.1.0.1/24,2001:db8:1::1/64
router interface add r-green router r segment green address 10.2.0.1/24,2001:db8:2::1/64 mtu 1300
route add 10.9.0.0/24 router r via 10.2.0.2
route add 10.8.0.0/16 router r blackhole
route add 10.7.0.0/16 router r unreachable
