/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A kernel's interface as the source of packets, by way of libpcap, as tcpdump has it: where no daemon is, as on a collector. Main thread.
 */
#pragma once

#include "session.h"

struct pk_collect;

// Captures on the interface into s->outs until a signal, -c or --duration ends it, and says how much. collect: hears of every packet, and
// of the kernel's losses; NULL if nobody asks. 0, or a negative errno with *err.
int pk_live(
	struct pk_session *s, const char *iface, struct pk_collect *collect, struct rd_err *err);

// The kernel's interface that -i means if no daemon has a port of that name: with --decap, one name and nothing else. NULL: none.
const char *pk_live_iface(const struct pk_opts *o);
