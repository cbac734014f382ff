/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Handing packets to other workers, walked step by step: who gets what, full rings, ports that go and workers that end
 * while packets are in the rings, and what poll can't give to any stage.
 */
#include "workers.h"

#include <string.h>
#include <rte_malloc.h>

#include "base/pkt.h"
#include "base/str.h"
#include "core/rxq.h"
#include "core/tap.h"

#define MANY 4000
#define FLOWS 64

static void send(uint16_t flow, uint32_t seq)
{
	struct rte_mbuf *m = wk_frame(flow, seq);

	assert_non_null(m);
	assert_int_equal(rte_ring_enqueue(wk_src[0], m), 0);
}

static unsigned received(void)
{
	struct rte_mbuf *m;
	unsigned nb = 0;

	for (; rte_ring_dequeue(wk_dst, (void **)&m) == 0; nb++)
		rte_pktmbuf_free(m);
	return nb;
}

static struct gf_capture capture;

// Ends it. Every record is of this reason and a whole frame; how many there were.
static uint64_t captured(enum rd_drop_reason reason)
{
	const struct rd_cap_rec *r;
	uint64_t nb = 0;
	int err = 0;

	for (unsigned w = 0; w < rd_nb_workers; w++) {
		while ((r = rd_capring_peek(capture.reader, w, &err)) != NULL) {
			assert_int_equal(r->reason, reason);
			assert_int_equal(r->cap_len, r->wire_len);
			nb++;
			rd_capring_pop(capture.reader, w);
		}
		assert_int_equal(err, 0);
	}
	gf_capture_end(&capture);
	return nb;
}

// All queues of the source at worker 0.
static void one_poller(void)
{
	for (uint16_t q = 0; q < WK_QUEUES; q++)
		assert_int_equal(rd_rxq_assign(wk_port_src, q, 0), 0);
}

static const struct rd_handoff_to *to_1(void)
{
	return &rd_workers[0]->handoff.to[1];
}

// A full ring's rest is dropped, by name; nothing else is.
static void full_ring(void **state)
{
	uint64_t before = to_1()->packets, full = to_1()->full, stay = 0;

	(void)state;
	one_poller();
	rd_handoff_set_model(RD_MODEL_BALANCED);
	capture = gf_capture_reason(RD_DROP_LCORE_HANDOFF_FULL);
	for (unsigned i = 0; i < 2 * MANY; i++) {
		send((uint16_t)(i % FLOWS), i);
		if (i % 32 != 31)
			continue;
		wk_walk(0);
		stay += received();
	}
	assert_int_equal(to_1()->packets - before, RD_HANDOFF_SLOTS - 1);
	assert_int_equal(wk_drops_of(RD_DROP_LCORE_HANDOFF_FULL), to_1()->full - full);
	assert_int_equal(wk_drops(), wk_drops_of(RD_DROP_LCORE_HANDOFF_FULL));
	assert_int_equal(captured(RD_DROP_LCORE_HANDOFF_FULL), wk_drops());
	assert_int_equal(stay + RD_HANDOFF_SLOTS - 1 + wk_drops(), 2 * MANY);
	assert_true(wk_drops() > 0);
	while (!rd_handoff_idle())
		wk_walk(1);
	assert_int_equal(received(), RD_HANDOFF_SLOTS - 1);
}

// A bounded number per loop, so that its own queues get their turn.
static void bounded(void **state)
{
	unsigned handed;

	(void)state;
	one_poller();
	rd_handoff_set_model(RD_MODEL_BALANCED);
	for (unsigned i = 0; i < 640; i++) {
		send((uint16_t)i, i);
		if (i % 32 == 31)
			wk_walk(0);
	}
	handed = rte_ring_count(to_1()->ring);
	assert_true(handed > 200 && handed < 440);
	wk_walk(1);
	assert_int_equal(rte_ring_count(to_1()->ring), handed - 64);
}

// The port goes, and perhaps another one gets its index, while its packets are in a ring.
static void port_deleted(void **state)
{
	uint64_t stale = rd_workers[1]->handoff.from[0].stale;
	struct rd_err err = {0};
	unsigned waiting;

	(void)state;
	one_poller();
	rd_handoff_set_model(RD_MODEL_BALANCED);
	for (unsigned i = 0; i < 32; i++)
		send((uint16_t)i, i);
	wk_walk(0);
	waiting = rte_ring_count(to_1()->ring);
	assert_true(waiting > 0 && waiting < 32);
	received();
	assert_int_equal(rd_port_del(wk_port_src, &err), 0);
	capture = gf_capture_reason(RD_DROP_LCORE_HANDOFF_STALE);
	wk_walk(1);
	assert_int_equal(received(), 0);
	assert_int_equal(wk_drops_of(RD_DROP_LCORE_HANDOFF_STALE), waiting);
	assert_int_equal(captured(RD_DROP_LCORE_HANDOFF_STALE), waiting);
	assert_int_equal(rd_workers[1]->handoff.from[0].stale - stale, waiting);
	assert_int_equal(rd_workers[1]->stages[RD_STAGE_HANDOFF].drops, waiting);
}

