/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The handlers of the daemon itself and of the machine below it. Part of control/ctl.h. Control thread.
 */
#pragma once

#include "control/method.h"

int ctl_hello(struct rd_request *req);
int ctl_cancel(struct rd_request *req);
int ctl_clock_advance(struct rd_request *req);
int ctl_daemon_stop(struct rd_request *req);
