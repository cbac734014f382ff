/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The groups of options, and setters that many rows share, see options.h. Main thread.
 */
#include "options.h"

#include <string.h>

#include "base/str.h"

const struct pk_group *const pk_groups[] = {
	&pk_group_where,
	&pk_group_filter,
	&pk_group_follow,
	&pk_group_limit,
	&pk_group_text,
	&pk_group_file,
	&pk_group_collect,
	&pk_group_rotate,
	&pk_group_trigger,
	&pk_group_session,
	&pk_group_other,
	NULL,
};

bool pk_option_in(const struct pk_option *opt, enum pk_style style)
{
	return opt->only == 0 || opt->only == style;
}

const struct pk_option *pk_option_by_letter(enum pk_style style, char letter)
{
	for (unsigned g = 0; pk_groups[g] != NULL; g++) {
		for (const struct pk_option *o = pk_groups[g]->options; o->set != NULL; o++) {
			if (o->letters != NULL && letter != '\0' && pk_option_in(o, style)
				&& strchr(o->letters, letter) != NULL)
				return o;
		}
	}
	return NULL;
}

const struct pk_option *pk_option_by_name(
	enum pk_style style, const char *name, size_t len, unsigned *count)
{
	const struct pk_option *found = NULL;

	*count = 0;
	for (unsigned g = 0; pk_groups[g] != NULL; g++) {
		for (const struct pk_option *o = pk_groups[g]->options; o->set != NULL; o++) {
			if (o->name == NULL || !pk_option_in(o, style)
				|| strncmp(o->name, name, len) != 0)
				continue;
			if (o->name[len] == '\0') {
				*count = 1;
				return o;
			}
			found = o;
			(*count)++;
		}
	}
	return *count == 1 ? found : NULL;
}

static void *at(struct pk_opts *o, const struct pk_option *opt)
{
	return (char *)o + opt->at;
}

int pk_set_flag(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	(void)value;
	(void)err;
	*(bool *)at(o, opt) = true;
	return 0;
}

int pk_set_more(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	(void)value;
	(void)err;
	(*(unsigned *)at(o, opt))++;
	return 0;
}

int pk_set_text(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	(void)err;
	*(const char **)at(o, opt) = value;
	return 0;
}

int pk_set_number(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	uint64_t max = opt->max != 0 ? opt->max : UINT64_MAX;

	if (rd_parse_u64(value, 0, max, at(o, opt)) < 0)
		return rd_err_set(err, -EINVAL, "--%s %s is not a number up to %llu", opt->name,
			value, (unsigned long long)max);
	return 0;
}

int pk_set_word(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	char list[128];
	size_t len = 0;

	list[0] = '\0';
	for (const struct pk_word *w = opt->words; w->name != NULL; w++) {
		if (strcmp(w->name, value) == 0) {
			memcpy(at(o, opt), &w->value, sizeof(w->value));
			return 0;
		}
		rd_str_addf(list, sizeof(list), &len, "%s%s", len ? ", " : "", w->name);
	}
	rd_err_set(err, -EINVAL, "--%s %s is not known", opt->name, value);
	rd_err_hint(err, "--%s with one of: %s", opt->name, list);
	return -EINVAL;
}

int pk_set_nothing(
	struct pk_opts *o, const struct pk_option *opt, const char *value, struct rd_err *err)
{
	(void)o;
	(void)opt;
	(void)value;
	(void)err;
	return 0;
}
