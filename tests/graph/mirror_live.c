/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Mirror sessions that come, change and go while flows live: what a flow's entry remembers of them (rd_flow.quiet) is never
 * older than the sessions. And nothing of it shows in forwarding: with 0, 1 and 64 sessions the same packets leave in the same order
 * in the same walk, every stage counts the same, and walks take as long where no copy is made.
 */
#include "mirror_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/pkt.h"
#include "core/loop.h"
#include "core/tap.h"
#include "session/field.h"

#define TCP_SEQ 38 // in mw.frame
#define WALKS 200
#define TRIES 30
#define NEVER "permit proto udp dport 53"
#define ALWAYS "permit proto tcp dport 80"

static void change_rule(struct rd_mirror *m, const char *rule)
{
	struct rd_mirror_spec s = m->spec;
	struct rd_err err = {0};

	assert_int_equal(rd_mirror_spec_set(&s, "rule", "none", &err), 0);
	assert_int_equal(rd_mirror_spec_set(&s, "rule", rule, &err), 0);
	if (rd_mirror_change(m, &s, "test", &err) < 0)
		fail_msg("%s", err.what);
}

// The entry of the guests' flow.
static struct rd_flow *entry(void)
{
	for (uint32_t id = 1; id < rd_flow_bound(gf_w->flows); id++) {
		struct rd_flow *f = &gf_w->flows->entry[id];

		if (f->last_s != 0 && f->key.in_port == mw.from)
			return f;
	}
	fail_msg("the flow has no entry");
	return NULL;
}

static bool is_marked(void)
{
	return entry()->quiet == gf_w->tap_tag;
}

static void test_a_change_is_seen_at_once(void **state)
{
	struct rd_mirror *a, *b;

	(void)state;
	gf_trace(false);
	mw_world();
	assert_int_equal(mw_forward(3, true), 0);
	a = mw_session("a", NEVER, NULL);
	assert_false(is_marked());
	assert_int_equal(mw_forward(3, true), 0);
	assert_true(is_marked()); // from here on nobody looks
	assert_int_equal(mw_forward(100, true), 0);
	assert_int_equal(mw_counts(a).came, 103);
	assert_int_equal(mw_counts(a).taken, 0);
	change_rule(a, ALWAYS);
	assert_int_equal(mw_forward(1, true), 1);
	assert_false(is_marked());
	change_rule(a, NEVER);
	assert_int_equal(mw_forward(2, true), 0);
	assert_true(is_marked());
	b = mw_session("b", ALWAYS, NULL); // beside one that does not want it
	assert_int_equal(mw_forward(1, true), 1);
	rd_mirror_stop(b, "test");
	assert_int_equal(mw_forward(2, true), 0);
	assert_true(is_marked());
	change_rule(a, "permit flags syn"); // not the same for all packets of a flow: never marked
	assert_int_equal(mw_forward(5, true), 5);
	assert_false(is_marked());
	mw_assert_balance(a);
	mw_assert_balance(b);
	assert_int_equal(mw_counts(a).came, 103 + 1 + 2 + 1 + 2 + 5);
	mw_end();
}

// A mark is a number of 8 bits. An entry that was marked under a set of taps with the same number is not mistaken for one of now.
static void test_numbers_come_round(void **state)
{
	struct rd_mirror *m;
	uint8_t tag;
	unsigned changes = 0;

	(void)state;
	gf_trace(false);
	mw_world();
	m = mw_session("a", NEVER, NULL);
	assert_int_equal(mw_forward(3, true), 0);
	for (unsigned round = 0; round < 3; round++) {
		assert_true(is_marked());
		tag = entry()->quiet;
		do {
			change_rule(m, ++changes % 2 != 0 ? ALWAYS : NEVER);
			assert_true(changes < 10000);
		} while (gf_w->tap_tag != tag || changes % 2 == 0);
		assert_int_equal(entry()->quiet, tag); // it has seen nothing meanwhile
		assert_int_equal(mw_forward(1, true), 1);
		change_rule(m, NEVER);
		changes++;
		assert_int_equal(mw_forward(2, true), 0);
	}
	assert_true(changes > 3 * RD_TAP_TAGS);
	mw_assert_balance(m);
	mw_end();
}

// A port that goes takes the flow's decision with it; a capture that wants all is served at once, too.
static void test_captures_and_ports(void **state)
{
	struct rd_tap_point point = {.stage = RD_STAGE_PORT_OUT, .port = RD_PORT_NONE};
	struct rd_capture_opts o = {
		.points = &point, .nb_points = 1, .snaplen = 64, .ring_size = 1 << 16};
	struct rd_capture *c;
	struct rd_err err = {0};
	int fd;

	(void)state;
	gf_trace(false);
	mw_world();
	mw_session("a", NEVER, NULL);
	assert_int_equal(mw_forward(3, true), 0);
	assert_true(is_marked());
	assert_int_equal(rd_filter_compile(&o.filter, "", RD_FILTER_BOTH, &err), 0);
	c = rd_capture_start(&o, 1, &fd, &err);
	assert_non_null(c);
	assert_int_equal(mw_forward(7, true), 0);
	assert_int_equal(rd_capture_totals(c, RD_STAGE_PORT_OUT).captured, 7);
	rd_capture_stop(c);
	assert_int_equal(mw_forward(3, true), 0);
	assert_true(is_marked());
	gt_up(mw.to, true, true); // published anew: the entry is compared with it
	assert_int_equal(mw_forward(2, true), 0);
	mw_end();
}

