/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A packet as the rules of mirror sessions see it. Worker thread.
 */
#pragma once

#include "base/pkt.h"
#include "session/run.h"

#define MIRROR_VIEW_LEN 512 // headers are within

struct mirror_view { // made at most once per packet and stage
	const struct rd_tap_seen *seen;
	const uint8_t *bytes;
	uint32_t len; // readable
	bool ready, parsed;
	bool has_inner;
	struct rd_pkt outer, inner; // from here on only if it is parsed
	uint32_t vni[2]; // around the frame; around the one inside
	uint32_t flow; // hash of the innermost, the same for both directions; 0 = not worked out
	uint8_t copied[MIRROR_VIEW_LEN];
};

void mirror_view_make(struct mirror_view *v, const struct rd_tap_seen *seen); // if it is not ready
void mirror_view_parse(struct mirror_view
		*v); // if it is not parsed: most sessions need not know what is in a packet
uint32_t mirror_view_flow(struct mirror_view *v);
// Where what IP carries begins in the view; 0 = it has no beginning here, or it is not known.
uint32_t mirror_behind_ip(const struct mirror_view *v, const struct rd_pkt *p);
// Position of the first rule that fits, nb_rules = none does.
unsigned mirror_match(const struct rd_mirror_spec *s, const struct mirror_view *v);
// What the frame's first type says; 0 = it is too short to have one.
static inline uint16_t mirror_view_type(const struct mirror_view *v)
{
	return v->len >= RD_ETH_LEN ? rd_be16(v->bytes + 12) : 0;
}
// The innermost frame.
static inline const struct rd_pkt *mirror_view_last(const struct mirror_view *v)
{
	return v->has_inner ? &v->inner : &v->outer;
}
