/* SPDX-License-Identifier: BSD-3-Clause
 *
 * show journal: who changed what when.
 */
#include "cmds/cmds.h"

static const struct rd_column columns[] = {
	{"TIME", NULL, 0, rd_cell_time},
	{"UID", "uid", RD_COL_RIGHT, NULL},
	{"PID", "pid", RD_COL_RIGHT, NULL},
	{"WITH", "client", 0, NULL},
	{"RULES", "revision", RD_COL_RIGHT, NULL},
	{"CHANGE", "text", 0, NULL},
};
static const struct rd_table table = RD_TABLE(columns);

static int show(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &table, err);
}

static const struct rd_arg_desc show_args[] = {
	{.key = "n",
		.type = RD_ARG_NUM,
		.param = "count",
		.min = 1,
		.max = 1024,
		.help = "how many of the last ones; 20"},
	{0},
};

static const struct rd_cmd cmds[] = {
	{"show journal [N]",
		"who changed the configuration, when, and the revision of the rules then",
		"journal.list", show_args, show},
};
const struct rd_cmd_set rd_cmds_journal = RD_CMD_SET(cmds);
