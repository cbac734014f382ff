/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a copy's own headers say about it, beside the tunnel that it came by: when, where and why it was captured, which packet it is
 * a copy of, how long that was. Read from our Geneve options (encap.h lists them) and from ERSPAN's fields. Pure; the input is
 * hostile: a field is read only where its bytes are. Any thread.
 */
#pragma once

#include "encap/decap.h"
#include "encap/encap.h"

enum rd_fact { // bits: which of the members below are known
	RD_FACT_TIME = 1 << 0,
	RD_FACT_SEQ = 1 << 1,
	RD_FACT_STAGE = 1 << 2,
	RD_FACT_REASON = 1 << 3,
	RD_FACT_SESSION = 1 << 4,
	RD_FACT_PORT = 1 << 5,
	RD_FACT_WIRE_LEN = 1 << 6,
	RD_FACT_PACKET = 1 << 7,
	RD_FACT_DIR = 1 << 8, // flags' RD_COPY_EGRESS is meant
	RD_FACT_OPTIONS = 1 << 9, // some option of ours was there
};

struct rd_facts {
	uint16_t has; // enum rd_fact
	uint16_t session, port, reason;
	uint8_t stage;
	uint8_t flags; // enum rd_copy_flags; RD_COPY_TRUNCATED is always meant
	uint32_t seq, wire_len;
	uint64_t ns, packet_id;
	uint8_t strange; // Geneve options that are not ours
	bool critical; // one of those is critical: to understand the packet one must know it
	bool malformed; // Geneve's options do not fill their room; what came before the fault is good
};

struct rd_facts_how {
	uint16_t opt_class; // of our Geneve options
	bool reddot; // ERSPAN's index, hardware id and security group are a reddot's: stage, port, direction, drop reason
};

// Of a frame that rd_decap() took: the same bytes, and what it found.
void rd_facts_read(const uint8_t *frame, const struct rd_decap *d, const struct rd_facts_how *how,
	struct rd_facts *f);
// The options alone: len bytes, a multiple of 4.
void rd_facts_options(const uint8_t *options, size_t len, uint16_t opt_class, struct rd_facts *f);

// How long the inner frame (len readable bytes of it) was where it was captured: our option says it; of a truncated frame its IP header
// does, at least. Else, and never less, what came.
uint32_t rd_facts_wire_len(
	const uint8_t *inner, size_t len, const struct rd_decap *d, const struct rd_facts *f);

// " seq=7 stage=vnic_tx egress reason=DFW_RULE_DENY packet=12 of=1514": for people and comments, "" if there is nothing to say. Returns buf.
#define RD_FACTS_TEXT 224
const char *rd_facts_text(const struct rd_facts *f, char *buf, size_t size);
