/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Lists of the firewall policy in force: sections, rules, groups, services. Fields that can be given back are named as the
 * parameters that set them. Control thread.
 */
#include <string.h>

#include "control/ctl.h"
#include "control/dfw_text.h"
#include "tables/dfw_edit.h"
#include "tables/dfw_policy.h"

static json_t *addrs(
	const struct rd_dfw_model *m, const struct rd_dfw_addr *a, unsigned nb, bool others)
{
	json_t *list = json_array();
	char text[RD_DFW_NAME_LEN];

	for (unsigned i = 0; i < nb; i++)
		json_array_append_new(list,
			json_sprintf("%s%s", others ? "!" : "", rd_dfw_addr_text(m, &a[i], text)));
	return list;
}

static json_t *services(const struct rd_dfw_model *m, const struct rd_dfw_service *s, unsigned nb)
{
	json_t *list = json_array();
	char text[RD_DFW_SERVICE_TEXT];

	for (unsigned i = 0; i < nb; i++) {
		const struct rd_dfw_named *named = m->service[s[i].named];

		json_array_append_new(list,
			json_string(s[i].named == 0	? rd_dfw_service_text(&s[i], text)
					: named == NULL ? "?"
							: named->name));
	}
	return list;
}

static json_t *targets(const struct rd_dfw_model *m, const struct rd_dfw_target *t, unsigned nb)
{
	json_t *list = json_array();
	char text[RD_DFW_TARGET_TEXT];

	for (unsigned i = 0; i < nb; i++)
		json_array_append_new(list, json_string(rd_dfw_target_text(m, &t[i], text)));
	return list;
}

static json_t *rule_item(const struct rd_dfw_model *m, const struct rd_dfw_section *s,
	const struct rd_dfw_rule *r, unsigned at)
{
	struct rd_dfw_count c = rd_dfw_slot_count(r->slot);
	json_t *item = json_pack("{s:s,s:i,s:I,s:s,s:s,s:s,s:o,s:o,s:o,s:b,s:b,s:I,s:I,s:I}",
		"section", s->name, "at", (int)at + 1, "id", (json_int_t)r->id, "name", r->name,
		"dir", rd_dfw_dir_text(r->dir), "action", rd_dfw_action_text(r->action), "from",
		addrs(m, r->from, r->nb_from, r->from_not), "to",
		addrs(m, r->to, r->nb_to, r->to_not), "applied_to",
		targets(m, r->target, r->nb_targets), "log", r->log, "disabled", r->disabled,
		"hits", (json_int_t)c.packets, "bytes", (json_int_t)c.bytes, "sessions",
		(json_int_t)c.sessions);

	if (s->l2)
		json_object_set_new(item, "ethertype", json_integer(r->ethertype));
	else
		json_object_set_new(item, "services", services(m, r->service, r->nb_services));
	return item;
}

static bool wanted(const struct rd_dfw_model *m, const struct rd_dfw_rule *r, uint32_t id,
	const struct rd_port *p)
{
	return (id == 0 || id == r->id)
		&& (p == NULL || rd_dfw_applies(m, r->target, r->nb_targets, p));
}

int ctl_dfw_rule_list(struct rd_request *req)
{
	const char *section = rd_req_str_or(req, "section", NULL);
	uint32_t id = (uint32_t)rd_req_num_or(req, "id", 1, UINT32_MAX, 0);
	const struct rd_port *p = rd_req_has(req, "port") ? rd_req_port(req, "port") : NULL;
	const struct rd_dfw_model *m = rd_dfw_model_of(req->conn);

	if (rd_req_end(req) < 0)
		return req->err->code;
	for (uint32_t i = 0; i < m->nb_sections; i++) {
		const struct rd_dfw_section *s = m->section[i];

		if ((section != NULL && strcmp(section, s->name) != 0)
			|| (p != NULL && !rd_dfw_applies(m, s->target, s->nb_targets, p)))
			continue;
		for (uint32_t n = 0; n < s->rules.nb; n++)
			if (wanted(m, s->rules.v[n], id, p)
				&& rd_req_item(req, rule_item(m, s, s->rules.v[n], n)) < 0)
				return req->err->code;
	}
	return 0;
}

