/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Capture sessions that come and go under traffic, on workers with threads of their own: no packet is lost or overtaken
 * because of them, every session has what it says, and a budget is exact whoever uses it up. The number of workers is the
 * program's argument; RD_SESSIONS is the number of changes, 1,000 where nothing else is said.
 */
#include "traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "core/tap.h"

#define SESSIONS RD_CAPTURE_MAX
#define PACKETS 200 // between two changes
#define RING (64u << 10)

struct session {
	struct rd_capture *c;
	struct rd_capring_reader *reader;
	uint64_t read; // records
};

static const char *const filters[] = {"", "udp", "not ip", "ip and udp[8] & 1 = 0", "greater 2000",
	"src host 192.0.2.1 or src host 10.0.0.1", "udp src portrange 0-30000",
	"ether[0] & 1 = 0 and len < 100", "tcp port 80", "udp[4:2] > 20 and not arp"};
static const uint16_t stages[] = {
	RD_STAGE_VNIC_RX, RD_STAGE_FLOW_LOOKUP, RD_STAGE_VNIC_TX, RD_STAGE_PORT_OUT, RD_STAGE_DROP};

static uint64_t changes(void)
{
	const char *text = getenv("RD_SESSIONS");

	return text != NULL ? strtoull(text, NULL, 10) : 1000;
}

static void start(struct session *s, unsigned n, struct rd_capture_opts o)
{
	struct rd_tap_point points[RTE_DIM(stages)];
	struct rd_err err = {0};
	int fd = -1;

	o.nb_points = 1 + n % (unsigned)RTE_DIM(stages);
	for (unsigned i = 0; i < o.nb_points; i++)
		points[i] = (struct rd_tap_point){.stage = stages[(n + i) % RTE_DIM(stages)]};
	o.points = points;
	o.ring_size = RING;
	o.snaplen = n % 3 == 0 ? 40 : 65535;
	assert_int_equal(
		rd_filter_compile(&o.filter, filters[n % RTE_DIM(filters)], RD_FILTER_BOTH, &err),
		0);
	*s = (struct session){.c = rd_capture_start(&o, n + 1, &fd, &err)};
	assert_non_null(s->c);
	s->reader = rd_capring_open(dup(fd));
	assert_non_null(s->reader);
}

static void read_all(struct session *s)
{
	int err;

	for (uint32_t i = 0; i < rd_capring_nb_rings(s->reader); i++)
		for (; rd_capring_peek(s->reader, i, &err) != NULL; s->read++) {
			assert_int_equal(err, 0);
			rd_capring_pop(s->reader, i);
		}
}

static struct rd_capring_stage totals(const struct session *s)
{
	struct rd_capring_stage sum = {0};

	for (unsigned i = 0; i < rd_stages_count; i++) {
		struct rd_capring_stage t = rd_capture_totals(s->c, rd_stages[i].id);

		sum.seen += t.seen;
		sum.matched += t.matched;
		sum.captured += t.captured;
		sum.lost += t.lost;
	}
	return sum;
}

// All that it captured is in its rings, and what it matched is there or counted as lost.
static void stop(struct session *s, enum rd_capring_end why)
{
	struct rd_capring_stage t;

	rd_capture_disarm(s->c, why);
	assert_int_equal(rd_capring_ended(s->reader), why);
	read_all(s);
	t = totals(s);
	assert_int_equal(t.captured, s->read);
	assert_int_equal(t.matched, t.captured + t.lost);
	assert_in_range(t.matched, 0, t.seen);
	rd_capring_close(s->reader);
	rd_capture_stop(s->c);
	*s = (struct session){0};
}

static void come_and_go(void **state)
{
	struct wk_run *r = calloc(1, sizeof(*r));
	struct session s[SESSIONS] = {0};
	uint64_t starts = 0, nb = changes(), most = 0, now = 0;

	(void)state;
	assert_non_null(r);
	rd_handoff_set_model(RD_MODEL_BALANCED);
	for (unsigned n = 0; starts < nb; n++) {
		struct session *one = &s[n * 7 % SESSIONS];

		// Up to all 32 at first; then half of the turns end one.
		if (one->c != NULL) {
			stop(one, RD_CAPRING_END_STOPPED);
			now--;
		}
		if (n < SESSIONS || n % 5 != 0) {
			start(one, n, (struct rd_capture_opts){.follow = n % 4 == 0});
			starts++;
			now++;
		}
		most = RTE_MAX(most, now);
		wk_traffic(r, PACKETS);
		if (n % 3 == 0 && one->c != NULL)
			read_all(one);
	}
	for (unsigned i = 0; i < SESSIONS; i++)
		if (s[i].c != NULL)
			stop(&s[i], RD_CAPRING_END_STOPPED);
	wk_wait_all(r);
	print_message(
		"%lu sessions, %lu at once, %lu packets in order\n", starts, most, r->received);
	assert_int_equal(most, SESSIONS);
	for (unsigned i = 0; i < rd_stages_count; i++)
		for (unsigned w = 0; w < rd_nb_workers; w++)
			assert_true(rd_tap_untouched(rd_workers[w], rd_stages[i].id));
	free(r);
}

// Several workers, each with a ring of its own, one budget.
static void exact_budget(void **state)
{
	struct wk_run *r = calloc(1, sizeof(*r));
	struct rd_capring_stage t;
	struct session s;

	(void)state;
	assert_non_null(r);
	rd_handoff_set_model(RD_MODEL_BALANCED);
	start(&s, 0, (struct rd_capture_opts){.max_packets = 777});
	for (unsigned i = 0; i < 20; i++) {
		wk_traffic(r, 200);
		read_all(&s);
	}
	wk_wait_all(r);
	assert_int_equal(rd_capture_spent(s.c), RD_CAPRING_END_PACKETS);
	read_all(&s);
	t = totals(&s);
	assert_int_equal(t.captured, 777);
	assert_int_equal(t.matched, 777 + t.lost);
	stop(&s, RD_CAPRING_END_PACKETS);
	start(&s, 0, (struct rd_capture_opts){.max_bytes = 4000}); // of 40 each
	wk_traffic(r, 2000);
	wk_wait_all(r);
	assert_int_equal(rd_capture_spent(s.c), RD_CAPRING_END_BYTES);
	assert_int_equal(totals(&s).captured, 100);
	stop(&s, RD_CAPRING_END_BYTES);
	free(r);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(come_and_go, wk_begin, wk_end),
		cmocka_unit_test_setup_teardown(exact_budget, wk_begin, wk_end),
	};

	wk_workers = 2;
	if (argc > 1 && rd_parse_u32(argv[1], 1, RD_WORKER_MAX, &wk_workers) < 0)
		return 2;
	wk_threads = true;
	return cmocka_run_group_tests(tests, wk_setup, wk_teardown);
}
