/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Capture filters: what is refused, and that what runs agrees with libpcap, outside and inside tunnels.
 */
#include "unit.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

#include "base/pkt.h"
#include "filter/filter.h"

static const char *corpus; // a pcap file with frames of many kinds

static const char *const expressions[] = {
	"tcp",
	"tcp port 80",
	"udp",
	"tcp[13] & 2 != 0",
	"tcp[tcpflags] & tcp-syn != 0",
	"tcp[4:4] = 1",
	"udp[8] = 0",
	"ether multicast",
	"ether broadcast",
	"ether[0] & 1 = 0",
	"ip[0] & 0x40 != 0",
	"ip6",
	"ip6 and tcp",
	"icmp",
	"icmp6",
	"arp",
	"vlan",
	"vlan 10",
	"vlan and tcp",
	"not ip",
	"host 172.16.31.25",
	"net 172.16.0.0/12",
	"src host 172.16.31.26 and dst port 80",
	"portrange 20-100",
	"len > 100",
	"less 64",
	"greater 1000",
	"geneve",
	"geneve 0x12400",
	"ether src 00:50:56:a1:fc:f3",
	"ip proto 47",
	"ip[6:2] & 0x1fff != 0",
	"(tcp or udp) and not port 53",
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

// libpcap's own answer for one frame.
static bool oracle(const char *expr, const struct pcap_pkthdr *h, const u_char *bytes)
{
	pcap_t *p = pcap_open_dead(DLT_EN10MB, 262144);
	struct bpf_program prog;
	bool hit;

	assert_int_equal(pcap_compile(p, &prog, expr, 1, PCAP_NETMASK_UNKNOWN), 0);
	hit = pcap_offline_filter(&prog, h, bytes) != 0;
	pcap_freecode(&prog);
	pcap_close(p);
	return hit;
}

static unsigned check_frame(const char *expr, const struct rd_filter *f,
	const struct pcap_pkthdr *h, const u_char *bytes)
{
	uint32_t inner = (uint32_t)rd_pkt_inner(bytes, h->caplen, h->len, RD_GENEVE_PORT);
	bool outer = oracle(expr, h, bytes), in = false;
	int hit = rd_filter_run(f, bytes, h->caplen, h->len, inner);

	if (inner != 0) {
		struct pcap_pkthdr ih = {.caplen = h->caplen - inner, .len = h->len - inner};

		in = oracle(expr, &ih, bytes + inner);
	}
	assert_int_equal(hit,
		outer	     ? RD_FILTER_HIT_OUTER
			: in ? RD_FILTER_HIT_INNER
			     : RD_FILTER_NO);
	return hit != RD_FILTER_NO;
}

static void runs_as_libpcap_does(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT(expressions); i++) {
		char errbuf[PCAP_ERRBUF_SIZE];
		pcap_t *pcap = pcap_open_offline(corpus, errbuf);
		struct pcap_pkthdr *h;
		const u_char *bytes;
		struct rd_filter f;
		unsigned hits = 0;

		assert_non_null(pcap);
		assert_int_equal(rd_filter_compile(&f, expressions[i], RD_FILTER_BOTH, NULL), 0);
		while (pcap_next_ex(pcap, &h, &bytes) == 1)
			hits += check_frame(expressions[i], &f, h, bytes);
		assert_true(hits > 0); // an expression that never matches tests nothing
		rd_filter_free(&f);
		pcap_close(pcap);
	}
}

static void bad_expressions_say_why(void **state)
{
	struct rd_err err = {0};
	struct rd_filter f;

	(void)state;
	assert_int_equal(rd_filter_compile(&f, "tcp prot 80", RD_FILTER_BOTH, &err), -EINVAL);
	assert_non_null(strstr(err.what, "syntax error"));
	assert_true(err.hint[0] != '\0');
	memset(&err, 0, sizeof(err));
	// libpcap compiles protochain to a loop
	assert_int_equal(rd_filter_compile(&f, "ip6 protochain 6", RD_FILTER_BOTH, &err), -EINVAL);
	assert_non_null(strstr(err.hint, "protochain"));
	rd_filter_free(&f);
}

static void nothing_matches_everything(void **state)
{
	const uint8_t frame[20] = {0};
	struct rd_filter f;

	(void)state;
	assert_int_equal(rd_filter_compile(&f, " ", RD_FILTER_BOTH, NULL), 0);
	assert_int_equal(f.nb_insns, 0);
	assert_int_equal(rd_filter_run(&f, frame, 20, 20, 0), RD_FILTER_HIT_OUTER);
	f.where = RD_FILTER_INNER;
	assert_int_equal(rd_filter_run(&f, frame, 20, 20, 0), RD_FILTER_NO);
	assert_int_equal(rd_filter_run(&f, frame, 20, 20, 14), RD_FILTER_HIT_INNER);
	rd_filter_free(&f);
}

