# SPDX-License-Identifier: BSD-3-Clause
#
# Conversations, made at random from a seed: what sound endpoints do, and what broken, late or hostile ones add. Written from the
# RFCs (9293, 5961, 7323, 792), without a look at how either filter decides.
import random
import struct

from packets import ACK, FIN, MASK, PSH, RST, SYN, URG, icmp, ipv4, tcp, udp

CLIENT, SERVER = 0, 1


class Side:
	def __init__(self, rnd):
		self.isn = rnd.choice([rnd.randrange(1 << 32), (1 << 32) - rnd.randrange(1, 3000)])
		self.next = self.isn  # to be sent
		self.acked = 0  # highest acknowledgement it has sent
		self.win = rnd.choice([rnd.randrange(500, 4000), rnd.randrange(4000, 65536)])
		self.offer = rnd.choice([None, 0, 1, 3, 7])  # window scale
		self.scale = 0  # as agreed
		self.limit = 0  # how far the peer lets it send
		self.fin = False

	def window(self):
		return self.win << self.scale


class Conversation:
	"""Packets of one pair of addresses: (direction, bytes, label). The label says what the sender had in mind."""

	def __init__(self, number, seed):
		self.rnd = random.Random(f"{seed}/{number}")
		self.number = number
		self.packets = []
		self.addr = (f"10.0.{number >> 7 & 255}.{number % 128 + 100}", f"10.1.{number >> 7 & 255}.{number % 128 + 100}")
		self.ports = (1024 + number % 60000, self.rnd.choice([80, 443, 22, 5201]))
		self.side = (Side(self.rnd), Side(self.rnd))

	def add(self, who, proto, payload, label):
		self.packets.append((who, ipv4(self.addr[who], self.addr[1 - who], proto, payload), label))

	def segment(self, who, flags, label, seq=None, ack=None, data=0, win=None, scale=None, offset=None):
		me = self.side[who]
		numbers = (me.next if seq is None else seq, (self.acks(who) if ack is None else ack) if flags & ACK else 0)
		ports = self.ports if who == CLIENT else self.ports[::-1]
		self.add(who, 6, tcp(ports, flags, numbers, me.win if win is None else win, data, scale, offset), label)

	def acks(self, who):
		return self.side[1 - who].next

	# --- sound steps: they move the numbers ---

	def sound(self, who, flags, label, data=0, win=None):
		me, peer = self.side[who], self.side[1 - who]
		if win is not None:
			me.win = win
		self.segment(who, flags, label, data=data)
		me.next = me.next + data + (1 if flags & FIN else 0) & MASK
		me.acked = peer.next
		peer.limit = peer.next + me.window() & MASK

	def syn(self, who, label="syn"):
		me = self.side[who]
		self.segment(who, SYN, label, seq=me.isn, scale=me.offer)
		me.next = me.isn + 1 & MASK

	def synack(self, who, label="synack"):
		me, peer = self.side[who], self.side[1 - who]
		offer = me.offer if peer.offer is not None else None
		self.segment(who, SYN | ACK, label, seq=me.isn, scale=offer)
		me.next = me.isn + 1 & MASK
		self.agree()
		peer.limit = peer.next + me.win & MASK

	def agree(self):
		both = self.side[0].offer is not None and self.side[1].offer is not None
		for s in self.side:
			s.scale = s.offer if both else 0
		for s, peer in (self.side, self.side[::-1]):
			s.limit = s.next + peer.win & MASK

	def room(self, who):
		me = self.side[who]
		return max(0, (me.limit - me.next + (1 << 31) & MASK) - (1 << 31))

	def data(self, who):
		size = min(self.room(who), self.rnd.choice([1, 100, 536, 1400]))
		self.sound(who, ACK | (PSH if self.rnd.random() < 0.3 else 0), "data", data=size)

	def open(self):
		self.syn(CLIENT)
		if self.rnd.random() < 0.2:
			self.syn(CLIENT, "syn again")
		self.synack(SERVER)
		if self.rnd.random() < 0.2:
			self.synack(SERVER, "synack again")
		self.sound(CLIENT, ACK, "handshake")

	def open_both(self):
		self.syn(CLIENT)
		self.syn(SERVER, "simultaneous syn")
		first = self.rnd.choice([CLIENT, SERVER])
		self.synack(first, "simultaneous synack")
		self.synack(1 - first, "simultaneous synack")
		self.sound(1 - first, ACK, "simultaneous ack")
		self.sound(first, ACK, "simultaneous ack")

	def close(self):
		first = self.rnd.choice([CLIENT, SERVER])
		second = 1 - first
		kind = self.rnd.choice(["normal", "half", "together", "again"])
		self.sound(first, FIN | ACK, "fin")
		if kind == "together":
			seq = self.side[second].next
			self.segment(second, FIN | ACK, "fin together", ack=self.side[first].next - 1)
			self.side[second].next = seq + 1 & MASK
			self.sound(first, ACK, "ack of fin")
			self.sound(second, ACK, "ack of fin")
			return
		self.sound(second, ACK, "ack of fin")
		for _ in range(self.rnd.randrange(1, 4) if kind == "half" else 0):
			self.data(second)
			self.sound(first, ACK, "ack after fin")
		self.sound(second, FIN | ACK, "fin")
		if kind == "again":
			self.segment(second, FIN | ACK, "fin again", seq=self.side[second].next - 1)
		self.sound(first, ACK, "last ack")
		if kind == "again":
			self.segment(second, FIN | ACK, "fin again", seq=self.side[second].next - 1)
			self.segment(first, ACK, "last ack again")

	# --- unsound ones: numbers stay as they are ---

	def odd(self, who):
		self.rnd.choice([self.again, self.overlap, self.keepalive, self.beyond, self.unsent, self.bad_flags, self.zero_window,
			self.rst_beside, self.rst_far, self.error, self.wrong_error, self.stray_syn, self.server_syn])(who)

	def again(self, who):
		size = self.rnd.randrange(1, 300)
		self.segment(who, ACK, "again", seq=self.side[who].next - size, data=size)

	def overlap(self, who):
		size = min(self.room(who), 100)
		self.segment(who, ACK, "overlap", seq=self.side[who].next - 50, data=50 + size)
		self.side[who].next = self.side[who].next + size & MASK

	def keepalive(self, who):
		self.segment(who, ACK, "keepalive", seq=self.side[who].next - 1, data=self.rnd.randrange(2))
		self.sound(1 - who, ACK, "keepalive answer")

	def beyond(self, who):
		far = self.rnd.choice([1 << 30, 1 << 24]) if self.side[1 - who].window() < 1 << 23 else 1 << 30
		self.segment(who, ACK, "beyond", seq=self.side[who].next + far, data=10)

	def little_beyond(self, who):
		self.segment(who, ACK, "a little beyond", seq=self.side[who].limit + 1, data=10)

	def unsent(self, who):
		self.segment(who, ACK, "ack of unsent", ack=self.acks(who) + self.rnd.randrange(1, 100000))

	def bad_flags(self, who):
		flags = self.rnd.choice([0, SYN | FIN, SYN | RST, FIN, FIN | RST, PSH, FIN | PSH | URG, SYN | FIN | ACK, 63, SYN | RST | ACK])
		self.segment(who, flags, "bad flags")

	def zero_window(self, who):
		mine = self.side[who].win
		self.sound(who, ACK, "zero window", win=0)
		self.segment(1 - who, ACK, "probe", data=1)
		self.segment(who, ACK, "zero window", win=0)
		self.sound(who, ACK, "window opens", win=mine)

	def rst_beside(self, who):
		# Within the window, but not what the receiver expects. It asks with a challenge ACK (RFC 5961).
		if self.room(who) < 4:
			return
		self.segment(who, RST, "rst beside", seq=self.side[who].next + self.rnd.randrange(2, self.room(who)))
		self.segment(1 - who, ACK, "challenge")

	def rst_far(self, who):
		self.segment(who, RST, "rst far", seq=self.side[who].next + self.rnd.choice([1 << 30, -70000 & MASK]))

	def stray_syn(self, who):
		if who == CLIENT:  # it has crashed, and the server has not: challenge, reset
			self.segment(CLIENT, SYN, "stray syn", seq=self.side[CLIENT].next + self.rnd.choice([0, 1 << 29]))
			self.segment(SERVER, ACK, "challenge")

	def server_syn(self, _):
		self.segment(SERVER, SYN, "syn of the server", seq=self.side[SERVER].next + 5000)

	def error(self, who):
		"""A router tells `who` about the last packet that it sent."""
		mine = [p for w, p, label in self.packets if w == who and p[9] != 1]
		if mine:
			quote = mine[-1][:self.rnd.choice([28, 40])]
			kind, code = self.rnd.choice([(3, 1), (3, 4), (11, 0)])
			self.add_error(who, icmp(kind, code, struct.pack("!HH", 0, 1400), quote), "error")

	def wrong_error(self, who):
		quote = bytearray(ipv4(self.addr[who], self.addr[1 - who], 6, struct.pack("!HHI", 1, 2, 3)))
		kind = self.rnd.choice(["ports", "cut", "other"])
		if kind == "cut":
			quote = quote[:24]
		if kind == "other":  # it speaks of somebody else's packet
			quote = bytearray(self.packets[-1][1][:28])
			quote[12:16] = bytes([10, 7, 7, 7])
		self.add_error(who, icmp(3, 1, bytes(4), bytes(quote)), f"wrong error ({kind})")

	def add_error(self, who, message, label):
		router = self.addr[1 - who].rsplit(".", 1)[0] + ".99"
		self.packets.append((1 - who, ipv4(router, self.addr[who], 1, message), label))

	# --- whole conversations ---

	def talk(self):
		for _ in range(self.rnd.randrange(2, 9)):
			who = self.rnd.choice([CLIENT, SERVER])
			if self.rnd.random() < 0.35:
				self.odd(who)
			else:
				self.data(who)
				if self.rnd.random() < 0.6:
					self.sound(1 - who, ACK, "ack")

	def normal(self):
		self.open()
		self.talk()
		self.close()
		if self.rnd.random() < 0.3:
			self.reopen()

	def reopen(self):
		for s in self.side:
			s.isn = s.next = s.next + 100000 & MASK
			s.fin, s.scale = False, 0
		self.syn(CLIENT, "syn reopens")
		self.synack(SERVER)
		self.sound(CLIENT, ACK, "handshake")
		self.talk()

	def simultaneous(self):
		self.open_both()
		self.talk()
		self.close()

	def reset(self):
		self.open()
		self.talk()
		who = self.rnd.choice([CLIENT, SERVER])
		self.segment(who, self.rnd.choice([RST, RST | ACK]), "rst exact")
		self.segment(1 - who, ACK, "on its way")
		if self.rnd.random() < 0.5:
			self.reopen()

	def refused(self):
		self.syn(CLIENT)
		self.segment(SERVER, RST | ACK, "rst refuses", seq=0, ack=self.side[CLIENT].next)
		if self.rnd.random() < 0.5:
			self.reopen()

	def refused_badly(self):
		"""RFC 9293 3.10.7.3: in SYN-SENT a RST must acknowledge the SYN."""
		self.syn(CLIENT)
		self.segment(SERVER, *self.rnd.choice([(RST, "rst without ack"), (RST | ACK, "rst of something else")]), seq=0,
			ack=self.side[CLIENT].isn - 10)

	def ends_beyond(self):
		self.open()
		self.talk()
		self.little_beyond(self.rnd.choice([CLIENT, SERVER]))

	def swaps(self):
		"""After a reset, the server calls the client from the same ports."""
		self.open()
		self.segment(CLIENT, RST, "rst exact")
		self.syn(SERVER, "syn the other way")

	def simultaneous_late(self):
		self.open_both()
		if self.rnd.random() < 0.5:
			self.segment(SERVER, SYN, "simultaneous syn again", seq=self.side[SERVER].isn, scale=self.side[SERVER].offer)
			return
		self.segment(CLIENT, SYN | ACK, "simultaneous synack again", seq=self.side[CLIENT].isn)

	def half_open(self):
		"""The server still has an older connection (RFC 9293 3.5.1, figure 9)."""
		self.syn(CLIENT)
		strange = self.rnd.randrange(1 << 32)
		self.segment(SERVER, ACK, "challenge", seq=strange, ack=self.side[CLIENT].isn - self.rnd.randrange(1, 60000))
		self.syn(CLIENT, "syn again")
		self.synack(SERVER)
		self.sound(CLIENT, ACK, "handshake")
		self.talk()

	def middle(self):
		flags = self.rnd.choice([ACK, SYN | ACK, FIN | ACK, RST, RST | ACK, PSH | ACK])
		self.segment(self.rnd.choice([CLIENT, SERVER]), flags, "no beginning", ack=1)

	def bad_synack(self):
		self.syn(CLIENT)
		self.segment(SERVER, SYN | ACK, "bad synack", seq=self.side[SERVER].isn, ack=self.side[CLIENT].next + 5000)
		self.segment(CLIENT, ACK, "too early", ack=5)
		self.synack(SERVER)
		self.sound(CLIENT, ACK, "handshake")
		if self.rnd.random() < 0.5:
			self.rst_beside(SERVER)
		self.talk()

	def datagrams(self):
		for _ in range(self.rnd.randrange(1, 8)):
			who = self.rnd.choice([CLIENT, CLIENT, SERVER])
			self.add(who, 17, udp(self.ports if who == CLIENT else self.ports[::-1], self.rnd.randrange(50)), "datagram")
			if self.rnd.random() < 0.3:
				self.error(who)
		if self.rnd.random() < 0.3:
			self.wrong_error(CLIENT)

	def echoes(self):
		ident = self.rnd.randrange(1 << 16)
		if self.rnd.random() < 0.3:
			self.add(SERVER, 1, icmp(0, 0, struct.pack("!HH", ident, 0)), "echo reply to nothing")
		for n in range(self.rnd.randrange(1, 5)):
			self.add(CLIENT, 1, icmp(8, 0, struct.pack("!HH", ident, n), bytes(10)), "echo")
			if self.rnd.random() < 0.8:
				self.add(SERVER, 1, icmp(0, 0, struct.pack("!HH", ident, n), bytes(10)), "echo reply")
			if self.rnd.random() < 0.3:
				self.add(SERVER, 1, icmp(0, 0, struct.pack("!HH", ident ^ 1, n)), "echo reply with another id")
			if self.rnd.random() < 0.2:
				self.add(CLIENT, 1, icmp(0, 0, struct.pack("!HH", ident, n)), "echo reply from the wrong side")


def conversation(number, seed):
	c = Conversation(number, seed)
	kinds = [c.normal] * 24 + [c.simultaneous, c.simultaneous, c.reset, c.reset, c.reset, c.refused, c.half_open, c.middle,
		c.bad_synack, c.datagrams, c.echoes, c.refused_badly, c.ends_beyond, c.swaps, c.simultaneous_late]
	c.rnd.choice(kinds)()
	return c
