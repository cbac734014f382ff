/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See frag.h. classify has checked the header chain; it is walked here once more for the identification, with every length checked.
 */
#include "nodes/frag.h"

#include <string.h>

#include "base/pkt.h"

#define EXT_FRAGMENT 44
#define EXT_AUTH 51
#define EXT_MAX 8

struct frag { // where a fragment belongs in its packet
	uint32_t id;
	uint8_t proto; // of what is fragmented: the same in all fragments, unlike md->proto
	uint32_t off; // of its first byte
	uint32_t len;
};

static void read_ipv4(const uint8_t *ip, struct frag *f)
{
	f->id = rd_be16(ip + 4);
	f->proto = ip[9];
	f->off = (rd_be16(ip + 6) & 0x1fffu) * 8;
	f->len = rd_be16(ip + 2) - (ip[0] & 15) * 4u;
}

static bool read_ipv6(const uint8_t *ip, uint32_t readable, struct frag *f)
{
	uint32_t end = 40u + rd_be16(ip + 4), off = 40;
	uint8_t kind = ip[6];

	for (unsigned n = 0; n < EXT_MAX && off + 8 <= readable && off + 8 <= end; n++) {
		const uint8_t *ext = ip + off;

		if (kind == EXT_FRAGMENT) {
			f->id = rd_be32(ext + 4);
			f->proto = ext[0];
			f->off = rd_be16(ext + 2) & 0xfff8u;
			f->len = end - off - 8;
			return true;
		}
		off += kind == EXT_AUTH ? (ext[1] + 2u) * 4 : (ext[1] + 1u) * 8;
		kind = ext[0];
	}
	return false;
}

static bool read_key(const struct rte_mbuf *m, const struct rd_meta *md, struct rd_frag_place at,
	struct rd_frag_key *k, struct frag *f)
{
	const uint8_t *ip = rte_pktmbuf_mtod_offset(m, const uint8_t *, md->l3_off);

	*k = (struct rd_frag_key){.zone = at.zone, .dir = at.dir};
	if (md->pkt_flags & RD_PKT_IPV4) {
		memcpy(k->src, ip + 12, 4);
		memcpy(k->dst, ip + 16, 4);
		read_ipv4(ip, f);
	} else {
		memcpy(k->src, ip + 8, 16);
		memcpy(k->dst, ip + 24, 16);
		if (!read_ipv6(ip, m->data_len - (uint32_t)md->l3_off, f))
			return false;
	}
	k->id = f->id;
	k->proto = f->proto;
	return true;
}

void rd_frag_note(const struct rte_mbuf *m, const struct rd_meta *md, struct rd_frag_place at,
	struct rd_frag_verdict v)
{
	const uint8_t *l4 = rte_pktmbuf_mtod_offset(m, const uint8_t *, md->l4_off);
	struct rd_frag_key k;
	struct frag f;

	if (!read_key(m, md, at, &k, &f))
		return;
	if (md->proto != RD_IPPROTO_TCP || (md->pkt_flags & RD_PKT_L4) == 0)
		v.ref = 0;
	if (v.ref != 0) {
		v.hdr_len = (uint8_t)((l4[12] >> 4) * 4);
		v.seq = rd_be32(l4 + 4);
	}
	rd_frag_put(&k, &v, at.now_s);
}

bool rd_frag_follow(const struct rd_worker *w, const struct rte_mbuf *m, const struct rd_meta *md,
	struct rd_frag_place at, struct rd_frag_verdict *v)
{
	struct rd_frag_key k;
	struct frag f;

	if (!read_key(m, md, at, &k, &f) || !rd_frag_get(&k, at.now_s, v))
		return false;
	if (w->dry == NULL && v->ref != 0 && v->reason == 0 && f.off + f.len > v->hdr_len)
		rd_conn_extend(
			v->ref, (enum rd_conn_dir)v->conn_dir, v->seq + f.off + f.len - v->hdr_len);
	return true;
}
