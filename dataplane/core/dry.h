/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A walk that only asks: what would become of a frame, by the live tables, through the stages' own code, without sending,
 * counting, learning or keeping anything. Control thread.
 *
 * It runs on a worker of its own that is not in rd_workers[]: no queue, no thread, its id is beyond the others', so what
 * stages count by worker goes where nobody looks. Control itself walks its graph: it is the one who frees what tables
 * drop, so nothing goes away under it. What the tables share (stations, connections, fragments, limits, devices) the
 * stages only ask when w->dry is set. A flow that a worker has decided is taken over from there: such a packet hits.
 *
 * Not judged, because they depend on the moment: rings of devices that are full, the limits of answers per second
 * (punt, reject), and whether a router asks for a neighbour just now.
 */
#pragma once

#include "core/worker.h"
#include "tables/conn.h"
#include "tables/flow_key.h"

#define RD_DRY_HOPS 512 // of all copies of the frame
#define RD_DRY_BYTES (4u << 20) // of all hops
#define RD_DRY_NOTES 512
#define RD_DRY_STATIONS 64
#define RD_DRY_FAMILY 256
#define RD_DRY_CONNS 64

struct rd_dry_hop { // a packet about to enter a stage
	struct rd_meta md; // as it comes there
	uint16_t port; // that a capture there would name
	uint8_t stage;
	uint32_t len;
	uint64_t ns; // when
	const uint8_t *bytes; // len of them; NULL: there was no room
};

enum rd_dry_what {
	RD_DRY_FLOW, // a worker's entry decided: its id
	RD_DRY_LEARNS, // its source would be learned, or move
	RD_DRY_CONN_NEW, // it would begin a connection
	RD_DRY_CONN, // it belongs to one: enum rd_conn_state
	RD_DRY_CONN_GONE, // to one that would end with it: the rules judge again
	RD_DRY_REPLY, // against the connection's first packet
};

struct rd_dry_note { // what a stage found out about a packet
	uint64_t packet_id;
	uint8_t stage;
	uint8_t what; // enum rd_dry_what
	uint8_t hop; // of the packet: the same stage may see it twice
	uint32_t value;
};

struct rd_dry {
	struct rd_dry_hop hop[RD_DRY_HOPS];
	struct rd_dry_note note[RD_DRY_NOTES];
	struct { // that it would have learned
		uint64_t key; // segment and MAC
		bool is_tunnel;
		uint16_t to;
	} station[RD_DRY_STATIONS];
	struct rd_dry_conn { // that it would have begun: a router's answer belongs to it
		struct rd_conn_key key;
		uint32_t rule_id;
		uint16_t rule_slot;
	} conn[RD_DRY_CONNS];
	unsigned nb_hops, nb_notes, nb_stations, nb_conns;
	unsigned lost; // hops beyond
	uint64_t family[RD_DRY_FAMILY]; // ids of a probe, its copies and answers to it
	unsigned nb_family; // 0: every packet is recorded
	size_t used; // of bytes
	uint8_t *bytes; // RD_DRY_BYTES
};

// What would happen if this frame came in at the port now; *out is good until the next call. 0, -EINVAL: no packet enters
// at such a port, -EMSGSIZE, -ENOBUFS, -ENOMEM.
int rd_dry_run(uint16_t port, const uint8_t *frame, size_t len, const struct rd_dry **out);
void rd_dry_fini(void);
// The same frame in earnest, through worker 0 between two of its walks: it counts, is learned from and begins connections as
// any packet, and captures see it; but without `deliver` no device and no guest gets it, nor an answer to it. Others' packets
// of that walk are not recorded. -EAGAIN: the worker has too much to do.
int rd_probe_run(
	uint16_t port, const uint8_t *frame, size_t len, bool deliver, const struct rd_dry **out);

// --- stages, when w->dry is set ---

struct rd_flow;
struct rd_fdb_entry;

void rd_dry_note(
	struct rd_worker *w, const struct rd_meta *md, enum rd_dry_what what, uint32_t value);
// What a worker knows of this flow. false: nobody knows it.
bool rd_dry_flow(struct rd_worker *w, const struct rd_meta *md, const struct rd_flow_key *k,
	uint32_t hash, struct rd_flow *copy);
// As rd_fdb_learn() and rd_fdb_lookup().
uint32_t rd_dry_learn(struct rd_worker *w, const struct rd_meta *md, const uint8_t mac[6],
	bool is_tunnel, uint16_t to);
bool rd_dry_lookup(
	struct rd_worker *w, uint16_t segment, const uint8_t mac[6], struct rd_fdb_entry *e);
// A connection would have begun; and the one that a packet with this key answers, NULL if there is none.
void rd_dry_begin(
	struct rd_worker *w, const struct rd_conn_key *key, uint32_t rule_id, uint16_t rule_slot);
const struct rd_dry_conn *rd_dry_begun(const struct rd_worker *w, const struct rd_conn_key *key);
