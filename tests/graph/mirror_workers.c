/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Mirror sessions on several workers with threads of their own: packets of a flow stay in their order and none is lost while
 * sessions come, change and go and while the model changes; each copy has one fate, and the owner gives numbers without a gap to
 * those that others have made. The number of workers is the program's argument.
 */
#include "traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rte_eth_ring.h>

#include "base/str.h"
#include "session/field.h"
#include "session/session.h"

#define CHANGES 120
#define PACKETS 400 // between two changes
#define OUT_SLOTS 4096
#define SEQ_OFF 38 // of ERSPAN, behind Ethernet, IPv4 and GRE's fixed part

static struct rte_ring *out; // the collector's side
static struct rd_ethdev_info dev_out;
static uint16_t port_out;

static int open_out(void)
{
	struct rd_err err = {0};

	out = rte_ring_create("out", OUT_SLOTS, SOCKET_ID_ANY, 0);
	if (out == NULL || rte_eth_from_rings("out", &out, 1, &out, 1, 0) < 0)
		return -1;
	return rd_ethdev_open("net_ring_out", 1500, &dev_out, &err);
}

static int setup(void **state)
{
	return wk_setup(state) < 0 ? -1 : open_out();
}

static int teardown(void **state)
{
	rd_mirror_fini();
	rd_ethdev_close(&dev_out);
	rte_ring_free(out);
	return wk_teardown(state);
}

// An uplink that nobody polls: what it would receive are the copies that were sent.
static int begin(void **state)
{
	struct rd_port *p;

	if (wk_begin(state) < 0)
		return -1;
	p = gt_port("up", "h/sw", RD_PORT_UPLINK);
	gt_mac(p, "02:00:00:00:00:01");
	p->attach = RD_ATTACH_ETHDEV;
	p->eth = dev_out;
	p->ethdev = dev_out.port_id;
	p->nb_txq = dev_out.nb_txq;
	snprintf(p->device, sizeof(p->device), "net_ring_out");
	port_out = gt_publish(p);
	return 0;
}

static struct rd_mirror *session(const char *name, const char *rule)
{
	const char *const set[][2] = {{"name", name}, {"source", "h/src"}, {"to", "192.0.2.200"},
		{"direction", "from-guest"}, {"src-ip", "192.0.2.100"}, {"out-port", "h/up"},
		{"next-hop", "02:00:00:00:00:09"}, {"pps", "0"}, {"bps", "0"}, {"force", "on"},
		{"seq-start", "0"}, {"rule", rule}};
	struct rd_mirror_spec s;
	struct rd_mirror *m = NULL;
	struct rd_err err = {0};

	rd_mirror_spec_init(&s);
	for (size_t i = 0; i < RTE_DIM(set); i++)
		if (rd_mirror_spec_set(&s, set[i][0], set[i][1], &err) < 0)
			fail_msg("%s", err.what);
	if (rd_mirror_add(&s, true, "test", &m, &err) < 0)
		fail_msg("%s", err.what);
	return m;
}

// All workers are between two walks, and the owner has sent what was in its ring.
static void quiet(struct rd_worker *w, void *arg)
{
	(void)arg;
	while (w->id == MIRROR_OWNER && mirror_chore(w) != 0)
		;
}

struct balance {
	uint64_t came, queued, sent, dropped, ring_full, no_buf, duplicate;
};

// Each packet that the session met has one fate.
static struct balance balance(const struct rd_mirror *m)
{
	struct mirror_counts n;
	const struct mirror_owned *o = &m->state->owned;
	struct balance b = {0};

	rd_mirror_sum(m, &n);
	for (unsigned i = 0; i < RD_MIRROR_DESTS; i++) {
		b.sent += o->sent[i].tx_ok;
		b.dropped += o->sent[i].tx_drop;
	}
	assert_int_equal(n.taken,
		n.excluded + n.stopped + n.denied + n.reason + n.waiting + n.exclusive
			+ n.sampled_out + n.mtu + n.rate + n.no_buf + n.ring_full + n.queued);
	assert_int_equal(n.queued, b.sent + b.dropped + o->no_dest + o->duplicate + o->ended);
	b.duplicate = o->duplicate;
	assert_true(n.came >= n.taken);
	b.came = n.came;
	b.queued = n.queued;
	b.ring_full = n.ring_full;
	b.no_buf = n.no_buf;
	return b;
}

