/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See dfw_filter.h.
 */
#include "tables/dfw_filter.h"

#include <string.h>

struct rd_dfw_filter rd_dfw_filters[RD_WORKER_IDS][RD_PORT_MAX];

static enum rd_dfw_why why_of(uint16_t reason)
{
	switch (reason) {
	case RD_DROP_DFW_RULE_DENY:
	case RD_DROP_DFW_DEFAULT_DENY:
	case RD_DROP_DFW_REJECTED:
		return RD_DFW_WHY_MATCH;
	case RD_DROP_DFW_BAD_OFFSET:
		return RD_DFW_WHY_BAD_OFFSET;
	case RD_DROP_FRAG_NO_HEAD:
		return RD_DFW_WHY_FRAGMENT;
	case RD_DROP_DFW_SHORT:
		return RD_DFW_WHY_SHORT;
	case RD_DROP_DFW_STATE_MEMORY:
		return RD_DFW_WHY_MEMORY;
	case RD_DROP_DFW_STATE_MISMATCH:
		return RD_DFW_WHY_STATE_MISMATCH;
	case RD_DROP_DFW_STATE_LIMIT:
		return RD_DFW_WHY_STATE_LIMIT;
	case RD_DROP_DFW_SYN_FLOOD:
		return RD_DFW_WHY_SYN_FLOOD;
	default:
		return RD_DFW_WHY_REST;
	}
}

void rd_dfw_dropped(unsigned worker, uint16_t port, enum rd_dfw_dir dir, enum rd_dfw_family family,
	uint16_t reason)
{
	struct rd_dfw_filter *f = &rd_dfw_filters[worker][port];

	rd_dfw_add_(&f->drop[rd_dfw_way(dir)][family], 1);
	rd_dfw_add_(&f->why[rd_dfw_way(dir)][why_of(reason)], 1);
}

void rd_dfw_filter_forget(unsigned worker, uint16_t port)
{
	struct rd_dfw_filter *f = &rd_dfw_filters[worker][port];
	uint64_t *count = (uint64_t *)f;

	for (unsigned i = 0; i < sizeof(*f) / sizeof(*count); i++)
		if (count[i] != 0) // writing would make a page of what was never used
			__atomic_store_n(&count[i], 0, __ATOMIC_RELAXED);
}

void rd_dfw_filter_sum(uint16_t port, struct rd_dfw_filter *sum)
{
	memset(sum, 0, sizeof(*sum));
	for (unsigned w = 0; w < rd_nb_workers; w++) {
		const uint64_t *from = (const uint64_t *)&rd_dfw_filters[w][port];
		uint64_t *to = (uint64_t *)sum;

		for (unsigned i = 0; i < sizeof(*sum) / sizeof(*to); i++)
			to[i] += __atomic_load_n(&from[i], __ATOMIC_RELAXED);
	}
}

const char *rd_dfw_why_name(enum rd_dfw_why why)
{
#define RD_DFW_WHY_NAME_(NAME, text) [RD_DFW_WHY_##NAME] = (text),
	static const char *const names[] = {RD_DFW_WHY(RD_DFW_WHY_NAME_)};

	return names[why];
}
