/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a person types in the full-screen walk: commands behind a colon with completion and history, marks, search, two panes side by
 * side, the help's pages.
 */
#include "walk_world.h"

#include "walk/export.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// Ethernet, IPv4, UDP 1000 > 53 and the payload "secret?!".
#define FRAME(host)                                             \
	"020000000002020000000001080045000024000000004011" host \
	"0a0000010a00000203e8003500100000736563726574"          \
	"3f21"

static const struct hop hops[] = {
	{1, 1000, "uplink_rx", "arm/up", FRAME("26c6"), ""},
	{1, 2000, "dfw_in", "arm/g", FRAME("26c6"), ",\"rule\":1041"},
	{1, 3000, "vnic_tx", "x86/g", FRAME("26c7"), ",\"verdict\":\"delivered\""},
	{2, 4000, "uplink_rx", "arm/up", FRAME("26c6"), ""},
	{2, 5000, "drop", "arm/g", FRAME("26c6"),
		",\"verdict\":\"drop\",\"reason\":\"DFW_RULE_DENY\",\"rule\":1042"},
	{3, 6000, "uplink_rx", "arm/up", FRAME("26c6"), ""},
	{3, 7000, "vnic_tx", "x86/g", FRAME("26c6"), ",\"verdict\":\"delivered\""},
};

static int secrets(void **state)
{
	(void)state;
	return fill_with(hops, sizeof(hops) / sizeof(hops[0]), 50);
}

// On a small screen.
static bool shows(const char *text)
{
	return has_at(24, 80, text, 0);
}

static void commands(void **state)
{
	(void)state;
	type(":goto 1\r");
	assert_int_equal(view.walk, 1);
	type(":2\r");
	assert_int_equal(view.walk, 2);
	type(":99\r");
	assert_int_equal(view.walk, 2);
	assert_string_equal(view.notice, "there is no walk 99");
	type(":g 1\r:hop 2\r");
	assert_true(view.walk == 1 && view.hop == 2);
	type(":h 3\r");
	assert_string_equal(view.notice, "this walk has no hop 3");
	type(":pane ladder\r");
	assert_int_equal(view.pane, RD_PANE_LADDER);
	type(":filter rule 1042\r");
	assert_int_equal(store.shown, 1);
	assert_int_equal(view.walk, 2);
	assert_true(shows("1 of 3 walks fit: rule 1042"));
	type(":1\r");
	assert_string_equal(view.notice, "walk 1 does not fit: rule 1042");
	assert_true(shows(" shown 1  walks 3 "));
	type(":all\r");
	assert_int_equal(store.shown, 3);
	type(":capture tcp\r");
	assert_non_null(strstr(view.notice, "only in a live walk"));
	type(":mouse\r");
	assert_true(view.mouse_off);
	type(":pause\r:follow\r:recent\r");
	assert_true(view.paused && view.follow);
	assert_int_equal(view.want, 0); // a file has no drop ring
	view.live = true;
	type(":recent\r");
	assert_int_equal(view.want, RD_WANT_RECENT);
	type(":mirror 192.0.2.9\r");
	assert_int_equal(view.prompt, RD_PROMPT_RUN);
	assert_non_null(strstr(view.command[0], " to 192.0.2.9 lifetime"));
	assert_true(rd_view_key(&view, &store, 0x1b));
	type(":mirror 192.0.2.\r");
	assert_string_equal(view.notice, "a collector's address is expected: 192.0.2.");
	type(":q");
	assert_false(rd_view_key(&view, &store, '\r'));
}

static void commands_that_are_none(void **state)
{
	static const char *const lines[] = {"nonsense", "goto x", "goto", "pause now",
		"pane nowhere", "filter stage nowhere", "export", "export html", "export x.doc",
		"export html w.html some"};
	char row[256];

	(void)state;
	for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		type(":\025");
		type(lines[i]);
		type("\r"); // it stays
		assert_int_equal(view.prompt, RD_PROMPT_COMMAND);
		assert_string_equal(view.line, lines[i]);
		assert_int_equal(view.want, 0);
		snprintf(row, sizeof(row), ":%s_", lines[i]);
		assert_true(shows(row));
		assert_false(shows("[ok]"));
		assert_true(rd_view_key(&view, &store, 0x1b));
	}
	type(":filter stage nowhere");
	assert_true(shows(" command [!!] :filter stage nowhere_"));
	assert_true(has_at(24, 80, "v there is no such stage", 15 + (int)strlen("filter stage ")));
	type("\025\010\010"); // backspace in an empty line ends it
	rd_view_key(&view, &store, RD_KEY_BACKSPACE);
	assert_int_equal(view.prompt, RD_PROMPT_NONE);
}

