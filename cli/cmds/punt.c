/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commands on packets to the switches' own addresses.
 */
#include "cmds/cmds.h"

static const struct rd_column columns[] = {
	{"WORKER", "worker", RD_COL_RIGHT, NULL},
	{"RATE/s", "rate", RD_COL_RIGHT, NULL},
	{"IN", "in", RD_COL_RIGHT, NULL},
	{"DROPS", "drops", RD_COL_RIGHT, NULL},
	{"LIMITED", "limited", RD_COL_RIGHT, NULL},
};
static const struct rd_table table = RD_TABLE(columns);

static int show(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &table, err);
}

static const struct rd_arg_desc args_desc[] = {
	{.key = "n",
		.type = RD_ARG_NUM,
		.param = "rate",
		.min = 1,
		.max = 10000000,
		.help = "packets in a second and worker; 10000"},
	{0},
};

static const struct rd_cmd cmds[] = {
	{.grammar = "punt", .help = "packets to the switches' own addresses (ARP, ping)"},
	{"punt rate N", "how many of them a worker handles in a second", "punt.set", args_desc,
		NULL},
	{"show punt", "packets to the switches' own addresses", "punt.list", NULL, show},
};
const struct rd_cmd_set rd_cmds_punt = RD_CMD_SET(cmds);
