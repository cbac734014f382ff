/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reads capture files of any kind that we know: pcapng and classic pcap, plain or packed with gzip or zstd, told apart
 * by their first bytes. Frames of other links come out as Ethernet (link.h), so that filters and printers need to know one
 * link only. One thread per reader.
 */
#pragma once

#include "pcapng/read.h"

struct rd_capfile;
struct rd_capfile *rd_capfile_new(rd_pcapng_read_fn fn, void *arg); // NULL and errno
void rd_capfile_free(struct rd_capfile *f); // NULL is fine

// As rd_pcapng_next(). Frames of links that can't be made into Ethernet are left out and counted.
int rd_capfile_next(struct rd_capfile *f, struct rd_pcapng_event *ev, struct rd_err *err);
// NULL if there is no such interface. link_type is the file's.
const struct rd_pcapng_iface *rd_capfile_iface(const struct rd_capfile *f, uint32_t i);

// Frames that were left out, and the last one's link type.
uint64_t rd_capfile_left_out(const struct rd_capfile *f, uint16_t *link_type);
