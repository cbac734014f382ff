/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The message protocol: newline-delimited JSON over a Unix stream socket.
 * docs/design/protocol.md lists the methods.
 *
 *   one request    {"id":7,"method":"port.list","params":{...}}
 *   its answer     {"id":7,"item":{...}}    any number of times, then
 *                  {"id":7,"result":{...}}  or
 *                  {"id":7,"error":{"code","what","where","try"}}
 *
 * The first request of a connection must be "hello". A result with "fd":true comes with one
 * descriptor (SCM_RIGHTS).
 *
 * rd_msg_reader cuts a byte stream into messages for both sides: bounded (a line over RD_MSG_MAX is
 * an error, not an allocation), strict (a line must be a JSON object without NUL and with unique
 * keys).
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "base/err.h"

#define RD_PROTO_VERSION 1
#define RD_MSG_MAX (1u << 20) // bytes of one line

struct rd_msg_reader { // zeroed = empty; the fields are private
	char *buf;
	size_t off, len, cap; // unread bytes are buf[off..len)
	size_t scanned; // no newline in buf[off..scanned)
	size_t line_len; // bytes of the last, unfinished line
};
// Adds bytes from the stream. 0, -EMSGSIZE when a line is too long (close the connection), -ENOMEM.
int rd_msg_feed(struct rd_msg_reader *r, const void *bytes, size_t len);
// Next complete message: 1 and *msg (caller frees with json_decref), 0 if none is complete,
// -EBADMSG with *err's text when the line is not a JSON object (the reader goes on with the next
// line).
int rd_msg_next(struct rd_msg_reader *r, json_t **msg, struct rd_err *err);
void rd_msg_reader_free(struct rd_msg_reader *r);

// Serialises with a trailing newline; caller frees. NULL when out of memory.
char *rd_msg_dump(const json_t *msg, size_t *len);
json_t *rd_msg_error(json_int_t id, const struct rd_err *err); // {"id","error":{...}}
void rd_msg_error_parse(const json_t *error, struct rd_err *err); // from the "error" object

// Default socket: $REDDOT_SOCKET, else /run/reddot/reddotd.sock for root, else
// $XDG_RUNTIME_DIR/reddot/reddotd.sock, else /tmp/reddot-UID/reddotd.sock. Returns buf.
const char *rd_socket_path(char *buf, size_t len);
