/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Mirror sessions in network cards, as the sessions' state machine sees it. A session hands over its points (a source port at the edge
 * where a card sees its frames) and gets, for each, who copies there and why. Whatever fails here ends in software and never touches
 * forwarding. Control thread only.
 *
 *	set     plans and programs: new rules first, then the old ones go; at a point all rules or none
 *	tick    once a second: counters, lost rules, full tables tried again, cards that copy nothing found out
 *	revoke  takes the rules away, the last made first
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "session/flow_cap.h"
#include "session/flow_ops.h"

struct rd_encap_conf;
struct rd_mirror_spec;
struct rd_offload; // one for the daemon
struct rd_offload_session; // one per session

#define RD_OFFLOAD_POINTS 128 // of a session

enum rd_recipe { // the lower the better
	RD_RECIPE_NONE, // not planned yet
	RD_RECIPE_FULL, // R1: the card copies, puts the head before the copy and sends it
	RD_RECIPE_QUEUE, // R2: the card copies into an rx queue of its own; software does the rest
	RD_RECIPE_PORT, // R3: ... to an ethdev of the card's switch
	RD_RECIPE_MARK, // R4: the card marks what matches, software copies
	RD_RECIPE_SOFTWARE, // R5
	RD_RECIPES,
};
enum rd_offload_path {
	RD_PATH_SW, // software copies at this point: R4, R5
	RD_PATH_HYBRID, // the card copies, software stamps and sends: R2, R3
	RD_PATH_HW, // R1; software must not copy here
};
enum rd_offload_proof { // that a card which took the rule copies, too
	RD_PROOF_NONE, // nothing has matched yet
	RD_PROOF_BLIND, // its rule can't count
	RD_PROOF_COUNTED, // the rule's counter moves
	RD_PROOF_PROBED, // one frame was sent through, one copy came
};
enum rd_flow_phase { // when a recipe was refused
	RD_PHASE_SESSION, // by what the session wants; no driver was asked
	RD_PHASE_PROBE, // by what the port's probe found
	RD_PHASE_VALIDATE, // by the driver
	RD_PHASE_CREATE, // by the driver, that had no objection before
	RD_PHASE_RUN, // while it was in use
};

struct rd_offload_point {
	uint16_t port; // index of the source port
	uint16_t ethdev; // its device, RD_FLOW_NOWHERE = none of its own
	uint8_t stage; // enum rd_stage
	uint16_t mtu; // the longest packet that it carries
	uint32_t segment_vni; // a guest's port: of its segment, 0 = none
	uint32_t only_vni; // an uplink of a session on a VNI: frames of that one; 0 = all
	uint16_t only_vlan; // frames with this tag; 0 = all
};
struct rd_offload_own { // packets of mirror sessions: never copied, at no uplink
	uint8_t family; // 4 or 6
	uint8_t proto; // 47 or 17
	uint16_t dport; // of UDP
	uint8_t src[16], dst[16];
};
struct rd_offload_want { // borrowed for the call
	const struct rd_mirror_spec *spec;
	uint16_t id; // of the session, 1 to 1023
	const struct rd_encap_conf
		*head; // towards the destination in use; NULL = it has none (a local port, a file)
	uint16_t out_ethdev; // RD_FLOW_NOWHERE = not known or no device
	uint16_t out_mtu;
	uint16_t geneve_port;
	unsigned nb_own;
	const struct rd_offload_own *own;
};
struct rd_offload_result {
	uint8_t recipe; // enum rd_recipe
	uint8_t path; // enum rd_offload_path
	uint8_t proof; // enum rd_offload_proof
	uint8_t why; // enum rd_flow_why: why nothing better; 0 = nothing is
	bool retrying; // the card's table was full
	bool counted;
	uint8_t rules; // programmed
	uint32_t ratio; // the card copies one in so many
	uint32_t mark; // R2, R4: what mbufs carry
	uint8_t shared; // other sessions for which the same rule copies
	uint64_t hits, bytes; // of the rules, all that were programmed for this point added up
};
struct rd_offload_step { // one recipe refused; texts are constant or live until the next call for this session
	const char *recipe; // "R1 full-hw"
	const char *phase; // "validate"
	const char *word, *meaning, *action; // flow_why.h
	const char *code; // "ENOTSUP"
	const char *type; // "specific action"
	const char *message; // the driver's own, or ours; may be empty
};

// drv goes to the functions of ops. NULL and errno.
struct rd_offload *rd_offload_new(const struct rd_flow_ops *ops, void *drv);
void rd_offload_free(struct rd_offload *off); // after the last session
// A port's device was opened: rules that another life left in it are flushed before any of ours is made.
void rd_offload_port_opened(struct rd_offload *off, uint16_t ethdev);
// It is about to be closed: our rules in it are taken away; sessions go on in software and say so.
void rd_offload_port_closing(struct rd_offload *off, uint16_t ethdev);
// What the port can do; probed when asked for the first time, after a change of driver or firmware, and if `again`. Never NULL.
const struct rd_flow_cap *rd_offload_capability(
	struct rd_offload *off, uint16_t ethdev, bool again);

struct rd_offload_session *rd_offload_session_new(
	struct rd_offload *off, uint16_t id); // NULL and errno
void rd_offload_session_free(struct rd_offload_session *s); // with its rules
// 0, or -errno with *err: `offload require` can't be met; the rules are then as they were before. Points that are the same as before keep
// their counters.
int rd_offload_set(struct rd_offload_session *s, const struct rd_offload_want *want,
	const struct rd_offload_point *points, unsigned nb, struct rd_err *err);
// As set, but nothing is programmed and nothing is changed: what would happen (mirror explain of a session that is down).
int rd_offload_dry_run(struct rd_offload_session *s, const struct rd_offload_want *want,
	const struct rd_offload_point *points, unsigned nb, struct rd_err *err);
void rd_offload_revoke(struct rd_offload_session *s);
unsigned rd_offload_points(const struct rd_offload_session *s);
const struct rd_offload_point *rd_offload_point(const struct rd_offload_session *s, unsigned i);
const struct rd_offload_result *rd_offload_result(const struct rd_offload_session *s, unsigned i);
bool rd_offload_step(
	struct rd_offload_session *s, unsigned i, unsigned step, struct rd_offload_step *out);
// The session's software sees all packets of the point all the same: so many more matched there. A card whose counter stands still
// meanwhile is found out.
void rd_offload_seen(struct rd_offload_session *s, unsigned i, uint64_t more);
// Once a second; ns is monotonic. True: a session's results are others than before, see rd_offload_changed().
bool rd_offload_tick(struct rd_offload *off, uint64_t ns);
bool rd_offload_changed(struct rd_offload_session *s); // since the last call
// Rules that drivers would not take back; tried again by tick. A copy may still leave by them.
unsigned rd_offload_stuck(const struct rd_offload *off);

const char *rd_recipe_name(unsigned recipe); // "R1 full-hw"
const char *rd_recipe_word(unsigned recipe); // "full-hw"
const char *rd_path_name(unsigned path); // "hw"
const char *rd_proof_name(unsigned proof);
// How a point, and how all of them, are copied, as it is shown: "hw" and "hybrid" only with a proof, else "unproven"; "partial": some so,
// some in another way.
const char *rd_offload_shown(const struct rd_offload_result *r);
const char *rd_offload_summary(const struct rd_offload_session *s); // NULL is "sw"
const char *rd_flow_phase_name(unsigned phase);
