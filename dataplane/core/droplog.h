/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The ring of the last dropped packets, always on: written by the drop stage on the worker, read by control at any
 * time. Each slot has a sequence number that is odd while it is written, so a reader never sees half a record.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define RD_DROPLOG_SLOTS 256 // per worker, power of two
#define RD_DROPLOG_BYTES 128 // of the packet

struct rd_droplog_rec {
	uint64_t ns; // CLOCK_REALTIME
	uint64_t packet_id;
	uint32_t rule_id;
	uint32_t vni;
	uint32_t len; // of the packet
	uint16_t port; // table index
	uint16_t reason; // enum rd_drop_reason
	uint8_t stage; // that dropped it
	uint8_t cap_len; // of bytes
	uint8_t bytes[RD_DROPLOG_BYTES];
};

struct rd_droplog_slot {
	uint32_t seq; // odd while being written
	struct rd_droplog_rec rec;
};

struct rd_droplog {
	uint64_t head; // records written since start
	struct rd_droplog_slot slot[RD_DROPLOG_SLOTS];
};

// Worker: the record to fill, then commit.
struct rd_droplog_rec *rd_droplog_begin(struct rd_droplog *l);
void rd_droplog_end(struct rd_droplog *l);
// Control: the n-th newest (0 = newest). false when there is none or it was overwritten meanwhile.
bool rd_droplog_read(const struct rd_droplog *l, uint64_t n, struct rd_droplog_rec *out);
