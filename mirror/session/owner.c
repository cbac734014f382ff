/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The end of a copy's way: worker 0 gives each one its number and its head, and sends it. It is the only one that does, so numbers
 * follow each other without a lock; between two walks, a bounded number at a time. What a device does not take is dropped and
 * counted: nobody waits for a collector. Worker 0 only.
 */
#include "session/run.h"

#include <string.h>
#include <rte_ethdev.h>

#include "core/tap_copy.h"
#include "session/copy.h"
#include "session/file.h"
#include "session/once.h"
#include "tables/port.h"

#define TURN 128 // copies out of the ring between two walks
#define FLAT_MAX 16384 // of a frame whose bytes have to be in a row

struct part { // copies that follow each other for one collector
	struct mirror_sent *sent;
	struct mirror_owned *owned;
	unsigned first; // of out.m
	bool once; // they were noted, and know their session; others may not
	uint32_t head; // bytes by which each is longer than its frame
	uint32_t wire, inner; // bytes
};
struct out { // copies for one device, to be sent together
	const struct rd_port *port;
	unsigned nb, nb_parts;
	struct rte_mbuf *m[RD_BURST];
	struct part part[RD_BURST];
};

static struct out out; // of worker 0
static uint8_t flat[FLAT_MAX];

// The device's queue that no worker uses, if there is one; else the worker's own.
static uint16_t transmit(
	const struct rd_worker *w, const struct rd_port *p, struct rte_mbuf **m, uint16_t nb)
{
	uint16_t queue = p->nb_txq != 0 ? w->id % p->nb_txq : 0, sent;
	bool shared = p->nb_txq < rd_nb_workers;

	if (p->eth.spare_txq)
		return rte_eth_tx_burst(p->ethdev, p->nb_txq, m, nb);
	if (shared)
		rte_spinlock_lock(&rd_tx_lock[p->ethdev]);
	sent = rte_eth_tx_burst(p->ethdev, queue, m, nb);
	if (shared)
		rte_spinlock_unlock(&rd_tx_lock[p->ethdev]);
	return sent;
}

// Of this part the device has not taken those from the one at `from` on.
static __rte_noinline void left_over(struct part *p, unsigned from, unsigned end)
{
	unsigned which = (unsigned)(p->sent - p->owned->sent);

	for (unsigned i = from; i < end; i++) {
		uint32_t inner = out.m[i]->pkt_len - p->head;

		if (p->once)
			mirror_once_forget(rte_mbuf_to_priv(out.m[i]), which);
		p->wire -= out.m[i]->pkt_len;
		p->inner -= inner;
		p->owned->packets--;
		p->owned->bytes -= inner;
	}
	p->sent->tx_drop += end - from;
	rte_pktmbuf_free_bulk(out.m + from, end - from);
}

static void send_out(const struct rd_worker *w)
{
	unsigned sent;

	if (out.nb == 0)
		return;
	sent = transmit(w, out.port, out.m, (uint16_t)out.nb);
	for (unsigned i = 0; i < out.nb_parts; i++) {
		struct part *p = &out.part[i];
		unsigned end = i + 1 < out.nb_parts ? p[1].first : out.nb;
		unsigned gone = RTE_MIN(RTE_MAX(sent, p->first), end);

		if (unlikely(gone < end))
			left_over(p, gone, end);
		p->sent->tx_ok += gone - p->first;
		p->sent->wire_bytes += p->wire;
		p->sent->inner_bytes += p->inner;
	}
	out.nb = out.nb_parts = 0;
	mirror_once_settle();
}

// So many more copies for a collector, which are at the end of out.m.
static void add_part(struct mirror_state *st, unsigned which, unsigned nb, uint32_t wire,
	uint32_t inner, bool once)
{
	struct mirror_sent *sent = &st->owned.sent[which];
	struct part *p = &out.part[out.nb_parts];

	st->owned.packets += nb;
	st->owned.bytes += inner;
	if (out.nb_parts != 0 && p[-1].sent == sent && p[-1].once == once) {
		p[-1].wire += wire;
		p[-1].inner += inner;
		return;
	}
	*p = (struct part){sent, &st->owned, out.nb - nb, once, (wire - inner) / nb, wire, inner};
	out.nb_parts++;
}

// All bytes of the frame in a row, where the head wants to read them.
static const uint8_t *frame_of(const struct rte_mbuf *m, uint32_t len)
{
	if (likely(m->nb_segs == 1) || len > FLAT_MAX)
		return rte_pktmbuf_mtod(m, const uint8_t *);
	rd_tap_copy(flat, m, 0, len);
	return flat;
}

static inline void put_before(
	struct rte_mbuf *m, const struct mirror_dest *d, const struct mirror_copy *c)
{
	const uint8_t *frame = frame_of(m, c->len);

	rd_encap_head(&d->encap, &c->head, frame, c->len,
		(uint8_t *)rte_pktmbuf_prepend(m, d->encap.len));
}

