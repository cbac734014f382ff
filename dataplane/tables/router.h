/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Distributed routers (VDR): interfaces on segments, routes, neighbours. Every host that has a router of the same segments has it
 * with the same MAC and addresses, so a packet is routed where its sender is. RFC 1812, 4861, 826.
 *
 * Routers, interfaces and routes are immutable records like ports: control writes, workers read between two walks. Routes are
 * looked up once per flow, so they are one sorted list of address ranges, made anew with each change: no trie, no memory per bit.
 * Neighbours are in tables/neigh.h.
 *
 * Addresses have 16 bytes; IPv4 is in the first four, the rest is 0. family is AF_INET or AF_INET6.
 */
#pragma once

#include "tables/neigh.h"
#include "tables/segment.h"

#define RD_ROUTER_MAX 64 // index 0 is never used, here and below
#define RD_RIF_MAX 1024
#define RD_RIF_ADDRS 8
#define RD_RIF_MTU_MAX 9216
#define RD_ROUTE_MAX 16384 // of all routers
#define RD_ROUTE_PATHS 8
#define RD_ROUTER_MAC                              \
	{                                          \
		0x02, 0x50, 0x56, 0x56, 0x44, 0x52 \
	} // NSX's

struct rd_router {
	uint16_t idx; // 1-based
	uint8_t host;
	uint8_t mac[6];
	char name[RD_NAME_LEN];
};

struct rd_rif_addr {
	uint8_t family, len; // of the prefix, bits
	uint8_t addr[16];
};
struct rd_rif_opts {
	uint16_t segment;
	uint16_t mtu; // of IP packets; 0 = the segment's, or the switch's
	uint16_t nb_addrs;
	struct rd_rif_addr addr[RD_RIF_ADDRS];
};
struct rd_rif { // a router's interface
	uint16_t idx; // 1-based
	uint8_t host;
	uint8_t mac[6]; // the router's
	uint16_t router, segment, mtu, nb_addrs;
	struct rd_rif_addr addr[RD_RIF_ADDRS];
	char name[RD_NAME_LEN];
};

// Control; names as of segments. 0 or -errno with *err.
int rd_router_add(const char *name, uint8_t host, const uint8_t mac[6], struct rd_err *err);
int rd_router_del(uint16_t idx, struct rd_err *err); // -EBUSY while it has interfaces
const struct rd_router *rd_router_find(const char *name, struct rd_err *err);
// A segment has one interface at most; the router's MAC is a station of it then (RD_FDB_ROUTER).
int rd_rif_add(const char *name, uint16_t router, const struct rd_rif_opts *o, struct rd_err *err);
int rd_rif_set(uint16_t idx, const struct rd_rif_opts *o, struct rd_err *err); // segment must stay
int rd_rif_del(uint16_t idx, struct rd_err *err); // -EBUSY while a next hop is reached by it
const struct rd_rif *rd_rif_find(const char *name, struct rd_err *err);
unsigned rd_router_bound(void), rd_rif_bound(void);
// Worker or control; NULL if there is none.
const struct rd_router *rd_router_at(uint16_t idx);
const struct rd_rif *rd_rif_at(uint16_t idx);
const struct rd_rif *rd_rif_of_segment(uint16_t segment);
uint16_t rd_rif_mtu(const struct rd_rif *i); // its own, the segment's or the switch's
// The interface's address of the family that is in a subnet with dst, else its first; NULL: it has none of this family.
const uint8_t *rd_rif_source(const struct rd_rif *i, uint8_t family, const uint8_t *dst);
bool rd_rif_has_addr(const struct rd_rif *i, uint8_t family, const uint8_t *addr);
// Whether any interface of the router has it.
bool rd_router_has_addr(uint16_t router, uint8_t family, const uint8_t *addr);

struct rd_rif_counts { // packets that it routed, by where they came in and went out; sum of all workers
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
	uint64_t said,
		withheld; // questions and ICMP errors; withheld: more than the punt rate, or no buffer
};
void rd_rif_counts(uint16_t idx, struct rd_rif_counts *c);
// Worker: one more packet of so many bytes (the IP packet's).
void rd_rif_count(unsigned worker, uint16_t in, uint16_t out, uint32_t len);
void rd_rif_count_said(unsigned worker, uint16_t idx, bool said); // or withheld

// --- routes (route.c) ---

enum rd_route_kind {
	RD_ROUTE_CONNECTED = 1, // of an interface's address
	RD_ROUTE_VIA,
	RD_ROUTE_BLACKHOLE, // dropped without a word
	RD_ROUTE_UNREACHABLE, // the sender is told
};
struct rd_route {
	uint16_t router;
	uint8_t family, len; // bits
	uint8_t kind; // enum rd_route_kind
	uint8_t nb_paths; // 1 of connected ones; which one a flow takes is up to its hash
	uint8_t addr[16]; // bits behind len are 0
	struct {
		uint8_t addr[16]; // next hop; of connected ones 0: the destination itself
		uint16_t rif; // found by add
	} path[RD_ROUTE_PATHS];
};
// Control. Next hops must be in a subnet of one of the router's interfaces. -EEXIST, -ENETUNREACH, -ENOSPC.
int rd_route_add(const struct rd_route *r, struct rd_err *err);
int rd_route_del(
	uint16_t router, uint8_t family, const uint8_t addr[16], uint8_t len, struct rd_err *err);
// In the order of routers, families, addresses; connected ones too. Stops when fn returns non-zero.
int rd_route_each(int (*fn)(void *arg, const struct rd_route *r), void *arg);
// Worker or control: the longest prefix. false: no route.
bool rd_route_lookup(uint16_t router, uint8_t family, const uint8_t *addr, struct rd_route *found);

// No worker runs.
void rd_router_fini(void);
