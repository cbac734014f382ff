/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A rule as terms: every combination of a source, a destination and a service of the same family. Control thread.
 */
#include "tables/dfw_compile.h"
#include "tables/dfw_nest.h"

#include "base/pkt.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct prefix {
	uint8_t family, len;
	uint8_t addr[16];
};

struct prefixes {
	uint32_t nb, cap;
	struct prefix *v;
};

struct terms {
	uint32_t nb, cap;
	struct rd_dfw_crule *rule; // with room for cap terms
};

static int no_memory(struct rd_err *err)
{
	return rd_err_set(err, -ENOMEM, "no memory for firewall rules");
}

static int add_prefix(struct prefixes *p, const struct prefix *one)
{
	if (p->nb == p->cap) {
		uint32_t cap = p->cap == 0 ? 16 : p->cap * 2;
		struct prefix *grown = realloc(p->v, cap * sizeof(*grown));

		if (grown == NULL)
			return -ENOMEM;
		p->v = grown;
		p->cap = cap;
	}
	p->v[p->nb++] = *one;
	return 0;
}

static int add_addr(struct prefixes *p, const struct rd_dfw_addr *a)
{
	struct prefix one = {.family = a->family, .len = a->len};

	memcpy(one.addr, a->addr, sizeof(one.addr));
	return add_prefix(p, &one);
}

// A group's addresses, and those of the groups that it contains; each group once.
static int add_group(
	const struct rd_dfw_model *m, uint16_t at, struct rd_dfw_seen *seen, struct prefixes *out)
{
	const struct rd_dfw_group *g = m->group[at];
	int rc = 0;

	if (g == NULL || !rd_dfw_seen_new(seen, at))
		return 0;
	for (unsigned i = 0; i < g->nb_addrs && rc == 0; i++)
		rc = add_addr(out, &g->addr[i]);
	for (unsigned i = 0; i < g->nb_inner && rc == 0; i++)
		rc = add_group(m, g->inner[i], seen, out);
	return rc;
}

// A list without elements is any; a group without addresses is nobody.
static int flatten(const struct rd_dfw_model *m, const struct rd_dfw_addr *list, uint32_t nb,
	struct prefixes *out)
{
	static const struct rd_dfw_addr any;
	struct rd_dfw_seen seen = {0};
	int rc = 0;

	if (nb == 0)
		return add_addr(out, &any);
	for (uint32_t i = 0; i < nb && rc == 0; i++)
		rc = list[i].group == 0 ? add_addr(out, &list[i])
					: add_group(m, list[i].group, &seen, out);
	return rc;
}

static bool bit_of(const struct prefix *p, unsigned at)
{
	return (p->addr[at / 8] >> (7 - at % 8) & 1) != 0;
}

static void swap(struct prefix *a, struct prefix *b)
{
	struct prefix old = *a;

	*a = *b;
	*b = old;
}

// All of `at` but the nb prefixes at v, which lie within it. Their order is lost. Not deeper than an address has bits.
static int add_others(struct prefixes *out, struct prefix *v, uint32_t nb, struct prefix at)
{
	uint32_t zeros = 0;
	int rc;

	if (nb == 0)
		return add_prefix(out, &at);
	for (uint32_t i = 0; i < nb; i++)
		if (v[i].len <= at.len)
			return 0; // it is all of it
	for (uint32_t i = 0; i < nb; i++)
		if (!bit_of(&v[i], at.len))
			swap(&v[i], &v[zeros++]);
	at.len++;
	rc = add_others(out, v, zeros, at);
	at.addr[(at.len - 1) / 8] |= (uint8_t)(0x80 >> (at.len - 1) % 8);
	return rc < 0 ? rc : add_others(out, v + zeros, nb - zeros, at);
}

// Whoever is not in the list, of both families.
static int flatten_others(const struct rd_dfw_model *m, const struct rd_dfw_addr *list, uint32_t nb,
	struct prefixes *out)
{
	struct prefixes in = {0};
	uint32_t v4 = 0;
	int rc = flatten(m, list, nb, &in);

	for (uint32_t i = 0; i < in.nb; i++)
		if (in.v[i].family == AF_INET)
			swap(&in.v[i], &in.v[v4++]);
	if (rc == 0)
		rc = add_others(out, in.v, v4, (struct prefix){.family = AF_INET});
	if (rc == 0)
		rc = add_others(out, in.v == NULL ? NULL : in.v + v4, in.nb - v4,
			(struct prefix){.family = AF_INET6});
	free(in.v);
	return rc;
}

static int flatten_side(const struct rd_dfw_model *m, const struct rd_dfw_addr *list, uint32_t nb,
	bool others, struct prefixes *out)
{
	return others ? flatten_others(m, list, nb, out) : flatten(m, list, nb, out);
}

static int grow(struct terms *t)
{
	uint32_t cap = t->cap == 0 ? 1 : t->cap * 2;
	struct rd_dfw_crule *grown =
		realloc(t->rule, sizeof(*grown) + cap * sizeof(grown->term[0]));

	if (grown == NULL)
		return -ENOMEM;
	t->rule = grown;
	t->cap = cap;
	return 0;
}

static bool has_ports(const struct rd_dfw_service *s)
{
	return s->sport_lo != 0 || s->sport_hi != UINT16_MAX || s->dport_lo != 0
		|| s->dport_hi != UINT16_MAX;
}

