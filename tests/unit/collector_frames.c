/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The collector on frames: what copies say of themselves, those of real switches, those that are refused, and which sources are told
 * apart. The golden frames are those that tshark decodes.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/stages.h"
#include "base/pkt.h"
#include "collector/collector.h"
#include "encap_golden.h"

#define ETH "020000000002020000000001"
#define V4(len, proto) ETH "08004500" len "0000400040" proto "0000c0000201c0000202"
#define NS UINT64_C(1700000000200000000)

static const struct rd_facts_how plain = {.opt_class = RD_ENCAP_OPT_CLASS};
static const struct rd_facts_how reddot = {.opt_class = RD_ENCAP_OPT_CLASS, .reddot = true};

static struct rd_collected add(struct rd_collector *c, const struct bytes *f)
{
	struct rd_collected o;

	assert_int_equal(rd_collector_add(c, f->b, f->len, f->len, NS, &o), 0);
	return o;
}

static struct rd_collected alone(const char *hex, const struct rd_facts_how *how)
{
	struct rd_collector *c = rd_collector_new(how);
	struct bytes f = from_hex(hex);
	struct rd_collected o = add(c, &f);

	rd_collector_free(c);
	o.source = NULL;
	return o;
}

static struct bytes golden(const char *name)
{
	for (unsigned i = 0; i < NB_GOLDENS; i++)
		if (strcmp(goldens[i].name, name) == 0)
			return golden_bytes(&goldens[i]);
	fail_msg("no golden frame %s", name);
	return (struct bytes){0};
}

static void all_goldens_are_sources(void **state)
{
	struct rd_collector *c = rd_collector_new(&plain);
	uint32_t n = 0;

	(void)state;
	for (unsigned i = 0; i < NB_GOLDENS; i++) {
		struct bytes f = golden_bytes(&goldens[i]);
		struct rd_collected o = add(c, &f);

		if (goldens[i].conf.kind == RD_ENCAP_RSPAN) {
			assert_int_equal(o.result, RD_DECAP_NO);
			continue;
		}
		assert_int_equal(o.result, RD_DECAP_YES);
		n++;
	}
	assert_int_equal(rd_collector_copies(c), n);
	assert_int_equal(rd_collector_others(c), NB_GOLDENS - n);
	rd_collector_free(c);
}

static void names_of_sources(void **state)
{
	static const char *const want[][2] = {{"G1", "erspan1"}, {"G2", "erspan2-100"},
		{"G6", "erspan3-100"}, {"G10", "gre-0xdeadbeef"}, {"G12", "vxlan-1193046"},
		{"G13", "geneve-74752.100"}, {"G16", "tzsp"}};

	(void)state;
	for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct rd_collector *c = rd_collector_new(&plain);
		struct bytes f = golden(want[i][0]);
		char name[RD_SOURCE_NAME];

		assert_string_equal(
			rd_source_name(&add(c, &f).source->key, name, sizeof(name)), want[i][1]);
		rd_collector_free(c);
	}
}

static void geneve_options(void **state)
{
	struct rd_collector *c = rd_collector_new(&plain);
	struct bytes f = golden("G13");
	struct rd_collected o = add(c, &f);
	char text[RD_FACTS_TEXT];

	(void)state;
	assert_int_equal(o.facts.ns, UINT64_C(1700000000123456789));
	assert_int_equal(o.source_ns, o.facts.ns);
	assert_int_equal(o.facts.seq, 16);
	assert_int_equal(o.facts.session, 100);
	assert_int_equal(o.facts.wire_len, 74);
	assert_int_equal(o.facts.strange, 0);
	assert_string_equal(rd_facts_text(&o.facts, text, sizeof(text)),
		" seq=16 egress session=100 stage=vmk_rx port=0 of=74");
	rd_collector_free(c);
}

// A stranger's options, ours in another length, and what runs over the end.
static void options_of_all_kinds(void **state)
{
	static const struct {
		const char *hex;
		unsigned has, strange;
		bool critical, malformed;
	} rows[] = {
		{"", 0, 0, false, false},
		{"0104800100000001", 0, 1, true, false},
		{"0104000100000001", 0, 1, false, false},
		{"ff010401"
		 "00000001",
			0, 1, false, false}, // ours, but shorter
		{"ff010402"
		 "0000000000000007",
			RD_FACT_PACKET | RD_FACT_OPTIONS, 0, false, false},
		{"ff018402"
		 "0000000000000007",
			0, 1, true, false}, // we never send critical ones
		{"ff010902"
		 "0000000000000007",
			0, 1, false, false}, // of a later version
		{"ff010402"
		 "00000000",
			0, 0, false, true},
		{"01040000"
		 "ff010402"
		 "0000000000000007",
			RD_FACT_PACKET | RD_FACT_OPTIONS, 1, false, false},
		{"0104001f", 0, 0, false, true},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes b = from_hex(rows[i].hex);
		struct rd_facts f = {0};

		rd_facts_options(b.b, b.len, RD_ENCAP_OPT_CLASS, &f);
		assert_int_equal(f.has, rows[i].has);
		assert_int_equal(f.strange, rows[i].strange);
		assert_int_equal(f.critical, rows[i].critical);
		assert_int_equal(f.malformed, rows[i].malformed);
	}
}

