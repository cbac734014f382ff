/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The RX stages' common part; see rx.h. Worker thread.
 */
#include "nodes/rx.h"

#include "base/pkt.h"
#include "tables/port.h"

#define TAG_LEN 4u

void rd_rx_count(struct rd_worker *w, uint16_t port, const struct rte_mbuf *m)
{
	struct rd_port_stats *st = &w->ports[port];

	st->rx_packets++;
	st->rx_bytes += m->pkt_len;
}

// The switch's MTU counts from the network header: an Ethernet header and one tag come on top, two
// tags on an uplink.
uint32_t rd_rx_frame_max(const struct rd_port *p)
{
	const struct rd_switch *sw = rd_switch_at(p->sw);
	uint32_t mtu = sw != NULL ? sw->mtu : p->mtu;

	return mtu + RD_ETH_LEN + (p->type == RD_PORT_UPLINK ? 2 * TAG_LEN : TAG_LEN);
}

enum rd_drop_reason rd_rx_check(struct rd_worker *w, const struct rte_mbuf *m, struct rd_meta *md)
{
	const struct rd_port *p = rd_port_at(md->in_port);
	const uint8_t *smac;
	uint8_t buf[6];

	rd_rx_count(w, md->in_port, m);
	if (p == NULL || !p->admin_up)
		return RD_DROP_RX_PORT_DOWN;
	if (m->pkt_len < RD_ETH_LEN)
		return RD_DROP_RX_RUNT;
	if (m->pkt_len > rd_rx_frame_max(p))
		return RD_DROP_RX_OVERSIZE;
	smac = rte_pktmbuf_read(m, 6, 6, buf);
	if ((smac[0] & 1) || (rd_be32(smac) == 0 && rd_be16(smac + 4) == 0))
		return RD_DROP_RX_SMAC_INVALID;
	return RD_DROP_NONE;
}
