/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See again.h. Per flow, direction and stage, the end of the highest segment is kept, in a table that all workers share: a flow that finds
 * its place taken by another one begins anew. Worker thread.
 */
#include "session/again.h"

#define FLAG_FIN 0x01u
#define FLAG_SYN 0x02u

// Of the innermost addresses and ports, this direction, this stage. Never 0.
static uint64_t key_of(const struct mirror_view *v, const struct rd_pkt *p)
{
	uint32_t at = p->l3_off + (p->flags & RD_PKT_IPV4 ? 12u : 8u);
	uint32_t end = at + (p->flags & RD_PKT_IPV4 ? 8u : 32u);
	uint64_t h = (uint64_t)v->seen->stage << 48 | (uint64_t)v->seen->port << 32
		| (uint32_t)p->sport << 16 | p->dport;

	for (; at < end && end <= v->len; at += 4)
		h = (h ^ rd_be32(v->bytes + at)) * UINT64_C(0xd6e8feb86659fd93);
	return (h ^ h >> 32) * UINT64_C(0xd6e8feb86659fd93) | 1;
}

static bool is_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

// A segment [from, to) after one that ended at `high`.
static bool repeats(uint8_t flags, uint32_t from, uint32_t to, uint32_t high)
{
	bool keep_alive = to - from <= 1 && from == high - 1;

	if (flags & FLAG_SYN) // else it begins another connection
		return to == high;
	return is_before(from, high) && !(keep_alive && (flags & FLAG_FIN) == 0);
}

bool mirror_is_again(struct mirror_state *st, const struct mirror_view *v)
{
	const struct rd_pkt *p = mirror_view_last(v);
	uint32_t header, from, to, high;
	uint64_t key, *place, was;
	bool again;

	if ((p->flags & RD_PKT_L4) == 0 || p->proto != RD_IPPROTO_TCP || p->l4_off + 8u > v->len)
		return false;
	header = (uint32_t)p->payload_off - p->l3_off;
	from = rd_be32(v->bytes + p->l4_off + 4);
	to = from + (p->l3_len > header ? p->l3_len - header : 0)
		+ ((p->tcp_flags & (FLAG_SYN | FLAG_FIN)) != 0);
	if (to == from)
		return false;
	key = key_of(v, p);
	place = &st->again[key >> 32 & (MIRROR_AGAIN - 1)];
	was = __atomic_load_n(place, __ATOMIC_RELAXED);
	high = (uint32_t)was;
	again = was >> 32 == (uint32_t)key && repeats(p->tcp_flags, from, to, high);
	if (was >> 32 != (uint32_t)key || (p->tcp_flags & FLAG_SYN) || is_before(high, to))
		__atomic_store_n(place, key << 32 | to, __ATOMIC_RELAXED);
	return again;
}
