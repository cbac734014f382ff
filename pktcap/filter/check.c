/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Checks a classic BPF program that came over the socket. libpcap's bpf_validate() is not enough for a
 * worker: in user space it lets an unconditional jump go backwards (its optimiser makes such loops for
 * `protochain`), which could spin forever, and it allows scratch words to be read before they are written.
 * Control thread of the daemon, and clients.
 */
#include "filter/check.h"

#include <pcap/pcap.h>

#include <stdlib.h>

_Static_assert(BPF_MEMWORDS <= 16, "masks of scratch words have 16 bits");

static bool load_is_known(uint16_t code)
{
	switch (code) {
	case BPF_LD | BPF_W | BPF_ABS:
	case BPF_LD | BPF_H | BPF_ABS:
	case BPF_LD | BPF_B | BPF_ABS:
	case BPF_LD | BPF_W | BPF_IND:
	case BPF_LD | BPF_H | BPF_IND:
	case BPF_LD | BPF_B | BPF_IND:
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LD | BPF_IMM:
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_W | BPF_IMM:
	case BPF_LDX | BPF_W | BPF_MEM:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_B | BPF_MSH:
		return true;
	default:
		return false;
	}
}

static bool alu_is_known(uint16_t code)
{
	switch (BPF_OP(code)) {
	case BPF_ADD:
	case BPF_SUB:
	case BPF_MUL:
	case BPF_DIV:
	case BPF_MOD:
	case BPF_OR:
	case BPF_AND:
	case BPF_XOR:
	case BPF_LSH:
	case BPF_RSH:
		return true;
	case BPF_NEG:
		return BPF_SRC(code) == BPF_K;
	default:
		return false;
	}
}

static bool jump_is_known(uint16_t code)
{
	switch (BPF_OP(code)) {
	case BPF_JA:
		return BPF_SRC(code) == BPF_K;
	case BPF_JEQ:
	case BPF_JGT:
	case BPF_JGE:
	case BPF_JSET:
		return true;
	default:
		return false;
	}
}

static bool opcode_is_known(uint16_t code)
{
	if (code > 0xff)
		return false;
	switch (BPF_CLASS(code)) {
	case BPF_LD:
	case BPF_LDX:
		return load_is_known(code);
	case BPF_ST:
	case BPF_STX:
		return code == BPF_CLASS(code);
	case BPF_ALU:
		return alu_is_known(code);
	case BPF_JMP:
		return jump_is_known(code);
	case BPF_RET:
		return code == (BPF_RET | BPF_K) || code == (BPF_RET | BPF_A);
	default:
		return code == (BPF_MISC | BPF_TAX) || code == (BPF_MISC | BPF_TXA);
	}
}

static bool reads_memory(uint16_t code)
{
	return code == (BPF_LD | BPF_MEM) || code == (BPF_LDX | BPF_MEM);
}

static bool writes_memory(uint16_t code)
{
	return code == BPF_ST || code == BPF_STX;
}

// Constants of one instruction. Returns the complaint, or NULL.
static const char *check_constant(const struct rd_filter_insn *in)
{
	uint16_t op = BPF_OP(in->code);

	if ((reads_memory(in->code) || writes_memory(in->code)) && in->k >= BPF_MEMWORDS)
		return "scratch memory index is out of range";
	if (BPF_CLASS(in->code) != BPF_ALU || BPF_SRC(in->code) != BPF_K)
		return NULL;
	if ((op == BPF_DIV || op == BPF_MOD) && in->k == 0)
		return "division by zero";
	if ((op == BPF_LSH || op == BPF_RSH) && in->k > 31)
		return "shift by more than 31 bits";
	return NULL;
}

// Targets of instruction i, relative to i + 1. Forward only, hence every program ends.
static const char *check_jump(const struct rd_filter_insn *in, uint32_t left)
{
	if (BPF_CLASS(in->code) != BPF_JMP)
		return NULL;
	if (BPF_OP(in->code) == BPF_JA)
		return in->k < left ? NULL : "jump leaves the program or goes backwards";
	return in->jt < left && in->jf < left ? NULL : "jump leaves the program";
}

static const char *check_insn(const struct rd_filter_insn *insns, uint32_t i, uint32_t n)
{
	const char *complaint;

	if (!opcode_is_known(insns[i].code))
		return "unknown operation";
	complaint = check_constant(&insns[i]);
	if (complaint == NULL)
		complaint = check_jump(&insns[i], n - i - 1);
	return complaint;
}

// Scratch words that are written on every way to an instruction. Jumps go forward only, so one pass is
// enough. Returns the first instruction that reads an unwritten word, n if there is none.
static uint32_t first_unwritten(const struct rd_filter_insn *insns, uint32_t n, uint16_t *valid)
{
	uint16_t now = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct rd_filter_insn *in = &insns[i];

		now &= valid[i];
		if (writes_memory(in->code))
			now |= (uint16_t)(1u << in->k);
		if (reads_memory(in->code) && (now & 1u << in->k) == 0)
			return i;
		if (BPF_CLASS(in->code) == BPF_JMP) {
			bool always = BPF_OP(in->code) == BPF_JA;

			valid[i + 1 + (always ? in->k : in->jt)] &= now;
			valid[i + 1 + (always ? in->k : in->jf)] &= now;
		}
		if (BPF_CLASS(in->code) == BPF_JMP || BPF_CLASS(in->code) == BPF_RET)
			now = UINT16_MAX; // the next instruction is reached by jumps only
	}
	return n;
}

static int check_memory(const struct rd_filter_insn *insns, uint32_t n, struct rd_err *err)
{
	uint16_t *valid = malloc(n * sizeof(*valid));
	uint32_t bad;

	if (valid == NULL)
		return rd_err_set(err, -ENOMEM, "no memory to check the filter");
	for (uint32_t i = 0; i < n; i++)
		valid[i] = UINT16_MAX;
	bad = first_unwritten(insns, n, valid);
	free(valid);
	if (bad < n)
		return rd_err_set(err, -EINVAL,
			"filter instruction %u: reads a scratch word that was not written", bad);
	return 0;
}

int rd_filter_check(const struct rd_filter_insn *insns, uint32_t n, struct rd_err *err)
{
	for (uint32_t i = 0; i < n; i++) {
		const char *complaint = check_insn(insns, i, n);

		if (complaint != NULL)
			return rd_err_set(err, -EINVAL, "filter instruction %u (code 0x%x): %s", i,
				insns[i].code, complaint);
	}
	if (BPF_CLASS(insns[n - 1].code) != BPF_RET)
		return rd_err_set(err, -EINVAL, "the filter's last instruction does not return");
	return check_memory(insns, n, err);
}
