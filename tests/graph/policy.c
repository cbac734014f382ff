/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Compiled rule sets against a slow reference that reads the rules as they were written: random policies of both families, with
 * groups, negated lists, services, MACs and disabled rules, in sets small enough for a list and large enough for a trie.
 */
#include "graph_fixture.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/pkt.h"
#include "tables/dfw_compile.h"
#include "tables/dfw_edit.h"
#include "tables/dfw_policy.h"

#define POLICIES 220
#define KEYS 500 // of each: 110,000 comparisons

static uint64_t seed;
static unsigned nb_others, others_left; // lists that mean all but their elements; of this policy

static uint32_t rnd(uint32_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % below;
}

// Few bits differ, so that rules overlap and keys hit them.
static void random_ip(uint8_t *ip, bool v6)
{
	memset(ip, 0, 16);
	ip[0] = v6 ? 0x20 : 10;
	ip[1] = (uint8_t)rnd(2);
	ip[v6 ? 9 : 2] = (uint8_t)rnd(3);
	ip[v6 ? 15 : 3] = (uint8_t)rnd(4);
}

static void random_addr(struct rd_dfw_addr *a, bool l2)
{
	bool v6 = rnd(2);

	memset(a, 0, sizeof(*a));
	if (l2) {
		a->family = RD_DFW_L2;
		a->len = 48;
		a->addr[5] = (uint8_t)rnd(3);
		return;
	}
	if (rnd(6) == 0) {
		a->group = (uint16_t)(1 + rnd(3));
		return;
	}
	a->family = v6 ? AF_INET6 : AF_INET;
	random_ip(a->addr, v6);
	a->len = (uint8_t)(rnd(4) == 0 ? rnd(v6 ? 129 : 33) : v6 ? 128 : 32);
}

static void random_service(struct rd_dfw_service *s)
{
	static const uint8_t protos[] = {0, 6, 6, 17, 17, 1, 58, 47};

	*s = (struct rd_dfw_service){.proto = protos[rnd(sizeof(protos))],
		.sport_hi = UINT16_MAX,
		.dport_hi = UINT16_MAX};
	if (rnd(8) == 0) {
		s->named = (uint16_t)(1 + rnd(3));
		return;
	}
	if (s->proto == 47 || rnd(3) == 0)
		return;
	s->dport_lo = (uint16_t)rnd(8);
	s->dport_hi = (uint16_t)(s->dport_lo + rnd(3));
	if (rnd(2) == 0)
		return;
	s->sport_lo = (uint16_t)rnd(8);
	s->sport_hi = (uint16_t)(s->sport_lo + rnd(3));
}

static struct rd_dfw_rule *random_rule(uint32_t id, bool l2)
{
	struct rd_dfw_rule *r = rd_dfw_rule_new(id);

	assert_non_null(r);
	r->l2 = l2;
	r->dir = (uint8_t)(1 + rnd(3));
	r->action = (uint8_t)rnd(3);
	r->disabled = rnd(10) == 0;
	r->ethertype = l2 && rnd(2) ? RD_ETHERTYPE_ARP : 0;
	r->nb_from = (uint16_t)rnd(3);
	r->nb_to = (uint16_t)rnd(3);
	r->nb_services = l2 ? 0 : (uint16_t)rnd(3);
	r->from = calloc(4, sizeof(*r->from));
	r->to = calloc(4, sizeof(*r->to));
	r->service = calloc(4, sizeof(*r->service));
	assert_true(r->from != NULL && r->to != NULL && r->service != NULL);
	for (unsigned i = 0; i < 4; i++) {
		random_addr(&r->from[i], l2);
		random_addr(&r->to[i], l2);
		random_service(&r->service[i]);
	}
	// Few: all but some addresses of IPv6 is up to 128 prefixes, and everything multiplies them.
	if (!l2 && r->nb_from + r->nb_to > 0 && others_left > 0 && rnd(5) == 0) {
		r->from_not = r->nb_from > 0 && (r->nb_to == 0 || rnd(2));
		r->to_not = !r->from_not;
		r->nb_services = (uint16_t)rnd(2);
		others_left--;
	}
	nb_others += r->from_not + r->to_not;
	return r;
}