static uint64_t collect(uint32_t *next, bool in_row)
{
	struct rte_mbuf *m;
	uint64_t nb = 0;

	for (; rte_ring_dequeue(out, (void **)&m) == 0; nb++) {
		uint32_t seq = rd_be32(rte_pktmbuf_mtod_offset(m, const uint8_t *, SEQ_OFF));

		if (in_row && seq != *next)
			fail_msg("copy number %u came, %u was next", seq, *next);
		*next = seq + 1;
		rte_pktmbuf_free(m);
	}
	return nb;
}

// As many copies as the workers have made come out, numbered in a row, whoever made them.
static void every_copy(void **state)
{
	struct wk_run *r = calloc(1, sizeof(*r));
	struct rd_mirror *m;
	struct balance b;
	uint32_t next = 0;
	uint64_t copies = 0;

	(void)state;
	assert_non_null(r);
	rd_handoff_set_model(RD_MODEL_BALANCED);
	m = session("all", "permit proto udp");
	for (unsigned i = 0; i < CHANGES; i++) {
		wk_traffic(r, PACKETS);
		wk_wait_all(r);
		rd_worker_call_all(quiet, NULL);
		rd_worker_call_all(
			quiet, NULL); // what the others queued before the first call's end
		copies += collect(&next, true);
	}
	b = balance(m);
	assert_int_equal(b.came, r->sent);
	assert_int_equal(b.queued + b.ring_full + b.no_buf, r->sent);
	assert_int_equal(copies, b.sent);
	assert_int_equal(b.dropped, 0);
	for (unsigned i = 1; i < rd_nb_workers; i++)
		assert_true(m->state->counts[i].queued != 0); // by way of the ring
	print_message("%lu packets, %lu copies, %lu refused by the ring, %lu without memory\n",
		r->sent, copies, b.ring_full, b.no_buf);
	rd_mirror_del(m, "test");
	free(r);
}

#define INNER 50 // of an ERSPAN II copy
#define NUMBERS 4096 // of a flow's packets

static uint8_t met[WK_FLOWS][NUMBERS]; // copies of a packet

static void set(struct rd_mirror *m, const char *key, const char *value)
{
	struct rd_mirror_spec s = m->spec;
	struct rd_err err = {0};

	if (rd_mirror_spec_set(&s, key, value, &err) < 0
		|| rd_mirror_change(m, &s, "test", &err) < 0)
		fail_msg("%s", err.what);
}

static struct rd_mirror *grouped(const char *name)
{
	struct rd_mirror *m = session(name, "permit proto udp");

	set(m, "stage", "vnic_rx,port_in");
	set(m, "once", "7");
	return m;
}

static uint64_t collect_once(void)
{
	struct rte_mbuf *m;
	uint64_t nb = 0;

	for (; rte_ring_dequeue(out, (void **)&m) == 0; nb++) {
		uint32_t seq;
		uint16_t flow;

		assert_non_null(rte_pktmbuf_adj(m, INNER));
		flow = wk_flow(m, &seq);
		assert_true(flow < WK_FLOWS && seq < NUMBERS);
		if (met[flow][seq]++ != 0)
			fail_msg("flow %u's packet %u came again", flow, seq);
		rte_pktmbuf_free(m);
	}
	return nb;
}

