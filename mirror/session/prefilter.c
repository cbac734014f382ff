/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Rules as a program of the classic BPF, see prefilter.h. Control thread.
 *
 * One block of tests for each rule, family and direction. A test that fails goes on behind its block; whoever comes to its end is let
 * through. A load beyond the frame's end lets nothing through, so blocks that look only at the Ethernet header come first, those
 * that look for ports last. Frames with a tag or IPv6 extension headers are let through where a test would have to go round them.
 */
#include "session/prefilter.h"

#include <string.h>

#include "base/pkt.h"

#define INSNS_MAX 2048 // above that every packet is looked at
#define TO_NEXT 254 // until the block's end is known
#define TO_ACCEPT 253

enum { // classic BPF
	LD_W = 0x20,
	LD_H = 0x28,
	LD_B = 0x30,
	LD_H_X = 0x48,
	LDX_IHL = 0xb1,
	AND = 0x54,
	JEQ = 0x15,
	JGT = 0x25,
	JGE = 0x35,
	JSET = 0x45,
	RET = 0x06,
};

struct program {
	struct rd_filter_insn v[INSNS_MAX];
	unsigned nb, block; // where the block began
	bool all, full;
};

static void emit(struct program *p, uint16_t code, uint32_t k, uint8_t jt, uint8_t jf)
{
	if (p->nb == INSNS_MAX) {
		p->full = true;
		return;
	}
	p->v[p->nb++] = (struct rd_filter_insn){.code = code, .jt = jt, .jf = jf, .k = k};
}

// The word at `at`, masked, must be k.
static void word(struct program *p, uint32_t at, uint32_t mask, uint32_t k)
{
	if (mask == 0)
		return;
	emit(p, LD_W, at, 0, 0);
	if (mask != UINT32_MAX)
		emit(p, AND, mask, 0, 0);
	emit(p, JEQ, k, 0, TO_NEXT);
}

static void half(struct program *p, uint32_t at, uint32_t k)
{
	emit(p, LD_H, at, 0, 0);
	emit(p, JEQ, k, 0, TO_NEXT);
}

static void mac(struct program *p, uint32_t at, const uint8_t mac[6])
{
	word(p, at, UINT32_MAX, rd_be32(mac));
	half(p, at + 4, rd_be16(mac + 4));
}

static void prefix(struct program *p, uint32_t at, const uint8_t *addr, uint8_t len, unsigned words)
{
	for (unsigned i = 0; i < words; i++) {
		unsigned bits = len > 32 * i ? len - 32 * i : 0;
		uint32_t mask = bits >= 32 ? UINT32_MAX : bits == 0 ? 0 : ~(UINT32_MAX >> bits);

		word(p, at + 4 * i, mask, rd_be32(addr + 4 * i));
	}
}

static void range(struct program *p, uint16_t code, uint32_t at, uint16_t lo, uint16_t hi)
{
	emit(p, code, at, 0, 0);
	if (lo != 0)
		emit(p, JGE, lo, 0, TO_NEXT);
	if (hi != UINT16_MAX)
		emit(p, JGT, hi, TO_NEXT, 0);
}

static void ports(struct program *p, const struct rd_mirror_rule *r, bool v6, bool back)
{
	uint16_t code = v6 ? LD_H : LD_H_X;
	uint32_t at = v6 ? RD_ETH_LEN + 40 : RD_ETH_LEN;

	if ((r->has & (RD_MIRROR_HAS_SPORT | RD_MIRROR_HAS_DPORT)) == 0)
		return;
	if (!v6) {
		emit(p, LD_H, RD_ETH_LEN + 6, 0, 0);
		emit(p, JSET, 0x1fff, TO_NEXT, 0); // no port in a later fragment
		emit(p, LDX_IHL, RD_ETH_LEN, 0, 0);
	}
	if (r->has & RD_MIRROR_HAS_SPORT)
		range(p, code, at + (back ? 2 : 0), r->sport_lo, r->sport_hi);
	if (r->has & RD_MIRROR_HAS_DPORT)
		range(p, code, at + (back ? 0 : 2), r->dport_lo, r->dport_hi);
}

// What the protocol must be, 0 = any.
static uint8_t proto(const struct rd_mirror_rule *r)
{
	if (r->has & RD_MIRROR_HAS_PROTO)
		return r->proto;
	return r->has & RD_MIRROR_HAS_TCP_FLAGS ? RD_IPPROTO_TCP : 0;
}

// The protocol, or an extension header that it may be behind.
static void proto6(struct program *p, const struct rd_mirror_rule *r)
{
	static const uint8_t exts[] = {0, 43, 44, 51, 60};

	emit(p, LD_B, RD_ETH_LEN + 6, 0, 0);
	for (unsigned i = 0; i < sizeof(exts); i++)
		emit(p, JEQ, exts[i], TO_ACCEPT, 0);
	if (proto(r) != 0)
		emit(p, JEQ, proto(r), 0, TO_NEXT);
}

