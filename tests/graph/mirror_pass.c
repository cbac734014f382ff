/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The frame that the functional probe of a card sends: it leaves by the port that is meant, as it is; what comes back from its address is
 * heard, by the ports that are listened at, goes nowhere, and nothing else is heard. Silence ends by itself.
 */
#include "mirror_world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "session/pass.h"

#define LEN 60
#define SECOND UINT64_C(1000000000)

static const uint8_t mac[6] = {0x02, 0x11, 0x22, 0x33, 0x44, 0x55};
static uint8_t probe[LEN];

static uint16_t ethdev(uint16_t port)
{
	return rd_port_at(port)->ethdev;
}

static struct rd_flow_pass world(void)
{
	struct rd_flow_pass p = {.frame = probe, .len = LEN, .enough = 2};
	static const uint8_t nearest[6] = {0x01, 0x80, 0xc2, 0, 0, 0x0e};

	gf_trace(false);
	mw_world();
	memcpy(probe, nearest, 6);
	memcpy(probe + 6, mac, 6);
	probe[12] = 0x88;
	probe[13] = 0xb5;
	memset(probe + 14, 'x', LEN - 14);
	p.at[0] = ethdev(mw.to);
	p.at[1] = ethdev(mw.out);
	memcpy(p.mac, mac, 6);
	return p;
}

static void test_out_and_back(void **state)
{
	struct rd_flow_heard *h = calloc(1, sizeof(*h));
	struct gf_frame *f = malloc(sizeof(*f));
	struct rd_flow_pass p = world();

	(void)state;
	assert_true(h != NULL && f != NULL);
	assert_int_equal(mirror_pass_begin(ethdev(mw.to), &p), 0);
	assert_true(gf_sink_take(SINK_GUEST, f));
	assert_int_equal(f->len, LEN);
	assert_memory_equal(f->bytes, probe, LEN);
	assert_int_equal(mirror_pass_heard(h), 0);
	gf_send(mw.to, probe, LEN);
	gf_send(mw.from, probe, LEN); // nobody listens there
	gf_send(mw.to, mw.frame, mw.len); // another's
	gf_send(mw.out, probe, LEN);
	(void)gf_sink_drain(SINK_GUEST);
	assert_int_equal(mirror_pass_heard(h), 2);
	assert_int_equal(h->frame[0].port, ethdev(mw.to));
	assert_int_equal(h->frame[1].port, ethdev(mw.out));
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(h->frame[i].len, LEN);
		assert_memory_equal(h->frame[i].bytes, probe, LEN);
	}
	assert_false(gf_sink_take(SINK_OUT, f)); // passed on to nobody
	mirror_pass_end();
	gf_send(mw.to, probe, LEN);
	assert_int_equal(mirror_pass_heard(h), 2); // deaf again
	free(f);
	free(h);
	mw_end();
}

// More than are kept are counted all the same.
static void test_too_many(void **state)
{
	struct rd_flow_heard *h = calloc(1, sizeof(*h));
	struct rd_flow_pass p = world();

	(void)state;
	assert_non_null(h);
	p.at[1] = p.at[0];
	assert_int_equal(mirror_pass_begin(ethdev(mw.to), &p), 0);
	for (unsigned i = 0; i < 3 * RD_FLOW_HEARD; i++)
		gf_send(mw.to, probe, LEN);
	assert_int_equal(mirror_pass_heard(h), 3 * RD_FLOW_HEARD);
	mirror_pass_end();
	(void)gf_sink_drain(SINK_GUEST);
	free(h);
	mw_end();
}

// As the probe calls it: nothing comes, and the control thread is free again soon; a device that takes nothing, and one that is none.
static void test_silence(void **state)
{
	struct rd_flow_heard *h = calloc(1, sizeof(*h));
	struct rd_flow_pass p = world();
	const struct rd_flow_ops *ops = mirror_card_ops();
	uint64_t from = rd_monotonic_ns();

	(void)state;
	assert_non_null(h);
	assert_int_equal(ops->pass(NULL, ethdev(mw.to), &p, h), 0);
	assert_int_equal(h->nb, 0);
	assert_true(rd_monotonic_ns() - from < 5 * SECOND);
	while (gf_sink_room(SINK_GUEST) != 0)
		gf_sink_put(SINK_GUEST);
	assert_int_equal(ops->pass(NULL, ethdev(mw.to), &p, h), -EBUSY);
	(void)gf_sink_drain(SINK_GUEST);
	assert_int_equal(ops->pass(NULL, RD_FLOW_NOWHERE, &p, h), -ENODEV);
	p.at[0] = RD_FLOW_NOWHERE;
	assert_int_equal(ops->pass(NULL, ethdev(mw.to), &p, h), -ENODEV);
	assert_false(gf_sink_room(SINK_GUEST) == 0);
	free(h);
	mw_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_out_and_back, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_too_many, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_silence, gf_begin, gf_end),
	};

	return cmocka_run_group_tests(tests, gf_group_setup, mw_group_end);
}
