/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One case, walked by hand: cycles per packet and node from the graph's own statistics, as the median of many short windows:
 * one that was interrupted does not count. Also what callgrind.py counts the instructions of, and what rules.py asks for the
 * price of a new flow.
 *
 *	walk DIR KIND [-s SIZE] [-f FLOWS] [-n PACKETS] [-w WINDOWS] [-r RULES] [-F]	FLOWS 0: all new; -F: no firewall
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "tables/conn.h"

#define WINDOWS_MAX 101

struct options {
	const char *dir, *kind;
	size_t size;
	uint32_t flows;
	uint64_t packets;
	unsigned windows, rules;
	bool firewall;
};

static int usage(void)
{
	fputs("usage: walk DIR l2|routed|encap|decap [-s SIZE] [-f FLOWS] [-n PACKETS] [-w WINDOWS] [-r RULES] [-F]\n",
		stderr);
	return 2;
}

static unsigned long number(const char *text)
{
	return strtoul(text, NULL, 10);
}

static int parse(struct options *o, int argc, char **argv)
{
	int c;

	if (argc < 3)
		return -1;
	o->dir = argv[1];
	o->kind = argv[2];
	while ((c = getopt(argc - 2, argv + 2, "s:f:n:w:r:F")) != -1) {
		switch (c) {
		case 's':
			o->size = number(optarg);
			break;
		case 'f':
			o->flows = (uint32_t)number(optarg);
			break;
		case 'n':
			o->packets = number(optarg);
			break;
		case 'w':
			o->windows = (unsigned)number(optarg);
			break;
		case 'r':
			o->rules = (unsigned)number(optarg);
			break;
		case 'F':
			o->firewall = false;
			break;
		default:
			return -1;
		}
	}
	return o->size >= 64 && o->size <= 1500 && o->windows >= 1 && o->windows <= WINDOWS_MAX
			&& o->packets >= RD_BURST
		? 0
		: -1;
}

// Rules that do not match, of several shapes; those of firewall.rd come after them.
static void more_rules(struct bench *b, unsigned n)
{
	const char *guest = strcmp(b->kind, "decap") == 0 ? "sink" : "source";

	if (n == 0)
		return;
	bench_cmd(b, "dfw begin");
	for (unsigned i = 0; i < n; i++)
		bench_cmd(b,
			"dfw add port %s rule %u dir inout action drop proto %s from 100.%u.%u.0/24 dport %u",
			guest, 100 + i, i % 2 ? "tcp" : "udp", i / 250 % 250, i % 250,
			1024 + i % 30000);
	bench_cmd(b, "dfw commit");
}

// The name is what valgrind's --toggle-collect waits for.
void bench_measured(struct bench *b, uint64_t n);
__attribute__((noinline)) void bench_measured(struct bench *b, uint64_t n)
{
	bench_run(b, n);
	__asm__ volatile("");
}

// All that is known of flows and connections, so that the tables never fill.
static void forget(struct bench *b)
{
	bench_cmd(b, "flow flush");
	rd_conn_flush(0);
	b->next = 0;
}

static void print(const struct bench *b, struct bench_sample s[], unsigned windows)
{
	double v[WINDOWS_MAX], visits[WINDOWS_MAX];

	for (unsigned i = 0; i < b->nb_nodes; i++) {
		for (unsigned k = 0; k < windows; k++) {
			v[k] = s[k].cycles[i];
			visits[k] = s[k].visits[i];
		}
		double cycles = bench_median(v, windows), seen = bench_median(visits, windows);

		if (seen >= 0.01 || cycles >= 0.5)
			printf("%-16s %8.1f  visits %.2f\n", b->node[i].node->name, cycles, seen);
	}
	for (unsigned k = 0; k < windows; k++)
		v[k] = s[k].total;
	printf("%-16s %8.1f\n", "all nodes", bench_median(v, windows));
	for (unsigned k = 0; k < windows; k++)
		v[k] = s[k].walk;
	printf("%-16s %8.1f\n", "walk", bench_median(v, windows));
}

int main(int argc, char **argv)
{
	static struct bench_sample s[WINDOWS_MAX];
	struct options o = {
		.size = 64, .flows = 1, .packets = 4096, .windows = 51, .firewall = true};
	struct bench b;

	if (parse(&o, argc, argv) < 0)
		return usage();
	bench_init(&b, o.dir, o.kind, 262144);
	more_rules(&b, o.rules);
	if (o.firewall && strcmp(o.kind, "l2") != 0)
		bench_firewall(&b, o.dir);
	bench_traffic(&b, o.size, o.flows);
	bench_run(&b, o.flows > 4096 ? 2 * o.flows : 8192); // warm, and flows made
	bench_sample(&b, 0, &s[0]);
	for (unsigned i = 0; i < o.windows; i++) {
		if (o.flows == 0)
			forget(&b);
		bench_measured(&b, o.packets);
		bench_sample(&b, o.packets, &s[i]);
	}
	print(&b, s, o.windows);
	bench_fini(&b);
	return 0;
}
