/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fast path's counters: every stage that it stands for counts the packet in and out. Worker thread.
 */
#include "nodes/fast.h"

#include "tables/dfw_filter.h"

static void passed(
	const struct rd_worker *w, uint16_t port, enum rd_dfw_dir dir, const uint32_t nb[2])
{
	rd_dfw_passed(w->id, port, dir, RD_DFW_V4, nb[0]);
	rd_dfw_passed(w->id, port, dir, RD_DFW_V6, nb[1]);
}

static void pass(struct rd_worker *w, unsigned stage, uint32_t n)
{
	w->stages[stage].in += n;
	w->stages[stage].out += n;
}

// What a router's packets pass besides: the router, and flow_lookup once more.
static void count_routed(struct rd_worker *w, struct fast_in *in)
{
	uint64_t *tally = w->tally[in->idx].in;

	pass(w, RD_STAGE_ROUTE, in->routed);
	pass(w, RD_STAGE_FLOW_LOOKUP, in->routed);
	tally[RD_STAGE_ROUTE] += in->routed;
	tally[RD_STAGE_FLOW_LOOKUP] += in->routed;
	w->flows->stats.hits += in->routed;
	in->routed = 0;
}

// All live flows of a port were decided by the same policy, so all of its packets have passed its firewall, or none.
static void count_port(struct rd_worker *w, struct fast_in *in)
{
	struct rd_port_stats *st = &w->ports[in->idx];

	if (in->packets[0] + in->packets[1] == 0)
		return;
	st->rx_packets += in->packets[0] + in->packets[1];
	st->rx_bytes += in->bytes;
	if (rd_dfw_of(w, in->idx) != NULL)
		passed(w, in->idx, RD_DFW_OUT, in->packets);
	if (unlikely(in->routed != 0))
		count_routed(w, in);
	in->packets[0] = in->packets[1] = in->bytes = 0;
}

// The same for those that wait to leave; an uplink has no firewall.
void fast_count_out(struct fast_burst *b)
{
	const struct fast_out *out = &b->out;
	struct rd_tally *tally = &b->w->tally[out->idx];
	uint32_t nb[2] = {0};

	if (out->stage == RD_STAGE_UPLINK_TX)
		return;
	tally->in[RD_STAGE_PORT_OUT] += out->nb;
	if (rd_dfw_of(b->w, out->idx) == NULL)
		return;
	tally->in[RD_STAGE_DFW_IN] += out->nb;
	for (uint16_t i = 0; i < out->nb; i++)
		nb[fast_is_ip6(&b->key[out->cand[i]])]++;
	passed(b->w, out->idx, RD_DFW_IN, nb);
}

static void count_kind(struct rd_worker *w, unsigned kind, uint16_t n)
{
	pass(w,
		kind & FAST_RX_VNIC	     ? RD_STAGE_VNIC_RX
			: kind & FAST_RX_UPT ? RD_STAGE_UPT_RX
					     : RD_STAGE_UPLINK_RX,
		n);
	pass(w, RD_STAGE_CLASSIFY, n);
	pass(w, kind & FAST_DECAP ? RD_STAGE_TUNNEL_DECAP : RD_STAGE_PORT_IN, n);
	pass(w, RD_STAGE_FLOW_LOOKUP, n);
	if (kind & FAST_DFW_OUT)
		pass(w, RD_STAGE_DFW_OUT, n);
	if (kind & FAST_DFW_IN)
		pass(w, RD_STAGE_DFW_IN, n);
	if (kind & FAST_ENCAP) {
		pass(w, RD_STAGE_TUNNEL_ENCAP, n);
		pass(w, RD_STAGE_UPLINK_SELECT, n);
	} else {
		pass(w, RD_STAGE_PORT_OUT, n);
	}
}

// Of the port that packets came from since the last time.
void fast_count(struct fast_burst *b)
{
	for (; b->kinds != 0; b->kinds &= b->kinds - 1) {
		unsigned kind = (unsigned)__builtin_ctzll(b->kinds);

		count_kind(b->w, kind, b->kind[kind]);
		b->w->tally[b->in.idx].fast[kind] += b->kind[kind];
		b->w->flows->stats.hits += b->kind[kind];
		b->kind[kind] = 0;
	}
	count_port(b->w, &b->in);
}