static struct rd_dfw_count section_count(const struct rd_dfw_section *s)
{
	struct rd_dfw_count sum = {0};

	for (uint32_t i = 0; i < s->rules.nb; i++) {
		struct rd_dfw_count c = rd_dfw_slot_count(s->rules.v[i]->slot);

		sum.packets += c.packets;
		sum.bytes += c.bytes;
		sum.sessions += c.sessions;
	}
	return sum;
}

int ctl_dfw_section_list(struct rd_request *req)
{
	const struct rd_dfw_model *m = rd_dfw_model_of(req->conn);

	if (rd_req_end(req) < 0)
		return req->err->code;
	for (uint32_t i = 0; i < m->nb_sections; i++) {
		const struct rd_dfw_section *s = m->section[i];
		struct rd_dfw_count c = section_count(s);

		rd_req_item(req,
			json_pack("{s:i,s:s,s:s,s:o,s:I,s:I,s:I,s:I}", "at", (int)i + 1, "name",
				s->name, "kind", s->l2 ? "l2" : "ip", "applied_to",
				targets(m, s->target, s->nb_targets), "rules",
				(json_int_t)s->rules.nb, "hits", (json_int_t)c.packets, "bytes",
				(json_int_t)c.bytes, "sessions", (json_int_t)c.sessions));
	}
	return 0;
}

static json_t *inner(const struct rd_dfw_model *m, const struct rd_dfw_group *g)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < g->nb_inner; i++)
		json_array_append_new(list, json_string(m->group[g->inner[i]]->name));
	return list;
}

int ctl_dfw_group_list(struct rd_request *req)
{
	const struct rd_dfw_model *m = rd_dfw_model_of(req->conn);

	if (rd_req_end(req) < 0)
		return req->err->code;
	for (unsigned i = 1; i < RD_DFW_GROUP_MAX; i++) {
		const struct rd_dfw_group *g = m->group[i];

		if (g != NULL)
			rd_req_item(req,
				json_pack("{s:s,s:o,s:o,s:o}", "name", g->name, "addresses",
					addrs(m, g->addr, g->nb_addrs, false), "groups",
					inner(m, g), "members",
					targets(m, g->member, g->nb_members)));
	}
	return 0;
}

int ctl_dfw_service_list(struct rd_request *req)
{
	const struct rd_dfw_model *m = rd_dfw_model_of(req->conn);

	if (rd_req_end(req) < 0)
		return req->err->code;
	for (unsigned i = 1; i < RD_DFW_GROUP_MAX; i++) {
		const struct rd_dfw_named *s = m->service[i];

		if (s != NULL)
			rd_req_item(req,
				json_pack("{s:s,s:o}", "name", s->name, "services",
					services(m, s->service, s->nb)));
	}
	return 0;
}

// What there is, and how much of it; of the draft, for its owner.
int ctl_dfw_revision(struct rd_request *req)
{
	const struct rd_dfw_model *m = rd_dfw_model_of(req->conn);
	const struct rd_dfw_policy *p = rd_dfw_policy();
	unsigned ports = 0, locals = 0, sets = 0, terms = 0;

	if (rd_req_end(req) < 0)
		return req->err->code;
	for (unsigned i = 1; i < RD_PORT_MAX; i++) {
		ports += p->port[i].dfw != NULL;
		locals += m->local[i] != NULL;
	}
	rd_dfw_sets(&sets, &terms);
	rd_req_result(req,
		json_pack("{s:I,s:b,s:i,s:i,s:i,s:i,s:i,s:i}", "revision", (json_int_t)p->revision,
			"draft", rd_dfw_is_open(req->conn), "sections", (int)m->nb_sections,
			"rules", (int)m->ids.nb, "ports", (int)ports, "ports_with_own_rules",
			(int)locals, "rule_sets", (int)sets, "terms", (int)terms));
	return 0;
}
