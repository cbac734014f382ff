/* SPDX-License-Identifier: BSD-3-Clause
 *
 * explain.whatif: what would become of a frame that came in at a port now. An item per hop; the result says how each
 * packet (the frame, its copies and answers to it) ends. Nothing is sent, counted, learned or kept. Control thread.
 */
#include <stdlib.h>

#include "base/str.h"
#include "control/explain_facts.h"
#include "control/rule_find.h"
#include "core/stage.h"

static json_t *frame_hex(const struct rd_dry_hop *h)
{
	char *hex = h->bytes != NULL ? malloc(2 * (size_t)h->len + 1) : NULL;
	json_t *text = json_string(
		hex != NULL ? rd_fmt_hex(h->bytes, h->len, hex, 2 * (size_t)h->len + 1) : "");

	free(hex);
	return text;
}

static json_t *hop_item(const struct rd_dry *d, unsigned i)
{
	const struct rd_dry_hop *h = &d->hop[i];
	const struct rd_port *p = h->port != RD_PORT_NONE ? rd_port_at(h->port) : NULL;
	char port[RD_QNAME_LEN];

	return json_pack("{s:i,s:I,s:I,s:s,s:s,s:I,s:I,s:o,s:o}", "hop", (int)i, "packet_id",
		(json_int_t)h->md.packet_id, "parent_id", (json_int_t)h->md.parent_id, "stage",
		rd_stage_by_id(h->stage)->name, "port", rd_ctl_port_qname(h->port, port), "port_id",
		p == NULL ? (json_int_t)0 : (json_int_t)p->id, "len", (json_int_t)h->len, "facts",
		rd_facts(d, i), "hex", frame_hex(h));
}

// How the packet ends whose last hop this is.
static const char *end_of(const struct rd_dry_hop *h)
{
	const struct rd_port *p =
		h->md.out_port != RD_PORT_NONE ? rd_port_at(h->md.out_port) : NULL;

	if (h->stage == RD_STAGE_DROP)
		return "dropped";
	if (rd_stage_by_id(h->stage)->kind != RD_STAGE_KIND_TX || p == NULL)
		return "taken";
	return p->type == RD_PORT_VNIC || p->type == RD_PORT_UPT ? "delivered" : "sent";
}

static bool is_dfw(unsigned stage)
{
	return stage == RD_STAGE_DFW_IN || stage == RD_STAGE_DFW_OUT;
}

// The firewall that refused the packet of hop i, if one did: before the drop, or before the reject before it.
static const struct rd_dry_hop *refused_by(const struct rd_dry *d, unsigned i)
{
	const struct rd_dry_hop *last = &d->hop[i];

	if (last->stage != RD_STAGE_DROP
		|| (!is_dfw(last->md.stage) && last->md.stage != RD_STAGE_REJECT))
		return NULL;
	while (i-- > 0)
		if (d->hop[i].md.packet_id == last->md.packet_id && is_dfw(d->hop[i].stage))
			return &d->hop[i];
	return NULL;
}

static json_t *verdict(const struct rd_dry *d, unsigned i)
{
	const struct rd_dry_hop *h = &d->hop[i], *by = refused_by(d, i);
	bool dropped = h->stage == RD_STAGE_DROP;
	const struct rd_drop_desc *why = dropped ? rd_drop_by_id(h->md.reason) : NULL;
	unsigned stage = dropped ? h->md.stage : h->stage;
	char port[RD_QNAME_LEN];
	json_t *item =
		json_pack("{s:I,s:I,s:s,s:s,s:s,s:s,s:I}", "packet_id", (json_int_t)h->md.packet_id,
			"parent_id", (json_int_t)h->md.parent_id, "result", end_of(h), "stage",
			rd_stage_by_id(stage)->name, "port", rd_ctl_port_qname(h->port, port),
			"reason", why != NULL ? why->name : "", "len", (json_int_t)h->len);

	if (by != NULL)
		json_object_set_new(item, "rule", rd_rule_json(by->port, h->md.rule_id));
	return item;
}

static void answer(struct rd_request *req, const struct rd_dry *d)
{
	json_t *verdicts = json_array();

	for (unsigned i = 0; i < d->nb_hops; i++) {
		if (rd_req_item(req, hop_item(d, i)) < 0)
			break;
		if (rd_facts_next(d, i) == NULL)
			json_array_append_new(verdicts, verdict(d, i));
	}
	rd_req_result(req,
		json_pack("{s:i,s:i,s:o}", "hops", (int)d->nb_hops, "hops_lost", (int)d->lost,
			"verdicts", verdicts));
}

int rd_ctl_walk_failed(struct rd_request *req, int ret)
{
	if (ret == -EINVAL) {
		rd_req_fail(req, "port", ret, "no packet can enter at a port of this type");
		rd_err_hint(req->err, "an uplink, vnic, upt, mux or vmk port");
	} else if (ret == -ENOBUFS) {
		rd_req_fail(req, "hex", ret, "no free mbuf for the frame");
		rd_err_hint(req->err, "show worker; reddotd --mbufs N");
	} else if (ret == -EAGAIN) {
		rd_req_fail(req, "port", ret, "the worker has too much to do for a probe");
		rd_err_hint(req->err, "again, or show worker");
	}
	return ret;
}

int ctl_explain_whatif(struct rd_request *req)
{
	const struct rd_port *p = rd_req_port(req, "port");
	size_t len = 0;
	const uint8_t *bytes = rd_req_frame(req, "hex", &len);
	const struct rd_dry *d = NULL;
	int ret;

	if (rd_req_end(req) < 0)
		return req->err->code;
	ret = rd_dry_run(p->idx, bytes, len, &d);
	if (ret < 0)
		return rd_ctl_walk_failed(req, ret);
	answer(req, d);
	return 0;
}
