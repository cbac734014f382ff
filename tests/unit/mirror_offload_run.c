/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What becomes of a session in a card over time, on a scripted driver: a card that lies, a full table, lost rules, rules that are not taken back,
 * devices that are closed and opened.
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

// What a person is told: the point, and the session.
static void shown(struct world *w, const char *want)
{
	assert_string_equal(rd_offload_shown(result(w, 0)), want);
	assert_string_equal(rd_offload_summary(w->session), want);
}

// A card that takes the rule and copies nothing is found out, not at once, and not believed again.
static void lies(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, &flow_script_ops);
	assert_int_equal(world_set(&w), 0);
	expect(&w, 0, RD_RECIPE_FULL);
	rd_offload_seen(w.session, 0, 15);
	world_tick(&w, 10);
	expect(&w, 0, RD_RECIPE_FULL); // too few to tell
	rd_offload_seen(w.session, 0, 1);
	world_tick(&w, 2);
	expect(&w, 0, RD_RECIPE_FULL);
	assert_true(world_tick(&w, 1));
	expect(&w, 0, RD_RECIPE_SOFTWARE);
	assert_int_equal(result(&w, 0)->why, RD_FLOW_WHY_LIES);
	world_expect_line(&w, 0,
		"R1 full-hw run lies: the NIC took the rule but copies nothing: EIO, no cause given: \"its counter stood still while software "
		"saw 16 packets that match\"");
	assert_int_equal(script_rules(&w.script), 0);
	rd_offload_revoke(w.session);
	assert_int_equal(world_set(&w), 0);
	world_expect_line(&w, 0,
		"R1 full-hw probe lies: the NIC took the rule but copies nothing: EIO, no cause given: \"it took such a rule before, and nothing "
		"was counted\"");
	rd_offload_port_opened(w.off, 1); // another life
	assert_int_equal(world_set(&w), 0);
	expect(&w, 0, RD_RECIPE_FULL);
	world_end(&w);
}

static void proof(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, &flow_script_ops);
	assert_int_equal(world_set(&w), 0);
	world_tick(&w, 1);
	assert_int_equal(result(&w, 0)->proof, RD_PROOF_NONE);
	shown(&w, "unproven"); // no packet has come
	for (unsigned i = 1; i < 10; i++) { // a counter that lags behind is no liar
		rd_offload_seen(w.session, 0, 100);
		world_tick(&w, 2);
		script_traffic(&w.script, 99);
		world_tick(&w, 1);
	}
	expect(&w, 0, RD_RECIPE_FULL);
	assert_int_equal(result(&w, 0)->proof, RD_PROOF_COUNTED);
	shown(&w, "hw");
	assert_int_equal(result(&w, 0)->hits, 891);
	assert_int_equal(result(&w, 0)->bytes, 89100);
	w.script.counts = false;
	world_tick(&w, 5);
	assert_int_equal(result(&w, 0)->proof, RD_PROOF_BLIND);
	shown(&w, "unproven");
	world_end(&w);
}

// A full table: tried again after 30 to 40 s, and not before.
static void full_tried_again(void **state)
{
	struct world w;
	unsigned seconds = 0;

	(void)state;
	world_init(&w, &flow_script_ops);
	script_answer(&w.script,
		(struct script_answer){.ops = SCRIPT_CREATE, .when = is_real, .code = -ENOMEM});
	world_tick(&w, 1);
	assert_int_equal(world_set(&w), 0);
	assert_true(result(&w, 0)->retrying);
	script_forget_answers(&w.script);
	while (result(&w, 0)->recipe != RD_RECIPE_FULL && seconds < 100) {
		world_tick(&w, 1);
		seconds++;
	}
	assert_in_range(seconds, 30, 40);
	assert_false(result(&w, 0)->retrying);
	world_end(&w);
}

// The device goes away between two rules, and takes back nothing.
static void gone_midway(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, &flow_script_ops);
	world_rule(&w, "permit proto tcp dport 80");
	world_rule(&w, "permit proto tcp dport 81");
	script_answer(&w.script,
		(struct script_answer){
			.ops = SCRIPT_CREATE, .when = is_real, .after = 1, .code = -EIO});
	script_answer(&w.script,
		(struct script_answer){.ops = SCRIPT_DESTROY, .when = is_real, .code = -EIO});
	assert_int_equal(world_set(&w), 0);
	expect(&w, 0, RD_RECIPE_SOFTWARE);
	assert_int_equal(result(&w, 0)->why, RD_FLOW_WHY_GONE);
	assert_int_equal(rd_offload_stuck(w.off), 1); // it may still copy, as far as anybody knows
	world_tick(&w, 100);
	expect(&w, 0, RD_RECIPE_SOFTWARE); // until it is back
	script_forget_answers(&w.script);
	rd_offload_port_opened(w.off, 1);
	expect(&w, 0, RD_RECIPE_FULL);
	rd_offload_port_opened(w.off, 0); // the proxy: its rules went with it
	world_end(&w);
}

