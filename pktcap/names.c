/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Names of files that follow each other, see names.h. Main thread.
 */
#include "names.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

bool pk_names_cycle(const struct pk_rotate_opts *o)
{
	return o->files != 0 && o->seconds == 0;
}

static int digits(uint64_t n)
{
	int d = 1;

	for (; n >= 10; n /= 10)
		d++;
	return d;
}

static void by_number(struct pk_names *n, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	if (pk_names_cycle(n->opts))
		rd_str_addf(buf, size, &len, "%s%0*" PRIu64, n->pattern, digits(n->opts->files - 1),
			n->made % n->opts->files);
	else if (n->made == 0)
		rd_str_addf(buf, size, &len, "%s", n->pattern);
	else
		rd_str_addf(buf, size, &len, "%s%" PRIu64, n->pattern, n->made);
}

// A format that comes from the command line: strftime() takes any.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static bool expand(const char *pattern, const struct tm *tm, char *buf, size_t size)
{
	return strftime(buf, size, pattern, tm) != 0;
}
#pragma GCC diagnostic pop

static void numbered(const struct pk_names *n, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	if (n->again == 0)
		rd_str_addf(buf, size, &len, "%s", n->last);
	else
		rd_str_addf(buf, size, &len, "%s%" PRIu64, n->last, n->again);
}

// The number goes on from the last one while strftime says the same, and begins anew when it says something else.
static void by_time(struct pk_names *n, time_t now, char *buf, size_t size)
{
	char name[PK_NAME_MAX];
	struct tm tm;

	buf[0] = '\0';
	if (localtime_r(&now, &tm) == NULL || !expand(n->pattern, &tm, name, sizeof(name)))
		return;
	n->again = n->made != 0 && strcmp(name, n->last) == 0 ? n->again + 1 : 0;
	rd_str_copy(n->last, sizeof(n->last), name);
	numbered(n, buf, size);
	while (n->is_used(n->arg, buf)) {
		n->again++;
		numbered(n, buf, size);
	}
}

int pk_names_next(struct pk_names *n, time_t now, char *buf, size_t size)
{
	size_t len;

	if (n->opts->seconds != 0)
		by_time(n, now, buf, size);
	else
		by_number(n, buf, size);
	n->made++;
	len = strlen(buf);
	return len == 0 || len + 1 >= size ? -ENAMETOOLONG : 0;
}
