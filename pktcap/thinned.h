/* SPDX-License-Identifier: BSD-3-Clause
 *
 * --max-cost: says when the session begins to pass packets over, and when it takes all again. Main thread.
 */
#pragma once

#include "api/capring.h"
#include "opts.h"

struct pk_thinned {
	unsigned band; // what was said last: log2 of N, rounded up; 0 = all packets
	uint64_t said_ns; // monotonic
};

// Looks at the rings; between two batches of records.
void pk_thinned_look(
	struct pk_thinned *t, const struct pk_opts *o, const struct rd_capring_reader *r);
