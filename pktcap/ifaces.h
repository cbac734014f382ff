/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The interfaces of a pcapng file while it is written: one per stage and port, found in constant time. Main thread.
 */
#pragma once

#include "api/caprec.h"

struct pk_iface {
	uint32_t port_id;
	uint16_t port_idx;
	uint8_t stage;
	uint64_t packets, lost;
	uint64_t first_ns, last_ns;
};

struct pk_ifaces { // zeroed to start with
	struct pk_iface *list; // in the file's order
	uint32_t count, cap;
	uint32_t *map; // number + 1 by hash; 0 = free
	uint32_t mask;
};
void pk_ifaces_free(struct pk_ifaces *s);

// The record's interface, -ENOENT if it is not there yet.
int pk_ifaces_find(const struct pk_ifaces *s, const struct rd_cap_rec *rec);
// Adds it: its number, or -ENOMEM.
int pk_ifaces_add(struct pk_ifaces *s, const struct rd_cap_rec *rec);
