/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The two packet walks of the demos: every stage and port in order, every length, every byte; the
 * outer source ports of the slides; and the second packet, a hit, with the same bytes.
 */
#include "graph_frames.h"
#include "graph_topo.h"

#include <string.h>

#include "base/pkt.h"
#include "nodes/path.h"

#define INNER 74
#define OUTER 132

static void assert_frame(const struct gf_hop *h, const struct gf_frame *want)
{
	assert_int_equal(h->len, want->len);
	assert_memory_equal(h->bytes, want->bytes, want->len);
}

// The inner frame is the same at every hop, outside and inside the tunnel.
static void assert_inner(uint64_t id, const uint8_t *inner)
{
	unsigned nb = 0;

	for (unsigned i = 0; i < gf_nb_hops; i++) {
		const struct gf_hop *h = &gf_hops[i];

		if (h->packet_id != id)
			continue;
		assert_true(h->len == INNER || h->len == OUTER);
		assert_memory_equal(h->bytes + h->len - INNER, inner, INNER);
		nb++;
	}
	assert_true(nb > 4);
}

// The outer headers that our endpoint sends: RFC 8926, and what the slides show.
static void assert_outer(const struct gf_hop *h, uint16_t sport)
{
	const uint8_t *f = h->bytes;

	assert_int_equal(h->len, OUTER);
	assert_memory_equal(f, "\x00\x50\x56\x63\x04\x5c\x00\x50\x56\x67\xeb\x13\x08\x00", 14);
	assert_int_equal(f[14], 0x45);
	assert_int_equal(rd_be16(f + 16), OUTER - 14);
	assert_int_equal(rd_be16(f + 20), 0x4000); // DF
	assert_int_equal(rd_csum_fold(rd_csum_add(0, f + 14, 20)), 0);
	assert_memory_equal(f + 26, "\xc0\xa8\x04\x3c\xc0\xa8\x04\x39", 8);
	assert_int_equal(rd_be16(f + 34), sport);
	assert_int_equal(rd_be16(f + 36), RD_GENEVE_PORT);
	assert_int_equal(rd_be16(f + 38), OUTER - 34);
	assert_int_equal(rd_be16(f + 40), 0);
	assert_memory_equal(
		f + 42, "\x02\x00\x65\x58\x01\x24\x00\x00\x01\x04\x00\x01\x00\x00\x00\x00", 16);
}

static void emulated_syn(void **state)
{
	struct gf_frame syn = gr_pcap_one("in/emulated-syn.pcap");
	struct gt_emulated t;
	uint64_t id;

	(void)state;
	gt_emulated(&t, NULL);
	id = gf_send(t.arm_uplink, syn.bytes, syn.len);
	assert_string_equal(gf_path(id),
		"uplink_rx@vmnic1 classify@vmnic1 tunnel_decap@vmnic1 flow_lookup@vmnic1 "
		"l2_lookup@vmnic1 dfw_in@gs-ubuntu-01.eth0.7c520dd4 "
		"port_out@gs-ubuntu-01.eth0.7c520dd4 flow_install@vmnic0_MUX_PF16387 "
		"mux_tx@vmnic0_MUX_PF16387 uplink_rx@vmnic2 classify@vmnic2 port_in@vmnic2 "
		"flow_lookup@vmnic2 l2_lookup@vmnic2 port_out@gs-ubuntu-01.eth0 "
		"flow_install@gs-ubuntu-01.eth0 vnic_tx@gs-ubuntu-01.eth0");
	assert_frame(gf_hop(id, RD_STAGE_TUNNEL_DECAP), &syn);
	assert_inner(id, syn.bytes + OUTER - INNER);
	assert_int_equal(gf_hop(id, RD_STAGE_VNIC_TX)->rule_id, 1041);
	assert_int_equal(gf_hop(id, RD_STAGE_DFW_IN)->vni, GT_VNI);
	assert_true(gf_hop(id, RD_STAGE_PORT_OUT)->flags & RD_META_MISS);
	assert_true(gf_hop(id, RD_STAGE_PORT_OUT)->flags & RD_META_TO_GUEST);
}

