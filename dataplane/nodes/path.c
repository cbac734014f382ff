/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The flow key of a packet, and the order of the stages behind the L2 decision. Called by
 * flow_lookup, l2_lookup, flood and the firewall stages, on the worker.
 */
#include "nodes/path.h"

#include <string.h>

static void key_addresses(const uint8_t *ip, uint8_t pkt_flags, struct rd_flow_key *k)
{
	if (pkt_flags & RD_PKT_IPV4) {
		memcpy(k->src, ip + 12, 4);
		memcpy(k->dst, ip + 16, 4);
	} else {
		memcpy(k->src, ip + 8, 16);
		memcpy(k->dst, ip + 24, 16);
	}
}

// Its identifier tells one ping from another.
static bool is_echo(uint8_t proto, uint8_t type)
{
	return proto == RD_IPPROTO_ICMP ? type == 0 || type == 8 : type == 128 || type == 129;
}

// len: readable bytes. classify has seen all of the header, but of ICMPv6 only 4 bytes.
static void key_ports(const uint8_t *l4, uint32_t len, struct rd_flow_key *k)
{
	if (k->proto == RD_IPPROTO_TCP || k->proto == RD_IPPROTO_UDP) {
		k->sport = rd_be16(l4);
		k->dport = rd_be16(l4 + 2);
	} else { // type and code
		k->sport = l4[0];
		k->dport = l4[1];
		if (is_echo(k->proto, l4[0]) && len >= 6)
			k->icmp_id = rd_be16(l4 + 4);
	}
}

void rd_key_fill(const struct rte_mbuf *m, const struct rd_meta *md, struct rd_flow_key *k)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);

	*k = (struct rd_flow_key){
		.in_port = md->in_port,
		.segment = md->segment,
		.vni = md->flags & RD_META_FROM_TUNNEL ? md->vni : 0,
		.ethertype = rd_be16(frame + md->l3_off - 2),
		.vlan = md->vlan,
		.ft = RD_FT_L2,
	};
	memcpy(k->dmac, frame, 6);
	memcpy(k->smac, frame + 6, 6);
	if ((md->pkt_flags & (RD_PKT_IPV4 | RD_PKT_IPV6)) == 0)
		return;
	k->ft = RD_FT_L3;
	k->proto = md->proto;
	key_addresses(frame + md->l3_off, md->pkt_flags, k);
	if ((md->pkt_flags & RD_PKT_L4) == 0)
		return;
	k->ft = RD_FT_L4;
	key_ports(frame + md->l4_off, m->data_len - md->l4_off, k);
}

uint32_t rd_path_acts(const struct rd_meta *md)
{
	const struct rd_worker *w = rd_worker_self();
	const struct rd_port *out;
	bool tunnelled = md->flags & RD_META_FROM_TUNNEL;
	uint32_t acts = RD_ACT_OUTPUT;

	if (md->flow != NULL && (md->flow->decided & RD_DECIDED_L2))
		return md->flow->acts;
	out = md->out_port != RD_PORT_NONE ? rd_port_at(md->out_port) : NULL;
	if (tunnelled)
		acts |= RD_ACT_DECAP;
	else if (md->routed == 0 && rd_dfw_of(w, md->in_port) != NULL) // its firewall is behind it
		acts |= RD_ACT_DFW_SRC;
	if (md->to_router)
		return (acts & ~(uint32_t)RD_ACT_OUTPUT) | RD_ACT_ROUTE;
	if (!tunnelled && md->tunnel != 0)
		acts |= RD_ACT_ENCAP;
	else if (out == NULL || out->type == RD_PORT_UPLINK)
		acts |= RD_ACT_UPLINK;
	else if (rd_dfw_of(w, md->out_port) != NULL)
		acts |= RD_ACT_DFW_DST;
	return acts;
}

enum rd_step rd_path_step(uint32_t acts, enum rd_step from)
{
	if (from <= RD_STEP_DFW_OUT && (acts & RD_ACT_DFW_SRC))
		return RD_STEP_DFW_OUT;
	if (from <= RD_STEP_ROUTE && (acts & RD_ACT_ROUTE))
		return RD_STEP_ROUTE;
	if (from <= RD_STEP_DFW_IN && (acts & RD_ACT_DFW_DST))
		return RD_STEP_DFW_IN;
	if (acts & RD_ACT_ENCAP)
		return RD_STEP_ENCAP;
	return acts & RD_ACT_UPLINK ? RD_STEP_UPLINK : RD_STEP_OUTPUT;
}

uint32_t rd_flow_deps(const struct rd_worker *w, const struct rd_flow *f)
{
	struct rd_deps d = {.in_port = f->key.in_port,
		.out_port = f->out_port,
		.uplink = f->uplink,
		.segment = f->key.segment,
		.tunnel = f->tunnel};
	uint32_t sum = rd_generation_deps(&d);

	if (w->policy != NULL)
		sum += w->policy->port[d.in_port].changes + w->policy->port[d.out_port].changes;
	return sum;
}

bool rd_flow_renew(const struct rd_worker *w, struct rd_flow *f)
{
	if ((f->decided & RD_FLOW_READY) != RD_FLOW_READY || f->deps != rd_flow_deps(w, f))
		return false;
	rd_flow_write_begin(f);
	f->gen = w->gen;
	f->rev = rd_policy_rev(w);
	if ((f->acts & RD_ACT_DROP) == 0)
		f->quiet = 0;
	rd_flow_write_end(f);
	return true;
}

void rd_flow_make_live(const struct rd_worker *w, struct rd_flow *f)
{
	uint32_t deps;

	// Reset by a stale neighbour of the same burst: that one decides again and comes here
	// later.
	if ((f->decided & RD_FLOW_READY) != RD_DECIDED_L2)
		return;
	deps = rd_flow_deps(w, f);
	if (rd_generation() != f->gen) // something changed while it was decided: not for the next
		return;
	rd_flow_write_begin(f);
	f->deps = deps;
	f->decided |= RD_DECIDED_LIVE;
	f->decided_s = w->now_s;
	rd_flow_write_end(f);
}
