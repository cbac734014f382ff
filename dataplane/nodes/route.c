/* SPDX-License-Identifier: BSD-3-Clause
 *
 * route: the distributed router. A packet to the router's MAC comes here, behind the firewall of its sender; it leaves with a TTL
 * less, the MACs of its next hop, in the next hop's segment, as if it had just come from there: flow_lookup, and so the firewall of
 * its destination and the tunnel, see it like any other of that segment. So a routed packet has two flow entries; what the first one
 * keeps is the neighbour. Comes from flow_lookup, l2_lookup and dfw_out. RFC 1812, section 5; RFC 8200.
 *
 * A packet to an address whose MAC is not known is dropped, and the address asked for: nothing waits here. What the router says of
 * its own (questions, ICMP errors, answers) has no flow entry.
 */
#include "nodes/route.h"

#include <arpa/inet.h>
#include <string.h>

#include "nodes/parse.h"
#include "nodes/path.h"

#define ROUTE_NEXT(X)               \
	X(DROP, drop)               \
	X(FLOW_LOOKUP, flow_lookup) \
	X(L2_LOOKUP, l2_lookup) X(FLOOD, flood)
RD_STAGE_EDGES(ROUTE_NEXT);

struct routing { // a packet at its router
	struct rd_worker *w;
	struct rte_mbuf *m;
	struct rd_meta *md;
	const struct rd_rif *in;
	uint8_t *ip;
	bool v4;
	unsigned nb_said;
	struct rte_mbuf *said[2]; // frames of the router's own, to be sent: an error, a question
};

static uint8_t family(const struct routing *r)
{
	return r->v4 ? AF_INET : AF_INET6;
}

static const uint8_t *destination(const struct routing *r)
{
	return r->ip + (r->v4 ? 16 : 24);
}

static uint32_t ip_len(const struct routing *r)
{
	return r->v4 ? rd_be16(r->ip + 2) : 40u + rd_be16(r->ip + 4);
}

static void keep(struct routing *r, struct rte_mbuf *said)
{
	if (said != NULL)
		r->said[r->nb_said++] = said;
}

static uint16_t refuse(struct routing *r, enum rd_drop_reason reason, uint16_t mtu)
{
	keep(r, rd_route_tell(r->w, r->m, r->in, reason, mtu));
	return rd_drop(r->md, reason);
}

// RFC 4291, sections 2.5.6 and 2.7; RFC 3927, section 2.7.
static bool is_confined(const struct routing *r)
{
	const uint8_t *src = r->ip + (r->v4 ? 12 : 8), *dst = destination(r);

	if (r->v4)
		return dst[0] >= 224 || rd_be16(src) == 0xa9fe || rd_be16(dst) == 0xa9fe
			|| rd_be32(src) == 0;
	return dst[0] == 0xff || (rd_be16(src) & 0xffc0) == 0xfe80
		|| (rd_be16(dst) & 0xffc0) == 0xfe80 || (rd_be32(src) | rd_be32(src + 4)) == 0;
}

// RFC 2644: a subnet's broadcast address is not routed to, nor is the subnet's own (RFC 1812, section 5.3.5). r: connected.
static bool is_broadcast(const struct rd_route *r, const uint8_t *to)
{
	uint32_t hosts = r->family == AF_INET && r->len < 31 ? UINT32_MAX >> r->len : 0;
	uint32_t host = rd_be32(to) & hosts;

	return hosts != 0 && (host == 0 || host == hosts);
}

// The first of a datagram's fragments: alone of them it has ports.
static bool is_first_fragment(const struct rd_meta *md)
{
	return (md->pkt_flags & (RD_PKT_FRAG | RD_PKT_FRAG_LATER)) == RD_PKT_FRAG;
}

// What a flow's way among several follows from. All fragments of a datagram go one way, so ports don't count for them.
static uint32_t way_hash(const struct routing *r)
{
	struct rd_flow_key k;

	if (!is_first_fragment(r->md))
		return r->md->hash;
	rd_key_fill(r->m, r->md, &k);
	k.sport = k.dport = 0;
	return rd_flow_l4_hash(&k);
}

