# SPDX-License-Identifier: BSD-3-Clause
#
# Where our connection tracking differs from the kernel's on purpose. Each difference has a name, a reason, and at least one packet in
# every run that shows it: compare.py fails when one is not needed any more.
import dataclasses

BOTH, STRICT, LOOSE = ("strict", "loose"), ("strict",), ("loose",)


@dataclasses.dataclass(frozen=True)
class Difference:
	name: str
	why: str
	label: str | None  # of the packet, see conversations.py; None = any
	kernel_passes: bool
	modes: tuple = BOTH
	after: tuple = ()  # one of these labels came before it

	def fits(self, mode, labels, kernel_passes):
		"""labels: of the conversation up to this packet."""
		return mode in self.modes and self.label in (None, labels[-1]) and kernel_passes == self.kernel_passes \
			and (not self.after or any(label in self.after for label in labels[:-1]))


DIFFERENCES = (
	Difference("a little beyond the window", "The kernel lets up to one more window pass, as state IGNORE, for TCPs that send too much. We"
		" refuse what the receiver has not asked for.", "a little beyond", True, STRICT),
	Difference("RST without ACK in SYN-SENT", "RFC 9293 3.10.7.3: a RST that does not acknowledge the SYN is not for it. The kernel takes the"
		" acknowledgement as good when there is none.", "rst without ack", True),
	Difference("RST of something else in SYN-SENT", "The same: it acknowledges less than the SYN. The kernel tolerates old acknowledgements.",
		"rst of something else", True),
	Difference("the other way after a reset", "A new connection may begin when the old one was reset, whoever calls: the rules decide. The"
		" kernel waits ten seconds.", "syn the other way", False),
	Difference("the same SYN again after opening together", "When both sides opened, the server's SYN may come twice. The kernel has"
		" forgotten that both did.", "simultaneous syn again", False),
	Difference("the same SYN/ACK again after opening together", "Likewise the client's SYN/ACK, when the last ACK was lost.",
		"simultaneous synack again", False),
	Difference("a RST that only challenges moves nothing", "A RST inside the window counts as data sent for the kernel, so an"
		" acknowledgement of what was never sent may pass.", "ack of unsent", True, STRICT, ("rst beside",)),
	Difference("a refused SYN/ACK changes nothing", "The kernel takes the window scale from a SYN/ACK that it calls invalid, and then has a"
		" smaller window than the two have, for whatever follows.", None, False, STRICT, ("bad synack",)),
	Difference("a far RST after a wrong SYN/ACK", "The kernel does not know what the server has acknowledged, as its SYN/ACK was wrong at"
		" first; we do.", "rst far", True, LOOSE, ("bad synack",)),
)
