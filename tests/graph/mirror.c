/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Mirror sessions do not disturb: whatever happens to copies (no memory, no room at the device, no collector, 64 sessions), every
 * packet is forwarded as without them, and each copy has one fate. The switch has two guests; copies leave by an uplink.
 */
#include "graph_topo.h"

#include <stdlib.h>
#include <string.h>

#include "core/tap.h"
#include "graph_frames.h"
#include "session/copy.h"
#include "session/field.h"
#include "session/session.h"

#define PACKETS 200
#define SINK_OUT 0 // the collector's side
#define SINK_GUEST 1

static struct {
	uint16_t out, from, to;
	uint8_t frame[128];
	size_t len;
} w;

static void put(uint8_t *p, const char *hex)
{
	for (; *hex != '\0'; hex += 2) {
		char two[3] = {hex[0], hex[1], 0};

		*p++ = (uint8_t)strtoul(two, NULL, 16);
	}
}

static void world(void)
{
	static const char syn[] =
		"005056a1fcf3005056a1999e08004500003c1234400040069234ac101f1aac101f19e0680050830fe93a"
		"00000000a002faf02e2a0000020405b40402080ab403878a0000000001030307";
	struct rd_port *p;

	gt_host("h");
	gt_switch("s", "h", 1, 1600);
	uint16_t seg = gt_segment("seg", "h/s", -1, 5001);

	p = gt_port("up", "h/s", RD_PORT_UPLINK);
	gt_mac(p, "02:00:00:00:00:01");
	gf_attach_sink(p, SINK_OUT);
	w.out = gt_publish(p);
	p = gt_port("vm1", "h/s", RD_PORT_VNIC);
	gt_mac(p, "00:50:56:a1:99:9e");
	p->segment = seg;
	w.from = gt_publish(p);
	p = gt_port("vm2", "h/s", RD_PORT_VNIC);
	gt_mac(p, "00:50:56:a1:fc:f3");
	p->segment = seg;
	gf_attach_sink(p, SINK_GUEST);
	w.to = gt_publish(p);
	put(w.frame, syn);
	w.len = strlen(syn) / 2;
}

static struct rd_mirror *session(const char *name, const char *rule, const char *extra)
{
	struct rd_mirror_spec s;
	struct rd_mirror *m = NULL;
	struct rd_err err = {0};
	const char *const set[][2] = {{"name", name}, {"source", "h/vm1"},
		{"direction", "from-guest"}, {"to", "192.0.2.2"}, {"src-ip", "192.0.2.1"},
		{"out-port", "h/up"}, {"next-hop", "02:00:00:00:00:02"}, {"pps", "0"}, {"bps", "0"},
		{"force", "on"}};

	rd_mirror_spec_init(&s);
	for (size_t i = 0; i < RTE_DIM(set); i++)
		assert_int_equal(rd_mirror_spec_set(&s, set[i][0], set[i][1], &err), 0);
	if (rule != NULL)
		assert_int_equal(rd_mirror_spec_set(&s, "rule", rule, &err), 0);
	if (extra != NULL)
		assert_int_equal(rd_mirror_spec_set(&s, extra, "on", &err), 0);
	if (rd_mirror_add(&s, true, "test", &m, &err) < 0)
		fail_msg("%s", err.what);
	return m;
}

static struct mirror_counts counts(const struct rd_mirror *m)
{
	struct mirror_counts n;

	rd_mirror_sum(m, &n);
	return n;
}

// Each packet that a session met has one fate.
static void assert_balance(const struct rd_mirror *m)
{
	struct mirror_counts n = counts(m);
	const struct mirror_owned *o = &m->state->owned;
	uint64_t sent = 0;

	assert_int_equal(n.taken,
		n.excluded + n.stopped + n.denied + n.reason + n.waiting + n.exclusive
			+ n.sampled_out + n.mtu + n.rate + n.no_buf + n.ring_full + n.queued);
	for (unsigned i = 0; i < RD_MIRROR_DESTS; i++)
		sent += o->sent[i].tx_ok + o->sent[i].tx_drop;
	assert_int_equal(n.queued + o->replicas, o->no_dest + o->ended + sent);
	assert_true(n.came >= n.taken);
}

