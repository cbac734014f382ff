/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Stages and drop reasons as enums and tables, for the daemon and every client. Made from
 * stages.def and drops.def, which are the only places to edit.
 */
#pragma once

#include <stdint.h>

enum rd_stage {
	RD_STAGE_NONE = 0,
#define RD_STAGE(id, NAME, name, kind, compat, help) RD_STAGE_##NAME = (id),
#include "stages.def"
#undef RD_STAGE
	RD_STAGE_MAX = 64, // exclusive bound of ids: a stage is a bit in a uint64_t
};

enum rd_stage_kind {
	RD_STAGE_KIND_RX = 1,
	RD_STAGE_KIND_TX,
	RD_STAGE_KIND_IN,
	RD_STAGE_KIND_DROP,
};

struct rd_stage_desc {
	uint8_t id; // enum rd_stage
	uint8_t kind; // enum rd_stage_kind
	const char *name; // "uplink_rx": graph node, pcapng interface, CLI word
	const char *compat; // pktcap-uw's name of the nearest point, "" if none
	const char *help; // one line
};

enum rd_drop_reason {
	RD_DROP_NONE = 0,
#define RD_DROP(id, NAME, stage, class, meaning, hint, kin) RD_DROP_##NAME = (id),
#include "drops.def"
#undef RD_DROP
	RD_DROP_MAX = 256, // exclusive bound of ids, the size of per-worker counters
};

struct rd_drop_desc {
	uint16_t id; // enum rd_drop_reason
	char class; // M P R C X I, see drops.def
	const char *name; // "DFW_RULE_DENY"
	const char *stage; // "dfw_in", or "any"
	const char *meaning; // one sentence
	const char *hint; // what to try
	const char *kin; // names elsewhere
};

// All stages in the order of stages.def, and their number.
extern const struct rd_stage_desc rd_stages[];
extern const unsigned rd_stages_count;
// All drop reasons in the order of drops.def, and their number.
extern const struct rd_drop_desc rd_drops[];
extern const unsigned rd_drops_count;

// Description of a stage by id or by name (our name or the compat name of an alias); NULL if
// unknown.
const struct rd_stage_desc *rd_stage_by_id(unsigned id);
const struct rd_stage_desc *rd_stage_by_name(const char *name);
// Description of a drop reason by id or (case-insensitively) by name; NULL if unknown.
const struct rd_drop_desc *rd_drop_by_id(unsigned id);
const struct rd_drop_desc *rd_drop_by_name(const char *name);
