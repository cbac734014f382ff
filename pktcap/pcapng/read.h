/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reads pcapng files: ours and anyone's, of both byte orders, with any number of sections. The input is hostile:
 * every length is checked, a block may have RD_PCAPNG_READ_MAX bytes at most, and the number of
 * interfaces is bounded. Unknown blocks and options are skipped. One thread per reader.
 */
#pragma once

#include <sys/types.h>

#include "base/err.h"
#include "pcapng/block.h"

#define RD_PCAPNG_READ_MAX (16u << 20)
#define RD_PCAPNG_MAX_IFACES 65536u

// Gives up to len bytes: their number, 0 at the end, or a negative errno.
typedef ssize_t (*rd_pcapng_read_fn)(void *arg, void *buf, size_t len);

struct rd_pcapng_reader;
struct rd_pcapng_reader *rd_pcapng_reader_new(rd_pcapng_read_fn fn, void *arg); // NULL and errno
void rd_pcapng_reader_free(struct rd_pcapng_reader *r); // NULL is fine

enum rd_pcapng_kind {
	RD_PCAPNG_AT_END = 0,
	RD_PCAPNG_AT_SECTION, // its interfaces follow
	RD_PCAPNG_AT_IFACE, // number `iface` of the event is known from now on
	RD_PCAPNG_AT_PACKET,
	RD_PCAPNG_AT_STATS,
};

struct rd_pcapng_event { // valid until the next call
	union {
		struct rd_pcapng_section section;
		struct rd_pcapng_packet packet;
		struct rd_pcapng_stats stats;
		uint32_t iface;
	};
};

// The next block of interest: enum rd_pcapng_kind, or -EBADMSG (malformed; *err says what and at which
// byte; nothing can be read after it), -ENOMEM, or what the read function returned. A file that ends inside a
// block is malformed, but everything before it was given.
int rd_pcapng_next(struct rd_pcapng_reader *r, struct rd_pcapng_event *ev, struct rd_err *err);

uint32_t rd_pcapng_nb_ifaces(const struct rd_pcapng_reader *r);
// NULL if there is no such interface. Valid until the reader is freed.
const struct rd_pcapng_iface *rd_pcapng_iface(const struct rd_pcapng_reader *r, uint32_t i);
