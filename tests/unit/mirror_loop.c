/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The functional probe on a scripted driver: a frame is sent through the card, and only a card whose copy came is shown as one that copies. It
 * is seen by nobody else, leaves no rule behind, and is not sent where it can't come back.
 */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "flow_world.h"

static const struct rd_offload_result *result(struct world *w)
{
	return rd_offload_result(w->session, 0);
}

static const struct rd_flow_loop *loop_of(struct world *w, uint16_t port)
{
	return &rd_offload_capability(w->off, port, false)->loop;
}

static void begin(struct world *w)
{
	world_init(w, &flow_script_ops_loop);
	w->point[0].stage = RD_STAGE_VNIC_TX; // what we send: that is what the frame shows
}

// Hardware, before the first packet.
static void copy_seen(void **state)
{
	(void)state;
	for (unsigned other = 0; other < 2; other++) {
		struct world w;

		begin(&w);
		w.script.facts[1].look_port = other != 0 ? 2 : RD_FLOW_NOWHERE;
		assert_int_equal(world_set(&w), 0);
		assert_int_equal(result(&w)->recipe, RD_RECIPE_FULL);
		assert_int_equal(result(&w)->proof, RD_PROOF_PROBED);
		assert_string_equal(rd_offload_summary(w.session), "hw");
		assert_int_equal(w.script.passes, 2); // as it is, and with a head
		assert_int_equal(loop_of(&w, 1)->us, 7);
		assert_true(loop_of(&w, 1)->heads);
		assert_int_equal(script_rules(&w.script), 1); // the session's
		assert_int_equal(w.script.passes, 2);
		world_end(&w);
	}
}

// From a port's other side no frame of ours can come: its rule's counter has to move.
static void the_other_way(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	w.point[0].stage = RD_STAGE_VNIC_RX;
	assert_int_equal(world_set(&w), 0);
	assert_int_equal(result(&w)->proof, RD_PROOF_NONE);
	assert_string_equal(rd_offload_summary(w.session), "unproven");
	script_traffic(&w.script, 1);
	world_tick(&w, 1);
	assert_string_equal(rd_offload_summary(w.session), "hw");
	world_end(&w);
}

static const struct liar {
	unsigned copies;
	bool loses, spoils, spoils_head;
	const char *words;
} liars[] = {
	{0, false, false, false, "a frame was sent through, and 0 copies of it came"},
	{2, false, false, false, "a frame was sent through, and 2 copies of it came"},
	{9, false, false, false,
		"a frame was sent through, and what came is neither it nor its copy"},
	{1, true, false, false,
		"a frame was sent through, and it came 0 times: packets would go astray"},
	{0, true, false, false, "a frame was sent through, and neither it nor a copy came"},
	{1, false, true, false,
		"a frame was sent through, and what came is neither it nor its copy"},
	{1, false, false, true,
		"a frame was sent through, and what came is neither it nor its copy"},
};

// A card that took each rule, and does something else: software, and why.
static void copy_not_seen(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(liars) / sizeof(liars[0]); i++) {
		const struct liar *l = &liars[i];
		char line[300];
		struct world w;

		begin(&w);
		w.script.facts[1].look_port = 2;
		w.script.pass_copies = l->copies;
		w.script.pass_loses = l->loses;
		w.script.pass_spoils = l->spoils;
		w.script.pass_spoils_head = l->spoils_head;
		assert_int_equal(world_set(&w), 0);
		assert_int_equal(result(&w)->recipe, RD_RECIPE_SOFTWARE);
		assert_int_equal(result(&w)->why, RD_FLOW_WHY_LIES);
		assert_string_equal(rd_offload_summary(w.session), "sw");
		snprintf(line, sizeof(line),
			"R1 full-hw probe lies: the NIC took the rule but copies nothing: EIO, no cause given: \"%s\"",
			l->words);
		world_expect_line(&w, 0, line);
		assert_int_equal(script_rules(&w.script), 0);
		world_end(&w);
	}
}

// One frame that gets lost is waited for, not one for each port of the card.
static void asked_once_for_a_card(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	w.script.pass_copies = 0;
	for (uint16_t port = 0; port < SCRIPT_PORTS; port++) {
		assert_int_equal(loop_of(&w, port)->code, 0);
		assert_false(loop_of(&w, port)->copies);
	}
	assert_int_equal(w.script.passes, 1);
	w.script.facts[3].domain = 8; // another card
	w.script.pass_copies = 1;
	(void)rd_offload_capability(w.off, 3, true);
	assert_true(loop_of(&w, 3)->copies);
	world_end(&w);
}

// The card makes copies, but not with bytes before them: what a session is told is what it said.
static void no_heads(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	script_answer(&w.script,
		(struct script_answer){.ops = SCRIPT_BOTH,
			.when = has_encap,
			.code = -ENOTSUP,
			.message = "no header here"});
	assert_true(loop_of(&w, 1)->copies);
	assert_false(loop_of(&w, 1)->heads);
	assert_string_equal(
		loop_of(&w, 1)->head_fail.message, "the card puts no bytes before a copy");
	assert_int_equal(w.script.passes, 1);
	world_end(&w);
}

