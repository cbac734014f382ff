/* SPDX-License-Identifier: BSD-3-Clause
 *
 * classify: parses and checks every header, and says whom the frame is for. Comes from the RX
 * stages; goes to tunnel_decap (a tunnel packet to us), punt (ARP, ICMP and the rest to our
 * endpoint) or port_in (traffic).
 */
#include <string.h>

#include "nodes/parse.h"
#include "core/stage.h"
#include "tables/tunnel.h"

#define CLASSIFY_NEXT(X) \
	X(DROP, drop)    \
	X(PORT_IN, port_in) X(TUNNEL_DECAP, tunnel_decap) X(PUNT, punt)
RD_STAGE_EDGES(CLASSIFY_NEXT);

#define ARP_TARGET_IP 24 // Ethernet and IPv4
#define ARP_LEN 28

static bool to_mac(const uint8_t *frame, const struct rd_tep *tep)
{
	return memcmp(frame, tep->mac, 6) == 0;
}

// A tunnel packet to the MAC of an endpoint here whose address it doesn't have: its sender is
// configured wrongly.
static bool is_stray_tunnel(const uint8_t *frame, uint8_t host, const struct rd_pkt *p)
{
	if (p->proto != RD_IPPROTO_UDP || (p->flags & RD_PKT_L4) == 0)
		return false;
	for (unsigned i = 1; i < rd_tep_bound(); i++) {
		const struct rd_tep *tep = rd_tep_at((uint16_t)i);

		if (tep != NULL && tep->host == host && tep->dport == p->dport
			&& to_mac(frame, tep))
			return true;
	}
	return false;
}

// The endpoint's vmk port is where captures look for it.
static uint16_t to_endpoint(struct rd_meta *md, const struct rd_tep *tep)
{
	md->out_port = tep->port;
	return NEXT_PUNT;
}

static uint16_t classify_ipv4(
	struct rd_meta *md, const uint8_t *frame, uint8_t host, const struct rd_pkt *p)
{
	const struct rd_tep *tep = rd_tep_by_ip(host, frame + p->l3_off + 16);

	if (tep == NULL)
		return is_stray_tunnel(frame, host, p) ? NEXT_TUNNEL_DECAP : NEXT_PORT_IN;
	if (!to_mac(frame, tep)) // flooded to us by the underlay, but for somebody else
		return NEXT_PORT_IN;
	// Fragments of tunnel packets can't be told from others after the first: tunnel_decap
	// refuses them.
	if (p->proto == RD_IPPROTO_UDP
		&& ((p->flags & RD_PKT_FRAG) || rd_pkt_is_geneve(p, tep->dport)))
		return NEXT_TUNNEL_DECAP;
	return to_endpoint(md, tep);
}

// Endpoints live on untagged uplinks; a tagged frame is a VLAN segment's, whatever its addresses.
static uint16_t classify_uplink(
	const struct rte_mbuf *m, struct rd_meta *md, uint8_t host, const struct rd_pkt *p)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	const struct rd_tep *tep;

	if (p->tags != 0 && p->vlan != 0)
		return NEXT_PORT_IN;
	if (p->flags & RD_PKT_IPV4)
		return classify_ipv4(md, frame, host, p);
	if ((p->flags & RD_PKT_ARP) == 0
		|| m->data_len < p->l3_off + ARP_LEN) // its own lengths may lie
		return NEXT_PORT_IN;
	tep = rd_tep_by_ip(host, frame + p->l3_off + ARP_TARGET_IP);
	return tep != NULL ? to_endpoint(md, tep) : NEXT_PORT_IN;
}

static uint16_t classify_one(struct rd_worker *w, struct rte_mbuf *m, struct rd_meta *md)
{
	const struct rd_port *in;
	struct rd_pkt p;
	int reason = rd_node_parse(m, md, &p);

	RTE_SET_USED(w);
	if (reason != 0)
		return rd_drop(md, (enum rd_drop_reason)reason);
	in = rd_port_at(md->in_port);
	if (in == NULL)
		return rd_drop(md, RD_DROP_RX_PORT_DOWN);
	if (in->type != RD_PORT_UPLINK)
		return NEXT_PORT_IN;
	return classify_uplink(m, md, in->host, &p);
}

RD_STAGE_REGISTER(CLASSIFY, classify, classify_one, RD_SIDE_IN);
