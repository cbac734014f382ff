/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Inside of the one-line decoder: where text goes and what may be read. Every printer first asks have() for the
 * bytes it reads, and ends with cut() when they are not there.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/pkt.h"
#include "base/str.h"
#include "decode/oneline.h"

struct seq_base { // first sequence numbers of one connection, both directions
	uint8_t addr[2][16];
	uint32_t ports;
	uint32_t seq, ack;
	uint32_t used; // counts up: the oldest way of a bucket gives way
};

#define SEQ_BUCKETS 919
#define SEQ_WAYS 4

struct rd_oneline {
	struct seq_base seq[SEQ_BUCKETS][SEQ_WAYS];
	uint32_t clock;
	struct rd_oneline_style style;
};

struct print {
	struct rd_oneline *memory; // may be NULL
	unsigned verbose;
	bool quiet, unverified;
	char *buf;
	size_t size, len;
	const uint8_t *end; // of what may be read: captured and inside the packet
	unsigned depth; // of frames in frames
};

struct print_ip { // what the transport printers need to know of the IP header
	const uint8_t *addr[2]; // source, destination
	int family; // AF_INET, AF_INET6
	bool direct; // the IP header's own next protocol: print addresses with ports
	bool fragment;
};

#define put(p, ...) rd_str_addf((p)->buf, (p)->size, &(p)->len, __VA_ARGS__)

static inline bool have(const struct print *p, const uint8_t *at, size_t n)
{
	return at <= p->end && n <= (size_t)(p->end - at);
}

static inline void cut(struct print *p, const char *proto)
{
	put(p, " [|%s]", proto);
}

// `len` is what the enclosing header says follows; bytes up to p->end may be read.
void print_ether(struct print *p, const uint8_t *at, uint32_t len);
bool print_ethertype(struct print *p, uint16_t type, const uint8_t *at, uint32_t len);
const char *ethertype_name(uint16_t type, const char *unknown);
void print_arp(struct print *p, const uint8_t *at, uint32_t len);
void print_ip4(struct print *p, const uint8_t *at, uint32_t len);
void print_ip6(struct print *p, const uint8_t *at, uint32_t len);
void print_proto(
	struct print *p, uint8_t proto, const uint8_t *at, uint32_t len, const struct print_ip *ip);
void print_tcp(struct print *p, const uint8_t *at, uint32_t len, const struct print_ip *ip);
void print_udp(struct print *p, const uint8_t *at, uint32_t len, const struct print_ip *ip);
void print_icmp(struct print *p, const uint8_t *at, uint32_t len, const struct print_ip *ip);
void print_icmp6(struct print *p, const uint8_t *at, uint32_t len, const struct print_ip *ip);
void print_geneve(struct print *p, const uint8_t *at, uint32_t len);
// -v: what is in the headers besides. false: the text is complete, for it was cut short.
const char *proto_name(uint8_t proto);
bool print_ip4_header(struct print *p, const uint8_t *at, uint32_t hlen, uint32_t total);
void print_ip6_header(struct print *p, const uint8_t *at);
void print_ip6_options(struct print *p, const uint8_t *at, uint32_t len);
void print_geneve_options(struct print *p, const uint8_t *at, uint32_t len);
void print_neighbour_options(struct print *p, const uint8_t *at, uint32_t len);
void print_router(struct print *p, const uint8_t *at);
void print_listener_records(struct print *p, const uint8_t *at, uint32_t len);
// The right checksum of `len` bytes at `at`, whose own is at offset `where`; with the pseudo header unless ip is NULL.
uint16_t right_csum(
	const uint8_t *at, uint32_t len, unsigned where, const struct print_ip *ip, uint8_t proto);
void print_ports(struct print *p, const struct print_ip *ip, uint16_t sport, uint16_t dport);
void print_addrs(struct print *p, const struct print_ip *ip, const char *after);
void print_addr(struct print *p, int family, const uint8_t *addr);

struct seq_rel { // how to make the numbers of one segment relative
	uint32_t seq, ack;
	uint32_t sack; // what SACK edges lose
};
void seq_relative(
	struct rd_oneline *o, const struct print_ip *ip, const uint8_t *tcp, struct seq_rel *r);
// The options of a TCP header, `len` bytes. false: the line is complete (malformed or cut short).
bool print_tcp_options(struct print *p, const uint8_t *at, uint32_t len, const struct seq_rel *rel);