static void emulated_synack(void **state)
{
	struct gf_frame syn = gr_pcap_one("in/emulated-syn.pcap");
	struct gf_frame ack = gr_pcap_one("in/emulated-synack.pcap"), out;
	struct gt_emulated t;
	uint64_t id;

	(void)state;
	gt_emulated(&t, &ack);
	gf_send(t.arm_uplink, syn.bytes, syn.len);
	id = gf_seen(RD_STAGE_VNIC_RX, 0);
	assert_string_equal(gf_path(id),
		"vnic_rx@gs-ubuntu-01.eth0 classify@gs-ubuntu-01.eth0 port_in@gs-ubuntu-01.eth0 "
		"flow_lookup@gs-ubuntu-01.eth0 l2_lookup@gs-ubuntu-01.eth0 "
		"uplink_select@gs-ubuntu-01.eth0 flow_install@vmnic2 uplink_tx@vmnic2 "
		"mux_rx@vmnic0_MUX_PF16387 classify@gs-ubuntu-01.eth0.7c520dd4 "
		"port_in@gs-ubuntu-01.eth0.7c520dd4 flow_lookup@gs-ubuntu-01.eth0.7c520dd4 "
		"l2_lookup@gs-ubuntu-01.eth0.7c520dd4 dfw_out@gs-ubuntu-01.eth0.7c520dd4 "
		"tunnel_encap@gs-ubuntu-01.eth0.7c520dd4 uplink_select@gs-ubuntu-01.eth0.7c520dd4 "
		"flow_install@vmnic1 uplink_tx@vmnic1");
	assert_inner(id, ack.bytes);
	assert_true(gf_hop(id, RD_STAGE_TUNNEL_ENCAP)->flags & RD_META_FROM_GUEST);
	assert_int_equal(gf_hop(id, RD_STAGE_TUNNEL_ENCAP)->rule_id, 1042);
	assert_true(gf_sink_take(0, &out));
	assert_false(gf_sink_take(0, &out));
	for (unsigned i = 0; i < gf_nb_hops; i++) // the last uplink_tx: the first was x86's
		if (gf_hops[i].packet_id == id && gf_hops[i].stage == RD_STAGE_UPLINK_TX
			&& gf_hops[i].port == t.arm_uplink) {
			assert_outer(&gf_hops[i], 56554);
			assert_memory_equal(gf_hops[i].bytes, out.bytes, OUTER);
			return;
		}
	fail();
}

static void upt_round_trip(void **state)
{
	struct gf_frame syn = gr_pcap_one("in/upt-syn.pcap"),
			ack = gr_pcap_one("in/upt-synack.pcap");
	struct gt_upt t;
	uint64_t id;

	(void)state;
	gt_upt(&t, &ack);
	id = gf_send(t.arm_uplink, syn.bytes, syn.len);
	assert_string_equal(gf_path(id),
		"uplink_rx@vmnic1 classify@vmnic1 tunnel_decap@vmnic1 flow_lookup@vmnic1 "
		"l2_lookup@vmnic1 dfw_in@cluster1-ubuntu-vm8.eth0.7c520dd0 "
		"port_out@cluster1-ubuntu-vm8.eth0.7c520dd0 "
		"flow_install@cluster1-ubuntu-vm8.eth0.7c520dd0 "
		"upt_tx@cluster1-ubuntu-vm8.eth0.7c520dd0");
	assert_inner(id, syn.bytes + OUTER - INNER);
	id = gf_seen(RD_STAGE_UPT_RX, 0);
	assert_string_equal(gf_path(id),
		"upt_rx@cluster1-ubuntu-vm8.eth0.7c520dd0 "
		"classify@cluster1-ubuntu-vm8.eth0.7c520dd0 "
		"port_in@cluster1-ubuntu-vm8.eth0.7c520dd0 "
		"flow_lookup@cluster1-ubuntu-vm8.eth0.7c520dd0 "
		"l2_lookup@cluster1-ubuntu-vm8.eth0.7c520dd0 "
		"dfw_out@cluster1-ubuntu-vm8.eth0.7c520dd0 "
		"tunnel_encap@cluster1-ubuntu-vm8.eth0.7c520dd0 "
		"uplink_select@cluster1-ubuntu-vm8.eth0.7c520dd0 flow_install@vmnic1 uplink_tx@vmnic1");
	assert_inner(id, ack.bytes);
	assert_outer(gf_hop(id, RD_STAGE_UPLINK_TX), 55616);
	assert_int_equal(gf_w->ports[t.bypassed].rx_packets, 0);
	assert_int_equal(gf_w->ports[t.bypassed].tx_packets, 0);
	assert_int_equal(gf_w->ports[t.guest].tx_packets, 1);
	assert_int_equal(gf_w->ports[t.guest].rx_bytes, INNER);
}

