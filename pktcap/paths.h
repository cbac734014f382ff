/* SPDX-License-Identifier: BSD-3-Clause
 *
 * --summary: the ways that walks took, each with how many took it and how long every hop of it took; and what became of the dropped
 * ones. Memory is bounded: PK_PATHS_MAX ways, PK_PATH_HISTS histograms in all, PK_PATH_DROPS causes; what is beyond is counted.
 * Main thread.
 */
#pragma once

#include "hist.h"
#include "walk.h"

#define PK_PATHS_MAX 1000u
#define PK_PATH_HISTS 8192u // 20 MB
#define PK_PATH_DROPS 1000u

struct pk_path_hop {
	uint32_t port_id;
	uint16_t port_idx;
	uint8_t stage;
	char where[96]; // "dfw_in@eth0"
	struct pk_hist hist; // since the hop before
};

struct pk_path {
	uint64_t hash;
	uint64_t walks;
	unsigned nb_hops;
	struct pk_path_hop *hops;
	struct pk_hist total; // from the first record to the last
	char end[64]; // "DELIVERED", "DROPPED DFW_RULE_DENY"
};

struct pk_drop_cause {
	uint64_t walks;
	uint32_t rule;
	uint16_t reason;
	uint8_t stage; // that dropped
};

struct pk_paths {
	struct pk_path *list[PK_PATHS_MAX];
	unsigned count, hists;
	uint64_t walks, other; // other: of ways that there was no room for
	struct pk_drop_cause drops[PK_PATH_DROPS];
	unsigned nb_drops;
	uint64_t dropped, other_drops;
};

struct pk_paths *pk_paths_new(void); // NULL when out of memory
void pk_paths_free(struct pk_paths *p); // NULL is fine
int pk_paths_add(struct pk_paths *p, const struct pk_walk *w); // 0 or -ENOMEM
// Most walks first.
void pk_paths_sort(struct pk_paths *p);

// paths_print.c: the table, or one JSON object on a line. 0, or as pk_text_line().
int pk_paths_print(struct pk_paths *p, struct rd_err *err);
int pk_paths_print_json(struct pk_paths *p, struct rd_err *err);
