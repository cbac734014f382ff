/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Mirror sessions do not disturb: whatever happens to copies (no memory, no room at the device, no collector, 64 sessions), every
 * packet is forwarded as without them, and each copy has one fate. The switch has two guests; copies leave by an uplink.
 */
#include "mirror_world.h"

#include <stdlib.h>
#include <string.h>

#include "core/tap.h"
#include "session/copy.h"
#include "session/field.h"

#define PACKETS 200

static void test_copies_and_forwards(void **state)
{
	struct rd_mirror *m;
	struct gf_frame *f = malloc(sizeof(*f));

	(void)state;
	assert_non_null(f);
	gf_trace(false); // the fast path, too
	mw_world();
	assert_int_equal(mw_forward(10, true), 0);
	m = mw_session("web", NULL, NULL);
	assert_int_equal(mw_forward(PACKETS, true), PACKETS);
	gf_send(mw.from, mw.frame, mw.len);
	assert_true(gf_sink_take(SINK_OUT, f));
	assert_int_equal(f->len, mw.len + 50);
	assert_memory_equal(f->bytes + 50, mw.frame, mw.len);
	assert_int_equal(rd_be32(f->bytes + 38), PACKETS); // the sequence number
	(void)gf_sink_drain(SINK_GUEST);
	assert_int_equal(mw_counts(m).came, PACKETS + 1);
	mw_assert_balance(m);
	mw_end();
	assert_true(rd_tap_untouched(gf_w, RD_STAGE_VNIC_RX)); // as if there had never been one
	assert_null(gf_w->chore);
	free(f);
}

static void test_empty_pool(void **state)
{
	struct rte_mbuf *all[16384];
	struct rd_mirror *m;
	unsigned nb = 0;

	(void)state;
	gf_trace(false);
	mw_world();
	m = mw_session("web", NULL, NULL);
	while (nb < RTE_DIM(all) && (all[nb] = rte_pktmbuf_alloc(mirror_pool())) != NULL)
		nb++;
	assert_true(nb > 1000 && nb < RTE_DIM(all));
	assert_int_equal(mw_forward(PACKETS, true), 0);
	assert_int_equal(mw_counts(m).no_buf, PACKETS);
	mw_assert_balance(m);
	rte_pktmbuf_free_bulk(all, nb);
	assert_int_equal(mw_forward(PACKETS, true), PACKETS); // and goes on
	mw_assert_balance(m);
	mw_end();
}

static void test_device_that_takes_nothing(void **state)
{
	struct rd_mirror *m;
	uint64_t took;

	(void)state;
	gf_trace(false);
	mw_world();
	m = mw_session("web", NULL, NULL);
	took = gf_sink_room(SINK_OUT);
	while (gf_sink_room(SINK_OUT) != 0)
		gf_sink_put(SINK_OUT);
	(void)mw_forward(PACKETS, false);
	assert_int_equal(m->state->owned.sent[0].tx_ok, 0);
	assert_int_equal(m->state->owned.sent[0].tx_drop, PACKETS);
	assert_true(took > 0);
	mw_assert_balance(m);
	mw_end();
}

static void queue_copy(const struct rd_mirror *m)
{
	struct rte_mbuf *b = rte_pktmbuf_alloc(mirror_pool());

	assert_non_null(b);
	b->data_off = MIRROR_HEADROOM;
	memcpy(rte_pktmbuf_append(b, (uint16_t)mw.len), mw.frame, mw.len);
	*(struct mirror_copy *)rte_mbuf_to_priv(b) =
		(struct mirror_copy){.state = m->state, .run = m->run, .len = (uint32_t)mw.len};
	assert_int_equal(rte_ring_enqueue(mirror_ring(), b), 0);
}

// What the device did not take does not count against the limit.
static void test_limit_at_a_full_device(void **state)
{
	struct rd_mirror_spec s;
	struct rd_mirror *m;
	struct rd_err err = {0};

	(void)state;
	mw_world();
	m = mw_session("web", NULL, NULL);
	s = m->spec;
	assert_int_equal(rd_mirror_spec_set(&s, "max-packets", "5", &err), 0);
	assert_int_equal(rd_mirror_change(m, &s, "test", &err), 0);
	while (gf_sink_room(SINK_OUT) != 0)
		gf_sink_put(SINK_OUT);
	for (unsigned i = 0; i < 10; i++)
		queue_copy(m);
	gf_walk();
	assert_int_equal(m->state->owned.sent[0].tx_drop, 10);
	assert_int_equal(m->state->stop, MIRROR_RUNS);
	(void)gf_sink_drain(SINK_OUT);
	for (unsigned i = 0; i < 10; i++)
		queue_copy(m);
	gf_walk();
	assert_int_equal(m->state->owned.sent[0].tx_ok, 5);
	assert_int_equal(m->state->owned.ended, 5);
	mw_end();
}

