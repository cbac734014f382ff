/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Groups in groups: a group has the addresses and members of the groups that it contains, at any depth up to a bound, and
 * never contains itself. Control thread.
 */
#pragma once

#include "tables/dfw_model.h"

#define RD_DFW_NEST_MAX 8 // groups on a way from one that nobody contains to one that contains none
#define RD_DFW_INNER_MAX 256 // groups that one contains directly

// Whether the group at this index, which is in m already, makes no ring and no chain that is too long. 0, -ELOOP or
// -E2BIG, and *err names the groups.
int rd_dfw_nest_check(const struct rd_dfw_model *m, uint16_t group, struct rd_err *err);
// The first group that contains this one directly, or NULL.
const struct rd_dfw_group *rd_dfw_nest_outer(const struct rd_dfw_model *m, uint16_t group);

struct rd_dfw_seen { // groups that a walk has met
	uint64_t bit[RD_DFW_GROUP_MAX / 64];
};
// True the first time.
static inline bool rd_dfw_seen_new(struct rd_dfw_seen *s, uint16_t group)
{
	uint64_t bit = UINT64_C(1) << (group % 64);
	bool fresh = (s->bit[group / 64] & bit) == 0;

	s->bit[group / 64] |= bit;
	return fresh;
}
