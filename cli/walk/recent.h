/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Time travel: the daemon's ring of dropped packets as walks, also of packets from before the capture began. One thread.
 */
#pragma once

#include "walk/store.h"

// Adds what drop.recent listed (the newest first), but packets that the store has already. Returns how many are new.
unsigned rd_recent_add(struct rd_store *s, const json_t *drops);
