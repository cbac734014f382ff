/* SPDX-License-Identifier: BSD-3-Clause
 *
 * show ladder: what each layer between the wire and a guest counted, and where the difference went; show drop hardware.
 */
#include "cmds/cmds.h"

#include <string.h>

static void number(const json_t *item, const char *field, char *buf, size_t len)
{
	const json_t *value = json_object_get(item, field);

	if (json_is_number(value))
		rd_cell_text(value, buf, len);
	else
		snprintf(buf, len, "n/a");
}

static void cell_packets(const json_t *item, char *buf, size_t len)
{
	number(item, "packets", buf, len);
}

static void cell_created(const json_t *item, char *buf, size_t len)
{
	number(item, "created", buf, len);
}

static void cell_drops(const json_t *item, char *buf, size_t len)
{
	number(item, "drops", buf, len);
}

// What not every packet passes stands to the right of the others.
static void cell_layer(const json_t *item, char *buf, size_t len)
{
	snprintf(buf, len, "%s%s", json_is_true(json_object_get(item, "detour")) ? "  " : "",
		rd_item_str(item, "layer"));
}

static void cell_elsewhere(const json_t *item, char *buf, size_t len)
{
	buf[0] = '\0';
	if (json_is_number(json_object_get(item, "elsewhere")))
		number(item, "elsewhere", buf, len);
}

// Of many the first, and how many more.
static void cell_ports(const json_t *item, char *buf, size_t len)
{
	const json_t *list = json_object_get(item, "ports");
	const char *first = json_string_value(json_array_get(list, 0));
	size_t n = json_array_size(list);

	if (n > 1)
		snprintf(buf, len, "%s and %zu more", first, n - 1);
	else
		snprintf(buf, len, "%s", n == 1 ? first : "none");
}

static void cell_count(const json_t *item, char *buf, size_t len)
{
	number(item, "count", buf, len);
}

static const struct rd_column columns[] = {
	{"LAYER", NULL, 0, cell_layer},
	{"PACKETS", NULL, RD_COL_RIGHT, cell_packets},
	{"CREATED", NULL, RD_COL_RIGHT, cell_created},
	{"DROPS", NULL, RD_COL_RIGHT, cell_drops},
	{"ELSEWHERE", NULL, RD_COL_RIGHT, cell_elsewhere},
	{"PORT", NULL, 0, cell_ports},
	{"dropped", "reasons", RD_COL_NOTE, NULL},
	{"elsewhere", "why", RD_COL_NOTE, NULL},
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

static const struct rd_rates ladder_rates = {
	(const char *const[]){"layer", NULL},
	(const char *const[]){"packets", "created", "drops", "elsewhere", NULL},
};
static const struct rd_rates hardware_rates = {
	(const char *const[]){"port", "reason", NULL},
	(const char *const[]){"count", NULL},
};
static const struct rd_cmd cmds[] = {
	{"show ladder port PORT [dir (to-guest|from-guest)]",
		"what each layer on a packet's way counted", "port.ladder", args_desc, show,
		&ladder_rates},
	{"show drop/drops hardware [port PORT]", "what devices say that they lost", "drop.hardware",
		args_desc, show_hardware, &hardware_rates},
};
const struct rd_cmd_set rd_cmds_ladder = RD_CMD_SET(cmds);