static void saving(void **state)
{
	(void)state;
	type(":export html /tmp/a.x\r");
	assert_int_equal(view.want, RD_WANT_SAVE);
	assert_true(view.save.form == RD_EXPORT_HTML && view.save.which == RD_WHICH_CHOSEN);
	assert_string_equal(view.save.path, "/tmp/a.x");
	type(":w b.pcapng shown\r");
	assert_true(view.save.form == RD_EXPORT_PCAPNG && view.save.which == RD_WHICH_SHOWN);
	view.want = 0;
	type(":ex b.json marked\r");
	assert_int_equal(view.want, 0);
	assert_string_equal(view.notice, "no walk is marked: space marks one");
	type("W"); // neither has that
	assert_int_equal(view.prompt, RD_PROMPT_NONE);
	type(" W\025all.dot\r");
	assert_true(view.want == RD_WANT_SAVE && view.save.which == RD_WHICH_MARKED);
	assert_string_equal(view.save.path, "all.dot");
}

static void completion_and_history(void **state)
{
	(void)state;
	type(":expo\t");
	assert_string_equal(view.line, "export ");
	type("pca\t");
	assert_string_equal(view.line, "export pcapng ");
	type("f s\t");
	assert_string_equal(view.line, "export pcapng f shown ");
	type("\025pane h\t");
	assert_string_equal(view.line, "pane H");
	assert_true(shows(" Hops  Hex"));
	type("o\t\r");
	assert_int_equal(view.pane, RD_PANE_HOPS);
	type(":filter ver\tdel\tand st\tvni\t");
	assert_string_equal(view.line, "filter verdict delivered and stage vnic_");
	type("t\t\r");
	assert_int_equal(store.shown, 2);
	type(":zzz\t");
	assert_string_equal(view.hint, "nothing to complete here");
	type("\025");
	rd_view_key(&view, &store, RD_KEY_UP);
	assert_string_equal(view.line, "filter verdict delivered and stage vnic_tx ");
	rd_view_key(&view, &store, RD_KEY_UP);
	rd_view_key(&view, &store, RD_KEY_UP); // there is no older one
	assert_string_equal(view.line, "pane Hops ");
	rd_view_key(&view, &store, RD_KEY_DOWN);
	rd_view_key(&view, &store, RD_KEY_DOWN);
	assert_string_equal(view.line, "");
	type("a b  \027");
	assert_string_equal(view.line, "a ");
	rd_view_key(&view, &store, 0x1b);
	for (unsigned i = 0; i < 3 * RD_PAST; i++) {
		char line[16];

		snprintf(line, sizeof(line), ":hop %u\r", i % 7);
		type(line);
	}
	assert_int_equal(view.past[RD_PROMPT_COMMAND].n, RD_PAST);
}

static void marks(void **state)
{
	(void)state;
	type(" ");
	assert_true(shows(">    3*00:"));
	assert_true(shows(" marked 1  walks 3 "));
	type("jj ");
	assert_int_equal(view.walk, 1);
	assert_int_equal(store.marked, 2);
	type("]"); // down the list, and round its end
	assert_int_equal(view.walk, 3);
	type("]");
	assert_int_equal(view.walk, 1);
	type("[");
	assert_int_equal(view.walk, 3);
	type("*");
	assert_int_equal(store.shown, 2);
	assert_string_equal(view.filter, "mark");
	type(" "); // it is not shown any more
	assert_int_equal(store.shown, 1);
	assert_false(shows("    3 "));
	assert_int_equal(view.walk, 1);
	type("*");
	assert_int_equal(store.shown, 3);
	type(":filter walk 2\r]");
	assert_string_equal(view.notice, "the marked walk 1 does not fit: walk 2");
	type(":unmark all\r:all\r]");
	assert_int_equal(store.marked, 0);
	assert_string_equal(view.notice, "no walk is marked: space marks one");
}

