/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the firewall of each port passed and dropped, by direction and family, and why. A worker adds; control sums without locks.
 * Every packet that enters dfw_in or dfw_out is counted here once, also on the fast path: the sums over all ports are
 * the stages' counters.
 */
#pragma once

#include "core/worker.h"
#include "tables/dfw.h"

enum rd_dfw_family {
	RD_DFW_V4,
	RD_DFW_V6,
	RD_DFW_OTHER, // no IP
	RD_DFW_FAMILIES,
};

// The vendor's words for drops, and the reasons that each of them stands for (the last one: whatever else).
#define RD_DFW_WHY(X)                       \
	X(MATCH, "match")                   \
	X(BAD_OFFSET, "bad-offset")         \
	X(FRAGMENT, "fragment")             \
	X(SHORT, "short")                   \
	X(MEMORY, "memory")                 \
	X(STATE_MISMATCH, "state-mismatch") \
	X(STATE_LIMIT, "state-limit")       \
	X(SYN_FLOOD, "syn-flood")           \
	X(REST, "other")
enum rd_dfw_why {
#define RD_DFW_WHY_ENUM_(NAME, text) RD_DFW_WHY_##NAME,
	RD_DFW_WHY(RD_DFW_WHY_ENUM_) RD_DFW_WHY_COUNT
};

struct rd_dfw_filter { // index of a direction: 0 = in, to the guest; 1 = out
	uint64_t pass[2][RD_DFW_FAMILIES], drop[2][RD_DFW_FAMILIES];
	uint64_t why[2][RD_DFW_WHY_COUNT]; // of the drops
} __rte_cache_aligned;

// Pages that nobody has counted in take no memory.
extern struct rd_dfw_filter rd_dfw_filters[RD_WORKER_IDS][RD_PORT_MAX];

static inline unsigned rd_dfw_way(enum rd_dfw_dir dir)
{
	return dir == RD_DFW_IN ? 0 : 1;
}

// Worker: packets that a port's firewall let through.
static inline void rd_dfw_passed(
	unsigned worker, uint16_t port, enum rd_dfw_dir dir, enum rd_dfw_family family, uint32_t nb)
{
	rd_dfw_add_(&rd_dfw_filters[worker][port].pass[rd_dfw_way(dir)][family], nb);
}
// Worker: one that it dropped; reason is an enum rd_drop_reason.
void rd_dfw_dropped(unsigned worker, uint16_t port, enum rd_dfw_dir dir, enum rd_dfw_family family,
	uint16_t reason);
// Worker: the port is gone.
void rd_dfw_filter_forget(unsigned worker, uint16_t port);
// Any thread: the sum over all workers.
void rd_dfw_filter_sum(uint16_t port, struct rd_dfw_filter *sum);
const char *rd_dfw_why_name(enum rd_dfw_why why);
