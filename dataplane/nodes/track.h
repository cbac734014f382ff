/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What connection tracking wants to know of a packet in the graph. Pure, worker thread; classify and tunnel_decap have made the
 * headers contiguous and checked them.
 */
#pragma once

#include "core/meta.h"
#include "tables/conn.h"
#include "tables/flow.h"

enum rd_track_kind {
	RD_TRACK_NONE, // no IP, multicast, ICMP without a connection: rules alone decide
	RD_TRACK_CONN, // of a connection, or the first of one
	RD_TRACK_ERROR, // an ICMP error: it speaks of another packet's connection
	RD_TRACK_LATER, // a fragment that lacks the ports
};

// k is the packet's flow key.
enum rd_track_kind rd_track_kind(const struct rd_meta *md, const struct rd_flow_key *k);
// Bytes from the L4 header on; without one (other protocols) only the length.
struct rd_conn_l4 rd_track_l4(const struct rte_mbuf *m, const struct rd_meta *md);
// RD_TRACK_CONN: the connection's key in the packet's own direction, for the vNIC `zone`, whose firewall it passes that way.
struct rd_conn_key rd_track_key(const struct rd_flow_key *k, uint16_t zone, bool to_guest);
// The flow key that the first packet of a connection had, as far as rules look at it. `like` is a packet of the connection;
// reply says whether it goes against its first one.
struct rd_flow_key rd_track_orig(
	const struct rd_conn_key *orig, const struct rd_flow_key *like, bool reply);
