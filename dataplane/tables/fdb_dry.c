/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What learning a station would do, for walks that only ask (core/dry.h). Control thread.
 */
#include "tables/fdb_slot.h"

static bool has_room(uint64_t key)
{
	uint32_t first[2];

	fdb_buckets(key, first);
	for (unsigned b = 0; b < 2; b++)
		for (uint32_t s = first[b]; s < first[b] + FDB_BUCKET; s++)
			if (fdb_peek(s) == 0)
				return true;
	return false;
}

uint32_t rd_fdb_would_learn(uint16_t segment, const uint8_t mac[6], bool is_tunnel, uint16_t to,
	uint32_t now_s, bool *changes)
{
	uint64_t key = fdb_key(segment, mac), val;

	*changes = false;
	if (segment == 0 || (mac[0] & 1) != 0 || rd_fdb_.slot == NULL)
		return RD_FDB_FULL;
	if (rd_fdb_find_slot(key, &val) == FDB_NONE) {
		if (rd_fdb_is_full(segment))
			return RD_FDB_LIMIT;
		*changes = has_room(key);
		return *changes ? 0 : RD_FDB_FULL;
	}
	if (fdb_kind(val) != RD_FDB_LEARNED
		|| fdb_same(val, fdb_val(RD_FDB_LEARNED, is_tunnel, to, now_s)))
		return 0;
	if (rd_fdb_is_restless(key, now_s))
		return RD_FDB_MOVES;
	*changes = true;
	return 0;
}
