/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The panes of the full-screen walk that stand on more than one packet or on the daemon: topology with the dot, flow cache, firewall,
 * ladder, mirror, paths with their percentiles, the drop ring; prompts and the mouse.
 */
#include "walk/ladder.h"
#include "walk/panes.h"
#include "walk/recent.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// Ethernet, IPv4 and TCP between 10.0.0.1:1000 and 10.0.0.2:80: flags 2 = SYN, 18 = SYN and ACK.
#define THERE(seq, flags)                                                                  \
	"02000000000202000000000108004500002800000000400666ce0a0000010a00000203e80050" seq \
	"0000000050" flags "000000000000"
#define BACK(seq, flags)                                                                   \
	"02000000000102000000000208004500002800000000400666ce0a0000020a000001005003e8" seq \
	"0000000050" flags "000000000000"

struct hop {
	unsigned id;
	const char *stage, *port;
	unsigned long long ns;
	const char *hex, *more;
};

static const struct hop conversation[] = {
	{1, "uplink_rx", "arm/up", 1000, THERE("00000007", "02"), ""},
	{1, "dfw_in", "arm/g", 1300, THERE("00000007", "02"), ",\"flow_hit\":\"miss\",\"flow\":5"},
	{1, "vnic_tx", "x86/g", 2000, THERE("00000007", "02"),
		",\"verdict\":\"delivered\",\"rule\":1041"},
	{2, "vnic_rx", "x86/g", 12000, BACK("00000063", "12"), ""},
	{2, "uplink_tx", "arm/up", 12500, BACK("00000063", "12"), ",\"verdict\":\"sent\""},
	{3, "uplink_rx", "arm/up", 20000, THERE("00000007", "02"), ""},
	{3, "drop", "arm/g", 20400, THERE("00000007", "02"),
		",\"verdict\":\"drop\",\"reason\":\"DFW_RULE_DENY\",\"rule\":1042,\"prev_stage\":\"dfw_in\""},
};

static void add(struct rd_store *s, const struct hop *h)
{
	char text[1024];
	json_t *o;

	snprintf(text, sizeof(text),
		"{\"packet_id\":%u,\"stage\":\"%s\",\"port\":\"%s\",\"ns\":%llu,\"len\":54,\"hex\":\"%s\"%s}",
		h->id, h->stage, h->port, h->ns, h->hex, h->more);
	o = json_loads(text, 0, NULL);
	assert_non_null(o);
	assert_int_equal(rd_store_add(s, o), 0);
	json_decref(o);
}

static void fill(struct rd_store *s)
{
	assert_int_equal(rd_store_open(s), 0);
	for (unsigned i = 0; i < sizeof(conversation) / sizeof(conversation[0]); i++)
		add(s, &conversation[i]);
}

static void draw(struct rd_view *v, struct rd_store *s, struct rd_grid *g, int rows, int cols)
{
	rd_view_tick(v, s, false);
	assert_int_equal(rd_grid_open(g, rows, cols), 0);
	rd_view_draw(v, s, g);
}

// Whether a row of the screen has all of this text.
static bool has(const struct rd_grid *g, const char *text)
{
	char row[2048];

	for (int i = 0; i < g->rows; i++) {
		rd_grid_row(g, i, row, sizeof(row));
		if (strstr(row, text) != NULL)
			return true;
	}
	return false;
}

static void expect(struct rd_view *v, struct rd_store *s, const char *const *texts)
{
	struct rd_grid g;
	char row[2048];

	draw(v, s, &g, 30, 140);
	for (; *texts != NULL; texts++) {
		if (has(&g, *texts))
			continue;
		for (int i = 0; i < g.rows; i++) {
			rd_grid_row(&g, i, row, sizeof(row));
			print_message("%s\n", row);
		}
		fail_msg("not there: %s", *texts);
	}
	rd_grid_close(&g);
}

static void type(struct rd_view *v, struct rd_store *s, const char *text)
{
	for (; *text != '\0'; text++)
		assert_true(rd_view_key(v, s, *text));
}

