# SPDX-License-Identifier: BSD-3-Clause
# The overlay sends to a guest: source = the uplink, sink = the guest's vNIC.
host add h default
switch add sw host h portset 3 mtu 1700
port add source switch sw type uplink
segment add seg switch sw vni 5001
tep add 172.31.1.1 host h mac 02:00:00:00:10:01 team source
tunnel add far local 172.31.1.1 remote 172.31.1.2 mac 02:00:00:00:10:02
segment set seg tunnels far
port add sink switch sw type vnic mac 02:00:00:00:00:0a segment seg team source spoof-check off
# Conversations go both ways through the same pair of ports, as they do through the peer.
fdb add segment seg mac 02:00:00:00:00:02 port sink
fdb add segment seg mac 02:00:00:00:00:01 port sink
