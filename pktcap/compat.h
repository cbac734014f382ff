/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What pktcap says as pktcap-uw: the banner, the line and bytes of a packet, the PATH of a walk, the trailer, word for
 * word, as far as it is known. All on standard output, as there, unless the capture file is: then on stderr. Main thread.
 */
#pragma once

#include "session.h"
#include "walk.h"

void pk_compat_banner(const struct pk_session *s);
void pk_compat_trailer(const struct pk_session *s, uint64_t lost);
// Packet number `number` of those that were printed: its line and its bytes.
int pk_compat_packet(
	const struct pk_rec *r, const struct pk_opts *o, uint64_t number, struct rd_err *err);
// A walk: the packet's last record, the PATH that led there, its bytes.
int pk_compat_walk(
	const struct pk_walk *w, const struct pk_opts *o, uint64_t number, struct rd_err *err);
