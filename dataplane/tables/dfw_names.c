/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What rules call by name, in a draft: groups and services; and where a rule is by its id. Control thread.
 */
#include "tables/dfw_edit.h"
#include "tables/dfw_nest.h"
#include "tables/dfw_priv.h"
#include "tables/index.h"
#include "tables/names.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

// Unique in a daemon's life: a rule's terms are of the model with this number, whatever became of it.
static void names_changed(struct rd_dfw_model *m)
{
	static uint32_t serial = 1;

	m->names_serial = ++serial;
}

uint16_t rd_dfw_group_find(const struct rd_dfw_model *m, const char *name)
{
	for (unsigned i = 1; i < RD_DFW_GROUP_MAX; i++)
		if (m->group[i] != NULL && strcmp(m->group[i]->name, name) == 0)
			return (uint16_t)i;
	return 0;
}

uint16_t rd_dfw_service_find(const struct rd_dfw_model *m, const char *name)
{
	for (unsigned i = 1; i < RD_DFW_GROUP_MAX; i++)
		if (m->service[i] != NULL && strcmp(m->service[i]->name, name) == 0)
			return (uint16_t)i;
	return 0;
}

static int no_room(const char *what, struct rd_err *err)
{
	return rd_err_set(err, -ENOSPC, "no more than %d firewall %s", RD_DFW_GROUP_MAX - 1, what);
}

int rd_dfw_group_set(struct rd_dfw_model *m, struct rd_dfw_group *g, struct rd_err *err)
{
	unsigned at = rd_dfw_group_find(m, g->name);
	struct rd_dfw_group *old;
	int rc = rd_name_check("group", g->name, err);

	for (unsigned i = 1; at == 0 && i < RD_DFW_GROUP_MAX; i++)
		at = m->group[i] == NULL ? i : 0;
	if (rc == 0 && at == 0)
		rc = no_room("groups", err);
	if (rc < 0) {
		rd_dfw_group_put(g);
		return rc;
	}
	old = m->group[at];
	m->group[at] = g;
	rc = rd_dfw_nest_check(m, (uint16_t)at, err);
	if (rc < 0)
		m->group[at] = old;
	else
		names_changed(m);
	rd_dfw_group_put(rc < 0 ? g : old);
	return rc;
}

struct rd_dfw_group *rd_dfw_group_new(const char *name)
{
	struct rd_dfw_group *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	g->refs = 1;
	if (rd_str_copy(g->name, sizeof(g->name), name) == 0)
		return g;
	free(g);
	return NULL;
}

void rd_dfw_group_free(struct rd_dfw_group *g)
{
	rd_dfw_group_put(g);
}

void rd_dfw_named_free(struct rd_dfw_named *s)
{
	rd_dfw_named_put(s);
}

// old's elements before those of *list. -ENOMEM, -E2BIG.
static int prepend(void **list, uint16_t *nb, const void *old, uint16_t nb_old, size_t size)
{
	size_t total = (size_t)*nb + nb_old;
	char *all;

	if (nb_old == 0)
		return 0;
	if (total > RD_DFW_MEMBERS_MAX)
		return -E2BIG;
	all = malloc(total * size);
	if (all == NULL)
		return -ENOMEM;
	memcpy(all, old, nb_old * size);
	if (*nb > 0)
		memcpy(all + nb_old * size, *list, *nb * size);
	free(*list);
	*list = all;
	*nb = (uint16_t)total;
	return 0;
}

