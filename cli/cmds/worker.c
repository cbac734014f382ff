/* SPDX-License-Identifier: BSD-3-Clause
 *
 * show worker: the cores that forward packets.
 */
#include "cmds/cmds.h"

static void cell_mbufs(const json_t *item, char *buf, size_t len)
{
	snprintf(buf, len, "%lld/%lld", (long long)rd_item_int(item, "mbufs_in_use"),
		(long long)rd_item_int(item, "mbufs_total"));
}

static const struct rd_column columns[] = {
	{"WORKER", "worker", RD_COL_RIGHT, NULL},
	{"LCORE", "lcore", RD_COL_RIGHT, NULL},
	{"CPU", "cpu", RD_COL_RIGHT, NULL},
	{"STATE", "state", 0, NULL},
	{"POLLS", "polls", RD_COL_RIGHT, NULL},
	{"EMPTY", "empty_polls", RD_COL_RIGHT, NULL},
	{"SLEEPS", "sleeps", RD_COL_RIGHT, NULL},
	{"PACKETS", "packets", RD_COL_RIGHT, NULL},
	{"MBUFS", NULL, RD_COL_RIGHT, cell_mbufs},
	{"queues", "queues", RD_COL_NOTE, NULL},
};
static const struct rd_table table = RD_TABLE(columns);

static int show(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &table, err);
}

static const struct rd_cmd cmds[] = {
	{"show worker/workers", "cores that forward packets", "worker.list", NULL, show},
};
const struct rd_cmd_set rd_cmds_worker = RD_CMD_SET(cmds);
