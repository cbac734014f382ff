/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The one place where a dropped packet is counted and recorded. The drop stage calls rd_drop_note() for every packet
 * that comes to it, where captures have seen it. What has no packet to send there (a copy that was not made, a
 * packet that never came into the graph) goes through rd_drop_lost(), which shows captures the original.
 */
#pragma once

#include "core/meta.h"
#include "core/worker.h"

// Worker. md says reason, stage and port.
void rd_drop_note(struct rd_worker *w, struct rte_mbuf *m, struct rd_meta *md, uint64_t ns);
// Worker: one packet more that `stage` had and dropped, with the bytes of m, which stays the caller's. Counted as created
// and dropped at the stage, and as taken by the drop stage, so that all sums agree.
void rd_drop_lost(struct rd_worker *w, struct rte_mbuf *m, unsigned stage, enum rd_drop_reason r);
// Control: a port is gone and all workers have seen it: packets that wait for it in the inject rings die, its counters
// are zeroed or become those of "ports that are gone", captures do not look for it. Its index can be given again.
void rd_worker_forget_port(uint16_t port);
