/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Options whose value is a size or a time, see options.h. Main thread.
 */
#include <stdlib.h>
#include <string.h>

#include "options.h"

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit sizes[] = {
	{"k", 1024}, {"m", 1024 * 1024}, {"g", UINT64_C(1) << 30}, {"t", UINT64_C(1) << 40}, {0}};
static const struct unit times[] = {
	{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}, {0}};

// A whole number and one of the units; without a unit it counts plain times. 0 or -EINVAL.
static int parse(const char *text, const struct unit *units, uint64_t plain, uint64_t *out)
{
	char *end;
	uint64_t n, factor = 0;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	n = strtoull(text, &end, 10);
	for (const struct unit *u = units; u->name != NULL; u++)
		if (strcasecmp(end, u->name) == 0)
			factor = u->factor;
	if (*end == '\0')
		factor = plain;
	return errno != 0 || factor == 0 || __builtin_mul_overflow(n, factor, out)
			|| *out > INT64_MAX
		? -EINVAL
		: 0;
}

static int set(struct pk_opts *o, const struct pk_option *opt, const char *value,
	const struct unit *units, uint64_t plain, struct rd_err *err)
{
	uint64_t *out = (uint64_t *)(void *)((char *)o + opt->at);
	bool is_size = units == sizes;

	if (parse(value, units, plain, out) == 0 && *out != 0)
		return 0;
	rd_err_set(
		err, -EINVAL, "--%s %s is not a %s", opt->name, value, is_size ? "size" : "time");
	rd_err_hint(err, is_size ? "--%s 500k, 100M, 2G" : "--%s 10s, 500ms, 5m, 2h", opt->name);
	return -EINVAL;
}

int pk_set_size(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	return set(o, opt, value, sizes, 1, err);
}

int pk_set_megabytes(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	return set(o, opt, value, sizes, 1000000, err);
}

int pk_set_ms(struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	return set(o, opt, value, times, 1000, err);
}

int pk_set_seconds(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	uint64_t *out = (uint64_t *)(void *)((char *)o + opt->at);
	int rc = set(o, opt, value, times, 1000, err);

	*out = (*out + 999) / 1000;
	return rc;
}