// On the map, at every hop of every walk: the one dot stands before the stage that the list has chosen.
static void the_dot_on_the_map(void **state)
{
	struct rd_view v = {.source = "x", .pane = RD_PANE_MAP};
	struct rd_store s;
	struct rd_grid g;
	char row[2048], want[64];

	(void)state;
	fill(&s);
	for (v.walk = 1; v.walk <= 3; v.walk++)
		for (v.hop = 0; v.hop < rd_store_walk(&s, v.walk)->n; v.hop++) {
			const struct rd_wk_hop *h = &rd_store_walk(&s, v.walk)->hop[v.hop];
			bool drop = h->verdict == RD_WK_DROP;
			unsigned dots = 0;

			draw(&v, &s, &g, 30, 140);
			snprintf(want, sizeof(want), "%s%s%s", drop ? "x  " : "(@)",
				h->stage->kind == RD_STAGE_KIND_IN || drop ? "(" : "[",
				h->stage->name);
			for (int i = 7; i < g.rows; i++) { // below the strip
				rd_grid_row(&g, i, row, sizeof(row));
				dots += strstr(row, want) != NULL;
				assert_true(drop || strstr(row, "(@)") == strstr(row, want));
			}
			assert_int_equal(dots, 1);
			rd_grid_close(&g);
		}
	rd_store_close(&s);
}

static void ladder(void **state)
{
	static const char *const want[] = {"arm         ", "up              dfw", "      0.000",
		"[S] seq 7", "rule 1041", "DELIVERED", "[S.] seq 99", "SENT",
		"[S] seq 7 RETRANSMIT", "x DFW_RULE_DENY",
		"there 1.000 us  back 0.500 us  between them 10.000 us  retransmits 1", NULL};
	struct rd_view v = {.source = "x", .pane = RD_PANE_LADDER, .walk = 1};
	struct rd_ladder l;
	struct rd_store s;

	(void)state;
	fill(&s);
	expect(&v, &s, want);
	assert_int_equal(rd_ladder_make(&l, &s, 2, false), 0);
	assert_int_equal(l.steps, 7);
	for (unsigned i = 0; i < l.steps; i++) {
		assert_int_equal(l.step[i].turned, l.step[i].w->number == 2);
		assert_int_equal(l.step[i].again, l.step[i].w->number == 3);
		assert_true(l.step[i].first || (l.step[i].from < l.step[i].to) == !l.step[i].turned
			|| l.step[i].from == l.step[i].to);
	}
	rd_ladder_free(&l);
	assert_int_equal(rd_ladder_make(&l, &s, 99, false), 0); // gone
	assert_int_equal(l.steps, 0);
	rd_store_close(&s);
}

static void facts_of_a_daemon(void **state)
{
	static const char *const flow[] = {"hop 1 dfw_in: miss, entry 5 of arm",
		" -   5     arm        0      - allow", "now, as the daemon has it:",
		"L4  5     arm       41      3 allow 10.0.0.1:1000 > 10.0.0.2:80", "GENEVE DECAP; ",
		NULL};
	static const char *const dfw[] = {"arm/g: rule 1041 decided", "1 of the walks here",
		"> 1041 allow  in    any                  10.0.0.2             tcp/80             12 web",
		"   9 drop", "policy revision 18", NULL};
	static const char *const mirror[] = {
		">m1           active    sw   erspan2          5         0       0       - vm1 > 192.0.2.2",
		"M mirrors the chosen walk's conversation", NULL};
	static const char *const map[] = {"in 90 x 3", "arm/up", "123", NULL};
	struct rd_view v = {.source = "x", .pane = RD_PANE_FLOW, .walk = 1, .live = true};
	json_t *facts = json_loads(
		"{\"walk\":1,\"flows\":[{\"ft\":\"L4\",\"id\":5,\"host\":\"arm\",\"sw_hits\":41,\"hw_hits\":3,"
		"\"verdict\":\"allow\",\"src_ip\":\"10.0.0.1\",\"l4_src\":1000,\"dst_ip\":\"10.0.0.2\",\"l4_dst\":80,"
		"\"actions\":[\"GENEVE DECAP\"],\"rule\":1041}],"
		"\"rules\":[{\"id\":1041,\"action\":\"allow\",\"dir\":\"in\",\"src\":\"any\",\"dst\":\"10.0.0.2\",\"proto\":\"tcp\",\"dport\":\"80\",\"hits\":12,\"name\":\"web\"}],"
		"\"policy\":[{\"id\":9,\"section\":\"s\",\"action\":\"drop\",\"dir\":\"inout\",\"from\":[],\"hits\":0}],\"revision\":18,"
		"\"mirrors\":[{\"session\":\"m1\",\"oper\":\"active\",\"path\":\"sw\",\"encap\":\"erspan2\",\"source\":\"vm1\",\"destination\":\"192.0.2.2\",\"matched\":5}],"
		"\"ports\":[{\"qname\":\"arm/up\",\"type\":\"uplink\",\"link\":\"up\",\"rx_packets\":123}],"
		"\"stages\":[{\"stage\":\"dfw_in\",\"in\":90,\"drops\":3}]}",
		0, NULL);
	struct rd_store s;

	(void)state;
	assert_non_null(facts);
	v.facts = facts;
	fill(&s);
	expect(&v, &s, flow);
	v.pane = RD_PANE_DFW;
	expect(&v, &s, dfw);
	v.pane = RD_PANE_MIRROR;
	expect(&v, &s, mirror);
	v.pane = RD_PANE_MAP;
	expect(&v, &s, map);
	v.pane = RD_PANE_FLOW;
	v.walk = 2; // the answer is about another walk
	expect(&v, &s, (const char *const[]){"the daemon is asked", NULL});
	json_decref(facts);
	rd_store_close(&s);
}

