/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The line behind a colon: which command it is, what it is worth, what can come next. Pure.
 */
#include "walk/command.h"

#include "base/str.h"
#include "walk/export.h"

#include <string.h>
#include <strings.h>

static const char *const forms[] = {"html", "dot", "json", "text", "pcapng", NULL};
static const char *const which[] = {"walk", "marked", "shown", NULL};

// Splits "[form] file [which]". False with why.
bool rd_command_files(const char *args, struct rd_save *save, const char **why)
{
	char word[3][RD_SHOW_TEXT] = {"", "", ""}, more;
	int n = sscanf(args, "%199s %199s %199s %c", word[0], word[1], word[2], &more), at = 0;

	save->form = n > 0 ? (int)rd_export_form(word[0]) : RD_EXPORT_FORMS;
	at += save->form != RD_EXPORT_FORMS;
	*why = n <= at ? "a file's name is missing" : "";
	if (n <= at)
		return false;
	snprintf(save->path, sizeof(save->path), "%s", word[at]);
	if (save->form == RD_EXPORT_FORMS)
		save->form = (int)rd_export_form_of_name(word[at]);
	*why = "html, dot, json, text, pcapng, or a file's name that ends so";
	if (save->form == RD_EXPORT_FORMS)
		return false;
	save->which = RD_WHICH_CHOSEN;
	if (n == at + 1)
		return true;
	*why = "only walk, marked or shown can stand behind the file";
	for (unsigned i = 0; n == at + 2 && which[i] != NULL; i++)
		if (strcmp(word[at + 1], which[i]) == 0) {
			save->which = (enum rd_which)i;
			return true;
		}
	return false;
}

// The command that begins so; *args is what stands behind it.
const struct rd_command *rd_command_of(const char *line, const char **args)
{
	size_t len = strcspn(line, " ");

	*args = line + len + strspn(line + len, " ");
	for (unsigned i = 0; i < rd_commands_count && len > 0; i++)
		if (strncmp(rd_commands[i].name, line, len) == 0)
			return &rd_commands[i];
	return NULL;
}

static enum rd_worth wrong(struct rd_show_err *why, bool more, const char *what)
{
	why->more = more;
	snprintf(why->what, sizeof(why->what), "%s", what);
	return more ? RD_WORTH_MORE : RD_WORTH_BAD;
}

static bool is_topic(const char *word)
{
	return rd_stage_by_name(word) != NULL || rd_drop_by_name(word) != NULL;
}

// What belongs to the walk's own ways.
static enum rd_worth worth_of_own(
	const struct rd_command *c, const char *args, struct rd_show_err *why)
{
	struct rd_key_map map;
	const char *text;

	switch (c->takes) {
	case RD_TAKES_SETTING:
		return rd_setting(NULL, args, &text) ? RD_WORTH_GOOD : wrong(why, false, text);
	case RD_TAKES_MAP:
		return rd_map_parse(args, &map, &text) ? RD_WORTH_GOOD : wrong(why, true, text);
	case RD_TAKES_KEY:
		return rd_map_key(&args) != 0 && *args == '\0' ? RD_WORTH_GOOD
							       : wrong(why, true, c->args);
	case RD_TAKES_TOPIC:
		return is_topic(args)
			? RD_WORTH_GOOD
			: wrong(why, true, "a stage or a drop's reason; Tab lists them");
	case RD_TAKES_COPY:
		return rd_command_copy(args) != 0 ? RD_WORTH_GOOD : wrong(why, true, c->args);
	default:
		return RD_WORTH_GOOD;
	}
}

static enum rd_worth worth_of(const struct rd_command *c, const char *args, struct rd_show_err *why)
{
	uint64_t number;
	struct rd_save save;
	const char *text;
	int at = why->at;

