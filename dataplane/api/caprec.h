/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One captured packet at one stage, as it stands in the shared ring (capring.h): what the worker knew of it. Written by
 * workers, read by clients.
 */
#pragma once

#include <stdint.h>

enum rd_cap_dir { // relative to the switch, as in pcapng's epb_flags
	RD_CAP_DIR_NONE = 0,
	RD_CAP_DIR_RX = 1,
	RD_CAP_DIR_TX = 2,
};

enum rd_cap_flags {
	RD_CAP_F_INNER =
		1 << 0, // the filter matched the frame inside the tunnel, not the outer one
	RD_CAP_F_HIT = 1 << 1, // flow cache: hit (neither bit: not looked up yet)
	RD_CAP_F_MISS = 1 << 2, // flow cache: miss, decided on this walk
	RD_CAP_F_TO_GUEST = 1 << 3, // a person's direction, when known
	RD_CAP_F_FROM_GUEST = 1 << 4,
	RD_CAP_F_FOLLOWED = 1 << 5, // recorded because an earlier stage matched it
	RD_CAP_F_CLONE = 1 << 6, // a copy: parent_id says of what
	RD_CAP_F_INJECTED = 1 << 7, // entered by the inject command
};

enum rd_cap_lcore { // which worker did what, besides packet_id and worker
	RD_CAP_HASH_NIC = 1, // the hash that it was spread by; neither: none
	RD_CAP_HASH_SOFT = 2,
	RD_CAP_HASH_MASK = 3,
	RD_CAP_HANDED =
		1 << 2, // polled by another worker (packet_id says which) and handed to this one
	RD_CAP_TXQ_OWN = 1 << 3, // at a TX stage: the device's tx queue is this worker's,
	RD_CAP_TXQ_SHARED = 1 << 4, // or several workers', with a lock
};

enum rd_cap_match { // how a packet came to be wanted by a session with a filter
	RD_CAP_MATCH_NONE = 0, // there is no filter
	RD_CAP_MATCH_OUTER = 1, // the frame as it is
	RD_CAP_MATCH_INNER = 2, // the frame inside its tunnel
	RD_CAP_MATCH_FOLLOWED = 3, // an earlier record of the packet, in the form that it had then
};

struct rd_cap_rec {
	uint32_t rec_len; // whole record, header and padding included; multiple of 16
	uint16_t hdr_len; // sizeof(struct rd_cap_rec) of the writer; bytes start here
	uint8_t stage; // enum rd_stage
	uint8_t dir; // enum rd_cap_dir
	uint64_t packet_id; // the same at every stage of one walk
	uint64_t parent_id; // of the original, for a clone; else 0
	uint64_t ns; // CLOCK_REALTIME, ns since the epoch; monotonic per worker
	uint32_t wire_len; // frame length at this stage (with a stripped VLAN tag put back)
	uint32_t cap_len; // bytes that follow the header, <= snaplen
	uint32_t port_id; // public port number, 0 if none
	uint16_t port_idx; // index of the port in port.list
	uint16_t queue; // device queue at a TX stage, else 0
	uint32_t vni; // segment's VNI, 0 if none
	uint32_t rule_id; // firewall rule that decided last, 0 if none
	uint32_t flow_id; // flow entry number on this worker, 0 if none
	uint16_t reason; // enum rd_drop_reason, 0 unless stage is drop
	uint8_t worker; // worker number
	uint8_t flags; // enum rd_cap_flags
	uint32_t lost; // records of this ring lost since its previous record
	uint8_t prev_stage; // stage the packet came from
	uint8_t lcore; // enum rd_cap_lcore
	uint16_t hop; // number of stages passed before this one
	uint32_t hash; // hash of the (inner) flow, 0 if not computed
	uint16_t inner_off; // where the inner Ethernet header starts in the frame, 0 if no tunnel
	uint8_t match; // enum rd_cap_match
	uint8_t one_in; // the session took 1 packet in so many here (--max-cost); 0 and 1 = all
};
_Static_assert(sizeof(struct rd_cap_rec) == 80, "record header is ABI");
