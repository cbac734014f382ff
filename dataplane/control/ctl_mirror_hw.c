/* SPDX-License-Identifier: BSD-3-Clause
 *
 * mirror.explain, .capability, .diff: what a network card does for mirror sessions, and why not more. Control thread.
 */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "core/tap.h"
#include "control/ctl_mirror.h"
#include "session/blind.h"
#include "session/engine.h"
#include "session/flow_call.h"
#include "session/flow_why.h"
#include "session/hw.h"
#include "session/peer.h"

static json_t *step_item(const struct rd_offload_step *s)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "recipe", s->recipe, "phase",
		s->phase, "word", s->word, "meaning", s->meaning, "action", s->action, "errno",
		s->code, "type", s->type, "message", s->message != NULL ? s->message : "");
}

static json_t *steps(struct rd_offload_session *off, unsigned point)
{
	struct rd_offload_step s;
	json_t *list = json_array();

	for (unsigned k = 0; rd_offload_step(off, point, k, &s); k++)
		json_array_append_new(list, step_item(&s));
	return list;
}

static json_t *point_item(const struct rd_mirror *m, struct rd_offload_session *off, unsigned i)
{
	const struct rd_offload_point *p = rd_offload_point(off, i);
	const struct rd_offload_result *r = rd_offload_result(off, i);
	char port[RD_QNAME_LEN], note[MIRROR_BLIND_TEXT] = "", crowd[RD_MIRROR_CROWD];

	(void)mirror_blind_at(rd_port_at(p->port), p->stage, note, sizeof(note));
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:i,s:i,s:I,s:b,s:o,s:s}", "port",
		rd_ctl_port_qname(p->port, port), "stage", rd_stage_by_id(p->stage)->name, "recipe",
		rd_recipe_name(r->recipe), "path", rd_offload_shown(r), "proof",
		r->path == RD_PATH_SW ? "" : rd_proof_name(r->proof), "rules", r->rules, "shared",
		r->shared, "hits", (json_int_t)r->hits, "retrying", r->retrying, "refused",
		steps(off, i), "note", *note != '\0' ? note : rd_mirror_crowd(m, crowd));
}

int ctl_mirror_explain(struct rd_request *req)
{
	struct rd_mirror *m = rd_req_mirror(req);
	struct rd_offload_session *off;
	char why[192];

	if (rd_req_end(req) < 0)
		return req->err->code;
	off = mirror_hw_explain(m, req->err);
	if (req->err->code != 0)
		return req->err->code;
	for (unsigned i = 0; off != NULL && i < rd_offload_points(off); i++)
		rd_req_item(req, point_item(m, off, i));
	rd_req_result(req,
		json_pack("{s:I,s:s,s:s,s:s}", "count", (json_int_t)req->count, "session",
			m->spec.name, "path", mirror_hw_path(m), "why",
			mirror_hw_why(m, why, sizeof(why))));
	return 0;
}

static json_t *rungs(const struct rd_flow_cap *cap)
{
	json_t *list = json_array();
	char fail[256];

	for (unsigned i = 0; i < RD_FLOW_RUNGS; i++) {
		const struct rd_flow_rung_desc *d = rd_flow_rung_desc(i);
		const struct rd_flow_cell *c = &cap->cell[i];
		bool refused = c->answer == RD_FLOW_REFUSED || c->answer == RD_FLOW_LIED;

		json_array_append_new(list,
			json_pack("{s:s,s:s,s:s,s:s}", "rung", d->word, "domain",
				rd_flow_domain_name(d->domain), "answer",
				rd_flow_answer_name(c->answer), "error",
				refused ? rd_flow_fail_text(&c->fail, fail, sizeof(fail)) : ""));
	}
	return list;
}

// What came of the frames that were sent through: that a driver takes rules proves nothing.
static const char *frame_text(const struct rd_flow_cap *cap, unsigned made, char *buf, size_t size)
{
	const struct rd_flow_loop *l = &cap->loop;
	size_t len = 0;

	*buf = '\0';
	if (made == 0)
		return buf;
	if (l->code != 0)
		rd_str_addf(buf, size, &len,
			"%s: what it copies is not proven until its counters move",
			l->fail.message);
	else if (!l->copies)
		rd_str_addf(buf, size, &len, "%s", l->fail.message);
	else
		rd_str_addf(buf, size, &len,
			"a frame was sent through, and a copy came after %u us; %s%s", l->us,
			l->heads ? "another one with a head" : "none with a head: ",
			l->heads ? "" : l->head_fail.message);
	return buf;
}

