/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See rule_find.h.
 */
#include "control/rule_find.h"

#include <stdio.h>
#include <string.h>

#include "control/dfw_text.h"
#include "tables/dfw_edit.h"

struct found {
	const struct rd_dfw_rule *rule; // NULL: the default, or gone
	const char *action; // "" = gone
	char where[RD_QNAME_LEN + 16];
};

static void find_default(const struct rd_dfw_model *m, uint16_t port, struct found *f)
{
	const struct rd_dfw_local *l = m->local[port];
	char name[RD_QNAME_LEN];

	if (l != NULL && l->has_default) {
		f->action = rd_dfw_action_text(l->default_action);
		snprintf(f->where, sizeof(f->where), "port %s", rd_ctl_port_qname(port, name));
		return;
	}
	f->action = rd_dfw_action_text(m->default_action);
	snprintf(f->where, sizeof(f->where), "the policy");
}

static const char *section_of(const struct rd_dfw_model *m, const struct rd_dfw_rule *r)
{
	for (uint32_t i = 0; i < m->nb_sections; i++)
		for (uint32_t n = 0; n < m->section[i]->rules.nb; n++)
			if (m->section[i]->rules.v[n] == r)
				return m->section[i]->name;
	return "?";
}

static void find_rule(const struct rd_dfw_model *m, uint16_t port, uint32_t id, struct found *f)
{
	const struct rd_dfw_local *l = m->local[port];
	int at = l != NULL ? rd_dfw_vec_find(&l->rules, id) : -1;
	char name[RD_QNAME_LEN];

	f->rule = at >= 0 ? l->rules.v[at] : rd_dfw_ids_get(&m->ids, id);
	if (f->rule == NULL)
		return;
	f->action = rd_dfw_action_text(f->rule->action);
	if (at >= 0)
		snprintf(f->where, sizeof(f->where), "port %s", rd_ctl_port_qname(port, name));
	else
		snprintf(f->where, sizeof(f->where), "section %.64s", section_of(m, f->rule));
}

static struct found find(uint16_t port, uint32_t id)
{
	const struct rd_dfw_model *m = rd_dfw_model();
	struct found f = {.action = ""};

	if (id == 0)
		find_default(m, port, &f);
	else
		find_rule(m, port, id, &f);
	return f;
}

// "any", an element, or the first and how many more.
static void put_addrs(const struct rd_dfw_model *m, const struct rd_dfw_addr *a, unsigned nb,
	bool others, char *buf, size_t size)
{
	char text[RD_DFW_NAME_LEN];

	if (nb == 0) {
		snprintf(buf, size, "any");
		return;
	}
	snprintf(buf, size, "%s%s", others ? "!" : "", rd_dfw_addr_text(m, a, text));
	if (nb > 1)
		snprintf(buf + strlen(buf), size - strlen(buf), "+%u", nb - 1);
}

static void put_service(
	const struct rd_dfw_model *m, const struct rd_dfw_rule *r, char *buf, size_t size)
{
	char text[RD_DFW_SERVICE_TEXT];
	const struct rd_dfw_service *s = r->service;

	if (r->l2 && r->ethertype != 0) {
		snprintf(buf, size, "ethertype 0x%04x", r->ethertype);
	} else if (r->nb_services == 0) {
		snprintf(buf, size, "any");
	} else {
		snprintf(buf, size, "%s",
			s->named == 0			       ? rd_dfw_service_text(s, text)
				: m->service[s->named] != NULL ? m->service[s->named]->name
							       : "?");
		if (r->nb_services > 1)
			snprintf(buf + strlen(buf), size - strlen(buf), "+%u", r->nb_services - 1);
	}
}

static void put_text(const struct found *f, uint32_t id, char *buf, size_t size)
{
	char from[RD_DFW_NAME_LEN + 16], to[RD_DFW_NAME_LEN + 16], service[RD_DFW_NAME_LEN + 16];
	const struct rd_dfw_model *m = rd_dfw_model();

	if (f->rule == NULL) {
		snprintf(
			buf, size, id == 0 ? "what no rule decides" : "not in the policy any more");
		return;
	}
	put_addrs(m, f->rule->from, f->rule->nb_from, f->rule->from_not, from, sizeof(from));
	put_addrs(m, f->rule->to, f->rule->nb_to, f->rule->to_not, to, sizeof(to));
	put_service(m, f->rule, service, sizeof(service));
	snprintf(buf, size, "%s %s -> %s %s", rd_dfw_dir_text(f->rule->dir), from, to, service);
}

json_t *rd_rule_json(uint16_t port, uint32_t id)
{
	struct found f = find(port, id);
	char text[RD_RULE_TEXT];

	put_text(&f, id, text, sizeof(text));
	return json_pack("{s:I,s:s,s:s,s:s,s:s}", "id", (json_int_t)id, "name",
		f.rule != NULL	  ? f.rule->name
			: id == 0 ? "default"
				  : "",
		"where", f.where, "action", f.action, "text", text);
}

const char *rd_rule_line(uint16_t port, uint32_t id, char buf[RD_RULE_TEXT])
{
	struct found f = find(port, id);
	char text[RD_RULE_TEXT];
	size_t len = 0;

	put_text(&f, id, text, sizeof(text));
	if (id == 0)
		rd_str_addf(buf, RD_RULE_TEXT, &len, "the default");
	else
		rd_str_addf(buf, RD_RULE_TEXT, &len, "rule %u", id);
	if (f.rule != NULL && f.rule->name[0] != '\0')
		rd_str_addf(buf, RD_RULE_TEXT, &len, " \"%s\"", f.rule->name);
	rd_str_addf(buf, RD_RULE_TEXT, &len, ": %s%s%s", f.action, f.action[0] != '\0' ? " " : "",
		text);
	if (f.where[0] != '\0')
		rd_str_addf(buf, RD_RULE_TEXT, &len, " (%s)", f.where);
	return buf;
}