static void random_names(struct rd_dfw_model *m)
{
	for (unsigned i = 0; i < 3; i++) {
		struct rd_dfw_group *g = calloc(1, sizeof(*g));
		struct rd_dfw_named *s = calloc(1, sizeof(*s));

		assert_true(g != NULL && s != NULL);
		g->refs = s->refs = 1;
		g->name[0] = s->name[0] = (char)('a' + i);
		g->addr = calloc(4, sizeof(*g->addr));
		s->service = calloc(4, sizeof(*s->service));
		assert_true(g->addr != NULL && s->service != NULL);
		g->nb_addrs = (uint16_t)rnd(4); // none: nobody
		s->nb = (uint16_t)(1 + rnd(3));
		for (unsigned n = 0; n < 4; n++) {
			do
				random_addr(&g->addr[n], false);
			while (g->addr[n].group != 0);
			do
				random_service(&s->service[n]);
			while (s->service[n].named != 0);
		}
		assert_int_equal(rd_dfw_group_set(m, g, NULL), 0);
		assert_int_equal(rd_dfw_service_set(m, s, NULL), 0);
	}
}

static void add_section(struct rd_dfw_model *m, const char *name, bool l2, unsigned rules)
{
	static uint32_t id = 1000;
	struct rd_dfw_section like = {.l2 = l2};

	memcpy(like.name, name, strlen(name));
	assert_int_equal(rd_dfw_section_add(m, &like, NULL, NULL), 0);
	for (unsigned i = 0; i < rules; i++) {
		struct rd_dfw_rule *r = random_rule(++id, l2);

		if (rd_dfw_rule_check(r, NULL) < 0) // families that never meet
			rd_dfw_rule_put(r);
		else
			assert_int_equal(rd_dfw_rule_add(m, name, r, 0, NULL), 0);
	}
}

// --- the reference: bit by bit, as the rules are written ---

static bool bits_equal(const uint8_t *a, const uint8_t *b, unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		if (((a[i / 8] ^ b[i / 8]) >> (7 - i % 8) & 1) != 0)
			return false;
	return true;
}

static bool in_addr(const struct rd_dfw_addr *a, int family, const uint8_t *ip)
{
	return a->family == family && bits_equal(a->addr, ip, a->len);
}

static bool in_list(const struct rd_dfw_model *m, const struct rd_dfw_addr *a, unsigned nb,
	int family, const uint8_t *ip)
{
	for (unsigned i = 0; i < nb; i++) {
		if (a[i].group == 0 && in_addr(&a[i], family, ip))
			return true;
		for (unsigned n = 0; a[i].group != 0 && n < m->group[a[i].group]->nb_addrs; n++)
			if (in_addr(&m->group[a[i].group]->addr[n], family, ip))
				return true;
	}
	return nb == 0;
}

static bool is_meant(const struct rd_dfw_model *m, const struct rd_dfw_rule *r, bool source,
	int family, const uint8_t *addr)
{
	if (source)
		return in_list(m, r->from, r->nb_from, family, addr) != r->from_not;
	return in_list(m, r->to, r->nb_to, family, addr) != r->to_not;
}

static bool is_service(const struct rd_dfw_service *s, const struct rd_flow_key *k)
{
	bool ports = s->sport_lo > 0 || s->sport_hi < UINT16_MAX || s->dport_lo > 0
		|| s->dport_hi < UINT16_MAX;

	if (s->proto != 0 && s->proto != k->proto)
		return false;
	if (!ports)
		return true;
	if (k->ft != RD_FT_L4 || (s->proto == 0 && k->proto != 6 && k->proto != 17))
		return false;
	return k->sport >= s->sport_lo && k->sport <= s->sport_hi && k->dport >= s->dport_lo
		&& k->dport <= s->dport_hi;
}

static bool has_service(
	const struct rd_dfw_model *m, const struct rd_dfw_rule *r, const struct rd_flow_key *k)
{
	for (unsigned i = 0; i < r->nb_services; i++) {
		const struct rd_dfw_service *s = &r->service[i];

		if (s->named == 0 && is_service(s, k))
			return true;
		for (unsigned n = 0; s->named != 0 && n < m->service[s->named]->nb; n++)
			if (is_service(&m->service[s->named]->service[n], k))
				return true;
	}
	return r->nb_services == 0;
}

static bool matches(const struct rd_dfw_model *m, const struct rd_dfw_rule *r, enum rd_dfw_dir dir,
	const struct rd_flow_key *k)
{
	int family = k->ethertype == RD_ETHERTYPE_IPV4 ? AF_INET : AF_INET6;

	if (r->disabled || (r->dir & dir) == 0)
		return false;
	if (r->l2)
		return (r->ethertype == 0 || r->ethertype == k->ethertype)
			&& is_meant(m, r, true, RD_DFW_L2, k->smac)
			&& is_meant(m, r, false, RD_DFW_L2, k->dmac);
	return is_meant(m, r, true, family, k->src) && is_meant(m, r, false, family, k->dst)
		&& has_service(m, r, k);
}

