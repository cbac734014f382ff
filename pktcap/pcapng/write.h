/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Writes pcapng blocks into a growing buffer: the caller decides where the bytes go and can so write whole
 * blocks only. One file has one link type and one snaplen, for libpcap refuses others; times are in ns
 * (tsresol 9). Never epb_verdict: Wireshark 4.0 corrupts such files when it saves them. Host byte order.
 * Any thread.
 */
#pragma once

#include "pcapng/block.h"

struct rd_pcapng_buf { // zeroed to start with
	uint8_t *data;
	size_t len, cap;
};
void rd_pcapng_buf_free(struct rd_pcapng_buf *b); // NULL and zeroed are fine

// Each appends one whole block. 0, -ENOMEM, -EMSGSIZE (a text over 65535 bytes is cut, packets are not);
// after an error the buffer is as before.
int rd_pcapng_put_section(struct rd_pcapng_buf *b, const struct rd_pcapng_section *s);
int rd_pcapng_put_iface(struct rd_pcapng_buf *b, const struct rd_pcapng_iface *i);
int rd_pcapng_put_packet(struct rd_pcapng_buf *b, const struct rd_pcapng_packet *p);
int rd_pcapng_put_stats(struct rd_pcapng_buf *b, const struct rd_pcapng_stats *s);
