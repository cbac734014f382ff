/* SPDX-License-Identifier: BSD-3-Clause
 *
 * --last-drops: the packets that the daemon remembers as dropped, as records. Main thread.
 */
#pragma once

#include "session.h"

// Gives them to the session's outputs, oldest first, and ends those. 0 or a negative errno with *err.
int pk_last_drops(struct pk_session *s, struct rd_err *err);
