/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The stateful firewall: what passes because of a connection, what a change of rules does to it, limits, ICMP errors.
 */
#include "firewall_world.h"

#include <string.h>

#include "tables/tables.h"

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

// Packets with the guest's own addresses that come from elsewhere: no connection of the guest lets them in, or ends by them.
static void the_other_way_is_no_reply(void **state)
{
	static const struct gt_rule both[] = {{1, RD_DFW_OUT, true, RD_IPPROTO_UDP, 0, false}};
	struct gf_frame query = udp(false, 53, 4), forged = query;

	(void)state;
	build();
	gt_dfw_stateful(server, both, 1, false);
	passes(send(server, query), 1);
	passes(send(client, udp(true, 53, 4)), 1); // its reply
	memcpy(forged.bytes, query.bytes + 6, 6); // as if the server were behind the client
	memcpy(forged.bytes + 6, query.bytes, 6);
	dropped(send(client, forged), RD_DROP_DFW_DEFAULT_DENY, RD_STAGE_DFW_IN);
	assert_int_equal(connections(), 1);
	gt_dfw_stateful(server, both, 1, true);
	passes(send(client, forged), 0); // allowed by the default: another connection
	assert_int_equal(connections(), 2);
	passes(send(server, query), 1);
	passes(send(client, udp(true, 53, 4)), 1);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, gf_begin, gf_end)
		T(replies_need_no_rule),
		T(the_other_way_is_no_reply),
		T(must_fit_the_state),
		T(a_new_rule_ends_it),
		T(killed_from_outside),
		T(goes_with_its_port),
		T(errors_are_related),
		T(echoes),
		T(limits_hold),
	};

	return gf_main(tests, sizeof(tests) / sizeof(tests[0]));
}
