/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The generations. Bumped by control and, when a station moves, by workers.
 */
#include "tables/generation.h"

#include <errno.h>
#include <stdbool.h>

#include "tables/segment.h"
#include "tables/tunnel.h"

// Starts at 1, so that a zeroed flow entry is stale.
uint32_t rd_generation_ = 1;

// Element 0 of each means: not of this flow. It never changes.
static uint32_t everything, ports[RD_PORT_MAX], segments[RD_SEGMENT_MAX], tunnels[RD_TUNNEL_MAX];

static void next(uint32_t *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_ACQ_REL);
}

// The generation goes up before and after the counter. Before: whoever takes the new counter into its sum, but decided from
// what was there before, sees that the generation has moved on (flow entries go live only then). After: whoever compared
// its sum in between compares again.
static void touch(uint32_t *counter)
{
	next(&rd_generation_);
	next(counter);
	next(&rd_generation_);
}

void rd_generation_next(void)
{
	next(&rd_generation_);
}

void rd_generation_bump(void)
{
	touch(&everything);
}

void rd_generation_port(uint16_t idx)
{
	touch(idx > 0 && idx < RD_PORT_MAX ? &ports[idx] : &everything);
}

void rd_generation_segment(uint16_t idx)
{
	touch(idx > 0 && idx < RD_SEGMENT_MAX ? &segments[idx] : &everything);
}

void rd_generation_tunnel(uint16_t idx)
{
	touch(idx > 0 && idx < RD_TUNNEL_MAX ? &tunnels[idx] : &everything);
}

static uint32_t get(const uint32_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_ACQUIRE);
}

uint32_t rd_generation_deps(const struct rd_deps *d)
{
	return get(&everything) + get(&ports[d->in_port]) + get(&ports[d->out_port])
		+ get(&ports[d->uplink]) + get(&segments[d->segment]) + get(&tunnels[d->tunnel]);
}

int rd_generation_set(uint32_t value)
{
	uint32_t now = rd_generation();

	// A worker may bump it meanwhile, so this is a compare and swap.
	do {
		if (value < now)
			return -EINVAL;
	} while (!__atomic_compare_exchange_n(
		&rd_generation_, &now, value, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	return 0;
}
