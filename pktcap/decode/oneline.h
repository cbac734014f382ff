/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Text of a frame, as `tcpdump -en` prints it (4.99, without its time): one line, or with -v several: Ethernet, VLAN, ARP, IPv4, IPv6,
 * TCP with options, UDP, ICMP, ICMPv6, Geneve with the frame inside. People and scripts know these lines. What
 * differs on purpose is listed in docs/man/pktcap.1.tail: application payload is not decoded, and no hex dump
 * follows a line. Hostile input; no allocation per frame. One thread per struct.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RD_ONELINE_MAX 1024 // a line that would be longer is cut
#define RD_VERBOSE_MAX 8192 // and so is verbose text

// Remembers the first sequence numbers of connections, for tcpdump prints relative ones.
struct rd_oneline;
struct rd_oneline *rd_oneline_new(void); // NULL and errno
void rd_oneline_free(struct rd_oneline *o); // NULL is fine

struct rd_oneline_style { // tcpdump's options
	unsigned verbose; // -v, -vv
	bool quiet; // -q
	bool absolute; // -S: sequence numbers as they are
	bool unverified; // -K: no word about checksums
};
void rd_oneline_style(struct rd_oneline *o, struct rd_oneline_style style);

// Writes the text, without a newline at its end (verbose text has some in it), and returns its length. `cap_len` bytes are readable of a frame of
// wire_len bytes. o may be NULL: then sequence numbers are absolute (tcpdump -S).
size_t rd_oneline_frame(struct rd_oneline *o, const uint8_t *bytes, uint32_t cap_len,
	uint32_t wire_len, char *buf, size_t size);
