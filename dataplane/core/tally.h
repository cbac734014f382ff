/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What each stage had of each port's packets: whose a packet is says rd_stage_port() of that stage. Stages count every packet; the fast
 * path counts once per burst by what its packets did (enum fast_kind), and a reader makes stages of that. The sum over all
 * ports is what the stage itself counts. One table per worker, which writes it; control reads without locks.
 */
#pragma once

#include <stdint.h>

#include "api/stages.h"

#define RD_TALLY_STAGES 32
#define RD_STAGE(id, NAME, name, kind, compat, help) \
	_Static_assert((id) < RD_TALLY_STAGES, #name ": no room in a port's tally");
#include "api/stages.def"
#undef RD_STAGE

enum fast_kind { // which stages a packet has passed
	FAST_DECAP = 1 << 0,
	FAST_DFW_OUT = 1 << 1,
	FAST_DFW_IN = 1 << 2,
	FAST_ENCAP = 1 << 3,
	FAST_RX_VNIC = 1 << 4, // else uplink
	FAST_RX_UPT = 1 << 5,
	FAST_KINDS = 1 << 6,
};

struct rd_tally { // of one port
	uint64_t in[RD_TALLY_STAGES]; // not those that came from the port by the fast path
	uint64_t created
		[RD_TALLY_STAGES]; // by the stage; of reject: the port that the answer comes from
	uint64_t fast[FAST_KINDS]; // came from it by the fast path
};

struct rd_worker;

// Control: a worker's table, by port index. NULL when out of memory. What nobody writes takes no memory.
struct rd_tally *rd_tally_create(void);
// Of one port and stage, of one worker.
uint64_t rd_tally_in(const struct rd_worker *w, uint16_t port, unsigned stage);
uint64_t rd_tally_created(const struct rd_worker *w, uint16_t port, unsigned stage);
// Worker: the port is gone, its counts are those of port 0 now: of ports that are gone.
void rd_tally_forget(struct rd_worker *w, uint16_t port);
