/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The full-screen walk without a terminal: golden screens at several sizes, every size up to 130 by 60, keys, filters, the store's
 * bounds, hostile text.
 */
#include "walk/panes.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define INNER \
	"005056a1999e005056a1fcf3080045000028000140004006a47bac101f1aac101f19e06800500000000100000000500200000000000"
#define HOP(id, stage, port, ns, len, more)                                                \
	"{\"packet_id\":" #id ",\"stage\":\"" stage "\",\"port\":\"" port "\",\"ns\":" #ns \
	",\"len\":" #len ",\"hex\":\"" INNER "00\"," more "}"

static const char *const records[] = {
	HOP(7, "uplink_rx", "arm/vmnic1", 1000000000, 54, "\"verdict\":\"pass\""),
	HOP(7, "dfw_in", "arm/g1", 1000000310, 54,
		"\"verdict\":\"pass\",\"rule\":1041,\"flow_hit\":\"miss\""),
	HOP(7, "mux_tx", "arm/mux", 1000000430, 54, "\"verdict\":\"sent\""),
	HOP(8, "uplink_rx", "arm/vmnic1", 2000000000, 54, "\"verdict\":\"pass\""),
	HOP(7, "vnic_tx", "x86/g1", 1000003100, 54, "\"verdict\":\"delivered\""),
	HOP(8, "drop", "arm/g1", 2000002670, 54,
		"\"verdict\":\"drop\",\"reason\":\"DFW_RULE_DENY\",\"rule\":1042"),
};

static void add(struct rd_store *s, const char *text)
{
	json_t *o = json_loads(text, 0, NULL);

	assert_non_null(o);
	assert_int_equal(rd_store_add(s, o), 0);
	json_decref(o);
}

