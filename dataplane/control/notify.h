/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Tells systemd how the daemon does: that it serves, that it ends, that it is alive, what it does. Without systemd ($NOTIFY_SOCKET)
 * all of it does nothing. Control thread.
 */
#pragma once

#include "control/ctl.h"

void rd_notify_serving(struct rd_ctl *ctl); // and begins to be alive
void rd_notify_ending(void);
