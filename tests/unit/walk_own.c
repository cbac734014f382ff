/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commands that make the full-screen walk a person's own: mapped keys and settings.
 */
#include "walk_world.h"

#include "walk/rc.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void maps(void **state)
{
	(void)state;
	type(":map x 2l\r"); // x: its own meaning is another one
	type("x");
	assert_true(view.pane == RD_PANE_HOPS && view.hop == 1);
	type(":map <F9> :goto 1<Enter>ma\r");
	assert_true(rd_view_key(&view, &store, RD_KEY_F0 + 9));
	assert_true(view.walk == 1 && view.place[0].walk == 1);
	type(":map j j\r1"); // no loop
	type(":2\rj");
	assert_int_equal(view.walk, 1);
	type(":map <C-x> <lt><Space><Esc>\r:map\r");
	assert_true(has("<F9>            stands for :goto<Space>1<Enter>ma"));
	assert_true(has("<C-x>           stands for <lt><Space><Esc>"));
	type("q?");
	assert_true(has("<F9>            stands for :goto<Space>1<Enter>ma"));
	type("q:unmap <F9>\r");
	assert_int_equal(view.maps, 3);
	assert_true(rd_view_key(&view, &store, RD_KEY_F0 + 9)); // nothing
	type(":unmap <F9>\r");
	assert_string_equal(view.notice, "no such key has another meaning; :map lists them");
	type(":map Q :quit<Enter>\r");
	assert_false(rd_view_key(&view, &store, 'Q'));
	assert_false(view.mapped);
}

static void maps_that_are_none(void **state)
{
	static const char *const lines[] = {"map x", "map <F13> j", "map <nokey> j", "map xy j",
		"map x <nokey>", "map <C-c> j", "map x <", "unmap", "unmap xy", "set nothing",
		"set mouse=1", "set speed", "set speed=4", "set speed=-4", "set speed=x",
		"set speed=1x", "set colours=pink", "set nospeed", "set nonomouse",
		"explain nothing", "copy all", "edit"};
	char many[RD_MAP_KEYS + 8];
	struct rd_key_map map;
	const char *why;

	(void)state;
	for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		type(":\025");
		type(lines[i]);
		type("\r"); // it stays
		assert_int_equal(view.prompt, RD_PROMPT_COMMAND);
		assert_string_equal(view.line, lines[i]);
		assert_false(has("[ok]"));
		assert_true(rd_view_key(&view, &store, 0x1b));
	}
	snprintf(many, sizeof(many), "x %0*d", RD_MAP_KEYS + 1, 7);
	assert_false(rd_map_parse(many, &map, &why));
	assert_string_equal(why, "too many keys");
	for (int c = '!'; c < '!' + RD_MAPS + 1; c++) {
		char text[8];

		snprintf(text, sizeof(text), c == '<' ? "<lt> j" : "%c j", c);
		assert_true(rd_map_parse(text, &map, &why));
		assert_int_equal(rd_map_add(&view, &map), c < '!' + RD_MAPS);
	}
}

static void settings(void **state)
{
	(void)state;
	type(":set nomouse\r");
	assert_true(view.mouse_off);
	assert_string_equal(view.notice, "nomouse");
	type(":set mouse!\r");
	assert_false(view.mouse_off);
	type(":set mouse?\r");
	assert_string_equal(view.notice, "mouse");
	type(":set pause\r:set follow\r:set nofollow\r:set zoom!\r");
	assert_true(view.paused && !view.follow && view.zoom);
	type(":set speed=-3\r");
	assert_int_equal(view.speed, -3);
	type(":set share=20\r:set time=absolute\r:set colours=light\r");
	assert_true(view.share == 20 && view.absolute == 1 && view.theme == RD_THEME_LIGHT);
	type(":set colours?\r");
	assert_string_equal(view.notice, "colours=light");
	type("c");
	assert_true(view.theme == RD_THEME_NONE);
	view.mono = true;
	type("c");
	assert_non_null(strstr(view.notice, "NO_COLOR"));
	type(":set nom\t");
	assert_string_equal(view.line, "set nomouse ");
	type("\025set colours=\t");
	assert_true(has("colours=dark  colours=light  colours=none"));
	type("\025set\r");
	assert_true(has("speed=-3") && has("time=absolute") && has("colours=dark"));
}

static void lines_of_the_file(void **state)
{
	static const char *const bad[] = {"quit", "set", "map", "export x.html", "set nothing",
		"map x", ":edit /x", "nonsense", "mark"};
	struct rd_show_err why;

	(void)state;
	assert_true(rd_rc_line(&view, &store, "", &why));
	assert_true(rd_rc_line(&view, &store, "  # set nomouse", &why));
	assert_false(view.mouse_off);
	assert_true(rd_rc_line(&view, &store, "set nomouse", &why));
	assert_true(rd_rc_line(&view, &store, "\t:map <F9> :goto 1<Enter>", &why));
	assert_true(view.mouse_off && view.maps == 1);
	assert_string_equal(view.notice, "");
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why = (struct rd_show_err){0};
		assert_false(rd_rc_line(&view, &store, bad[i], &why));
		assert_string_not_equal(why.what, "");
	}
	assert_true(view.maps == 1 && view.want == 0 && view.help == 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fill, empty)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(maps), T(maps_that_are_none), T(settings), T(lines_of_the_file)};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
