/* SPDX-License-Identifier: BSD-3-Clause
 *
 * drop.list: counters of drop reasons, by port, stage and worker. Control thread; the workers write them. The last dropped
 * packets are in ctl_drop_recent.c.
 */
#include "control/ctl_drop.h"

#include <stdlib.h>

struct list {
	struct rd_request *req;
	struct rd_drop_filter want;
	struct rd_dropcount_row sum[RD_DROP_MAX]; // by reason
};

bool rd_drop_wants(const struct rd_drop_filter *f, uint16_t port, unsigned stage, uint16_t reason)
{
	return (f->port == RD_PORT_NONE || f->port == port) && (f->stage == 0 || f->stage == stage)
		&& (f->reason == 0 || f->reason == reason);
}

void rd_req_drop_filter(struct rd_request *req, struct rd_drop_filter *f)
{
	const char *stage = rd_req_str_or(req, "stage", NULL);
	const char *reason = rd_req_str_or(req, "reason", NULL);
	const struct rd_port *p = rd_req_has(req, "port") ? rd_req_port(req, "port") : NULL;
	const struct rd_stage_desc *s = stage != NULL ? rd_stage_by_name(stage) : NULL;
	const struct rd_drop_desc *d = reason != NULL ? rd_drop_by_name(reason) : NULL;

	if (stage != NULL && s == NULL)
		rd_req_fail(req, "stage", -ENOENT, "there is no stage %.60s", stage);
	if (reason != NULL && d == NULL)
		rd_req_fail(req, "reason", -ENOENT, "there is no drop reason %.60s", reason);
	*f = (struct rd_drop_filter){.port = p != NULL ? p->idx : RD_PORT_NONE,
		.stage = s != NULL ? s->id : 0,
		.reason = d != NULL ? d->id : 0,
		.worker = (int)rd_req_num_or(req, "worker", 0, rd_nb_workers - 1, RD_WORKER_MAX)};
	if (f->worker == RD_WORKER_MAX)
		f->worker = -1;
}

// "" for a port that is gone, "others" for what found no room in a worker's table.
static const char *row_port(uint16_t port, char name[RD_QNAME_LEN])
{
	return port == RD_DROPCOUNT_OTHER ? "others" : rd_ctl_port_qname(port, name);
}

static int detail_item(struct list *l, unsigned worker, const struct rd_dropcount_row *r)
{
	const struct rd_stage_desc *s = rd_stage_by_id(r->stage);
	const struct rd_drop_desc *d = rd_drop_by_id(r->reason);
	char name[RD_QNAME_LEN];

	return rd_req_item(l->req,
		json_pack("{s:s,s:i,s:s,s:s,s:i,s:I,s:I,s:I,s:I,s:I}", "reason",
			d == NULL ? "" : d->name, "id", (int)r->reason, "stage",
			s == NULL ? "" : s->name, "port", row_port(r->port, name), "worker",
			(int)worker, "count", (json_int_t)r->packets, "bytes", (json_int_t)r->bytes,
			"first_ns", (json_int_t)r->first_ns, "last_ns", (json_int_t)r->last_ns,
			"suppressed", (json_int_t)r->suppressed));
}

static void add(struct list *l, const struct rd_dropcount_row *r)
{
	if (r->reason < RD_DROP_MAX)
		rd_dropcount_sum(&l->sum[r->reason], r);
}

// Each row that is wanted, as an item or into the sums.
static int rows(struct list *l, unsigned worker, bool detail)
{
	const struct rd_dropcount *c = rd_workers[worker]->dropcount;
	struct rd_dropcount_row r;

	for (uint32_t i = 0; i < RD_DROPCOUNT_SLOTS; i++) {
		if (!rd_dropcount_row(c, i, &r) || r.packets == 0
			|| !rd_drop_wants(&l->want, r.port, r.stage, r.reason))
			continue;
		if (!detail)
			add(l, &r);
		else if (detail_item(l, worker, &r) < 0)
			return -EPIPE;
	}
	return 0;
}

static int reason_item(
	struct rd_request *req, const struct rd_drop_desc *d, const struct rd_dropcount_row *s)
{
	const char class[2] = {d->class, '\0'};

	return rd_req_item(req,
		json_pack("{s:s,s:i,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I}", "reason", d->name,
			"id", (int)d->id, "stage", d->stage, "class", class, "meaning", d->meaning,
			"hint", d->hint, "kin", d->kin, "count", (json_int_t)s->packets, "bytes",
			(json_int_t)s->bytes, "first_ns", (json_int_t)s->first_ns, "last_ns",
			(json_int_t)s->last_ns, "suppressed", (json_int_t)s->suppressed));
}

static void reasons(struct list *l, bool all)
{
	for (unsigned i = 0; i < rd_drops_count; i++) {
		const struct rd_drop_desc *d = &rd_drops[i];

		if (d->class == 'H') // devices', kept apart: drop.hardware
			continue;
		if (l->want.reason != 0 && l->want.reason != d->id)
			continue;
		if ((l->sum[d->id].packets != 0 || all)
			&& reason_item(l->req, d, &l->sum[d->id]) < 0)
			return;
	}
}

int ctl_drop_list(struct rd_request *req)
{
	struct list *l = calloc(1, sizeof(*l));
	bool all = rd_req_bool_or(req, "all", false), detail = rd_req_bool_or(req, "detail", false);
	int ret = -ENOMEM;

	if (l == NULL)
		return ret;
	l->req = req;
	rd_req_drop_filter(req, &l->want);
	ret = rd_req_end(req);
	for (unsigned w = 0; ret == 0 && w < rd_nb_workers; w++) {
		if (l->want.worker >= 0 && (unsigned)l->want.worker != w)
			continue;
		if (rows(l, w, detail) < 0)
			break;
	}
	if (ret == 0 && !detail)
		reasons(l, all);
	free(l);
	return ret;
}
