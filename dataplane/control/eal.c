/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The EAL: its arguments, its log. It needs neither root nor hugepages, and any number of daemons can run at once.
 * Main thread.
 */
#define _GNU_SOURCE 1 // fopencookie
#include "control/eal.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <rte_version.h>

#include "base/log.h"
#include "base/str.h"
#include "core/ethdev.h"
#include "core/worker.h"

#define ARGS_MAX 64

// What the EAL and the drivers say: only errors, unless asked for more.
static struct rd_log_module log_module = {.name = "eal", .level = RD_LOG_ERR};
__attribute__((constructor)) static void log_register(void)
{
	rd_log_register(&log_module);
}

static FILE *log_stream;
static bool up;

static int log_level(void)
{
	int level = rte_log_cur_msg_loglevel();

	if (level <= (int)RTE_LOG_ERR)
		return RD_LOG_ERR;
	if (level == (int)RTE_LOG_WARNING)
		return RD_LOG_WARN;
	return level <= (int)RTE_LOG_INFO ? RD_LOG_INFO : RD_LOG_DEBUG;
}

static ssize_t log_line(void *cookie, const char *text, size_t len)
{
	static struct rd_log_site errors;
	struct rd_log_site free_site = {0}; // whoever asked for more gets all
	int level = log_level(), n = (int)len;

	(void)cookie;
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	if (n > 0 && level <= RD_LOG_WARN && rd_ethdev_log(text, n))
		level = RD_LOG_INFO;
	if (n > 0 && level <= __atomic_load_n(&log_module.level, __ATOMIC_RELAXED))
		rd_log_write(&log_module, level == RD_LOG_ERR ? &errors : &free_site, level, "%.*s",
			n, text);
	return (ssize_t)len;
}

static int log_open(void)
{
	log_stream = fopencookie(NULL, "w", (cookie_io_functions_t){.write = log_line});
	if (log_stream == NULL)
		return -ENOMEM;
	setvbuf(log_stream, NULL, _IOLBF, 0);
	return rte_openlog_stream(log_stream);
}

// "2,4-6" into a set of cpus that we may use.
static int parse_cores(
	const char *text, const cpu_set_t *allowed, cpu_set_t *out, struct rd_err *err)
{
	CPU_ZERO(out);
	for (const char *s = text; s != NULL; s = strchr(s, ',') ? strchr(s, ',') + 1 : NULL) {
		char part[32];
		uint16_t lo, hi;

		snprintf(part, sizeof(part), "%.*s", (int)strcspn(s, ","), s);
		if (rd_parse_range(part, &lo, &hi) < 0 || strcmp(part, "any") == 0) {
			rd_err_set(err, -EINVAL, "\"%.60s\" is no list of cores", text);
			rd_err_hint(err, "a list like 2,4-6");
			return -EINVAL;
		}
		for (unsigned cpu = lo; cpu <= hi; cpu++) {
			if (cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, allowed)) {
				rd_err_set(
					err, -EINVAL, "core %u can't be used by this process", cpu);
				rd_err_hint(err, "taskset -p $$ shows which can");
				return -EINVAL;
			}
			CPU_SET(cpu, out);
		}
	}
	return 0;
}

static int next_cpu(const cpu_set_t *set, int after)
{
	for (int cpu = after + 1; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, set))
			return cpu;
	return -1;
}

// "0@0,1@1,2@2": which lcore runs on which cpu.
static int lcore_map(struct rd_eal_opts *o, char *buf, size_t size, struct rd_err *err)
{
	cpu_set_t allowed, main_set, worker_set;
	int main_cpu, cpu = -1;
	size_t len = 0;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		return rd_err_set(err, -errno, "sched_getaffinity: %s", strerror(errno));
	main_set = worker_set = allowed;
	if (o->main_core != NULL && parse_cores(o->main_core, &allowed, &main_set, err) < 0)
		return err->code;
	if (o->worker_cores != NULL && parse_cores(o->worker_cores, &allowed, &worker_set, err) < 0)
		return err->code;
	main_cpu = next_cpu(&main_set, -1);
	if (o->worker_cores == NULL && CPU_COUNT(&worker_set) > 1)
		CPU_CLR(main_cpu, &worker_set);
	o->busy_cores_shared = (unsigned)CPU_COUNT(&worker_set) < o->nb_workers
		|| CPU_ISSET(main_cpu, &worker_set);
	buf[0] = '\0';
	rd_str_addf(buf, size, &len, "0@%d", main_cpu);
	for (unsigned w = 1; w <= o->nb_workers; w++) {
		cpu = next_cpu(&worker_set, cpu);
		if (cpu < 0)
			cpu = next_cpu(&worker_set, -1);
		rd_str_addf(buf, size, &len, ",%u@%d", w, cpu);
	}
	return 0;
}

struct args {
	char *v[ARGS_MAX];
	int n;
};

static void add(struct args *a, const char *text)
{
	if (a->n < ARGS_MAX - 1)
		a->v[a->n++] = strdup(text);
}

static void add_extra(struct args *a, const char *extra)
{
	char *copy = strdup(extra), *save = NULL;

	for (char *s = strtok_r(copy, " \t", &save); s != NULL; s = strtok_r(NULL, " \t", &save))
		add(a, s);
	free(copy);
}

static int make_args(struct rd_eal_opts *o, struct args *a, struct rd_err *err)
{
	char text[512];

	add(a, "reddotd");
	add(a, "--lcores");
	if (lcore_map(o, text, sizeof(text), err) < 0)
		return err->code;
	add(a, text);
	if (!o->telemetry)
		add(a, "--no-telemetry");
	add(a, "-m");
	snprintf(text, sizeof(text), "%u", o->mem_mb);
	add(a, text);
	if (o->huge) {
		add(a, "--in-memory");
	} else {
		add(a, "--no-huge");
		add(a, "--no-shconf");
	}
	if (!o->pci) {
		add(a, "--no-pci");
		add(a, "--iova-mode=va");
	}
	if (__atomic_load_n(&log_module.level, __ATOMIC_RELAXED) >= RD_LOG_DEBUG)
		add(a, "--log-level=*:debug");
	if (o->extra != NULL)
		add_extra(a, o->extra);
	return 0;
}

int rd_eal_start(struct rd_eal_opts *o, struct rd_err *err)
{
	struct args a = {0}, copy;
	int ret = log_open();

	if (ret < 0)
		return rd_err_set(err, ret, "out of memory");
	ret = make_args(o, &a, err);
	copy = a; // the EAL moves the pointers around
	if (ret == 0 && rte_eal_init(a.n, a.v) < 0) {
		ret = -rte_errno;
		rd_err_set(err, ret, "DPDK's EAL does not start: %s", rte_strerror(rte_errno));
		rd_err_hint(err, "--log eal=debug says why; a smaller --mem; fewer --workers");
	}
	up = ret == 0;
	for (int i = 0; i < copy.n; i++)
		free(copy.v[i]);
	if (ret < 0)
		rd_eal_stop();
	return ret;
}

void rd_eal_stop(void)
{
	if (up)
		rte_eal_cleanup();
	up = false;
	rte_openlog_stream(NULL);
	if (log_stream != NULL)
		fclose(log_stream);
	log_stream = NULL;
}

const char *rd_eal_version(void)
{
	return rte_version();
}