// Two sessions of a group, each at two stages: whoever copies a packet first, on whichever worker, one copy of it is sent.
static void one_copy(void **state)
{
	struct wk_run *r = calloc(1, sizeof(*r));
	struct rd_mirror *m[2];
	struct balance b[2];
	uint64_t copies = 0;

	(void)state;
	assert_non_null(r);
	memset(met, 0, sizeof(met));
	rd_handoff_set_model(RD_MODEL_BALANCED);
	m[0] = grouped("a");
	m[1] = grouped("b");
	for (unsigned i = 0; i < CHANGES; i++) {
		wk_traffic(r, PACKETS);
		wk_wait_all(r);
		rd_worker_call_all(quiet, NULL);
		rd_worker_call_all(quiet, NULL);
		copies += collect_once();
	}
	for (unsigned i = 0; i < 2; i++)
		b[i] = balance(m[i]);
	assert_int_equal(b[0].came + b[1].came, 4 * r->sent);
	assert_int_equal(b[0].sent + b[1].sent, copies);
	assert_int_equal(b[0].dropped + b[1].dropped, 0);
	assert_int_equal(b[0].queued + b[1].queued, copies + b[0].duplicate + b[1].duplicate);
	if (b[0].ring_full + b[0].no_buf + b[1].ring_full + b[1].no_buf == 0)
		assert_int_equal(copies, r->sent);
	assert_true(copies <= r->sent && b[0].duplicate + b[1].duplicate != 0);
	print_message("%lu packets, %lu copies, %lu duplicates\n", r->sent, copies,
		b[0].duplicate + b[1].duplicate);
	rd_mirror_del(m[0], "test");
	rd_mirror_del(m[1], "test");
	free(r);
}

static const char *const rules[] = {"permit proto udp", "permit proto tcp",
	"permit proto udp sport 0-99", "deny proto udp sport 7", "permit length 60-1500"};

static void change(struct rd_mirror *m, unsigned n)
{
	struct rd_mirror_spec s = m->spec;
	struct rd_err err = {0};

	assert_int_equal(rd_mirror_spec_set(&s, "rule", "none", &err), 0);
	assert_int_equal(rd_mirror_spec_set(&s, "rule", rules[n % RTE_DIM(rules)], &err), 0);
	if (rd_mirror_change(m, &s, "test", &err) < 0)
		fail_msg("%s", err.what);
}

// Sessions come, change and go, and so do models, under traffic: wk_receive looks that no packet is lost or overtaken.
static void under_traffic(void **state)
{
	static const enum rd_model models[] = {RD_MODEL_BALANCED, RD_MODEL_RTC, RD_MODEL_HYBRID};
	struct wk_run *r = calloc(1, sizeof(*r));
	struct rd_mirror *m[4] = {0};
	uint64_t dropped = wk_drops();
	uint32_t next = 0;
	char name[16];

	(void)state;
	assert_non_null(r);
	r->nic_hash = true;
	for (unsigned i = 0; i < CHANGES; i++) {
		struct rd_mirror **one = &m[i * 7 % RTE_DIM(m)];

		wk_traffic(r, PACKETS);
		if (*one == NULL) {
			snprintf(name, sizeof(name), "s%u", i);
			*one = session(name, rules[i % RTE_DIM(rules)]);
		} else if (i % 3 != 0) {
			change(*one, i);
		} else {
			rd_mirror_stop(*one, "test"); // out of every worker's sight
			(void)balance(*one);
			rd_mirror_del(*one, "test");
			*one = NULL;
		}
		if (i % 10 == 9)
			rd_handoff_set_model(models[i / 10 % RTE_DIM(models)]);
		(void)collect(&next, false);
	}
	wk_wait_all(r);
	for (unsigned i = 0; i < RTE_DIM(m); i++)
		if (m[i] != NULL)
			rd_mirror_del(m[i], "test");
	(void)collect(&next, false);
	assert_int_equal(r->received, r->sent);
	assert_int_equal(wk_drops(), dropped);
	free(r);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_copy, begin, wk_end),
		cmocka_unit_test_setup_teardown(one_copy, begin, wk_end),
		cmocka_unit_test_setup_teardown(under_traffic, begin, wk_end),
	};

	wk_workers = 2;
	if (argc > 1 && rd_parse_u32(argv[1], 1, RD_WORKER_MAX, &wk_workers) < 0)
		return 2;
	wk_threads = true;
	return cmocka_run_group_tests(tests, setup, teardown);
}
