/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commands on local tunnel endpoints.
 */
#include "cmds/cmds.h"

static const struct rd_column columns[] = {
	{"IP", "ip", 0, NULL},
	{"HOST", "host", 0, NULL},
	{"MAC", "mac", 0, NULL},
	{"ENCAP", "encap", 0, NULL},
	{"DPORT", "dport", RD_COL_RIGHT, NULL},
	{"TTL", "ttl", RD_COL_RIGHT, NULL},
	{"DF", "df", 0, NULL},
	{"CSUM", "csum", 0, NULL},
	{"OPTION", "option", 0, NULL},
	{"TEAM", "team", 0, NULL},
};
static const struct rd_table table = RD_TABLE(columns);

static int show(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &table, err);
}

static const struct rd_arg_desc args_desc[] = {
	{.key = "ip",
		.type = RD_ARG_IP,
		.param = "ip",
		.help = "the endpoint's address",
		.names = &rd_names_tep},
	{.key = "host",
		.type = RD_ARG_NAME,
		.param = "host",
		.help = "the host it is on",
		.names = &rd_names_host},
	{.key = "mac", .type = RD_ARG_MAC, .param = "mac", .help = "its MAC address"},
	{.key = "port",
		.type = RD_ARG_REF,
		.param = "port",
		.help = "its vmk port",
		.names = &rd_names_port},
	{.key = "team",
		.type = RD_ARG_REFS,
		.param = "team",
		.help = "uplinks in the order in which they are tried",
		.names = &rd_names_port},
	{.key = "encap",
		.type = RD_ARG_WORD,
		.param = "encap",
		.help = "the encapsulation; geneve"},
	{.key = "dport",
		.type = RD_ARG_NUM,
		.param = "dport",
		.min = 1,
		.max = UINT16_MAX,
		.help = "UDP destination port; 6081"},
	{.key = "ttl",
		.type = RD_ARG_NUM,
		.param = "ttl",
		.min = 1,
		.max = 255,
		.help = "time to live of outer packets; 64"},
	{.key = "df", .type = RD_ARG_ONOFF, .param = "df", .help = "don't fragment; on"},
	{.key = "checksum",
		.type = RD_ARG_ONOFF,
		.param = "csum",
		.help = "outer UDP checksum; off"},
	{.key = "option",
		.type = RD_ARG_TEXT,
		.param = "option",
		.help = "Geneve option of outer packets in hex, such as 0104:00:a1b2c3d4"},
	{.key = "hash-seed",
		.type = RD_ARG_NUM,
		.param = "hash_seed",
		.help = "changes which outer source port a flow gets; 0"},
	{0},
};

static const struct rd_cmd cmds[] = {
	{.grammar = "tep", .help = "tunnel endpoints of this side"},
	{"tep add IP host HOST mac MAC [port PORT] [team PORT,..] [encap (geneve)] [dport N] [ttl N] "
	 "[df (on|off)] [checksum (on|off)] [option CLASS:TYPE:DATA] [hash-seed N]",
		"add a tunnel endpoint", "tep.add", args_desc, NULL},
	{"tep del IP", "remove a tunnel endpoint", "tep.del", args_desc, NULL},
	{"show tep/teps", "tunnel endpoints", "tep.list", NULL, show},
};
const struct rd_cmd_set rd_cmds_tep = RD_CMD_SET(cmds);
