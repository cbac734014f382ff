/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What devices count themselves. Control thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tables/port.h"

enum {
	RD_HW_RX_MISSED,
	RD_HW_RX_ERROR,
	RD_HW_RX_NOMBUF,
	RD_HW_TX_ERROR,
	RD_HW_RX_PACKETS,
	RD_HW_TX_PACKETS,
	RD_HW_COUNTERS,
};

struct rd_hwcount {
	uint64_t value[RD_HW_COUNTERS];
	uint32_t counted; // a bit each: the driver counts it
	bool fresh; // read just now; else as it was when the device last answered
	const char *driver;
};

// A port's counters; false if it has no device and had none. They outlive a guest that disconnects.
bool rd_hw_read(const struct rd_port *p, struct rd_hwcount *out);
