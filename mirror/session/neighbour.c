/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Next hops of mirror sessions: asks for their MACs (ARP, RFC 826; neighbour discovery, RFC 4861), and listens for answers and for
 * ICMP that says that nobody takes our copies. It listens with a tap of its own at the ports that copies leave by, so that nothing in
 * the packets' way has to know of it. Control thread; heard() is called by workers.
 */
#include "session/peer.h"

#include <stdlib.h>
#include <string.h>
#include <rte_ring.h>

#include "base/pkt.h"
#include "core/graph.h"
#include "core/tap.h"
#include "core/tap_copy.h"
#include "session/copy.h"
#include "session/engine.h"
#include "tables/port.h"

#define HEARD_SLOTS 256
#define HEARD_LEN 256 // bytes: an ICMPv6 error with the head of what it is about
#define ARP_LEN 28
#define ND_NS 135
#define ND_NA 136
#define ND_LEN 24

static struct rd_capture *tap;
static struct rte_ring *heard_ring;
static uint16_t listening[RD_MIRROR_MAX * RD_MIRROR_DESTS];
static unsigned nb_listening;

static void put_eth(uint8_t *p, const uint8_t *dst, const uint8_t *src, uint16_t tci, uint16_t type,
	uint32_t *len)
{
	memcpy(p, dst, 6);
	memcpy(p + 6, src, 6);
	*len = RD_ETH_LEN;
	if (tci != 0) {
		rd_put16(p + 12, RD_ETHERTYPE_VLAN);
		rd_put16(p + 14, tci);
		*len += 4;
	}
	rd_put16(p + *len - 2, type);
}

static uint32_t put_arp(uint8_t *frame, const struct rd_mirror_peer *p, uint16_t tci)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	static const uint8_t request[8] = {0, 1, 8, 0, 6, 4, 0, 1};
	uint32_t at;

	put_eth(frame, all, p->smac, tci, RD_ETHERTYPE_ARP, &at);
	memset(frame + at, 0, ARP_LEN);
	memcpy(frame + at, request, sizeof(request));
	memcpy(frame + at + 8, p->smac, 6);
	memcpy(frame + at + 14, p->src, 4);
	memcpy(frame + at + 24, p->hop, 4);
	return at + ARP_LEN;
}

static uint32_t put_solicitation(uint8_t *frame, const struct rd_mirror_peer *p, uint16_t tci)
{
	uint8_t mac[6] = {0x33, 0x33, 0xff, p->hop[13], p->hop[14], p->hop[15]};
	uint8_t group[16] = {0xff, 0x02, [11] = 1, [12] = 0xff, p->hop[13], p->hop[14], p->hop[15]};
	uint32_t at, len = ND_LEN + 8, sum;
	uint8_t *ip, *nd;

	put_eth(frame, mac, p->smac, tci, RD_ETHERTYPE_IPV6, &at);
	ip = frame + at;
	nd = ip + 40;
	memset(ip, 0, 40 + len);
	ip[0] = 0x60;
	rd_put16(ip + 4, (uint16_t)len);
	ip[6] = RD_IPPROTO_ICMPV6;
	ip[7] = 255;
	memcpy(ip + 8, p->src, 16);
	memcpy(ip + 24, group, 16);
	nd[0] = ND_NS;
	memcpy(nd + 8, p->hop, 16);
	nd[ND_LEN] = 1; // source link-layer address
	nd[ND_LEN + 1] = 1;
	memcpy(nd + ND_LEN + 2, p->smac, 6);
	sum = rd_csum_add(len + RD_IPPROTO_ICMPV6, ip + 8, 32);
	rd_put16(nd + 2, rd_csum_fold(rd_csum_add(sum, nd, len)));
	return at + 40 + len;
}

// On the owner. Control could be stopped in the midst of putting it into the ring, where all workers would wait for it.
static void send_question(struct rd_worker *w, void *arg)
{
	struct rte_mbuf *m = arg;

	mirror_send(w, &m, 1);
}

int mirror_ask(const struct rd_mirror_peer *p, uint16_t tci)
{
	struct rte_mbuf *m = mirror_pool() != NULL ? rte_pktmbuf_alloc(mirror_pool()) : NULL;
	struct mirror_copy *c;
	uint8_t *frame;

	if (m == NULL)
		return -ENOBUFS;
	c = rte_mbuf_to_priv(m);
	*c = (struct mirror_copy){.md = {.out_port = p->port, .flags = RD_META_MIRROR}};
	frame = rte_pktmbuf_mtod(m, uint8_t *);
	m->pkt_len =
		p->family == AF_INET ? put_arp(frame, p, tci) : put_solicitation(frame, p, tci);
	m->data_len = (uint16_t)m->pkt_len;
	mirror_owner_call(send_question, m);
	return 0;
}

// --- what the workers hear ---

static void nobody_came(void *arg, struct rd_worker *w, unsigned stage, uint16_t port,
	uint8_t flags, uint32_t packets)
{
	(void)arg;
	(void)w;
	(void)stage;
	(void)port;
	(void)flags;
	(void)packets;
}