static void search(void **state)
{
	(void)state;
	type("n");
	assert_non_null(strstr(view.notice, "F3 or :find TEXT"));
	type(":find dropped\r");
	assert_int_equal(view.walk, 2);
	type(":find DELIVERED\r");
	assert_int_equal(view.walk, 1);
	type("n");
	assert_int_equal(view.walk, 3);
	type("N");
	assert_int_equal(view.walk, 1);
	type("2:find rule 1041\r");
	assert_int_equal(view.hop, 1);
	rd_view_key(&view, &store, RD_KEY_F0 + 3);
	type("x86\r");
	assert_int_equal(view.hop, 2);
	type("3:find csum\r"); // only the last hop changed it
	assert_int_equal(view.hop, 2);
	type(":find nowhere\r");
	assert_string_equal(view.notice, "not found: nowhere");
	type(":1\r4:hop 0\r:find ecre\r");
	assert_int_equal(view.hop, 0);
	assert_int_equal(view.found, 1 + 43);
	type("n");
	assert_true(view.hop == 1 && view.found == 1 + 43);
	type(":find 26 c7\r"); // bytes, in the last hop only
	assert_true(view.hop == 2 && view.found == 1 + 24);
	type(":find 0x0a0000\rn"); // twice in a hop
	assert_true(view.hop == 2 && view.found == 1 + 30);
	type("n");
	assert_true(view.hop == 0 && view.found == 1 + 26);
	type("N");
	assert_true(view.hop == 2 && view.found == 1 + 30);
	assert_true(has_at(12, 44, "0018", 0)); // the row is in sight
	type("7n");
	assert_string_equal(view.notice, "panes 1 to 4 can be searched");
}

static void bytes_that_are_searched(void **state)
{
	uint8_t out[RD_SHOW_TEXT];

	(void)state;
	assert_int_equal(rd_find_bytes("0xdeadBEEF", out), 4);
	assert_memory_equal(out, "\xde\xad\xbe\xef", 4);
	assert_int_equal(rd_find_bytes("de ad", out), 2);
	assert_int_equal(rd_find_bytes("de:ad:be", out), 3);
	assert_int_equal(rd_find_bytes("dead", out), 4); // text
	assert_memory_equal(out, "dead", 4);
	assert_int_equal(rd_find_bytes("0xabc", out), 5); // half a byte: text
	assert_int_equal(rd_find_bytes("de ax", out), 5);
}

static void splits(void **state)
{
	(void)state;
	type("2");
	type("|");
	assert_true(view.split && view.pane == RD_PANE_HOPS && view.beside == RD_PANE_WALKS);
	assert_true(shows(">- Hops ------"));
	assert_true(has_at(24, 80, "- Walks ------", 40));
	type("4"); // in the place of the first one
	assert_true(shows(">- Hex -----") && has_at(24, 80, "- Walks ----", 40));
	type("\027"); // to the other one
	assert_true(view.pane == RD_PANE_WALKS && view.right);
	assert_true(has_at(24, 80, ">- Walks ----", 40) && shows("-- Hex -----"));
	type("j"); // which is what keys are for now
	assert_int_equal(view.walk, 2);
	assert_true(has_at(24, 60, "PACKET", 0)); // no room for two
	assert_false(has_at(24, 60, "Hex ---", 0));
	type("\\");
	assert_false(shows("- Hex -----"));
	type("\\");
	assert_true(shows("- Hex -----"));
	type(":split ladder\r");
	assert_true(has_at(50, 130, "- Ladder ---", 0) && has_at(50, 130, "- Walks ---", 60));
	type("|");
	assert_false(view.split);
	type("2\\"); // zoom: the hops without the diff below
	assert_false(shows("- Diff ---"));
	type("qq");
	assert_true(shows("- Walks ---") && view.pane == RD_PANE_WALKS);
}

static void help_has_pages(void **state)
{
	(void)state;
	type("?");
	assert_true(shows("keys and commands, page 1 of 4: space turns it"));
	assert_true(shows("j k, arrows"));
	assert_false(shows(":goto N"));
	type("   ");
	assert_true(shows("page 4 of 4"));
	assert_true(shows(":quit"));
	type(" "); // round
	assert_true(shows("j k, arrows"));
	type("x");
	assert_int_equal(view.help, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(commands, secrets, empty),
		cmocka_unit_test_setup_teardown(commands_that_are_none, secrets, empty),
		cmocka_unit_test_setup_teardown(saving, secrets, empty),
		cmocka_unit_test_setup_teardown(completion_and_history, secrets, empty),
		cmocka_unit_test_setup_teardown(marks, secrets, empty),
		cmocka_unit_test_setup_teardown(search, secrets, empty),
		cmocka_unit_test(bytes_that_are_searched),
		cmocka_unit_test_setup_teardown(splits, secrets, empty),
		cmocka_unit_test_setup_teardown(help_has_pages, secrets, empty),
	};

	setenv("TZ", "UTC", 1);
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
