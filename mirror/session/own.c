/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Copies of our own among the packets. They are never copied again, so they do no harm; but a session whose copies come back from
 * the wire is stopped, because somebody has to look at that network. Anybody can make a frame that looks like a copy, a guest
 * that would rather not be watched to begin with. So only what comes in by a device of an uplink counts, with a number that was
 * given lately where copies have numbers, and only if it is a good share of what was sent. Worker thread.
 */
#include "session/match.h"

#include <string.h>

#include "session/copy.h"
#include "tables/port.h"

#define IPPROTO_GRE_ 47
#define GRE_CSUM 0x8000u
#define GRE_KEY 0x2000u
#define GRE_SEQ 0x1000u
#define RECENT (1u << 18) // copies on their way round
#define JUDGE_NS UINT64_C(100000000) // looked at at least so long
#define FORGET_NS UINT64_C(1000000000)

// The source's; the destination's follows. len 0: none can be read.
static const uint8_t *addresses(const struct mirror_view *v, const struct rd_pkt *p, uint32_t *len)
{
	const uint8_t *l3 = v->bytes + p->l3_off;

	*len = p->flags & RD_PKT_IPV4 ? 4 : p->flags & RD_PKT_IPV6 ? 16 : 0;
	if (*len == 0 || (uint32_t)p->l3_off + (*len == 4 ? 20 : 40) > v->len)
		*len = 0;
	return *len == 4 ? l3 + 12 : l3 + 8;
}

static bool is_own(
	const struct mirror_excludes *e, const struct mirror_view *v, const struct rd_pkt *p)
{
	bool gre = p->proto == IPPROTO_GRE_, udp = p->proto == RD_IPPROTO_UDP;
	const uint8_t *a;
	uint32_t len;

	if (!gre && !(udp && (p->flags & RD_PKT_L4)))
		return false;
	a = addresses(v, p, &len);
	for (unsigned i = 0; len != 0 && i < e->nb; i++) {
		const struct mirror_exclude *x = &e->v[i];

		if (x->proto == p->proto && x->family == (len == 4 ? AF_INET : AF_INET6)
			&& (gre || x->dport == p->dport) && memcmp(x->dst, a + len, len) == 0
			&& memcmp(x->src, a, len) == 0)
			return true;
	}
	return false;
}

bool mirror_is_excluded(const struct mirror_excludes *e, const struct mirror_view *v)
{
	if (e == NULL || e->nb == 0)
		return false;
	return is_own(e, v, &v->outer) || (v->has_inner && is_own(e, v, &v->inner));
}

static bool is_numbered(const struct rd_mirror_spec *s)
{
	return s->encap == RD_ENCAP_ERSPAN2 || s->encap == RD_ENCAP_ERSPAN3
		|| (s->encap == RD_ENCAP_GRE && s->seq);
}

// The number in the GRE header.
static bool read_seq(const struct mirror_view *v, uint32_t *seq)
{
	uint32_t at = mirror_behind_ip(v, &v->outer);
	uint16_t flags;

	if (at == 0 || at + 4 > v->len)
		return false;
	flags = rd_be16(v->bytes + at);
	at += 4 + (flags & GRE_CSUM ? 4 : 0) + (flags & GRE_KEY ? 4 : 0);
	if ((flags & GRE_SEQ) == 0 || at + 4 > v->len)
		return false;
	*seq = rd_be32(v->bytes + at);
	return true;
}

// For a collector of this session, and with a number that it was sent lately.
static bool is_likely(const struct mirror_run *r, const struct mirror_view *v)
{
	uint32_t len, seq = 0;
	const uint8_t *a = addresses(v, &v->outer, &len);

	if (is_numbered(&r->spec) && !read_seq(v, &seq))
		return false;
	for (unsigned i = 0; len != 0 && i < r->spec.nb_dests; i++) {
		uint32_t next = __atomic_load_n(&r->state->dest[i].seq, __ATOMIC_RELAXED);

		if (memcmp(r->spec.dest[i].addr, a + len, len) == 0)
			return !is_numbered(&r->spec) || next - 1 - seq < RECENT;
	}
	return false;
}

static bool came_by_wire(const struct mirror_view *v)
{
	const struct rd_port *p =
		v->seen->stage == RD_STAGE_UPLINK_RX ? rd_port_at(v->seen->port) : NULL;

	return p != NULL && p->attach == RD_ATTACH_ETHDEV;
}

// Of what was sent meanwhile at least half has come back.
static bool is_share(struct mirror_state *st, uint64_t ns)
{
	uint32_t sent = (uint32_t)__atomic_load_n(&st->owned.packets, __ATOMIC_RELAXED), seen;
	uint64_t since = __atomic_load_n(&st->loops[0], __ATOMIC_RELAXED), both;

	if (since == 0 || ns - since > FORGET_NS) {
		__atomic_store_n(&st->loops[1], (uint64_t)sent << 32 | 1, __ATOMIC_RELAXED);
		__atomic_store_n(&st->loops[0], ns, __ATOMIC_RELAXED);
		return false;
	}
	both = __atomic_add_fetch(&st->loops[1], 1, __ATOMIC_RELAXED);
	seen = (uint32_t)both;
	return ns - since >= JUDGE_NS && seen >= (sent - (uint32_t)(both >> 32)) / 2;
}

bool mirror_is_loop(const struct mirror_run *r, const struct mirror_view *v)
{
	return came_by_wire(v) && is_likely(r, v) && is_share(r->state, v->seen->ns);
}
