# SPDX-License-Identifier: BSD-3-Clause
#
# The frames of the two packet walks. Numbers are those of the slides; see docs/guide/demo.md.
from frames import CLIENT, EMU_GUEST, UPT_GUEST, geneve, outer, tcp

WALKS = {
	"emulated": {
		"guest": EMU_GUEST, "sport": 57448, "dport": 80, "outer_sport": 49190,
		"syn": {"seq": 2198858042, "ts": (3020130186, 0)},
		"synack": {"seq": 2193816220, "ts": (4278092283, 3020130186)},
	},
	"upt": {
		"guest": UPT_GUEST, "sport": 60186, "dport": 22, "outer_sport": 49583,
		"syn": {"seq": 402077945, "ts": (279309001, 0)},
		"synack": {"seq": 3759600490, "ts": (3501164822, 279309001)},
	},
}


def syn(walk):
	"""As it arrives at vmnic1: 132 bytes, the client's SYN inside the tunnel."""
	inner = tcp(CLIENT, walk["guest"], walk["sport"], walk["dport"], "S", win=64240, **walk["syn"])
	return outer(geneve(inner), sport=walk["outer_sport"])


def synack(walk):
	"""As the guest sends it: 74 bytes, no tunnel."""
	ack = walk["syn"]["seq"] + 1
	return tcp(walk["guest"], CLIENT, walk["dport"], walk["sport"], "SA", win=65160, ack=ack,
		ident=0, **walk["synack"])


def files():
	"""(file name, frames, one line for the index)"""
	for name, walk in WALKS.items():
		yield f"{name}-syn.pcap", [syn(walk)], "the SYN as it arrives at ARM uplink vmnic1, in Geneve (132 bytes)"
		yield f"{name}-synack.pcap", [synack(walk)], "the SYN-ACK as the guest sends it (74 bytes)"
