/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sessions of a group (`once`) send a packet to a collector once: the first copy that comes to the owner is sent, whichever session's it
 * is. Worker 0 only.
 */
#pragma once

#include "session/run.h"

// Whether the copy's packet was sent to this collector of its session before, by anyone of the group; from now on it was.
bool mirror_once_was_sent(const struct mirror_copy *c, unsigned which);
