/* SPDX-License-Identifier: BSD-3-Clause
 *
 * tables/dfw: matching by table, lists that grow and shrink, counters, refused rules.
 */
#include "tables/dfw_compile.h"
#include "tables/dfw_edit.h"

#include "base/str.h"
#include "dfw_rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// A rule set of these rules alone.
static struct rd_dfw *list(const struct rule_text *rules, unsigned nb, bool default_allow)
{
	static const struct rd_dfw_model nothing;
	struct rd_dfw_rule *r[16];
	struct rd_dfw_crule *c[16];
	struct rd_dfw_want want = {.nb = nb, .rule = c};
	struct rd_err err = {0};
	struct rd_dfw *d;

	if (!default_allow)
		want.dflt = (struct rd_dfw_verdict){
			.action = RD_DFW_DROP, .reason = RD_DROP_DFW_DEFAULT_DENY};
	for (unsigned i = 0; i < nb; i++) {
		r[i] = dfw_rule(&rules[i]);
		assert_int_equal(rd_dfw_rule_check(r[i], NULL), 0);
		assert_int_equal(rd_dfw_expand(&nothing, r[i], &err), 0);
		c[i] = r[i]->compiled;
	}
	d = rd_dfw_build(&want, &err);
	for (unsigned i = 0; i < nb; i++)
		rd_dfw_rule_put(r[i]);
	assert_non_null(d);
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
		bool allow = v.action == RD_DFW_ALLOW;

		if (v.rule_id != packets[i].rule || allow != packets[i].allow)
			fail_msg("packet %u: rule %u, allow %d", i, v.rule_id, allow);
		if (allow)
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
	assert_int_equal(v.action, RD_DFW_ALLOW);
	assert_int_equal(v.rule_id, 0);
	assert_int_equal(v.slot, 0);
	rd_dfw_free(d);
}

static void default_allows(void **state)
{
	struct rd_dfw *d = list(rules, NB(rules), true);
	struct rd_flow_key k = key(2);

	(void)state;
	assert_int_equal(rd_dfw_match(d, RD_DFW_IN, &k).action, RD_DFW_ALLOW);
	assert_int_equal(rd_dfw_match(d, RD_DFW_IN, &k).reason, RD_DROP_NONE);
	rd_dfw_free(d);
}

static void slots_come_back(void **state)
{
	int first = rd_dfw_slot_new(1), slot = first;

	(void)state;
	for (unsigned i = 0; i < 2 * RD_DFW_SLOT_MAX; i++) {
		assert_true(slot > 0);
		rd_dfw_hit(0, (uint16_t)slot, 1, 60);
		assert_int_equal(rd_dfw_slot_count((uint16_t)slot).packets, 1);
		rd_dfw_slot_put((uint16_t)slot);
		slot = rd_dfw_slot_new(i);
	}
	rd_dfw_slot_put((uint16_t)slot);
	for (unsigned i = 1; i < RD_DFW_SLOT_MAX; i++)
		assert_true(rd_dfw_slot_new(i) > 0);
	assert_int_equal(rd_dfw_slot_new(1), -ENOSPC);
	for (unsigned i = 1; i < RD_DFW_SLOT_MAX; i++)
		rd_dfw_slot_put((uint16_t)i);
}

static void refuses(struct rule_text t, void (*spoil)(struct rd_dfw_rule *r))
{
	struct rd_dfw_rule *r = dfw_rule(&t);
	struct rd_err err = {0};

	spoil(r);
	assert_int_equal(rd_dfw_rule_check(r, &err), -EINVAL);
	assert_int_equal(err.code, -EINVAL);
	rd_dfw_rule_put(r);
}

static void no_id(struct rd_dfw_rule *r)
{
	r->id = 0;
}

static void no_dir(struct rd_dfw_rule *r)
{
	r->dir = 0;
}

static void other_dir(struct rd_dfw_rule *r)
{
	r->dir = 4;
}

static void long_source(struct rd_dfw_rule *r)
{
	r->from->len = 33;
}

static void other_family(struct rd_dfw_rule *r)
{
	r->from->family = 77;
}

static void backwards(struct rd_dfw_rule *r)
{
	r->service->dport_lo = 81;
}

static void no_such_ports(struct rd_dfw_rule *r)
{
	r->service->proto = 47;
}

static void long_name(struct rd_dfw_rule *r)
{
	memset(r->name, 'x', sizeof(r->name));
}

static void bad_rules_are_refused(void **state)
{
	struct rule_text mixed = rules[0];

	(void)state;
	refuses(rules[0], no_id);
	refuses(rules[0], no_dir);
	refuses(rules[0], other_dir);
	refuses(rules[0], long_source);
	refuses(rules[0], other_family);
	refuses(rules[0], backwards);
	refuses(rules[0], no_such_ports);
	refuses(rules[0], long_name);
	mixed.to = "2001:db8::1";
	struct rd_dfw_rule *r = dfw_rule(&mixed);

	assert_int_equal(rd_dfw_rule_check(r, NULL), -EINVAL);
	rd_dfw_rule_put(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches),
		cmocka_unit_test(other_frames_pass),
		cmocka_unit_test(default_allows),
		cmocka_unit_test(slots_come_back),
		cmocka_unit_test(bad_rules_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
