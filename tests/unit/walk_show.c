/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The language that says which walks are shown: what fits, what is refused and at which column, what Tab offers.
 */
#include "walk/show.h"

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

// 172.16.31.26:57448 > 172.16.31.25:80, TCP SYN; the same with VLAN 12; and an ARP request.
#define IP4 "45000028000140004006a47bac101f1aac101f19e06800500000000100000000500200000000000000"
#define SYN "005056a1999e005056a1fcf30800" IP4
#define TAGGED "005056a1999e005056a1fcf38100200c0800" IP4
#define ARP "ffffffffffff005056a1fcf308060001080006040001005056a1fcf3ac101f1a000000000000ac101f19"
#define HOP(id, stage, port, ns, hex, more)                                                \
	"{\"packet_id\":" #id ",\"stage\":\"" stage "\",\"port\":\"" port "\",\"ns\":" #ns \
	",\"len\":60,\"hex\":\"" hex "\"" more "}"

static struct rd_store store;

static int fill(void **state)
{
	static const char *const records[] = {
		HOP(70, "uplink_rx", "arm/vmnic1", 1000000000, TAGGED,
			",\"verdict\":\"pass\",\"dir\":\"rx\",\"queue\":3,\"worker\":2"),
		HOP(70, "dfw_in", "arm/g1", 1000000310, SYN,
			",\"verdict\":\"pass\",\"rule\":1041,\"flow_hit\":\"miss\",\"flow\":23,\"vni\":74752"),
		HOP(70, "vnic_tx", "x86/g1", 1000003100, SYN, ",\"verdict\":\"delivered\""),
		HOP(80, "uplink_rx", "arm/vmnic1", 2000000000, SYN, ",\"verdict\":\"pass\""),
		HOP(80, "drop", "arm/g1", 2000000400, SYN,
			",\"verdict\":\"drop\",\"reason\":\"DFW_RULE_DENY\",\"rule\":1042"),
		HOP(90, "uplink_rx", "arm/vmnic1", 3000000000, ARP, ",\"verdict\":\"pass\""),
	};

	(void)state;
	if (rd_store_open(&store) != 0)
		return -1;
	for (unsigned i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		json_t *o = json_loads(records[i], 0, NULL);

		if (o == NULL || rd_store_add(&store, o) != 0)
			return -1;
		json_decref(o);
	}
	rd_store_mark(&store, 3, true);
	return 0;
}

static int empty(void **state)
{
	(void)state;
	rd_store_close(&store);
	return 0;
}

// As a set of the walks 1, 2 and 3: bits 1, 2, 4. 8: no expression.
static unsigned shown(const char *text)
{
	struct rd_show_err err;
	struct rd_show *show = rd_show_parse(text, &err);
	unsigned set = show == NULL ? 8 : 0;

	for (uint64_t i = 1; show != NULL && i <= 3; i++)
		set |= rd_show_fits(show, rd_store_walk(&store, i)) ? 1u << (i - 1) : 0;
	rd_show_free(show);
	return set;
}

