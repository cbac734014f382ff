/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Mirror sessions keep within their limits: rates in packets and bits by the packets' own clock, which stands still here until it is
 * set; triggers, the guard against storms; a collector that fails, and one of several for each flow. Whatever happens
 * to copies, every packet is forwarded.
 */
#include "mirror_world.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/pkt.h"
#include "session/copy.h"
#include "session/field.h"
#include "session/peer.h"

#define SECOND UINT64_C(1000000000)
#define START (UINT64_C(1700000000) * SECOND)
#define HEAD 50 // Ethernet, IPv4, GRE with a number, ERSPAN II
#define IP_DST 30
#define SEQ 38
#define TCP_FLAGS 47 // in mw.frame
#define SPORT 34
#define FLOWS 120
#define ICMP_LEN (14 + 20 + 8 + 28) // refuses a copy, with its IP header and 8 bytes

static struct gf_frame *frame;

// The worker's clock stands at this time.
static void at(uint64_t ns)
{
	gf_w->clock.base_tsc = UINT64_MAX;
	gf_w->clock.base_ns = ns;
	gf_w->clock.last_ns = 0;
}

static void set(struct rd_mirror *m, const char *const (*fields)[2], size_t nb)
{
	struct rd_mirror_spec s = m->spec;
	struct rd_err err = {0};

	for (size_t i = 0; i < nb; i++)
		if (rd_mirror_spec_set(&s, fields[i][0], fields[i][1], &err) < 0)
			fail_msg("%s", err.what);
	if (rd_mirror_change(m, &s, "test", &err) < 0)
		fail_msg("%s", err.what);
}
#define SET(m, ...)                                   \
	set(m, (const char *const[][2]){__VA_ARGS__}, \
		sizeof((const char *const[][2]){__VA_ARGS__}) / 16)

// Packets in steps of their clock; how many copies came out.
static unsigned offer(unsigned nb, uint64_t from, uint64_t step)
{
	unsigned copies = 0;

	for (unsigned i = 0; i < nb; i++) {
		at(from + i * step);
		copies += mw_forward(1, true);
	}
	return copies;
}

#define OFFERED 2000 // in a second
#define SECONDS 10

static void assert_rate(struct rd_mirror *m, uint64_t want)
{
	unsigned copies = offer(OFFERED * SECONDS, START, SECOND / OFFERED);

	print_message("%u copies, wanted %lu\n", copies, want);
	assert_in_range(copies, want - want / 50, want + want / 50);
	assert_int_equal(m->state->owned.sent[0].tx_ok, copies);
	assert_int_equal(mw_counts(m).rate, OFFERED * SECONDS - copies);
	mw_assert_balance(m);
	mw_end();
}

static void test_packets_a_second(void **state)
{
	(void)state;
	gf_trace(false);
	mw_world();
	struct rd_mirror *m = mw_session("web", NULL, NULL);

	SET(m, {"pps", "333"});
	assert_rate(m, 333 * SECONDS);
}

// On the wire: a copy is 74 + 50 bytes.
static void test_bits_a_second(void **state)
{
	(void)state;
	gf_trace(false);
	mw_world();
	struct rd_mirror *m = mw_session("web", NULL, NULL);

	SET(m, {"bps", "500000"});
	assert_rate(m, 500000 * SECONDS / 8 / (mw.len + HEAD));
}

// What comes at once is what `burst` says, to the packet; then one for each gap.
static void test_a_burst(void **state)
{
	struct rd_mirror *m;

	(void)state;
	gf_trace(false);
	mw_world();
	m = mw_session("web", NULL, NULL);
	SET(m, {"pps", "1000"}, {"burst", "20"});
	at(START);
	assert_int_equal(mw_forward(100, true), 20);
	at(START + SECOND / 1000 - 1);
	assert_int_equal(mw_forward(10, true), 0);
	at(START + SECOND / 1000);
	assert_int_equal(mw_forward(10, true), 1);
	at(START + SECOND);
	assert_int_equal(mw_forward(100, true), 20);
	assert_int_equal(mw_counts(m).rate, 80 + 10 + 9 + 80);
	mw_assert_balance(m);
	mw_end();
}

static void test_trigger(void **state)
{
	struct rd_mirror *m;

	(void)state;
	gf_trace(false);
	mw_world();
	m = mw_session("web", NULL, NULL);
	SET(m, {"trigger", "rst"}, {"trigger-stop", "2"});
	at(START);
	assert_int_equal(mw_forward(5, true), 0);
	mw.frame[TCP_FLAGS] = 0x04;
	assert_int_equal(mw_forward(1, true), 1); // the one that triggers, too
	mw.frame[TCP_FLAGS] = 0x02;
	assert_int_equal(mw_forward(5, true), 5);
	at(START + 2 * SECOND - 1);
	assert_int_equal(mw_forward(1, true), 1);
	at(START + 2 * SECOND);
	assert_int_equal(mw_forward(4, true), 0);
	assert_int_equal(mw_counts(m).waiting, 5 + 4);
	mw_assert_balance(m);
	mw_end();
}

