/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See firewall_world.h.
 */
#include "firewall_world.h"

#include <string.h>

#include "tables/tables.h"

uint16_t client, server;

static const struct gt_rule rules[] = {
	{1001, RD_DFW_IN, true, RD_IPPROTO_TCP, 80, false},
	{1002, RD_DFW_IN, true, RD_IPPROTO_UDP, 53, false},
	{1003, RD_DFW_IN, false, RD_IPPROTO_TCP, 23, true},
	{1004, RD_DFW_IN, false, RD_IPPROTO_UDP, 99, true},
	{1005, RD_DFW_OUT, false, RD_IPPROTO_TCP, 25, true},
	{1006, RD_DFW_IN, true, RD_IPPROTO_ICMP, 0, false},
};
#define NB_RULES (sizeof(rules) / sizeof(rules[0]))

void build(void)
{
	uint16_t seg = gt_lan(0, 1600);

	client = gt_guest("client", "h/s", seg, CLIENT, 0);
	server = gt_guest("server", "h/s", seg, SERVER, 1);
	gt_dfw_stateful(server, rules, NB_RULES, false);
}

void sums(struct gf_frame *f)
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

struct gf_frame tcp(bool from_client, uint16_t port, struct seg s)
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

struct gf_frame udp(bool from_client, uint16_t port, size_t len)
{
	uint16_t to[2] = {4000, port}, back[2] = {port, 4000};
	struct gr_l2 there = {SERVER, CLIENT, 0}, here = {CLIENT, SERVER, 0};

	return from_client ? gr_udp(there, "10.0.0.1", "10.0.0.2", to, len)
			   : gr_udp(here, "10.0.0.2", "10.0.0.1", back, len);
}

uint64_t send(uint16_t port, struct gf_frame f)
{
	gf_forget();
	return gf_send(port, f.bytes, f.len);
}

uint64_t c(struct seg s)
{
	return send(client, tcp(true, 80, s));
}

uint64_t s(struct seg g)
{
	return send(server, tcp(false, 80, g));
}

void passes(uint64_t id, uint32_t rule)
{
	gf_assert_reason(id, RD_DROP_NONE);
	assert_int_equal(gf_hop(id, RD_STAGE_VNIC_TX)->rule_id, rule);
	assert_int_equal(gf_sink_drain(0) + gf_sink_drain(1), 1);
}

void dropped(uint64_t id, enum rd_drop_reason why, unsigned stage)
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

unsigned connections(void)
{
	uint32_t half_open;

	return rd_conn_zone_count(server, &half_open);
}

void open_connection(void)
{
	passes(c((struct seg){SYN, 100, 0, 0}), 1001);
	passes(s((struct seg){SYN | ACK, 500, 101, 0}), 1001);
	passes(c((struct seg){ACK, 101, 501, 0}), 1001);
}
