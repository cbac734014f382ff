/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A worker: one lcore, one graph, and everything that only this lcore writes. Control reads its counters without
 * locks (aligned 64-bit loads) and changes what it uses only by rd_worker_call().
 */
#pragma once

#include <rte_graph.h>
#include <rte_graph_worker.h>
#include <rte_lcore.h>
#include <rte_ring.h>

#include "api/stages.h"
#include "base/clock.h"
#include "core/dropcount.h"
#include "core/droplog.h"
#include "core/handoff.h"
#include "core/latency.h"
#include "core/meta.h"
#include "core/stats.h"
#include "core/tally.h"

#define RD_PORT_MAX 4096 // exclusive bound of port indexes
#define RD_BURST 32
#define RD_NODE_MAX 256 // exclusive bound of graph node ids, DPDK's own nodes included
#define RD_COPIES_MAX \
	32768 // of one walk: a node's stream that reaches 65535 ends the program (DPDK)

struct rd_tapset;
struct rd_flow_table;
struct rd_dfw_policy;
struct rd_dry;

struct rd_worker {
	uint16_t id; // 0-based
	unsigned lcore;
	struct rte_graph *graph;
	struct rd_flow_table *flows; // own table
	struct rd_rxq_list *rxqs; // never NULL
	struct rte_ring *inject; // mbufs with in_port set; control produces
	struct rd_handoff handoff; // rings to and from the other workers
	uint8_t model; // enum rd_model
	bool polling; // false: only its rings, see rd_handoff_hold()
	uint64_t id_base, id_next; // packet ids
	uint64_t polled; // packets of this loop's poll
	uint32_t copies; // made in this walk; see RD_COPIES_MAX
	uint32_t now_s; // coarse clock, refreshed each loop
	uint32_t gen; // rd_generation() when the walk began
	const struct rd_dfw_policy *policy; // rd_dfw_policy() when the walk began
	uint64_t aged_tsc, started_tsc; // when aging had its last step, when the loop began
	struct rd_clock clock;

	// Taps (core/tap.c): what is armed now, and the stages' own process functions.
	const struct rd_tapset *taps; // NULL = nothing armed, all process pointers untouched
	struct rte_node *nodes[RD_STAGE_MAX];
	rte_node_process_t process[RD_STAGE_MAX];
	uint8_t stage_of[RD_NODE_MAX]; // stage by graph node id
	uint32_t tap_epoch; // tap changes taken
	uint8_t tap_tag; // of the tap set, for flows that nobody in it wants: 1 + tap_epoch % RD_TAP_TAGS
	uint32_t tap_bursts; // that taps have seen
	void (*settle)(struct rd_worker
			*w); // counts what taps have seen and not yet counted; NULL = nothing
	uint8_t *linear; // scratch for frames in several segments, RD_LINEAR_MAX bytes

	struct rd_stage_stats stages[RD_STAGE_MAX];
	uint64_t drops[RD_DROP_MAX];
	struct rd_port_stats ports[RD_PORT_MAX];
	uint64_t polls, empty_polls, sleeps, packets, bursts;
	struct rd_dropcount *dropcount; // by port, stage and reason
	struct rd_tally *tally; // by port index
	uint64_t busy_tsc; // in walks that had packets
	struct rd_latency latency[RD_LATENCY_COUNT];
	struct rd_droplog droplog; // last dropped packets

	// Calls from control: one at a time, run between two walks (rd_worker_call).
	void (*call_fn)(struct rd_worker *w, void *arg);
	void *call_arg;
	uint32_t call_posted, call_done; // sequence numbers; release/acquire
	bool stop; // atomic
	bool running; // its thread is in the loop, or about to be
	bool staged; // every packet takes the stages, none the fast path (nodes/fast.h)
	bool gone; // atomic: its thread has ended, nobody takes what comes for it

	struct rd_dry *
		dry; // it only asks: nothing that others see may change (core/dry.h); NULL of the real ones

	// What it does after each walk besides, and how many packets that moved (mirror/session); NULL = nothing.
	uint32_t (*chore)(struct rd_worker *w);

	// Being idle (core/idle.c).
	uint8_t idle_mode; // enum rd_idle
	bool armed, asleep; // the interrupts are on; it has to be woken (atomic)
	int wake_fd, epoll_fd,
		eal_epoll_fd; // what wakes it; of that what only the EAL can read; -1: nothing
	uint32_t blind; // queues that can't wake it
	uint32_t false_wakes; // in a row: a device said that there are packets, and there were none
	uint32_t blinded_s; // when a queue's descriptor was given up; 0 = none was
	uint64_t quiet_tsc; // of the first empty walk since the last packet
};

extern struct rd_worker *rd_workers[RD_WORKER_MAX];
extern unsigned rd_nb_workers;

RTE_DECLARE_PER_LCORE(struct rd_worker *, rd_worker_self);
static inline struct rd_worker *rd_worker_self(void)
{
	return RTE_PER_LCORE(rd_worker_self);
}

// --- control thread ---

struct rd_core_opts {
	unsigned nb_workers; // >= 1
	unsigned nb_mbufs; // of the shared packet pool
	unsigned flow_capacity; // per worker
	unsigned conn_capacity; // connections of all firewalls; 0 = default
	unsigned drop_slots, drop_snap; // of the record of drops; 0 = default
	uint8_t idle; // enum rd_idle (core/idle.h)
	uint8_t model; // enum rd_model
};

// After rte_eal_init(): pools, RCU, workers with their graphs (threads not started). 0 or -errno.
int rd_core_init(const struct rd_core_opts *opts);
void rd_core_fini(void); // stops, frees everything; the EAL stays
int rd_workers_start(void); // launches the lcore threads
void rd_workers_stop(void);
// Runs fn(w, arg) on the worker's thread between two graph walks, and returns when it is done. When the
// worker's thread is not running (start-up, tests) it is called directly.
void rd_worker_call(struct rd_worker *w, void (*fn)(struct rd_worker *, void *), void *arg);
void rd_worker_call_all(void (*fn)(struct rd_worker *, void *), void *arg);
// Waits until no worker can hold a pointer that was unpublished before the call (rte_rcu_qsbr).
void rd_rcu_synchronize(void);
// One graph walk by the caller's thread, for graph tests (worker threads not started).
void rd_worker_walk_once(struct rd_worker *w);

struct rte_mempool *rd_pool(void); // packets; private area = struct rd_meta
// A packet with these bytes, in as many segments as the pool's data rooms need; its metadata is not set. NULL
// when the pool is empty. Any thread.
struct rte_mbuf *rd_frame_to_mbuf(const uint8_t *frame, size_t len);
// Puts a frame into the graph as if the port's device had received it. 0 and the packet id, or -ENOBUFS,
// -EMSGSIZE, -EAGAIN (ring full). Any port, with a device or without.
int rd_inject(uint16_t port_idx, const uint8_t *frame, size_t len, uint64_t *packet_id);

// --- worker thread ---

// Whether packets may take the fast path.
static inline bool rd_worker_is_fast(const struct rd_worker *w)
{
	return !w->staged;
}
