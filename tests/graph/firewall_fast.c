/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What firewalls count, and what a flow's entry still knows, while packets take the fast path: nobody looks on here.
 */
#include "firewall_world.h"

#include <string.h>

#include "tables/conn.h"
#include "tables/dfw_policy.h"
#include "tables/tables.h"

#define EVIL "00:50:56:00:00:cc"

static const struct gt_rule to_web = {3001, RD_DFW_OUT, true, RD_IPPROTO_TCP, 80, false};

static void unseen(void)
{
	build();
	gf_trace(false);
}

static unsigned arrived(void)
{
	return gf_sink_drain(0) + gf_sink_drain(1);
}

static int take_info(void *arg, const struct rd_conn_info *i)
{
	*(struct rd_conn_info *)arg = *i;
	return 0;
}

static struct rd_conn_info info_of(uint16_t zone)
{
	struct rd_conn_info i = {0};

	assert_int_equal(rd_conn_each(zone, take_info, &i), 0);
	return i;
}

static void shake_hands(void)
{
	c((struct seg){SYN, 100, 0, 0});
	s((struct seg){SYN | ACK, 500, 101, 0});
	c((struct seg){ACK, 101, 501, 0});
	for (unsigned i = 0; i < 3; i++) {
		c((struct seg){ACK, 101 + i * 10, 501 + i * 100, 10});
		s((struct seg){ACK, 501 + i * 100, 111 + i * 10, 100});
	}
	assert_int_equal(arrived(), 9);
}

// The guest's own firewall lets it pass, the other guest's does not: one packet more at the first, also of the rule's.
static void counts_once_what_the_second_refuses(void **state)
{
	struct rd_conn_info before, after;
	uint64_t drops;

	(void)state;
	unseen();
	gt_dfw_stateful(client, &to_web, 1, false);
	shake_hands();
	before = info_of(client);
	assert_int_equal(before.packets[RD_CONN_ORIG], 5);
	assert_int_equal(rd_conn_flush(server), 1);
	drops = gf_w->drops[RD_DROP_DFW_STATE_MISMATCH];
	c((struct seg){ACK, 131, 801, 10});
	assert_int_equal(arrived(), 0);
	assert_int_equal(gf_w->drops[RD_DROP_DFW_STATE_MISMATCH], drops + 1);
	after = info_of(client);
	assert_int_equal(after.packets[RD_CONN_ORIG], before.packets[RD_CONN_ORIG] + 1);
	assert_true(after.bytes[RD_CONN_ORIG] > before.bytes[RD_CONN_ORIG]);
	assert_true(after.bytes[RD_CONN_ORIG] < before.bytes[RD_CONN_ORIG] + 100);
}

static void counts_a_misfit_once(void **state)
{
	struct rd_conn_stats before, after;

	(void)state;
	unseen();
	shake_hands();
	rd_conn_stats(&before);
	c((struct seg){ACK, 900000, 801, 10});
	s((struct seg){RST, 900000, 0, 0});
	rd_conn_stats(&after);
	assert_int_equal(arrived(), 0);
	assert_int_equal(after.mismatch, before.mismatch + 2);
}

static uint16_t another_port(void)
{
	struct rd_port *p = gt_port("other", "h/s", RD_PORT_VNIC);

	gt_mac(p, EVIL);
	p->segment = rd_port_at(client)->segment;
	return gt_publish(p);
}

// An entry keeps 16 bits of the policy's revision, and nobody used this one until they came round.
static void knows_an_old_revision(void **state)
{
	static const struct gt_rule dns = {1001, RD_DFW_IN, true, RD_IPPROTO_UDP, 53, false};
	static const struct gt_rule other = {1002, RD_DFW_IN, true, RD_IPPROTO_UDP, 54, false};
	uint32_t revision;
	uint16_t port;

	(void)state;
	unseen();
	port = another_port();
	gt_dfw(server, &dns, 1, false);
	for (unsigned i = 0; i < 3; i++)
		send(client, udp(true, 53, 4));
	assert_int_equal(arrived(), 3);
	revision = rd_dfw_policy_->revision;
	rd_dfw_policy_->revision = UINT16_MAX; // as if the others had changed as often
	gt_dfw(port, &dns, 1, false);
	assert_int_equal(rd_dfw_policy_->revision, UINT16_MAX + 1);
	rd_dfw_policy_->revision += revision - 1;
	gt_dfw(server, &other, 1, false);
	assert_int_equal((uint16_t)rd_dfw_policy_->revision, (uint16_t)revision);
	send(client, udp(true, 53, 4));
	assert_int_equal(arrived(), 0);
	assert_int_equal(gf_w->drops[RD_DROP_DFW_DEFAULT_DENY], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, gf_begin, gf_end)
		T(counts_once_what_the_second_refuses),
		T(counts_a_misfit_once),
		T(knows_an_old_revision),
	};

	return gf_main(tests, sizeof(tests) / sizeof(tests[0]));
}
