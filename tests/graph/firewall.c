/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The stateful firewall: what passes because of a connection, what a change of rules does to it, limits, ICMP errors, fragments
 * and rejections. Two guests on one switch, and the server has the firewall.
 */
#include "graph_frames.h"
#include "graph_topo.h"

#include <string.h>

#include "base/pkt.h"
#include "tables/tables.h"

#define CLIENT "00:50:56:00:00:aa"
#define SERVER "00:50:56:00:00:bb"
#define FIN 1
#define SYN 2
#define RST 4
#define ACK 16
#define IP 14
#define L4 34

static uint16_t client, server;

static const struct gt_rule rules[] = {
	{1001, RD_DFW_IN, true, RD_IPPROTO_TCP, 80, false},
	{1002, RD_DFW_IN, true, RD_IPPROTO_UDP, 53, false},
	{1003, RD_DFW_IN, false, RD_IPPROTO_TCP, 23, true},
	{1004, RD_DFW_IN, false, RD_IPPROTO_UDP, 99, true},
	{1005, RD_DFW_OUT, false, RD_IPPROTO_TCP, 25, true},
	{1006, RD_DFW_IN, true, RD_IPPROTO_ICMP, 0, false},
};
#define NB_RULES (sizeof(rules) / sizeof(rules[0]))

static uint16_t guest(const char *name, const char *mac, uint16_t seg, unsigned sink)
{
	struct rd_port *p = gt_port(name, "h/s", RD_PORT_VNIC);

	gt_mac(p, mac);
	p->segment = seg;
	gf_attach_sink(p, sink);
	return gt_publish(p);
}

static void build(void)
{
	uint16_t seg;

	gt_host("h");
	gt_switch("s", "h", 3, 1600);
	seg = gt_segment("lan", "h/s", 0, 0);
	client = guest("client", CLIENT, seg, 0);
	server = guest("server", SERVER, seg, 1);
	gt_dfw_stateful(server, rules, NB_RULES, false);
}

static void sums(struct gf_frame *f)
{
	uint8_t *ip = f->bytes + IP;
	uint32_t len = rd_be16(ip + 2) - 20u, sum = 0;
	unsigned at = ip[9] == RD_IPPROTO_TCP ? 16 : ip[9] == RD_IPPROTO_UDP ? 6 : 2;

	rd_put16(ip + 10, 0);
	rd_put16(ip + 10, rd_csum_fold(rd_csum_add(0, ip, 20)));
	if (ip[9] != RD_IPPROTO_ICMP)
		sum = rd_csum_add(ip[9] + len, ip + 12, 8);
	rd_put16(ip + 20 + at, 0);
	rd_put16(ip + 20 + at, rd_csum_fold(rd_csum_add(sum, ip + 20, len)));
}

struct seg { // the client's numbers begin at 100, the server's at 500
	uint8_t flags;
	uint32_t seq, ack;
	uint16_t len;
};

static struct gf_frame tcp(bool from_client, uint16_t port, struct seg s)
{
	uint16_t to[2] = {4000, port}, back[2] = {port, 4000};
	struct gr_l2 there = {SERVER, CLIENT, 0}, here = {CLIENT, SERVER, 0};
	struct gf_frame f = from_client ? gr_tcp(there, "10.0.0.1", "10.0.0.2", to, s.len)
					: gr_tcp(here, "10.0.0.2", "10.0.0.1", back, s.len);

	rd_put32(f.bytes + L4 + 4, s.seq);
	rd_put32(f.bytes + L4 + 8, s.ack);
	f.bytes[L4 + 13] = s.flags;
	rd_put16(f.bytes + L4 + 14, 2000);
	sums(&f);
	return f;
}

static struct gf_frame udp(bool from_client, uint16_t port, size_t len)
{
	uint16_t to[2] = {4000, port}, back[2] = {port, 4000};
	struct gr_l2 there = {SERVER, CLIENT, 0}, here = {CLIENT, SERVER, 0};

