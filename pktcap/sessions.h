/* SPDX-License-Identifier: BSD-3-Clause
 *
 * pktcap list, show and stop: the daemon's capture sessions. Main thread.
 */
#pragma once

#include "api/client.h"
#include "opts.h"

// o->mode says which, o->session.target what. 0 or a negative errno with *err.
int pk_sessions(const struct pk_opts *o, struct rd_client *client, struct rd_err *err);
