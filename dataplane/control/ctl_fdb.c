/* SPDX-License-Identifier: BSD-3-Clause
 *
 * fdb.*: which MAC address is where. Control thread; the table is also written by workers.
 */
#include <stdlib.h>

#include "control/ctl_router.h"

#define STEP_LOOK 8192 // slots looked at in one portion of fdb.list
#define STEP_EMIT 256 // items of one portion

static uint16_t read_port(struct rd_request *req, const struct rd_segment *s)
{
	const struct rd_port *p = rd_req_port(req, "port");

	if (p != NULL && s != NULL && p->sw != s->sw)
		rd_req_fail(req, "port", -EINVAL, "%s is not on the segment's switch", p->name);
	return p == NULL ? 0 : p->idx;
}

static uint16_t read_tunnel(struct rd_request *req, const struct rd_segment *s)
{
	const struct rd_tunnel *t = rd_req_tunnel(req, "tunnel");

	if (t != NULL && s != NULL && t->host != s->host)
		rd_req_fail(req, "tunnel", -EINVAL, "%s is not of the segment's host", t->name);
	return t == NULL ? 0 : t->idx;
}

int ctl_fdb_add(struct rd_request *req)
{
	const struct rd_segment *s = rd_req_segment(req, "segment");
	bool to_tunnel = rd_req_has(req, "tunnel"), drop = rd_req_bool_or(req, "drop", false);
	uint16_t to = 0;
	uint8_t mac[6];

	rd_req_mac(req, "mac", mac);
	if (rd_req_has(req, "port") + to_tunnel + drop != 1)
		rd_req_fail(req, "port", -EINVAL,
			"an entry leads to a port or to a tunnel, or says drop");
	else if (to_tunnel)
		to = read_tunnel(req, s);
	else if (!drop)
		to = read_port(req, s);
	if (rd_req_end(req) < 0)
		return req->err->code;
	int ret = rd_fdb_add(s->idx, mac, RD_FDB_STATIC, to_tunnel, to);

	if (ret == -EEXIST) {
		rd_req_fail(req, "mac", ret, "the segment has this address already");
		rd_err_hint(req->err, "show fdb segment %s", s->name);
	} else if (ret < 0) {
		rd_req_fail(req, "mac", ret, "the table has no room for this address");
	}
	return ret;
}

int ctl_fdb_del(struct rd_request *req)
{
	const struct rd_segment *s = rd_req_segment(req, "segment");
	uint8_t mac[6];

	rd_req_mac(req, "mac", mac);
	if (rd_req_end(req) < 0)
		return req->err->code;
	int ret = rd_fdb_del(s->idx, mac);

	if (ret == -EBUSY)
		rd_req_fail(req, "mac", ret,
			"the address is a port's or a router's own, and goes with it");
	else if (ret < 0)
		rd_req_fail(req, "mac", ret, "the segment has no such address");
	if (ret < 0)
		rd_err_hint(req->err, "show fdb segment %s", s->name);
	return ret;
}

int ctl_fdb_flush(struct rd_request *req)
{
	const struct rd_segment *s =
		rd_req_has(req, "segment") ? rd_req_segment(req, "segment") : NULL;

	if (rd_req_end(req) < 0)
		return req->err->code;
	rd_req_result(req,
		json_pack("{s:i}", "flushed", (int)rd_fdb_flush(s == NULL ? 0 : s->idx, true)));
	return 0;
}

struct fdb_stream {
	struct rd_stream stream;
	struct rd_request *req;
	uint32_t at; // next slot
	unsigned emitted; // in this portion
	uint16_t segment; // 0 = all
	uint32_t now_s;
};

static const char *kind_name(unsigned kind)
{
	static const char *const names[] = {[RD_FDB_LEARNED] = "learned",
		[RD_FDB_STATIC] = "static",
		[RD_FDB_PORT] = "port",
		[RD_FDB_ROUTER] = "router"};

	return names[kind];
}

// Where it leads, and what kind of place that is.
static const char *leads_to(const struct rd_fdb_entry *e, char buf[RD_QNAME_LEN], const char **kind)
{
	const struct rd_tunnel *t = e->is_tunnel ? rd_tunnel_at(e->to) : NULL;

	*kind = e->is_tunnel ? "tunnel" : e->to == RD_PORT_NONE ? "drop" : "port";
	if (e->kind == RD_FDB_ROUTER) {
		const struct rd_rif *rif = rd_rif_of_segment(e->segment);

		*kind = "router";
		return rd_ctl_rif_qname(rif == NULL ? 0 : rif->idx, buf);
	}
	return t != NULL ? t->name : rd_ctl_port_qname(e->is_tunnel ? 0 : e->to, buf);
}

static int list_entry(void *arg, const struct rd_fdb_entry *e)
{
	struct fdb_stream *l = arg;
	const struct rd_segment *s = rd_segment_at(e->segment);
	char qname[RD_QNAME_LEN], buf[RD_QNAME_LEN];
	const char *to_kind, *to = leads_to(e, buf, &to_kind);
	uint32_t age = e->kind == RD_FDB_LEARNED && l->now_s > e->last_s ? l->now_s - e->last_s : 0;

	if (s == NULL || (l->segment != 0 && e->segment != l->segment))
		return 0;
	if (rd_req_item(l->req,
		    json_pack("{s:s,s:o,s:s,s:s,s:s,s:I}", "segment",
			    rd_ctl_segment_qname(s, qname), "mac", rd_json_mac(e->mac), "kind",
			    kind_name(e->kind), "to", to, "to_kind", to_kind, "age_s",
			    (json_int_t)age))
		< 0)
		return l->req->err->code != 0 ? l->req->err->code : -EPIPE;
	return ++l->emitted == STEP_EMIT;
}

static int fdb_step(struct rd_request *req, struct rd_stream *stream)
{
	struct fdb_stream *l = (struct fdb_stream *)stream;
	int ret;

	l->req = req;
	l->emitted = 0;
	l->now_s = rd_coarse_s();
	ret = rd_fdb_some(&l->at, STEP_LOOK, list_entry, l);
	if (ret < 0)
		return ret;
	return l->at != UINT32_MAX;
}

static void fdb_stream_free(struct rd_stream *stream)
{
	free(stream);
}

int ctl_fdb_list(struct rd_request *req)
{
	const struct rd_segment *s =
		rd_req_has(req, "segment") ? rd_req_segment(req, "segment") : NULL;
	struct fdb_stream *l;

	if (rd_req_end(req) < 0)
		return req->err->code;
	l = malloc(sizeof(*l));
	if (l == NULL)
		return -ENOMEM;
	*l = (struct fdb_stream){.stream = {.step = fdb_step, .free = fdb_stream_free},
		.segment = s == NULL ? 0 : s->idx};
	req->stream = &l->stream;
	return 0;
}
