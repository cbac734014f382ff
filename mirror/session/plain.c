/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Copies of every packet, as it is: what most sessions want of a stage, a burst at a time. What is the same for all of a burst is
 * looked at once; packets that need more than a look at their first bytes (tunnels, tags, several segments, too long) are left to
 * copy.c, and so are all when the pool is nearly empty, in their order. Counts what copy.c would. The owner's own copies go out from
 * here: their heads are written at once. Worker thread.
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
	uint32_t *crowd, struct mirror_counts *n)
{
	if (len < RD_ETH_LEN)
		n->mtu++;
	else if (mirror_is_crowded(crowd, mirror_copies_of(r)))
		n->crowded++;
	else if (mirror_has_rate(r) && !mirror_rate(r, s->ns, r->head_len + len))
		n->rate++;
	else if (mirror_is_capped(s->ns, r->head_len + len, mirror_copies_of(r)))
		n->cap++;
	else
		return true;
	return false;
}

static inline void put_frame(struct rte_mbuf *m, const struct rd_tap_seen *s, uint32_t len)
{
	m->data_off = MIRROR_HEADROOM;
	m->data_len = (uint16_t)len;
	m->pkt_len = len;
	rd_tap_copy_row(rte_pktmbuf_mtod(m, uint8_t *), bytes_of(s), len);
}

// For the owner, who will write its head.
static inline void put(const struct mirror_run *r, const struct rd_tap_seen *s, uint32_t len,
	const struct rd_encap_copy *head, struct rte_mbuf *m)
{
	struct mirror_copy *c = rte_mbuf_to_priv(m);

	put_frame(m, s, len);
	mirror_label(r, s, len, c);
	c->head = *head;
}

// By the owner itself: there is nothing to remember.
static inline void put_whole(const struct rd_encap *e, const struct rd_tap_seen *s, uint32_t len,
	const struct rd_encap_copy *head, struct rte_mbuf *m)
{
	put_frame(m, s, len);
	rd_encap_head(e, head, rte_pktmbuf_mtod(m, const uint8_t *), len,
		(uint8_t *)rte_pktmbuf_prepend(m, e->len));
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

struct plain { // what is copied together
	const struct mirror_run *r;
	const struct rd_tap_seen *seen;
	struct rte_mbuf **m;
	unsigned nb, made;
	uint32_t inner; // bytes of the frames in those made
};

// With the head if e is where they go, the first of them with this number.
static inline void copy_all(
	const struct rd_worker *w, struct plain *b, const struct rd_encap *e, uint32_t seq)
{
	struct mirror_counts *n = &b->r->state->counts[w->id];
	struct rd_encap_copy head = mirror_place(b->r, b->seen);
	const uint8_t flags = head.flags;

	for (unsigned i = 0; i < b->nb; i++) {
		const struct rd_tap_seen *s = &b->seen[i];
		uint32_t len = mirror_cut(b->r, s->len), *crowd = mirror_crowd(w, s);

		if (!has_room(b->r, s, len, crowd, n))
			continue;
		if (unlikely(crowd != NULL))
			*crowd += mirror_copies_of(b->r);
		n->cut += len < s->len;
		n->cut_bytes += s->len - len;
		b->inner += len;
		head.flags = flags;
		head.seq = seq + b->made;
		mirror_describe(s, len, &head);
		if (e != NULL)
			put_whole(e, s, len, &head, b->m[b->made++]);
		else
			put(b->r, s, len, &head, b->m[b->made++]);
	}
	n->queued += b->made;
}

// On their way to the owner; or, if this is he, and he has nothing older to send, out.
static unsigned send_all(struct plain *b, struct rd_worker *w)
{
	struct mirror_dest *d = mirror_is_idle(w) ? mirror_straight(w, b->r) : NULL;

	if (d != NULL) {
		copy_all(w, b, &d->encap, d->seq);
		mirror_sent(w, b->r->state, d, b->m, b->made, b->inner);
		return b->made;
	}
	copy_all(w, b, NULL, 0);
	for (unsigned i = 0; i < b->made; i++)
		mirror_queue(w, b->m[i]);
	return b->made;
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
	made = send_all(&(struct plain){r, seen, m, nb, 0, 0}, w);
	if (unlikely(made < nb))
		rte_pktmbuf_free_bulk(m + made, nb - made);
	return nb;
}
