/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Between the sessions' state machine and the rules in network cards, see hw.h. Control thread.
 */
#include "session/hw.h"

#include <stdio.h>
#include <string.h>

#include "base/pkt.h"
#include "base/str.h"
#include "session/copy.h"
#include "session/engine.h"
#include "session/flow_why.h"
#include "session/pass.h"
#include "session/peer.h"
#include "session/state.h"
#include "tables/segment.h"

#define BIT(stage) (UINT64_C(1) << RD_STAGE_##stage)
// Where a card sees its frames.
#define EDGES \
	(BIT(UPLINK_RX) | BIT(UPLINK_TX) | BIT(VNIC_RX) | BIT(VNIC_TX) | BIT(UPT_RX) | BIT(UPT_TX))

static struct rd_offload *offload;
static struct rd_offload_point points[RD_OFFLOAD_POINTS];
static struct rd_offload_own own[MIRROR_EXCLUDES];

struct rd_offload *mirror_hw(void)
{
	if (offload == NULL)
		offload = rd_offload_new(mirror_card_ops(), NULL);
	return offload;
}

void mirror_hw_fini(void)
{
	rd_offload_free(offload);
	offload = NULL;
}

void rd_mirror_port_opened(uint16_t ethdev)
{
	if (mirror_hw() != NULL)
		rd_offload_port_opened(offload, ethdev);
}

void rd_mirror_port_closing(uint16_t ethdev)
{
	if (offload != NULL)
		rd_offload_port_closing(offload, ethdev);
}

static void add_point(const struct rd_port *p, unsigned stage, unsigned *nb)
{
	const struct rd_segment *seg = p->segment != 0 ? rd_segment_at(p->segment) : NULL;

	points[(*nb)++] = (struct rd_offload_point){.port = p->idx,
		.ethdev = p->attach == RD_ATTACH_ETHDEV ? p->ethdev : RD_FLOW_NOWHERE,
		.stage = (uint8_t)stage,
		.mtu = p->mtu,
		.segment_vni = seg != NULL && seg->vlan < 0 ? seg->vni : 0};
}

static unsigned collect(const struct mirror_run *r)
{
	unsigned nb = 0;

	for (unsigned i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *p = rd_port_at((uint16_t)i);
		uint64_t left = p != NULL ? r->at_port[i] & EDGES : 0;

		for (; left != 0 && nb < RD_OFFLOAD_POINTS; left &= left - 1)
			add_point(p, (unsigned)__builtin_ctzll(left), &nb);
	}
	return nb;
}

static unsigned collect_own(void)
{
	unsigned nb = 0;

	for (unsigned k = 0; k < RD_MIRROR_MAX; k++) {
		const struct rd_mirror *m = rd_mirror_at(k);

		for (unsigned i = 0; m != NULL && i < m->spec.nb_dests; i++) {
			struct rd_offload_own *o = &own[nb++];

			*o = (struct rd_offload_own){
				.family = m->spec.dest[i].family == AF_INET ? 4 : 6,
				.proto = mirror_ip_proto(&m->spec),
				.dport = mirror_udp_port(&m->spec)};
			memcpy(o->src, m->peer[i].src, 16);
			memcpy(o->dst, m->spec.dest[i].addr, 16);
		}
	}
	return nb;
}

static struct rd_offload_want want_of(const struct rd_mirror *m)
{
	const struct mirror_state *st = m->state;
	unsigned i = st->active < st->nb_dests ? st->active : 0;
	const struct rd_port *out = rd_port_at(m->peer[i].port);
	bool single = st->nb_dests == 1 || m->spec.mode == RD_MIRROR_STANDBY;
	bool device = out != NULL && out->attach == RD_ATTACH_ETHDEV;

	return (struct rd_offload_want){.spec = &m->spec,
		.id = m->spec.id,
		.head = single && st->dest[i].up && st->dest[i].encap.len != 0
			? &st->dest[i].encap.conf
			: NULL,
		.out_ethdev = device ? out->ethdev : RD_FLOW_NOWHERE,
		.out_mtu = device ? out->eth.mtu : 0,
		.geneve_port = RD_GENEVE_PORT,
		.nb_own = collect_own(),
		.own = own};
}

static bool is_wanted(const struct rd_mirror *m)
{
	return m->spec.offload != RD_MIRROR_OFFLOAD_FORBID;
}

// A card copies there: workers look, and leave it.
static void leave_to_card(const struct rd_mirror *m, struct mirror_run *r)
{
	for (unsigned i = 0; i < rd_offload_points(m->off); i++) {
		const struct rd_offload_point *p = rd_offload_point(m->off, i);

		if (rd_offload_result(m->off, i)->path == RD_PATH_SW)
			continue;
		r->card_at[p->port][rd_mirror_is_egress(p->stage)] = (uint8_t)(i + 1);
		r->cards = true;
	}
}

static uint64_t seen_at(const struct mirror_state *st, unsigned point)
{
	uint64_t sum = 0;

	for (unsigned w = 0; w < rd_nb_workers; w++)
		sum += __atomic_load_n(&st->card_seen[w][point], __ATOMIC_RELAXED);
	return sum;
}

