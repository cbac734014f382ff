/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commands on switches (portsets).
 */
#include "cmds/cmds.h"

static const struct rd_column columns[] = {
	{"PORTSET", "portset", RD_COL_RIGHT, NULL},
	{"MTU", "mtu", RD_COL_RIGHT, NULL},
	{"PORTS", "ports", RD_COL_RIGHT, NULL},
	{"SEGMENTS", "segments", RD_COL_RIGHT, NULL},
	{"SWITCH", "qname", 0, NULL},
};
static const struct rd_table table = RD_TABLE(columns);

static int show(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &table, err);
}

static const struct rd_arg_desc add_args[] = {
	{.key = "name", .type = RD_ARG_NAME, .param = "name", .help = "the new switch's name"},
	{.key = "host",
		.type = RD_ARG_NAME,
		.param = "host",
		.help = "the host it runs on",
		.names = &rd_names_host},
	{.key = "portset",
		.type = RD_ARG_NUM,
		.param = "portset",
		.max = 63,
		.help = "number of the switch in its host's port ids, 0 to 63"},
	{.key = "mtu",
		.type = RD_ARG_NUM,
		.param = "mtu",
		.min = 1,
		.max = UINT16_MAX,
		.help = "largest packet of the uplinks in bytes; 1600"},
	{0},
};

static const struct rd_arg_desc set_args[] = {
	{.key = "switch",
		.type = RD_ARG_REF,
		.param = "switch",
		.help = "the switch",
		.names = &rd_names_switch},
	{.key = "mtu",
		.type = RD_ARG_NUM,
		.param = "mtu",
		.min = 1,
		.max = UINT16_MAX,
		.help = "largest packet of the uplinks in bytes"},
	{0},
};

static const struct rd_arg_desc show_args[] = {
	{.key = "host",
		.type = RD_ARG_NAME,
		.param = "host",
		.help = "only this host's",
		.names = &rd_names_host},
	{0},
};

static const struct rd_cmd cmds[] = {
	{.grammar = "switch", .help = "switches (portsets) of a host"},
	{"switch add NAME host HOST portset N [mtu N]", "add a switch", "switch.add", add_args,
		NULL},
	{"switch set SWITCH mtu N", "change a switch", "switch.set", set_args, NULL},
	{"switch del SWITCH", "remove a switch that has no ports", "switch.del", set_args, NULL},
	{"show switch/switches [host HOST]", "switches", "switch.list", show_args, show},
};
const struct rd_cmd_set rd_cmds_switch = RD_CMD_SET(cmds);
