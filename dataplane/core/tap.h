/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Taps: how capture gets its packets without costing anything when off. Control builds an immutable tap set (which
 * sessions want which stage and port), hands it to every worker by rd_worker_call(), and frees the old set after all
 * have it. Between two walks the worker swaps node->process of the stages that are newly armed for the tap
 * wrapper, and back to the stage's own function when disarmed: with nothing armed the pointers are untouched.
 *
 * The wrapper looks at the burst before the stage does: one TSC read per burst, filter once per packet and form,
 * then copies min(len, snaplen) bytes into the session's ring of this worker.
 */
#pragma once

#include "api/capring.h"
#include "base/err.h"
#include "core/worker.h"
#include "filter/filter.h"

#define RD_CAPTURE_MAX 32 // sessions at once: a bit each in the metadata
#define RD_TAP_SLOTS 64 // with those of sinks, which are no clients' (core/tap_sink.h)
#define RD_LINEAR_MAX 65536 // longest frame that a filter sees whole
#define RD_TAP_TAGS 255 // tap sets that flows' marks tell apart

struct rd_tap_point {
	uint16_t stage; // enum rd_stage
	uint16_t port; // table index, RD_PORT_NONE = every port
};

struct rd_capture; // a session
struct rd_tap_sink;

struct rd_capture_opts {
	const struct rd_tap_point *points;
	unsigned nb_points; // >= 1
	struct rd_filter filter; // moved into the session on success
	bool follow; // after the first match record at every armed stage
	const uint64_t *reasons; // at drop only these, a bit each (RD_DROP_MAX); NULL = all
	uint32_t snaplen; // bytes per record
	uint64_t ring_size; // per worker; rounded up to a power of two, 64 KiB .. 1 GiB
	uint64_t max_packets, max_bytes; // captured ones, over all workers; 0 = no limit
	uint32_t max_cost; // per cent of a worker's time; 0 = no limit
	const struct rd_tap_sink *sink; // takes the packets instead of a ring; NULL = none
	void *sink_arg;
};

// All of these: control thread only.
// Arms a session. *fd is the memfd to send to the client (owned by the session). NULL and *err on failure.
struct rd_capture *rd_capture_start(
	struct rd_capture_opts *opts, uint32_t session, int *fd, struct rd_err *err);
// The same for a sink, in place of `old` (NULL = of none), between two packets: none is missed. *old stays to be stopped.
struct rd_capture *rd_sink_start(
	struct rd_capture_opts *opts, struct rd_capture *old, struct rd_err *err);
// Disarms and waits for all workers: nothing is captured any more, and the place is another session's. Counters and rings
// stay; the client is told why.
void rd_capture_disarm(struct rd_capture *c, enum rd_capring_end why);
// Disarms if that has not been done, frees. NULL is fine.
void rd_capture_stop(struct rd_capture *c);
int rd_capture_fd(const struct rd_capture *c); // the memfd; the session's
// RD_CAPRING_END_PACKETS or _BYTES when that budget is used up: the workers take no more. Else RD_CAPRING_RUNS.
enum rd_capring_end rd_capture_spent(const struct rd_capture *c);
// What the client has not yet read, and how much there is room for: bytes, over all workers.
uint64_t rd_capture_waiting(const struct rd_capture *c, uint64_t *room);
// Counters of one stage summed over workers, as the worker knows them (not from the shared page).
struct rd_capring_stage rd_capture_totals(const struct rd_capture *c, unsigned stage);
struct rd_capring_cost rd_capture_costs(const struct rd_capture *c, unsigned stage);
// The greatest N of the workers that take 1 packet in N; 1 = all take every packet.
uint32_t rd_capture_one_in(const struct rd_capture *c);
// Control: no session looks for this port any more; its index will be another port's.
void rd_tap_forget_port(uint16_t port);
// Whether any session has armed this stage.
bool rd_tap_armed(unsigned stage);
// Whether worker w's node->process of the stage is the stage's own function (for tests and show stage).
bool rd_tap_untouched(const struct rd_worker *w, unsigned stage);
// Counter of tap changes that worker w has taken.
uint32_t rd_tap_epoch(const struct rd_worker *w);

// Worker: captures at the stage see a packet that does not enter it (core/drop.c).
void rd_tap_see(struct rd_worker *w, unsigned stage, struct rte_mbuf *m);
// Worker: makes the counters of all sessions complete.
static inline void rd_tap_settle(struct rd_worker *w)
{
	if (w->settle != NULL)
		w->settle(w);
}
