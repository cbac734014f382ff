/* SPDX-License-Identifier: BSD-3-Clause
 *
 * libpcap, loaded when it is needed: with it come ten more libraries, which would be a third of the time from reddot's start to
 * its prompt, and nearly no command needs them. One thread.
 */
#pragma once

#include "base/err.h"

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>

struct rd_pcap_lib {
	__typeof__(pcap_open_offline) *open_offline;
	__typeof__(pcap_open_dead) *open_dead;
	__typeof__(pcap_next_ex) *next_ex;
	__typeof__(pcap_datalink) *datalink;
	__typeof__(pcap_compile) *compile;
	__typeof__(pcap_freecode) *freecode;
	__typeof__(pcap_offline_filter) *offline_filter;
	__typeof__(pcap_geterr) *geterr;
	__typeof__(pcap_close) *close;
};
extern struct rd_pcap_lib rd_pcap_lib;

int rd_pcap_load(struct rd_err *err); // 0 or -ELIBACC with *err

// A pcap expression, for frames that are in memory. prog is zeroed memory at first; NULL or "" matches every frame.
struct rd_pcap_expr {
	bool on;
	struct bpf_program prog;
};
int rd_pcap_expr_compile(struct rd_pcap_expr *e, const char *text, struct rd_err *err);
void rd_pcap_expr_free(struct rd_pcap_expr *e);
// Tried on the frame, and on the one inside its tunnel.
bool rd_pcap_expr_match(
	const struct rd_pcap_expr *e, const uint8_t *frame, uint32_t len, uint32_t wire_len);
