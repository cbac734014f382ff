/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The stateful firewall of the reference: connections, fragments, ICMP errors, limits. See semantics_state.h.
 */
#include "semantics_state.h"

#include <string.h>

#define CONNS 128
#define HEADS 256
#define HEAD_S 30

struct head { // of a fragmented packet
	uint16_t zone; // 0 = free
	uint8_t dir, kind, proto;
	uint8_t src[16], dst[16];
	uint32_t made_s, seq; // of the TCP header
	uint32_t conn; // its id
	uint8_t from; // side of that connection
	uint16_t reason;
};

static struct state {
	struct sem_conn conn[CONNS];
	struct head head[HEADS];
} now, saved;
static uint32_t last_s[CONNS], saved_last_s[CONNS]; // of each connection: no change by itself
static uint32_t next_id;

struct pass { // a packet at a firewall
	const struct sem_port *p;
	enum rd_dfw_dir dir;
	const struct sem_pkt *k;
};

void sem_state_begin(void)
{
	memset(&now, 0, sizeof(now));
	next_id = 1;
}

void sem_state_save(void)
{
	saved = now;
	memcpy(saved_last_s, last_s, sizeof(last_s));
}

bool sem_state_restore(void)
{
	bool changed = memcmp(&saved, &now, sizeof(now)) != 0;

	now = saved;
	memcpy(last_s, saved_last_s, sizeof(last_s));
	return changed;
}

static bool is_icmp(uint8_t proto)
{
	return proto == 1 || proto == 58;
}

static uint8_t echo(const struct sem_pkt *k) // 1 request, 2 reply, 0 neither
{
	if (!is_icmp(k->proto) || k->dport != 0)
		return 0;
	if (k->sport == (k->kind == SEM_IP4 ? 8 : 128))
		return 1;
	return k->sport == (k->kind == SEM_IP4 ? 0 : 129) ? 2 : 0;
}

bool sem_is_error(const struct sem_pkt *k)
{
	if (k->kind == SEM_IP6)
		return k->proto == 58 && k->sport < 128;
	return k->proto == 1
		&& (k->sport == 3 || k->sport == 4 || k->sport == 5 || k->sport == 11
			|| k->sport == 12);
}

static bool has_ports(uint8_t proto) // or a type and an id
{
	return proto == 6 || proto == 17 || is_icmp(proto);
}

// What of a packet, or of a quoted one, names its connection.
static struct sem_conn name_of(const struct pass *x, bool to_guest, const struct sem_pkt *k)
{
	struct sem_conn c = {
		.zone = x->p->idx, .to_guest = to_guest, .kind = k->kind, .proto = k->proto};

	memcpy(c.src, k->src, 16);
	memcpy(c.dst, k->dst, 16);
	if (is_icmp(k->proto)) {
		c.sport = c.dport = k->icmp_id;
	} else if (k->proto == 6 || k->proto == 17) {
		c.sport = k->sport;
		c.dport = k->dport;
	}
	return c;
}

static bool same(const struct sem_conn *a, const struct sem_conn *b, bool turned)
{
	return a->zone == b->zone && (a->to_guest != b->to_guest) == turned && a->kind == b->kind
		&& a->proto == b->proto && a->sport == (turned ? b->dport : b->sport)
		&& a->dport == (turned ? b->sport : b->dport)
		&& memcmp(a->src, turned ? b->dst : b->src, 16) == 0
		&& memcmp(a->dst, turned ? b->src : b->dst, 16) == 0;
}

// from: which side of the connection the packet comes from.
static struct sem_conn *find(const struct sem_conn *name, unsigned *from)
{
	for (unsigned i = 0; i < CONNS; i++) {
		struct sem_conn *c = &now.conn[i];

		if (c->zone == 0)
			continue;
		if (same(c, name, false) || same(c, name, true)) {
			*from = !same(c, name, false);
			return c;
		}
	}
	return NULL;
}

// Its first packet would pass now. from: side of the packet that asks.
static bool holds(const struct pass *x, struct sem_conn *c, unsigned from)
{
	struct sem_pkt first = {.kind = c->kind, .proto = c->proto, .dport = c->dport};
	enum rd_dfw_dir dir = from == 0 ? x->dir : x->dir == RD_DFW_IN ? RD_DFW_OUT : RD_DFW_IN;
	uint16_t reason;

	if (c->version == x->p->version)
		return true;
	if (sem_rules_allow(x->p, dir, &first, &reason)) {
		c->version = x->p->version;
		return true;
	}
	memset(c, 0, sizeof(*c));
	return false;
}

