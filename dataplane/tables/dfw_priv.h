/* SPDX-License-Identifier: BSD-3-Clause
 *
 * From rule ids to positions, for dfw.c and dfw_list.c only.
 */
#pragma once

#include "tables/dfw.h"
#include "tables/index.h"

// Position of a rule, nb (the default's) when there is none with this id. Any thread.
static inline uint32_t dfw_index(const struct rd_dfw *d, uint32_t id)
{
	uint32_t at;

	if (id == 0)
		return d->nb;
	for (uint32_t i = (uint32_t)rd_mix64(id) & d->hash_mask;; i = (i + 1) & d->hash_mask) {
		at = d->hash[i];
		if (at == 0)
			return d->nb;
		if (d->rule[at - 1].id == id)
			return at - 1;
	}
}