static const struct rd_dfw_rule *first_match(
	const struct rd_dfw_model *m, bool l2, enum rd_dfw_dir dir, const struct rd_flow_key *k)
{
	for (uint32_t s = 0; s < m->nb_sections; s++)
		for (uint32_t i = 0; m->section[s]->l2 == l2 && i < m->section[s]->rules.nb; i++)
			if (matches(m, m->section[s]->rules.v[i], dir, k))
				return m->section[s]->rules.v[i];
	return NULL;
}

static struct rd_dfw_verdict reference(
	const struct rd_dfw_model *m, enum rd_dfw_dir dir, const struct rd_flow_key *k)
{
	const struct rd_dfw_rule *r = first_match(m, true, dir, k);
	bool ip = k->ethertype == RD_ETHERTYPE_IPV4 || k->ethertype == RD_ETHERTYPE_IPV6;

	if (ip && (r == NULL || r->action == RD_DFW_ALLOW)) {
		r = first_match(m, false, dir, k);
		if (r == NULL)
			return (struct rd_dfw_verdict){.action = m->default_action};
	}
	if (r == NULL)
		return (struct rd_dfw_verdict){.action = RD_DFW_ALLOW};
	return (struct rd_dfw_verdict){.action = r->action, .rule_id = r->id};
}

static struct rd_flow_key random_key(void)
{
	static const uint8_t protos[] = {6, 6, 17, 17, 1, 58, 47, 132};
	struct rd_flow_key k = {.proto = protos[rnd(sizeof(protos))], .ft = RD_FT_L4};
	bool v6 = rnd(2);

	k.smac[5] = (uint8_t)rnd(4);
	k.dmac[5] = (uint8_t)rnd(4);
	if (rnd(10) == 0) {
		k.ethertype = rnd(2) ? RD_ETHERTYPE_ARP : 0x88cc;
		k.ft = RD_FT_L2;
		k.proto = 0;
		return k;
	}
	k.ethertype = v6 ? RD_ETHERTYPE_IPV6 : RD_ETHERTYPE_IPV4;
	random_ip(k.src, v6);
	random_ip(k.dst, v6);
	if (k.proto == 47 || rnd(8) == 0) {
		k.ft = RD_FT_L3;
		return k;
	}
	k.sport = (uint16_t)rnd(10);
	k.dport = (uint16_t)rnd(10);
	return k;
}

static uint16_t guest(void)
{
	struct rd_err err = {0};
	struct rd_port *p;

	assert_int_equal(rd_host_add("h", true, &err), 0);
	assert_int_equal(rd_switch_add("sw", "h", 3, 1600, &err), 0);
	p = rd_port_new("g", rd_switch_find("sw", &err), RD_PORT_VNIC, &err);
	assert_non_null(p);
	assert_int_equal(rd_port_publish(p, &err), 0);
	return p->idx;
}

static void compare(const struct rd_dfw_model *m, uint16_t port, unsigned policy)
{
	const struct rd_dfw *d = rd_dfw_policy()->port[port].dfw;

	for (unsigned i = 0; i < KEYS; i++) {
		struct rd_flow_key k = random_key();
		enum rd_dfw_dir dir = rnd(2) ? RD_DFW_IN : RD_DFW_OUT;
		struct rd_dfw_verdict want = reference(m, dir, &k), got = rd_dfw_match(d, dir, &k);

		if (want.action != got.action || want.rule_id != got.rule_id)
			fail_msg("policy %u, key %u: rule %u action %u, wanted rule %u action %u",
				policy, i, got.rule_id, got.action, want.rule_id, want.action);
	}
}

static void compiled_as_written(void **state)
{
	static const unsigned sizes[] = {1, 3, 8, 30, 100, 400};
	uint16_t port = guest();
	unsigned tries = 0;

	(void)state;
	for (unsigned n = 0; n < POLICIES; n++) {
		struct rd_err err = {0};
		struct rd_dfw_model *m;

		seed = 1 + n;
		others_left = 2;
		assert_int_equal(rd_dfw_begin(NULL, true, &err), 0);
		m = rd_dfw_edit(NULL, &err);
		random_names(m);
		add_section(m, "first", false, sizes[rnd(6)]);
		if (rnd(2))
			add_section(m, "macs", true, 1 + rnd(4));
		add_section(m, "last", false, sizes[rnd(6)]);
		rd_dfw_policy_set(m, (int)rnd(3), 0, -1, NULL);
		if (rd_dfw_commit(NULL, &err) < 0)
			fail_msg("policy %u: %s", n, err.what);
		tries += rd_dfw_policy()->port[port].dfw->acl[0] != NULL;
		compare(rd_dfw_model(), port, n);
	}
	assert_true(nb_others > POLICIES / 4);
	assert_true(tries > POLICIES / 4 && tries < POLICIES); // both ways were tried
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(compiled_as_written, gf_begin, gf_end),
	};

	return gf_main(tests, sizeof(tests) / sizeof(tests[0]));
}
