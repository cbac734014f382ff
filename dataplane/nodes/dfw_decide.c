/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A firewall's decision from the tables: see dfw.h. Worker thread.
 */
#include "nodes/dfw.h"

#include <string.h>

#include "core/dry.h"
#include "nodes/frag.h"
#include "nodes/path.h"
#include "nodes/track.h"
#include "tables/conn_quote.h"

static void refuse(struct rd_dfw_outcome *o, int reason)
{
	o->v = (struct rd_dfw_verdict){.action = RD_DFW_DROP, .reason = (uint16_t)reason};
	o->keep = false;
}

static enum rd_dfw_dir other_way(enum rd_dfw_dir dir)
{
	return dir == RD_DFW_IN ? RD_DFW_OUT : RD_DFW_IN;
}

// A connection is as good as its first packet would be now. reply: the packet goes against the first one. false: it has ended.
static bool still_allowed(const struct rd_dfw_pkt *p, const struct rd_flow_key *k,
	struct rd_conn_found *c, bool reply)
{
	struct rd_dfw_verdict v;
	struct rd_flow_key orig;

	if (c->policy == p->dfw->serial)
		return true;
	orig = rd_track_orig(&c->orig, k, reply);
	v = rd_dfw_match(p->dfw, reply ? other_way(p->dir) : p->dir, &orig);
	if (v.action != RD_DFW_ALLOW) {
		if (p->w->dry == NULL)
			rd_conn_kill(p->w->id, c->ref);
		return false;
	}
	if (p->w->dry == NULL)
		rd_conn_judged(c->ref, p->dfw->serial, v.rule_id, v.slot);
	c->rule_id = v.rule_id;
	c->rule_slot = v.slot;
	return true;
}

static struct rd_dfw_verdict verdict_of(const struct rd_conn_found *c)
{
	return (struct rd_dfw_verdict){
		.action = RD_DFW_ALLOW, .rule_id = c->rule_id, .slot = c->rule_slot};
}

int rd_dfw_follow(const struct rd_dfw_pkt *p, rd_conn_ref ref, enum rd_conn_dir dir,
	const struct rd_conn_l4 *l4)
{
	if (p->w->dry == NULL)
		return rd_conn_packet(ref, dir, p->md->proto, l4, p->m->pkt_len, p->w->now_s);
	rd_dry_note(p->w, p->md, RD_DRY_CONN, rd_conn_state_now(ref));
	if (dir == RD_CONN_REPLY)
		rd_dry_note(p->w, p->md, RD_DRY_REPLY, 0);
	return rd_conn_try(ref, dir, p->md->proto, l4);
}

// One more packet of a connection. false: it has just ended.
static bool follow(const struct rd_dfw_pkt *p, const struct rd_flow_key *k,
	const struct rd_conn_found *c, struct rd_dfw_outcome *o)
{
	struct rd_conn_l4 l4 = rd_track_l4(p->m, p->md);
	int rc;

	o->v = verdict_of(c);
	o->keep = true;
	if (c->dir == RD_CONN_REPLY) {
		struct rd_dfw_verdict l2 = rd_dfw_match_l2(p->dfw, p->dir, k);

		if (l2.action != RD_DFW_ALLOW) {
			o->v = l2;
			return true;
		}
	}
	rc = rd_dfw_follow(p, c->ref, c->dir, &l4);
	if (rc == RD_CONN_GONE)
		return false;
	o->ref = c->ref;
	o->reply = c->dir == RD_CONN_REPLY;
	o->reason = rc;
	return true;
}

// Would a connection begin? instead: the one that ends first, 0 = none.
static void would_begin(const struct rd_dfw_pkt *p, const struct rd_conn_key *key,
	const struct rd_conn_l4 *l4, rd_conn_ref instead, struct rd_dfw_outcome *o)
{
	rd_dry_note(p->w, p->md, instead != 0 ? RD_DRY_CONN_GONE : RD_DRY_CONN_NEW, 0);
	o->reason = rd_conn_would(key, &p->dfw->limits, l4, instead);
	o->keep = o->reason == 0;
	if (o->keep)
		rd_dry_begin(p->w, key, o->v.rule_id, o->v.slot);
}

// Whether the packet answers a connection that this walk would have begun: a router's echo reply.
static bool answers(const struct rd_dfw_pkt *p, const struct rd_flow_key *k,
	const struct rd_conn_key *key, struct rd_dfw_outcome *o)
{
	bool echo_reply = (k->proto == RD_IPPROTO_ICMP && k->sport == 0)
		|| (k->proto == RD_IPPROTO_ICMPV6 && k->sport == 129);
	const struct rd_dry_conn *c =
		p->w->dry != NULL && echo_reply ? rd_dry_begun(p->w, key) : NULL;

	if (c == NULL)
		return false;
	*o = (struct rd_dfw_outcome){
		.v = {.action = RD_DFW_ALLOW, .rule_id = c->rule_id, .slot = c->rule_slot},
		.reply = true};
	return true;
}

