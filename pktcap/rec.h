/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One captured record with what its numbers mean, and the words that every output uses for it. Main thread.
 */
#pragma once

#include <stddef.h>

#include "api/capring.h"
#include "opts.h"
#include "ports.h"

#define PK_IFACE_TEXT 224
#define PK_JSON_TEXT 1024
#define PK_COMMENT_TEXT 640

struct pk_rec {
	const struct rd_cap_rec *rec;
	const uint8_t *bytes; // rec->cap_len of them
	const struct rd_stage_desc *stage; // never NULL
	const struct pk_port *port; // NULL if the packet has none here, or it is not known
	const struct pk_ports *ports;
	uint64_t
		since_ns; // the packet's first record in this capture; 0 if it is this one or nobody asks
	const char *decap; // --decap: what was stripped, "" if nothing; good for this record's time
	bool follows; // of a session that follows: the texts say which form of the packet matched
	bool asked; // at a point that was asked for, not only on the way of a packet that is followed
};

void pk_rec_init(struct pk_rec *r, const struct rd_cap_rec *rec, const struct pk_ports *ports);

const char *pk_rec_host(const struct pk_rec *r);
// "uplink_rx@vmnic1", with the host when there are several; only the stage if there is no port.
const char *pk_rec_where(const struct pk_rec *r, char *buf, size_t size);
// "arm/uplink_rx@vmnic1": the interface's name in pcapng.
const char *pk_rec_iface(const struct pk_rec *r, char *buf, size_t size);
// "pass", "drop", "delivered" (to a guest), "sent" (out of the switch).
const char *pk_rec_verdict(const struct pk_rec *r);
const char *pk_rec_flow_hit(const struct pk_rec *r); // "hit", "miss", ""
const char *pk_rec_match(
	const struct pk_rec *r); // "outer", "inner", "followed"; "" without a filter
const char *pk_rec_dir(const struct pk_rec *r); // "In", "Out", ""
const char *pk_rec_guest_dir(const struct pk_rec *r); // "to-guest", "from-guest", ""
// The switch made the frame itself, because of packet parent_id; false for a copy of that packet, and for what came in.
bool pk_rec_is_made(const struct pk_rec *r);
// Who made it, "firewall" or "router"; only the walk's first record tells, else "".
const char *pk_rec_maker(const struct pk_rec *r);
int pk_rec_polled_by(const struct pk_rec *r); // worker; -1: injected by control
const char *pk_rec_hash_source(const struct pk_rec *r); // "nic", "soft", "none"
const char *pk_rec_txq(const struct pk_rec *r); // "own", "shared", "" where nothing is sent
const char *pk_reason_name(unsigned reason); // "" for none
const char *pk_stage_name(unsigned id); // "" for none

// The comment of a pcapng packet, "" if `which` wants none for it.
const char *pk_rec_comment(const struct pk_rec *r, enum pk_comment which, char *buf, size_t size);
// The JSON object of our custom option: what replays the walk.
const char *pk_rec_json(const struct pk_rec *r, char *buf, size_t size);
