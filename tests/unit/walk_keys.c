/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Keys of the full-screen walk: places, copies, hops that are compared, sheets, the question before the end. And many keys at random.
 */
#include "walk_world.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void places(void **state)
{
	(void)state;
	type("''");
	assert_string_equal(view.notice, "there was no jump yet");
	type("2l");
	type("m");
	assert_true(has("keep this place: a letter from a to z"));
	type("a");
	assert_string_equal(view.notice, "place a: walk 3, hop 1");
	type("1:1\r3mb");
	assert_true(view.walk == 1 && view.pane == RD_PANE_DIFF);
	type("'a");
	assert_true(view.walk == 3 && view.hop == 1 && view.pane == RD_PANE_HOPS);
	type("''"); // back, and again
	assert_true(view.walk == 1 && view.hop == 0 && view.pane == RD_PANE_DIFF);
	type("''");
	assert_true(view.walk == 3 && view.hop == 1);
	type("'x");
	assert_string_equal(view.notice, "there is no place x: mx keeps one");
	type("m7");
	assert_string_equal(view.notice, "a place is a letter from a to z");
	type("'7");
	assert_string_equal(view.notice, "a place is a letter from a to z");
	type("m\x1b"); // thought better of
	assert_int_equal(view.awaits, 0);
	type(":places\r");
	assert_true(has("walk 1 hop 0, Diff: 10.0.0.1:1000 > 10.0.0.2:53 udp"));
	type("q:filter walk 1\r'a");
	assert_string_equal(view.notice, "walk 3 does not fit: walk 1");
	rd_store_clear(&store);
	type(":all\r'a");
	assert_string_equal(view.notice, "walk 3 is gone");
}

