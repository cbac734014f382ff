/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What tap.c (worker side) and tap_session.c (control side) share.
 */
#pragma once

#include "core/tap.h"

struct rd_capture {
	// constant while armed; read by workers
	uint32_t slot; // bit in the metadata's capture masks
	bool follow;
	uint32_t snaplen;
	uint64_t stages; // armed stages, a bit each
	uint64_t any_port; // stages armed for every port
	uint64_t ports[RD_STAGE_MAX][RD_PORT_MAX / 64]; // else: armed ports of each stage
	bool by_reason; // at drop only the packets with these reasons
	uint64_t reasons[RD_DROP_MAX / 64];
	struct rd_filter filter;
	// written by worker i only: [i]
	struct rd_capring ring;
	struct rd_capring_stage stats[RD_WORKER_MAX][RD_STAGE_MAX];
};

struct rd_tapset { // immutable once published
	uint64_t armed; // stages that any session wants
	unsigned nb;
	struct rd_capture *session[RD_CAPTURE_MAX];
};

// Worker thread: takes a tap set, NULL = nothing armed. Swaps the process functions.
void rd_tap_apply(struct rd_worker *w, void *tapset);
