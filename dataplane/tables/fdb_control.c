/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The forwarding database as control uses it: static and port entries, aging, flushing, listing. Workers learn meanwhile, so
 * each change is a compare and swap like theirs.
 */
#include "tables/tables.h"

#include "tables/fdb_slot.h"

#include <string.h>

// Only the control thread makes and removes entries that are not learned, so those don't change under it.
int rd_fdb_put(
	uint16_t segment, const uint8_t mac[6], enum rd_fdb_kind kind, bool is_tunnel, uint16_t to)
{
	uint64_t key = fdb_key(segment, mac), val;
	uint64_t fresh = fdb_val(kind, is_tunnel, to, 0);

	if (rd_fdb_.slot == NULL)
		return -ENXIO;
	for (;;) { // ends: workers can't move one station for ever between two of our instructions
		uint32_t slot = rd_fdb_find_slot(key, &val);

		if (slot == FDB_NONE)
			return rd_fdb_insert_slot(key, fresh, true) == FDB_NONE ? -ENOSPC : 0;
		if (fdb_cas(slot, key, val, key, fresh))
			return 0;
	}
}

int rd_fdb_drop(uint16_t segment, const uint8_t mac[6])
{
	uint64_t key = fdb_key(segment, mac), val;

	for (;;) {
		uint32_t slot = rd_fdb_find_slot(key, &val);

		if (slot == FDB_NONE)
			return -ENOENT;
		if (fdb_cas(slot, key, val, 0, 0))
			return 0;
	}
}

int rd_fdb_add(
	uint16_t segment, const uint8_t mac[6], enum rd_fdb_kind kind, bool is_tunnel, uint16_t to)
{
	uint64_t val;
	int rc;

	if (segment == 0 || rd_mac_is_multicast(mac) || rd_mac_is_zero(mac))
		return -EINVAL;
	if (rd_fdb_find_slot(fdb_key(segment, mac), &val) != FDB_NONE
		&& fdb_kind(val) >= RD_FDB_PORT && kind != fdb_kind(val))
		return -EEXIST;
	rc = rd_fdb_put(segment, mac, kind, is_tunnel, to);
	if (rc == 0)
		rd_generation_segment(segment);
	return rc;
}

int rd_fdb_del(uint16_t segment, const uint8_t mac[6])
{
	uint64_t val;
	int rc;

	if (rd_fdb_find_slot(fdb_key(segment, mac), &val) == FDB_NONE)
		return -ENOENT;
	if (fdb_kind(val) >= RD_FDB_PORT)
		return -EBUSY;
	rc = rd_fdb_drop(segment, mac);
	if (rc == 0)
		rd_generation_segment(segment);
	return rc;
}

typedef bool (*doomed_fn)(const void *arg, uint64_t key, uint64_t val);

// Removes one slot's entry if it is doomed; flows of its segment decide again. A swap that fails means that a worker has just touched, moved or replaced
// it: judge again.
static bool remove_slot(uint32_t slot, doomed_fn doomed, const void *arg)
{
	uint64_t key, val;

	for (;;) { // ends: workers touch an entry once a second
		fdb_read(slot, &key, &val);
		if (key == 0 || !doomed(arg, key, val))
			return false;
		if (!fdb_cas(slot, key, val, 0, 0))
			continue;
		rd_generation_segment((uint16_t)(key >> 48));
		return true;
	}
}

static unsigned remove_if(doomed_fn doomed, const void *arg)
{
	static uint32_t learned[RD_SEGMENT_MAX];
	unsigned removed = 0;

	memset(learned, 0, sizeof(learned));
	for (uint32_t s = 0; s < rd_fdb_.nb_slots; s++) {
		uint64_t key = fdb_peek(s);

		if (key != 0 && remove_slot(s, doomed, arg))
			removed++;
		else if (key != 0 && fdb_kind(rd_fdb_.slot[s].val[1]) == RD_FDB_LEARNED)
			learned[(key >> 48) % RD_SEGMENT_MAX]++;
	}
	rd_fdb_recount(learned);
	return removed;
}

struct flush {
	uint16_t segment;
	bool learned_only;
};

static bool is_flushed(const void *arg, uint64_t key, uint64_t val)
{
	const struct flush *f = arg;

	if (f->segment != 0 && f->segment != key >> 48)
		return false;
	return fdb_kind(val) == RD_FDB_LEARNED || (!f->learned_only && fdb_kind(val) < RD_FDB_PORT);
}

unsigned rd_fdb_flush(uint16_t segment, bool learned_only)
{
	struct flush f = {.segment = segment, .learned_only = learned_only};

	return remove_if(is_flushed, &f);
}

static bool leads_there(const void *arg, uint64_t key, uint64_t val)
{
	(void)key;
	return (((val ^ *(const uint64_t *)arg) >> 32) & 0x1ffff) == 0;
}

unsigned rd_fdb_purge(bool is_tunnel, uint16_t to)
{
	uint64_t val = fdb_val(0, is_tunnel, to, 0);

	return remove_if(leads_there, &val);
}

static bool is_old(const void *arg, uint64_t key, uint64_t val)
{
	const struct rd_segment *s = rd_segment_at((uint16_t)(key >> 48));
	uint32_t silent_s = *(const uint32_t *)arg - fdb_last(val);

	if (fdb_kind(val) != RD_FDB_LEARNED)
		return false;
	if (s == NULL)
		return true;
	// A worker's clock may be ahead of ours: then the difference is negative.
	return s->aging_s != 0 && (int32_t)silent_s >= 0 && silent_s >= s->aging_s;
}

unsigned rd_fdb_age(uint32_t now_s)
{
	return remove_if(is_old, &now_s);
}

static bool read_entry(uint32_t slot, struct rd_fdb_entry *e)
{
	uint64_t key, val;

	fdb_read(slot, &key, &val);
	*e = (struct rd_fdb_entry){.segment = (uint16_t)(key >> 48),
		.kind = fdb_kind(val),
		.is_tunnel = fdb_is_tunnel(val),
		.to = fdb_to(val),
		.last_s = fdb_last(val)};
	for (unsigned i = 0; i < 6; i++)
		e->mac[i] = (uint8_t)(key >> (40 - 8 * i));
	return key != 0;
}

int rd_fdb_some(
	uint32_t *at, uint32_t look, int (*fn)(void *arg, const struct rd_fdb_entry *e), void *arg)
{
	int rc = 0;

	for (; *at < rd_fdb_.nb_slots && look > 0 && rc == 0; look--) {
		struct rd_fdb_entry e;

		if (read_entry((*at)++, &e))
			rc = fn(arg, &e);
	}
	if (*at >= rd_fdb_.nb_slots)
		*at = UINT32_MAX;
	return rc;
}

int rd_fdb_each(int (*fn)(void *arg, const struct rd_fdb_entry *e), void *arg)
{
	uint32_t at = 0;

	return rd_fdb_some(&at, UINT32_MAX, fn, arg);
}
