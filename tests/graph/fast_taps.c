/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Captures on the fast path against captures at the stages: the same bursts both ways, under sessions with filters of all
 * kinds, and each packet must leave the same records in each session, field by field and byte by byte, with the same counters.
 * RD_SOAK sets the number of bursts.
 */
#include "fast_world.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/tap.h"
#include "nodes/path.h"
#include "tables/conn.h"

#define RING (1u << 20)
#define SPLIT_AT 60 // one frame in some comes in two segments

struct spec { // of a session
	const char *expr;
	uint32_t where;
	bool follow;
	uint32_t snaplen;
	uint64_t stages; // 0 = all
	unsigned port; // 1 + index in the topology's ports, 0 = any
};

#define BIT(stage) (UINT64_C(1) << RD_STAGE_##stage)
#define BOTH RD_FILTER_BOTH
static const struct spec specs[] = {
	{"", BOTH, false, 64, 0, 0},
	{"udp", BOTH, false, 65535, 0, 0},
	{"udp and host 203.0.113.9", BOTH, false, 96, 0, 0}, // never
	{"src host 192.168.4.57", BOTH, true, 128, 0, 0}, // outside; then it follows
	{"src host 192.168.4.57", BOTH, false, 128, 0, 0},
	{"udp port 50001", BOTH, true, 256, 0, 0},
	{"dst host 172.16.31.26", RD_FILTER_INNER, false, 60, 0, 0},
	{"host 192.168.4.57", RD_FILTER_OUTER, false, 60, 0, 0},
	{"", RD_FILTER_INNER, false, 60, 0, 0},
	{"tcp[tcpflags] & tcp-syn != 0", BOTH, false, 60, 0, 0}, // not of the flow alone
	{"len > 150", BOTH, true, 60, 0, 0},
	{"ip[1] & 3 != 0 or udp[4:2] > 70", BOTH, false, 60, 0, 0},
	{"udp src portrange 50000-50001 and not src net 172.16.31.26/32", BOTH, false, 60, 0, 0},
	{"geneve and udp", BOTH, false, 60, 0, 0},
	{"ip proto 6 and ip[6:2] & 0x1fff = 0", BOTH, true, 60,
		BIT(FLOW_LOOKUP) | BIT(UPLINK_TX) | BIT(VNIC_TX) | BIT(DROP), 0},
	{"", BOTH, false, 60, BIT(UPLINK_RX) | BIT(PORT_OUT) | BIT(UPLINK_SELECT) | BIT(UPT_TX), 1},
	{"udp", BOTH, false, 60, 0, 2},
	{"tcp", BOTH, true, 60, BIT(DFW_OUT) | BIT(DFW_IN) | BIT(TUNNEL_ENCAP) | BIT(DROP), 2},
	{"", BOTH, false, 20, BIT(DROP), 0},
};
#define SESSIONS (sizeof(specs) / sizeof(specs[0]))

struct rec { // a record without what may differ between two runs
	uint32_t packet; // counted from the run's first; copies of floods from theirs
	uint32_t pos; // in its session
	uint8_t session;
	struct rd_cap_rec r;
	uint64_t bytes; // hash
};

struct run {
	struct rec *rec;
	size_t nb, room;
	struct rd_capring_stage totals[SESSIONS][RD_STAGE_MAX];
};

static struct rd_capture *session[SESSIONS];
static struct rd_capring_reader *reader[SESSIONS];
static uint64_t first_id, first_copy;

static void arm(const struct fw_topo *t, unsigned s)
{
	const struct spec *sp = &specs[s];
	struct rd_tap_point points[RD_STAGE_MAX];
	struct rd_capture_opts o = {
		.points = points, .follow = sp->follow, .snaplen = sp->snaplen, .ring_size = RING};
	struct rd_err err = {0};
	int fd = -1;

	for (unsigned i = 0; i < rd_stages_count; i++)
		if (sp->stages == 0 || (sp->stages >> rd_stages[i].id & 1))
			points[o.nb_points++] = (struct rd_tap_point){.stage = rd_stages[i].id,
				.port = sp->port != 0 ? t->ports[sp->port - 1] : RD_PORT_NONE};
	assert_int_equal(rd_filter_compile(&o.filter, sp->expr, sp->where, &err), 0);
	session[s] = rd_capture_start(&o, s + 1, &fd, &err);
	assert_non_null(session[s]);
	reader[s] = rd_capring_open(dup(fd));
	assert_non_null(reader[s]);
}

static uint64_t hash(const uint8_t *bytes, uint32_t len)
{
	uint64_t h = len;

	for (uint32_t i = 0; i < len; i++)
		h = (h ^ bytes[i]) * UINT64_C(0x100000001b3);
	return h;
}

// The entry that the record names is the packet's: its hash is the record's.
static void check_flow(const struct rd_cap_rec *r)
{
	struct rd_flow f;

	if (r->flow_id == 0)
		return;
	assert_true(rd_flow_read(gf_w->flows, r->flow_id, &f));
	assert_int_equal(rd_flow_l4_hash(&f.key), r->hash);
}

