/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The worker's end of rd_worker_call() (core/worker.h).
 */
#pragma once

#include "core/worker.h"

// Worker thread, between two walks: runs the call that control has posted, if any.
void rd_worker_run_call(struct rd_worker *w);
