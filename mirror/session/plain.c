/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Copies of every packet, as it is: what most sessions want of a stage, a burst at a time. What is the same for all of a burst is
 * looked at once; packets that need more than a look at their first bytes (tunnels, tags, several segments, too long) are left to
 * copy.c, and so are all when the pool is nearly empty, in their order. Counts what copy.c would. Worker thread.
 */
#include "session/run.h"

#include <rte_mbuf.h>

#include "core/tap_copy.h"
#include "session/cap.h"
#include "session/copy.h"
#include "session/pick.h"

// One that no parser has to look at: IP without a tag, in a row, and not a copy of ours.
static inline bool is_simple(
	const struct mirror_excludes *e, const struct rd_tap_seen *s, const uint8_t *bytes)
{
	uint16_t type;

	if (s->inner_off != 0 || s->len < RD_ETH_LEN + 20u
		|| (int32_t)s->m->data_len - s->off < (int32_t)s->len)
		return false;
	type = rd_be16(bytes + 12);
	return (type == RD_ETHERTYPE_IPV4 || type == RD_ETHERTYPE_IPV6)
		&& (e == NULL || e->nb == 0 || !mirror_may_be_own_ip(e, bytes, type));
}

static inline const uint8_t *bytes_of(const struct rd_tap_seen *s)
{
	return rte_pktmbuf_mtod(s->m, const uint8_t *) + s->off;
}

// Whether this one is wanted; else its fate is counted.
static inline bool has_room(const struct mirror_run *r, const struct rd_tap_seen *s, uint32_t len,
	struct mirror_counts *n)
{
	if (len < RD_ETH_LEN)
		n->mtu++;
	else if (!mirror_rate(r, s->ns, r->head_len + len))
		n->rate++;
	else if (mirror_is_capped(s->ns, r->head_len + len, mirror_copies_of(r)))
		n->cap++;
	else
		return true;
	return false;
}

static inline void put(const struct mirror_run *r, const struct rd_tap_seen *s, uint32_t len,
	const struct rd_encap_copy *place, struct rte_mbuf *m)
{
	struct mirror_copy *c = rte_mbuf_to_priv(m);

	m->data_off = MIRROR_HEADROOM;
	m->data_len = (uint16_t)len;
	m->pkt_len = len;
	mirror_label(r, s, len, c);
	c->head = *place;
	mirror_describe(s, len, &c->head);
	rd_tap_copy_row(rte_pktmbuf_mtod(m, uint8_t *), bytes_of(s), len);
}

// How many of them can be dealt with here.
static inline unsigned simple_ones(
	const struct mirror_run *r, const struct rd_tap_seen *seen, unsigned nb)
{
	const struct mirror_excludes *e = __atomic_load_n(&r->excludes, __ATOMIC_ACQUIRE);
	unsigned i = 0;

	while (i < nb && is_simple(e, &seen[i], bytes_of(&seen[i]))
		&& mirror_cut(r, seen[i].len) <= MIRROR_ROOM)
		i++;
	return i;
}

static unsigned copy_all(const struct mirror_run *r, struct rd_worker *w,
	const struct rd_tap_seen *seen, struct rte_mbuf **m, unsigned nb)
{
	struct mirror_counts *n = &r->state->counts[w->id];
	const struct rd_encap_copy place = mirror_place(r, seen);
	unsigned made = 0;

	for (unsigned i = 0; i < nb; i++) {
		uint32_t len = mirror_cut(r, seen[i].len);

		if (!has_room(r, &seen[i], len, n))
			continue;
		n->cut += len < seen[i].len;
		n->cut_bytes += seen[i].len - len;
		put(r, &seen[i], len, &place, m[made++]);
	}
	n->queued += made;
	return made;
}

// The loop's and the limits' end stops it; the packet that finds it so is counted by copy.c.
static bool is_stopped(const struct mirror_run *r)
{
	return __atomic_load_n(&r->state->stop, __ATOMIC_RELAXED) != MIRROR_RUNS;
}

static void count(const struct mirror_run *r, struct rd_worker *w, const struct rd_tap_seen *seen,
	unsigned nb)
{
	struct mirror_counts *n = &r->state->counts[w->id];

	n->taken += nb;
	n->rule_hits[RD_MIRROR_RULES] += nb;
	n->last_ns = seen[nb - 1].ns;
	if (unlikely(n->first_ns == 0))
		n->first_ns = seen->ns;
}

unsigned mirror_take_plain(const struct mirror_run *r, struct rd_worker *w,
	const struct rd_tap_seen *seen, unsigned nb)
{
	struct rte_mbuf *m[RD_BURST];
	unsigned made;

	nb = simple_ones(r, seen, RTE_MIN(nb, (unsigned)RD_BURST));
	if (nb == 0 || is_stopped(r) || rte_pktmbuf_alloc_bulk(mirror_pool(), m, nb) != 0)
		return 0;
	count(r, w, seen, nb);
	made = copy_all(r, w, seen, m, nb);
	for (unsigned i = 0; i < made; i++)
		mirror_queue(w, m[i]);
	if (unlikely(made < nb))
		rte_pktmbuf_free_bulk(m + made, nb - made);
	return nb;
}
