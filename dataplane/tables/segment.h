/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Segments (a VNI or a VLAN on one switch) and their forwarding database.
 *
 * Segments are immutable records like ports. The fdb is one table for all segments and workers, lock-free: a
 * slot is 16 bytes, {segment:16 | mac:48} and {kind, destination, last seen}, replaced by one 128-bit compare and swap;
 * buckets of eight, two per key. Workers learn on a flow miss and refresh on hits; control adds static
 * entries, ages and flushes.
 */
#pragma once

#include "tables/port.h"

#define RD_SEGMENT_MAX 4096
#define RD_SEGMENT_TUNNELS 64

struct rd_segment {
	uint16_t idx; // 1-based
	uint8_t host;
	uint16_t sw;
	int32_t vlan; // 0..4094, -1 for a VNI segment
	uint32_t vni; // 0 for a VLAN segment
	uint16_t mtu; // 0 = the switch's
	bool flood, learn;
	bool refuse; // a packet whose source may not be learned is dropped
	uint16_t move_limit; // moves of a MAC in RD_FDB_MOVE_S, 0 = any number
	uint32_t mac_limit; // learned MACs, 0 = any number
	uint32_t aging_s;
	uint16_t
		nb_ports; // members: access ports of the segment; for a VLAN segment also the switch's uplinks
	uint16_t nb_tunnels;
	uint16_t tunnel[RD_SEGMENT_TUNNELS]; // flood list
	char name[RD_NAME_LEN];
	uint16_t port[]; // members, kept up to date by rd_port_publish and rd_port_del
};

// Worker or control.
const struct rd_segment *rd_segment_at(uint16_t idx); // NULL = free
const struct rd_segment *rd_segment_by_vni(uint8_t host, uint32_t vni); // hash, NULL if none
const struct rd_segment *rd_segment_by_vlan(uint16_t sw, uint16_t vlan); // NULL if none

// Control. name: HOST/NAME or NAME. 0 or -errno with *err.
struct rd_segment_opts {
	int32_t vlan; // -1 = vni
	uint32_t vni;
	uint16_t mtu;
	bool flood, learn, refuse;
	uint16_t move_limit;
	uint32_t mac_limit;
	uint32_t aging_s;
	uint16_t nb_tunnels;
	uint16_t tunnel[RD_SEGMENT_TUNNELS];
};
int rd_segment_add(const char *name, struct rd_switch *sw, const struct rd_segment_opts *o,
	struct rd_err *err);
int rd_segment_set(uint16_t idx, const struct rd_segment_opts *o,
	struct rd_err *err); // vni and vlan must stay
int rd_segment_del(uint16_t idx, struct rd_err *err); // -EBUSY while ports are in it
const struct rd_segment *rd_segment_find(const char *name, struct rd_err *err);
unsigned rd_segment_bound(void);
// Rebuilds member lists and the VLAN and VNI indexes; port.c calls it after a change of ports.
void rd_segment_refresh(void);

enum rd_fdb_kind {
	RD_FDB_LEARNED = 1,
	RD_FDB_STATIC,
	RD_FDB_PORT, // a guest port's own MAC, made by rd_port_publish
	RD_FDB_ROUTER, // the router's MAC, made by rd_rif_add; leads to no port
};

struct rd_fdb_entry {
	uint16_t segment;
	uint8_t mac[6];
	uint8_t kind; // enum rd_fdb_kind
	bool is_tunnel;
	uint16_t to; // port or tunnel index; 0: what goes there is dropped
	uint32_t last_s; // coarse seconds of the last packet from it
};

#define RD_FDB_MOVE_S 10
#define RD_FDB_MOVES_DEFAULT 16 // of a segment that says nothing else
enum { // instead of a slot
	RD_FDB_MOVES = UINT32_MAX - 2, // moves too often
	RD_FDB_LIMIT, // the segment has as many as it may
	RD_FDB_FULL, // the table is full
};

int rd_fdb_init(uint32_t capacity);
void rd_fdb_fini(void);
// Worker: destination of a MAC. false if unknown.
bool rd_fdb_lookup(uint16_t segment, const uint8_t mac[6], struct rd_fdb_entry *e);
// Worker: source seen behind a port or tunnel. Never overrides static and port entries. Bumps the generation when
// the station moved. Its slot, or why not: RD_FDB_FULL and the others (counted).
uint32_t rd_fdb_learn(
	uint16_t segment, const uint8_t mac[6], bool is_tunnel, uint16_t to, uint32_t now_s);
// Control: what rd_fdb_learn() would do, without doing it: 0, or why not, as there. *changes: the table would be another one
// after it.
uint32_t rd_fdb_would_learn(uint16_t segment, const uint8_t mac[6], bool is_tunnel, uint16_t to,
	uint32_t now_s, bool *changes);
// Control.
int rd_fdb_add(
	uint16_t segment, const uint8_t mac[6], enum rd_fdb_kind kind, bool is_tunnel, uint16_t to);
int rd_fdb_del(uint16_t segment, const uint8_t mac[6]);
unsigned rd_fdb_flush(uint16_t segment, bool learned_only); // segment 0 = all; returns how many
unsigned rd_fdb_age(uint32_t now_s); // removes learned entries older than their segment's aging
// Calls fn for every entry (a snapshot each); stops when fn returns non-zero.
int rd_fdb_each(int (*fn)(void *arg, const struct rd_fdb_entry *e), void *arg);
// The same in portions: those in the next `look` slots from *at on, which is 0 at first and UINT32_MAX at the end.
int rd_fdb_some(
	uint32_t *at, uint32_t look, int (*fn)(void *arg, const struct rd_fdb_entry *e), void *arg);
uint64_t rd_fdb_learn_failures(void);
// Of a segment: learned entries (exact once a second), and stations that might not be learned or moved.
uint32_t rd_fdb_learned(uint16_t segment);
uint32_t rd_fdb_refused(uint16_t segment);
