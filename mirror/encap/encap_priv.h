/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Inside of the encapsulator: what encap.c (outer headers) and encap_shim.c (what is between those and the frame) share.
 */
#pragma once

#include "base/pkt.h"
#include "encap/encap.h"

#define ENCAP_UDP_LEN 8u
#define ENCAP_GRE_LEN 4u

static inline bool encap_is_udp(enum rd_encap_kind kind)
{
	return kind == RD_ENCAP_VXLAN || kind == RD_ENCAP_GENEVE || kind == RD_ENCAP_TZSP;
}

static inline void encap_put64(uint8_t *p, uint64_t v)
{
	rd_put32(p, (uint32_t)(v >> 32));
	rd_put32(p + 4, (uint32_t)v);
}

// Checks what concerns the shim. 0 or -EINVAL with *err.
int encap_shim_check(const struct rd_encap_conf *c, struct rd_err *err);
// Writes what is the same in all copies, GRE's fixed part included, from p on; returns where the frame starts.
uint8_t *encap_shim_prepare(const struct rd_encap_conf *c, uint8_t *p);
// Fills in the rest.
void encap_shim_fill(
	const struct rd_encap_conf *c, const struct rd_encap_copy *copy, uint8_t *shim);
