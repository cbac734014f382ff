/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sections of the policy and their rules, in a draft. Control thread.
 */
#include "tables/dfw_edit.h"

#include "tables/dfw_compile.h"
#include "tables/dfw_priv.h"
#include "tables/names.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

static int no_memory(struct rd_err *err)
{
	return rd_err_set(err, -ENOMEM, "no memory for firewall rules");
}

static int no_section(const char *name, struct rd_err *err)
{
	rd_err_set(err, -ENOENT, "there is no firewall section %.100s", name);
	rd_err_where(err, "section");
	rd_err_hint(err, "show dfw sections");
	return -ENOENT;
}

static int no_rule(uint32_t id, const char *key, struct rd_err *err)
{
	rd_err_set(err, -ENOENT, "the firewall policy has no rule %u", id);
	rd_err_where(err, "%s", key);
	rd_err_hint(err, "show dfw rules");
	return -ENOENT;
}

int rd_dfw_section_find(const struct rd_dfw_model *m, const char *name)
{
	for (uint32_t i = 0; i < m->nb_sections; i++)
		if (strcmp(m->section[i]->name, name) == 0)
			return (int)i;
	return -1;
}

// Where a new or moved one goes: before that one, or to the end. -ENOENT.
static int place(const struct rd_dfw_model *m, const char *before, struct rd_err *err)
{
	int at = before == NULL ? (int)m->nb_sections : rd_dfw_section_find(m, before);

	return at < 0 ? no_section(before, err) : at;
}

static void insert(struct rd_dfw_model *m, unsigned at, struct rd_dfw_section *s)
{
	memmove(m->section + at + 1, m->section + at, (m->nb_sections - at) * sizeof(s));
	m->section[at] = s;
	m->nb_sections++;
}

static void take_out(struct rd_dfw_model *m, unsigned at)
{
	m->nb_sections--;
	memmove(m->section + at, m->section + at + 1,
		(m->nb_sections - at) * sizeof(m->section[0]));
}

int rd_dfw_section_add(struct rd_dfw_model *m, const struct rd_dfw_section *like,
	const char *before, struct rd_err *err)
{
	struct rd_dfw_section **grown, *s;
	int at = place(m, before, err);

	if (at < 0 || rd_name_check("section", like->name, err) < 0)
		return at < 0 ? at : -EINVAL;
	if (rd_dfw_section_find(m, like->name) >= 0) {
		rd_err_set(err, -EEXIST, "there is a firewall section %s already", like->name);
		rd_err_where(err, "name");
		return -EEXIST;
	}
	s = calloc(1, sizeof(*s));
	grown = realloc(m->section, (m->nb_sections + 1) * sizeof(*grown));
	if (grown != NULL)
		m->section = grown;
	if (s == NULL || grown == NULL) {
		free(s);
		return no_memory(err);
	}
	*s = (struct rd_dfw_section){
		.refs = 1, .l2 = like->l2, .nb_targets = like->nb_targets, .target = like->target};
	memcpy(s->name, like->name, sizeof(s->name));
	insert(m, (unsigned)at, s);
	return 0;
}

int rd_dfw_section_del(struct rd_dfw_model *m, const char *name, struct rd_err *err)
{
	int at = rd_dfw_section_find(m, name);
	struct rd_dfw_section *s;

	if (at < 0)
		return no_section(name, err);
	s = m->section[at];
	for (uint32_t i = 0; i < s->rules.nb; i++)
		rd_dfw_ids_del(&m->ids, s->rules.v[i]->id);
	take_out(m, (unsigned)at);
	rd_dfw_section_put(s);
	return 0;
}

int rd_dfw_section_move(
	struct rd_dfw_model *m, const char *name, const char *before, struct rd_err *err)
{
	int at = rd_dfw_section_find(m, name), to = place(m, before, err);
	struct rd_dfw_section *s;

	if (at < 0)
		return no_section(name, err);
	if (to < 0)
		return to;
	s = m->section[at];
	take_out(m, (unsigned)at);
	insert(m, (unsigned)(to > at ? to - 1 : to), s);
	return 0;
}

static int check_new(const struct rd_dfw_model *m, const struct rd_dfw_rule *r,
	const struct rd_dfw_section *s, struct rd_err *err)
{
	int rc = rd_dfw_rule_check(r, err);

	if (rc < 0)
		return rc;
	if (r->l2 != s->l2) {
		rd_err_set(err, -EINVAL, "section %s has rules on %s", s->name,
			s->l2 ? "MACs" : "IP addresses");
		rd_err_where(err, "rule %u", r->id);
		return -EINVAL;
	}
	if (rd_dfw_ids_get(&m->ids, r->id) != NULL) {
		rd_err_set(err, -EEXIST, "the firewall policy has a rule %u already", r->id);
		rd_err_where(err, "rule");
		return -EEXIST;
	}
	return 0;
}

// Position in the section; before 0: its end. -ENOENT.
static int rule_place(const struct rd_dfw_section *s, uint32_t before, struct rd_err *err)
{
	int at = before == 0 ? (int)s->rules.nb : rd_dfw_vec_find(&s->rules, before);

	if (at >= 0)
		return at;
	rd_err_set(err, -ENOENT, "section %s has no rule %u", s->name, before);
	rd_err_where(err, "before");
	return -ENOENT;
}

