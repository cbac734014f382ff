/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Cycles per packet and stage, with taps off, armed without a match, and armed with everything matching; at 64 and
 * 1,500 bytes, both directions. Also "off again after use" against "never used", in interleaved windows of one process,
 * because two launches on a shared machine differ by more than what is to be shown. Prints; never fails on time.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <rte_graph_worker.h>

#include "bench.h"
#include "core/stage.h"
#include "core/tap_priv.h"

#define WINDOWS 15
#define PACKETS 40000 // per window

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

static void window(
	struct bench *b, enum bench_dir dir, struct rd_capture *c, struct bench_sample *s)
{
	bench_sample(b, 0, s);
	for (unsigned i = 0; i < PACKETS / 1024; i++) {
		bench_run(b, dir, 1024);
		drain(c);
	}
	bench_sample(b, PACKETS / 1024 * 1024, s);
}

struct result {
	double stage[RD_STAGE_MAX][WINDOWS];
	double total[WINDOWS];
};

static void measure(struct bench *b, enum bench_dir dir, struct result res[MODES])
{
	for (unsigned i = 0; i < WINDOWS; i++) {
		for (unsigned m = 0; m < MODES; m++) { // interleaved: drift hits all modes alike
			struct rd_capture *c = arm((enum mode)m);
			struct bench_sample s;

			window(b, dir, c, &s);
			rd_capture_stop(c);
			res[m].total[i] = s.total;
			for (unsigned k = 0; k < RD_STAGE_MAX; k++)
				res[m].stage[k][i] = s.cycles[k];
		}
	}
}

static void print(size_t len, enum bench_dir dir, struct result res[MODES])
{
	double med[MODES];

	printf("\n%zu bytes, %s: cycles per packet\n%-16s", len,
		dir == BENCH_TO_GUEST ? "to guest" : "from guest", "stage");
	for (unsigned m = 0; m < MODES; m++)
		printf(" %14s", mode_name[m]);
	putchar('\n');
	for (unsigned i = 0; i < rd_stages_count; i++) {
		for (unsigned m = 0; m < MODES; m++)
			med[m] = bench_median(res[m].stage[rd_stages[i].id], WINDOWS);
		if (med[OFF] == 0)
			continue;
		printf("%-16s", rd_stages[i].name);
		for (unsigned m = 0; m < MODES; m++)
			printf(" %14.1f", med[m]);
		putchar('\n');
	}
	printf("%-16s", "all stages");
	for (unsigned m = 0; m < MODES; m++)
		printf(" %14.1f", med[m] = bench_median(res[m].total, WINDOWS));
	printf("\n%-16s", "ratio to off");
	for (unsigned m = 0; m < MODES; m++)
		printf(" %14.2f", med[m] / med[OFF]);
	putchar('\n');
}

// The process pointers are back to the stages' own, so nothing can be left; the figure shows it anyway.
static void after_use(struct bench *b)
{
	double ratio[2 * WINDOWS];

	for (unsigned i = 0; i < 2 * WINDOWS; i++) {
		struct bench_sample before, after;

		window(b, BENCH_TO_GUEST, NULL, &before);
		rd_capture_stop(arm(MATCH_64));
		window(b, BENCH_TO_GUEST, NULL, &after);
		ratio[i] = after.total / before.total;
	}
	unsigned untouched = 0;

	for (unsigned i = 0; i < rd_stages_count; i++)
		untouched += rd_tap_untouched(b->w, rd_stages[i].id);
	printf("\nafter use / before use: %.4f (median of %d pairs); %u of %u process pointers untouched\n",
		bench_median(ratio, 2 * WINDOWS), 2 * WINDOWS, untouched, rd_stages_count);
}

int main(void)
{
	static const size_t sizes[] = {64, 1500};
	static struct result res[MODES];
	struct bench b;

	if (!rte_graph_has_stats_feature()) {
		fprintf(stderr, "skipped: this DPDK was built without graph statistics\n");
		return 77;
	}
	bench_init(&b);
	for (unsigned i = 0; i < RTE_DIM(sizes); i++) {
		bench_frames(&b, sizes[i]);
		for (enum bench_dir d = BENCH_TO_GUEST; d <= BENCH_FROM_GUEST; d++) {
			bench_run(&b, d, 65536); // warm
			measure(&b, d, res);
			print(sizes[i], d, res);
		}
	}
	bench_frames(&b, 64);
	after_use(&b);
	bench_fini(&b);
	return 0;
}
