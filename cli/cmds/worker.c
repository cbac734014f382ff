/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commands on workers: who polls which queue, who processes what, and how it went. The vendor's histogram of
 * latencies is in worker_latency.c.
 */
#include "cmds/worker.h"

#include <string.h>

static void cell_mbufs(const json_t *item, char *buf, size_t len)
{
	snprintf(buf, len, "%lld/%lld", (long long)rd_item_int(item, "mbufs_in_use"),
		(long long)rd_item_int(item, "mbufs_total"));
}

static void cell_permille(const json_t *item, const char *field, char *buf, size_t len)
{
	long long v = rd_item_int(item, field);

	snprintf(buf, len, "%lld.%lld", v / 10, v % 10);
}

static void cell_empty(const json_t *item, char *buf, size_t len)
{
	cell_permille(item, "empty_permille", buf, len);
}

static void cell_busy(const json_t *item, char *buf, size_t len)
{
	cell_permille(item, "busy_permille", buf, len);
}

static void cell_burst(const json_t *item, char *buf, size_t len)
{
	long long v = rd_item_int(item, "burst_x100");

	snprintf(buf, len, "%lld.%02lld", v / 100, v % 100);
}

static void cell_queues(const json_t *item, char *buf, size_t len)
{
	const json_t *q, *list = json_object_get(item, "queues");
	char port[160];
	size_t i, at = 0;

	buf[0] = '\0';
	json_array_foreach (list, i, q) {
		rd_cell_text(json_object_get(q, "port"), port, sizeof(port));
		if (at < len)
			at += (size_t)snprintf(buf + at, len - at, "%s%s.%lld", i == 0 ? "" : " ",
				port, (long long)rd_item_int(q, "queue"));
	}
}

static const struct rd_column columns[] = {
	{"WORKER", "worker", RD_COL_RIGHT, NULL},
	{"LCORE", "lcore", RD_COL_RIGHT, NULL},
	{"CPU", "cpu", RD_COL_RIGHT, NULL},
	{"STATE", "state", 0, NULL},
	{"MODEL", "model", 0, NULL},
	{"ROLE", "role", 0, NULL},
	{"IDLE", "idle", 0, NULL},
	{"POLLS", "polls", RD_COL_RIGHT, NULL},
	{"EMPTY %", NULL, RD_COL_RIGHT, cell_empty},
	{"BURST", NULL, RD_COL_RIGHT, cell_burst},
	{"CYCLES/PKT", "cycles_per_packet", RD_COL_RIGHT, NULL},
	{"BUSY %", NULL, RD_COL_RIGHT, cell_busy},
	{"SLEEPS", "sleeps", RD_COL_RIGHT, NULL},
	{"PACKETS", "packets", RD_COL_RIGHT, NULL},
	{"MBUFS", NULL, RD_COL_RIGHT, cell_mbufs},
	{"queues", NULL, RD_COL_NOTE, cell_queues},
};
static const struct rd_table table = RD_TABLE(columns);

static const struct rd_column queue_columns[] = {
	{"DIR", "dir", 0, NULL},
	{"QUEUE", "queue", RD_COL_RIGHT, NULL},
	{"WORKER", "worker", RD_COL_RIGHT, NULL},
	{"LCORE", "lcore", RD_COL_RIGHT, NULL},
	{"CPU", "cpu", RD_COL_RIGHT, NULL},
	{"NUMA", "numa", RD_COL_RIGHT, NULL},
	{"DEVICE'S", "device_numa", RD_COL_RIGHT, NULL},
	{"BY", "by", 0, NULL},
};
static const struct rd_table queue_table = RD_TABLE_BY(queue_columns, "port");

static const struct rd_column handoff_columns[] = {
	{"FROM", "from", RD_COL_RIGHT, NULL},
	{"TO", "to", RD_COL_RIGHT, NULL},
	{"PACKETS", "packets", RD_COL_RIGHT, NULL},
	{"FULL", "full", RD_COL_RIGHT, NULL},
	{"STOPPED", "stopped", RD_COL_RIGHT, NULL},
	{"STALE", "stale", RD_COL_RIGHT, NULL},
	{"WAITING", "waiting", RD_COL_RIGHT, NULL},
};
static const struct rd_table handoff_table = RD_TABLE(handoff_columns);

static int show(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &table, err);
}

static int show_queues(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &queue_table, err);
}

static int show_handoff(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	return rd_cmds_show(cli, args, &handoff_table, err);
}

static void put_index(FILE *out, const char *what, json_int_t permille)
{
	if (permille != 0)
		fprintf(out, "%s: the busiest worker has %lld.%02lld times the mean\n", what,
			(long long)permille / 1000, (long long)permille % 1000 / 10);
}

static void put_elephant(FILE *out, const json_t *balance, const json_t *flow)
{
	char text[256];

	if (!json_is_object(flow))
		return;
	rd_cmds_flow_text(flow, text, sizeof(text));
	fprintf(out, "elephant: %s has %lld %% of worker %lld's hits\n", text,
		(long long)rd_item_int(flow, "share_permille") / 10,
		(long long)rd_item_int(balance, "busiest"));
}

