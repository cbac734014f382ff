/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The walks under way, see walks.h. Main thread.
 */
#include "walks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS_BITS 16
#define PATIENCE 10u // so many times the silence, where a packet did not arrive anywhere
#define OVER_NS UINT64_C(1000000000) // of the records' time

struct pk_walks {
	struct pk_walk *bucket[1u << BUCKETS_BITS]; // by packet id
	struct pk_walk *oldest, *newest; // by their latest record
	unsigned count;
	size_t bytes;
	uint64_t latest_ns; // of all records
};

struct pk_walks *pk_walks_new(void)
{
	return calloc(1, sizeof(struct pk_walks));
}

void pk_walks_free(struct pk_walks *w)
{
	struct pk_walk *walk;

	if (w == NULL)
		return;
	while ((walk = pk_walks_take(w)) != NULL)
		pk_walk_free(walk);
	free(w);
}

static struct pk_walk **bucket_of(struct pk_walks *w, uint64_t packet_id)
{
	return &w->bucket[packet_id * UINT64_C(0x9e3779b97f4a7c15) >> (64 - BUCKETS_BITS)];
}

static struct pk_walk *find(struct pk_walks *w, uint64_t packet_id)
{
	struct pk_walk *walk = *bucket_of(w, packet_id);

	while (walk != NULL && walk->packet_id != packet_id)
		walk = walk->next_same;
	return walk;
}

static void link_newest(struct pk_walks *w, struct pk_walk *walk)
{
	walk->older = w->newest;
	walk->newer = NULL;
	if (w->newest != NULL)
		w->newest->newer = walk;
	else
		w->oldest = walk;
	w->newest = walk;
}

static void unlink_age(struct pk_walks *w, struct pk_walk *walk)
{
	if (walk->older != NULL)
		walk->older->newer = walk->newer;
	else
		w->oldest = walk->newer;
	if (walk->newer != NULL)
		walk->newer->older = walk->older;
	else
		w->newest = walk->older;
}

static struct pk_walk *begin(struct pk_walks *w, uint64_t packet_id)
{
	struct pk_walk *walk = pk_walk_new(packet_id), **bucket = bucket_of(w, packet_id);

	if (walk == NULL)
		return NULL;
	walk->next_same = *bucket;
	*bucket = walk;
	link_newest(w, walk);
	w->count++;
	return walk;
}

int pk_walks_add(struct pk_walks *w, const struct pk_rec *r, uint64_t now_ns)
{
	struct pk_walk *walk = find(w, r->rec->packet_id);
	size_t before;
	int rc;

	if (walk == NULL)
		walk = begin(w, r->rec->packet_id);
	if (walk == NULL)
		return -ENOMEM;
	before = walk->bytes;
	rc = pk_walk_add(walk, r);
	w->bytes += walk->bytes - before;
	walk->seen_ns = now_ns;
	walk->last_ns = r->rec->ns;
	if (r->rec->ns > w->latest_ns)
		w->latest_ns = r->rec->ns;
	unlink_age(w, walk);
	link_newest(w, walk);
	return rc;
}

// Whether the packet may be expected to go on: then a longer silence is the worker's, on a busy machine.
static bool is_under_way(const struct pk_walk *walk)
{
	struct pk_rec last = pk_walk_rec(walk, walk->count - 1);

	return last.rec->stage != RD_STAGE_PUNT && strcmp(pk_rec_verdict(&last), "pass") == 0;
}

static bool is_over(
	const struct pk_walks *w, const struct pk_walk *walk, uint64_t now_ns, uint64_t quiet_ns)
{
	if (quiet_ns < UINT64_MAX / PATIENCE && walk->count > 0 && is_under_way(walk))
		quiet_ns *= PATIENCE;
	return w->count > PK_WALKS_OPEN || w->bytes > PK_WALKS_BYTES
		|| now_ns - walk->seen_ns >= quiet_ns || w->latest_ns - walk->last_ns > OVER_NS;
}

struct pk_walk *pk_walks_take_over(struct pk_walks *w, uint64_t now_ns, uint64_t quiet_ns)
{
	if (w->oldest == NULL || !is_over(w, w->oldest, now_ns, quiet_ns))
		return NULL;
	return pk_walks_take(w);
}

struct pk_walk *pk_walks_take(struct pk_walks *w)
{
	struct pk_walk *walk = w->oldest, **at;

	if (walk == NULL)
		return NULL;
	at = bucket_of(w, walk->packet_id);
	while (*at != walk)
		at = &(*at)->next_same;
	*at = walk->next_same;
	unlink_age(w, walk);
	w->count--;
	w->bytes -= walk->bytes;
	return walk;
}
