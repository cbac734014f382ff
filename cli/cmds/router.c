/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commands on distributed routers and their interfaces. Routes and neighbours: route.c.
 */
#include "cmds/cmds.h"

static const struct rd_column router_columns[] = {
	{"MAC", "mac", 0, NULL},
	{"INTERFACES", "interfaces", RD_COL_RIGHT, NULL},
	{"ROUTES", "routes", RD_COL_RIGHT, NULL},
	{"NEIGHBOURS", "neighbours", RD_COL_RIGHT, NULL},
	{"ROUTER", "qname", 0, NULL},
};
static const struct rd_table router_table = RD_TABLE(router_columns);

static const struct rd_column interface_columns[] = {
	{"INTERFACE", "name", 0, NULL},
	{"SEGMENT", "segment", 0, NULL},
	{"MTU", "mtu", RD_COL_RIGHT, NULL},
	{"RX", "rx_packets", RD_COL_RIGHT, NULL},
	{"TX", "tx_packets", RD_COL_RIGHT, NULL},
	{"SAID", "said", RD_COL_RIGHT, NULL},
	{"WITHHELD", "withheld", RD_COL_RIGHT, NULL},
	{"ADDRESSES", "addresses", 0, NULL},
};
static const struct rd_table interface_table = RD_TABLE_BY(interface_columns, "router");

static int show_router(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &router_table, err);
}

static int show_interface(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &interface_table, err);
}

static const struct rd_arg_desc args_desc[] = {
	{.key = "name", .type = RD_ARG_NAME, .param = "name", .help = "the new one's name"},
	{.key = "router",
		.type = RD_ARG_REF,
		.param = "router",
		.help = "the router",
		.names = &rd_names_router},
	{.key = "interface",
		.type = RD_ARG_REF,
		.param = "interface",
		.help = "the interface",
		.names = &rd_names_interface},
	{.key = "host",
		.type = RD_ARG_NAME,
		.param = "host",
		.help = "the host whose segments it connects",
		.names = &rd_names_host},
	{.key = "mac",
		.type = RD_ARG_MAC,
		.param = "mac",
		.help = "its MAC, the same on every host and segment; 02:50:56:56:44:52"},
	{.key = "segment",
		.type = RD_ARG_REF,
		.param = "segment",
		.help = "the segment that it serves",
		.names = &rd_names_segment},
	{.key = "address",
		.type = RD_ARG_REFS,
		.param = "addresses",
		.help = "its addresses there, with their prefix length, with commas"},
	{.key = "mtu",
		.type = RD_ARG_NUM,
		.param = "mtu",
		.max = 9216,
		.help = "largest packet that it sends there; 0 = the segment's, the default"},
	{0},
};

static const struct rd_cmd cmds[] = {
	{.grammar = "router", .help = "distributed routers between segments"},
	{"router add NAME host HOST [mac MAC]", "add a router", "router.add", args_desc, NULL},
	{"router del ROUTER", "remove a router that has no interfaces", "router.del", args_desc,
		NULL},
	{.grammar = "router interface", .help = "where a router serves a segment"},
	{"router interface add NAME router ROUTER segment SEGMENT address PREFIX,.. [mtu N]",
		"put a router on a segment", "router_interface.add", args_desc, NULL},
	{"router interface set INTERFACE [address PREFIX,..] [mtu N]",
		"change its addresses or MTU", "router_interface.set", args_desc, NULL},
	{"router interface del INTERFACE", "take a router off a segment", "router_interface.del",
		args_desc, NULL},
	{"show router/routers [host HOST]", "distributed routers", "router.list", args_desc,
		show_router},
	{"show router/routers interface/interfaces [router ROUTER]",
		"where routers serve segments, and what they routed", "router_interface.list",
		args_desc, show_interface},
};
const struct rd_cmd_set rd_cmds_router = RD_CMD_SET(cmds);
