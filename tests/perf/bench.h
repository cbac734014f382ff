/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The bench that the perf programs share: one worker walked by this thread, a small overlay topology on null devices, and
 * a source that feeds frames through the inject ring.
 *
 *	wire = uplink vmnic0 (null device)   guest = vnic with a stateless firewall of 3 rules (null device)
 *	to-guest: Geneve frame at the uplink > ... > vnic_tx      from-guest: plain frame at the vnic > ... > uplink_tx
 */
#pragma once

#include "core/worker.h"

enum bench_dir {
	BENCH_TO_GUEST,
	BENCH_FROM_GUEST,
};

struct bench {
	struct rd_worker *w;
	uint16_t uplink, vnic; // port indexes
	uint8_t frame[2][2048]; // by enum bench_dir
	size_t len[2];
	uint16_t in_port[2];
};

// EAL, core and topology. Exits with a message when the machine can't. inner_len: of the guest's frame, with Ethernet.
void bench_init(struct bench *b);
void bench_frames(struct bench *b, size_t inner_len);
// Feeds bursts of 32 until n packets have passed.
void bench_run(struct bench *b, enum bench_dir dir, uint64_t n);
void bench_fini(struct bench *b);

struct bench_sample { // cycles and packets of each stage since the last bench_sample()
	double cycles[RD_STAGE_MAX]; // per packet, 0 = not visited
	double total; // per packet, all stages and the poll
};
void bench_sample(struct bench *b, uint64_t packets, struct bench_sample *s);
double bench_median(double *v, unsigned n);
