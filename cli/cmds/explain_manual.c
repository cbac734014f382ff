/* SPDX-License-Identifier: BSD-3-Clause
 *
 * explain stage|reason|point: the manual at the prompt, from the tables that the dataplane and the guide are made from. Needs
 * no daemon.
 */
#include "cmds/explain.h"

#include <string.h>
#include <strings.h>

#define S(NAME) (UINT64_C(1) << RD_STAGE_##NAME)

struct point {
	const char *name; // as pktcap-uw spells it, or ours
	uint64_t stages; // bits; 0 = there is no such place
	const char *what, *note;
};

// "hit" and "miss": of the packets there, those that the flow cache decided, or not.
#define PK_POINT(number, name, stages, what, note) {name, stages, what, note},
#define PK_POINT_OWN(name, when, stages, what) {#name, stages, what, "only packets with a " #when},
#define PK_POINT_ALIAS(alias, name)
static const struct point points[] = {
#include "points.def"
};
#undef PK_POINT
#undef PK_POINT_OWN
#undef PK_POINT_ALIAS

static const struct alias {
	const char *alias, *name;
} aliases[] = {
#define PK_POINT(number, name, stages, what, note)
#define PK_POINT_OWN(name, when, stages, what)
#define PK_POINT_ALIAS(alias, name) {alias, name},
#include "points.def"
};

static const char *class_text(char class)
{
	switch (class) {
	case 'M':
		return "malformed";
	case 'P':
		return "policy";
	case 'R':
		return "resource";
	case 'C':
		return "configuration";
	case 'X':
		return "expected";
	case 'I':
		return "internal error";
	default:
		return "counted by a device";
	}
}

static const char *kind_text(const struct rd_stage_desc *s)
{
	static const char *const texts[] = {
		[RD_STAGE_KIND_RX] = "a port gives the packet to the switch",
		[RD_STAGE_KIND_TX] = "the switch gives the packet to a port",
		[RD_STAGE_KIND_IN] = "inside the switch",
		[RD_STAGE_KIND_DROP] = "the packet's end"};

	return texts[s->kind];
}

static int unknown(const struct rd_args *args, const char *key, struct rd_err *err,
	const char *what, const char *hint)
{
	rd_args_blame(args, key);
	rd_err_set(err, -ENOENT, "there is no %s %.60s", what, rd_args_str(args, key));
	rd_err_hint(err, "%s", hint);
	return -ENOENT;
}

static int put(struct rd_cli *cli, json_t *item, struct rd_err *err)
{
	if (item == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	if (rd_cli_is_json(cli))
		rd_cli_put_json(cli, item);
	else
		rd_cli_put_fields(cli, item);
	json_decref(item);
	return 0;
}

static json_t *reasons_of(const char *stage)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < rd_drops_count; i++)
		if (strcmp(rd_drops[i].stage, stage) == 0)
			json_array_append_new(list, json_string(rd_drops[i].name));
	return list;
}

// Where the drops do not tell all that a stage may decide.
static json_t *decisions_of(const struct rd_stage_desc *s)
{
	if (s->id != RD_STAGE_ROUTE)
		return json_array();
	return json_pack("[s,s,s]",
		"routed: a TTL less, the MACs of the router and the next hop, and once more through flow_lookup, in the next hop's segment",
		"dropped, and the sender told: L3_TTL, L3_NO_ROUTE, L3_UNREACHABLE, L3_MTU",
		"dropped, and the next hop asked for its MAC: L3_NEIGH_PENDING");
}

json_t *rd_explain_about_stage(const struct rd_stage_desc *s)
{
	json_t *decisions = decisions_of(s), *about;
	char capture[64];

	snprintf(capture, sizeof(capture), "pktcap --capture %s", s->name);
	about = json_pack("{s:s,s:i,s:s,s:s,s:s,s:o,s:s,s:s}", "stage", s->name, "id", (int)s->id,
		"what", s->help, "where", kind_text(s), "pktcap_uw", s->compat, "drops_for",
		reasons_of(s->name), "capture", capture, "counters", "show stage");
	if (json_array_size(decisions) > 0)
		json_object_set(about, "decisions", decisions);
	json_decref(decisions);
	return about;
}

int rd_explain_stage(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	const struct rd_stage_desc *s = rd_stage_by_name(rd_args_str(args, "stage"));

	if (s == NULL)
		return unknown(args, "stage", err, "stage", "show stage help");
	return put(cli, rd_explain_about_stage(s), err);
}

// "vR MISC; K NOT_SPECIFIED" as one object, a name for each dataplane.
static json_t *kin_of(const struct rd_drop_desc *d)
{
	static const struct {
		const char *tag, *name;
	} others[] = {{"vR ", "vrouter"}, {"VPP ", "vpp"}, {"OVS ", "ovs"}, {"K ", "kernel"}};
	json_t *list = json_array();

	for (const char *p = d->kin; *p != '\0'; p += strcspn(p, ";"), p += strspn(p, "; ")) {
		size_t len = strcspn(p, ";"), i = 0;

		while (i < 4 && strncmp(p, others[i].tag, strlen(others[i].tag)) != 0)
			i++;
		if (i < 4)
			json_array_append_new(list,
				json_sprintf("%s: %.*s", others[i].name,
					(int)(len - strlen(others[i].tag)),
					p + strlen(others[i].tag)));
		else
			json_array_append_new(list, json_sprintf("%.*s", (int)len, p));
	}
	return list;
}

json_t *rd_explain_about_reason(const struct rd_drop_desc *d)
{
	return json_pack("{s:s,s:i,s:s,s:s,s:s,s:s,s:o,s:o,s:s}", "reason", d->name, "id",
		(int)d->id, "meaning", d->meaning, "try", d->hint, "stage", d->stage, "class",
		class_text(d->class), "elsewhere", kin_of(d), "capture",
		json_sprintf("pktcap --drop %s", d->name), "last_ones",
		"show drop recent reason REASON");
}

int rd_explain_reason(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	const struct rd_drop_desc *d = rd_drop_by_name(rd_args_str(args, "reason"));

	if (d == NULL)
		return unknown(args, "reason", err, "drop reason", "show drop all");
	return put(cli, rd_explain_about_reason(d), err);
}

static const struct point *find_point(const char *name)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (strcasecmp(aliases[i].alias, name) == 0)
			name = aliases[i].name;
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
		if (strcasecmp(points[i].name, name) == 0)
			return &points[i];
	return NULL;
}

static json_t *stages_of(uint64_t bits)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < rd_stages_count; i++)
		if (bits >> rd_stages[i].id & 1)
			json_array_append_new(list, json_string(rd_stages[i].name));
	return list;
}

int rd_explain_point(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	const struct point *p = find_point(rd_args_str(args, "point"));

	if (p == NULL && rd_stage_by_name(rd_args_str(args, "point")) != NULL) {
		rd_args_blame(args, "point");
		rd_err_set(err, -ENOENT, "%.60s is a stage", rd_args_str(args, "point"));
		rd_err_hint(err, "explain stage %.60s", rd_args_str(args, "point"));
		return -ENOENT;
	}
	if (p == NULL)
		return unknown(args, "point", err, "capture point", "pktcap -A lists them");
	return put(cli,
		json_pack("{s:s,s:s,s:o,s:s,s:o}", "point", p->name, "what", p->what, "stages",
			stages_of(p->stages), "note", p->note, "capture",
			p->stages != 0 ? json_sprintf("pktcap --capture %s", p->name)
				       : json_string("")),
		err);
}
