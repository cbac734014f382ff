/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commands on tunnels: the remote endpoints.
 */
#include "cmds/cmds.h"

static void cell_mac(const json_t *item, char *buf, size_t len)
{
	const char *mac = rd_item_str(item, "mac");

	snprintf(buf, len, "%s (%s)", mac[0] != '\0' ? mac : "-", rd_item_str(item, "mac_source"));
}

static const struct rd_column columns[] = {
	{"LOCAL", "local", 0, NULL},
	{"REMOTE", "remote", 0, NULL},
	{"MAC", NULL, 0, cell_mac},
	{"TX", "tx_packets", RD_COL_RIGHT, NULL},
	{"RX", "rx_packets", RD_COL_RIGHT, NULL},
	{"TUNNEL", "name", 0, NULL},
};
static const struct rd_table table = RD_TABLE(columns);

static int show(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &table, err);
}

static const struct rd_arg_desc args_desc[] = {
	{.key = "name", .type = RD_ARG_NAME, .param = "name", .help = "the new tunnel's name"},
	{.key = "tunnel",
		.type = RD_ARG_NAME,
		.param = "tunnel",
		.help = "the tunnel",
		.names = &rd_names_tunnel},
	{.key = "local",
		.type = RD_ARG_IP,
		.param = "local",
		.help = "address of our endpoint",
		.names = &rd_names_tep},
	{.key = "remote",
		.type = RD_ARG_IP,
		.param = "remote",
		.help = "address of the other endpoint"},
	{.key = "mac",
		.type = RD_ARG_MAC,
		.param = "mac",
		.help = "MAC of the next hop; learned from its packets if not given"},
	{0},
};

static const struct rd_rates tunnel_rates = {
	(const char *const[]){"name", NULL},
	(const char *const[]){"rx_packets", "rx_bytes", "tx_packets", "tx_bytes", NULL},
};
static const struct rd_cmd cmds[] = {
	{.grammar = "tunnel", .help = "tunnels to remote endpoints"},
	{"tunnel add NAME local IP remote IP [mac MAC]", "add a tunnel", "tunnel.add", args_desc,
		NULL},
	{"tunnel del TUNNEL", "remove a tunnel", "tunnel.del", args_desc, NULL},
	{"show tunnel/tunnels", "tunnels and their counters", "tunnel.list", NULL, show,
		&tunnel_rates},
};
const struct rd_cmd_set rd_cmds_tunnel = RD_CMD_SET(cmds);
