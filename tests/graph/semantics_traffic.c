/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Random traffic: each scenario has some flows that come back again and again, so that there are hits, and now and then
 * anything else. See semantics.h.
 */
#include "semantics_route.h"

#include <string.h>

#define FLOWS 10
#define INNERS 64

struct flow {
	enum {
		FROM_GUEST,
		FROM_VLAN,
		FROM_TUNNEL,
	} from;
	unsigned slot; // of the port
	unsigned remote;
	struct sem_pkt k; // inside
};

static struct flow flows[FLOWS];
static struct sem_pkt inners[INNERS]; // of the last packets: more than a burst needs
static unsigned next_inner;

static void some_mac(uint8_t mac[6])
{
	static const uint8_t special[][6] = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		{0x33, 0x33, 0, 0, 0, 1}, {1, 0, 0x5e, 0, 0, 5}, {1, 0x80, 0xc2, 0, 0, 0xe}};

	if (sem_chance(8))
		memcpy(mac, special[sem_rnd(RTE_DIM(special))], 6);
	else
		sem_mac(mac, sem_chance(80) ? sem_rnd(9) : sem_rnd(20));
}

static void some_ports(struct sem_pkt *k)
{
	static const uint16_t dports[] = {22, 80, 443, 53, 8080};

	if (k->proto == 1 || k->proto == 58) { // echo, and errors
		static const uint16_t types[] = {8, 0, 3, 11}, types6[] = {128, 129, 1, 135};

		k->sport = (k->proto == 1 ? types : types6)[sem_rnd(4)];
		k->dport = (uint16_t)sem_rnd(2);
		k->icmp_id = (uint16_t)sem_rnd(3);
	} else {
		k->sport = (uint16_t)(40000 + sem_rnd(3));
		k->dport = dports[sem_rnd(RTE_DIM(dports))];
	}
}

static void some_ip(struct sem_pkt *k)
{
	static const uint8_t protos4[] = {6, 6, 17, 17, 1, 1, 47, 50, 132};
	static const uint8_t protos6[] = {6, 17, 58, 58, 47, 59};

	k->proto = k->kind == SEM_IP4 ? protos4[sem_rnd(RTE_DIM(protos4))]
				      : protos6[sem_rnd(RTE_DIM(protos6))];
	k->src[0] = k->kind == SEM_IP4 ? 10 : 0xfd;
	k->dst[0] = k->src[0];
	k->src[k->kind == SEM_IP4 ? 3 : 15] = (uint8_t)(1 + sem_rnd(5));
	k->dst[k->kind == SEM_IP4 ? 3 : 15] = (uint8_t)(1 + sem_rnd(5));
	k->tos = sem_chance(30) ? (uint8_t)sem_rnd(256) : 0;
	k->quote.proto = 17; // if it is an ICMP error: of nobody's
	some_ports(k);
}

static void some_packet(struct sem_pkt *k)
{
	unsigned kind = sem_rnd(100);

	memset(k, 0, sizeof(*k));
	some_mac(k->dmac);
	sem_mac(k->smac, 9 + sem_rnd(9));
	k->kind = kind < 60 ? SEM_IP4 : kind < 85 ? SEM_IP6 : kind < 93 ? SEM_ARP : SEM_OTHER;
	k->payload = (uint16_t)sem_rnd(80);
	if (k->kind == SEM_ARP) {
		k->src[0] = k->dst[0] = 10;
		k->dst[3] = (uint8_t)sem_rnd(5);
	} else if (k->kind != SEM_OTHER) {
		some_ip(k);
	}
}

void sem_traffic_begin(void)
{
	sem_talk_begin();
	for (unsigned i = 0; i < FLOWS; i++) {
		struct flow *f = &flows[i];

		f->from = sem_rnd(3);
		f->slot = sem_rnd(SEM_PORTS);
		f->remote = sem_rnd(SEM_TUNNELS);
		some_packet(&f->k);
		f->k.vni = sem_chance(60) ? 5001 : 5002 + sem_rnd(3);
		f->k.vlan[0] = sem_chance(70) ? 10 : (uint16_t)(sem_rnd(4) * 10);
		f->k.tags = f->from == FROM_VLAN && (f->k.vlan[0] != 0 || sem_chance(30));
	}
}

// Another packet of the same flow, mostly.
static void vary(struct sem_pkt *k)
{
	bool ip = k->kind == SEM_IP4 || k->kind == SEM_IP6;

	k->payload = (uint16_t)(sem_chance(4) ? 1400 + sem_rnd(250) : sem_rnd(80));
	if (sem_chance(6))
		some_mac(k->dmac);
	if (sem_chance(3))
		sem_mac(k->smac, sem_rnd(20));
	if (ip && sem_chance(8))
		k->frag = (uint8_t)(1 + sem_rnd(2));
	if (ip && sem_chance(10))
		some_ports(k);
	k->bad_sum = k->kind == SEM_IP4 && sem_chance(1);
	if (sem_chance(2))
		k->tags ^= 1;
	if (sem_chance(1))
		k->smac[0] |= 1;
	if (sem_chance(1))
		memset(k->smac, 0, 6);
}

