/* SPDX-License-Identifier: BSD-3-Clause
 *
 * tables/dfw: matching by table, lists that grow and shrink, counters, refused rules.
 */
#include "tables/dfw.h"

#include "base/str.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

// A rule and a packet as text: the table below reads like the command language.
struct rule_text {
	uint32_t id;
	enum rd_dfw_dir dir;
	bool allow;
	uint8_t proto;
	const char *from, *to, *sport, *dport;
};

static struct rd_dfw_rule rule(const struct rule_text *t)
{
	struct rd_dfw_rule r = {
		.id = t->id, .dir = (uint8_t)t->dir, .allow = t->allow, .proto = t->proto};
	int family;

	assert_int_equal(rd_parse_prefix(t->from, &family, r.src, &r.src_len), 0);
	r.src_family = (uint8_t)family;
	assert_int_equal(rd_parse_prefix(t->to, &family, r.dst, &r.dst_len), 0);
	r.dst_family = (uint8_t)family;
	assert_int_equal(rd_parse_range(t->sport, &r.sport_lo, &r.sport_hi), 0);
	assert_int_equal(rd_parse_range(t->dport, &r.dport_lo, &r.dport_hi), 0);
	return r;
}

static struct rd_dfw *list(const struct rule_text *rules, unsigned nb, bool default_allow)
{
	struct rd_dfw *d = rd_dfw_with_default(NULL, default_allow, NULL);

	for (unsigned i = 0; i < nb; i++) {
		struct rd_dfw_rule r = rule(&rules[i]);
		struct rd_dfw *longer = rd_dfw_with_rule(d, &r, NULL);

		assert_non_null(longer);
		rd_dfw_free(d);
		d = longer;
	}
	return d;
}

#define IN RD_DFW_IN
#define OUT RD_DFW_OUT

static const struct rule_text rules[] = {
	{10, RD_DFW_INOUT, true, 6, "10.0.0.0/8", "any", "any", "80"},
	{20, IN, false, 17, "any", "10.1.2.0/23", "any", "1000-2000"},
	{30, OUT, false, 0, "10.1.2.3", "any", "any", "any"},
	{40, RD_DFW_INOUT, false, 0, "2001:db8::/33", "any", "any", "any"},
	{50, RD_DFW_INOUT, true, 1, "any", "any", "any", "any"},
	{60, RD_DFW_INOUT, false, 0, "any", "any", "53", "any"},
	{70, RD_DFW_INOUT, true, 0, "any", "::/0", "any", "any"},
	{80, RD_DFW_INOUT, true, 6, "any", "192.0.2.128/25", "any", "any"},
};

