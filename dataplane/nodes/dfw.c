/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The firewall stages' common part: what the flow's entry remembers. A denied flow is live like an allowed one, so that its next
 * packets cost one lookup. Worker thread.
 */
#include "nodes/dfw.h"

#include "nodes/frag.h"
#include "nodes/path.h"
#include "tables/dfw_filter.h"
#include "tables/dfw_log.h"

#include <string.h>
#include "nodes/track.h"

struct memory { // of one firewall in a flow's entry
	enum rd_flow_fw fw;
	uint8_t decided, reply; // bits
	uint8_t stage;
};

static struct memory memory_of(enum rd_dfw_dir dir)
{
	if (dir == RD_DFW_IN)
		return (struct memory){
			RD_FW_IN, RD_DECIDED_DFW_IN, RD_FLOW_REPLY_IN, RD_STAGE_DFW_IN};
	return (struct memory){RD_FW_OUT, RD_DECIDED_DFW_OUT, RD_FLOW_REPLY_OUT, RD_STAGE_DFW_OUT};
}

static bool is_denied(const struct rd_flow *f, const struct memory *mem)
{
	return (f->acts & RD_ACT_DROP) != 0 && f->drop_stage == mem->stage;
}

static void memoise(struct rd_flow *f, const struct memory *mem, const struct rd_dfw_outcome *o)
{
	bool denies = o->v.action != RD_DFW_ALLOW;

	rd_flow_write_begin(f);
	if (mem->fw == RD_FW_IN)
		f->rule_in = o->v.slot;
	else
		f->rule_out = o->v.slot;
	if (denies || is_denied(f, mem)) { // reason shares its place with what an allowed flow has
		f->acts = denies ? f->acts | RD_ACT_DROP : f->acts & ~(uint32_t)RD_ACT_DROP;
		f->reason = denies ? o->v.reason : 0;
		f->drop_stage = denies ? mem->stage : 0;
	}
	f->conn[mem->fw] = o->ref;
	f->decided &= (uint8_t)~mem->reply;
	f->decided |= mem->decided | (o->reply ? mem->reply : 0);
	rd_flow_write_end(f);
}

// What the entry says. false: it says nothing, or not any more.
static bool recall(const struct rd_dfw_pkt *p, const struct memory *mem, struct rd_dfw_outcome *o)
{
	const struct rd_flow *f = p->md->flow;
	uint16_t slot;
	int rc = 0;

	if (f == NULL || (f->decided & mem->decided) == 0)
		return false;
	slot = mem->fw == RD_FW_IN ? f->rule_in : f->rule_out;
	*o = (struct rd_dfw_outcome){
		.v = {.action = RD_DFW_ALLOW, .rule_id = rd_dfw_slot_id(slot), .slot = slot},
		.ref = f->conn[mem->fw],
		.reply = (f->decided & mem->reply) != 0,
		.keep = true,
	};
	if (is_denied(f, mem)) {
		o->v.action = f->reason == RD_DROP_DFW_REJECTED ? RD_DFW_REJECT : RD_DFW_DROP;
		o->v.reason = f->reason;
		// A connection may have begun the other way since.
		return p->dfw == NULL || !p->dfw->stateful || !rd_dfw_has_connection(p);
	}
	if (o->ref != 0) {
		struct rd_conn_l4 l4 = rd_track_l4(p->m, p->md);

		rc = rd_dfw_follow(p, o->ref, o->reply ? RD_CONN_REPLY : RD_CONN_ORIG, &l4);
	}
	o->reason = rc;
	return rc != RD_CONN_GONE;
}

static void decide(const struct rd_dfw_pkt *p, const struct memory *mem, struct rd_dfw_outcome *o)
{
	struct rd_flow *f = p->md->flow;

	rd_dfw_decide(p, o);
	if (o->v.action == RD_DFW_REJECT)
		o->v.reason = RD_DROP_DFW_REJECTED;
	if (f == NULL)
		return;
	if (o->keep) {
		memoise(f, mem, o);
	} else if (f->decided & mem->decided) { // it was, for a connection that has ended
		rd_flow_write_begin(f);
		f->decided &= (uint8_t)~mem->decided;
		f->conn[mem->fw] = 0;
		rd_flow_write_end(f);
	}
}

