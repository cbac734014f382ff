/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Many walks: which are kept open, which are sampled, and which paths they make.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/pkt.h"
#include "paths.h"
#include "sample.h"
#include "walks.h"

#define FRAME 60

struct record {
	struct rd_cap_rec rec;
	uint8_t bytes[FRAME];
};

static const struct pk_ports no_ports;

static struct record record_of(uint64_t id, uint8_t stage, uint64_t ns)
{
	struct record r = {.rec = {.hdr_len = sizeof(struct rd_cap_rec),
				   .packet_id = id,
				   .stage = stage,
				   .ns = ns,
				   .cap_len = FRAME,
				   .wire_len = FRAME}};

	return r;
}

static void add(struct pk_walks *w, uint64_t id, uint8_t stage, uint64_t ns, uint64_t now)
{
	struct record r = record_of(id, stage, ns);
	struct pk_rec rec;

	pk_rec_init(&rec, &r.rec, &no_ports);
	assert_int_equal(pk_walks_add(w, &rec, now), 0);
}

static uint64_t over(struct pk_walks *w, uint64_t now, uint64_t quiet)
{
	struct pk_walk *walk = pk_walks_take_over(w, now, quiet);
	uint64_t id = walk != NULL ? walk->packet_id : 0;

	pk_walk_free(walk);
	return id;
}

static void quiet_walks_are_over(void **state)
{
	struct pk_walks *w = pk_walks_new();

	(void)state;
	assert_non_null(w);
	add(w, 1, RD_STAGE_UPLINK_RX, 100, 1000);
	add(w, 2, RD_STAGE_DROP, 110, 1010);
	add(w, 1, RD_STAGE_VNIC_TX, 120, 1020);
	assert_int_equal(over(w, 1020, 50), 0);
	assert_int_equal(over(w, 1060, 50), 2); // seen at 1010; the first was seen again
	assert_int_equal(over(w, 1060, 50), 0);
	assert_int_equal(over(w, 1070, 50), 1);
	// One that did not arrive is waited for.
	add(w, 5, RD_STAGE_CLASSIFY, 130, 1100);
	assert_int_equal(over(w, 1200, 50), 0);
	assert_int_equal(over(w, 1600, 50), 5);
	// By the records' time, however long we took ourselves.
	add(w, 3, RD_STAGE_UPLINK_RX, 5, 2000);
	add(w, 4, RD_STAGE_UPLINK_RX, 2000000000, 2000);
	assert_int_equal(over(w, 2000, UINT64_MAX), 3);
	assert_int_equal(over(w, 2000, UINT64_MAX), 0);
	pk_walks_free(w);
}

static void open_walks_are_bounded(void **state)
{
	struct pk_walks *w = pk_walks_new();
	unsigned ended = 0;

	(void)state;
	assert_non_null(w);
	for (uint64_t id = 1; id <= PK_WALKS_OPEN + 1000; id++) {
		add(w, id, RD_STAGE_UPLINK_RX, 100, 1000);
		while (over(w, 1000, UINT64_MAX) != 0)
			ended++;
	}
	assert_int_equal(ended, 1000);
	pk_walks_free(w);
}

static unsigned kept(struct pk_sample_rule rule, unsigned walks, uint64_t step_ns)
{
	struct pk_sample *s = pk_sample_new(&rule);
	unsigned n = 0;

	assert_non_null(s);
	for (unsigned i = 0; i < walks; i++) {
		struct record a = record_of(i + 1, RD_STAGE_UPLINK_RX, 1000 + i * step_ns);
		bool keeps = pk_sample_keeps(s, &a.rec);

		n += keeps;
		for (unsigned k = 0; k < 3;
			k++) // the rest of the walk, and a copy of it, go the same way
			assert_int_equal(pk_sample_keeps(s, &a.rec), keeps);
		a.rec.parent_id = a.rec.packet_id;
		a.rec.packet_id += 1u << 20;
		assert_int_equal(pk_sample_keeps(s, &a.rec), keeps);
	}
	assert_int_equal(pk_sample_walks(s), walks);
	pk_sample_free(s);
	return n;
}

static void samples(void **state)
{
	(void)state;
	assert_int_equal(kept((struct pk_sample_rule){PK_SAMPLE_FIRST, 20}, 1000, 1), 20);
	assert_int_equal(kept((struct pk_sample_rule){PK_SAMPLE_ONE_IN, 10}, 1000, 1), 100);
	assert_int_equal(kept((struct pk_sample_rule){PK_SAMPLE_EVERY, 100}, 1000, 10), 100);
	assert_int_equal(kept((struct pk_sample_rule){PK_SAMPLE_FLOW, 3}, 1000, 1), 3); // one flow
}

