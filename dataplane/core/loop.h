/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The thread of a worker (loop.c). Launched by worker.c.
 */
#pragma once

struct rd_worker;

int rd_worker_main(void *worker); // until worker->stop
// One walk as the worker's own thread does it, by the caller's: taps count in turns of several walks, see rd_tap_settle().
void rd_worker_walk(struct rd_worker *w);
