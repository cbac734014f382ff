/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The ways that walks took, see paths.h. Main thread.
 */
#include "paths.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

struct pk_paths *pk_paths_new(void)
{
	return calloc(1, sizeof(struct pk_paths));
}

static void free_path(struct pk_path *path)
{
	if (path == NULL)
		return;
	free(path->hops);
	free(path);
}

void pk_paths_free(struct pk_paths *p)
{
	if (p == NULL)
		return;
	for (unsigned i = 0; i < p->count; i++)
		free_path(p->list[i]);
	free(p);
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

static uint64_t hash_of(const struct pk_walk *w)
{
	const struct rd_cap_rec *last = &w->hops[w->count - 1].rec;
	uint64_t h = mix(w->count, last->reason);

	for (unsigned i = 0; i < w->count; i++) {
		const struct rd_cap_rec *rec = &w->hops[i].rec;

		h = mix(h,
			(uint64_t)rec->port_id << 24 | (uint64_t)rec->port_idx << 8 | rec->stage);
	}
	return h;
}

// Besides the hash: so that two ways are never taken for one.
static bool is_way(const struct pk_path *path, const struct pk_walk *w)
{
	if (path->nb_hops != w->count)
		return false;
	for (unsigned i = 0; i < w->count; i++) {
		const struct rd_cap_rec *rec = &w->hops[i].rec;
		const struct pk_path_hop *hop = &path->hops[i];

		if (hop->stage != rec->stage || hop->port_id != rec->port_id
			|| hop->port_idx != rec->port_idx)
			return false;
	}
	return true;
}

static struct pk_path *find(const struct pk_paths *p, const struct pk_walk *w, uint64_t hash)
{
	for (unsigned i = 0; i < p->count; i++) {
		if (p->list[i]->hash == hash && is_way(p->list[i], w))
			return p->list[i];
	}
	return NULL;
}

static struct pk_path *begin(struct pk_paths *p, const struct pk_walk *w, uint64_t hash)
{
	struct pk_path *path = calloc(1, sizeof(*path));

	if (path != NULL)
		path->hops = calloc(w->count, sizeof(*path->hops));
	if (path == NULL || path->hops == NULL) {
		free(path);
		return NULL;
	}
	path->hash = hash;
	path->nb_hops = w->count;
	for (unsigned i = 0; i < w->count; i++) {
		struct pk_rec r = pk_walk_rec(w, i);
		char where[PK_IFACE_TEXT];

		path->hops[i].stage = r.rec->stage;
		path->hops[i].port_id = r.rec->port_id;
		path->hops[i].port_idx = r.rec->port_idx;
		rd_str_copy(path->hops[i].where, sizeof(path->hops[i].where),
			pk_rec_where(&r, where, sizeof(where)));
	}
	pk_walk_end(w, path->end, sizeof(path->end));
	p->list[p->count++] = path;
	p->hists += w->count + 1;
	return path;
}

static uint64_t since(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

static void add_times(struct pk_path *path, const struct pk_walk *w)
{
	path->walks++;
	for (unsigned i = 1; i < w->count; i++)
		pk_hist_add(&path->hops[i].hist, since(w->hops[i - 1].rec.ns, w->hops[i].rec.ns));
	pk_hist_add(&path->total, since(w->hops[0].rec.ns, w->hops[w->count - 1].rec.ns));
}

static void add_drop(struct pk_paths *p, const struct rd_cap_rec *last)
{
	struct pk_drop_cause *d = p->drops;

	p->dropped++;
	for (; d < p->drops + p->nb_drops; d++) {
		if (d->reason == last->reason && d->stage == last->prev_stage
			&& d->rule == last->rule_id)
			break;
	}
	if (d == p->drops + PK_PATH_DROPS) {
		p->other_drops++;
		return;
	}
	if (d == p->drops + p->nb_drops) {
		*d = (struct pk_drop_cause){
			.reason = last->reason, .stage = last->prev_stage, .rule = last->rule_id};
		p->nb_drops++;
	}
	d->walks++;
}

int pk_paths_add(struct pk_paths *p, const struct pk_walk *w)
{
	uint64_t hash = hash_of(w);
	struct pk_path *path = find(p, w, hash);

	p->walks++;
	if (w->hops[w->count - 1].rec.stage == RD_STAGE_DROP)
		add_drop(p, &w->hops[w->count - 1].rec);
	if (path == NULL) {
		if (p->count == PK_PATHS_MAX || p->hists + w->count + 1 > PK_PATH_HISTS) {
			p->other++;
			return 0;
		}
		path = begin(p, w, hash);
		if (path == NULL)
			return -ENOMEM;
	}
	add_times(path, w);
	return 0;
}

static int more_walks(const void *a, const void *b)
{
	const struct pk_path *x = *(struct pk_path *const *)a, *y = *(struct pk_path *const *)b;

	return (x->walks < y->walks) - (x->walks > y->walks);
}

static int more_drops(const void *a, const void *b)
{
	const struct pk_drop_cause *x = a, *y = b;

	return (x->walks < y->walks) - (x->walks > y->walks);
}

void pk_paths_sort(struct pk_paths *p)
{
	qsort(p->list, p->count, sizeof(p->list[0]), more_walks);
	qsort(p->drops, p->nb_drops, sizeof(p->drops[0]), more_drops);
}