static const struct {
	enum rd_dfw_dir dir;
	uint8_t proto;
	const char *src, *dst;
	uint16_t sport, dport; // UINT16_MAX = a fragment without ports
	uint32_t rule; // 0 = default
	bool allow;
} packets[] = {
	{IN, 6, "10.1.1.1", "1.1.1.1", 5, 80, 10, true},
	{OUT, 6, "10.255.255.255", "1.1.1.1", 5, 80, 10, true},
	{IN, 6, "11.0.0.0", "1.1.1.1", 5, 80, 0, false},
	{IN, 6, "10.1.1.1", "1.1.1.1", 5, 81, 0, false},
	{IN, 17, "10.1.1.1", "1.1.1.1", 5, 80, 0, false}, // UDP
	{IN, 17, "9.9.9.9", "10.1.2.0", 5, 1000, 20, false},
	{IN, 17, "9.9.9.9", "10.1.3.255", 5, 2000, 20, false},
	{IN, 17, "9.9.9.9", "10.1.4.0", 5, 1000, 0, false},
	{IN, 17, "9.9.9.9", "10.1.2.0", 5, 999, 0, false},
	{IN, 17, "9.9.9.9", "10.1.2.0", 5, 2001, 0, false},
	{OUT, 17, "9.9.9.9", "10.1.2.0", 5, 1000, 0, false}, // the other direction
	{OUT, 17, "10.1.2.3", "10.1.2.0", 5, 1000, 30, false},
	{OUT, 47, "10.1.2.3", "1.1.1.1", 0, 0, 30, false},
	{IN, 47, "10.1.2.3", "1.1.1.1", 0, 0, 0, false},
	{OUT, 6, "10.1.2.3", "1.1.1.1", 5, 80, 10, true}, // the first rule wins
	{IN, 6, "2001:db8::1", "::1", 5, 80, 40, false},
	{IN, 6, "2001:db8:7fff::1", "::1", 5, 80, 40, false},
	{IN, 6, "2001:db8:8000::1", "::1", 5, 80, 70, true},
	{IN, 1, "9.9.9.9", "1.1.1.1", 8, 0, 50, true},
	{IN, 1, "9.9.9.9", "1.1.1.1", 53, 0, 50, true},
	{IN, 17, "9.9.9.9", "1.1.1.1", 53, 9, 60, false},
	{IN, 6, "9.9.9.9", "1.1.1.1", 53, 9, 60, false},
	{IN, 132, "9.9.9.9", "1.1.1.1", 53, 9, 0, false}, // only TCP and UDP have ports here
	{IN, 6, "10.1.1.1", "1.1.1.1", UINT16_MAX, UINT16_MAX, 0, false}, // nothing matches ports
	{OUT, 17, "10.1.2.3", "1.1.1.1", UINT16_MAX, UINT16_MAX, 30, false},
	{IN, 6, "9.9.9.9", "192.0.2.128", 5, 6, 80, true},
	{IN, 6, "9.9.9.9", "192.0.2.255", 5, 6, 80, true},
	{IN, 6, "9.9.9.9", "192.0.2.127", 5, 6, 0, false},
};
#define NB(a) (sizeof(a) / sizeof((a)[0]))

static struct rd_flow_key key(unsigned i)
{
	bool fragment = packets[i].sport == UINT16_MAX;
	struct rd_flow_key k = {.proto = packets[i].proto, .ft = fragment ? RD_FT_L3 : RD_FT_L4};
	int family;

	assert_int_equal(rd_parse_ip(packets[i].src, &family, k.src), 0);
	assert_int_equal(rd_parse_ip(packets[i].dst, &family, k.dst), 0);
	k.ethertype = strchr(packets[i].dst, ':') == NULL ? 0x0800 : 0x86dd;
	k.sport = fragment ? 0 : packets[i].sport;
	k.dport = fragment ? 0 : packets[i].dport;
	return k;
}

static void matches(void **state)
{
	struct rd_dfw *d = list(rules, NB(rules), false);

	(void)state;
	for (unsigned i = 0; i < NB(packets); i++) {
		struct rd_flow_key k = key(i);
		struct rd_dfw_verdict v = rd_dfw_match(d, packets[i].dir, &k);

		if (v.rule_id != packets[i].rule || v.allow != packets[i].allow)
			fail_msg("packet %u: rule %u, allow %d", i, v.rule_id, v.allow);
		if (v.allow)
			assert_int_equal(v.reason, RD_DROP_NONE);
		else
			assert_int_equal(v.reason,
				v.rule_id == 0 ? RD_DROP_DFW_DEFAULT_DENY : RD_DROP_DFW_RULE_DENY);
	}
	rd_dfw_free(d);
}

static void other_frames_pass(void **state)
{
	static const struct rule_text all[] = {
		{1, RD_DFW_INOUT, false, 0, "any", "any", "any", "any"}};
	struct rd_dfw *d = list(all, 1, false);
	struct rd_flow_key arp = {.ethertype = 0x0806, .ft = RD_FT_L2};
	struct rd_dfw_verdict v = rd_dfw_match(d, RD_DFW_IN, &arp);

	(void)state;
	assert_true(v.allow);
	assert_int_equal(v.rule_id, 0);
	rd_dfw_free(d);
}

static void default_allows(void **state)
{
	struct rd_dfw *d = list(rules, NB(rules), true);
	struct rd_flow_key k = key(2);

	(void)state;
	assert_true(rd_dfw_match(d, RD_DFW_IN, &k).allow);
	assert_int_equal(rd_dfw_match(d, RD_DFW_IN, &k).reason, RD_DROP_NONE);
	rd_dfw_free(d);
}

