/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commands on the flow cache. The vendor's layout of the same entries is in flow_dump.c.
 */
#include "cmds/cmds.h"

#include <string.h>

static const char *proto_text(const json_t *item, char *buf, size_t len)
{
	json_int_t proto = rd_item_int(item, "proto");

	switch (proto) {
	case 1:
		return "icmp";
	case 6:
		return "tcp";
	case 17:
		return "udp";
	case 58:
		return "icmp6";
	default:
		snprintf(buf, len, "proto %lld", (long long)proto);
		return buf;
	}
}

static void cell_flow(const json_t *item, char *buf, size_t len)
{
	const char *ft = rd_item_str(item, "ft");
	char proto[32];

	if (strcmp(ft, "L2") == 0)
		snprintf(buf, len, "%s > %s", rd_item_str(item, "src_mac"),
			rd_item_str(item, "dst_mac"));
	else if (strcmp(ft, "L3") == 0)
		snprintf(buf, len, "%s > %s %s", rd_item_str(item, "src_ip"),
			rd_item_str(item, "dst_ip"), proto_text(item, proto, sizeof(proto)));
	else
		snprintf(buf, len, "%s:%lld > %s:%lld %s", rd_item_str(item, "src_ip"),
			(long long)rd_item_int(item, "l4_src"), rd_item_str(item, "dst_ip"),
			(long long)rd_item_int(item, "l4_dst"),
			proto_text(item, proto, sizeof(proto)));
}

static void cell_verdict(const json_t *item, char *buf, size_t len)
{
	const char *reason = rd_item_str(item, "reason");
	bool stale = json_is_true(json_object_get(item, "stale"));

	snprintf(buf, len, "%s%s%s%s", rd_item_str(item, "verdict"), reason[0] != '\0' ? " " : "",
		reason, stale ? " (stale)" : "");
}

static void cell_to(const json_t *item, char *buf, size_t len)
{
	char actions[256];

	rd_cell_text(json_object_get(item, "actions"), actions, sizeof(actions));
	if (json_array_size(json_object_get(item, "actions")) == 0)
		snprintf(buf, len, "%s > %s", rd_item_str(item, "src_port_name"),
			rd_item_str(item, "dp_name"));
	else
		snprintf(buf, len, "%s > %s: %s", rd_item_str(item, "src_port_name"),
			rd_item_str(item, "dp_name"), actions);
}

static const struct rd_column columns[] = {
	{"ID", "id", RD_COL_RIGHT, NULL},
	{"HITS", "sw_hits", RD_COL_RIGHT, NULL},
	{"BYTES", "sw_bytes", RD_COL_RIGHT, NULL},
	{"VNI", "vni", RD_COL_RIGHT, NULL},
	{"RULE", "rule", RD_COL_RIGHT, NULL},
	{"VERDICT", NULL, 0, cell_verdict},
	{"FLOW", NULL, 0, cell_flow},
	{"path", NULL, RD_COL_NOTE, cell_to},
};
static const struct rd_table table = RD_TABLE(columns);

static const struct rd_column stats_columns[] = {
	{"WORKER", "worker", RD_COL_RIGHT, NULL},
	{"ENTRIES", "entries", RD_COL_RIGHT, NULL},
	{"CAPACITY", "capacity", RD_COL_RIGHT, NULL},
	{"HITS", "hits", RD_COL_RIGHT, NULL},
	{"MISSES", "misses", RD_COL_RIGHT, NULL},
	{"INSERTS", "inserts", RD_COL_RIGHT, NULL},
	{"EVICTIONS", "evictions", RD_COL_RIGHT, NULL},
	{"STALE", "stale", RD_COL_RIGHT, NULL},
	{"IDLE s", "idle_s", RD_COL_RIGHT, NULL},
};
static const struct rd_table stats_table = RD_TABLE(stats_columns);

static int show(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &table, err);
}

static int show_stats(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &stats_table, err);
}

static int flush(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_flush(cli, args, "flow entries", err);
}

static const struct rd_arg_desc capacity_args[] = {
	{.key = "n",
		.type = RD_ARG_NUM,
		.param = "capacity",
		.min = 1,
		.help = "entries per worker"},
	{0},
};
static const struct rd_arg_desc timeout_args[] = {
	{.key = "seconds",
		.type = RD_ARG_SECONDS,
		.param = "idle_s",
		.min = 1,
		.help = "an entry that nobody used for so long goes"},
	{0},
};
static const struct rd_arg_desc generation_args[] = {
	{.key = "n",
		.type = RD_ARG_NUM,
		.param = "generation",
		.min = 1,
		.help = "higher than now: every entry is decided anew on its next packet"},
	{0},
};
static const struct rd_arg_desc show_args[] = {
	{.key = "host",
		.type = RD_ARG_NAME,
		.param = "host",
		.help = "only this host's",
		.names = &rd_names_host},
	{.key = "worker", .type = RD_ARG_NUM, .param = "worker", .help = "only this worker's"},
	{.key = "limit", .type = RD_ARG_NUM, .param = "limit", .min = 1, .help = "at most so many"},
	{0},
};

static const struct rd_cmd cmds[] = {
	{.grammar = "flow", .help = "the flow cache: remembered decisions"},
	{"flow capacity N", "set the size of the cache", "flow.set", capacity_args, NULL},
	{"flow timeout SECONDS", "set when idle entries go", "flow.set", timeout_args, NULL},
	{"flow generation N", "make all entries stale", "flow.set", generation_args, NULL},
	{"flow flush", "forget all entries", "flow.flush", NULL, flush},
	{"show flow/flows [host HOST] [worker N] [limit N]", "flow entries", "flow.list", show_args,
		show},
	{"show flow/flows stats", "counters of the flow cache", "flow.stats", NULL, show_stats},
};
const struct rd_cmd_set rd_cmds_flow = RD_CMD_SET(cmds);
