/* SPDX-License-Identifier: BSD-3-Clause
 *
 * When packets were seen first: a table of the latest ids, where a new one may push out an old one. Main thread.
 */
#pragma once

#include <stdint.h>
#include <stdlib.h>

#define PK_BIRTHS_BITS 16

struct pk_birth {
	uint64_t id, ns;
};

static inline struct pk_birth *pk_births_new(void)
{
	return calloc(1u << PK_BIRTHS_BITS, sizeof(struct pk_birth));
}

// Nanoseconds since the packet's first record, which may be this one.
static inline uint64_t pk_births_since(struct pk_birth *births, uint64_t id, uint64_t ns)
{
	struct pk_birth *b = &births[id * UINT64_C(0x9e3779b97f4a7c15) >> (64 - PK_BIRTHS_BITS)];

	if (b->id != id) {
		b->id = id;
		b->ns = ns;
	}
	return ns > b->ns ? ns - b->ns : 0;
}
