/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Headers that take a mirrored frame to a collector: ERSPAN types I, II and III (draft-foschiano-erspan-03), GRE with Ethernet inside
 * (RFC 2784; key and sequence number RFC 2890), VXLAN (RFC 7348), Geneve with options of our own (RFC 8926), a TZSP packet
 * (UDP 37008; the layout is Wireshark's packet-tzsp.c), or a VLAN of its own (RSPAN) without any outer header. Over IPv4 or IPv6.
 *
 * What is the same in all copies of a session to one collector is made once, by rd_encap_prepare(); rd_encap_head() copies that and
 * fills in what differs: lengths, checksum, sequence number, time, what is known of the copy. Pure: no clock, no allocation, no
 * state. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum rd_encap_kind {
	RD_ENCAP_ERSPAN1,
	RD_ENCAP_ERSPAN2,
	RD_ENCAP_ERSPAN3,
	RD_ENCAP_GRE,
	RD_ENCAP_VXLAN,
	RD_ENCAP_GENEVE,
	RD_ENCAP_TZSP,
	RD_ENCAP_RSPAN,
	RD_ENCAP_KINDS,
};

enum rd_encap_gra { // units of ERSPAN III's timestamp
	RD_GRA_100US, // wraps after 4.97 days
	RD_GRA_100NS, // ... 429 s
	RD_GRA_1588, // nanoseconds; the seconds are in sub-header 5
};

enum rd_encap_en { // the original frame's VLAN tag, as ERSPAN II's En says it
	RD_EN_UNTAGGED = 0,
	RD_EN_STRIPPED = 2, // there was one, the copy has it no more
	RD_EN_KEPT = 3,
};

enum rd_encap_option { // Geneve: bits; each makes an option of 12 bytes with it, in this order
	RD_OPT_TIME = 1 << 0, // type 1: ns since 1970, 8 bytes
	RD_OPT_COPY = 1 << 1, // type 2: sequence 4, stage 1, enum rd_copy_flags 1, drop reason 2
	RD_OPT_ORIGIN = 1 << 2, // type 3: session 2, port 2, length of the original frame 4
	RD_OPT_PACKET = 1 << 3, // type 4: packet id, 8 bytes: the same at every stage
};
#define RD_ENCAP_OPT_CLASS 0xff01 // of the range for experiments (RFC 8926, section 4.4)

enum rd_copy_flags { // bits
	RD_COPY_EGRESS = 1 << 0, // out of the switch port; ERSPAN III's D
	RD_COPY_TRUNCATED = 1 << 1, // shorter than the original; T
	RD_COPY_PARTIAL_CSUM = 1 << 2, // the guest left a checksum to the NIC
	RD_COPY_SUPER_FRAME = 1 << 3, // longer than the wire allows: to be segmented by the NIC
	RD_COPY_SAMPLED = 1 << 4, // others like it were left out
};

struct rd_encap_conf {
	enum rd_encap_kind kind;
	uint8_t dmac[6], smac[6]; // of the next hop and ours
	uint16_t tci; // of the outer frame's 802.1Q tag, PCP and VID; 0 = no tag
	uint8_t family; // 4 or 6
	uint8_t src[16], dst[16]; // IPv4 in the first 4 bytes
	uint8_t dscp, ttl;
	bool may_fragment; // IPv4's DF is set otherwise
	uint16_t sport; // UDP; 0 = 49152 and more, by the inner flow
	uint16_t dport; // UDP; 0 = as registered
	uint32_t vni; // VXLAN, Geneve: 24 bits
	uint32_t key; // GRE
	bool has_key, has_seq; // GRE
	uint16_t session; // ERSPAN: 10 bits; Geneve's options: 16
	enum rd_encap_gra gra; // ERSPAN III
	uint8_t sub_id; // ERSPAN III: platform id of a sub-header, 3, 5 or 7; 0 = none (few receivers know them)
	uint16_t switch_id; // sub-header 5: 10 bits
	uint16_t opt_class; // Geneve
	uint8_t options; // Geneve: enum rd_encap_option
	uint16_t rspan_vid; // 1 to 4094
	uint16_t rspan_tpid; // 0x8100 or 0x88a8
};

struct rd_encap_copy { // of one copy
	uint64_t ns; // when it was captured, since 1970
	uint64_t packet_id;
	uint32_t seq;
	uint32_t index; // ERSPAN II: 20 bits, see rd_encap_index()
	uint32_t wire_len; // of the original frame
	uint32_t flow; // hash of the inner flow, for UDP's source port
	uint16_t tci; // of the original tag, 0 = none
	uint16_t port; // where it was captured
	uint16_t sgt; // ERSPAN III
	uint16_t reason; // enum rd_drop_reason, 0 = not dropped
	uint8_t stage; // where it was captured; ERSPAN III's hardware id has 6 bits
	uint8_t en; // enum rd_encap_en
	uint8_t bso; // ERSPAN III: 0 good, 1 short, 2 oversized, 3 bad
	uint8_t flags; // enum rd_copy_flags
};

#define RD_ENCAP_MAX \
	144 // bytes of a head: Ethernet with a tag, IPv6, UDP, Geneve with four options need 126
struct rd_encap {
	struct rd_encap_conf conf;
	uint16_t len; // of the head
	uint16_t skip; // bytes of the frame that the head stands for: RSPAN's has the MACs
	uint16_t l3, l4, shim; // offsets; shim: what is behind GRE's or UDP's fixed part
	uint32_t ip_sum; // of the IPv4 header without length and id; of IPv6's addresses
	uint8_t head[RD_ENCAP_MAX];
};

// Makes the head's template. 0, or -EINVAL with *err: a number that does not fit its field, an address family, a sub-header.
int rd_encap_prepare(struct rd_encap *e, const struct rd_encap_conf *conf, struct rd_err *err);

// Writes the e->len bytes that go before frame[e->skip]. All len bytes of the copied frame are readable: IPv6 wants a UDP checksum. len is
// at least 14 and at most what rd_encap_room() says of the largest MTU.
void rd_encap_head(const struct rd_encap *e, const struct rd_encap_copy *copy, const uint8_t *frame,
	uint32_t len, uint8_t *out);

// The longest frame that fits behind the head into an IP packet of mtu bytes (RSPAN: into a frame of that many). 0 = none.
uint32_t rd_encap_room(const struct rd_encap *e, uint32_t mtu);

// ERSPAN II's index as we use it: direction, stage (5 bits), port (14 bits).
static inline uint32_t rd_encap_index(bool egress, uint8_t stage, uint16_t port)
{
	return (uint32_t)egress << 19 | (uint32_t)(stage & 0x1f) << 14 | (port & 0x3fffu);
}

const char *rd_encap_name(enum rd_encap_kind kind); // "erspan2"
int rd_encap_by_name(const char *name); // enum rd_encap_kind, or -ENOENT
// Whether copies have sequence numbers of their own: a template without them needs nothing but its length filled in.
bool rd_encap_has_seq(const struct rd_encap *e);
