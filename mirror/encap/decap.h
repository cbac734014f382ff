/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What is inside a mirrored or tunnelled frame: finds the inner frame of Geneve (RFC 8926), VXLAN (RFC 7348), GRE with
 * Ethernet or IP inside (RFC 2784, 2890; NVGRE is RFC 7637), ERSPAN types I, II and III (draft-foschiano-erspan-03), and TZSP with an
 * Ethernet frame (UDP 37008; the layout is Wireshark's packet-tzsp.c).
 * Nothing is copied: the answer is offsets. Pure; the input is hostile, every length is checked. Callers: pktcap --decap,
 * collectors. Any thread.
 *
 * It is more lenient than the dataplane's parser, since it reads what others sent: the outer IP header's checksum is not
 * looked at (senders leave it to the NIC), and options of any kind are stepped over. It is as strict where bytes could be
 * mistaken: fragments and frames that are shorter than their own IP header says are refused.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rd_decap_kind {
	RD_DECAP_NONE = 0,
	RD_DECAP_GENEVE,
	RD_DECAP_VXLAN,
	RD_DECAP_GRE, // with a key it may be NVGRE: nothing tells them apart
	RD_DECAP_TZSP,
	RD_DECAP_ERSPAN1,
	RD_DECAP_ERSPAN2,
	RD_DECAP_ERSPAN3,
};

// What can be wrong with a tunnel: a name for counters and programs, words for people.
#define RD_DECAP_FAULTS(X)                                                              \
	X(FRAGMENT, "fragment", "a fragment")                                           \
	X(OUTER_LEN, "outer-length-mismatch", "shorter than its outer IP header says")  \
	X(UDP_LEN, "udp-length", "UDP's length is impossible")                          \
	X(HEADER_CUT, "header-cut", "the tunnel's header is cut off")                   \
	X(GRE_ROUTING, "gre-routing", "GRE with routing")                               \
	X(ERSPAN_VERSION, "erspan-version", "ERSPAN of an unknown version")             \
	X(VXLAN_NO_VNI, "vxlan-no-vni", "VXLAN without a VNI")                          \
	X(GENEVE_VERSION, "geneve-version", "Geneve of an unknown version")             \
	X(GENEVE_PROTOCOL, "geneve-protocol", "Geneve carries neither Ethernet nor IP") \
	X(INNER_ROOM, "no-inner-frame", "no room for an inner frame")                   \
	X(INNER_CUT, "inner-cut", "cut off before the inner frame")

enum rd_decap_fault {
	RD_DECAP_FINE = 0,
#define RD_DECAP_FAULT_ENUM(NAME, name, words) RD_DECAP_F_##NAME,
	RD_DECAP_FAULTS(RD_DECAP_FAULT_ENUM)
#undef RD_DECAP_FAULT_ENUM
	RD_DECAP_NB_FAULTS,
};

struct rd_erspan { // of types II and III
	uint16_t vlan; // of the original frame, 0 = none known
	uint8_t cos;
	uint8_t en; // II: 0 untagged, 2 the tag was removed, 3 it is in the frame
	uint8_t bso; // III: 0 good, 1 short, 2 oversized, 3 bad
	bool truncated; // T
	uint32_t index; // II, 20 bits
	uint32_t time; // III, in units of gra
	uint16_t sgt; // III
	uint8_t hw_id, gra, frame_type; // III
	bool egress; // III
	bool has_sub; // III: an 8-byte sub-header
	uint8_t sub[8];
};

struct rd_decap {
	enum rd_decap_kind kind;
	uint32_t inner; // where the inner frame (or packet) starts
	uint32_t inner_len; // its length by the outer headers; the view may have less
	uint16_t protocol; // 0x6558: an Ethernet frame; else the Ethertype of a bare packet
	uint16_t ip_off; // the outer IP header
	uint32_t id; // VNI, GRE key, ERSPAN session
	uint32_t seq;
	bool has_id, has_seq;
	uint16_t opt_off, opt_len; // Geneve's options
	struct rd_erspan erspan;
	bool odd_type; // ERSPAN II under III's Ethertype, or the other way round: the version was believed
	enum rd_decap_fault fault; // of RD_DECAP_BAD
};

enum rd_decap_result {
	RD_DECAP_NO, // no tunnel that we know
	RD_DECAP_YES,
	RD_DECAP_BAD, // a tunnel, but malformed, a fragment, or cut off before the inner frame
};

// Looks at one Ethernet frame: len readable bytes of wire_len. Everything in *d is set.
enum rd_decap_result rd_decap(
	const uint8_t *frame, size_t len, size_t wire_len, struct rd_decap *d);

// "erspan2 session=100 seq=7", "vxlan vni=1193046", "gre key=0xdeadbeef": for people and comments. Returns buf.
#define RD_DECAP_TEXT 192
const char *rd_decap_text(const struct rd_decap *d, char *buf, size_t size);
const char *rd_decap_name(enum rd_decap_kind kind); // "erspan2"
const char *rd_decap_fault_name(enum rd_decap_fault fault); // "outer-length-mismatch"; "" for none
const char *rd_decap_fault_words(enum rd_decap_fault fault);