static bool is_looped_head(const struct script_rule *r)
{
	return r->looped && r->encap;
}

// Not proven with a head: the rule is made, and its counter has to move.
static void head_not_tried(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	script_answer(&w.script,
		(struct script_answer){.ops = SCRIPT_CREATE,
			.when = is_looped_head,
			.code = -ENOTSUP,
			.message = "encap goes to the wire only"});
	assert_int_equal(world_set(&w), 0);
	assert_int_equal(result(&w)->recipe, RD_RECIPE_FULL);
	assert_int_equal(result(&w)->proof, RD_PROOF_NONE);
	assert_string_equal(rd_offload_summary(w.session), "unproven");
	assert_string_equal(loop_of(&w, 1)->head_fail.message, "encap goes to the wire only");
	world_end(&w);
}

static void rule_refused(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	script_answer(&w.script,
		(struct script_answer){.ops = SCRIPT_CREATE,
			.when = is_looped,
			.code = -EINVAL,
			.message = "source and target are one"});
	assert_int_equal(world_set(&w), 0);
	assert_int_equal(w.script.passes, 0);
	assert_int_equal(loop_of(&w, 1)->code, -EINVAL);
	assert_string_equal(loop_of(&w, 1)->fail.message, "source and target are one");
	assert_string_equal(rd_offload_summary(w.session), "unproven"); // nothing is claimed
	world_end(&w);
}

// Tried when the link is there; until then nothing is sent.
static void link_down(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	w.script.facts[1].link = false;
	assert_int_equal(loop_of(&w, 1)->code, -ENETDOWN);
	assert_string_equal(loop_of(&w, 1)->fail.message, "the link is down");
	assert_int_equal(w.script.passes, 0);
	w.script.facts[1].link = true;
	w.script.pass_code = -ENETDOWN; // it went down meanwhile
	assert_int_equal(loop_of(&w, 1)->code, -ENETDOWN);
	assert_int_equal(w.script.passes, 1);
	w.script.pass_code = 0;
	assert_true(loop_of(&w, 1)->copies);
	assert_int_equal(script_rules(&w.script), 0);
	world_end(&w);
}

static void device_gone(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	w.script.pass_code = -ENODEV;
	assert_false(rd_offload_capability(w.off, 1, false)->complete);
	assert_int_equal(rd_offload_capability(w.off, 1, false)->loop.code, -ENODEV);
	w.script.pass_code = 0;
	assert_true(rd_offload_capability(w.off, 1, false)->complete); // asked anew
	assert_true(loop_of(&w, 1)->copies);
	world_end(&w);
}

// A rule that its driver keeps can meet no packet, and nothing is believed.
static void rule_kept(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	script_answer(&w.script,
		(struct script_answer){.ops = SCRIPT_DESTROY,
			.when = is_looped,
			.times = 1,
			.code = -EBUSY,
			.message = "in use"});
	assert_int_equal(loop_of(&w, 1)->copies, false);
	assert_true(loop_of(&w, 1)->copies); // tried again
	assert_int_equal(script_rules(&w.script), 1);
	rd_offload_port_opened(w.off, 0); // flushed
	world_end(&w);
}

// The frame could meet a session's rule: what is known stays, and nothing is sent.
static void not_among_rules_in_use(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	assert_int_equal(world_set(&w), 0);
	w.script.passes = 0;
	assert_true(rd_offload_capability(w.off, 1, true)->loop.copies);
	assert_int_equal(w.script.passes, 0);
	rd_offload_revoke(w.session);
	assert_true(rd_offload_capability(w.off, 1, true)->loop.copies);
	assert_int_equal(w.script.passes, 2);
	world_end(&w);
}

// Nothing is sent where the card could not lead it back, or a session wants no card.
static void not_sent(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	w.spec.offload = RD_MIRROR_OFFLOAD_FORBID;
	assert_int_equal(world_set(&w), 0);
	script_answer(&w.script,
		(struct script_answer){.ops = SCRIPT_BOTH, .when = has_sample, .code = -ENOTSUP});
	assert_int_equal(loop_of(&w, 1)->code, -ENOTSUP);
	assert_string_equal(loop_of(&w, 1)->fail.message, "the card leads no copy back to us");
	assert_int_equal(w.script.passes, 0);
	world_end(&w);
	world_init(&w, &flow_script_ops);
	assert_int_equal(loop_of(&w, 1)->code, -ENOTSUP);
	assert_string_equal(loop_of(&w, 1)->fail.message, "no frame can be sent through");
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copy_seen),
		cmocka_unit_test(the_other_way),
		cmocka_unit_test(copy_not_seen),
		cmocka_unit_test(asked_once_for_a_card),
		cmocka_unit_test(no_heads),
		cmocka_unit_test(head_not_tried),
		cmocka_unit_test(rule_refused),
		cmocka_unit_test(link_down),
		cmocka_unit_test(device_gone),
		cmocka_unit_test(rule_kept),
		cmocka_unit_test(not_among_rules_in_use),
		cmocka_unit_test(not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
