/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Whether a TCP segment was there before: the trigger `retransmit`. Worker thread.
 */
#pragma once

#include "session/match.h"

// A parsed view. At each stage of its own, because a packet that comes to the next stage is no repetition. Reordered segments look like
// repeated ones; keep-alive segments, bare acknowledgements and a new connection of the same ports do not.
bool mirror_is_again(struct mirror_state *st, const struct mirror_view *v);
