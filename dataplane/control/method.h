/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a method handler sees: one request, its typed parameters, and the ways to answer. The same handlers serve the
 * socket (control/conn.c) and the daemon's own command files (control/local.c). Control thread only.
 *
 *	int ctl_switch_del(struct rd_request *req)
 *	{
 *		struct rd_switch *sw = rd_req_switch(req, "switch");
 *
 *		if (rd_req_end(req) < 0) // a wrong, missing or unknown parameter: *req->err says which
 *			return req->err->code;
 *		return rd_switch_del(sw, req->err);
 *	}
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct rd_ctl;
struct rd_conn;
struct rd_request;

#define RD_REQ_KEYS 32 // most parameters of one method

// A long answer in portions: step() emits some items and returns 1 (more to come), 0 (done) or a negative errno with
// *req->err. It is called again when the client has taken what it got. free() ends it, also when the client has gone.
struct rd_stream {
	int (*step)(struct rd_request *req, struct rd_stream *s);
	void (*free)(struct rd_stream *s);
};

struct rd_request {
	const char *method;
	json_t *params; // borrowed; an object
	struct rd_err *err;
	struct rd_ctl *ctl;
	struct rd_conn *conn; // NULL: the daemon's own command file
	bool admin;
	// answers
	int (*item)(struct rd_request *req, const json_t *item); // where items go
	void *item_arg;
	uint64_t count; // items so far
	const json_t *fields; // the only ones that items shall have; NULL: all; borrowed
	json_t *result; // NULL = {}
	int fd; // sent with the result, then closed; -1 = none
	struct rd_stream *stream; // the handler left the rest to it
	// parameters asked for, so that a misspelt one is found
	const char *key[RD_REQ_KEYS];
	unsigned nb_keys;
};

enum rd_method_flags {
	RD_M_ADMIN = 1 << 0,
	RD_M_LIST = 1 << 1, // the result is {"count": items} unless the handler says otherwise
	RD_M_ACT = 1 << 3, // changes nothing of the configuration: not for the journal
	RD_M_PORTS = 1 << 2, // changes ports or endpoints: mirror sessions look again
};

struct rd_method {
	const char *name;
	int (*handler)(struct rd_request *req); // 0 or a negative errno with *req->err
	unsigned flags;
};

const struct rd_method *rd_method_find(const char *name); // NULL if there is none
// Checks the role, runs the handler, fills in the result. 0 or a negative errno with *req->err; when req->stream is
// set the caller goes on with rd_method_step().
int rd_method_run(struct rd_request *req);
// One portion of a stream: 1 = more, 0 = done (the stream is freed), negative = failed (freed too).
int rd_method_step(struct rd_request *req);

// --- answers; item and result are stolen ---
int rd_req_item(struct rd_request *req, json_t *item); // negative: stop, nobody is listening
// Whether the item, half made, has all fields that the client wants: the rest need not be made.
bool rd_req_has_enough(const struct rd_request *req, const json_t *item);
void rd_req_result(struct rd_request *req, json_t *result);
int rd_req_fail(struct rd_request *req, const char *key, int code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

// --- parameters: a missing or wrong one is remembered in *req->err and shows at rd_req_end() ---
bool rd_req_has(struct rd_request *req, const char *key); // present and not null
// Required; NULL when wrong, as one with control characters is.
const char *rd_req_str(struct rd_request *req, const char *key);
const char *rd_req_str_or(struct rd_request *req, const char *key, const char *absent);
// A text for show only: what is too long is cut, control characters become blanks.
void rd_req_shown(
	struct rd_request *req, const char *key, const char *absent, char *out, size_t size);
const char *rd_req_name(struct rd_request *req, const char *key); // of a new object
uint64_t rd_req_num(struct rd_request *req, const char *key, uint64_t min, uint64_t max);
uint64_t rd_req_num_or(
	struct rd_request *req, const char *key, uint64_t min, uint64_t max, uint64_t absent);
bool rd_req_bool_or(struct rd_request *req, const char *key, bool absent);
json_t *rd_req_array(
	struct rd_request *req, const char *key, size_t max); // NULL if absent or wrong
bool rd_req_mac(struct rd_request *req, const char *key, uint8_t mac[6]); // required
#define RD_FRAME_MAX 65535 // bytes
// A frame in hex, required: its bytes, until the next frame is read. NULL when wrong.
const uint8_t *rd_req_frame(struct rd_request *req, const char *key, size_t *len);
const uint8_t *rd_frame_of_hex(const json_t *hex, size_t *len); // of a list: any value
bool rd_req_ip4(struct rd_request *req, const char *key, uint8_t ip[4]); // required
bool rd_req_either(
	struct rd_request *req, const char *key, const char *yes, const char *no); // true: yes
// Ends the reading of parameters: unknown ones are errors too. 0 or the error's code.
int rd_req_end(struct rd_request *req);
