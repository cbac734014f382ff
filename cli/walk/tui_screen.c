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
	set_escdelay(25);
	mouseinterval(0);
	curs_set(0);
	colour = has_colors() && (no == NULL || *no == '\0');
	*utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	if (!colour)
		return false;
	start_color();
	use_default_colors();
	init_pair(1, COLOR_RED, -1);
	init_pair(2, COLOR_GREEN, -1);
	init_pair(3, COLOR_YELLOW, -1);
	return true;
}

// What colours tell is told by signs, too; without colours red and bold, which is the dot, is reverse.
static attr_t attributes(bool colour, unsigned attr)
{
	attr_t a = 0;

	if (attr & RD_ATTR_BOLD)
		a |= A_BOLD;
	if (attr & RD_ATTR_REVERSE)
		a |= A_REVERSE;
	if (attr & RD_ATTR_DIM)
		a |= A_DIM;
	if (attr & RD_ATTR_FOUND)
		a |= A_BOLD | A_UNDERLINE;
	if (!colour)
		return attr & RD_ATTR_RED && attr & RD_ATTR_BOLD ? a | A_REVERSE : a;
	if (attr & RD_ATTR_RED)
		a |= (attr_t)COLOR_PAIR(1);
	else if (attr & RD_ATTR_GREEN)
		a |= (attr_t)COLOR_PAIR(2);
	else if (attr & RD_ATTR_YELLOW)
		a |= (attr_t)COLOR_PAIR(3);
	return a;
}

void rd_tui_show(bool colour, const struct rd_grid *g)
{
	erase();
	for (int i = 0; i < g->rows * g->cols; i++) {
		if (g->cell[i].text[0] == '\0')
			continue;
		attrset((int)attributes(colour, g->cell[i].attr));
		mvaddstr(i / g->cols, i % g->cols, g->cell[i].text);
	}
	refresh();
}