// A worker that has ended gets nothing more, and what it had is dropped.
static void worker_ended(void **state)
{
	unsigned waiting, sent = 0;

	(void)state;
	one_poller();
	rd_handoff_set_model(RD_MODEL_BALANCED);
	for (; sent < 32; sent++)
		send((uint16_t)sent, sent);
	wk_walk(0);
	waiting = rte_ring_count(to_1()->ring);
	rd_workers[1]->gone = true;
	capture = gf_capture_reason(RD_DROP_LCORE_STOPPED);
	for (; sent < 64; sent++)
		send((uint16_t)sent, sent);
	wk_walk(0);
	assert_int_equal(rte_ring_count(to_1()->ring), waiting);
	assert_true(to_1()->stopped > 0);
	rd_handoff_flush();
	assert_true(rd_handoff_idle());
	assert_int_equal(wk_drops_of(RD_DROP_LCORE_STOPPED), waiting + to_1()->stopped);
	assert_int_equal(captured(RD_DROP_LCORE_STOPPED), waiting + to_1()->stopped);
	assert_int_equal(received() + wk_drops(), sent);
	for (unsigned i = 0; i < rd_nb_workers; i++) {
		rd_workers[i]->gone = false;
		rd_workers[i]->polling = true;
	}
}

// Hybrid: what the NIC has spread stays; balanced spreads it nevertheless.
static void nic_hash(void **state)
{
	uint64_t before = to_1()->packets;

	(void)state;
	one_poller();
	for (int model = RD_MODEL_HYBRID; model >= RD_MODEL_BALANCED; model--) {
		rd_handoff_set_model((enum rd_model)model);
		for (unsigned i = 0; i < 32; i++) {
			struct rte_mbuf *m = wk_frame((uint16_t)i, i);

			assert_non_null(m);
			m->ol_flags |= RTE_MBUF_F_RX_RSS_HASH;
			m->hash.rss = i;
			assert_int_equal(rte_ring_enqueue(wk_src[0], m), 0);
		}
		wk_walk(0);
		if (model == RD_MODEL_HYBRID)
			assert_int_equal(to_1()->packets, before);
		else
			assert_true(to_1()->packets > before);
	}
	wk_walk(1);
}

// Fragments of one flow, the first one too, go to one worker; so do a malformed frame and its like, where they are.
static void fragments(void **state)
{
	uint64_t before = to_1()->packets;
	unsigned handed;

	(void)state;
	one_poller();
	rd_handoff_set_model(RD_MODEL_BALANCED);
	for (unsigned i = 0; i < 32; i++) {
		struct rte_mbuf *m = wk_frame((uint16_t)(i * 97), i);
		uint8_t *ip = rte_pktmbuf_mtod_offset(m, uint8_t *, RD_ETH_LEN);

		rd_put16(ip + 6, (uint16_t)(i % 4 == 0 ? 0x2000 : (i % 4) * 8)); // MF, or an offset
		rd_put16(ip + 10, 0);
		rd_put16(ip + 10, rd_csum_fold(rd_csum_add(0, ip, 20)));
		assert_int_equal(rte_ring_enqueue(wk_src[0], m), 0);
	}
	wk_walk(0);
	handed = (unsigned)(to_1()->packets - before);
	assert_true(handed == 0 || handed == 32);
	for (unsigned i = 0; i < 32; i++) {
		struct rte_mbuf *m = wk_frame((uint16_t)i, i);

		rte_pktmbuf_mtod(m, uint8_t *)[RD_ETH_LEN] = 0x95; // IP version 9
		assert_int_equal(rte_ring_enqueue(wk_src[0], m), 0);
	}
	wk_walk(0);
	assert_int_equal(to_1()->packets - before, handed);
	assert_int_equal(wk_drops_of(RD_DROP_PARSE_IP_VERSION), 32);
	wk_walk(1);
}

// Flows are spread evenly: no worker of 2 gets less than 40 % of 2,000 flows.
static void evenly(void **state)
{
	uint64_t before = to_1()->packets, handed;

	(void)state;
	one_poller();
	rd_handoff_set_model(RD_MODEL_BALANCED);
	for (unsigned i = 0; i < 2000; i++) {
		send((uint16_t)(i * 31), i);
		if (i % 32 == 31) {
			wk_walk(0);
			wk_walk(1);
		}
	}
	wk_walk(0);
	handed = to_1()->packets - before;
	assert_in_range(handed, 800, 1200);
	while (!rd_handoff_idle())
		wk_walk(1);
	assert_int_equal(received(), 2000);
}