// RFC 4648, section 10, in the terminal's brackets.
static void the_terminals_bytes(void **state)
{
	static const char *const vectors[][2] = {{"", ""}, {"f", "Zg=="},
		{"f"
		 "o",
			"Zm8="},
		{"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"}, {"\xff\xfe\xfd", "//79"}};
	char out[RD_COPY_SEQUENCE], want[64], text[3 * RD_COPY_TEXT];
	size_t len;

	(void)state;
	for (unsigned i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		snprintf(want, sizeof(want), "\033]52;c;%s\a", vectors[i][1]);
		assert_int_equal(rd_copy_sequence(vectors[i][0], out), strlen(want));
		assert_string_equal(out, want);
	}
	memset(text, '\033', sizeof(text) - 1); // more than may be copied, and hostile
	text[sizeof(text) - 1] = '\0';
	len = rd_copy_sequence(text, out);
	assert_int_equal(len, strlen(out));
	assert_int_equal(strlen(out), 7 + (RD_COPY_TEXT - 1 + 2) / 3 * 4 + 1);
	assert_int_equal(
		strspn(out + 7,
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="),
		strlen(out) - 8);
	assert_int_equal(out[strlen(out) - 1], '\a');
}

static void copies(void **state)
{
	(void)state;
	type("yi");
	assert_int_equal(view.want, RD_WANT_COPY);
	assert_string_equal(view.copy, "73");
	view.want = 0;
	type("yf");
	assert_string_equal(view.notice, "no filter is in force");
	type("yx");
	assert_string_equal(view.notice, "y is followed by i, f, h, b or y");
	assert_int_equal(view.want, 0);
	type(":filter rule 1042\r:copy filter\r");
	assert_string_equal(view.copy, "rule 1042");
	type("2lyy"); // the pane of hops; its port's name is hostile
	assert_string_equal(view.copy,
		"packet 72 hop 1 drop@arm/\\x1b]0;g\\x07 0.100 us 46 B DROPPED DFW_RULE_DENY rule 1042 ");
	type("4yy");
	assert_memory_equal(view.copy, "02 00 00 00 00 02 02 00", 23);
	assert_int_equal(strlen(view.copy), 3 * rd_store_walk(&store, 2)->hop[1].caplen - 1);
	type(":copy bytes now\r"); // it stays
	assert_int_equal(view.prompt, RD_PROMPT_COMMAND);
	type("\025copy b\t\r");
	assert_int_equal(view.prompt, RD_PROMPT_NONE);
}

static void panes_share_the_width(void **state)
{
	(void)state;
	type("<");
	assert_string_equal(view.notice, "| puts two panes side by side");
	type("2|>>");
	assert_int_equal(view.share, 10);
	type("<<<<<<<<<<<<<<<<<<<<");
	assert_int_equal(view.share, -RD_SHARE_MAX);
	assert_true(has(">- Hops --"));
}

static void hops_are_compared(void **state)
{
	(void)state;
	type("3l="); // walk 3 hop 1
	assert_true(has("panes 3 and 4 compare with hop 1 of walk 3"));
	assert_true(has(" hop 1 dfw_in is the one that others are compared with"));
	type("l");
	assert_true(has(" hop 1 dfw_in > hop 2 vnic_tx   - removed"));
	type("h1:1\r3:hop 2\r");
	assert_true(has(" walk 3 hop 1 dfw_in > walk 1 hop 2 vnic_tx   - removed"));
	assert_true(has(" ~ ipv4 ttl"));
	type("4");
	assert_true(has(" bytes of hop 1 of walk 3 > hop 2"));
	type("==");
	assert_int_equal(view.base.walk, 0);
	assert_true(has(" bytes of hop 1 > hop 2"));
	type(":compare\r");
	assert_int_equal(view.base.walk, 1);
	rd_store_clear(&store); // what it was compared with is gone
	assert_false(has("bytes of hop"));
}

static void changes_one_after_the_other(void **state)
{
	(void)state;
	type("3n");
	assert_int_equal(view.hop, 2); // the only one that changed a byte
	type("n");
	assert_int_equal(view.hop, 2);
	type(":2\rn");
	assert_string_equal(view.notice, "not found: a change");
}

static void same_path(void **state)
{
	(void)state;
	type("P");
	assert_int_equal(store.shown, 2);
	assert_true(rd_store_walk(&store, 1)->shown && rd_store_walk(&store, 3)->shown);
	type("P");
	assert_int_equal(store.shown, 3);
}

static void sheets(void **state)
{
	(void)state;
	type("2:2\rlK");
	assert_true(has("1 of walk 2: drop@arm/\\x1b]0;g\\x07 DROPPED DFW_RULE_DENY rule 1042"));
	assert_true(has("reason          DFW_RULE_DENY"));
	assert_true(has("what            the packet dies: reason, stage and rule are recorded"));
	type("q:explain L3_TTL\r");
	assert_true(has("reason          L3_TTL") && has("stage           route"));
	type("q:explain rou\t\r");
	assert_true(has("stage           route") && has("L3_MTU")); // below, in a list that goes on
	type("q:3\r2lL");
	assert_true(has("at arm/g: ns since the hop before, 2 times"));
	assert_true(has("below 512 ns    ############################## 1"));
	assert_true(has("below 1024 ns   ############################## 1"));
	type("qhL");
	assert_true(has("a hop behind the first one has a time"));
	type("q");
	assert_int_equal(view.help, 0);
}

static void the_end(void **state)
{
	(void)state;
	type("2q");
	assert_int_equal(view.pane, RD_PANE_WALKS);
	type("q");
	assert_true(has("end the walk? q, y or Enter ends it, another key stays"));
	type("n");
	assert_false(has("end the walk?"));
	assert_int_equal(view.find[0], 0); // the key did nothing else
	type("q");
	assert_false(rd_view_key(&view, &store, 'q'));
	type("Zq"); // not twice
	type("Z");
	assert_false(rd_view_key(&view, &store, 'Z'));
	type("m");
	assert_false(rd_view_key(&view, &store, 0x03));
	type("\x1b\x1b"); // at the top, nothing
}

static void plays_where_all_is_read(void **state)
{
	(void)state;
	type("p");
	assert_true(view.paused && !view.playing);
	type("p");
	view.ended = true;
	type("p");
	assert_true(!view.paused && view.playing);
	type("p.");
	assert_true(view.playing);
	rd_view_tick(&view, &store, true);
	assert_int_equal(view.hop, 1);
}

static void another_file(void **state)
{
	(void)state;
	type(":edit a b.pcapng\r");
	assert_int_equal(view.want, RD_WANT_OPEN);
	assert_string_equal(view.open, "a b.pcapng");
	view.want = 0;
	type(":e -\r");
	assert_string_equal(view.notice, "standard input can't be read from here");
	assert_int_equal(view.want, 0);
	type("ma=:filter rule 1042\r");
	view.live = true;
	rd_store_clear(&store);
	assert_int_equal(store.shown, 0);
	rd_view_renew(&view, "FILE y");
	assert_true(has("reddot walk  FILE y") && has("waiting for packets"));
	assert_true(!view.live && view.place[0].walk == 0 && view.base.walk == 0 && view.walk == 0);
	assert_string_equal(view.filter, "rule 1042");
}

// Whatever is typed, also into prompts, with mapped keys, at any size.
static void random_keys(void **state)
{
	static const char *const words[] = {":map x :2<Enter>ma", ":map y x", ":set share=-30\r",
		":explain route\r", ":filter rule\r", ":edit ", "4:find 00 02\r", ":split hex\r",
		":unmap "};
	unsigned seed = 1;
	struct rd_grid g;

	(void)state;
	for (unsigned i = 0; i < 30000; i++) {
		int key = rand_r(&seed) % 5 == 0 ? rand_r(&seed) % 0x220 : ' ' + rand_r(&seed) % 95;

		if (key != 0x03 && !rd_view_key(&view, &store, key))
			view.awaits = 0; // it would have ended
		if (i % 50 == 0)
			for (const char *p = words[rand_r(&seed) % 9]; *p != '\0'; p++)
				rd_view_key(&view, &store, *p);
		view.want = 0;
		if (i % 20 != 0)
			continue;
		rd_view_tick(&view, &store, true);
		assert_int_equal(
			rd_grid_open(&g, 1 + rand_r(&seed) % 60, 1 + rand_r(&seed) % 150), 0);
		rd_view_draw(&view, &store, &g);
		for (int c = 0; c < g.rows * g.cols; c++)
			assert_true(rd_is_clean(g.cell[c].text));
		rd_grid_close(&g);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, fill, empty)

int main(void)
{
	const struct CMUnitTest tests[] = {T(places), cmocka_unit_test(the_terminals_bytes),
		T(copies), T(panes_share_the_width), T(hops_are_compared),
		T(changes_one_after_the_other), T(same_path), T(sheets), T(the_end),
		T(plays_where_all_is_read), T(another_file), T(random_keys)};

	setenv("TZ", "UTC", 1);
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
