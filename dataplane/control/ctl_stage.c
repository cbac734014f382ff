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

struct workers { // whose counts
	unsigned first, end;
};

static void stats_add(struct rd_stage_stats *sum, const struct rd_stage_stats *s)
{
	sum->in += s->in;
	sum->out += s->out;
	sum->consumed += s->consumed;
	sum->created += s->created;
	sum->drops += s->drops;
}

static json_t *item(const struct rd_stage_desc *d)
{
	return json_pack("{s:s,s:i,s:s,s:s,s:s,s:b}", "stage", d->name, "id", (int)d->id, "kind",
		kind_name(d->kind), "compat", d->compat, "help", d->help, "tapped",
		rd_tap_armed(d->id));
}

static void set_num(json_t *o, const char *key, uint64_t v)
{
	json_object_set_new(o, key, json_integer((json_int_t)v));
}

static void all_ports(json_t *o, unsigned stage, const struct workers *of)
{
	struct rd_stage_stats sum = {0};

	for (unsigned w = of->first; w < of->end; w++)
		stats_add(&sum, &rd_workers[w]->stages[stage]);
	set_num(o, "in", sum.in);
	set_num(o, "out", sum.out);
	set_num(o, "consumed", sum.consumed);
	set_num(o, "created", sum.created);
	set_num(o, "drops", sum.drops);
}

// Whether a packet left it or ended there is known of all ports together only.
static void one_port(json_t *o, unsigned stage, const struct workers *of, uint16_t port)
{
	uint64_t in = 0, created = 0, drops = 0;
	struct rd_dropcount_row r;

	for (unsigned w = of->first; w < of->end; w++) {
		in += rd_tally_in(rd_workers[w], port, stage);
		created += rd_tally_created(rd_workers[w], port, stage);
		for (uint32_t i = 0; i < RD_DROPCOUNT_SLOTS; i++)
			if (rd_dropcount_row(rd_workers[w]->dropcount, i, &r) && r.stage == stage
				&& r.port == port)
				drops += r.packets;
	}
	set_num(o, "in", in);
	json_object_set_new(o, "out", json_null());
	json_object_set_new(o, "consumed", json_null());
	set_num(o, "created", created);
	set_num(o, "drops", drops);
}

int ctl_stage_list(struct rd_request *req)
{
	struct workers of = {.end = rd_nb_workers};
	const struct rd_port *port = rd_req_has(req, "port") ? rd_req_port(req, "port") : NULL;

	if (rd_req_has(req, "worker")) {
		of.first = (unsigned)rd_req_num(req, "worker", 0, rd_nb_workers - 1);
		of.end = of.first + 1;
	}
	if (rd_req_end(req) < 0)
		return req->err->code;
	for (unsigned i = 0; i < rd_stages_count; i++) {
		json_t *o = item(&rd_stages[i]);

		if (port == NULL)
			all_ports(o, rd_stages[i].id, &of);
		else
			one_port(o, rd_stages[i].id, &of, port->idx);
		rd_req_item(req, o);
	}
	return 0;
}
