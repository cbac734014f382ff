/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The monitor commands. What was seen is remembered by its time, so nothing is told twice; a flood is told in a few lines, but in JSON
 * whole: an object per line.
 */
#include "shell/monitor.h"

#include "cmds/cmds.h"

#include <stdlib.h>
#include <string.h>

#define ASK_FOR 100 // items of one question
#define TOLD 10 // of them in lines of their own

struct source { // a list method whose items have a time
	const char *word, *method;
	void (*line)(const json_t *item, FILE *out);
	const char *rest; // what shows those that were not told
	bool newest_first;
};

struct watch {
	const struct source *source;
	json_t *params;
	bool on, begun;
	json_int_t seen_ns;
};

struct rd_monitor {
	struct rd_cli *cli;
	bool waits;
	struct watch watch[2];
};

static struct rd_monitor *the_monitor; // commands have no argument of their own

static void drop_line(const json_t *item, FILE *out)
{
	char at[40], packet[400], port[96], stage[64], reason[64];

	rd_cell_time(item, at, sizeof(at));
	rd_cell_packet(item, packet, sizeof(packet));
	rd_cell_text(json_object_get(item, "port"), port, sizeof(port));
	rd_cell_text(json_object_get(item, "stage"), stage, sizeof(stage));
	rd_cell_text(json_object_get(item, "reason"), reason, sizeof(reason));
	fprintf(out, "%s drop %s at %s, port %s", at, reason, stage, port);
	if (rd_item_int(item, "rule") != 0)
		fprintf(out, ", rule %lld", (long long)rd_item_int(item, "rule"));
	fprintf(out, "%s%s\n", packet[0] != '\0' ? ": " : "", packet);
}

static void log_line(const json_t *item, FILE *out)
{
	char at[40], line[300];

	rd_cell_time(item, at, sizeof(at));
	rd_cell_text(json_object_get(item, "line"), line, sizeof(line));
	fprintf(out, "%s firewall %s\n", at, line);
}

static const struct source sources[] = {
	{"drops", "drop.recent", drop_line, "show drop recent", true},
	{"log", "dfw.log", log_line, "show dfw log", false},
};

struct news { // of one question
	struct watch *watch;
	json_t *list; // new items, the oldest first
	bool newest_first;
};

static int keep_new(void *arg, const json_t *item)
{
	struct news *n = arg;
	json_t *copy;

	if (rd_item_int(item, "ns") <= n->watch->seen_ns)
		return 0;
	copy = json_deep_copy(item);
	return (n->newest_first ? json_array_insert_new(n->list, 0, copy)
				: json_array_append_new(n->list, copy))
			== 0
		? 0
		: -ENOMEM;
}

static void tell_json(const json_t *list, FILE *out)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_dumpf(json_array_get(list, i), out, JSON_COMPACT);
		fputc('\n', out);
	}
}

static void tell(struct watch *w, const json_t *list, FILE *out)
{
	size_t n = json_array_size(list), told = n < TOLD ? n : TOLD;

	for (size_t i = 0; i < told; i++)
		w->source->line(json_array_get(list, i), out);
	if (n > told)
		fprintf(out, "... and %zu%s more: %s\n", n - told, n == ASK_FOR ? " or" : "",
			w->source->rest);
}

static int ask(struct rd_monitor *m, struct watch *w, FILE *out)
{
	struct news news = {w, json_array(), w->source->newest_first};
	json_t *params = json_deep_copy(w->params);
	size_t n;
	int ret;

	if (json_object_set_new(params, "count", json_integer(ASK_FOR)) < 0) {
		json_decref(params);
		json_decref(news.list);
		return -ENOMEM;
	}
	ret = rd_cli_call(m->cli, w->source->method, params, keep_new, &news, NULL, NULL);
	n = json_array_size(news.list);
	if (n > 0)
		w->seen_ns = rd_item_int(json_array_get(news.list, n - 1), "ns");
	if (ret == 0 && w->begun && rd_cli_is_json(m->cli))
		tell_json(news.list, out);
	else if (ret == 0 && w->begun)
		tell(w, news.list, out);
	if (ret == 0)
		w->begun = true; // what was before the command is no news
	json_decref(news.list);
	return ret;
}

