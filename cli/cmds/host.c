/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commands on hosts: the tiers of the switch, such as arm (the DPU) and x86.
 */
#include "cmds/cmds.h"

static const struct rd_column columns[] = {
	{"DEFAULT", "default", 0, NULL},
	{"SWITCHES", "switches", RD_COL_RIGHT, NULL},
	{"PORTS", "ports", RD_COL_RIGHT, NULL},
	{"HOST", "name", 0, NULL},
};
static const struct rd_table table = RD_TABLE(columns);

static int show(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &table, err);
}

static const struct rd_arg_desc add_args[] = {
	{.key = "name", .type = RD_ARG_NAME, .param = "name", .help = "the new host's name"},
	{.key = "default",
		.type = RD_ARG_FLAG,
		.param = "default",
		.help = "bare names of ports, switches and segments mean this host's"},
	{0},
};

static const struct rd_arg_desc del_args[] = {
	{.key = "name",
		.type = RD_ARG_NAME,
		.param = "name",
		.help = "the host",
		.names = &rd_names_host},
	{0},
};

static const struct rd_cmd cmds[] = {
	{.grammar = "host", .help = "hosts: the tiers (DPU, server) that switches belong to"},
	{"host add NAME [default]", "add a host", "host.add", add_args, NULL},
	{"host del NAME", "remove a host that has no switches", "host.del", del_args, NULL},
	{"show host/hosts", "hosts", "host.list", NULL, show},
};
const struct rd_cmd_set rd_cmds_host = RD_CMD_SET(cmds);
