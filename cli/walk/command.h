/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The commands behind a colon, for command.c and command_line.c.
 */
#pragma once

#include "walk/prompt.h"

enum rd_takes { // what stands behind a command
	RD_TAKES_NOTHING,
	RD_TAKES_NUMBER,
	RD_TAKES_EXPRESSION,
	RD_TAKES_TEXT, // must be there
	RD_TAKES_ANYTHING, // or nothing
	RD_TAKES_FILES, // [form] file [walk|marked|shown]
	RD_TAKES_PANE,
	RD_TAKES_PANE_OR_NOTHING,
	RD_TAKES_SETTING, // or nothing
	RD_TAKES_MAP, // or nothing
	RD_TAKES_KEY,
	RD_TAKES_TOPIC, // a stage, a reason, or nothing
	RD_TAKES_COPY // or nothing
};

struct rd_command {
	const char *name, *args;
	enum rd_takes takes;
	bool (*run)(struct rd_view *v, struct rd_store *s, const char *args); // false: the end
	const char *help; // NULL: another spelling
	int key; // that does the same, where there is no run
};

extern const struct rd_command rd_commands[];
extern const unsigned rd_commands_count;

// The first command that begins like the line; *args is what stands behind it.
const struct rd_command *rd_command_of(const char *line, const char **args);
// Splits "[form] file [which]". False with why.
bool rd_command_files(const char *args, struct rd_save *save, const char **why);
// The line without blanks at its end.
const char *rd_command_trim(const char *line, char copy[RD_SHOW_TEXT]);
// What 'i', 'f', 'h', 'b' or 'y' (the pane's) a word of :copy means; 0: none.
int rd_command_copy(const char *word);
extern const char *const rd_command_copies[]; // these words, NULL at the end

// command_more.c, for the table.
bool rd_command_set(struct rd_view *v, struct rd_store *s, const char *args);
bool rd_command_map(struct rd_view *v, struct rd_store *s, const char *args);
bool rd_command_unmap(struct rd_view *v, struct rd_store *s, const char *args);
bool rd_command_places(struct rd_view *v, struct rd_store *s, const char *args);
bool rd_command_explain(struct rd_view *v, struct rd_store *s, const char *args);
bool rd_command_copy_it(struct rd_view *v, struct rd_store *s, const char *args);
bool rd_command_edit(struct rd_view *v, struct rd_store *s, const char *args);
