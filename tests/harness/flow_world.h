/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One mirror session over a scripted card: an uplink (port 0 of the switch, where copies leave) and a guest's port (port 1, mirrored).
 */
#pragma once

#include "flow_script.h"
#include "session/flow_why.h"
#include "session/offload.h"
#include "session/spec.h"

struct world {
	struct flow_script script;
	struct rd_offload *off;
	struct rd_offload_session *session;
	struct rd_mirror_spec spec;
	struct rd_encap_conf head;
	struct rd_offload_want want;
	struct rd_offload_point point[4];
	unsigned nb_points;
	uint64_t ns;
};

// A session that can be all in hardware: GRE with a key, no limits, all that a guest sends.
void world_init(struct world *w, const struct rd_flow_ops *ops);
void world_end(struct world *w); // nothing leaked, nothing touched, or the test fails
int world_set(struct world *w);
bool world_tick(struct world *w, unsigned seconds); // one after the other
void world_rule(struct world *w, const char *text); // adds a rule
// "R1 full-hw probe no-sample: MEANING: CODE, TYPE: "MESSAGE"", as an operator reads it.
const char *world_line(struct world *w, unsigned point, unsigned step, char buf[512]);
void world_expect_line(struct world *w, unsigned point, const char *line);
