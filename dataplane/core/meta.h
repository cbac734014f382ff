/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Per-packet metadata: 64 bytes in the mbuf's private area (core/pools.c sizes it), one cache line. Filled by
 * poll or inject, read and written by the stages of one worker at a time; no locks.
 *
 * A copy of a packet must carry its metadata: use rd_meta_copy(); the raw clone calls are poisoned below.
 */
#pragma once

#include <rte_mbuf.h>

#include "api/stages.h"

#define RD_PORT_NONE 0 // port, segment and tunnel indexes start at 1
#define RD_ROUTED_MAX 15
#define RD_LINKS_MAX 8 // a packet that crosses more links runs in a ring

struct rd_flow;

enum rd_meta_flags {
	RD_META_MISS = 1 << 0, // this walk decides: its flow entry was made or re-decided now
	RD_META_HIT = 1 << 1,
	RD_META_TO_GUEST = 1 << 2,
	RD_META_FROM_GUEST = 1 << 3,
	RD_META_CLONE = 1 << 4,
	RD_META_INJECTED = 1 << 5,
	RD_META_MIRROR = 1 << 6, // a mirror's copy: never mirrored again
	RD_META_FROM_TUNNEL = 1 << 7,
};

struct rd_meta {
	uint64_t packet_id; // 15 bits salt of this run, 8 bits worker, 40 bits counter
	uint64_t parent_id; // of the original when RD_META_CLONE
	struct rd_flow *flow; // of this worker's table; NULL before flow_lookup and after a link
	uint32_t cap_match; // bit per capture slot: the session wants this packet
	uint32_t cap_done; // bit per capture slot: the filter was run on the present form
	uint32_t vni : 24; // of the segment, or of the tunnel header
	uint32_t
		routed : 4; // how often; also of what a router itself sends. Stays at RD_ROUTED_MAX
	uint32_t to_router : 1; // l2_lookup to route: the destination is the router of its segment
	uint32_t hash; // of the flow key, 0 = not computed
	uint32_t rule_id; // firewall rule that decided last
	uint16_t in_port; // table index of the port that the packet came from
	uint16_t out_port; // ... that it leaves by, once known
	uint16_t segment; // table index
	uint16_t tunnel; // came from (decap) or goes to (encap)
	uint16_t reason; // enum rd_drop_reason, set by rd_drop()
	uint16_t vlan; // as parsed
	uint8_t stage; // stage that has the packet now (before its node runs: the previous one)
	uint8_t flags; // enum rd_meta_flags
	uint8_t hop; // stages passed
	uint8_t links : 4; // links crossed
	uint8_t hash_source : 2; // enum rd_hash_source (core/handoff.h)
	uint8_t handed : 1; // another worker polled it
	uint8_t held : 1; // a probe: no device and no guest gets it
	uint8_t l3_off; // from the (present) Ethernet header, tags included
	uint8_t l4_off; // valid with RD_PKT_L4
	uint8_t proto; // IP protocol
	uint8_t pkt_flags; // enum rd_pkt_flags of the present form
};
_Static_assert(sizeof(struct rd_meta) == 64, "metadata is one cache line");

static inline struct rd_meta *rd_meta(struct rte_mbuf *m)
{
	return (struct rd_meta *)rte_mbuf_to_priv(m);
}

// Encap and decap change what a filter sees: every session looks again, but a following one that has matched
// keeps following (core/tap.c).
static inline void rd_meta_new_form(struct rd_meta *md)
{
	md->cap_done = 0;
}

// Deep copy with metadata (new packet id, parent set); NULL when the pool is empty. Worker only. (core/worker.c)
struct rd_worker;
struct rte_mbuf *rd_meta_copy(struct rd_worker *w, struct rte_mbuf *m);

#ifndef RD_RAW_MBUF_COPY
#undef rte_pktmbuf_copy
#undef rte_pktmbuf_clone
#define rte_pktmbuf_copy rd_poisoned_use_rd_meta_copy
#define rte_pktmbuf_clone rd_poisoned_use_rd_meta_copy
#endif