static json_t *cap_item(const struct rd_port *p, bool again)
{
	const struct rd_flow_cap *cap = rd_offload_capability(mirror_hw(), p->ethdev, again);
	char port[RD_QNAME_LEN], text[2 * RD_FLOW_MESSAGE];
	unsigned made = 0;

	for (unsigned i = 0; i < RD_FLOW_RUNGS; i++)
		made += cap->cell[i].answer == RD_FLOW_MADE;
	return json_pack("{s:s,s:s,s:s,s:s,s:i,s:i,s:b,s:s,s:o}", "port",
		rd_ctl_port_qname(p->idx, port), "driver", cap->facts.driver, "firmware",
		cap->facts.firmware, "dpdk", cap->dpdk, "made", (int)made, "of", (int)RD_FLOW_RUNGS,
		"complete", cap->complete, "frame", frame_text(cap, made, text, sizeof(text)),
		"rungs", rungs(cap));
}

int ctl_mirror_capability(struct rd_request *req)
{
	const struct rd_port *one = rd_req_has(req, "port") ? rd_req_port(req, "port") : NULL;
	bool again = rd_req_bool_or(req, "again", false);

	if (rd_req_end(req) < 0)
		return req->err->code;
	if (again && !req->admin) { // rules are made in the card for it, and taken back
		rd_err_set(req->err, -EPERM, "asking a card again needs admin rights");
		rd_err_hint(req->err, "without `again`");
		return -EPERM;
	}
	if (mirror_hw() == NULL)
		return -ENOMEM;
	for (unsigned i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *p = rd_port_at((uint16_t)i);

		if (p != NULL && p->attach == RD_ATTACH_ETHDEV && (one == NULL || one == p))
			rd_req_item(req, cap_item(p, again));
	}
	return 0;
}

// --- diff ---

static void differs(struct rd_request *req, const struct rd_mirror *m, const char *what,
	const char *configured, const char *programmed)
{
	rd_req_item(req,
		json_pack("{s:s,s:s,s:s,s:s,s:b}", "session", m->spec.name, "what", what,
			"configured", configured, "programmed", programmed, "same",
			strcmp(configured, programmed) == 0));
}

static const char *programmed_at(const struct rd_mirror *m, unsigned port, unsigned stage)
{
	if (m->run == NULL)
		return "none";
	for (unsigned i = 0; m->off != NULL && i < rd_offload_points(m->off); i++) {
		const struct rd_offload_point *p = rd_offload_point(m->off, i);

		if (p->port == port && p->stage == stage
			&& rd_offload_result(m->off, i)->path == RD_PATH_HW)
			return "copied";
	}
	if (((m->run->at_port[port] | m->run->any_port) >> stage & 1) && rd_tap_armed(stage))
		return "copied";
	return "none";
}

static void diff_points(struct rd_request *req, const struct rd_mirror *m)
{
	struct mirror_run *want = mirror_run_new(&m->spec, m->number, m->state);
	char what[RD_QNAME_LEN + 32], name[RD_QNAME_LEN];

	for (unsigned port = 0; want != NULL && port < rd_port_bound(); port++) {
		uint64_t left = port == RD_PORT_NONE ? want->any_port : want->at_port[port];

		for (; left != 0; left &= left - 1) {
			unsigned stage = (unsigned)__builtin_ctzll(left);
			size_t len = 0;

			rd_str_addf(what, sizeof(what), &len, "%s@%s", rd_stage_by_id(stage)->name,
				port == RD_PORT_NONE ? "any"
						     : rd_ctl_port_qname((uint16_t)port, name));
			differs(req, m, what, m->admin_up ? "copied" : "none",
				programmed_at(m, port, stage));
		}
	}
	mirror_run_free(want);
}

static void diff_collectors(struct rd_request *req, const struct rd_mirror *m)
{
	char ip[RD_IP_TEXT], sent[RD_IP_TEXT];

	for (unsigned i = 0; i < m->spec.nb_dests; i++) {
		const struct mirror_dest *d = &m->state->dest[i];
		bool there = m->run != NULL && i < m->state->nb_dests && d->up;
		int family = d->encap.conf.family == 6 ? AF_INET6 : AF_INET;

		rd_fmt_ip(m->spec.dest[i].family, m->spec.dest[i].addr, ip);
		differs(req, m, "collector", m->admin_up ? ip : "none",
			there ? rd_fmt_ip(family, d->encap.conf.dst, sent) : "none");
	}
}

int ctl_mirror_diff(struct rd_request *req)
{
	const struct rd_mirror *one =
		json_object_get(req->params, "session") != NULL ? rd_req_mirror(req) : NULL;

	if (rd_req_end(req) < 0)
		return req->err->code;
	for (unsigned i = 0; i < RD_MIRROR_MAX; i++) {
		const struct rd_mirror *m = rd_mirror_at(i);

		if (m == NULL || (one != NULL && one != m))
			continue;
		diff_points(req, m);
		diff_collectors(req, m);
	}
	return 0;
}
