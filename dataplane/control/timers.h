/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the control thread does once a second.
 */
#pragma once

#include "control/ctl.h"

int rd_timers_start(struct rd_ctl *ctl); // 0 or -ENOMEM
void rd_timers_age(void); // takes the coarse time and ages what is idle
