/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Tunnel endpoints: `tep` is ours (an IP address on a host), `tunnel` a remote one. Immutable records like ports.
 * A tunnel holds the outer header as a ready template, so encapsulation is one copy and four field writes.
 * Geneve, RFC 8926; outer source port from the inner flow's hash, RFC 8926 section 3.3.
 */
#pragma once

#include "tables/port.h"

#define RD_TEP_MAX 64
#define RD_TUNNEL_MAX 4096
#define RD_TUNNEL_HDR_MAX 128 // outer Ethernet, IPv4, UDP, Geneve and options
#define RD_GENEVE_OPT_MAX 64

struct rd_tep {
	uint16_t idx; // 1-based
	uint8_t host;
	uint8_t ttl;
	bool df, csum;
	uint8_t nb_team;
	uint16_t team[RD_TEAM_MAX]; // uplinks, when the guest's port has no team of its own
	uint16_t port; // vmk port that stands for it in captures, 0 = none
	uint16_t dport; // UDP port, 6081
	uint8_t ip[4]; // network order
	uint8_t mac[6];
	uint32_t hash_seed;
	uint16_t opt_len; // bytes of Geneve options to send, multiple of 4
	uint8_t opt[RD_GENEVE_OPT_MAX];
};

struct rd_tunnel {
	uint16_t idx; // 1-based
	uint16_t tep; // index
	uint8_t host;
	bool mac_known;
	bool mac_learned;
	bool df, csum; // of its endpoint
	uint16_t hdr_len;
	uint16_t
		ip_sum; // of the template's IP header, not complemented: the packet's own fields come to it
	uint8_t remote[4]; // network order
	uint8_t mac[6]; // next hop towards remote
	char name[RD_NAME_LEN];
	uint8_t hdr[RD_TUNNEL_HDR_MAX]; // VNI, lengths, IP id, checksum and source port are 0
};

// Worker or control.
const struct rd_tep *rd_tep_at(uint16_t idx);
const struct rd_tep *rd_tep_by_ip(uint8_t host, const uint8_t ip[4]); // NULL if not ours
const struct rd_tunnel *rd_tunnel_at(uint16_t idx);
const struct rd_tunnel *rd_tunnel_by_remote(uint16_t tep, const uint8_t ip[4]); // hash; NULL
// Worker: the outer source MAC of a remote seen on the wire; a tunnel without a configured MAC learns it. The
// record itself is changed by control (a request is left in a lock-free slot); cheap when there is nothing to learn.
void rd_tunnel_learn_mac(const struct rd_tunnel *t, const uint8_t mac[6]);
// Outer source port of an inner flow hash: 49152..65535.
static inline uint16_t rd_tunnel_sport(uint32_t seed, uint32_t flow_hash)
{
	uint32_t h = (flow_hash ^ seed) * 0x9e3779b1u;

	return (uint16_t)(0xc000 | (h >> 18));
}

// Control. 0 or -errno with *err.
int rd_tep_add(const struct rd_tep *opts, struct rd_err *err); // opts->idx is ignored
int rd_tep_del(uint16_t idx, struct rd_err *err); // -EBUSY while tunnels use it
const struct rd_tep *rd_tep_find(const char *ip, struct rd_err *err);
int rd_tunnel_add(const char *name, const struct rd_tep *local, const uint8_t remote[4],
	const uint8_t *mac, struct rd_err *err); // mac NULL = learn
int rd_tunnel_del(uint16_t idx, struct rd_err *err);
const struct rd_tunnel *rd_tunnel_find(const char *name, struct rd_err *err);
unsigned rd_tep_bound(void), rd_tunnel_bound(void);
void rd_tunnel_poll_learned(void); // control timer: takes the workers' requests

struct rd_tunnel_stats {
	uint64_t tx_packets, tx_bytes, rx_packets, rx_bytes;
};
// Per worker counters, indexed by tunnel; workers add, control sums.
extern struct rd_tunnel_stats *rd_tunnel_stats[RD_WORKER_IDS];