// The neighbour that the packet goes to, by the routes: its slot, or 0 with *reason.
static uint16_t resolve(const struct routing *r, enum rd_drop_reason *reason)
{
	static const uint8_t kinds[] = {[RD_ROUTE_BLACKHOLE] = RD_DROP_L3_DISCARD,
		[RD_ROUTE_UNREACHABLE] = RD_DROP_L3_UNREACHABLE};
	const uint8_t *to = destination(r);
	struct rd_route found;
	unsigned way;
	int slot;

	*reason = RD_DROP_L3_NO_ROUTE;
	if (!rd_route_lookup(r->in->router, family(r), to, &found))
		return 0;
	if (found.nb_paths == 0) {
		*reason = (enum rd_drop_reason)kinds[found.kind];
		return 0;
	}
	if (found.kind == RD_ROUTE_CONNECTED && is_broadcast(&found, to)) {
		*reason = RD_DROP_L3_SCOPE;
		return 0;
	}
	way = way_hash(r) % found.nb_paths;
	if (found.kind == RD_ROUTE_VIA)
		to = found.path[way].addr;
	slot = rd_neigh_find(found.path[way].rif, family(r), to, r->w->dry == NULL, r->w->now_s);
	*reason = slot == -ENOSPC ? RD_DROP_L3_NEIGH_FULL : RD_DROP_L3_NEIGH_PENDING;
	return slot > 0 ? (uint16_t)slot : 0;
}

// Known to its flow, or to be found. 0 with *reason. A first fragment finds the flow of whole packets, whose way may be another.
static uint16_t next_hop(const struct routing *r, enum rd_drop_reason *reason)
{
	const struct rd_flow *f = r->md->flow;
	bool known = f != NULL && (f->acts & (RD_ACT_ROUTE | RD_ACT_DROP)) == RD_ACT_ROUTE;

	return known && f->next_hop != 0 && !is_first_fragment(r->md) ? f->next_hop
								      : resolve(r, reason);
}

// Every decision of the flow on this side is made. The second time it is another flow's turn.
static void memoise(const struct routing *r, uint16_t slot)
{
	struct rd_flow *f = r->md->flow;

	if (f == NULL || f->next_hop == slot || (f->acts & RD_ACT_DROP) != 0
		|| is_first_fragment(r->md))
		return;
	rd_flow_write_begin(f);
	f->next_hop = slot;
	rd_flow_write_end(f);
	rd_flow_make_live(r->w, f);
}

static void ask(struct routing *r, const struct rd_neigh *n, uint16_t slot)
{
	const struct rd_rif *out = rd_rif_at(n->rif);

	if (r->w->dry == NULL && rd_neigh_use(slot, r->w->now_s) && out != NULL)
		keep(r, rd_route_ask(r->w, r->md, out, n->family, n->addr));
}

// RFC 1141: one less in the byte above the protocol is 0x0100 less in its word.
static void count_down(struct routing *r)
{
	uint32_t sum;

	if (!r->v4) {
		r->ip[7]--;
		return;
	}
	r->ip[8]--;
	sum = rd_be16(r->ip + 10) + 0x100u;
	rd_put16(r->ip + 10, (uint16_t)(sum + (sum >> 16)));
}

static uint16_t forward(struct routing *r, const struct rd_neigh *n, const struct rd_rif *out)
{
	uint8_t *frame = rte_pktmbuf_mtod(r->m, uint8_t *);

	memcpy(frame, n->mac, 6);
	memcpy(frame + 6, out->mac, 6);
	count_down(r);
	if (r->w->dry == NULL)
		rd_rif_count(r->w->id, r->in->idx, out->idx, ip_len(r));
	rd_route_leave(r->md, out->segment);
	return NEXT_FLOW_LOOKUP;
}

