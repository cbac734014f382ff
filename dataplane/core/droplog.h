/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The record of dropped packets, always on: written by core/drop.c on the worker, read by control at any time. Each
 * slot has a sequence number that is odd while it is written, so a reader never sees half a record.
 *
 * Two places, so that one storm does not hide the rest: a ring that all reasons share, where each may write only so
 * many records in a period (what is beyond is suppressed; dropcount.h counts that), and of each reason its last few, whatever
 * else is dropped. A reader takes both; the same packet can be in both.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "api/stages.h"

#define RD_DROPLOG_SLOTS 4096 // of the shared ring, by default
#define RD_DROPLOG_SLOTS_MAX (1u << 20)
#define RD_DROPLOG_SNAP 128 // bytes of a packet, by default
#define RD_DROPLOG_SNAP_MAX 2048
#define RD_DROPLOG_LAST 8 // of each reason

struct rd_droplog_rec {
	uint64_t ns; // CLOCK_REALTIME
	uint64_t packet_id;
	uint32_t rule_id;
	uint32_t vni;
	uint32_t len; // of the packet
	uint16_t port; // table index
	uint16_t port_gen; // of the port that had the index then
	uint16_t reason; // enum rd_drop_reason
	uint16_t cap_len; // bytes kept
	uint8_t stage; // that dropped it
	uint8_t worker;
	uint8_t flags; // enum rd_meta_flags
};

struct rd_droplog_slot {
	uint32_t seq; // odd while being written
	uint32_t pad;
	struct rd_droplog_rec rec;
	uint8_t bytes[]; // snap of them
};

struct rd_droplog_reason {
	uint64_t count; // drops, recorded or not
	uint64_t period; // of the quota
	uint32_t used; // of the quota
};

struct rd_droplog {
	uint32_t slots; // of the shared ring, power of two
	uint32_t snap;
	uint32_t slot_size;
	uint32_t quota; // records per reason and period
	uint64_t head; // records written to the shared ring
	uint8_t *ring;
	uint8_t *last; // RD_DROPLOG_LAST slots of each reason id
	struct rd_droplog_reason reason[RD_DROP_MAX];
};

// Control, before the worker runs. slots is rounded up to a power of two. 0 or -errno.
int rd_droplog_init(struct rd_droplog *l, uint32_t slots, uint32_t snap);
void rd_droplog_fini(struct rd_droplog *l);

// Worker: counts the reason and says where its record goes, at most two places; how many. 1: not into the shared ring, for
// others shall have room there.
unsigned rd_droplog_begin(
	struct rd_droplog *l, uint16_t reason, uint64_t ns, struct rd_droplog_slot *to[2]);
void rd_droplog_open(struct rd_droplog_slot *s); // before the record changes
void rd_droplog_close(struct rd_droplog_slot *s); // it is complete

// Any thread: the n-th newest of the shared ring (0 = newest), and of one reason. bytes has room for l->snap. false
// when there is none or it was overwritten meanwhile.
bool rd_droplog_read(
	const struct rd_droplog *l, uint64_t n, struct rd_droplog_rec *out, uint8_t *bytes);
bool rd_droplog_read_last(const struct rd_droplog *l, uint16_t reason, unsigned n,
	struct rd_droplog_rec *out, uint8_t *bytes);
