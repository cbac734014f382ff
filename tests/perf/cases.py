# SPDX-License-Identifier: BSD-3-Clause
#
# The cases of versus.py: what goes through the switch, against which peer, and what the ratio has to be. Targets are the
# project's (docs/design/performance.md): peer's cycles by ours.


class Case:
	"""kind: l2, encap, decap. fw: through the stateful firewall, and the peer through its connection tracking."""

	def __init__(self, target, kind, flows, size="64", fw=False, floor=None, goal=None, smc=False, quick=False):
		self.target, self.kind, self.flows, self.size, self.fw = target, kind, flows, size, fw
		self.floor, self.goal, self.smc, self.quick = floor, goal, smc, quick

	@property
	def name(self):
		unit = f"{self.flows // 1000000}M" if self.flows >= 1000000 else \
			f"{self.flows // 1000}k" if self.flows >= 1000 else str(self.flows)
		return f"{self.kind}{'+fw' if self.fw else ''}.{self.size}.{unit}"

	@property
	def packets(self):
		"""How many buffers the source keeps"""
		return max(self.flows * (2 if self.fw else 1) * (12 if self.size == "imix" and self.flows < 20000 else 1), 128)


CASES = (
	Case("T1", "l2", 1, floor=1.0, goal=1.35, quick=True),
	Case("", "l2", 1000),
	Case("", "l2", 1, "1500"),
	Case("", "encap", 1),
	Case("T2", "encap", 1000, floor=1.1, goal=1.5, quick=True),
	Case("", "encap", 1, "1400"),
	Case("", "encap", 1000, "imix"),
	Case("", "decap", 1),
	Case("T3", "decap", 1000, floor=1.7, goal=2.5, quick=True),
	Case("", "decap", 1000, "imix"),
	Case("T4", "encap", 1, fw=True, floor=2.0, goal=2.8),
	Case("T4", "encap", 1000, fw=True, floor=2.8, goal=4.0, quick=True),
	Case("", "encap", 1000, "imix", fw=True),
	Case("T5", "decap", 1, fw=True, floor=2.0, goal=3.0),
	Case("T5", "decap", 1000, fw=True, floor=3.5, goal=5.0, quick=True),
	Case("", "decap", 1000, "imix", fw=True),
	Case("T10", "decap", 1, "1400", fw=True, floor=1.7, goal=2.5),
	Case("T6", "encap", 100000, fw=True, floor=2.5, goal=3.4, smc=True),
	Case("T7", "decap", 100000, fw=True, floor=3.5, goal=5.0, smc=True),
)

# T8, ours alone: net cost with many flows by net cost with one. (kind, flows, floor, goal)
SCALE = (
	("encap", 100000, 1.6, 1.3),
	("encap", 1000000, 2.0, 1.5),
	("decap", 100000, 1.6, 1.3),
	("decap", 1000000, 2.0, 1.5),
)
