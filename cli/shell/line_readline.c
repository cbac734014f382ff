/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The line by GNU readline, or by libedit's functions of the same names (RD_LIBEDIT). readline is GPL-3: a program linked with
 * it may only be passed on under that licence; libedit is BSD. Nothing else of reddot includes either.
 */
#include "shell/line.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef RD_LIBEDIT
#include <editline/readline.h>
#include <poll.h>
#include <unistd.h>
#else
#include <readline/history.h>
#include <readline/readline.h>
#endif

#define HISTORY_LINES 1000

// The library has one line per process, so these are globals, too.
static const struct rd_line_calls *calls;
static char *typed; // the line that was ended
static enum rd_line_event event;
static bool editing;
static char prompt_text[256];

struct words { // candidates, as readline wants them
	char **v;
	size_t n, cap;
};

static void add_word(void *arg, const char *word)
{
	struct words *w = arg;

	if (w->n + 1 >= w->cap) {
		size_t cap = w->cap > 0 ? 2 * w->cap : 64;
		char **v = realloc(w->v, cap * sizeof(*v));

		if (v == NULL)
			return;
		w->v = v;
		w->cap = cap;
	}
	w->v[w->n++] = strdup(word);
}

static struct words found; // by this Tab
static size_t next_word;

static char *give_word(const char *start, int state)
{
	(void)start;
	(void)state;
	return next_word < found.n ? found.v[next_word++] : NULL; // readline frees it
}

static char *before_cursor(void)
{
	return strndup(rl_line_buffer, (size_t)rl_point);
}

static void show_help(const char *line)
{
	fputc('\n', stdout);
	calls->help(calls->arg, line);
	fflush(stdout);
	rl_on_new_line();
	rl_forced_update_display();
}

static bool ends_with(const char *s, char c)
{
	size_t len = s != NULL ? strlen(s) : 0;

	return len > 0 && s[len - 1] == c;
}

// Nothing to complete with: the same as ?, so that Tab always says something.
static char **complete(const char *word, int start, int end)
{
	char *line = before_cursor(), **matches = NULL;

	(void)end;
	rl_attempted_completion_over = 1;
	if (line == NULL)
		return NULL;
	memset(&found, 0, sizeof(found));
	next_word = 0;
	if (calls->complete(calls->arg, line, add_word, &found) == (size_t)start && found.n > 0)
		matches = rl_completion_matches(word, give_word);
	else if (found.n == 0)
		show_help(line);
	while (next_word < found.n) // not taken by readline
		free(found.v[next_word++]);
	rl_completion_append_character = matches != NULL && ends_with(matches[0], '/') ? '\0' : ' ';
	free(found.v);
	free(line);
	return matches;
}

static bool in_quotes(const char *line)
{
	bool in = false;

	for (; *line != '\0'; line++) {
		if (in && *line == '\\' && line[1] != '\0')
			line++;
		else
			in ^= *line == '"';
	}
	return in;
}

static void insert(int count, int key)
{
#ifdef RD_LIBEDIT
	(void)count;
	(void)key;
	rl_insert_text("?"); // its rl_insert() types the key again, which is ours
	rl_forced_update_display();
#else
	rl_insert(count, key);
#endif
}

static int question_mark(int count, int key)
{
	char *line = before_cursor();

	if (line == NULL || in_quotes(line)) {
		insert(count, key);
	} else {
		show_help(line);
	}
	free(line);
	return 0;
}

static void line_ended(char *line)
{
	typed = line;
	event = line != NULL ? RD_LINE_DONE : RD_LINE_EOF;
	rl_callback_handler_remove();
	editing = false;
}

void rd_line_open(const struct rd_line_calls *c)
{
	static char blanks[] = " \t\n";

	calls = c;
	rl_readline_name = "reddot"; // $if reddot in inputrc
	rl_catch_signals = 0; // the shell takes them
#ifndef RD_LIBEDIT
	rl_catch_sigwinch = 0;
	rl_change_environment = 0; // LINES and COLUMNS would outlive a resize
#endif
	rl_initialize();
	rl_attempted_completion_function = complete;
	rl_completer_word_break_characters = blanks; // names have colons, commas and slashes
	rl_add_defun("reddot-help", question_mark, '?');
	using_history();
	stifle_history(HISTORY_LINES);
}

void rd_line_begin(const char *prompt, int bold)
{
#ifdef RD_LIBEDIT
	(void)bold;
	snprintf(prompt_text, sizeof(prompt_text), "%s", prompt);
#else
	snprintf(prompt_text, sizeof(prompt_text), bold ? "\001\033[1m\002%s\001\033[0m\002" : "%s",
		prompt);
#endif
	event = RD_LINE_TYPING;
	editing = true;
	rl_callback_handler_install(prompt_text, line_ended);
}

#ifdef RD_LIBEDIT
// libedit takes the end of a terminal for a key that has not come yet.
static bool terminal_has_gone(void)
{
	struct pollfd p = {.fd = STDIN_FILENO};

	return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR | POLLNVAL));
}
#endif

enum rd_line_event rd_line_key(char **line)
{
#ifdef RD_LIBEDIT
	if (terminal_has_gone()) {
		line_ended(NULL);
		*line = NULL;
		return event;
	}
#endif
	rl_callback_read_char();
	*line = typed;
	typed = NULL;
	return event;
}

void rd_line_cancel(void)
{
#ifdef RD_LIBEDIT
	rl_callback_handler_remove(); // its functions that change the line do not show it
	fputc('\n', stdout);
	fflush(stdout);
	rl_callback_handler_install(prompt_text, line_ended);
#else
	rl_free_line_state(); // an argument or search that was begun
	rl_callback_sigcleanup();
	rl_replace_line("", 0);
	rl_point = 0;
	rl_crlf();
	rl_on_new_line();
	rl_redisplay();
#endif
}

void rd_line_end(void)
{
	if (editing)
		rl_callback_handler_remove();
	editing = false;
}

void rd_line_resized(void)
{
	rl_resize_terminal();
}

void rd_line_hide(void)
{
#ifdef RD_LIBEDIT
	fputs("\r\033[K", stdout);
#else
	rl_clear_visible_line();
#endif
	fflush(stdout);
}

void rd_line_show(void)
{
	fflush(stdout);
	rl_on_new_line();
	rl_forced_update_display();
}

void rd_line_remember(const char *line)
{
	add_history(line);
}
