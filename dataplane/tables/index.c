/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Building of index hashes. Control thread.
 */
#include "tables/index.h"

#include "tables/retire.h"

#include <stdlib.h>

struct rd_index *rd_index_new(unsigned nb)
{
	uint32_t size = 4;
	struct rd_index *idx;

	while (size < nb * 2)
		size *= 2;
	idx = calloc(1, sizeof(*idx) + size * sizeof(idx->slot[0]));
	if (idx != NULL)
		idx->mask = size - 1;
	return idx;
}

void rd_index_put(struct rd_index *idx, uint64_t key, uint16_t value)
{
	uint32_t i = (uint32_t)rd_mix64(key) & idx->mask;

	while (idx->slot[i].key != 0) {
		if (idx->slot[i].key == key)
			return;
		i = (i + 1) & idx->mask;
	}
	idx->slot[i].key = key;
	idx->slot[i].value = value;
}

void rd_index_publish(struct rd_index **at, struct rd_index *fresh)
{
	struct rd_index *old = *at;

	__atomic_store_n(at, fresh, __ATOMIC_RELEASE);
	rd_retire(old, free);
}
