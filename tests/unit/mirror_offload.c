/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A session in a card, programmed and changed on a scripted driver: new rules before old ones, all or nothing, alone and beside others.
 * mirror_offload_run.c has what happens by itself.
 */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "flow_world.h"

static const struct rd_offload_result *result(struct world *w, unsigned i)
{
	return rd_offload_result(w->session, i);
}

static void expect(struct world *w, unsigned i, enum rd_recipe recipe)
{
	assert_string_equal(rd_recipe_name(result(w, i)->recipe), rd_recipe_name(recipe));
}

// The collector's MAC changes: the new rule is there before the old one goes. What did not change is left alone.
static void template_swapped(void **state)
{
	struct world w;
	unsigned made;

	(void)state;
	world_init(&w, &flow_script_ops);
	assert_int_equal(world_set(&w), 0);
	expect(&w, 0, RD_RECIPE_FULL);
	assert_int_equal(script_rule(&w.script, 0)->head_len, 42);
	assert_int_equal(script_rule(&w.script, 0)->head[5], 2);
	assert_int_equal(script_rule(&w.script, 0)->copy_to, 0);
	script_traffic(&w.script, 7);
	world_tick(&w, 1);
	assert_int_equal(result(&w, 0)->hits, 7);
	made = w.script.born;
	assert_int_equal(world_set(&w), 0);
	assert_int_equal(w.script.born, made);
	w.script.most = 0;
	w.head.dmac[5] = 9;
	assert_int_equal(world_set(&w), 0);
	assert_int_equal(w.script.born, made + 1);
	assert_int_equal(w.script.most, 2);
	assert_int_equal(script_rules(&w.script), 1);
	assert_int_equal(script_rule(&w.script, 0)->head[5], 9);
	script_traffic(&w.script, 3);
	world_tick(&w, 1);
	assert_int_equal(result(&w, 0)->hits, 10); // of both
	world_end(&w);
}

// A driver that takes no second rule for the same packets: the old one makes room.
static void swapped_where_rules_are_compared(void **state)
{
	struct world w;

	(void)state;
	for (unsigned at_validate = 0; at_validate < 2; at_validate++) {
		world_init(&w, &flow_script_ops);
		w.script.compares = true;
		w.script.compares_early = at_validate;
		assert_int_equal(world_set(&w), 0);
		w.head.dmac[5] = 9;
		assert_int_equal(world_set(&w), 0);
		expect(&w, 0, RD_RECIPE_FULL);
		assert_int_equal(script_rules(&w.script), 1);
		assert_int_equal(script_rule(&w.script, 0)->head[5], 9);
		world_end(&w);
	}
}

// `offload require` that can't be met any more: an error with the driver's words, and the rules as they were.
static void required(void **state)
{
	for (unsigned compares = 0; compares < 2; compares++) {
		struct rd_err err = {0};
		char text[700];
		struct world w;

		(void)state;
		world_init(&w, &flow_script_ops);
		w.script.compares = compares;
		w.spec.offload = RD_MIRROR_OFFLOAD_REQUIRE;
		assert_int_equal(world_set(&w), 0);
		script_answer(&w.script,
			(struct script_answer){.ops = SCRIPT_CREATE,
				.when = is_real,
				.times = 1,
				.after = compares,
				.code = -ENOMEM,
				.type = RTE_FLOW_ERROR_TYPE_UNSPECIFIED,
				.message = "no more counters"});
		w.head.dmac[5] = 9;
		assert_int_equal(rd_offload_set(w.session, &w.want, w.point, 1, &err), -ENOTSUP);
		assert_string_equal(rd_err_text(&err, text, sizeof(text)),
			"offload require: the NIC's table is full at vnic_rx: ENOMEM, cause unspecified: \"no more counters\"; "
			"try: mirror explain says what was tried; offload auto falls back to software");
		expect(&w, 0, RD_RECIPE_FULL);
		assert_int_equal(script_rules(&w.script), 1);
		assert_int_equal(script_rule(&w.script, 0)->head[5], 2);
		world_end(&w);
	}
}

