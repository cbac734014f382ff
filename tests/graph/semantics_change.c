/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Random changes, made to the tables and to the reference. What the tables refuse is not made. See semantics.h.
 */
#include "semantics_route.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tables/flow.h"
#include "tables/generation.h"

#define GUESTS (1u << RD_PORT_VNIC | 1u << RD_PORT_UPT)
#define UPLINKS (1u << RD_PORT_UPLINK)

static char text[160];

// The edited record of a port of the reference, and back.
static bool publish(struct rd_port *p)
{
	struct rd_err err = {0};

	assert_non_null(p);
	if (rd_port_publish(p, &err) == 0)
		return true;
	rd_port_discard(p);
	return false;
}

static struct sem_port *some(unsigned types)
{
	const struct sem_port *p = sem_some_port(types);

	return p != NULL ? sem_port(p->idx) : NULL;
}

static const struct sem_seg *some_segment(uint16_t sw)
{
	const struct sem_seg *s = &sem.seg[sem_rnd(SEM_SEGS)];

	return s->idx != 0 && s->sw == sw ? s : NULL;
}

static void port_state(void)
{
	struct sem_port *s = some(GUESTS | (sem_chance(40) ? UPLINKS : 0) | 1u << RD_PORT_MUX);
	struct rd_port *p = rd_port_edit(s->idx);
	bool device = sem_chance(40);

	// What was down comes up again more often than not, else soon nothing would work.
	p->admin_up = s->admin = device ? s->admin : !s->admin || sem_chance(20);
	p->link_up = s->link = device ? !s->link || sem_chance(20) : s->link;
	assert_true(publish(p));
	snprintf(text, sizeof(text), "port %u admin %d link %d", s->idx, s->admin, s->link);
}

static void port_segment(void)
{
	struct sem_port *s = some(GUESTS);
	const struct sem_seg *to = some_segment(s->sw);
	struct rd_port *p = rd_port_edit(s->idx);
	uint16_t old = s->segment;

	p->segment = to != NULL ? to->idx : sem_chance(30) ? 0 : old;
	snprintf(text, sizeof(text), "port %u segment %u", s->idx, p->segment);
	if (!publish(p))
		return;
	s->segment = rd_port_at(s->idx)->segment;
	if (s->segment == old)
		return;
	if (s->segment != 0)
		sem_put(s->segment, s->mac, RD_FDB_PORT, false, s->idx);
	if (old != 0)
		sem_forget(old, s->mac);
}

static void port_mac(void)
{
	struct sem_port *s = some(GUESTS);
	struct rd_port *p = rd_port_edit(s->idx);
	uint8_t mac[6];

	sem_mac(mac, sem_rnd(12));
	memcpy(p->mac, mac, 6);
	snprintf(text, sizeof(text), "port %u MAC ..:%02x", s->idx, mac[5]);
	if (!publish(p) || memcmp(mac, s->mac, 6) == 0)
		return;
	if (s->segment != 0) {
		sem_put(s->segment, mac, RD_FDB_PORT, false, s->idx);
		sem_forget(s->segment, s->mac);
	}
	memcpy(s->mac, mac, 6);
}

static void port_rest(void)
{
	struct sem_port *s = some(GUESTS);
	struct rd_port *p = rd_port_edit(s->idx);
	unsigned what = sem_rnd(3);

	if (what == 0) {
		p->spoof_check = s->spoof = !s->spoof;
	} else if (what == 1 && s->host == sem.tep.host) {
		p->nb_team = s->nb_team = (uint8_t)sem_rnd(3);
		p->team[0] = s->team[0] = sem.port[sem_rnd(2)].idx;
		p->team[1] = s->team[1] = sem.port[s->team[0] == sem.port[0].idx].idx;
	} else if (s->sink >= 0) {
		p->attach = s->attach =
			s->attach == RD_ATTACH_NONE ? RD_ATTACH_ETHDEV : RD_ATTACH_NONE;
	}
	assert_true(publish(p));
	snprintf(text, sizeof(text), "port %u spoof %d team %u attach %u", s->idx, s->spoof,
		s->nb_team, s->attach);
}

static void rules(void)
{
	sem_change_rules(text, sizeof(text));
}

static void conns(void)
{
	sem_change_conns(text, sizeof(text));
}

static void the_router(void)
{
	sem_change_router(text, sizeof(text));
}

