/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The reference's way of a packet out: firewalls, flood, tunnels, uplinks, devices. See semantics.h.
 */
#include "semantics_walk.h"

static bool is_guest(const struct sem_port *p)
{
	return p->type == RD_PORT_VNIC || p->type == RD_PORT_UPT;
}

static uint16_t why_down(const struct sem_port *p)
{
	if (is_guest(p))
		return p->admin ? RD_DROP_VNIC_DISCONNECTED : RD_DROP_VNIC_ADMIN_DOWN;
	return p->type == RD_PORT_MUX ? RD_DROP_MUX_PORT_DOWN : RD_DROP_TX_PORT_DOWN;
}

static void send(struct sem_walk *w, const struct sem_port *p)
{
	if (!p->admin || !p->link) {
		sem_drop(w, why_down(p));
	} else if (p->attach == RD_ATTACH_LINK) {
		sem_arrive(w, p->peer);
	} else if (p->attach == RD_ATTACH_BYPASS) {
		sem_drop(w, RD_DROP_TX_BYPASSED);
	} else if (p->attach != RD_ATTACH_ETHDEV) {
		sem_drop(w, RD_DROP_TX_NO_DEVICE);
	} else if (p->dev_mtu != 0 && w->f.len > p->dev_mtu + 14u + 8u) {
		sem_drop(w, RD_DROP_TX_OVERSIZE);
	} else {
		assert_true(w->res->nb_out < SEM_OUTS);
		w->res->out[w->res->nb_out].sink = p->sink;
		w->res->out[w->res->nb_out++].f = w->f;
	}
}

static uint16_t first_up(const uint16_t *team, unsigned nb)
{
	for (unsigned i = 0; i < nb; i++) {
		const struct sem_port *p = sem_port(team[i]);

		if (p != NULL && p->admin && p->link)
			return team[i];
	}
	return 0;
}

static uint16_t any_uplink(uint16_t sw)
{
	uint16_t best = 0;

	for (unsigned i = 0; i < SEM_PORTS; i++) {
		const struct sem_port *p = &sem.port[i];

		if (p->idx != 0 && p->type == RD_PORT_UPLINK && p->sw == sw
			&& p->attach != RD_ATTACH_NONE && first_up(&p->idx, 1) != 0
			&& (best == 0 || p->idx < best))
			best = p->idx;
	}
	return best;
}

static uint16_t choose(const struct sem_walk *w, struct sem_to to)
{
	uint16_t up;

	if (w->in->nb_team != 0)
		return first_up(w->in->team, w->in->nb_team);
	if (to.tunnel != 0)
		return first_up(sem.tep.team, sem.tep.nb_team);
	up = to.port != 0 ? first_up(&to.port, 1) : 0;
	return up != 0 ? up : any_uplink(w->in->sw);
}

static void by_uplink(struct sem_walk *w, struct sem_to to)
{
	uint16_t up = choose(w, to);

	if (up == 0) {
		sem_drop(w, RD_DROP_UPLINK_NONE_UP);
		return;
	}
	if (w->seg->vlan > 0) {
		sem_tag(&w->f, (uint16_t)w->seg->vlan);
		w->k.vlan[1] = w->k.vlan[0];
		w->k.vlan[0] = (uint16_t)w->seg->vlan;
		w->k.tags++;
	}
	send(w, sem_port(up));
}

static void by_tunnel(struct sem_walk *w, struct sem_to to)
{
	const struct sem_tunnel *t = sem_tunnel(to.tunnel);
	bool ip = w->k.kind == SEM_IP4 || w->k.kind == SEM_IP6;

	if (t == NULL) {
		sem_drop(w, RD_DROP_ENCAP_NO_TUNNEL);
	} else if (!t->known) {
		sem_drop(w, RD_DROP_ENCAP_NO_NEIGHBOUR);
	} else if (w->f.len + 36 + sem.tep.opt_len > sem.mtu[w->in->sw]) {
		sem_drop(w, RD_DROP_ENCAP_MTU);
	} else {
		sem_encap(&w->f, t, w->seg->vni, w->hash, ip ? w->k.tos : 0);
		by_uplink(w, to);
	}
}

