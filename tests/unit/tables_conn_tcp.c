/* SPDX-License-Identifier: BSD-3-Clause
 *
 * tables/conn: conversations of TCP, step by step. tests/conntrack compares many more with the kernel.
 */
#include "conn_help.h"

#define SS RD_CONN_SYN_SENT
#define SR RD_CONN_SYN_RECV
#define ES RD_CONN_ESTABLISHED
#define FW RD_CONN_FIN_WAIT
#define CG RD_CONN_CLOSING
#define TW RD_CONN_TIME_WAIT
#define CL RD_CONN_CLOSED

// Client's numbers begin at 100, the server's at 500.
#define OPENED                                                                       \
	{O, {.seq = 100, .win = 1000, .flags = "S"}, PASS, SS},                      \
		{R, {.seq = 500, .ack = 101, .win = 2000, .flags = "SA"}, PASS, SR}, \
	{                                                                            \
		O, {.seq = 101, .ack = 501, .win = 1000, .flags = "A"}, PASS, ES     \
	}

static void opens_and_closes(void **state)
{
	static const struct help_step s[] = {
		OPENED,
		{O, {.seq = 101, .ack = 501, .win = 1000, .len = 100, .flags = "AP"}, PASS, ES},
		{R, {.seq = 501, .ack = 201, .win = 2000, .len = 50, .flags = "A"}, PASS, ES},
		{O, {.seq = 201, .ack = 551, .win = 1000, .flags = "FA"}, PASS, FW},
		{R, {.seq = 551, .ack = 202, .win = 2000, .flags = "A"}, PASS, FW},
		{R, {.seq = 551, .ack = 202, .win = 2000, .len = 900, .flags = "A"}, PASS,
			FW}, // half close
		{O, {.seq = 202, .ack = 1451, .win = 1000, .flags = "A"}, PASS, FW},
		{R, {.seq = 1451, .ack = 202, .win = 2000, .flags = "FA"}, PASS, CG},
		{O, {.seq = 202, .ack = 1451, .win = 1000, .flags = "A"}, PASS,
			CG}, // not yet the FIN
		{O, {.seq = 202, .ack = 1452, .win = 1000, .flags = "A"}, PASS, TW},
		{R, {.seq = 1451, .ack = 202, .win = 2000, .flags = "FA"}, PASS, TW}, // once more
		{O, {.seq = 9000, .win = 1000, .flags = "S"}, RD_CONN_GONE, RD_CONN_NONE},
	};

	(void)state;
	HELP_PLAY(s);
}

static void closes_at_the_same_time(void **state)
{
	static const struct help_step s[] = {
		OPENED,
		{O, {.seq = 101, .ack = 501, .win = 1000, .flags = "FA"}, PASS, FW},
		{R, {.seq = 501, .ack = 101, .win = 2000, .flags = "FA"}, PASS, CG},
		{O, {.seq = 102, .ack = 502, .win = 1000, .flags = "A"}, PASS, CG},
		{R, {.seq = 502, .ack = 102, .win = 2000, .flags = "A"}, PASS, TW},
	};

	(void)state;
	HELP_PLAY(s);
}

static void opens_at_the_same_time(void **state)
{
	static const struct help_step s[] = {
		{O, {.seq = 100, .win = 1000, .scale = 3, .flags = "S"}, PASS, SS},
		{R, {.seq = 500, .win = 2000, .scale = 2, .flags = "S"}, PASS, SR},
		{O, {.seq = 101, .ack = 501, .win = 1000, .flags = "A"}, REFUSED,
			SR}, // acknowledges without having heard
		{O, {.seq = 100, .ack = 501, .win = 1000, .flags = "SA"}, PASS, SR},
		{R, {.seq = 500, .ack = 101, .win = 2000, .flags = "SA"}, PASS, ES},
		{R, {.seq = 501, .ack = 101, .win = 500, .flags = "A"}, PASS, ES},
		{O, {.seq = 101, .ack = 501, .win = 125, .len = 2000, .flags = "A"}, PASS,
			ES}, // 2000 = 500 << 2
		{O, {.seq = 2102, .ack = 501, .win = 125, .len = 10, .flags = "A"}, REFUSED, ES},
		{R, {.seq = 500, .win = 2000, .flags = "S"}, PASS, ES}, // the same, late
		{R, {.seq = 700, .win = 2000, .flags = "S"}, REFUSED, ES},
	};

	(void)state;
	HELP_PLAY(s);
}

