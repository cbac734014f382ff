/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the firewalls of ports count by direction and family: a known mixture, once through the stages and once by the fast path, and
 * the sums over all ports are the stages' counters.
 */
#include "firewall_world.h"

#include <string.h>

#include "tables/conn.h"
#include "tables/dfw_filter.h"
#include "tables/tables.h"

#define ROUNDS 50

static const struct gt_rule to_web = {3001, RD_DFW_OUT, true, RD_IPPROTO_TCP, 80, false};
static const struct gt_rule to_dns = {3002, RD_DFW_OUT, true, RD_IPPROTO_UDP, 53, false};

static struct gf_frame udp6(uint16_t dport)
{
	struct gf_frame f = {.len = 14 + 40 + 8 + 8}, like = udp(true, dport, 0);
	uint8_t *ip = f.bytes + 14;

	memcpy(f.bytes, like.bytes, 12);
	rd_put16(f.bytes + 12, RD_ETHERTYPE_IPV6);
	ip[0] = 0x60;
	rd_put16(ip + 4, 16);
	ip[6] = RD_IPPROTO_UDP;
	ip[7] = 64;
	memcpy(ip + 8, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
	memcpy(ip + 24, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02", 16);
	rd_put16(ip + 40, 4000);
	rd_put16(ip + 42, dport);
	rd_put16(ip + 44, 16);
	rd_put16(ip + 46, 1); // nobody looks at the checksum
	return f;
}

static void queue(uint16_t port, struct gf_frame f)
{
	gf_queue(port, f.bytes, f.len);
}

// The client: 6 packets of IPv4 out (3 of them pass), 3 of IPv6 (2 pass), an ARP request. The server, in: what passed, and it refuses
// 2 of IPv4 and 1 of IPv6 more. One answer of the server goes out and in.
static void round_of_packets(unsigned i)
{
	queue(client, udp(true, 53, 4));
	queue(client, udp6(53));
	queue(client, udp(true, 54, 4)); // refused at once
	queue(client, tcp(true, 80, (struct seg){ACK, 101, 501, 0}));
	queue(client, udp(true, 99, 4)); // refused at once
	queue(client, udp6(54)); // refused at once
	queue(client, udp6(53));
	queue(client, tcp(true, 80, (struct seg){ACK, 900000, 501, 0})); // out of window
	queue(client, udp(true, 53, 40));
	queue(server, tcp(false, 80, (struct seg){ACK, 501, 101, 0}));
	if (i % 2 == 0)
		queue(client, gr_arp("ff:ff:ff:ff:ff:ff", CLIENT, "10.0.0.1", "10.0.0.2", 1));
	gf_walk();
}

static void same(const struct rd_dfw_filter *a, const struct rd_dfw_filter *b)
{
	for (unsigned w = 0; w < 2; w++) {
		for (unsigned i = 0; i < RD_DFW_FAMILIES; i++) {
			assert_int_equal(a->pass[w][i], b->pass[w][i]);
			assert_int_equal(a->drop[w][i], b->drop[w][i]);
		}
		for (unsigned i = 0; i < RD_DFW_WHY_COUNT; i++)
			assert_int_equal(a->why[w][i], b->why[w][i]);
	}
}

static uint64_t sum_of(unsigned way, bool drops)
{
	struct rd_dfw_filter f;
	uint64_t sum = 0;

	for (unsigned i = 0; i < rd_port_bound(); i++) {
		rd_dfw_filter_sum((uint16_t)i, &f);
		for (unsigned n = 0; n < RD_DFW_FAMILIES; n++)
			sum += drops ? f.drop[way][n] : f.pass[way][n];
	}
	return sum;
}

// Every packet that came to a firewall stage is in the counters of exactly one port.
static void conserved(void)
{
	static const unsigned stages[2] = {RD_STAGE_DFW_IN, RD_STAGE_DFW_OUT};

	for (unsigned way = 0; way < 2; way++) {
		const struct rd_stage_stats *st = &gf_w->stages[stages[way]];

		assert_int_equal(st->in, sum_of(way, false) + sum_of(way, true));
		assert_int_equal(st->drops, sum_of(way, true)); // no rule of these rejects
	}
}

static void expect(const struct rd_dfw_filter *c, const struct rd_dfw_filter *s, unsigned rounds)
{
	assert_int_equal(c->pass[1][RD_DFW_V4], 3 * rounds + 2); // and the handshake
	assert_int_equal(c->drop[1][RD_DFW_V4], 3 * rounds);
	assert_int_equal(c->why[1][RD_DFW_WHY_MATCH], 3 * rounds);
	assert_int_equal(c->why[1][RD_DFW_WHY_STATE_MISMATCH], rounds);
	assert_int_equal(c->pass[1][RD_DFW_V6], 2 * rounds);
	assert_int_equal(c->drop[1][RD_DFW_V6], rounds);
	assert_int_equal(c->pass[1][RD_DFW_OTHER], rounds / 2);
	assert_int_equal(c->pass[0][RD_DFW_V4], rounds + 1);
	assert_int_equal(s->pass[0][RD_DFW_V4], 3 * rounds + 2);
	assert_int_equal(s->pass[0][RD_DFW_V6], 2 * rounds);
	assert_int_equal(s->pass[0][RD_DFW_OTHER], rounds / 2);
	assert_int_equal(s->pass[1][RD_DFW_V4], rounds + 1);
	assert_int_equal(s->drop[0][RD_DFW_V4] + s->drop[0][RD_DFW_V6], 0);
}

static void run(bool staged, struct rd_dfw_filter *of_client, struct rd_dfw_filter *of_server)
{
	const struct gt_rule mine[2] = {to_web, to_dns};

	build();
	gf_trace(false);
	gf_w->staged = staged;
	gt_dfw_stateful(client, mine, 2, false);
	c((struct seg){SYN, 100, 0, 0});
	s((struct seg){SYN | ACK, 500, 101, 0});
	c((struct seg){ACK, 101, 501, 0});
	for (unsigned i = 0; i < ROUNDS; i++) {
		round_of_packets(i);
		gf_sink_drain(0);
		gf_sink_drain(1);
	}
	gf_w->staged = false;
	conserved();
	rd_dfw_filter_sum(client, of_client);
	rd_dfw_filter_sum(server, of_server);
	expect(of_client, of_server, ROUNDS);
}

static struct rd_dfw_filter seen[2][2]; // by path: client, server
static uint64_t decided[2]; // packets that the stages had to decide

static void counts_in_the_stages(void **state)
{
	(void)state;
	run(true, &seen[0][0], &seen[0][1]);
	decided[0] = gf_w->flows->stats.hits;
}

static void counts_on_the_fast_path(void **state)
{
	(void)state;
	run(false, &seen[1][0], &seen[1][1]);
	decided[1] = gf_w->flows->stats.hits;
	for (unsigned i = 0; i < 2; i++)
		same(&seen[0][i], &seen[1][i]);
	assert_int_equal(decided[0], decided[1]);
}

// The next port of this index counts from 0.
static void a_port_takes_its_counters_along(void **state)
{
	struct rd_dfw_filter f;
	struct rd_err err = {0};

	(void)state;
	run(false, &seen[1][0], &seen[1][1]);
	assert_int_equal(rd_port_del(client, &err), 0);
	rd_dfw_filter_sum(client, &f);
	same(&f, &(struct rd_dfw_filter){0});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, gf_begin, gf_end)
		T(counts_in_the_stages),
		T(counts_on_the_fast_path),
		T(a_port_takes_its_counters_along),
	};

	return gf_main(tests, sizeof(tests) / sizeof(tests[0]));
}
