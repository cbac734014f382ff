/* SPDX-License-Identifier: BSD-3-Clause
 *
 * show stage: the stages of the dataplane, which are its capture points.
 */
#include "cmds/cmds.h"

static const struct rd_column columns[] = {
	{"STAGE", "stage", 0, NULL},
	{"IN", "in", RD_COL_RIGHT, NULL},
	{"OUT", "out", RD_COL_RIGHT, NULL},
	{"CONSUMED", "consumed", RD_COL_RIGHT, NULL},
	{"CREATED", "created", RD_COL_RIGHT, NULL},
	{"DROPS", "drops", RD_COL_RIGHT, NULL},
	{"TAPPED", "tapped", 0, NULL},
};
static const struct rd_table table = RD_TABLE(columns);

static const struct rd_column help_columns[] = {
	{"ID", "id", RD_COL_RIGHT, NULL},
	{"STAGE", "stage", 0, NULL},
	{"KIND", "kind", 0, NULL},
	{"PKTCAP-UW", "compat", 0, NULL},
	{"WHAT", "help", 0, NULL},
};
static const struct rd_table help_table = RD_TABLE(help_columns);

static int show(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	const struct rd_table *t = rd_args_has(args, "help") ? &help_table : &table;

	return rd_cmds_show(cli, args, t, err);
}

static const struct rd_arg_desc show_args[] = {
	{.key = "worker",
		.type = RD_ARG_NUM,
		.param = "worker",
		.help = "only this worker's counts"},
	{.key = "port",
		.type = RD_ARG_REF,
		.param = "port",
		.help = "only what each stage had of this port's packets",
		.names = &rd_names_port},
	{.key = "help", .type = RD_ARG_FLAG, .help = "what the stages are for, instead of counts"},
	{0},
};

static const struct rd_rates stage_rates = {
	(const char *const[]){"stage", NULL},
	(const char *const[]){"in", "out", "consumed", "created", "drops", NULL},
};
static const struct rd_cmd cmds[] = {
	{"show stage/stages [port PORT] [worker N] [help]",
		"stages (capture points) and their counters", "stage.list", show_args, show,
		&stage_rates},
};
const struct rd_cmd_set rd_cmds_stage = RD_CMD_SET(cmds);
