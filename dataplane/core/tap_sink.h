/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A sink: what takes the packets of a tap session in place of a client's ring. It is called where a record would be written, by the
 * stages' taps and by the fast path, with what the record would say; mirror sessions are sinks. Worker thread: no lock, no
 * allocation, no system call.
 */
#pragma once

#include "core/worker.h"

struct rd_tap_seen { // a packet at a stage
	const struct rte_mbuf *m;
	int32_t off; // where the frame begins, from the packet's present start (core/tap_copy.h)
	uint32_t len; // of the frame
	uint32_t inner_off; // of the frame inside its tunnel, from the frame's start; 0 = none
	uint64_t packet_id;
	uint64_t ns; // since 1970
	uint32_t vni; // of its segment; 0 = not known here
	uint16_t port; // table index
	uint16_t reason; // at drop
	uint8_t stage;
	uint8_t flags; // enum rd_cap_flags
};

struct rd_tap_sink {
	// So many packets came to the stage at this port, whether wanted or not; the flags are of all of them. NULL: it does not count.
	void (*came)(void *arg, struct rd_worker *w, unsigned stage, uint16_t port, uint8_t flags,
		uint32_t packets);
	// The filter wants these, at least one, all at one stage and port, in one direction, and for one reason. Their bytes are there
	// until the call returns.
	void (*take)(void *arg, struct rd_worker *w, const struct rd_tap_seen *seen, unsigned nb);
	// The burst is over.
	void (*flush)(void *arg, struct rd_worker *w);
};
