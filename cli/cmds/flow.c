/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commands on the flow cache. The vendor's layout of the same entries is in flow_dump.c.
 */
#include "cmds/vendor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN 1000 // entries, when nobody says how many
#define SORTED_MAX 100000 // entries that sorting keeps

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

const char *rd_flow_to(const json_t *flow)
{
	const char *port = rd_item_str(flow, "dp_name");

	return port[0] != '\0' ? port : rd_item_str(flow, "next_hop");
}

static void cell_to(const json_t *item, char *buf, size_t len)
{
	char actions[256];

	rd_cell_text(json_object_get(item, "actions"), actions, sizeof(actions));
	if (json_array_size(json_object_get(item, "actions")) == 0)
		snprintf(buf, len, "%s > %s", rd_item_str(item, "src_port_name"), rd_flow_to(item));
	else
		snprintf(buf, len, "%s > %s: %s", rd_item_str(item, "src_port_name"),
			rd_flow_to(item), actions);
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

static void cell_permille(const json_t *item, const char *field, char *buf, size_t len)
{
	json_int_t n = rd_item_int(item, field);

	snprintf(buf, len, "%lld.%lld", (long long)n / 10, (long long)n % 10);
}

static void cell_full(const json_t *item, char *buf, size_t len)
{
	cell_permille(item, "occupancy_permille", buf, len);
}

static void cell_bucket(const json_t *item, char *buf, size_t len)
{
	cell_permille(item, "bucket_permille", buf, len);
}

static void cell_rate(const json_t *item, char *buf, size_t len)
{
	cell_permille(item, "hit_permille", buf, len);
}

static const struct rd_column stats_columns[] = {
	{"WORKER", "worker", RD_COL_RIGHT, NULL},
	{"ENTRIES", "entries", RD_COL_RIGHT, NULL},
	{"CAPACITY", "capacity", RD_COL_RIGHT, NULL},
	{"FULL %", NULL, RD_COL_RIGHT, cell_full},
	{"BUCKETS %", NULL, RD_COL_RIGHT, cell_bucket},
	{"HITS", "hits", RD_COL_RIGHT, NULL},
	{"MISSES", "misses", RD_COL_RIGHT, NULL},
	{"HIT %", NULL, RD_COL_RIGHT, cell_rate},
	{"INSERTS", "inserts", RD_COL_RIGHT, NULL},
	{"EVICTIONS", "evictions", RD_COL_RIGHT, NULL},
	{"EXPIRED", "expired", RD_COL_RIGHT, NULL},
	{"STALE", "stale", RD_COL_RIGHT, NULL},
	{"RENEWED", "renewed", RD_COL_RIGHT, NULL},
	{"IDLE s", "idle_s", RD_COL_RIGHT, NULL},
};
static const struct rd_table stats_table = RD_TABLE(stats_columns);

static const char *sort_field; // of the command that runs

// Highest first, and as the daemon had them where they are equal.
struct ranked {
	json_t *item;
	size_t at;
};

static int descending(const void *a, const void *b)
{
	const struct ranked *p = a, *q = b;
	json_int_t x = rd_item_int(p->item, sort_field), y = rd_item_int(q->item, sort_field);

	if (x != y)
		return x > y ? -1 : 1;
	return p->at < q->at ? -1 : p->at > q->at;
}

// The highest of all entries that come: twice as many as are wanted are held at most.
struct best {
	struct ranked *v;
	size_t n, want, seen;
};

static void best_cut(struct best *b, size_t n)
{
	if (b->n > 1)
		qsort(b->v, b->n, sizeof(*b->v), descending);
	while (b->n > n)
		json_decref(b->v[--b->n].item);
}

static int best_add(void *arg, const json_t *item)
{
	struct best *b = arg;

	if (b->n == 2 * b->want)
		best_cut(b, b->want);
	b->v[b->n].item = json_deep_copy(item);
	if (b->v[b->n].item == NULL)
		return -ENOMEM;
	b->v[b->n++].at = b->seen++;
	return 0;
}

// The want highest; NULL with *err. params is stolen.
static json_t *fetch_best(
	struct rd_cli *cli, const char *method, json_t *params, size_t want, struct rd_err *err)
{
	struct best b = {.v = calloc(2 * want, sizeof(*b.v)), .want = want};
	json_t *list = json_array();
	int ret = -ENOMEM;

	if (b.v != NULL && list != NULL)
		ret = rd_cli_call(cli, method, params, best_add, &b, NULL, err);
	else
		json_decref(params);
	best_cut(&b, ret < 0 ? 0 : want);
	for (size_t i = 0; i < b.n; i++)
		json_array_append_new(list, b.v[i].item);
	free(b.v);
	if (ret == 0)
		return list;
	json_decref(list);
	rd_err_set(err, ret, "out of memory"); // keeps the text of any other failure
	return NULL;
}

// The protocol knows numbers only.
static int add_proto(const struct rd_args *args, json_t *params, struct rd_err *err)
{
	static const struct {
		const char *name;
		unsigned proto;
	} names[] = {{"icmp", 1}, {"tcp", 6}, {"udp", 17}, {"icmp6", 58}};
	const char *text = rd_args_str(args, "proto");
	char *end = NULL;
	unsigned long n;

	if (text == NULL)
		return 0;
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(text, names[i].name) == 0)
			return json_object_set_new(params, "proto", json_integer(names[i].proto));
	n = strtoul(text, &end, 10);
	if (*end == '\0' && n >= 1 && n <= 255)
		return json_object_set_new(params, "proto", json_integer((json_int_t)n));
	rd_args_blame(args, "proto");
	return rd_err_set(err, -EINVAL, "%s is none of icmp, tcp, udp, icmp6 and no number", text);
}

