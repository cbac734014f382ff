/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The sink of mirror sessions: of a packet at a stage a copy is made, for every session that wants it, in memory that nothing else
 * uses, and put on its way to the owner. Each packet has one fate, which is counted. Worker thread.
 */
#include "session/run.h"

#include <rte_errno.h>
#include <rte_mbuf.h>

#include "api/caprec.h"
#include "base/log.h"
#include "core/idle.h"
#include "core/tap_copy.h"
#include "session/again.h"
#include "session/cap.h"
#include "session/copy.h"
#include "session/match.h"
#include "session/pick.h"

RD_LOG_MODULE(mirror);

#define POOL_MBUFS 8191
#define POOL_CACHE 128
#define RING_SLOTS 4096

static struct rte_mempool *pool;
static struct rte_ring *ring;
static struct batch { // copies that a worker has made in this burst
	unsigned nb;
	struct rte_mbuf *m[RD_BURST];
} __rte_cache_aligned batches[RD_WORKER_MAX];
static struct mirror_view views[RD_WORKER_MAX] __rte_cache_aligned;

struct rte_mempool *mirror_pool(void)
{
	return pool;
}
struct rte_ring *mirror_ring(void)
{
	return ring;
}

int mirror_path_init(void)
{
	if (pool != NULL)
		return 0;
	pool = rte_pktmbuf_pool_create("mirror", POOL_MBUFS, POOL_CACHE,
		RTE_ALIGN_CEIL(sizeof(struct mirror_copy), RTE_MBUF_PRIV_ALIGN),
		MIRROR_HEADROOM + MIRROR_ROOM, SOCKET_ID_ANY);
	ring = rte_ring_create("mirror", RING_SLOTS, SOCKET_ID_ANY, RING_F_SC_DEQ);
	if (pool != NULL && ring != NULL)
		return 0;
	rd_log_err("no memory for %d copies: %s; try a larger --mem", POOL_MBUFS,
		rte_strerror(rte_errno));
	mirror_path_fini();
	return -ENOMEM;
}

void mirror_path_fini(void)
{
	rte_mempool_free(pool);
	rte_ring_free(ring);
	pool = NULL;
	ring = NULL;
}

static bool wants(const struct mirror_run *r, unsigned stage, uint16_t port, uint8_t flags)
{
	uint64_t here = r->any_port | __atomic_load_n(&r->at_port[port], __ATOMIC_RELAXED);
	uint8_t dir;

	if ((here >> stage & 1) == 0)
		return false;
	if ((r->by_flags >> stage & 1) == 0 || r->dir == RD_MIRROR_BOTH)
		return true;
	dir = (uint8_t)((flags & RD_CAP_F_TO_GUEST ? RD_MIRROR_TO_GUEST : 0)
		| (flags & RD_CAP_F_FROM_GUEST ? RD_MIRROR_FROM_GUEST : 0));
	return (dir & r->dir) != 0;
}

static void came(void *arg, struct rd_worker *w, unsigned stage, uint16_t port, uint8_t flags,
	uint32_t packets)
{
	const struct mirror_group *g = arg;

	for (unsigned i = 0; i < g->nb; i++)
		if (wants(g->run[i], stage, port, flags))
			g->run[i]->state->counts[w->id].came += packets;
}

