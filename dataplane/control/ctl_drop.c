/* SPDX-License-Identifier: BSD-3-Clause
 *
 * drop.*: counters of drop reasons, and the last dropped packets. Control thread; both are written by the workers.
 */
#include "control/ctl.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "core/droplog.h"

int ctl_drop_list(struct rd_request *req)
{
	bool all = rd_req_bool_or(req, "all", false);

	if (rd_req_end(req) < 0)
		return req->err->code;
	for (unsigned i = 0; i < rd_drops_count; i++) {
		const struct rd_drop_desc *d = &rd_drops[i];
		const char class[2] = {d->class, '\0'};
		uint64_t count = 0;

		for (unsigned w = 0; w < rd_nb_workers; w++)
			count += rd_workers[w]->drops[d->id];
		if (count == 0 && !all)
			continue;
		rd_req_item(req,
			json_pack("{s:s,s:i,s:s,s:s,s:s,s:s,s:s,s:I}", "reason", d->name, "id",
				(int)d->id, "stage", d->stage, "class", class, "meaning",
				d->meaning, "hint", d->hint, "kin", d->kin, "count",
				(json_int_t)count));
	}
	return 0;
}

static int newest_first(const void *a, const void *b)
{
	const struct rd_droplog_rec *x = a, *y = b;

	return x->ns < y->ns ? 1 : x->ns > y->ns ? -1 : x->packet_id < y->packet_id ? 1 : -1;
}

static json_t *rec_item(const struct rd_request *req, const struct rd_droplog_rec *r)
{
	const struct rd_stage_desc *stage = rd_stage_by_id(r->stage);
	const struct rd_drop_desc *reason = rd_drop_by_id(r->reason);
	const struct rd_port *p =
		r->port == 0 || r->port >= RD_PORT_MAX ? NULL : rd_port_at(r->port);
	size_t cap_len = r->cap_len < RD_DROPLOG_BYTES ? r->cap_len : RD_DROPLOG_BYTES;
	char hex[2 * RD_DROPLOG_BYTES + 1] = "", port[RD_QNAME_LEN];

	if (req->admin) // what is in a packet is nobody else's business
		rd_fmt_hex(r->bytes, cap_len, hex, sizeof(hex));
	return json_pack("{s:I,s:I,s:s,s:s,s:I,s:s,s:I,s:I,s:I,s:s}", "ns", (json_int_t)r->ns,
		"packet_id", (json_int_t)r->packet_id, "stage", stage == NULL ? "" : stage->name,
		"port", rd_ctl_port_qname(r->port, port), "port_id",
		p == NULL ? (json_int_t)0 : (json_int_t)p->id, "reason",
		reason == NULL ? "" : reason->name, "rule", (json_int_t)r->rule_id, "vni",
		(json_int_t)r->vni, "len", (json_int_t)r->len, "hex", hex);
}

int ctl_drop_recent(struct rd_request *req)
{
	unsigned count =
		(unsigned)rd_req_num_or(req, "count", 1, RD_DROPLOG_SLOTS * RD_WORKER_MAX, 20);
	struct rd_droplog_rec *recs;
	unsigned nb = 0;

	if (rd_req_end(req) < 0)
		return req->err->code;
	recs = calloc((size_t)RD_DROPLOG_SLOTS * rd_nb_workers, sizeof(*recs));
	if (recs == NULL)
		return -ENOMEM;
	for (unsigned w = 0; w < rd_nb_workers; w++)
		for (unsigned n = 0; n < RD_DROPLOG_SLOTS && n < count; n++)
			nb += rd_droplog_read(&rd_workers[w]->droplog, n, &recs[nb]);
	qsort(recs, nb, sizeof(*recs), newest_first);
	for (unsigned i = 0; i < nb && i < count; i++)
		if (rd_req_item(req, rec_item(req, &recs[i])) < 0)
			break;
	free(recs);
	return 0;
}