// The second packet takes the decisions of the first, by fewer stages, and comes out with the same
// bytes.
static void second_is_a_hit(void **state)
{
	struct gf_frame syn = gr_pcap_one("in/emulated-syn.pcap");
	struct gf_frame ack = gr_pcap_one("in/emulated-synack.pcap"), first, second;
	struct gt_emulated t;
	uint64_t id;

	(void)state;
	gt_emulated(&t, &ack);
	gf_send(t.arm_uplink, syn.bytes, syn.len);
	assert_true(gf_sink_take(0, &first));
	gf_forget();
	id = gf_send(t.arm_uplink, syn.bytes, syn.len);
	assert_string_equal(gf_path(id),
		"uplink_rx@vmnic1 classify@vmnic1 tunnel_decap@vmnic1 flow_lookup@vmnic1 "
		"dfw_in@gs-ubuntu-01.eth0.7c520dd4 port_out@gs-ubuntu-01.eth0.7c520dd4 "
		"mux_tx@vmnic0_MUX_PF16387 uplink_rx@vmnic2 classify@vmnic2 port_in@vmnic2 "
		"flow_lookup@vmnic2 port_out@gs-ubuntu-01.eth0 vnic_tx@gs-ubuntu-01.eth0");
	assert_true(gf_hop(id, RD_STAGE_DFW_IN)->flags & RD_META_HIT);
	assert_int_equal(gf_hop(id, RD_STAGE_MUX_TX)->rule_id, 1041);
	assert_inner(id, syn.bytes + OUTER - INNER);
	gf_forget();
	id = gf_send(t.guest, ack.bytes, ack.len);
	assert_string_equal(gf_path(id),
		"vnic_rx@gs-ubuntu-01.eth0 classify@gs-ubuntu-01.eth0 port_in@gs-ubuntu-01.eth0 "
		"flow_lookup@gs-ubuntu-01.eth0 uplink_select@gs-ubuntu-01.eth0 uplink_tx@vmnic2 "
		"mux_rx@vmnic0_MUX_PF16387 classify@gs-ubuntu-01.eth0.7c520dd4 "
		"port_in@gs-ubuntu-01.eth0.7c520dd4 flow_lookup@gs-ubuntu-01.eth0.7c520dd4 "
		"dfw_out@gs-ubuntu-01.eth0.7c520dd4 tunnel_encap@gs-ubuntu-01.eth0.7c520dd4 "
		"uplink_select@gs-ubuntu-01.eth0.7c520dd4 uplink_tx@vmnic1");
	assert_true(gf_sink_take(0, &second));
	assert_int_equal(second.len, first.len);
	assert_memory_equal(second.bytes, first.bytes, first.len);
	assert_int_equal(gf_w->flows->stats.hits, 4);
	assert_int_equal(gf_w->flows->stats.misses, 4);
	assert_int_equal(gf_w->flows->nb, 4);
}

