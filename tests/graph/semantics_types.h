/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the slow reference of semantics.c keeps, and how it describes packets. See semantics.h.
 */
#pragma once

#include "graph_fixture.h"
#include "graph_topo.h"

#define SEM_BYTES 2048
#define SEM_PORTS 16
#define SEM_SEGS 8
#define SEM_TUNNELS 4
#define SEM_STATIONS 512
#define SEM_RULES 6
#define SEM_OUTS 128
#define SEM_LATER_OFF 128 // where a later fragment begins

enum sem_kind {
	SEM_IP4,
	SEM_IP6,
	SEM_ARP,
	SEM_OTHER,
};

enum sem_frag {
	SEM_WHOLE,
	SEM_FIRST,
	SEM_LATER,
};

struct sem_quote { // in an ICMP error
	uint8_t proto;
	uint8_t src[16], dst[16];
	uint16_t sport, dport; // ICMP echo: the id in both
};

struct sem_pkt { // what a frame says
	uint8_t dmac[6], smac[6];
	uint8_t kind; // enum sem_kind
	uint8_t tags;
	uint16_t vlan[2]; // outermost first
	uint8_t proto, tos;
	uint8_t frag; // enum sem_frag
	bool bad_sum; // of the IPv4 header
	uint8_t src[16], dst[16];
	uint16_t sport, dport; // ICMP: type and code
	uint16_t icmp_id;
	uint8_t flags; // TCP
	uint32_t seq, ack;
	struct sem_quote quote;
	uint16_t payload; // bytes
	uint32_t vni; // with inner
	const struct sem_pkt *inner; // Geneve
};

struct sem_frame {
	uint32_t len;
	uint8_t b[SEM_BYTES];
};

struct sem_port {
	uint16_t idx; // 0 = free
	uint8_t type, attach, host;
	bool admin, link, spoof;
	uint16_t sw, segment, peer;
	uint8_t mac[6];
	uint8_t nb_team;
	uint16_t team[2];
	uint16_t dev_mtu;
	int sink; // of RD_ATTACH_ETHDEV
	bool dfw, allow, stateful; // has a firewall; its default
	uint32_t version; // of its rules
	uint8_t nb_rules;
	struct gt_rule rule[SEM_RULES];
};

struct sem_seg {
	uint16_t idx; // 0 = free
	uint16_t sw;
	uint8_t host;
	int32_t vlan;
	uint32_t vni;
	bool flood, learn;
	uint32_t aging_s;
	uint8_t nb_tunnels;
	uint16_t tunnel[SEM_TUNNELS];
};

struct sem_tunnel {
	uint16_t idx; // 0 = free
	uint8_t remote[4];
	bool known, learned, asked; // MAC; asked: a packet has shown another one
	uint8_t mac[6], want[6];
};

struct sem_tep {
	uint16_t idx;
	uint8_t host, ttl;
	bool df, csum;
	uint8_t ip[4], mac[6];
	uint16_t dport, opt_len;
	uint8_t opt[8];
	uint32_t seed;
	uint8_t nb_team;
	uint16_t team[2];
};

struct sem_conns { // what holds for the connections of all firewalls
	bool strict;
	uint32_t max, max_half_open; // of one firewall, 0 = no limit
	uint32_t timeout_s[RD_CONN_STATE_COUNT];
};

struct sem_station { // of the forwarding database
	uint16_t segment; // 0 = free
	uint8_t mac[6];
	uint8_t kind; // enum rd_fdb_kind
	bool is_tunnel;
	uint16_t to;
	uint32_t last_s;
};
