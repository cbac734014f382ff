/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The client library: what pktcap and reddot speak to the daemon with. Blocking calls, one
 * connection, one thread. Links no DPDK.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"

struct rd_client;

// Connects and says hello. path NULL = default. NULL on failure, with *err saying what to try.
struct rd_client *rd_client_open(const char *path, const char *name, struct rd_err *err);
void rd_client_close(struct rd_client *c); // NULL is fine
// The same in two steps, for a caller who wants to end a wait from a signal handler: shutdown(2) of the descriptor makes what
// waits fail with -ECONNRESET. dial gives it, or -1; greet takes it.
int rd_client_dial(const char *path, struct rd_err *err);
struct rd_client *rd_client_greet(int fd, const char *path, const char *name, struct rd_err *err);
const json_t *rd_client_hello(const struct rd_client *c); // the daemon's hello result; borrowed
int rd_client_fd(const struct rd_client *c); // for poll(): readable at EOF when the daemon dies

// Called for every streamed item; item is borrowed. Non-zero stops the delivery (the call then
// returns it).
typedef int (*rd_client_item_fn)(void *arg, const json_t *item);

// One request. params is stolen (NULL = {}). 0 and *result (caller frees; result may be NULL to
// ignore it), or a negative errno with *err filled. Items go to `each` (NULL: ignored).
int rd_client_call(struct rd_client *c, const char *method, json_t *params, rd_client_item_fn each,
	void *arg, json_t **result, struct rd_err *err);
// Asks the daemon to end the call that runs, which then fails with -ECANCELED; the connection lives on. For the call's own item
// function, or a signal handler. A wish that comes before the call does is told by stopped, which may stay true afterwards.
void rd_client_cancel(struct rd_client *c);
void rd_client_heed(struct rd_client *c, bool (*stopped)(void));
// How long a call waits for the daemon; 0 = for ever. A call that waited too long gives -ETIMEDOUT and ends the connection.
void rd_client_patience(struct rd_client *c, unsigned seconds);
// The descriptor that came with the last result, -1 if none; the caller owns it then.
int rd_client_take_fd(struct rd_client *c);
// All items of a streamed list as one array; NULL with *err.
json_t *rd_client_list(struct rd_client *c, const char *method, json_t *params, struct rd_err *err);
