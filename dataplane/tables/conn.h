/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Connections of the stateful firewall: one table for all workers, because the two directions of a connection may be
 * on different ones. A vNIC tracks its connections for itself (zone), as the vendor's filters do.
 *
 * A flow entry points to its connection by an rd_conn_ref. An established packet calls rd_conn_packet() only: no lock, no
 * lookup, one cache line. Everything a direction changes is in its own half, written by the worker that has this
 * direction; the other half is only read (relaxed atomics). A change of state (SYN, FIN, RST, first reply) takes the
 * connection's own lock. Finding and making connections happens on a flow miss and takes the lock of one bucket.
 *
 * TCP: states and window as in Linux's nf_conntrack and "Real Stateful TCP Packet Filtering in IP Filter" (van Rooij 2001);
 * RFC 9293; RFC 5961 for challenge ACKs. tests/conntrack compares it with the kernel's.
 *
 * Memory: 160 bytes per connection (lines of 64 for packets, 64 for finding it, 32 of TCP's history) and 16 per bucket pair:
 * 168 to 176 bytes, 22 MB for 131,072; control makes the pages in the background.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "tables/conn_packet.h"

struct rd_conn_key { // one direction's view
	uint8_t src[16], dst[16]; // IPv4 in the first 4 bytes, the rest zero
	uint16_t sport, dport; // host order; ICMP echo: id in both; other ICMP, other protocols: 0
	uint16_t zone : 15; // port index of the vNIC
	uint16_t
		to_guest : 1; // the way through its firewall: what is sent with the guest's address is no packet of the guest
	uint8_t proto;
	uint8_t family; // 4 or 6
};

enum rd_conn_state { // of the whole connection, for limits, timeouts and texts
	RD_CONN_NONE,
	RD_CONN_SYN_SENT,
	RD_CONN_SYN_RECV,
	RD_CONN_ESTABLISHED,
	RD_CONN_FIN_WAIT, // one side has closed
	RD_CONN_CLOSING, // both have, not all is acknowledged
	RD_CONN_TIME_WAIT,
	RD_CONN_CLOSED, // reset
	RD_CONN_UDP_NEW, // packets of one direction only
	RD_CONN_UDP_STREAM,
	RD_CONN_ICMP,
	RD_CONN_OTHER_NEW,
	RD_CONN_OTHER_STREAM,
	RD_CONN_STATE_COUNT,
};
const char *rd_conn_state_name(enum rd_conn_state s); // "ESTABLISHED"

struct rd_conn_settings { // copied by the table; control changes them at any time
	uint32_t timeout_s[RD_CONN_STATE_COUNT];
	bool strict; // a first packet that is no SYN is refused, and the window is checked; loose: picked up in the middle
};

struct rd_conn_limits { // of a zone; 0 = no limit
	uint32_t max; // connections
	uint32_t max_half_open; // SYN_SENT and SYN_RECV: SYN floods end here
};

struct rd_conn_found {
	rd_conn_ref ref;
	enum rd_conn_dir dir;
	uint32_t rule_id; // of the rule that let it in
	uint16_t rule_slot; // counters of that rule
	uint32_t policy; // revision of the rules that judged it last
	struct rd_conn_key orig; // to judge it again
};

// --- worker thread ---

// rd_conn_packet(), rd_conn_prefetch(): tables/conn_packet.h

// The connection of a packet with this key (its own direction). false: none.
bool rd_conn_find(const struct rd_conn_key *k, struct rd_conn_found *out);
// The same for an ICMP error: *inner is the key of the packet that it quotes.
bool rd_conn_find_related(const struct rd_conn_key *inner, struct rd_conn_found *out);
// A new connection whose first packet is this one (rules have allowed it). 0 and *out; or > 0, enum rd_drop_reason:
// DFW_STATE_MISMATCH (no SYN, strict), DFW_STATE_LIMIT, DFW_SYN_FLOOD, DFW_STATE_MEMORY. When another worker made it
// meanwhile, that one is found. The packet is not yet counted: rd_conn_count(rd_conn_line(ref), ...).
int rd_conn_create(unsigned worker, const struct rd_conn_key *k,
	const struct rd_conn_limits *limits, const struct rd_conn_l4 *l4, uint32_t now_s,
	struct rd_conn_found *out);
// Later fragments of a TCP segment: its data reach up to this sequence number.
void rd_conn_extend(rd_conn_ref ref, enum rd_conn_dir dir, uint32_t end);
// Rules judged it (again): allowed by this rule.
void rd_conn_judged(rd_conn_ref ref, uint32_t policy, uint32_t rule_id, uint16_t rule_slot);
void rd_conn_kill(unsigned worker, rd_conn_ref ref); // rules refuse it now
// A bounded step of aging: each worker looks at its share of the table so that the whole is seen in a few seconds, however
// often it is called.
void rd_conn_age(unsigned worker, unsigned nb_workers, uint64_t now_ns);

// --- control thread ---

// What rd_conn_packet() and rd_conn_create() would say, without changing anything. instead: a connection that the new one
// would take the place of, 0 = none.
int rd_conn_try(rd_conn_ref ref, enum rd_conn_dir dir, uint8_t proto, const struct rd_conn_l4 *l4);
int rd_conn_would(const struct rd_conn_key *k, const struct rd_conn_limits *limits,
	const struct rd_conn_l4 *l4, rd_conn_ref instead);
enum rd_conn_state rd_conn_state_now(rd_conn_ref ref); // RD_CONN_NONE: it has ended

#define RD_CONN_CAPACITY 131072 // unless one asks for more
int rd_conn_init(uint32_t capacity); // 0 or -errno; capacity up to 1 << 24
void rd_conn_fini(void);
// Control: makes the pages of the next max bytes while workers go on. Whether there are more.
bool rd_conn_populate(size_t max);
void rd_conn_settings_get(struct rd_conn_settings *s);
void rd_conn_settings_set(const struct rd_conn_settings *s);

struct rd_conn_info { // a consistent copy
	struct rd_conn_key orig;
	enum rd_conn_state state;
	const char *orig_state, *reply_state; // TCP, as vsipioctl prints both sides
	uint32_t rule_id;
	uint32_t age_s, idle_s, expires_s;
	uint64_t packets[2], bytes[2]; // by enum rd_conn_dir
};
// Calls fn for every connection (zone 0 = all); stops when it returns non-zero.
int rd_conn_each(uint16_t zone, int (*fn)(void *arg, const struct rd_conn_info *i), void *arg);
// The same in portions: those among the next `look` places from *at on, which is 0 at first and UINT32_MAX at the end.
int rd_conn_some(uint32_t *at, uint32_t look, uint16_t zone,
	int (*fn)(void *arg, const struct rd_conn_info *i), void *arg);
unsigned rd_conn_flush(uint16_t zone); // ends them; returns how many

struct rd_conn_stats {
	uint64_t capacity, entries, half_open;
	uint64_t created, expired, killed, reset;
	uint64_t limit, flood, memory, mismatch; // refused packets by cause
};
void rd_conn_stats(struct rd_conn_stats *s);
uint32_t rd_conn_zone_count(uint16_t zone, uint32_t *half_open);
