/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A mirror session as workers see it. What was asked for is constant (a change makes another mirror_run and swaps it); what was
 * counted, and where copies go, outlives changes (mirror_state). Workers write their own counters; the owner, which is worker 0,
 * writes those of the collectors and the sequence numbers, and nobody else does. Control reads.
 */
#pragma once

#include "core/tap_sink.h"
#include "session/spec.h"

#define RD_MIRROR_MAX 64 // sessions
#define MIRROR_GROUPS 32 // taps that they share: as many as there are slots
#define MIRROR_OWNER 0 // the worker that stamps and sends

enum mirror_stop { // why workers take no more copies
	MIRROR_RUNS,
	MIRROR_STOP_LOOP,
	MIRROR_STOP_ENDED, // packets or bytes
	MIRROR_STOP_PAUSED, // by control: expired, suspended
};

// On one worker. taken = the sum of those from `excluded` to `queued`; came - taken = what the prefilter left out.
struct mirror_counts {
	uint64_t came; // at a source's stage, in the direction
	uint64_t taken;
	uint64_t excluded; // copies of our own, come back
	uint64_t stopped; // suspended, or ended
	uint64_t denied; // by a rule, or by none
	uint64_t reason; // dropped for another reason
	uint64_t waiting; // for the trigger
	uint64_t exclusive; // another session has it
	uint64_t sampled_out;
	uint64_t card; // a network card copies it
	uint64_t mtu; // does not fit, and is not to be cut
	uint64_t rate;
	uint64_t cap, crowded; // of all sessions together: the rate; copies of this packet
	uint64_t no_buf;
	uint64_t ring_full;
	uint64_t queued; // copies on their way to the owner
	uint64_t cut, cut_bytes; // of those that were queued, and what was cut off
	uint64_t rule_hits[RD_MIRROR_RULES + 1]; // the last: none matched
	uint64_t first_ns, last_ns; // since 1970; of the last taken
};

// At the owner. queued + replicas = no_dest + duplicate + ended + the sums of tx_ok and tx_drop (+ what waits in the ring).
struct mirror_sent {
	uint64_t tx_ok, wire_bytes, inner_bytes, tx_drop;
};
struct mirror_owned {
	uint64_t no_dest; // nobody to send it to
	uint64_t duplicate; // another of its group has sent it there, see once.h
	uint64_t ended; // after the last that was wanted
	uint64_t replicas; // copies of copies
	uint64_t no_replica; // ... that could not be made
	uint64_t packets, bytes; // sent, or about to be: against the limits
	struct mirror_sent sent[RD_MIRROR_DESTS];
};

struct mirror_dest { // where the owner sends copies; changed by control through a call to the owner
	bool up;
	uint16_t port, port_gen; // table index, and whose it was
	struct rd_encap encap;
	uint32_t seq; // of the next copy
};

#define MIRROR_AGAIN 4096 // flows, each way, at each stage; a power of 2
#define MIRROR_CARD_POINTS 128 // at which cards copy

struct mirror_state {
	uint32_t stop; // enum mirror_stop; atomic
	uint32_t triggered; // atomic
	uint64_t trigger_ns; // when; atomic
	uint64_t loops
		[2]; // since when our own copies are seen, ns; what was sent until then, and how many came. own.c; atomic
	uint64_t counted; // of the sampler; atomic
	uint64_t tat_pps, tat_bps; // token buckets, see pick.c; atomic
	uint32_t room; // of the largest frame that fits; atomic
	uint8_t nb_dests; // of the rest, the owner's
	uint8_t active; // dest of active-standby; nb_dests = none
	struct mirror_dest dest[RD_MIRROR_DESTS];
	struct mirror_owned owned;
	struct mirror_counts counts[RD_WORKER_MAX];
	// What workers saw of what cards are to copy: a card whose rule counts nothing meanwhile is found out. Each worker writes its own.
	uint64_t card_seen[RD_WORKER_MAX][MIRROR_CARD_POINTS];
	uint64_t card_told[MIRROR_CARD_POINTS]; // control's: of that, what it has passed on
	uint64_t again[MIRROR_AGAIN]; // of the trigger retransmit, see again.c; atomic
};

struct mirror_exclude { // outer headers of copies: never mirrored
	uint8_t family, proto;
	uint16_t dport; // of UDP
	uint8_t src[16], dst[16];
};
#define MIRROR_EXCLUDES (RD_MIRROR_MAX * RD_MIRROR_DESTS)
struct mirror_excludes { // of all sessions; immutable
	unsigned nb;
	bool udp; // some are of UDP
	struct mirror_exclude v[];
};

struct mirror_run { // constant while armed, but for *state
	struct mirror_state *state;
	const struct mirror_excludes *excludes;
	uint8_t number; // index among the sessions
	uint8_t dir; // enum rd_mirror_dir
	bool fixed_index, fixed_hwid; // given, not made of where the packet was
	bool cards; // card_at has some
	bool wants_flow; // something of a copy depends on its flow
	bool plain; // every packet is wanted, as it is, unless a card has it: see plain.c
	bool straight; // copies go to one collector, and no limit ends that: see owner.c
	uint64_t any_port; // stages armed for every port
	uint64_t
		by_flags; // stages at which the packet, not the stage, says in which direction it goes
	uint64_t stages; // all that are armed
	uint16_t head_len; // of the longest head, and what it stands for
	uint64_t gap_pps, burst_gap; // see pick.c
	struct rd_mirror_spec spec;
	uint64_t at_port[RD_PORT_MAX]; // stages armed for this port; atomic
	// Where a card copies what enters, what leaves by the port: 1 + place in card_seen; 0 = nowhere.
	uint8_t card_at[RD_PORT_MAX][2];
};

struct mirror_group { // sessions that share a tap; immutable
	unsigned nb;
	struct mirror_run *run[RD_MIRROR_MAX]; // exclusive ones in the order of their priority
};

struct mirror_copy { // in the private area of a copy's mbuf; without a run: a frame of control's for md.out_port
	struct rd_meta md; // as every packet has; says that this is a copy
	struct mirror_state *state;
	const struct mirror_run *run;
	struct rd_encap_copy head;
	uint32_t len; // of the copied frame
	uint8_t stage; // where it was; head says what was given
};

extern const struct rd_tap_sink mirror_sink; // its argument is a mirror_group

// copy.c. Control: pool and ring for the owner; NULL and freed when there is no session.
int mirror_path_init(void); // 0 or -ENOMEM
void mirror_path_fini(void); // no copy is on its way
struct rte_mempool *mirror_pool(void);
struct rte_ring *mirror_ring(void);

// owner.c. Worker 0.
uint32_t mirror_chore(struct rd_worker *w); // sends what is in the ring
bool mirror_is_enough(
	struct mirror_state *st, const struct rd_mirror_spec *s); // limits of packets, bytes
void mirror_send(struct rd_worker *w, struct rte_mbuf *const *m, unsigned nb); // sends these
