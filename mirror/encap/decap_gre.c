/* SPDX-License-Identifier: BSD-3-Clause
 *
 * GRE and the three ERSPANs, see decap.h. Pure.
 */
#include <string.h>

#include "encap/decap_priv.h"

#define GRE_LEN 4u
#define GRE_C 0x8000u // checksum (and reserved) word
#define GRE_R 0x4c00u // routing, strict source route, and the bit behind: RFC 1701 only
#define GRE_K 0x2000u
#define GRE_S 0x1000u
#define GRE_VERSION 0x0007u
#define PROTO_ERSPAN 0x88beu // types I and II
#define PROTO_ERSPAN3 0x22ebu
#define ERSPAN2_LEN 8u
#define ERSPAN3_LEN 12u
#define ERSPAN_SUB_LEN 8u
#define FRAME_TYPE_IP 2

// The first word of types II and III.
static void read_word0(const uint8_t *h, struct rd_decap *d)
{
	uint32_t w = rd_be32(h);

	d->erspan.vlan = w >> 16 & 0xfff;
	d->erspan.cos = w >> 13 & 7;
	d->erspan.truncated = (w >> 10 & 1) != 0;
	d->id = w & 0x3ff;
	d->has_id = true;
}

static enum rd_decap_result erspan2(const struct decap_view *v, size_t off, struct rd_decap *d)
{
	const uint8_t *h = v->frame + off;

	d->kind = RD_DECAP_ERSPAN2;
	if (!decap_has(v, off, ERSPAN2_LEN))
		return decap_bad(d, RD_DECAP_F_HEADER_CUT);
	read_word0(h, d);
	d->erspan.en = h[2] >> 3 & 3;
	d->erspan.index = rd_be32(h + 4) & 0xfffff;
	d->protocol = RD_ETHERTYPE_TEB;
	return decap_inner(v, off + ERSPAN2_LEN, d);
}

static void read_type3(const uint8_t *h, struct rd_decap *d)
{
	struct rd_erspan *e = &d->erspan;
	uint16_t last = rd_be16(h + 10);

	read_word0(h, d);
	e->bso = h[2] >> 3 & 3;
	e->time = rd_be32(h + 4);
	e->sgt = rd_be16(h + 8);
	e->frame_type = last >> 10 & 0x1f;
	e->hw_id = last >> 4 & 0x3f;
	e->egress = (last >> 3 & 1) != 0;
	e->gra = last >> 1 & 3;
	e->has_sub = (last & 1) != 0;
}

static enum rd_decap_result erspan3(const struct decap_view *v, size_t off, struct rd_decap *d)
{
	const uint8_t *h = v->frame + off;

	d->kind = RD_DECAP_ERSPAN3;
	if (!decap_has(v, off, ERSPAN3_LEN))
		return decap_bad(d, RD_DECAP_F_HEADER_CUT);
	read_type3(h, d);
	off += ERSPAN3_LEN;
	if (d->erspan.has_sub) {
		if (!decap_has(v, off, ERSPAN_SUB_LEN))
			return decap_bad(d, RD_DECAP_F_HEADER_CUT);
		memcpy(d->erspan.sub, h + ERSPAN3_LEN, ERSPAN_SUB_LEN);
		off += ERSPAN_SUB_LEN;
	}
	d->protocol = RD_ETHERTYPE_TEB;
	if (d->erspan.frame_type == FRAME_TYPE_IP && decap_has(v, off, 1))
		d->protocol = v->frame[off] >> 4 == 6 ? RD_ETHERTYPE_IPV6 : RD_ETHERTYPE_IPV4;
	return decap_inner(v, off, d);
}

// Type I has no header: without a sequence number there is none (types II and III always have one). Between those the version
// decides, since some senders mix up the Ethertypes.
static enum rd_decap_result erspan(const struct decap_view *v, size_t off, struct rd_decap *d)
{
	uint8_t version;

	if (!d->has_seq && d->protocol == PROTO_ERSPAN) {
		d->kind = RD_DECAP_ERSPAN1;
		d->protocol = RD_ETHERTYPE_TEB;
		return decap_inner(v, off, d);
	}
	d->kind = d->protocol == PROTO_ERSPAN3 ? RD_DECAP_ERSPAN3 : RD_DECAP_ERSPAN2;
	if (!decap_has(v, off, 1))
		return decap_bad(d, RD_DECAP_F_HEADER_CUT);
	version = v->frame[off] >> 4;
	if (version != 1 && version != 2)
		return decap_bad(d, RD_DECAP_F_ERSPAN_VERSION);
	d->odd_type = (version == 2) != (d->protocol == PROTO_ERSPAN3);
	return version == 1 ? erspan2(v, off, d) : erspan3(v, off, d);
}

// The words that the flags announce, in their order.
static size_t read_words(const struct decap_view *v, uint16_t flags, struct rd_decap *d)
{
	const uint8_t *w = v->frame + v->off + GRE_LEN + (flags & GRE_C ? 4 : 0);

	if (flags & GRE_K) {
		d->id = rd_be32(w);
		d->has_id = true;
		w += 4;
	}
	if (flags & GRE_S) {
		d->seq = rd_be32(w);
		d->has_seq = true;
		w += 4;
	}
	return (size_t)(w - v->frame);
}

enum rd_decap_result decap_gre(const struct decap_view *v, struct rd_decap *d)
{
	size_t words, off;
	uint16_t flags;

	d->kind = RD_DECAP_GRE;
	if (!decap_has(v, v->off, GRE_LEN))
		return decap_bad(d, RD_DECAP_F_HEADER_CUT);
	flags = rd_be16(v->frame + v->off);
	if (flags & GRE_VERSION)
		return RD_DECAP_NO; // PPTP's
	if (flags & GRE_R)
		return decap_bad(d, RD_DECAP_F_GRE_ROUTING);
	words = !!(flags & GRE_C) + !!(flags & GRE_K) + !!(flags & GRE_S);
	if (!decap_has(v, v->off, GRE_LEN + 4 * words))
		return decap_bad(d, RD_DECAP_F_HEADER_CUT);
	d->protocol = rd_be16(v->frame + v->off + 2);
	off = read_words(v, flags, d);
	if (d->protocol == PROTO_ERSPAN || d->protocol == PROTO_ERSPAN3)
		return erspan(v, off, d);
	if (d->protocol == RD_ETHERTYPE_TEB || d->protocol == RD_ETHERTYPE_IPV4
		|| d->protocol == RD_ETHERTYPE_IPV6)
		return decap_inner(v, off, d);
	return RD_DECAP_NO;
}
