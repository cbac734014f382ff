/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Mirror sessions as control keeps them: what was asked for, what has become of it, and why. The state machine runs at each change
 * and ten times a second. Control thread.
 *
 *	down        not started
 *	resolving   no collector can be reached yet: its next hop is asked for
 *	active      copies are made and sent
 *	suspended   copies came back (loop), or no collector answers
 *	expired     its time, packets or bytes are used up
 *	failed      it cannot be as it was asked for
 */
#pragma once

#include "session/run.h"

enum rd_mirror_oper {
	RD_MIRROR_DOWN,
	RD_MIRROR_RESOLVING,
	RD_MIRROR_ACTIVE,
	RD_MIRROR_SUSPENDED,
	RD_MIRROR_EXPIRED,
	RD_MIRROR_FAILED,
};
enum rd_mirror_peer_state {
	RD_MIRROR_PEER_UNKNOWN,
	RD_MIRROR_PEER_ASKED,
	RD_MIRROR_PEER_UP,
	RD_MIRROR_PEER_DOWN,
};

struct rd_mirror_peer { // a destination, or the one of a local target
	uint8_t state; // enum rd_mirror_peer_state
	bool is_static, has_mac;
	uint8_t mac[6], smac[6];
	uint16_t port, port_gen; // it leaves by
	int family;
	uint8_t src[16], hop[16]; // ours; the next hop's
	uint8_t tries; // questions without an answer
	uint64_t next_ns, since_ns; // monotonic: of the next question; in this state since
	uint64_t hold_ns; // not up before
	uint64_t asked, unreachable; // questions; ICMP that our copies are not taken
	uint64_t bad_ns[3]; // when the last of those came
	bool alive; // of `health echo`: it answered, and has not missed too many since
	uint8_t misses; // echo requests in a row without an answer
	uint16_t echo_id, echo_seq; // of the last
	uint64_t echo_ns; // monotonic: of the next
	uint64_t echoes, echo_answers;
	char why[96];
};

struct rd_mirror_window { // counters at a moment, for the guard against storms
	uint64_t ns; // monotonic; 0 = not looked at
	uint64_t taken, sent; // packets; copies of them, replicas not counted
	uint64_t waiting; // copies that were made and not sent
};

struct rd_mirror {
	struct rd_mirror_spec spec;
	unsigned number; // among the sessions; not the id
	bool admin_up;
	uint8_t oper; // enum rd_mirror_oper
	char sub[16]; // sw, loop, unreachable, ...; may be empty
	char why[192];
	char warn[RD_MIRROR_WARN];
	uint64_t since_ns; // wall, of the present state
	uint64_t end_ns; // monotonic, when its lifetime ends; 0 = never
	uint64_t held_ns; // monotonic: a loop is forgiven then
	uint64_t failovers;
	struct rd_mirror_window window;
	bool crowded; // the journal says that copies are given up because of other sessions
	bool news; // of a neighbour or a card: its workers and the owner have to know
	uint64_t gone_ns; // monotonic: its record is thrown away then; 0 = not ended
	struct rd_mirror_peer peer[RD_MIRROR_DESTS];
	struct mirror_state *state;
	struct mirror_run *run; // NULL: workers know nothing of it
	struct mirror_file *file;
	struct rd_offload_session *off; // its points in network cards; NULL = none
};

// A spec that has been checked. 0 or -errno with *err. who: for the journal.
int rd_mirror_add(const struct rd_mirror_spec *spec, bool up, const char *who,
	struct rd_mirror **out, struct rd_err *err);
// Sets fields of one that is there; what counts and numbers go on.
int rd_mirror_change(struct rd_mirror *m, const struct rd_mirror_spec *spec, const char *who,
	struct rd_err *err);
int rd_mirror_start(struct rd_mirror *m, const char *who, struct rd_err *err);
void rd_mirror_stop(struct rd_mirror *m, const char *who);
void rd_mirror_del(struct rd_mirror *m, const char *who);
struct rd_mirror *rd_mirror_find(const char *name); // or id
struct rd_mirror *rd_mirror_at(unsigned number); // NULL = none
struct mirror_file *rd_mirror_file_of(unsigned number);
const char *rd_mirror_oper_name(unsigned oper);
const char *rd_mirror_peer_name(unsigned state);
unsigned rd_mirror_nb(void);

void rd_mirror_tick(void); // ten times a second while there is a session
// Ports, segments or endpoints have changed.
void rd_mirror_refresh(void);
// What outlived the last daemon is in this file; numbers go on where it says.
void rd_mirror_open_state(const char *path);
void rd_mirror_restore(void); // sessions that persist, but for those that are there already
void rd_mirror_end_all(void); // the daemon ends: workers forget all
void rd_mirror_fini(void); // the devices are closed
// Sums over the workers.
void rd_mirror_sum(const struct rd_mirror *m, struct mirror_counts *sum);
uint32_t rd_mirror_room(const struct rd_mirror *m); // the largest frame that fits
uint64_t rd_mirror_left_s(const struct rd_mirror *m); // of its lifetime, UINT64_MAX = no end
