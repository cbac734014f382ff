/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Traffic for tests of the fast path: guests, a tunnel, local and encapsulated flows of TCP and UDP, with a router those between two
 * segments as well, and bursts of their frames, of which half are spoilt a little. The same seed gives the same bursts.
 */
#pragma once

#include "graph_frames.h"
#include "graph_topo.h"

struct fw_topo {
	struct gt_upt u;
	uint16_t other; // a second guest of the segment
	uint16_t far; // one of another segment, behind a router; 0 without fw_router()
	uint16_t nb_ports, ports[4];
};

extern uint64_t fw_seed;
uint32_t fw_rnd(uint32_t bound);

void fw_topology(struct fw_topo *t);
void fw_router(struct fw_topo *t); // and the guest behind it; all neighbours are known
void fw_frames(const struct fw_topo *t); // makes the frames that bursts are made of
// Queues 1 to 12 frames.
void fw_burst(const struct fw_topo *t, void (*queue)(uint16_t port, const struct gf_frame *f));

// Devices from which the worker polls what fw_receive() sends; between the two it has no other queues.
void fw_devices_open(const struct fw_topo *t);
void fw_devices_close(void);
void fw_receive(
	uint16_t port, const struct gf_frame *f); // in two segments if it is longer than fw_split
extern uint32_t fw_split;
