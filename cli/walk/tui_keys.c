/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the terminal sends, as the view's keys.
 */
#include "walk/tui.h"

#include "walk/view.h"

#include <curses.h>

int rd_tui_key(int key)
{
	static const struct {
		int curses, ours;
	} map[] = {{KEY_UP, RD_KEY_UP}, {KEY_DOWN, RD_KEY_DOWN}, {KEY_LEFT, RD_KEY_LEFT},
		{KEY_RIGHT, RD_KEY_RIGHT}, {KEY_PPAGE, RD_KEY_PAGE_UP},
		{KEY_NPAGE, RD_KEY_PAGE_DOWN}, {KEY_HOME, RD_KEY_HOME}, {KEY_END, RD_KEY_END},
		{KEY_BACKSPACE, RD_KEY_BACKSPACE}, {0x7f, RD_KEY_BACKSPACE},
		{'\b', RD_KEY_BACKSPACE}, {KEY_ENTER, '\r'}};

	for (unsigned i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (map[i].curses == key)
			return map[i].ours;
	if (key >= KEY_F(1) && key <= KEY_F(12))
		return RD_KEY_F0 + (key - KEY_F0);
	return key < 0x100 ? key : 0;
}

bool rd_tui_drop_sequence(void)
{
	int key = getch();

	if (key != '[' && key != 'O') {
		if (key != ERR)
			ungetch(key);
		return false;
	}
	while ((key = getch()) != ERR && (key < 0x40 || key > 0x7e))
		;
	return true;
}
