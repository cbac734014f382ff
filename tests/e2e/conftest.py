# SPDX-License-Identifier: BSD-3-Clause
#
# What several files of tests start from.
import pytest
from rdtest import DEMO, Daemon


@pytest.fixture
def d():
	"""The emulated demo's daemon"""
	with Daemon(files=[f"{DEMO}/emulated.rd"]) as daemon:
		yield daemon
