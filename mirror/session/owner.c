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

struct out { // copies for one device, to be sent together
	const struct rd_port *port;
	unsigned nb;
	struct rte_mbuf *m[RD_BURST];
	struct mirror_sent *sent[RD_BURST];
	struct mirror_owned *owned[RD_BURST];
	uint32_t wire[RD_BURST], inner[RD_BURST];
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

static void send_out(const struct rd_worker *w)
{
	uint16_t sent;

	if (out.nb == 0)
		return;
	sent = transmit(w, out.port, out.m, (uint16_t)out.nb);
	for (unsigned i = 0; i < sent; i++) {
		out.sent[i]->tx_ok++;
		out.sent[i]->wire_bytes += out.wire[i];
		out.sent[i]->inner_bytes += out.inner[i];
	}
	for (unsigned i = sent; i < out.nb; i++) {
		out.sent[i]->tx_drop++;
		out.owned[i]->packets--;
		out.owned[i]->bytes -= out.inner[i];
		rte_pktmbuf_free(out.m[i]);
	}
	out.nb = 0;
}

// All bytes of the frame in a row, where the head wants to read them.
static const uint8_t *frame_of(const struct rte_mbuf *m, uint32_t len)
{
	if (likely(m->nb_segs == 1) || len > FLAT_MAX)
		return rte_pktmbuf_mtod(m, const uint8_t *);
	rd_tap_copy(flat, m, 0, len);
	return flat;
}

static void put_head(struct rte_mbuf *m, const struct mirror_dest *d, const struct mirror_copy *c)
{
	uint8_t head[RD_ENCAP_MAX];

	if (unlikely(d->encap.skip != 0)) { // it would be written where it is read from
		rd_encap_head(
			&d->encap, &c->head, rte_pktmbuf_mtod(m, const uint8_t *), c->len, head);
		(void)rte_pktmbuf_adj(m, d->encap.skip);
		memcpy(rte_pktmbuf_prepend(m, d->encap.len), head, d->encap.len);
		return;
	}
	rd_encap_head(&d->encap, &c->head, frame_of(m, c->len), c->len,
		(uint8_t *)rte_pktmbuf_prepend(m, d->encap.len));
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

// One copy to one collector. The mbuf is taken.
static void send_one(struct rd_worker *w, struct rte_mbuf *m, unsigned which)
{
	struct mirror_copy *c = rte_mbuf_to_priv(m);
	struct mirror_state *st = c->state;
	struct mirror_dest *d = &st->dest[which];
	const struct rd_port *p = which < st->nb_dests ? device_of(d) : NULL;
	unsigned i;

	if (unlikely(is_reached(st, &c->run->spec)))
		send_out(w); // what the device does not take was not sent
	if (p == NULL || mirror_is_enough(st, &c->run->spec)) {
		*(p == NULL ? &st->owned.no_dest : &st->owned.ended) += 1;
		rte_pktmbuf_free(m);
		return;
	}
	if (c->run->spec.once != 0 && mirror_once_was_sent(c, which)) {
		st->owned.duplicate++;
		rte_pktmbuf_free(m);
		return;
	}
	if (out.nb == RD_BURST || (out.nb != 0 && out.port != p))
		send_out(w);
	c->head.seq = d->seq;
	if (d->encap.len != 0) {
		put_head(m, d, c);
		__atomic_store_n(&d->seq, d->seq + 1, __ATOMIC_RELAXED);
	}
	st->owned.packets++;
	st->owned.bytes += c->len;
	i = out.nb++;
	out.port = p;
	out.m[i] = m;
	out.sent[i] = &st->owned.sent[which];
	out.owned[i] = &st->owned;
	out.wire[i] = m->pkt_len;
	out.inner[i] = c->len;
}

// Another copy of a copy; its private area, too.
static struct rte_mbuf *again(const struct rte_mbuf *m)
{
	struct rte_mbuf *twin = rte_pktmbuf_alloc(mirror_pool()), *to = twin;

	for (const struct rte_mbuf *from = m; twin != NULL; from = from->next) {
		to->data_off = from->data_off;
		to->data_len = from->data_len;
		memcpy(rte_pktmbuf_mtod(to, void *), rte_pktmbuf_mtod(from, const void *),
			from->data_len);
		if (from->next == NULL)
			break;
		to->next = rte_pktmbuf_alloc(mirror_pool());
		if (to->next == NULL) {
			rte_pktmbuf_free(twin);
			return NULL;
		}
		to = to->next;
	}
	if (twin == NULL)
		return NULL;
	twin->pkt_len = m->pkt_len;
	twin->nb_segs = m->nb_segs;
	memcpy(rte_mbuf_to_priv(twin), rte_mbuf_to_priv((struct rte_mbuf *)(uintptr_t)m),
		sizeof(struct mirror_copy));
	return twin;
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
			twin = again(m);
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

// Control's own: a question for an address.
static void send_raw(const struct rd_worker *w, struct rte_mbuf *m, uint16_t port)
{
	const struct rd_port *p = rd_port_at(port);

	send_out(w);
	if (p == NULL || p->attach != RD_ATTACH_ETHDEV || transmit(w, p, &m, 1) == 0)
		rte_pktmbuf_free(m);
}

static void dispatch(struct rd_worker *w, struct rte_mbuf *m)
{
	const struct mirror_copy *c = rte_mbuf_to_priv(m);

	if (c->run == NULL) {
		send_raw(w, m, c->md.out_port);
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

void mirror_send(struct rd_worker *w, struct rte_mbuf *const *m, unsigned nb)
{
	for (unsigned i = 0; i < nb; i++)
		dispatch(w, m[i]);
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
