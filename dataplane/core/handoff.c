/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Rings between workers and the change of the model; see handoff.h. Control thread, but for rd_handoff_push().
 */
#include "core/handoff.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/idle.h"
#include "core/worker.h"

#define WAIT_NAPS 20000

static enum rd_model model;

static const char *const model_names[RD_MODEL_COUNT] = {"rtc", "balanced", "hybrid"};

const char *rd_model_name(unsigned m)
{
	return m < RD_MODEL_COUNT ? model_names[m] : "";
}

int rd_model_parse(const char *name)
{
	for (int m = 0; m < RD_MODEL_COUNT; m++)
		if (strcmp(name, model_names[m]) == 0)
			return m;
	return -EINVAL;
}

enum rd_model rd_handoff_model(void)
{
	return model;
}

unsigned rd_handoff_push(
	struct rd_worker *w, unsigned to, struct rte_mbuf *const *pkts, unsigned nb)
{
	struct rd_handoff_to *h = &w->handoff.to[to];
	unsigned n;

	if (unlikely(__atomic_load_n(&rd_workers[to]->gone, __ATOMIC_ACQUIRE))) {
		h->stopped += nb;
		return 0;
	}
	n = rte_ring_sp_enqueue_burst(h->ring, (void *const *)pkts, nb, NULL);
	h->packets += n;
	h->full += nb - n;
	rd_idle_poke(rd_workers[to]);
	return n;
}

static int ring_create(struct rd_worker *from, struct rd_worker *to)
{
	char name[RTE_RING_NAMESIZE];
	struct rte_ring *r;

	snprintf(name, sizeof(name), "handoff%u_%u", from->id, to->id);
	r = rte_ring_create(name, RD_HANDOFF_SLOTS, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (r == NULL)
		return -ENOMEM;
	from->handoff.to[to->id].ring = r;
	to->handoff.from[from->id].ring = r;
	return 0;
}

int rd_handoff_init(void)
{
	int ret = 0;

	model = RD_MODEL_RTC;
	for (unsigned i = 0; i < rd_nb_workers; i++)
		for (unsigned j = 0; ret == 0 && j < rd_nb_workers; j++)
			if (i != j)
				ret = ring_create(rd_workers[i], rd_workers[j]);
	return ret;
}

void rd_handoff_fini(void)
{
	struct rte_mbuf *m;

	for (unsigned i = 0; i < rd_nb_workers; i++) {
		for (unsigned j = 0; j < rd_nb_workers; j++) {
			struct rte_ring *r = rd_workers[i]->handoff.from[j].ring;

			while (r != NULL && rte_ring_dequeue(r, (void **)&m) == 0)
				rte_pktmbuf_free(m);
			rte_ring_free(r);
		}
	}
}

static bool has_work(const struct rd_worker *w)
{
	for (unsigned i = 0; i < rd_nb_workers; i++)
		if (w->handoff.from[i].ring != NULL && !rte_ring_empty(w->handoff.from[i].ring))
			return true;
	return false;
}

bool rd_handoff_idle(void)
{
	for (unsigned i = 0; i < rd_nb_workers; i++)
		if (has_work(rd_workers[i]))
			return false;
	return true;
}

static void set_polling(struct rd_worker *w, void *arg)
{
	w->polling = *(bool *)arg;
	w->model = (uint8_t)model;
}

// Where nobody else walks the worker, it is done here.
static void run_empty(struct rd_worker *w)
{
	struct timespec nap = {.tv_nsec = 20000};

	while (has_work(w)) {
		if (__atomic_load_n(&w->running, __ATOMIC_ACQUIRE))
			nanosleep(&nap, NULL);
		else
			rd_worker_walk_once(w);
	}
}

void rd_handoff_hold(void)
{
	bool polling = false;

	rd_worker_call_all(set_polling, &polling);
	for (unsigned i = 0; i < rd_nb_workers; i++)
		run_empty(rd_workers[i]);
	// What they took last may still be on its way: a call is answered between two walks.
	rd_worker_call_all(set_polling, &polling);
}

void rd_handoff_release(void)
{
	bool polling = true;

	rd_worker_call_all(set_polling, &polling);
}

void rd_handoff_set_model(enum rd_model m)
{
	if (m == model)
		return;
	rd_handoff_hold();
	model = m;
	rd_handoff_release();
}

static void nothing(struct rd_worker *w, void *arg)
{
	(void)w;
	(void)arg;
}

void rd_handoff_wait(const struct rd_worker *from)
{
	struct timespec nap = {.tv_nsec = 50000};

	for (unsigned i = 0; i < rd_nb_workers; i++) {
		const struct rd_handoff_from *h = &rd_workers[i]->handoff.from[from->id];
		uint64_t until = __atomic_load_n(&from->handoff.to[i].packets, __ATOMIC_RELAXED);

		for (int n = 0; n < WAIT_NAPS; n++) {
			if (__atomic_load_n(&h->packets, __ATOMIC_RELAXED) >= until)
				break;
			nanosleep(&nap, NULL);
		}
		if (until != 0) // the walk that took them has ended when the call is answered
			rd_worker_call(rd_workers[i], nothing, NULL);
	}
}

void rd_handoff_flush(void)
{
	for (unsigned i = 0; i < rd_nb_workers; i++) {
		__atomic_store_n(&rd_workers[i]->gone, true, __ATOMIC_RELEASE);
		rd_workers[i]->polling = false;
		run_empty(rd_workers[i]);
	}
}
