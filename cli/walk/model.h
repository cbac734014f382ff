/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Walks made from records: what `pktcap --json` wrote, grouped by packet id. A step is one record (one packet at one
 * stage); a hop is a step where a port gives or takes the packet. Used by report.c and picture.c.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "api/stages.h"
#include "base/err.h"

struct rd_step {
	const json_t *rec; // borrowed from rd_walks.records
	const struct rd_stage_desc *stage;
	const json_t *port; // item of port.list, NULL if the port is gone
	uint64_t ns;
};

struct rd_walk {
	uint64_t packet_id;
	struct rd_step *step; // in the order of the file, which is the order of time
	unsigned n, cap;
};

struct rd_walks {
	struct rd_walk *walk; // in the order of their first record
	unsigned n, cap;
	json_t *records; // array, owned
	json_t *ports; // port.list, owned
	json_t *flows; // flow.list, owned
};

// Reads newline-delimited JSON from a file ("-" = stdin) into w->records; -EBADMSG with the line's number.
int rd_walks_load(struct rd_walks *w, const char *path, struct rd_err *err);
// Groups w->records; w->ports must be there already. 0 or -ENOMEM.
int rd_walks_group(struct rd_walks *w);
void rd_walks_free(struct rd_walks *w);

bool rd_step_is_hop(const struct rd_step *s);
// Index of the next hop at or after i; walk->n if there is none.
unsigned rd_walk_hop(const struct rd_walk *walk, unsigned i);
unsigned rd_walk_hops(const struct rd_walk *walk);

// Fields of a record or item: "" and 0 when absent.
const char *rd_rec_str(const json_t *rec, const char *key);
uint64_t rd_rec_num(const json_t *rec, const char *key);
// Of the step's port: "arm/vmnic1", or what the record says when the port is gone.
const char *rd_step_port(const struct rd_step *s);
const char *rd_step_host(const struct rd_step *s);
// Index in w->flows of the entry that the packet used between the hops a and b; -1 if none.
int rd_walk_flow(const struct rd_walks *w, const struct rd_walk *walk, unsigned a, unsigned b);
