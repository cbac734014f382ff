/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Traffic that takes the fast path, and what looks like it but must not; see fast_world.h.
 */
#include "fast_world.h"

#include <string.h>

#include "base/pkt.h"

#define KINDS 24 // base frames
#define BURST_MAX 12

uint64_t fw_seed;

uint32_t fw_rnd(uint32_t bound)
{
	fw_seed ^= fw_seed << 13;
	fw_seed ^= fw_seed >> 7;
	fw_seed ^= fw_seed << 17;
	return (uint32_t)(fw_seed >> 16) % bound;
}

static struct gf_frame base[KINDS];
static uint16_t base_port[KINDS];
static unsigned nb_base;

static void attach(uint16_t port, unsigned sink)
{
	struct rd_port *p = rd_port_edit(port);

	gf_attach_sink(p, sink);
	gt_publish(p);
}

void fw_topology(struct fw_topo *t)
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

void fw_frames(const struct fw_topo *t)
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

	switch (fw_rnd(8)) {
	case 0:
		f.bytes[fw_rnd(front)] ^= (uint8_t)(1u << fw_rnd(8));
		break;
	case 1:
		f.bytes[15] ^= 3; // congestion
		break;
	case 2:
		f.len -= RTE_MIN(fw_rnd(8), f.len - 1);
		break;
	case 3:
		memset(f.bytes + f.len, 0, 8);
		f.len += fw_rnd(8);
		break;
	default:
		return f;
	}
	if (fw_rnd(2) == 0 && f.len >= 34 && rd_be16(f.bytes + 12) == RD_ETHERTYPE_IPV4) {
		rd_put16(f.bytes + 24, 0);
		rd_put16(f.bytes + 24, rd_csum_fold(rd_csum_add(0, f.bytes + 14, 20)));
	}
	return f;
}

void fw_burst(const struct fw_topo *t, void (*queue)(uint16_t port, const struct gf_frame *f))
{
	for (uint32_t n = 1 + fw_rnd(BURST_MAX); n > 0; n--) {
		uint32_t k = fw_rnd(nb_base);
		struct gf_frame f = spoil(base[k]);
		bool astray = fw_rnd(20) == 0;

		queue(astray ? t->ports[fw_rnd(3)] : base_port[k], &f);
	}
}
