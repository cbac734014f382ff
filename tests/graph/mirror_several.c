/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Several mirror sessions that have something in common: a collector that is to get a packet once, by whomever, and limits for all of
 * them. Whatever happens to copies, every packet is forwarded, and each copy has one fate.
 */
#include "mirror_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pkt.h"
#include "session/cap.h"
#include "session/field.h"

#define SECOND UINT64_C(1000000000)
#define START (UINT64_C(1700000000) * SECOND)
#define HEAD 50
#define ERSPAN_ID 44 // session's 10 bits end the word that begins at 42
#define PACKETS 200

static struct gf_frame *frame;

// The worker's clock stands at this time.
static void at(uint64_t ns)
{
	gf_w->clock.base_tsc = UINT64_MAX;
	gf_w->clock.base_ns = ns;
	gf_w->clock.last_ns = 0;
}

static void set(struct rd_mirror *m, const char *key, const char *value)
{
	struct rd_mirror_spec s = m->spec;
	struct rd_err err = {0};

	if (rd_mirror_spec_set(&s, key, value, &err) < 0
		|| rd_mirror_change(m, &s, "test", &err) < 0)
		fail_msg("%s", err.what);
}

static struct rd_mirror *grouped(const char *name, const char *rule, const char *group)
{
	struct rd_mirror *m = mw_session(name, rule, NULL);

	set(m, "once", group);
	return m;
}

static unsigned session_of(const struct gf_frame *f)
{
	return rd_be16(f->bytes + ERSPAN_ID) & 0x3ff;
}

// Three sessions want the packet, two of them in a group: one copy from the group, whose numbers have no gap, and one from the third.
static void test_a_collector_gets_a_packet_once(void **state)
{
	struct rd_mirror *a, *b, *c;

	(void)state;
	gf_trace(false);
	mw_world();
	a = grouped("a", NULL, "7");
	b = grouped("b", "permit proto tcp dport 80", "7");
	c = mw_session("c", NULL, NULL);
	assert_int_equal(mw_forward(PACKETS, true), 2 * PACKETS);
	assert_int_equal(a->state->owned.sent[0].tx_ok, PACKETS);
	assert_int_equal(a->state->owned.duplicate, 0);
	assert_int_equal(b->state->owned.duplicate, PACKETS);
	assert_int_equal(b->state->owned.sent[0].tx_ok, 0);
	assert_int_equal(c->state->owned.sent[0].tx_ok, PACKETS);
	set(b, "session-priority", "1"); // now it is first
	assert_int_equal(mw_forward(PACKETS, true), 2 * PACKETS);
	assert_int_equal(b->state->owned.sent[0].tx_ok, PACKETS);
	assert_int_equal(a->state->owned.duplicate, PACKETS);
	set(b, "once", "8"); // alone in its group
	assert_int_equal(mw_forward(PACKETS, true), 3 * PACKETS);
	mw_assert_balance(a);
	mw_assert_balance(b);
	mw_assert_balance(c);
	mw_end();
}

// What the first does not want the second sends; what they send to others is not the same.
static void test_once_for_each_collector(void **state)
{
	struct rd_mirror *a, *b;

	(void)state;
	gf_trace(false);
	mw_world();
	a = grouped("a", "permit proto udp", "7");
	b = grouped("b", NULL, "7");
	assert_int_equal(mw_forward(10, true), 10);
	assert_int_equal(b->state->owned.sent[0].tx_ok, 10);
	set(a, "rule", "none");
	set(a, "to", "192.0.2.3");
	assert_int_equal(mw_forward(10, true), 20);
	set(a, "to", "192.0.2.3,192.0.2.2");
	set(a, "mode", "replicate"); // one of its two is b's, too
	assert_int_equal(mw_forward(10, true), 20);
	assert_int_equal(a->state->owned.replicas, 10);
	assert_int_equal(a->state->owned.duplicate + b->state->owned.duplicate, 10);
	mw_assert_balance(a);
	mw_assert_balance(b);
	mw_end();
}

