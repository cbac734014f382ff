/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The flow cache: memory, insert, eviction, removal, aging. Everything but create and free runs on the worker that owns the table.
 *
 * A large table's pages (tables/pages.c) are made in two parts, so that nobody waits for them: the worker makes the first
 * part before its first packet, control makes the rest in steps (control/pages.c), on the worker's NUMA node.
 */
#include "tables/flow_priv.h"

#include "tables/pages.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CAPACITY_MAX (1u << 24)
#define TOUCH_FIRST (64u << 20) // bytes that the worker makes itself: some 20 ms
#define NODE_MAX 64 // exclusive; of NUMA nodes that are placed on
#define NB_AREAS 3
#define BUCKETS_FIRST 1024u // a table has at least so many in use
#define SHRINK_MAX 16 // buckets that an aging step gives up
#define EVICT_SAMPLE 8 // entries looked at when the table is full

static size_t entries_size(const struct rd_flow_table *t)
{
	return (size_t)t->capacity * sizeof(struct rd_flow);
}

static size_t buckets_size(const struct rd_flow_table *t)
{
	return (size_t)t->max_buckets * sizeof(struct rd_flow_bucket);
}

static size_t free_list_size(const struct rd_flow_table *t)
{
	return (size_t)t->capacity * sizeof(uint32_t);
}

// One and a half to three entries per bucket of eight: fewer than one in a thousand finds its bucket full.
static void size_index(struct rd_flow_table *t)
{
	t->max_buckets = 1;
	while (t->max_buckets < t->capacity / 3)
		t->max_buckets *= 2;
	t->min_buckets = t->max_buckets < BUCKETS_FIRST ? t->max_buckets : BUCKETS_FIRST;
	t->nb_buckets = t->min_buckets;
	t->high = t->min_buckets - 1;
}

struct rd_flow_table *rd_flow_table_create(uint32_t capacity, uint32_t idle_s)
{
	struct rd_flow_table *t;

	if (capacity < 2 || capacity > CAPACITY_MAX) {
		errno = EINVAL;
		return NULL;
	}
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	t->capacity = capacity;
	t->idle_s = idle_s;
	size_index(t);
	t->bound = 1;
	t->age_pos = 1;
	t->node = -1;
	t->entry = rd_pages_map(entries_size(t));
	t->bucket = rd_pages_map(buckets_size(t));
	t->free_list = rd_pages_map(free_list_size(t));
	if (t->entry == NULL || t->bucket == NULL || t->free_list == NULL) {
		rd_flow_table_free(t);
		errno = ENOMEM;
		return NULL;
	}
	return t;
}

void rd_flow_table_free(struct rd_flow_table *t)
{
	if (t == NULL)
		return;
	rd_pages_unmap(t->entry, entries_size(t));
	rd_pages_unmap(t->bucket, buckets_size(t));
	rd_pages_unmap(t->free_list, free_list_size(t));
	rd_pages_unmap(t->verdict, flow_verdict_size(t));
	free(t);
}

// Buckets are hit at random, so they come first; entries and the free list are used from the front.
static void areas(const struct rd_flow_table *t, struct rd_area area[NB_AREAS])
{
	area[0] = (struct rd_area){t->bucket, buckets_size(t)};
	area[1] = (struct rd_area){t->entry, entries_size(t)};
	area[2] = (struct rd_area){t->free_list, free_list_size(t)};
}

static bool populate_next(struct rd_flow_table *t, size_t max)
{
	struct rd_area area[NB_AREAS];

	areas(t, area);
	return rd_pages_populate(area, NB_AREAS, &t->populated, max);
}

bool rd_flow_table_populate(struct rd_flow_table *t, size_t max)
{
	if (!__atomic_load_n(&t->touched, __ATOMIC_ACQUIRE)) // its worker is about to
		return true;
	return populate_next(t, max);
}

// A wish: containers may forbid it, and then the pages are where they happen to be made.
static void place(const struct rd_flow_table *t)
{
	unsigned long mask = 1ul << t->node;
	struct rd_area area[NB_AREAS];

	areas(t, area);
	for (unsigned i = 0; i < NB_AREAS; i++)
		(void)syscall(SYS_mbind, area[i].start, area[i].size, MPOL_PREFERRED, &mask,
			(unsigned long)NODE_MAX, 0);
}

void rd_flow_table_touch(struct rd_flow_table *t)
{
	unsigned node = 0;

	if (t->node < 0 && getcpu(NULL, &node) == 0 && node < NODE_MAX)
		t->node = (int)node;
	if (t->node >= 0)
		place(t);
	(void)populate_next(t, TOUCH_FIRST);
	__atomic_store_n(&t->touched, true, __ATOMIC_RELEASE);
}

static int bucket_slot(const struct rd_flow_bucket *b, uint32_t id)
{
	for (int i = 0; i < FLOW_BUCKET; i++)
		if (b->entry[i] == id)
			return i;
	return -1;
}

