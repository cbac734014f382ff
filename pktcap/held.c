/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A ring of copied records, see held.h. A place keeps its memory for the next record that comes to it, unless it is much
 * too big. Main thread.
 */
#include "held.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct place {
	struct rd_cap_rec *rec; // rd_cap_rec and its bytes
	uint32_t room, len;
};

struct pk_held {
	struct place *v;
	uint32_t max, first, count;
	uint64_t bytes; // room of all places
};

struct pk_held *pk_held_new(uint32_t max)
{
	struct pk_held *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->max = max;
	h->v = calloc(max, sizeof(h->v[0]));
	if (h->v != NULL)
		return h;
	free(h);
	return NULL;
}

void pk_held_free(struct pk_held *h)
{
	if (h == NULL)
		return;
	for (uint32_t i = 0; i < h->max; i++)
		free(h->v[i].rec);
	free(h->v);
	free(h);
}

static void give_back(struct pk_held *h, struct place *p)
{
	h->bytes -= p->room;
	free(p->rec);
	*p = (struct place){0};
}

static void drop_oldest(struct pk_held *h)
{
	h->first = (h->first + 1) % h->max;
	h->count--;
}

static int make_room(struct pk_held *h, struct place *p, uint32_t len)
{
	struct rd_cap_rec *rec;

	if (p->room >= len && p->room / 4 <= len)
		return 0;
	give_back(h, p);
	while (h->count > 0 && h->bytes + len > PK_HELD_BYTES) {
		give_back(h, &h->v[h->first]);
		drop_oldest(h);
	}
	rec = malloc(len);
	if (rec == NULL)
		return -ENOMEM;
	*p = (struct place){.rec = rec, .room = len};
	h->bytes += len;
	return 0;
}

int pk_held_add(struct pk_held *h, const struct rd_cap_rec *rec)
{
	uint32_t len = rec->hdr_len + rec->cap_len;
	struct place *p;

	if (h->count == h->max)
		drop_oldest(h);
	p = &h->v[(h->first + h->count) % h->max];
	if (make_room(h, p, len) < 0)
		return -ENOMEM;
	memcpy(p->rec, rec, len);
	p->len = len;
	h->count++;
	return 0;
}

const struct rd_cap_rec *pk_held_take(struct pk_held *h)
{
	const struct rd_cap_rec *rec;

	if (h->count == 0)
		return NULL;
	rec = h->v[h->first].rec;
	drop_oldest(h);
	return rec;
}

uint32_t pk_held_count(const struct pk_held *h)
{
	return h->count;
}