static uint32_t number(uint64_t id)
{
	if (id == 0)
		return 0;
	return id >= first_id ? 1 + (uint32_t)(id - first_id)
			      : UINT32_C(1) << 31 | (uint32_t)(id - first_copy);
}

static void keep(struct run *run, unsigned s, const struct rd_cap_rec *r, uint64_t *last_ns)
{
	struct rec *k;

	if (run->nb == run->room) {
		run->room = run->room != 0 ? 2 * run->room : 65536;
		run->rec = realloc(run->rec, run->room * sizeof(*run->rec));
		assert_non_null(run->rec);
	}
	assert_true(r->ns >= *last_ns && r->ns != 0);
	*last_ns = r->ns;
	check_flow(r);
	k = &run->rec[run->nb];
	*k = (struct rec){.packet = number(r->packet_id), .session = (uint8_t)s};
	k->pos = (uint32_t)run->nb++;
	k->r = *r;
	k->r.ns = 0;
	k->r.packet_id = 0;
	k->r.parent_id = number(r->parent_id);
	k->r.flow_id = r->flow_id != 0;
	k->bytes = hash((const uint8_t *)(r + 1), r->cap_len);
}

static void drain(struct run *run)
{
	static uint64_t last_ns[SESSIONS];

	for (unsigned s = 0; s < SESSIONS; s++) {
		const struct rd_cap_rec *r;
		int err = 0;

		while ((r = rd_capring_peek(reader[s], 0, &err)) != NULL) {
			keep(run, s, r, &last_ns[s]);
			rd_capring_pop(reader[s], 0);
		}
		assert_int_equal(err, 0);
	}
}

static void queue(uint16_t port, const struct gf_frame *f)
{
	uint32_t at = fw_rnd(16) == 0 && f->len > SPLIT_AT ? SPLIT_AT : f->len;
	struct rte_mbuf *m, *tail;

	if (at == f->len) {
		gf_queue(port, f->bytes, f->len);
		return;
	}
	m = rd_frame_to_mbuf(f->bytes, at);
	tail = rd_frame_to_mbuf(f->bytes + at, f->len - at);
	assert_true(m != NULL && tail != NULL && rte_pktmbuf_chain(m, tail) == 0);
	// As rd_inject() numbers them.
	uint64_t id = gf_queue(port, f->bytes, f->len);
	struct rte_mbuf *whole = NULL;

	assert_int_equal(rte_ring_dequeue(gf_w->inject, (void **)&whole), 0);
	for (unsigned n = rte_ring_count(gf_w->inject); n > 0; n--) { // to the ring's other end
		assert_int_equal(rte_ring_enqueue(gf_w->inject, whole), 0);
		assert_int_equal(rte_ring_dequeue(gf_w->inject, (void **)&whole), 0);
	}
	*rd_meta(m) = *rd_meta(whole);
	assert_int_equal(rd_meta(m)->packet_id, id);
	rte_pktmbuf_free(whole);
	assert_int_equal(rte_ring_enqueue(gf_w->inject, m), 0);
}

static void receive(uint16_t port, const struct gf_frame *f)
{
	fw_split = fw_rnd(16) == 0 ? SPLIT_AT : UINT32_MAX;
	fw_receive(port, f);
}

static void empty_sinks(void)
{
	for (unsigned s = 0; s < GF_SINKS; s++)
		gf_sink_drain(s);
}

static void begin(const struct fw_topo *t, bool staged)
{
	fw_seed = 0x5eed5eed5eed;
	gf_w->staged = staged;
	rd_flow_flush(gf_w->flows);
	rd_fdb_flush(0, true);
	(void)rd_conn_flush(0);
	for (unsigned s = 0; s < SESSIONS; s++)
		arm(t, s);
	first_copy = gf_w->id_base | gf_w->id_next;
	first_id = gf_queue(t->u.guest, (const uint8_t *)"", 1); // a runt
}

static void end(struct run *r)
{
	for (unsigned s = 0; s < SESSIONS; s++) {
		for (unsigned i = 0; i < RD_STAGE_MAX; i++)
			r->totals[s][i] = rd_capture_totals(session[s], i);
		rd_capring_close(reader[s]);
		rd_capture_stop(session[s]);
	}
	gf_w->staged = false;
}

static void run(const struct fw_topo *t, bool staged, bool received, unsigned bursts, struct run *r)
{
	begin(t, staged);
	for (unsigned i = 0; i < bursts; i++) {
		fw_burst(t, received ? receive : queue);
		gf_walk();
		drain(r);
		empty_sinks();
	}
	end(r);
}

static int by_packet(const void *a, const void *b)
{
	const struct rec *x = a, *y = b;

	if (x->session != y->session)
		return x->session < y->session ? -1 : 1;
	if (x->packet != y->packet)
		return x->packet < y->packet ? -1 : 1;
	return x->pos < y->pos ? -1 : x->pos > y->pos;
}

