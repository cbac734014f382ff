/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Distributed firewall rules of one port. An immutable ordered list with a default; control replaces the whole list
 * (rd_port_edit, set dfw, rd_port_publish), workers match on a flow miss. First match wins.
 * Hits are counted per worker, also for packets of cached flows (rd_dfw_hit).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "core/worker.h"
#include "tables/flow.h"

enum rd_dfw_dir { // relative to the guest, as in the vendor's rule text
	RD_DFW_IN = 1 << 0, // to the guest
	RD_DFW_OUT = 1 << 1, // from the guest
	RD_DFW_INOUT = 3,
};

struct rd_dfw_rule {
	uint32_t id; // >= 1
	uint8_t dir; // enum rd_dfw_dir
	bool allow;
	uint8_t proto; // 0 = any
	uint8_t src_family, dst_family; // AF_INET, AF_INET6, 0 = any
	uint8_t src_len, dst_len; // prefix bits
	uint8_t src[16], dst[16];
	uint16_t sport_lo, sport_hi, dport_lo, dport_hi; // 0..65535 = any
	char name[48];
};

struct rd_dfw {
	uint32_t nb;
	bool default_allow;
	uint32_t hash_mask;
	uint32_t *hash; // id to index + 1, for rd_dfw_hit
	uint32_t stride; // counters of one worker, whole cache lines
	uint64_t *hits; // [RD_WORKER_MAX][stride]; [nb] is the default's
	uint64_t *carried; // [nb + 1]: hits of the lists that this one came from; control only
	struct rd_dfw_rule rule[];
};

struct rd_dfw_verdict {
	bool allow;
	uint32_t rule_id; // 0 = default
	uint16_t reason; // enum rd_drop_reason when not allowed
};

// Worker: decides for a flow key. Frames that are neither IPv4 nor IPv6 are allowed, as rule 0: these are rules about IP.
// A rule with ports matches only TCP and UDP packets whose ports are known (not later fragments).
struct rd_dfw_verdict rd_dfw_match(
	const struct rd_dfw *d, enum rd_dfw_dir dir, const struct rd_flow_key *k);
// Worker: one more packet decided by this rule id.
void rd_dfw_hit(const struct rd_dfw *d, unsigned worker, uint32_t rule_id);

// Control: new lists from old ones (old may be NULL; it is not freed). NULL and *err.
struct rd_dfw *rd_dfw_with_rule(
	const struct rd_dfw *old, const struct rd_dfw_rule *rule, struct rd_err *err);
struct rd_dfw *rd_dfw_without_rule(const struct rd_dfw *old, uint32_t id, struct rd_err *err);
struct rd_dfw *rd_dfw_with_default(const struct rd_dfw *old, bool allow, struct rd_err *err);
void rd_dfw_free(struct rd_dfw *d); // NULL is fine
// Adds the final hits of `old` to those of `d`, rule by rule; called by rd_port_publish when no worker uses old any more.
void rd_dfw_carry(struct rd_dfw *d, const struct rd_dfw *old);
uint64_t rd_dfw_hits(const struct rd_dfw *d, uint32_t rule_id); // sum over workers
