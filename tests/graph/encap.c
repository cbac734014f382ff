/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The outer headers, field by field, for an endpoint with other settings than the demos'; DSCP; the
 * largest frames; padding of the underlay; and frames with IPv6, VLAN tags and fragments inside.
 */
#include "graph_frames.h"
#include "graph_topo.h"

#include <string.h>

#include "base/pkt.h"
#include "base/str.h"
#include "nodes/path.h"

#define GUEST "00:50:56:a1:00:0a"
#define FAR "00:50:56:a1:00:0f"
#define HDR 50 // Ethernet, IPv4, UDP, Geneve without options

static uint16_t ports[2] = {4000, 80};

struct topo {
	uint16_t uplink, guest, seg;
};

// UDP checksums, fragments allowed, a TTL of 9, no options.
static void build(struct topo *t)
{
	struct rd_tep tep = {.ttl = 9,
		.csum = true,
		.dport = 7000,
		.nb_team = 1,
		.ip = {10, 0, 0, 1},
		.mac = {2, 0, 0, 0, 0, 1}};
	struct rd_err err = {0};
	struct rd_port *p;

	gt_host("arm");
	gt_switch("s", "arm", 1, 1600);
	p = gt_port("up", "arm/s", RD_PORT_UPLINK);
	gf_attach_sink(p, 0);
	t->uplink = gt_publish(p);
	t->seg = gt_segment("seg", "arm/s", -1, 0xabcdef);
	tep.host = rd_host_find("arm")->idx;
	tep.team[0] = t->uplink;
	assert_int_equal(rd_tep_add(&tep, &err), 0);
	gt_fdb(t->seg, FAR, true, gt_tunnel("t", "10.0.0.1", "10.0.0.2", "02:00:00:00:00:02"));
	p = gt_port("guest", "arm/s", RD_PORT_VNIC);
	gt_mac(p, GUEST);
	p->segment = t->seg;
	gt_answer(p, NULL);
	t->guest = gt_publish(p);
}

static struct gf_frame udp(size_t len)
{
	return gr_udp((struct gr_l2){FAR, GUEST, 0}, "192.0.2.1", "192.0.2.2", ports, len);
}

// Over the pseudo header and everything behind it, as RFC 768 says.
static uint16_t udp_sum(const struct gf_frame *f)
{
	size_t len = f->len - 34;
	uint32_t sum = rd_csum_add(RD_IPPROTO_UDP + (uint32_t)len, f->bytes + 26, 8);

	return rd_csum_fold(rd_csum_add(sum, f->bytes + 34, len));
}

static struct gf_frame sent(const struct gf_frame *f, const uint16_t *splits, uint16_t port)
{
	struct gf_frame out;
	uint64_t id = splits != NULL ? gf_send_split(port, f->bytes, f->len, splits)
				     : gf_send(port, f->bytes, f->len);

	gf_assert_reason(id, RD_DROP_NONE);
	assert_true(gf_sink_take(0, &out));
	assert_int_equal(out.len, f->len + HDR);
	assert_memory_equal(out.bytes + HDR, f->bytes, f->len);
	return out;
}

static void fields(void **state)
{
	struct gf_frame f = udp(101), out;
	uint16_t first_id;
	struct topo t;

	(void)state;
	build(&t);
	out = sent(&f, NULL, t.guest);
	assert_memory_equal(out.bytes, "\2\0\0\0\0\2\2\0\0\0\0\1\x08\0\x45\0", 16);
	assert_int_equal(rd_be16(out.bytes + 16), out.len - 14);
	assert_int_equal(rd_be16(out.bytes + 20), 0); // no DF, no fragment
	assert_int_equal(out.bytes[22], 9);
	assert_int_equal(rd_csum_fold(rd_csum_add(0, out.bytes + 14, 20)), 0);
	assert_memory_equal(out.bytes + 26, "\x0a\0\0\1\x0a\0\0\2", 8);
	assert_int_equal(rd_be16(out.bytes + 36), 7000);
	assert_int_not_equal(rd_be16(out.bytes + 40), 0);
	assert_int_equal(udp_sum(&out), 0);
	assert_memory_equal(out.bytes + 42, "\0\0\x65\x58\xab\xcd\xef\0", 8);
	first_id = rd_be16(out.bytes + 18);
	out = sent(&f, NULL, t.guest);
	assert_int_not_equal(rd_be16(out.bytes + 18), first_id); // may be fragmented: ids differ
}

