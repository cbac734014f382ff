/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The firewall's part of running_config. Fed back, everything from dfw begin to dfw commit is one change. Control thread.
 */
#include "control/config_line.h"

#include <stdio.h>
#include <string.h>

#include "control/ctl.h"
#include "control/dfw_text.h"
#include "tables/dfw_edit.h"

#define PORTION 64 // addresses or members of a group in one line

// Words with blanks or signs that mean something are quoted, as cli/engine/token.c reads them.
void rd_line_word(struct line *l, const char *word)
{
	if (*word != '\0' && word[strcspn(word, " \t\r\n\"\\#,|()[]")] == '\0') {
		put(l, " %s", word);
		return;
	}
	put(l, " \"");
	for (; *word != '\0'; word++)
		put(l, *word == '"' || *word == '\\' ? "\\%c" : "%c", *word);
	put(l, "\"");
}

void rd_line_emit(struct line *l)
{
	rd_req_item(l->req, json_pack("{s:s}", "line", l->text));
	l->len = 0;
	l->text[0] = '\0';
}

static void own_rule(struct line *l, const char *port, const struct rd_dfw_rule *r)
{
	char text[RD_PREFIX_TEXT];

	put(l, "dfw add port %s rule %u dir %s action %s", port, r->id, rd_dfw_dir_text(r->dir),
		rd_dfw_action_text(r->action));
	for (unsigned i = 0; i < r->nb_services; i++) {
		const struct rd_dfw_service *s = &r->service[i];

		if (s->proto != 0)
			put(l, " proto %s", rd_dfw_proto_text(s->proto, text));
		if (s->sport_lo != 0 || s->sport_hi != UINT16_MAX)
			put(l, " sport %s", rd_dfw_range_text(s->sport_lo, s->sport_hi, text));
		if (s->dport_lo != 0 || s->dport_hi != UINT16_MAX)
			put(l, " dport %s", rd_dfw_range_text(s->dport_lo, s->dport_hi, text));
	}
	for (unsigned i = 0; i < r->nb_from; i++)
		put(l, " from %s",
			rd_dfw_prefix_text(
				r->from[i].family, r->from[i].addr, r->from[i].len, text));
	for (unsigned i = 0; i < r->nb_to; i++)
		put(l, " to %s",
			rd_dfw_prefix_text(r->to[i].family, r->to[i].addr, r->to[i].len, text));
	if (r->name[0] != '\0') {
		put(l, " name");
		rd_line_word(l, r->name);
	}
	put(l, "%s", r->log ? " log" : "");
	rd_line_emit(l);
}

static void port_dfw(struct line *l, const struct rd_port *p)
{
	const struct rd_dfw_local *own = rd_dfw_model()->local[p->idx];
	char name[RD_QNAME_LEN];

	if (own == NULL)
		return;
	rd_port_qname(p, name, sizeof(name));
	for (uint32_t i = 0; i < own->rules.nb; i++)
		own_rule(l, name, own->rules.v[i]);
	if (own->has_default) {
		put(l, "dfw default port %s action %s", name,
			rd_dfw_action_text(own->default_action));
		rd_line_emit(l);
	}
	if (own->stateful >= 0) {
		put(l, "dfw set port %s stateful %s", name, own->stateful ? "on" : "off");
		rd_line_emit(l);
	}
}

static void put_addrs(struct line *l, const char *word, const struct rd_dfw_model *m,
	const struct rd_dfw_addr *a, unsigned nb, bool others)
{
	char text[RD_DFW_NAME_LEN];

	for (unsigned i = 0; i < nb; i++)
		put(l, "%s%s%s%s%s", i == 0 ? " " : "", i == 0 ? word : ",", i == 0 ? " " : "",
			others ? "!" : "", rd_dfw_addr_text(m, &a[i], text));
}

static void put_targets(struct line *l, const char *word, const struct rd_dfw_model *m,
	const struct rd_dfw_target *t, unsigned nb)
{
	char text[RD_DFW_TARGET_TEXT];

	for (unsigned i = 0; i < nb; i++)
		put(l, "%s%s%s%s", i == 0 ? " " : "", i == 0 ? word : ",", i == 0 ? " " : "",
			rd_dfw_target_text(m, &t[i], text));
}

static void put_services(
	struct line *l, const struct rd_dfw_model *m, const struct rd_dfw_service *s, unsigned nb)
{
	char text[RD_DFW_SERVICE_TEXT];

	for (unsigned i = 0; i < nb; i++)
		put(l, "%s%s", i == 0 ? " service " : ",",
			s[i].named != 0 ? m->service[s[i].named]->name
					: rd_dfw_service_text(&s[i], text));
}