static void test_trigger_by_a_drop(void **state)
{
	struct rd_mirror *m;

	(void)state;
	gf_trace(false);
	mw_world();
	m = mw_session("web", NULL, NULL);
	SET(m, {"stage", "vnic_rx,drop"}, {"trigger", "drop"});
	assert_int_equal(mw_forward(3, true), 0);
	mw.frame[14] = 0x65; // IPv6 in IPv4's place: dropped
	gf_send(mw.from, mw.frame, mw.len);
	assert_false(gf_sink_take(SINK_GUEST, frame));
	assert_int_equal(gf_sink_drain(SINK_OUT), 1);
	mw.frame[14] = 0x45;
	assert_int_equal(mw_forward(3, true), 3);
	assert_int_equal(mw_counts(m).waiting, 4);
	mw_assert_balance(m);
	mw_end();
}

// A tick of control, a tenth of a second or more after the last.
static void tick(struct rd_mirror *m)
{
	m->window.ns = m->window.ns != 0; // long ago
	rd_mirror_tick();
}

// A segment of the guests' connection, without its RST.
static void send_segment(uint32_t seq, uint32_t len, uint8_t flags)
{
	uint16_t ports[2] = {4000, 80};
	struct gf_frame f = gr_tcp((struct gr_l2){"00:50:56:a1:fc:f3", "00:50:56:a1:99:9e", 0},
		"172.16.31.26", "172.16.31.25", ports, len);

	rd_put32(f.bytes + 38, seq);
	f.bytes[TCP_FLAGS] = flags;
	gf_send(mw.from, f.bytes, f.len);
	assert_true(gf_sink_take(SINK_GUEST, frame));
	assert_memory_equal(frame->bytes, f.bytes, f.len);
}

static void test_trigger_by_a_repetition(void **state)
{
	static const struct {
		uint32_t seq, len;
		uint8_t flags;
	} fine[] = {{999, 0, 0x02}, {1000, 100, 0x10}, {1100, 100, 0x10}, {1200, 100, 0x18},
		{1300, 0, 0x10}, {1299, 1, 0x10}, {1299, 0, 0x10}, {4000000000u, 0, 0x02},
		{4000000001u, 1000, 0x10}};
	struct rd_mirror *m;
	unsigned nb = 0;

	(void)state;
	gf_trace(false);
	mw_world();
	m = mw_session("web", NULL, NULL);
	SET(m, {"stage", "vnic_rx,port_in"}, {"trigger", "retransmit"});
	for (unsigned round = 0; round < 2; round++, nb++)
		for (unsigned i = 0; i < RTE_DIM(fine); i++)
			send_segment(fine[i].seq, fine[i].len, fine[i].flags);
	assert_int_equal(gf_sink_drain(SINK_OUT), 0);
	assert_int_equal(mw_counts(m).waiting, 2 * nb * RTE_DIM(fine));
	send_segment(4000000501u, 500, 0x10); // the second half, once more
	assert_int_equal(gf_sink_drain(SINK_OUT), 2);
	assert_int_equal(mw_forward(3, true), 6);
	mw_assert_balance(m);
	mw_end();
}

// More copies than packets: only the session ends, and for a while.
static void test_a_storm(void **state)
{
	struct rd_mirror *m;

	(void)state;
	gf_trace(false);
	mw_world();
	m = mw_session("web", NULL, NULL);
	assert_int_equal(mw_forward(300, true), 300);
	tick(m);
	m->state->owned.sent[0].tx_ok += 64; // within what is let pass
	tick(m);
	assert_int_equal(m->oper, RD_MIRROR_ACTIVE);
	m->state->owned.sent[0].tx_ok += 100000; // as if each had been many
	tick(m);
	assert_int_equal(m->oper, RD_MIRROR_SUSPENDED);
	assert_string_equal(m->sub, "storm");
	assert_int_equal(mw_forward(50, true), 0);
	assert_int_equal(mw_counts(m).stopped, 50);
	m->held_ns = 1; // a minute later
	tick(m);
	tick(m);
	assert_int_equal(m->oper, RD_MIRROR_ACTIVE); // what was then is forgiven
	assert_int_equal(mw_forward(50, true), 50);
	tick(m);
	assert_int_equal(m->oper, RD_MIRROR_ACTIVE);
	mw_end();
}