static void checksums_across_segments(void **state)
{
	static const uint16_t cuts[][4] = {{1, 0}, {43, 0}, {61, 33, 1, 0}, {200, 201, 202, 0}};
	struct topo t;

	(void)state;
	build(&t);
	for (unsigned i = 0; i < RTE_DIM(cuts); i++)
		for (size_t len = 700; len < 704; len++) {
			struct gf_frame f = udp(len), out = sent(&f, cuts[i], t.guest);

			assert_int_equal(udp_sum(&out), 0);
		}
}

static void dscp(void **state)
{
	struct gf_frame f = udp(20), out;
	struct topo t;

	(void)state;
	build(&t);
	f.bytes[15] = 0xb9; // EF, ECN-capable
	rd_put16(f.bytes + 24, 0);
	rd_put16(f.bytes + 24, rd_csum_fold(rd_csum_add(0, f.bytes + 14, 20)));
	out = sent(&f, NULL, t.guest);
	assert_int_equal(out.bytes[15], 0xb9);
}

static void set_tos(uint8_t *ip, uint8_t tos)
{
	ip[1] = tos;
	rd_put16(ip + 10, 0);
	rd_put16(ip + 10, rd_csum_fold(rd_csum_add(0, ip, 20)));
}

// RFC 6040, figure 4: inner codepoint by row, outer by column (NOT, E0, E1, CE).
static void ecn_of_decapsulated(void **state)
{
	enum {
		NOT,
		E1,
		E0,
		CE,
		DROP
	};
	static const uint8_t columns[] = {NOT, E0, E1, CE};
	static const uint8_t rows[4][4] = {[NOT] = {NOT, NOT, NOT, DROP},
		[E0] = {E0, E0, E1, CE},
		[E1] = {E1, E1, E1, CE},
		[CE] = {CE, CE, CE, CE}};
	struct gf_frame f = gr_tcp((struct gr_l2){GR_UPT_GUEST, GR_CLIENT, 0}, "172.16.31.26",
		"172.16.31.19", (uint16_t[2]){4000, 22}, 10);
	struct gt_upt t;

	(void)state;
	gt_upt(&t, NULL);
	for (uint8_t inner = 0; inner < 4; inner++)
		for (unsigned c = 0; c < 4; c++) {
			struct gf_frame outer, want = f;
			uint64_t id;

			set_tos(f.bytes + 14, 0x28 | inner);
			outer = gr_geneve(&f, GT_VNI);
			set_tos(outer.bytes + 14, 0x50 | columns[c]);
			id = gf_send(t.arm_uplink, outer.bytes, outer.len);
			if (rows[inner][c] == DROP) {
				gf_assert_reason(id, RD_DROP_DECAP_ECN);
				continue;
			}
			set_tos(want.bytes + 14, 0x28 | rows[inner][c]);
			assert_memory_equal(
				gf_hop(id, RD_STAGE_UPT_TX)->bytes, want.bytes, want.len);
		}
}

// The same with IPv6 inside: no checksum to mend.
static void ecn_of_ipv6(void **state)
{
	struct gf_frame f = {.len = 14 + 40 + 8}, outer;
	struct gt_upt t;
	uint64_t id;

	(void)state;
	gt_upt(&t, NULL);
	gt_dfw(t.guest, NULL, 0, true);
	assert_int_equal(rd_parse_mac(GR_UPT_GUEST, f.bytes), 0);
	assert_int_equal(rd_parse_mac(GR_CLIENT, f.bytes + 6), 0);
	rd_put16(f.bytes + 12, RD_ETHERTYPE_IPV6);
	rd_put32(f.bytes + 14, 0x6ba12345); // class 0xba: EF, ECN-capable; a flow label
	rd_put16(f.bytes + 18, 8);
	f.bytes[20] = 59; // no next header
	f.bytes[14 + 24] = 0x20; // a destination address that is none of the forbidden
	outer = gr_geneve(&f, GT_VNI);
	set_tos(outer.bytes + 14, 3);
	id = gf_send(t.arm_uplink, outer.bytes, outer.len);
	rd_put32(f.bytes + 14, 0x6bb12345);
	assert_memory_equal(gf_hop(id, RD_STAGE_UPT_TX)->bytes, f.bytes, f.len);
}

