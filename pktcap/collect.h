/* SPDX-License-Identifier: BSD-3-Clause
 *
 * pktcap as the collector of mirrored packets (--decap of a file or a kernel's interface): every frame goes past mirror/collector, which
 * finds out who sent it and what is missing; the record gets what the copy says of itself, so that outputs know the source session, the
 * stage, the drop reason and the packet id, as they would of a daemon's own capture. Main thread.
 */
#pragma once

#include <stdio.h>

#include "api/caprec.h"
#include "collector/collector.h"
#include "opts.h"
#include "ports.h"
#include "sent.h"

#define PK_COLLECT_LEFT 1 // the frame is no copy, and only copies were asked for

struct pk_collect_kernel { // what a kernel says of its own losses
	bool known;
	uint64_t received, dropped, dropped_by_interface;
};

struct pk_collect;
// copies_only: other frames are left out. NULL with *err.
struct pk_collect *pk_collect_new(
	const struct pk_opts *o, struct pk_ports *ports, bool copies_only, struct rd_err *err);
void pk_collect_free(struct pk_collect *c); // NULL is fine

// A frame that arrived; its bytes follow the record in memory. 0, PK_COLLECT_LEFT, or -ENOMEM with *err.
int pk_collect_rec(struct pk_collect *c, struct rd_cap_rec *rec, struct rd_err *err);
void pk_collect_note_kernel(struct pk_collect *c, const struct pk_collect_kernel *k);
// At the end: text on stderr; --report: text or a JSON object on standard output. 0, -EPIPE, or another negative
// errno with *err.
int pk_collect_report(const struct pk_collect *c, struct rd_err *err);

// Of the report, in collect_text.c and collect_json.c. The JSON object is one line; NULL: no memory. The caller frees it.
// sent: NULL if nothing is known of the sender.
void pk_collect_text(const struct rd_collector *c, const struct pk_collect_kernel *k,
	const struct pk_sent *sent, FILE *out);
char *pk_collect_json(const struct rd_collector *c, const struct pk_collect_kernel *k,
	const struct pk_sent *sent);
