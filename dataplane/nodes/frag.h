/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fragments of a packet in the graph: tables/frag.h, with the keys read from mbufs. Worker thread.
 */
#pragma once

#include "core/worker.h"
#include "tables/conn.h"
#include "tables/frag.h"

struct rd_frag_place { // which firewall asks
	uint16_t zone;
	uint8_t dir; // enum rd_dfw_dir
	uint32_t now_s;
};

// A first fragment was judged: v's rule, slot and reason. ref and dir are of its connection, ref 0 = none.
void rd_frag_note(const struct rte_mbuf *m, const struct rd_meta *md, struct rd_frag_place at,
	struct rd_frag_verdict v);
// A later one: false when its first one is not known. Tells the connection how far the packet reaches.
bool rd_frag_follow(const struct rd_worker *w, const struct rte_mbuf *m, const struct rd_meta *md,
	struct rd_frag_place at, struct rd_frag_verdict *v);
