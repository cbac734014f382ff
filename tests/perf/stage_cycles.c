/* SPDX-License-Identifier: BSD-3-Clause
 *
 *	stage_cycles DIR l2|encap|decap
 *
 * Cycles per packet and stage, with taps off, armed without a match, and armed with everything matching; at 64 and
 * 1,400 bytes. Also "off again after use" against "never used", in interleaved windows of one process,
 * because two launches on a shared machine differ by more than what is to be shown. Prints; never fails on time.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <rte_graph_worker.h>

#include "bench.h"
#include "core/stage.h"
#include "core/tap_priv.h"

#define WINDOWS 25
#define PAIRS 60
#define PACKETS 8192 // per window: short, so that most are not interrupted

enum mode {
	OFF,
	NO_MATCH,
	MATCH_64,
	MATCH_ALL,
	MODES,
};
static const char *const mode_name[MODES] = {"off", "no match", "match, snap 64", "match, whole"};

static struct rd_capture *arm(enum mode mode)
{
	struct rd_tap_point points[RD_STAGE_MAX];
	struct rd_capture_opts o = {
		.points = points, .snaplen = mode == MATCH_64 ? 64 : 65535, .ring_size = 8 << 20};
	struct rd_err err = {0};
	char text[700];
	int fd;

	if (mode == OFF)
		return NULL;
	for (unsigned i = 0; i < rd_stages_count; i++)
		points[o.nb_points++] = (struct rd_tap_point){.stage = rd_stages[i].id};
	const char *expr = mode == NO_MATCH ? "udp and host 203.0.113.9" : "udp";
	struct rd_capture *c = NULL;

	if (rd_filter_compile(&o.filter, expr, RD_FILTER_BOTH, &err) == 0)
		c = rd_capture_start(&o, 1, &fd, &err);
	if (c == NULL)
		fprintf(stderr, "can't arm: %s\n", rd_err_text(&err, text, sizeof(text)));
	return c;
}

// Plays the reader that takes everything at once, so that a full ring is not what is measured.
static void drain(struct rd_capture *c)
{
	if (c == NULL)
		return;
	struct rd_capring_ctl *ctl = c->ring.ring[0].ctl;

	__atomic_store_n(
		&ctl->tail, __atomic_load_n(&ctl->head, __ATOMIC_ACQUIRE), __ATOMIC_RELEASE);
}

static void window(struct bench *b, struct rd_capture *c, struct bench_sample *s)
{
	bench_sample(b, 0, s);
	for (unsigned i = 0; i < PACKETS / 1024; i++) {
		bench_run(b, 1024);
		drain(c);
	}
	bench_sample(b, PACKETS, s);
}

struct result {
	double node[BENCH_NODES][WINDOWS];
};

static void measure(struct bench *b, struct result res[MODES])
{
	for (unsigned i = 0; i < WINDOWS; i++) {
		for (unsigned m = 0; m < MODES; m++) { // interleaved: drift hits all modes alike
			struct rd_capture *c = arm((enum mode)m);
			struct bench_sample s;

			window(b, c, &s);
			rd_capture_stop(c);
			for (unsigned k = 0; k < b->nb_nodes; k++)
				res[m].node[k][i] = s.cycles[k];
		}
	}
}

static void row(const char *name, double values[MODES], int decimals)
{
	printf("%-16s", name);
	for (unsigned m = 0; m < MODES; m++)
		printf(" %14.*f", decimals, values[m]);
	putchar('\n');
}

static void print(const struct bench *b, size_t len, struct result res[MODES])
{
	double med[MODES], all[MODES] = {0}, ratio[MODES];

	printf("\n%s, %zu bytes: cycles per packet\n%-16s", b->kind, len, "stage");
	for (unsigned m = 0; m < MODES; m++)
		printf(" %14s", mode_name[m]);
	putchar('\n');
	for (unsigned i = 0; i < b->nb_nodes; i++) {
		bool seen = false;

		for (unsigned m = 0; m < MODES; m++) {
			med[m] = bench_median(res[m].node[i], WINDOWS);
			all[m] += med[m];
			seen |= med[m] >= 0.5;
		}
		if (seen)
			row(b->node[i].node->name, med, 1);
	}
	for (unsigned m = 0; m < MODES; m++)
		ratio[m] = all[m] / all[OFF];
	row("all stages", all, 1);
	row("ratio to off", ratio, 2);
}

// The process pointers are back to the stages' own, so nothing can be left; the figure shows it anyway. Beside it the same
// without a use in between: what this machine can tell apart.
static void after_use(struct bench *b)
{
	double used[PAIRS], same[PAIRS];
	unsigned untouched = 0;

	for (unsigned i = 0; i < PAIRS; i++) {
		struct bench_sample first, second, after;

		window(b, NULL, &first);
		window(b, NULL, &second);
		rd_capture_stop(arm(MATCH_64));
		bench_run(b, 2048); // arming has used the caches
		window(b, NULL, &after);
		same[i] = second.walk / first.walk;
		used[i] = after.walk / second.walk;
	}
	for (unsigned i = 0; i < rd_stages_count; i++)
		untouched += rd_tap_untouched(b->w, rd_stages[i].id);
	printf("\nafter use / before use: %.4f, neighbouring windows without a use: %.4f (medians of %d pairs);"
	       " %u of %u process pointers untouched\n",
		bench_median(used, PAIRS), bench_median(same, PAIRS), PAIRS, untouched,
		rd_stages_count);
}

int main(int argc, char **argv)
{
	static const size_t sizes[] = {64, 1400};
	static struct result res[MODES];
	struct bench b;

	if (argc != 3) {
		fputs("usage: stage_cycles DIR l2|encap|decap\n", stderr);
		return 2;
	}
	if (!rte_graph_has_stats_feature()) {
		fprintf(stderr, "skipped: this DPDK was built without graph statistics\n");
		return 77;
	}
	bench_init(&b, argv[1], argv[2], 65536);
	if (strcmp(argv[2], "l2") != 0)
		bench_firewall(&b, argv[1]);
	for (unsigned i = 0; i < RTE_DIM(sizes); i++) {
		bench_traffic(&b, sizes[i], 1);
		bench_run(&b, 65536); // warm
		measure(&b, res);
		print(&b, sizes[i], res);
	}
	bench_traffic(&b, 64, 1);
	after_use(&b);
	bench_fini(&b);
	return 0;
}