// The rules decide about a first packet.
static void begin(const struct rd_dfw_pkt *p, const struct rd_flow_key *k,
	const struct rd_conn_key *key, rd_conn_ref instead, struct rd_dfw_outcome *o)
{
	struct rd_conn_l4 l4 = rd_track_l4(p->m, p->md);
	struct rd_conn_found c;
	int rc;

	*o = (struct rd_dfw_outcome){.v = rd_dfw_match(p->dfw, p->dir, k), .keep = true};
	if (o->v.action != RD_DFW_ALLOW)
		return;
	if (p->w->dry != NULL) {
		would_begin(p, key, &l4, instead, o);
		return;
	}
	rc = rd_conn_create(p->w->id, key, &p->dfw->limits, &l4, p->w->now_s, &c);
	if (rc != 0) {
		o->reason = rc;
		o->keep = false;
		return;
	}
	rd_conn_judged(c.ref, p->dfw->serial, o->v.rule_id, o->v.slot);
	rd_conn_count(rd_conn_line(c.ref), c.dir, p->m->pkt_len, p->w->now_s);
	if (o->v.slot != 0)
		rd_dfw_session(p->w->id, o->v.slot);
	o->ref = c.ref;
	o->reply = c.dir == RD_CONN_REPLY;
}

static void decide_conn(
	const struct rd_dfw_pkt *p, const struct rd_flow_key *k, struct rd_dfw_outcome *o)
{
	struct rd_conn_key key = rd_track_key(k, p->zone, p->dir == RD_DFW_IN);
	struct rd_conn_found c = {0};

	if (rd_conn_find(&key, &c) && still_allowed(p, k, &c, c.dir == RD_CONN_REPLY)
		&& follow(p, k, &c, o))
		return;
	if (answers(p, k, &key, o))
		return;
	begin(p, k, &key, c.ref, o);
}

// Never memoised: the next error with these addresses may speak of something else.
static void decide_error(
	const struct rd_dfw_pkt *p, const struct rd_flow_key *k, struct rd_dfw_outcome *o)
{
	struct rd_conn_l4 l4 = rd_track_l4(p->m, p->md);
	uint8_t family = k->ethertype == RD_ETHERTYPE_IPV6 ? 6 : 4;
	struct rd_conn_found c;
	struct rd_conn_key inner;
	int rc = rd_conn_quoted(&l4, family, &inner);

	o->keep = false;
	if (rc == RD_DROP_DFW_SHORT || rc == RD_DROP_DFW_BAD_OFFSET) {
		refuse(o, rc);
		return;
	}
	inner.zone = p->zone;
	inner.to_guest = p->dir == RD_DFW_OUT;
	// Who is told must be who sent the quoted packet; and the error goes against it.
	if (rc == 0 && memcmp(inner.src, k->dst, 16) == 0 && rd_conn_find_related(&inner, &c)
		&& still_allowed(p, k, &c, c.dir == RD_CONN_ORIG)) {
		o->v = verdict_of(&c);
		return;
	}
	o->v = rd_dfw_match(p->dfw, p->dir, k);
}

// Of its packet's first fragment, which has the ports.
static void decide_later(const struct rd_dfw_pkt *p, struct rd_dfw_outcome *o)
{
	struct rd_frag_place at = {p->zone, (uint8_t)p->dir, p->w->now_s};
	struct rd_frag_verdict v;

	if (!rd_frag_follow(p->w, p->m, p->md, at, &v)) {
		refuse(o, RD_DROP_FRAG_NO_HEAD);
		return;
	}
	if (v.reason != 0)
		refuse(o, v.reason);
	o->v.rule_id = v.rule_id;
	o->v.slot = v.slot;
	o->keep = false;
}

void rd_dfw_decide(const struct rd_dfw_pkt *p, struct rd_dfw_outcome *o)
{
	enum rd_track_kind kind = RD_TRACK_NONE;
	struct rd_flow_key k;

	*o = (struct rd_dfw_outcome){.keep = true};
	if (p->dfw == NULL)
		return;
	rd_key_fill(p->m, p->md, &k);
	if (p->dfw->stateful)
		kind = rd_track_kind(p->md, &k);
	switch (kind) {
	case RD_TRACK_CONN:
		decide_conn(p, &k, o);
		break;
	case RD_TRACK_ERROR:
		decide_error(p, &k, o);
		break;
	case RD_TRACK_LATER:
		decide_later(p, o);
		break;
	default:
		o->v = rd_dfw_match(p->dfw, p->dir, &k);
	}
}

bool rd_dfw_has_connection(const struct rd_dfw_pkt *p)
{
	struct rd_conn_found c;
	struct rd_conn_key key;
	struct rd_flow_key k;

	rd_key_fill(p->m, p->md, &k);
	if (rd_track_kind(p->md, &k) != RD_TRACK_CONN)
		return false;
	key = rd_track_key(&k, p->zone, p->dir == RD_DFW_IN);
	return rd_conn_find(&key, &c);
}