static void facts_of_a_file(void **state)
{
	static const char *const want[][4] = {
		[RD_PANE_FLOW] = {"of this conversation: 3, of which 1 missed and 0 only hit",
			" -   5     arm        0      - allow 10.0.0.1:1000 > 10.0.0.2:80 tcp          missed 1",
			"not in a file: the entries' actions", NULL},
		[RD_PANE_DFW] =
			{"> 1042 drop   in    -                    -                    -                   1 of the walks here",
				"  1041 allow  in ", "not in a file: the rules' names", NULL},
		[RD_PANE_MIRROR] = {"mirror sessions belong to a daemon: only a live walk", NULL},
		[RD_PANE_MAP] = {"only a live walk can ask for them", NULL},
	};
	struct rd_view v = {.source = "x", .walk = 3};
	struct rd_store s;

	(void)state;
	fill(&s);
	for (unsigned p = 0; p < sizeof(want) / sizeof(want[0]); p++) {
		v.pane = (enum rd_pane)p;
		if (want[p][0] != NULL)
			expect(&v, &s, want[p]);
	}
	rd_store_close(&s);
}

// Percentiles by the definition: the smallest time that this share of the walks did not exceed.
static void percentiles(void **state)
{
	struct hop h[2] = {
		{0, "uplink_rx", "arm/a", 0, "", ""}, {0, "vnic_tx", "x86/b", 0, "", ""}};
	struct rd_path paths[4];
	struct rd_store s;

	(void)state;
	assert_int_equal(rd_store_open(&s), 0);
	for (unsigned i = 0; i < 200; i++) { // 1 to 200 ns, in some order
		h[0].id = h[1].id = i + 1;
		h[0].ns = 1000 * (i + 1);
		h[1].ns = h[0].ns + (i * 77) % 200 + 1;
		add(&s, &h[0]);
		add(&s, &h[1]);
	}
	h[0].id = 999; // another path
	add(&s, &h[0]);
	assert_int_equal(rd_store_paths(&s, paths, 4), 2);
	assert_int_equal(paths[0].walks, 200);
	assert_int_equal(paths[0].p50_ns, 100);
	assert_int_equal(paths[0].p90_ns, 180);
	assert_int_equal(paths[0].p99_ns, 198);
	assert_int_equal(paths[1].p99_ns, 0);
	rd_store_close(&s);
}

static void mirror_from_the_packet(void **state)
{
	struct rd_view v = {.source = "x", .walk = 1, .live = true};
	struct rd_store s;

	(void)state;
	fill(&s);
	type(&v, &s, "M192.0.2.\r"); // no address yet: the prompt stays
	assert_int_equal(v.prompt, RD_PROMPT_MIRROR);
	type(&v, &s, "9\r");
	assert_int_equal(v.prompt, RD_PROMPT_RUN);
	expect(&v, &s,
		(const char *const[]){
			"mirror session add walk1 source x86/g to 192.0.2.9 lifetime 10m",
			"mirror rule add walk1 permit either-way proto tcp from 10.0.0.1 sport 1000 to 10.0.0.2 dport 80",
			"mirror session start walk1", "Enter runs these commands", NULL});
	type(&v, &s, "xq1");
	assert_int_equal(v.want, 0); // only Enter runs them
	rd_view_key(&v, &s, 0x1b);
	assert_int_equal(v.want, 0);
	type(&v, &s, "M192.0.2.9\r\r");
	assert_int_equal(v.want, RD_WANT_RUN);
	v = (struct rd_view){.source = "x", .walk = 3, .live = true}; // it never came to the guest
	type(&v, &s, "M192.0.2.9\r");
	assert_string_equal(v.command[0],
		"mirror session add walk3 source arm/g stage dfw_in,dfw_out to 192.0.2.9 lifetime 10m");
	v = (struct rd_view){.source = "x", .walk = 1}; // a file
	type(&v, &s, "M");
	assert_int_equal(v.prompt, RD_PROMPT_NONE);
	assert_non_null(strstr(v.notice, "only in a live walk"));
	rd_store_close(&s);
}

