/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A packet on its way through the reference, for semantics_model.c and semantics_forward.c. See semantics.h.
 */
#pragma once

#include "semantics.h"

struct sem_walk {
	struct sem_pkt k; // its present form
	struct sem_frame f;
	const struct sem_port *in;
	struct sem_seg *seg;
	uint16_t from_tunnel; // it came out of this one
	uint32_t hash;
	bool routed; // a router has sent it
	struct sem_result *res;
	bool dry;
};

struct sem_to { // where it goes: a port, a tunnel or (neither) the uplinks
	uint16_t port, tunnel;
};

void sem_drop(const struct sem_walk *w, enum rd_drop_reason reason);
void sem_arrive(struct sem_walk *w, uint16_t port); // from outside, or over a link
void sem_bridge(struct sem_walk *w); // into w->seg
void sem_forward(struct sem_walk *w, struct sem_to to);
void sem_flood(const struct sem_walk *w);
