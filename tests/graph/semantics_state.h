/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The reference's connections, for semantics_state.c and semantics_tcp.c: what "The firewall" and tables/conn.h promise, as facts
 * in a list that is searched from the front. Windows are left out: the traffic stays inside them. See semantics.h.
 */
#pragma once

#include "semantics.h"

#define SEM_GONE (-1) // the connection is over, and the packet may begin another

struct sem_tcp { // of each side: 0 sent the connection's first packet
	bool began[2], open[2]; // a SYN was sent, was acknowledged
	bool fin[2], fin_acked[2];
	bool reset, picked_up;
	bool syn_again; // an open connection has seen a SYN
	uint32_t isn[2], fin_end[2];
	uint32_t sent[2], acked[2]; // the highest of each
	uint32_t again_seq, again_end;
};

struct sem_conn {
	uint16_t zone; // the firewall's port; 0 = free
	uint8_t kind, proto;
	bool to_guest; // the first packet, through this firewall
	uint8_t src[16], dst[16]; // of the first packet, like the ports
	uint16_t sport, dport;
	uint32_t id; // no other has it
	uint32_t version; // of the rules that judged it last
	bool answered; // UDP and others
	struct sem_tcp t;
};

struct sem_segment {
	enum {
		SEM_SYN,
		SEM_SYNACK,
		SEM_ACK,
		SEM_FIN,
		SEM_RST,
		SEM_BAD
	} kind;
	bool has_ack;
	uint32_t seq, ack, end;
};

// semantics_tcp.c
struct sem_segment sem_segment(const struct sem_pkt *k);
bool sem_tcp_half_open(const struct sem_tcp *t);
enum rd_conn_state sem_tcp_state(const struct sem_tcp *t);
int sem_tcp_first(struct sem_tcp *t, const struct sem_segment *g); // 0, or a reason
// from: who sent it. 0, a reason, or SEM_GONE.
int sem_tcp_next(struct sem_tcp *t, unsigned from, const struct sem_segment *g);
