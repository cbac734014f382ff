/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fast path against the stages: the same bursts of good, odd and broken frames through both, and the same frames
 * must leave, in the same order, with the same counters at every stage and port, also behind a router. RD_SOAK sets the number
 * of bursts; with several times the usual 30,000 a bucket of the flow cache may get full, and whose entry then goes differs.
 */
#include "fast_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/pkt.h"
#include "tables/dfw_filter.h"
#include "tables/flow.h"
#include "tables/punt.h"
#include "tables/router.h"

#define LANES (1u << 18)
#define FLOWS (1u << 17) // none has to go

struct seen { // of one sink
	uint64_t frames;
	uint64_t lane[LANES]; // flows by their hash: over all frames of a lane, in order
};

struct run {
	struct seen sink[GF_SINKS];
	struct rd_stage_stats stages[RD_STAGE_MAX];
	struct rd_port_stats ports[RD_PORT_MAX];
	uint64_t tally[4][RD_TALLY_STAGES]; // what each stage had of each port's packets
	uint64_t drops[RD_DROP_MAX];
	struct rd_dfw_filter filters[4]; // of the topology's ports
	struct rd_rif_counts rifs[3]; // of the router's interfaces, from 1
	uint64_t hits, flow_hits; // flow_hits: as the entries say
};

static uint64_t mix(uint64_t h, const uint8_t *bytes, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		h = (h ^ bytes[i]) * UINT64_C(0x100000001b3);
	return h;
}

static unsigned lane_of(uint64_t h)
{
	h = (h ^ h >> 29) * UINT64_C(0x9e3779b97f4a7c15); // the last byte, too, counts for all bits
	return (unsigned)(h >> 40) % LANES;
}

// Frames of one flow are in one lane; those of different flows may change places.
static unsigned lane(const struct gf_frame *f)
{
	const uint8_t *inner = f->bytes + (f->len > 96 && rd_be16(f->bytes + 36) == 6081 ? 58 : 0);
	uint64_t h = mix(0, inner, 14); // MACs and EtherType

	if (f->len < 42)
		return 0;
	if (rd_be16(inner + 12) == RD_ETHERTYPE_IPV6)
		return lane_of(mix(mix(h, inner + 20, 1), inner + 22, 36));
	h = mix(h, inner + 23, 1); // protocol
	h = mix(h, inner + 26, 12); // addresses and ports
	return lane_of(h);
}

static void collect(struct run *r)
{
	struct gf_frame f;

	for (unsigned s = 0; s < GF_SINKS; s++) {
		while (gf_sink_take(s, &f)) {
			uint64_t *h = &r->sink[s].lane[lane(&f)];

			r->sink[s].frames++;
			*h = mix(*h ^ f.len, f.bytes, f.len);
		}
	}
}

static void snapshot(const struct fw_topo *t, struct run *r)
{
	for (unsigned i = 0; i < t->nb_ports; i++) {
		rd_dfw_filter_sum(t->ports[i], &r->filters[i]);
		for (unsigned s = 0; s < RD_TALLY_STAGES; s++)
			r->tally[i][s] = rd_tally_in(gf_w, t->ports[i], s);
	}
	memcpy(r->stages, gf_w->stages, sizeof(r->stages));
	memcpy(r->ports, gf_w->ports, sizeof(r->ports));
	memcpy(r->drops, gf_w->drops, sizeof(r->drops));
	for (uint16_t i = 1; i < rd_rif_bound(); i++)
		rd_rif_counts(i, &r->rifs[i]);
	r->hits = gf_w->flows->stats.hits;
}

// What all entries of a run have counted, wherever they are: nothing ages or is evicted in it.
static uint64_t flow_hits(void)
{
	uint64_t sum = 0, n[2];
	struct rd_flow f;

	for (uint32_t i = 1; i < rd_flow_bound(gf_w->flows); i++) {
		if (!rd_flow_read(gf_w->flows, i, &f))
			continue;
		n[0] = f.hits;
		n[1] = f.bytes;
		sum += mix(mix(0, (const uint8_t *)&f.key, sizeof(f.key)), (const uint8_t *)n,
			sizeof(n));
	}
	return sum;
}

static void subtract(uint64_t *a, const uint64_t *b, size_t bytes)
{
	for (size_t i = 0; i < bytes / sizeof(*a); i++)
		a[i] -= b[i];
}

static void since(const struct fw_topo *t, struct run *r, const struct run *before)
{
	snapshot(t, r);
	subtract((uint64_t *)r->filters, (const uint64_t *)before->filters, sizeof(r->filters));
	subtract((uint64_t *)r->stages, (const uint64_t *)before->stages, sizeof(r->stages));
	subtract((uint64_t *)r->ports, (const uint64_t *)before->ports, sizeof(r->ports));
	subtract((uint64_t *)r->tally, (const uint64_t *)before->tally, sizeof(r->tally));
	subtract((uint64_t *)r->rifs, (const uint64_t *)before->rifs, sizeof(r->rifs));
	subtract(r->drops, before->drops, sizeof(r->drops));
	r->hits -= before->hits;
}

