/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the files on a copy's way share: copy.c, mask.c, owner.c. Worker thread.
 */
#pragma once

#include "api/stages.h"
#include "session/field.h"
#include "session/match.h"

// plain.c, for r->plain and no card: of these packets, all at one stage and port, so many from the first on that it has dealt with;
// 0: the first needs a closer look.
unsigned mirror_take_plain(const struct mirror_run *r, struct rd_worker *w,
	const struct rd_tap_seen *seen, unsigned nb);

#define MIRROR_GRE 47 // of IP
#define MIRROR_ROOM 2048 // bytes of a copy in its first buffer
#define MIRROR_HEADROOM RTE_ALIGN_CEIL(RD_ENCAP_MAX + 16, 64) // before a copy's first byte

void mirror_queue(struct rd_worker *w, struct rte_mbuf *m); // a copy is on its way to the owner
void mirror_flush(struct rd_worker *w); // what the worker has copied goes to the owner
bool mirror_is_idle(
	const struct rd_worker *w); // nothing is on its way from this worker to the owner
// owner.c. Control's own, a question or a probe: the mbuf is taken; false: the device did not take it.
bool mirror_send_frame(const struct rd_worker *w, struct rte_mbuf *m, uint16_t port);
// Where all copies of this session go now, if the worker is the owner and may write their heads itself; else NULL.
struct mirror_dest *mirror_straight(struct rd_worker *w, const struct mirror_run *r);
// These go there: numbered from d->seq on, with their heads; inner: the bytes of their frames. nb <= RD_BURST.
void mirror_sent(struct rd_worker *w, struct mirror_state *st, struct mirror_dest *d,
	struct rte_mbuf *const *m, unsigned nb, uint32_t inner);
// buffer.c. A chain of as many buffers as the bytes need; of a packet's frame that many are filled in; and another copy of a copy, its
// private area, too. NULL: the pool is empty.
struct rte_mbuf *mirror_buffers(uint32_t len);
void mirror_fill(struct rte_mbuf *m, const struct rd_tap_seen *seen);
struct rte_mbuf *mirror_twin(const struct rte_mbuf *m);
// Blots out the payload of a copy as the session wants it.
void mirror_mask(const struct mirror_run *r, const struct mirror_view *v, struct rte_mbuf *m);

// own.c: a copy of ours, of whatever session: not to be copied.
bool mirror_is_excluded(const struct mirror_excludes *e, const struct mirror_view *v);
// false: it is not, and that can be seen without parsing it. Of a frame of at least 34 bytes without a tunnel inside.
static inline bool mirror_may_be_own_ip(
	const struct mirror_excludes *e, const uint8_t *frame, uint16_t type)
{
	uint8_t proto;

	switch (type) {
	case RD_ETHERTYPE_IPV4:
		proto = frame[RD_ETH_LEN + 9];
		return proto == MIRROR_GRE || (proto == RD_IPPROTO_UDP && e->udp);
	case RD_ETHERTYPE_IPV6: // an extension header may hide any
		proto = frame[RD_ETH_LEN + 6];
		return proto != RD_IPPROTO_TCP && (proto != RD_IPPROTO_UDP || e->udp);
	default:
		return true;
	}
}
static inline bool mirror_may_be_own(const struct mirror_excludes *e, const struct mirror_view *v)
{
	if (e == NULL || e->nb == 0)
		return false;
	return v->has_inner || v->len < RD_ETH_LEN + 20u
		|| mirror_may_be_own_ip(e, v->bytes, mirror_view_type(v));
}
// ... and it shows that this session's copies come back from the network.
bool mirror_is_loop(const struct mirror_run *r, const struct mirror_view *v);

// Out of the switch port; else into it.
static inline bool rd_mirror_is_egress(unsigned stage)
{
	return stage == RD_STAGE_UPLINK_TX || stage == RD_STAGE_MUX_TX || stage == RD_STAGE_VNIC_TX
		|| stage == RD_STAGE_UPT_TX || stage == RD_STAGE_PORT_OUT;
}

// That one packet makes.
static inline unsigned mirror_copies_of(const struct mirror_run *r)
{
	return r->spec.mode == RD_MIRROR_REPLICATE ? r->spec.nb_dests : 1;
}

// Bytes of the frame that are copied; 0 = it does not fit, and is not to be cut.
static inline uint32_t mirror_cut(const struct mirror_run *r, uint32_t len)
{
	uint32_t room = __atomic_load_n(&r->state->room, __ATOMIC_RELAXED);

	if (r->spec.snaplen != 0)
		len = RTE_MIN(len, r->spec.snaplen);
	if (len <= room)
		return len;
	return r->spec.mtu_policy == RD_MIRROR_MTU_DROP ? 0 : room;
}

// Whose copy it is. No stage sees it, so of the metadata no more is made.
static inline void mirror_label(const struct mirror_run *r, const struct rd_tap_seen *seen,
	uint32_t len, struct mirror_copy *c)
{
	c->md.flags = RD_META_MIRROR;
	c->state = r->state;
	c->run = r;
	c->len = len;
	c->stage = seen->stage;
}

// What the head says of a copy: what is the same for all that are seen at one place ...
static inline struct rd_encap_copy mirror_place(
	const struct mirror_run *r, const struct rd_tap_seen *s)
{
	bool out = rd_mirror_is_egress(s->stage);

	return (struct rd_encap_copy){
		.index = r->fixed_index ? r->spec.index : rd_encap_index(out, s->stage, s->port),
		.port = s->port,
		.sgt = r->spec.sgt_reason ? s->reason : r->spec.sgt,
		.reason = s->reason,
		.stage = r->fixed_hwid ? r->spec.hwid : s->stage,
		.en = RD_EN_UNTAGGED,
		.flags = (uint8_t)((out ? RD_COPY_EGRESS : 0)
			| (r->spec.sample > 1 ? RD_COPY_SAMPLED : 0))};
}

// ... and the packet's own, of which len bytes are copied.
static inline void mirror_describe(
	const struct rd_tap_seen *s, uint32_t len, struct rd_encap_copy *c)
{
	c->ns = s->ns;
	c->packet_id = s->packet_id;
	c->wire_len = s->len;
	c->bso = s->len < 60 ? 1 : s->len > 1518 ? 2 : 0;
	c->flags |= (uint8_t)((len < s->len ? RD_COPY_TRUNCATED : 0)
		| (s->m->ol_flags & RTE_MBUF_F_TX_L4_MASK ? RD_COPY_PARTIAL_CSUM : 0)
		| (s->m->ol_flags & RTE_MBUF_F_TX_TCP_SEG ? RD_COPY_SUPER_FRAME : 0));
}
