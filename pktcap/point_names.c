/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The names of capture points, see point_names.h. Main thread.
 */
#include "point_names.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"

#define S(name) (UINT64_C(1) << RD_STAGE_##name)

const struct pk_named_point pk_named_points[] = {
#define PK_POINT(number_, name_, stages_, what_, note_) \
	{.number = (number_), .name = name_, .stages = (stages_), .what = what_, .note = note_},
#define PK_POINT_OWN(name_, when_, stages_, what_) \
	{.name = #name_, .when = PK_WHEN_##when_, .stages = (stages_), .what = what_, .note = ""},
#define PK_POINT_ALIAS(name_, of)
#include "points.def"
#undef PK_POINT
#undef PK_POINT_OWN
#undef PK_POINT_ALIAS
};
const unsigned pk_named_points_count = sizeof(pk_named_points) / sizeof(pk_named_points[0]);

struct alias {
	const char *name, *of;
};

static const struct alias aliases[] = {
#define PK_POINT(number, name, stages, what, note)
#define PK_POINT_OWN(name, when, stages, what)
#define PK_POINT_ALIAS(name_, of_) {name_, of_},
#include "points.def"
#undef PK_POINT
#undef PK_POINT_OWN
#undef PK_POINT_ALIAS
};

static const struct pk_named_point *find(const char *word)
{
	for (unsigned i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (strcasecmp(aliases[i].name, word) == 0)
			word = aliases[i].of;
	for (unsigned i = 0; i < pk_named_points_count; i++)
		if (strcasecmp(pk_named_points[i].name, word) == 0)
			return &pk_named_points[i];
	return NULL;
}

// The stage in the middle of pktcap-uw's [module.]function[:offset]; NULL if there is none of that name.
static const struct rd_stage_desc *stage_of_function(const char *function)
{
	const char *dot = strchr(function, '.');
	char name[64];

	if (rd_str_copy(name, sizeof(name), dot != NULL ? dot + 1 : function) < 0)
		return NULL;
	name[strcspn(name, ":")] = '\0';
	for (unsigned i = 0; i < rd_stages_count; i++)
		if (strcmp(rd_stages[i].name, name) == 0)
			return &rd_stages[i];
	return NULL;
}

static bool takes_function(const struct pk_named_point *p)
{
	return strcmp(p->name, "Dynamic") == 0 || strcmp(p->name, "IOChain") == 0
		|| strcmp(p->name, "TcpipDispatch") == 0;
}

int pk_point_by_name(
	const char *word, const char *function, struct pk_place *place, struct rd_err *err)
{
	const struct rd_stage_desc *s;
	const struct pk_named_point *p;

	place->when = PK_WHEN_ALWAYS;
	for (unsigned i = 0; i < rd_stages_count; i++) {
		place->stages = UINT64_C(1) << rd_stages[i].id;
		if (strcmp(rd_stages[i].name, word) == 0)
			return 0;
	}
	p = find(word);
	if (p == NULL)
		return -ENOENT;
	place->stages = p->stages;
	place->when = p->when;
	if (function != NULL && takes_function(p)) {
		s = stage_of_function(function);
		if (s == NULL) {
			rd_err_set(err, -ENOENT, "-f %s names no stage", function);
			rd_err_hint(err, "pktcap -F");
			return -EINVAL;
		}
		place->stages = UINT64_C(1) << s->id;
	}
	if (place->stages == 0) {
		rd_err_set(err, -ENOTSUP, "%s has no source here: %s", p->name, p->note);
		rd_err_hint(err, "pktcap -A");
		return -ENOTSUP;
	}
	return 0;
}

bool pk_when_is(enum pk_when when, const struct rd_cap_rec *rec)
{
	if (when == PK_WHEN_ALWAYS)
		return true;
	return rec->prev_stage == RD_STAGE_FLOW_LOOKUP
		&& (rec->flags & (when == PK_WHEN_HIT ? RD_CAP_F_HIT : RD_CAP_F_MISS));
}
