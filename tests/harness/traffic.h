/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Traffic through the workers of workers.h: flows whose packets are numbered, and a look at each that comes out: nothing may
 * be lost, or overtaken by another of its flow.
 */
#pragma once

#include "workers.h"

#define WK_IN_FLIGHT 1024 // fewer than any ring holds: nothing may be lost
#define WK_FLOWS 512

struct wk_run {
	uint32_t next[WK_FLOWS], seen[WK_FLOWS]; // sequence numbers
	uint64_t sent, received;
	bool nic_hash; // of every other flow, as some NICs do for what they understand
};

void wk_receive(struct wk_run *r); // what there is
void wk_wait_all(struct wk_run *r);
// Some packets of one flow in a row, then of another one.
void wk_traffic(struct wk_run *r, uint64_t nb);