static void lists_shrink(void **state)
{
	struct rd_dfw *d = list(rules, NB(rules), false);
	struct rd_dfw *shorter = rd_dfw_without_rule(d, 10, NULL), *other;
	struct rd_flow_key k = key(0);
	struct rd_err err = {0};

	(void)state;
	assert_int_equal(rd_dfw_match(d, RD_DFW_IN, &k).rule_id, 10); // the old one is as it was
	assert_int_equal(rd_dfw_match(shorter, RD_DFW_IN, &k).rule_id, 0);
	assert_int_equal(shorter->nb, NB(rules) - 1);
	assert_int_equal(shorter->rule[0].id, 20);
	assert_int_equal(shorter->rule[6].id, 80);
	assert_null(rd_dfw_without_rule(shorter, 10, &err));
	assert_int_equal(err.code, -ENOENT);
	assert_null(rd_dfw_without_rule(NULL, 10, NULL));
	assert_null(rd_dfw_without_rule(shorter, 0, NULL));
	other = rd_dfw_with_default(shorter, true, NULL);
	assert_int_equal(other->nb, shorter->nb);
	assert_true(other->default_allow);
	rd_dfw_free(other);
	rd_dfw_free(shorter);
	rd_dfw_free(d);
	rd_dfw_free(NULL);
}

static void hits_are_counted(void **state)
{
	struct rd_dfw *d = list(rules, NB(rules), false), *next;

	(void)state;
	for (unsigned w = 0; w < RD_WORKER_MAX; w++)
		for (unsigned i = 0; i < NB(rules); i++)
			for (unsigned n = 0; n <= i; n++)
				rd_dfw_hit(d, w, rules[i].id);
	rd_dfw_hit(d, 0, 0);
	rd_dfw_hit(d, 15, 999); // a rule that is gone: the default's
	for (unsigned i = 0; i < NB(rules); i++)
		assert_int_equal(rd_dfw_hits(d, rules[i].id), (i + 1) * RD_WORKER_MAX);
	assert_int_equal(rd_dfw_hits(d, 0), 2);
	assert_int_equal(rd_dfw_hits(d, 999), 0);
	next = rd_dfw_without_rule(d, 10, NULL);
	assert_int_equal(rd_dfw_hits(next, 20), 0);
	rd_dfw_carry(next, d);
	assert_int_equal(rd_dfw_hits(next, 20), 2 * RD_WORKER_MAX);
	assert_int_equal(rd_dfw_hits(next, 0), 2);
	rd_dfw_carry(next, NULL);
	rd_dfw_carry(NULL, d);
	rd_dfw_free(next);
	rd_dfw_free(d);
}

static void refuses(struct rd_dfw_rule r, int code)
{
	struct rd_err err = {0};

	assert_null(rd_dfw_with_rule(NULL, &r, &err));
	assert_int_equal(err.code, code);
}

static void bad_rules_are_refused(void **state)
{
	const struct rd_dfw_rule good = rule(&rules[0]);
	struct rd_dfw *d = rd_dfw_with_rule(NULL, &good, NULL);
	struct rd_dfw_rule r = good;

	(void)state;
	assert_non_null(d);
	assert_true(d->default_allow);
	assert_null(rd_dfw_with_rule(d, &good, NULL)); // twice
	rd_dfw_free(d);
	r.id = 0;
	refuses(r, -EINVAL);
	r = good;
	r.dir = 0;
	refuses(r, -EINVAL);
	r.dir = 4;
	refuses(r, -EINVAL);
	r = good;
	r.src_len = 33;
	refuses(r, -EINVAL);
	r = good;
	r.dst_family = 77;
	refuses(r, -EINVAL);
	r = good;
	r.dst_family = 10; // AF_INET6 to an IPv4 source
	refuses(r, -EINVAL);
	r = good;
	r.dport_lo = 81;
	refuses(r, -EINVAL);
	r = good;
	r.proto = 1;
	refuses(r, -EINVAL);
	r = good;
	memset(r.name, 'x', sizeof(r.name));
	refuses(r, -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches),
		cmocka_unit_test(other_frames_pass),
		cmocka_unit_test(default_allows),
		cmocka_unit_test(lists_shrink),
		cmocka_unit_test(hits_are_counted),
		cmocka_unit_test(bad_rules_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
