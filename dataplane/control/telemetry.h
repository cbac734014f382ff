/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The daemon's part of DPDK's telemetry: /reddot/ports and so on, for dpdk-telemetry.py and those who read its socket (reddotd
 * --telemetry). DPDK calls handlers in threads of its own. They touch nothing of ours: each leaves its question for the control thread
 * and waits for the answer.
 */
#pragma once

#include "control/ctl.h"

int rd_telemetry_start(
	struct rd_ctl *ctl, struct rd_err *err); // once, after the EAL; 0 or a negative errno
void rd_telemetry_stop(void); // whoever still asks gets an error
