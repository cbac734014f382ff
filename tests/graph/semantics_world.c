/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One topology, made twice: in the tables and in the reference's lists. Two uplinks, an endpoint with tunnels, two overlay and
 * two VLAN segments, guests of both kinds, and a host behind a MUX. See semantics.h.
 */
#include "semantics_route.h"

#include <stdio.h>
#include <string.h>

#include "tables/generation.h"

uint64_t sem_seed = 1;

const uint8_t sem_remote[SEM_TUNNELS][4] = {
	{192, 168, 4, 57}, {192, 168, 4, 58}, {192, 168, 4, 59}, {192, 168, 4, 61}};

uint32_t sem_rnd(uint32_t bound)
{
	sem_seed ^= sem_seed << 13;
	sem_seed ^= sem_seed >> 7;
	sem_seed ^= sem_seed << 17;
	return (uint32_t)(sem_seed >> 20) % bound;
}

bool sem_chance(unsigned percent)
{
	return sem_rnd(100) < percent;
}

void sem_mac(uint8_t mac[6], unsigned n)
{
	const uint8_t m[6] = {2, 0, 0, 0, 0x10, (uint8_t)n};

	memcpy(mac, m, 6);
}

const struct sem_port *sem_some_port(unsigned types)
{
	unsigned first = sem_rnd(SEM_PORTS);

	for (unsigned i = 0; i < SEM_PORTS; i++) {
		const struct sem_port *p = &sem.port[(first + i) % SEM_PORTS];

		if (p->idx != 0 && (types >> p->type & 1))
			return p;
	}
	return NULL;
}

static struct sem_port *note_port(const struct rd_port *p, int sink)
{
	struct sem_port *s = NULL;

	for (unsigned i = 0; s == NULL; i++) {
		assert_true(i < SEM_PORTS);
		if (sem.port[i].idx == 0)
			s = &sem.port[i];
	}
	*s = (struct sem_port){.type = p->type,
		.attach = p->attach,
		.host = p->host,
		.sw = p->sw,
		.segment = p->segment,
		.peer = p->peer,
		.admin = true,
		.link = true,
		.spoof = p->spoof_check,
		.dev_mtu = p->eth.mtu,
		.nb_team = p->nb_team,
		.sink = sink};
	memcpy(s->team, p->team, sizeof(s->team));
	return s;
}

// Publishes p, and takes it into the reference. sink < 0: it has no device.
static struct sem_port *add_port(struct rd_port *p, int sink)
{
	struct sem_port *s;

	if (sink >= 0)
		gf_attach_sink(p, (unsigned)sink);
	s = note_port(p, sink);
	s->idx = gt_publish(p);
	memcpy(s->mac, rd_port_at(s->idx)->mac, 6);
	if (s->segment != 0)
		sem_put(s->segment, s->mac, RD_FDB_PORT, false, s->idx);
	return s;
}

static uint16_t add_segment(const char *name, const char *sw, int32_t vlan, uint32_t vni)
{
	uint16_t idx = gt_segment(name, sw, vlan, vni);
	const struct rd_segment *s = rd_segment_at(idx);
	unsigned i = 0;

	while (sem.seg[i].idx != 0)
		i++;
	sem.seg[i] = (struct sem_seg){.idx = idx,
		.sw = s->sw,
		.host = s->host,
		.vlan = vlan,
		.vni = vni,
		.flood = true,
		.learn = true,
		.aging_s = s->aging_s};
	return idx;
}

static void add_guest(unsigned n, const char *name, uint16_t seg, int sink)
{
	struct rd_port *p = gt_port(name, "arm/s1", n % 2 == 0 ? RD_PORT_VNIC : RD_PORT_UPT);

	sem_mac(p->mac, n);
	p->segment = seg;
	p->spoof_check = sem_chance(70);
	if (sem_chance(40))
		gt_team(p, sem.port[0].idx, sem_chance(50) ? sem.port[1].idx : 0);
	add_port(p, sink);
}