// One session that looks at two stages: the first is what is sent.
static void test_once_of_two_stages(void **state)
{
	struct rd_mirror *m;

	(void)state;
	gf_trace(false);
	mw_world();
	m = mw_session("a", NULL, NULL);
	set(m, "stage", "vnic_rx,port_in");
	assert_int_equal(mw_forward(5, true), 10);
	set(m, "once", "1");
	assert_int_equal(mw_forward(5, true), 5);
	assert_int_equal(m->state->owned.duplicate, 5);
	mw_assert_balance(m);
	mw_end();
}

// What the device does not take was not sent: nobody is kept back because of it. With room for one copy it is sent, and once.
static void test_what_the_device_refuses_was_not_sent(void **state)
{
	struct rd_mirror *a, *b;

	(void)state;
	gf_trace(false);
	mw_world();
	a = grouped("a", NULL, "7");
	b = grouped("b", NULL, "7");
	while (gf_sink_room(SINK_OUT) != 0)
		gf_sink_put(SINK_OUT);
	assert_int_equal(mw_forward(PACKETS, false), 0);
	assert_int_equal(a->state->owned.sent[0].tx_drop, PACKETS);
	assert_int_equal(b->state->owned.sent[0].tx_drop, PACKETS);
	assert_int_equal(a->state->owned.duplicate + b->state->owned.duplicate, 0);
	(void)gf_sink_drain(SINK_OUT);
	while (gf_sink_room(SINK_OUT) != 1)
		gf_sink_put(SINK_OUT);
	(void)mw_forward(1, false);
	assert_int_equal(a->state->owned.sent[0].tx_ok, 1);
	assert_int_equal(b->state->owned.duplicate, 1);
	(void)gf_sink_drain(SINK_OUT);
	assert_int_equal(mw_forward(PACKETS, true), PACKETS);
	assert_int_equal(b->state->owned.sent[0].tx_drop, PACKETS);
	mw_assert_balance(a);
	mw_assert_balance(b);
	mw_end();
}

// More packets than are remembered: never is one kept back that was not sent.
static void test_none_is_taken_for_another(void **state)
{
	struct rd_mirror *a, *b;

	(void)state;
	gf_trace(false);
	mw_world();
	a = grouped("a", NULL, "7");
	b = grouped("b", NULL, "7");
	assert_int_equal(mw_forward(40000, true), 40000);
	assert_int_equal(a->state->owned.sent[0].tx_ok, 40000);
	assert_int_equal(b->state->owned.duplicate, 40000);
	mw_assert_balance(b);
	mw_end();
}

#define STEPS 20000
#define STEP (SECOND / 2000)

static unsigned offer(void)
{
	unsigned copies = 0;

	for (unsigned i = 0; i < STEPS; i++) {
		at(START + i * STEP);
		copies += mw_forward(1, true);
	}
	return copies;
}

static void assert_near(uint64_t n, uint64_t want)
{
	print_message("%lu, wanted %lu\n", n, want);
	assert_in_range(n, want - want / 50, want + want / 50);
}

// 10 s, 2000 packets in each, for two sessions without limits of their own.
static void test_a_limit_for_all(void **state)
{
	static const struct {
		uint64_t pps, bps, copies;
	} cases[] = {{1000, 0, 10000}, {0, 1000000, 10000000 / 8 / (74 + HEAD)}};

	(void)state;
	gf_trace(false);
	for (unsigned i = 0; i < RTE_DIM(cases); i++) {
		struct rd_mirror *a, *b;

		if (i == 0)
			mw_world();
		a = mw_session("a", NULL, NULL);
		b = mw_session("b", NULL, NULL);
		mirror_cap.tat_pps = mirror_cap.tat_bps = 0;
		rd_mirror_cap_set(cases[i].pps, cases[i].bps);
		assert_near(offer(), cases[i].copies);
		assert_int_equal(mw_counts(a).cap + mw_counts(b).cap + a->state->owned.sent[0].tx_ok
				+ b->state->owned.sent[0].tx_ok,
			2 * STEPS);
		mw_assert_balance(a);
		mw_assert_balance(b);
		rd_mirror_cap_set(0, 0);
		at(START + 60 * SECOND);
		assert_int_equal(mw_forward(100, true), 200); // no limit again
		mw_end();
	}
}

