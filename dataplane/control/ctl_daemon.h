/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The handlers of the daemon itself and of the machine below it. Part of control/ctl.h. Control thread.
 */
#pragma once

#include "control/method.h"

int ctl_hello(struct rd_request *req);
int ctl_cancel(struct rd_request *req);
int ctl_clock_advance(struct rd_request *req);
int ctl_daemon_clients(struct rd_request *req);
int ctl_daemon_stop(struct rd_request *req);
int ctl_device_list(struct rd_request *req);
int ctl_pool_list(struct rd_request *req);
int ctl_vhost_list(struct rd_request *req);
int ctl_virtqueue_list(struct rd_request *req);

struct rd_port;
// The parameter "port", which must have a device; NULL: absent or wrong. Then each() for it, or for every port with a device.
const struct rd_port *rd_req_device(struct rd_request *req);
int rd_req_each_device(struct rd_request *req, const struct rd_port *only,
	int (*each)(struct rd_request *req, const struct rd_port *p));
