/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The merge of capture rings: order by time, the window, clocks that disagree, corrupt rings.
 */
#include "unit.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "merge.h"

#define WINDOW 5000000u
#define NOW UINT64_C(1700000000000000000)

struct fixture {
	struct rd_capring ring;
	struct rd_capring_reader *reader;
	struct pk_merge merge;
};

static void open_rings(struct fixture *f, unsigned rings)
{
	assert_int_equal(rd_capring_create(&f->ring, 1, rings, 65536), 0);
	f->reader = rd_capring_open(dup(f->ring.fd));
	assert_non_null(f->reader);
	pk_merge_init(&f->merge, f->reader, WINDOW);
}

static void close_rings(struct fixture *f)
{
	rd_capring_close(f->reader);
	rd_capring_destroy(&f->ring);
}

static void put(struct fixture *f, unsigned ring, uint64_t ns)
{
	struct rd_cap_rec *r = rd_capring_reserve(&f->ring.ring[ring], RD_STAGE_CLASSIFY, 4);

	assert_non_null(r);
	r->ns = ns;
	r->packet_id = ns;
	r->stage = RD_STAGE_CLASSIFY;
	rd_capring_commit(&f->ring.ring[ring], r);
}

// The time of the next record, 0 if none may come.
static uint64_t take(struct fixture *f, uint64_t now, bool drain)
{
	int err;
	const struct rd_cap_rec *r = pk_merge_next(&f->merge, now, drain, &err);
	uint64_t ns = r != NULL ? r->ns : 0;

	assert_int_equal(err, 0);
	if (r != NULL)
		pk_merge_pop(&f->merge);
	return ns;
}

static void records_come_in_order(void **state)
{
	struct fixture f;
	uint64_t last = 0;
	unsigned n = 0;

	(void)state;
	open_rings(&f, 3);
	for (unsigned i = 0; i < 100; i++) {
		put(&f, 0, NOW + 30 * i);
		put(&f, 1, NOW + 10 * i + 1);
		if (i % 7 == 0)
			put(&f, 2, NOW + 20 * i + 2);
	}
	for (uint64_t ns; (ns = take(&f, NOW, true)) != 0; n++) {
		assert_true(ns >= last);
		last = ns;
	}
	assert_int_equal(n, 215);
	close_rings(&f);
}

static void one_ring_never_waits(void **state)
{
	struct fixture f;

	(void)state;
	open_rings(&f, 1);
	put(&f, 0, NOW);
	assert_int_equal(take(&f, NOW, false), NOW);
	assert_int_equal(take(&f, NOW, false), 0);
	close_rings(&f);
}

static void an_empty_ring_is_waited_for(void **state)
{
	struct fixture f;

	(void)state;
	open_rings(&f, 2);
	put(&f, 0, NOW);
	assert_int_equal(take(&f, NOW + WINDOW - 1, false), 0);
	put(&f, 1, NOW - 5); // late, but within the window: comes first
	assert_int_equal(take(&f, NOW + WINDOW - 1, false), NOW - 5);
	assert_int_equal(take(&f, NOW + WINDOW - 1, false), 0);
	assert_int_equal(take(&f, NOW + WINDOW, false), NOW);
	close_rings(&f);
}

static void a_clock_ahead_does_not_block(void **state)
{
	const uint64_t ahead = 300000000; // the records' clock is 0.3 s ahead of ours
	struct fixture f;
	unsigned rounds = 0;

	(void)state;
	open_rings(&f, 2);
	put(&f, 0, NOW + ahead);
	while (take(&f, NOW + rounds * 1000000u, false) == 0)
		assert_true(++rounds < 200);
	// learnt: the next ones wait for the window only
	put(&f, 0, NOW + ahead + rounds * 1000000u);
	assert_int_not_equal(take(&f, NOW + rounds * 1000000u + WINDOW, false), 0);
	close_rings(&f);
}

static void a_corrupt_ring_does_not_stop_the_others(void **state)
{
	const struct rd_cap_rec *r;
	struct fixture f;
	int err;

	(void)state;
	open_rings(&f, 2);
	put(&f, 0, NOW);
	put(&f, 1, NOW + 1);
	((struct rd_cap_rec *)f.ring.ring[0].data)->rec_len = 7;
	r = pk_merge_next(&f.merge, NOW, false, &err);
	assert_non_null(r);
	assert_int_equal(r->ns, NOW + 1);
	assert_int_equal(err, -EBADMSG);
	close_rings(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_in_order),
		cmocka_unit_test(one_ring_never_waits),
		cmocka_unit_test(an_empty_ring_is_waited_for),
		cmocka_unit_test(a_clock_ahead_does_not_block),
		cmocka_unit_test(a_corrupt_ring_does_not_stop_the_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
