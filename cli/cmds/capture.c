/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commands on capture sessions. They are started by pktcap, which owns their rings; here one sees and stops them.
 */
#include "cmds/cmds.h"

static const struct rd_column columns[] = {
	{"SESSION", "session", RD_COL_RIGHT, NULL},
	{"UID", "owner_uid", RD_COL_RIGHT, NULL},
	{"PID", "owner_pid", RD_COL_RIGHT, NULL},
	{"AGE s", "age_s", RD_COL_RIGHT, NULL},
	{"SEEN", "seen", RD_COL_RIGHT, NULL},
	{"MATCHED", "matched", RD_COL_RIGHT, NULL},
	{"CAPTURED", "captured", RD_COL_RIGHT, NULL},
	{"LOST", "lost", RD_COL_RIGHT, NULL},
	{"NAME", "name", 0, NULL},
	{"points", "points", RD_COL_NOTE, NULL},
	{"filter", "filter", RD_COL_NOTE, NULL},
};
static const struct rd_table table = RD_TABLE(columns);

static int show(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &table, err);
}

static const struct rd_arg_desc stop_args[] = {
	{.key = "session",
		.type = RD_ARG_NUM,
		.param = "session",
		.help = "its number in show capture"},
	{0},
};

static const struct rd_cmd cmds[] = {
	{.grammar = "capture", .help = "capture sessions; pktcap starts them"},
	{"capture stop SESSION", "end a capture session", "capture.stop", stop_args, NULL},
	{"show capture/captures", "capture sessions", "capture.list", NULL, show},
};
const struct rd_cmd_set rd_cmds_capture = RD_CMD_SET(cmds);
