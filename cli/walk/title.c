/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A walk in a few words: who speaks to whom, and what became of it. For lists and filters; pure.
 */
#include "base/pkt.h"
#include "decode/oneline.h"
#include "walk/tuple.h"

#include <netinet/in.h>

void rd_wk_title(const struct rd_wk *w, char *buf, size_t size)
{
	const struct rd_wk_hop *h = w->n > 0 ? &w->hop[0] : NULL;
	struct rd_wk_tuple t;
	uint32_t wire_len;
	size_t inner;

	buf[0] = '\0';
	if (h == NULL || h->caplen == 0)
		return;
	rd_wk_tuple(w, &t);
	wire_len = h->len > h->caplen ? h->len : h->caplen;
	inner = rd_pkt_inner(h->bytes, h->caplen, wire_len, RD_GENEVE_PORT);
	if (t.ports)
		snprintf(buf, size, "%s:%u > %s:%u %s", t.src, t.sport, t.dst, t.dport,
			t.proto == IPPROTO_TCP ? "tcp" : "udp");
	else if (t.is_ip && (t.proto == IPPROTO_ICMP || t.proto == IPPROTO_ICMPV6))
		snprintf(buf, size, "%s > %s %s", t.src, t.dst,
			t.proto == IPPROTO_ICMP ? "icmp" : "icmp6");
	else if (t.is_ip)
		snprintf(buf, size, "%s > %s proto %u", t.src, t.dst, t.proto);
	else
		rd_oneline_frame(NULL, h->bytes + inner, h->caplen - (uint32_t)inner,
			wire_len - (uint32_t)inner, buf, size);
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
