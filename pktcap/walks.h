/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The walks that are still under way: found by packet id, ended oldest first. At most PK_WALKS_OPEN of them, with at most
 * PK_WALKS_BYTES of frames; beyond that the one that was quiet longest is over. Main thread.
 */
#pragma once

#include "walk.h"

#define PK_WALKS_OPEN 50000u
#define PK_WALKS_BYTES (256u << 20)

struct pk_walks;
struct pk_walks *pk_walks_new(void); // NULL when out of memory
void pk_walks_free(struct pk_walks *w); // NULL is fine; with all walks in it

// Adds a record to its packet's walk, which begins with it if it is new. 0 or -ENOMEM.
int pk_walks_add(struct pk_walks *w, const struct pk_rec *r, uint64_t now_ns);
// The walk that was quiet longest, taken out if it is over: there are too many, or the packet was not seen for quiet_ns
// (by our clock, now_ns) or for a second of the records' time. NULL: none is over. The caller frees it.
struct pk_walk *pk_walks_take_over(struct pk_walks *w, uint64_t now_ns, uint64_t quiet_ns);
struct pk_walk *pk_walks_take(struct pk_walks *w); // whether it is over or not; NULL: there is none
