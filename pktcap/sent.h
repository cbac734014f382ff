/* SPDX-License-Identifier: BSD-3-Clause
 *
 * --sent: what the sender says of its losses. A file with the JSON of `show mirror counters`, taken when the capture had ended, and
 * perhaps one from before it, tell which of the missing numbers the sender's own device refused, and how many numbers it gave after the
 * last one that came; the rest is the network's. Copies that were lost before they had a number are told by what became of them.
 * Main thread.
 */
#pragma once

#include "collector/collector.h"
#include "opts.h"

#define PK_SENT_UNNUMBERED 8 // ways to be lost before

struct pk_lost { // of one source
	char session[64]; // its name at the sender
	uint64_t total; // numbers that were given, and have not come
	uint64_t sender; // of them, those that its device did not take (tx_drop)
	uint64_t network; // the others
	uint64_t unnumbered[PK_SENT_UNNUMBERED];
};

struct pk_sent;
// Reads o->sent, and o->sent_before if it is given. NULL with *err.
struct pk_sent *pk_sent_read(const struct pk_opts *o, struct rd_err *err);
void pk_sent_free(struct pk_sent *s); // NULL is fine

// false: s is NULL, its counters have no such source, or the source does not count.
bool pk_sent_of(const struct pk_sent *s, const struct rd_source *source, struct pk_lost *lost);
const char *pk_sent_unnumbered(unsigned i); // its name among the counters
