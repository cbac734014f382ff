/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The descriptors that wake a sleeping worker (idle.c). Worker thread.
 */
#pragma once

#include "core/worker.h"

// Sleeps until something wakes it, at most so long. Whether something did.
bool rd_idle_wait(struct rd_worker *w, long ns);
// Switches the interrupts of its devices.
void rd_idle_arm(struct rd_worker *w, bool on);
