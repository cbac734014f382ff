/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a hop of a walk is called, for the screen and for what is exported. Pure; one thread.
 */
#pragma once

#include "decode/walk_edit.h"
#include "walk/store.h"

struct pk_frame rd_wk_frame(const struct rd_wk_hop *h);
// NSX's words for what was seen: RECEIVED, FORWARDED, DROPPED, DELIVERED, SENT; ROUTED behind a router, COPIED and MADE where a walk
// begins inside of the switch.
const char *rd_wk_observed(const struct rd_wk *w, unsigned hop);
// "DFW_RULE_DENY rule 1042 flow miss vni 74752 -50 B"; behind a router "ttl 63 to MAC"
void rd_wk_detail(const struct rd_wk *w, unsigned hop, char *buf, size_t size);
// What changed between two hops, a layer per line; a line's first character is its sign: - + ~ = or a blank.
void rd_wk_layers(
	const struct rd_wk_hop *before, const struct rd_wk_hop *after, char *buf, size_t size);
// ns since hop `from`; 0 when the clock went back.
uint64_t rd_wk_since(const struct rd_wk *w, unsigned from, unsigned hop);
// "stage@port"
void rd_wk_where(const struct rd_wk_hop *h, char *buf, size_t size);
// Without "host/"; *host_len gets the length of the host, 0 if there is none.
const char *rd_wk_bare_port(const struct rd_wk_hop *h, int *host_len);
bool rd_wk_is_port(const struct rd_wk_hop *h); // a port took or gave the packet here
bool rd_wk_is_router(const struct rd_wk_hop *h); // it enters the router here
bool rd_wk_is_made(
	const struct rd_wk *w); // a router or a firewall made it, because of another packet
bool rd_wk_dropped(const struct rd_wk *w);
// In a line: why it was dropped and what to try; or how it ended, and whose copy it is.
void rd_wk_why(const struct rd_store *s, const struct rd_wk *w, char *buf, size_t size);
