/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Takes apart what arrives at a collector: which source sent it, what the copy says of itself, and per source what came, what is missing,
 * how the clocks differ; and what had to be refused, by name. A source is an outer source and destination address, an encapsulation, and a
 * session, VNI or key: senders count their sequence numbers so. Frames are looked at, not kept. One thread per collector.
 */
#pragma once

#include "collector/skew.h"
#include "collector/seq.h"

#define RD_COLLECTOR_MAX_SOURCES 4096u
#define RD_SOURCE_REASONS 32u // that are told apart
#define RD_SOURCE_STAGES 64u // enum rd_stage; 0: none known

struct rd_source_key {
	enum rd_decap_kind kind;
	uint8_t family; // 4 or 6
	bool has_id, has_session;
	uint8_t unused; // no holes: keys are compared as bytes
	uint8_t src[16], dst[16]; // IPv4 in the first 4 bytes
	uint32_t id; // VNI, GRE key, ERSPAN session
	uint16_t session; // of our Geneve option
	uint16_t unused2;
};
_Static_assert(sizeof(struct rd_source_key) == 48, "no holes");

struct rd_reason_count {
	uint16_t reason;
	uint64_t packets;
};

struct rd_source {
	struct rd_source_key key;
	uint32_t number; // 1 and more, in the order of their first packets
	uint64_t packets, bytes; // of inner frames, as they came
	uint64_t truncated; // at the source: T, our flag, or our option's length is greater
	uint64_t cut; // here: the capture has fewer bytes than came
	uint64_t bad_frames; // ERSPAN III's BSO: short, oversized, damaged when they were mirrored
	uint64_t odd_types, strange_options, critical_options, malformed_options;
	uint64_t sampled; // others like them were left out at the source
	uint64_t first_ns, last_ns; // arrival
	uint64_t by_stage[RD_SOURCE_STAGES];
	uint64_t by_direction[2]; // ingress, egress; of those that say
	struct rd_reason_count reasons[RD_SOURCE_REASONS];
	unsigned nb_reasons;
	uint64_t other_reasons; // of reasons beyond those
	struct rd_seq seq;
	struct rd_skew clock;
};

struct rd_collected { // of one frame
	enum rd_decap_result result;
	struct rd_decap decap;
	struct rd_facts facts;
	struct rd_source *source; // NULL: not a copy, refused, or too many sources
	enum rd_seq_what seq; // if facts has RD_FACT_SEQ
	uint64_t source_ns; // when it was captured by the source's clock; 0 = not known
	uint32_t
		wire_len; // of the inner frame where it was captured, as far as the copy tells; at least decap.inner_len
};

struct rd_collector;
struct rd_collector *rd_collector_new(const struct rd_facts_how *how); // NULL: no memory
void rd_collector_free(struct rd_collector *c); // NULL is fine

// len readable bytes of a frame of wire_len that arrived at ns. 0, or -ENOMEM; all of *out is set.
int rd_collector_add(struct rd_collector *c, const uint8_t *frame, size_t len, size_t wire_len,
	uint64_t ns, struct rd_collected *out);

// In the order of their first packets; NULL behind the last one.
const struct rd_source *rd_collector_source(const struct rd_collector *c, uint32_t i);
uint64_t rd_collector_copies(const struct rd_collector *c); // of all sources
uint64_t rd_collector_others(const struct rd_collector *c); // frames without a tunnel
uint64_t rd_collector_refused(const struct rd_collector *c, enum rd_decap_fault fault);
uint64_t rd_collector_crowded(
	const struct rd_collector *c); // copies of sources beyond the most that are told apart

// "erspan2-100", "geneve-74752.3", "gre-0xdeadbeef", "erspan1". Returns buf.
#define RD_SOURCE_NAME 40
const char *rd_source_name(const struct rd_source_key *k, char *buf, size_t size);
