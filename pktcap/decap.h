/* SPDX-License-Identifier: BSD-3-Clause
 *
 * --decap: records without their tunnels. The parsers are mirror/encap's. Main thread.
 */
#pragma once

#include "collector/facts.h"
#include "pcapng/link.h"
#include "rec.h"

#define PK_DECAP_TEXT (2 * (RD_DECAP_TEXT + RD_FACTS_TEXT))

struct pk_decap { // zeroed to start with; what the record made last points to
	struct rd_link link;
	struct rd_cap_rec rec;
	char text[PK_DECAP_TEXT];
	struct rd_facts_how how;
};
struct rd_facts_how pk_decap_how(const struct pk_opts *o);
void pk_decap_free(struct pk_decap *d);

// Strips up to o->decap tunnels, outermost first: *r then points into *d and the frame. A bare IP packet inside gets an Ethernet
// header. What is no tunnel, or a malformed one, stays as it is. A copy that says how long its frame was is that long. 0 or -ENOMEM.
int pk_decap(struct pk_decap *d, const struct pk_opts *o, struct pk_rec *r);

// Where the Ethernet frame starts that pk_decap() would leave; 0: nothing to strip.
uint32_t pk_decap_offset(const uint8_t *frame, uint32_t len, uint32_t wire_len, unsigned max);