static void save_and_capture(void **state)
{
	struct rd_view v = {.source = "x", .walk = 2, .live = true};
	struct rd_store s;

	(void)state;
	fill(&s);
	rd_view_key(&v, &s, 'w');
	assert_string_equal(v.line, "walk-2.html");
	type(&v, &s, "x\r"); // no form that is known
	assert_int_equal(v.prompt, RD_PROMPT_SAVE);
	rd_view_key(&v, &s, RD_KEY_BACKSPACE);
	type(&v, &s, "\r");
	assert_int_equal(v.want, RD_WANT_SAVE);
	v.want = 0;
	type(&v, &s, "Ctcp port 80\r");
	assert_int_equal(v.want, RD_WANT_CAPTURE);
	assert_string_equal(v.capture, "tcp port 80");
	rd_store_close(&s);
}

static void mouse(void **state)
{
	struct rd_view v = {.source = "x", .follow = true};
	struct rd_store s;
	struct rd_grid g;

	(void)state;
	fill(&s);
	draw(&v, &s, &g, 24, 80);
	rd_grid_close(&g);
	rd_view_click(&v, &s, 9, 10, false); // heading in row 7, the newest in row 8
	assert_int_equal(v.walk, 2);
	rd_view_click(&v, &s, 10, 10, true);
	assert_int_equal(v.walk, 1);
	assert_int_equal(v.pane, RD_PANE_HOPS);
	draw(&v, &s, &g, 24, 80);
	rd_grid_close(&g);
	rd_view_click(&v, &s, 9, 3, false);
	assert_int_equal(v.hop, 1);
	rd_view_click(&v, &s, 23, 3, false); // nothing is there
	rd_view_click(&v, &s, 1, 20, false); // a tab
	assert_int_equal(v.pane, RD_PANE_DIFF);
	rd_view_wheel(&v, &s, 3);
	assert_int_equal(v.scroll, 3);
	for (int row = -5; row < 40; row++)
		for (int col = -5; col < 90; col++)
			rd_view_click(&v, &s, row, col, (row + col) % 3 == 0);
	rd_store_close(&s);
}

static void drop_ring(void **state)
{
	json_t *drops = json_loads(
		"[{\"ns\":900,\"packet_id\":77,\"stage\":\"dfw_in\",\"port\":\"arm/g\",\"reason\":\"DFW_RULE_DENY\",\"rule\":9,\"len\":54,\"hex\":\"00\"},"
		"{\"ns\":20400,\"packet_id\":3,\"stage\":\"dfw_in\"},"
		"{\"ns\":800,\"packet_id\":76,\"stage\":\"l2_lookup\",\"port\":\"arm/g\",\"reason\":\"X\",\"len\":54}]",
		0, NULL);
	struct rd_store s;

	(void)state;
	assert_non_null(drops);
	fill(&s);
	assert_int_equal(rd_recent_add(&s, drops), 2); // walk 3 is there already
	assert_int_equal(rd_store_walk(&s, 4)->packet_id, 76); // the older one first
	assert_int_equal(rd_store_walk(&s, 5)->hop[0].rule, 9);
	assert_int_equal(rd_store_walk(&s, 5)->hop[0].facts.prev, RD_STAGE_DFW_IN);
	assert_string_equal(rd_wk_guarded(rd_store_walk(&s, 5), NULL), "arm/g");
	assert_int_equal(rd_recent_add(&s, drops), 0);
	json_decref(drops);
	rd_store_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_dot_on_the_map),
		cmocka_unit_test(ladder),
		cmocka_unit_test(facts_of_a_daemon),
		cmocka_unit_test(facts_of_a_file),
		cmocka_unit_test(percentiles),
		cmocka_unit_test(mirror_from_the_packet),
		cmocka_unit_test(save_and_capture),
		cmocka_unit_test(mouse),
		cmocka_unit_test(drop_ring),
	};

	setenv("TZ", "UTC", 1);
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
