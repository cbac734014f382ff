/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The store of walks: a ring by number and a hash by packet id. Records are hostile: every text is cut to its place.
 */
#include "walk/store.h"

#include "walk/show.h"
#include "walk/tuple.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 65536u

int rd_store_open(struct rd_store *s)
{
	memset(s, 0, sizeof(*s));
	s->ring = calloc(RD_STORE_WALKS, sizeof(struct rd_wk *));
	s->bucket = calloc(BUCKETS, sizeof(struct rd_wk *));
	s->frame = RD_STORE_FRAME;
	s->first = 1;
	s->next = 1;
	if (s->ring != NULL && s->bucket != NULL)
		return 0;
	rd_store_close(s);
	return -ENOMEM;
}

static struct rd_wk **bucket_of(const struct rd_store *s, uint64_t packet_id)
{
	return &s->bucket[(packet_id * 0x9e3779b97f4a7c15u) >> 48];
}

static void forget_oldest(struct rd_store *s)
{
	struct rd_wk *w = s->ring[s->first % RD_STORE_WALKS];
	struct rd_wk **link = bucket_of(s, w->packet_id);

	while (*link != w)
		link = &(*link)->same;
	*link = w->same;
	s->ring[s->first++ % RD_STORE_WALKS] = NULL;
	s->bytes -= w->bytes;
	s->shown -= w->shown;
	s->marked -= w->marked;
	s->forgotten++;
	for (unsigned i = 0; i < w->n; i++)
		free(w->hop[i].bytes);
	free(w->hop);
	free(w);
}

void rd_store_clear(struct rd_store *s)
{
	while (s->first < s->next)
		forget_oldest(s);
	s->first = 1;
	s->next = 1;
	s->dropped = 0;
	s->forgotten = 0;
	s->lost = 0;
}

void rd_store_close(struct rd_store *s)
{
	while (s->ring != NULL && s->first < s->next)
		forget_oldest(s);
	free(s->ring);
	free(s->bucket);
	rd_show_free(s->show);
	memset(s, 0, sizeof(*s));
}

struct rd_wk *rd_store_walk(const struct rd_store *s, uint64_t number)
{
	return number >= s->first && number < s->next ? s->ring[number % RD_STORE_WALKS] : NULL;
}

uint64_t rd_store_step(const struct rd_store *s, uint64_t number, int step)
{
	while (number >= s->first && number < s->next && number > 0) {
		if (rd_store_walk(s, number)->shown)
			return number;
		number = step > 0 ? number + 1 : number - 1;
	}
	return 0;
}

uint64_t rd_store_next_mark(const struct rd_store *s, uint64_t number, int step)
{
	while (s->marked > 0 && number >= s->first && number < s->next && number > 0) {
		if (rd_store_walk(s, number)->marked)
			return number;
		number = step > 0 ? number + 1 : number - 1;
	}
	return 0;
}

struct rd_wk *rd_store_find(const struct rd_store *s, uint64_t packet_id)
{
	struct rd_wk *w = *bucket_of(s, packet_id);

	while (w != NULL && w->packet_id != packet_id)
		w = w->same;
	return w;
}

static struct rd_wk *walk_of(struct rd_store *s, uint64_t packet_id)
{
	struct rd_wk **bucket, *w = rd_store_find(s, packet_id);

	if (w != NULL)
		return w;
	if (s->next - s->first == RD_STORE_WALKS)
		forget_oldest(s);
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return NULL;
	w->packet_id = packet_id;
	w->number = s->next;
	w->bytes = sizeof(*w);
	s->bytes += w->bytes;
	bucket = bucket_of(s, packet_id);
	w->same = *bucket;
	*bucket = w;
	s->ring[s->next++ % RD_STORE_WALKS] = w;
	return w;
}

static uint32_t mix(uint32_t hash, const char *s)
{
	for (; *s != '\0'; s++)
		hash = (hash ^ (unsigned char)*s) * 16777619u;
	return hash;
}

static void show(struct rd_store *s, struct rd_wk *w)
{
	bool fits = s->show == NULL || rd_show_fits(s->show, w);

	s->shown += (uint64_t)fits - (uint64_t)w->shown;
	w->shown = fits;
}

static int add_hop(struct rd_store *s, struct rd_wk *w, struct rd_wk_hop *h)
{
	size_t size = sizeof(*h) + h->caplen;
	struct rd_wk_hop *grown;
	struct rd_wk_tuple tuple;

	if (w->n == RD_STORE_HOPS) {
		w->left_out++;
		free(h->bytes);
		return 0;
	}
	grown = w->n % 8 == 0 ? realloc(w->hop, (w->n + 8) * sizeof(*grown)) : w->hop;
	if (grown == NULL) {
		free(h->bytes);
		return -ENOMEM;
	}
	w->hop = grown;
	w->hop[w->n++] = *h;
	w->bytes += size;
	s->bytes += size;
	s->dropped += h->verdict == RD_WK_DROP;
	w->path = mix(mix(w->path != 0 ? w->path : 2166136261u, h->stage->name), h->port);
	w->path = mix(w->path, h->reason);
	if (w->n == 1) {
		rd_wk_tuple(w, &tuple);
		w->conn = rd_wk_conn(&tuple);
	}
	show(s, w);
	return 0;
}

int rd_store_add(struct rd_store *s, const json_t *record)
{
	struct rd_wk_hop h;
	struct rd_wk *w;
	int ret = rd_wk_read(&h, record, s->frame);

	s->lost += h.facts.lost;
	if (ret < 0 || h.stage == NULL) {
		free(h.bytes);
		return ret;
	}
	w = walk_of(s, (uint64_t)json_integer_value(json_object_get(record, "packet_id")));
	if (w == NULL) {
		free(h.bytes);
		return -ENOMEM;
	}
	ret = add_hop(s, w, &h);
	while (s->bytes > RD_STORE_BYTES && s->next - s->first > 1)
		forget_oldest(s);
	return ret;
}

bool rd_store_filter(struct rd_store *s, const char *expression)
{
	bool some = expression != NULL && *expression != '\0';
	struct rd_show_err err;
	struct rd_show *parsed = some ? rd_show_parse(expression, &err) : NULL;

	if (some && parsed == NULL)
		return false;
	rd_show_free(s->show);
	s->show = parsed;
	for (uint64_t i = s->first; i < s->next; i++)
		show(s, rd_store_walk(s, i));
	return true;
}

void rd_store_mark(struct rd_store *s, uint64_t number, bool marked)
{
	struct rd_wk *w = rd_store_walk(s, number);

	if (w == NULL)
		return;
	s->marked += (uint64_t)marked - (uint64_t)w->marked;
	w->marked = marked;
	show(s, w);
}
