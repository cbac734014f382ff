/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sessions that want every packet as it is have a short way of their own (mirror/session/plain.c, the burst at once). It makes the
 * copies that the long way makes, byte by byte and in the same order, and counts the same: of packets that are plain, and of those
 * between them that are tagged, long, in several segments, tunnels, or look like copies.
 */
#include "mirror_world.h"

#include <stdlib.h>
#include <string.h>

#include "base/pkt.h"
#include "session/field.h"

#define MTU 9216
#define WALKS 20
#define COPIES 2048
#define SEQ 38 // of GRE's number in a copy
#define EVERYTHING "permit length 0-65535" // a rule has to be asked: the long way
#define L2                                                             \
	{                                                              \
		.dst = "00:50:56:a1:fc:f3", .src = "00:50:56:a1:99:9e" \
	}
#define TAGGED                                                                    \
	{                                                                         \
		.dst = "00:50:56:a1:fc:f3", .src = "00:50:56:a1:99:9e", .vlan = 7 \
	}

enum shape {
	SMALL,
	FULL,
	PLAIN_UDP,
	LIKE_A_COPY, // GRE
	TAG,
	ARP,
	JUMBO,
	NESTED, // a guest's own Geneve
	SHAPES
};

struct copies {
	unsigned nb;
	uint32_t first; // number
	struct mirror_counts n;
	struct {
		size_t len;
		uint32_t sum;
		uint8_t head[128];
	} v[COPIES];
};

static struct gf_frame shapes[SHAPES], *taken;

static void make_shapes(void)
{
	uint16_t ports[2] = {1000, 9}, geneve[2] = {5000, 6081};

	shapes[SMALL] = gr_tcp((struct gr_l2)L2, "172.16.31.26", "172.16.31.25", ports, 10);
	shapes[FULL] = gr_udp((struct gr_l2)L2, "172.16.31.26", "172.16.31.25", ports, 1400);
	shapes[PLAIN_UDP] = gr_udp((struct gr_l2)L2, "172.16.31.26", "172.16.31.25", ports, 20);
	shapes[LIKE_A_COPY] = shapes[PLAIN_UDP];
	shapes[LIKE_A_COPY].bytes[RD_ETH_LEN + 9] =
		47; // its checksum is wrong now: copied all the same
	shapes[TAG] = gr_udp((struct gr_l2)TAGGED, "172.16.31.26", "172.16.31.25", ports, 20);
	shapes[ARP] =
		gr_arp("ff:ff:ff:ff:ff:ff", "00:50:56:a1:99:9e", "172.16.31.26", "172.16.31.25", 1);
	shapes[JUMBO] = gr_udp((struct gr_l2)L2, "172.16.31.26", "172.16.31.25", ports, 8000);
	shapes[NESTED] = gr_udp((struct gr_l2)L2, "172.16.31.26", "172.16.31.25", geneve, 120);
}

// Mostly plain ones, so that the others come in the middle of their bursts.
static const struct gf_frame *frame_at(unsigned i)
{
	uint32_t h = (i + 1) * 2654435761u >> 16;

	return &shapes[h % 4 != 0 ? h % 3 : h / 4 % SHAPES];
}

static void send_walk(unsigned walk)
{
	for (unsigned i = 0; i < RD_BURST; i++) {
		const struct gf_frame *f = frame_at(walk * RD_BURST + i);

		gf_queue(mw.from, f->bytes, f->len);
	}
	gf_walk();
	(void)gf_sink_drain(SINK_GUEST);
}

// Numbers follow each other; a session that comes back goes on where it was, so they are not compared.
static void take_copies(struct copies *c)
{
	while (gf_sink_take(SINK_OUT, taken)) {
		assert_true(c->nb < COPIES);
		c->first = c->nb != 0 ? c->first : rd_be32(taken->bytes + SEQ);
		assert_int_equal(rd_be32(taken->bytes + SEQ), c->first + c->nb);
		rd_put32(taken->bytes + SEQ, 0);
		c->v[c->nb].len = taken->len;
		c->v[c->nb].sum = rd_csum_add(0, taken->bytes, taken->len);
		memcpy(c->v[c->nb].head, taken->bytes, RTE_MIN(taken->len, sizeof(c->v[0].head)));
		c->nb++;
	}
}

