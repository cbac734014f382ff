/* SPDX-License-Identifier: BSD-3-Clause
 *
 * show ladder: what each layer between the wire and a guest counted, and where the difference went; show drop hardware.
 */
#include "cmds/cmds.h"

#include <string.h>

static void number(const json_t *item, const char *field, char *buf, size_t len)
{
	if (json_is_integer(json_object_get(item, field)))
		snprintf(buf, len, "%lld", (long long)rd_item_int(item, field));
	else
		snprintf(buf, len, "n/a");
}

static void cell_packets(const json_t *item, char *buf, size_t len)
{
	number(item, "packets", buf, len);
}

static void cell_count(const json_t *item, char *buf, size_t len)
{
	number(item, "count", buf, len);
}

static const struct rd_column columns[] = {
	{"LAYER", "layer", 0, NULL},
	{"PACKETS", NULL, RD_COL_RIGHT, cell_packets},
	{"CREATED", "created", RD_COL_RIGHT, NULL},
	{"CONSUMED", "consumed", RD_COL_RIGHT, NULL},
	{"DROPS", "drops", RD_COL_RIGHT, NULL},
	{"COUNTS", "counts", 0, NULL},
	{"PORT", "port", 0, NULL},
	{"dropped", "reasons", RD_COL_NOTE, NULL},
	{"of these at the port asked for", "own_reasons", RD_COL_NOTE, NULL},
};
static const struct rd_table table = RD_TABLE(columns);

static const struct rd_column hw_columns[] = {
	{"COUNT", NULL, RD_COL_RIGHT, cell_count},
	{"REASON", "reason", 0, NULL},
	{"FRESH", "fresh", 0, NULL},
	{"DRIVER", "driver", 0, NULL},
	{"PORT", "port", 0, NULL},
};
static const struct rd_table hw_table = RD_TABLE(hw_columns);

static int show(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &table, err);
}

static int show_hardware(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &hw_table, err);
}

static const struct rd_arg_desc args_desc[] = {
	{.key = "port",
		.type = RD_ARG_REF,
		.param = "port",
		.help = "a guest's port or an uplink",
		.names = &rd_names_port},
	{.key = "dir", .type = RD_ARG_WORD, .param = "dir", .help = "which way; to-guest"},
	{0},
};

static const struct rd_cmd cmds[] = {
	{"show ladder port PORT [dir (to-guest|from-guest)]",
		"what each layer on a packet's way counted", "port.ladder", args_desc, show},
	{"show drop/drops hardware [port PORT]", "what devices say that they lost", "drop.hardware",
		args_desc, show_hardware},
};
const struct rd_cmd_set rd_cmds_ladder = RD_CMD_SET(cmds);
