/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One log line is one write() to stderr, or one datagram to the journal (journal.c): "2025-01-31 12:00:00.123 WARN  capture: text". Called from
 * every thread but never from a worker's loop. Modules are registered before main() or with a
 * library load.
 */
#include "base/log.h"

#include "base/journal.h"
#include "base/str.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_LEN 1024
#define SITE_WINDOW_NS 1000000000ull
#define SITE_MAX_LINES 10u

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // guards the list and all sites
static struct rd_log_module *modules;
static const char *const level_names[] = {"error", "warn", "info", "debug"};
static const char *const level_tags[] = {"ERROR", "WARN ", "INFO ", "DEBUG"};
#define NB_LEVELS ((int)(sizeof(level_names) / sizeof(level_names[0])))

void rd_log_register(struct rd_log_module *m)
{
	struct rd_log_module **at = &modules;

	pthread_mutex_lock(&lock);
	while (*at != NULL && *at != m && strcmp((*at)->name, m->name) <= 0)
		at = &(*at)->next;
	if (*at != m) {
		m->next = *at;
		__atomic_store_n(at, m, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&lock);
}

// Whether this call may print now; *held_back is how many lines the last window suppressed.
static bool site_admit(struct rd_log_site *site, uint32_t *held_back)
{
	struct timespec ts;
	uint64_t now;
	bool admit;

	*held_back = 0;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
	pthread_mutex_lock(&lock);
	if (site->window_ns == 0 || now - site->window_ns >= SITE_WINDOW_NS) {
		*held_back = site->suppressed;
		*site = (struct rd_log_site){.window_ns = now};
	}
	admit = site->in_window < SITE_MAX_LINES;
	if (admit)
		site->in_window++;
	else
		site->suppressed++;
	pthread_mutex_unlock(&lock);
	return admit;
}

static void add_prefix(char *line, size_t *len, int level, const char *module)
{
	struct timespec ts;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &ts);
	localtime_r(&ts.tv_sec, &tm);
	rd_str_addf(line, LINE_MAX_LEN, len,
		"%04d-%02d-%02d %02d:%02d:%02d.%03ld %s %s: ", tm.tm_year + 1900, tm.tm_mon + 1,
		tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ts.tv_nsec / 1000000,
		level_tags[level], module);
}

// A text from outside must not break the line or the terminal.
static void make_printable(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = ' ';
}

static void emit_plain(char *line, size_t len)
{
	ssize_t done;

	line[len++] = '\n';
	do
		done = write(STDERR_FILENO, line, len);
	while (done < 0 && errno == EINTR); // any other failure: there is nowhere left to report it
}

static _Thread_local const struct rd_log_tags *line_tags;

void rd_log_tag(const struct rd_log_tags *tags)
{
	line_tags = tags;
}

// The journal stamps lines by itself, so it gets the text without time, level and module.
static void emit(char *line, size_t len, const char *text, int level, const char *module)
{
	if (rd_journal_write(level, module, text, (size_t)(line + len - text), line_tags) < 0)
		emit_plain(line, len);
}

void rd_log_write(
	struct rd_log_module *m, struct rd_log_site *site, int level, const char *fmt, ...)
{
	char line[LINE_MAX_LEN + 1]; // room for the newline
	size_t len = 0, text;
	uint32_t held_back;
	va_list ap;
	int saved = errno, n;

	if (level < 0 || level >= NB_LEVELS)
		level = RD_LOG_ERR;
	if (!site_admit(site, &held_back)) {
		errno = saved;
		return;
	}
	add_prefix(line, &len, level, m->name);
	text = len;
	errno = saved; // for %m
	va_start(ap, fmt);
	n = vsnprintf(line + len, LINE_MAX_LEN - len, fmt, ap);
	va_end(ap);
	if (n > 0)
		len = len + (size_t)n < LINE_MAX_LEN ? len + (size_t)n : LINE_MAX_LEN - 1;
	if (held_back > 0)
		rd_str_addf(line, LINE_MAX_LEN, &len, " (%u such lines held back)", held_back);
	make_printable(line + text);
	emit(line, len, line + text, level, m->name);
	errno = saved;
}

static int level_by_name(const char *name)
{
	for (int i = 0; i < NB_LEVELS; i++)
		if (strcmp(level_names[i], name) == 0)
			return i;
	return strcmp(name, "err") == 0 ? RD_LOG_ERR : -EINVAL;
}

int rd_log_set(const char *module, const char *level)
{
	bool all = strcmp(module, "all") == 0, found = false;
	int lvl = level_by_name(level);

	if (lvl < 0)
		return lvl;
	pthread_mutex_lock(&lock);
	for (struct rd_log_module *m = modules; m != NULL; m = m->next) {
		if (!all && strcmp(m->name, module) != 0)
			continue;
		__atomic_store_n(&m->level, lvl, __ATOMIC_RELAXED);
		found = true;
	}
	pthread_mutex_unlock(&lock);
	return found || all ? 0 : -ENOENT;
}

const char *rd_log_level_name(int level)
{
	return level >= 0 && level < NB_LEVELS ? level_names[level] : "unknown";
}

const struct rd_log_module *rd_log_modules(void)
{
	return __atomic_load_n(&modules, __ATOMIC_ACQUIRE);
}