static void stop(struct mirror_state *st, enum mirror_stop why)
{
	uint32_t runs = MIRROR_RUNS;

	__atomic_compare_exchange_n(
		&st->stop, &runs, why, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

static bool triggers(const struct mirror_run *r, struct mirror_view *v)
{
	const struct rd_pkt *p = mirror_view_last(v);

	if (r->spec.trigger == RD_MIRROR_TRIGGER_DROP)
		return v->seen->stage == RD_STAGE_DROP;
	mirror_view_parse(v);
	if (r->spec.trigger == RD_MIRROR_TRIGGER_RETRANSMIT)
		return mirror_is_again(r->state, v);
	return (p->flags & RD_PKT_L4) && p->proto == RD_IPPROTO_TCP && (p->tcp_flags & 0x04);
}

static bool is_triggered(const struct mirror_run *r, struct mirror_view *v)
{
	struct mirror_state *st = r->state;
	uint64_t since, ns = v->seen->ns;

	if (r->spec.trigger == RD_MIRROR_TRIGGER_NONE)
		return true;
	if (__atomic_load_n(&st->triggered, __ATOMIC_RELAXED) == 0) {
		if (!triggers(r, v))
			return false;
		__atomic_store_n(&st->trigger_ns, ns, __ATOMIC_RELAXED);
		__atomic_store_n(&st->triggered, 1, __ATOMIC_RELAXED);
	}
	since = __atomic_load_n(&st->trigger_ns, __ATOMIC_RELAXED);
	return r->spec.trigger_s == 0 || ns < since
		|| ns - since < (uint64_t)r->spec.trigger_s * 1000000000;
}

static inline bool is_own(const struct mirror_run *r, struct mirror_view *v)
{
	const struct mirror_excludes *e = __atomic_load_n(&r->excludes, __ATOMIC_ACQUIRE);

	if (likely(!mirror_may_be_own(e, v)))
		return false;
	mirror_view_parse(v);
	return mirror_is_excluded(e, v);
}

// What becomes of the packet before it is copied: the counter of its fate, or NULL if it is wanted.
static uint64_t *refused(const struct mirror_run *r, struct rd_worker *w, struct mirror_view *v,
	const struct rd_tap_seen *seen, struct mirror_counts *n)
{
	unsigned rule;

	mirror_view_make(v, seen);
	if (is_own(r, v)) {
		if (mirror_is_loop(r, v))
			stop(r->state, MIRROR_STOP_LOOP);
		return &n->excluded;
	}
	if (__atomic_load_n(&r->state->stop, __ATOMIC_RELAXED) != MIRROR_RUNS)
		return &n->stopped;
	if (r->spec.nb_rules != 0)
		mirror_view_parse(v);
	rule = mirror_match(&r->spec, v);
	n->rule_hits[rule < r->spec.nb_rules ? rule : RD_MIRROR_RULES]++;
	if (r->spec.nb_rules != 0 && (rule == r->spec.nb_rules || r->spec.rule[rule].deny))
		return &n->denied;
	if (r->spec.by_reason
		&& (seen->stage != RD_STAGE_DROP || seen->reason >= RD_DROP_MAX
			|| (r->spec.reasons[seen->reason / 64] >> (seen->reason % 64) & 1) == 0))
		return &n->reason;
	if (!is_triggered(r, v))
		return &n->waiting;
	return mirror_sampled(r, w, v) ? NULL : &n->sampled_out;
}

// A card copies it: seen all the same.
static uint64_t *left_to_card(const struct mirror_run *r, struct rd_worker *w,
	const struct rd_tap_seen *seen, struct mirror_counts *n)
{
	uint8_t card = r->cards ? r->card_at[seen->port][rd_mirror_is_egress(seen->stage)] : 0;

	if (card == 0)
		return NULL;
	r->state->card_seen[w->id][card - 1]++;
	return &n->card;
}

static bool is_tagged(struct mirror_view *v)
{
	uint16_t type = mirror_view_type(v);

	if (likely(type == RD_ETHERTYPE_IPV4 || type == RD_ETHERTYPE_IPV6))
		return false;
	mirror_view_parse(v);
	return v->outer.tags != 0 && (uint32_t)RD_ETH_LEN + 4 <= v->len;
}

static void describe(
	const struct mirror_run *r, struct mirror_view *v, uint32_t len, struct rd_encap_copy *c)
{
	*c = mirror_place(r, v->seen);
	mirror_describe(v->seen, len, c);
	if (r->wants_flow)
		c->flow = mirror_view_flow(v);
	if (is_tagged(v)) {
		c->tci = rd_be16(v->bytes + RD_ETH_LEN);
		c->en = RD_EN_KEPT;
	}
}

static struct rte_mbuf *copy(const struct mirror_run *r, struct mirror_view *v, uint32_t len)
{
	struct rte_mbuf *m = mirror_buffers(len);
	struct mirror_copy *c;

	if (m == NULL)
		return NULL;
	c = rte_mbuf_to_priv(m);
	mirror_label(r, v->seen, len, c);
	describe(r, v, len, &c->head);
	mirror_fill(m, v->seen);
	if (r->spec.mask != RD_MIRROR_MASK_NONE) {
		mirror_view_parse(v);
		mirror_mask(r, v, m);
	}
	return m;
}

bool mirror_is_idle(const struct rd_worker *w)
{
	return batches[w->id].nb == 0;
}

void mirror_queue(struct rd_worker *w, struct rte_mbuf *m)
{
	struct batch *b = &batches[w->id];

	b->m[b->nb++] = m;
	if (b->nb == RD_BURST)
		mirror_flush(w);
}

// true: the packet is this session's alone.
static bool take_for(const struct mirror_run *r, struct rd_worker *w, struct mirror_view *v,
	const struct rd_tap_seen *seen, bool gone)
{
	struct mirror_counts *n = &r->state->counts[w->id];
	uint32_t *crowd = mirror_crowd(w, seen), len;
	unsigned copies = mirror_copies_of(r);
	uint64_t *fate;
	struct rte_mbuf *m;

	n->taken++;
	n->last_ns = seen->ns;
	if (unlikely(n->first_ns == 0))
		n->first_ns = seen->ns;
	fate = refused(r, w, v, seen, n);
	if (fate == NULL)
		fate = left_to_card(r, w, seen, n);
	if (fate == NULL && gone && r->spec.exclusive)
		fate = &n->exclusive;
	len = mirror_cut(r, seen->len);
	if (fate == NULL && len < RD_ETH_LEN)
		fate = &n->mtu;
	if (fate == NULL && mirror_is_crowded(crowd, copies))
		fate = &n->crowded;
	if (fate == NULL && !mirror_rate(r, seen->ns, r->head_len + len))
		fate = &n->rate;
	if (fate == NULL && mirror_is_capped(seen->ns, r->head_len + len, copies))
		fate = &n->cap;
	m = fate == NULL ? copy(r, v, len) : NULL;
	if (fate == NULL && m == NULL)
		fate = &n->no_buf;
	if (fate != NULL) {
		++*fate;
		return false;
	}
	if (crowd != NULL)
		*crowd += copies;
	n->queued++;
	n->cut += len < seen->len;
	n->cut_bytes += seen->len - len;
	mirror_queue(w, m);
	return r->spec.exclusive;
}

static void take_one(
	const struct mirror_group *g, struct rd_worker *w, const struct rd_tap_seen *seen)
{
	struct mirror_view *v = &views[w->id];
	bool gone = false;

	v->ready = false;
	for (unsigned i = 0; i < g->nb; i++)
		if (wants(g->run[i], seen->stage, seen->port, seen->flags))
			gone |= take_for(g->run[i], w, v, seen, gone);
}

static void take(void *arg, struct rd_worker *w, const struct rd_tap_seen *seen, unsigned nb)
{
	const struct mirror_group *g = arg;
	const struct mirror_run *sole =
		g->nb == 1 && g->run[0]->plain && !g->run[0]->cards ? g->run[0] : NULL;

	if (sole != NULL && !wants(sole, seen->stage, seen->port, seen->flags))
		return;
	for (unsigned i = 0; i < nb;) {
		unsigned n = sole != NULL ? mirror_take_plain(sole, w, seen + i, nb - i) : 0;

		if (n == 0)
			take_one(g, w, &seen[i]);
		i += n != 0 ? n : 1;
	}
}

// The owner has no room: as if they had not been queued.
static void refuse(struct rd_worker *w, struct rte_mbuf **m, unsigned nb)
{
	for (unsigned i = 0; i < nb; i++) {
		struct mirror_copy *c = rte_mbuf_to_priv(m[i]);
		struct mirror_counts *n = &c->state->counts[w->id];

		n->queued--;
		n->ring_full++;
		n->cut -= c->len < c->head.wire_len;
		n->cut_bytes -= c->head.wire_len - c->len;
		rte_pktmbuf_free(m[i]);
	}
}

void mirror_flush(struct rd_worker *w)
{
	struct batch *b = &batches[w->id];
	unsigned n;

	if (w->id == MIRROR_OWNER) {
		mirror_send(w, b->m, b->nb); // and what went straight out
	} else if (b->nb != 0) {
		n = rte_ring_mp_enqueue_burst(ring, (void **)b->m, b->nb, NULL);
		refuse(w, b->m + n, b->nb - n);
		rd_idle_poke(rd_workers[MIRROR_OWNER]);
	}
	b->nb = 0;
}

static void flush(void *arg, struct rd_worker *w)
{
	(void)arg;
	mirror_flush(w);
}

const struct rd_tap_sink mirror_sink = {.came = came, .take = take, .flush = flush};