// Each direction of a flow has its own source port, the same for all its packets, from the
// documented hash.
static void source_port(void **state)
{
	struct gf_frame f = udp(20), other, out;
	struct rd_flow_key k = {.ft = RD_FT_L4,
		.proto = 17,
		.sport = 4000,
		.dport = 80,
		.src = {192, 0, 2, 1},
		.dst = {192, 0, 2, 2}};
	uint16_t want = rd_tunnel_sport(0, rd_flow_l4_hash(&k));
	struct topo t;

	(void)state;
	// Worked out by another program, from the text in nodes/path.h.
	assert_int_equal(rd_flow_l4_hash(&k), 0xee965016);
	build(&t);
	out = sent(&f, NULL, t.guest);
	assert_int_equal(rd_be16(out.bytes + 34), want);
	assert_true(want >= 0xc000);
	f = udp(900);
	out = sent(&f, NULL, t.guest);
	assert_int_equal(rd_be16(out.bytes + 34), want);
	other = gr_udp((struct gr_l2){FAR, GUEST, 0}, "192.0.2.1", "192.0.2.2",
		(uint16_t[2]){4001, 80}, 20);
	out = sent(&other, NULL, t.guest);
	assert_int_not_equal(rd_be16(out.bytes + 34), want);
}

// The underlay pads short frames; what follows the outer IP packet is not the guest's.
static void outer_padding(void **state)
{
	static const uint16_t splits[] = {100, 11, 3, 0};
	struct gf_frame f = gr_tcp((struct gr_l2){GR_UPT_GUEST, GR_CLIENT, 0}, "172.16.31.26",
		"172.16.31.19", (uint16_t[2]){4000, 22}, 0);
	struct gf_frame outer = gr_geneve(&f, GT_VNI);
	struct gt_upt t;
	uint64_t id;

	(void)state;
	gt_upt(&t, NULL);
	memset(outer.bytes + outer.len, 0xee, 9);
	outer.len += 9;
	id = gf_send(t.arm_uplink, outer.bytes, outer.len);
	assert_int_equal(gf_hop(id, RD_STAGE_UPT_TX)->len, f.len);
	id = gf_send_split(t.arm_uplink, outer.bytes, outer.len, splits);
	assert_int_equal(gf_hop(id, RD_STAGE_UPT_TX)->len, f.len);
	assert_memory_equal(gf_hop(id, RD_STAGE_UPT_TX)->bytes, f.bytes, f.len);
}

// What the corpus has inside tunnels goes to a guest that may get anything, byte for byte, twice
// (miss and hit).
static void inner_kinds(void **state)
{
	static struct gf_frame frames[256];
	unsigned nb = gr_pcap("in/corpus.pcap", frames, 256), seen = 0;
	struct gt_upt t;

	(void)state;
	gt_upt(&t, NULL);
	gt_dfw(t.guest, NULL, 0, true);
	for (unsigned i = 0; i < nb; i++) {
		struct gf_frame f = frames[i], outer;

		if (f.len < 34 || f.len > 1400 || (f.bytes[0] & 1))
			continue;
		assert_int_equal(rd_parse_mac(GR_UPT_GUEST, f.bytes), 0);
		assert_int_equal(rd_parse_mac(GR_CLIENT, f.bytes + 6), 0);
		outer = gr_geneve(&f, GT_VNI);
		for (unsigned again = 0; again < 2; again++) {
			uint64_t id;

			gf_forget();
			id = gf_send(t.arm_uplink, outer.bytes, outer.len);
			if (gf_reason(id) != RD_DROP_NONE) // cut short, nested, three tags
				continue;
			assert_int_equal(gf_hop(id, RD_STAGE_UPT_TX)->len, f.len);
			assert_memory_equal(gf_hop(id, RD_STAGE_UPT_TX)->bytes, f.bytes, f.len);
			assert_true(!again || gf_hop(id, RD_STAGE_UPT_TX)->flags & RD_META_HIT);
			seen++;
		}
	}
	assert_in_range(seen, 150, 2 * nb);
}

#define T(name) cmocka_unit_test_setup_teardown(name, gf_begin, gf_end)

int main(void)
{
	const struct CMUnitTest tests[] = {T(fields), T(checksums_across_segments), T(dscp),
		T(ecn_of_decapsulated), T(ecn_of_ipv6), T(source_port), T(outer_padding),
		T(inner_kinds)};

	return gf_main(tests, sizeof(tests) / sizeof(tests[0]));
}
