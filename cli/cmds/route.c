/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commands on what routers know: routes, neighbours, and vRouter's spellings of them, rt and nh.
 */
#include "cmds/cmds.h"

// "10.1.0.2 (web), 10.1.0.3 (web)", "web" of a connected route, or what becomes of the packets.
static void cell_via(const json_t *item, char *buf, size_t len)
{
	const json_t *paths = json_object_get(item, "paths");
	size_t used = 0;

	snprintf(buf, len, "%s", rd_item_str(item, "action"));
	for (size_t i = 0; i < json_array_size(paths) && used < len; i++) {
		const json_t *p = json_array_get(paths, i);
		const char *via = rd_item_str(p, "via"), *rif = rd_item_str(p, "interface");

		if (via[0] == '\0')
			used += (size_t)snprintf(
				buf + used, len - used, "%s%s", i > 0 ? ", " : "", rif);
		else
			used += (size_t)snprintf(buf + used, len - used, "%s%s (%s)",
				i > 0 ? ", " : "", via, rif[0] != '\0' ? rif : "no interface");
	}
}

static const struct rd_column route_columns[] = {
	{"PREFIX", "prefix", 0, NULL},
	{"KIND", "kind", 0, NULL},
	{"ACTION", "action", 0, NULL},
	{"VIA", NULL, 0, cell_via},
};
static const struct rd_table route_table = RD_TABLE_BY(route_columns, "router");

static const struct rd_column neighbour_columns[] = {
	{"ADDRESS", "ip", 0, NULL},
	{"MAC", "mac", 0, NULL},
	{"STATE", "state", 0, NULL},
	{"KIND", "kind", 0, NULL},
	{"AGE s", "age_s", RD_COL_RIGHT, NULL},
	{"ASKED", "asked", RD_COL_RIGHT, NULL},
};
static const struct rd_table neighbour_table = RD_TABLE_BY(neighbour_columns, "interface");

static int show_route(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &route_table, err);
}

static int show_neighbour(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &neighbour_table, err);
}

static int flush(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_flush(cli, args, "learned neighbours", err);
}

static const struct rd_arg_desc route_args[] = {
	{.key = "prefix",
		.type = RD_ARG_PREFIX,
		.param = "prefix",
		.help = "where it leads; 0.0.0.0/0 and ::/0 are everywhere"},
	{.key = "router",
		.type = RD_ARG_REF,
		.param = "router",
		.help = "the router",
		.names = &rd_names_router},
	{.key = "via",
		.type = RD_ARG_REFS,
		.param = "via",
		.help = "next hops, up to 8 with commas: each flow takes one of them"},
	{.key = "blackhole",
		.type = RD_ARG_FLAG,
		.param = "blackhole",
		.help = "what goes there is dropped"},
	{.key = "unreachable",
		.type = RD_ARG_FLAG,
		.param = "unreachable",
		.help = "what goes there is dropped, and its sender told"},
	{.key = "to",
		.type = RD_ARG_IP,
		.param = "to",
		.help = "only the route that packets to this address take"},
	{.key = "family",
		.type = RD_ARG_WORD,
		.param = "family",
		.help = "only routes of this family"},
	{.key = "--family",
		.type = RD_ARG_WORD,
		.param = "family",
		.help = "only routes of this family"},
	{0},
};

static const struct rd_arg_desc neighbour_args[] = {
	{.key = "ip", .type = RD_ARG_IP, .param = "ip", .help = "its address"},
	{.key = "interface",
		.type = RD_ARG_REF,
		.param = "interface",
		.help = "the router's interface that it is behind",
		.names = &rd_names_interface},
	{.key = "mac", .type = RD_ARG_MAC, .param = "mac", .help = "its MAC"},
	{0},
};

static const struct rd_cmd cmds[] = {
	{.grammar = "route", .help = "routes of distributed routers"},
	{"route add PREFIX router ROUTER (via IP,..|blackhole|unreachable)", "add a route",
		"route.add", route_args, NULL},
	{"route del PREFIX router ROUTER", "remove a route", "route.del", route_args, NULL},
	{"show route/routes/rt [router ROUTER] [to IP] [family (inet|inet6)]", "routes",
		"route.list", route_args, show_route},
	{.grammar = "rt", .help = "vRouter's routes"},
	{"rt --dump [ROUTER] [--family (inet|inet6)]", "vRouter's form of show route", "route.list",
		route_args, show_route},
	{.grammar = "neighbour/neighbor", .help = "whom routers have to their packets"},
	{"neighbour/neighbor add IP interface INTERFACE mac MAC", "add a static neighbour",
		"neighbour.add", neighbour_args, NULL},
	{"neighbour/neighbor del IP interface INTERFACE", "remove a neighbour", "neighbour.del",
		neighbour_args, NULL},
	{"neighbour/neighbor flush [interface INTERFACE]", "forget learned neighbours",
		"neighbour.flush", neighbour_args, flush},
	{"show neighbour/neighbours/neighbor/neighbors/nh [interface INTERFACE]",
		"MACs of routers' neighbours", "neighbour.list", neighbour_args, show_neighbour},
	{.grammar = "nh", .help = "vRouter's next hops"},
	{"nh --list [INTERFACE]", "vRouter's form of show neighbour", "neighbour.list",
		neighbour_args, show_neighbour},
};
const struct rd_cmd_set rd_cmds_route = RD_CMD_SET(cmds);
