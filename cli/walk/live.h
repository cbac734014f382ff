/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the daemon knows besides the packets: ports, stages, flow cache, rules, mirror sessions, the drop ring. A thread of its own asks,
 * so the screen never waits for a daemon; the screen's thread calls what is below.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "walk/tuple.h"

enum rd_live_part { // what is asked; an answer has these members
	RD_LIVE_MAP = 1 << 0, // "ports", "stages"
	RD_LIVE_FLOW = 1 << 1, // "flows": both directions of the tuple
	RD_LIVE_DFW =
		1 << 2, // "rules": the port's own, "policy": rules that apply to it, "revision"
	RD_LIVE_MIRROR = 1 << 3, // "mirrors"
	RD_LIVE_RECENT = 1 << 4, // "recent": the drop ring, the newest first
};

#define RD_LIVE_LINES 3 // commands at once
#define RD_LIVE_LINE 256

struct rd_live_ask {
	unsigned parts;
	uint64_t walk; // given back as "walk": whom the answer is about
	char port[64]; // of the firewall
	struct rd_wk_tuple tuple;
	char line
		[RD_LIVE_LINES]
		[RD_LIVE_LINE]; // commands, run before the questions; "said": what they printed, or "error"
};

struct rd_live;
struct rd_live *rd_live_open(struct rd_err *err); // NULL with *err
void rd_live_close(struct rd_live *l); // also while the daemon does not answer; NULL is fine
int rd_live_fd(const struct rd_live *l); // readable when an answer is there
// false while an earlier question is not answered: ask again later.
bool rd_live_ask(struct rd_live *l, const struct rd_live_ask *ask);
// The answer, or NULL. The caller's. "error": why there is nothing.
json_t *rd_live_take(struct rd_live *l);
