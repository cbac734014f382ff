/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Frames of other links as Ethernet: raw IP, BSD loopback, Linux "cooked" (SLL and SLL2) frames get an Ethernet
 * header of 14 bytes for the one that they have, so that one filter and one printer serve them all. Numbers: the
 * registry of link-layer types, pcap-linktype(7). Pure but for the buffer. Any thread.
 */
#pragma once

#include "pcapng/block.h"

struct rd_link { // zeroed to start with; the frame made last
	uint8_t *bytes;
	size_t cap;
};
void rd_link_free(struct rd_link *l); // NULL and zeroed are fine

// Rewrites p->bytes, cap_len and wire_len; sets the direction in p->flags where the link tells it. 0, -ENOTSUP
// (the link is none of ours, or the frame is shorter than its header), or -ENOMEM. p->bytes may be in *l.
int rd_link_to_ethernet(struct rd_link *l, uint16_t link_type, struct rd_pcapng_packet *p);

// "LINUX_SLL"; "unknown" for numbers that we have no name for.
const char *rd_link_name(uint16_t link_type);
