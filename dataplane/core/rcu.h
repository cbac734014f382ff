/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The worker's side of RCU (rcu.c says how it works). Control's side is rd_rcu_synchronize() in core/worker.h.
 */
#pragma once

#include "core/worker.h"

// Control thread, after the EAL is up. 0 or -errno.
int rd_rcu_init(void);
void rd_rcu_fini(void);

// Any thread, without waiting: rd_rcu_passed(rd_rcu_start()) becomes true when no worker can hold a pointer any more that was
// unpublished before the start.
uint64_t rd_rcu_start(void);
bool rd_rcu_passed(uint64_t token);

// Worker thread.
void rd_rcu_register(unsigned worker);
void rd_rcu_unregister(unsigned worker);
void rd_rcu_quiescent(unsigned worker); // holds no pointer into shared tables now
void rd_rcu_sleep(unsigned worker); // ... and will not until rd_rcu_wake()
void rd_rcu_wake(unsigned worker);
