/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Between tep.c, tunnel.c and tunnel_learn.c only. Control thread.
 */
#pragma once

#include "tables/tunnel.h"

bool rd_ip4_is_unicast(const uint8_t ip[4]);
void rd_tep_fini(void);

// The record at its index becomes t (NULL = none), the old one is retired. -ENOMEM: nothing changed, t is freed.
int rd_tunnel_swap(uint16_t idx, struct rd_tunnel *t);
// Writes the outer header's template.
void rd_tunnel_template(struct rd_tunnel *t, const struct rd_tep *tep);
// Forgets what workers asked for this index.
void rd_tunnel_learn_clear(uint16_t idx);
