/* SPDX-License-Identifier: BSD-3-Clause
 *
 * --max-cost's messages, see thinned.h. Main thread.
 */
#include "thinned.h"

#include <stdio.h>

#include "base/clock.h"

#define AGAIN_NS 1000000000u // between two messages while N moves

static unsigned band_of(uint32_t n)
{
	return n <= 1 ? 0 : 32u - (unsigned)__builtin_clz(n - 1);
}

static void say(const struct pk_opts *o, uint32_t n)
{
	if (n <= 1)
		fprintf(stderr, "pktcap: takes every packet again\n");
	else
		fprintf(stderr,
			"pktcap: takes 1 packet in %u, to cost at most %llu %% of a worker's time "
			"(--max-cost)\n",
			(unsigned)n, (unsigned long long)o->session.max_cost);
}

void pk_thinned_look(
	struct pk_thinned *t, const struct pk_opts *o, const struct rd_capring_reader *r)
{
	uint32_t n = rd_capring_one_in(r);
	unsigned band = band_of(n);
	uint64_t now;

	if (band == t->band)
		return;
	now = rd_monotonic_ns();
	if (t->band != 0 && now - t->said_ns < AGAIN_NS) // the first time at once
		return;
	t->band = band;
	t->said_ns = now;
	say(o, n);
}
