/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What one layer of a ladder counts for some ports. Control thread.
 */
#pragma once

#include "control/ctl.h"

#define LADDER_DEVICE_RX RD_TALLY_STAGES // layers that are no stages; others are stages
#define LADDER_DEVICE_TX (RD_TALLY_STAGES + 1)
#define LADDER_PORT_RX (RD_TALLY_STAGES + 2)
#define LADDER_PORT_TX (RD_TALLY_STAGES + 3)

struct ladder_ports {
	unsigned nb;
	const struct rd_port *p[RD_PORT_MAX];
};

struct ladder_count {
	bool counts; // else nobody counts there
	uint64_t packets, created, drops;
	char reasons[512]; // "RX_RUNT 2, ..."
};

// A stage, or one of the above. *n is zeroed.
void ladder_count(const struct ladder_ports *s, unsigned layer, struct ladder_count *n);
