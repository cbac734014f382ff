/* SPDX-License-Identifier: BSD-3-Clause
 *
 *	tap_cost DIR l2|encap|decap [FLOWS [ROW..]]
 *
 * What captures cost the worker, in cycles per packet of 64 bytes: nothing armed, a filter that never matches at one point and at six,
 * records of 64 bytes, a full ring. Windows of one process that take turns, so that a machine's drift hits all
 * alike; what is added is the median of the differences to the window before with nothing armed. Of the rows only those that begin
 * with one of the texts ROW. Prints; never fails on time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "core/stage.h"
#include "core/tap_priv.h"

#define WINDOWS 41
#define PACKETS 16384 // per window

static const struct mode {
	const char *what;
	const char *expr;
	unsigned points;
	uint32_t snaplen;
	bool full; // nobody takes records out of the ring
} modes[] = {
	{"T12 nothing armed", NULL, 0, 0, false},
	{"T13 1 point, never matches", "udp and host 203.0.113.9", 1, 64, false},
	{"    1 point, never, not of the flow", "udp[8:2] = 7", 1, 64, false},
	{"T14 6 points, never matches", "udp and host 203.0.113.9", 6, 64, false},
	{"T15 1 point, all, snaplen 64", "", 1, 64, false},
	{"    1 point, all, by a filter", "udp", 1, 64, false},
	{"T20 6 points, all, snaplen 64", "", 6, 64, false},
	{"T19 1 point, all, ring full", "", 1, 64, true},
};
#define MODES (sizeof(modes) / sizeof(modes[0]))
static bool chosen[MODES];

static unsigned points_of(const char *kind, struct rd_tap_point *p)
{
	static const uint16_t decap[] = {RD_STAGE_UPLINK_RX, RD_STAGE_CLASSIFY,
		RD_STAGE_TUNNEL_DECAP, RD_STAGE_FLOW_LOOKUP, RD_STAGE_PORT_OUT, RD_STAGE_VNIC_TX};
	static const uint16_t encap[] = {RD_STAGE_VNIC_RX, RD_STAGE_CLASSIFY, RD_STAGE_FLOW_LOOKUP,
		RD_STAGE_TUNNEL_ENCAP, RD_STAGE_UPLINK_SELECT, RD_STAGE_UPLINK_TX};
	static const uint16_t l2[] = {RD_STAGE_VNIC_RX, RD_STAGE_CLASSIFY, RD_STAGE_PORT_IN,
		RD_STAGE_FLOW_LOOKUP, RD_STAGE_PORT_OUT, RD_STAGE_VNIC_TX};
	const uint16_t *list = strcmp(kind, "decap") == 0 ? decap
		: strcmp(kind, "encap") == 0		  ? encap
							  : l2;

	for (unsigned i = 0; i < 6; i++)
		p[i] = (struct rd_tap_point){.stage = list[i]};
	return 6;
}

static struct rd_capture *arm(const struct bench *b, const struct mode *m)
{
	struct rd_tap_point points[6];
	struct rd_capture_opts o = {.points = points,
		.nb_points = m->points,
		.snaplen = m->snaplen,
		.ring_size = m->full ? 65536 : 4 << 20};
	struct rd_err err = {0};
	struct rd_capture *c;
	int fd;

	if (m->expr == NULL)
		return NULL;
	points_of(b->kind, points);
	if (rd_filter_compile(&o.filter, m->expr, RD_FILTER_BOTH, &err) < 0
		|| (c = rd_capture_start(&o, 1, &fd, &err)) == NULL) {
		fprintf(stderr, "can't arm: %s\n", err.what);
		exit(77);
	}
	return c;
}

// Plays a reader that takes everything at once.
static void drain(const struct mode *m, struct rd_capture *c)
{
	struct rd_capring_ctl *ctl;

	if (c == NULL || m->full)
		return;
	ctl = c->ring.ring[0].ctl;
	__atomic_store_n(
		&ctl->tail, __atomic_load_n(&ctl->head, __ATOMIC_ACQUIRE), __ATOMIC_RELEASE);
}

// In which this thread really ran: what others do on its core does not count, though their traces in the caches do.
static double ran_cycles(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return ((double)t.tv_sec + (double)t.tv_nsec * 1e-9) * (double)rd_tsc_hz();
}

// Cycles per packet, with those of feeding the source.
static double window(struct bench *b, const struct mode *m, struct rd_capture *c)
{
	double start;

	bench_run(b, 2048); // arming has used the caches; the small ring is full after this
	start = ran_cycles();
	for (unsigned i = 0; i < PACKETS / 2048; i++) {
		bench_run(b, 2048);
		drain(m, c);
	}
	return (ran_cycles() - start) / PACKETS;
}

static void choose(char **rows, int nb)
{
	for (unsigned k = 0; k < MODES; k++) {
		chosen[k] = nb == 0;
		for (int i = 0; i < nb; i++)
			chosen[k] |= strncmp(modes[k].what, rows[i], strlen(rows[i])) == 0;
	}
}

static void measure(struct bench *b, double got[MODES][WINDOWS], double added[MODES][WINDOWS])
{
	for (unsigned i = 0; i < WINDOWS; i++) {
		for (unsigned k = 0; k < MODES; k++) {
			double off;
			struct rd_capture *c;

			if (!chosen[k])
				continue;
			off = window(b, &modes[0], NULL);
			c = arm(b, &modes[k]);
			got[k][i] = window(b, &modes[k], c);
			added[k][i] = got[k][i] - off;
			rd_capture_stop(c);
		}
	}
}

static void print(
	const char *kind, uint32_t flows, double got[MODES][WINDOWS], double added[MODES][WINDOWS])
{
	double one = 0;

	printf("%s, %u flows, 64 bytes: cycles per packet with the source's own, and added to those of nothing armed (quartiles of %d windows)\n",
		kind, flows, WINDOWS);
	for (unsigned k = 0; k < MODES; k++) {
		double all = bench_median(got[k], WINDOWS), more = bench_median(added[k], WINDOWS);

		if (!chosen[k])
			continue;
		printf("%-36s %6.1f  added %6.1f (%.1f..%.1f)", modes[k].what, all, more,
			added[k][WINDOWS / 4], added[k][WINDOWS * 3 / 4]);
		if (k == 1)
			one = more;
		if (modes[k].points == 6 && modes[k].expr[0] != '\0' && chosen[1])
			printf("  %.2f times one point", more / one);
		if (modes[k].points == 6 && modes[k].expr[0] == '\0')
			printf("  %.1f per record, %.1f M records/s", more / 6,
				6 * rd_tsc_hz() / all / 1e6);
		if (k == 0)
			printf("  %.2f %%", 100 * more / all);
		putchar('\n');
	}
}

int main(int argc, char **argv)
{
	static double got[MODES][WINDOWS], added[MODES][WINDOWS];
	uint32_t flows = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 1;
	struct bench b;

	if (argc < 3) {
		fputs("usage: tap_cost DIR l2|encap|decap [FLOWS [ROW..]]\n", stderr);
		return 2;
	}
	choose(argv + 4, argc > 4 ? argc - 4 : 0);
	bench_init(&b, argv[1], argv[2], 262144);
	if (strcmp(argv[2], "l2") != 0)
		bench_firewall(&b, argv[1]);
	bench_traffic(&b, 64, flows);
	bench_run(&b, 4 * (uint64_t)flows + 65536); // warm
	measure(&b, got, added);
	print(argv[2], flows, got, added);
	bench_fini(&b);
	return 0;
}
