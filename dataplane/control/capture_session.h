/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Capture sessions as control keeps them: who owns one, how long it may last, and why it ended. The taps and rings are
 * core/tap.h's. Control thread.
 *
 *	running   a client is connected and the taps are on
 *	detached  the client has gone; the taps are on until somebody attaches or the lease ends
 *	ended     the taps are off (budget, duration); the records wait in the rings for the client
 */
#pragma once

#include "control/conn.h"
#include "core/tap.h"

#define RD_SESSION_NAME 64

struct rd_ctl_session {
	struct rd_ctl_session *next;
	struct rd_ctl *ctl;
	const struct rd_conn *conn; // its client; NULL: detached
	uint32_t id;
	char name[RD_SESSION_NAME]; // unique among the sessions
	uid_t uid; // of who started it
	gid_t gid;
	pid_t pid; // of the client that has it now, or had it last
	uint64_t start_ns; // monotonic
	uint64_t start_wall_ns; // CLOCK_REALTIME, for show
	uint64_t duration_ns; // 0 = no limit
	uint64_t keep_ns; // lease without a client; 0 = ends with its client
	uint64_t detached_ns; // monotonic; when the client went
	uint64_t max_packets, max_bytes; // 0 = no limit
	uint32_t max_cost; // per cent of a worker's time; 0 = no limit
	struct event *timer; // NULL: nothing limits it
	enum rd_capring_end end;
	uint32_t snaplen;
	bool follow;
	json_t *points; // [{stage, port}], for show
	json_int_t device,
		file_bytes; // what its client says to have written, and on which file system
	char file[256];
	char filter[512];
	struct rd_capture *capture;
};

// What an ended session's files took. Kept while a session runs that ran beside it: they share a limit.
struct rd_ctl_past {
	struct rd_ctl_past *next;
	json_int_t device, file_bytes;
	uint64_t end_ns; // monotonic
};

// Bytes of the files on a session's file system that others have written in its time, those that ended included.
json_int_t rd_session_others(const struct rd_ctl_session *s);

// Bytes of each worker's ring, unless the client asks for others.
uint64_t rd_session_ring_size(void);

struct rd_ctl_session *rd_session_new(struct rd_ctl *ctl, const struct rd_conn *conn);
void rd_session_free(struct rd_ctl_session *s); // one that was never added
// A running session is the daemon's from now on. 0 or -ENOMEM.
int rd_session_add(struct rd_ctl_session *s);
// By name or number; NULL if there is none.
struct rd_ctl_session *rd_session_find(const struct rd_ctl *ctl, const char *name);
// Ends it and frees it.
void rd_session_end(struct rd_ctl_session *s, enum rd_capring_end why);
// Another client takes it. The caller has checked that it is free.
void rd_session_take(struct rd_ctl_session *s, const struct rd_conn *conn);
const char *rd_session_state(const struct rd_ctl_session *s);
