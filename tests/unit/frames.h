/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Frames for the parser's tests: written as hex, changed byte by byte, and handed to the parser in
 * a heap block of exactly the readable length, so that ASan sees every read beyond it.
 */
#pragma once

#include "base/pkt.h"

#include <stddef.h>
#include <stdint.h>

struct frame {
	uint8_t bytes[2048];
	size_t len;
};

struct frame frame_hex(const char *hex);
// Ethernet + the hex, to a unicast MAC.
struct frame frame_eth(uint16_t ethertype, const char *hex);
// IPv4 without options (checksum right, lengths right) + the hex.
struct frame frame_ipv4(uint8_t proto, const char *hex);
// IPv6 (lengths right) + the hex.
struct frame frame_ipv6(uint8_t next, const char *hex);
void frame_add(struct frame *f, const char *hex);
// Mends the IPv4 header checksum after a change; l3 is the header's offset.
void frame_csum(struct frame *f, size_t l3);

// Parses a copy of which `readable` bytes exist.
int frame_parse_cut(const struct frame *f, size_t readable, size_t wire_len, struct rd_pkt *p);
int frame_parse(const struct frame *f, struct rd_pkt *p);
// Expects `reason` when only n bytes of the whole are readable, for every n from `from` to `to` -
// 1.
void frame_expect_cut(const struct frame *f, size_t from, size_t to, int reason);