// A Nexus: P is 0, its own hardware id and time unit, the outer FCS behind the packet. The frame ends where the outer IP header says.
static void wild_nexus(void **state)
{
	struct rd_collected o = alone(V4("0072", "2f") "100022eb00000001"
						       "20000001377ca5e000010276" SYN "a1b2c3d4",
		&plain);

	(void)state;
	assert_int_equal(o.result, RD_DECAP_YES);
	assert_int_equal(o.decap.kind, RD_DECAP_ERSPAN3);
	assert_int_equal(o.decap.id, 1);
	assert_int_equal(o.decap.erspan.sgt, 1);
	assert_int_equal(o.decap.erspan.hw_id, 39);
	assert_int_equal(o.decap.erspan.gra, 3);
	assert_int_equal(o.decap.inner_len, 74);
	assert_int_equal(o.source_ns, 0); // units of its own
	assert_int_equal(o.facts.has & (RD_FACT_STAGE | RD_FACT_REASON), 0);
}

// A Broadcom switch: sequence 0 in every packet, an index of its own.
static void wild_broadcom(void **state)
{
	struct rd_collector *c = rd_collector_new(&plain);
	struct bytes f = from_hex(V4("006e", "2f") "100088be00000000"
						   "10000001000a8003" SYN);
	struct rd_collected o;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		o = add(c, &f);
	assert_int_equal(o.decap.erspan.index, 0xa8003);
	assert_int_equal(o.facts.has, RD_FACT_SEQ);
	assert_true(rd_seq_stands_still(&o.source->seq));
	rd_collector_free(c);
}

static void reddots_erspan(void **state)
{
	uint32_t index = rd_encap_index(true, RD_STAGE_VNIC_TX, 5);
	char hex[1024];
	struct rd_collected o;

	(void)state;
	snprintf(hex, sizeof(hex),
		V4("006e", "2f") "100088be00000007"
				 "10000064%08x" SYN,
		index);
	o = alone(hex, &reddot);
	assert_int_equal(o.facts.has, RD_FACT_SEQ | RD_FACT_STAGE | RD_FACT_PORT | RD_FACT_DIR);
	assert_int_equal(o.facts.stage, RD_STAGE_VNIC_TX);
	assert_int_equal(o.facts.port, 5);
	assert_int_equal(o.facts.flags, RD_COPY_EGRESS);
	snprintf(hex, sizeof(hex),
		V4("0072", "2f") "100022eb00000007"
				 "2000006400000000"
				 "%04x%04x" SYN,
		RD_DROP_DFW_RULE_DENY, 0x8000 | RD_STAGE_DROP << 4);
	o = alone(hex, &reddot);
	assert_int_equal(o.facts.stage, RD_STAGE_DROP);
	assert_int_equal(o.facts.reason, RD_DROP_DFW_RULE_DENY);
	assert_int_equal(alone(hex, &plain).facts.has & (RD_FACT_STAGE | RD_FACT_REASON), 0);
}

// Every sub-header of type III: 8 bytes that are no part of the frame.
static void sub_headers(void **state)
{
	(void)state;
	for (unsigned id = 0; id < 64; id++) {
		char hex[1024];
		struct rd_collected o;

		snprintf(hex, sizeof(hex),
			V4("007a", "2f") "100022eb00000007"
					 "20000064f1415687"
					 "00008003"
					 "%02x0002aa003c6568" SYN,
			id << 2);
		o = alone(hex, &plain);
		assert_int_equal(o.result, RD_DECAP_YES);
		assert_int_equal(o.decap.inner_len, 74);
		assert_true(o.decap.erspan.has_sub);
		assert_int_equal((o.facts.has & RD_FACT_PORT) != 0, id == 3 || id == 5 || id == 6);
		if (id == 0 || id == 3 || id == 7) // the upper half of the count
			assert_int_equal(o.source_ns, UINT64_C(1700000000123456700));
	}
}

