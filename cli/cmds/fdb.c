/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commands on the forwarding database: which MAC is where.
 */
#include "cmds/cmds.h"

static const struct rd_column columns[] = {
	{"MAC", "mac", 0, NULL},
	{"KIND", "kind", 0, NULL},
	{"AGE s", "age_s", RD_COL_RIGHT, NULL},
	{"TO", "to_kind", 0, NULL},
	{"NAME", "to", 0, NULL},
};
static const struct rd_table table = RD_TABLE_BY(columns, "segment");

static int show(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &table, err);
}

static int flush(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_flush(cli, args, "learned entries", err);
}

static const struct rd_arg_desc args_desc[] = {
	{.key = "segment",
		.type = RD_ARG_REF,
		.param = "segment",
		.help = "the segment",
		.names = &rd_names_segment},
	{.key = "mac", .type = RD_ARG_MAC, .param = "mac", .help = "the MAC address"},
	{.key = "port",
		.type = RD_ARG_REF,
		.param = "port",
		.help = "it is behind this port",
		.names = &rd_names_port},
	{.key = "tunnel",
		.type = RD_ARG_REF,
		.param = "tunnel",
		.help = "it is behind this tunnel",
		.names = &rd_names_tunnel},
	{.key = "drop", .type = RD_ARG_FLAG, .param = "drop", .help = "what goes there is dropped"},
	{0},
};

static const struct rd_cmd cmds[] = {
	{.grammar = "fdb", .help = "forwarding database: which MAC is where"},
	{"fdb add segment SEGMENT mac MAC (port PORT|tunnel TUNNEL|drop)", "add a static entry",
		"fdb.add", args_desc, NULL},
	{"fdb del segment SEGMENT mac MAC", "remove an entry", "fdb.del", args_desc, NULL},
	{"fdb flush [segment SEGMENT]", "forget learned entries", "fdb.flush", args_desc, flush},
	{"show fdb [segment SEGMENT]", "which MAC is where", "fdb.list", args_desc, show},
};
const struct rd_cmd_set rd_cmds_fdb = RD_CMD_SET(cmds);