static void put_head(struct rte_mbuf *m, const struct mirror_dest *d, const struct mirror_copy *c)
{
	uint8_t head[RD_ENCAP_MAX];

	if (likely(d->encap.skip == 0)) {
		put_before(m, d, c);
		return;
	}
	// It would be written where it is read from.
	rd_encap_head(&d->encap, &c->head, rte_pktmbuf_mtod(m, const uint8_t *), c->len, head);
	(void)rte_pktmbuf_adj(m, d->encap.skip);
	memcpy(rte_pktmbuf_prepend(m, d->encap.len), head, d->encap.len);
}

static const struct rd_port *device_of(const struct mirror_dest *d)
{
	const struct rd_port *p = d->up ? rd_port_at(d->port) : NULL;

	if (p == NULL || p->attach != RD_ATTACH_ETHDEV || !p->admin_up || !p->link_up
		|| rd_port_gen[d->port] != d->port_gen)
		return NULL;
	return p;
}

static bool is_reached(const struct mirror_state *st, const struct rd_mirror_spec *s)
{
	return (s->max_packets != 0 && st->owned.packets >= s->max_packets)
		|| (s->max_bytes != 0 && st->owned.bytes >= s->max_bytes);
}

bool mirror_is_enough(struct mirror_state *st, const struct rd_mirror_spec *s)
{
	if (!is_reached(st, s))
		return false;
	if (__atomic_load_n(&st->stop, __ATOMIC_RELAXED) == MIRROR_RUNS)
		__atomic_store_n(&st->stop, MIRROR_STOP_ENDED, __ATOMIC_RELAXED);
	return true;
}

// There is room in out for another copy that leaves by this port.
static void leave_by(const struct rd_worker *w, const struct rd_port *p)
{
	if (out.nb == RD_BURST || (out.nb != 0 && out.port != p))
		send_out(w);
	out.port = p;
}

// Another of its group has sent the packet to this collector.
static bool is_duplicate(const struct rd_worker *w, const struct mirror_copy *c, unsigned which)
{
	enum mirror_once o = mirror_once_ask(c, which);

	if (o == MIRROR_ONCE_WAITS) {
		send_out(w);
		o = mirror_once_ask(c, which);
	}
	return o == MIRROR_ONCE_SENT;
}

// One copy to one collector. The mbuf is taken.
static void send_one(struct rd_worker *w, struct rte_mbuf *m, unsigned which)
{
	struct mirror_copy *c = rte_mbuf_to_priv(m);
	struct mirror_state *st = c->state;
	struct mirror_dest *d = &st->dest[which];
	const struct rd_port *p = which < st->nb_dests ? device_of(d) : NULL;

	if (unlikely(is_reached(st, &c->run->spec)))
		send_out(w); // what the device does not take was not sent
	if (p == NULL || mirror_is_enough(st, &c->run->spec)) {
		*(p == NULL ? &st->owned.no_dest : &st->owned.ended) += 1;
		rte_pktmbuf_free(m);
		return;
	}
	leave_by(w, p); // before it is noted: nothing in between asks the device
	if (c->run->spec.once != 0 && is_duplicate(w, c, which)) {
		st->owned.duplicate++;
		rte_pktmbuf_free(m);
		return;
	}
	c->head.seq = d->seq;
	if (d->encap.len != 0) {
		put_head(m, d, c);
		__atomic_store_n(&d->seq, d->seq + 1, __ATOMIC_RELAXED);
	}
	out.m[out.nb++] = m;
	add_part(st, which, 1, m->pkt_len, c->len, c->run->spec.once != 0);
}

static void replicate(struct rd_worker *w, struct rte_mbuf *m)
{
	struct mirror_state *st = ((struct mirror_copy *)rte_mbuf_to_priv(m))->state;
	unsigned last = st->nb_dests;

	for (unsigned i = 0; i < st->nb_dests; i++) {
		struct rte_mbuf *twin;

		if (!st->dest[i].up)
			continue;
		if (last != st->nb_dests) {
			twin = mirror_twin(m);
			st->owned.replicas += twin != NULL;
			st->owned.no_replica += twin == NULL;
			if (twin != NULL)
				send_one(w, twin, last);
		}
		last = i;
	}
	send_one(w, m, last);
}

// Rendezvous: each collector's draw for this flow; the highest has it. When one fails only its flows move.
static unsigned balanced(const struct mirror_state *st, const struct mirror_copy *c)
{
	uint64_t best = 0;
	unsigned which = st->nb_dests;

	for (unsigned i = 0; i < st->nb_dests; i++) {
		uint64_t draw =
			(c->head.flow ^ (i + 1) * 0x9e3779b1u) * UINT64_C(0xd6e8feb86659fd93);

		if (!st->dest[i].up)
			continue;
		draw ^= draw >> 32;
		draw *= UINT64_C(0xd6e8feb86659fd93);
		draw = (draw >> 32) * c->run->spec.dest[i].weight + 1;
		if (draw > best) {
			best = draw;
			which = i;
		}
	}
	return which;
}

