/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The record of drops and their counters: a storm of one reason hides no other, sums agree, a table that is full says so.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "core/dropcount.h"
#include "core/droplog.h"

#define STORM RD_DROP_DFW_RULE_DENY
#define RARE RD_DROP_PARSE_IP_CSUM
#define SECOND (UINT64_C(1) << 30)

static struct rd_droplog log_;
static uint64_t suppressed[RD_DROP_MAX];

static void drop(uint16_t reason, uint64_t id, uint64_t ns)
{
	struct rd_droplog_slot *to[2];
	unsigned nb = rd_droplog_begin(&log_, reason, ns, to);

	suppressed[reason] += nb < 2;
	for (unsigned i = 0; i < nb; i++) {
		rd_droplog_open(to[i]);
		to[i]->rec = (struct rd_droplog_rec){
			.ns = ns, .packet_id = id, .reason = reason, .cap_len = 16};
		memset(to[i]->bytes, (int)(id & 0xff), 16);
		rd_droplog_close(to[i]);
	}
}

static unsigned in_ring(uint16_t reason)
{
	struct rd_droplog_rec r;
	uint8_t bytes[RD_DROPLOG_SNAP_MAX];
	unsigned nb = 0;

	for (uint32_t n = 0; n < log_.slots; n++)
		nb += rd_droplog_read(&log_, n, &r, bytes) && r.reason == reason;
	return nb;
}

static int begin(void **state)
{
	(void)state;
	memset(suppressed, 0, sizeof(suppressed));
	return rd_droplog_init(&log_, 1000, 64);
}

static int end(void **state)
{
	(void)state;
	rd_droplog_fini(&log_);
	return 0;
}

// One bad packet, then a storm of denied ones for as long as it takes to go round the ring many times.
static void a_storm_hides_nothing(void **state)
{
	struct rd_droplog_rec r;
	uint8_t bytes[64];
	uint64_t ns = SECOND, nb = 0;

	(void)state;
	assert_int_equal(log_.slots, 1024);
	drop(RARE, 7, ns);
	for (; ns < 100 * SECOND; ns += SECOND / 1000, nb++)
		drop(STORM, 1000 + nb, ns);
	assert_int_equal(in_ring(RARE), 0);
	assert_true(rd_droplog_read_last(&log_, RARE, 0, &r, bytes));
	assert_int_equal(r.packet_id, 7);
	assert_int_equal(bytes[15], 7);
	assert_false(rd_droplog_read_last(&log_, RARE, 1, &r, bytes));
	for (unsigned n = 0; n < RD_DROPLOG_LAST; n++) {
		assert_true(rd_droplog_read_last(&log_, STORM, n, &r, bytes));
		assert_int_equal(r.packet_id, 1000 + nb - 1 - n);
	}
	assert_false(rd_droplog_read_last(&log_, STORM, RD_DROPLOG_LAST, &r, bytes));
	assert_int_equal(log_.reason[STORM].count, nb);
	assert_int_equal(suppressed[STORM], nb - (log_.head - 1));
	assert_int_equal(log_.head - 1, 99 * log_.quota);
}

// Within a second others keep their place in the shared ring, too.
static void shares_are_bounded(void **state)
{
	struct rd_droplog_rec r;
	uint8_t bytes[64];

	(void)state;
	drop(RARE, 7, 1);
	for (unsigned i = 0; i < 100000; i++)
		drop(STORM, i, 2);
	drop(RARE, 8, 3);
	assert_int_equal(in_ring(STORM), 1024 / 16);
	assert_int_equal(in_ring(RARE), 2);
	assert_true(rd_droplog_read(&log_, 0, &r, bytes));
	assert_int_equal(r.packet_id, 8);
	assert_int_equal(suppressed[STORM], 100000 - 1024 / 16);
	assert_int_equal(suppressed[RARE], 0);
	assert_false(rd_droplog_read(&log_, log_.head, &r, bytes));
}

// A record that is being written is not read.
static void half_records_are_not_read(void **state)
{
	struct rd_droplog_slot *to[2];
	struct rd_droplog_rec r;
	uint8_t bytes[64];

	(void)state;
	assert_int_equal(rd_droplog_begin(&log_, RARE, 5, to), 2);
	assert_false(rd_droplog_read(&log_, 0, &r, bytes));
	rd_droplog_open(to[1]);
	assert_false(rd_droplog_read(&log_, 0, &r, bytes));
	rd_droplog_close(to[1]);
	assert_true(rd_droplog_read(&log_, 0, &r, bytes));
}

