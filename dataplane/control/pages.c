/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See pages.h. A flow table of 16 million entries has 3 GB, a connection table nearly as much: made at once it would
 * keep a worker, or this thread, busy for seconds. So each worker makes the first part of its flow table itself
 * (rd_flow_table_touch), and this timer makes the rest in steps of a few milliseconds. Then come the rings of the next
 * capture, so that it starts at once.
 */
#include "control/pages.h"

#include "api/capring.h"
#include "control/capture_session.h"
#include "core/worker.h"
#include "tables/conn.h"
#include "tables/flow.h"

#define STEP_MS 10
#define STEP_BYTES (8u << 20)
#define RING_STEP_BYTES (1u << 20) // on small pages
#define RINGS_MAX (32u << 20) // more is not kept for a capture that may never come
#define LATER_MS 100 // a capture that has just begun has more to do

static void arm(struct rd_ctl *ctl, unsigned ms)
{
	struct timeval pause = {.tv_usec = ms * 1000};

	(void)event_add(ctl->pages, &pause);
}

// One step, for the first table that has pages left.
static bool step(void)
{
	for (unsigned i = 0; i < rd_nb_workers; i++)
		if (rd_flow_table_populate(rd_workers[i]->flows, STEP_BYTES))
			return true;
	if (rd_conn_populate(STEP_BYTES))
		return true;
	if (rd_nb_workers * rd_session_ring_size() > RINGS_MAX)
		return false;
	return rd_capring_prepare(rd_nb_workers, rd_session_ring_size(), RING_STEP_BYTES);
}

static void on_step(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	if (step())
		arm(arg, STEP_MS);
}

static void start(struct rd_ctl *ctl, unsigned ms)
{
	if (ctl->pages == NULL)
		ctl->pages = event_new(ctl->base, -1, 0, on_step, ctl);
	if (ctl->pages != NULL)
		arm(ctl, ms);
}

void rd_pages_start(struct rd_ctl *ctl)
{
	start(ctl, STEP_MS);
}

void rd_pages_later(struct rd_ctl *ctl)
{
	start(ctl, LATER_MS);
}

void rd_pages_stop(struct rd_ctl *ctl)
{
	if (ctl->pages != NULL)
		event_free(ctl->pages);
	ctl->pages = NULL;
	rd_capring_forget();
}