bool mirror_send_frame(const struct rd_worker *w, struct rte_mbuf *m, uint16_t port)
{
	const struct rd_port *p = rd_port_at(port);

	send_out(w);
	if (p != NULL && p->attach == RD_ATTACH_ETHDEV && transmit(w, p, &m, 1) == 1)
		return true;
	rte_pktmbuf_free(m);
	return false;
}

static void dispatch(struct rd_worker *w, struct rte_mbuf *m)
{
	const struct mirror_copy *c = rte_mbuf_to_priv(m);

	if (c->run == NULL) {
		(void)mirror_send_frame(w, m, c->md.out_port);
		return;
	}
	if (c->run->spec.encap == RD_MIRROR_FILE) {
		mirror_file_put(m);
		return;
	}
	switch (c->run->spec.mode) {
	case RD_MIRROR_REPLICATE:
		replicate(w, m);
		break;
	case RD_MIRROR_BALANCE:
		send_one(w, m, balanced(c->state, c));
		break;
	default:
		send_one(w, m, c->state->active);
	}
}

// Heads for the copies in m, from the first on, that are of its session; how many these are, and *inner, the bytes of their frames.
static unsigned put_heads(
	struct mirror_dest *d, struct rte_mbuf *const *m, unsigned nb, uint32_t *inner)
{
	const struct mirror_run *r = ((struct mirror_copy *)rte_mbuf_to_priv(m[0]))->run;
	uint32_t seq = d->seq;
	unsigned i;

	for (i = 0; i < nb; i++) {
		struct mirror_copy *c = rte_mbuf_to_priv(m[i]);

		if (c->run != r)
			break;
		*inner += c->len;
		c->head.seq = seq + i;
		if (d->encap.len != 0)
			put_before(m[i], d, c);
	}
	if (d->encap.len != 0)
		__atomic_store_n(&d->seq, seq + i, __ATOMIC_RELAXED);
	return i;
}

// Where they go: to one collector.
static struct mirror_dest *only_dest(const struct mirror_run *r, const struct rd_port **p)
{
	struct mirror_state *st = r->state;

	if (!r->straight || st->active >= st->nb_dests)
		return NULL;
	*p = device_of(&st->dest[st->active]);
	return *p != NULL ? &st->dest[st->active] : NULL;
}

// What mostly comes: copies of one session, one behind the other, to one collector. How many were dealt with; 0: the first wants to be
// looked at by itself.
static unsigned send_straight(struct rd_worker *w, struct rte_mbuf *const *m, unsigned nb)
{
	const struct mirror_copy *c = rte_mbuf_to_priv(m[0]);
	const struct rd_port *p;
	struct mirror_dest *d = c->run != NULL ? only_dest(c->run, &p) : NULL;
	uint32_t inner = 0;

	if (d == NULL)
		return 0;
	leave_by(w, p);
	nb = put_heads(d, m, RTE_MIN(nb, RD_BURST - out.nb), &inner);
	memcpy(out.m + out.nb, m, nb * sizeof(m[0]));
	out.nb += nb;
	add_part(c->state, c->state->active, nb, inner + nb * d->encap.len, inner, false);
	return nb;
}

struct mirror_dest *mirror_straight(struct rd_worker *w, const struct mirror_run *r)
{
	const struct rd_port *p;
	struct mirror_dest *d = w->id == MIRROR_OWNER ? only_dest(r, &p) : NULL;

	if (d == NULL || d->encap.len == 0 || d->encap.skip != 0)
		return NULL;
	leave_by(w, p);
	return d;
}

void mirror_sent(struct rd_worker *w, struct mirror_state *st, struct mirror_dest *d,
	struct rte_mbuf *const *m, unsigned nb, uint32_t inner)
{
	if (nb == 0)
		return;
	if (out.nb + nb > RD_BURST)
		send_out(w);
	memcpy(out.m + out.nb, m, nb * sizeof(m[0]));
	out.nb += nb;
	add_part(st, (unsigned)(d - st->dest), nb, inner + nb * d->encap.len, inner, false);
	__atomic_store_n(&d->seq, d->seq + nb, __ATOMIC_RELAXED);
}

void mirror_send(struct rd_worker *w, struct rte_mbuf *const *m, unsigned nb)
{
	for (unsigned i = 0; i < nb;) {
		unsigned n = send_straight(w, m + i, nb - i);

		if (n == 0)
			dispatch(w, m[i]);
		i += n != 0 ? n : 1;
	}
	send_out(w);
}

uint32_t mirror_chore(struct rd_worker *w)
{
	struct rte_mbuf *m[TURN];
	unsigned n = rte_ring_sc_dequeue_burst(mirror_ring(), (void **)m, TURN, NULL);

	if (n != 0)
		mirror_send(w, m, n);
	return n;
}