static void require_refused(void **state)
{
	struct rd_err err = {0};
	struct world w;

	(void)state;
	world_init(&w, &flow_script_ops);
	w.spec.offload = RD_MIRROR_OFFLOAD_REQUIRE;
	w.spec.snaplen = 64;
	assert_int_equal(rd_offload_set(w.session, &w.want, w.point, 1, &err), -ENOTSUP);
	assert_string_equal(err.what,
		"offload require: this session needs software at vnic_rx: ENOTSUP, no cause given: \"snaplen 64: no copy action cuts\"");
	assert_int_equal(w.script.creates, w.script.destroys); // the probe's
	world_end(&w);
}

// Two points, room for one: the first stays in the card, the second is software's.
static void partial(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, &flow_script_ops);
	w.point[1] = w.point[0];
	w.point[1].stage = RD_STAGE_VNIC_TX;
	w.nb_points = 2;
	script_answer(&w.script,
		(struct script_answer){
			.ops = SCRIPT_CREATE, .when = is_real, .after = 1, .code = -ENOSPC});
	assert_int_equal(world_set(&w), 0);
	expect(&w, 0, RD_RECIPE_FULL);
	expect(&w, 1, RD_RECIPE_SOFTWARE);
	assert_int_equal(script_rules(&w.script), 1);
	assert_true(script_rule(&w.script, 0)->from_other_side);
	script_forget_answers(&w.script);
	world_tick(&w, 41);
	expect(&w, 1, RD_RECIPE_FULL);
	assert_false(script_rule(&w.script, 1)->from_other_side); // what we send
	world_end(&w);
}

static void all_or_nothing(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, &flow_script_ops);
	script_foreign(&w.script, 1);
	world_rule(&w, "permit proto tcp dport 80");
	world_rule(&w, "permit proto udp dport 53");
	world_rule(&w, "deny from 10.0.0.0/8");
	world_rule(&w, "permit proto tcp");
	script_answer(&w.script,
		(struct script_answer){.ops = SCRIPT_CREATE,
			.when = is_real,
			.after = 4,
			.times = 1,
			.code = -ENOSPC});
	assert_int_equal(world_set(&w), 0);
	expect(&w, 0, RD_RECIPE_SOFTWARE);
	assert_int_equal(script_rules(&w.script), 0);
	world_tick(&w, 41);
	expect(&w, 0, RD_RECIPE_FULL);
	assert_int_equal(script_rules(&w.script), 7);
	assert_int_equal(w.script.live[0].foreign, true);
	world_end(&w);
}

// Rules that could meet in a packet: the second session is software's, until the first is gone.
static void two_sessions(void **state)
{
	struct rd_offload_session *other;
	struct rd_mirror_spec spec;
	struct rd_offload_want want;
	struct rd_err err = {0};
	struct world w;

	(void)state;
	world_init(&w, &flow_script_ops);
	world_rule(&w, "permit proto tcp dport 80");
	assert_int_equal(world_set(&w), 0);
	other = rd_offload_session_new(w.off, 200);
	assert_non_null(other);
	spec = w.spec;
	want = w.want;
	want.spec = &spec;
	assert_int_equal(
		rd_mirror_rule_parse(&spec.rule[0], "permit proto tcp sport 1024-2047", &err), 0);
	assert_int_equal(rd_offload_set(other, &want, w.point, 1, &err), 0);
	assert_int_equal(rd_offload_result(other, 0)->recipe, RD_RECIPE_SOFTWARE);
	assert_int_equal(rd_offload_result(other, 0)->why, RD_FLOW_WHY_OVERLAP);
	expect(&w, 0, RD_RECIPE_FULL);
	assert_int_equal(
		rd_mirror_rule_parse(&spec.rule[0], "permit proto tcp dport 443", &err), 0);
	assert_int_equal(rd_offload_set(other, &want, w.point, 1, &err), 0);
	assert_int_equal(rd_offload_result(other, 0)->recipe, RD_RECIPE_FULL);
	w.point[1] = w.point[0];
	w.point[1].stage = RD_STAGE_VNIC_TX; // another edge: another set of packets
	assert_int_equal(rd_mirror_rule_parse(&spec.rule[0], "permit proto tcp dport 80", &err), 0);
	assert_int_equal(rd_offload_set(other, &want, &w.point[1], 1, &err), 0);
	assert_int_equal(rd_offload_result(other, 0)->recipe, RD_RECIPE_FULL);
	rd_offload_revoke(w.session);
	assert_int_equal(rd_offload_set(other, &want, w.point, 1, &err), 0);
	assert_int_equal(rd_offload_result(other, 0)->recipe, RD_RECIPE_FULL);
	rd_offload_session_free(other);
	world_end(&w);
}

