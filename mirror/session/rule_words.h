/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Words in rules that are read (rule.c) and written (rule_text.c).
 */
#pragma once

#include "base/pkt.h"

#define IPPROTO_SCTP_ 132

static const struct {
	const char *name;
	uint8_t bit;
} tcp_flags[] = {
	{"fin", 0x01},
	{"syn", 0x02},
	{"rst", 0x04},
	{"psh", 0x08},
	{"ack", 0x10},
	{"urg", 0x20},
	{"ece", 0x40},
	{"cwr", 0x80},
};
#define NB_TCP_FLAGS (sizeof(tcp_flags) / sizeof(tcp_flags[0]))

static const struct {
	const char *name;
	uint8_t number;
} protos[] = {
	{"tcp", RD_IPPROTO_TCP},
	{"udp", RD_IPPROTO_UDP},
	{"icmp", RD_IPPROTO_ICMP},
	{"icmpv6", RD_IPPROTO_ICMPV6},
	{"sctp", IPPROTO_SCTP_},
};
#define NB_PROTOS (sizeof(protos) / sizeof(protos[0]))
