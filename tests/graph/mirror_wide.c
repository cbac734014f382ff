/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Mirrored frames of odd shapes: jumbo frames, frames in several segments, frames that are too long for the way to the collector,
 * runts, and payload that is not to be seen. What is copied is what came, byte by byte; what is cut says so.
 */
#include "mirror_world.h"

#include <stdlib.h>
#include <string.h>

#include "base/pkt.h"
#include "session/field.h"

#define HEAD 50 // Ethernet, IPv4, GRE with a number, ERSPAN II
#define ERSPAN_T (HEAD - 6) // the byte with the T bit
#define T_BIT 0x04
#define MTU 9216
#define GUEST_MACS                                                     \
	{                                                              \
		.dst = "00:50:56:a1:fc:f3", .src = "00:50:56:a1:99:9e" \
	}

static struct gf_frame *in, *out;

static void frame_of(size_t len)
{
	uint16_t ports[2] = {1000, 9};

	*in = gr_udp((struct gr_l2)GUEST_MACS, "172.16.31.26", "172.16.31.25", ports, len - 42);
	assert_int_equal(in->len, len);
	for (size_t i = 42; i < len; i++)
		in->bytes[i] = (uint8_t)(i * 131 >> 3);
	in->bytes[40] = in->bytes[41] = 0; // no checksum
}

static void assert_forwarded(void)
{
	assert_true(gf_sink_take(SINK_GUEST, out));
	assert_int_equal(out->len, in->len);
	assert_memory_equal(out->bytes, in->bytes, in->len);
}

// The copy has so many bytes of the frame.
static void assert_copied(uint32_t len)
{
	assert_true(gf_sink_take(SINK_OUT, out));
	assert_int_equal(out->len, HEAD + len);
	assert_memory_equal(out->bytes + HEAD, in->bytes, len);
	assert_int_equal((out->bytes[ERSPAN_T] & T_BIT) != 0, len < in->len);
	assert_int_equal(
		rd_be16(out->bytes + 16), out->len - RD_ETH_LEN); // the outer IP header's length
	assert_false(gf_sink_take(SINK_OUT, out));
}

static void test_jumbo(void **state)
{
	struct rd_mirror *m;
	uint32_t room;

	(void)state;
	gf_trace(false);
	mw_world_of(MTU);
	m = mw_session("jumbo", NULL, NULL);
	room = rd_mirror_room(m);
	assert_int_equal(room, MTU - (HEAD - RD_ETH_LEN));
	for (unsigned i = 0; i < 3; i++) { // the stages, then the fast path
		frame_of(9000);
		gf_send(mw.from, in->bytes, in->len);
		assert_forwarded();
		assert_copied(9000);
		frame_of(room);
		gf_send(mw.from, in->bytes, in->len);
		assert_forwarded();
		assert_copied(room);
		frame_of(room + 1);
		gf_send(mw.from, in->bytes, in->len);
		assert_forwarded();
		assert_copied(room);
	}
	assert_int_equal(mw_counts(m).cut, 3);
	assert_int_equal(mw_counts(m).cut_bytes, 3);
	mw_assert_balance(m);
	mw_end();
}

static void test_segments(void **state)
{
	static const uint16_t splits[][6] = {
		{14, 20, 8, 0}, {20, 14, 33, 64, 500, 0}, {1, 1, 1, 700, 0}, {34, 0}, {1399, 0}};
	struct rd_mirror *m;

	(void)state;
	gf_trace(false);
	mw_world();
	m = mw_session("parts", "permit proto udp dport 9", NULL);
	frame_of(1400);
	for (unsigned i = 0; i < 2 * RTE_DIM(splits); i++) {
		gf_send_split(mw.from, in->bytes, in->len, splits[i % RTE_DIM(splits)]);
		assert_forwarded();
		assert_copied(1400);
	}
	mw_assert_balance(m);
	mw_end();
}

// mtu-policy drop: no copy rather than half a copy.
static void test_no_cut(void **state)
{
	struct rd_mirror *m;
	struct rd_mirror_spec s;
	struct rd_err err = {0};

	(void)state;
	gf_trace(false);
	mw_world();
	m = mw_session("whole", NULL, NULL);
	s = m->spec;
	assert_int_equal(rd_mirror_spec_set(&s, "mtu-policy", "drop", &err), 0);
	assert_int_equal(rd_mirror_change(m, &s, "test", &err), 0);
	frame_of(rd_mirror_room(m) + 1);
	gf_send(mw.from, in->bytes, in->len);
	assert_forwarded();
	assert_int_equal(gf_sink_drain(SINK_OUT), 0);
	assert_int_equal(mw_counts(m).mtu, 1);
	frame_of(rd_mirror_room(m));
	gf_send(mw.from, in->bytes, in->len);
	assert_forwarded();
	assert_copied(in->len);
	mw_assert_balance(m);
	mw_end();
}

// A frame without a whole Ethernet header cannot be in a tunnel for frames. It has its fate all the same.
static void test_runt(void **state)
{
	struct rd_mirror *m;
	struct rd_mirror_spec s;
	struct rd_err err = {0};

	(void)state;
	gf_trace(false);
	mw_world();
	m = mw_session("drops", NULL, NULL);
	s = m->spec;
	assert_int_equal(rd_mirror_spec_set(&s, "stage", "drop", &err), 0);
	if (rd_mirror_change(m, &s, "test", &err) < 0)
		fail_msg("%s", err.what);
	for (size_t len = 1; len < RD_ETH_LEN; len++)
		gf_send(mw.from, mw.frame, len);
	assert_int_equal(gf_sink_drain(SINK_OUT), 0);
	assert_int_equal(mw_counts(m).taken, RD_ETH_LEN - 1);
	assert_int_equal(mw_counts(m).mtu, RD_ETH_LEN - 1);
	mw_assert_balance(m);
	mw_end();
}

// Payload that is blotted out, in the copy only.
static void test_masked(void **state)
{
	struct rd_mirror_spec s;
	struct rd_mirror *m;
	struct rd_err err = {0};
	uint8_t nothing[96] = {0};

	(void)state;
	gf_trace(false);
	mw_world();
	m = mw_session("web", NULL, NULL);
	s = m->spec;
	assert_int_equal(rd_mirror_spec_set(&s, "payload-mask", "zero:4", &err), 0);
	assert_int_equal(rd_mirror_change(m, &s, "test", &err), 0);
	frame_of(42 + 4 + sizeof(nothing));
	memset(in->bytes + 42, 0xa5, 100);
	gf_send(mw.from, in->bytes, in->len);
	assert_forwarded();
	assert_true(gf_sink_take(SINK_OUT, out));
	assert_int_equal(out->len, in->len + HEAD);
	assert_memory_equal(out->bytes + HEAD, in->bytes, 42 + 4);
	assert_memory_equal(out->bytes + HEAD + 46, nothing, sizeof(nothing));
	mw_assert_balance(m);
	mw_end();
}

static int setup(void **state)
{
	in = malloc(sizeof(*in));
	out = malloc(sizeof(*out));
	return in != NULL && out != NULL ? gf_group_setup(state) : -1;
}

static int teardown(void **state)
{
	free(in);
	free(out);
	return mw_group_end(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_jumbo, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_segments, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_no_cut, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_runt, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_masked, gf_begin, gf_end),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
