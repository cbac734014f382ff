/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The reference's tables: lists that are searched from the front. See semantics.h.
 */
#include "semantics.h"

#include <string.h>

#include "tables/segment.h"

struct sem_world sem;

struct sem_port *sem_port(uint16_t idx)
{
	for (unsigned i = 0; i < SEM_PORTS && idx != 0; i++)
		if (sem.port[i].idx == idx)
			return &sem.port[i];
	return NULL;
}

struct sem_seg *sem_seg(uint16_t idx)
{
	for (unsigned i = 0; i < SEM_SEGS && idx != 0; i++)
		if (sem.seg[i].idx == idx)
			return &sem.seg[i];
	return NULL;
}

struct sem_tunnel *sem_tunnel(uint16_t idx)
{
	for (unsigned i = 0; i < SEM_TUNNELS && idx != 0; i++)
		if (sem.tunnel[i].idx == idx)
			return &sem.tunnel[i];
	return NULL;
}

struct sem_seg *sem_seg_by_vni(uint8_t host, uint32_t vni)
{
	for (unsigned i = 0; i < SEM_SEGS; i++) {
		struct sem_seg *s = &sem.seg[i];

		if (s->idx != 0 && s->host == host && s->vlan < 0 && s->vni == vni)
			return s;
	}
	return NULL;
}

struct sem_seg *sem_seg_by_vlan(uint16_t sw, uint16_t vlan)
{
	for (unsigned i = 0; i < SEM_SEGS; i++) {
		struct sem_seg *s = &sem.seg[i];

		if (s->idx != 0 && s->sw == sw && s->vlan == (int32_t)vlan)
			return s;
	}
	return NULL;
}

struct sem_tunnel *sem_tunnel_by_remote(const uint8_t ip[4])
{
	for (unsigned i = 0; i < SEM_TUNNELS; i++)
		if (sem.tunnel[i].idx != 0 && memcmp(sem.tunnel[i].remote, ip, 4) == 0)
			return &sem.tunnel[i];
	return NULL;
}

struct sem_station *sem_station(uint16_t seg, const uint8_t mac[6])
{
	for (unsigned i = 0; i < SEM_STATIONS; i++)
		if (sem.station[i].segment == seg && memcmp(sem.station[i].mac, mac, 6) == 0)
			return &sem.station[i];
	return NULL;
}

void sem_put(uint16_t seg, const uint8_t mac[6], uint8_t kind, bool is_tunnel, uint16_t to)
{
	struct sem_station *s = sem_station(seg, mac);

	for (unsigned i = 0; s == NULL && i < SEM_STATIONS; i++)
		if (sem.station[i].segment == 0)
			s = &sem.station[i];
	assert_non_null(s);
	*s = (struct sem_station){.segment = seg,
		.kind = kind,
		.is_tunnel = is_tunnel,
		.to = to,
		.last_s = sem.now_s};
	memcpy(s->mac, mac, 6);
}

void sem_forget(uint16_t seg, const uint8_t mac[6])
{
	struct sem_station *s = sem_station(seg, mac);

	if (s != NULL)
		s->segment = 0;
}

static bool matches(const struct gt_rule *r, enum rd_dfw_dir dir, const struct sem_pkt *k)
{
	bool ports = (k->proto == 6 || k->proto == 17) && k->frag != SEM_LATER;

	if ((r->dir & dir) == 0 || (r->proto != 0 && r->proto != k->proto))
		return false;
	return r->dport == 0 || (ports && r->dport == k->dport);
}

bool sem_rules_allow(
	const struct sem_port *p, enum rd_dfw_dir dir, const struct sem_pkt *k, uint16_t *reason)
{
	if (p == NULL || !p->dfw || k->kind == SEM_ARP || k->kind == SEM_OTHER)
		return true;
	for (unsigned i = 0; i < p->nb_rules; i++)
		if (matches(&p->rule[i], dir, k)) {
			*reason = RD_DROP_DFW_RULE_DENY;
			return p->rule[i].allow;
		}
	*reason = RD_DROP_DFW_DEFAULT_DENY;
	return p->allow;
}
