/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Taps: with nothing armed every process pointer is the stage's own, before, between and after sessions; armed
 * stages only differ; what a session records is what passed; a full ring and a following filter are counted right.
 */
#include "graph_frames.h"
#include "graph_topo.h"

#include <string.h>
#include <unistd.h>

#include "core/tap.h"

static struct gt_emulated topo;
static struct gf_frame syn, ack;

static void build(void)
{
	syn = gr_pcap_one("in/emulated-syn.pcap");
	ack = gr_pcap_one("in/emulated-synack.pcap");
	gt_emulated(&topo, &ack);
	gf_trace(false); // the fixture's own hooks sit where taps do
}

static void assert_armed(uint64_t stages)
{
	for (unsigned i = 0; i < rd_stages_count; i++) {
		bool armed = stages >> rd_stages[i].id & 1;

		assert_int_equal(rd_tap_armed(rd_stages[i].id), armed);
		assert_int_equal(rd_tap_untouched(gf_w, rd_stages[i].id), !armed);
	}
}

struct session {
	struct rd_capture *c;
	struct rd_capring_reader *reader;
};

static struct session start(const struct rd_tap_point *points, unsigned nb, const char *expr,
	bool follow, uint64_t ring)
{
	struct rd_capture_opts o = {.points = points,
		.nb_points = nb,
		.follow = follow,
		.snaplen = 65535,
		.ring_size = ring};
	struct rd_err err = {0};
	struct session s;
	int fd = -1;

	assert_int_equal(rd_filter_compile(&o.filter, expr, RD_FILTER_BOTH, &err), 0);
	s.c = rd_capture_start(&o, 7, &fd, &err);
	assert_non_null(s.c);
	s.reader = rd_capring_open(dup(fd));
	assert_non_null(s.reader);
	return s;
}

static void stop(struct session *s)
{
	rd_capring_close(s->reader);
	rd_capture_stop(s->c);
}

static const struct rd_cap_rec *next(struct session *s)
{
	static uint8_t copy[sizeof(struct rd_cap_rec) + GF_BYTES];
	int err = 0;
	const struct rd_cap_rec *r = rd_capring_peek(s->reader, 0, &err);

	assert_int_equal(err, 0);
	if (r == NULL)
		return NULL;
	assert_in_range(r->cap_len, 0, GF_BYTES);
	memcpy(copy, r, sizeof(*r) + r->cap_len);
	rd_capring_pop(s->reader, 0);
	return (const struct rd_cap_rec *)copy;
}

static unsigned all_points(struct rd_tap_point points[RD_STAGE_MAX])
{
	for (unsigned i = 0; i < rd_stages_count; i++)
		points[i] = (struct rd_tap_point){.stage = rd_stages[i].id};
	return rd_stages_count;
}

static void pointers(void **state)
{
	static const struct rd_tap_point one[] = {
		{.stage = RD_STAGE_UPLINK_RX}, {.stage = RD_STAGE_DROP}};
	struct rd_tap_point every[RD_STAGE_MAX];
	uint64_t one_bits = UINT64_C(1) << RD_STAGE_UPLINK_RX | UINT64_C(1) << RD_STAGE_DROP;
	uint64_t every_bits = 0;
	uint32_t epoch;

	(void)state;
	build();
	epoch = rd_tap_epoch(gf_w);
	assert_armed(0);
	struct session a = start(one, 2, "", false, 65536);

	assert_armed(one_bits);
	struct session b = start(every, all_points(every), "", false, 65536);

	for (unsigned i = 0; i < rd_stages_count; i++)
		every_bits |= UINT64_C(1) << rd_stages[i].id;
	assert_armed(every_bits);
	gf_send(topo.arm_uplink, syn.bytes, syn.len);
	stop(&b);
	assert_armed(one_bits);
	stop(&a);
	assert_armed(0);
	assert_null(gf_w->taps);
	assert_int_equal(rd_tap_epoch(gf_w), epoch + 4);
	gf_trace(true);
}

