/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a typed line is worth and does: between prompt.c, prompt_line.c and command.c.
 */
#pragma once

#include "walk/panes.h"

enum rd_worth {
	RD_WORTH_EMPTY,
	RD_WORTH_GOOD,
	RD_WORTH_MORE, // something is missing, or can't be known here
	RD_WORTH_BAD
};

// why->what: what is wrong or missing, and where; "" where there is nothing to say.
enum rd_worth rd_prompt_worth(enum rd_prompt prompt, const char *line, struct rd_show_err *why);
enum rd_worth rd_command_worth(const char *line, struct rd_show_err *why);
// False: the walk ends.
bool rd_prompt_enter(struct rd_view *v, struct rd_store *s);
bool rd_command_run(struct rd_view *v, struct rd_store *s, const char *line);
// As rd_show_complete().
size_t rd_command_complete(const struct rd_store *s, const char *text,
	void (*each)(void *arg, const char *word), void *arg);

// The i-th command for the help: false behind the last.
bool rd_command_help(unsigned i, char *name, size_t size, const char **text);

void rd_prompt_filter(struct rd_view *v, struct rd_store *s, const char *expression);
void rd_prompt_find(struct rd_view *v, const struct rd_store *s, const char *text);
void rd_prompt_mirror(struct rd_view *v, const struct rd_wk *w); // to the address in v->line