static void times(void **state)
{
	struct rd_collector *c = rd_collector_new(&plain);
	static const char *const names[] = {"G6", "G7", "G8", "G13", "G17"};
	static const uint64_t units[] = {100000, 100, 1, 1, 100};

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		struct bytes f = golden(names[i]);

		assert_int_equal(
			add(c, &f).source_ns, UINT64_C(1700000000123456789) / units[i] * units[i]);
	}
	rd_collector_free(c);
}

// Cut to 64 bytes at the source: the frame is what came; its IP header says how long it was.
static void truncated_at_the_source(void **state)
{
	static const char *const names[] = {"G5", "G8"};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct rd_collector *c = rd_collector_new(&plain);
		struct bytes f = golden(names[i]);
		struct rd_collected o = add(c, &f);

		assert_int_equal(o.decap.inner_len, 64);
		assert_int_equal(o.wire_len, 74);
		assert_int_equal(o.source->truncated, 1);
		assert_int_equal(o.source->cut, 0);
		rd_collector_free(c);
	}
}

// Cut where it was captured: the tunnel says how long the frame is.
static void cut_here(void **state)
{
	struct rd_collector *c = rd_collector_new(&plain);
	struct bytes f = golden("G2");
	struct rd_collected o;

	(void)state;
	assert_int_equal(rd_collector_add(c, f.b, 96, f.len, NS, &o), 0);
	assert_int_equal(o.result, RD_DECAP_YES);
	assert_int_equal(o.wire_len, 74);
	assert_int_equal(o.source->cut, 1);
	assert_int_equal(o.source->truncated, 0);
	rd_collector_free(c);
}

static void refused_by_name(void **state)
{
	struct rd_collector *c = rd_collector_new(&plain);
	struct bytes f = from_hex(V4("05ca", "2f") "100088be00000007"
						   "1000006400000a05" SYN);

	(void)state;
	assert_null(add(c, &f).source);
	assert_int_equal(rd_collector_refused(c, RD_DECAP_F_OUTER_LEN), 1);
	assert_string_equal(rd_decap_fault_name(RD_DECAP_F_OUTER_LEN), "outer-length-mismatch");
	assert_string_equal(rd_decap_fault_name(RD_DECAP_F_FRAGMENT), "fragment");
	assert_int_equal(rd_collector_copies(c), 0);
	rd_collector_free(c);
}

// Session, address and encapsulation make a source; there is an end to how many.
static void sources_are_told_apart(void **state)
{
	struct rd_collector *c = rd_collector_new(&plain);
	struct bytes f = golden("G2");
	struct rd_collected o;

	(void)state;
	for (uint32_t i = 0; i < RD_COLLECTOR_MAX_SOURCES + 10; i++) {
		rd_put16(f.b + 26 + 2, (uint16_t)i); // of the outer source address
		o = add(c, &f);
		assert_int_equal(o.result, RD_DECAP_YES);
	}
	assert_null(o.source);
	assert_int_equal(rd_collector_crowded(c), 10);
	rd_put16(f.b + 26 + 2, 5);
	assert_int_equal(add(c, &f).source->number, 6);
	assert_int_equal(rd_collector_source(c, 5)->packets, 2);
	assert_null(rd_collector_source(c, RD_COLLECTOR_MAX_SOURCES));
	rd_collector_free(c);
}

static void reasons_are_counted(void **state)
{
	struct rd_collector *c = rd_collector_new(&reddot);
	struct rd_collected o;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		char hex[1024];
		struct bytes f;

		snprintf(hex, sizeof(hex),
			V4("0072", "2f") "100022eb%08x"
					 "2000006400000000"
					 "%04x8170" SYN,
			i, i % 40);
		f = from_hex(hex);
		o = add(c, &f);
	}
	assert_int_equal(o.source->by_stage[RD_STAGE_DROP], 100);
	assert_int_equal(o.source->nb_reasons, RD_SOURCE_REASONS);
	assert_int_equal(o.source->reasons[0].packets, 3); // reason 1: of 1, 41, 81
	assert_int_equal(o.source->other_reasons, 14); // 33 to 39, two times each; 0 is none
	rd_collector_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_goldens_are_sources),
		cmocka_unit_test(names_of_sources),
		cmocka_unit_test(geneve_options),
		cmocka_unit_test(options_of_all_kinds),
		cmocka_unit_test(wild_nexus),
		cmocka_unit_test(wild_broadcom),
		cmocka_unit_test(reddots_erspan),
		cmocka_unit_test(sub_headers),
		cmocka_unit_test(times),
		cmocka_unit_test(truncated_at_the_source),
		cmocka_unit_test(cut_here),
		cmocka_unit_test(refused_by_name),
		cmocka_unit_test(sources_are_told_apart),
		cmocka_unit_test(reasons_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
