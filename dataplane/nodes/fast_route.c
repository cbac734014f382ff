/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fast path's packets that a router forwards: of those whose flow leads to it, the flow behind it is looked up, too, as route and
 * the second flow_lookup would. Whether both entries say all that is to be done is found out before anything is changed
 * (fast_exec.c). Worker thread.
 *
 * A flow's first packet in each second goes through the stages: they note that its neighbour is in use, and ask for it again.
 * So do all packets while a capture or mirror session is armed.
 */
#include "nodes/fast.h"

#include <string.h>

#include "tables/conn_packet.h"
#include "tables/flow_bucket.h"
#include "tables/router.h"

struct hop { // where a router's packets go next
	uint16_t slot; // of the neighbour; 0: nothing here
	uint16_t segment;
	uint32_t len_max; // of the IP packet; 0: not for the fast path
	uint8_t macs[12]; // as in the frame
};

struct behind { // the second lookup
	uint16_t nb;
	uint8_t cand[FAST_BURST]; // which candidates
	uint32_t hash[FAST_BURST];
	struct rd_flow *flow[FAST_BURST];
	struct rd_flow_key key[FAST_BURST];
};
static struct behind behind[RD_WORKER_MAX] __rte_cache_aligned;

static void enter_hop(struct hop *h, uint16_t slot)
{
	const struct rd_rif *out;
	struct rd_neigh n;

	*h = (struct hop){.slot = slot};
	if (!rd_neigh_at(slot, &n) || !rd_neigh_has_mac(&n))
		return;
	out = rd_rif_at(n.rif);
	if (out == NULL)
		return;
	memcpy(h->macs, n.mac, 6);
	memcpy(h->macs + 6, out->mac, 6);
	h->segment = out->segment;
	h->len_max = rd_rif_mtu(out);
}

// The entry in front of the router, as flow_lookup and route take it.
static inline bool leads_on(const struct fast_burst *b, const struct rd_flow *f)
{
	return (f->decided & RD_FLOW_READY) == RD_FLOW_READY && f->gen == b->gen && f->rev == b->rev
		&& (f->acts & (RD_ACT_ROUTE | RD_ACT_DROP | RD_ACT_FLOOD)) == RD_ACT_ROUTE
		&& f->next_hop != 0 && f->last_s == b->w->now_s;
}

static inline uint32_t ip_len(const struct fast_pkt *p, bool v6)
{
	return p->l4.len + (v6 ? (uint32_t)FAST_IP6_LEN : (uint32_t)FAST_IP4_LEN);
}

// What route looks at in each packet: the TTL, and how long it is.
static inline bool may_go(const struct fast_pkt *p, const struct rd_flow *f, const struct hop *h)
{
	const uint8_t *ip = rte_pktmbuf_mtod_offset(p->m, const uint8_t *, p->strip + RD_ETH_LEN);
	bool v6 = fast_is_ip6(&f->key);

	return ip[v6 ? 7 : 8] > 1 && ip_len(p, v6) <= h->len_max;
}

// As rd_key_fill() would make it behind the router; its hash. Whole words, see tables/flow_hash.h.
static inline uint32_t key_behind(
	const struct rd_flow_key *k, const struct hop *h, struct rd_flow_key *to)
{
	uint64_t w[8];

	memcpy(w, k, sizeof(w));
	w[0] = fast_load64(h->macs);
	w[1] = (uint64_t)((uint32_t)h->segment << 16 | k->in_port) << 32 | fast_load32(h->macs + 8);
	w[2] &= ~(uint64_t)UINT32_MAX; // no VNI
	memcpy(to, w, sizeof(w));
	return flow_hash_words(w);
}

static void gather(struct fast_burst *b, struct behind *r)
{
	struct hop hop = {0};

	r->nb = 0;
	for (uint16_t j = 0; j < b->nb; j++) {
		struct rd_flow *f = b->flow[j];

		if (f == NULL || (f->acts & RD_ACT_ROUTE) == 0 || !leads_on(b, f))
			continue;
		if (hop.slot != f->next_hop)
			enter_hop(&hop, f->next_hop);
		if (!may_go(&b->pkt[j], f, &hop))
			continue;
		r->hash[r->nb] = key_behind(&b->key[j], &hop, &r->key[r->nb]);
		rd_flow_prefetch(b->w->flows, r->hash[r->nb]);
		r->cand[r->nb++] = (uint8_t)j;
	}
}

__rte_noinline void fast_route_find(struct fast_burst *b)
{
	struct behind *r = &behind[b->w->id];

	gather(b, r);
	rd_flow_find_fetched(b->w->flows, r->key, r->hash, r->nb, r->flow);
	for (uint16_t i = 0; i < r->nb; i++) {
		uint16_t j = r->cand[i];

		if (r->flow[i] == NULL || r->flow[i]->last_s != b->w->now_s)
			continue;
		b->before[j] = b->flow[j];
		b->flow[j] = r->flow[i];
		b->routed |= UINT64_C(1) << j;
		if (r->flow[i]->conn[RD_FW_IN] != 0)
			rd_conn_prefetch(r->flow[i]->conn[RD_FW_IN]);
	}
}

// RFC 1141, as in route.c.
static inline void count_down(uint8_t *ip, bool v6)
{
	uint32_t sum = rd_be16(ip + 10) + 0x100u;

	if (v6) {
		ip[7]--;
		return;
	}
	ip[8]--;
	fast_put16(ip + 10, (uint16_t)(sum + (sum >> 16)));
}

void fast_route_forward(struct fast_burst *b, uint16_t j)
{
	const struct rd_flow *f = b->flow[j];
	const struct rd_rif *in = rd_rif_of_segment(b->before[j]->key.segment);
	const struct rd_rif *out = rd_rif_of_segment(f->key.segment);
	uint8_t *frame = rte_pktmbuf_mtod(b->pkt[j].m, uint8_t *);
	bool v6 = fast_is_ip6(&f->key);

	memcpy(frame, f->key.dmac, 12); // both
	count_down(frame + RD_ETH_LEN, v6);
	if (in != NULL && out != NULL)
		rd_rif_count(b->w->id, in->idx, out->idx, ip_len(&b->pkt[j], v6));
}
