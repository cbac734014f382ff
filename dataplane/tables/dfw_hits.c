/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Slots of firewall rules, and their counters. Control thread; workers only add to the counters.
 *
 * Workers' counters only grow. What a slot had when its rule got it is remembered and subtracted, so a slot can be
 * used again without anybody stopping the workers.
 */
#include "tables/dfw.h"

#include <errno.h>

struct rd_dfw_count rd_dfw_counts[RD_WORKER_IDS][RD_DFW_SLOT_MAX];
uint32_t rd_dfw_slot_ids[RD_DFW_SLOT_MAX];

static struct rd_dfw_count base[RD_DFW_SLOT_MAX];
static uint32_t refs[RD_DFW_SLOT_MAX];
static uint16_t next_slot =
	1; // the search goes round, so a slot that was freed rests as long as it can
static unsigned nb_used;

static uint64_t get(const uint64_t *count)
{
	return __atomic_load_n(count, __ATOMIC_RELAXED);
}

static struct rd_dfw_count sum_of(uint16_t slot)
{
	struct rd_dfw_count sum = {0};

	for (unsigned w = 0; w < RD_WORKER_MAX; w++) {
		const struct rd_dfw_count *c = &rd_dfw_counts[w][slot];

		sum.packets += get(&c->packets);
		sum.bytes += get(&c->bytes);
		sum.sessions += get(&c->sessions);
	}
	return sum;
}

int rd_dfw_slot_new(uint32_t rule_id)
{
	uint16_t slot = next_slot;

	if (nb_used == RD_DFW_SLOT_MAX - 1)
		return -ENOSPC;
	while (slot == 0 || refs[slot] != 0)
		slot++; // wraps
	next_slot = (uint16_t)(slot + 1);
	nb_used++;
	refs[slot] = 1;
	base[slot] = sum_of(slot);
	__atomic_store_n(&rd_dfw_slot_ids[slot], rule_id, __ATOMIC_RELAXED);
	return slot;
}

uint16_t rd_dfw_slot_ref(uint16_t slot)
{
	if (slot != 0)
		refs[slot]++;
	return slot;
}

void rd_dfw_slot_put(uint16_t slot)
{
	if (slot != 0 && --refs[slot] == 0)
		nb_used--;
}

struct rd_dfw_count rd_dfw_slot_count(uint16_t slot)
{
	struct rd_dfw_count c = sum_of(slot);

	c.packets -= base[slot].packets;
	c.bytes -= base[slot].bytes;
	c.sessions -= base[slot].sessions;
	return c;
}

void rd_dfw_slot_reset(uint16_t slot)
{
	base[slot] = sum_of(slot);
}
