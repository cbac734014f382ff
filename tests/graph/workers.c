/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Several workers, each on a thread of its own: in every model and across changes of model and queues all packets of a
 * flow come out, in order, and every handoff is accounted for. The number of workers is the program's argument;
 * RD_ORDER is the number of packets per model, 10 million where nothing else is said and no sanitizer runs.
 *
 * Two ring devices stand for guests. What is put into the first one's queues is forwarded to the second one, whose one tx
 * queue shows the order in which all workers sent.
 */
#include "traffic.h"

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
#define STEPS 20 // changes in the course of a run

static uint64_t wanted(void)
{
	const char *text = getenv("RD_ORDER");

	return text != NULL ? strtoull(text, NULL, 10) : NB_DEFAULT;
}

static void order_in(enum rd_model model)
{
	struct wk_run *r = calloc(1, sizeof(*r));
	uint64_t handed = wk_handed(), nb = wanted(), from = rd_monotonic_ns();

	assert_non_null(r);
	r->nic_hash = model == RD_MODEL_HYBRID;
	rd_handoff_set_model(model);
	wk_traffic(r, nb);
	wk_wait_all(r);
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
	struct wk_run *r = calloc(1, sizeof(*r));

	(void)state;
	assert_non_null(r);
	r->nic_hash = true;
	for (unsigned i = 0; i < STEPS; i++) {
		wk_traffic(r, wanted() / STEPS);
		rd_handoff_set_model(models[i % RTE_DIM(models)]);
	}
	wk_wait_all(r);
	free(r);
}

// The same for queues that go from worker to worker, in both kinds of models.
static void moving_queues(void **state)
{
	struct wk_run *r = calloc(1, sizeof(*r));

	(void)state;
	assert_non_null(r);
	for (unsigned i = 0; i < STEPS; i++) {
		rd_handoff_set_model(i < STEPS / 2 ? RD_MODEL_RTC : RD_MODEL_BALANCED);
		wk_traffic(r, wanted() / STEPS);
		assert_int_equal(rd_rxq_assign(wk_port_src, (uint16_t)(i % WK_QUEUES),
					 (int)((i * 7 + 1) % rd_nb_workers)),
			0);
	}
	wk_wait_all(r);
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
	struct wk_run *r = calloc(1, sizeof(*r));

	(void)state;
	assert_non_null(r);
	rd_idle_set(RD_IDLE_INTERRUPT);
	rd_handoff_set_model(RD_MODEL_BALANCED);
	for (unsigned i = 0; i < STEPS; i++) {
		wk_traffic(r, 64);
		wk_wait_all(r);
	}
	rd_idle_set(RD_IDLE_NAP);
	free(r);
}

// The source's queues are deleted while its packets are in the rings: all mbufs come back (wk_end looks), and what
// was sent is accounted for.
static void deleted_port(void **state)
{
	struct wk_run *r = calloc(1, sizeof(*r));
	uint64_t dropped = wk_drops();
	struct rd_err err = {0};

	(void)state;
	assert_non_null(r);
	rd_handoff_set_model(RD_MODEL_BALANCED);
	wk_traffic(r, 5000);
	assert_int_equal(rd_port_del(wk_port_src, &err), 0);
	assert_int_equal(rd_rxq_refresh(), 0);
	rd_handoff_hold(); // everything that was polled is done
	rd_handoff_release();
	while (!rte_ring_empty(wk_dst))
		wk_receive(r);
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