int rd_dfw_group_add(struct rd_dfw_model *m, struct rd_dfw_group *g, struct rd_err *err)
{
	const struct rd_dfw_group *old = m->group[rd_dfw_group_find(m, g->name)];
	void *addr = g->addr, *member = g->member, *inner = g->inner;
	int rc = 0;

	if (old != NULL) {
		rc = prepend(&addr, &g->nb_addrs, old->addr, old->nb_addrs, sizeof(*g->addr));
		g->addr = addr;
	}
	if (old != NULL && rc == 0) {
		rc = prepend(
			&member, &g->nb_members, old->member, old->nb_members, sizeof(*g->member));
		g->member = member;
	}
	if (old != NULL && rc == 0) {
		rc = prepend(&inner, &g->nb_inner, old->inner, old->nb_inner, sizeof(*g->inner));
		g->inner = inner;
	}
	if (rc == 0)
		return rd_dfw_group_set(m, g, err);
	rd_dfw_group_put(g);
	return rd_err_set(err, rc,
		rc == -E2BIG ? "a group has up to %d addresses and members"
			     : "no memory for a group of %d",
		RD_DFW_MEMBERS_MAX);
}

int rd_dfw_service_set(struct rd_dfw_model *m, struct rd_dfw_named *s, struct rd_err *err)
{
	unsigned at = rd_dfw_service_find(m, s->name);
	int rc = rd_name_check("service", s->name, err);

	for (unsigned i = 1; at == 0 && i < RD_DFW_GROUP_MAX; i++)
		at = m->service[i] == NULL ? i : 0;
	for (unsigned i = 0; i < s->nb && rc == 0; i++)
		rc = rd_dfw_service_check(&s->service[i], err);
	if (rc == 0 && at == 0)
		rc = no_room("services", err);
	if (rc < 0) {
		rd_dfw_named_put(s);
		return rc;
	}
	rd_dfw_named_put(m->service[at]);
	m->service[at] = s;
	names_changed(m);
	return 0;
}

static bool addr_has(const struct rd_dfw_addr *a, unsigned nb, uint16_t group)
{
	for (unsigned i = 0; i < nb; i++)
		if (a[i].group == group)
			return true;
	return false;
}

static bool service_has(const struct rd_dfw_service *s, unsigned nb, uint16_t named)
{
	for (unsigned i = 0; i < nb; i++)
		if (s[i].named == named)
			return true;
	return false;
}

// The first rule that names a group or a service (the other is 0), or NULL.
static const struct rd_dfw_rule *user_of(
	const struct rd_dfw_model *m, uint16_t group, uint16_t service)
{
	for (uint32_t i = 0; i < m->nb_sections; i++) {
		const struct rd_dfw_vec *v = &m->section[i]->rules;

		for (uint32_t n = 0; n < v->nb; n++) {
			const struct rd_dfw_rule *r = v->v[n];

			if (group != 0
				&& (addr_has(r->from, r->nb_from, group)
					|| addr_has(r->to, r->nb_to, group)))
				return r;
			if (service != 0 && service_has(r->service, r->nb_services, service))
				return r;
		}
	}
	return NULL;
}

static int in_use(const struct rd_dfw_rule *r, const char *name, struct rd_err *err)
{
	rd_err_set(err, -EBUSY, "firewall rule %u uses %s", r->id, name);
	rd_err_where(err, "name");
	return -EBUSY;
}

int rd_dfw_group_del(struct rd_dfw_model *m, const char *name, struct rd_err *err)
{
	uint16_t at = rd_dfw_group_find(m, name);
	const struct rd_dfw_rule *user = at == 0 ? NULL : user_of(m, at, 0);

	if (at == 0) {
		rd_err_set(err, -ENOENT, "there is no firewall group %.100s", name);
		rd_err_hint(err, "show dfw groups");
		return -ENOENT;
	}
	if (user != NULL)
		return in_use(user, name, err);
	if (rd_dfw_nest_outer(m, at) != NULL) {
		rd_err_set(err, -EBUSY, "firewall group %s contains %.100s",
			rd_dfw_nest_outer(m, at)->name, name);
		rd_err_where(err, "name");
		return -EBUSY;
	}
	if (rd_dfw_target_unused_in(m, RD_DFW_ON_GROUP, at, err) < 0)
		return -EBUSY;
	rd_dfw_group_put(m->group[at]);
	m->group[at] = NULL;
	names_changed(m);
	return 0;
}