// Sends packets one by one; all must be forwarded, byte by byte. How many copies came out.
static unsigned forward(unsigned nb, bool drain)
{
	struct gf_frame *f = malloc(sizeof(*f));
	unsigned copies = 0;

	assert_non_null(f);
	for (unsigned i = 0; i < nb; i++) {
		gf_send(w.from, w.frame, w.len);
		assert_true(gf_sink_take(SINK_GUEST, f));
		assert_int_equal(f->len, w.len);
		assert_memory_equal(f->bytes, w.frame, w.len);
		assert_false(gf_sink_take(SINK_GUEST, f));
		if (drain)
			copies += gf_sink_drain(SINK_OUT);
	}
	free(f);
	return copies;
}

static void end(void)
{
	rd_mirror_end_all();
	for (unsigned i = 0; i < RD_MIRROR_MAX; i++)
		if (rd_mirror_at(i) != NULL)
			rd_mirror_del(rd_mirror_at(i), "test");
	(void)gf_sink_drain(SINK_OUT);
}

static void test_copies_and_forwards(void **state)
{
	struct rd_mirror *m;
	struct gf_frame *f = malloc(sizeof(*f));

	(void)state;
	assert_non_null(f);
	gf_trace(false); // the fast path, too
	world();
	assert_int_equal(forward(10, true), 0);
	m = session("web", NULL, NULL);
	assert_int_equal(forward(PACKETS, true), PACKETS);
	gf_send(w.from, w.frame, w.len);
	assert_true(gf_sink_take(SINK_OUT, f));
	assert_int_equal(f->len, w.len + 50);
	assert_memory_equal(f->bytes + 50, w.frame, w.len);
	assert_int_equal(rd_be32(f->bytes + 38), PACKETS); // the sequence number
	(void)gf_sink_drain(SINK_GUEST);
	assert_int_equal(counts(m).came, PACKETS + 1);
	assert_balance(m);
	end();
	assert_true(rd_tap_untouched(gf_w, RD_STAGE_VNIC_RX)); // as if there had never been one
	assert_null(gf_w->chore);
	free(f);
}

static void test_empty_pool(void **state)
{
	struct rte_mbuf *all[16384];
	struct rd_mirror *m;
	unsigned nb = 0;

	(void)state;
	gf_trace(false);
	world();
	m = session("web", NULL, NULL);
	while (nb < RTE_DIM(all) && (all[nb] = rte_pktmbuf_alloc(mirror_pool())) != NULL)
		nb++;
	assert_true(nb > 1000 && nb < RTE_DIM(all));
	assert_int_equal(forward(PACKETS, true), 0);
	assert_int_equal(counts(m).no_buf, PACKETS);
	assert_balance(m);
	rte_pktmbuf_free_bulk(all, nb);
	assert_int_equal(forward(PACKETS, true), PACKETS); // and goes on
	assert_balance(m);
	end();
}

static void test_device_that_takes_nothing(void **state)
{
	struct rd_mirror *m;
	uint64_t took;

	(void)state;
	gf_trace(false);
	world();
	m = session("web", NULL, NULL);
	took = gf_sink_room(SINK_OUT);
	while (gf_sink_room(SINK_OUT) != 0)
		gf_sink_put(SINK_OUT);
	(void)forward(PACKETS, false);
	assert_int_equal(m->state->owned.sent[0].tx_ok, 0);
	assert_int_equal(m->state->owned.sent[0].tx_drop, PACKETS);
	assert_true(took > 0);
	assert_balance(m);
	end();
}

static void queue_copy(const struct rd_mirror *m)
{
	struct rte_mbuf *b = rte_pktmbuf_alloc(mirror_pool());

	assert_non_null(b);
	b->data_off = MIRROR_HEADROOM;
	memcpy(rte_pktmbuf_append(b, (uint16_t)w.len), w.frame, w.len);
	*(struct mirror_copy *)rte_mbuf_to_priv(b) =
		(struct mirror_copy){.state = m->state, .run = m->run, .len = (uint32_t)w.len};
	assert_int_equal(rte_ring_enqueue(mirror_ring(), b), 0);
}