void rd_flow_remove(struct rd_flow_table *t, struct rd_flow *f)
{
	uint32_t id = rd_flow_id(t, f);
	struct rd_flow_bucket *b = flow_bucket(t, rd_flow_hash(&f->key));
	int slot = bucket_slot(b, id);

	if (slot >= 0) {
		b->entry[slot] = 0;
		b->sig[slot] = 0;
	}
	rd_flow_write_begin(f);
	f->last_s = 0;
	f->decided = 0;
	rd_flow_write_end(f);
	t->free_list[t->nb_free++] = id;
	t->nb--;
}

// The least recently used entry of a bucket, NULL if the bucket is empty.
static struct rd_flow *oldest_of_bucket(struct rd_flow_table *t, const struct rd_flow_bucket *b)
{
	struct rd_flow *oldest = NULL;

	for (unsigned i = 0; i < FLOW_BUCKET; i++) {
		struct rd_flow *f = &t->entry[b->entry[i]];

		if (b->entry[i] != 0 && (oldest == NULL || f->last_s < oldest->last_s))
			oldest = f;
	}
	return oldest;
}

// The table is full, so every entry is in use: the oldest of this bucket's and of some at the hand of the clock.
static struct rd_flow *oldest_around(struct rd_flow_table *t, const struct rd_flow_bucket *b)
{
	struct rd_flow *oldest = oldest_of_bucket(t, b);

	for (unsigned i = 0; i < EVICT_SAMPLE; i++) {
		struct rd_flow *f = &t->entry[t->age_pos];

		t->age_pos = t->age_pos + 1 < t->bound ? t->age_pos + 1 : 1;
		if (oldest == NULL || f->last_s < oldest->last_s)
			oldest = f;
	}
	return oldest;
}

// Who has to go for a new entry in this bucket; NULL if there is room.
static struct rd_flow *victim(struct rd_flow_table *t, const struct rd_flow_bucket *b)
{
	if (bucket_slot(b, 0) < 0)
		return oldest_of_bucket(t, b);
	return t->nb == t->capacity - 1 ? oldest_around(t, b) : NULL;
}

static uint32_t take_free(struct rd_flow_table *t)
{
	uint32_t id;

	if (t->nb_free > 0)
		return t->free_list[--t->nb_free];
	id = t->bound;
	__atomic_store_n(&t->bound, id + 1, __ATOMIC_RELEASE);
	return id;
}

static struct rd_flow *insert(struct rd_flow_table *t, const struct rd_flow_key *k, uint32_t hash,
	uint32_t now_s, struct rd_flow *out)
{
	struct rd_flow_bucket *b = flow_bucket(t, hash);
	struct rd_flow *f;
	uint32_t id;
	int slot;

	if (out != NULL) {
		rd_flow_remove(t, out);
		t->stats.evictions++;
	}
	slot = bucket_slot(b, 0);
	id = take_free(t);
	f = &t->entry[id];
	b->entry[slot] = id;
	b->sig[slot] = flow_sig(hash);
	t->nb++;
	t->stats.inserts++;

	rd_flow_write_begin(f);
	// Around seq, which must stay odd all the while: readers watch it.
	f->key = *k;
	memset((uint8_t *)f + offsetof(struct rd_flow, hits), 0,
		offsetof(struct rd_flow, seq) - offsetof(struct rd_flow, hits));
	memset((uint8_t *)f + offsetof(struct rd_flow, gen), 0,
		sizeof(*f) - offsetof(struct rd_flow, gen));
	f->last_s = now_s == 0 ? 1 : now_s; // 0 would be a free entry
	rd_flow_write_end(f);
	return f;
}

struct rd_flow *rd_flow_insert(
	struct rd_flow_table *t, const struct rd_flow_key *k, uint32_t hash, uint32_t now_s)
{
	flow_index_grow(t);
	return insert(t, k, hash, now_s, victim(t, flow_bucket(t, hash)));
}

struct rd_flow *rd_flow_insert_idle(
	struct rd_flow_table *t, const struct rd_flow_key *k, uint32_t hash, uint32_t now_s)
{
	struct rd_flow *out;

	flow_index_grow(t);
	out = victim(t, flow_bucket(t, hash));
	if (out != NULL && out->last_s >= now_s)
		return NULL;
	return insert(t, k, hash, now_s, out);
}

void rd_flow_age(struct rd_flow_table *t, uint32_t now_s, unsigned max)
{
	unsigned in_use = t->bound - 1;

	for (unsigned i = 0; i < max && i < SHRINK_MAX && flow_index_shrink(t); i++)
		;
	for (unsigned i = 0; i < max && i < in_use; i++) {
		struct rd_flow *f = &t->entry[t->age_pos];

		t->age_pos = t->age_pos + 1 < t->bound ? t->age_pos + 1 : 1;
		if (f->last_s == 0 || t->idle_s == 0 || now_s <= f->last_s
			|| now_s - f->last_s < t->idle_s)
			continue;
		rd_flow_remove(t, f);
		t->stats.expired++;
	}
}

unsigned rd_flow_flush(struct rd_flow_table *t)
{
	unsigned flushed = 0;

	for (uint32_t id = 1; id < t->bound; id++) {
		if (t->entry[id].last_s == 0)
			continue;
		rd_flow_remove(t, &t->entry[id]);
		flushed++;
	}
	return flushed;
}
