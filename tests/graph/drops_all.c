/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Every line of drops.def is provoked, in the order of the file: the reason is counted by the stage that the line names, its
 * bytes are in the record of drops, a capture limited to the reason sees it and nothing else, and all sums
 * agree. A line without a provoking case fails the test, but for those of class H, which never have a packet, and
 * the few that are named in drops_cases.c with the test that has them.
 */
#include "drops_cases.h"
#include "graph_frames.h"

#include <stdio.h>
#include <string.h>

#include "core/tap.h"

static struct gf_capture capture;

struct seen { // by the capture
	uint64_t packets;
	uint64_t last_id;
	uint32_t last_len;
	uint8_t last[RD_DROPLOG_SNAP];
};

static void read_capture(uint16_t reason, struct seen *s)
{
	const struct rd_cap_rec *r;
	int err = 0;

	*s = (struct seen){0};
	while ((r = rd_capring_peek(capture.reader, 0, &err)) != NULL) {
		assert_int_equal(r->reason, reason);
		assert_int_equal(r->stage, RD_STAGE_DROP);
		s->packets++;
		s->last_id = r->packet_id;
		s->last_len = r->wire_len;
		memcpy(s->last, r + 1, RTE_MIN(r->cap_len, (uint32_t)sizeof(s->last)));
		rd_capring_pop(capture.reader, 0);
	}
	assert_int_equal(err, 0);
}

static void check_record(const struct rd_drop_desc *d, const struct seen *s)
{
	const char *stage;
	struct rd_droplog_rec r;
	uint8_t bytes[RD_DROPLOG_SNAP];

	if (!rd_droplog_read_last(&gf_w->droplog, d->id, 0, &r, bytes))
		fail_msg("%s is not in the record", d->name);
	stage = rd_stage_by_id(r.stage) != NULL ? rd_stage_by_id(r.stage)->name : "?";
	if (strcmp(d->stage, "any") != 0 && strcmp(d->stage, stage) != 0)
		fail_msg("%s was dropped by %s, not by %s", d->name, stage, d->stage);
	assert_true(r.ns > 0);
	assert_int_equal(r.packet_id, s->last_id);
	assert_int_equal(r.len, s->last_len);
	assert_int_equal(r.cap_len, RTE_MIN(r.len, (uint32_t)RD_DROPLOG_SNAP));
	assert_memory_equal(bytes, s->last, r.cap_len);
}

static void check_sums(const struct rd_drop_desc *d, const struct seen *s)
{
	struct rd_dropcount_row row;
	uint64_t rows = 0;

	for (uint32_t i = 0; i < RD_DROPCOUNT_SLOTS; i++)
		if (rd_dropcount_row(gf_w->dropcount, i, &row) && row.reason == d->id)
			rows += row.packets;
	if (gf_w->drops[d->id] == 0)
		fail_msg("%s did not happen", d->name);
	assert_int_equal(gf_w->drops[d->id], rows);
	assert_int_equal(gf_w->drops[d->id], gf_w->droplog.reason[d->id].count);
	assert_int_equal(gf_w->drops[d->id], s->packets);
}

static void provoke(const struct rd_drop_desc *d, void (*fn)(void))
{
	struct seen s;

	gf_trace(false); // its hooks sit where taps do
	capture = gf_capture_reason(d->id);
	if (fn != NULL)
		fn();
	else
		assert_true(dc_malformed(d->name));
	read_capture(d->id, &s);
	check_sums(d, &s);
	check_record(d, &s);
	gf_capture_end(&capture);
}

// One test per line; the state is the line.
static void one_reason(void **state)
{
	const struct rd_drop_desc *d = *state;
	const struct dc_case *c = dc_find(d->id);

	if (d->class == 'H') {
		assert_null(c); // it would be no hardware's
		return;
	}
	if (c != NULL && c->elsewhere != NULL)
		return; // tests/lint/covered.py looks whether it is there
	if (c == NULL && !dc_has_malformed(d->name))
		fail_msg("%s: no case provokes it: add one to drops_cases.c or pcaps/malformed.py",
			d->name);
	provoke(d, c != NULL ? c->provoke : NULL);
}

static int end(void **state)
{
	if (capture.session != NULL) // the test has failed
		gf_capture_end(&capture);
	return gf_end(state);
}

int main(void)
{
	static struct CMUnitTest tests[RD_DROP_MAX];

	for (unsigned i = 0; i < rd_drops_count; i++)
		tests[i] = (struct CMUnitTest){.name = rd_drops[i].name,
			.test_func = one_reason,
			.setup_func = gf_begin,
			.teardown_func = end,
			.initial_state = (void *)(uintptr_t)&rd_drops[i]};
	return gf_main(tests, rd_drops_count);
}
