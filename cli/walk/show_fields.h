/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the show language can ask of a walk: one table, from which the help in docs/guide/walk.md is told, too. For show*.c.
 */
#pragma once

#include "walk/store.h"
#include "walk/tuple.h"

enum rd_show_type {
	RD_SHOW_NUMBER,
	RD_SHOW_TIME, // ns
	RD_SHOW_ADDRESS,
	RD_SHOW_STRING,
	RD_SHOW_FLAG
};

enum rd_show_id {
	RD_SHOW_IP,
	RD_SHOW_SRC,
	RD_SHOW_DST,
	RD_SHOW_L4,
	RD_SHOW_SPORT,
	RD_SHOW_DPORT,
	RD_SHOW_TCP,
	RD_SHOW_UDP,
	RD_SHOW_PROTO,
	RD_SHOW_VNI,
	RD_SHOW_VLAN,
	RD_SHOW_STAGE,
	RD_SHOW_PORT,
	RD_SHOW_HOST,
	RD_SHOW_DIR,
	RD_SHOW_VERDICT,
	RD_SHOW_REASON,
	RD_SHOW_RULE,
	RD_SHOW_FLOW,
	RD_SHOW_CACHE,
	RD_SHOW_LATENCY,
	RD_SHOW_DNS,
	RD_SHOW_LEN,
	RD_SHOW_QUEUE,
	RD_SHOW_WORKER,
	RD_SHOW_HOPS,
	RD_SHOW_WALK,
	RD_SHOW_PACKET,
	RD_SHOW_PATH,
	RD_SHOW_MARK,
	RD_SHOW_COMMENT,
	RD_SHOW_ANYWHERE, // a word without a field
	RD_SHOW_IDS
};

struct rd_show_field {
	const char *name, *other; // NULL: none
	enum rd_show_type type;
	bool words; // only some words are values
};

struct rd_show_facts { // of a walk, made once
	const struct rd_wk *w;
	struct rd_wk_tuple tuple;
};

extern const struct rd_show_field rd_show_fields[RD_SHOW_IDS];

// By its name; RD_SHOW_IDS if it is none.
enum rd_show_id rd_show_field(const char *name);
// The i-th word that can be a value; NULL behind the last.
const char *rd_show_word(enum rd_show_id id, unsigned i);
bool rd_show_word_value(enum rd_show_id id, const char *word, uint64_t *value);
// How often a walk has it: once, or at every hop.
unsigned rd_show_times(enum rd_show_id id, const struct rd_wk *w);
// The values of one of these times. Returns how many.
unsigned rd_show_numbers(
	enum rd_show_id id, const struct rd_show_facts *f, unsigned hop, uint64_t out[2]);
unsigned rd_show_addresses(enum rd_show_id id, const struct rd_show_facts *f, const char *out[2]);
const char *rd_show_string(
	enum rd_show_id id, const struct rd_show_facts *f, unsigned hop, char *buf, size_t size);
