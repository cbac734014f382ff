/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Traffic that takes the fast path, and what looks like it but must not; see fast_world.h.
 */
#include "fast_world.h"

#include <string.h>
#include <sys/socket.h>

#include "base/pkt.h"
#include "base/str.h"
#include "tables/router.h"

#define KINDS 48 // base frames
#define ROUTER "02:50:56:56:44:52"
#define FAR "00:50:56:00:00:09"
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
	t->far = 0;
	t->nb_ports = 3;
	t->ports[0] = t->u.arm_uplink;
	t->ports[1] = t->u.guest;
	t->ports[2] = t->other;
}

static uint16_t far_guest(const struct fw_topo *t)
{
	static const struct gt_rule rules[] = {{2041, RD_DFW_IN, true, RD_IPPROTO_TCP, 22},
		{2042, RD_DFW_OUT, true, 0, 0}, {2043, RD_DFW_IN, true, RD_IPPROTO_UDP, 53}};
	uint16_t seg = gt_segment("far", "arm/DvsPortset-1", 77, 0);
	struct rd_port *p = gt_port("far", "arm/DvsPortset-1", RD_PORT_VNIC);
	uint16_t port;

	gt_mac(p, FAR);
	p->segment = seg;
	p->spoof_check = true;
	gt_team(p, t->u.arm_uplink, 0);
	gf_attach_sink(p, 4);
	port = gt_publish(p);
	gt_dfw(port, rules, 3, false);
	return port;
}

#define NET6 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0 // /56

static void interface(
	const char *name, uint16_t segment, struct rd_rif_addr ip4, struct rd_rif_addr ip6)
{
	struct rd_rif_opts o = {.segment = segment, .nb_addrs = 2, .addr = {ip4, ip6}};
	struct rd_err err = {0};

	o.addr[0].family = AF_INET;
	o.addr[1].family = AF_INET6;
	assert_int_equal(rd_rif_add(name, rd_router_find("r", &err)->idx, &o, &err), 0);
}

static void neighbour(const char *rif, uint8_t family, const uint8_t addr[16], const uint8_t mac[6])
{
	struct rd_err err = {0};

	assert_int_equal(rd_neigh_add(rd_rif_find(rif, &err)->idx, family, addr, mac, &err), 0);
}

// All hosts of the near subnets; most of them are the tunnel's client.
static void near_neighbours(const struct fw_topo *t)
{
	const uint8_t *guest = rd_port_at(t->u.guest)->mac, *other = rd_port_at(t->other)->mac;
	uint8_t client[6];

	assert_int_equal(rd_parse_mac(GR_CLIENT, client), 0);
	for (uint8_t i = 18; i < 31; i++)
		neighbour("near", AF_INET, (uint8_t[16]){172, 16, 31, i},
			i == 19		  ? guest
				: i == 20 ? other
					  : client);
	for (uint8_t i = 0; i < 8; i++)
		if (i != 1)
			neighbour("near", AF_INET6, (uint8_t[16]){NET6, 1, [15] = i},
				i == 3		 ? guest
					: i == 4 ? other
						 : client);
}

// Small subnets, of which every host is known: nobody is ever asked for.
void fw_router(struct fw_topo *t)
{
	const uint8_t mac[6] = RD_ROUTER_MAC;
	struct rd_port *guest = rd_port_edit(t->u.guest);
	struct rd_err err = {0};

	guest->spoof_check = true; // as is_sender()
	gt_publish(guest);
	t->far = far_guest(t);
	t->ports[t->nb_ports++] = t->far;
	assert_int_equal(rd_router_add("r", rd_host_find("arm")->idx, mac, &err), 0);
	interface("near", t->u.seg, (struct rd_rif_addr){.len = 28, .addr = {172, 16, 31, 17}},
		(struct rd_rif_addr){.len = 125, .addr = {NET6, 1, [15] = 1}});
	interface("far", rd_port_at(t->far)->segment,
		(struct rd_rif_addr){.len = 30, .addr = {10, 9, 0, 1}},
		(struct rd_rif_addr){.len = 127, .addr = {NET6, 9}});
	near_neighbours(t);
	neighbour("far", AF_INET, (uint8_t[16]){10, 9, 0, 2}, rd_port_at(t->far)->mac);
	neighbour("far", AF_INET6, (uint8_t[16]){NET6, 9, [15] = 1}, rd_port_at(t->far)->mac);
}

