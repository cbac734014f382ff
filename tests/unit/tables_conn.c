/* SPDX-License-Identifier: BSD-3-Clause
 *
 * tables/conn by one thread: finding, UDP and ICMP, limits, flushing.
 */
#include "conn_help.h"

#include <errno.h>
#include <string.h>

static uint8_t bytes[60];

static struct rd_conn_found make(const struct rd_conn_key *k, const struct rd_conn_l4 *l4)
{
	struct rd_conn_found f;

	assert_int_equal(rd_conn_create(0, k, NULL, l4, rd_coarse_s(), &f), 0);
	return f;
}

static struct rd_conn_l4 syn(void)
{
	return help_segment(bytes, &(struct help_tcp){.seq = 100, .win = 1000, .flags = "S"});
}

static struct rd_conn_found make_udp(uint16_t n)
{
	struct rd_conn_key k = help_key(RD_IPPROTO_UDP, n);
	struct rd_conn_l4 l4 = help_udp(bytes);

	return make(&k, &l4);
}

static uint64_t entries(void)
{
	struct rd_conn_stats s;

	rd_conn_stats(&s);
	return s.entries;
}

static void finds_both_directions(void **state)
{
	struct rd_conn_key k = help_key(RD_IPPROTO_UDP, 1), back = help_reverse(&k), other;
	struct rd_conn_found made, f;
	struct rd_conn_l4 l4 = help_udp(bytes);

	(void)state;
	assert_false(rd_conn_find(&k, &f));
	made = make(&k, &l4);
	assert_int_not_equal(made.ref, 0);
	assert_true(rd_conn_find(&k, &f));
	assert_int_equal(f.ref, made.ref);
	assert_int_equal(f.dir, O);
	assert_int_equal(f.policy, 0);
	rd_conn_judged(made.ref, 7, 1041, 3);
	assert_true(rd_conn_find(&back, &f));
	assert_int_equal(f.ref, made.ref);
	assert_int_equal(f.dir, R);
	assert_int_equal(f.policy, 7);
	assert_int_equal(f.rule_id, 1041);
	assert_int_equal(f.rule_slot, 3);
	assert_memory_equal(&f.orig, &k, sizeof(k));
	assert_true(rd_conn_find_related(&back, &f)); // what an error to the client quotes
	other = k;
	other.zone = 2;
	assert_false(rd_conn_find(&other, &f));
	other = k; // the same addresses, but sent by the guest; and so back
	other.to_guest = false;
	assert_false(rd_conn_find(&other, &f));
	other = back;
	other.to_guest = true;
	assert_false(rd_conn_find(&other, &f));
	other = k;
	other.dport++;
	assert_false(rd_conn_find(&other, &f));
	other = k;
	other.src[15] = 1;
	assert_false(rd_conn_find(&other, &f));
}

static void nobody_is_zero(void **state)
{
	struct rd_conn_l4 l4 = help_udp(bytes);

	(void)state;
	assert_int_equal(rd_conn_packet(0, O, RD_IPPROTO_UDP, &l4, 60, 1), RD_CONN_GONE);
	rd_conn_kill(0, 0);
	assert_int_equal(entries(), 0);
}

static void makes_a_stream_of_a_reply(void **state)
{
	struct rd_conn_l4 l4 = help_udp(bytes);
	struct rd_conn_found f = make_udp(1);

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(rd_conn_packet(f.ref, O, RD_IPPROTO_UDP, &l4, 60, 5), 0);
	assert_int_equal(help_only().state, RD_CONN_UDP_NEW);
	assert_string_equal(help_only().reply_state, "NO_TRAFFIC");
	assert_int_equal(rd_conn_packet(f.ref, R, RD_IPPROTO_UDP, &l4, 100, 5), 0);
	assert_int_equal(rd_conn_packet(f.ref, O, RD_IPPROTO_UDP, &l4, 60, 5), 0);
	assert_int_equal(rd_conn_packet(f.ref, R, RD_IPPROTO_UDP, &l4, 100, 5), 0);
	assert_int_equal(help_only().state, RD_CONN_UDP_STREAM);
	assert_int_equal(help_only().packets[O], 4);
	assert_int_equal(help_only().bytes[O], 240);
	assert_int_equal(help_only().packets[R], 2);
	assert_int_equal(help_only().bytes[R], 200);
}

static void counts_beyond_32_bits(void **state)
{
	struct rd_conn_found f = make_udp(1);
	struct rd_conn_line *c = rd_conn_line(f.ref);

	(void)state;
	c->packets[O] = UINT32_MAX;
	c->bytes[O] = UINT64_C(1) << 40;
	rd_conn_count(c, O, 100, 1);
	assert_true(help_only().packets[O] == UINT64_C(1) << 32);
	assert_true(help_only().bytes[O] == (UINT64_C(1) << 40) + 100);
}

