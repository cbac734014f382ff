/* SPDX-License-Identifier: BSD-3-Clause
 *
 *	scaling DIR l2|encap|decap [FLOWS]
 *
 * Two workers against one, where one core is all there is: the graphs of both are walked in turn by this thread, over the same
 * packets, and the cycles of each are counted apart. With a core each they would run at once, and be done when the busier one is: one
 * worker's cycles by those of the busier of two is the speed-up to expect. What this can't see: cache lines that wander
 * between two cores (rings, connections, packet buffers), and a memory that both share.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_graph_worker.h>

#include "bench.h"

#define WORKERS 2
#define WINDOWS 21
#define PACKETS 16384 // per window
#define INNER_LEN 64

enum mode {
	ONE, // one worker polls both queues
	RTC, // a queue each, flows spread by a hash as a NIC does
	BALANCED, // a queue each; each hands over what is the other's
	SINGLE, // the same, but the device has one queue
	MODES,
};
static const char *const mode_name[MODES] = {"one worker", "two, a queue each, RSS",
	"two, balanced, two queues", "two, balanced, one queue"};

struct share { // of a worker in one window
	uint64_t cycles, packets;
};

static struct bench b;
static unsigned waiting[WORKERS]; // packets in each queue of the source

static void walk(unsigned worker, struct share *s)
{
	uint64_t t = rd_tsc();

	rd_worker_walk_once(rd_workers[worker]);
	s->cycles += rd_tsc() - t;
	s->packets += rd_workers[worker]->polled;
}

static unsigned in_ring(void)
{
	return rte_ring_count(rd_workers[1]->handoff.from[0].ring);
}

// Walks a worker as soon as there is a burst for it, as in a loop under load; at the end whatever is left.
static void forward(enum mode mode, struct share s[WORKERS], unsigned enough)
{
	if (mode == ONE) {
		if (waiting[0] + waiting[1] >= enough && waiting[0] + waiting[1] > 0)
			walk(0, &s[0]);
		else
			return;
		waiting[0] = waiting[0] > RD_BURST ? waiting[0] - RD_BURST : 0;
		waiting[1] = waiting[1] > RD_BURST ? waiting[1] - RD_BURST : 0;
		return;
	}
	for (unsigned w = 0; w < WORKERS; w++) {
		unsigned handed = rte_ring_count(rd_workers[w]->handoff.from[1 - w].ring);

		if (waiting[w] + handed < enough || waiting[w] + handed == 0)
			continue;
		walk(w, &s[w]);
		waiting[w] = waiting[w] > RD_BURST ? waiting[w] - RD_BURST : 0;
	}
}

static unsigned queue_of(enum mode mode, uint32_t flow)
{
	return mode == SINGLE ? 0 : flow * 0x9e3779b1u >> 31;
}

static void feed(enum mode mode)
{
	uint32_t flow = b.next;

	bench_feed(&b, queue_of(mode, flow), 1);
	waiting[queue_of(mode, flow)]++;
}

static void window(enum mode mode, struct share s[WORKERS])
{
	memset(s, 0, WORKERS * sizeof(*s));
	for (unsigned i = 0; i < PACKETS; i++) {
		feed(mode);
		if ((i + 1) % RD_BURST == 0)
			forward(mode, s, mode == ONE ? 2 * RD_BURST : RD_BURST);
	}
	while (waiting[0] + waiting[1] + in_ring()
			+ rte_ring_count(rd_workers[0]->handoff.from[1].ring)
		!= 0)
		forward(mode, s, 1);
}

static void enter(enum mode mode)
{
	bench_cmd(&b, "worker assign source queue 0 worker 0");
	bench_cmd(&b, "worker assign source queue 1 worker %d", mode == ONE ? 0 : 1);
	bench_cmd(&b, "worker model %s", mode == BALANCED || mode == SINGLE ? "balanced" : "rtc");
}

struct result {
	double total[WINDOWS]; // cycles of the busier worker, per packet of all
	double cycles[WORKERS][WINDOWS], packets[WORKERS][WINDOWS];
};

static void measure(struct result res[MODES])
{
	struct share s[WORKERS];

	for (unsigned i = 0; i < WINDOWS; i++) {
		for (unsigned m = 0; m < MODES; m++) { // interleaved: drift hits all alike
			enter((enum mode)m);
			for (unsigned k = 0; k < 1 + (i == 0 ? 4 * b.flows / PACKETS : 0); k++)
				window((enum mode)m,
					s); // not counted: caches, and flows at the first time
			window((enum mode)m, s);
			res[m].total[i] = (double)RTE_MAX(s[0].cycles, s[1].cycles) / PACKETS;
			for (unsigned w = 0; w < WORKERS; w++) {
				res[m].packets[w][i] = (double)s[w].packets / PACKETS;
				res[m].cycles[w][i] = (double)s[w].cycles / PACKETS;
			}
		}
	}
}

static void print(struct result res[MODES])
{
	double one = bench_median(res[ONE].total, WINDOWS);

	printf("%s, %u flows, %d bytes: cycles by all packets, and packets polled or taken, of each worker\n",
		b.kind, b.flows, INNER_LEN);
	for (unsigned m = 0; m < MODES; m++) {
		double busier = m == ONE ? one : bench_median(res[m].total, WINDOWS);

		printf("%-26s", mode_name[m]);
		for (unsigned w = 0; w < WORKERS; w++)
			printf("  worker %u: %6.1f (%3.0f %%)", w,
				bench_median(res[m].cycles[w], WINDOWS),
				100 * bench_median(res[m].packets[w], WINDOWS));
		printf("  busier %6.1f  speed-up %.2f\n", busier, one / busier);
	}
}

int main(int argc, char **argv)
{
	static struct result res[MODES];

	if (argc < 3) {
		fputs("usage: scaling DIR l2|encap|decap [FLOWS]\n", stderr);
		return 2;
	}
	bench_init_workers(&b, argv[1], argv[2], 262144, WORKERS);
	if (strcmp(b.kind, "l2") != 0)
		bench_firewall(&b, argv[1]);
	bench_traffic(&b, INNER_LEN, argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 1000);
	measure(res);
	print(res);
	bench_fini(&b);
	return 0;
}
