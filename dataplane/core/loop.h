/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The thread of a worker (loop.c). Launched by worker.c.
 */
#pragma once

int rd_worker_main(void *worker); // until worker->stop