static int rule_insert(struct rd_dfw_model *m, unsigned section, struct rd_dfw_rule *r,
	uint32_t before, struct rd_err *err)
{
	int at = rule_place(m->section[section], before, err);
	struct rd_dfw_section *s = at < 0 ? NULL : rd_dfw_section_own(m, section);

	if (s == NULL)
		return at < 0 ? at : no_memory(err);
	if (rd_dfw_ids_put(&m->ids, r) < 0)
		return no_memory(err);
	if (rd_dfw_vec_insert(&s->rules, (unsigned)at, r) == 0)
		return 0;
	rd_dfw_ids_del(&m->ids, r->id);
	return no_memory(err);
}

int rd_dfw_rule_add(struct rd_dfw_model *m, const char *section, struct rd_dfw_rule *r,
	uint32_t before, struct rd_err *err)
{
	int at = rd_dfw_section_find(m, section), rc;

	rc = at < 0 ? no_section(section, err) : check_new(m, r, m->section[at], err);
	if (rc == 0
		&& r->slot == 0) // a rule with this id that is in force is the same rule, changed
		rc = rd_dfw_rule_slot(r, rd_dfw_ids_get(&rd_dfw_model()->ids, r->id), err);
	if (rc == 0)
		rc = rule_insert(m, (unsigned)at, r, before, err);
	if (rc < 0)
		rd_dfw_rule_put(r);
	return rc;
}

// Section of a rule, and its position there. -ENOENT.
static int find_rule(const struct rd_dfw_model *m, uint32_t id, int *at, struct rd_err *err)
{
	if (rd_dfw_ids_get(&m->ids, id) == NULL)
		return no_rule(id, "rule", err);
	for (uint32_t i = 0; i < m->nb_sections; i++) {
		*at = rd_dfw_vec_find(&m->section[i]->rules, id);
		if (*at >= 0)
			return (int)i;
	}
	return no_rule(id, "rule", err);
}

// Takes the rule out of the draft; it is the caller's. NULL and *err.
static struct rd_dfw_rule *rule_take(struct rd_dfw_model *m, uint32_t id, struct rd_err *err)
{
	int at, section = find_rule(m, id, &at, err);
	struct rd_dfw_section *s;

	if (section < 0)
		return NULL;
	s = rd_dfw_section_own(m, (unsigned)section);
	if (s == NULL) {
		no_memory(err);
		return NULL;
	}
	rd_dfw_ids_del(&m->ids, id);
	return rd_dfw_vec_remove(&s->rules, (unsigned)at);
}

int rd_dfw_rule_del(struct rd_dfw_model *m, uint32_t id, struct rd_err *err)
{
	struct rd_dfw_rule *r = rule_take(m, id, err);

	if (r == NULL)
		return err != NULL && err->code != 0 ? err->code : -ENOENT;
	rd_dfw_rule_put(r);
	return 0;
}

int rd_dfw_rule_move(struct rd_dfw_model *m, uint32_t id, const char *section, uint32_t before,
	struct rd_err *err)
{
	int at, from = find_rule(m, id, &at, err), to = from;
	struct rd_dfw_rule *r;
	int rc;

	if (from >= 0 && section != NULL)
		to = rd_dfw_section_find(m, section);
	if (from < 0 || to < 0)
		return from < 0 ? from : no_section(section, err);
	if (m->section[from]->l2 != m->section[to]->l2)
		return rd_err_set(
			err, -EINVAL, "section %s has rules of another kind", m->section[to]->name);
	if (before == id)
		return 0;
	rc = rule_place(m->section[to], before, err);
	r = rc < 0 ? NULL : rule_take(m, id, err);
	if (r == NULL)
		return rc < 0 ? rc : -ENOMEM;
	rc = rule_insert(m, (unsigned)to, r, before, err);
	if (rc < 0)
		rd_dfw_rule_put(r);
	return rc;
}

int rd_dfw_rule_set(struct rd_dfw_model *m, uint32_t id, int disabled, int log, struct rd_err *err)
{
	int at, section = find_rule(m, id, &at, err);
	struct rd_dfw_section *s = section < 0 ? NULL : rd_dfw_section_own(m, (unsigned)section);
	struct rd_dfw_rule *r = s == NULL ? NULL : rd_dfw_rule_copy(s->rules.v[at]);

	if (r == NULL)
		return section < 0 ? section : no_memory(err);
	r->disabled = disabled < 0 ? r->disabled : disabled != 0;
	r->log = log < 0 ? r->log : log != 0;
	rd_dfw_ids_del(&m->ids, id);
	if (rd_dfw_ids_put(&m->ids, r) < 0) { // can't be: there is room for it
		rd_dfw_rule_put(r);
		return no_memory(err);
	}
	rd_dfw_rule_put(s->rules.v[at]);
	s->rules.v[at] = r;
	return 0;
}

int rd_dfw_policy_set(struct rd_dfw_model *m, int action, int log, int stateful,
	const struct rd_conn_limits *limits)
{
	m->default_action = action < 0 ? m->default_action : (uint8_t)action;
	m->default_log = log < 0 ? m->default_log : log != 0;
	m->stateful = stateful < 0 ? m->stateful : stateful != 0;
	if (limits != NULL)
		m->limits = *limits;
	return 0;
}