	return from_client ? gr_udp(there, "10.0.0.1", "10.0.0.2", to, len)
			   : gr_udp(here, "10.0.0.2", "10.0.0.1", back, len);
}

static uint64_t send(uint16_t port, struct gf_frame f)
{
	gf_forget();
	return gf_send(port, f.bytes, f.len);
}

static uint64_t c(struct seg s)
{
	return send(client, tcp(true, 80, s));
}

static uint64_t s(struct seg g)
{
	return send(server, tcp(false, 80, g));
}

// It has left by the other guest's device, judged by this rule.
static void passes(uint64_t id, uint32_t rule)
{
	gf_assert_reason(id, RD_DROP_NONE);
	assert_int_equal(gf_hop(id, RD_STAGE_VNIC_TX)->rule_id, rule);
	assert_int_equal(gf_sink_drain(0) + gf_sink_drain(1), 1);
}

static void dropped(uint64_t id, enum rd_drop_reason why, unsigned stage)
{
	struct rd_droplog_rec r;
	uint8_t bytes[RD_DROPLOG_SNAP];

	gf_assert_reason(id, why);
	assert_true(rd_droplog_read(&gf_w->droplog, 0, &r, bytes));
	assert_int_equal(r.packet_id, id);
	assert_string_equal(rd_stage_by_id(r.stage)->name, rd_stage_by_id(stage)->name);
	assert_int_equal(r.reason, why);
	assert_true(r.cap_len >= 42);
}

static unsigned connections(void)
{
	uint32_t half_open;

	return rd_conn_zone_count(server, &half_open);
}

static void open_connection(void)
{
	passes(c((struct seg){SYN, 100, 0, 0}), 1001);
	passes(s((struct seg){SYN | ACK, 500, 101, 0}), 1001);
	passes(c((struct seg){ACK, 101, 501, 0}), 1001);
}

static void replies_need_no_rule(void **state)
{
	(void)state;
	build();
	dropped(s((struct seg){SYN | ACK, 500, 101, 0}), RD_DROP_DFW_DEFAULT_DENY,
		RD_STAGE_DFW_OUT);
	dropped(s((struct seg){SYN | ACK, 500, 101, 0}), RD_DROP_DFW_DEFAULT_DENY,
		RD_STAGE_DFW_OUT);
	assert_int_equal(connections(), 0);
	open_connection(); // the same SYN/ACK is an answer now
	for (unsigned i = 0; i < 3; i++) {
		passes(c((struct seg){ACK, 101 + i * 10, 501 + i * 100, 10}), 1001);
		passes(s((struct seg){ACK, 501 + i * 100, 111 + i * 10, 100}), 1001);
	}
	assert_int_equal(connections(), 1);
	// What the server begins is another matter.
	dropped(send(server, tcp(false, 81, (struct seg){SYN, 1, 0, 0})), RD_DROP_DFW_DEFAULT_DENY,
		RD_STAGE_DFW_OUT);
	passes(c((struct seg){ACK | FIN, 131, 801, 0}), 1001);
	passes(s((struct seg){ACK | FIN, 801, 132, 0}), 1001);
	passes(c((struct seg){ACK, 132, 802, 0}), 1001);
	passes(c((struct seg){SYN, 90000, 0, 0}), 1001); // reopens
	passes(s((struct seg){SYN | ACK, 70000, 90001, 0}), 1001);
	assert_int_equal(connections(), 1);
}

static void must_fit_the_state(void **state)
{
	(void)state;
	build();
	dropped(c((struct seg){ACK, 101, 501, 10}), RD_DROP_DFW_STATE_MISMATCH, RD_STAGE_DFW_IN);
	open_connection();
	dropped(c((struct seg){ACK, 100000, 501, 10}), RD_DROP_DFW_STATE_MISMATCH, RD_STAGE_DFW_IN);
	dropped(c((struct seg){SYN | FIN, 101, 501, 0}), RD_DROP_DFW_STATE_MISMATCH,
		RD_STAGE_DFW_IN);
	dropped(s((struct seg){RST, 400000, 0, 0}), RD_DROP_DFW_STATE_MISMATCH, RD_STAGE_DFW_OUT);
	passes(c((struct seg){ACK, 101, 501, 10}), 1001); // nothing has happened to it
	passes(s((struct seg){ACK, 501, 111, 10}), 1001);
}

