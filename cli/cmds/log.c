/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commands on the daemon's log levels.
 */
#include "cmds/cmds.h"

static const struct rd_column columns[] = {
	{"LEVEL", "level", 0, NULL},
	{"MODULE", "module", 0, NULL},
};
static const struct rd_table table = RD_TABLE(columns);

static int show(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &table, err);
}

static const struct rd_arg_desc set_args[] = {
	{.key = "module",
		.type = RD_ARG_TEXT,
		.param = "module",
		.help = "a part of the daemon, or all",
		.names = &rd_names_log},
	{.key = "level",
		.type = RD_ARG_TEXT,
		.param = "level",
		.help = "error, warn, info or debug"},
	{0},
};

static const struct rd_cmd cmds[] = {
	{.grammar = "log", .help = "what the daemon logs"},
	{"log set MODULE LEVEL", "change a log level", "log.set", set_args, NULL},
	{"show log", "log levels", "log.list", NULL, show},
};
const struct rd_cmd_set rd_cmds_log = RD_CMD_SET(cmds);
