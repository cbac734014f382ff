/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What next hops and collectors of mirror sessions answer, and ICMP that says that nobody takes our copies (question.c asks, hear.c
 * understands). It listens with a tap of its own at the ports that copies leave by, so that nothing in
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
#define ND_NA 136
#define ECHO_REPLY 0
#define ECHO_REPLY6 129

static struct rd_capture *tap;
static struct rte_ring *heard_ring;
static uint16_t listening[RD_MIRROR_MAX * RD_MIRROR_DESTS];
static unsigned nb_listening;

// --- what the workers hear ---

static void hear_one(const struct rd_tap_seen *seen)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(mirror_pool());
	struct mirror_copy *c;

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

static void heard(void *arg, struct rd_worker *w, const struct rd_tap_seen *seen, unsigned nb)
{
	(void)arg;
	(void)w;
	for (unsigned i = 0; i < nb; i++)
		hear_one(&seen[i]);
}

static void burst_over(void *arg, struct rd_worker *w)
{
	(void)arg;
	(void)w;
}

static const struct rd_tap_sink listener = {.take = heard, .flush = burst_over};

// ARP answers, neighbour advertisements, destination unreachable, echo replies; with one tag or none.
static const struct rd_filter_insn program[] = {
	{0x28, 0, 0, 12}, // ldh [12]
	{0x15, 14, 0, RD_ETHERTYPE_VLAN},
	{0x15, 0, 2, RD_ETHERTYPE_ARP},
	{0x28, 0, 0, 20},
	{0x15, 28, 29, 2}, // a reply
	{0x15, 0, 5, RD_ETHERTYPE_IPV4},
	{0x30, 0, 0, 23},
	{0x15, 0, 26, RD_IPPROTO_ICMP},
	{0xb1, 0, 0, 14}, // ldxb 4 * ([14] & 15)
	{0x50, 0, 0, 14}, // ldb [x + 14]
	{0x05, 0, 0, 20}, // ja: ICMP's types
	{0x15, 0, 22, RD_ETHERTYPE_IPV6},
	{0x30, 0, 0, 20},
	{0x15, 0, 20, RD_IPPROTO_ICMPV6},
	{0x30, 0, 0, 54},
	{0x05, 0, 0, 12}, // ja: ICMPv6's types
	{0x28, 0, 0, 16}, // tagged
	{0x15, 15, 0, RD_ETHERTYPE_ARP},
	{0x15, 0, 5, RD_ETHERTYPE_IPV4},
	{0x30, 0, 0, 27},
	{0x15, 0, 13, RD_IPPROTO_ICMP},
	{0xb1, 0, 0, 18},
	{0x50, 0, 0, 18},
	{0x05, 0, 0, 7}, // ja: ICMP's types
	{0x15, 0, 9, RD_ETHERTYPE_IPV6},
	{0x30, 0, 0, 24},
	{0x15, 0, 7, RD_IPPROTO_ICMPV6},
	{0x30, 0, 0, 58},
	{0x15, 4, 0, ND_NA}, // ICMPv6's types
	{0x15, 3, 0, 1},
	{0x15, 2, 3, ECHO_REPLY6},
	{0x15, 1, 0, 3}, // ICMP's types
	{0x15, 0, 1, ECHO_REPLY},
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
