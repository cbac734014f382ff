/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sessions that want the same packets of a port, on a scripted driver: one rule copies for all of them. Whoever comes, changes or leaves, the
 * others are copied on, their counters go on, and what their packets meet meanwhile is one rule or two, never none.
 */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "flow_world.h"

#define SESSIONS 5

struct party { // sessions beside that of the world
	struct world w;
	struct rd_mirror_spec spec[SESSIONS];
	struct rd_encap_conf head[SESSIONS];
	struct rd_offload_want want[SESSIONS];
	struct rd_offload_session *s[SESSIONS];
};

static void begin(struct party *p)
{
	world_init(&p->w, &flow_script_ops);
	world_rule(&p->w, "permit from 10.0.0.0/8");
	for (unsigned i = 0; i < SESSIONS; i++) {
		p->spec[i] = p->w.spec;
		p->head[i] = p->w.head;
		p->head[i].dmac[5] = (uint8_t)(10 + i);
		p->want[i] = p->w.want;
		p->want[i].spec = &p->spec[i];
		p->want[i].head = &p->head[i];
		p->s[i] = rd_offload_session_new(p->w.off, (uint16_t)(200 + i));
		assert_non_null(p->s[i]);
	}
}

static void end(struct party *p)
{
	for (unsigned i = 0; i < SESSIONS; i++)
		rd_offload_session_free(p->s[i]);
	world_end(&p->w);
}

static int set(struct party *p, unsigned i)
{
	struct rd_err err = {0};

	p->want[i].id = (uint16_t)(200 + i);
	return rd_offload_set(p->s[i], &p->want[i], p->w.point, p->w.nb_points, &err);
}

static const struct rd_offload_result *of(const struct party *p, unsigned i)
{
	return rd_offload_result(p->s[i], 0);
}

static void expect(const struct party *p, unsigned i, enum rd_recipe recipe, unsigned shared)
{
	assert_string_equal(rd_recipe_name(of(p, i)->recipe), rd_recipe_name(recipe));
	assert_int_equal(of(p, i)->shared, shared);
}

// The only rule copies to these, whose heads end so, in any order.
static void expect_copies(const struct party *p, unsigned nb, const char *lasts)
{
	const struct script_rule *r = script_rule(&p->w.script, 0);

	assert_int_equal(script_rules(&p->w.script), 1);
	assert_int_equal(r->samples, nb);
	for (unsigned i = 0; i < nb; i++) {
		assert_int_equal(r->copy[i].to, 0);
		assert_non_null(strchr(lasts, 'a' + r->copy[i].last - 10));
	}
}

// Four share a rule, the fifth is software's, until one leaves and it is planned again.
static void one_rule_for_all(void **state)
{
	struct party p;

	(void)state;
	begin(&p);
	for (unsigned i = 0; i < 4; i++) {
		p.w.script.most = 0;
		assert_int_equal(set(&p, i), 0);
		assert_int_equal(p.w.script.most, i == 0 ? 1 : 2); // the new one beside the old one
		expect(&p, i, RD_RECIPE_FULL, i);
		expect(&p, 0, RD_RECIPE_FULL, i);
		expect_copies(&p, i + 1, "abcd");
	}
	assert_int_equal(set(&p, 4), 0);
	expect(&p, 4, RD_RECIPE_SOFTWARE, 0);
	assert_int_equal(of(&p, 4)->why, RD_FLOW_WHY_OVERLAP);
	rd_offload_revoke(p.s[2]);
	expect_copies(&p, 3, "abd");
	assert_int_equal(set(&p, 4), 0);
	expect(&p, 4, RD_RECIPE_FULL, 3);
	expect_copies(&p, 4, "abde");
	end(&p);
}

// What meets the rule is copied for each of them, from when it was theirs.
static void counters(void **state)
{
	struct party p;

	(void)state;
	begin(&p);
	assert_int_equal(set(&p, 0), 0);
	script_traffic(&p.w.script, 7);
	assert_int_equal(set(&p, 1), 0); // no tick between: what the old rule counted is not lost
	script_traffic(&p.w.script, 3);
	world_tick(&p.w, 1);
	assert_int_equal(of(&p, 0)->hits, 10);
	assert_int_equal(of(&p, 1)->hits, 3);
	assert_int_equal(of(&p, 1)->proof, RD_PROOF_COUNTED);
	assert_string_equal(rd_offload_summary(p.s[0]), "hw");
	rd_offload_revoke(p.s[1]);
	script_traffic(&p.w.script, 5);
	world_tick(&p.w, 1);
	assert_int_equal(of(&p, 0)->hits, 15);
	end(&p);
}

