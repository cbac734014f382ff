/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commands on the distributed firewall: an ordered list of rules per guest port.
 */
#include "cmds/cmds.h"

static const struct rd_column columns[] = {
	{"AT", "at", RD_COL_RIGHT, NULL},
	{"RULE", "id", RD_COL_RIGHT, NULL},
	{"DIR", "dir", 0, NULL},
	{"ACTION", "action", 0, NULL},
	{"PROTO", "proto", 0, NULL},
	{"FROM", "src", 0, NULL},
	{"SPORT", "sport", 0, NULL},
	{"TO", "dst", 0, NULL},
	{"DPORT", "dport", 0, NULL},
	{"HITS", "hits", RD_COL_RIGHT, NULL},
	{"NAME", "name", 0, NULL},
};
static const struct rd_table table = RD_TABLE_BY(columns, "port");

static int show(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &table, err);
}

static const struct rd_arg_desc args_desc[] = {
	{.key = "port",
		.type = RD_ARG_REF,
		.param = "port",
		.help = "the guest's port",
		.names = &rd_names_port},
	{.key = "rule",
		.type = RD_ARG_NUM,
		.param = "id",
		.min = 1,
		.help = "the rule's id; rules are tried in ascending order of ids"},
	{.key = "dir", .type = RD_ARG_WORD, .param = "dir", .help = "in = to the guest"},
	{.key = "action",
		.type = RD_ARG_WORD,
		.param = "action",
		.help = "what happens to a match"},
	{.key = "proto",
		.type = RD_ARG_TEXT,
		.param = "proto",
		.help = "any, tcp, udp, icmp, icmp6 or a number"},
	{.key = "from", .type = RD_ARG_PREFIX, .param = "src", .help = "source address or prefix"},
	{.key = "to",
		.type = RD_ARG_PREFIX,
		.param = "dst",
		.help = "destination address or prefix"},
	{.key = "sport", .type = RD_ARG_RANGE, .param = "sport", .help = "source port or range"},
	{.key = "dport",
		.type = RD_ARG_RANGE,
		.param = "dport",
		.help = "destination port or range"},
	{.key = "name", .type = RD_ARG_TEXT, .param = "name", .help = "a name for people"},
	{0},
};

static const struct rd_cmd cmds[] = {
	{.grammar = "dfw", .help = "distributed firewall: rules per guest port"},
	{"dfw add port PORT rule ID dir (in|out|inout) action (allow|drop) [proto PROTO] [from PREFIX] "
	 "[to PREFIX] [sport RANGE] [dport RANGE] [name NAME]",
		"add a rule", "dfw.add", args_desc, NULL},
	{"dfw del port PORT rule ID", "remove a rule", "dfw.del", args_desc, NULL},
	{"dfw default port PORT action (allow|drop)", "what happens when no rule matches",
		"dfw.default", args_desc, NULL},
	{"show dfw [port PORT]", "firewall rules and their hits", "dfw.list", args_desc, show},
};
const struct rd_cmd_set rd_cmds_dfw = RD_CMD_SET(cmds);