// Copies of other workers wait in a ring: one that is full.
static void test_full_ring(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	mw_world();
	mw_session("web", NULL, NULL);
	for (;;) {
		m = rte_pktmbuf_alloc(mirror_pool());
		if (m == NULL || rte_ring_enqueue(mirror_ring(), m) != 0)
			break;
		memset(rte_mbuf_to_priv(m), 0, sizeof(struct mirror_copy)); // a frame for no port
	}
	rte_pktmbuf_free(m);
	assert_int_equal(mw_forward(20, true), 20); // the owner's own copies need no ring
	while (rte_ring_count(mirror_ring()) != 0)
		gf_walk(); // a turn at a time
	mw_end();
}

static void test_no_collector(void **state)
{
	struct rd_mirror *m;

	(void)state;
	gf_trace(false);
	mw_world();
	m = mw_session("web", NULL, NULL);
	gt_up(mw.out, true, false);
	rd_mirror_tick();
	assert_int_equal(mw_forward(PACKETS, true), 0);
	assert_int_equal(m->oper, RD_MIRROR_SUSPENDED);
	assert_int_equal(m->state->owned.no_dest, PACKETS);
	mw_assert_balance(m);
	gt_up(mw.out, true, true);
	rd_mirror_tick();
	assert_int_equal(m->oper, RD_MIRROR_ACTIVE);
	assert_int_equal(mw_forward(PACKETS, true), PACKETS);
	mw_assert_balance(m);
	mw_end();
}

static void test_64_sessions(void **state)
{
	struct rd_mirror *m[RD_MIRROR_MAX];
	struct rd_mirror_spec s;
	struct rd_mirror *none;
	struct rd_err err = {0};
	char name[16];

	(void)state;
	gf_trace(false);
	mw_world();
	for (unsigned i = 0; i < RD_MIRROR_MAX; i++) { // every 16th wants the packets
		snprintf(name, sizeof(name), "s%u", i);
		m[i] = mw_session(name,
			i % 16 == 0 ? "permit proto tcp dport 80" : "permit proto udp dport 53",
			NULL);
	}
	rd_mirror_spec_init(&s);
	assert_int_equal(rd_mirror_spec_set(&s, "name", "one-more", &err), 0);
	assert_int_equal(rd_mirror_add(&s, true, "test", &none, &err), -EBUSY);
	assert_int_equal(mw_forward(PACKETS, true), PACKETS * RD_MIRROR_MAX / 16);
	for (unsigned i = 0; i < RD_MIRROR_MAX; i++) {
		assert_int_equal(mw_counts(m[i]).came, PACKETS);
		mw_assert_balance(m[i]);
	}
	mw_end();
}

static void test_exclusive(void **state)
{
	struct rd_mirror *a, *b, *c;

	(void)state;
	gf_trace(false);
	mw_world();
	a = mw_session("a", NULL, "exclusive");
	b = mw_session("b", NULL, "exclusive");
	c = mw_session("c", NULL, NULL);
	assert_int_equal(mw_forward(PACKETS, true), 2 * PACKETS);
	assert_int_equal(mw_counts(a).queued, PACKETS);
	assert_int_equal(mw_counts(b).exclusive, PACKETS);
	assert_int_equal(mw_counts(c).queued, PACKETS);
	mw_assert_balance(b);
	mw_end();
}

// "Protocol unreachable" from the collector about a copy, in the VLAN that copies go out in, and in another one: heard on the wire, counted.
static void test_a_refusal_with_a_tag(void **state)
{
	static uint8_t f[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x81, 0, 0, 100, 8, 0, 0x45, 0, 0,
		56, 0, 0, 0, 0, 64, 1, 0xf6, 0xc1, 192, 0, 2, 2, 192, 0, 2, 1, 3, 2, 0, 0, 0, 0, 0,
		0, 0x45, 0, 0, 200, 0, 0, 0, 0, 64, 47, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, 0x10, 0,
		0x88, 0xbe, 0, 0, 0, 0};
	struct rd_mirror_spec s;
	struct rd_mirror *m;
	struct rd_err err = {0};

	(void)state;
	gf_trace(false);
	mw_world();
	m = mw_session("web", NULL, NULL);
	s = m->spec;
	assert_int_equal(rd_mirror_spec_set(&s, "outer-vlan", "100", &err), 0);
	assert_int_equal(rd_mirror_change(m, &s, "test", &err), 0);
	gf_send(mw.out, f, sizeof(f));
	rd_mirror_tick();
	assert_int_equal(m->peer[0].unreachable, 1);
	f[15] = 101;
	gf_send(mw.out, f, sizeof(f));
	rd_mirror_tick();
	assert_int_equal(m->peer[0].unreachable, 1);
	mw_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_copies_and_forwards, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_empty_pool, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_device_that_takes_nothing, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_limit_at_a_full_device, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_full_ring, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_no_collector, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_64_sessions, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_exclusive, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_a_refusal_with_a_tag, gf_begin, gf_end),
	};

	return cmocka_run_group_tests(tests, gf_group_setup, mw_group_end);
}
