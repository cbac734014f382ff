/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Several workers, each on a thread of its own: in every model and across changes of model and queues all packets of a
 * flow come out, in order, and every handoff is accounted for. The number of workers is the program's argument;
 * RD_ORDER is the number of packets per model, 10 million where nothing else is said and no sanitizer runs.
 *
 * Two ring devices stand for guests. What is put into the first one's queues is forwarded to the second one, whose one tx
 * queue shows the order in which all workers sent.
 */
#include "workers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_malloc.h>

#include "base/clock.h"
#include "base/pkt.h"
#include "base/str.h"
#include "core/rxq.h"

#if defined(__SANITIZE_ADDRESS__)
#define NB_DEFAULT 300000
#else
#define NB_DEFAULT 10000000
#endif
#define IN_FLIGHT 1024 // fewer than any ring holds: nothing may be lost
#define FLOWS 512
#define STEPS 20 // changes in the course of a run

struct run {
	uint32_t next[FLOWS], seen[FLOWS]; // sequence numbers
	uint64_t sent, received;
	bool nic_hash; // of every other flow, as some NICs do for what they understand
};

static uint64_t wanted(void)
{
	const char *text = getenv("RD_ORDER");

	return text != NULL ? strtoull(text, NULL, 10) : NB_DEFAULT;
}

static bool send_one(struct run *r, unsigned flow)
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

static void receive(struct run *r)
{
	struct rte_mbuf *m[64];
	unsigned n = rte_ring_dequeue_burst(wk_dst, (void **)m, 64, NULL);

	for (unsigned i = 0; i < n; i++) {
		uint32_t seq;
		uint16_t flow = wk_flow(m[i], &seq);

		if (flow >= FLOWS || seq != r->seen[flow])
			fail_msg("flow %u: %u came, %u was next; after %lu packets", flow, seq,
				flow < FLOWS ? r->seen[flow] : 0, r->received);
		r->seen[flow]++;
		r->received++;
	}
	rte_pktmbuf_free_bulk(m, n);
	if (n == 0)
		sched_yield();
}

static void wait_all(struct run *r)
{
	uint64_t since = rd_monotonic_ns(), before = r->received;

	while (r->received != r->sent) {
		receive(r);
		if (r->received != before) {
			before = r->received;
			since = rd_monotonic_ns();
		}
		if (rd_monotonic_ns() - since > 60 * UINT64_C(1000000000))
			fail_msg("%lu of %lu packets came", r->received, r->sent);
	}
}

// Some packets of one flow in a row, then of another one.
static void traffic(struct run *r, uint64_t nb)
{
	static uint32_t random = 1;
	uint64_t end = r->sent + nb;

	while (r->sent < end) {
		unsigned flow, burst;

		random = random * 1664525 + 1013904223;
		flow = (random >> 16) % FLOWS;
		burst = 1 + (random >> 8) % 24;
		while (burst-- > 0 && r->sent < end && r->sent - r->received < IN_FLIGHT)
			if (!send_one(r, flow))
				break;
		if (r->sent - r->received >= IN_FLIGHT / 2)
			receive(r);
	}
}

static void order_in(enum rd_model model)
{
	struct run *r = calloc(1, sizeof(*r));
	uint64_t handed = wk_handed(), nb = wanted(), from = rd_monotonic_ns();

	assert_non_null(r);
	r->nic_hash = model == RD_MODEL_HYBRID;
	rd_handoff_set_model(model);
	traffic(r, nb);
	wait_all(r);
	print_message("%s: %lu packets in order, %lu handed over, %lu ns each\n",
		rd_model_name(model), r->received, wk_handed() - handed,
		(rd_monotonic_ns() - from) / r->received);
	if (model == RD_MODEL_RTC)
		assert_int_equal(wk_handed(), handed);
	else if (rd_nb_workers > 1)
		assert_true(wk_handed() - handed > nb / 8);
	free(r);
}

static void rtc(void **state)
{
	(void)state;
	order_in(RD_MODEL_RTC);
}

static void balanced(void **state)
{
	(void)state;
	order_in(RD_MODEL_BALANCED);
}