static void add(uint16_t port, struct gf_frame f)
{
	assert_true(nb_base < KINDS);
	base_port[nb_base] = port;
	base[nb_base++] = f;
}

// UDP over IPv6 with an empty payload, from host `from` of net 2001:db8:0:N:: to host `to` of another.
static struct gf_frame udp6(struct gr_l2 l2, const uint8_t from[2], const uint8_t to[2])
{
	struct gf_frame f = gr_udp(l2, "0.0.0.0", "0.0.0.0", (uint16_t[2]){53, 53}, 26);
	uint8_t *ip = f.bytes + RD_ETH_LEN, *udp = ip + 40;

	assert_int_equal(f.len, RD_ETH_LEN + 54); // what 40 + 8 bytes and six more need
	f.len = RD_ETH_LEN + 48;
	rd_put16(f.bytes + 12, RD_ETHERTYPE_IPV6);
	memcpy(ip, (uint8_t[40]){0x60, 0, 0, 0, 0, 8, RD_IPPROTO_UDP, 64}, 8);
	memcpy(ip + 8, (uint8_t[16]){NET6, from[0], [15] = from[1]}, 16);
	memcpy(ip + 24, (uint8_t[16]){NET6, to[0], [15] = to[1]}, 16);
	memcpy(udp, (uint8_t[8]){0, 53, 0, 53, 0, 8}, 8);
	rd_put16(udp + 6,
		rd_csum_fold(rd_csum_add(rd_csum_add(RD_IPPROTO_UDP + 8, ip + 8, 32), udp, 8)));
	return f;
}

// From guests and by the tunnel to the guest behind the router, and back.
static void routed_frames(const struct fw_topo *t)
{
	struct gr_l2 in = {.dst = ROUTER, .src = GR_CLIENT};
	struct gr_l2 near = {.dst = ROUTER, .src = GR_UPT_GUEST};
	struct gr_l2 far = {.dst = ROUTER, .src = FAR};
	struct gf_frame f;

	for (uint16_t i = 0; i < 2; i++) {
		uint16_t ssh[2] = {(uint16_t)(40000 + i), 22}, re[2] = {22, (uint16_t)(40000 + i)};
		uint16_t dns[2] = {(uint16_t)(50000 + i), 53};

		f = gr_tcp(in, "172.16.31.26", "10.9.0.2", ssh, 10u * i);
		add(t->u.arm_uplink, gr_geneve(&f, GT_VNI));
		f = gr_udp(in, "172.16.31.26", "10.9.0.2", dns, 30);
		add(t->u.arm_uplink, gr_geneve(&f, GT_VNI));
		add(t->u.guest, gr_udp(near, "172.16.31.19", "10.9.0.2", dns, 64));
		add(t->far, gr_tcp(far, "10.9.0.2", "172.16.31.26", re, 100u * i));
		add(t->far, gr_udp(far, "10.9.0.2", "172.16.31.26", dns, 1200));
		add(t->far, gr_tcp(far, "10.9.0.2", "172.16.31.19", ssh, 64));
		add(t->far, gr_udp(far, "10.9.0.2", "172.16.31.20", dns, 8));
	}
	f = udp6(in, (uint8_t[]){1, 5}, (uint8_t[]){9, 1});
	add(t->u.arm_uplink, gr_geneve(&f, GT_VNI));
	add(t->far, udp6(far, (uint8_t[]){9, 1}, (uint8_t[]){1, 5}));
	add(t->far, udp6(far, (uint8_t[]){9, 1}, (uint8_t[]){1, 4}));
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
	if (t->far != 0)
		routed_frames(t);
}

// Packets of two senders may be one flow behind the router, where their order is nobody's affair: so they keep to one.
static bool is_sender(const struct gf_frame *f, uint32_t at)
{
	static const uint8_t router[6] = RD_ROUTER_MAC;

	return at >= 64 && at < 70 && f->len > 96 && memcmp(f->bytes + 58, router, 6) == 0;
}

// Mostly as it is; else a byte is changed, bytes are missing or too many, or a field that the fast path looks at.
static struct gf_frame spoil(struct gf_frame f)
{
	uint32_t front = RTE_MIN(f.len, 110u), at;

	switch (fw_rnd(8)) {
	case 0:
		at = fw_rnd(front);
		f.bytes[is_sender(&f, at) ? 0 : at] ^= (uint8_t)(1u << fw_rnd(8));
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

		queue(astray ? t->ports[fw_rnd(t->nb_ports)] : base_port[k], &f);
	}
}
