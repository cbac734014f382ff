/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Open addressing; rows never go while the table lives, so a reader's walk over it finds each once.
 */
#include "core/dropcount.h"

#include <stddef.h>

#define KEY_USED (UINT64_C(1) << 63)

static uint64_t key_of(uint16_t port, unsigned stage, uint16_t reason)
{
	return KEY_USED | (uint64_t)stage << 32 | (uint64_t)port << 16 | reason;
}

static uint32_t hash(uint64_t key)
{
	return (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 40);
}

// The row, made if it is not there. NULL: no room for another port.
static struct rd_dropcount_slot *find(struct rd_dropcount *c, uint64_t key, bool always)
{
	uint32_t i = hash(key) & (RD_DROPCOUNT_SLOTS - 1);

	while (c->slot[i].key != key) {
		if (c->slot[i].key != 0) {
			i = (i + 1) & (RD_DROPCOUNT_SLOTS - 1);
			continue;
		}
		if (c->used >= RD_DROPCOUNT_FULL && !always)
			return NULL;
		c->used++;
		__atomic_store_n(&c->slot[i].key, key, __ATOMIC_RELEASE);
	}
	c->last = i;
	return &c->slot[i];
}

static struct rd_dropcount_slot *row(
	struct rd_dropcount *c, uint16_t port, unsigned stage, uint16_t reason)
{
	uint64_t key = key_of(port, stage, reason);
	struct rd_dropcount_slot *s = &c->slot[c->last];

	if (s->key != key)
		s = find(c, key, false);
	// Stages times reasons are far fewer than the quarter that is left.
	return s != NULL ? s : find(c, key_of(RD_DROPCOUNT_OTHER, stage, reason), true);
}

void rd_dropcount_add(struct rd_dropcount *c, const struct rd_dropcount_row *more)
{
	struct rd_dropcount_slot *s = row(c, more->port, more->stage, more->reason);

	rd_dropcount_sum(&s->sum, more);
}

bool rd_dropcount_row(const struct rd_dropcount *c, uint32_t i, struct rd_dropcount_row *out)
{
	const struct rd_dropcount_row *s = &c->slot[i].sum;
	uint64_t key = __atomic_load_n(&c->slot[i].key, __ATOMIC_ACQUIRE);

	if (key == 0)
		return false;
	*out = (struct rd_dropcount_row){.port = (uint16_t)(key >> 16),
		.reason = (uint16_t)key,
		.stage = (uint8_t)(key >> 32),
		.packets = __atomic_load_n(&s->packets, __ATOMIC_RELAXED),
		.bytes = __atomic_load_n(&s->bytes, __ATOMIC_RELAXED),
		.suppressed = __atomic_load_n(&s->suppressed, __ATOMIC_RELAXED),
		.first_ns = __atomic_load_n(&s->first_ns, __ATOMIC_RELAXED),
		.last_ns = __atomic_load_n(&s->last_ns, __ATOMIC_RELAXED)};
	return true;
}

void rd_dropcount_forget(struct rd_dropcount *c, const struct rd_dropcount *from, uint16_t port)
{
	struct rd_dropcount_row r;

	for (uint32_t i = 0; i < RD_DROPCOUNT_SLOTS; i++) {
		if (!rd_dropcount_row(from, i, &r))
			continue;
		if (r.port == port)
			r.port = 0;
		rd_dropcount_add(c, &r);
	}
}
