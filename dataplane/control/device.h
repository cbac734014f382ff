/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a port is attached to: reading it from a request, opening and closing devices. Control thread.
 */
#pragma once

#include "control/ctl.h"

// Reads device, link, via, bypass or answer into the private record, if one of them is there. Opens nothing.
void rd_device_read(struct rd_request *req, struct rd_port *p);
// Opens p's device where it is another one than old's (NULL = no old port). *opened: to be closed again if p can't be
// published; *replaced: old's device is to be closed after that. 0 or -errno with *err.
int rd_device_switch(struct rd_port *p, const struct rd_port *old, bool *opened, bool *replaced,
	struct rd_err *err);
// Removes the port, then closes its device. 0 or -errno with *err.
int rd_device_del(const struct rd_port *p, struct rd_err *err);
// Lets the workers poll the devices that there are now, and no others. 0 or -errno with *err.
int rd_device_refresh(struct rd_err *err);
// While the command files are read no device is polled: a packet must not meet a switch that is half configured.
void rd_device_hold(void);
bool rd_device_held(void);
int rd_device_release(struct rd_err *err); // 0 or -errno with *err
// "none", "device net_null0", "link arm/x": the command words after which a port is attached.
#define RD_DEVICE_TEXT 400
const char *rd_device_text(const struct rd_port *p, char buf[RD_DEVICE_TEXT]);
// Takes the link states and MTUs of all devices; publishes ports where they changed.
void rd_device_poll_links(void);
// At the end, no worker runs: closes every port's device.
void rd_device_close_all(void);
