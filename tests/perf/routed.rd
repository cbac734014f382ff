# SPDX-License-Identifier: BSD-3-Clause
# A router between the segments of two guests: source > router > sink. The bench gives both ports their devices.
host add h default
switch add sw host h portset 3 mtu 1700
segment add near switch sw vlan 1
segment add far switch sw vlan 2
port add source switch sw type vnic mac 02:00:00:00:00:01 segment near spoof-check off
port add sink switch sw type vnic mac 02:00:00:00:00:0b segment far
# The packets' destination in the first segment is the router.
router add r host h mac 02:00:00:00:00:02
router interface add r-near router r segment near address 10.1.0.254/16
router interface add r-far router r segment far address 10.128.0.254/16
neighbour add 10.128.0.1 interface r-far mac 02:00:00:00:00:0b