static uint64_t sum(const struct rd_dropcount *c, int port, uint64_t *bytes)
{
	struct rd_dropcount_row r;
	uint64_t nb = 0;

	*bytes = 0;
	for (uint32_t i = 0; i < RD_DROPCOUNT_SLOTS; i++) {
		if (!rd_dropcount_row(c, i, &r) || (port >= 0 && r.port != port))
			continue;
		nb += r.packets;
		*bytes += r.bytes;
	}
	return nb;
}

static void counters_agree(void **state)
{
	struct rd_dropcount *c = calloc(1, sizeof(*c)), *fresh = calloc(1, sizeof(*c));
	uint64_t bytes, of_17;

	(void)state;
	assert_true(c != NULL && fresh != NULL);
	for (unsigned i = 0; i < 30000; i++) // more pairs of port and reason than fit
		rd_dropcount_add(c,
			&(struct rd_dropcount_row){.port = (uint16_t)(1 + i % 4000),
				.stage = (uint8_t)(1 + i % 3),
				.reason = (uint16_t)(1 + i % 5),
				.packets = 1,
				.bytes = 10});
	assert_int_equal(sum(c, -1, &bytes), 30000);
	assert_int_equal(bytes, 300000);
	assert_true(sum(c, RD_DROPCOUNT_OTHER, &bytes) > 0);
	assert_true(c->used < RD_DROPCOUNT_SLOTS);
	of_17 = sum(c, 17, &bytes);
	assert_true(of_17 > 0); // the later ones found no room
	rd_dropcount_forget(fresh, c, 17);
	assert_int_equal(sum(fresh, 17, &bytes), 0);
	assert_int_equal(sum(fresh, 0, &bytes), of_17);
	assert_int_equal(bytes, 10 * of_17);
	assert_int_equal(sum(fresh, -1, &bytes), 30000);
	free(c);
	free(fresh);
}

static void count(struct rd_dropcount *c, uint16_t port, uint64_t ns, bool shared)
{
	rd_dropcount_add(c,
		&(struct rd_dropcount_row){.port = port,
			.stage = 3,
			.reason = 5,
			.packets = 1,
			.bytes = 60,
			.suppressed = !shared,
			.first_ns = ns,
			.last_ns = ns});
}

static struct rd_dropcount_row of_port(const struct rd_dropcount *c, uint16_t port)
{
	struct rd_dropcount_row r, found = {0};

	for (uint32_t i = 0; i < RD_DROPCOUNT_SLOTS; i++)
		if (rd_dropcount_row(c, i, &r) && r.port == port)
			found = r;
	return found;
}

// Each port has its own first and last; those of ports that are gone are put together.
static void times_are_a_ports_own(void **state)
{
	struct rd_dropcount *c = calloc(1, sizeof(*c)), *one = calloc(1, sizeof(*c)),
			    *two = calloc(1, sizeof(*c));
	struct rd_dropcount_row r;

	(void)state;
	assert_true(c != NULL && one != NULL && two != NULL);
	count(c, 7, 100, true);
	count(c, 8, 200, true);
	count(c, 7, 300, false);
	count(c, 8, 350, true);
	r = of_port(c, 7);
	assert_true(r.packets == 2 && r.first_ns == 100 && r.last_ns == 300 && r.suppressed == 1);
	r = of_port(c, 8);
	assert_true(r.packets == 2 && r.first_ns == 200 && r.last_ns == 350 && r.suppressed == 0);
	rd_dropcount_forget(one, c, 8);
	rd_dropcount_forget(two, one, 7);
	r = of_port(two, 0);
	assert_true(r.packets == 4 && r.bytes == 240 && r.suppressed == 1);
	assert_true(r.first_ns == 100 && r.last_ns == 350);
	assert_int_equal(of_port(two, 7).packets + of_port(two, 8).packets, 0);
	free(c);
	free(one);
	free(two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_storm_hides_nothing, begin, end),
		cmocka_unit_test_setup_teardown(shares_are_bounded, begin, end),
		cmocka_unit_test_setup_teardown(half_records_are_not_read, begin, end),
		cmocka_unit_test(counters_agree),
		cmocka_unit_test(times_are_a_ports_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
