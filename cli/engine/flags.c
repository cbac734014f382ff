/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What every show command takes at its end, in either order: --watch [TIME], and --rate [TIME] where there are counters.
 */
#include "engine/flags.h"

#include <string.h>

#define DEFAULT_MS 1000

static const struct rd_arg_desc time_arg = {
	.key = "time", .type = RD_ARG_MS, .min = 100, .max = 86400000};

static const struct {
	const char *word, *help;
	size_t place; // in struct rd_flags
} flags[] = {
	{"--watch", "again and again, until q or Ctrl-C", offsetof(struct rd_flags, watch_ms)},
	{"--rate", "what counters grow by per second, seen for so long",
		offsetof(struct rd_flags, rate_ms)},
};
#define NB_FLAGS (sizeof(flags) / sizeof(flags[0]))

static int find(const struct rd_token *t)
{
	for (unsigned i = 0; i < NB_FLAGS; i++)
		if (!t->quoted && strcmp(t->text, flags[i].word) == 0)
			return (int)i;
	return -1;
}

bool rd_flags_fit(const struct rd_tokens *command)
{
	return command->n > 0
		&& strncmp("show", command->v[0].text, strlen(command->v[0].text)) == 0;
}

static int wrong_time(
	struct rd_cli *cli, const struct rd_token *t, const char *why, int flag, struct rd_err *err)
{
	rd_err_set(err, -EINVAL, "%s", why);
	rd_err_hint(
		err, "%s, %s 2, %s 500ms", flags[flag].word, flags[flag].word, flags[flag].word);
	cli->blamed = true;
	cli->blame_off = t->off;
	return -EINVAL;
}

int rd_flags_take(
	struct rd_cli *cli, struct rd_tokens *command, struct rd_flags *out, struct rd_err *err)
{
	memset(out, 0, sizeof(*out));
	while (command->n > 1 && rd_flags_fit(command)) {
		const struct rd_token *last = command->v + command->n - 1;
		bool bare = find(last) >= 0;
		int flag = bare ? find(last) : command->n > 2 ? find(last - 1) : -1;
		char why[120] = "";
		json_t *time;

		if (flag < 0)
			return 0;
		if (!bare && rd_value_check(&time_arg, last->text, why, sizeof(why)) < 0)
			return wrong_time(cli, last, why, flag, err);
		time = bare ? json_integer(DEFAULT_MS) : rd_value_json(cli, &time_arg, last->text);
		*(unsigned *)((char *)out + flags[flag].place) = (unsigned)json_integer_value(time);
		json_decref(time);
		command->n -= bare ? 1 : 2;
	}
	return 0;
}

void rd_flags_offer(bool counters, const char *prefix, rd_cli_candidate_fn each, void *arg)
{
	for (unsigned i = 0; i < NB_FLAGS; i++)
		if ((counters || flags[i].place != offsetof(struct rd_flags, rate_ms))
			&& strncmp(flags[i].word, prefix, strlen(prefix)) == 0)
			each(arg, flags[i].word, flags[i].help);
}