static void queue(uint16_t port, const struct gf_frame *f)
{
	gf_queue(port, f->bytes, f->len);
}

static void run(const struct fw_topo *t, bool staged, unsigned bursts, struct run *r)
{
	static struct run before;

	fw_seed = 0x5eed5eed5eed;
	memset(r, 0, sizeof(*r));
	gf_w->staged = staged;
	rd_flow_flush(gf_w->flows);
	rd_fdb_flush(0, true);
	snapshot(t, &before);
	for (unsigned i = 0; i < bursts; i++) {
		fw_burst(t, queue);
		gf_walk();
		collect(r);
	}
	since(t, r, &before);
	r->flow_hits = flow_hits();
}

static void same(const struct run *a, const struct run *b)
{
	for (unsigned s = 0; s < GF_SINKS; s++) {
		assert_int_equal(a->sink[s].frames, b->sink[s].frames);
		assert_memory_equal(a->sink[s].lane, b->sink[s].lane, sizeof(a->sink[s].lane));
	}
	for (unsigned s = 0; s < RD_STAGE_MAX; s++)
		if (memcmp(&a->stages[s], &b->stages[s], sizeof(a->stages[s])) != 0)
			fail_msg("stage %u: in %lu, %lu; out %lu, %lu; drops %lu, %lu", s,
				a->stages[s].in, b->stages[s].in, a->stages[s].out,
				b->stages[s].out, a->stages[s].drops, b->stages[s].drops);
	assert_memory_equal(a->ports, b->ports, sizeof(a->ports));
	assert_memory_equal(a->tally, b->tally, sizeof(a->tally));
	assert_memory_equal(a->drops, b->drops, sizeof(a->drops));
	assert_memory_equal(a->filters, b->filters, sizeof(a->filters));
	assert_memory_equal(a->rifs, b->rifs, sizeof(a->rifs));
	assert_int_equal(a->hits, b->hits);
	assert_int_equal(a->flow_hits, b->flow_hits);
}

static void compare(const struct fw_topo *t, unsigned bursts, struct run *fast)
{
	static struct run staged;
	struct rd_flow_table *flows = gf_w->flows;

	gf_w->flows = rd_flow_table_create(FLOWS, 300);
	assert_non_null(gf_w->flows);
	gf_trace(false);
	fw_frames(t);
	run(t, true, bursts, &staged);
	run(t, false, bursts, fast);
	gf_w->staged = false;
	print_message(
		"%lu packets in, %lu of them hits, %lu dropped; at the wire %lu, guests %lu, %lu and %lu\n",
		fast->stages[RD_STAGE_CLASSIFY].in, fast->hits, fast->stages[RD_STAGE_DROP].in,
		fast->sink[0].frames, fast->sink[2].frames, fast->sink[3].frames,
		fast->sink[4].frames);
	same(&staged, fast);
	rd_flow_table_free(gf_w->flows);
	gf_w->flows = flows;
}

static unsigned bursts(unsigned otherwise)
{
	const char *text = getenv("RD_SOAK");

	return text != NULL ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static void same_as_the_stages(void **state)
{
	static struct run fast;
	struct fw_topo t;

	(void)state;
	fw_topology(&t);
	compare(&t, bursts(30000), &fast);
	assert_true(fast.sink[0].frames > 1000 && fast.sink[2].frames > 1000);
	assert_true(fast.sink[3].frames > 1000 && fast.hits > 30000);
	assert_true(fast.filters[1].pass[0][RD_DFW_V4] > 1000
		&& fast.filters[1].pass[1][RD_DFW_V4] > 1000);
}

static void same_behind_a_router(void **state)
{
	static struct run fast;
	struct fw_topo t;

	(void)state;
	fw_topology(&t);
	fw_router(&t);
	rd_punt_set_rate(RD_PUNT_RATE_MAX); // what the router tells does not depend on the time
	compare(&t, bursts(30000), &fast);
	rd_punt_set_rate(RD_PUNT_RATE);
	assert_true(fast.stages[RD_STAGE_ROUTE].in > 10000 && fast.sink[4].frames > 1000);
	assert_true(fast.rifs[1].tx_packets > 1000 && fast.rifs[2].tx_packets > 1000);
	assert_true(fast.filters[3].pass[0][RD_DFW_V4] > 1000
		&& fast.filters[3].pass[1][RD_DFW_V4] > 1000);
	assert_true(fast.filters[3].pass[0][RD_DFW_V6] > 1000
		&& fast.filters[3].pass[1][RD_DFW_V6] > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(same_as_the_stages, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(same_behind_a_router, gf_begin, gf_end),
	};

	return gf_main(tests, sizeof(tests) / sizeof(tests[0]));
}
