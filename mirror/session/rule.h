/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One of the ordered rules of a mirror session: which packets are copied, or not. No DPDK.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum rd_mirror_layer { // which frame a rule looks at
	RD_MIRROR_ANY_LAYER, // the frame, or the one inside its tunnel
	RD_MIRROR_OUTER,
	RD_MIRROR_INNER,
};

enum rd_mirror_has { // what a rule asks for; bits
	RD_MIRROR_HAS_SMAC = 1 << 0,
	RD_MIRROR_HAS_DMAC = 1 << 1,
	RD_MIRROR_HAS_ETHERTYPE = 1 << 2, // behind the tags
	RD_MIRROR_HAS_VLAN = 1 << 3, // id of the outermost tag
	RD_MIRROR_HAS_VNI = 1 << 4, // of the tunnel around it, or of its segment
	RD_MIRROR_HAS_SRC = 1 << 5, // family, too
	RD_MIRROR_HAS_DST = 1 << 6,
	RD_MIRROR_HAS_PROTO = 1 << 7,
	RD_MIRROR_HAS_SPORT = 1 << 8, // TCP, UDP; not of later fragments
	RD_MIRROR_HAS_DPORT = 1 << 9,
	RD_MIRROR_HAS_TCP_FLAGS = 1 << 10,
	RD_MIRROR_HAS_DSCP = 1 << 11,
	RD_MIRROR_HAS_LENGTH = 1 << 12, // bytes of the whole frame
};

// One of the ordered rules. What it asks for must all fit. Numbers in host order, addresses as on the wire.
struct rd_mirror_rule {
	bool deny;
	bool either_way; // or with source and destination exchanged
	uint8_t layer; // enum rd_mirror_layer
	uint8_t family; // AF_INET, AF_INET6; 0 = no address asked for
	uint32_t has; // enum rd_mirror_has
	uint8_t smac[6], dmac[6];
	uint16_t ethertype;
	uint16_t vlan;
	uint32_t vni;
	uint8_t src[16], dst[16]; // host bits are zero
	uint8_t src_len, dst_len;
	uint8_t proto;
	uint8_t dscp;
	uint16_t sport_lo, sport_hi, dport_lo, dport_hi;
	uint8_t tcp_mask, tcp_value; // (flags & mask) == value
	uint16_t len_lo, len_hi;
};

// "permit inner proto tcp from 10.0.0.0/8 dport 443 flags syn,!ack". 0, or -errno with *err.
int rd_mirror_rule_parse(struct rd_mirror_rule *r, const char *text, struct rd_err *err);
const char *rd_mirror_rule_text(const struct rd_mirror_rule *r, char *buf, size_t size);
