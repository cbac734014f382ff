/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fast path: all stages of an established flow's packets at once. It does what the stages would do, or leaves the packet
 * to them untouched; it decides nothing, and drops only what a device does not take. The stages it stands for count its packets.
 *
 * poll hands its bursts over by a call; the node `fast` is for packets that come by way of the graph. Per burst: recognise the
 * plain shape and make keys (fast_parse.h, fast_in.c), find the flows (tables/flow_find.c), those behind a router as well
 * (fast_route.c), do what their entries say (fast_exec.c), make the records that taps at the stages would make (fast_tap.h), transmit (fast_out.c), count (fast_count.c).
 * What is not plain, not found, not fresh, denied, flooded or odd in any way goes to the RX stage of its port.
 *
 * What is known of ports and tunnels is kept for as long as the generation stays: their records are freed only after every walk of
 * it. Of a packet that a device has received, metadata is made only when it goes on to a stage.
 */
#pragma once

#include "core/fast.h"
#include "core/stage.h"
#include "nodes/fast_outer.h"
#include "nodes/path.h"
#include "tables/flow_verdict.h"
#include "tables/segment.h"
#include "tables/tunnel.h"

#define FAST_BURST RD_FAST_BURST
_Static_assert(FAST_BURST <= RD_FLOW_BULK, "one bulk lookup per burst");

enum {
	RD_FAST_NEXT(RD_EDGE_ENUM_) NEXT_COUNT
};
#define FAST_DONE NEXT_COUNT // not an edge: executed

// A port that packets come from, as this walk sees it.
struct fast_in {
	const struct rd_port *port; // NULL or not fit: its packets take the stages
	uint16_t idx, free_idx; // RD_PORT_NONE: nothing; free_idx: RD_PORT_MAX if it has limits
	uint16_t edge; // of its RX stage
	uint8_t rx; // enum fast_kind bits of its RX stage
	bool fit;
	uint32_t frame_max;
	uint32_t packets[2], bytes; // executed, not yet counted; IPv4 and IPv6
	uint32_t routed; // of the packets: those that a router has forwarded
	uint64_t smac,
		smac_mask; // that a guest's frames must have, as loaded from there; no bits: any
	struct fast_from from; // of a guest's port
	struct fast_via *via; // of the last tunnel packet, or NULL
};

// How a sender's tunnel packets are understood: what check_outer() of tunnel_decap finds in the tables, kept for
// the next packet with these headers. Good for one generation.
struct fast_via {
	struct fast_head head;
	struct fast_from from; // of what is inside
	uint32_t gen; // 0 = empty
	uint16_t len; // of the headers, with options
	uint16_t dport;
	bool learnt; // the sender's MAC tells nothing new
	uint8_t quiet; // as a flow's mark: nobody wants its packets for their outer headers
	const struct rd_tunnel *tunnel; // freed only after every walk of this generation
	struct rd_tunnel_stats *stats;
	uint32_t tap_epoch; // of the next
	struct rd_verdict verdict; // of capture filters that look at the outer headers
};

struct fast_pkt { // what gathering found out about one packet
	struct rte_mbuf *m;
	struct fast_via *via; // NULL: came from a guest
	struct fast_l4 l4; // offset from the inner frame
	uint16_t strip, pos; // bytes of outer headers; place in the burst
};

// The last one that a packet left by: mostly the next one's, too. And the packets that wait for it.
struct fast_out {
	const struct rd_port *port;
	uint16_t idx; // RD_PORT_NONE: nothing here yet
	uint16_t edge; // of its TX stage; NEXT_COUNT: not for the fast path
	uint16_t stage;
	uint16_t nb; // waiting
	uint32_t bytes, longest; // of them
	uint32_t frame_max; // that its device takes
	uint8_t tag, loud; // rd_worker.tap_tag; not 0: a session may want one of them
	struct rte_mbuf *m[FAST_BURST];
	uint8_t cand[FAST_BURST]; // which candidates they were
};

// The same for tunnels to encapsulate for; it depends on the switch of the port that packets come from.
struct fast_encap {
	const struct rd_tunnel *tunnel; // NULL: not for the fast path
	struct rd_tunnel_stats *stats;
	uint32_t vni;
	uint32_t len_max; // of the inner frame
	uint16_t idx, segment; // 0: nothing here yet
};

struct fast_burst { // one per worker; what is known of ports stays
	struct rd_worker *w;
	struct rte_graph *graph;
	struct rte_node *node; // that is running
	struct fast_taps *taps; // see fast_tap.h; NULL: nothing is armed
	uint64_t walk; // w->polls of the last burst
	uint64_t first_id; // packet ids, with bare
	uint32_t gen; // of what is known
	uint16_t rev; // of the firewall's rules
	uint16_t nb, nb_done; // packets that may be executed; that were
	bool bare; // no metadata yet
	bool in_order; // an odd packet has gone to the stages in this walk: those behind it follow, one may be of its flow
	struct fast_in in;
	struct fast_out out;
	struct fast_encap encap;
	uint64_t routed; // bit per packet that a router forwards
	uint64_t kinds; // bit per kind with a count
	uint16_t kind[FAST_KINDS];
	uint32_t hash[FAST_BURST];
	struct rd_flow *flow[FAST_BURST];
	struct rd_flow *before
		[FAST_BURST]; // of those: the flow that leads to the router; flow is the one behind it
	struct fast_pkt pkt[FAST_BURST];
	struct rd_flow_key key[FAST_BURST];
} __rte_cache_aligned;

// fast_in.c: sorts the burst: candidates into b, next[] = the edge of the RX stage, for those that stay behind.
void fast_enter_port(struct fast_burst *b, uint16_t idx);
void fast_gather(struct fast_burst *b, void **objs, uint16_t nb, uint16_t *next);
// Metadata of the packet at `pos` in the burst, made now if there was none.
struct rd_meta *fast_meta(const struct fast_burst *b, struct rte_mbuf *m, uint16_t pos);
// fast_route.c, after the lookup: of the candidates that a router forwards, the flow behind it, with b->routed.
void fast_route_find(struct fast_burst *b);
void fast_route_forward(struct fast_burst *b, uint16_t j); // the outer headers are gone by now
static inline bool fast_is_routed(const struct fast_burst *b, uint16_t j)
{
	return b->routed >> j & 1;
}
// fast_exec.c: does what each candidate's flow entry says, with next[] = FAST_DONE, or leaves it as it is.
void fast_exec_all(struct fast_burst *b, uint16_t *next);
// fast_out.c: the j-th candidate waits to be sent.
void fast_enter_out(struct fast_burst *b, uint16_t idx);
void fast_flush(struct fast_burst *b);
static inline void fast_send(struct fast_burst *b, uint16_t j)
{
	struct fast_out *out = &b->out;
	struct rte_mbuf *m = b->pkt[j].m;

	out->m[out->nb] = m;
	out->cand[out->nb++] = (uint8_t)j;
	out->bytes += m->pkt_len;
	out->longest = RTE_MAX(out->longest, m->pkt_len);
	out->loud |= b->flow[j]->quiet ^ out->tag;
}
// fast_count.c: adds the burst to the counters of stages, ports and their firewalls.
void fast_count_out(struct fast_burst *b);
void fast_count(struct fast_burst *b);
