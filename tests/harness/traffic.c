/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See traffic.h.
 */
#include "traffic.h"

#include "base/clock.h"

static bool send_one(struct wk_run *r, unsigned flow)
{
	struct rte_mbuf *m = wk_frame((uint16_t)flow, r->next[flow]);

	if (m == NULL)
		return false;
	if (r->nic_hash && flow % 2 != 0) {
		m->ol_flags |= RTE_MBUF_F_RX_RSS_HASH;
		m->hash.rss = flow;
	}
	if (rte_ring_enqueue(wk_src[flow % WK_QUEUES], m) != 0) {
		rte_pktmbuf_free(m);
		return false;
	}
	r->next[flow]++;
	r->sent++;
	return true;
}

void wk_receive(struct wk_run *r)
{
	struct rte_mbuf *m[64];
	unsigned n = rte_ring_dequeue_burst(wk_dst, (void **)m, 64, NULL);

	for (unsigned i = 0; i < n; i++) {
		uint32_t seq;
		uint16_t flow = wk_flow(m[i], &seq);

		if (flow >= WK_FLOWS || seq != r->seen[flow])
			fail_msg("flow %u: %u came, %u was next; after %lu packets", flow, seq,
				flow < WK_FLOWS ? r->seen[flow] : 0, r->received);
		r->seen[flow]++;
		r->received++;
	}
	rte_pktmbuf_free_bulk(m, n);
	if (n == 0)
		sched_yield();
}

void wk_wait_all(struct wk_run *r)
{
	uint64_t since = rd_monotonic_ns(), before = r->received;

	while (r->received != r->sent) {
		wk_receive(r);
		if (r->received != before) {
			before = r->received;
			since = rd_monotonic_ns();
		}
		if (rd_monotonic_ns() - since > 60 * UINT64_C(1000000000))
			fail_msg("%lu of %lu packets came", r->received, r->sent);
	}
}

void wk_traffic(struct wk_run *r, uint64_t nb)
{
	static uint32_t random = 1;
	uint64_t end = r->sent + nb;

	while (r->sent < end) {
		unsigned flow, burst;

		random = random * 1664525 + 1013904223;
		flow = (random >> 16) % WK_FLOWS;
		burst = 1 + (random >> 8) % 24;
		while (burst-- > 0 && r->sent < end && r->sent - r->received < WK_IN_FLIGHT)
			if (!send_one(r, flow))
				break;
		if (r->sent - r->received >= WK_IN_FLIGHT / 2)
			wk_receive(r);
	}
}