static void segment_opts(void)
{
	struct sem_seg *s = &sem.seg[sem_rnd(SEM_SEGS)];
	struct rd_segment_opts o = {.vlan = s->vlan, .vni = s->vni};
	struct rd_err err = {0};

	if (s->idx == 0)
		return;
	o.flood = sem_chance(75);
	o.learn = sem_chance(80);
	o.aging_s = sem_chance(50) ? 300 : 5;
	for (unsigned i = 0; s->vlan < 0 && s->host == sem.tep.host && i < SEM_TUNNELS; i++)
		if (sem.tunnel[i].idx != 0 && sem_chance(50))
			o.tunnel[o.nb_tunnels++] = sem.tunnel[i].idx;
	assert_int_equal(rd_segment_set(s->idx, &o, &err), 0);
	s->flood = o.flood;
	s->learn = o.learn;
	s->aging_s = o.aging_s;
	s->nb_tunnels = (uint8_t)o.nb_tunnels;
	memcpy(s->tunnel, o.tunnel, sizeof(s->tunnel));
	snprintf(text, sizeof(text), "segment %u flood %d learn %d, %u tunnels", s->idx, s->flood,
		s->learn, s->nb_tunnels);
}

static bool has_ports(uint16_t seg)
{
	for (unsigned i = 0; i < SEM_PORTS; i++)
		if (sem.port[i].idx != 0 && sem.port[i].segment == seg)
			return true;
	return false;
}

// Another VNI or VLAN: the segment goes and comes again, with the same index. Its ports leave it for that moment.
static void segment_number(void)
{
	struct sem_seg *s = &sem.seg[sem_rnd(SEM_SEGS)];
	struct rd_segment_opts o = {
		.vlan = s->vlan, .vni = s->vni, .flood = true, .learn = true, .aging_s = 300};
	struct rd_err err = {0};
	char name[16];

	if (s->idx == 0 || has_ports(s->idx) || sem_rif_of(s->idx) != NULL)
		return;
	o.vlan = s->vlan < 0 ? -1 : (int32_t)sem_rnd(3) * 10;
	o.vni = s->vlan < 0 ? 5001 + sem_rnd(3) : 0;
	assert_int_equal(rd_segment_del(s->idx, &err), 0);
	for (unsigned i = 0; i < SEM_STATIONS; i++)
		if (sem.station[i].segment == s->idx)
			sem.station[i].segment = 0;
	s->idx = 0;
	snprintf(name, sizeof(name), "n%u", sem_rnd(1000000));
	if (rd_segment_add(name, rd_switch_at(s->sw), &o, &err) < 0)
		return;
	s->idx = (o.vlan < 0 ? rd_segment_by_vni(s->host, o.vni)
			     : rd_segment_by_vlan(s->sw, (uint16_t)o.vlan))
			 ->idx;
	s->vlan = o.vlan;
	s->vni = o.vni;
	s->flood = s->learn = true;
	s->aging_s = 300;
	s->nb_tunnels = 0;
	snprintf(text, sizeof(text), "segment %u VLAN %d VNI %u", s->idx, s->vlan, s->vni);
}

static void forget_port_or_tunnel(bool is_tunnel, uint16_t to)
{
	for (unsigned i = 0; i < SEM_STATIONS; i++)
		if (sem.station[i].is_tunnel == is_tunnel && sem.station[i].to == to)
			sem.station[i].segment = 0;
}

static void tunnel(void)
{
	unsigned n = sem_rnd(SEM_TUNNELS);
	struct sem_tunnel *t = &sem.tunnel[n];
	const uint8_t mac[6] = {2, 0, 0, 1, 0, (uint8_t)sem_rnd(200)};
	bool known = sem_chance(75);
	struct rd_err err = {0};
	char name[16];

	if (t->idx != 0) {
		snprintf(text, sizeof(text), "tunnel %u goes", t->idx);
		if (rd_tunnel_del(t->idx, &err) < 0)
			return;
		forget_port_or_tunnel(true, t->idx);
		t->idx = 0;
		if (sem_chance(30))
			return;
	}
	snprintf(name, sizeof(name), "t%u", n);
	assert_int_equal(rd_tunnel_add(name, rd_tep_at(sem.tep.idx), sem_remote[n],
				 known ? mac : NULL, &err),
		0);
	*t = (struct sem_tunnel){.idx = rd_tunnel_find(name, &err)->idx, .known = known};
	memcpy(t->remote, sem_remote[n], 4);
	memcpy(t->mac, mac, 6);
	snprintf(text, sizeof(text), "tunnel %u anew, MAC known %d", t->idx, known);
}