// UDP from 10.0.0.1 to 10.0.0.2 with this port.
static struct record udp(uint64_t id, uint16_t port)
{
	struct record r = record_of(id, RD_STAGE_UPLINK_RX, 1000);

	rd_put16(r.bytes + 12, RD_ETHERTYPE_IPV4);
	memcpy(r.bytes + 14, "\x45\0\0\x1c\0\0\0\0\x40\x11\0\0\x0a\0\0\1\x0a\0\0\2", 20);
	rd_put16(r.bytes + 24, rd_csum_fold(rd_csum_add(0, r.bytes + 14, 20)));
	rd_put16(r.bytes + 34, port);
	rd_put16(r.bytes + 36, 53);
	rd_put16(r.bytes + 38, 8);
	return r;
}

static void first_of_each_flow(void **state)
{
	struct pk_sample *s = pk_sample_new(&(struct pk_sample_rule){PK_SAMPLE_FLOW, 2});
	unsigned n = 0;

	(void)state;
	assert_non_null(s);
	for (uint64_t id = 1; id <= 500; id++) {
		struct record r = udp(id, (uint16_t)(1000 + id % 50));

		n += pk_sample_keeps(s, &r.rec);
	}
	assert_int_equal(n, 50 * 2);
	pk_sample_free(s);
}

static void put_walk(struct pk_paths *p, uint64_t id, bool dropped, uint64_t hop_ns)
{
	struct pk_walk *w = pk_walk_new(id);
	struct record r = record_of(id, RD_STAGE_UPLINK_RX, 1000);
	struct pk_rec rec;

	assert_non_null(w);
	pk_rec_init(&rec, &r.rec, &no_ports);
	assert_int_equal(pk_walk_add(w, &rec), 0);
	r = record_of(id, dropped ? RD_STAGE_DROP : RD_STAGE_VNIC_TX, 1000 + hop_ns);
	r.rec.reason = dropped ? RD_DROP_DFW_RULE_DENY : 0;
	r.rec.prev_stage = RD_STAGE_DFW_IN;
	r.rec.rule_id = dropped ? 1043 : 0;
	pk_rec_init(&rec, &r.rec, &no_ports);
	assert_int_equal(pk_walk_add(w, &rec), 0);
	assert_int_equal(pk_paths_add(p, w), 0);
	pk_walk_free(w);
}

static void paths_and_causes(void **state)
{
	struct pk_paths *p = pk_paths_new();

	(void)state;
	assert_non_null(p);
	for (uint64_t i = 1; i <= 10; i++)
		put_walk(p, i, true, 7);
	for (uint64_t i = 1; i <= 100; i++)
		put_walk(p, i, false, i);
	pk_paths_sort(p);
	assert_int_equal(p->walks, 110);
	assert_int_equal(p->count, 2);
	assert_int_equal(p->list[0]->walks, 100);
	assert_string_equal(p->list[0]->end, "DELIVERED");
	assert_string_equal(p->list[1]->end, "DROPPED DFW_RULE_DENY");
	assert_int_equal(p->list[0]->hops[1].hist.max, 100);
	assert_in_range(pk_hist_percentile(&p->list[0]->total, 50), 48, 52);
	assert_int_equal(p->nb_drops, 1);
	assert_int_equal(p->drops[0].walks, 10);
	assert_int_equal(p->drops[0].rule, 1043);
	pk_paths_free(p);
}

static void paths_are_bounded(void **state)
{
	struct pk_paths *p = pk_paths_new();

	(void)state;
	assert_non_null(p);
	for (unsigned i = 0; i < PK_PATHS_MAX + 50; i++) {
		struct pk_walk *w = pk_walk_new(i + 1);
		struct record r = record_of(i + 1, RD_STAGE_UPLINK_RX, 1000);
		struct pk_rec rec;

		r.rec.port_id = i + 1;
		pk_rec_init(&rec, &r.rec, &no_ports);
		assert_non_null(w);
		assert_int_equal(pk_walk_add(w, &rec), 0);
		assert_int_equal(pk_paths_add(p, w), 0);
		pk_walk_free(w);
	}
	assert_int_equal(p->count, PK_PATHS_MAX);
	assert_int_equal(p->other, 50);
	pk_paths_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quiet_walks_are_over),
		cmocka_unit_test(open_walks_are_bounded),
		cmocka_unit_test(samples),
		cmocka_unit_test(first_of_each_flow),
		cmocka_unit_test(paths_and_causes),
		cmocka_unit_test(paths_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