static void knows_echoes(void **state)
{
	struct rd_conn_key k = help_key(RD_IPPROTO_ICMP, 1);
	struct rd_conn_l4 l4 = help_icmp(bytes, 0);
	struct rd_conn_found f;

	(void)state;
	k.sport = k.dport = 77;
	assert_int_equal(rd_conn_create(0, &k, NULL, &l4, 1, &f), REFUSED); // an answer to nothing
	l4.len = 7;
	assert_int_equal(rd_conn_create(0, &k, NULL, &l4, 1, &f), RD_DROP_DFW_SHORT);
	l4 = help_icmp(bytes, 8);
	f = make(&k, &l4);
	assert_int_equal(rd_conn_packet(f.ref, O, k.proto, &l4, 60, 1), 0);
	assert_int_equal(rd_conn_packet(f.ref, R, k.proto, &l4, 60, 1), REFUSED);
	l4 = help_icmp(bytes, 0);
	assert_int_equal(rd_conn_packet(f.ref, R, k.proto, &l4, 60, 1), 0);
	assert_int_equal(rd_conn_packet(f.ref, O, k.proto, &l4, 60, 1), REFUSED);
	assert_int_equal(help_only().state, RD_CONN_ICMP);
	rd_conn_kill(0, f.ref);
	k.proto = RD_IPPROTO_ICMPV6;
	k.family = 6;
	l4 = help_icmp(bytes, 128);
	f = make(&k, &l4);
	l4 = help_icmp(bytes, 129);
	assert_int_equal(rd_conn_packet(f.ref, R, k.proto, &l4, 60, 1), 0);
}

static void knows_other_protocols(void **state)
{
	struct rd_conn_key k = help_key(47, 1);
	struct rd_conn_l4 l4 = {.hdr = bytes, .len = 4, .hdr_len = 4};
	struct rd_conn_found f = make(&k, &l4);

	(void)state;
	assert_int_equal(help_only().state, RD_CONN_OTHER_NEW);
	assert_int_equal(rd_conn_packet(f.ref, R, 47, &l4, 60, 1), 0);
	assert_int_equal(help_only().state, RD_CONN_OTHER_STREAM);
}

static void ends_at_once(void **state)
{
	struct rd_conn_key k = help_key(RD_IPPROTO_UDP, 1);
	struct rd_conn_found f = make_udp(1), again;
	struct rd_conn_l4 l4 = help_udp(bytes);
	struct rd_conn_stats s;

	(void)state;
	rd_conn_kill(0, f.ref);
	assert_int_equal(rd_conn_packet(f.ref, O, RD_IPPROTO_UDP, &l4, 60, 1), RD_CONN_GONE);
	assert_int_equal(rd_conn_packet(f.ref, R, RD_IPPROTO_UDP, &l4, 60, 1), RD_CONN_GONE);
	assert_false(rd_conn_find(&k, &again));
	rd_conn_kill(0, f.ref); // twice is once
	rd_conn_judged(f.ref, 1, 2, 3);
	rd_conn_stats(&s);
	assert_int_equal(s.killed, 1);
	assert_int_equal(s.entries, 0);
	again = make_udp(1);
	assert_int_not_equal(again.ref, f.ref);
	assert_int_equal(again.policy, 0);
}

static void is_found_when_made_twice(void **state)
{
	struct rd_conn_key k = help_key(RD_IPPROTO_UDP, 1), back = help_reverse(&k);
	struct rd_conn_found f = make_udp(1), g;
	struct rd_conn_l4 l4 = help_udp(bytes);

	(void)state;
	assert_int_equal(rd_conn_create(1, &back, NULL, &l4, 1, &g), 0);
	assert_int_equal(g.ref, f.ref);
	assert_int_equal(g.dir, R);
	assert_int_equal(entries(), 1);
}

static void keeps_limits(void **state)
{
	const struct rd_conn_limits limits = {.max = 4, .max_half_open = 2};
	struct rd_conn_l4 l4 = syn();
	struct rd_conn_found f[5];
	struct rd_conn_stats s;
	struct rd_conn_key k;
	uint32_t half_open;

	(void)state;
	for (uint16_t i = 0; i < 3; i++) {
		k = help_key(RD_IPPROTO_TCP, i);
		assert_int_equal(rd_conn_create(0, &k, &limits, &l4, 1, &f[i]),
			i < 2 ? 0 : RD_DROP_DFW_SYN_FLOOD);
	}
	assert_int_equal(rd_conn_zone_count(1, &half_open), 2);
	assert_int_equal(half_open, 2);
	l4 = help_udp(bytes);
	for (uint16_t i = 0; i < 3; i++) {
		k = help_key(RD_IPPROTO_UDP, i);
		assert_int_equal(rd_conn_create(0, &k, &limits, &l4, 1, &f[2]),
			i < 2 ? 0 : RD_DROP_DFW_STATE_LIMIT);
	}
	k.zone = 2; // another vNIC has its own
	assert_int_equal(rd_conn_create(0, &k, &limits, &l4, 1, &f[2]), 0);
	rd_conn_kill(0, f[0].ref);
	assert_int_equal(rd_conn_zone_count(1, &half_open), 3);
	assert_int_equal(half_open, 1);
	rd_conn_stats(&s);
	assert_int_equal(s.limit, 1);
	assert_int_equal(s.flood, 1);
	assert_int_equal(s.created, 5);
	assert_int_equal(s.half_open, 1);
}

