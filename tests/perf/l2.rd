# SPDX-License-Identifier: BSD-3-Clause
# Two guests of one switch: source > sink. The bench gives both ports their devices.
host add h default
switch add sw host h portset 3 mtu 1700
segment add seg switch sw vlan 0
port add source switch sw type vnic mac 02:00:00:00:00:0a segment seg spoof-check off
port add sink switch sw type vnic mac 02:00:00:00:00:0b segment seg spoof-check off
# Conversations go both ways through the same pair of ports, as they do through the peer.
fdb add segment seg mac 02:00:00:00:00:02 port sink
fdb add segment seg mac 02:00:00:00:00:01 port sink