static void looks_only_where_it_was_told(void **state)
{
	uint8_t frame[40] = {0};
	struct rd_filter f;

	(void)state;
	rd_put16(frame + 12, RD_ETHERTYPE_IPV4);
	rd_put16(frame + 20 + 12, RD_ETHERTYPE_ARP);
	assert_int_equal(rd_filter_compile(&f, "arp", RD_FILTER_OUTER, NULL), 0);
	assert_int_equal(rd_filter_run(&f, frame, 40, 40, 20), RD_FILTER_NO);
	f.where = RD_FILTER_BOTH;
	assert_int_equal(rd_filter_run(&f, frame, 40, 40, 20), RD_FILTER_HIT_INNER);
	assert_int_equal(rd_filter_run(&f, frame, 40, 40, 40), RD_FILTER_NO); // nothing is there
	rd_filter_free(&f);
	assert_int_equal(rd_filter_compile(&f, "ip", RD_FILTER_INNER, NULL), 0);
	assert_int_equal(rd_filter_run(&f, frame, 40, 40, 20), RD_FILTER_NO);
	rd_filter_free(&f);
}

struct bad {
	const char *why;
	uint32_t n;
	struct rd_filter_insn insns[4];
};

static const struct bad bad_programs[] = {
	{"does not return", 1, {{BPF_LD | BPF_IMM, 0, 0, 1}}},
	{"does not return", 2, {{BPF_RET | BPF_K, 0, 0, 1}, {BPF_LD | BPF_IMM, 0, 0, 1}}},
	{"leaves", 2, {{BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0}, {BPF_RET | BPF_K, 0, 0, 0}}},
	{"leaves", 2, {{BPF_JMP | BPF_JEQ | BPF_K, 0, 200, 0}, {BPF_RET | BPF_K, 0, 0, 0}}},
	{"backwards", 2, {{BPF_JMP | BPF_JA, 0, 0, 0xffffffff}, {BPF_RET | BPF_K, 0, 0, 0}}},
	{"backwards", 2, {{BPF_JMP | BPF_JA, 0, 0, 1}, {BPF_RET | BPF_K, 0, 0, 0}}},
	{"index", 2, {{BPF_ST, 0, 0, 16}, {BPF_RET | BPF_K, 0, 0, 0}}},
	{"index", 2, {{BPF_LDX | BPF_MEM, 0, 0, 99}, {BPF_RET | BPF_K, 0, 0, 0}}},
	{"not written", 2, {{BPF_LD | BPF_MEM, 0, 0, 3}, {BPF_RET | BPF_A, 0, 0, 0}}},
	{"not written", 4,
		{{BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0}, {BPF_ST, 0, 0, 3},
			{BPF_LD | BPF_MEM, 0, 0, 3}, {BPF_RET | BPF_A, 0, 0, 0}}},
	{"zero", 2, {{BPF_ALU | BPF_DIV | BPF_K, 0, 0, 0}, {BPF_RET | BPF_A, 0, 0, 0}}},
	{"zero", 2, {{BPF_ALU | BPF_MOD | BPF_K, 0, 0, 0}, {BPF_RET | BPF_A, 0, 0, 0}}},
	{"shift", 2, {{BPF_ALU | BPF_LSH | BPF_K, 0, 0, 32}, {BPF_RET | BPF_A, 0, 0, 0}}},
	{"unknown", 2, {{0xffff, 0, 0, 0}, {BPF_RET | BPF_A, 0, 0, 0}}},
	{"unknown", 2, {{BPF_JMP | 0x70, 0, 0, 0}, {BPF_RET | BPF_A, 0, 0, 0}}},
	{"unknown", 2, {{BPF_LDX | BPF_H | BPF_ABS, 0, 0, 0}, {BPF_RET | BPF_A, 0, 0, 0}}},
	{"unknown", 2, {{BPF_ST | 0x20, 0, 0, 0}, {BPF_RET | BPF_A, 0, 0, 0}}},
};

static void bad_programs_are_refused(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT(bad_programs); i++) {
		const struct bad *b = &bad_programs[i];
		struct rd_err err = {0};
		struct rd_filter f;

		assert_int_equal(rd_filter_load(&f, b->insns, b->n, RD_FILTER_BOTH, &err), -EINVAL);
		assert_non_null(strstr(err.what, b->why));
		assert_null(f.insns);
	}
}

static void sizes_and_places_are_checked(void **state)
{
	static struct rd_filter_insn many[RD_FILTER_MAX_INSNS + 1];
	struct rd_filter f;

	(void)state;
	for (unsigned i = 0; i < COUNT(many); i++)
		many[i] = (struct rd_filter_insn){BPF_RET | BPF_K, 0, 0, 1};
	assert_int_equal(
		rd_filter_load(&f, many, RD_FILTER_MAX_INSNS + 1, RD_FILTER_BOTH, NULL), -E2BIG);
	assert_int_equal(rd_filter_load(&f, many, 1, 0, NULL), -EINVAL);
	assert_int_equal(rd_filter_load(&f, many, 1, 8, NULL), -EINVAL);
	assert_int_equal(rd_filter_load(&f, many, RD_FILTER_MAX_INSNS, RD_FILTER_BOTH, NULL), 0);
	many[0].k = 0; // a copy was taken
	assert_int_equal(rd_filter_run(&f, (const uint8_t *)"", 0, 0, 0), RD_FILTER_HIT_OUTER);
	rd_filter_free(&f);
	rd_filter_free(&f);
	rd_filter_free(NULL);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_as_libpcap_does),
		cmocka_unit_test(bad_expressions_say_why),
		cmocka_unit_test(nothing_matches_everything),
		cmocka_unit_test(looks_only_where_it_was_told),
		cmocka_unit_test(bad_programs_are_refused),
		cmocka_unit_test(sizes_and_places_are_checked),
	};

	if (argc < 2)
		return 2;
	corpus = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
