# SPDX-License-Identifier: BSD-3-Clause
#
# The end of ./check: reads meson's testlog.json, prints the output of what failed and the reason of what was skipped, and
# the line "N passed, N failed[, N skipped]". Exit code 1 when something failed or nothing ran.
import json
import sys

TAIL = 80  # lines of a failed test's output


def reason(test):
	"""A skipping test says why on its last line."""
	lines = [l for l in (test.get("stdout", "") + test.get("stderr", "")).split("\n") if l.strip()]
	marked = [l for l in lines if "skip" in l.lower()]
	return (marked or lines or ["it gives no reason"])[-1].strip()


def parts(test):
	"""What pytest skipped inside a test that passed: "SKIPPED [1] file:line: reason"."""
	return [l.split(": ", 1)[-1] for l in test.get("stdout", "").split("\n") if l.startswith("SKIPPED [")]


def main():
	try:
		with open(sys.argv[1], encoding="utf-8") as f:
			tests = [json.loads(line) for line in f if line.strip()]
	except OSError as e:
		print(f"no test results: {e}")
		tests = []
	failed = [t for t in tests if t["result"] not in ("OK", "EXPECTEDFAIL", "SKIP")]
	skipped = [t for t in tests if t["result"] == "SKIP"]
	for t in failed:
		print(f"=== FAILED {t['name']} ({t['result']}, {t['duration']:.1f} s)")
		output = (t.get("stdout", "") + t.get("stderr", "")).split("\n")
		print("\n".join(output[-TAIL:]))
	for t in skipped:
		print(f"SKIPPED {t['name']}: {reason(t)}")
	for t in tests:
		if t["result"] == "OK":
			for why in sorted(set(parts(t))):
				print(f"note: a part of {t['name']} was skipped: {why}")
	passed = len(tests) - len(failed) - len(skipped)
	tail = f", {len(skipped)} skipped" if skipped else ""
	print(f"{passed} passed, {len(failed)} failed{tail}")
	sys.exit(bool(failed) or not tests)


main()