static void repeats_the_handshake(void **state)
{
	static const struct help_step s[] = {
		{O, {.seq = 100, .win = 1000, .flags = "S"}, PASS, SS},
		{O, {.seq = 100, .win = 1000, .flags = "S"}, PASS, SS},
		{O, {.seq = 300, .win = 1000, .flags = "S"}, PASS,
			SS}, // the client has started anew
		{O, {.seq = 301, .ack = 501, .win = 1000, .flags = "A"}, REFUSED, SS},
		{O, {.seq = 301, .ack = 501, .win = 1000, .flags = "FA"}, REFUSED, SS},
		{R, {.seq = 500, .ack = 302, .win = 2000, .flags = "SA"}, REFUSED, SS}, // not sent
		{R, {.seq = 500, .ack = 301, .win = 2000, .flags = "SA"}, PASS, SR},
		{R, {.seq = 500, .ack = 301, .win = 2000, .flags = "SA"}, PASS, SR},
		{O, {.seq = 300, .ack = 501, .win = 2000, .flags = "SA"}, PASS,
			ES}, // acknowledges, too
		{O, {.seq = 301, .ack = 501, .win = 1000, .flags = "A"}, PASS, ES},
		{R, {.seq = 500, .ack = 301, .win = 2000, .flags = "SA"}, PASS, ES},
		{O, {.seq = 300, .ack = 501, .win = 2000, .flags = "SA"}, REFUSED, ES},
	};

	(void)state;
	HELP_PLAY(s);
}

static void keeps_to_the_window(void **state)
{
	static const struct help_step s[] = {
		OPENED,
		{O, {.seq = 101, .ack = 501, .win = 1000, .len = 1000, .flags = "A"}, PASS, ES},
		{O, {.seq = 1101, .ack = 501, .win = 1000, .len = 1000, .flags = "A"}, PASS, ES},
		{O, {.seq = 2101, .ack = 501, .win = 1000, .len = 1, .flags = "A"}, PASS,
			ES}, // a probe, at the edge
		{O, {.seq = 2102, .ack = 501, .win = 1000, .len = 1, .flags = "A"}, REFUSED, ES},
		{O, {.seq = 50000, .ack = 501, .win = 1000, .flags = "A"}, REFUSED, ES},
		{O, {.seq = 600, .ack = 501, .win = 1000, .len = 1000, .flags = "A"}, PASS,
			ES}, // overlap
		{O, {.seq = 101, .ack = 502, .win = 1000, .len = 10, .flags = "A"}, REFUSED,
			ES}, // not sent
		{R, {.seq = 501, .ack = 2102, .win = 0, .flags = "A"}, PASS,
			ES}, // closes its window
		{O, {.seq = 2102, .ack = 501, .win = 1000, .len = 1, .flags = "A"}, PASS, ES},
		{O, {.seq = 2104, .ack = 501, .win = 1000, .len = 1, .flags = "A"}, REFUSED, ES},
		{O, {.seq = 2101, .ack = 501, .win = 1000, .flags = "A"}, PASS, ES}, // keepalive
		{R, {.seq = 501, .ack = 2103, .win = 2000, .flags = "A"}, PASS,
			ES}, // opens it again
		{O, {.seq = 2104, .ack = 501, .win = 1000, .len = 1, .flags = "A"}, PASS, ES},
		{R, {.seq = 501, .ack = 1101, .win = 2000, .flags = "A"}, PASS, ES}, // an old ACK
	};

	(void)state;
	HELP_PLAY(s);
}

