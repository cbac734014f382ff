/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The life of models and of what they share: rules, sections, groups, services, ports' own rules. Control thread.
 */
#include "tables/dfw_model.h"

#include "tables/dfw_compile.h"
#include "tables/dfw_priv.h"

#include <stdlib.h>
#include <string.h>

struct rd_dfw_rule *rd_dfw_rule_new(uint32_t id)
{
	struct rd_dfw_rule *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->refs = 1;
	r->id = id;
	r->dir = RD_DFW_INOUT;
	return r;
}

void rd_dfw_rule_put(struct rd_dfw_rule *r)
{
	if (r == NULL || --r->refs > 0)
		return;
	rd_dfw_slot_put(r->slot);
	rd_dfw_crule_put(r->compiled);
	free(r->from);
	free(r->to);
	free(r->service);
	free(r->target);
	free(r);
}

static void *copy_of(const void *list, size_t size)
{
	void *copy = size == 0 ? NULL : malloc(size);

	if (copy != NULL)
		memcpy(copy, list, size);
	return copy;
}

struct rd_dfw_rule *rd_dfw_rule_copy(const struct rd_dfw_rule *r)
{
	struct rd_dfw_rule *copy = malloc(sizeof(*copy));

	if (copy == NULL)
		return NULL;
	*copy = *r;
	copy->refs = 1;
	copy->names_serial = 0;
	rd_dfw_slot_ref(copy->slot);
	if (copy->compiled != NULL)
		copy->compiled->refs++;
	copy->from = copy_of(r->from, r->nb_from * sizeof(*r->from));
	copy->to = copy_of(r->to, r->nb_to * sizeof(*r->to));
	copy->service = copy_of(r->service, r->nb_services * sizeof(*r->service));
	copy->target = copy_of(r->target, r->nb_targets * sizeof(*r->target));
	if ((r->nb_from > 0 && copy->from == NULL) || (r->nb_to > 0 && copy->to == NULL)
		|| (r->nb_services > 0 && copy->service == NULL)
		|| (r->nb_targets > 0 && copy->target == NULL)) {
		rd_dfw_rule_put(copy);
		return NULL;
	}
	return copy;
}

int rd_dfw_vec_find(const struct rd_dfw_vec *v, uint32_t id)
{
	for (uint32_t i = 0; i < v->nb; i++)
		if (v->v[i]->id == id)
			return (int)i;
	return -1;
}

int rd_dfw_vec_insert(struct rd_dfw_vec *v, uint32_t at, struct rd_dfw_rule *r)
{
	if (v->nb == v->cap) {
		uint32_t cap = v->cap == 0 ? 4 : v->cap * 2;
		struct rd_dfw_rule **grown = realloc(v->v, cap * sizeof(*grown));

		if (grown == NULL)
			return -ENOMEM;
		v->v = grown;
		v->cap = cap;
	}
	memmove(v->v + at + 1, v->v + at, (v->nb - at) * sizeof(*v->v));
	v->v[at] = r;
	v->nb++;
	return 0;
}

struct rd_dfw_rule *rd_dfw_vec_remove(struct rd_dfw_vec *v, uint32_t at)
{
	struct rd_dfw_rule *r = v->v[at];

	v->nb--;
	memmove(v->v + at, v->v + at + 1, (v->nb - at) * sizeof(*v->v));
	return r;
}

static int vec_copy(struct rd_dfw_vec *to, const struct rd_dfw_vec *from)
{
	to->nb = from->nb;
	to->cap = from->nb;
	to->v = NULL;
	if (from->nb == 0)
		return 0;
	to->v = malloc(from->nb * sizeof(*to->v));
	if (to->v == NULL)
		return -ENOMEM;
	memcpy(to->v, from->v, from->nb * sizeof(*to->v));
	for (uint32_t i = 0; i < to->nb; i++)
		to->v[i]->refs++;
	return 0;
}

static void vec_free(struct rd_dfw_vec *v)
{
	for (uint32_t i = 0; i < v->nb; i++)
		rd_dfw_rule_put(v->v[i]);
	free(v->v);
}

struct rd_dfw_section *rd_dfw_section_own(struct rd_dfw_model *m, uint32_t at)
{
	struct rd_dfw_section *s = m->section[at], *copy;