	if (*args == '\0' && c->takes != RD_TAKES_NOTHING)
		return c->args[0] == '[' && c->takes != RD_TAKES_FILES ? RD_WORTH_GOOD
								       : wrong(why, true, c->args);
	switch (c->takes) {
	case RD_TAKES_NOTHING:
		return *args == '\0' ? RD_WORTH_GOOD
				     : wrong(why, false, "nothing stands behind it");
	case RD_TAKES_NUMBER:
		return rd_parse_u64(args, 0, UINT64_MAX, &number) == 0
			? RD_WORTH_GOOD
			: wrong(why, false, "a number is expected");
	case RD_TAKES_EXPRESSION:
		if (rd_prompt_worth(RD_PROMPT_SHOW, args, why) == RD_WORTH_GOOD)
			return RD_WORTH_GOOD;
		why->at += at;
		return why->more ? RD_WORTH_MORE : RD_WORTH_BAD;
	case RD_TAKES_FILES:
		return rd_command_files(args, &save, &text) ? RD_WORTH_GOOD
							    : wrong(why, true, text);
	case RD_TAKES_PANE:
	case RD_TAKES_PANE_OR_NOTHING:
		return *args == '\0' || rd_pane_of(args) != RD_PANES
			? RD_WORTH_GOOD
			: wrong(why, false, "there is no such pane; Tab lists them");
	default:
		return worth_of_own(c, args, why);
	}
}

const char *rd_command_trim(const char *line, char copy[RD_SHOW_TEXT])
{
	size_t len = strlen(line);

	while (len > 0 && line[len - 1] == ' ')
		len--;
	snprintf(copy, RD_SHOW_TEXT, "%.*s", (int)len, line);
	return copy;
}

enum rd_worth rd_command_worth(const char *line, struct rd_show_err *why)
{
	char copy[RD_SHOW_TEXT];
	const char *args;
	const struct rd_command *c;
	uint64_t number;

	*why = (struct rd_show_err){0};
	rd_command_trim(line, copy);
	if (rd_parse_u64(copy, 0, UINT64_MAX, &number) == 0)
		return RD_WORTH_GOOD;
	c = rd_command_of(copy, &args);
	if (c == NULL)
		return wrong(why, false, "there is no such command; Tab lists them");
	why->at = (int)(args - copy);
	return worth_of(c, args, why);
}

struct offer {
	const char *begin;
	void (*each)(void *arg, const char *word);
	void *arg;
};

static void put(const struct offer *o, const char *word)
{
	if (strncasecmp(word, o->begin, strlen(o->begin)) == 0)
		o->each(o->arg, word);
}

static void put_own(const struct rd_command *c, const struct offer *o)
{
	char word[64];

	for (unsigned i = 0; c->takes == RD_TAKES_SETTING && rd_setting_word(i, word, sizeof(word));
		i++)
		put(o, word);
	for (unsigned i = 0; c->takes == RD_TAKES_COPY && rd_command_copies[i] != NULL; i++)
		put(o, rd_command_copies[i]);
	for (unsigned i = 0; c->takes == RD_TAKES_TOPIC && i < rd_stages_count; i++)
		put(o, rd_stages[i].name);
	for (unsigned i = 0; c->takes == RD_TAKES_TOPIC && i < rd_drops_count; i++)
		put(o, rd_drops[i].name);
}

static void put_args(const struct rd_command *c, const struct offer *o, bool first)
{
	const char *name;

	if (first)
		put_own(c, o);

	if (c->takes == RD_TAKES_PANE || c->takes == RD_TAKES_PANE_OR_NOTHING)
		for (unsigned i = 0; first && (name = rd_pane_name(i)) != NULL; i++)
			put(o, name);
	if (c->takes == RD_TAKES_FILES)
		for (const char *const *word = first ? forms : which; *word != NULL; word++)
			put(o, *word);
	if (strcmp(c->name, "unmark") == 0 && first)
		put(o, "all");
}

size_t rd_command_complete(const struct rd_store *s, const char *text,
	void (*each)(void *arg, const char *word), void *arg)
{
	const char *args, *last = strrchr(text, ' ');
	struct offer o = {last != NULL ? last + 1 : text, each, arg};
	const struct rd_command *c = rd_command_of(text, &args);

	if (last == NULL) {
		for (unsigned i = 0; i < rd_commands_count; i++)
			put(&o, rd_commands[i].name);
		return 0;
	}
	if (c != NULL && c->takes == RD_TAKES_EXPRESSION)
		return (size_t)(args - text) + rd_show_complete(s, args, each, arg);
	if (c != NULL)
		put_args(c, &o, strcspn(args, " ") == strlen(args));
	return (size_t)(o.begin - text);
}

bool rd_command_help(unsigned i, char *name, size_t size, const char **text)
{
	if (i >= rd_commands_count || rd_commands[i].help == NULL)
		return false;
	snprintf(name, size, ":%s %s", rd_commands[i].name, rd_commands[i].args);
	*text = rd_commands[i].help;
	return true;
}
