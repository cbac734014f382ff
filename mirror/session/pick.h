/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which of the packets that fit are copied: samplers and token buckets. Worker thread; control prepares.
 */
#pragma once

#include "session/match.h"

void mirror_pick_prepare(struct mirror_run *r);
bool mirror_sampled(const struct mirror_run *r, struct rd_worker *w, struct mirror_view *v);
// Whether the buckets have room for a copy of so many bytes on the wire at this moment.
bool mirror_rate(const struct mirror_run *r, uint64_t ns, uint32_t wire_len);
