#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# Connection tracking against the kernel's: the same packets, packet by packet the same verdict. What differs on purpose has a name in
# differences.py; anything else fails. After a difference the two know different things, so the rest of that conversation is not
# compared.
#
#	compare.py DRIVER strict|loose|strict6|loose6 [NUMBER [SEED]]
#
# 6: the same conversations in IPv6.
import collections
import subprocess
import sys

from conversations import conversation
from differences import DIFFERENCES
from ipv6 import translate
from kernel import MARK, Kernel, Unavailable
from packets import ipv4, udp

BATCH = 200  # conversations at a time: fewer packets than identifications


def ours(driver, mode, packets):
	data = b"".join(len(p).to_bytes(2, "big") + p for _, p in packets)
	done = subprocess.run([driver, mode], input=data, capture_output=True, check=True)
	verdicts = done.stdout.decode().split()
	assert len(verdicts) == len(packets), done.stderr.decode()
	return verdicts


def text_of(conv, last):
	lines = []
	for who, packet, label in conv.packets[:last + 1]:
		tcp = packet[20:]
		numbers = f"seq {int.from_bytes(tcp[4:8], 'big')} ack {int.from_bytes(tcp[8:12], 'big')} flags {tcp[13]:#x} " \
			f"win {int.from_bytes(tcp[14:16], 'big')} len {len(tcp) - (tcp[12] >> 4) * 4}" if packet[9] == 6 else ""
		lines.append(f"  {'CS'[who]}: {label}: {numbers}")
	return "\n".join(lines)


class Comparison:
	def __init__(self, mode):
		self.mode = mode
		self.packets = self.refused = 0
		self.named = collections.Counter()
		self.faults = []

	def take(self, conv, kernel, our):
		for i in range(len(conv.packets)):
			self.packets += 1
			self.refused += not kernel[i]
			if kernel[i] == (our[i] == "pass"):
				continue
			labels = [label for _, _, label in conv.packets[:i + 1]]
			name = next((d.name for d in DIFFERENCES if d.fits(self.mode, labels, kernel[i])), None)
			self.named[name] += 1
			if name is None:
				verdict = "passes" if kernel[i] else "is refused"
				self.faults.append(f"conversation {conv.number}: with the kernel it {verdict}, with us: {our[i]}\n{text_of(conv, i)}")
			return


def compare(driver, mode, conversations, kernel):
	result = Comparison(mode)
	said = translate if kernel.family == 6 else bytes
	last = ipv4("10.1.0.2", "10.0.0.2", 17, udp((9, 9), len(MARK))[:8] + MARK)
	for start in range(0, len(conversations), BATCH):
		batch = conversations[start:start + BATCH]
		packets = [(who, said(p)) for c in batch for who, p, _ in c.packets]
		theirs, us = kernel.judge(packets, said(last)), ours(driver, mode, packets)
		at = 0
		for c in batch:
			result.take(c, theirs[at:at + len(c.packets)], us[at:at + len(c.packets)])
			at += len(c.packets)
	return result


def main():
	driver, mode, family = sys.argv[1], sys.argv[2].rstrip("6"), 6 if sys.argv[2].endswith("6") else 4
	number = int(sys.argv[3]) if len(sys.argv) > 3 else 2500
	seed = sys.argv[4] if len(sys.argv) > 4 else "reddot"
	try:
		kernel = Kernel(mode == "strict", family)
	except Unavailable as e:
		print(f"SKIP: {e}")
		sys.exit(77)
	conversations = [conversation(n, seed) for n in range(number)]
	result = compare(driver, mode, conversations, kernel)
	for fault in result.faults[:20]:
		print(fault)
	unused = [d.name for d in DIFFERENCES if mode in d.modes and d.name not in result.named]
	if unused:
		print("differences that no packet shows:", ", ".join(unused))
	print(f"{len(conversations)} conversations, {result.packets} packets, {result.refused} refused by the kernel; differences: "
		+ (", ".join(f"{n} {name}" for name, n in result.named.most_common()) or "none"))
	sys.exit(bool(result.faults or unused))


main()
