/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Where copies leave, and whom they are for: port, addresses, the next hop's MAC and whether it lives. Control thread.
 */
#pragma once

#include "session/session.h"

// Works out port and addresses of all destinations of the session. -errno with *err: it cannot be as it was asked for.
int mirror_peers_place(struct rd_mirror *m, struct rd_err *err);
// Asks for MACs, takes note of silence. true: something that the owner has to know has changed.
bool mirror_peers_tick(struct rd_mirror *m, uint64_t now_ns);
// What the owner needs of destination i. -errno with *err: the head cannot be made.
int mirror_peer_dest(const struct rd_mirror *m, unsigned i, struct mirror_dest *d, uint32_t *room,
	struct rd_err *err);
// Destinations, 1 for a local target.
static inline unsigned mirror_nb_peers(const struct rd_mirror_spec *s)
{
	return rd_mirror_is_remote(s) ? s->nb_dests : 1;
}

// question.c: for the peer's MAC; whether its collector lives, with the peer's echo_id and echo_seq. 0 or -errno.
int mirror_ask(const struct rd_mirror_peer *p, uint16_t tci);
int mirror_ask_echo(const struct rd_mirror_peer *p, const uint8_t *dst, uint16_t tci);
// Takes what the listener heard: answers, and refusals. Sessions for which that is news are marked.
void mirror_hear(uint64_t now_ns);
// hear.c: one frame of those. true: it was news.
bool mirror_hear_frame(const uint8_t *f, uint32_t len, uint16_t port, uint64_t now_ns);
// The listener hears at these ports (a bit each would be too many: all uplinks and out-ports in use). 0 or -errno with *err.
int mirror_listen(const uint16_t *ports, unsigned nb, struct rd_err *err);
void mirror_listen_end(void);
