/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Making the pages of the large tables (flows, connections) and of the next capture's rings in the background. Control thread.
 */
#pragma once

#include "control/ctl.h"

// There is a new table: starts the steps. Without memory for the timer the first packets make the pages.
void rd_pages_start(struct rd_ctl *ctl);
// The same, but not at once: a capture has taken the rings that were ready.
void rd_pages_later(struct rd_ctl *ctl);
void rd_pages_stop(struct rd_ctl *ctl);