static void what_fits(void **state)
{
	static const struct {
		const char *text;
		unsigned walks;
	} cases[] = {{"ip 172.16.31.25", 3}, {"src 172.16.31.25", 0}, {"dst == 172.16.0.0/16", 3},
		{"172.16.31.26", 3}, {"ip.addr 10.0.0.0/8, 172.16.31.26", 3}, {"ip", 3},
		{"ip fe80::/10", 0}, {"l4 80", 3}, {"sport 80", 0}, {"dport 80,443", 3},
		{"dport in 79-81", 3}, {"tcp.port 57448", 3}, {"udp.port 80", 0}, {"proto tcp", 3},
		{"proto arp", 4}, {"proto 6", 3}, {"not proto tcp", 4}, {"vni 0x12400", 1},
		{"vni", 1}, {"vlan 12", 1}, {"vlan", 1}, {"stage dfw_in", 1}, {"stage drop", 2},
		{"stage != drop", 5}, {"stage drop,vnic_tx", 3}, {"port g1", 3}, {"port x86/g1", 1},
		{"port contains mnic", 7}, {"port ~ ^x86", 1}, {"host x86", 1}, {"host != x86", 6},
		{"dir rx", 1}, {"verdict delivered", 1}, {"verdict dropped", 2},
		{"verdict pass", 4}, {"obs drop", 2}, {"reason DFW_RULE_DENY", 2},
		{"reason dfw_rule_deny", 2}, {"reason", 2}, {"reason contains rule", 2},
		{"rule 1042", 2}, {"rule >= 1041", 3}, {"rule > 1041", 2}, {"rule <= 1041", 7},
		{"rule < 1", 7}, {"rule 1000-1041", 1}, {"flow 23", 1}, {"fc miss", 1},
		{"fc hit", 0}, {"latency > 3us", 1}, {"latency 3.1us", 1}, {"latency = 3100", 1},
		{"latency < 0.5us and reason", 2}, {"sum 0", 4}, {"dns 310ns", 1}, {"dns > 2us", 1},
		{"len 60", 7}, {"queue 3", 1}, {"lcore 2", 1}, {"hops 3", 1}, {"walk 2-3", 6},
		{"id 1", 1}, {"packet 80", 2}, {"mark", 4}, {"not mark", 3}, {"!mark", 3},
		{"comment contains \"rule 1042\"", 2}, {"comment ~ RECEIVED", 7}, {"dropped", 2},
		{"DFW_RULE", 2}, {"vnic_tx@", 1}, {"\"vmnic1\"", 7}, {"57448.*tcp", 3},
		{"57448|nothing", 3}, {"rule 1042 or rule 1041", 3},
		{"rule 1042 || vni and fc miss", 3}, {"(rule 1042 or vni) and fc miss", 1},
		{"not (rule 1042 or vni)", 4}, {"not not mark", 4}, {"! ! mark && walk 3", 4},
		{"rule=1042", 2}, {"rule!=1042", 5}, {"mark and", 8}, {"mark mark", 8}, {"", 8},
		{" ", 8}};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (shown(cases[i].text) != cases[i].walks)
			fail_msg("%s: %u, not %u", cases[i].text, shown(cases[i].text),
				cases[i].walks);
}

static void what_is_refused(void **state)
{
	static const struct {
		const char *text;
		int at;
		bool more;
		const char *what;
	} cases[] = {{"", 0, true, "is expected"}, {"rule ", 0, false, NULL},
		{"rule >", 6, true, "a value is missing"},
		{"rule 80,", 8, true, "a value is missing"},
		{"rule x", 5, false, "a number is expected after rule"},
		{"rule 9-1", 5, false, "a number is expected"},
		{"rule > 1-2", 7, false, "a number is expected"},
		{"rule > 1,2", 8, false, "only one value"},
		{"rule contains 4", 5, false, "can't be asked"},
		{"stage dfw_", 6, true, "no such stage"},
		{"stage dfwin", 6, false, "no such stage"},
		{"stage dfw_ and mark", 6, false, "no such stage"},
		{"stage > drop", 6, false, "can't be asked"},
		{"mark 1", 5, false, "and, or expected"}, {"mark = 1", 5, false, "can't be asked"},
		{"reason NONE_SUCH", 7, false, "no such reason"},
		{"sprot = 80", 0, false, "no such field"},
		{"ip 10.0.0.300", 3, false, "an address"},
		{"latency > 5 parsecs", 12, false, "and, or expected"},
		{"latency > 5parsecs", 10, false, "a time is expected"},
		{"latency 0.5", 8, false, "a time is expected"},
		{"latency 99999999999999999999s", 8, false, "a time is expected"},
		{"latency .5us", 8, false, "a time is expected"},
		{"latency 1.2.3us", 8, false, "a time is expected"},
		{"(mark", 5, true, "a bracket is not closed"},
		{"mark)", 4, false, "and, or expected"}, {"(mark mark)", 6, false, "expected"},
		{"mark and", 8, true, "is expected"}, {"and mark", 0, false, "is expected"},
		{"not", 3, true, "is expected"}, {"\"open", 5, true, "not closed"},
		{"DROP[", 0, false, "[["}, {"port ~ a{1,99}", 7, false, "no {}"},
		{"(a)\\1", 3, false, "and, or"}, {"\"a\" and \\1", 8, false, "no \\1"},
		{"port ~ a+++++", 7, false, "at most 4 +"},
		{"rule 1,2,3,4,5,6,7,8,9", 21, false, "at most 8 values"},
		{"((((((((((((((((((mark", 16, false, "too deep"}};
	struct rd_show_err err;

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rd_show *show = rd_show_parse(cases[i].text, &err);
		const char *want = cases[i].what;

		if (want != NULL && strcmp(want, "[[") == 0)
			want = ""; // the library's words
		if ((show != NULL) != (want == NULL)
			|| (want != NULL
				&& (err.at != cases[i].at || err.more != cases[i].more
					|| err.what[0] == '\0' || strstr(err.what, want) == NULL)))
			fail_msg("%s: column %d%s: %s", cases[i].text, err.at,
				err.more ? ", more" : "", err.what);
		rd_show_free(show);
	}
}

