/* SPDX-License-Identifier: BSD-3-Clause
 *
 * flow.*: the workers' flow caches. Entries are read from this thread while the workers go on (rd_flow_read gives a
 * consistent copy or none); tables are changed only by the worker that owns them (rd_worker_call). Control thread.
 */
#include "tables/flow.h"

#include <stdlib.h>
#include <string.h>

#include "control/ctl.h"
#include "control/flow_item.h"
#include "control/flow_pages.h"

#define STEP_LOOK 8192 // slots looked at in one portion of flow.list
#define STEP_EMIT 256 // items emitted in one portion
#define CAPACITY_MIN 64
#define CAPACITY_MAX (1u << 24)
#define IDLE_MAX_S 86400

struct flow_stream {
	struct rd_stream stream;
	unsigned worker, last_worker; // inclusive
	uint32_t id; // next slot
	uint8_t host; // 0 = all
	uint64_t left; // items
};

// Looks at some slots of the present worker. A table may have been replaced since the last portion: its capacity is read anew.
static int flow_step(struct rd_request *req, struct rd_stream *stream)
{
	struct flow_stream *s = (struct flow_stream *)stream;
	const struct rd_worker *w = s->worker < rd_nb_workers ? rd_workers[s->worker] : NULL;
	unsigned emitted = 0;

	for (unsigned n = 0; w != NULL && n < STEP_LOOK && emitted < STEP_EMIT; n++) {
		struct rd_flow f;

		if (s->id >= w->flows->capacity) {
			if (s->worker++ == s->last_worker)
				return 0;
			s->id = 1;
			return 1;
		}
		uint32_t id = s->id++;

		if (!rd_flow_read(w->flows, id, &f) || !(f.decided & RD_DECIDED_LIVE))
			continue;
		if (s->host != 0 && rd_flow_item_host(&f) != s->host)
			continue;
		if (rd_req_item(req, rd_flow_item(w, id, &f)) < 0)
			return req->err->code != 0 ? req->err->code : -EPIPE;
		emitted++;
		if (--s->left == 0)
			return 0;
	}
	return w == NULL ? 0 : 1;
}

static void flow_stream_free(struct rd_stream *stream)
{
	free(stream);
}

int ctl_flow_list(struct rd_request *req)
{
	const struct rd_host *host = rd_req_host_or_null(req, "host");
	uint64_t limit = rd_req_num_or(req, "limit", 1, INT64_MAX, INT64_MAX);
	bool one = rd_req_has(req, "worker");
	unsigned worker = one ? (unsigned)rd_req_num(req, "worker", 0, rd_nb_workers - 1) : 0;
	struct flow_stream *s;

	if (rd_req_end(req) < 0)
		return req->err->code;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return -ENOMEM;
	*s = (struct flow_stream){.stream = {.step = flow_step, .free = flow_stream_free},
		.worker = worker,
		.last_worker = one ? worker : rd_nb_workers - 1,
		.id = 1,
		.host = host == NULL ? 0 : host->idx,
		.left = limit};
	req->stream = &s->stream;
	return 0;
}

int ctl_flow_stats(struct rd_request *req)
{
	if (rd_req_end(req) < 0)
		return req->err->code;
	for (unsigned i = 0; i < rd_nb_workers; i++) {
		const struct rd_flow_table *t = rd_workers[i]->flows;

		rd_req_item(req,
			json_pack("{s:i,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "worker", (int)i,
				"capacity", (json_int_t)t->capacity, "entries", (json_int_t)t->nb,
				"hits", (json_int_t)t->stats.hits, "misses",
				(json_int_t)t->stats.misses, "inserts",
				(json_int_t)t->stats.inserts, "evictions",
				(json_int_t)t->stats.evictions, "stale", (json_int_t)t->stats.stale,
				"idle_s", (json_int_t)t->idle_s));
	}
	return 0;
}

struct flow_swap {
	struct rd_flow_table *table;
};

// Worker: takes the new table and gives the old one back. Counters go on.
static void swap_table(struct rd_worker *w, void *arg)
{
	struct flow_swap *s = arg;
	struct rd_flow_table *old = w->flows;

	s->table->stats = old->stats;
	w->flows = s->table;
	s->table = old;
}

// Fresh tables for all workers, each handed over between two walks; nobody waits for pages. What the old ones held is
// decided again by the packets that come.
static int replace_tables(struct rd_ctl *ctl, uint32_t capacity, uint64_t *held, struct rd_err *err)
{
	struct flow_swap fresh[RD_WORKER_MAX] = {0};
	int ret = 0;

	for (unsigned i = 0; i < rd_nb_workers && ret == 0; i++) {
		const struct rd_flow_table *old = rd_workers[i]->flows;

		fresh[i].table = rd_flow_table_create(capacity, old->idle_s);
		if (fresh[i].table == NULL) {
			ret = rd_err_set(err, -ENOMEM,
				"no memory for %u flow entries on each worker", capacity);
			break;
		}
		fresh[i].table->node = old->node;
		rd_flow_table_touch(fresh[i].table);
	}
	for (unsigned i = 0; i < rd_nb_workers && ret == 0; i++) {
		rd_worker_call(rd_workers[i], swap_table, &fresh[i]);
		*held += fresh[i].table->nb;
	}
	for (unsigned i = 0; i < rd_nb_workers; i++)
		rd_flow_table_free(fresh[i].table);
	rd_flow_pages_start(ctl);
	return ret;
}

static void set_idle(struct rd_worker *w, void *arg)
{
	w->flows->idle_s = *(const uint32_t *)arg;
}

int ctl_flow_set(struct rd_request *req)
{
	uint32_t capacity = (uint32_t)rd_req_num_or(req, "capacity", CAPACITY_MIN, CAPACITY_MAX, 0);
	uint32_t idle_s = (uint32_t)rd_req_num_or(req, "idle_s", 1, IDLE_MAX_S, 0);
	uint32_t generation = (uint32_t)rd_req_num_or(req, "generation", 1, UINT32_MAX, 0);
	uint64_t held = 0;

	if (rd_req_end(req) < 0)
		return req->err->code;
	if (generation != 0 && rd_generation_set(generation) < 0) {
		rd_req_fail(req, "generation", -EINVAL,
			"the generation is %u already and can only go forward", rd_generation());
		rd_err_hint(req->err, "a number above it");
		return req->err->code;
	}
	if (generation != 0)
		req->ctl->flow_generation = generation;
	if (capacity != 0) {
		if (replace_tables(req->ctl, capacity, &held, req->err) < 0)
			return req->err->code;
		req->ctl->flow_capacity = capacity;
	}
	if (idle_s != 0) {
		rd_worker_call_all(set_idle, &idle_s);
		req->ctl->flow_idle_s = idle_s;
	}
	return 0;
}

// By the worker itself only where there is no memory for the quick way: it would stand still meanwhile.
static void flush(struct rd_worker *w, void *arg)
{
	*(uint64_t *)arg += rd_flow_flush(w->flows); // one worker at a time
}

int ctl_flow_flush(struct rd_request *req)
{
	uint32_t capacity = rd_workers[0]->flows->capacity;
	struct rd_err ignored = {0};
	uint64_t flushed = 0;

	if (rd_req_end(req) < 0)
		return req->err->code;
	if (replace_tables(req->ctl, capacity, &flushed, &ignored) < 0)
		rd_worker_call_all(flush, &flushed);
	rd_req_result(req, json_pack("{s:I}", "flushed", (json_int_t)flushed));
	return 0;
}
