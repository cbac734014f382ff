/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One client's connection: bytes in, requests, answers out. Control thread.
 */
#pragma once

#include <sys/types.h>

#include "api/msg.h"
#include "control/ctl.h"
#include "control/outq.h"

struct rd_server;

struct rd_conn {
	struct rd_conn *next, *prev;
	struct rd_server *srv;
	struct rd_ctl *ctl;
	int sock;
	uid_t uid;
	gid_t gid;
	pid_t pid;
	bool admin;
	bool hello; // said
	bool eof; // the client sends no more; what waits is still delivered
	bool more; // its turn ended before its work did
	bool dead; // to be closed when nobody is using it
	bool stop_after; // the daemon ends once this client has its answer
	unsigned garbage; // lines that were no request
	char name[64]; // as the client calls itself
	uint64_t since_ns; // monotonic
	uint64_t nb_requests;
	struct rd_msg_reader in;
	// What came while a stream runs: 1 and the request, or negative and why it is none; 0 = nothing
	int ahead;
	json_t *ahead_msg;
	struct rd_err ahead_err;
	struct rd_outq out;
	struct event *ev_read, *ev_write;
	// the request being answered
	struct rd_request req;
	struct rd_err err;
	json_t *msg; // holds params; NULL = no request
	json_int_t id;
};

struct rd_conn *rd_conn_new(
	struct rd_server *srv, struct rd_ctl *ctl, int sock); // takes sock; NULL: refused
void rd_conn_free(struct rd_conn *c);
