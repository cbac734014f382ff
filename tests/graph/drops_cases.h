/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How to provoke each drop reason. Used by drops_all.c.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "graph_frames.h"
#include "graph_topo.h"

struct dc_case {
	uint16_t reason;
	void (*provoke)(
		void); // builds its own topology; the last packet with this reason is looked at
	const char *elsewhere; // instead: the test file that provokes it
};

#define CASE(name, fn)                            \
	{                                         \
		.reason = (name), .provoke = (fn) \
	}

extern const struct dc_case dc_out_cases[]; // drops_cases_out.c
extern const unsigned dc_nb_out_cases;
extern const struct dc_case dc_route_cases[]; // drops_cases_route.c
extern const unsigned dc_nb_route_cases;
const struct dc_case *dc_find(uint16_t reason); // NULL if it has none
// The frames of pcaps/in/malformed with this reason, in the demo's topology.
bool dc_has_malformed(const char *reason);
bool dc_malformed(const char *reason);

// What the cases share. The demo's topology:
extern struct gt_emulated dc_t;
void dc_emulated(void);
// One switch, one segment, and guests a (which sends) and b.
struct dc_pair {
	uint16_t seg, a, b;
};
struct dc_pair dc_pair(void);
void dc_send(uint16_t port, struct gf_frame f);
struct gf_frame dc_udp(const char *dst, const char *src, size_t len);
#define STRANGER "00:50:56:a1:00:99"
#define BROADCAST "ff:ff:ff:ff:ff:ff"
