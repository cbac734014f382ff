/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The noting interpreter: answers as bpf_filter() does, on programs of libpcap's compiler and on random ones; and where it says that
 * the answer is the same for a flow, no change of the bits that differ may change it.
 */
#include "filter/note.h"

#include "unit.h"

#include <pcap/pcap.h>
#include <string.h>

#define LEN 96u

static uint64_t seed = 0x4e6f7465;

static uint32_t rnd(uint32_t bound)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16) % bound;
}

static bool oracle(const struct rd_filter *f, const uint8_t *frame, uint32_t len, uint32_t wire)
{
	const struct bpf_insn *insns = (const struct bpf_insn *)(const void *)f->insns;

	return bpf_filter(insns, frame, wire, len) != 0;
}

// Frames of the same flow: the bits that differ are dealt anew, the length too.
static void deal(uint8_t *frame, const struct rd_filter_flow *flow, uint32_t *len)
{
	for (uint32_t i = 0; i < LEN; i++) {
		uint8_t vary = i < flow->len ? flow->vary[i] : 0xff;

		frame[i] = (uint8_t)((frame[i] & ~vary) | (rnd(256) & vary));
	}
	*len = flow->len + rnd(LEN - flow->len + 1);
}

static unsigned same; // answers said to be a flow's

static void check(const struct rd_filter *f, uint8_t *frame, const struct rd_filter_flow *flow)
{
	bool varies = false, hit;
	uint32_t len;

	deal(frame, flow, &len);
	hit = rd_filter_note(f, frame, len, len + 7, flow, &varies);
	assert_int_equal(hit, oracle(f, frame, len, len + 7));
	if (varies)
		return;
	same++;
	for (unsigned i = 0; i < 20; i++) {
		uint32_t more = rnd(100);

		deal(frame, flow, &len);
		assert_int_equal(oracle(f, frame, len, len + more), hit);
	}
}

static void some_flow(uint8_t *vary, struct rd_filter_flow *flow, uint8_t *frame)
{
	static const uint8_t masks[] = {0, 0, 0, 0xff, 0xff, 0xc0, 0x0f, 0x01};

	flow->vary = vary;
	flow->len = 20 + rnd(40);
	for (uint32_t i = 0; i < flow->len; i++)
		vary[i] = masks[rnd(sizeof(masks))];
	for (uint32_t i = 0; i < LEN; i++)
		frame[i] = (uint8_t)(rnd(4) == 0 ? rnd(256) : rnd(4));
}

static struct rd_filter_insn some_insn(unsigned left)
{
	static const uint16_t codes[] = {BPF_LD | BPF_W | BPF_ABS, BPF_LD | BPF_H | BPF_ABS,
		BPF_LD | BPF_B | BPF_ABS, BPF_LD | BPF_H | BPF_IND, BPF_LD | BPF_B | BPF_IND,
		BPF_LD | BPF_W | BPF_LEN, BPF_LD | BPF_IMM, BPF_LDX | BPF_W | BPF_IMM,
		BPF_LDX | BPF_B | BPF_MSH, BPF_LDX | BPF_W | BPF_LEN, BPF_ALU | BPF_ADD | BPF_X,
		BPF_ALU | BPF_SUB | BPF_K, BPF_ALU | BPF_MUL | BPF_X, BPF_ALU | BPF_DIV | BPF_X,
		BPF_ALU | BPF_MOD | BPF_X, BPF_ALU | BPF_AND | BPF_K, BPF_ALU | BPF_AND | BPF_X,
		BPF_ALU | BPF_OR | BPF_K, BPF_ALU | BPF_XOR | BPF_X, BPF_ALU | BPF_LSH | BPF_K,
		BPF_ALU | BPF_RSH | BPF_K, BPF_ALU | BPF_LSH | BPF_X, BPF_ALU | BPF_NEG,
		BPF_MISC | BPF_TAX, BPF_MISC | BPF_TXA, BPF_ST, BPF_STX, BPF_LD | BPF_MEM,
		BPF_LDX | BPF_W | BPF_MEM, BPF_JMP | BPF_JEQ | BPF_K, BPF_JMP | BPF_JSET | BPF_K,
		BPF_JMP | BPF_JGT | BPF_X, BPF_JMP | BPF_JGE | BPF_K, BPF_JMP | BPF_JEQ | BPF_X,
		BPF_JMP | BPF_JSET | BPF_X, BPF_JMP | BPF_JA, BPF_RET | BPF_A, BPF_RET | BPF_K};
	struct rd_filter_insn in = {.code = codes[rnd(sizeof(codes) / sizeof(codes[0]))]};

