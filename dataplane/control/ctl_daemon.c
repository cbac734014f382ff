/* SPDX-License-Identifier: BSD-3-Clause
 *
 * hello, cancel, clock.advance, daemon.clients and daemon.stop. Control thread.
 */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "control/conn.h"
#include "control/eal.h"
#include "control/server.h"
#include "control/timers.h"

int ctl_hello(struct rd_request *req)
{
	uint64_t version = rd_req_num(req, "version", 0, UINT32_MAX);
	char client[sizeof(req->conn->name)] = "";
	const struct rd_host *host = rd_host_default();

	rd_req_shown(req, "client", "?", client, sizeof(client));
	if (rd_req_end(req) < 0)
		return req->err->code;
	if (version != RD_PROTO_VERSION) {
		rd_req_fail(req, "version", -EPROTO,
			"the client speaks protocol version %u, this daemon %d", (unsigned)version,
			RD_PROTO_VERSION);
		rd_err_hint(req->err, "programs and daemon from the same release");
		return req->err->code;
	}
	if (req->conn != NULL) {
		req->conn->hello = true;
		memcpy(req->conn->name, client, sizeof(client));
	}
	rd_req_result(req,
		json_pack("{s:i,s:s,s:s,s:s,s:i,s:s,s:s,s:I,s:i}", "version", RD_PROTO_VERSION,
			"daemon", "reddotd", "release", RD_VERSION, "dpdk", rd_eal_version(), "pid",
			(int)getpid(), "role", req->admin ? "admin" : "read", "default_host",
			host == NULL ? "" : host->name, "tsc_hz", (json_int_t)rd_tsc_hz(),
			"workers", (int)rd_nb_workers));
	return 0;
}

// Its work was done when it was read (control/conn.c); or the request had its answer already, and there is nothing to do.
int ctl_cancel(struct rd_request *req)
{
	rd_req_num(req, "id", 0, INT64_MAX);
	return rd_req_end(req);
}

int ctl_clock_advance(struct rd_request *req)
{
	uint32_t seconds = (uint32_t)rd_req_num(req, "seconds", 1, 1000000);

	if (rd_req_end(req) < 0)
		return req->err->code;
	if (!req->ctl->test) {
		rd_err_set(req->err, -EPERM, "only a daemon in test mode can move its clock");
		rd_err_hint(req->err, "reddotd --test");
		return -EPERM;
	}
	rd_coarse_advance(seconds);
	rd_timers_age();
	return 0;
}

// What it waits for: the answer of its request, a long one in portions.
static json_t *client_item(const struct rd_conn *c, uint64_t now)
{
	return json_pack("{s:s,s:i,s:i,s:i,s:s,s:I,s:I,s:s,s:I}", "client", c->name, "pid",
		(int)c->pid, "uid", (int)c->uid, "gid", (int)c->gid, "role",
		c->admin ? "admin" : "read", "connected_s",
		(json_int_t)((now - c->since_ns) / 1000000000), "requests",
		(json_int_t)c->nb_requests, "method", c->msg != NULL ? c->req.method : "",
		"waiting", (json_int_t)c->out.pending);
}

int ctl_daemon_clients(struct rd_request *req)
{
	const struct rd_conn *first = req->conn != NULL ? req->conn->srv->conns : NULL;
	uint64_t now = rd_monotonic_ns();
	int rc = rd_req_end(req);

	for (const struct rd_conn *c = first; rc == 0 && c != NULL; c = c->next)
		rc = rd_req_item(req, client_item(c, now));
	return rc;
}

int ctl_daemon_stop(struct rd_request *req)
{
	if (rd_req_end(req) < 0)
		return req->err->code;
	if (req->conn == NULL)
		rd_ctl_stop(req->ctl);
	else
		req->conn->stop_after = true;
	return 0;
}
