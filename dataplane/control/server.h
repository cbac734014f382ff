/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The control socket: where it is, who may connect, which connections there are. Control thread.
 */
#pragma once

#include <sys/types.h>

#include "base/err.h"
#include "control/ctl.h"

#define RD_CONN_MAX 256

struct rd_server {
	struct rd_ctl *ctl;
	char *path;
	int sock;
	ino_t ino; // of the socket file: only our own is removed at the end
	dev_t dev;
	struct event *ev_accept;
	struct rd_conn *conns;
	unsigned nb_conns;
};

// Makes the socket and listens; connections wait until rd_server_serve(). A file left by a daemon that is gone is
// replaced. 0 or -errno with *err (-EADDRINUSE: a daemon is serving there).
int rd_server_listen(struct rd_server *srv, const char *path, mode_t mode, struct rd_err *err);
int rd_server_serve(struct rd_server *srv, struct rd_ctl *ctl);
void rd_server_close(
	struct rd_server *srv); // closes all connections, removes the socket; zeroed is fine