static void used(const struct sem_conn *c)
{
	last_s[c - now.conn] = sem.now_s;
}

static int follow(struct sem_conn *c, unsigned from, const struct sem_pkt *k)
{
	struct sem_segment g = sem_segment(k);
	int rc = 0;

	if (c->proto == 6)
		rc = sem_tcp_next(&c->t, from, &g);
	else if (is_icmp(c->proto))
		rc = echo(k) == from + 1 ? 0 : RD_DROP_DFW_STATE_MISMATCH;
	else
		c->answered |= from == 1;
	if (rc == 0)
		used(c);
	if (rc == SEM_GONE)
		memset(c, 0, sizeof(*c));
	return rc;
}

static uint16_t no_room(uint16_t zone, uint8_t proto)
{
	unsigned all = 0, half_open = 0;

	for (unsigned i = 0; i < CONNS; i++) {
		const struct sem_conn *c = &now.conn[i];

		all += c->zone == zone;
		half_open += c->zone == zone && c->proto == 6 && sem_tcp_half_open(&c->t);
	}
	if (sem.conn.max != 0 && all >= sem.conn.max)
		return RD_DROP_DFW_STATE_LIMIT;
	if (sem.conn.max_half_open != 0 && proto == 6 && half_open >= sem.conn.max_half_open)
		return RD_DROP_DFW_SYN_FLOOD;
	return 0;
}

static struct sem_conn *take(const struct sem_conn *c)
{
	unsigned i = 0;

	while (now.conn[i].zone != 0)
		assert_true(++i < CONNS);
	now.conn[i] = *c;
	now.conn[i].id = next_id++;
	return &now.conn[i];
}

static uint16_t begin(const struct pass *x, struct sem_conn *name, struct sem_conn **conn)
{
	struct sem_segment g = sem_segment(x->k);
	uint16_t reason;

	if (!sem_rules_allow(x->p, x->dir, x->k, &reason))
		return reason;
	reason = no_room(name->zone, name->proto);
	if (reason == 0 && name->proto == 6)
		reason = (uint16_t)sem_tcp_first(&name->t, &g);
	if (reason == 0 && is_icmp(name->proto) && echo(x->k) != 1)
		reason = RD_DROP_DFW_STATE_MISMATCH;
	if (reason != 0)
		return reason;
	name->version = x->p->version;
	*conn = take(name);
	used(*conn);
	return 0;
}

static uint16_t tracked(const struct pass *x, struct sem_conn **conn, unsigned *from)
{
	struct sem_conn name = name_of(x, x->dir == RD_DFW_IN, x->k);
	int rc;

	*conn = find(&name, from);
	if (*conn != NULL && holds(x, *conn, *from)) {
		rc = follow(*conn, *from, x->k);
		if (rc != SEM_GONE)
			return (uint16_t)rc;
	}
	*conn = NULL;
	*from = 0;
	return begin(x, &name, conn);
}

static unsigned quote_needs(const struct sem_pkt *k)
{
	return (k->kind == SEM_IP4 ? 20 : 40) + (has_ports(k->quote.proto) ? 8 : 0);
}

// An error about a packet of a connection passes as the connection does; others are for the rules.
static uint16_t error(const struct pass *x)
{
	const struct sem_quote *q = &x->k->quote;
	struct sem_pkt quoted = {.kind = x->k->kind,
		.proto = q->proto,
		.sport = q->sport,
		.dport = q->dport,
		.icmp_id = q->sport};
	struct sem_conn name, *c;
	unsigned from;
	uint16_t reason;

	if (x->k->payload < quote_needs(x->k))
		return RD_DROP_DFW_SHORT;
	memcpy(quoted.src, q->src, 16);
	memcpy(quoted.dst, q->dst, 16);
	name = name_of(x, x->dir == RD_DFW_OUT, &quoted);
	c = memcmp(q->src, x->k->dst, 16) == 0 ? find(&name, &from) : NULL;
	if (c != NULL && holds(x, c, !from)) // the error goes against the quoted packet
		return 0;
	return sem_rules_allow(x->p, x->dir, x->k, &reason) ? 0 : reason;
}

static struct head *head_of(const struct pass *x)
{
	for (unsigned i = 0; i < HEADS; i++) {
		struct head *h = &now.head[i];

		if (h->zone == x->p->idx && h->dir == x->dir && h->kind == x->k->kind
			&& h->proto == x->k->proto && memcmp(h->src, x->k->src, 16) == 0
			&& memcmp(h->dst, x->k->dst, 16) == 0)
			return h;
	}
	return NULL;
}

