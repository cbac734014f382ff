/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The last N records, copied: what came before a trigger. Bounded in number and in bytes; the oldest give way. Main
 * thread.
 */
#pragma once

#include "api/caprec.h"

#include <stdint.h>

#define PK_HELD_MAX 1000000u // records
#define PK_HELD_BYTES (256u << 20) // of all of them

struct pk_held;

struct pk_held *pk_held_new(uint32_t max); // NULL: no memory
void pk_held_free(struct pk_held *h); // NULL is fine
// A copy of the record, with its bytes. 0 or -ENOMEM.
int pk_held_add(struct pk_held *h, const struct rd_cap_rec *rec);
// Takes the oldest out; NULL when there is none. Valid until the next call.
const struct rd_cap_rec *pk_held_take(struct pk_held *h);
uint32_t pk_held_count(const struct pk_held *h);
