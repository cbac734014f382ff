/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The bench that the perf programs share: the daemon without its threads and socket. Commands make the topology (l2.rd,
 * encap.rd, decap.rd), this thread walks the graph, a ring device is the source and a null device the sink. So nothing of
 * the scheduler is measured, and the same number of instructions runs each time.
 */
#pragma once

#include "control/ctl.h"
#include "core/worker.h"
#include "engine/cli.h"

#define BENCH_NODES 64

struct bench {
	struct rd_worker *w;
	struct rd_ctl ctl;
	struct event_base *base;
	struct rd_cli *cli;
	FILE *silence; // what commands say
	char kind[16];
	uint16_t source; // DPDK port id
	uint8_t frame[2048];
	size_t len, inner_off;
	uint32_t flows; // 0 = each packet is a new one
	uint32_t next;
	uint64_t walk_tsc; // spent in walks, without the feeding
	unsigned nb_nodes;
	struct bench_node { // graph nodes, in the graph's order
		struct rte_node *node;
		uint64_t cycles0, objs0; // at the last bench_sample()
	} node[BENCH_NODES];
};

struct bench_sample { // since the last one, per packet that went in at the source
	double cycles[BENCH_NODES]; // of each node
	double visits[BENCH_NODES]; // packets that it saw
	double total; // all nodes
	double walk; // whole walks
};

// Everything up to the first packet. kind: l2, encap or decap; dir has its .rd file. Exits with 77 and a message when
// the machine can't.
void bench_init(struct bench *b, const char *dir, const char *kind, unsigned flow_capacity);
// The same with several workers, all walked by the caller, and a queue of the source for each.
void bench_init_workers(struct bench *b, const char *dir, const char *kind, unsigned flow_capacity,
	unsigned workers);
void bench_fini(struct bench *b);
// One command line as in docs/design/protocol.md; exits when it is refused.
__attribute__((format(printf, 2, 3))) void bench_cmd(struct bench *b, const char *fmt, ...);
void bench_firewall(struct bench *b, const char *dir); // firewall.rd for the guest's port
// The guest's frames have inner_len bytes, with Ethernet; flows 0 = every packet is of a new flow.
void bench_traffic(struct bench *b, size_t inner_len, uint32_t flows);
void bench_feed(struct bench *b, unsigned queue, unsigned nb); // the next packets, at most a burst
void bench_run(struct bench *b, uint64_t n); // bursts of 32 until n packets have passed
void bench_sample(struct bench *b, uint64_t packets, struct bench_sample *s);
double bench_median(double *v, unsigned n);