static void note_fragment(const struct rd_dfw_pkt *p, const struct rd_dfw_outcome *o, int reason)
{
	rd_frag_note(p->m, p->md, (struct rd_frag_place){p->zone, (uint8_t)p->dir, p->w->now_s},
		(struct rd_frag_verdict){
			.rule_id = o->v.rule_id,
			.ref = o->ref,
			.reason = (uint16_t)reason,
			.slot = o->v.slot,
			.conn_dir = o->reply ? RD_CONN_REPLY : RD_CONN_ORIG,
		});
}

// The first packet of a flow; the others are only counted.
static void log_packet(const struct rd_dfw_pkt *p, const struct rd_dfw_verdict *v)
{
	bool ip = (p->md->pkt_flags & (RD_PKT_IPV4 | RD_PKT_IPV6)) != 0;
	bool tcp = p->md->proto == RD_IPPROTO_TCP && (p->md->pkt_flags & RD_PKT_L4);
	uint32_t len = p->m->pkt_len - p->md->l3_off;
	struct rd_flow_key k;

	rd_key_fill(p->m, p->md, &k);
	struct rd_dfw_log_rec rec = {.ns = rd_clock_ns(&p->w->clock, rd_tsc()),
		.rule_id = v->rule_id,
		.port = p->zone,
		.len = (uint16_t)RTE_MIN(len, (uint32_t)UINT16_MAX),
		.sport = k.sport,
		.dport = k.dport,
		.dir = (uint8_t)p->dir,
		.action = v->action,
		.proto = p->md->proto,
		.family = !ip				 ? 0
			: p->md->pkt_flags & RD_PKT_IPV4 ? 4
							 : 6,
		.tcp_flags = tcp
			? *rte_pktmbuf_mtod_offset(p->m, const uint8_t *, p->md->l4_off + 13)
			: 0};

	memcpy(rec.src, ip ? k.src : k.smac, ip ? 16 : 6);
	memcpy(rec.dst, ip ? k.dst : k.dmac, ip ? 16 : 6);
	rd_dfw_log_put(p->w, &rec);
}

static void count(const struct rd_dfw_pkt *p, int reason)
{
	enum rd_dfw_family family = p->md->pkt_flags & RD_PKT_IPV4 ? RD_DFW_V4
		: p->md->pkt_flags & RD_PKT_IPV6		   ? RD_DFW_V6
								   : RD_DFW_OTHER;

	if (reason == 0)
		rd_dfw_passed(p->w->id, p->zone, p->dir, family, 1);
	else
		rd_dfw_dropped(p->w->id, p->zone, p->dir, family, (uint16_t)reason);
}

int rd_dfw_stage(
	struct rd_worker *w, const struct rte_mbuf *m, struct rd_meta *md, enum rd_dfw_dir dir)
{
	struct memory mem = memory_of(dir);
	uint16_t port = dir == RD_DFW_IN ? md->out_port : md->in_port;
	struct rd_dfw_pkt p = {
		.w = w, .m = m, .md = md, .dfw = rd_dfw_of(w, port), .dir = dir, .zone = port};
	struct rd_dfw_outcome o;
	int reason;

	if (!recall(&p, &mem, &o)) {
		decide(&p, &mem, &o);
		if (o.v.log && w->dry == NULL)
			log_packet(&p, &o.v);
	}
	reason = o.v.action == RD_DFW_ALLOW ? o.reason : o.v.reason;
	count(&p, reason);
	md->rule_id = o.v.rule_id;
	if (o.v.slot != 0)
		rd_dfw_hit(w->id, o.v.slot, 1, m->pkt_len);
	if ((md->pkt_flags & (RD_PKT_FRAG | RD_PKT_FRAG_LATER)) == RD_PKT_FRAG && p.dfw != NULL
		&& p.dfw->stateful && w->dry == NULL)
		note_fragment(&p, &o, reason);
	// flow_install won't see it; what concerns this packet alone does not stop the flow.
	if (o.v.action != RD_DFW_ALLOW && o.keep && md->flow != NULL)
		rd_flow_make_live(w, md->flow);
	return reason;
}