static void print_rec(const char *way, const struct rec *k)
{
	const struct rd_cap_rec *r = &k->r;

	print_error(
		"%s: packet %u session %u \"%s\": %s len %u/%u dir %u port %u/%u queue %u vni %u "
		"rule %u flow %u reason %u flags %02x lost %u prev %u lcore %u hop %u hash %08x "
		"inner %u bytes %016lx\n",
		way, k->packet, k->session, specs[k->session].expr, rd_stage_by_id(r->stage)->name,
		r->cap_len, r->wire_len, r->dir, r->port_id, r->port_idx, r->queue, r->vni,
		r->rule_id, r->flow_id, r->reason, r->flags, r->lost, r->prev_stage, r->lcore,
		r->hop, r->hash, r->inner_off, k->bytes);
}

static bool equal(const struct rec *a, const struct rec *b)
{
	return a->packet == b->packet && a->session == b->session && a->bytes == b->bytes
		&& memcmp(&a->r, &b->r, sizeof(a->r)) == 0;
}

static void same(struct run *a, struct run *b)
{
	qsort(a->rec, a->nb, sizeof(*a->rec), by_packet);
	qsort(b->rec, b->nb, sizeof(*b->rec), by_packet);
	for (size_t i = 0; i < a->nb && i < b->nb; i++) {
		if (equal(&a->rec[i], &b->rec[i]))
			continue;
		print_rec("stages", &a->rec[i]);
		print_rec("fast", &b->rec[i]);
		fail_msg("record %zu differs", i);
	}
	assert_int_equal(a->nb, b->nb);
	assert_memory_equal(a->totals, b->totals, sizeof(a->totals));
}

static void compare(void **state, bool stateful, bool received)
{
	static const struct gt_rule rules[] = {{1041, RD_DFW_IN, true, RD_IPPROTO_TCP, 22},
		{1042, RD_DFW_OUT, true, 0, 0}, {1043, RD_DFW_IN, false, RD_IPPROTO_TCP, 23}};
	const char *text = getenv("RD_SOAK");
	unsigned bursts = text != NULL ? (unsigned)strtoul(text, NULL, 10) : 700;
	static struct run staged, fast;
	struct fw_topo t;

	(void)state;
	gf_trace(false);
	memset(&staged, 0, sizeof(staged));
	memset(&fast, 0, sizeof(fast));
	fw_topology(&t);
	if (stateful)
		gt_dfw_stateful(t.u.guest, rules, 3, false);
	fw_frames(&t);
	if (received)
		fw_devices_open(&t);
	run(&t, true, received, bursts, &staged);
	run(&t, false, received, bursts, &fast);
	if (received)
		fw_devices_close();
	print_message("%zu records of %zu sessions\n", fast.nb, SESSIONS);
	same(&staged, &fast);
	for (unsigned s = 0; s < SESSIONS; s++) {
		uint64_t matched = 0;

		for (unsigned i = 0; i < RD_STAGE_MAX; i++)
			matched += fast.totals[s][i].matched;
		if ((matched != 0) == (strstr(specs[s].expr, "203.0.113.9") != NULL))
			fail_msg("session %u, \"%s\": %lu matches", s, specs[s].expr, matched);
	}
	free(staged.rec);
	free(fast.rec);
}

static void stateless(void **state)
{
	compare(state, false, false);
}

static void stateful(void **state)
{
	compare(state, true, false);
}

// As they come from a device: without metadata.
static void received(void **state)
{
	compare(state, true, true);
}

// To a guest whose device takes 5 of each 12 packets, of one flow: the others are dropped at its TX stage.
static void run_full(const struct fw_topo *t, bool staged, struct run *r)
{
	struct gr_l2 l2 = {.dst = "00:50:56:00:00:02", .src = GR_UPT_GUEST};
	struct gf_frame f = gr_udp(l2, "172.16.31.19", "172.16.31.20", (uint16_t[]){50001, 53}, 64);

	begin(t, staged);
	gf_walk();
	while (gf_sink_room(3) > 5)
		gf_sink_put(3);
	for (unsigned i = 0; i < 10; i++) {
		for (unsigned k = 0; k < 12; k++)
			fw_receive(t->u.guest, &f);
		gf_walk();
		drain(r);
		assert_int_equal(gf_sink_room(3), 0);
		for (struct gf_frame out; gf_sink_room(3) < 5;)
			assert_true(gf_sink_take(3, &out));
	}
	empty_sinks();
	end(r);
}

static void full(void **state)
{
	static struct run staged, fast;
	struct fw_topo t;
	uint64_t drops;

	(void)state;
	gf_trace(false);
	memset(&staged, 0, sizeof(staged));
	memset(&fast, 0, sizeof(fast));
	fw_topology(&t);
	fw_devices_open(&t);
	run_full(&t, true, &staged);
	drops = gf_w->drops[RD_DROP_VQ_FULL];
	assert_int_equal(drops, 10 * 7);
	run_full(&t, false, &fast);
	fw_devices_close();
	assert_int_equal(gf_w->drops[RD_DROP_VQ_FULL], 2 * drops);
	same(&staged, &fast);
	free(staged.rec);
	free(fast.rec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(stateless, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(stateful, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(received, gf_begin, gf_end),
		cmocka_unit_test_setup_teardown(full, gf_begin, gf_end),
	};

	return gf_main(tests, sizeof(tests) / sizeof(tests[0]));
}
