/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A walk in a few words: who speaks to whom, and what became of it. For lists and filters; pure.
 */
#include "base/pkt.h"
#include "base/str.h"
#include "decode/oneline.h"
#include "walk/store.h"

#include <netinet/in.h>
#include <string.h>

#define GENEVE_PORT 6081

// "10.0.0.1:1 > 10.0.0.2:80 tcp": false when the frame holds no sound IP packet.
static bool ip_title(const uint8_t *bytes, const struct rd_pkt *p, char *buf, size_t size)
{
	bool four = p->ethertype == 0x0800;
	int family = four ? AF_INET : AF_INET6;
	const uint8_t *ip = bytes + p->l3_off;
	char src[RD_IP_TEXT], dst[RD_IP_TEXT];

	if (!four && p->ethertype != 0x86dd)
		return false;
	rd_fmt_ip(family, ip + (four ? 12 : 8), src);
	rd_fmt_ip(family, ip + (four ? 16 : 24), dst);
	if (p->flags & RD_PKT_L4 && (p->proto == IPPROTO_TCP || p->proto == IPPROTO_UDP))
		snprintf(buf, size, "%s:%u > %s:%u %s", src, p->sport, dst, p->dport,
			p->proto == IPPROTO_TCP ? "tcp" : "udp");
	else
		snprintf(buf, size, "%s > %s proto %u", src, dst, p->proto);
	return true;
}

void rd_wk_title(const struct rd_wk *w, char *buf, size_t size)
{
	const struct rd_wk_hop *h = w->n > 0 ? &w->hop[0] : NULL;
	struct rd_pkt p = {0};
	size_t inner;

	buf[0] = '\0';
	if (h == NULL || h->caplen == 0)
		return;
	inner = rd_pkt_inner(
		h->bytes, h->caplen, h->len > h->caplen ? h->len : h->caplen, GENEVE_PORT);
	if (rd_pkt_parse(h->bytes, h->caplen, h->len > h->caplen ? h->len : h->caplen, inner, &p)
			== 0
		&& ip_title(h->bytes, &p, buf, size))
		return;
	rd_oneline_frame(NULL, h->bytes + inner, h->caplen - (uint32_t)inner,
		(h->len > h->caplen ? h->len : h->caplen) - (uint32_t)inner, buf, size);
}

void rd_wk_end(const struct rd_wk *w, char *buf, size_t size)
{
	const struct rd_wk_hop *h = w->n > 0 ? &w->hop[w->n - 1] : NULL;

	if (h != NULL && h->verdict == RD_WK_DROP)
		snprintf(buf, size, "DROPPED %s", h->reason);
	else if (h != NULL && h->verdict != RD_WK_PASS)
		snprintf(buf, size, "%s", h->verdict == RD_WK_SENT ? "SENT" : "DELIVERED");
	else
		snprintf(buf, size, "on its way");
}