int rd_monitor_ask(struct rd_monitor *m, FILE *out)
{
	int ret = 0;

	for (unsigned i = 0; i < 2 && ret == 0; i++)
		if (m->watch[i].on)
			ret = ask(m, &m->watch[i], out);
	return ret;
}

bool rd_monitor_on(const struct rd_monitor *m)
{
	return m->watch[0].on || m->watch[1].on;
}

static void turn_off(struct watch *w)
{
	json_decref(w->params);
	*w = (struct watch){.source = w->source};
}

// Until somebody stops it.
static int wait_here(struct rd_monitor *m, struct rd_err *err)
{
	int ret = 0;

	while (ret == 0 && rd_cli_flush(m->cli) && rd_cli_wait(m->cli, RD_MONITOR_MS))
		ret = rd_monitor_ask(m, rd_cli_out(m->cli));
	if (rd_cli_stopped(m->cli)) // the usual end
		return 0;
	return ret < 0 ? rd_err_set(err, ret, "the daemon has gone") : 0;
}

static int start(const struct rd_args *args, unsigned index, struct rd_err *err)
{
	struct rd_monitor *m = the_monitor;
	struct watch *w = &m->watch[index];
	json_t *params = rd_args_params(args);
	int ret;

	if (params == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	// Asked once with an ear for errors: a wrong name is told now.
	ret = rd_cli_call(m->cli, w->source->method, json_deep_copy(params), NULL, NULL, NULL, err);
	if (ret < 0) {
		json_decref(params);
		return ret;
	}
	turn_off(w);
	w->params = params;
	w->on = true;
	ret = ask(m, w, rd_cli_out(m->cli));
	return ret == 0 && m->waits ? wait_here(m, err) : ret;
}

static int monitor_drops(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	(void)cli;
	return start(args, 0, err);
}

static int monitor_log(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	(void)cli;
	return start(args, 1, err);
}

static int monitor_off(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	(void)cli;
	(void)args;
	(void)err;
	turn_off(&the_monitor->watch[0]);
	turn_off(&the_monitor->watch[1]);
	return 0;
}

static const struct rd_arg_names stage_names = {"stage.list", "stage", NULL};
static const struct rd_arg_names reason_names = {"drop.list", "reason", NULL};
static const struct rd_arg_desc drop_args[] = {
	{.key = "port",
		.type = RD_ARG_REF,
		.param = "port",
		.help = "only drops that name this port",
		.names = &rd_names_port},
	{.key = "stage",
		.type = RD_ARG_NAME,
		.param = "stage",
		.help = "only drops of this stage",
		.names = &stage_names},
	{.key = "reason",
		.type = RD_ARG_NAME,
		.param = "reason",
		.help = "only this reason",
		.names = &reason_names},
	{0},
};

static const struct rd_cmd cmds[] = {
	{.grammar = "monitor", .help = "what happens, while it happens"},
	{"monitor drops [port PORT] [stage STAGE] [reason REASON]", "tell of every dropped packet",
		NULL, drop_args, monitor_drops},
	{"monitor log", "tell what rules with log decide", NULL, NULL, monitor_log},
	{"monitor off", "tell nothing more", NULL, NULL, monitor_off},
};

struct rd_monitor *rd_monitor_new(struct rd_cli *cli, bool waits)
{
	struct rd_monitor *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->cli = cli;
	m->waits = waits;
	for (unsigned i = 0; i < 2; i++)
		m->watch[i].source = &sources[i];
	the_monitor = m;
	if (rd_cli_add(cli, cmds, sizeof(cmds) / sizeof(cmds[0]), NULL) == 0)
		return m;
	rd_monitor_free(m);
	return NULL;
}

void rd_monitor_free(struct rd_monitor *m)
{
	if (m == NULL)
		return;
	for (unsigned i = 0; i < 2; i++)
		turn_off(&m->watch[i]);
	free(m);
}