static void put_balance(FILE *out, const json_t *balance)
{
	const json_t *w;
	size_t i;

	fprintf(out, "model %s\n%6s  %14s  %14s  %14s\n", rd_item_str(balance, "model"), "WORKER",
		"POLLED", "PROCESSED", "LAST 10 s");
	json_array_foreach (json_object_get(balance, "workers"), i, w)
		fprintf(out, "%6lld  %14lld  %14lld  %14lld\n", (long long)rd_item_int(w, "worker"),
			(long long)rd_item_int(w, "polled"), (long long)rd_item_int(w, "processed"),
			(long long)rd_item_int(w, "recent"));
	put_index(out, "since the start", rd_item_int(balance, "index_permille"));
	put_index(out, "last 10 s", rd_item_int(balance, "recent_permille"));
	put_elephant(out, balance, json_object_get(balance, "elephant"));
}

static int show_balance(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	json_t *result = NULL;
	int ret = rd_cli_call(
		cli, rd_args_cmd(args)->method, json_object(), NULL, NULL, &result, err);

	if (ret == 0 && rd_cli_is_json(cli))
		rd_cli_put_json(cli, result);
	else if (ret == 0)
		put_balance(rd_cli_out(cli), result);
	json_decref(result);
	return ret;
}

// The word that was given is the parameter's value.
static int set(struct rd_cli *cli, const struct rd_args *args, const char *param,
	const char *const words[], struct rd_err *err)
{
	for (unsigned i = 0; words[i] != NULL; i++)
		if (rd_args_has(args, words[i]))
			return rd_cli_call(cli, rd_args_cmd(args)->method,
				json_pack("{s:s}", param, words[i]), NULL, NULL, NULL, err);
	return -EINVAL; // the grammar has one of them
}

static int set_model(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	static const char *const words[] = {"rtc", "balanced", "hybrid", NULL};

	return set(cli, args, "model", words, err);
}

static int set_idle(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	static const char *const words[] = {"spin", "nap", "interrupt", "auto", NULL};

	return set(cli, args, "idle", words, err);
}

static const struct rd_arg_desc model_args[] = {
	{.key = "rtc", .type = RD_ARG_FLAG, .help = "the worker that polls it"},
	{.key = "balanced", .type = RD_ARG_FLAG, .help = "the worker that the flow's hash names"},
	{.key = "hybrid",
		.type = RD_ARG_FLAG,
		.help = "balanced, but what the NIC has spread stays where it is polled"},
	{0},
};
static const struct rd_arg_desc idle_args[] = {
	{.key = "spin", .type = RD_ARG_FLAG, .help = "poll on: the core is busy for ever"},
	{.key = "nap",
		.type = RD_ARG_FLAG,
		.help = "sleep between polls, up to 1 ms after a long silence"},
	{.key = "interrupt",
		.type = RD_ARG_FLAG,
		.help = "as auto, and cards that are opened from now on have interrupts, too"},
	{.key = "auto",
		.type = RD_ARG_FLAG,
		.help = "sleep until a device wakes it; nap where one can't"},
	{0},
};
static const struct rd_arg_desc assign_args[] = {
	{.key = "port",
		.type = RD_ARG_REF,
		.param = "port",
		.help = "a port with a device",
		.names = &rd_names_port},
	{.key = "queue", .type = RD_ARG_NUM, .param = "queue", .max = 15, .help = "its rx queue"},
	{.key = "worker",
		.type = RD_ARG_NUM,
		.param = "worker",
		.max = 15,
		.help = "the worker that polls it"},
	{0},
};
static const struct rd_arg_desc auto_args[] = {
	{.key = "port",
		.type = RD_ARG_REF,
		.param = "port",
		.help = "a port with a device",
		.names = &rd_names_port},
	{.key = "queue", .type = RD_ARG_NUM, .param = "queue", .max = 15, .help = "its rx queue"},
	{.key = "auto",
		.type = RD_ARG_FLAG,
		.help = "the worker with the fewest queues, and there it stays"},
	{0},
};
static const struct rd_arg_desc queues_args[] = {
	{.key = "port",
		.type = RD_ARG_REF,
		.param = "port",
		.help = "only this port's",
		.names = &rd_names_port},
	{0},
};

static const struct rd_rates handoff_rates = {
	(const char *const[]){"from", "to", NULL},
	(const char *const[]){"packets", "full", "stopped", "stale", NULL},
};
static const struct rd_rates worker_rates = {
	(const char *const[]){"worker", NULL},
	(const char *const[]){"polls", "empty_polls", "sleeps", "packets", "bursts", "handed_in",
		"handed_out", NULL},
};
static const struct rd_cmd cmds[] = {
	{.grammar = "worker", .help = "the cores that forward packets"},
	{"worker model (rtc|balanced|hybrid)", "set who processes a packet", "worker.set",
		model_args, set_model},
	{"worker idle (auto|interrupt|nap|spin)", "set what workers do without packets",
		"worker.set", idle_args, set_idle},
	{"worker assign PORT queue N worker W", "let a worker poll a queue", "worker.assign",
		assign_args, NULL},
	{"worker assign PORT queue N auto", "let the rule say who polls a queue", "worker.assign",
		auto_args, NULL},
	{"worker spread", "give out anew all queues that nobody assigned", "worker.spread", NULL,
		NULL},
	{"show worker/workers", "the workers and how busy they are", "worker.list", NULL, show,
		&worker_rates},
	{"show worker/workers queues [PORT]", "which worker polls and sends on which queue",
		"worker.queues", queues_args, show_queues},
	{"show worker/workers handoff", "packets that workers handed to others", "worker.handoff",
		NULL, show_handoff, &handoff_rates},
	{"show worker/workers balance", "how evenly the load is spread, and the flow that is not",
		"worker.balance", NULL, show_balance},
	RD_LATENCY_CMDS,
};
const struct rd_cmd_set rd_cmds_worker = RD_CMD_SET(cmds);
