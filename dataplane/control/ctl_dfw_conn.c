/* SPDX-License-Identifier: BSD-3-Clause
 *
 * conn.*: the connections that firewalls remember. Control thread; the table is the workers'.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/str.h"
#include "control/ctl.h"
#include "control/dfw_text.h"
#include "tables/conn.h"

#define STEP_LOOK 8192 // places looked at in one portion of conn.list
#define STEP_EMIT 256 // items of one portion

struct conn_stream {
	struct rd_stream stream;
	struct rd_request *req;
	uint32_t at; // next place
	unsigned emitted; // in this portion
	uint64_t left;
	uint16_t zone; // 0 = all
	int proto; // -1 = all
	const char *ip; // one of the ends, the request's text; NULL = all
};

static json_t *item_of(const struct rd_conn_info *i)
{
	const struct rd_conn_key *k = &i->orig;
	int family = k->family == 6 ? AF_INET6 : AF_INET;
	char port[RD_QNAME_LEN], proto[8], src[RD_IP_TEXT], dst[RD_IP_TEXT];

	return json_pack("{s:s,s:s,s:s,s:i,s:s,s:i,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}",
		"port", rd_ctl_port_qname(k->zone, port), "proto",
		rd_dfw_proto_text(k->proto, proto), "src", rd_fmt_ip(family, k->src, src), "sport",
		(int)k->sport, "dst", rd_fmt_ip(family, k->dst, dst), "dport", (int)k->dport,
		"state", rd_conn_state_name(i->state), "orig_state",
		i->orig_state != NULL ? i->orig_state : "", "reply_state",
		i->reply_state != NULL ? i->reply_state : "", "rule", (json_int_t)i->rule_id,
		"age_s", (json_int_t)i->age_s, "idle_s", (json_int_t)i->idle_s, "expires_s",
		(json_int_t)i->expires_s, "packets", (json_int_t)i->packets[RD_CONN_ORIG],
		"reply_packets", (json_int_t)i->packets[RD_CONN_REPLY], "bytes",
		(json_int_t)i->bytes[RD_CONN_ORIG], "reply_bytes",
		(json_int_t)i->bytes[RD_CONN_REPLY]);
}

static bool has_ip(const struct rd_conn_info *i, const char *ip)
{
	int family = i->orig.family == 6 ? AF_INET6 : AF_INET;
	char text[RD_IP_TEXT];

	return strcmp(rd_fmt_ip(family, i->orig.src, text), ip) == 0
		|| strcmp(rd_fmt_ip(family, i->orig.dst, text), ip) == 0;
}

static int each(void *arg, const struct rd_conn_info *i)
{
	struct conn_stream *s = arg;

	if ((s->proto >= 0 && s->proto != i->orig.proto) || (s->ip != NULL && !has_ip(i, s->ip)))
		return 0;
	if (rd_req_item(s->req, item_of(i)) < 0)
		return s->req->err->code != 0 ? s->req->err->code : -EPIPE;
	return --s->left == 0 || ++s->emitted == STEP_EMIT;
}

static int conn_step(struct rd_request *req, struct rd_stream *stream)
{
	struct conn_stream *s = (struct conn_stream *)stream;
	int ret;

	s->req = req;
	s->emitted = 0;
	ret = rd_conn_some(&s->at, STEP_LOOK, s->zone, each, s);
	if (ret < 0)
		return ret;
	return s->left != 0 && s->at != UINT32_MAX;
}

static void conn_stream_free(struct rd_stream *stream)
{
	free(stream);
}

int ctl_conn_list(struct rd_request *req)
{
	const struct rd_port *p = rd_req_has(req, "port") ? rd_req_port(req, "port") : NULL;
	const char *proto = rd_req_str_or(req, "proto", NULL);
	struct conn_stream s = {.stream = {.step = conn_step, .free = conn_stream_free},
		.left = rd_req_num_or(req, "limit", 1, INT64_MAX, INT64_MAX),
		.zone = p == NULL ? 0 : p->idx,
		.proto = -1,
		.ip = rd_req_str_or(req, "ip", NULL)};
	struct conn_stream *kept;
	uint8_t number;

	if (proto != NULL && rd_dfw_proto_parse(proto, &number) < 0)
		rd_req_fail(req, "proto", -EINVAL, "\"%.40s\" is no protocol", proto);
	else if (proto != NULL)
		s.proto = number;
	if (rd_req_end(req) < 0)
		return req->err->code;
	kept = malloc(sizeof(*kept));
	if (kept == NULL)
		return -ENOMEM;
	*kept = s;
	req->stream = &kept->stream;
	return 0;
}

int ctl_conn_stats(struct rd_request *req)
{
	struct rd_conn_stats s;

	if (rd_req_end(req) < 0)
		return req->err->code;
	rd_conn_stats(&s);
	rd_req_result(req,
		json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "capacity",
			(json_int_t)s.capacity, "entries", (json_int_t)s.entries, "half_open",
			(json_int_t)s.half_open, "created", (json_int_t)s.created, "expired",
			(json_int_t)s.expired, "killed", (json_int_t)s.killed, "reset",
			(json_int_t)s.reset, "refused_limit", (json_int_t)s.limit, "refused_flood",
			(json_int_t)s.flood, "refused_memory", (json_int_t)s.memory,
			"refused_mismatch", (json_int_t)s.mismatch));
	return 0;
}

int ctl_conn_flush(struct rd_request *req)
{
	const struct rd_port *p = rd_req_has(req, "port") ? rd_req_port(req, "port") : NULL;

	if (rd_req_end(req) < 0)
		return req->err->code;
	rd_req_result(req,
		json_pack("{s:I}", "flushed", (json_int_t)rd_conn_flush(p == NULL ? 0 : p->idx)));
	return 0;
}
