/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which worker polls which device queue. By rule: a new queue goes to the worker with the fewest queues (of those, one on
 * the device's NUMA node first) and stays there. By hand: where a person wants it. Control thread only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define RD_QUEUES_MAX 16 // rx queues of a port

// Gives every device queue of the port table to a worker; after ports came, went or changed device. When it returns no worker
// polls a queue that is not in the table any more. 0 or -errno.
int rd_rxq_refresh(void);
// All queues that nobody assigned by hand are given out anew. 0 or -errno.
int rd_rxq_spread(void);
// This queue to this worker, from the next refresh on; worker < 0: as the rule says. 0 or -EINVAL.
int rd_rxq_wish(uint16_t port, uint16_t queue, int worker);
// The same at once. 0 or -errno.
int rd_rxq_assign(uint16_t port, uint16_t queue, int worker);
// The worker that polls a queue, -1 if none does.
int rd_rxq_worker(uint16_t port, uint16_t queue);
bool rd_rxq_by_hand(uint16_t port, uint16_t queue);