// What a dump shows: counters, actions, destination, live.
static void flow_entries(void **state)
{
	struct gf_frame syn = gr_pcap_one("in/emulated-syn.pcap");
	struct gf_frame ack = gr_pcap_one("in/emulated-synack.pcap");
	unsigned decap = 0, encap = 0;
	struct gt_emulated t;
	struct rd_flow f;

	(void)state;
	gt_emulated(&t, &ack);
	gf_send(t.arm_uplink, syn.bytes, syn.len);
	for (uint32_t id = 1; id < rd_flow_bound(gf_w->flows); id++) {
		assert_true(rd_flow_read(gf_w->flows, id, &f));
		assert_true(f.decided & RD_DECIDED_LIVE);
		assert_int_equal(f.gen, rd_generation());
		assert_int_equal(f.hits, 1);
		assert_int_equal(f.bytes, INNER);
		if (f.acts & RD_ACT_DECAP) {
			assert_int_equal(f.acts, 0x80800080);
			assert_int_equal(f.out_port, t.proxy);
			assert_int_equal(rd_dfw_slot_id(f.rule_in), 1041);
			assert_int_equal(f.key.vni, GT_VNI);
			decap++;
		} else if (f.acts & RD_ACT_ENCAP) {
			assert_int_equal(f.acts, 0x20000c0);
			assert_int_equal(f.uplink, t.arm_uplink);
			assert_int_equal(f.tunnel, t.tunnel);
			assert_int_equal(rd_dfw_slot_id(f.rule_out), 1042);
			assert_int_equal(f.key.vni, 0);
			encap++;
		}
	}
	assert_int_equal(decap, 1);
	assert_int_equal(encap, 1);
}

// Every change of the configuration makes a flow decide again, once.
static void stale_decides_again(void **state)
{
	static const struct gt_rule allow = {7, RD_DFW_IN, true, 0, 0};
	struct gf_frame syn = gr_pcap_one("in/upt-syn.pcap");
	struct gt_upt t;
	uint64_t id;

	(void)state;
	gt_upt(&t, NULL);
	gf_send(t.arm_uplink, syn.bytes, syn.len);
	id = gf_send(t.arm_uplink, syn.bytes, syn.len);
	assert_int_equal(gf_hop(id, RD_STAGE_UPT_TX)->rule_id, 1041);
	gt_dfw(t.guest, &allow, 1, false);
	id = gf_send(t.arm_uplink, syn.bytes, syn.len);
	assert_true(gf_hop(id, RD_STAGE_UPT_TX)->flags & RD_META_MISS);
	assert_int_equal(gf_hop(id, RD_STAGE_UPT_TX)->rule_id, 7);
	id = gf_send(t.arm_uplink, syn.bytes, syn.len);
	assert_true(gf_hop(id, RD_STAGE_UPT_TX)->flags & RD_META_HIT);
	assert_int_equal(gf_w->flows->stats.stale, 1);
	assert_int_equal(gf_w->flows->nb, 1);
}

// Packets of one new flow in one burst: one entry, all forwarded.
static void burst_of_a_new_flow(void **state)
{
	struct gf_frame syn = gr_pcap_one("in/upt-syn.pcap");
	struct gt_upt t;

	(void)state;
	gt_upt(&t, NULL);
	for (unsigned i = 0; i < 20; i++)
		gf_queue(t.arm_uplink, syn.bytes, syn.len);
	gf_walk();
	assert_int_equal(gf_count(RD_STAGE_UPT_TX), 20);
	assert_int_equal(gf_w->flows->nb, 1);
	assert_int_equal(gf_w->flows->stats.inserts, 1);
	assert_int_equal(gf_w->flows->stats.misses, 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(emulated_syn, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(emulated_synack, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(upt_round_trip, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(second_is_a_hit, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(flow_entries, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(stale_decides_again, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(burst_of_a_new_flow, gf_begin, gf_end),
	};

	return gf_main(tests, sizeof(tests) / sizeof(tests[0]));
}