	in.k = rnd(3) == 0 ? rnd(LEN) : rnd(16);
	if (BPF_CLASS(in.code) == BPF_JMP && left != 0) {
		in.jt = (uint8_t)rnd(left);
		in.jf = (uint8_t)rnd(left);
		in.k = BPF_OP(in.code) == BPF_JA ? rnd(left) : in.k;
	}
	return in;
}

static void random_programs(void **state)
{
	unsigned loaded = 0;

	(void)state;
	same = 0;
	for (unsigned n = 0; n < 200000; n++) {
		struct rd_filter_insn insns[12];
		uint32_t nb = 2 + rnd(10);
		struct rd_err err = {0};
		struct rd_filter f;

		for (uint32_t i = 0; i < nb; i++)
			insns[i] = some_insn(nb - 1 - i);
		insns[nb - 1] = (struct rd_filter_insn){
			.code = rnd(2) ? BPF_RET | BPF_A : BPF_RET | BPF_K, .k = rnd(2)};
		if (rd_filter_load(&f, insns, nb, RD_FILTER_OUTER, &err) < 0)
			continue;
		uint8_t frame[LEN], vary[LEN];
		struct rd_filter_flow flow;

		loaded++;
		some_flow(vary, &flow, frame);
		check(&f, frame, &flow);
		rd_filter_free(&f);
	}
	print_message("%u programs, %u answers for all of a flow\n", loaded, same);
	assert_true(loaded > 20000 && same > loaded / 10 && same < loaded);
}

// UDP over IPv4 in Ethernet: all but addresses, protocol and ports may differ; it is no fragment.
static const uint8_t udp_vary[38] = {[15] = 0xff,
	[16] = 0xff,
	[17] = 0xff,
	[18] = 0xff,
	[19] = 0xff,
	[20] = 0xc0,
	[22] = 0xff,
	[24] = 0xff,
	[25] = 0xff};
static const uint8_t udp_frame[38] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 60, 0,
	1, 0x40, 0, 64, 17, 0, 0, 10, 1, 0, 1, 10, 128, 0, 1, 0xc3, 0x50, 0x13, 0x88};

static void expressions(void **state)
{
	static const struct {
		const char *expr;
		bool varies;
	} cases[] = {{"udp and host 203.0.113.9", false}, {"udp port 5000", false},
		{"tcp port 443", false}, {"host 10.1.0.1", false}, {"ip6", false}, {"arp", false},
		{"ether src 02:00:00:00:00:01", false}, {"net 10.0.0.0/8 and udp", false},
		{"udp src port 50000 and udp dst portrange 4000-6000", false}, {"vlan", false},
		{"ip[6:2] & 0x1fff = 0", false}, {"tcp or icmp or udp port 53", false},
		{"udp[0:2] = 50000", false}, {"tcp[tcpflags] & tcp-syn != 0", false},
		{"ip[6] & 0x40 != 0", true}, {"ip[8] < 5", true}, {"len > 100", true},
		{"greater 70", true}, {"udp[4:2] > 100", true}, {"udp[8] = 1", true},
		{"udp port 5000 and len > 100", true}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct rd_filter_flow flow = {udp_vary, sizeof(udp_vary)};
		struct rd_err err = {0};
		struct rd_filter f;
		uint8_t frame[LEN] = {0};
		unsigned before = same;

		memcpy(frame, udp_frame, sizeof(udp_frame));
		assert_int_equal(rd_filter_compile(&f, cases[i].expr, RD_FILTER_OUTER, &err), 0);
		check(&f, frame, &flow);
		if ((same == before) != cases[i].varies)
			fail_msg(
				"%s: %s", cases[i].expr, same == before ? "varies" : "is the same");
		rd_filter_free(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_programs),
		cmocka_unit_test(expressions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
