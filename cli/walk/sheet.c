/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The sheets of keys, commands, settings, mapped keys and places, and how a sheet is drawn: long texts go on below. Pure.
 */
#include "walk/sheet.h"

#include "base/str.h"
#include "walk/keys.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LINES 128
#define NAME 15 // columns of a name, where it is no longer
#define TEXT 20 // least columns of a text beside it

static void put_map(const struct rd_key_map *map, struct rd_sheet_line *line)
{
	size_t len = 0;
	char name[16];

	rd_map_key_name(map->key, line->name, sizeof(line->name));
	rd_str_addf(line->text, sizeof(line->text), &len, "stands for ");
	for (unsigned i = 0; i < map->n; i++) {
		rd_map_key_name(map->stands_for[i], name, sizeof(name));
		rd_str_addf(line->text, sizeof(line->text), &len, "%s", name);
	}
}

static unsigned put_maps(
	const struct rd_view *v, const struct rd_store *s, struct rd_sheet_line *line, unsigned max)
{
	unsigned n = 0;

	(void)s;
	for (; n < v->maps && n < max; n++)
		put_map(&v->map[n], &line[n]);
	if (n == 0)
		snprintf(line[n++].text, sizeof(line->text),
			"no key has another meaning; :map KEY KEYS gives it one: :map <F9> :export w.html<Enter>");
	return n;
}

// Keys with another meaning, keys, commands.
static unsigned put_help(
	const struct rd_view *v, const struct rd_store *s, struct rd_sheet_line *line, unsigned max)
{
	unsigned n = v->maps > 0 ? put_maps(v, s, line, max) : 0;
	const char *name, *text;

	for (unsigned i = 0; n < max && rd_key_help(i, &name, &text); i++, n++) {
		snprintf(line[n].name, sizeof(line->name), "%s", name);
		snprintf(line[n].text, sizeof(line->text), "%s", text);
	}
	for (unsigned i = 0; n < max && rd_command_help(i, line[n].name, sizeof(line->name), &text);
		i++, n++)
		snprintf(line[n].text, sizeof(line->text), "%s", text);
	return n;
}

static unsigned put_settings(
	const struct rd_view *v, const struct rd_store *s, struct rd_sheet_line *line, unsigned max)
{
	const char *name, *help;
	unsigned n = 0;

	(void)s;
	for (; n < max && rd_setting_at(v, n, &name, line[n].name, sizeof(line->name), &help); n++)
		snprintf(line[n].text, sizeof(line->text), "%s", help);
	return n;
}

static unsigned put_places(
	const struct rd_view *v, const struct rd_store *s, struct rd_sheet_line *line, unsigned max)
{
	unsigned n = 0;

	for (unsigned i = 0; i < RD_PLACES && n < max; i++) {
		const struct rd_place *p = &v->place[i];
		const struct rd_wk *w = rd_store_walk(s, p->walk);
		char title[160] = "gone";

		if (p->walk == 0)
			continue;
		if (w != NULL)
			rd_wk_title(w, title, sizeof(title));
		snprintf(line[n].name, sizeof(line->name), "%c", 'a' + (int)i);
		snprintf(line[n++].text, sizeof(line->text), "walk %" PRIu64 " hop %u, %s: %s",
			p->walk, p->hop, rd_pane_name((unsigned)p->pane), title);
	}
	if (n == 0)
		snprintf(line[n++].text, sizeof(line->text),
			"no place is kept: m and a letter keep one");
	return n;
}

static const struct {
	const char *title;
	rd_sheet_fn fill;
} sheets[RD_SHEETS] = {
	[RD_SHEET_HELP] = {"keys and commands", put_help},
	[RD_SHEET_SETTINGS] = {"settings", put_settings},
	[RD_SHEET_MAPS] = {"keys with another meaning", put_maps},
	[RD_SHEET_PLACES] = {"places", put_places},
	[RD_SHEET_EXPLAIN] = {"explained", rd_sheet_explain},
	[RD_SHEET_TIMES] = {"times of this hop", rd_sheet_times},
};

void rd_sheet_lay(struct rd_view *v, enum rd_sheet sheet)
{
	v->sheet = sheet;
	v->help = 1;
}

// As many bytes of the text as go into a row, up to a blank where there is one.
static size_t part(const char *text, size_t width)
{
	size_t len = strlen(text), n = width;

	if (len <= width)
		return len;
	while (n > 0 && text[n] != ' ')
		n--;
	return n > 0 ? n : width;
}

struct column { // of a sheet's texts
	int left, room;
};

// Beside the name; below it where that leaves too little.
static struct column column_of(const struct rd_area *a, const struct rd_sheet_line *line)
{
	int name = (int)strlen(line->name) > NAME ? (int)strlen(line->name) : NAME;
	struct column c = {name + 2, a->cols - name - 2};

	if (c.room < TEXT)
		c = (struct column){5, a->cols > 5 ? a->cols - 5 : 1};
	return c;
}

// Draws a line from row `at` on; rows outside of [0, rows) are not drawn. Returns the row below it.
static int put_line(struct rd_grid *g, struct rd_area a, int at, const struct rd_sheet_line *line)
{
	struct column c = column_of(&a, line);
	const char *text = line->text;

	if (at >= 0 && at < a.rows)
		rd_grid_text(g, a.row + at, a.col + 1, a.cols - 1, RD_ATTR_BOLD, line->name);
	at += c.left <= NAME;
	do {
		size_t n = part(text, (size_t)c.room);

		if (at >= 0 && at < a.rows)
			rd_grid_printf(g, RD_SPAN(a.row + at, a.col + c.left, c.room), 0, "%.*s",
				(int)n, text);
		text += n;
		text += strspn(text, " ");
		at++;
	} while (*text != '\0');
	return at;
}

void rd_sheet_draw(
	const struct rd_view *v, const struct rd_store *s, struct rd_grid *g, struct rd_area a)
{
	struct rd_sheet_line *line = calloc(LINES, sizeof(*line));
	unsigned n = line != NULL ? sheets[v->sheet].fill(v, s, line, LINES) : 0;
	int rows = a.rows > 1 ? a.rows - 1 : 1, all = 0, pages, page, row;
	struct rd_area nowhere = {a.row, a.col, 0, a.cols};

	for (unsigned i = 0; i < n; i++)
		all = put_line(g, nowhere, all, &line[i]);
	pages = all > 0 ? (all + rows - 1) / rows : 1;
	page = (int)(v->help - 1) % pages;
	row = -page * rows;
	a.rows = rows;
	for (unsigned i = 0; i < n; i++)
		row = put_line(g, a, row, &line[i]);
	rd_grid_printf(g, RD_SPAN(a.row + rows, a.col + 1, a.cols - 1), RD_ATTR_DIM,
		"%s, page %d of %d: space turns it, another key ends it", sheets[v->sheet].title,
		page + 1, pages);
	free(line);
}
