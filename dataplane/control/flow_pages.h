/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Making the pages of large flow tables in the background. Control thread.
 */
#pragma once

#include "control/ctl.h"

// There is a new table: starts the steps. Without memory for the timer the first packets make the pages.
void rd_flow_pages_start(struct rd_ctl *ctl);
void rd_flow_pages_stop(struct rd_ctl *ctl);
