/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Between the files of explain and probe: a packet in words, who is behind its addresses, and its bytes.
 */
#pragma once

#include "api/stages.h"
#include "cmds/cmds.h"

#define RD_WORDS_FRAME 9300u // longest frame that is made from words

struct rd_words_end { // one side of a packet
	int family; // AF_INET, AF_INET6; 0 = not said
	uint8_t addr[16];
	uint16_t port;
	bool has_port, has_mac;
	uint8_t mac[6];
};

enum rd_words_kind {
	RD_WORDS_IP, // any protocol
	RD_WORDS_TCP,
	RD_WORDS_UDP,
	RD_WORDS_ICMP, // of either family
	RD_WORDS_ARP,
};

struct rd_words { // a packet as the person described it
	enum rd_words_kind kind;
	struct rd_words_end from, to;
	uint16_t vlan; // 0 = untagged
	bool has_vni;
	uint32_t vni;
	uint8_t proto, tcp_flags, ttl, tos, type, code;
	uint16_t id; // of an ICMP echo
	uint32_t size; // of the (inner) frame; 0 = headers only
	// with has_vni: the tunnel's ends
	struct rd_words_end outer_from, outer_to;
};

// Grammar of the words behind a port, and their values. A command's table begins with RD_WORDS_ARGS.
#define RD_WORDS_GRAMMAR                                                                         \
	"[vlan N] [vni N] (tcp|udp|icmp|arp|ip) [FROM TO] [src ADDRESS] [dst ADDRESS] [sport N]" \
	" [dport N] [flags FLAGS] [type N] [code N] [id N] [proto N] [smac MAC] [dmac MAC]"      \
	" [ttl N] [tos N] [size N]"
#define RD_WORDS_ARGS                                                                              \
	{.key = "tcp", .type = RD_ARG_FLAG, .help = "a TCP segment, a SYN unless flags say else"}, \
		{.key = "udp", .type = RD_ARG_FLAG, .help = "a UDP datagram"},                     \
		{.key = "icmp",                                                                    \
			.type = RD_ARG_FLAG,                                                       \
			.help = "ICMP or ICMPv6, an echo request unless type says else"},          \
		{.key = "arp", .type = RD_ARG_FLAG, .help = "who has TO? tell FROM"},              \
		{.key = "ip", .type = RD_ARG_FLAG, .help = "another IP protocol: proto N"},        \
		{.key = "from",                                                                    \
			.type = RD_ARG_TEXT,                                                       \
			.help = "its source: 10.0.0.1, 10.0.0.1:80, [2001:db8::1]:80"},            \
		{.key = "to", .type = RD_ARG_TEXT, .help = "its destination, alike"},              \
		{.key = "src", .type = RD_ARG_IP, .help = "source address"},                       \
		{.key = "dst", .type = RD_ARG_IP, .help = "destination address"},                  \
		{.key = "sport", .type = RD_ARG_NUM, .max = 65535, .help = "source port; 49152"},  \
		{.key = "dport", .type = RD_ARG_NUM, .max = 65535, .help = "destination port"},    \
		{.key = "vlan",                                                                    \
			.type = RD_ARG_NUM,                                                        \
			.max = 4094,                                                               \
			.help = "its VLAN tag; untagged"},                                         \
		{.key = "vni",                                                                     \
			.type = RD_ARG_NUM,                                                        \
			.max = 16777215,                                                           \
			.help = "inside a tunnel packet of this VNI"},                             \
		{.key = "flags",                                                                   \
			.type = RD_ARG_TEXT,                                                       \
			.help = "of TCP, as tcpdump writes them: S, S., ., F., R, P."},            \
		{.key = "type", .type = RD_ARG_NUM, .max = 255, .help = "of ICMP"},                \
		{.key = "code", .type = RD_ARG_NUM, .max = 255, .help = "of ICMP; 0"},             \
		{.key = "id", .type = RD_ARG_NUM, .max = 65535, .help = "of an ICMP echo; 1"},     \
		{.key = "proto", .type = RD_ARG_NUM, .max = 255, .help = "with ip; 253"},          \
		{.key = "smac",                                                                    \
			.type = RD_ARG_MAC,                                                        \
			.help = "source MAC; the guest's, or who is known to be there"},           \
		{.key = "dmac",                                                                    \
			.type = RD_ARG_MAC,                                                        \
			.help = "destination MAC; who has the address, or the only one there"},    \
		{.key = "ttl", .type = RD_ARG_NUM, .max = 255, .help = "TTL or hop limit; 64"},    \
		{.key = "tos", .type = RD_ARG_NUM, .max = 255, .help = "TOS or traffic class; 0"}, \
	{                                                                                          \
		.key = "size", .type = RD_ARG_NUM, .min = 14, .max = RD_WORDS_FRAME,               \
		.help = "bytes of the frame; headers only"                                         \
	}

// The manual's words as a new object, for the walk, too.
json_t *rd_explain_about_stage(const struct rd_stage_desc *s);
json_t *rd_explain_about_reason(const struct rd_drop_desc *d);
// The commands' handlers.
int rd_explain_stage(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err);
int rd_explain_reason(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err);
int rd_explain_point(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err);
int rd_explain_flow(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err);
int rd_explain_encap(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err);
int rd_explain_drop(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err);
int rd_explain_whatif(struct rd_cli *cli, const struct rd_args *args, struct rd_err *err);
// The frame that the line gives, by file, hex or words, as a new hex string. 0 or -errno with *err.
int rd_explain_hex(
	struct rd_cli *cli, const struct rd_args *args, json_t **hex, struct rd_err *err);

// What the line says. 0 or -EINVAL with *err, blamed.
int rd_words_read(const struct rd_args *args, struct rd_words *w, struct rd_err *err);
// Only its ends: from and to, src and dst, ports, MACs.
int rd_words_ends(const struct rd_args *args, struct rd_words *w, struct rd_err *err);
// Fills in the MACs that were not said, and the tunnel's ends, by what the daemon knows at this port. 0 or -errno.
int rd_words_who(struct rd_cli *cli, const char *port, struct rd_words *w, struct rd_err *err);
// The bytes, at most `size` of them. 0 or -EINVAL with *err.
int rd_words_frame(
	const struct rd_words *w, uint8_t *frame, size_t size, size_t *len, struct rd_err *err);