	if (s->refs == 1)
		return s;
	copy = malloc(sizeof(*copy));
	if (copy == NULL)
		return NULL;
	*copy = *s;
	copy->refs = 1;
	copy->target = NULL;
	if (s->nb_targets > 0)
		copy->target = malloc(s->nb_targets * sizeof(*s->target));
	if ((s->nb_targets > 0 && copy->target == NULL) || vec_copy(&copy->rules, &s->rules) < 0) {
		free(copy->target);
		free(copy);
		return NULL;
	}
	if (s->nb_targets > 0)
		memcpy(copy->target, s->target, s->nb_targets * sizeof(*s->target));
	s->refs--;
	m->section[at] = copy;
	return copy;
}

void rd_dfw_section_put(struct rd_dfw_section *s)
{
	if (s == NULL || --s->refs > 0)
		return;
	vec_free(&s->rules);
	free(s->target);
	free(s);
}

static struct rd_dfw_local *local_new(void)
{
	struct rd_dfw_local *l = calloc(1, sizeof(*l));
	int slot = l == NULL ? -ENOMEM : rd_dfw_slot_new(0);

	if (slot < 0) {
		free(l);
		return NULL;
	}
	l->refs = 1;
	l->stateful = -1;
	l->default_slot = (uint16_t)slot;
	return l;
}

struct rd_dfw_local *rd_dfw_local_own(struct rd_dfw_model *m, uint16_t port)
{
	struct rd_dfw_local *l = m->local[port], *copy;

	if (l == NULL)
		return m->local[port] = local_new();
	if (l->refs == 1)
		return l;
	copy = malloc(sizeof(*copy));
	if (copy == NULL)
		return NULL;
	*copy = *l;
	copy->refs = 1;
	if (vec_copy(&copy->rules, &l->rules) < 0) {
		free(copy);
		return NULL;
	}
	rd_dfw_slot_ref(copy->default_slot);
	l->refs--;
	m->local[port] = copy;
	return copy;
}

void rd_dfw_local_put(struct rd_dfw_local *l)
{
	if (l == NULL || --l->refs > 0)
		return;
	vec_free(&l->rules);
	rd_dfw_slot_put(l->default_slot);
	free(l);
}

void rd_dfw_group_put(struct rd_dfw_group *g)
{
	if (g == NULL || --g->refs > 0)
		return;
	free(g->addr);
	free(g->member);
	free(g->inner);
	free(g);
}

void rd_dfw_named_put(struct rd_dfw_named *s)
{
	if (s == NULL || --s->refs > 0)
		return;
	free(s->service);
	free(s);
}

struct rd_dfw_model *rd_dfw_model_new(void)
{
	struct rd_dfw_model *m = calloc(1, sizeof(*m));
	int slot = m == NULL ? -ENOMEM : rd_dfw_slot_new(0);

	if (slot < 0) {
		free(m);
		return NULL;
	}
	m->names_serial = 1;
	m->stateful = true;
	m->default_slot = (uint16_t)slot;
	return m;
}

struct rd_dfw_model *rd_dfw_model_copy(const struct rd_dfw_model *m)
{
	struct rd_dfw_model *copy = malloc(sizeof(*copy));

	if (copy == NULL)
		return NULL;
	*copy = *m;
	copy->section = malloc((m->nb_sections + 1) * sizeof(*copy->section));
	if (copy->section == NULL) {
		free(copy);
		return NULL;
	}
	if (rd_dfw_ids_copy(&copy->ids, &m->ids) < 0) {
		free(copy->section);
		free(copy);
		return NULL;
	}
	for (uint32_t i = 0; i < m->nb_sections; i++) {
		copy->section[i] = m->section[i];
		copy->section[i]->refs++;
	}
	rd_dfw_slot_ref(m->default_slot);
	for (unsigned i = 0; i < RD_DFW_GROUP_MAX; i++) {
		if (m->group[i] != NULL)
			m->group[i]->refs++;
		if (m->service[i] != NULL)
			m->service[i]->refs++;
	}
	for (unsigned i = 0; i < RD_PORT_MAX; i++)
		if (m->local[i] != NULL)
			m->local[i]->refs++;
	return copy;
}

void rd_dfw_model_free(struct rd_dfw_model *m)
{
	if (m == NULL)
		return;
	for (uint32_t i = 0; i < m->nb_sections; i++)
		rd_dfw_section_put(m->section[i]);
	for (unsigned i = 0; i < RD_DFW_GROUP_MAX; i++) {
		rd_dfw_group_put(m->group[i]);
		rd_dfw_named_put(m->service[i]);
	}
	for (unsigned i = 0; i < RD_PORT_MAX; i++)
		rd_dfw_local_put(m->local[i]);
	rd_dfw_slot_put(m->default_slot);
	rd_dfw_ids_free(&m->ids);
	free(m->section);
	free(m);
}