// Far below the window: the receiver throws it away and answers, so it passes and changes nothing.
static void lets_late_ones_pass(void **state)
{
	static const struct help_step s[] = {
		{O, {.seq = 0xfffff000, .win = 60000, .flags = "S"}, PASS, SS},
		{R, {.seq = 500, .ack = 0xfffff001, .win = 60000, .flags = "SA"}, PASS, SR},
		{O, {.seq = 0xfffff001, .ack = 501, .win = 60000, .flags = "A"}, PASS, ES},
		{O, {.seq = 0xfffff001, .ack = 501, .win = 60000, .len = 50000, .flags = "A"}, PASS,
			ES}, // wraps
		{R, {.seq = 501, .ack = 45905, .win = 60000, .flags = "A"}, PASS, ES},
		{O, {.seq = 45905, .ack = 501, .win = 60000, .len = 50000, .flags = "A"}, PASS, ES},
		{O, {.seq = 0xfffff001, .ack = 501, .win = 60000, .len = 10, .flags = "A"}, PASS,
			ES},
		{O, {.seq = 0xfffff001, .ack = 501, .win = 60000, .flags = "FA"}, PASS, ES},
		{O, {.seq = 0xfffff001, .ack = 501, .win = 60000, .flags = "RA"}, REFUSED, ES},
	};

	(void)state;
	HELP_PLAY(s);
}

static void scales_only_if_both_do(void **state)
{
	static const struct help_step s[] = {
		{O, {.seq = 100, .win = 1000, .scale = 8, .flags = "S"}, PASS, SS},
		{R, {.seq = 500, .ack = 101, .win = 2000, .flags = "SA"}, PASS, SR},
		{O, {.seq = 101, .ack = 501, .win = 1000, .flags = "A"}, PASS, ES},
		{R, {.seq = 1501, .ack = 101, .win = 2000, .len = 10, .flags = "A"}, PASS, ES},
		{R, {.seq = 1502, .ack = 101, .win = 2000, .len = 10, .flags = "A"}, REFUSED, ES},
	};
	static const struct help_step both[] = {
		{O, {.seq = 100, .win = 1000, .scale = 8, .flags = "S"}, PASS, SS},
		{R, {.seq = 500, .ack = 101, .win = 2000, .scale = 1, .flags = "SA"}, PASS, SR},
		{O, {.seq = 101, .ack = 501, .win = 1000, .flags = "A"}, PASS, ES},
		{R, {.seq = 501 + 128000, .ack = 101, .win = 2000, .len = 10, .flags = "A"}, PASS,
			ES},
		{R, {.seq = 502 + 128000, .ack = 101, .win = 2000, .len = 10, .flags = "A"},
			REFUSED, ES},
		{O, {.seq = 2102, .ack = 501, .win = 1000, .flags = "A"}, REFUSED,
			ES}, // scale 0 here
	};

	(void)state;
	HELP_PLAY(s);
	assert_int_equal(rd_conn_flush(0), 1);
	HELP_PLAY(both);
}

static void resets_exactly(void **state)
{
	static const struct help_step inside[] = {
		OPENED,
		{R, {.seq = 501, .ack = 101, .win = 2000, .len = 100, .flags = "A"}, PASS, ES},
		{R, {.seq = 700, .flags = "R"}, PASS, ES}, // inside: the client asks
		{O, {.seq = 101, .ack = 601, .win = 1000, .flags = "A"}, PASS,
			ES}, // ... with a challenge ACK
		{R, {.seq = 500, .flags = "R"}, REFUSED, ES}, // below
		{R, {.seq = 1602, .flags = "R"}, REFUSED, ES}, // above
		{R, {.seq = 601, .ack = 5000, .flags = "RA"}, REFUSED,
			ES}, // acknowledges what was not sent
		{R, {.seq = 601, .flags = "R"}, PASS, CL},
		{O, {.seq = 101, .ack = 601, .win = 1000, .len = 5, .flags = "A"}, PASS,
			CL}, // on its way
		{R, {.seq = 601, .flags = "R"}, PASS, CL},
		{O, {.seq = 7000, .win = 1000, .flags = "S"}, RD_CONN_GONE, RD_CONN_NONE},
	};
	static const struct help_step refused[] = {
		{O, {.seq = 100, .win = 1000, .flags = "S"}, PASS, SS},
		{R, {.seq = 0, .flags = "R"}, REFUSED,
			SS}, // acknowledges nothing: not for this SYN
		{R, {.seq = 0, .ack = 99, .flags = "RA"}, REFUSED, SS},
		{R, {.seq = 0, .ack = 101, .flags = "RA"}, PASS, CL},
	};

	(void)state;
	HELP_PLAY(inside);
	HELP_PLAY(refused);
}