// What workers saw at the points since it was told last. Other points than before: from now on.
static void tell_seen(const struct rd_mirror *m, bool others)
{
	struct mirror_state *st = m->state;

	for (unsigned i = 0; m->off != NULL && i < rd_offload_points(m->off); i++) {
		uint64_t seen = seen_at(st, i);

		if (!others)
			rd_offload_seen(m->off, i, seen - st->card_told[i]);
		st->card_told[i] = seen;
	}
}

int mirror_hw_apply(struct rd_mirror *m, struct mirror_run *r, struct rd_err *err)
{
	struct rd_offload_want want = want_of(m);
	unsigned nb = collect(r);
	int ret;

	if (!is_wanted(m) || mirror_hw() == NULL) {
		mirror_hw_revoke(m);
		return 0;
	}
	if (m->off == NULL)
		m->off = rd_offload_session_new(offload, m->spec.id);
	if (m->off == NULL)
		return rd_err_set(err, -ENOMEM, "out of memory");
	tell_seen(m, false);
	ret = rd_offload_set(m->off, &want, points, nb, err);
	tell_seen(m, true);
	(void)rd_offload_changed(m->off); // what this did is in r
	if (ret == 0)
		leave_to_card(m, r);
	return ret;
}

void mirror_hw_revoke(struct rd_mirror *m)
{
	if (m->off != NULL)
		rd_offload_revoke(m->off);
	rd_offload_session_free(m->off);
	m->off = NULL;
}

const char *mirror_hw_path(const struct rd_mirror *m)
{
	return rd_offload_summary(m->off);
}

// Of the first point that a card may copy or not. false: there is none.
static bool unproven(const struct rd_mirror *m, char *buf, size_t size)
{
	size_t len = 0;

	for (unsigned i = 0; m->off != NULL && i < rd_offload_points(m->off); i++) {
		const struct rd_offload_result *r = rd_offload_result(m->off, i);

		if (strcmp(rd_offload_shown(r), "unproven") != 0)
			continue;
		rd_str_addf(buf, size, &len,
			"not proven: a card took the rules (%s); that it copies: %s",
			rd_recipe_name(r->recipe), rd_proof_name(r->proof));
		return true;
	}
	return false;
}

const char *mirror_hw_why(struct rd_mirror *m, char *buf, size_t size)
{
	struct rd_offload_step s;
	size_t len = 0;

	*buf = '\0';
	if (!is_wanted(m)) {
		rd_str_addf(buf, size, &len, "software, as asked for");
		return buf;
	}
	for (unsigned i = 0; m->off != NULL && i < rd_offload_points(m->off); i++) {
		const struct rd_offload_result *r = rd_offload_result(m->off, i);

		if (r->path != RD_PATH_SW || !rd_offload_step(m->off, i, 0, &s))
			continue;
		rd_str_addf(buf, size, &len, "software: %s", s.meaning);
		if (s.message != NULL && *s.message != '\0')
			rd_str_addf(buf, size, &len, " (%s)", s.message);
		return buf;
	}
	if (!unproven(m, buf, size) && strcmp(mirror_hw_path(m), "sw") == 0)
		rd_str_addf(buf, size, &len, "software: no card sees these points");
	return buf;
}

bool mirror_hw_hits(const struct rd_mirror *m, uint64_t *hits)
{
	bool counted = true;

	*hits = 0;
	for (unsigned i = 0; m->off != NULL && i < rd_offload_points(m->off); i++) {
		const struct rd_offload_result *r = rd_offload_result(m->off, i);

		*hits += r->path == RD_PATH_HW ? r->hits : 0;
		counted = counted && (r->path != RD_PATH_HW || r->counted);
	}
	return counted;
}

void mirror_hw_tick(uint64_t now_ns)
{
	if (offload == NULL)
		return;
	for (unsigned k = 0; k < RD_MIRROR_MAX; k++)
		if (rd_mirror_at(k) != NULL)
			tell_seen(rd_mirror_at(k), false);
	(void)rd_offload_tick(offload, now_ns);
	for (unsigned k = 0; k < RD_MIRROR_MAX; k++)
		if (rd_mirror_at(k) != NULL && rd_mirror_at(k)->off != NULL)
			rd_mirror_at(k)->news |= rd_offload_changed(rd_mirror_at(k)->off);
}

struct rd_offload_session *mirror_hw_explain(struct rd_mirror *m, struct rd_err *err)
{
	struct rd_offload_want want;
	struct mirror_run *r;

	if (!is_wanted(m) || (m->run != NULL && m->off != NULL))
		return m->off;
	if (m->off == NULL && mirror_hw() != NULL)
		m->off = rd_offload_session_new(offload, m->spec.id);
	r = mirror_run_new(&m->spec, m->number, m->state);
	if (m->off == NULL || r == NULL) {
		rd_err_set(err, -ENOMEM, "out of memory");
		mirror_run_free(r);
		return NULL;
	}
	want = want_of(m);
	if (rd_offload_dry_run(m->off, &want, points, collect(r), err) < 0
		&& m->spec.offload == RD_MIRROR_OFFLOAD_REQUIRE)
		*err = (struct rd_err){0}; // that it could not be met is in the steps
	mirror_run_free(r);
	return m->off;
}
