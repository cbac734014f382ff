# SPDX-License-Identifier: BSD-3-Clause
# The firewall of the guest, after encap.rd or decap.rd; GUEST is replaced by the port's name.
dfw add port GUEST rule 1 dir inout action drop proto tcp dport 23 name telnet
dfw add port GUEST rule 2 dir inout action drop from 192.0.2.0/24 name elsewhere
dfw add port GUEST rule 3 dir inout action allow proto udp from 10.0.0.0/8 name inside
dfw default port GUEST action drop
