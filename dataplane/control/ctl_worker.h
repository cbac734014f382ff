/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the handlers on workers share. Control thread.
 */
#pragma once

#include "control/ctl.h"

int rd_worker_cpu(const struct rd_worker *w); // that its thread is bound to, -1 before it has one
int rd_worker_numa(const struct rd_worker *w);
// Packets that it polled and others were to process.
uint64_t rd_worker_handed_out(const struct rd_worker *w);
// Once a second: what worker.balance calls recent.
void rd_ctl_worker_tick(void);
