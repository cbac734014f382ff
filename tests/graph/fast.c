/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fast path against the stages: the same bursts of good, odd and broken frames through both, and the same frames
 * must leave, in the same order, with the same counters at every stage and port. RD_SOAK sets the number of bursts.
 */
#include "graph_frames.h"
#include "graph_topo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/pkt.h"
#include "tables/flow.h"

#define KINDS 24 // base frames
#define BURST_MAX 12

static uint64_t seed;

static uint32_t rnd(uint32_t bound)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16) % bound;
}

struct topo {
	struct gt_upt u;
	uint16_t other; // a second guest of the segment
	uint16_t ports[3];
};

static struct gf_frame base[KINDS];
static uint16_t base_port[KINDS];
static unsigned nb_base;

static void attach(uint16_t port, unsigned sink)
{
	struct rd_port *p = rd_port_edit(port);

	gf_attach_sink(p, sink);
	gt_publish(p);
}

static void topology(struct topo *t)
{
	struct rd_port *p;

	gt_upt(&t->u, NULL);
	attach(t->u.guest, 2);
	p = gt_port("other", "arm/DvsPortset-1", RD_PORT_VNIC);
	gt_mac(p, "00:50:56:00:00:02");
	p->segment = t->u.seg;
	p->spoof_check = true;
	gt_team(p, t->u.arm_uplink, 0);
	gf_attach_sink(p, 3);
	t->other = gt_publish(p);
	t->ports[0] = t->u.arm_uplink;
	t->ports[1] = t->u.guest;
	t->ports[2] = t->other;
}

static void add(uint16_t port, struct gf_frame f)
{
	assert_true(nb_base < KINDS);
	base_port[nb_base] = port;
	base[nb_base++] = f;
}

static void frames(const struct topo *t)
{
	struct gr_l2 in = {.dst = GR_UPT_GUEST, .src = GR_CLIENT};
	struct gr_l2 out = {.dst = GR_CLIENT, .src = GR_UPT_GUEST};
	struct gr_l2 local = {.dst = "00:50:56:00:00:02", .src = GR_UPT_GUEST};
	struct gr_l2 back = {.dst = GR_UPT_GUEST, .src = "00:50:56:00:00:02"};
	struct gf_frame f;

	nb_base = 0;
	for (uint16_t i = 0; i < 3; i++) {
		uint16_t ssh[2] = {(uint16_t)(40000 + i), 22}, re[2] = {22, (uint16_t)(40000 + i)};
		uint16_t dns[2] = {(uint16_t)(50000 + i), 53};

		f = gr_tcp(in, "172.16.31.26", "172.16.31.19", ssh, 10u * i);
		add(t->u.arm_uplink, gr_geneve(&f, GT_VNI));
		add(t->u.guest, gr_tcp(out, "172.16.31.19", "172.16.31.26", re, 100u * i));
		f = gr_udp(in, "172.16.31.26", "172.16.31.19", dns, 30);
		add(t->u.arm_uplink, gr_geneve(&f, GT_VNI));
		add(t->u.guest, gr_udp(out, "172.16.31.19", "172.16.31.26", dns, 1200));
		add(t->u.guest, gr_udp(local, "172.16.31.19", "172.16.31.20", dns, 64));
		add(t->other, gr_tcp(back, "172.16.31.20", "172.16.31.19", ssh, 64));
	}
	f = gr_echo(in, "172.16.31.26", "172.16.31.19", 56);
	add(t->u.arm_uplink, gr_geneve(&f, GT_VNI));
	add(t->u.guest, gr_echo(out, "172.16.31.19", "172.16.31.26", 56));
	f = gr_udp(in, "172.16.31.26", "172.16.31.19", (uint16_t[]){1, 2}, 0);
	add(t->u.arm_uplink, gr_geneve(&f, GT_VNI + 1));
}

// Mostly as it is; else a byte is changed, bytes are missing or too many, or a field that the fast path looks at.
static struct gf_frame spoil(struct gf_frame f)
{
	uint32_t front = RTE_MIN(f.len, 110u);

	switch (rnd(8)) {
	case 0:
		f.bytes[rnd(front)] ^= (uint8_t)(1u << rnd(8));
		break;
	case 1:
		f.bytes[15] ^= 3; // congestion
		break;
	case 2:
		f.len -= RTE_MIN(rnd(8), f.len - 1);
		break;
	case 3:
		memset(f.bytes + f.len, 0, 8);
		f.len += rnd(8);
		break;
	default:
		return f;
	}
	if (rnd(2) == 0 && f.len >= 34 && rd_be16(f.bytes + 12) == RD_ETHERTYPE_IPV4) {
		rd_put16(f.bytes + 24, 0);
		rd_put16(f.bytes + 24, rd_csum_fold(rd_csum_add(0, f.bytes + 14, 20)));
	}
	return f;
}

