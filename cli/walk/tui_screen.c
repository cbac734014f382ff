/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The terminal that the walk is shown on: whether it can, its colours, a frame. For tui.c.
 */
#include "walk/tui.h"

#include "walk/grid.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>

// Until an Esc alone is one: the rest of a key's sequence may come later, by a slow line above all.
#define ESC_MS 100

bool rd_tui_possible(void)
{
	char cup[] = "cup";
	int status;
	const char *move;
	bool possible;

	if (isatty(STDOUT_FILENO) != 1 || setupterm(NULL, STDOUT_FILENO, &status) != OK)
		return false;
	move = tigetstr(cup);
	possible = move != NULL && move != (char *)-1;
	del_curterm(cur_term);
	return possible;
}

bool rd_tui_set_up(bool *utf8)
{
	const char *no = getenv("NO_COLOR");
	bool colour;

	raw();
	noecho();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	if (getenv("ESCDELAY") == NULL) // else the library has heeded it
		set_escdelay(ESC_MS);
	mouseinterval(0);
	curs_set(0);
	colour = has_colors() && (no == NULL || *no == '\0');
	*utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	if (!colour)
		return false;
	start_color();
	use_default_colors();
	for (short i = 0; i < 2; i++) { // yellow can't be read on white
		init_pair((short)(3 * i + 1), COLOR_RED, -1);
		init_pair((short)(3 * i + 2), i == RD_THEME_DARK ? COLOR_GREEN : COLOR_BLUE, -1);
		init_pair(
			(short)(3 * i + 3), i == RD_THEME_DARK ? COLOR_YELLOW : COLOR_MAGENTA, -1);
	}
	return true;
}

// What colours tell is told by signs, too; without colours red and bold, which is the dot, is reverse.
static attr_t attributes(enum rd_theme theme, unsigned attr)
{
	int first = theme == RD_THEME_LIGHT ? 4 : 1;
	attr_t a = 0;

	if (attr & RD_ATTR_BOLD)
		a |= A_BOLD;
	if (attr & RD_ATTR_REVERSE)
		a |= A_REVERSE;
	if (attr & RD_ATTR_DIM)
		a |= A_DIM;
	if (attr & RD_ATTR_FOUND)
		a |= A_BOLD | A_UNDERLINE;
	if (theme == RD_THEME_NONE)
		return attr & RD_ATTR_RED && attr & RD_ATTR_BOLD ? a | A_REVERSE : a;
	if (attr & RD_ATTR_RED)
		a |= (attr_t)COLOR_PAIR(first);
	else if (attr & RD_ATTR_GREEN)
		a |= (attr_t)COLOR_PAIR(first + 1);
	else if (attr & RD_ATTR_YELLOW)
		a |= (attr_t)COLOR_PAIR(first + 2);
	return a;
}

void rd_tui_show(enum rd_theme theme, const struct rd_grid *g)
{
	erase();
	for (int i = 0; i < g->rows * g->cols; i++) {
		if (g->cell[i].text[0] == '\0')
			continue;
		attrset((int)attributes(theme, g->cell[i].attr));
		mvaddstr(i / g->cols, i % g->cols, g->cell[i].text);
	}
	refresh();
}

// The Linux console and terminals of before would print it.
bool rd_tui_copies(void)
{
	static const char *const none[] = {"linux", "vt", "dumb", "ansi", "sun", "wy"};
	const char *name = termname();

	for (unsigned i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (strncmp(name, none[i], strlen(none[i])) == 0)
			return false;
	return true;
}
