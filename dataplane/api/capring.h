/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The shared capture ring: how captured packets get from the workers to a client, one memfd per
 * session.
 *
 *   offset 0            struct rd_capring_hdr, one page, written once by the daemon
 *   ctl_off + i*8192    struct rd_capring_ctl of ring i (one ring per worker)
 *   data_off + i*size   the bytes of ring i; `size` is a power of two and a multiple of the page
 *
 * Ring i has one producer (worker i, in the daemon) and one consumer (the client). head and tail
 * are byte counts that only grow; position = count & (size - 1). Both sides map the data twice in a
 * row, so a record never wraps. A record is struct rd_cap_rec (caprec.h) and cap_len bytes, padded to 16.
 *
 * Trust: the client may write anything into the mapping. The producer therefore keeps head, size
 * and all addresses in private memory, takes only `tail` from the shared page, and treats an
 * impossible tail as "full". The memfd is sealed against shrinking and growing, so it can't be cut
 * away under the daemon. The reader equally checks every length, for a file from elsewhere may be
 * handed to it.
 *
 * Full ring: the newest record is lost; ctl->stage[].lost and the next record's `lost` count it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/caprec.h"
#include "api/stages.h"

#define RD_CAPRING_MAGIC 0x52444352u // "RDCR"
#define RD_CAPRING_VERSION 2
#define RD_CAPRING_MAX_RINGS 64
#define RD_CAPRING_PAGE 4096u
#define RD_CAPRING_CTL 8192u // bytes from one ring's ctl to the next

struct rd_capring_hdr {
	uint32_t magic; // RD_CAPRING_MAGIC
	uint32_t version; // RD_CAPRING_VERSION
	uint32_t nb_rings; // one per worker
	uint32_t session; // the daemon's session number
	uint64_t ring_size; // bytes of one ring's data
	uint64_t ctl_off; // offset of the first ctl page
	uint64_t data_off; // offset of the first data area
	uint32_t
		ended; // enum rd_capring_end; store release, by control, once no worker writes any more
};

// Why the daemon ended the session. Its records stay in the rings.
enum rd_capring_end {
	RD_CAPRING_RUNS = 0,
	RD_CAPRING_END_STOPPED, // capture.stop
	RD_CAPRING_END_DURATION,
	RD_CAPRING_END_PACKETS, // the budget is used up
	RD_CAPRING_END_BYTES,
	RD_CAPRING_END_LEASE, // nobody took it in time
	RD_CAPRING_END_DAEMON, // it ends itself
	RD_CAPRING_END_COUNT,
};
const char *rd_capring_end_name(unsigned end); // "running", "stopped", "duration", ...

// What one stage did for one session on one worker. Written by the worker only.
struct rd_capring_stage {
	uint64_t seen; // packets that passed an armed point
	uint64_t matched; // of those, wanted by the filter
	uint64_t captured; // of those, written into the ring
	uint64_t lost; // matched but the ring was full
	uint64_t skipped; // seen, but the filter was not asked: the session keeps to its --max-cost
};

// What that took, in TSC cycles of the bursts that were measured: a few of all.
struct rd_capring_cost {
	uint64_t look_cycles, looks; // to know whether the packets seen are wanted
	uint64_t write_cycles, writes; // to write those that were
};

struct rd_capring_ctl {
	uint64_t head; // producer's byte count; store release, load acquire
	uint32_t one_in; // the worker takes 1 packet in so many (--max-cost); atomic, 0 and 1 = all
	uint8_t pad0[52];
	uint64_t tail; // consumer's byte count; store release, load acquire
	uint8_t pad1[56];
	struct rd_capring_stage stage[RD_STAGE_MAX]; // index: enum rd_stage
	struct rd_capring_cost cost[RD_STAGE_MAX];
};
_Static_assert(sizeof(struct rd_capring_ctl) <= RD_CAPRING_CTL, "ctl must fit its place");

// Producer's view of one ring: private to the daemon, used by exactly one worker.
struct rd_capring_prod {
	struct rd_capring_ctl *ctl; // shared page
	uint8_t *data; // mapped twice in a row
	uint64_t size; // bytes of one mapping
	uint64_t head; // private truth of ctl->head; ahead of it within a burst
	uint64_t tail; // of the reader, when last looked at
	uint64_t pending; // bytes of the reserved record; never read back from shared memory
	uint32_t lost; // since the last record written
};

// Many records at once: capring_put.h. One at a time:
// Room for a record with cap_len bytes, or NULL: ring full, the loss has been counted for `stage`.
// rec_len, hdr_len, stage, cap_len and lost are filled in, the rest is zero; the caller fills it
// and the bytes, then commits. A reservation without a commit is forgotten. The caller counts seen,
// matched and captured in ctl->stage[]. Worker thread only. No system call.
struct rd_cap_rec *rd_capring_reserve(struct rd_capring_prod *p, unsigned stage, uint32_t cap_len);
void rd_capring_commit(struct rd_capring_prod *p, const struct rd_cap_rec *rec);

// The daemon's side: makes the memfd (sealed) and maps it. Control thread only. 0 or -errno.
struct rd_capring {
	int fd; // memfd, to be sent to the client
	uint32_t nb_rings;
	struct rd_capring_hdr *hdr;
	struct rd_capring_prod ring[RD_CAPRING_MAX_RINGS];
	size_t map_len; // of hdr and ctl pages
};
int rd_capring_create(
	struct rd_capring *r, uint32_t session, uint32_t nb_rings, uint64_t ring_size);
void rd_capring_destroy(struct rd_capring *r); // NULL and zeroed are fine
// Making the memory takes 10 to 40 ms of a capture's start. So it may be made before, in steps of max bytes, for the next
// rings of this number and size. Whether there is more to do.
bool rd_capring_prepare(uint32_t nb_rings, uint64_t ring_size, uint64_t max);
void rd_capring_forget(void); // what was prepared
// Tells the client that nothing more will come. After no worker uses the rings.
void rd_capring_end(struct rd_capring *r, enum rd_capring_end why);

// The client's side. Opens a received fd (takes ownership); checks everything against fstat().
struct rd_capring_reader;
struct rd_capring_reader *rd_capring_open(int fd); // NULL and errno
void rd_capring_close(struct rd_capring_reader *r); // NULL is fine
uint32_t rd_capring_nb_rings(const struct rd_capring_reader *r);
// Whether the daemon has ended the session; all records are visible then.
enum rd_capring_end rd_capring_ended(const struct rd_capring_reader *r);
// Oldest record of ring i, or NULL if empty. -EBADMSG through *err if the ring is corrupt (then
// NULL for ever after). Valid until rd_capring_pop(); peeking again gives the same record. Its
// rec_len, hdr_len, cap_len and stage were checked; everything else is the writer's word.
const struct rd_cap_rec *rd_capring_peek(struct rd_capring_reader *r, uint32_t i, int *err);
void rd_capring_pop(struct rd_capring_reader *r, uint32_t i);
// Sum over all rings of one stage's counters.
struct rd_capring_stage rd_capring_totals(const struct rd_capring_reader *r, unsigned stage);
struct rd_capring_cost rd_capring_costs(const struct rd_capring_reader *r, unsigned stage);
// Sum over all stages; NULL: nothing.
struct rd_capring_stage rd_capring_sum(const struct rd_capring_reader *r);
// The greatest N of the workers that take 1 packet in N; 1 = all take every packet.
uint32_t rd_capring_one_in(const struct rd_capring_reader *r);
