/* SPDX-License-Identifier: BSD-3-Clause
 *
 * tables/dfw: which port has which rules, what changes when, counters, transactions.
 */
#include "base/str.h"
#include "tables/dfw_compile.h"
#include "tables/dfw_edit.h"
#include "tables/dfw_nest.h"
#include "tables/dfw_policy.h"

#include "dfw_rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct rule_text rules[] = {
	{10, RD_DFW_INOUT, true, 6, "10.0.0.0/8", "any", "any", "80"},
	{20, RD_DFW_IN, false, 17, "any", "10.1.2.0/23", "any", "1000-2000"},
};

// What rule 10 allows.
static struct rd_flow_key web(void)
{
	struct rd_flow_key k = {.ethertype = 0x0800, .proto = 6, .ft = RD_FT_L4, .dport = 80};

	k.src[0] = 10;
	return k;
}

static const struct rd_dfw *of(uint16_t port)
{
	return rd_dfw_policy()->port[port].dfw;
}

static uint32_t changes(uint16_t port)
{
	return rd_dfw_policy()->port[port].changes;
}

static int add(uint16_t port, const struct rule_text *t)
{
	struct rd_dfw_model *m = rd_dfw_edit(NULL, NULL);

	assert_non_null(m);
	return rd_dfw_done(m, rd_dfw_local_add(m, port, dfw_rule(t), NULL), NULL);
}

static int del(uint16_t port, uint32_t id)
{
	struct rd_dfw_model *m = rd_dfw_edit(NULL, NULL);

	assert_non_null(m);
	return rd_dfw_done(m, rd_dfw_local_del(m, port, id, NULL), NULL);
}

static int set_default(uint16_t port, enum rd_dfw_action action)
{
	struct rd_dfw_model *m = rd_dfw_edit(NULL, NULL);

	assert_non_null(m);
	return rd_dfw_done(m, rd_dfw_local_default(m, port, action, NULL), NULL);
}

static void ports_have_rules(void **state)
{
	uint16_t a = help_add("x86/DvsPortset-1", "a", RD_PORT_VNIC, 7, NULL);
	uint16_t b = help_add("x86/DvsPortset-1", "b", RD_PORT_VNIC, 8, NULL);
	uint16_t up = help_add("x86/DvsPortset-1", "up", RD_PORT_UPLINK, 9, NULL);
	struct rd_flow_key k = web();
	uint32_t revision = rd_dfw_policy()->revision;

	(void)state;
	assert_null(of(a));
	assert_int_equal(add(a, &rules[0]), 0);
	assert_int_equal(rd_dfw_policy()->revision, revision + 1);
	assert_int_equal(changes(a), 1);
	assert_int_equal(changes(b), 0);
	assert_int_equal(rd_dfw_match(of(a), RD_DFW_IN, &k).rule_id, 10);
	assert_true(of(a)->stateful);
	assert_int_equal(add(a, &rules[0]), -EEXIST);
	assert_int_equal(add(up, &rules[0]), -EINVAL);
	assert_int_equal(add(b, &rules[0]), 0); // the same number on another port is another rule
	assert_int_equal(changes(a), 1);
	assert_int_equal(del(a, 20), -ENOENT);
	assert_int_equal(set_default(a, RD_DFW_DROP), 0);
	assert_int_equal(changes(a), 2);
	assert_int_equal(set_default(a, RD_DFW_DROP), 0);
	assert_int_equal(changes(a), 2); // nothing is different
	assert_int_equal(del(a, 10), 0);
	assert_int_equal(rd_dfw_match(of(a), RD_DFW_IN, &k).action, RD_DFW_DROP);
	assert_int_equal(del(b, 10), 0);
	assert_null(of(b)); // nothing is left
	assert_int_equal(rd_port_del(a, NULL), 0);
	assert_null(of(a));
	assert_null(rd_dfw_model()->local[a]);
}

static void hits_are_counted(void **state)
{
	uint16_t a = help_add("x86/DvsPortset-1", "a", RD_PORT_VNIC, 7, NULL);
	struct rd_flow_key k = web();
	uint16_t slot, again;

	(void)state;
	assert_int_equal(add(a, &rules[0]), 0);
	slot = rd_dfw_match(of(a), RD_DFW_IN, &k).slot;
	assert_int_equal(rd_dfw_slot_id(slot), 10);
	for (unsigned w = 0; w < RD_WORKER_MAX; w++)
		rd_dfw_hit(w, slot, 2, 100);
	rd_dfw_session(3, slot);
	assert_int_equal(add(a, &rules[1]), 0); // the rule stays, and so does what it has counted
	assert_int_equal(rd_dfw_match(of(a), RD_DFW_IN, &k).slot, slot);
	assert_int_equal(rd_dfw_local_hits(a, 10), 2 * RD_WORKER_MAX);
	assert_int_equal(rd_dfw_slot_count(slot).bytes, 100 * RD_WORKER_MAX);
	assert_int_equal(rd_dfw_slot_count(slot).sessions, 1);
	assert_int_equal(rd_dfw_local_hits(a, 20), 0);
	assert_int_equal(rd_dfw_local_hits(a, 999), 0);
	rd_dfw_hit(0, of(a)->dflt.slot, 1, 1);
	assert_int_equal(rd_dfw_local_hits(a, 0), 1);
	assert_int_equal(del(a, 10), 0);
	assert_int_equal(add(a, &rules[0]), 0); // another one with the same number
	again = rd_dfw_match(of(a), RD_DFW_IN, &k).slot;
	assert_int_not_equal(again, slot);
	assert_int_equal(rd_dfw_local_hits(a, 10), 0);
}