static void records(void **state)
{
	const struct rd_tap_point points[] = {{.stage = RD_STAGE_UPLINK_RX, .port = 0},
		{.stage = RD_STAGE_VNIC_TX}, {.stage = RD_STAGE_UPLINK_TX}};
	const struct rd_cap_rec *r;
	uint64_t id;

	(void)state;
	build();
	struct rd_tap_point mine[3];

	memcpy(mine, points, sizeof(mine));
	mine[0].port = topo.arm_uplink; // not x86's uplink
	struct session s = start(mine, 3, "tcp[tcpflags] & tcp-syn != 0", false, 65536);

	id = gf_send(topo.arm_uplink, syn.bytes, syn.len);
	r = next(&s);
	assert_int_equal(r->stage, RD_STAGE_UPLINK_RX);
	assert_true(r->packet_id == id);
	assert_int_equal(r->dir, RD_CAP_DIR_RX);
	assert_true(r->flags & RD_CAP_F_INNER); // outside it is UDP
	assert_int_equal(r->inner_off, 58);
	assert_int_equal(r->wire_len, syn.len);
	assert_memory_equal(r + 1, syn.bytes, syn.len);
	r = next(&s);
	assert_int_equal(r->stage, RD_STAGE_VNIC_TX);
	assert_true(r->packet_id == id);
	assert_false(r->flags & RD_CAP_F_INNER);
	assert_memory_equal(r + 1, syn.bytes + 58, syn.len - 58);
	r = next(&s); // the answer leaves x86, then the DPU
	assert_int_equal(r->stage, RD_STAGE_UPLINK_TX);
	assert_int_equal(r->port_idx, topo.x86_uplink);
	assert_int_equal(r->wire_len, ack.len);
	r = next(&s);
	assert_int_equal(r->port_idx, topo.arm_uplink);
	assert_int_equal(r->wire_len, ack.len + 58);
	assert_null(next(&s));
	assert_int_equal(rd_capture_totals(s.c, RD_STAGE_UPLINK_RX).seen, 1);
	stop(&s);
	gf_trace(true);
}

// The filter names an address of the outer header: without following, no stage inside matches.
static void following(void **state)
{
	struct rd_tap_point every[RD_STAGE_MAX];
	unsigned nb = all_points(every), plain = 0, followed = 0;
	const struct rd_cap_rec *r;

	(void)state;
	build();
	struct session p = start(every, nb, "src host 192.168.4.57", false, 65536);
	struct session f = start(every, nb, "src host 192.168.4.57", true, 65536);

	gf_send(topo.arm_uplink, syn.bytes, syn.len);
	while (next(&p) != NULL)
		plain++;
	while ((r = next(&f)) != NULL) {
		followed++;
		assert_int_equal(!(r->flags & RD_CAP_F_FOLLOWED), r->wire_len == 132);
	}
	assert_int_equal(plain, 3); // uplink_rx, classify, tunnel_decap
	assert_int_equal(followed, 17); // the whole walk of the SYN, and not the answer's
	stop(&p);
	stop(&f);
	gf_trace(true);
}

static void full_ring(void **state)
{
	const struct rd_tap_point point = {.stage = RD_STAGE_UPLINK_RX};
	struct rd_capring_stage t;
	unsigned got = 0, lost = 0;
	const struct rd_cap_rec *r;

	(void)state;
	build();
	struct session s = start(&point, 1, "", false, 65536);

	for (unsigned i = 0; i < 1000; i++)
		gf_send(topo.arm_uplink, syn.bytes, syn.len);
	t = rd_capture_totals(s.c, RD_STAGE_UPLINK_RX);
	while (next(&s) != NULL)
		got++;
	gf_send(topo.arm_uplink, syn.bytes, syn.len); // brings the news of the gap
	while ((r = next(&s)) != NULL)
		lost += r->lost;
	assert_int_equal(t.seen, t.captured + t.lost);
	assert_in_range(got, 1, 2000);
	assert_int_equal(t.captured, got);
	assert_int_equal(lost, t.lost);
	assert_true(t.lost > 0);
	stop(&s);
	gf_trace(true);
}

#define T(name) cmocka_unit_test_setup_teardown(name, gf_begin, gf_end)

int main(void)
{
	const struct CMUnitTest tests[] = {T(pointers), T(records), T(following), T(full_ring)};

	return gf_main(tests, sizeof(tests) / sizeof(tests[0]));
}
