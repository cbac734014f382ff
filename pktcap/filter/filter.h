/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Capture filters. The client compiles a pcap-filter(7) expression with libpcap; the program travels
 * to the daemon as numbers; the daemon checks it (bpf_validate and our own bounds) and the worker runs it with
 * libpcap's bpf_filter() on a linear view of the frame. rte_bpf is not used: 22.11 mis-translates indirect
 * loads and its JIT crashes (docs/design/capture.md).
 *
 * Every expression is tried on the outer frame and, if the frame is a tunnel packet, on the frame inside it,
 * unless `where` says otherwise.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define RD_FILTER_MAX_INSNS 4096

enum rd_filter_where {
	RD_FILTER_OUTER = 1 << 0,
	RD_FILTER_INNER = 1 << 1,
	RD_FILTER_BOTH = RD_FILTER_OUTER | RD_FILTER_INNER,
};

enum rd_filter_hit {
	RD_FILTER_NO = 0,
	RD_FILTER_HIT_OUTER = 1,
	RD_FILTER_HIT_INNER = 2,
};

struct rd_filter_insn { // struct bpf_insn, without libpcap's header
	uint16_t code;
	uint8_t jt, jf;
	uint32_t k;
};

struct rd_filter {
	uint32_t nb_insns; // 0 = everything matches
	uint32_t where; // enum rd_filter_where
	struct rd_filter_insn *insns;
};

// Compiles; expr NULL or "" matches everything. 0 or -EINVAL with libpcap's words in *err. Client only.
int rd_filter_compile(struct rd_filter *f, const char *expr, uint32_t where, struct rd_err *err);
// Copies and validates a program from elsewhere (the socket). 0 or -EINVAL / -E2BIG / -ENOMEM.
int rd_filter_load(struct rd_filter *f, const struct rd_filter_insn *insns, uint32_t n,
	uint32_t where, struct rd_err *err);
void rd_filter_free(struct rd_filter *f); // NULL and zeroed are fine

// Runs on a linear view: `len` readable bytes of a frame of wire_len bytes; inner_off as rd_pkt_inner()
// gives it. No allocation, no system call: workers call it. enum rd_filter_hit.
int rd_filter_run(const struct rd_filter *f, const uint8_t *view, uint32_t len, uint32_t wire_len,
	uint32_t inner_off);
// Its program alone, on one frame.
bool rd_filter_wants(
	const struct rd_filter *f, const uint8_t *frame, uint32_t len, uint32_t wire_len);
