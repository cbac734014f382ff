/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Memory of the connection table: start and end (control), and which slots are free (any thread).
 *
 * The type of a slot never changes, and a freed one has a new incarnation at once. It is used again only when no worker can
 * still be inside rd_conn_packet() with the old reference. Slots are used again in the order in which they came back, and an eighth
 * of the table waits, so that 2^29 connections come and go before an old reference could mean a new connection.
 */
#include "tables/conn_priv.h"

#include "core/rcu.h"
#include "tables/pages.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#define CAPACITY_MAX (1u << 24)
#define NB_AREAS 5

struct rd_conn_fast rd_conn_fast_;
struct conn_table conn_table_;

static const struct rd_conn_settings defaults = {
	.strict = true,
	// as Linux has them
	.timeout_s =
		{
			[RD_CONN_SYN_SENT] = 120,
			[RD_CONN_SYN_RECV] = 60,
			[RD_CONN_ESTABLISHED] = 432000,
			[RD_CONN_FIN_WAIT] = 120,
			[RD_CONN_CLOSING] = 30,
			[RD_CONN_TIME_WAIT] = 120,
			[RD_CONN_CLOSED] = 10,
			[RD_CONN_UDP_NEW] = 30,
			[RD_CONN_UDP_STREAM] = 120,
			[RD_CONN_ICMP] = 30,
			[RD_CONN_OTHER_NEW] = 600,
			[RD_CONN_OTHER_STREAM] = 600,
		},
};

// In the order in which they are needed: buckets are hit at random, the others are used from the front.
static void areas(const struct conn_table *t, size_t slots, struct rd_area area[NB_AREAS])
{
	area[0] = (struct rd_area){t->bucket, ((size_t)t->mask + 1) * sizeof(*t->bucket)};
	area[1] = (struct rd_area){rd_conn_fast_.line, slots * sizeof(*rd_conn_fast_.line)};
	area[2] = (struct rd_area){t->id, slots * sizeof(*t->id)};
	area[3] = (struct rd_area){t->tcp, slots * sizeof(*t->tcp)};
	area[4] = (struct rd_area){
		t->free.ring, ((size_t)rd_conn_fast_.mask + 1) * sizeof(*t->free.ring)};
}

static int map_all(struct conn_table *t, size_t slots)
{
	rd_conn_fast_.line = rd_pages_map(slots * sizeof(*rd_conn_fast_.line));
	t->id = rd_pages_map(slots * sizeof(*t->id));
	t->tcp = rd_pages_map(slots * sizeof(*t->tcp));
	t->free.ring = rd_pages_map(slots * sizeof(*t->free.ring));
	t->bucket = rd_pages_map(((size_t)t->mask + 1) * sizeof(*t->bucket));
	if (rd_conn_fast_.line == NULL || t->id == NULL || t->tcp == NULL || t->free.ring == NULL
		|| t->bucket == NULL)
		return -ENOMEM;
	return 0;
}

int rd_conn_init(uint32_t capacity)
{
	struct conn_table *t = &conn_table_;
	uint32_t bits = CONN_INC_BITS;

	if (capacity < 1 || capacity > CAPACITY_MAX)
		return -EINVAL;
	while (bits < 24 && 1u << bits <= capacity)
		bits++;
	memset(t, 0, sizeof(*t));
	// The last slot of a full table would need one bit more.
	t->capacity = RTE_MIN(capacity, (1u << bits) - 1);
	t->bound = 1;
	t->mask = rte_align32pow2(capacity) - 1;
	t->settings = defaults;
	rd_conn_fast_ = (struct rd_conn_fast){.mask = (1u << bits) - 1, .shift = bits};
	if (map_all(t, (size_t)1 << bits) < 0) {
		rd_conn_fini();
		return -ENOMEM;
	}
	rd_conn_fast_.line[0].inc = 1; // reference 0 finds nothing
	if (getrandom(t->seed, sizeof(t->seed), GRND_NONBLOCK) != (ssize_t)sizeof(t->seed))
		t->seed[0] ^= rd_tsc(); // too early in the machine's life: better than nothing
	return 0;
}

void rd_conn_fini(void)
{
	struct conn_table *t = &conn_table_;
	struct rd_area area[NB_AREAS];

	areas(t, (size_t)rd_conn_fast_.mask + 1, area);
	for (unsigned i = 0; i < NB_AREAS; i++)
		rd_pages_unmap(area[i].start, area[i].size);
	memset(t, 0, sizeof(*t));
	memset(&rd_conn_fast_, 0, sizeof(rd_conn_fast_));
}

bool rd_conn_populate(size_t max)
{
	struct rd_area area[NB_AREAS];

	areas(&conn_table_, (size_t)conn_table_.capacity + 1, area); // others are not used
	return rd_pages_populate(area, NB_AREAS, &conn_table_.populated, max);
}

// Moves `safe` on as far as the workers have got. With the list's lock.
static void advance(struct conn_free *f)
{
	if (f->mark != f->safe && rd_rcu_passed(f->token))
		f->safe = f->mark;
	if (f->mark == f->safe && f->tail != f->safe) {
		f->token = rd_rcu_start();
		f->mark = f->tail;
	}
}

static uint32_t take_old(struct conn_table *t)
{
	struct conn_free *f = &t->free;
	uint32_t i = 0;

	if (f->head == f->safe)
		advance(f);
	if (f->head != f->safe)
		i = f->ring[f->head++ & rd_conn_fast_.mask];
	return i;
}

static uint32_t take_new(struct conn_table *t)
{
	uint32_t i = t->bound;

	if (i > t->capacity)
		return 0;
	RD_CONN_SET(rd_conn_fast_.line[i].inc, 1);
	__atomic_store_n(&t->bound, i + 1, __ATOMIC_RELEASE);
	return i;
}

uint32_t conn_take(void)
{
	struct conn_table *t = &conn_table_;
	uint32_t i = 0;

	conn_lock(&t->free.lock);
	if (t->free.tail - t->free.head > t->capacity / 8)
		i = take_old(t);
	if (i == 0)
		i = take_new(t);
	if (i == 0)
		i = take_old(t);
	conn_unlock(&t->free.lock);
	return i;
}

bool conn_has_room(void)
{
	struct conn_table *t = &conn_table_;
	bool room;

	conn_lock(&t->free.lock);
	room = t->bound <= t->capacity || t->free.tail != t->free.head;
	conn_unlock(&t->free.lock);
	return room;
}

void conn_give(uint32_t i)
{
	struct conn_free *f = &conn_table_.free;

	conn_lock(&f->lock);
	f->ring[f->tail++ & rd_conn_fast_.mask] = i;
	if (f->mark == f->safe)
		advance(f); // the sooner it starts, the sooner it can be used
	conn_unlock(&f->lock);
}