static uint16_t route(struct routing *r)
{
	enum rd_drop_reason reason = RD_DROP_L3_NO_ROUTE;
	const struct rd_rif *out;
	struct rd_neigh n;
	uint16_t slot;

	if (is_confined(r))
		return rd_drop(r->md, RD_DROP_L3_SCOPE);
	if (r->ip[r->v4 ? 8 : 7] <= 1)
		return refuse(r, RD_DROP_L3_TTL, 0);
	slot = next_hop(r, &reason);
	if (slot == 0 || !rd_neigh_at(slot, &n))
		return refuse(r, reason, 0);
	out = rd_rif_at(n.rif);
	if (out == NULL)
		return rd_drop(r->md, RD_DROP_L3_NO_ROUTER);
	if (!rd_neigh_has_mac(&n)) {
		ask(r, &n, slot);
		return n.state == RD_NEIGH_FAILED ? refuse(r, RD_DROP_L3_NEIGH_FAILED, 0)
						  : rd_drop(r->md, RD_DROP_L3_NEIGH_PENDING);
	}
	if (ip_len(r) > rd_rif_mtu(out))
		return refuse(r, RD_DROP_L3_MTU, rd_rif_mtu(out));
	ask(r, &n, slot);
	memoise(r, slot);
	return forward(r, &n, out);
}

// Other hosts' routers, with our MAC: they may have asked, and hear it only from us.
static bool are_others(const struct rd_meta *md)
{
	const struct rd_segment *seg = rd_segment_at(md->segment);

	if (seg == NULL || seg->nb_tunnels != 0)
		return seg != NULL;
	for (unsigned i = 0; i < seg->nb_ports; i++) {
		const struct rd_port *p = rd_port_at(seg->port[i]);

		if (p != NULL && p->type == RD_PORT_UPLINK && p->idx != md->in_port)
			return true;
	}
	return false;
}

static uint16_t to_self(struct routing *r, int what)
{
	switch (what) {
	case RD_ROUTE_ANSWER:
		rd_route_leave(r->md, r->in->segment);
		return NEXT_L2_LOOKUP;
	case RD_ROUTE_HEARD:
		if (are_others(r->md)) {
			rd_route_leave(r->md, r->in->segment);
			return NEXT_FLOOD;
		}
		// fallthrough
	case RD_ROUTE_DONE:
		rte_pktmbuf_free(r->m);
		return RD_CONSUMED;
	default:
		return rd_drop(r->md, (enum rd_drop_reason) - what);
	}
}

static uint16_t route_one(struct routing *r)
{
	int what;

	r->nb_said = 0;
	r->md->to_router = 0;
	r->in = rd_rif_of_segment(r->md->segment);
	if (r->in == NULL)
		return rd_drop(r->md, RD_DROP_L3_NO_ROUTER);
	r->v4 = r->md->pkt_flags & RD_PKT_IPV4;
	r->ip = rte_pktmbuf_mtod_offset(r->m, uint8_t *, r->md->l3_off);
	what = rd_route_self(r->w, r->m, r->md, r->in);
	return what == RD_ROUTE_OTHER ? route(r) : to_self(r, what);
}

static void say(struct rte_graph *graph, struct rte_node *node, const struct routing *r)
{
	struct rd_stage_stats *st = &r->w->stages[RD_STAGE_ROUTE];

	for (unsigned i = 0; i < r->nb_said; i++) {
		st->created++;
		st->out++;
		r->w->tally[r->md->in_port].created[RD_STAGE_ROUTE]++;
		rte_node_enqueue_x1(graph, node, NEXT_L2_LOOKUP, r->said[i]);
	}
}

static uint16_t route_process(
	struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb)
{
	struct routing r = {.w = rd_worker_self()};
	struct rd_stage_stats *st = &r.w->stages[RD_STAGE_ROUTE];
	uint16_t next[RD_BURST];

	st->in += nb;
	for (uint16_t off = 0; off < nb; off += RD_BURST) {
		uint16_t n = RTE_MIN((uint16_t)(nb - off), (uint16_t)RD_BURST);

		for (uint16_t i = 0; i < n; i++) {
			r.m = objs[off + i];
			r.md = rd_meta(r.m);
			rd_stage_enter(r.md, RD_STAGE_ROUTE);
			r.w->tally[r.md->in_port].in[RD_STAGE_ROUTE]++;
			next[i] = route_one(&r);
			say(graph, node, &r);
		}
		rd_stage_leave(graph, node, objs + off, next, n, st);
	}
	return nb;
}

RD_STAGE_REGISTER_BURST(ROUTE, route, route_process, RD_SIDE_IN);