static int add_term(struct terms *t, const struct rd_dfw_term *term, struct rd_err *err)
{
	if (t->nb == RD_DFW_TERMS_MAX) {
		rd_err_set(err, -E2BIG,
			"rule %u has more than %d combinations of sources, destinations and services",
			t->rule->id, RD_DFW_TERMS_MAX);
		rd_err_hint(err, "larger prefixes, or several rules");
		return -E2BIG;
	}
	if (t->nb == t->cap && grow(t) < 0)
		return no_memory(err);
	t->rule->term[t->nb++] = *term;
	return 0;
}

static int add_service(struct terms *t, struct rd_dfw_term term, const struct rd_dfw_service *s,
	struct rd_err *err)
{
	int rc;

	term.proto = s->proto;
	term.l4 = has_ports(s);
	term.sport_lo = s->sport_lo;
	term.sport_hi = s->sport_hi;
	term.dport_lo = s->dport_lo;
	term.dport_hi = s->dport_hi;
	if (!term.l4 || s->proto != 0)
		return add_term(t, &term, err);
	term.proto = RD_IPPROTO_TCP; // ports without a protocol: of those two
	rc = add_term(t, &term, err);
	term.proto = RD_IPPROTO_UDP;
	return rc < 0 ? rc : add_term(t, &term, err);
}

static int add_services(const struct rd_dfw_model *m, struct terms *t, const struct rd_dfw_rule *r,
	const struct rd_dfw_term *term, struct rd_err *err)
{
	static const struct rd_dfw_service any = {.sport_hi = UINT16_MAX, .dport_hi = UINT16_MAX};
	int rc = 0;

	if (r->nb_services == 0)
		return add_service(t, *term, &any, err);
	for (unsigned i = 0; i < r->nb_services && rc == 0; i++) {
		const struct rd_dfw_service *s = &r->service[i];
		const struct rd_dfw_named *named = m->service[s->named];

		if (s->named == 0)
			rc = add_service(t, *term, s, err);
		for (unsigned n = 0; named != NULL && n < named->nb && rc == 0; n++)
			rc = add_service(t, *term, &named->service[n], err);
	}
	return rc;
}

// The family of a term; -1 when source and destination can't meet.
static int family_of(const struct prefix *src, const struct prefix *dst)
{
	if (src->family != 0 && dst->family != 0 && src->family != dst->family)
		return -1;
	return src->family != 0 ? src->family : dst->family;
}

static int combine(const struct rd_dfw_model *m, struct terms *t, const struct rd_dfw_rule *r,
	const struct prefixes *list, struct rd_err *err)
{
	const struct prefixes *from = &list[0], *to = &list[1];
	int rc = 0;

	for (uint64_t i = 0; i < (uint64_t)from->nb * to->nb && rc == 0; i++) {
		const struct prefix *src = &from->v[i / to->nb], *dst = &to->v[i % to->nb];
		int family = family_of(src, dst);
		struct rd_dfw_term term = {.dir = r->dir,
			.family = r->l2 ? RD_DFW_L2 : (uint8_t)family,
			.src_len = src->len,
			.dst_len = dst->len,
			.sport_lo = r->ethertype};

		memcpy(term.src, src->addr, sizeof(term.src));
		memcpy(term.dst, dst->addr, sizeof(term.dst));
		if (family >= 0)
			rc = r->l2 ? add_term(t, &term, err) : add_services(m, t, r, &term, err);
	}
	return rc;
}

static bool same(const struct rd_dfw_crule *a, const struct rd_dfw_crule *b)
{
	return a != NULL && a->id == b->id && a->slot == b->slot && a->action == b->action
		&& a->log == b->log && a->l2 == b->l2 && a->nb == b->nb
		&& memcmp(a->term, b->term, a->nb * sizeof(a->term[0])) == 0;
}

static bool uses_names(const struct rd_dfw_rule *r)
{
	bool names = false;

	for (unsigned i = 0; i < r->nb_from; i++)
		names |= r->from[i].group != 0;
	for (unsigned i = 0; i < r->nb_to; i++)
		names |= r->to[i].group != 0;
	for (unsigned i = 0; i < r->nb_services; i++)
		names |= r->service[i].named != 0;
	return names;
}

static int expand(
	const struct rd_dfw_model *m, struct rd_dfw_rule *r, struct terms *t, struct rd_err *err)
{
	struct prefixes list[2] = {0};
	int rc = grow(t);

	if (rc == 0) {
		*t->rule = (struct rd_dfw_crule){.refs = 1,
			.id = r->id,
			.slot = r->slot,
			.action = r->action,
			.log = r->log,
			.l2 = r->l2};
		rc = flatten_side(m, r->from, r->nb_from, r->from_not, &list[0]);
	}
	if (rc == 0)
		rc = flatten_side(m, r->to, r->nb_to, r->to_not, &list[1]);
	rc = rc < 0 ? no_memory(err) : combine(m, t, r, list, err);
	free(list[0].v);
	free(list[1].v);
	return rc;
}

int rd_dfw_expand(const struct rd_dfw_model *m, struct rd_dfw_rule *r, struct rd_err *err)
{
	struct terms t = {0};
	int rc;

	if (r->compiled != NULL && r->names_serial != 0
		&& (r->names_serial == m->names_serial || !uses_names(r)))
		return 0;
	rc = expand(m, r, &t, err);
	if (rc < 0) {
		free(t.rule);
		return rc;
	}
	t.rule->nb = t.nb;
	r->names_serial = m->names_serial;
	if (same(r->compiled, t.rule)) {
		free(t.rule);
		return 0;
	}
	rd_dfw_crule_put(r->compiled);
	r->compiled = t.rule;
	return 0;
}

void rd_dfw_crule_put(struct rd_dfw_crule *c)
{
	if (c != NULL && --c->refs == 0)
		free(c);
}
