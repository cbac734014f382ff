/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Walks in bounded memory: records as they come, live or from a file, grouped by packet. The oldest walk goes when there are too
 * many. Used by the full-screen walk; one thread.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "api/stages.h"

#define RD_STORE_WALKS 50000u
#define RD_STORE_BYTES (256u << 20)
#define RD_STORE_HOPS 64 // of a walk; more are counted, not kept
#define RD_STORE_FRAME 512 // bytes kept of a frame
#define RD_STORE_PATHS 64 // that are told apart

// What only a capture file wants to know of a hop. Words that come in few forms are kept as their place in a list of store_read.c.
struct rd_wk_facts {
	uint64_t parent_id;
	uint32_t port_id, lost;
	uint16_t hop, queue;
	uint8_t prev; // enum rd_stage
	uint8_t dir, guest_dir, match, hash, txq;
	uint8_t worker, one_in;
	bool handed, inner, made;
};

struct rd_show;

struct rd_wk_hop {
	uint64_t ns;
	const struct rd_stage_desc *stage;
	uint32_t len, caplen; // of the frame; bytes kept
	uint32_t rule, vni, flow;
	uint8_t verdict; // enum rd_wk_verdict
	char flow_hit[5]; // "hit", "miss", ""
	char reason[32], port[64]; // as the daemon calls them: to be cleaned where they are shown
	uint8_t *bytes;
	struct rd_wk_facts facts;
};

enum rd_wk_verdict {
	RD_WK_PASS,
	RD_WK_DROP,
	RD_WK_DELIVERED,
	RD_WK_SENT
};

struct rd_wk {
	uint64_t packet_id, number; // number: 1 for the first walk ever
	struct rd_wk_hop *hop;
	unsigned n, left_out;
	size_t bytes;
	uint32_t path; // hash of its stages and ports
	uint32_t conn; // of its connection, both directions (rd_wk_conn()); 0: none
	bool shown; // fits the filter
	bool marked; // by the person
	struct rd_wk *same; // of its bucket
};

struct rd_path {
	uint32_t hash;
	uint64_t walks, dropped;
	uint64_t p50_ns, p90_ns, p99_ns; // from the first hop to the last
	char text[200];
};

struct rd_store {
	struct rd_wk **ring; // by number % RD_STORE_WALKS
	struct rd_wk **bucket;
	uint64_t first, next; // numbers: [first, next) are there
	uint64_t dropped, forgotten, lost;
	size_t bytes;
	uint32_t
		frame; // bytes kept of a frame: RD_STORE_FRAME, or what the owner sets before the first record
	uint64_t shown, marked; // of those that are there
	struct rd_show *show; // which are shown; NULL: all
};

int rd_store_open(struct rd_store *s); // 0 or -ENOMEM
void rd_store_close(struct rd_store *s);
void rd_store_clear(struct rd_store *s); // of walks: as opened, with the filter that it has
// Takes one record of pktcap --json -x; what is none is passed over. 0 or -ENOMEM.
int rd_store_add(struct rd_store *s, const json_t *record);
// One record of pktcap --json -x as a hop, with at most frame bytes; stage NULL if it is none. bytes are the caller's to free. 0 or -ENOMEM.
int rd_wk_read(struct rd_wk_hop *h, const json_t *record, uint32_t frame);
// The words behind numbers of struct rd_wk_facts, as the JSON has them; "" for what is none.
const char *rd_wk_dir(unsigned n);
const char *rd_wk_guest_dir(unsigned n);
const char *rd_wk_match(unsigned n);
const char *rd_wk_hash(unsigned n);
const char *rd_wk_txq(unsigned n);
// The walk with this number; NULL when it is gone.
struct rd_wk *rd_store_walk(const struct rd_store *s, uint64_t number);
// The nearest shown walk from number on, in steps of 1 or -1; 0 if there is none.
uint64_t rd_store_step(const struct rd_store *s, uint64_t number, int step);
// Which walks are shown (walk/show.h). NULL or "" shows all; false when the expression is none: then nothing changes.
bool rd_store_filter(struct rd_store *s, const char *expression);
void rd_store_mark(struct rd_store *s, uint64_t number, bool marked);
// The walk of this packet; NULL when there is none.
struct rd_wk *rd_store_find(const struct rd_store *s, uint64_t packet_id);
// The nearest marked walk from number on, in steps of 1 or -1; 0 if there is none.
uint64_t rd_store_next_mark(const struct rd_store *s, uint64_t number, int step);
// The paths of all shown walks, the most used first. Returns their number.
unsigned rd_store_paths(const struct rd_store *s, struct rd_path *paths, unsigned max);

// "172.16.31.26:57448 > 172.16.31.25:80 tcp" from the innermost headers.
void rd_wk_title(const struct rd_wk *w, char *buf, size_t size);
// "DELIVERED", "DROPPED DFW_RULE_DENY", "on its way".
void rd_wk_end(const struct rd_wk *w, char *buf, size_t size);