// The next packet of either side sees it.
static void a_new_rule_ends_it(void **state)
{
	static const struct gt_rule other = {1001, RD_DFW_IN, true, RD_IPPROTO_TCP, 81, false};
	static const struct gt_rule same = {2001, RD_DFW_IN, true, RD_IPPROTO_TCP, 80, false};

	(void)state;
	build();
	open_connection();
	gt_dfw_stateful(server, &same, 1, false); // another rule, the same verdict
	passes(s((struct seg){ACK, 501, 101, 10}), 2001);
	passes(c((struct seg){ACK, 101, 511, 10}), 2001);
	gt_dfw_stateful(server, &other, 1, false);
	dropped(s((struct seg){ACK, 511, 111, 10}), RD_DROP_DFW_DEFAULT_DENY, RD_STAGE_DFW_OUT);
	assert_int_equal(connections(), 0);
	dropped(c((struct seg){ACK, 111, 511, 10}), RD_DROP_DFW_DEFAULT_DENY, RD_STAGE_DFW_IN);
	gt_dfw_stateful(server, &same, 1, false); // too late: it has ended
	dropped(c((struct seg){ACK, 111, 511, 10}), RD_DROP_DFW_STATE_MISMATCH, RD_STAGE_DFW_IN);
}

static void killed_from_outside(void **state)
{
	(void)state;
	build();
	open_connection();
	assert_int_equal(rd_conn_flush(server), 1);
	dropped(c((struct seg){ACK, 101, 501, 10}), RD_DROP_DFW_STATE_MISMATCH, RD_STAGE_DFW_IN);
	dropped(s((struct seg){ACK, 501, 101, 10}), RD_DROP_DFW_DEFAULT_DENY, RD_STAGE_DFW_OUT);
	open_connection();
}

static void goes_with_its_port(void **state)
{
	struct rd_err err = {0};

	(void)state;
	build();
	open_connection();
	assert_int_equal(rd_port_del(server, &err), 0);
	assert_int_equal(connections(), 0);
}

static struct gf_frame icmp(uint8_t type, uint8_t code, const struct gf_frame *quote, uint32_t len)
{
	uint16_t ports[2] = {0, 0};
	struct gf_frame f =
		gr_udp((struct gr_l2){CLIENT, SERVER, 0}, "10.0.0.2", "10.0.0.1", ports, len);

	f.bytes[IP + 9] = RD_IPPROTO_ICMP;
	memset(f.bytes + L4, 0, 8);
	f.bytes[L4] = type;
	f.bytes[L4 + 1] = code;
	if (quote != NULL)
		memcpy(f.bytes + L4 + 8, quote->bytes + IP, len);
	sums(&f);
	return f;
}

static void errors_are_related(void **state)
{
	struct gf_frame query = udp(true, 53, 4), other = udp(true, 54, 4), f;

	(void)state;
	build();
	f = icmp(3, 3, &query, 28);
	dropped(send(server, f), RD_DROP_DFW_DEFAULT_DENY, RD_STAGE_DFW_OUT);
	passes(send(client, query), 1002);
	passes(send(server, f), 1002);
	passes(send(server, f), 1002);
	f = icmp(3, 3, &other, 28); // of nothing that we know
	dropped(send(server, f), RD_DROP_DFW_DEFAULT_DENY, RD_STAGE_DFW_OUT);
	f = icmp(3, 3, &query, 27); // ends before the ports do
	dropped(send(server, f), RD_DROP_DFW_SHORT, RD_STAGE_DFW_OUT);
	f = icmp(3, 3, &query, 28);
	f.bytes[L4 + 8] = 0x43; // a header of 12 bytes
	sums(&f);
	dropped(send(server, f), RD_DROP_DFW_BAD_OFFSET, RD_STAGE_DFW_OUT);
	f = icmp(3, 3, &query, 28);
	f.bytes[L4 + 8 + 15]++; // not sent by whom we tell
	sums(&f);
	dropped(send(server, f), RD_DROP_DFW_DEFAULT_DENY, RD_STAGE_DFW_OUT);
	passes(send(server, udp(false, 53, 9)), 1002);
}