// What the device did not take does not count against the limit.
static void test_limit_at_a_full_device(void **state)
{
	struct rd_mirror_spec s;
	struct rd_mirror *m;
	struct rd_err err = {0};

	(void)state;
	world();
	m = session("web", NULL, NULL);
	s = m->spec;
	assert_int_equal(rd_mirror_spec_set(&s, "max-packets", "5", &err), 0);
	assert_int_equal(rd_mirror_change(m, &s, "test", &err), 0);
	while (gf_sink_room(SINK_OUT) != 0)
		gf_sink_put(SINK_OUT);
	for (unsigned i = 0; i < 10; i++)
		queue_copy(m);
	gf_walk();
	assert_int_equal(m->state->owned.sent[0].tx_drop, 10);
	assert_int_equal(m->state->stop, MIRROR_RUNS);
	(void)gf_sink_drain(SINK_OUT);
	for (unsigned i = 0; i < 10; i++)
		queue_copy(m);
	gf_walk();
	assert_int_equal(m->state->owned.sent[0].tx_ok, 5);
	assert_int_equal(m->state->owned.ended, 5);
	end();
}

// Copies of other workers wait in a ring: one that is full.
static void test_full_ring(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	world();
	session("web", NULL, NULL);
	for (;;) {
		m = rte_pktmbuf_alloc(mirror_pool());
		if (m == NULL || rte_ring_enqueue(mirror_ring(), m) != 0)
			break;
		memset(rte_mbuf_to_priv(m), 0, sizeof(struct mirror_copy)); // a frame for no port
	}
	rte_pktmbuf_free(m);
	assert_int_equal(forward(20, true), 20); // the owner's own copies need no ring
	while (rte_ring_count(mirror_ring()) != 0)
		gf_walk(); // a turn at a time
	end();
}

static void test_no_collector(void **state)
{
	struct rd_mirror *m;

	(void)state;
	gf_trace(false);
	world();
	m = session("web", NULL, NULL);
	gt_up(w.out, true, false);
	rd_mirror_tick();
	assert_int_equal(forward(PACKETS, true), 0);
	assert_int_equal(m->oper, RD_MIRROR_SUSPENDED);
	assert_int_equal(m->state->owned.no_dest, PACKETS);
	assert_balance(m);
	gt_up(w.out, true, true);
	rd_mirror_tick();
	assert_int_equal(m->oper, RD_MIRROR_ACTIVE);
	assert_int_equal(forward(PACKETS, true), PACKETS);
	assert_balance(m);
	end();
}

static void test_64_sessions(void **state)
{
	struct rd_mirror *m[RD_MIRROR_MAX];
	struct rd_mirror_spec s;
	struct rd_mirror *none;
	struct rd_err err = {0};
	char name[16];

	(void)state;
	gf_trace(false);
	world();
	for (unsigned i = 0; i < RD_MIRROR_MAX; i++) { // every 16th wants the packets
		snprintf(name, sizeof(name), "s%u", i);
		m[i] = session(name,
			i % 16 == 0 ? "permit proto tcp dport 80" : "permit proto udp dport 53",
			NULL);
	}
	rd_mirror_spec_init(&s);
	assert_int_equal(rd_mirror_spec_set(&s, "name", "one-more", &err), 0);
	assert_int_equal(rd_mirror_add(&s, true, "test", &none, &err), -EBUSY);
	assert_int_equal(forward(PACKETS, true), PACKETS * RD_MIRROR_MAX / 16);
	for (unsigned i = 0; i < RD_MIRROR_MAX; i++) {
		assert_int_equal(counts(m[i]).came, PACKETS);
		assert_balance(m[i]);
	}
	end();
}

static void test_exclusive(void **state)
{
	struct rd_mirror *a, *b, *c;

	(void)state;
	gf_trace(false);
	world();
	a = session("a", NULL, "exclusive");
	b = session("b", NULL, "exclusive");
	c = session("c", NULL, NULL);
	assert_int_equal(forward(PACKETS, true), 2 * PACKETS);
	assert_int_equal(counts(a).queued, PACKETS);
	assert_int_equal(counts(b).exclusive, PACKETS);
	assert_int_equal(counts(c).queued, PACKETS);
	assert_balance(b);
	end();
}

static int group_end(void **state)
{
	rd_mirror_fini();
	return gf_group_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_copies_and_forwards, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_empty_pool, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_device_that_takes_nothing, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_limit_at_a_full_device, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_full_ring, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_no_collector, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_64_sessions, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(test_exclusive, gf_begin, gf_end),
	};

	return cmocka_run_group_tests(tests, gf_group_setup, group_end);
}