static void tunnel_macs(void)
{
	rd_tunnel_poll_learned();
	for (unsigned i = 0; i < SEM_TUNNELS; i++) {
		struct sem_tunnel *t = &sem.tunnel[i];

		if (t->idx == 0 || !t->asked)
			continue;
		t->asked = false;
		t->known = t->learned = true;
		memcpy(t->mac, t->want, 6);
	}
	snprintf(text, sizeof(text), "next hops learned");
}

static void station(void)
{
	const struct sem_seg *s = &sem.seg[sem_rnd(SEM_SEGS)];
	const struct sem_tunnel *t = &sem.tunnel[sem_rnd(SEM_TUNNELS)];
	const struct sem_station *known;
	bool is_tunnel = s->vlan < 0 && t->idx != 0 && sem_chance(70);
	const struct sem_port *p = some(GUESTS);
	uint16_t to = is_tunnel ? t->idx : p->idx;
	uint8_t mac[6];

	sem_mac(mac, sem_rnd(20));
	known = sem_station(s->idx, mac);
	if (s->idx == 0 || (known != NULL && known->kind == RD_FDB_PORT)
		|| (!is_tunnel && p->sw != s->sw))
		return;
	snprintf(text, sizeof(text), "station ..:%02x of segment %u: %s %u", mac[5], s->idx,
		is_tunnel ? "tunnel" : "port", to);
	if (known != NULL && sem_chance(50)) {
		assert_int_equal(rd_fdb_del(s->idx, mac), 0);
		sem_forget(s->idx, mac);
		return;
	}
	assert_int_equal(rd_fdb_add(s->idx, mac, RD_FDB_STATIC, is_tunnel, to), 0);
	sem_put(s->idx, mac, RD_FDB_STATIC, is_tunnel, to);
}

static void stations_flush(void)
{
	uint16_t seg = sem_chance(50) ? 0 : sem.seg[sem_rnd(SEM_SEGS)].idx;
	bool learned = sem_chance(70);

	rd_fdb_flush(seg, learned);
	for (unsigned i = 0; i < SEM_STATIONS; i++) {
		struct sem_station *e = &sem.station[i];

		if ((seg == 0 || e->segment == seg) && e->kind != RD_FDB_ROUTER
			&& (e->kind == RD_FDB_LEARNED || (!learned && e->kind != RD_FDB_PORT)))
			e->segment = 0;
	}
	snprintf(text, sizeof(text), "fdb flush, segment %u, learned only %d", seg, learned);
}

static void stations_age(void)
{
	rd_coarse_advance(1 + sem_rnd(8));
	sem.now_s = rd_coarse_s();
	rd_fdb_age(sem.now_s);
	for (unsigned i = 0; i < SEM_STATIONS; i++) {
		struct sem_station *e = &sem.station[i];
		const struct sem_seg *s = sem_seg(e->segment);

		if (s != NULL && e->kind == RD_FDB_LEARNED && s->aging_s != 0
			&& sem.now_s - e->last_s >= s->aging_s)
			e->segment = 0;
	}
	snprintf(text, sizeof(text), "fdb age");
}

static void flows(void)
{
	unsigned what = sem_rnd(4);

	rd_coarse_advance(sem_rnd(3));
	sem.now_s = rd_coarse_s();
	gf_w->flows->idle_s = 1 + sem_rnd(4);
	if (what == 0)
		rd_flow_flush(gf_w->flows);
	else if (what == 1)
		rd_generation_bump();
	else if (what == 2)
		(void)rd_generation_set(rd_generation() + 1 + sem_rnd(1000));
	else
		rd_flow_age(gf_w->flows, sem.now_s, 1 + sem_rnd(5000));
	snprintf(text, sizeof(text), "flows: flush, bump, set or age (%u)", what);
}

static void mtu(void)
{
	struct rd_switch *sw = rd_switch_at(1 + sem_rnd(2));
	struct rd_err err = {0};
	uint16_t n = sem_chance(60) ? 1600 : 500;

	assert_int_equal(rd_switch_set_mtu(sw, n, &err), 0);
	sem.mtu[sw->idx] = n;
	snprintf(text, sizeof(text), "switch %u MTU %u", sw->idx, n);
}

const char *sem_change(void)
{
	static void (*const changes[])(void) = {port_state, port_state, port_segment, port_segment,
		port_mac, port_rest, rules, rules, rules, rules, rules, conns, conns, conns,
		segment_opts, segment_number, tunnel, tunnel_macs, station, station, stations_flush,
		stations_age, flows, flows, mtu, the_router, the_router, the_router};

	text[0] = '\0';
	changes[sem_rnd(RTE_DIM(changes))]();
	return text;
}