static void bounds(void **state)
{
	struct rd_show_err err;
	char text[2 * RD_SHOW_TEXT] = "";
	size_t len = 0;

	(void)state;
	for (unsigned i = 0; i < 33; i++) // one test more than there may be
		rd_str_addf(text, sizeof(text), &len, "%s", i > 0 ? "&&vni" : "vni");
	assert_null(rd_show_parse(text, &err));
	assert_string_equal(err.what, "this is too long");
	text[strlen(text) - 5] = '\0';
	rd_show_free(rd_show_parse(text, &err));
	assert_string_equal(err.what, "");
	memset(text, 'a', RD_SHOW_TEXT);
	text[RD_SHOW_TEXT] = '\0';
	assert_null(rd_show_parse(text, &err));
	text[RD_SHOW_TEXT - 1] = '\0';
	rd_show_free(rd_show_parse(text, &err));
	assert_string_equal(err.what, "");
}

static void counts_and_marks(void **state)
{
	(void)state;
	assert_int_equal(store.shown, 3);
	assert_true(rd_store_filter(&store, "mark or rule 1042"));
	assert_int_equal(store.shown, 2);
	assert_false(rd_store_filter(&store, "stage nowhere"));
	assert_int_equal(store.shown, 2); // as before
	rd_store_mark(&store, 1, true); // fits now
	assert_int_equal(store.shown, 3);
	assert_int_equal(store.marked, 2);
	rd_store_mark(&store, 1, true);
	assert_int_equal(store.marked, 2);
	assert_int_equal(rd_store_next_mark(&store, 2, 1), 3);
	assert_int_equal(rd_store_next_mark(&store, 2, -1), 1);
	rd_store_mark(&store, 1, false);
	rd_store_mark(&store, 99, true); // there is none
	assert_int_equal(store.shown, 2);
	assert_int_equal(store.marked, 1);
	assert_int_equal(rd_store_next_mark(&store, 2, -1), 0);
	assert_true(rd_store_filter(&store, ""));
	assert_int_equal(store.shown, 3);
}

struct offers {
	char text[4096];
};

static void take(void *arg, const char *word)
{
	struct offers *o = arg;
	size_t len = strlen(o->text);

	snprintf(o->text + len, sizeof(o->text) - len, "%s ", word);
}

static const char *offered(const char *text, size_t begin)
{
	static struct offers o;

	o.text[0] = '\0';
	assert_int_equal(rd_show_complete(&store, text, take, &o), begin);
	return o.text;
}

static void completion(void **state)
{
	(void)state;
	assert_string_equal(offered("ru", 0), "rule ");
	assert_string_equal(offered("rule 7 an", 7), "and ");
	assert_string_equal(offered("not ver", 4), "verdict ");
	assert_string_equal(offered("(dp", 1), "dport ");
	assert_string_equal(offered("verdict d", 8), "delivered drop dropped ");
	assert_string_equal(offered("verdict == s", 11), "sent ");
	assert_string_equal(offered("stage uplink_r", 6), "uplink_rx ");
	assert_string_equal(offered("stage drop,vnic_t", 11), "vnic_tx ");
	assert_string_equal(offered("reason dfw_rule_d", 7), "DFW_RULE_DENY ");
	assert_string_equal(offered("port x", 5), "x86/g1 ");
	assert_string_equal(offered("port contains arm/v", 14), "arm/vmnic1 ");
	assert_string_equal(offered("zzz", 0), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_fits, fill, empty),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(bounds),
		cmocka_unit_test_setup_teardown(counts_and_marks, fill, empty),
		cmocka_unit_test_setup_teardown(completion, fill, empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
