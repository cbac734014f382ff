/* SPDX-License-Identifier: BSD-3-Clause
 *
 * show drop: why packets died, counted, and the last ones in person.
 */
#include "cmds/vendor.h"

#include "base/str.h"
#include "decode/oneline.h"

#include <string.h>
#include <time.h>

static const struct rd_column columns[] = {
	{"COUNT", "count", RD_COL_RIGHT, NULL},
	{"REASON", "reason", 0, NULL},
	{"STAGE", "stage", 0, NULL},
	{"MEANING", "meaning", 0, NULL},
	{"try", "hint", RD_COL_NOTE, NULL},
};
static const struct rd_table table = RD_TABLE(columns);

static const struct rd_column detail_columns[] = {
	{"COUNT", "count", RD_COL_RIGHT, NULL},
	{"BYTES", "bytes", RD_COL_RIGHT, NULL},
	{"REASON", "reason", 0, NULL},
	{"STAGE", "stage", 0, NULL},
	{"WORKER", "worker", RD_COL_RIGHT, NULL},
	{"PORT", "port", 0, NULL},
};
static const struct rd_table detail_table = RD_TABLE(detail_columns);

// "vR MISC; K NOT_SPECIFIED": what one of the others calls it; several names are in one piece.
void rd_drop_kin(const json_t *item, const char *who, char *buf, size_t len)
{
	const char *s = rd_item_str(item, "kin");
	size_t n = strlen(who);

	while (s != NULL && *s != '\0') {
		size_t piece = strcspn(s, ";");

		if (piece > n && strncmp(s, who, n) == 0 && s[n] == ' ') {
			snprintf(buf, len, "%.*s", (int)(piece - n - 1), s + n + 1);
			return;
		}
		s += piece;
		s += strspn(s, "; ");
	}
	snprintf(buf, len, "-");
}

static void cell_kernel(const json_t *item, char *buf, size_t len)
{
	rd_drop_kin(item, "K", buf, len);
}

static void cell_vpp(const json_t *item, char *buf, size_t len)
{
	rd_drop_kin(item, "VPP", buf, len);
}

static void cell_ovs(const json_t *item, char *buf, size_t len)
{
	rd_drop_kin(item, "OVS", buf, len);
}

static void cell_vrouter(const json_t *item, char *buf, size_t len)
{
	rd_drop_kin(item, "vR", buf, len);
}

#define AS_COLUMNS(title, cell)                                                         \
	{                                                                               \
		{"COUNT", "count", RD_COL_RIGHT, NULL}, {(title), NULL, 0, (cell)},     \
			{"REASON", "reason", 0, NULL}, {"MEANING", "meaning", 0, NULL}, \
	}
static const struct rd_column as_columns[][4] = {
	AS_COLUMNS("KERNEL", cell_kernel),
	AS_COLUMNS("VPP", cell_vpp),
	AS_COLUMNS("OVS", cell_ovs),
	AS_COLUMNS("VROUTER", cell_vrouter),
};
static const struct rd_table as_tables[] = {
	RD_TABLE(as_columns[0]),
	RD_TABLE(as_columns[1]),
	RD_TABLE(as_columns[2]),
	RD_TABLE(as_columns[3]),
};
static const char *const as_words[] = {"kernel", "vpp", "ovs", "vrouter"};

void rd_cell_time(const json_t *item, char *buf, size_t len)
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
void rd_cell_packet(const json_t *item, char *buf, size_t len)
{
	uint8_t bytes[2048];
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
	{"TIME", NULL, 0, rd_cell_time},
	{"PACKET", "packet_id", RD_COL_RIGHT, NULL},
	{"REASON", "reason", 0, NULL},
	{"RULE", "rule", RD_COL_RIGHT, NULL},
	{"STAGE", "stage", 0, NULL},
	{"VNI", "vni", RD_COL_RIGHT, NULL},
	{"LEN", "len", RD_COL_RIGHT, NULL},
	{"PORT", "port", 0, NULL},
	{"packet", NULL, RD_COL_NOTE, rd_cell_packet},
};
static const struct rd_table recent_table = RD_TABLE(recent_columns);

static int show(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	const char *as = rd_args_str(args, "as");

	for (size_t i = 0; as != NULL && i < sizeof(as_words) / sizeof(as_words[0]); i++)
		if (strcmp(as, as_words[i]) == 0)
			return rd_cmds_show(cli, args, &as_tables[i], err);
	return rd_cmds_show(cli, args, rd_args_has(args, "detail") ? &detail_table : &table, err);
}

static int show_recent(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &recent_table, err);
}

static const struct rd_arg_names stage_names = {"stage.list", "stage", NULL};
static const struct rd_arg_names reason_names = {"drop.list", "reason", NULL};

#define FILTER_ARGS                                                     \
	{.key = "port",                                                 \
		.type = RD_ARG_REF,                                     \
		.param = "port",                                        \
		.help = "only drops that name this port",               \
		.names = &rd_names_port},                               \
		{.key = "stage",                                        \
			.type = RD_ARG_NAME,                            \
			.param = "stage",                               \
			.help = "only drops of this stage",             \
			.names = &stage_names},                         \
		{.key = "reason",                                       \
			.type = RD_ARG_NAME,                            \
			.param = "reason",                              \
			.help = "only this reason",                     \
			.names = &reason_names},                        \
	{                                                               \
		.key = "worker", .type = RD_ARG_NUM, .param = "worker", \
		.help = "only this worker's"                            \
	}

static const struct rd_arg_desc list_args[] = {
	{.key = "all",
		.type = RD_ARG_FLAG,
		.param = "all",
		.help = "reasons that never happened too"},
	{.key = "detail",
		.type = RD_ARG_FLAG,
		.param = "detail",
		.help = "a row per port, stage, reason and worker"},
	FILTER_ARGS,
	{.key = "as", .type = RD_ARG_WORD, .help = "in the words of another dataplane"},
	{0},
};
static const struct rd_arg_desc recent_args[] = {
	{.key = "n", .type = RD_ARG_NUM, .param = "count", .min = 1, .help = "how many; 20"},
	FILTER_ARGS,
	{0},
};

static const struct rd_rates drop_rates = {
	(const char *const[]){"reason", "stage", "port", "worker", NULL},
	(const char *const[]){"count", "bytes", NULL},
};
static const struct rd_cmd cmds[] = {
	{"show drop/drops [all] [detail] [port PORT] [stage STAGE] [reason REASON] [worker N] "
	 "[as (kernel|vpp|ovs|vrouter)]",
		"why packets died", "drop.list", list_args, show, &drop_rates},
	{"show drop/drops recent [N] [port PORT] [stage STAGE] [reason REASON] [worker N]",
		"the last packets that died", "drop.recent", recent_args, show_recent},
};
const struct rd_cmd_set rd_cmds_drop = RD_CMD_SET(cmds);