static void echoes(void **state)
{
	struct gf_frame ask =
		gr_echo((struct gr_l2){SERVER, CLIENT, 0}, "10.0.0.1", "10.0.0.2", 32);
	struct gf_frame reply =
		gr_echo((struct gr_l2){CLIENT, SERVER, 0}, "10.0.0.2", "10.0.0.1", 32);

	(void)state;
	build();
	reply.bytes[L4] = 0;
	sums(&reply);
	dropped(send(server, reply), RD_DROP_DFW_DEFAULT_DENY, RD_STAGE_DFW_OUT);
	passes(send(client, ask), 1006);
	passes(send(client, ask), 1006);
	passes(send(server, reply), 1006);
	reply.bytes[L4 + 4]++; // another ping's
	sums(&reply);
	dropped(send(server, reply), RD_DROP_DFW_DEFAULT_DENY, RD_STAGE_DFW_OUT);
	reply.bytes[L4] = 8;
	sums(&reply);
	dropped(send(server, reply), RD_DROP_DFW_DEFAULT_DENY, RD_STAGE_DFW_OUT);
}

static void set_limits(uint32_t max, uint32_t max_half_open)
{
	const struct rd_conn_limits limits = {max, max_half_open};
	struct rd_err err = {0};
	struct rd_dfw_model *m = rd_dfw_edit(NULL, &err);

	assert_non_null(m);
	assert_int_equal(rd_dfw_done(m, rd_dfw_policy_set(m, -1, -1, -1, &limits), &err), 0);
}

static struct gf_frame syn_from(uint16_t sport)
{
	struct gf_frame f = tcp(true, 80, (struct seg){SYN, 100, 0, 0});

	rd_put16(f.bytes + L4, sport);
	sums(&f);
	return f;
}

static void limits_hold(void **state)
{
	(void)state;
	build();
	set_limits(2, 0);
	passes(send(client, syn_from(1)), 1001);
	passes(send(client, syn_from(2)), 1001);
	dropped(send(client, syn_from(3)), RD_DROP_DFW_STATE_LIMIT, RD_STAGE_DFW_IN);
	passes(send(client, syn_from(1)), 1001); // once more
	set_limits(0, 2);
	dropped(send(client, syn_from(3)), RD_DROP_DFW_SYN_FLOOD, RD_STAGE_DFW_IN);
	passes(send(client, udp(true, 53, 1)), 1002); // no SYN
	set_limits(0, 0);
	passes(send(client, syn_from(3)), 1001);
	rd_conn_fini();
	assert_int_equal(rd_conn_init(1), 0);
	passes(send(client, syn_from(4)), 1001);
	dropped(send(client, syn_from(5)), RD_DROP_DFW_STATE_MEMORY, RD_STAGE_DFW_IN);
	rd_conn_fini();
	assert_int_equal(rd_conn_init(RD_CONN_CAPACITY), 0);
}

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
		T(replies_need_no_rule),
		T(must_fit_the_state),
		T(a_new_rule_ends_it),
		T(killed_from_outside),
		T(goes_with_its_port),
		T(errors_are_related),
		T(echoes),
		T(limits_hold),
		T(rejects_by_rst),
		T(rejects_by_icmp),
		T(rejects_its_own_guest),
		T(rejects_only_so_often),
		T(fragments_follow_their_head),
		T(fragments_of_tcp_count),
	};

	return gf_main(tests, sizeof(tests) / sizeof(tests[0]));
}