// A collector's MAC changes, or nothing does.
static void one_changes(void **state)
{
	struct party p;
	unsigned made;

	(void)state;
	begin(&p);
	assert_int_equal(set(&p, 0), 0);
	assert_int_equal(set(&p, 1), 0);
	script_traffic(&p.w.script, 2);
	made = p.w.script.born;
	assert_int_equal(set(&p, 0), 0);
	assert_int_equal(set(&p, 1), 0);
	assert_int_equal(p.w.script.born, made);
	p.head[0].dmac[5] = 12;
	p.w.script.most = 0;
	assert_int_equal(set(&p, 0), 0);
	assert_int_equal(p.w.script.born, made + 1);
	assert_int_equal(p.w.script.most, 2);
	expect_copies(&p, 2, "bc");
	script_traffic(&p.w.script, 2);
	world_tick(&p.w, 1);
	assert_int_equal(of(&p, 0)->hits, 4);
	assert_int_equal(of(&p, 1)->hits, 4);
	assert_int_equal(rd_mirror_rule_parse(
				 &p.spec[0].rule[0], "permit from 11.0.0.0/8", &(struct rd_err){0}),
		0);
	assert_int_equal(set(&p, 0), 0); // others' packets: each has a rule of its own
	assert_int_equal(script_rules(&p.w.script), 2);
	expect(&p, 0, RD_RECIPE_FULL, 0);
	expect(&p, 1, RD_RECIPE_FULL, 0);
	end(&p);
}

static void refuse_two(struct party *p, unsigned ops, int code)
{
	script_answer(&p->w.script,
		(struct script_answer){.ops = ops,
			.when = has_two,
			.code = code,
			.type = RTE_FLOW_ERROR_TYPE_ACTION,
			.message = "one sample per flow"});
}

// A card that makes one copy only: the first session's rule is left alone, the second one knows why.
static void not_two_copies(void **state)
{
	static const unsigned ops[] = {SCRIPT_BOTH, SCRIPT_VALIDATE, SCRIPT_CREATE};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct rd_offload_step step;
		struct party p;
		unsigned made;

		begin(&p);
		if (i == 0) // the probe finds it out
			refuse_two(&p, ops[i], -ENOTSUP);
		assert_int_equal(set(&p, 0), 0);
		if (i != 0)
			refuse_two(&p, ops[i], -ENOTSUP);
		made = p.w.script.born;
		assert_int_equal(set(&p, 1), 0);
		expect(&p, 0, RD_RECIPE_FULL, 0);
		expect(&p, 1, RD_RECIPE_SOFTWARE, 0);
		assert_int_equal(of(&p, 1)->why, RD_FLOW_WHY_OVERLAP);
		assert_true(rd_offload_step(p.s[1], 0, 0, &step));
		assert_string_equal(step.message, "one sample per flow");
		assert_string_equal(step.code, "ENOTSUP");
		assert_int_equal(p.w.script.born, made);
		expect_copies(&p, 1, "a");
		end(&p);
	}
}

// A full table passes: tried again, and then they share.
static void full_table(void **state)
{
	struct party p;

	(void)state;
	begin(&p);
	assert_int_equal(set(&p, 0), 0);
	refuse_two(&p, SCRIPT_CREATE, -ENOMEM);
	assert_int_equal(set(&p, 1), 0);
	expect(&p, 1, RD_RECIPE_SOFTWARE, 0);
	assert_true(of(&p, 1)->retrying);
	script_forget_answers(&p.w.script);
	world_tick(&p.w, 41);
	expect(&p, 1, RD_RECIPE_FULL, 1);
	expect(&p, 0, RD_RECIPE_FULL, 1);
	expect_copies(&p, 2, "ab");
	end(&p);
}

