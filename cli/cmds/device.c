/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commands on what is below the ports: devices, the pools of packet buffers, guests at vhost-user sockets and their rings.
 */
#include "cmds/cmds.h"

static void cell_queues(const json_t *item, char *buf, size_t len)
{
	snprintf(buf, len, "%lld/%lld", (long long)rd_item_int(item, "rx_queues"),
		(long long)rd_item_int(item, "tx_queues"));
}

static const struct rd_column device_columns[] = {
	{"DPDK", "dpdk_port", RD_COL_RIGHT, NULL},
	{"DRIVER", "driver", 0, NULL},
	{"NUMA", "numa", RD_COL_RIGHT, NULL},
	{"MAC", "mac", 0, NULL},
	{"LINK", "link", 0, NULL},
	{"MBIT/S", "mbps", RD_COL_RIGHT, NULL},
	{"MTU", "mtu", RD_COL_RIGHT, NULL},
	{"RX/TX QUEUES", NULL, RD_COL_RIGHT, cell_queues},
	{"INTERRUPTS", "interrupts", 0, NULL},
	{"PORT", "port", 0, NULL},
	{"device", "device", RD_COL_NOTE, NULL},
};
static const struct rd_table device_table = RD_TABLE(device_columns);

static const struct rd_column pool_columns[] = {
	{"SIZE", "size", RD_COL_RIGHT, NULL},
	{"IN USE", "in_use", RD_COL_RIGHT, NULL},
	{"FREE", "free", RD_COL_RIGHT, NULL},
	{"IN CACHES", "in_caches", RD_COL_RIGHT, NULL},
	{"CACHE", "cache", RD_COL_RIGHT, NULL},
	{"BYTES", "element_bytes", RD_COL_RIGHT, NULL},
	{"NUMA", "numa", RD_COL_RIGHT, NULL},
	{"OPS", "ops", 0, NULL},
	{"POOL", "pool", 0, NULL},
	{"devices of", "ports", RD_COL_NOTE, NULL},
};
static const struct rd_table pool_table = RD_TABLE(pool_columns);

static const struct rd_column session_columns[] = {
	{"GUEST", "guest", 0, NULL},
	{"ROLE", "role", 0, NULL},
	{"VID", "vid", RD_COL_RIGHT, NULL},
	{"RINGS", "rings", RD_COL_RIGHT, NULL},
	{"NUMA", "numa", RD_COL_RIGHT, NULL},
	{"FEATURES", "feature_bits", RD_COL_RIGHT, NULL},
	{"PORT", "port", 0, NULL},
	{"socket", "socket", RD_COL_NOTE, NULL},
	{"features", "features", RD_COL_NOTE, NULL},
};
static const struct rd_table session_table = RD_TABLE(session_columns);

static const struct rd_column ring_columns[] = {
	{"RING", "ring", RD_COL_RIGHT, NULL},
	{"QUEUE", "queue", RD_COL_RIGHT, NULL},
	{"GUEST", "guest", 0, NULL},
	{"KIND", "kind", 0, NULL},
	{"SIZE", "size", RD_COL_RIGHT, NULL},
	{"MAPPED", "mapped", 0, NULL},
	{"AVAIL", "avail", RD_COL_RIGHT, NULL},
	{"USED", "used", RD_COL_RIGHT, NULL},
	{"WAITING", "waiting", RD_COL_RIGHT, NULL},
};
static const struct rd_table ring_table = RD_TABLE_BY(ring_columns, "port");

static int show_devices(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	json_t *params;

	if (!rd_args_has(args, "port"))
		return rd_cmds_show(cli, args, &device_table, err);
	params = rd_args_params(args);
	if (params == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	return rd_cli_show_fields(cli, rd_args_cmd(args)->method, params, err);
}

static int show_pools(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &pool_table, err);
}

static int show_sessions(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &session_table, err);
}

static int show_rings(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &ring_table, err);
}

static const struct rd_arg_desc port_args[] = {
	{.key = "port",
		.type = RD_ARG_REF,
		.param = "port",
		.help = "a port with a device",
		.names = &rd_names_device},
	{0},
};

static const struct rd_cmd cmds[] = {
	{"show device/devices [PORT]", "the devices behind ports: driver, link, queues, offloads",
		"device.list", port_args, show_devices},
	{"show pool/pools", "pools of packet buffers and how many are in use", "pool.list", NULL,
		show_pools},
	{.grammar = "show vhost", .help = "guests at vhost-user sockets"},
	{"show vhost sessions/session [PORT]",
		"guests at vhost-user sockets and what they agreed to", "vhost.list", port_args,
		show_sessions},
	{"show virtqueue/virtqueues [PORT]", "the rings of guests at vhost-user sockets",
		"virtqueue.list", port_args, show_rings},
};
const struct rd_cmd_set rd_cmds_device = RD_CMD_SET(cmds);