// A copy for each of two collectors is two.
static void test_replicas_count(void **state)
{
	struct rd_mirror *m;

	(void)state;
	gf_trace(false);
	mw_world();
	m = mw_session("a", NULL, NULL);
	set(m, "to", "192.0.2.2,192.0.2.3");
	set(m, "mode", "replicate");
	mirror_cap.tat_pps = mirror_cap.tat_bps = 0;
	rd_mirror_cap_set(1000, 0);
	assert_near(offer(), 10000);
	rd_mirror_cap_set(0, 0);
	mw_assert_balance(m);
	mw_end();
}

static uint64_t crowded(struct rd_mirror *const *m, unsigned nb)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < nb; i++) {
		sum += mw_counts(m[i]).crowded;
		mw_assert_balance(m[i]);
	}
	return sum;
}

// Six sessions want each packet, those with a rule and those that take all: four copies are made of each, and whose were given up is
// known. Where no packet can have so many, nobody counts.
static void test_no_more_than_four(void **state)
{
	struct rd_mirror *m[6];
	char name[8];

	(void)state;
	gf_trace(false);
	mw_world();
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(mirror_cap.looks, i < 5 ? 0 : MIRROR_CAP_COPIES);
		snprintf(name, sizeof(name), "s%u", i);
		m[i] = mw_session(name, i % 2 != 0 ? "permit proto tcp dport 80" : NULL, NULL);
	}
	assert_int_equal(mw_forward(PACKETS, true), 4 * PACKETS);
	assert_int_equal(crowded(m, 6), 2 * PACKETS);
	rd_mirror_cap_copies_set(5);
	assert_int_equal(mw_forward(PACKETS, true), 5 * PACKETS);
	rd_mirror_cap_copies_set(0);
	assert_int_equal(mw_forward(PACKETS, true), 6 * PACKETS);
	assert_int_equal(crowded(m, 6), 3 * PACKETS);
	rd_mirror_cap_copies_set(RD_MIRROR_CAP_COPIES);
	for (unsigned i = 4; i < 6; i++)
		rd_mirror_stop(m[i], "test");
	assert_int_equal(mirror_cap.looks, 0);
	assert_int_equal(mw_forward(PACKETS, true), 4 * PACKETS);
	mw_end();
}

// A burst at once; a packet at two stages is two packets to look at; copies for several collectors are several.
static void test_four_at_each_stage(void **state)
{
	struct rd_mirror *m[3];
	char name[8];

	(void)state;
	gf_trace(false);
	mw_world();
	for (unsigned i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "s%u", i);
		m[i] = mw_session(name, NULL, NULL);
		set(m[i], "stage", "vnic_rx,port_in");
		set(m[i], "to", "192.0.2.2,192.0.2.3");
		set(m[i], "mode", "replicate");
	}
	for (unsigned i = 0; i < RD_BURST; i++)
		gf_queue(mw.from, mw.frame, mw.len);
	gf_walk();
	assert_int_equal(gf_sink_drain(SINK_OUT), 2 * 4 * RD_BURST);
	assert_int_equal(crowded(m, 3), 2 * RD_BURST);
	mw_end();
}

static void test_whose_it_is_can_be_told(void **state)
{
	struct rd_mirror *a, *b;

	(void)state;
	gf_trace(false);
	mw_world();
	a = grouped("a", NULL, "7");
	b = grouped("b", NULL, "7");
	set(b, "session-priority", "1");
	gf_send(mw.from, mw.frame, mw.len);
	assert_true(gf_sink_take(SINK_GUEST, frame));
	assert_true(gf_sink_take(SINK_OUT, frame));
	assert_int_equal(session_of(frame), b->spec.id);
	assert_int_not_equal(session_of(frame), a->spec.id);
	assert_false(gf_sink_take(SINK_OUT, frame));
	mw_end();
}

static int setup(void **state)
{
	frame = malloc(sizeof(*frame));
	return frame != NULL ? gf_group_setup(state) : -1;
}

static int teardown(void **state)
{
	free(frame);
	return mw_group_end(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_a_collector_gets_a_packet_once, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_once_for_each_collector, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_once_of_two_stages, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(
			test_what_the_device_refuses_was_not_sent, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_none_is_taken_for_another, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_a_limit_for_all, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_replicas_count, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_no_more_than_four, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_four_at_each_stage, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_whose_it_is_can_be_told, gf_begin, gf_end),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