// A tag that the NIC took out, and no room to put it back.
static void lost_tag(void **state)
{
	struct rte_mbuf *m = wk_frame(1, 0);

	(void)state;
	one_poller();
	assert_non_null(m);
	assert_int_equal(rte_pktmbuf_headroom(m), RTE_PKTMBUF_HEADROOM);
	m->data_off = 0;
	m->vlan_tci = 5;
	m->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
	assert_int_equal(rte_ring_enqueue(wk_src[0], m), 0);
	wk_walk(0);
	assert_int_equal(wk_drops_of(RD_DROP_RX_VLAN_LOST), 1);
	assert_int_equal(rd_workers[0]->stages[RD_STAGE_VNIC_RX].drops, 1);
	assert_int_equal(rd_workers[0]->ports[wk_port_src].drops, 1);
}

// Injected frames go the same way as received ones.
static void injected(void **state)
{
	uint64_t before = to_1()->packets;
	struct rte_mbuf *m;

	(void)state;
	rd_handoff_set_model(RD_MODEL_BALANCED);
	for (unsigned i = 0; i < 32; i++) {
		m = wk_frame((uint16_t)i, i);
		assert_non_null(m);
		assert_int_equal(
			rd_inject(wk_port_src, rte_pktmbuf_mtod(m, uint8_t *), m->pkt_len, NULL),
			0);
		rte_pktmbuf_free(m);
	}
	wk_walk(0);
	assert_true(to_1()->packets > before);
	wk_walk(1);
	assert_int_equal(received(), 32);
}

static void add_endpoint(void)
{
	struct rd_tep tep = {.host = rd_host_find("h")->idx,
		.ttl = 64,
		.dport = RD_GENEVE_PORT,
		.ip = {192, 168, 4, 60}};
	struct rd_err err = {0};

	assert_int_equal(rd_parse_mac(GR_TEP, tep.mac), 0);
	assert_int_equal(rd_tep_add(&tep, &err), 0);
}

static void inject_tunnelled(uint16_t uplink, uint16_t outer_port, uint16_t inner_port)
{
	uint16_t ports[2] = {inner_port, 9};
	struct gf_frame inner = gr_udp((struct gr_l2){.dst = GR_EMU_GUEST, .src = GR_CLIENT},
		"192.0.2.1", "192.0.2.2", ports, 20);
	struct gf_frame f = gr_geneve(&inner, GT_VNI);

	rd_put16(f.bytes + RD_ETH_LEN + 20, outer_port);
	assert_int_equal(rd_inject(uplink, f.bytes, f.len, NULL), 0);
}

// Of a tunnel packet to us the inner flow counts, and nothing else.
static void inner_flows(void **state)
{
	uint64_t before = to_1()->packets;
	uint16_t uplink = gt_publish(gt_port("up", "h/sw", RD_PORT_UPLINK));
	unsigned handed;

	(void)state;
	add_endpoint();
	rd_handoff_set_model(RD_MODEL_BALANCED);
	for (uint16_t i = 0; i < 32; i++)
		inject_tunnelled(uplink, (uint16_t)(50000 + 7 * i), 1000);
	wk_walk(0);
	handed = (unsigned)(to_1()->packets - before);
	assert_true(handed == 0 || handed == 32);
	for (uint16_t i = 0; i < 32; i++)
		inject_tunnelled(uplink, 50000, (uint16_t)(1000 + i));
	wk_walk(0);
	assert_in_range(to_1()->packets - before - handed, 4, 28);
	wk_walk(1);
	assert_int_equal(wk_drops_of(RD_DROP_DECAP_VNI_UNKNOWN), 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(full_ring, wk_begin, wk_end),
		cmocka_unit_test_setup_teardown(bounded, wk_begin, wk_end),
		cmocka_unit_test_setup_teardown(port_deleted, wk_begin, wk_end),
		cmocka_unit_test_setup_teardown(worker_ended, wk_begin, wk_end),
		cmocka_unit_test_setup_teardown(nic_hash, wk_begin, wk_end),
		cmocka_unit_test_setup_teardown(fragments, wk_begin, wk_end),
		cmocka_unit_test_setup_teardown(evenly, wk_begin, wk_end),
		cmocka_unit_test_setup_teardown(lost_tag, wk_begin, wk_end),
		cmocka_unit_test_setup_teardown(injected, wk_begin, wk_end),
		cmocka_unit_test_setup_teardown(inner_flows, wk_begin, wk_end),
	};

	return cmocka_run_group_tests(tests, wk_setup, wk_teardown);
}
