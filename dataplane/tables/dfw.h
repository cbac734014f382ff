/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The distributed firewall as workers see it: a compiled rule set per port (tables/dfw_policy.h says which), immutable,
 * shared by the ports that have the same rules. First match wins; rules on MACs and ethertypes come before those on IP.
 *
 * A rule, and a port's default, has a slot: a small number for as long as the rule exists, whatever happens around it. Its
 * counters are per worker at that number, so counting a packet is an addition without a lookup.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "core/worker.h"
#include "tables/conn.h"
#include "tables/flow.h"

#define RD_DFW_SLOT_MAX 65536 // rules and defaults at a time; slot 0 = none

enum rd_dfw_dir { // relative to the guest, as in the vendor's rule text
	RD_DFW_IN = 1 << 0, // to the guest
	RD_DFW_OUT = 1 << 1, // from the guest
	RD_DFW_INOUT = 3,
};

enum rd_dfw_action {
	RD_DFW_ALLOW,
	RD_DFW_DROP,
	RD_DFW_REJECT, // dropped, and the sender is told
};

struct rd_dfw_verdict {
	uint32_t rule_id; // 0 = default
	uint16_t slot; // to be counted; 0 = nothing to count
	uint16_t reason; // enum rd_drop_reason when not allowed
	uint8_t action; // enum rd_dfw_action
	bool log;
};

struct rd_dfw_term; // dfw_compile.h: one alternative of a rule
struct rd_dfw_rules; // what it was made from; control only
struct rte_acl_ctx;

struct rd_dfw {
	bool stateful; // replies of allowed connections pass
	struct rd_conn_limits limits;
	uint32_t serial; // no two rule sets of a daemon's life have the same
	struct rd_dfw_verdict dflt; // when no rule matches
	uint32_t nb_l2, nb_flat; // terms
	struct rd_dfw_term *l2; // tried one by one
	struct rd_dfw_term *flat; // likewise, when they are few
	struct rte_acl_ctx *acl[2]; // else: IPv4, IPv6; NULL = no rule of this family
	struct rd_dfw_verdict *verdict; // of the rules, in their order
	struct rd_dfw_rules *rules;
};

// Worker: decides for a packet with this key that goes this way. Ports (ICMP: type and code) are compared only when the key has
// them (ft = L4): later fragments match rules without. Frames without IP pass unless a rule on MACs or ethertypes says
// otherwise: a guest that can't resolve addresses is of no use.
struct rd_dfw_verdict rd_dfw_match(
	const struct rd_dfw *d, enum rd_dfw_dir dir, const struct rd_flow_key *k);
// Worker: only the rules on MACs and ethertypes, which also replies have to pass.
struct rd_dfw_verdict rd_dfw_match_l2(
	const struct rd_dfw *d, enum rd_dfw_dir dir, const struct rd_flow_key *k);

struct rd_dfw_count {
	uint64_t packets, bytes, sessions;
	uint64_t pad; // two counters in a cache line, none in two
};
// Pages that nobody has counted in take no memory.
extern struct rd_dfw_count rd_dfw_counts[RD_WORKER_IDS][RD_DFW_SLOT_MAX];
extern uint32_t rd_dfw_slot_ids[RD_DFW_SLOT_MAX]; // atomic

static inline void rd_dfw_add_(uint64_t *count, uint64_t n)
{
	// Only this worker writes it; control reads it at any time.
	__atomic_store_n(count, *count + n, __ATOMIC_RELAXED);
}
// Worker: packets decided by this rule.
static inline void rd_dfw_hit(unsigned worker, uint16_t slot, uint32_t packets, uint64_t bytes)
{
	struct rd_dfw_count *c = &rd_dfw_counts[worker][slot];

	rd_dfw_add_(&c->packets, packets);
	rd_dfw_add_(&c->bytes, bytes);
}
// Worker: a connection that this rule has let in.
static inline void rd_dfw_session(unsigned worker, uint16_t slot)
{
	rd_dfw_add_(&rd_dfw_counts[worker][slot].sessions, 1);
}
// Any thread: id of the rule with this slot, 0 = a default.
static inline uint32_t rd_dfw_slot_id(uint16_t slot)
{
	return __atomic_load_n(&rd_dfw_slot_ids[slot], __ATOMIC_RELAXED);
}

// --- control thread (dfw_hits.c) ---

// A slot with its counters at 0, and one reference. -ENOSPC.
int rd_dfw_slot_new(uint32_t rule_id);
uint16_t rd_dfw_slot_ref(uint16_t slot);
void rd_dfw_slot_put(uint16_t slot); // the last one frees it
struct rd_dfw_count rd_dfw_slot_count(uint16_t slot); // sum over workers
void rd_dfw_slot_reset(uint16_t slot); // counts from 0
