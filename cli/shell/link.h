/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The connection to the daemon: made by the first command that needs it, made again when the daemon was started anew, and ended
 * when it does not let go of a command that Ctrl-C ended. One thread and its signal handlers.
 */
#pragma once

#include <stdbool.h>

#include "engine/cli.h"

struct rd_link {
	const char *socket; // NULL: the default
	struct rd_client *client; // NULL: not connected
};

// The transport of rd_cli: arg is the link.
int rd_link_call(void *arg, const char *method, json_t *params, rd_client_item_fn each,
	void *each_arg, json_t **result, struct rd_err *err);
int rd_link_open(struct rd_link *l, struct rd_err *err);
void rd_link_close(struct rd_link *l);
// Whether the daemon is still there; a connection that ended is closed.
bool rd_link_alive(struct rd_link *l);
int rd_link_fd(const struct rd_link *l); // -1 when not connected
// "arm (read-only)", "not connected": for the prompt.
const char *rd_link_name(const struct rd_link *l, char *buf, size_t size);

// Ends what runs; for a signal handler. The wish stays until it is taken back.
void rd_link_stop(void);
bool rd_link_stopped(void);
void rd_link_go_on(void);
