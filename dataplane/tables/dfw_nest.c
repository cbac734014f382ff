/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See dfw_nest.h. What was checked before is a graph without rings, whose ways are no longer than RD_DFW_NEST_MAX; one group in it
 * is new. So a ring leads through that one, and every walk here ends.
 */
#include "tables/dfw_nest.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

#define WAY_MAX (2 * RD_DFW_NEST_MAX + 1) // down to the new group, it, and down from there

struct way { // from one group to another
	const struct rd_dfw_model *m;
	uint16_t group[WAY_MAX + 1];
	unsigned nb;
};

// "a > b > c"
static const char *text_of(const struct way *w, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < w->nb; i++)
		rd_str_addf(buf, size, &len, "%s%.40s", i > 0 ? " > " : "",
			w->m->group[w->group[i]]->name);
	return buf;
}

// A way from `at` back to `to`, added to w; seen: groups that lead to none.
static bool leads_to(struct way *w, uint16_t at, uint16_t to, struct rd_dfw_seen *seen)
{
	const struct rd_dfw_group *g = w->m->group[at];

	w->group[w->nb++] = at;
	for (unsigned i = 0; g != NULL && i < g->nb_inner; i++) {
		if (g->inner[i] == to) {
			w->group[w->nb++] = to;
			return true;
		}
		if (rd_dfw_seen_new(seen, g->inner[i]) && leads_to(w, g->inner[i], to, seen))
			return true;
	}
	w->nb--;
	return false;
}

// How many groups are on the longest way down from here; 0 in the table: not known yet.
static uint8_t height(const struct rd_dfw_model *m, uint16_t at, uint8_t known[RD_DFW_GROUP_MAX])
{
	const struct rd_dfw_group *g = m->group[at];
	uint8_t most = 0;

	if (known[at] != 0 || g == NULL)
		return known[at];
	for (unsigned i = 0; i < g->nb_inner; i++) {
		uint8_t h = height(m, g->inner[i], known);

		most = h > most ? h : most;
	}
	return known[at] = (uint8_t)(most + 1);
}

static void longest(struct way *w, uint16_t at, uint8_t known[RD_DFW_GROUP_MAX])
{
	const struct rd_dfw_group *g;

	do {
		w->group[w->nb++] = at;
		g = w->m->group[at];
		for (unsigned i = 0; i < g->nb_inner; i++)
			if (known[g->inner[i]] + 1 == known[at]) {
				at = g->inner[i];
				break;
			}
	} while (known[w->group[w->nb - 1]] > 1 && w->nb <= WAY_MAX);
}

static int too_deep(struct way *w, uint16_t at, uint8_t known[RD_DFW_GROUP_MAX], struct rd_err *err)
{
	char text[256];

	longest(w, at, known);
	rd_err_set(err, -E2BIG, "groups would be nested deeper than %d: %s", RD_DFW_NEST_MAX,
		text_of(w, text, sizeof(text)));
	rd_err_where(err, "groups");
	return -E2BIG;
}

int rd_dfw_nest_check(const struct rd_dfw_model *m, uint16_t group, struct rd_err *err)
{
	uint8_t known[RD_DFW_GROUP_MAX] = {0};
	struct rd_dfw_seen seen = {0};
	struct way w = {.m = m};
	char text[256];

	if (m->group[group] == NULL || m->group[group]->nb_inner == 0)
		return 0;
	if (leads_to(&w, group, group, &seen)) {
		rd_err_set(err, -ELOOP, "group %s would contain itself: %s", m->group[group]->name,
			text_of(&w, text, sizeof(text)));
		rd_err_where(err, "groups");
		return -ELOOP;
	}
	w.nb = 0;
	for (uint16_t i = 1; i < RD_DFW_GROUP_MAX; i++)
		if (m->group[i] != NULL && height(m, i, known) > RD_DFW_NEST_MAX)
			return too_deep(&w, i, known, err);
	return 0;
}

const struct rd_dfw_group *rd_dfw_nest_outer(const struct rd_dfw_model *m, uint16_t group)
{
	for (unsigned i = 1; i < RD_DFW_GROUP_MAX; i++)
		for (unsigned n = 0; m->group[i] != NULL && n < m->group[i]->nb_inner; n++)
			if (m->group[i]->inner[n] == group)
				return m->group[i];
	return NULL;
}