static void untouched_when_forbidden(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, &flow_script_ops);
	w.spec.offload = RD_MIRROR_OFFLOAD_FORBID;
	assert_int_equal(world_set(&w), 0);
	expect(&w, 0, RD_RECIPE_SOFTWARE);
	assert_int_equal(w.script.validates + w.script.creates, 0);
	world_expect_line(&w, 0,
		"R1 full-hw session session: this session needs software: ENOTSUP, no cause given: \"offload forbid\"");
	world_end(&w);
}

static void dry_run(void **state)
{
	struct rd_err err = {0};
	struct world w;

	(void)state;
	world_init(&w, &flow_script_ops);
	assert_int_equal(rd_offload_dry_run(w.session, &w.want, w.point, 1, &err), 0);
	expect(&w, 0, RD_RECIPE_FULL);
	assert_int_equal(result(&w, 0)->rules, 0);
	assert_int_equal(script_rules(&w.script), 0);
	world_tick(&w, 100);
	assert_int_equal(script_rules(&w.script), 0);
	assert_int_equal(world_set(&w), 0);
	assert_int_equal(script_rules(&w.script), 1);
	assert_int_equal(rd_offload_dry_run(w.session, &w.want, w.point, 1, &err), -EBUSY);
	world_end(&w);
}

// The packet's own way in each domain; the script compares it with its own idea (wrong_fate).
static void fates(void **state)
{
	static const uint8_t stages[] = {
		RD_STAGE_VNIC_RX, RD_STAGE_VNIC_TX, RD_STAGE_UPLINK_RX, RD_STAGE_UPLINK_TX};

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		for (unsigned queues = 1; queues <= 4; queues += 3)
			for (unsigned hybrid = 0; hybrid < 2; hybrid++) {
				struct world w;

				world_init(&w, &flow_script_ops);
				w.point[0].stage = stages[i];
				w.script.facts[1].nb_rxq = (uint16_t)queues;
				w.script.facts[1].copy_queue = 9;
				w.script.facts[1].copy_port = 3;
				w.spec.offload =
					hybrid ? RD_MIRROR_OFFLOAD_HYBRID : RD_MIRROR_OFFLOAD_AUTO;
				world_rule(&w, "deny proto tcp dport 22");
				world_rule(&w, "permit proto tcp");
				assert_int_equal(world_set(&w), 0);
				expect(&w, 0,
					!hybrid		     ? RD_RECIPE_FULL
						: i % 2 == 0 ? RD_RECIPE_QUEUE
							     : RD_RECIPE_PORT);
				assert_true(script_rules(&w.script) >= 2);
				world_end(&w);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(template_swapped),
		cmocka_unit_test(swapped_where_rules_are_compared),
		cmocka_unit_test(required),
		cmocka_unit_test(require_refused),
		cmocka_unit_test(partial),
		cmocka_unit_test(all_or_nothing),
		cmocka_unit_test(two_sessions),
		cmocka_unit_test(untouched_when_forbidden),
		cmocka_unit_test(dry_run),
		cmocka_unit_test(fates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