static void add_tep(void)
{
	struct rd_tep t = {.host = rd_host_find("arm")->idx,
		.ttl = (uint8_t)(1 + sem_rnd(255)),
		.df = sem_chance(60),
		.csum = sem_chance(30),
		.nb_team = 2,
		.team = {sem.port[0].idx, sem.port[1].idx},
		.dport = 6081,
		.ip = {192, 168, 4, 60},
		.mac = {2, 0, 0, 0, 0, 1},
		.hash_seed = sem_rnd(1000000),
		.opt_len = sem_chance(50) ? 8 : 0,
		.opt = {1, 4, sem_chance(50) ? 0x80 : 0, 1, 9, 8, 7, 6}};
	struct rd_err err = {0};

	assert_int_equal(rd_tep_add(&t, &err), 0);
	sem.tep = (struct sem_tep){.idx = 1,
		.host = t.host,
		.ttl = t.ttl,
		.df = t.df,
		.csum = t.csum,
		.dport = t.dport,
		.opt_len = t.opt_len,
		.seed = t.hash_seed,
		.nb_team = 2,
		.team = {t.team[0], t.team[1]}};
	memcpy(sem.tep.ip, t.ip, 4);
	memcpy(sem.tep.mac, t.mac, 6);
	memcpy(sem.tep.opt, t.opt, 8);
}

static void add_x86(uint16_t mux, uint16_t arm_seg)
{
	uint16_t seg;
	struct rd_port *p;

	gt_host("x86");
	gt_switch("s2", "x86", 4, 1600);
	p = gt_port("u", "x86/s2", RD_PORT_UPLINK);
	p->attach = RD_ATTACH_LINK;
	p->peer = mux;
	sem_port(mux)->peer = add_port(p, -1)->idx;
	sem_port(mux)->attach = RD_ATTACH_LINK;
	seg = add_segment("lan", "x86/s2", sem_chance(90) ? 0 : 5, 0);
	p = gt_port("vm", "x86/s2", RD_PORT_VNIC);
	sem_mac(p->mac, 8);
	p->segment = seg;
	add_port(p, 6);
	p = gt_port("vm.proxy", "arm/s1", RD_PORT_VNIC);
	sem_mac(p->mac, 8);
	p->segment = arm_seg;
	p->attach = RD_ATTACH_VIA;
	p->peer = mux;
	add_port(p, -1);
}

static void add_rules(void)
{
	for (unsigned i = 0; i < SEM_PORTS; i++) {
		struct sem_port *p = &sem.port[i];

		if (p->idx == 0 || (p->type != RD_PORT_VNIC && p->type != RD_PORT_UPT)
			|| sem_chance(50))
			continue;
		p->dfw = true;
		p->allow = true;
		p->stateful = sem_chance(60);
		(p->stateful ? gt_dfw_stateful : gt_dfw)(p->idx, NULL, 0, true);
	}
}

static void add_tunnels(uint16_t seg)
{
	static const char *const ips[] = {"192.168.4.57", "192.168.4.58", "192.168.4.59"};
	static const char *const macs[] = {"02:00:00:00:00:57", "02:00:00:00:00:58", NULL};

	for (unsigned i = 0; i < 3; i++) {
		char name[8];
		struct sem_tunnel *t = &sem.tunnel[i];
		const struct rd_tunnel *rt;

		snprintf(name, sizeof(name), "t%u", i);
		t->idx = gt_tunnel(name, "192.168.4.60", ips[i], macs[i]);
		rt = rd_tunnel_at(t->idx);
		memcpy(t->remote, sem_remote[i], 4);
		memcpy(t->mac, rt->mac, 6);
		t->known = macs[i] != NULL;
	}
	gt_segment_set(seg, true, true, sem.tunnel[0].idx);
	sem_seg(seg)->nb_tunnels = 1;
	sem_seg(seg)->tunnel[0] = sem.tunnel[0].idx;
}

void sem_world_build(void)
{
	uint16_t a, b, vlan;
	char text[80];

	memset(&sem, 0, sizeof(sem));
	sem_state_begin();
	sem.now_s = gf_w->now_s;
	gt_host("arm");
	gt_switch("s1", "arm", 3, 1600);
	sem.mtu[1] = sem.mtu[2] = 1600;
	add_port(gt_port("up1", "arm/s1", RD_PORT_UPLINK), 0);
	add_port(gt_port("up2", "arm/s1", RD_PORT_UPLINK), 1);
	a = add_segment("a", "arm/s1", -1, 5001);
	b = add_segment("b", "arm/s1", -1, 5002);
	vlan = add_segment("v10", "arm/s1", 10, 0);
	if (sem_chance(50))
		add_segment("v0", "arm/s1", 0, 0);
	add_tep();
	add_tunnels(a);
	add_guest(0, "g0", a, 2);
	add_guest(1, "g1", a, 3);
	add_guest(2, "g2", sem_chance(50) ? b : vlan, 4);
	add_guest(3, "g3", vlan, 5);
	add_x86(add_port(gt_port("mux", "arm/s1", RD_PORT_MUX), -1)->idx,
		sem_chance(70) ? a : vlan);
	add_rules();
	sem_router_build();
	sem_change_timeouts();
	sem_change_limits(text, sizeof(text));
}
