/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the files of the stage `route` share: route.c forwards, route_self.c answers what is for the router itself, route_out.c makes
 * what the router says of its own. Worker thread.
 */
#pragma once

#include "core/stage.h"
#include "tables/router.h"

#define RD_ND_SOLICIT 135
#define RD_ND_ADVERT 136

// l2_lookup: a broadcast or multicast frame asks for an address of this interface: ARP (RFC 826), neighbour solicitation.
bool rd_route_is_asked(
	const struct rd_rif *rif, const struct rte_mbuf *m, const struct rd_meta *md);

enum rd_route_self { // what becomes of a packet to the router itself; or a negative enum rd_drop_reason
	RD_ROUTE_OTHER, // it is none
	RD_ROUTE_ANSWER, // it is the answer now
	RD_ROUTE_HEARD, // ARP or neighbour advertisement from one of our own ports: routers of other hosts may have asked
	RD_ROUTE_DONE, // ... from elsewhere: that was all
};
int rd_route_self(
	struct rd_worker *w, struct rte_mbuf *m, struct rd_meta *md, const struct rd_rif *rif);

// The packet leaves the router for a segment: nothing that was found out about it on its way here is true of it any more.
void rd_route_leave(struct rd_meta *md, uint16_t segment);

// Frames of the router's because of this packet, ready for l2_lookup; NULL: too many of late, or no buffer. Counted both ways.
// Who has this address? Into the interface's segment.
struct rte_mbuf *rd_route_ask(struct rd_worker *w, const struct rd_meta *md,
	const struct rd_rif *rif, uint8_t family, const uint8_t *addr);
// Tells the sender of m why it is not forwarded: reason is RD_DROP_L3_*. NULL also: nobody is told.
struct rte_mbuf *rd_route_tell(struct rd_worker *w, struct rte_mbuf *m, const struct rd_rif *rif,
	enum rd_drop_reason reason, uint16_t mtu);