static void fill(struct rd_store *s)
{
	assert_int_equal(rd_store_open(s), 0);
	for (unsigned i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		add(s, records[i]);
}

// Draws and compares; want: one string per row that has anything, NULL at the end.
static void expect(
	struct rd_view *v, struct rd_store *s, int rows, int cols, const char *const *want)
{
	struct rd_grid g;
	char row[1024];

	rd_view_tick(v, s, false);
	assert_int_equal(rd_grid_open(&g, rows, cols), 0);
	rd_view_draw(v, s, &g);
	for (int i = 0; i < rows; i++) {
		rd_grid_row(&g, i, row, sizeof(row));
		if (want == NULL)
			continue;
		if (row[0] == '\0')
			continue;
		if (*want == NULL || strcmp(row, *want) != 0)
			fail_msg("row %d is\n\"%s\"\nnot\n\"%s\"", i, row,
				*want != NULL ? *want : "");
		want++;
	}
	if (want != NULL && *want != NULL)
		fail_msg("missing: %s", *want);
	rd_grid_close(&g);
}

static void walks_80x24(void **state)
{
	static const char *const want[] = {
		" reddot walk  FILE x                                 walks 2  dropped 1  lost 0",
		" [1 Walks] 2 Hops 3 Diff 4 Hex 5 Flow 6 DFW 7 Ladder 8 Mirror 9 Paths 0 Map",
		"  arm          arm       x86", "  [vmnic1] --> [mux] --> [g1]", "      (@)",
		"  walk 1  hop 0 of 3  uplink_rx: frame from the wire, or from the tier that a li",
		"-- Walks -----------------------------------------------------------------------",
		"    ID TIME     PACKET                                    RESULT",
		"     2 00:00:02 172.16.31.26:57448 > 172.16.31.25:80 tcp  DROPPED DFW_RULE_DENY",
		">    1 00:00:01 172.16.31.26:57448 > 172.16.31.25:80 tcp  DELIVERED",
		" why: DELIVERED at x86/g1, 3.100 us",
		" ?help /show :command jk walk hl hop . plays Tab pane space mark w save q back",
		NULL};
	struct rd_view v = {.source = "FILE x", .follow = true};
	struct rd_store s;

	(void)state;
	fill(&s);
	rd_view_tick(&v, &s, false);
	assert_int_equal(v.walk, 2); // the newest
	assert_true(rd_view_key(&v, &s, 'j'));
	expect(&v, &s, 24, 80, want);
	rd_store_close(&s);
}

static void hops_and_the_dot(void **state)
{
	static const char *const want[] = {
		" reddot walk  FILE x                                 walks 2  dropped 1  lost 0",
		" 1 Walks [2 Hops] 3 Diff 4 Hex 5 Flow 6 DFW 7 Ladder 8 Mirror 9 Paths 0 Map",
		"  arm", "  [vmnic1] -->", "           x",
		"  walk 2  hop 1 of 1  drop: the packet dies: reason, stage and rule are recorded",
		"-- Hops ------------------------------------------------------------------------",
		"  HOP STAGE@PORT                     dNS    SUM us   LEN OBSERVED, DETAIL",
		"    0 uplink_rx@arm/vmnic1             0     0.000    54 RECEIVED",
		">*  1 drop@arm/g1                   2670     2.670    54 DROPPED   DFW_RULE_DENY",
		"-- Diff ------------------------------------------------------------------------",
		" hop 0 uplink_rx > hop 1 drop   - removed + added ~ changed", " unchanged",
		" why: DFW_RULE_DENY by rule 1042: a firewall rule says drop. Try: show dfw port",
		" ?help /show :command jk walk hl hop . plays Tab pane space mark w save q back",
		NULL};
	struct rd_view v = {.source = "FILE x", .follow = true, .pane = RD_PANE_HOPS};
	struct rd_store s;

	(void)state;
	fill(&s);
	rd_view_tick(&v, &s, false);
	rd_view_key(&v, &s, RD_KEY_RIGHT);
	rd_view_key(&v, &s, 'l'); // there is no further one
	assert_int_equal(v.hop, 1);
	expect(&v, &s, 24, 80, want);
	rd_store_close(&s);
}

static void small_and_too_small(void **state)
{
	static const char *const small[] = {" reddot walk  FILE x",
		" 1 Walks [2 Hops] 3 Diff 4 Hex 5 Flow 6", "  HOP STAGE@PORT                   dNS",
		">*  0 uplink_rx@arm/vmnic1           0", "    1 dfw_in@arm/g1                310",
		"    2 mux_tx@arm/mux               120", "    3 vnic_tx@x86/g1              2670",
		" ?help /show :command jk walk hl hop . p", NULL};
	static const char *const none[] = {"40x10 needed,", "now 20x5", NULL};
	struct rd_view v = {.source = "FILE x", .follow = true, .pane = RD_PANE_HOPS};
	struct rd_store s;

	(void)state;
	fill(&s);
	v.walk = 1;
	v.follow = false;
	expect(&v, &s, 10, 40, small);
	expect(&v, &s, 5, 20, none);
	rd_store_close(&s);
}

static void every_size_and_pane(void **state)
{
	struct rd_view v = {.source = "x", .follow = true, .utf8 = true};
	struct rd_store s;

	(void)state;
	fill(&s);
	for (int rows = 1; rows <= 60; rows++)
		for (int cols = 1; cols <= 130; cols += 3) {
			v.pane = (enum rd_pane)((rows + cols) % RD_PANES);
			v.help = cols % 7 == 0;
			v.prompt = cols % 11 == 0 ? (enum rd_prompt)(rows % RD_PROMPTS)
						  : RD_PROMPT_NONE;
			v.scroll = rows % 5;
			v.split = cols % 5 == 0;
			v.beside = (enum rd_pane)(rows % RD_PANES);
			v.zoom = rows % 4 == 0;
			v.found = cols % 9;
			snprintf(v.find, sizeof(v.find), "%s", rows % 3 == 0 ? "0x00" : "a");
			snprintf(v.line, sizeof(v.line), "%.*s", cols,
				"stage dfw_in and (rule 7, nothing) or ");
			expect(&v, &s, rows, cols, NULL);
		}
	rd_store_close(&s);
}

static void filters(void **state)
{
	struct rd_view v = {.source = "x", .follow = true};
	const char *text = "/dropped\r";
	struct rd_path paths[4];
	struct rd_store s;

	(void)state;
	fill(&s);
	rd_view_key(&v, &s, '1');
	for (const char *p = text; *p != '\0'; p++)
		rd_view_key(&v, &s, *p);
	assert_int_equal(v.prompt, RD_PROMPT_NONE);
	assert_false(rd_store_walk(&s, 1)->shown);
	assert_true(rd_store_walk(&s, 2)->shown);
	assert_int_equal(rd_store_paths(&s, paths, 4), 1);
	assert_string_equal(paths[0].text, "arm/vmnic1 x DFW_RULE_DENY");
	rd_view_key(&v, &s, '/');
	rd_view_key(&v, &s, '[');
	rd_view_key(&v, &s, '\r'); // no expression: the bar stays, the filter too
	assert_true(v.prompt == RD_PROMPT_SHOW && rd_store_walk(&s, 2)->shown
		&& !rd_store_walk(&s, 1)->shown);
	rd_view_key(&v, &s, 0x1b); // what was in force stays
	assert_false(rd_store_walk(&s, 1)->shown);
	for (const char *p = "/\025\r"; *p != '\0'; p++)
		rd_view_key(&v, &s, *p);
	assert_true(rd_store_walk(&s, 1)->shown);
	assert_int_equal(rd_store_paths(&s, paths, 4), 2);
	assert_true(rd_view_key(&v, &s, '2'));
	assert_true(rd_view_key(&v, &s, 'q')); // back to the list
	assert_true(rd_view_key(&v, &s, 'q')); // it asks
	assert_false(rd_view_key(&v, &s, 'q'));
	rd_store_close(&s);
}

static void memory_is_bounded(void **state)
{
	struct rd_store s;
	char text[4096], hex[2 * RD_STORE_FRAME + 200];

	(void)state;
	assert_int_equal(rd_store_open(&s), 0);
	memset(hex, 'a', sizeof(hex) - 1);
	hex[sizeof(hex) - 1] = '\0';
	for (unsigned i = 0; i < RD_STORE_WALKS + 1000; i++) {
		snprintf(text, sizeof(text),
			"{\"packet_id\":%u,\"stage\":\"uplink_rx\",\"port\":\"p\",\"hex\":\"%s\"}",
			i + 1, i % 100 == 0 ? hex : "");
		add(&s, text);
	}
	assert_int_equal(s.next - s.first, RD_STORE_WALKS);
	assert_int_equal(s.forgotten, 1000);
	assert_null(rd_store_walk(&s, 1000));
	assert_non_null(rd_store_walk(&s, 1001));
	assert_int_equal(rd_store_walk(&s, 1001)->hop[0].caplen, RD_STORE_FRAME);
	for (unsigned i = 0; i < 3 * RD_STORE_HOPS; i++) // a walk that never ends
		add(&s, "{\"packet_id\":99999999,\"stage\":\"flood\",\"port\":\"p\"}");
	assert_int_equal(rd_store_walk(&s, s.next - 1)->n, RD_STORE_HOPS);
	assert_int_equal(rd_store_walk(&s, s.next - 1)->left_out, 2 * RD_STORE_HOPS);
	rd_store_close(&s);
}

static void hostile_records(void **state)
{
	static const char *const texts[] = {"{}", "{\"stage\":7}", "{\"stage\":\"nothing\"}",
		"{\"stage\":\"drop\",\"packet_id\":\"x\",\"hex\":\"zz\"}",
		"{\"stage\":\"drop\",\"hex\":\"abc\",\"len\":-5}",
		"{\"stage\":\"drop\",\"packet_id\":-1,\"port\":\"\\u001b]0;x\\u0007\\u202e\\u009b\",\"reason\":\"\\u001b[2J\",\"ns\":-9}"};
	struct rd_view v = {.source = "x", .pane = RD_PANE_HOPS, .follow = true};
	struct rd_store s;
	struct rd_grid g;
	char row[1024];

	(void)state;
	assert_int_equal(rd_store_open(&s), 0);
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		add(&s, texts[i]);
	for (unsigned pane = 0; pane < RD_PANES; pane++) {
		v.pane = (enum rd_pane)pane;
		rd_view_tick(&v, &s, false);
		assert_int_equal(rd_grid_open(&g, 40, 120), 0);
		rd_view_draw(&v, &s, &g);
		for (int i = 0; i < g.rows; i++) {
			rd_grid_row(&g, i, row, sizeof(row));
			for (const char *p = row; *p != '\0'; p++)
				assert_true((unsigned char)*p >= ' ' && *p != 0x7f);
			assert_null(strstr(row, "\u202e"));
			assert_null(strstr(row, "\302\233"));
		}
		rd_grid_close(&g);
	}
	rd_store_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walks_80x24),
		cmocka_unit_test(hops_and_the_dot),
		cmocka_unit_test(small_and_too_small),
		cmocka_unit_test(every_size_and_pane),
		cmocka_unit_test(filters),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(hostile_records),
	};

	setenv("TZ", "UTC", 1);
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