static uint16_t from_tunnel(const struct flow *f, struct sem_pkt *k)
{
	struct sem_pkt *inner = &inners[next_inner++ % INNERS];

	*inner = *k;
	inner->tags = sem_chance(3); // a tag inside the tunnel is the guests' affair
	memset(k, 0, sizeof(*k));
	k->inner = inner;
	k->vni = inner->vni;
	inner->vni = 0;
	memcpy(k->dmac, sem.tep.mac, 6);
	k->smac[0] = k->smac[4] = 2;
	k->smac[5] = (uint8_t)(sem_chance(95) ? f->remote : sem_rnd(200));
	k->kind = SEM_IP4;
	k->proto = 17;
	k->tos = sem_chance(10) ? (uint8_t)sem_rnd(4) : 0;
	memcpy(k->src, sem_remote[f->remote], 4);
	memcpy(k->dst, sem.tep.ip, 4);
	k->sport = 50000;
	k->dport = sem.tep.dport;
	k->bad_sum = sem_chance(1);
	if (sem_chance(1))
		k->dst[3]++; // an address that no endpoint has
	if (sem_chance(1))
		k->dmac[5]++; // flooded to us
	return sem.port[sem_chance(85) ? 0 : 1].idx;
}

static const struct sem_port *guest_of(const struct flow *f)
{
	const struct sem_port *p = &sem.port[f->slot];
	bool guest = p->type == RD_PORT_VNIC || p->type == RD_PORT_UPT;

	return p->idx == 0 || !guest || p->attach == RD_ATTACH_VIA ? &sem.port[2 + f->slot % 4] : p;
}

static uint16_t segment_of(const struct flow *f)
{
	const struct sem_port *up = &sem.port[0];
	const struct sem_seg *s;

	if (f->from == FROM_GUEST)
		return guest_of(f)->segment;
	s = f->from == FROM_VLAN ? sem_seg_by_vlan(up->sw, f->k.tags != 0 ? f->k.vlan[0] : 0)
				 : sem_seg_by_vni(up->host, f->k.vni);
	return s != NULL ? s->idx : 0;
}

static void swap(void *a, void *b, size_t size)
{
	uint8_t old[16];

	memcpy(old, a, size);
	memcpy(a, b, size);
	memcpy(b, old, size);
}

static void swap_ends(struct sem_pkt *k)
{
	bool icmp = k->proto == 1 || k->proto == 58;

	swap(k->smac, k->dmac, 6);
	swap(k->src, k->dst, 16);
	if (!icmp)
		swap(&k->sport, &k->dport, 2);
	else if (k->proto == 1)
		k->sport = k->sport == 8 ? 0 : k->sport == 0 ? 8 : k->sport;
	else if (k->sport == 128 || k->sport == 129)
		k->sport ^= 1;
}

static unsigned slot_of(uint16_t port)
{
	unsigned i = 0;

	while (i + 1 < SEM_PORTS && sem.port[i].idx != port)
		i++;
	return i;
}

// An answer to the flow's packets, from wherever its receiver is.
static void turn(struct flow *f)
{
	const struct sem_seg *seg = sem_seg(segment_of(f));
	const struct sem_station *s = seg != NULL ? sem_station(seg->idx, f->k.dmac) : NULL;
	const struct sem_port *p;
	unsigned rif;
	int near;

	if (seg == NULL || (f->k.dmac[0] & 1))
		return;
	if (s != NULL && s->kind == RD_FDB_ROUTER) { // the answer goes to the router, too
		near = sem_near(f->k.dst, f->k.kind, &rif);
		if (near < 0)
			return;
		seg = sem_seg(sem_rif[rif].segment);
		memcpy(f->k.dmac, sem_rif[rif].near[near], 6);
		memcpy(f->k.smac, sem_router_mac, 6);
		s = sem_station(seg->idx, f->k.dmac);
	}
	p = s != NULL && !s->is_tunnel ? sem_port(s->to) : NULL;
	f->from = seg->vlan < 0 ? FROM_TUNNEL : FROM_VLAN;
	if (p != NULL && p->type != RD_PORT_UPLINK) {
		f->from = FROM_GUEST;
		f->slot = slot_of(p->idx);
	}
	for (unsigned i = 0; s != NULL && s->is_tunnel && i < SEM_TUNNELS; i++)
		if (sem.tunnel[i].idx == s->to)
			f->remote = i;
	swap_ends(&f->k);
	f->k.vni = seg->vni;
	f->k.vlan[0] = seg->vlan > 0 ? (uint16_t)seg->vlan : 0;
	f->k.tags = f->from == FROM_VLAN && f->k.vlan[0] != 0;
}

// To somebody whom the segment knows, else everything would be flooded.
static void aim(struct flow *f)
{
	uint16_t seg = segment_of(f);
	unsigned first = sem_rnd(40);

	if (sem_chance(2) || (sem_station(seg, f->k.dmac) == NULL && sem_chance(40)))
		sem_route_aim(&f->k, seg);
	if ((f->k.dmac[0] & 1) || sem_station(seg, f->k.dmac) != NULL || sem_chance(30))
		return;
	for (unsigned i = 0; i < SEM_STATIONS; i++) {
		const struct sem_station *s = &sem.station[(first + i) % SEM_STATIONS];

		if (seg == 0 || s->segment != seg)
			continue;
		memcpy(f->k.dmac, s->mac, 6);
		return;
	}
}

uint16_t sem_traffic(struct sem_pkt *k)
{
	unsigned n = sem_rnd(FLOWS);
	struct flow turned, *f = &flows[n];
	const struct sem_port *p;
	bool ip = f->k.kind == SEM_IP4 || f->k.kind == SEM_IP6;

	aim(f);
	turned = *f;
	if (ip && sem_chance(45)) {
		f = &turned;
		turn(f);
	}
	*k = f->k;
	vary(k);
	if (ip && sem_chance(6))
		sem_complain(k);
	sem_talk(n, k);
	if (f->from == FROM_TUNNEL)
		return from_tunnel(f, k);
	k->vni = 0;
	if (f->from == FROM_VLAN)
		return sem.port[f->slot % 2].idx;
	p = guest_of(f);
	if (sem_chance(92))
		memcpy(k->smac, p->mac, 6);
	return p->idx;
}
