/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See mirror_world.h.
 */
#include "mirror_world.h"

#include <stdlib.h>
#include <string.h>

#include "session/field.h"

struct mw mw;

static void put(uint8_t *p, const char *hex)
{
	for (; *hex != '\0'; hex += 2) {
		char two[3] = {hex[0], hex[1], 0};

		*p++ = (uint8_t)strtoul(two, NULL, 16);
	}
}

void mw_world_of(uint16_t mtu)
{
	static const char syn[] =
		"005056a1fcf3005056a1999e08004500003c1234400040069234ac101f1aac101f19e0680050830fe93a"
		"00000000a002faf02e2a0000020405b40402080ab403878a0000000001030307";
	struct rd_port *p;

	gt_host("h");
	gt_switch("s", "h", 1, mtu);
	uint16_t seg = gt_segment("seg", "h/s", -1, 5001);

	p = gt_port("up", "h/s", RD_PORT_UPLINK);
	gt_mac(p, "02:00:00:00:00:01");
	gf_attach_sink(p, SINK_OUT);
	p->eth.mtu = mtu;
	mw.out = gt_publish(p);
	p = gt_port("vm1", "h/s", RD_PORT_VNIC);
	gt_mac(p, "00:50:56:a1:99:9e");
	p->segment = seg;
	mw.from = gt_publish(p);
	p = gt_port("vm2", "h/s", RD_PORT_VNIC);
	gt_mac(p, "00:50:56:a1:fc:f3");
	p->segment = seg;
	gf_attach_sink(p, SINK_GUEST);
	p->eth.mtu = mtu;
	mw.to = gt_publish(p);
	put(mw.frame, syn);
	mw.len = strlen(syn) / 2;
}

void mw_world(void)
{
	mw_world_of(1600);
}

struct rd_mirror *mw_session(const char *name, const char *rule, const char *extra)
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

struct mirror_counts mw_counts(const struct rd_mirror *m)
{
	struct mirror_counts n;

	rd_mirror_sum(m, &n);
	return n;
}

void mw_assert_balance(const struct rd_mirror *m)
{
	struct mirror_counts n = mw_counts(m);
	const struct mirror_owned *o = &m->state->owned;
	uint64_t sent = 0;

	assert_int_equal(n.taken,
		n.excluded + n.stopped + n.denied + n.reason + n.waiting + n.exclusive
			+ n.sampled_out + n.mtu + n.rate + n.cap + n.crowded + n.no_buf
			+ n.ring_full + n.queued);
	for (unsigned i = 0; i < RD_MIRROR_DESTS; i++)
		sent += o->sent[i].tx_ok + o->sent[i].tx_drop;
	assert_int_equal(n.queued + o->replicas, o->no_dest + o->duplicate + o->ended + sent);
	assert_true(n.came >= n.taken);
}

unsigned mw_forward(unsigned nb, bool drain)
{
	struct gf_frame *f = malloc(sizeof(*f));
	unsigned copies = 0;

	assert_non_null(f);
	for (unsigned i = 0; i < nb; i++) {
		gf_send(mw.from, mw.frame, mw.len);
		assert_true(gf_sink_take(SINK_GUEST, f));
		assert_int_equal(f->len, mw.len);
		assert_memory_equal(f->bytes, mw.frame, mw.len);
		assert_false(gf_sink_take(SINK_GUEST, f));
		if (drain)
			copies += gf_sink_drain(SINK_OUT);
	}
	free(f);
	return copies;
}

void mw_end(void)
{
	rd_mirror_end_all();
	for (unsigned i = 0; i < RD_MIRROR_MAX; i++)
		if (rd_mirror_at(i) != NULL)
			rd_mirror_del(rd_mirror_at(i), "test");
	(void)gf_sink_drain(SINK_OUT);
}

int mw_group_end(void **state)
{
	rd_mirror_fini();
	return gf_group_teardown(state);
}