// The server still has an older connection: it answers the SYN with its own numbers, and the client resets that.
static void challenges_in_syn_sent(void **state)
{
	static const struct help_step s[] = {
		{O, {.seq = 100, .win = 1000, .flags = "S"}, PASS, SS},
		{R, {.seq = 70000, .ack = 90000, .win = 2000, .flags = "A"}, PASS, SS},
		{O, {.seq = 90000, .flags = "R"}, PASS, SS},
		{O, {.seq = 100, .win = 1000, .flags = "S"}, PASS, SS},
		{R, {.seq = 500, .ack = 101, .win = 2000, .flags = "SA"}, PASS, SR},
	};

	(void)state;
	HELP_PLAY(s);
}

// The client has crashed and begins again on the same port.
static void follows_a_new_syn(void **state)
{
	static const struct help_step s[] = {
		OPENED,
		{R, {.seq = 800, .win = 1000, .flags = "S"}, REFUSED, ES},
		{O, {.seq = 77000, .win = 3000, .scale = 3, .flags = "S"}, PASS, ES},
		{R, {.seq = 501, .ack = 101, .win = 2000, .flags = "A"}, PASS, ES}, // challenge
		{O, {.seq = 101, .flags = "R"}, PASS, CL},
		{O, {.seq = 77000, .win = 3000, .flags = "S"}, RD_CONN_GONE, RD_CONN_NONE},
	};
	static const struct help_step knows[] = {
		OPENED,
		{O, {.seq = 77000, .win = 3000, .flags = "S"}, PASS, ES},
		{R, {.seq = 99000, .ack = 77001, .win = 2000, .flags = "SA"}, PASS, SR},
		{O, {.seq = 77001, .ack = 99001, .win = 3000, .flags = "A"}, PASS, ES},
		{O, {.seq = 101, .ack = 501, .win = 1000, .flags = "A"}, PASS,
			ES}, // of the old one: late
		{O, {.seq = 90000, .ack = 501, .win = 1000, .flags = "A"}, REFUSED, ES},
	};

	(void)state;
	HELP_PLAY(s);
	HELP_PLAY(knows);
}

static void refuses_bad_flags(void **state)
{
	static const struct help_step s[] = {
		OPENED,
		{O, {.seq = 101, .ack = 501, .flags = ""}, REFUSED, ES},
		{O, {.seq = 101, .ack = 501, .flags = "SF"}, REFUSED, ES},
		{O, {.seq = 101, .ack = 501, .flags = "SR"}, REFUSED, ES},
		{O, {.seq = 101, .ack = 501, .flags = "SFA"}, REFUSED, ES},
		{O, {.seq = 101, .ack = 501, .flags = "FR"}, REFUSED, ES},
		{O, {.seq = 101, .ack = 501, .flags = "F"}, REFUSED, ES},
		{O, {.seq = 101, .ack = 501, .flags = "P"}, REFUSED, ES},
		{O, {.seq = 101, .ack = 501, .flags = "FPU"}, REFUSED, ES}, // Xmas
		{O, {.seq = 101, .ack = 501, .flags = "FSRPAU"}, REFUSED, ES},
		{O, {.seq = 101, .ack = 501, .win = 1000, .flags = "AU"}, PASS, ES},
	};

	(void)state;
	HELP_PLAY(s);
}