static void note_head(
	const struct pass *x, uint16_t reason, const struct sem_conn *conn, unsigned from)
{
	struct head *h = head_of(x);
	unsigned i = 0;

	while (h == NULL && now.head[i].zone != 0)
		assert_true(++i < HEADS);
	if (h == NULL)
		h = &now.head[i];
	*h = (struct head){.zone = x->p->idx,
		.dir = x->dir,
		.kind = x->k->kind,
		.proto = x->k->proto,
		.made_s = sem.now_s,
		.seq = x->k->seq,
		.conn = conn != NULL && x->k->proto == 6 ? conn->id : 0,
		.from = (uint8_t)from,
		.reason = reason};
	memcpy(h->src, x->k->src, 16);
	memcpy(h->dst, x->k->dst, 16);
}

// A later fragment gets what the first one got; of a TCP segment it is more data.
static uint16_t later(const struct pass *x)
{
	const struct head *h = head_of(x);
	uint32_t end;

	if (h == NULL || sem.now_s - h->made_s >= HEAD_S)
		return RD_DROP_FRAG_NO_HEAD;
	if (h->reason != 0 || h->conn == 0)
		return h->reason;
	end = h->seq + SEM_LATER_OFF - 20 + x->k->payload;
	for (unsigned i = 0; i < CONNS; i++)
		if (now.conn[i].zone != 0 && now.conn[i].id == h->conn
			&& end > now.conn[i].t.sent[h->from])
			now.conn[i].t.sent[h->from] = end;
	return 0;
}

static uint16_t stateful(const struct pass *x)
{
	struct sem_conn *conn = NULL;
	unsigned from = 0;
	uint16_t reason = 0;

	if (x->k->dmac[0] & 1) { // to many: no connection
		if (sem_rules_allow(x->p, x->dir, x->k, &reason))
			reason = 0;
	} else if (x->k->frag == SEM_LATER && has_ports(x->k->proto)) {
		return later(x);
	} else if (!is_icmp(x->k->proto) || echo(x->k) != 0) {
		reason = tracked(x, &conn, &from);
	} else if (sem_is_error(x->k)) {
		reason = error(x);
	} else if (sem_rules_allow(x->p, x->dir, x->k, &reason)) {
		reason = 0;
	}
	if (x->k->frag == SEM_FIRST)
		note_head(x, reason, conn, from);
	return reason;
}

bool sem_allowed(
	const struct sem_port *p, enum rd_dfw_dir dir, const struct sem_pkt *k, uint16_t *reason)
{
	const struct pass x = {p, dir, k};

	if (p == NULL || !p->dfw || k->kind == SEM_ARP || k->kind == SEM_OTHER)
		return true;
	if (!p->stateful)
		return sem_rules_allow(p, dir, k, reason);
	*reason = stateful(&x);
	return *reason == 0;
}

static enum rd_conn_state state_of(const struct sem_conn *c)
{
	if (c->proto == 6)
		return sem_tcp_state(&c->t);
	if (is_icmp(c->proto))
		return RD_CONN_ICMP;
	if (c->proto == 17)
		return c->answered ? RD_CONN_UDP_STREAM : RD_CONN_UDP_NEW;
	return c->answered ? RD_CONN_OTHER_STREAM : RD_CONN_OTHER_NEW;
}

void sem_state_age(void)
{
	for (unsigned i = 0; i < CONNS; i++) {
		struct sem_conn *c = &now.conn[i];

		if (c->zone != 0 && sem.now_s - last_s[i] >= sem.conn.timeout_s[state_of(c)])
			memset(c, 0, sizeof(*c));
	}
}

void sem_state_flush(uint16_t zone)
{
	for (unsigned i = 0; i < CONNS; i++)
		if (zone == 0 || now.conn[i].zone == zone)
			memset(&now.conn[i], 0, sizeof(now.conn[i]));
}

unsigned sem_state_count(uint16_t zone, unsigned *half_open)
{
	unsigned nb = 0;

	*half_open = 0;
	for (unsigned i = 0; i < CONNS; i++) {
		const struct sem_conn *c = &now.conn[i];

		nb += c->zone == zone;
		*half_open += c->zone == zone && c->proto == 6 && sem_tcp_half_open(&c->t);
	}
	return nb;
}
