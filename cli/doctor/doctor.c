/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The command, the order of its checks, and how a finding is told. Called by main (register) and the engine; one thread.
 */
#include "doctor/doctor.h"

#include <stdarg.h>
#include <string.h>

#include "api/msg.h"
#include "cmds/cmds.h"

static const char *const verdicts[] = {"pass", "WARN", "FAIL"};

static void set_text(json_t *item, const char *key, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));
static void set_text(json_t *item, const char *key, const char *fmt, va_list ap)
{
	char text[1024];

	vsnprintf(text, sizeof(text), fmt, ap);
	// A file of the system may hold anything; JSON holds text.
	for (char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p > '~')
			*p = '?';
	json_object_set_new(item, key, json_string(text));
}

void rd_doctor_add(struct rd_doctor *d, enum rd_verdict v, const char *check, const char *fmt, ...)
{
	static const char *const words[] = {"pass", "warn", "fail"};
	json_t *item = json_pack("{s:s,s:s}", "check", check, "status", words[v]);
	va_list ap;

	va_start(ap, fmt);
	set_text(item, "found", fmt, ap);
	va_end(ap);
	json_object_set_new(item, "why", json_string(""));
	json_object_set_new(item, "fix", json_string(""));
	json_array_append_new(d->list, item);
	d->nb[v]++;
}

static json_t *last(const struct rd_doctor *d)
{
	return json_array_get(d->list, json_array_size(d->list) - 1);
}

void rd_doctor_why(struct rd_doctor *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_text(last(d), "why", fmt, ap);
	va_end(ap);
}

void rd_doctor_fix(struct rd_doctor *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_text(last(d), "fix", fmt, ap);
	va_end(ap);
}

const char *rd_doctor_proc(const struct rd_doctor *d, char *buf, size_t size)
{
	if (d->hello != NULL)
		snprintf(buf, size, "/proc/%lld/", (long long)rd_item_int(d->hello, "pid"));
	else
		snprintf(buf, size, "/proc/self/");
	return buf;
}

static int append(void *arg, const json_t *item)
{
	return json_array_append_new(arg, json_deep_copy(item));
}

json_t *rd_doctor_list(const struct rd_doctor *d, const char *method, json_t *params)
{
	json_t *list = json_array();
	struct rd_err err = {0};

	if (d->hello == NULL) {
		json_decref(params);
		return list;
	}
	if (rd_cli_call(d->cli, method, params, append, list, NULL, &err) < 0)
		json_array_clear(list);
	return list;
}

struct rd_cpus rd_doctor_worker_cpus(const struct rd_doctor *d)
{
	struct rd_cpus c = {0};
	json_t *w;
	size_t i;

	json_array_foreach (d->workers, i, w) {
		json_int_t cpu = rd_item_int(w, "cpu");

		if (cpu < 0 || cpu >= RD_CPUS_MAX)
			continue;
		c.n += !c.has[cpu];
		c.has[cpu] = true;
	}
	return c;
}

static void meet_daemon(struct rd_doctor *d)
{
	struct rd_err err = {0};
	int ret = rd_cli_call(d->cli, "hello",
		json_pack("{s:i,s:s}", "version", RD_PROTO_VERSION, "client", "reddot doctor"),
		NULL, NULL, &d->hello, &err);

	d->socket_refused = ret == -EACCES;
	if (ret < 0)
		d->hello = NULL;
	d->workers = rd_doctor_list(d, "worker.list", NULL);
}

static void examine(struct rd_doctor *d)
{
	meet_daemon(d);
	rd_doctor_daemon(d);
	rd_doctor_rights(d);
	rd_doctor_memory(d);
	rd_doctor_cpu(d);
	rd_doctor_pci(d);
	rd_doctor_kernel(d);
	rd_doctor_drops(d);
}

static void cell_status(const json_t *item, char *buf, size_t len)
{
	const char *status = rd_item_str(item, "status");

	snprintf(buf, len, "%s",
		verdicts[status[0] == 'w'	   ? RD_WARN
				: status[0] == 'f' ? RD_FAIL
						   : RD_PASS]);
}

static const struct rd_column columns[] = {
	{"STATUS", NULL, 0, cell_status},
	{"CHECK", "check", 0, NULL},
	{"FOUND", "found", 0, NULL},
	{"why", "why", RD_COL_NOTE, NULL},
	{"fix", "fix", RD_COL_NOTE, NULL},
};
static const struct rd_table table = RD_TABLE(columns);

static int run_doctor(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err)
{
	const char *root = rd_args_str(args, "root");
	struct rd_doctor d = {.cli = cli,
		.root = root != NULL && strcmp(root, "/") != 0 ? root : "",
		.watch_ms = rd_args_num(args, "watch", 1000),
		.list = json_array()};
	int ret;

	examine(&d);
	ret = rd_cli_show_items(cli, d.list, &table);
	if (ret == 0 && !rd_cli_is_json(cli))
		fprintf(rd_cli_out(cli), "\n%u passed, %u warned, %u failed\n", d.nb[RD_PASS],
			d.nb[RD_WARN], d.nb[RD_FAIL]);
	if (ret == 0 && d.nb[RD_FAIL] > 0) {
		ret = rd_err_set(err, -EHOSTDOWN, "%u of %zu checks failed", d.nb[RD_FAIL],
			json_array_size(d.list));
		rd_err_hint(err, "the line \"fix\" below each FAIL");
	}
	json_decref(d.list);
	json_decref(d.hello);
	json_decref(d.workers);
	return ret;
}

static const struct rd_arg_desc args[] = {
	{.key = "root",
		.type = RD_ARG_FILE,
		.help = "look at /proc, /sys, /dev and /usr below this folder"},
	{.key = "watch",
		.type = RD_ARG_MS,
		.min = 0,
		.max = 60000,
		.help = "how long drops are watched; default 1s"},
	{0},
};

static const struct rd_cmd cmds[] = {
	{"doctor [root FOLDER] [watch DURATION]",
		"examine this machine and the daemon: what is wrong, why, and how to mend it", NULL,
		args, run_doctor},
};

int rd_doctor_register(struct rd_cli *cli)
{
	return rd_cli_add(cli, cmds, sizeof(cmds) / sizeof(cmds[0]), NULL);
}
