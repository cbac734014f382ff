/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reads classic pcap files: both byte orders, micro- and nanoseconds, and the "modified" form of old Linux patches, whose
 * records have eight bytes more. The input is hostile: a record may have RD_PCAPNG_READ_MAX bytes at most. One thread per
 * reader. Format: draft-ietf-opsawg-pcap, pcap-savefile(5).
 */
#pragma once

#include "base/err.h"
#include "pcapng/read.h"

struct rd_pcap_reader;
struct rd_pcap_reader *rd_pcap_reader_new(rd_pcapng_read_fn fn, void *arg); // NULL and errno
void rd_pcap_reader_free(struct rd_pcap_reader *r); // NULL is fine

// Whether a file that begins so is classic pcap.
bool rd_pcap_is_magic(const uint8_t first[4]);

// The file's only interface; known after the first call of rd_pcap_next().
const struct rd_pcapng_iface *rd_pcap_iface(const struct rd_pcap_reader *r);

// RD_PCAPNG_AT_IFACE first, then packets (valid until the next call), RD_PCAPNG_AT_END; or -EBADMSG (malformed; *err says
// what and at which byte; nothing can be read after it), -ENOMEM, or what the read function returned. A file that ends
// inside a record is malformed, but everything before it was given.
int rd_pcap_next(struct rd_pcap_reader *r, struct rd_pcapng_packet *p, struct rd_err *err);
