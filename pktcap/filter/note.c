/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The noting interpreter, see note.h. Beside each register it keeps the bits of it that may differ between packets of a flow.
 * Where it can't tell it says "varies", which is never wrong. Worker threads.
 */
#include "filter/note.h"

#include <pcap/pcap.h>

struct reg {
	uint32_t v;
	uint32_t vary; // bits of v that another packet of the flow may have otherwise
};

struct machine {
	const uint8_t *frame;
	uint32_t len, wire_len;
	const struct rd_filter_flow *flow;
	struct reg a, x;
	struct reg mem[BPF_MEMWORDS];
	bool varies; // the way taken so far, or its answer, may be another packet's or not
};

static struct reg constant(uint32_t v)
{
	return (struct reg){v, 0};
}

// false: beyond the frame's end, which ends the program with "no".
static inline bool load(struct machine *m, uint64_t off, unsigned n, struct reg *r)
{
	*r = constant(0);
	m->varies |= off + n > m->flow->len; // others may be shorter, or longer
	if (off + n > m->len)
		return false;
	for (unsigned i = 0; i < n; i++) {
		r->v = r->v << 8 | m->frame[off + i];
		r->vary = r->vary << 8 | (m->varies ? 0xffu : m->flow->vary[off + i]);
	}
	return true;
}

static unsigned size_of(uint16_t code)
{
	switch (BPF_SIZE(code)) {
	case BPF_W:
		return 4;
	case BPF_H:
		return 2;
	default:
		return 1;
	}
}

static bool load_a(struct machine *m, const struct rd_filter_insn *in)
{
	switch (BPF_MODE(in->code)) {
	case BPF_ABS:
		return load(m, in->k, size_of(in->code), &m->a);
	case BPF_IND:
		m->varies |= m->x.vary != 0;
		return load(m, (uint64_t)m->x.v + in->k, size_of(in->code), &m->a);
	case BPF_LEN:
		m->a = (struct reg){m->wire_len, UINT32_MAX};
		return true;
	case BPF_MEM:
		m->a = m->mem[in->k];
		return true;
	default:
		m->a = constant(in->k);
		return true;
	}
}

static bool load_x(struct machine *m, const struct rd_filter_insn *in)
{
	switch (BPF_MODE(in->code)) {
	case BPF_MSH:
		if (!load(m, in->k, 1, &m->x))
			return false;
		m->x = (struct reg){(m->x.v & 0xf) << 2, (m->x.vary & 0xf) << 2};
		return true;
	case BPF_LEN:
		m->x = (struct reg){m->wire_len, UINT32_MAX};
		return true;
	case BPF_MEM:
		m->x = m->mem[in->k];
		return true;
	default:
		m->x = constant(in->k);
		return true;
	}
}

static uint32_t shift(uint32_t v, uint32_t by, bool left)
{
	if (by >= 32)
		return 0;
	return left ? v << by : v >> by;
}

// false: a division by zero, which ends the program with "no".
static bool divide(struct machine *m, uint16_t op, struct reg b)
{
	m->varies |= b.vary != 0 && (b.v & ~b.vary) == 0; // zero for some
	if (b.v == 0)
		return false;
	m->a.v = op == BPF_DIV ? m->a.v / b.v : m->a.v % b.v;
	return true;
}

static uint32_t add_or_so(uint16_t op, uint32_t a, uint32_t b)
{
	switch (op) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_OR:
		return a | b;
	case BPF_XOR:
		return a ^ b;
	default:
		return 0u - a; // BPF_NEG
	}
}

static bool alu(struct machine *m, const struct rd_filter_insn *in)
{
	struct reg b = BPF_SRC(in->code) == BPF_X ? m->x : constant(in->k), a = m->a;
	uint16_t op = BPF_OP(in->code);

	// Of most operations a bit that differs may change every bit.
	m->a.vary = (a.vary | b.vary) != 0 ? UINT32_MAX : 0;
	switch (op) {
	case BPF_AND: // a bit that is 0 on one side for all is 0
		m->a.v = a.v & b.v;
		m->a.vary = (a.vary & (b.v | b.vary)) | (b.vary & (a.v | a.vary));
		return true;
	case BPF_LSH:
	case BPF_RSH:
		m->a.v = shift(a.v, b.v, op == BPF_LSH);
		if (b.vary == 0)
			m->a.vary = shift(a.vary, b.v, op == BPF_LSH);
		return true;
	case BPF_DIV:
	case BPF_MOD:
		return divide(m, op, b);
	default:
		m->a.v = add_or_so(op, a.v, b.v);
		return true;
	}
}

// Bits that are the same for all can settle a test, whatever the others are.
static bool test(struct machine *m, const struct rd_filter_insn *in)
{
	struct reg b = BPF_SRC(in->code) == BPF_X ? m->x : constant(in->k), a = m->a;
	uint32_t vary = a.vary | b.vary;

	switch (BPF_OP(in->code)) {
	case BPF_JEQ:
		m->varies |= vary != 0 && ((a.v ^ b.v) & ~vary) == 0;
		return a.v == b.v;
	case BPF_JSET:
		m->varies |=
			(a.v & b.v & ~vary) == 0 && ((a.v | a.vary) & (b.v | b.vary) & vary) != 0;
		return (a.v & b.v) != 0;
	case BPF_JGT:
		m->varies |= vary != 0;
		return a.v > b.v;
	default:
		m->varies |= vary != 0;
		return a.v >= b.v;
	}
}

static bool answer(struct machine *m, const struct rd_filter_insn *in)
{
	if (BPF_RVAL(in->code) != BPF_A)
		return in->k != 0;
	m->varies |= m->a.vary != 0 && (m->a.v & ~m->a.vary) == 0;
	return m->a.v != 0;
}

// Everything but jumps and returns. false ends the program with "no".
static inline bool step(struct machine *m, const struct rd_filter_insn *in)
{
	switch (BPF_CLASS(in->code)) {
	case BPF_LD:
		return load_a(m, in);
	case BPF_LDX:
		return load_x(m, in);
	case BPF_ST:
		m->mem[in->k] = m->a;
		return true;
	case BPF_STX:
		m->mem[in->k] = m->x;
		return true;
	case BPF_ALU:
		return alu(m, in);
	default:
		if (BPF_MISCOP(in->code) == BPF_TAX)
			m->x = m->a;
		else
			m->a = m->x;
		return true;
	}
}

static bool run(struct machine *m, const struct rd_filter *f)
{
	for (const struct rd_filter_insn *in = f->insns;; in++) {
		if (BPF_CLASS(in->code) == BPF_RET)
			return answer(m, in);
		if (BPF_CLASS(in->code) != BPF_JMP) {
			if (!step(m, in))
				return false;
		} else if (BPF_OP(in->code) == BPF_JA) {
			in += in->k;
		} else {
			in += test(m, in) ? in->jt : in->jf;
		}
	}
}

bool rd_filter_note(const struct rd_filter *f, const uint8_t *frame, uint32_t len,
	uint32_t wire_len, const struct rd_filter_flow *flow, bool *varies)
{
	struct machine m = {.frame = frame, .len = len, .wire_len = wire_len, .flow = flow};
	bool hit = run(&m, f);

	*varies |= m.varies;
	return hit;
}
