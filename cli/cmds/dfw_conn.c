/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commands on connections.
 */
#include "cmds/cmds.h"

static void cell_ends(const json_t *item, char *buf, size_t len)
{
	snprintf(buf, len, "%s:%lld > %s:%lld", rd_item_str(item, "src"),
		(long long)rd_item_int(item, "sport"), rd_item_str(item, "dst"),
		(long long)rd_item_int(item, "dport"));
}

static const struct rd_column columns[] = {
	{"PROTO", "proto", 0, NULL},
	{"STATE", "state", 0, NULL},
	{"RULE", "rule", RD_COL_RIGHT, NULL},
	{"PACKETS", "packets", RD_COL_RIGHT, NULL},
	{"REPLIES", "reply_packets", RD_COL_RIGHT, NULL},
	{"IDLE s", "idle_s", RD_COL_RIGHT, NULL},
	{"ENDS s", "expires_s", RD_COL_RIGHT, NULL},
	{"CONNECTION", NULL, 0, cell_ends},
};
static const struct rd_table table = RD_TABLE_BY(columns, "port");

static int show(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &table, err);
}

static int show_stats(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	json_t *result = NULL, *v;
	const char *key;
	int ret = rd_cli_call(cli, rd_args_cmd(args)->method, NULL, NULL, NULL, &result, err);

	if (ret == 0 && rd_cli_is_json(cli))
		rd_cli_put_json(cli, result);
	else if (ret == 0)
		json_object_foreach (result, key, v)
			fprintf(rd_cli_out(cli), "%-17s %lld\n", key,
				(long long)json_integer_value(v));
	json_decref(result);
	return ret;
}

static int flush(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_flush(cli, args, "connections", err);
}

static const struct rd_arg_desc args_desc[] = {
	{.key = "port",
		.type = RD_ARG_REF,
		.param = "port",
		.help = "only this port's",
		.names = &rd_names_port},
	{.key = "proto", .type = RD_ARG_TEXT, .param = "proto", .help = "tcp, udp, icmp, a number"},
	{.key = "ip", .type = RD_ARG_IP, .param = "ip", .help = "one of the two ends"},
	{.key = "limit", .type = RD_ARG_NUM, .param = "limit", .min = 1, .help = "at most so many"},
	{0},
};
static const struct rd_cmd cmds[] = {
	{.grammar = "connection", .help = "connections that firewalls remember"},
	{"connection flush [port PORT]", "forget connections", "conn.flush", args_desc, flush},
	{"show connection/connections [port PORT] [proto PROTO] [ip IP] [limit N]",
		"connections that firewalls remember", "conn.list", args_desc, show},
	{"show connection/connections stats", "counters of the connection table", "conn.stats",
		NULL, show_stats},
};
const struct rd_cmd_set rd_cmds_dfw_conn = RD_CMD_SET(cmds);
