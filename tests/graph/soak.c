/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Millions of packets in both directions through both tiers: nothing is lost, leaked or changed.
 * RD_SOAK is the number of packets, ten million by default (15 s under ASan). Prints the
 * rate, which is nobody's benchmark: see tests/perf.
 */
#include "graph_frames.h"
#include "graph_topo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/pkt.h"
#include "tables/flow.h"

#define BURST 32
#define FLOWS 2000 // four entries each: more than the table holds, so entries come and go

static uint64_t wanted(void)
{
	const char *text = getenv("RD_SOAK");

	return text != NULL ? strtoull(text, NULL, 10) : 10000000;
}

// A flow's number is its client's TCP port; the checksum stays right.
static void set_port(struct gf_frame *f, size_t off, uint16_t port)
{
	size_t sum_off = (f->len == 132 ? 58 : 0) + 50;
	uint16_t old = rd_be16(f->bytes + off), sum = rd_be16(f->bytes + sum_off);

	rd_put16(f->bytes + off, port);
	rd_put16(f->bytes + sum_off,
		rd_csum_fold((uint32_t)(uint16_t)~sum + (uint16_t)~old + port)); // RFC 1624
}

struct soak {
	struct gt_emulated t;
	struct gf_frame syn, ack;
	uint64_t sent[2], delivered, left;
};

static void send_burst(struct soak *s, unsigned round)
{
	for (unsigned i = 0; i < BURST; i++) {
		uint16_t port = (uint16_t)(10000 + (round * 7 + i * 61) % FLOWS);
		bool in = i % 2 == 0;
		struct gf_frame *f = in ? &s->syn : &s->ack;

		set_port(f, in ? 58 + 34 : 36, port);
		gf_queue(in ? s->t.arm_uplink : s->t.guest, f->bytes, f->len);
		s->sent[in]++;
	}
	gf_walk();
}

static void check_left(struct soak *s)
{
	struct gf_frame out;

	while (gf_sink_take(0, &out)) {
		s->left++;
		assert_int_equal(out.len, 132);
		assert_int_equal(rd_csum_fold(rd_csum_add(0, out.bytes + 14, 20)), 0);
		set_port(&s->ack, 36, rd_be16(out.bytes + 58 + 36));
		assert_memory_equal(out.bytes + 58, s->ack.bytes, 74);
	}
}

static void both_directions(void **state)
{
	uint64_t nb = wanted(), from, ns;
	static struct soak s;

	(void)state;
	s.syn = gr_pcap_one("in/emulated-syn.pcap");
	s.ack = gr_pcap_one("in/emulated-synack.pcap");
	gt_emulated(&s.t, NULL);
	gf_trace(false);
	// The guest's side is known before it sends: a flood to the wire would count twice.
	gf_send(s.t.arm_uplink, s.syn.bytes, s.syn.len);
	from = rd_monotonic_ns();
	for (unsigned round = 0; s.sent[0] + s.sent[1] < nb; round++) {
		send_burst(&s, round);
		check_left(&s);
		if (round % 1000 == 999)
			rd_flow_age(gf_w->flows, gf_w->now_s, 64);
	}
	ns = rd_monotonic_ns() - from;
	print_message("%lu packets, %lu ns each, hits %lu misses %lu evictions %lu\n",
		s.sent[0] + s.sent[1], ns / (s.sent[0] + s.sent[1]), gf_w->flows->stats.hits,
		gf_w->flows->stats.misses, gf_w->flows->stats.evictions);
	assert_int_equal(s.left, s.sent[0]);
	assert_int_equal(gf_w->ports[s.t.guest].tx_packets, s.sent[1] + 1);
	assert_int_equal(gf_w->ports[s.t.guest].tx_bytes, (s.sent[1] + 1) * 74);
	assert_int_equal(gf_w->stages[RD_STAGE_DROP].in, 0);
	assert_int_equal(rd_tunnel_stats[0][s.t.tunnel].tx_packets, s.sent[0]);
	assert_int_equal(rd_tunnel_stats[0][s.t.tunnel].rx_packets, s.sent[1] + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both_directions, gf_begin, gf_end),
	};

	return gf_main(tests, sizeof(tests) / sizeof(tests[0]));
}
