/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Pull-up and parsing for the stages. The packet is not shared (nobody clones without a deep copy),
 * so moving bytes between its segments is safe. Worker thread.
 */
#include "nodes/parse.h"

#include <string.h>

#include "api/stages.h"

#define PULL_LEN 192u // enough for nearly every packet
#define PULL_MAX 2048u // a second try, when headers go on beyond that

bool rd_node_pull(struct rte_mbuf *m, uint32_t len)
{
	uint32_t want = RTE_MIN(len, m->pkt_len);

	if (m->data_len >= want)
		return true;
	if (rte_pktmbuf_tailroom(m) < want - m->data_len)
		return false;
	while (m->data_len < want && m->next != NULL) {
		struct rte_mbuf *s = m->next;
		uint16_t n = (uint16_t)RTE_MIN(want - m->data_len, (uint32_t)s->data_len);

		memcpy(rte_pktmbuf_mtod_offset(m, uint8_t *, m->data_len),
			rte_pktmbuf_mtod(s, const uint8_t *), n);
		m->data_len += n;
		s->data_off += n;
		s->data_len -= n;
		if (s->data_len != 0)
			continue;
		m->next = s->next;
		m->nb_segs--;
		s->next = NULL;
		rte_pktmbuf_free_seg(s);
	}
	return true;
}

static int parse(const struct rte_mbuf *m, struct rd_pkt *p)
{
	return rd_pkt_parse(rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, m->pkt_len, 0, p);
}

// Offsets beyond this don't fit the metadata once a tag is pushed.
#define L4_OFF_MAX (UINT8_MAX - 4)

static bool l4_fits(const struct rd_pkt *p)
{
	return (p->flags & RD_PKT_L4) == 0 || p->l4_off <= L4_OFF_MAX;
}

static void note(struct rd_meta *md, const struct rd_pkt *p)
{
	bool l4 = (p->flags & RD_PKT_L4) && l4_fits(p);

	md->l3_off = (uint8_t)p->l3_off;
	md->l4_off = l4 ? (uint8_t)p->l4_off : 0;
	md->proto = p->proto;
	md->pkt_flags = l4 ? p->flags : p->flags & (uint8_t)~RD_PKT_L4;
	md->vlan = p->vlan;
}

int rd_node_parse(struct rte_mbuf *m, struct rd_meta *md, struct rd_pkt *p)
{
	int rc;

	if (!rd_node_pull(m, PULL_LEN))
		return RD_DROP_PKT_PULLUP;
	rc = parse(m, p);
	if (unlikely(rc != 0 && m->data_len < m->pkt_len)) { // by the view's end, or by the frame?
		if (!rd_node_pull(m, PULL_MAX)
			&& !rd_node_pull(m, m->data_len + rte_pktmbuf_tailroom(m)))
			return RD_DROP_PKT_PULLUP;
		rc = parse(m, p);
	}
	note(md, p);
	// Without its ports such a packet would pass firewall rules that name them.
	return rc == 0 && !l4_fits(p) ? RD_DROP_PARSE_IP6_EXTHDR : rc;
}

uint16_t rd_node_csum(const struct rte_mbuf *m, uint32_t off, uint32_t len, uint32_t sum)
{
	bool odd = false;

	for (; m != NULL && len > 0; m = m->next) {
		uint32_t n = off < m->data_len ? RTE_MIN(len, m->data_len - off) : 0;
		uint16_t part;

		if (n > 0) {
			part = (uint16_t)~rd_csum_fold(rd_csum_add(
				0, rte_pktmbuf_mtod_offset(m, const uint8_t *, off), n));
			sum += odd ? rte_bswap16(part) : part;
			odd ^= n & 1;
			len -= n;
		}
		off -= n > 0 ? off : m->data_len;
	}
	return rd_csum_fold(sum);
}