// A driver that takes no second rule for the same packets: the old one makes room; if nothing comes of it, it is made again.
static void rules_are_compared(void **state)
{
	(void)state;
	for (unsigned refuses = 0; refuses < 2; refuses++) {
		struct party p;

		begin(&p);
		p.w.script.compares = true;
		assert_int_equal(set(&p, 0), 0);
		script_traffic(&p.w.script, 7);
		if (refuses != 0)
			refuse_two(&p, SCRIPT_CREATE, -ENOTSUP);
		p.w.script.most = 0;
		assert_int_equal(set(&p, 1), 0);
		script_traffic(&p.w.script, 3);
		world_tick(&p.w, 1);
		assert_int_equal(of(&p, 0)->hits, 10);
		expect(&p, 0, RD_RECIPE_FULL, !refuses);
		expect(&p, 1, refuses ? RD_RECIPE_SOFTWARE : RD_RECIPE_FULL, !refuses);
		expect_copies(&p, refuses ? 1 : 2, "ab");
		p.head[0].dmac[5] = 12;
		assert_int_equal(set(&p, 0), 0);
		expect_copies(&p, refuses ? 1 : 2, "bc");
		rd_offload_revoke(p.s[0]);
		if (!refuses)
			expect_copies(&p, 1, "b");
		end(&p);
	}
}

// `offload require` that can't be met at another point: the rule that was made for both is made again for the first.
static void required_elsewhere(void **state)
{
	struct party p;

	(void)state;
	begin(&p);
	assert_int_equal(set(&p, 0), 0);
	p.spec[1].offload = RD_MIRROR_OFFLOAD_REQUIRE;
	p.w.point[1] = p.w.point[0];
	p.w.point[1].ethdev = RD_FLOW_NOWHERE;
	p.w.nb_points = 2;
	assert_int_equal(set(&p, 1), -ENOTSUP);
	assert_int_equal(rd_offload_points(p.s[1]), 0);
	expect(&p, 0, RD_RECIPE_FULL, 0);
	expect_copies(&p, 1, "a");
	end(&p);
}

static void device_comes_back(void **state)
{
	struct party p;

	(void)state;
	begin(&p);
	assert_int_equal(set(&p, 0), 0);
	assert_int_equal(set(&p, 1), 0);
	script_traffic(&p.w.script, 4);
	world_tick(&p.w, 1);
	rd_offload_port_closing(p.w.off, 1);
	assert_int_equal(script_rules(&p.w.script), 0);
	expect(&p, 0, RD_RECIPE_SOFTWARE, 0);
	expect(&p, 1, RD_RECIPE_SOFTWARE, 0);
	rd_offload_port_opened(p.w.off, 1);
	expect(&p, 0, RD_RECIPE_FULL, 1);
	expect(&p, 1, RD_RECIPE_FULL, 1);
	expect_copies(&p, 2, "ab");
	assert_int_equal(of(&p, 1)->hits, 4);
	end(&p);
}

static void both_found_out(void **state)
{
	struct party p;

	(void)state;
	begin(&p);
	assert_int_equal(set(&p, 0), 0);
	assert_int_equal(set(&p, 1), 0);
	rd_offload_seen(p.s[0], 0, 100);
	world_tick(&p.w, 5);
	assert_int_equal(of(&p, 0)->why, RD_FLOW_WHY_LIES);
	assert_int_equal(of(&p, 1)->why, RD_FLOW_WHY_LIES);
	assert_int_equal(script_rules(&p.w.script), 0);
	end(&p);
}

// A rule that got lost is made again for all.
static void lost(void **state)
{
	struct party p;

	(void)state;
	begin(&p);
	assert_int_equal(set(&p, 0), 0);
	assert_int_equal(set(&p, 1), 0);
	script_answer(
		&p.w.script, (struct script_answer){.ops = SCRIPT_QUERY, .times = 2, .code = -EIO});
	world_tick(&p.w, 1);
	script_forget_answers(&p.w.script);
	world_tick(&p.w, 1);
	expect(&p, 0, RD_RECIPE_FULL, 1);
	expect(&p, 1, RD_RECIPE_FULL, 1);
	expect_copies(&p, 2, "ab");
	end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_rule_for_all),
		cmocka_unit_test(counters),
		cmocka_unit_test(one_changes),
		cmocka_unit_test(not_two_copies),
		cmocka_unit_test(full_table),
		cmocka_unit_test(rules_are_compared),
		cmocka_unit_test(required_elsewhere),
		cmocka_unit_test(device_comes_back),
		cmocka_unit_test(both_found_out),
		cmocka_unit_test(lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
