/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See guard.h. A limit is a point of time up to which it is spent; a packet moves it by its share of a second, and may not move it
 * beyond now. Times are eighths of a nanosecond; they are compared by their difference, so they may wrap.
 */
#include "tables/guard.h"

#include <string.h>
#include <sys/socket.h>

#include "core/worker.h"

#define SECOND (UINT64_C(8) * 1000000000)
#define BURST (SECOND / 10)
#define BURST_PACKETS 16
#define BURST_BYTES 20000

static struct spent { // by port; atomic
	uint64_t packets, bytes, flows;
} spent[RD_PORT_MAX] __rte_cache_aligned;

static struct now { // a line for each worker
	uint64_t walk, time;
} __rte_cache_aligned nows[RD_WORKER_IDS];

uint64_t rd_guard_now(struct rd_worker *w)
{
	struct now *n = &nows[w->id];

	if (n->time == 0 || n->walk != w->polls)
		*n = (struct now){w->polls, rd_clock_ns(&w->clock, rd_tsc()) * 8};
	return n->time;
}

static uint64_t spent_up_to(uint64_t old, uint64_t burst, uint64_t now)
{
	int64_t left = (int64_t)(now - old);

	// full, or the clock was set
	return left > (int64_t)burst || left < -(int64_t)SECOND ? now - burst : old;
}

static bool take(uint64_t *until, uint64_t cost, uint64_t burst, uint64_t now)
{
	uint64_t old = __atomic_load_n(until, __ATOMIC_RELAXED), from;

	do {
		from = spent_up_to(old, burst, now);
		if ((int64_t)(now - from) < (int64_t)cost)
			return false;
	} while (!__atomic_compare_exchange_n(
		until, &old, from + cost, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return true;
}

static uint64_t burst_of(uint64_t nb, uint64_t rate)
{
	return RTE_MAX(BURST, nb * SECOND / rate);
}

static bool take_packets(const struct rd_guard *g, struct spent *s, uint64_t now)
{
	return g->max_packets == 0
		|| take(&s->packets, SECOND / g->max_packets,
			burst_of(BURST_PACKETS, g->max_packets), now);
}

bool rd_guard_take(const struct rd_guard *g, uint16_t port, uint32_t len, uint64_t now)
{
	struct spent *s = &spent[port];

	if (!take_packets(g, s, now))
		return false;
	if (g->max_bytes == 0
		|| take(&s->bytes, len * SECOND / g->max_bytes, burst_of(BURST_BYTES, g->max_bytes),
			now))
		return true;
	if (g->max_packets != 0)
		__atomic_fetch_sub(&s->packets, SECOND / g->max_packets, __ATOMIC_RELAXED);
	return false;
}

void rd_guard_return(const struct rd_guard *g, uint16_t port, uint32_t len)
{
	struct spent *s = &spent[port];

	if (g->max_packets != 0)
		__atomic_fetch_sub(&s->packets, SECOND / g->max_packets, __ATOMIC_RELAXED);
	if (g->max_bytes != 0)
		__atomic_fetch_sub(&s->bytes, len * SECOND / g->max_bytes, __ATOMIC_RELAXED);
}

bool rd_guard_flow(const struct rd_guard *g, uint16_t port, uint64_t now)
{
	return g->max_flows == 0
		|| take(&spent[port].flows, SECOND / g->max_flows,
			burst_of(BURST_PACKETS, g->max_flows), now);
}

static bool has(uint64_t *until, uint64_t cost, uint64_t burst, uint64_t now)
{
	uint64_t from = spent_up_to(__atomic_load_n(until, __ATOMIC_RELAXED), burst, now);

	return (int64_t)(now - from) >= (int64_t)cost;
}

bool rd_guard_could_take(const struct rd_guard *g, uint16_t port, uint32_t len, uint64_t now)
{
	struct spent *s = &spent[port];

	if (g->max_packets != 0
		&& !has(&s->packets, SECOND / g->max_packets,
			burst_of(BURST_PACKETS, g->max_packets), now))
		return false;
	return g->max_bytes == 0
		|| has(&s->bytes, len * SECOND / g->max_bytes, burst_of(BURST_BYTES, g->max_bytes),
			now);
}

bool rd_guard_could_flow(const struct rd_guard *g, uint16_t port, uint64_t now)
{
	return g->max_flows == 0
		|| has(&spent[port].flows, SECOND / g->max_flows,
			burst_of(BURST_PACKETS, g->max_flows), now);
}

void rd_guard_forget(uint16_t port)
{
	__atomic_store_n(&spent[port].packets, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&spent[port].bytes, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&spent[port].flows, 0, __ATOMIC_RELAXED);
}

static bool within(const struct rd_guard_addr *a, const uint8_t *addr)
{
	unsigned bytes = a->len / 8, bits = a->len % 8;

	return memcmp(a->addr, addr, bytes) == 0
		&& (bits == 0 || (a->addr[bytes] ^ addr[bytes]) >> (8 - bits) == 0);
}

bool rd_guard_has(const struct rd_guard *g, uint8_t family, const uint8_t *addr)
{
	for (unsigned i = 0; i < g->nb_addrs; i++)
		if (g->addr[i].family == family && within(&g->addr[i], addr))
			return true;
	return false;
}