// What a session with this rule, or without any, copies of all walks. extra: a field and its value, or NULL.
static struct copies *copies_of(const char *rule, const char *const *extra, bool plain)
{
	struct copies *c = calloc(1, sizeof(*c));
	struct rd_mirror *m;
	struct rd_mirror_spec s;
	struct rd_err err = {0};

	assert_non_null(c);
	m = mw_session("all", rule, NULL);
	s = m->spec;
	for (unsigned i = 0; extra != NULL && extra[i] != NULL; i += 2)
		assert_int_equal(rd_mirror_spec_set(&s, extra[i], extra[i + 1], &err), 0);
	if (extra != NULL)
		assert_int_equal(rd_mirror_change(m, &s, "test", &err), 0);
	assert_int_equal(m->run->plain, plain);
	for (unsigned i = 0; i < WALKS; i++) {
		send_walk(i);
		take_copies(c);
	}
	mw_assert_balance(m);
	c->n = mw_counts(m);
	rd_mirror_stop(m, "test");
	rd_mirror_del(m, "test");
	return c;
}

static void assert_same(const struct copies *a, const struct copies *b)
{
	assert_int_equal(a->nb, b->nb);
	for (unsigned i = 0; i < a->nb; i++) {
		assert_int_equal(a->v[i].len, b->v[i].len);
		assert_memory_equal(a->v[i].head, b->v[i].head, sizeof(a->v[i].head));
		assert_int_equal(a->v[i].sum, b->v[i].sum);
	}
	assert_int_equal(a->n.came, b->n.came);
	assert_int_equal(a->n.taken, b->n.taken);
	assert_int_equal(a->n.queued, b->n.queued);
	assert_int_equal(a->n.excluded, b->n.excluded);
	assert_int_equal(a->n.mtu, b->n.mtu);
	assert_int_equal(a->n.cut, b->n.cut);
	assert_int_equal(a->n.cut_bytes, b->n.cut_bytes);
}

static void compare(const char *const *extra)
{
	struct copies *a, *b;

	gf_trace(false);
	mw_world_of(MTU);
	make_shapes();
	for (unsigned i = 0; i < WALKS; i++)
		send_walk(i); // all flows are there: each packet goes the same way each time
	a = copies_of(NULL, extra, true);
	b = copies_of(EVERYTHING, extra, false);
	assert_same(a, b);
	assert_true(a->nb > WALKS * RD_BURST / 2);
	free(a);
	free(b);
	mw_end();
}

static void test_whole(void **state)
{
	(void)state;
	compare(NULL);
}

static void test_cut(void **state)
{
	static const char *const extra[] = {"snaplen", "96", NULL};

	(void)state;
	compare(extra);
}

static void test_gre(void **state)
{
	static const char *const extra[] = {"encap", "gre", NULL};

	(void)state;
	compare(extra);
}

// A collector that goes into the middle of bursts: what the device does not take is counted, and is not sent twice.
static void test_full_device(void **state)
{
	struct rd_mirror *m;
	const struct mirror_sent *sent;
	unsigned room, got;

	(void)state;
	gf_trace(false);
	mw_world_of(MTU);
	make_shapes();
	send_walk(0);
	m = mw_session("all", NULL, NULL);
	sent = &m->state->owned.sent[0];
	while (gf_sink_room(SINK_OUT) > 40)
		gf_sink_put(SINK_OUT);
	room = gf_sink_room(SINK_OUT);
	send_walk(1);
	send_walk(2);
	got = (unsigned)mw_counts(m).queued;
	assert_true(got > room);
	assert_int_equal(sent->tx_ok, room);
	assert_int_equal(sent->tx_drop, got - room);
	assert_int_equal(m->state->owned.packets, room);
	assert_int_equal(m->state->owned.bytes, sent->inner_bytes);
	assert_int_equal(sent->wire_bytes, sent->inner_bytes + room * 50);
	mw_assert_balance(m);
	mw_end();
}

static int setup(void **state)
{
	taken = malloc(sizeof(*taken));
	return taken != NULL ? gf_group_setup(state) : -1;
}

static int teardown(void **state)
{
	free(taken);
	return mw_group_end(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_whole, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_cut, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_gre, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_full_device, gf_begin, gf_end),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
