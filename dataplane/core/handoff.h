/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which worker processes a packet: the model, and the rings by which workers hand packets over. There is one ring per
 * pair of workers, with one producer and one consumer, so a flow that always goes from the same worker to the same worker
 * keeps its order. The stage `handoff` chooses (nodes/handoff.c), poll takes out (core/poll.c).
 *
 * When the model or a queue's worker changes, the workers first stop polling devices, then the rings run empty, and only
 * then the change is made: no packet overtakes an older one of its flow on another way.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <rte_ring.h>

#define RD_WORKER_MAX 16
#define RD_WORKER_DRY RD_WORKER_MAX // id of the one that only asks (core/dry.h)
#define RD_WORKER_IDS (RD_WORKER_MAX + 1) // what a worker counts by its id has so many places
#define RD_HANDOFF_SLOTS 2048 // of a ring; 2047 packets fit

struct rd_worker;
struct rte_mbuf;

enum rd_model {
	RD_MODEL_RTC, // run to completion: processed by the worker that polls the queue
	RD_MODEL_BALANCED, // the polling worker hashes the inner flow and hands over
	RD_MODEL_HYBRID, // what the NIC has spread by its hash stays, the rest is handed over
	RD_MODEL_COUNT,
};
const char *rd_model_name(unsigned model); // "rtc"; "" for none
int rd_model_parse(const char *name); // enum or -EINVAL

enum rd_hash_source { // of the hash that a packet was spread by
	RD_HASH_NONE,
	RD_HASH_NIC,
	RD_HASH_SOFT,
};

struct rd_handoff_to { // written by the worker that hands over
	struct rte_ring *ring; // NULL: no such worker, or itself
	uint64_t packets;
	uint64_t full, stopped; // refused: drops of the handoff stage
};

struct rd_handoff_from { // written by the worker that takes
	struct rte_ring *ring;
	uint64_t packets; // stale ones, too
	uint64_t stale; // their port had gone meanwhile
};

struct rd_handoff {
	struct rd_handoff_to to[RD_WORKER_MAX];
	struct rd_handoff_from from[RD_WORKER_MAX];
};

// --- worker thread ---

// Hands packets over to worker `to`, as many as its ring takes: the first n of them, which are that worker's then.
unsigned rd_handoff_push(
	struct rd_worker *w, unsigned to, struct rte_mbuf *const *pkts, unsigned nb);

// --- control thread ---

int rd_handoff_init(void); // all workers exist, none runs. 0 or -errno
void rd_handoff_fini(void); // ... frees what is in the rings
enum rd_model rd_handoff_model(void);
void rd_handoff_set_model(enum rd_model model); // at any time, see above
// Between these the workers poll their rings only, and the rings are empty when hold() returns.
void rd_handoff_hold(void);
void rd_handoff_release(void);
bool rd_handoff_idle(void); // every ring is empty
// Returns when the other workers have processed what `from` has handed to them so far.
void rd_handoff_wait(const struct rd_worker *from);
// All threads have ended: what is still in the rings is dropped (LCORE_STOPPED).
void rd_handoff_flush(void);