static uint32_t commit(struct rd_dfw_model *m, int rc)
{
	struct rd_err err = {0};

	if (rd_dfw_done(m, rc, &err) < 0)
		fail_msg("%s", err.what);
	return rd_dfw_policy()->revision;
}

static void add_section(const char *name, uint16_t port)
{
	struct rd_dfw_model *m = rd_dfw_edit(NULL, NULL);
	struct rd_dfw_section like = {0};

	memcpy(like.name, name, strlen(name));
	if (port != 0) {
		like.target = calloc(1, sizeof(*like.target));
		assert_non_null(like.target);
		*like.target = (struct rd_dfw_target){RD_DFW_ON_PORT, port};
		like.nb_targets = 1;
	}
	commit(m, rd_dfw_section_add(m, &like, NULL, NULL));
}

static void add_rule(const char *section, const struct rule_text *t)
{
	struct rd_dfw_model *m = rd_dfw_edit(NULL, NULL);

	commit(m, rd_dfw_rule_add(m, section, dfw_rule(t), 0, NULL));
}

// Ports with the same rules have the same set, and only a port whose rules changed has changed.
static void sets_are_shared(void **state)
{
	uint16_t a = help_add("x86/DvsPortset-1", "a", RD_PORT_VNIC, 7, NULL), b;
	struct rd_dfw_model *m;
	uint16_t slot;

	(void)state;
	add_section("all", 0);
	add_rule("all", &rules[0]);
	assert_int_equal(changes(a), 2);
	b = help_add("x86/DvsPortset-1", "b", RD_PORT_VNIC, 8,
		NULL); // has the policy from its first packet on
	assert_ptr_equal(of(a), of(b));
	add_section("b", b);
	assert_ptr_equal(of(a), of(b)); // it has no rules yet
	assert_int_equal(changes(b), 1);
	add_rule("b", &rules[1]);
	assert_ptr_not_equal(of(a), of(b));
	assert_int_equal(changes(a), 2);
	assert_int_equal(changes(b), 2);
	assert_int_equal(rd_port_del(b, NULL), -EBUSY); // the section names it
	// Everything replaced by the same: nothing has changed, and counters go on.
	slot = rd_dfw_model()->section[0]->rules.v[0]->slot;
	rd_dfw_hit(0, slot, 5, 500);
	assert_int_equal(rd_dfw_begin(NULL, true, NULL), 0);
	add_section("all", 0);
	m = rd_dfw_edit(NULL, NULL);
	assert_int_equal(rd_dfw_rule_add(m, "all", dfw_rule(&rules[0]), 0, NULL), 0);
	assert_int_equal(rd_dfw_commit(NULL, NULL), 0);
	assert_int_equal(changes(a), 2);
	assert_int_equal(rd_dfw_model()->section[0]->rules.v[0]->slot, slot);
	assert_int_equal(rd_dfw_slot_count(slot).packets, 5);
	assert_ptr_equal(of(a), of(b));
	assert_int_equal(rd_port_del(b, NULL), 0);
}

// A rule that can't be expanded within bounds is named, and nothing happens.
static void too_large(void **state)
{
	struct rd_dfw_rule *r = rd_dfw_rule_new(4711);
	uint32_t revision;
	struct rd_err err = {0};
	struct rd_dfw_model *m;

	(void)state;
	help_add("x86/DvsPortset-1", "a", RD_PORT_VNIC, 7, NULL);
	add_section("s", 0);
	r->nb_from = r->nb_to = r->nb_services = 64;
	r->from = calloc(64, sizeof(*r->from));
	r->to = calloc(64, sizeof(*r->to));
	r->service = calloc(64, sizeof(*r->service));
	assert_true(r->from != NULL && r->to != NULL && r->service != NULL);
	for (unsigned i = 0; i < 64; i++) {
		r->from[i] = r->to[i] = (struct rd_dfw_addr){.family = 2, .len = 32};
		r->service[i] = (struct rd_dfw_service){.proto = (uint8_t)(100 + i),
			.sport_hi = UINT16_MAX,
			.dport_hi = UINT16_MAX};
	}
	revision = rd_dfw_policy()->revision;
	m = rd_dfw_edit(NULL, &err);
	assert_int_equal(rd_dfw_rule_add(m, "s", r, 0, &err), 0);
	assert_int_equal(rd_dfw_done(m, 0, &err), -E2BIG);
	assert_non_null(strstr(err.what, "rule 4711"));
	assert_string_equal(err.where, "s, rule 4711");
	assert_int_equal(rd_dfw_policy()->revision, revision);
	assert_int_equal(rd_dfw_model()->section[0]->rules.nb, 0);
}

