/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A record of a capture ring, made again from a packet of a pcapng file. Main thread.
 */
#pragma once

#include "api/capring.h"
#include "pcapng/read.h"
#include "ports.h"

// Fills *rec (its bytes must follow it in memory: the caller puts them there) from the packet's options, its JSON text and the name
// of its interface. What is missing or impossible is left 0: the file is hostile. Ports that it names
// are added to *ports.
void pk_replay_rec(struct rd_cap_rec *rec, const struct rd_pcapng_packet *p,
	const struct rd_pcapng_iface *iface, struct pk_ports *ports);

// A port by "host/name" and its number, added if it is new; NULL if that is no name, or there are too many.
const struct pk_port *pk_replay_port(
	struct pk_ports *ports, const char *qname, uint32_t id, const char *type);