static void group(struct line *l, const struct rd_dfw_model *m, const struct rd_dfw_group *g)
{
	for (unsigned i = 0; i < g->nb_inner; i++) {
		put(l, "dfw group add %s groups %s", g->name, m->group[g->inner[i]]->name);
		rd_line_emit(l);
	}
	for (unsigned i = 0; i < g->nb_addrs; i += PORTION) {
		put(l, "dfw group add %s", g->name);
		put_addrs(l, "addresses", m, g->addr + i,
			g->nb_addrs - i < PORTION ? g->nb_addrs - i : PORTION, false);
		rd_line_emit(l);
	}
	for (unsigned i = 0; i < g->nb_members; i += PORTION) {
		put(l, "dfw group add %s", g->name);
		put_targets(l, "members", m, g->member + i,
			g->nb_members - i < PORTION ? g->nb_members - i : PORTION);
		rd_line_emit(l);
	}
}

static void rule(struct line *l, const struct rd_dfw_model *m, const struct rd_dfw_section *s,
	const struct rd_dfw_rule *r)
{
	put(l, "dfw rule add %s %u action %s", s->name, r->id, rd_dfw_action_text(r->action));
	if (r->dir != RD_DFW_INOUT)
		put(l, " dir %s", rd_dfw_dir_text(r->dir));
	put_addrs(l, "from", m, r->from, r->nb_from, r->from_not);
	put_addrs(l, "to", m, r->to, r->nb_to, r->to_not);
	put_services(l, m, r->service, r->nb_services);
	if (r->ethertype != 0)
		put(l, " ethertype 0x%04x", r->ethertype);
	put_targets(l, "applied-to", m, r->target, r->nb_targets);
	if (r->name[0] != '\0') {
		put(l, " name");
		rd_line_word(l, r->name);
	}
	put(l, "%s%s", r->log ? " log" : "", r->disabled ? " disabled" : "");
	rd_line_emit(l);
}

static void section(struct line *l, const struct rd_dfw_model *m, const struct rd_dfw_section *s)
{
	put(l, "dfw section add %s%s", s->name, s->l2 ? " kind l2" : "");
	put_targets(l, "applied-to", m, s->target, s->nb_targets);
	rd_line_emit(l);
	for (uint32_t i = 0; i < s->rules.nb; i++)
		rule(l, m, s, s->rules.v[i]);
}

static void names(struct line *l, const struct rd_dfw_model *m)
{
	for (unsigned i = 1; i < RD_DFW_GROUP_MAX; i++) {
		const struct rd_dfw_named *s = m->service[i];

		if (s == NULL)
			continue;
		put(l, "dfw service set %s", s->name);
		put_services(l, m, s->service, s->nb);
		rd_line_emit(l);
	}
	for (unsigned i = 1; i < RD_DFW_GROUP_MAX;
		i++) { // all names first: a group may contain any other
		if (m->group[i] == NULL)
			continue;
		put(l, "dfw group set %s", m->group[i]->name);
		rd_line_emit(l);
	}
	for (unsigned i = 1; i < RD_DFW_GROUP_MAX; i++)
		if (m->group[i] != NULL)
			group(l, m, m->group[i]);
}

// Only what is not as it was at start.
static void settings(struct line *l, const struct rd_dfw_model *m)
{
	struct rd_conn_settings now;

	rd_conn_settings_get(&now);
	if (m->default_action != RD_DFW_ALLOW || m->default_log) {
		put(l, "dfw settings default %s default-log %s",
			rd_dfw_action_text(m->default_action), m->default_log ? "on" : "off");
		rd_line_emit(l);
	}
	if (!m->stateful) {
		put(l, "dfw settings stateful off");
		rd_line_emit(l);
	}
	if (rd_dfw_setting_given(RD_CONN_NONE)) {
		put(l, "dfw settings strict %s", now.strict ? "on" : "off");
		rd_line_emit(l);
	}
	if (m->limits.max != 0 || m->limits.max_half_open != 0) {
		put(l, "dfw settings max-connections %u max-half-open %u", m->limits.max,
			m->limits.max_half_open);
		rd_line_emit(l);
	}
	for (unsigned st = RD_CONN_NONE + 1; st < RD_CONN_STATE_COUNT; st++) {
		if (!rd_dfw_setting_given(st))
			continue;
		put(l, "dfw settings timeout %s %u", rd_conn_state_name((enum rd_conn_state)st),
			now.timeout_s[st]);
		rd_line_emit(l);
	}
}

void rd_config_dfw(struct line *l)
{
	const struct rd_dfw_model *m = rd_dfw_model();
	bool policy = m->nb_sections > 0;

	for (unsigned i = 1; i < RD_DFW_GROUP_MAX; i++)
		policy = policy || m->group[i] != NULL || m->service[i] != NULL;
	for (unsigned i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *p = rd_port_at((uint16_t)i);

		if (p != NULL)
			port_dfw(l, p);
	}
	settings(l, m);
	if (!policy)
		return;
	put(l, "dfw begin");
	rd_line_emit(l);
	names(l, m);
	for (uint32_t i = 0; i < m->nb_sections; i++)
		section(l, m, m->section[i]);
	put(l, "dfw commit");
	rd_line_emit(l);
}