// The group, with an address of its own and these groups in it (names with blanks between them).
static int set_group(const char *name, const char *inner, struct rd_err *err)
{
	struct rd_dfw_model *m = rd_dfw_edit(NULL, NULL);
	struct rd_dfw_group *g = rd_dfw_group_new(name);
	char text[1024], *word, *save = NULL;

	assert_non_null(g);
	g->addr = calloc(1, sizeof(*g->addr));
	g->inner = calloc(64, sizeof(*g->inner));
	assert_true(g->addr != NULL && g->inner != NULL && strlen(inner) < sizeof(text));
	g->nb_addrs = 1;
	*g->addr = (struct rd_dfw_addr){.family = 2, .len = 32};
	memcpy(g->addr->addr, name, strlen(name) < 4 ? strlen(name) : 4);
	(void)rd_str_copy(text, sizeof(text), inner);
	for (word = strtok_r(text, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
		g->inner[g->nb_inner] = rd_dfw_group_find(m, word);
		assert_int_not_equal(g->inner[g->nb_inner++], 0);
	}
	*err = (struct rd_err){0};
	return rd_dfw_done(m, rd_dfw_group_set(m, g, err), err);
}

static void groups_do_not_go_round(void **state)
{
	uint32_t revision;
	struct rd_err err;

	(void)state;
	assert_int_equal(set_group("c", "", &err), 0);
	assert_int_equal(set_group("b", "c", &err), 0);
	assert_int_equal(set_group("d", "", &err), 0);
	assert_int_equal(set_group("a", "d b", &err), 0);
	revision = rd_dfw_policy()->revision;
	assert_int_equal(set_group("c", "d a", &err), -ELOOP);
	assert_string_equal(err.what, "group c would contain itself: c > a > b > c");
	assert_int_equal(set_group("a", "a", &err), -ELOOP);
	assert_string_equal(err.what, "group a would contain itself: a > a");
	assert_int_equal(rd_dfw_policy()->revision, revision);
	assert_int_equal(set_group("c", "d", &err), 0); // what was refused left nothing behind
}

static void groups_have_a_depth(void **state)
{
	char name[8], inner[8] = "";
	struct rd_err err;

	(void)state;
	for (unsigned i = 1; i <= RD_DFW_NEST_MAX; i++) {
		snprintf(name, sizeof(name), "g%u", i);
		assert_int_equal(set_group(name, inner, &err), 0);
		(void)rd_str_copy(inner, sizeof(inner), name);
	}
	assert_int_equal(set_group("top", inner, &err), -E2BIG);
	assert_non_null(strstr(err.what, "top > g8 > g7"));
	assert_int_equal(set_group("low", "", &err), 0);
	assert_int_equal(
		set_group("g1", "low", &err), -E2BIG); // the chain above it is what is too long
	assert_non_null(strstr(err.what, "g8 > g7"));
}

// Eight layers of four groups, each with all of the next one: 16,384 ways through, and every group is met once.
static void groups_are_met_once(void **state)
{
	static const struct rule_text any = {30, RD_DFW_IN, true, 6, "any", "any", "any", "any"};
	uint16_t a = help_add("x86/DvsPortset-1", "a", RD_PORT_VNIC, 7, NULL);
	struct rd_dfw_rule *r = dfw_rule(&any);
	char name[8], inner[64] = "", layer[64];
	struct rd_dfw_model *m;
	struct rd_flow_key k;
	struct rd_err err;
	size_t len;

	(void)state;
	for (unsigned l = 0; l < RD_DFW_NEST_MAX; l++) {
		len = 0;
		for (unsigned i = 0; i < 4; i++) {
			snprintf(name, sizeof(name), "%c%u", 'a' + (int)l, i);
			assert_int_equal(set_group(name, inner, &err), 0);
			rd_str_addf(layer, sizeof(layer), &len, "%s ", name);
		}
		(void)rd_str_copy(inner, sizeof(inner), layer);
	}
	add_section("s", 0);
	m = rd_dfw_edit(NULL, NULL);
	free(r->from);
	r->from = calloc(1, sizeof(*r->from));
	assert_non_null(r->from);
	r->nb_from = 1;
	r->from->group = rd_dfw_group_find(m, "h0");
	commit(m, rd_dfw_rule_add(m, "s", r, 0, &err));
	assert_int_equal(rd_dfw_model()->section[0]->rules.v[0]->compiled->nb, 7 * 4 + 1);
	k = web();
	memcpy(k.src, "a3\0", 4); // of the innermost layer
	assert_int_equal(rd_dfw_match(of(a), RD_DFW_IN, &k).rule_id, 30);
	memcpy(k.src, "h3\0", 4); // beside the rule's group
	assert_int_equal(rd_dfw_match(of(a), RD_DFW_IN, &k).rule_id, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, help_setup, help_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ports_have_rules),
		TEST(hits_are_counted),
		TEST(sets_are_shared),
		TEST(too_large),
		TEST(groups_do_not_go_round),
		TEST(groups_have_a_depth),
		TEST(groups_are_met_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