static void ip(struct program *p, const struct rd_mirror_rule *r, bool v6, bool back)
{
	uint32_t src = RD_ETH_LEN + (v6 ? 8 : 12), dst = RD_ETH_LEN + (v6 ? 24 : 16);
	unsigned words = v6 ? 4 : 1;

	emit(p, LD_H, RD_ETH_LEN - 2, 0, 0);
	emit(p, JEQ, RD_ETHERTYPE_VLAN, TO_ACCEPT, 0);
	emit(p, JEQ, RD_ETHERTYPE_QINQ, TO_ACCEPT, 0);
	emit(p, JEQ, v6 ? RD_ETHERTYPE_IPV6 : RD_ETHERTYPE_IPV4, 0, TO_NEXT);
	if (r->has & RD_MIRROR_HAS_SRC)
		prefix(p, back ? dst : src, r->src, r->src_len, words);
	if (r->has & RD_MIRROR_HAS_DST)
		prefix(p, back ? src : dst, r->dst, r->dst_len, words);
	if (v6 && (proto(r) != 0 || (r->has & (RD_MIRROR_HAS_SPORT | RD_MIRROR_HAS_DPORT))))
		proto6(p, r);
	else if (!v6 && proto(r) != 0) {
		emit(p, LD_B, RD_ETH_LEN + 9, 0, 0);
		emit(p, JEQ, proto(r), 0, TO_NEXT);
	}
	ports(p, r, v6, back);
}

static void l2(struct program *p, const struct rd_mirror_rule *r, bool back)
{
	if (r->has & RD_MIRROR_HAS_DMAC)
		mac(p, back ? 6 : 0, r->dmac);
	if (r->has & RD_MIRROR_HAS_SMAC)
		mac(p, back ? 0 : 6, r->smac);
	if ((r->has & RD_MIRROR_HAS_ETHERTYPE) == 0)
		return;
	emit(p, LD_H, RD_ETH_LEN - 2, 0, 0);
	emit(p, JEQ, RD_ETHERTYPE_VLAN, TO_ACCEPT, 0);
	emit(p, JEQ, RD_ETHERTYPE_QINQ, TO_ACCEPT, 0);
	emit(p, JEQ, r->ethertype, 0, TO_NEXT);
}

static void end_block(struct program *p)
{
	unsigned accept = p->nb;

	if (accept == p->block)
		p->all = true; // nothing to test
	emit(p, RET, UINT16_MAX, 0, 0);
	for (unsigned i = p->block; i < accept && !p->full; i++) {
		struct rd_filter_insn *in = &p->v[i];
		uint8_t *jumps[] = {&in->jt, &in->jf};

		for (unsigned k = 0; k < 2; k++)
			if (*jumps[k] >= TO_ACCEPT)
				*jumps[k] = (uint8_t)(accept - i - (*jumps[k] == TO_ACCEPT));
	}
	p->block = p->nb;
}

#define NEEDS_IP                                                                           \
	(RD_MIRROR_HAS_SRC | RD_MIRROR_HAS_DST | RD_MIRROR_HAS_PROTO | RD_MIRROR_HAS_SPORT \
		| RD_MIRROR_HAS_DPORT | RD_MIRROR_HAS_TCP_FLAGS)

static unsigned depth(const struct rd_mirror_rule *r)
{
	if (r->has & (RD_MIRROR_HAS_SPORT | RD_MIRROR_HAS_DPORT))
		return 2;
	return (r->has & NEEDS_IP) != 0;
}

static void rule(struct program *p, const struct rd_mirror_rule *r, bool back)
{
	if (depth(r) == 0) {
		l2(p, r, back);
		end_block(p);
		return;
	}
	for (unsigned v6 = 0; v6 < 2; v6++) {
		if (r->family != 0 && (r->family == AF_INET6) != v6)
			continue;
		l2(p, r, back);
		ip(p, r, v6 != 0, back);
		end_block(p);
	}
}

static void rules(struct program *p, const struct rd_mirror_spec *s, unsigned at_depth)
{
	if (s->nb_rules == 0)
		p->all = true;
	for (unsigned i = 0; i < s->nb_rules; i++) {
		if (depth(&s->rule[i]) != at_depth)
			continue;
		rule(p, &s->rule[i], false);
		if (s->rule[i].either_way)
			rule(p, &s->rule[i], true);
	}
}

int mirror_prefilter(struct rd_filter *f, const struct rd_mirror_spec *const *specs, unsigned nb,
	struct rd_err *err)
{
	static struct program p; // control thread
	static const struct rd_filter_insn none;

	memset(&p, 0, sizeof(p));
	for (unsigned d = 0; d < 3; d++)
		for (unsigned i = 0; i < nb; i++)
			rules(&p, specs[i], d);
	emit(&p, RET, 0, 0, 0);
	if (p.all || p.full)
		return rd_filter_load(f, &none, 0, RD_FILTER_OUTER, err);
	return rd_filter_load(f, p.v, p.nb, RD_FILTER_BOTH, err);
}