#define LANES 65536

struct seen { // of one sink
	uint64_t frames;
	uint64_t lane[LANES]; // flows by their hash: over all frames of a lane, in order
};

struct run {
	struct seen sink[GF_SINKS];
	struct rd_stage_stats stages[RD_STAGE_MAX];
	struct rd_port_stats ports[RD_PORT_MAX];
	uint64_t drops[RD_DROP_MAX];
	uint64_t hits;
};

static uint64_t mix(uint64_t h, const uint8_t *bytes, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		h = (h ^ bytes[i]) * UINT64_C(0x100000001b3);
	return h;
}

// Frames of one flow are in one lane; those of different flows may change places.
static unsigned lane(const struct gf_frame *f)
{
	const uint8_t *inner = f->bytes + (f->len > 96 && rd_be16(f->bytes + 36) == 6081 ? 58 : 0);
	uint64_t h = mix(0, inner, 14); // MACs and EtherType

	if (f->len < 42)
		return 0;
	h = mix(h, inner + 23, 1); // protocol
	h = mix(h, inner + 26, 12); // addresses and ports
	return (unsigned)(h >> 32) % LANES;
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

static void snapshot(struct run *r)
{
	memcpy(r->stages, gf_w->stages, sizeof(r->stages));
	memcpy(r->ports, gf_w->ports, sizeof(r->ports));
	memcpy(r->drops, gf_w->drops, sizeof(r->drops));
	r->hits = gf_w->flows->stats.hits;
}

static void subtract(uint64_t *a, const uint64_t *b, size_t bytes)
{
	for (size_t i = 0; i < bytes / sizeof(*a); i++)
		a[i] -= b[i];
}

static void since(struct run *r, const struct run *before)
{
	snapshot(r);
	subtract((uint64_t *)r->stages, (const uint64_t *)before->stages, sizeof(r->stages));
	subtract((uint64_t *)r->ports, (const uint64_t *)before->ports, sizeof(r->ports));
	subtract(r->drops, before->drops, sizeof(r->drops));
	r->hits -= before->hits;
}

static void run(const struct topo *t, bool staged, unsigned bursts, struct run *r)
{
	static struct run before;

	seed = 0x5eed5eed5eed;
	memset(r, 0, sizeof(*r));
	gf_w->staged = staged;
	rd_flow_flush(gf_w->flows);
	rd_fdb_flush(0, true);
	snapshot(&before);
	for (unsigned i = 0; i < bursts; i++) {
		for (uint32_t n = 1 + rnd(BURST_MAX); n > 0; n--) {
			uint32_t k = rnd(nb_base);
			struct gf_frame f = spoil(base[k]);
			bool astray = rnd(20) == 0;

			gf_queue(astray ? t->ports[rnd(3)] : base_port[k], f.bytes, f.len);
		}
		gf_walk();
		collect(r);
	}
	since(r, &before);
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
	assert_memory_equal(a->drops, b->drops, sizeof(a->drops));
	assert_int_equal(a->hits, b->hits);
}

static void same_as_the_stages(void **state)
{
	const char *text = getenv("RD_SOAK");
	unsigned bursts = text != NULL ? (unsigned)strtoul(text, NULL, 10) : 30000;
	static struct run staged, fast;
	struct topo t;

	(void)state;
	gf_trace(false);
	topology(&t);
	frames(&t);
	run(&t, true, bursts, &staged);
	run(&t, false, bursts, &fast);
	print_message(
		"%lu packets in, %lu of them hits, %lu dropped; at the wire %lu, guests %lu and %lu\n",
		fast.stages[RD_STAGE_CLASSIFY].in, fast.hits, fast.stages[RD_STAGE_DROP].in,
		fast.sink[0].frames, fast.sink[2].frames, fast.sink[3].frames);
	same(&staged, &fast);
	assert_true(fast.sink[0].frames > 1000 && fast.sink[2].frames > 1000);
	assert_true(fast.sink[3].frames > 1000 && fast.hits > bursts);
	gf_w->staged = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(same_as_the_stages, gf_begin, gf_end),
	};

	return gf_main(tests, sizeof(tests) / sizeof(tests[0]));
}
