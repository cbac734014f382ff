/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The terminal behind a command: cuts the output into lines, cleans them, gives them to the pager.
 */
#include "shell/screen.h"

#include "engine/clean.h"
#include "engine/lines.h"
#include "shell/pager.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TAB 8u

struct rd_screen {
	struct rd_pager pager;
	struct rd_lines lines;
	bool colour, clear;
	bool (*stopped)(void);
	size_t len; // of line
	char line[5 * RD_RECORD_MAX]; // cleaned: a byte becomes at most four
};

bool rd_colour_wanted(enum rd_colour mode, FILE *to)
{
	const char *no = getenv("NO_COLOR"), *force = getenv("CLICOLOR_FORCE"), *term;

	if (mode != RD_COLOUR_AUTO)
		return mode == RD_COLOUR_ALWAYS;
	if (no != NULL && *no != '\0')
		return false;
	if (force != NULL && *force != '\0' && strcmp(force, "0") != 0)
		return true;
	term = getenv("TERM");
	return isatty(fileno(to)) == 1 && term != NULL && strcmp(term, "dumb") != 0;
}

static void add(struct rd_screen *s, const char *text)
{
	size_t n = strlen(text);

	if (s->len + n >= sizeof(s->line))
		return;
	memcpy(s->line + s->len, text, n);
	s->len += n;
}

// One line without its newline, which is added when the line ends here.
static void put_line(struct rd_screen *s, const char *text, size_t len, bool head, bool ends)
{
	const char *end = text + len;
	unsigned columns = 0;

	s->len = 0;
	if (head && s->colour)
		add(s, "\033[1m");
	while (text < end) {
		char next[RD_CLEAN_MAX];

		if (*text == '\t') {
			text++;
			do
				add(s, " ");
			while (++columns % TAB != 0);
			continue;
		}
		columns += rd_clean_next(&text, end, next);
		add(s, next);
	}
	if (head && s->colour)
		add(s, "\033[0m");
	if (ends)
		add(s, "\n");
	rd_pager_put(&s->pager, s->line, s->len, columns);
}

static void put_record(void *arg, const char *text, size_t len, unsigned flags)
{
	struct rd_screen *s = arg;
	const char *end = text + len, *stop;

	do {
		text += text < end && *text == RD_MARK_NOTE;
		stop = memchr(text, '\n', (size_t)(end - text));
		put_line(s, text, (size_t)((stop != NULL ? stop : end) - text),
			flags & RD_RECORD_HEAD, stop != NULL || len < RD_RECORD_MAX);
		text = stop != NULL ? stop + 1 : end;
	} while (stop != NULL);
	s->lines.closed = s->pager.left;
}

static FILE *open_stream(void *arg, bool page, bool clear)
{
	struct rd_screen *s = arg;

	s->lines.each = put_record;
	s->lines.arg = s;
	s->lines.closed = false;
	rd_pager_begin(&s->pager, page);
	if (clear)
		fputs(s->clear ? "\033[H\033[2J" : "\n", s->pager.to);
	return rd_lines_open(&s->lines);
}

static bool close_stream(void *arg, FILE *stream)
{
	struct rd_screen *s = arg;

	fclose(stream);
	rd_pager_end(&s->pager);
	return s->pager.left;
}

static bool is_stopped(void *arg)
{
	struct rd_screen *s = arg;

	return s->stopped != NULL && s->stopped();
}

static bool pause_screen(void *arg, unsigned ms)
{
	struct rd_screen *s = arg;

	return rd_pager_pause(&s->pager, ms);
}

struct rd_screen *rd_screen_new(FILE *to, bool colour, bool (*stopped)(void))
{
	struct rd_screen *s = calloc(1, sizeof(*s));
	const char *term = getenv("TERM");

	if (s == NULL)
		return NULL;
	rd_pager_init(&s->pager, to);
	s->pager.stopped = stopped;
	s->colour = colour;
	s->clear = term != NULL && strcmp(term, "dumb") != 0 && isatty(fileno(to)) == 1;
	s->stopped = stopped;
	return s;
}

void rd_screen_free(struct rd_screen *s)
{
	free(s);
}

struct rd_cli_screen rd_screen_hooks(struct rd_screen *s)
{
	return (struct rd_cli_screen){open_stream, close_stream, is_stopped, pause_screen, s};
}
