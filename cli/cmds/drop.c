/* SPDX-License-Identifier: BSD-3-Clause
 *
 * show drop: why packets died, counted, and the last ones in person.
 */
#include "cmds/cmds.h"

#include "base/str.h"
#include "decode/oneline.h"

#include <time.h>

static const struct rd_column columns[] = {
	{"COUNT", "count", RD_COL_RIGHT, NULL},
	{"REASON", "reason", 0, NULL},
	{"STAGE", "stage", 0, NULL},
	{"MEANING", "meaning", 0, NULL},
	{"try", "hint", RD_COL_NOTE, NULL},
};
static const struct rd_table table = RD_TABLE(columns);

static void cell_time(const json_t *item, char *buf, size_t len)
{
	json_int_t ns = rd_item_int(item, "ns");
	time_t seconds = (time_t)(ns / 1000000000);
	struct tm tm;
	char hms[16];

	if (localtime_r(&seconds, &tm) == NULL || strftime(hms, sizeof(hms), "%H:%M:%S", &tm) == 0)
		hms[0] = '\0';
	snprintf(buf, len, "%s.%06lld", hms, (long long)(ns % 1000000000 / 1000));
}

// The headers that the daemon kept, as tcpdump would print them.
static void cell_packet(const json_t *item, char *buf, size_t len)
{
	uint8_t bytes[1024];
	size_t have = sizeof(bytes);
	json_int_t wire = rd_item_int(item, "len");

	buf[0] = '\0';
	if (rd_parse_hex(rd_item_str(item, "hex"), bytes, &have) < 0 || have == 0)
		return;
	if (wire < (json_int_t)have)
		wire = (json_int_t)have;
	rd_oneline_frame(NULL, bytes, (uint32_t)have, (uint32_t)wire, buf, len);
}

static const struct rd_column recent_columns[] = {
	{"TIME", NULL, 0, cell_time},
	{"PACKET", "packet_id", RD_COL_RIGHT, NULL},
	{"REASON", "reason", 0, NULL},
	{"RULE", "rule", RD_COL_RIGHT, NULL},
	{"STAGE", "stage", 0, NULL},
	{"VNI", "vni", RD_COL_RIGHT, NULL},
	{"LEN", "len", RD_COL_RIGHT, NULL},
	{"PORT", "port", 0, NULL},
	{"packet", NULL, RD_COL_NOTE, cell_packet},
};
static const struct rd_table recent_table = RD_TABLE(recent_columns);

static int show(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &table, err);
}

static int show_recent(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &recent_table, err);
}

static const struct rd_arg_desc list_args[] = {
	{.key = "all",
		.type = RD_ARG_FLAG,
		.param = "all",
		.help = "reasons that never happened too"},
	{0},
};
static const struct rd_arg_desc recent_args[] = {
	{.key = "n", .type = RD_ARG_NUM, .param = "count", .min = 1, .help = "how many; 20"},
	{0},
};

static const struct rd_cmd cmds[] = {
	{"show drop/drops [all]", "why packets died", "drop.list", list_args, show},
	{"show drop/drops recent [N]", "the last packets that died", "drop.recent", recent_args,
		show_recent},
};
const struct rd_cmd_set rd_cmds_drop = RD_CMD_SET(cmds);
