# SPDX-License-Identifier: BSD-3-Clause
#
# Runs one test file by pytest for meson: exit code 77 (skipped) when nothing but skips happened, with the reason.
import sys

import pytest


class Tally:
	passed = 0
	reasons = []

	def pytest_runtest_logreport(self, report):
		if report.skipped:
			self.reasons.append(report.longrepr[2])
		elif report.when == "call" and report.passed:
			self.passed += 1


tally = Tally()
code = pytest.main(["-q", "-rs", "--durations=5", "-p", "no:cacheprovider", *sys.argv[1:]], plugins=[tally])
if code == 0 and tally.passed == 0 and tally.reasons:
	print(tally.reasons[-1])
	sys.exit(77)
sys.exit(code)
