/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The packet ids that a capture follows: a table of the latest, where a new id may push out an old one. Main thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define PK_FOLLOWED_BITS 16

struct pk_followed {
	uint64_t id[1u << PK_FOLLOWED_BITS];
};

static inline struct pk_followed *pk_followed_new(void)
{
	return calloc(1, sizeof(struct pk_followed));
}

static inline uint64_t *pk_followed_slot(struct pk_followed *f, uint64_t id)
{
	return &f->id[id * UINT64_C(0x9e3779b97f4a7c15) >> (64 - PK_FOLLOWED_BITS)];
}

static inline bool pk_followed_has(struct pk_followed *f, uint64_t id)
{
	return id != 0 && *pk_followed_slot(f, id) == id;
}

static inline void pk_followed_add(struct pk_followed *f, uint64_t id)
{
	*pk_followed_slot(f, id) = id;
}