// "Nobody here takes that": from a collector's host, about the copy that it got.
static void refuse(const struct rd_mirror *m, unsigned i)
{
	const struct rd_mirror_peer *p = &m->peer[i];
	uint8_t f[ICMP_LEN] = {0}, *ip = f + 14, *quoted = ip + 28;

	memcpy(f, p->smac, 6);
	memcpy(f + 6, p->mac, 6);
	rd_put16(f + 12, RD_ETHERTYPE_IPV4);
	memcpy(ip, (uint8_t[]){0x45, 0, 0, ICMP_LEN - 14, 0, 0, 0, 0, 64, 1}, 10);
	memcpy(ip + 12, m->spec.dest[i].addr, 4);
	memcpy(ip + 16, p->src, 4);
	rd_put16(ip + 10, rd_csum_fold(rd_csum_add(0, ip, 20)));
	memcpy(ip + 20, (uint8_t[]){3, 2}, 2);
	memcpy(quoted, (uint8_t[]){0x45, 0, 0, 124, 0, 0, 0x40, 0, 64, 47}, 10);
	memcpy(quoted + 12, p->src, 4);
	memcpy(quoted + 16, m->spec.dest[i].addr, 4);
	for (unsigned k = 0; k < 3; k++)
		(void)mirror_hear_frame(f, sizeof(f), mw.out, rd_monotonic_ns());
}

// Takes so many copies for a collector, with numbers from here on.
static void assert_copies_to(const char *ip, unsigned nb, uint32_t seq)
{
	struct in_addr a;

	assert_int_equal(inet_pton(AF_INET, ip, &a), 1);
	for (unsigned i = 0; i < nb; i++) {
		assert_true(gf_sink_take(SINK_OUT, frame));
		assert_memory_equal(frame->bytes + IP_DST, &a, 4);
		assert_int_equal(rd_be32(frame->bytes + SEQ), seq + i);
	}
	assert_false(gf_sink_take(SINK_OUT, frame));
}

static void test_the_standby_takes_over(void **state)
{
	uint32_t first, second; // the numbers of their next copies
	struct rd_mirror *m;

	(void)state;
	gf_trace(false);
	mw_world();
	m = mw_session("web", NULL, NULL);
	SET(m, {"to", "192.0.2.2,192.0.2.3"});
	first = m->state->dest[0].seq;
	second = m->state->dest[1].seq;
	(void)mw_forward(50, false);
	assert_copies_to("192.0.2.2", 50, first);
	refuse(m, 0);
	rd_mirror_tick();
	(void)mw_forward(50, false);
	assert_copies_to("192.0.2.3", 50, second);
	assert_int_equal(m->oper, RD_MIRROR_ACTIVE);
	assert_int_equal(m->failovers, 1);
	m->peer[0].hold_ns = 0; // 5 s later the first one is well again, and waits for its turn
	rd_mirror_tick();
	assert_int_equal(m->peer[0].state, RD_MIRROR_PEER_UP);
	(void)mw_forward(10, false);
	assert_copies_to("192.0.2.3", 10, second + 50);
	refuse(m, 1);
	rd_mirror_tick();
	(void)mw_forward(20, false);
	assert_copies_to("192.0.2.2", 20, first + 50); // its numbers go on where they were
	assert_int_equal(m->failovers, 2);
	assert_int_equal(m->state->owned.no_dest, 0);
	mw_assert_balance(m);
	mw_end();
}

// Three packets of each flow; which collector its copies went to, and never two.
static void each_flow(uint8_t to[FLOWS])
{
	memset(to, 0, FLOWS);
	for (unsigned i = 0; i < 3 * FLOWS; i++) {
		rd_put16(mw.frame + SPORT, (uint16_t)(2000 + i % FLOWS));
		(void)mw_forward(1, false);
		assert_true(gf_sink_take(SINK_OUT, frame));
		assert_false(gf_sink_take(SINK_OUT, frame));
		assert_true(to[i % FLOWS] == 0 || to[i % FLOWS] == frame->bytes[IP_DST + 3]);
		to[i % FLOWS] = frame->bytes[IP_DST + 3];
	}
}

static void test_balanced_by_flow(void **state)
{
	uint8_t before[FLOWS], after[FLOWS];
	unsigned of[8] = {0};
	struct rd_mirror *m;

	(void)state;
	gf_trace(false);
	mw_world();
	m = mw_session("web", NULL, NULL);
	SET(m, {"to", "192.0.2.2,192.0.2.3,192.0.2.4"}, {"mode", "balance"});
	each_flow(before);
	refuse(m, 1);
	rd_mirror_tick();
	each_flow(after);
	for (unsigned i = 0; i < FLOWS; i++) {
		of[before[i]]++;
		assert_int_not_equal(after[i], 3);
		if (before[i] != 3)
			assert_int_equal(after[i], before[i]); // only those of the failed one move
	}
	for (unsigned i = 2; i <= 4; i++) // a third each, by chance
		assert_in_range(of[i], FLOWS / 6, FLOWS / 2);
	mw_assert_balance(m);
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
		cmocka_unit_test_setup_teardown(test_packets_a_second, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_bits_a_second, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_a_burst, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_trigger, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_trigger_by_a_drop, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_trigger_by_a_repetition, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_a_storm, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_the_standby_takes_over, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_balanced_by_flow, gf_begin, gf_end),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
