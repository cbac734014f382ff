/* SPDX-License-Identifier: BSD-3-Clause
 *
 * stage.list. Control thread; the counters are the workers'.
 */
#include "control/ctl.h"
#include "core/tap.h"

static const char *kind_name(unsigned kind)
{
	static const char *const names[] = {
		[RD_STAGE_KIND_RX] = "rx",
		[RD_STAGE_KIND_TX] = "tx",
		[RD_STAGE_KIND_IN] = "in",
		[RD_STAGE_KIND_DROP] = "drop",
	};

	return names[kind];
}

static void stats_add(struct rd_stage_stats *sum, const struct rd_stage_stats *s)
{
	sum->in += s->in;
	sum->out += s->out;
	sum->consumed += s->consumed;
	sum->created += s->created;
	sum->drops += s->drops;
}

int ctl_stage_list(struct rd_request *req)
{
	bool one = rd_req_has(req, "worker");
	unsigned worker = one ? (unsigned)rd_req_num(req, "worker", 0, rd_nb_workers - 1) : 0;

	if (rd_req_end(req) < 0)
		return req->err->code;
	for (unsigned i = 0; i < rd_stages_count; i++) {
		const struct rd_stage_desc *d = &rd_stages[i];
		struct rd_stage_stats sum = {0};

		for (unsigned w = 0; w < rd_nb_workers; w++)
			if (!one || w == worker)
				stats_add(&sum, &rd_workers[w]->stages[d->id]);
		rd_req_item(req,
			json_pack("{s:s,s:i,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:b}", "stage", d->name,
				"id", (int)d->id, "kind", kind_name(d->kind), "compat", d->compat,
				"help", d->help, "in", (json_int_t)sum.in, "out",
				(json_int_t)sum.out, "consumed", (json_int_t)sum.consumed,
				"created", (json_int_t)sum.created, "drops", (json_int_t)sum.drops,
				"tapped", rd_tap_armed(d->id)));
	}
	return 0;
}