static void hybrid(void **state)
{
	(void)state;
	order_in(RD_MODEL_HYBRID);
}

// From any model to any other while packets are on their way.
static void switching_models(void **state)
{
	static const enum rd_model models[] = {RD_MODEL_BALANCED, RD_MODEL_RTC, RD_MODEL_HYBRID,
		RD_MODEL_BALANCED, RD_MODEL_HYBRID, RD_MODEL_RTC};
	struct run *r = calloc(1, sizeof(*r));

	(void)state;
	assert_non_null(r);
	r->nic_hash = true;
	for (unsigned i = 0; i < STEPS; i++) {
		traffic(r, wanted() / STEPS);
		rd_handoff_set_model(models[i % RTE_DIM(models)]);
	}
	wait_all(r);
	free(r);
}

// The same for queues that go from worker to worker, in both kinds of models.
static void moving_queues(void **state)
{
	struct run *r = calloc(1, sizeof(*r));

	(void)state;
	assert_non_null(r);
	for (unsigned i = 0; i < STEPS; i++) {
		rd_handoff_set_model(i < STEPS / 2 ? RD_MODEL_RTC : RD_MODEL_BALANCED);
		traffic(r, wanted() / STEPS);
		assert_int_equal(rd_rxq_assign(wk_port_src, (uint16_t)(i % WK_QUEUES),
					 (int)((i * 7 + 1) % rd_nb_workers)),
			0);
	}
	wait_all(r);
	free(r);
	for (uint16_t q = 0; q < WK_QUEUES; q++)
		assert_int_equal(rd_rxq_assign(wk_port_src, q, -1), 0);
	assert_int_equal(rd_rxq_spread(), 0);
	for (uint16_t q = 0; q < WK_QUEUES; q++)
		assert_int_equal(rd_rxq_worker(wk_port_src, q), q % rd_nb_workers);
}

// Sleeping workers are woken by what others hand them, and by calls.
static void sleeping(void **state)
{
	struct run *r = calloc(1, sizeof(*r));

	(void)state;
	assert_non_null(r);
	rd_idle_set(RD_IDLE_INTERRUPT);
	rd_handoff_set_model(RD_MODEL_BALANCED);
	for (unsigned i = 0; i < STEPS; i++) {
		traffic(r, 64);
		wait_all(r);
	}
	rd_idle_set(RD_IDLE_NAP);
	free(r);
}

// The source's queues are deleted while its packets are in the rings: all mbufs come back (wk_end looks), and what
// was sent is accounted for.
static void deleted_port(void **state)
{
	struct run *r = calloc(1, sizeof(*r));
	uint64_t dropped = wk_drops();
	struct rd_err err = {0};

	(void)state;
	assert_non_null(r);
	rd_handoff_set_model(RD_MODEL_BALANCED);
	traffic(r, 5000);
	assert_int_equal(rd_port_del(wk_port_src, &err), 0);
	assert_int_equal(rd_rxq_refresh(), 0);
	rd_handoff_hold(); // everything that was polled is done
	rd_handoff_release();
	while (!rte_ring_empty(wk_dst))
		receive(r);
	assert_int_equal(r->sent, r->received + (wk_drops() - dropped) + wk_not_polled());
	free(r);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rtc, wk_begin, wk_end),
		cmocka_unit_test_setup_teardown(balanced, wk_begin, wk_end),
		cmocka_unit_test_setup_teardown(hybrid, wk_begin, wk_end),
		cmocka_unit_test_setup_teardown(switching_models, wk_begin, wk_end),
		cmocka_unit_test_setup_teardown(moving_queues, wk_begin, wk_end),
		cmocka_unit_test_setup_teardown(sleeping, wk_begin, wk_end),
		cmocka_unit_test_setup_teardown(deleted_port, wk_begin, wk_end),
	};

	wk_workers = 4;
	if (argc > 1 && rd_parse_u32(argv[1], 1, RD_WORKER_MAX, &wk_workers) < 0)
		return 2;
	wk_threads = true;
	return cmocka_run_group_tests(tests, wk_setup, wk_teardown);
}
