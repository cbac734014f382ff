#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# Calls that must not be made, by folder. Comments and strings do not count.
import re
import sys

from csource import code_only, read, sources

LIBRARIES = ("dataplane/base/", "dataplane/api/", "dataplane/core/", "dataplane/tables/", "dataplane/nodes/",
	"dataplane/control/", "pktcap/pcapng/", "pktcap/filter/", "pktcap/decode/", "mirror/", "cli/engine/", "cli/cmds/")

# (folders, except, pattern, why). core/stage.c registers stages by constructor: that is start-up.
# drop, tx and punt are where packets end: dropped, delivered, answered. tx locks devices with fewer queues than workers.
RULES = (
	(("",), (), r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|alloca)\s*\(", "unbounded or unchecked: use base/str.h"),
	(LIBRARIES, (), r"\b(printf|puts|putchar|vprintf|perror)\s*\(", "libraries never print: return a struct rd_err"),
	(LIBRARIES, ("dataplane/base/log.c",), r"\bstderr\b", "libraries never print: rd_log_* in the daemon, rd_err elsewhere"),
	(LIBRARIES, ("dataplane/core/stage.c",), r"\b(exit|_exit|abort|quick_exit|rte_exit|rte_panic)\s*\(", "no exit outside main and start-up"),
	(("dataplane/nodes/",), (), r"\b(malloc|calloc|realloc|strdup|asprintf|rte_malloc|rte_zmalloc|rte_calloc)\w*\s*\(", "no allocation in a node"),
	(("dataplane/nodes/",), (), r"\b(rd_log_\w+|RTE_LOG|snprintf|fprintf|dprintf)\s*\(", "no logs and no formatted text in a node"),
	(("dataplane/nodes/",), ("dataplane/nodes/tx.c",), r"\b(pthread_\w+_lock|rte_spinlock_\w+|rte_rwlock_\w+|clock_gettime|gettimeofday|usleep|nanosleep)\s*\(", "no locks and no system calls in a node"),
	(("dataplane/", "mirror/"), ("dataplane/core/",), r"\brte_pktmbuf_(copy|clone)\s*\(", "a copy needs its metadata: use core/meta.h"),
	(("dataplane/nodes/",), ("dataplane/nodes/drop.c", "dataplane/nodes/punt.c", "dataplane/nodes/route.c", "dataplane/nodes/tx.c"), r"\brte_pktmbuf_free(_bulk)?\s*\(", "a drop has a reason: send the packet to the drop stage"),
)


def main():
	root = sys.argv[1]
	faults = []
	for path in sources(root, (".c",)):
		for number, line in enumerate(code_only(read(root, path)).split("\n"), 1):
			for folders, exempt, pattern, why in RULES:
				if path.startswith(folders) and not (exempt and path.startswith(exempt)):
					match = re.search(pattern, line)
					if match:
						faults.append(f"{path}:{number}: {match.group(0).strip()}: {why}")
	print("\n".join(faults) or "forbidden: none found")
	sys.exit(bool(faults))


main()
