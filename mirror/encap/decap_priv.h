/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Inside of the decapsulator: what decap.c (outer headers, UDP tunnels) and decap_gre.c share.
 */
#pragma once

#include "base/pkt.h"
#include "encap/decap.h"

#define DECAP_MAX_OFFSET 65535u // offsets fit 16 bits

struct decap_view { // the payload of the outer IP packet
	const uint8_t *frame;
	size_t len; // readable bytes of the frame
	size_t off; // where the payload starts
	size_t end; // where it ends by IP's (and UDP's) length; may lie beyond len
};

static inline enum rd_decap_result decap_bad(struct rd_decap *d, enum rd_decap_fault fault)
{
	d->fault = fault;
	return RD_DECAP_BAD;
}

// Whether n bytes at off are inside the packet and readable.
static inline bool decap_has(const struct decap_view *v, size_t off, size_t n)
{
	size_t end = v->end < v->len ? v->end : v->len;

	return off <= end && n <= end - off;
}

// The inner frame starts at off: checks that there is one.
enum rd_decap_result decap_inner(const struct decap_view *v, size_t off, struct rd_decap *d);

enum rd_decap_result decap_gre(const struct decap_view *v, struct rd_decap *d);