static void by_port(struct sem_walk *w, const struct sem_port *p)
{
	if (!p->admin) {
		sem_drop(w, is_guest(p) ? RD_DROP_VNIC_ADMIN_DOWN : RD_DROP_TX_PORT_DOWN);
		return;
	}
	if (p->attach == RD_ATTACH_VIA)
		p = sem_port(p->peer);
	if (p == NULL)
		sem_drop(w, RD_DROP_TX_PORT_DELETED);
	else
		send(w, p);
}

// Destination known: firewalls, then out.
void sem_forward(struct sem_walk *w, struct sem_to to)
{
	const struct sem_port *out = sem_port(to.port);
	bool uplink = to.tunnel == 0 && (out == NULL || out->type == RD_PORT_UPLINK);
	uint16_t reason;

	w->res->back |= w->routed && out == w->in;
	if (w->from_tunnel == 0 && !w->routed && !sem_allowed(w->in, RD_DFW_OUT, &w->k, &reason)) {
		w->res->dfw_out++;
		sem_drop(w, reason);
	} else if (to.tunnel != 0) {
		by_tunnel(w, to);
	} else if (uplink) {
		by_uplink(w, to);
	} else if (!sem_allowed(out, RD_DFW_IN, &w->k, &reason)) {
		w->res->dfw_in++;
		sem_drop(w, reason);
	} else {
		by_port(w, out);
	}
}

static bool is_member(const struct sem_port *p, const struct sem_seg *s)
{
	return p->idx != 0 && p->segment == s->idx
		&& (p->type == RD_PORT_VNIC || p->type == RD_PORT_UPT || p->type == RD_PORT_VMK);
}

// Proxies behind one MUX share a copy: the first of them, up and not the sender, has it.
static bool mux_served(const struct sem_walk *w, const struct sem_port *p)
{
	for (unsigned i = 0; i < SEM_PORTS; i++) {
		const struct sem_port *q = &sem.port[i];

		if (is_member(q, w->seg) && q->idx < p->idx && q->attach == RD_ATTACH_VIA
			&& q->peer == p->peer && q->admin && (q != w->in || w->routed))
			return true;
	}
	return false;
}

static bool wants_copy(const struct sem_walk *w, const struct sem_port *p)
{
	if (!is_member(p, w->seg) || !p->admin || (p == w->in && !w->routed)
		|| p->attach == RD_ATTACH_BYPASS)
		return false;
	if (p->attach != RD_ATTACH_VIA)
		return true;
	if (w->in->attach == RD_ATTACH_VIA && w->in->peer == p->peer && !w->routed)
		return false;
	return !mux_served(w, p);
}

static void copy(const struct sem_walk *w, struct sem_to to, unsigned *nb)
{
	struct sem_walk c = *w;

	(*nb)++;
	sem_forward(&c, to);
}

static bool has_uplinks(uint16_t sw)
{
	for (unsigned i = 0; i < SEM_PORTS; i++)
		if (sem.port[i].idx != 0 && sem.port[i].type == RD_PORT_UPLINK
			&& sem.port[i].sw == sw && sem.port[i].attach != RD_ATTACH_NONE)
			return true;
	return false;
}

void sem_flood(const struct sem_walk *w)
{
	const struct sem_seg before = *w->seg; // copies that come round must not change this list
	unsigned nb = 0;

	for (unsigned i = 0; i < SEM_PORTS; i++)
		if (wants_copy(w, &sem.port[i]))
			copy(w, (struct sem_to){.port = sem.port[i].idx}, &nb);
	for (unsigned i = 0; w->from_tunnel == 0 && i < before.nb_tunnels; i++)
		copy(w, (struct sem_to){.tunnel = before.tunnel[i]}, &nb);
	if (before.vlan >= 0 && (w->in->type != RD_PORT_UPLINK || w->routed)
		&& has_uplinks(before.sw))
		copy(w, (struct sem_to){0}, &nb);
	if (nb == 0)
		sem_drop(w, RD_DROP_FLOOD_EMPTY);
}
