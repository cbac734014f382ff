/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See pass.h. The frame leaves by the queue that copies leave by; it listens with a tap of its own, so that no stage has to know of it. What
 * comes in goes on like any packet: it is for a group address that no bridge passes on (drop reason L2_CONTROL), and its copy with
 * a head is, too. Control thread; heard() is called by workers.
 */
#include "session/pass.h"

#include <errno.h>
#include <string.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>

#include "base/clock.h"
#include "base/pkt.h"
#include "core/graph.h"
#include "core/tap.h"
#include "core/tap_copy.h"
#include "session/copy.h"
#include "session/engine.h"
#include "tables/port.h"

#define STEP_US 50
#define WAIT_NS UINT64_C(20000000) // for what should come
#define GRACE_NS UINT64_C(1000000) // for what should not

static struct {
	struct rd_capture *tap;
	unsigned nb; // that came; workers take places. Atomic
	unsigned ready[RD_FLOW_HEARD]; // its place is filled; atomic
	struct rd_flow_heard_frame frame[RD_FLOW_HEARD];
} ear;

// --- what the workers hear ---

static void heard(void *arg, struct rd_worker *w, const struct rd_tap_seen *seen, unsigned nb)
{
	(void)arg;
	(void)w;
	for (unsigned i = 0; i < nb; i++) {
		unsigned at = __atomic_fetch_add(&ear.nb, 1, __ATOMIC_RELAXED);
		struct rd_flow_heard_frame *f = &ear.frame[at % RD_FLOW_HEARD];

		if (at >= RD_FLOW_HEARD)
			continue;
		f->port = rd_port_at(seen[i].port) != NULL ? rd_port_at(seen[i].port)->ethdev
							   : RD_FLOW_NOWHERE;
		f->len = (uint16_t)RTE_MIN(seen[i].len, (uint32_t)RD_FLOW_HEARD_LEN);
		rd_tap_copy(f->bytes, seen[i].m, seen[i].off, f->len);
		__atomic_store_n(&ear.ready[at], 1, __ATOMIC_RELEASE);
	}
}

static void flushed(void *arg, struct rd_worker *w)
{
	(void)arg;
	(void)w;
}

static const struct rd_tap_sink listener = {.take = heard, .flush = flushed};

// --- control ---

static const struct rd_port *port_of(uint16_t ethdev, uint16_t *idx)
{
	for (unsigned i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *p = rd_port_at((uint16_t)i);

		if (p != NULL && p->attach == RD_ATTACH_ETHDEV && p->ethdev == ethdev) {
			*idx = (uint16_t)i;
			return p;
		}
	}
	return NULL;
}

static int listen_at(const struct rd_flow_pass *what)
{
	const struct rd_filter_insn program[] = {
		{0x20, 0, 0, 6}, // ld [6]: the source address
		{0x15, 0, 3, rd_be32(what->mac)},
		{0x28, 0, 0, 10}, // ldh [10]
		{0x15, 0, 1, rd_be16(what->mac + 4)},
		{0x06, 0, 0, UINT16_MAX},
		{0x06, 0, 0, 0},
	};
	struct rd_tap_point points[2];
	struct rd_capture_opts o = {.points = points, .sink = &listener};
	struct rd_err err = {0};

	for (unsigned i = 0; i < (what->at[0] == what->at[1] ? 1u : 2u); i++) {
		uint16_t idx = 0;
		const struct rd_port *p = port_of(what->at[i], &idx);
		unsigned stage = p != NULL ? rd_rx_stage(p->type) : RD_STAGE_NONE;

		if (stage == RD_STAGE_NONE)
			return -ENODEV;
		points[o.nb_points++] = (struct rd_tap_point){(uint16_t)stage, idx};
	}
	if (rd_filter_load(&o.filter, program, RTE_DIM(program), RD_FILTER_OUTER, &err) < 0)
		return err.code;
	ear.tap = rd_sink_start(&o, NULL, &err);
	rd_filter_free(&o.filter);
	return ear.tap != NULL ? 0 : err.code;
}

