/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fast path: all stages of an established flow's packets in one node. It does what the stages would do, or leaves the packet to them untouched; it decides nothing and drops
 * nothing. The stages it stands for count its packets, so counters and conservation are the same.
 *
 * poll sends bursts here instead of to the RX stages. Per burst: recognise the plain shape and make keys (fast_parse.h,
 * fast_in.c), find the flows (tables/flow_find.c), do what their entries say (fast_exec.c), make the records that taps at
 * the stages would make (fast_tap.h), count (fast_count.c).
 * What is not plain, not found, not fresh, denied, flooded or odd in any way goes to the RX stage of its port.
 */
#pragma once

#include "core/graph.h"
#include "core/stage.h"
#include "nodes/fast_outer.h"
#include "nodes/path.h"
#include "tables/flow_verdict.h"
#include "tables/segment.h"
#include "tables/tunnel.h"

#define FAST_BURST 32
_Static_assert(FAST_BURST <= RD_FLOW_BULK, "one bulk lookup per burst");

#define FAST_NEXT(X) RD_RX_NEXT(X) X(UPLINK_TX, uplink_tx) X(VNIC_TX, vnic_tx) X(UPT_TX, upt_tx)
enum {
	FAST_NEXT(RD_EDGE_ENUM_) NEXT_COUNT
};

// A port that packets come from, as this walk sees it.
struct fast_in {
	const struct rd_port *port; // NULL or not fit: its packets take the stages
	uint16_t idx; // RD_PORT_NONE: nothing here yet
	uint16_t segment; // of a guest's port
	uint16_t edge; // of its RX stage
	uint8_t rx; // enum fast_kind bits of its RX stage
	bool fit;
	uint32_t frame_max;
	uint32_t packets, bytes; // executed, not yet counted
};

// How a sender's tunnel packets are understood: what check_outer() of tunnel_decap finds in the tables, kept for
// the next packet with these addresses and this VNI. Good for one generation.
struct fast_via {
	uint8_t src[4], dst[4];
	uint32_t vni;
	uint32_t gen; // 0 = empty
	uint16_t in_port;
	uint16_t dport;
	uint16_t segment;
	uint8_t mac[6]; // of our endpoint
	const struct rd_tunnel *tunnel; // freed only after every walk of this generation
	uint32_t tap_epoch; // of the next
	struct rd_verdict verdict; // of capture filters that look at the outer headers
};

struct fast_pkt { // what gathering found out about one packet
	struct rte_mbuf *m;
	struct fast_via *via; // NULL: came from a guest
	struct fast_l4 l4; // offset from the inner frame
	uint16_t strip; // bytes of outer headers
	uint16_t pos; // in the burst
};

// The last one that a packet left by, as this walk sees it: mostly the next one's, too.
struct fast_out {
	const struct rd_port *port;
	uint16_t idx; // RD_PORT_NONE: nothing here yet
	uint16_t edge; // of its TX stage; NEXT_COUNT: not for the fast path
};

// The same for tunnels to encapsulate for; it depends on the switch of the port that packets come from.
struct fast_encap {
	const struct rd_tunnel *tunnel; // NULL: not for the fast path
	uint32_t vni;
	uint32_t len_max; // of the inner frame
	uint16_t idx, segment, in_port; // 0: nothing here yet
};

enum fast_kind { // which stages a packet has passed
	FAST_DECAP = 1 << 0,
	FAST_DFW_OUT = 1 << 1,
	FAST_DFW_IN = 1 << 2,
	FAST_ENCAP = 1 << 3,
	FAST_RX_VNIC = 1 << 4, // else uplink
	FAST_RX_UPT = 1 << 5,
	FAST_KINDS = 1 << 6,
};

struct fast_burst {
	struct rd_worker *w;
	uint16_t nb; // packets that may be executed
	bool in_order; // an odd packet has gone to the stages: those behind it follow, one may be of its flow
	struct fast_in in;
	struct fast_out out;
	struct fast_encap encap;
	uint64_t kinds; // bit per kind with a count
	uint16_t kind[FAST_KINDS];
	uint32_t hash[FAST_BURST];
	struct rd_flow *flow[FAST_BURST];
	struct fast_pkt pkt[FAST_BURST];
	struct rd_flow_key key[FAST_BURST];
};

// fast_in.c: sorts the burst: candidates into b, for all others next[] = the edge of the RX stage.
void fast_enter_port(struct fast_burst *b, uint16_t idx);
void fast_gather(struct fast_burst *b, void **objs, uint16_t nb, uint16_t *next);
// fast_exec.c: does what the j-th candidate's flow entry says and returns a TX edge, or changes nothing and returns NEXT_COUNT.
uint16_t fast_exec(struct fast_burst *b, uint16_t j);
// fast_count.c: adds the burst to the counters of the stages and of the port.
void fast_count_port(struct rd_worker *w, struct fast_in *in);
void fast_count(struct fast_burst *b);