static void reads_no_further_than_it_may(void **state)
{
	struct rd_conn_key k = help_key(RD_IPPROTO_TCP, 1);
	struct help_tcp t = {.seq = 100, .win = 1000, .scale = 5, .flags = "S"};
	struct rd_conn_found f;
	uint8_t bytes[60];
	struct rd_conn_l4 l4 = help_segment(bytes, &t);

	(void)state;
	l4.hdr_len = 19;
	assert_int_equal(rd_conn_create(0, &k, NULL, &l4, 1, &f), RD_DROP_DFW_SHORT);
	l4 = help_segment(bytes, &t);
	bytes[12] = 4 << 4;
	assert_int_equal(rd_conn_create(0, &k, NULL, &l4, 1, &f), RD_DROP_DFW_BAD_OFFSET);
	bytes[12] = 15 << 4;
	assert_int_equal(rd_conn_create(0, &k, NULL, &l4, 1, &f), RD_DROP_DFW_BAD_OFFSET);
	l4.len = 60; // announced, but not there: the options that are there are read
	assert_int_equal(rd_conn_create(0, &k, NULL, &l4, 1, &f), 0);
	for (unsigned option_len = 0; option_len < 256; option_len++) {
		l4 = help_segment(bytes, &t);
		bytes[21] = 7;
		bytes[22] = (uint8_t)option_len;
		assert_int_equal(rd_conn_packet(f.ref, O, k.proto, &l4, 60, 1), PASS);
	}
	t = (struct help_tcp){.seq = 101, .ack = 1, .flags = "A"};
	l4 = help_segment(bytes, &t);
	l4.len = 16;
	assert_int_equal(rd_conn_packet(f.ref, R, k.proto, &l4, 60, 1), RD_DROP_DFW_SHORT);
}

static void picks_up_when_loose(void **state)
{
	static const struct help_step s[] = {
		{O, {.seq = 1000, .ack = 9000, .win = 100, .len = 10, .flags = "A"}, PASS, ES},
		{R, {.seq = 9000, .ack = 1010, .win = 100, .len = 1460, .flags = "A"}, PASS, ES},
		{R, {.seq = 4000000000, .ack = 1010, .win = 100, .flags = "A"}, PASS,
			ES}, // no window
		{O, {.seq = 77, .flags = "R"}, REFUSED, ES}, // but what is acknowledged
		{O, {.seq = 1010, .ack = 10460, .win = 100, .flags = "FA"}, PASS, FW},
	};
	static const struct help_step tracked[] = {
		OPENED,
		{O, {.seq = 50000, .ack = 501, .win = 1000, .len = 10, .flags = "A"}, PASS, ES},
		{R, {.seq = 501, .ack = 50010, .win = 2000, .flags = "A"}, PASS, ES},
		{O, {.seq = 50010, .ack = 501, .win = 1000, .len = 10, .flags = "FA"}, PASS, ES},
	};
	static const struct help_step no_first[] = {
		{O, {.seq = 1000, .ack = 9000, .flags = "SA"}, REFUSED, RD_CONN_NONE},
	};

	(void)state;
	help_strict(false);
	HELP_PLAY(s);
	(void)rd_conn_flush(0);
	HELP_PLAY(tracked);
	(void)rd_conn_flush(0);
	HELP_PLAY(no_first);
}

static void refuses_to_begin_otherwise(void **state)
{
	static const char *const flags[] = {"A", "SA", "FA", "R", "RA", "", "PA"};
	struct rd_conn_key k = help_key(RD_IPPROTO_TCP, 1);
	struct rd_conn_stats stats;
	struct rd_conn_found f;
	uint8_t bytes[60];

	(void)state;
	for (unsigned i = 0; i < 7; i++) {
		struct help_tcp t = {.seq = 1, .ack = 1, .win = 1, .flags = flags[i]};
		struct rd_conn_l4 l4 = help_segment(bytes, &t);

		assert_int_equal(rd_conn_create(0, &k, NULL, &l4, 1, &f), REFUSED);
	}
	rd_conn_stats(&stats);
	assert_int_equal(stats.mismatch, 7);
	assert_int_equal(stats.entries, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, help_conn_setup, help_conn_teardown)
		T(opens_and_closes),
		T(closes_at_the_same_time),
		T(opens_at_the_same_time),
		T(repeats_the_handshake),
		T(keeps_to_the_window),
		T(lets_late_ones_pass),
		T(scales_only_if_both_do),
		T(resets_exactly),
		T(challenges_in_syn_sent),
		T(follows_a_new_syn),
		T(refuses_bad_flags),
		T(reads_no_further_than_it_may),
		T(picks_up_when_loose),
		T(refuses_to_begin_otherwise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
