/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Several workers inside a test program, with threads or walked by the test's own one: two guests' ports on ring devices,
 * the first one with several rx queues. Used by tests/graph/workers.c and handoff.c.
 */
#pragma once

#include "graph_frames.h"
#include "graph_topo.h"

#include <sched.h>

#include "core/idle.h"

#define WK_QUEUES 4

extern unsigned wk_workers; // set before wk_setup
extern bool wk_threads;
extern struct rte_ring *wk_src[WK_QUEUES], *wk_dst;
extern uint16_t wk_port_src, wk_port_dst; // table indexes

int wk_setup(void **state);
int wk_teardown(void **state);
// Ports anew; at the end: every mbuf is back, every stage and every handoff has given away what it got.
int wk_begin(void **state);
int wk_end(void **state);

// A UDP frame from the first guest to the second one, of this flow, with this number in it. NULL: no mbuf.
struct rte_mbuf *wk_frame(uint16_t flow, uint32_t seq);
uint16_t wk_flow(struct rte_mbuf *m, uint32_t *seq);
uint64_t wk_handed(void); // packets, all pairs
uint64_t wk_drops(void); // packets, all workers
uint64_t wk_drops_of(enum rd_drop_reason r);
unsigned wk_not_polled(void); // packets in the source's queues; they are freed
void wk_walk(unsigned worker); // without threads
