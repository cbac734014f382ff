/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The stateful firewall: rejections, and fragments.
 */
#include "firewall_world.h"

#include <string.h>

#include "tables/tables.h"

// The answer at the client; the packet itself is dropped at `reject`.
static struct gf_frame rejected(uint64_t id)
{
	struct gf_frame f;

	dropped(id, RD_DROP_DFW_REJECTED, RD_STAGE_REJECT);
	assert_true(gf_sink_take(0, &f));
	assert_false(gf_sink_take(0, &f));
	assert_int_equal(gf_sink_drain(1), 0);
	assert_memory_equal(
		f.bytes, "\x00\x50\x56\x00\x00\xaa\x00\x50\x56\x00\x00\xbb\x08\x00", 14);
	assert_memory_equal(f.bytes + IP + 12, "\x0a\x00\x00\x02\x0a\x00\x00\x01", 8);
	assert_int_equal(rd_csum_fold(rd_csum_add(0, f.bytes + IP, 20)), 0);
	return f;
}

static void nobody_is_told(uint64_t id)
{
	dropped(id, RD_DROP_DFW_REJECTED, RD_STAGE_REJECT);
	assert_int_equal(gf_sink_drain(0) + gf_sink_drain(1), 0);
}

static void rejects_by_rst(void **state)
{
	struct gf_frame f;

	(void)state;
	build();
	for (unsigned i = 0; i < 2; i++) { // decided, and remembered
		f = rejected(send(client, tcp(true, 23, (struct seg){SYN, 100, 0, 7})));
		assert_int_equal(f.len, IP + 40);
		assert_int_equal(rd_be16(f.bytes + L4), 23);
		assert_int_equal(rd_be16(f.bytes + L4 + 2), 4000);
		assert_int_equal(f.bytes[L4 + 13], RST | ACK);
		assert_int_equal(rd_be32(f.bytes + L4 + 4), 0);
		assert_int_equal(rd_be32(f.bytes + L4 + 8), 108);
		assert_int_equal(rd_csum_fold(rd_csum_add(
					 rd_csum_add(RD_IPPROTO_TCP + 20, f.bytes + IP + 12, 8),
					 f.bytes + L4, 20)),
			0);
	}
	f = rejected(send(client, tcp(true, 23, (struct seg){ACK, 100, 777, 7})));
	assert_int_equal(f.bytes[L4 + 13], RST);
	assert_int_equal(rd_be32(f.bytes + L4 + 4), 777);
	nobody_is_told(send(client, tcp(true, 23, (struct seg){RST, 100, 0, 0})));
	assert_int_equal(connections(), 0);
}

static void rejects_by_icmp(void **state)
{
	struct gf_frame sent = udp(true, 99, 1000), f;

	(void)state;
	build();
	f = rejected(send(client, sent));
	assert_int_equal(f.bytes[IP + 9], RD_IPPROTO_ICMP);
	assert_int_equal(f.bytes[L4], 3);
	assert_int_equal(f.bytes[L4 + 1], 13);
	assert_true(f.len <= IP + 576);
	assert_memory_equal(f.bytes + L4 + 8, sent.bytes + IP, 28);
	assert_int_equal(rd_csum_fold(rd_csum_add(0, f.bytes + L4, f.len - L4)), 0);
	sent.bytes[IP + 6] |= 0x20; // the first fragment of something
	sums(&sent);
	nobody_is_told(send(client, sent));
}

// The server's own packets come back to it.
static void rejects_its_own_guest(void **state)
{
	struct gf_frame f = tcp(false, 80, (struct seg){SYN, 5, 0, 0});

	(void)state;
	build();
	rd_put16(f.bytes + L4 + 2, 25);
	sums(&f);
	dropped(send(server, f), RD_DROP_DFW_REJECTED, RD_STAGE_REJECT);
	assert_true(gf_sink_take(1, &f));
	assert_int_equal(f.bytes[L4 + 13], RST | ACK);
	assert_memory_equal(f.bytes, "\x00\x50\x56\x00\x00\xbb\x00\x50\x56\x00\x00\xaa", 12);
	assert_int_equal(gf_sink_drain(0), 0);
}

static void rejects_only_so_often(void **state)
{
	unsigned answers = 0;

	(void)state;
	build();
	gf_trace(false);
	for (unsigned i = 0; i < 1200; i++) {
		(void)send(client, udp(true, 99, 1));
		answers += gf_sink_drain(0);
	}
	assert_in_range(answers, 400, 1100); // 500 in each second that it took
	gf_trace(true);
}

static struct gf_frame fragment(struct gf_frame f, uint16_t id, uint16_t off, bool more)
{
	rd_put16(f.bytes + IP + 4, id);
	rd_put16(f.bytes + IP + 6, (uint16_t)((more ? 0x2000 : 0) | off / 8));
	rd_put16(f.bytes + IP + 10, 0);
	rd_put16(f.bytes + IP + 10, rd_csum_fold(rd_csum_add(0, f.bytes + IP, 20)));
	return f;
}

static void fragments_follow_their_head(void **state)
{
	struct gf_frame head = udp(true, 53, 72), bad = udp(true, 54, 72);

	(void)state;
	build();
	dropped(send(client, fragment(head, 7, 80, false)), RD_DROP_FRAG_NO_HEAD, RD_STAGE_DFW_IN);
	passes(send(client, fragment(head, 7, 0, true)), 1002);
	passes(send(client, fragment(head, 7, 80, true)), 1002);
	passes(send(client, fragment(head, 7, 160, false)), 1002);
	dropped(send(client, fragment(head, 8, 80, false)), RD_DROP_FRAG_NO_HEAD, RD_STAGE_DFW_IN);
	passes(send(client, fragment(head, 8, 0, true)), 1002); // of a known flow
	passes(send(client, fragment(head, 8, 80, false)), 1002);
	dropped(send(client, fragment(bad, 9, 0, true)), RD_DROP_DFW_DEFAULT_DENY, RD_STAGE_DFW_IN);
	dropped(send(client, fragment(bad, 9, 80, false)), RD_DROP_DFW_DEFAULT_DENY,
		RD_STAGE_DFW_IN);
	passes(send(client, head), 1002);
}

// The peer acknowledges what came in fragments: the connection must know how far they reached.
static void fragments_of_tcp_count(void **state)
{
	(void)state;
	build();
	open_connection();
	passes(send(client, fragment(tcp(true, 80, (struct seg){ACK, 101, 501, 60}), 7, 0, true)),
		1001);
	passes(send(client, fragment(tcp(true, 80, (struct seg){ACK, 0, 0, 60}), 7, 80, false)),
		1001);
	passes(s((struct seg){ACK, 501, 241, 0}), 1001);
	dropped(s((struct seg){ACK, 501, 242, 0}), RD_DROP_DFW_STATE_MISMATCH, RD_STAGE_DFW_OUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, gf_begin, gf_end)
		T(rejects_by_rst),
		T(rejects_by_icmp),
		T(rejects_its_own_guest),
		T(rejects_only_so_often),
		T(fragments_follow_their_head),
		T(fragments_of_tcp_count),
	};

	return gf_main(tests, sizeof(tests) / sizeof(tests[0]));
}
