/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How deep a flow's key goes (the dump's FT), and what has no entry: ICMP, fragments, other protocols, frames that are not IP,
 * broadcast and multicast.
 */
#include "graph_frames.h"
#include "graph_topo.h"

#include <string.h>

#include "base/pkt.h"
#include "tables/flow.h"

static const struct gr_l2 to_guest = {GR_UPT_GUEST, GR_CLIENT, 0};

struct topo {
	uint16_t a, b; // guests of one segment
};

static void build(struct topo *t)
{
	uint16_t seg = gt_lan(7, 1600);

	t->a = gt_guest("a", "h/s", seg, GR_CLIENT, GT_SILENT);
	t->b = gt_guest("b", "h/s", seg, GR_UPT_GUEST, GT_SILENT);
}

// The only entry after sending a frame twice; NULL: none. Both came through.
static const struct rd_flow *entry_of(const struct topo *t, const struct gf_frame *f)
{
	rd_flow_flush(gf_w->flows);
	for (unsigned i = 0; i < 2; i++)
		gf_assert_reason(gf_send(t->a, f->bytes, f->len), RD_DROP_NONE);
	if (gf_w->flows->nb == 0)
		return NULL;
	assert_int_equal(gf_w->flows->nb, 1);
	for (uint32_t id = 1; id < rd_flow_bound(gf_w->flows); id++)
		if (gf_w->flows->entry[id].last_s != 0) {
			assert_int_equal(gf_w->flows->entry[id].hits, 2);
			return &gf_w->flows->entry[id];
		}
	return NULL;
}

static struct gf_frame udp(void)
{
	return gr_udp(to_guest, "10.0.0.1", "10.0.0.2", (uint16_t[2]){4000, 80}, 64);
}

static void set_ip16(struct gf_frame *f, unsigned off, uint16_t v)
{
	rd_put16(f->bytes + 14 + off, v);
	rd_put16(f->bytes + 24, 0);
	rd_put16(f->bytes + 24, rd_csum_fold(rd_csum_add(0, f->bytes + 14, 20)));
}

static void ports_and_pings(void **state)
{
	struct gf_frame f = udp();
	const struct rd_flow *e;
	struct topo t;

	(void)state;
	build(&t);
	e = entry_of(&t, &f);
	assert_int_equal(e->key.ft, RD_FT_L4);
	assert_int_equal(e->key.dport, 80);
	f = gr_echo(to_guest, "10.0.0.1", "10.0.0.2", 20);
	e = entry_of(&t, &f);
	assert_int_equal(e->key.ft, RD_FT_L4);
	assert_int_equal(e->key.sport, 8); // type
	assert_int_equal(e->key.icmp_id, 0x1234);
	rd_put16(f.bytes + 38, 0x1235); // another ping
	gf_send(t.a, f.bytes, f.len);
	assert_int_equal(gf_w->flows->nb, 2);
	f.bytes[34] = 3; // unreachable: what looks like an identifier is none
	e = entry_of(&t, &f);
	assert_int_equal(e->key.sport, 3);
	assert_int_equal(e->key.icmp_id, 0);
}

static void fragments_and_other_protocols(void **state)
{
	struct gf_frame f = udp();
	const struct rd_flow *e;
	struct topo t;

	(void)state;
	build(&t);
	set_ip16(&f, 6, 0x2000); // first
	e = entry_of(&t, &f);
	assert_int_equal(e->key.ft, RD_FT_L4);
	assert_int_equal(e->key.dport, 80);
	set_ip16(&f, 6, 0x2004); // later
	e = entry_of(&t, &f);
	assert_int_equal(e->key.ft, RD_FT_L3);
	assert_int_equal(e->key.proto, RD_IPPROTO_UDP);
	assert_int_equal(e->key.dport, 0);
	set_ip16(&f, 6, 0);
	set_ip16(&f, 8, 0x402f); // GRE
	e = entry_of(&t, &f);
	assert_int_equal(e->key.ft, RD_FT_L3);
	assert_int_equal(e->key.proto, 47);
}

static void not_ip(void **state)
{
	struct gf_frame f = gr_arp(GR_UPT_GUEST, GR_CLIENT, "10.0.0.1", "10.0.0.2", 2);
	const struct rd_flow *e;
	struct topo t;

	(void)state;
	build(&t);
	e = entry_of(&t, &f);
	assert_int_equal(e->key.ft, RD_FT_L2);
	assert_int_equal(e->key.ethertype, RD_ETHERTYPE_ARP);
	rd_put16(f.bytes + 12, 0x88b5);
	e = entry_of(&t, &f);
	assert_int_equal(e->key.ft, RD_FT_L2);
	assert_int_equal(e->key.ethertype, 0x88b5);
	f = gr_arp("ff:ff:ff:ff:ff:ff", GR_CLIENT, "10.0.0.1", "10.0.0.2", 1);
	assert_null(entry_of(&t, &f));
	f = gr_udp((struct gr_l2){"01:00:5e:00:00:05", GR_CLIENT, 0}, "10.0.0.1", "224.0.0.5",
		(uint16_t[2]){1, 2}, 8);
	assert_null(entry_of(&t, &f));
}

#define T(name) cmocka_unit_test_setup_teardown(name, gf_begin, gf_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(ports_and_pings),
		T(fragments_and_other_protocols),
		T(not_ip),
	};

	return gf_main(tests, sizeof(tests) / sizeof(tests[0]));
}