static void rule_lost(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, &flow_script_ops);
	assert_int_equal(world_set(&w), 0);
	script_traffic(&w.script, 5);
	world_tick(&w, 1);
	script_answer(&w.script,
		(struct script_answer){.ops = SCRIPT_QUERY, .times = 1, .code = -EINVAL});
	world_tick(&w, 1);
	expect(&w, 0, RD_RECIPE_FULL);
	assert_int_equal(script_rules(&w.script), 1);
	script_traffic(&w.script, 4);
	world_tick(&w, 1);
	assert_int_equal(result(&w, 0)->hits, 9);
	script_answer(&w.script, (struct script_answer){.ops = SCRIPT_QUERY, .code = -EIO});
	script_answer(&w.script,
		(struct script_answer){.ops = SCRIPT_CREATE, .when = is_real, .code = -EIO});
	world_tick(&w, 1);
	expect(&w, 0, RD_RECIPE_SOFTWARE);
	assert_int_equal(result(&w, 0)->hits, 9);
	world_end(&w);
}

// A driver whose queries fail for ever: the rule is made again three times, then believed to be there, unproven.
static void never_counted(void **state)
{
	struct world w;
	unsigned made;

	(void)state;
	world_init(&w, &flow_script_ops);
	assert_int_equal(world_set(&w), 0);
	made = w.script.born;
	script_answer(&w.script, (struct script_answer){.ops = SCRIPT_QUERY, .code = -EINVAL});
	world_tick(&w, 20);
	expect(&w, 0, RD_RECIPE_FULL);
	assert_int_equal(w.script.born - made, 3);
	assert_int_equal(result(&w, 0)->proof, RD_PROOF_BLIND);
	assert_false(result(&w, 0)->counted);
	world_end(&w);
}

// A driver that keeps a rule is asked again; nothing else is held up by it.
static void stuck(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, &flow_script_ops);
	assert_int_equal(world_set(&w), 0);
	script_answer(&w.script,
		(struct script_answer){
			.ops = SCRIPT_DESTROY, .when = is_real, .times = 3, .code = -EBUSY});
	rd_offload_revoke(w.session);
	assert_int_equal(rd_offload_stuck(w.off), 1);
	world_tick(&w, 2);
	assert_int_equal(rd_offload_stuck(w.off), 1);
	world_tick(&w, 1);
	assert_int_equal(rd_offload_stuck(w.off), 0);
	assert_int_equal(script_rules(&w.script), 0);
	world_end(&w);
}

static void device_closed_and_opened(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, &flow_script_ops);
	assert_int_equal(world_set(&w), 0);
	rd_offload_changed(w.session);
	rd_offload_port_closing(w.off, 1);
	assert_true(rd_offload_changed(w.session));
	assert_int_equal(script_rules(&w.script), 0);
	expect(&w, 0, RD_RECIPE_SOFTWARE);
	world_expect_line(&w, 0,
		"R1 full-hw run gone: the device is gone or was reset: ENODEV, no cause given: \"the device was closed\"");
	w.script.facts[1].firmware[0] = '2'; // and comes back with another firmware
	rd_offload_port_opened(w.off, 1);
	expect(&w, 0, RD_RECIPE_FULL);
	world_end(&w);
}

// A daemon that was killed left rules: they are flushed before the first of ours.
static void orphans(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, &flow_script_ops);
	for (unsigned i = 0; i < 5; i++)
		script_orphan(&w.script, 1);
	rd_offload_port_opened(w.off, 1);
	assert_int_equal(script_rules(&w.script), 0);
	assert_int_equal(w.script.flushes, 1);
	script_foreign(&w.script, 1); // made after that by somebody else: not touched
	assert_int_equal(world_set(&w), 0);
	rd_offload_revoke(w.session);
	assert_int_equal(w.script.flushes, 1);
	assert_true(w.script.live[0].used || w.script.live[1].used);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lies),
		cmocka_unit_test(proof),
		cmocka_unit_test(full_tried_again),
		cmocka_unit_test(gone_midway),
		cmocka_unit_test(rule_lost),
		cmocka_unit_test(never_counted),
		cmocka_unit_test(stuck),
		cmocka_unit_test(device_closed_and_opened),
		cmocka_unit_test(orphans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