json_t *rd_flows_params(const struct rd_args *args, struct rd_err *err)
{
	json_t *params = rd_args_params(args);

	if (params == NULL) {
		rd_err_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	if (add_proto(args, params, err) == 0)
		return params;
	json_decref(params);
	return NULL;
}

json_t *rd_flows_fetch(struct rd_cli *cli, const struct rd_args *args, unsigned shown, bool *more,
	struct rd_err *err)
{
	static const char *const fields[][2] = {
		{"hits", "sw_hits"}, {"bytes", "sw_bytes"}, {"age", "inval_s"}};
	const char *sort = rd_args_str(args, "sort"), *field = NULL;
	uint64_t limit = rd_args_num(args, "limit", shown);
	const char *method = rd_args_cmd(args)->method;
	json_t *params = rd_flows_params(args, err), *list;

	for (unsigned i = 0; sort != NULL && i < 3; i++)
		field = strcmp(sort, fields[i][0]) == 0 ? fields[i][1] : field;
	if (params == NULL)
		return NULL;
	sort_field = field;
	if (field != NULL)
		json_object_del(params, "limit");
	else if (limit != 0 && !rd_args_has(args, "limit"))
		json_object_set_new(params, "limit", json_integer((json_int_t)limit + 1));
	list = field == NULL
		? rd_cli_fetch(cli, method, params, err)
		: fetch_best(cli, method, params,
			limit == 0 || limit > SORTED_MAX ? SORTED_MAX : limit + 1, err);
	*more = list != NULL && limit != 0 && json_array_size(list) > limit;
	while (*more && json_array_size(list) > limit)
		json_array_remove(list, json_array_size(list) - 1);
	return list;
}

// In the daemon's order: entries are shown as they come, so a million of them take no memory.
static int show_stream(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	json_t *params = rd_flows_params(args, err);

	if (params == NULL)
		return err->code;
	return rd_cli_show(cli, rd_args_cmd(args)->method, params, &table, err);
}

static int show(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	bool more = false;
	json_t *list;
	int ret;

	if (!rd_args_has(args, "sort") && (rd_cli_is_json(cli) || rd_args_has(args, "limit")))
		return show_stream(cli, args, err);
	list = rd_flows_fetch(cli, args, rd_cli_is_json(cli) ? 0 : SHOWN, &more, err);
	ret = list == NULL ? err->code : rd_cli_show_items(cli, list, &table);

	if (ret == 0 && more && !rd_cli_is_json(cli) && !rd_args_has(args, "limit"))
		fprintf(rd_cli_out(cli), "more than %d entries: limit N, or fewer by a filter\n",
			SHOWN);
	json_decref(list);
	return ret;
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
const struct rd_arg_desc rd_flow_args[] = {
	{.key = "host",
		.type = RD_ARG_NAME,
		.param = "host",
		.help = "only this host's",
		.names = &rd_names_host},
	{.key = "worker", .type = RD_ARG_NUM, .param = "worker", .help = "only this worker's"},
	{.key = "-l", .type = RD_ARG_NUM, .param = "worker", .help = "only this lcore's: a worker"},
	{.key = "src", .type = RD_ARG_PREFIX, .param = "src", .help = "from there"},
	{.key = "dst", .type = RD_ARG_PREFIX, .param = "dst", .help = "to there"},
	{.key = "ip", .type = RD_ARG_PREFIX, .param = "ip", .help = "from or to there"},
	{.key = "mac", .type = RD_ARG_MAC, .param = "mac", .help = "from or to this MAC"},
	{.key = "proto", .type = RD_ARG_TEXT, .help = "tcp, udp, icmp, icmp6 or a number"},
	{.key = "sport",
		.type = RD_ARG_NUM,
		.param = "sport",
		.max = 65535,
		.help = "L4 source port"},
	{.key = "dport",
		.type = RD_ARG_NUM,
		.param = "dport",
		.max = 65535,
		.help = "L4 destination port"},
	{.key = "vni",
		.type = RD_ARG_NUM,
		.param = "vni",
		.max = 16777215,
		.help = "that they came in with; 0: not from a tunnel"},
	{.key = "port",
		.type = RD_ARG_REF,
		.param = "port",
		.help = "that came in by this port",
		.names = &rd_names_port},
	{.key = "ft", .type = RD_ARG_WORD, .param = "ft", .help = "depth of the key"},
	{.key = "action", .type = RD_ARG_WORD, .param = "action", .help = "that do this"},
	{.key = "drop", .type = RD_ARG_FLAG, .param = "drop_only", .help = "that are dropped"},
	{.key = "hits",
		.type = RD_ARG_NUM,
		.param = "min_hits",
		.help = "with so many hits or more"},
	{.key = "limit", .type = RD_ARG_NUM, .param = "limit", .min = 1, .help = "at most so many"},
	{.key = "sort", .type = RD_ARG_WORD, .help = "the highest first"},
	{0},
};

static const struct rd_rates stats_rates = {
	(const char *const[]){"worker", NULL},
	(const char *const[]){
		"hits", "misses", "inserts", "evictions", "expired", "stale", "renewed", NULL},
};
static const struct rd_cmd cmds[] = {
	{.grammar = "flow", .help = "the flow cache: remembered decisions"},
	{"flow capacity N", "set the size of the cache", "flow.set", capacity_args, NULL},
	{"flow timeout SECONDS", "set when idle entries go", "flow.set", timeout_args, NULL},
	{"flow generation N", "make all entries stale", "flow.set", generation_args, NULL},
	{"flow flush", "forget all entries", "flow.flush", NULL, flush},
	{"show flow/flows [host HOST] [worker N]" RD_FLOW_FILTERS, "flow entries", "flow.list",
		rd_flow_args, show},
	{"show flow/flows stats", "counters of the flow cache", "flow.stats", NULL, show_stats,
		&stats_rates},
};
const struct rd_cmd_set rd_cmds_flow = RD_CMD_SET(cmds);