struct errand {
	struct rte_mbuf *m;
	uint16_t port;
	bool taken;
};

static void send_it(struct rd_worker *w, void *arg)
{
	struct errand *e = arg;

	e->taken = mirror_send_frame(w, e->m, e->port);
}

static int send_frame(uint16_t ethdev, const struct rd_flow_pass *what)
{
	struct errand e = {0};
	struct mirror_copy *c;

	if (port_of(ethdev, &e.port) == NULL)
		return -ENODEV;
	e.m = rte_pktmbuf_alloc(mirror_pool());
	if (e.m == NULL)
		return -EBUSY;
	c = rte_mbuf_to_priv(e.m);
	*c = (struct mirror_copy){.md = {.out_port = e.port, .flags = RD_META_MIRROR}};
	memcpy(rte_pktmbuf_append(e.m, what->len), what->frame, what->len);
	mirror_owner_call(send_it, &e);
	return e.taken ? 0 : -EBUSY;
}

int mirror_pass_begin(uint16_t ethdev, const struct rd_flow_pass *what)
{
	int ret;

	memset(&ear, 0, sizeof(ear));
	if (mirror_path_init() < 0)
		return -EBUSY;
	ret = listen_at(what);
	if (ret == 0)
		ret = send_frame(ethdev, what);
	if (ret < 0)
		mirror_pass_end();
	return ret;
}

unsigned mirror_pass_heard(struct rd_flow_heard *out)
{
	unsigned nb = __atomic_load_n(&ear.nb, __ATOMIC_RELAXED);

	out->nb = nb;
	for (unsigned i = 0; i < nb && i < RD_FLOW_HEARD; i++) {
		if (__atomic_load_n(&ear.ready[i], __ATOMIC_ACQUIRE) == 0) {
			out->nb = i; // it is just being written
			break;
		}
		out->frame[i] = ear.frame[i];
	}
	return out->nb;
}

void mirror_pass_end(void)
{
	rd_capture_stop(ear.tap);
	ear.tap = NULL;
}

static int pass(
	void *drv, uint16_t port, const struct rd_flow_pass *what, struct rd_flow_heard *out)
{
	uint64_t start, now, until;
	bool enough = false;
	int ret = mirror_pass_begin(port, what);

	(void)drv;
	if (ret < 0)
		return ret;
	start = now = rd_monotonic_ns();
	until = start + WAIT_NS;
	while (now < until) {
		rte_delay_us_sleep(STEP_US);
		now = rd_monotonic_ns();
		if (!enough && mirror_pass_heard(out) >= what->enough) {
			enough = true;
			out->ns = now - start;
			until = now + GRACE_NS;
		}
	}
	mirror_pass_end();
	(void)mirror_pass_heard(out);
	return 0;
}

// Another port of the switch that we receive from.
static uint16_t look_port(uint16_t ethdev, uint16_t domain)
{
	for (unsigned i = 1; domain != RD_FLOW_DOMAIN_NONE && i < rd_port_bound(); i++) {
		const struct rd_port *p = rd_port_at((uint16_t)i);
		struct rte_eth_dev_info di;

		if (p != NULL && p->attach == RD_ATTACH_ETHDEV && p->ethdev != ethdev && p->admin_up
			&& rte_eth_dev_info_get(p->ethdev, &di) == 0
			&& di.switch_info.domain_id == domain)
			return p->ethdev;
	}
	return RD_FLOW_NOWHERE;
}

static int facts(void *drv, uint16_t port, struct rd_flow_facts *out)
{
	int ret = rd_flow_rte.facts(drv, port, out);

	if (ret == 0)
		out->look_port = look_port(port, out->domain);
	return ret;
}

const struct rd_flow_ops *mirror_card_ops(void)
{
	static struct rd_flow_ops ops;

	ops = rd_flow_rte;
	ops.facts = facts;
	ops.pass = pass;
	return &ops;
}
