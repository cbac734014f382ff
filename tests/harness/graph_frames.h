/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Frames for tests/graph: from pcap files, or built. Lengths and checksums are right.
 */
#pragma once

#include "graph_fixture.h"

#define GR_CLIENT "00:50:56:a1:fc:f3"
#define GR_EMU_GUEST "00:50:56:a1:99:9e"
#define GR_UPT_GUEST "00:50:56:a1:87:fe"
#define GR_TEP "00:50:56:67:eb:13"
#define GR_REMOTE_TEP "00:50:56:63:04:5c"

// All frames of pcaps/<path>, at most max; how many.
unsigned gr_pcap(const char *path, struct gf_frame *frames, unsigned max);
// pcaps/<path>'s only frame.
struct gf_frame gr_pcap_one(const char *path);

struct gr_l2 {
	const char *dst, *src;
	uint16_t vlan; // 0 = untagged
};
// UDP, and TCP with the SYN flag; len is the payload's.
struct gf_frame gr_udp(
	struct gr_l2 l2, const char *src, const char *dst, uint16_t ports[2], size_t len);
struct gf_frame gr_tcp(
	struct gr_l2 l2, const char *src, const char *dst, uint16_t ports[2], size_t len);
struct gf_frame gr_arp(
	const char *dst_mac, const char *sha, const char *spa, const char *tpa, uint16_t op);
struct gf_frame gr_echo(struct gr_l2 l2, const char *src, const char *dst, size_t len);
// The frame in the demo's tunnel, from the demo's remote endpoint to ours.
struct gf_frame gr_geneve(const struct gf_frame *inner, uint32_t vni);
