/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What tests of mirror sessions in the graph have in common: a switch with two guests, whose copies leave by an uplink. gf_begin
 * before, mw_end at the end of each.
 */
#pragma once

#include "graph_topo.h"

#include "graph_frames.h"
#include "session/session.h"

#define SINK_OUT 0 // the collector's side
#define SINK_GUEST 1

extern struct mw {
	uint16_t out, from, to; // ports
	uint8_t frame[128]; // of the first guest for the second one: a SYN to port 80
	size_t len;
} mw;

void mw_world(void);
void mw_world_of(uint16_t mtu);
// Of what the first guest sends, without limits. extra: a field to be set to on, or NULL. It must be taken.
struct rd_mirror *mw_session(const char *name, const char *rule, const char *extra);
struct mirror_counts mw_counts(const struct rd_mirror *m);
// Each packet that a session met has one fate.
void mw_assert_balance(const struct rd_mirror *m);
// Sends packets one by one; all must be forwarded, byte by byte. How many copies came out.
unsigned mw_forward(unsigned nb, bool drain);
void mw_end(void);
int mw_group_end(void **state);