// Sessions i up to nb that want nothing of the guests' flow.
static void idle_sessions(unsigned i, unsigned nb)
{
	char name[16];

	for (; i < nb; i++) {
		snprintf(name, sizeof(name), "s%u", i);
		mw_session(name, NEVER, NULL);
	}
}

struct looks { // of one number of sessions
	struct rd_stage_stats stage[RD_STAGE_MAX];
	uint64_t cycles[WALKS]; // each walk's, sorted
};

// A burst leaves in the walk that it came in, in its order: nobody waits for a copy. How long the walk took, in cycles, on a
// worker's own thread: what taps saw is counted in turns of several walks.
static uint64_t one_walk(unsigned n, struct gf_frame *f)
{
	uint64_t from;

	for (unsigned i = 0; i < RD_BURST; i++) {
		rd_put32(mw.frame + TCP_SEQ, n * RD_BURST + i);
		gf_queue(mw.from, mw.frame, mw.len);
	}
	rd_coarse_tick();
	from = rd_tsc();
	rd_worker_walk(gf_w);
	from = rd_tsc() - from;
	for (unsigned i = 0; i < RD_BURST; i++) {
		if (!gf_sink_take(SINK_GUEST, f))
			fail_msg("walk %u: packet %u of %u did not leave with it", n, i, RD_BURST);
		assert_int_equal(rd_be32(f->bytes + TCP_SEQ), n * RD_BURST + i);
	}
	assert_false(gf_sink_take(SINK_GUEST, f));
	return from;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void look(struct looks *l)
{
	struct gf_frame *f = malloc(sizeof(*f));

	assert_non_null(f);
	memcpy(l->stage, gf_w->stages, sizeof(l->stage));
	for (unsigned n = 0; n < WALKS; n++) {
		l->cycles[n] = one_walk(n, f);
		(void)gf_sink_drain(SINK_OUT);
	}
	rd_tap_settle(gf_w);
	for (unsigned i = 0; i < RD_STAGE_MAX; i++) {
		l->stage[i].in = gf_w->stages[i].in - l->stage[i].in;
		l->stage[i].out = gf_w->stages[i].out - l->stage[i].out;
		l->stage[i].drops = gf_w->stages[i].drops - l->stage[i].drops;
	}
	qsort(l->cycles, WALKS, sizeof(l->cycles[0]), by_value);
	free(f);
}

static void assert_same(const struct looks *a, const struct looks *b)
{
	for (unsigned i = 0; i < RD_STAGE_MAX; i++) {
		assert_int_equal(a->stage[i].in, b->stage[i].in);
		assert_int_equal(a->stage[i].out, b->stage[i].out);
		assert_int_equal(a->stage[i].drops, b->stage[i].drops);
	}
}

static void test_forwarding_is_the_same(void **state)
{
	struct looks *l = calloc(3, sizeof(*l));
	struct rd_mirror *m[RD_MIRROR_MAX];
	char name[16];

	(void)state;
	assert_non_null(l);
	gf_trace(false);
	mw_world();
	assert_int_equal(mw_forward(3, true), 0);
	look(&l[0]);
	for (unsigned i = 0; i < RD_MIRROR_MAX; i++) {
		snprintf(name, sizeof(name), "s%u", i);
		m[i] = mw_session(name, i % 8 == 0 ? ALWAYS : NEVER, NULL);
		if (i == 0)
			look(&l[1]);
	}
	look(&l[2]);
	assert_same(&l[0], &l[1]);
	assert_same(&l[0], &l[2]);
	assert_int_equal(mw_counts(m[0]).taken, 2 * WALKS * RD_BURST);
	for (unsigned i = 0; i < RD_MIRROR_MAX; i++) {
		assert_int_equal(
			mw_counts(m[i]).came, (i == 0 ? 2 : 1) * (uint64_t)WALKS * RD_BURST);
		mw_assert_balance(m[i]);
	}
	mw_end();
	free(l);
}

// The walks' times with 0, 1 and 64 sessions that want nothing, at three places of their distribution: that there are sessions may cost a
// burst something, how many there are nothing. (A release build's cost is tests/perf's to say.)
static bool is_as_fast(const struct looks *l)
{
	static const unsigned parts[] = {25, 50, 75};
	bool same = true;

	for (unsigned i = 0; i < RTE_DIM(parts); i++) {
		uint64_t at[3];

		for (unsigned k = 0; k < 3; k++)
			at[k] = l[k].cycles[WALKS * parts[i] / 100];
		print_message("%u %% of the walks take at most %lu, %lu, %lu cycles\n", parts[i],
			at[0], at[1], at[2]);
		same = same && at[1] < at[0] + at[0] / 4 && at[2] < at[1] + at[1] / 8;
	}
	return same;
}

// Others use this machine meanwhile: each try is a measurement of all three, and one of many must show that there is nothing.
static void test_forwarding_takes_as_long(void **state)
{
	struct looks *l = calloc(3, sizeof(*l));
	bool same = false;

	(void)state;
	assert_non_null(l);
	gf_trace(false);
	mw_world();
	assert_int_equal(mw_forward(3, true), 0);
	for (unsigned i = 0; i < TRIES && !same; i++) {
		look(&l[0]);
		idle_sessions(0, 1);
		look(&l[1]);
		idle_sessions(1, RD_MIRROR_MAX);
		look(&l[2]);
		mw_end();
		same = is_as_fast(l);
	}
	assert_true(same);
	free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_change_is_seen_at_once, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_numbers_come_round, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_captures_and_ports, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_forwarding_is_the_same, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_forwarding_takes_as_long, gf_begin, gf_end),
	};

	return cmocka_run_group_tests(tests, gf_group_setup, mw_group_end);
}