int rd_dfw_service_del(struct rd_dfw_model *m, const char *name, struct rd_err *err)
{
	uint16_t at = rd_dfw_service_find(m, name);
	const struct rd_dfw_rule *user = at == 0 ? NULL : user_of(m, 0, at);

	if (at == 0) {
		rd_err_set(err, -ENOENT, "there is no firewall service %.100s", name);
		rd_err_hint(err, "show dfw services");
		return -ENOENT;
	}
	if (user != NULL)
		return in_use(user, name, err);
	rd_dfw_named_put(m->service[at]);
	m->service[at] = NULL;
	names_changed(m);
	return 0;
}

void rd_dfw_clear(struct rd_dfw_model *m)
{
	for (uint32_t i = 0; i < m->nb_sections; i++)
		rd_dfw_section_put(m->section[i]);
	m->nb_sections = 0;
	rd_dfw_ids_free(&m->ids);
	for (unsigned i = 0; i < RD_DFW_GROUP_MAX; i++) {
		rd_dfw_group_put(m->group[i]);
		rd_dfw_named_put(m->service[i]);
		m->group[i] = NULL;
		m->service[i] = NULL;
	}
	names_changed(m);
}

static uint32_t slot_of(const struct rd_dfw_ids *ids, uint32_t id)
{
	uint32_t i = (uint32_t)rd_mix64(id) & (ids->cap - 1);

	while (ids->v[i] != NULL && ids->v[i]->id != id)
		i = (i + 1) & (ids->cap - 1);
	return i;
}

struct rd_dfw_rule *rd_dfw_ids_get(const struct rd_dfw_ids *ids, uint32_t id)
{
	return ids->cap == 0 ? NULL : ids->v[slot_of(ids, id)];
}

static int ids_grow(struct rd_dfw_ids *ids)
{
	struct rd_dfw_ids more = {.nb = ids->nb, .cap = ids->cap == 0 ? 64 : ids->cap * 2};

	more.v = calloc(more.cap, sizeof(*more.v));
	if (more.v == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < ids->cap; i++)
		if (ids->v[i] != NULL)
			more.v[slot_of(&more, ids->v[i]->id)] = ids->v[i];
	free(ids->v);
	*ids = more;
	return 0;
}

int rd_dfw_ids_put(struct rd_dfw_ids *ids, struct rd_dfw_rule *r)
{
	if (2 * (ids->nb + 1) > ids->cap && ids_grow(ids) < 0)
		return -ENOMEM;
	ids->v[slot_of(ids, r->id)] = r;
	ids->nb++;
	return 0;
}

void rd_dfw_ids_del(struct rd_dfw_ids *ids, uint32_t id)
{
	uint32_t hole = slot_of(ids, id), i = hole;

	if (ids->v[hole] == NULL)
		return;
	ids->nb--;
	ids->v[hole] = NULL;
	// What follows may have been pushed on by it: find every one its place again.
	for (i = (i + 1) & (ids->cap - 1); ids->v[i] != NULL; i = (i + 1) & (ids->cap - 1)) {
		struct rd_dfw_rule *r = ids->v[i];

		ids->v[i] = NULL;
		ids->v[slot_of(ids, r->id)] = r;
	}
}

int rd_dfw_ids_copy(struct rd_dfw_ids *to, const struct rd_dfw_ids *from)
{
	*to = (struct rd_dfw_ids){.nb = from->nb, .cap = from->cap};
	if (from->cap == 0)
		return 0;
	to->v = malloc(from->cap * sizeof(*to->v));
	if (to->v == NULL)
		return -ENOMEM;
	memcpy(to->v, from->v, from->cap * sizeof(*to->v));
	return 0;
}

void rd_dfw_ids_free(struct rd_dfw_ids *ids)
{
	free(ids->v);
	*ids = (struct rd_dfw_ids){0};
}
