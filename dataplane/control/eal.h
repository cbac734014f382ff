/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Start and end of DPDK's environment for the daemon. Main thread, once per process.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

struct rd_eal_opts {
	unsigned nb_workers;
	const char *main_core; // cpu number; NULL = the first that we may use
	const char *worker_cores; // "2,4-6"; NULL = the ones after that
	unsigned mem_mb;
	bool telemetry; // DPDK's socket for it
	bool huge; // hugepages
	bool pci; // look for PCI devices
	bool busy_cores_shared; // out: there are fewer cpus than threads
	const char *extra; // further EAL arguments, split at blanks; NULL = none
};

// EAL lcore 0 is the main thread, 1..nb_workers are the workers. 0 or -errno with *err.
int rd_eal_start(struct rd_eal_opts *opts, struct rd_err *err);
void rd_eal_stop(void);
const char *rd_eal_version(void);