static void heard(void *arg, struct rd_worker *w, const struct rd_tap_seen *seen)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(mirror_pool());
	struct mirror_copy *c;

	(void)arg;
	(void)w;
	if (m == NULL)
		return; // it will be asked again
	c = rte_mbuf_to_priv(m);
	*c = (struct mirror_copy){.md = {.in_port = seen->port}};
	m->data_len = (uint16_t)RTE_MIN(seen->len, (uint32_t)HEARD_LEN);
	m->pkt_len = m->data_len;
	rd_tap_copy(rte_pktmbuf_mtod(m, uint8_t *), seen->m, seen->off, m->data_len);
	if (rte_ring_mp_enqueue(heard_ring, m) != 0)
		rte_pktmbuf_free(m);
}

static void burst_over(void *arg, struct rd_worker *w)
{
	(void)arg;
	(void)w;
}

static const struct rd_tap_sink listener = {
	.came = nobody_came, .take = heard, .flush = burst_over};

// ARP answers, neighbour advertisements, destination unreachable; with one tag or none.
static const struct rd_filter_insn program[] = {
	{0x28, 0, 0, 12}, // ldh [12]
	{0x15, 13, 0, RD_ETHERTYPE_VLAN},
	{0x15, 0, 2, RD_ETHERTYPE_ARP},
	{0x28, 0, 0, 20},
	{0x15, 18, 19, 2}, // a reply
	{0x15, 0, 5, RD_ETHERTYPE_IPV4},
	{0x30, 0, 0, 23},
	{0x15, 0, 16, RD_IPPROTO_ICMP},
	{0xb1, 0, 0, 14},
	{0x50, 0, 0, 14}, // ldb [x+14]
	{0x15, 12, 13, 3},
	{0x15, 0, 12, RD_ETHERTYPE_IPV6},
	{0x30, 0, 0, 20},
	{0x15, 0, 10, RD_IPPROTO_ICMPV6},
	{0x05, 0, 0, 5}, // ja: to the type
	{0x28, 0, 0, 16}, // tagged
	{0x15, 6, 0, RD_ETHERTYPE_ARP},
	{0x15, 0, 6, RD_ETHERTYPE_IPV6},
	{0x30, 0, 0, 24},
	{0x15, 3, 4, RD_IPPROTO_ICMPV6},
	{0x30, 0, 0, 54},
	{0x15, 1, 0, ND_NA},
	{0x15, 0, 1, 1},
	{0x06, 0, 0, UINT16_MAX},
	{0x06, 0, 0, 0},
};

static bool is_listening_so(const uint16_t *ports, unsigned nb)
{
	return tap != NULL && nb == nb_listening
		&& memcmp(ports, listening, nb * sizeof(*ports)) == 0;
}

static int rearm(const uint16_t *ports, unsigned nb, struct rd_err *err)
{
	static struct rd_tap_point points[RD_MIRROR_MAX * RD_MIRROR_DESTS];
	struct rd_capture_opts o = {.points = points, .sink = &listener};
	struct rd_capture *fresh;

	for (unsigned i = 0; i < nb; i++) {
		const struct rd_port *p = rd_port_at(ports[i]);
		unsigned stage = p != NULL ? rd_rx_stage(p->type) : RD_STAGE_NONE;

		if (stage != RD_STAGE_NONE)
			points[o.nb_points++] = (struct rd_tap_point){(uint16_t)stage, ports[i]};
	}
	if (o.nb_points == 0) {
		mirror_listen_end();
		return 0;
	}
	if (rd_filter_load(&o.filter, program, RTE_DIM(program), RD_FILTER_OUTER, err) < 0)
		return err->code;
	fresh = rd_sink_start(&o, tap, err);
	rd_filter_free(&o.filter);
	if (fresh == NULL)
		return err->code;
	rd_capture_stop(tap);
	tap = fresh;
	return 0;
}

int mirror_listen(const uint16_t *ports, unsigned nb, struct rd_err *err)
{
	int ret;

	if (is_listening_so(ports, nb))
		return 0;
	if (heard_ring == NULL)
		heard_ring =
			rte_ring_create("mirror_heard", HEARD_SLOTS, SOCKET_ID_ANY, RING_F_SC_DEQ);
	if (heard_ring == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	ret = rearm(ports, nb, err);
	if (ret == 0 && tap != NULL) {
		memcpy(listening, ports, nb * sizeof(*ports));
		nb_listening = nb;
	}
	return ret;
}

void mirror_listen_end(void)
{
	struct rte_mbuf *m;

	rd_capture_stop(tap);
	tap = NULL;
	nb_listening = 0;
	while (heard_ring != NULL && rte_ring_sc_dequeue(heard_ring, (void **)&m) == 0)
		rte_pktmbuf_free(m);
	rte_ring_free(heard_ring);
	heard_ring = NULL;
}

// --- what control makes of it ---

void mirror_hear(uint64_t now_ns)
{
	struct rte_mbuf *m;

	for (unsigned i = 0; i < HEARD_SLOTS && heard_ring != NULL; i++) {
		uint16_t port;

		if (rte_ring_sc_dequeue(heard_ring, (void **)&m) != 0)
			break;
		port = ((struct mirror_copy *)rte_mbuf_to_priv(m))->md.in_port;
		(void)mirror_hear_frame(
			rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, port, now_ns);
		rte_pktmbuf_free(m);
	}
}