static void leaves_half_open(void **state)
{
	struct rd_conn_key k = help_key(RD_IPPROTO_TCP, 1);
	struct rd_conn_l4 l4 = syn();
	struct rd_conn_found f = make(&k, &l4);
	uint32_t half_open;

	(void)state;
	l4 = help_segment(bytes, &(struct help_tcp){.ack = 101, .flags = "RA"});
	assert_int_equal(rd_conn_packet(f.ref, R, k.proto, &l4, 60, 1), 0);
	assert_int_equal(rd_conn_zone_count(1, &half_open), 1);
	assert_int_equal(half_open, 0);
	l4 = syn();
	assert_int_equal(rd_conn_packet(f.ref, O, k.proto, &l4, 60, 1), RD_CONN_GONE);
	assert_int_equal(rd_conn_zone_count(1, &half_open), 0);
}

static void is_full(void **state)
{
	struct rd_conn_l4 l4 = help_udp(bytes);
	struct rd_conn_found f;
	struct rd_conn_stats s;
	struct rd_conn_key k;

	(void)state;
	for (uint16_t i = 0; i < 256; i++)
		(void)make_udp(i);
	k = help_key(RD_IPPROTO_UDP, 256);
	assert_int_equal(rd_conn_create(0, &k, NULL, &l4, 1, &f), RD_DROP_DFW_STATE_MEMORY);
	rd_conn_stats(&s);
	assert_int_equal(s.memory, 1);
	assert_int_equal(s.capacity, 256);
	assert_int_equal(s.entries, 256);
	assert_int_equal(rd_conn_flush(2), 0);
	assert_int_equal(rd_conn_flush(1), 256);
	assert_int_equal(entries(), 0);
	assert_int_equal(rd_conn_create(0, &k, NULL, &l4, 1, &f), 0);
}

static int stop_at(void *arg, const struct rd_conn_info *i)
{
	unsigned *left = arg;

	assert_int_equal(i->orig.zone, 1);
	return --*left == 0 ? 77 : 0;
}

static void lists(void **state)
{
	unsigned left = 3;

	(void)state;
	for (uint16_t i = 0; i < 10; i++)
		(void)make_udp(i);
	assert_int_equal(rd_conn_each(1, stop_at, &left), 77);
	assert_int_equal(left, 0);
	left = 100;
	assert_int_equal(rd_conn_each(0, stop_at, &left), 0);
	assert_int_equal(left, 90);
	assert_int_equal(rd_conn_each(2, stop_at, &left), 0);
	assert_int_equal(left, 90);
	for (unsigned i = 0; i < RD_CONN_STATE_COUNT; i++)
		assert_true(strlen(rd_conn_state_name(i)) > 3);
}

static void takes_sizes(void **state)
{
	(void)state;
	rd_conn_fini();
	assert_int_equal(rd_conn_init(0), -EINVAL);
	assert_int_equal(rd_conn_init((1u << 24) + 1), -EINVAL);
	assert_int_equal(rd_conn_init(1u << 24), 0); // nothing of it is touched
	(void)make_udp(1);
	rd_conn_fini();
	assert_int_equal(rd_conn_init(65535), 0);
	rd_conn_fini();
	assert_int_equal(rd_conn_init(65536), 0);
	(void)make_udp(1);
}

// Pages are made in steps while workers use the table: what is in it stays.
static void makes_pages_in_steps(void **state)
{
	struct rd_conn_stats s;
	unsigned steps = 1;

	(void)state;
	rd_conn_fini();
	assert_int_equal(rd_conn_init(100000), 0);
	(void)make_udp(1);
	while (rd_conn_populate(1u << 20))
		assert_in_range(++steps, 2, 100);
	assert_true(steps >= 100000 * 160 / (1u << 20));
	assert_false(rd_conn_populate(1u << 20));
	rd_conn_stats(&s);
	assert_int_equal(s.entries, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, help_conn_setup, help_conn_teardown)
		T(finds_both_directions),
		T(nobody_is_zero),
		T(makes_a_stream_of_a_reply),
		T(counts_beyond_32_bits),
		T(knows_echoes),
		T(knows_other_protocols),
		T(ends_at_once),
		T(is_found_when_made_twice),
		T(keeps_limits),
		T(leaves_half_open),
		T(is_full),
		T(lists),
		T(takes_sizes),
		T(makes_pages_in_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
