/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The reference's way of a packet in: checks, tunnels, learning, where to. See semantics.h, and "The path" in
 * docs/design/dataplane.md.
 */
#include "semantics_route.h"

#include <string.h>

#include "tables/segment.h"

void sem_drop(const struct sem_walk *w, enum rd_drop_reason reason)
{
	w->res->drops[reason]++;
}

static bool is_zero(const uint8_t mac[6])
{
	return memcmp(mac, (const uint8_t[6]){0}, 6) == 0;
}

static void learn(const struct sem_walk *w)
{
	uint16_t to = w->from_tunnel != 0 ? w->from_tunnel : w->in->idx;
	bool is_tunnel = w->from_tunnel != 0;
	struct sem_station *s = sem_station(w->seg->idx, w->k.smac);

	if (!w->seg->learn || (s != NULL && s->kind != RD_FDB_LEARNED))
		return;
	if (s == NULL || s->to != to || s->is_tunnel != is_tunnel) {
		w->res->taught = true;
		w->res->moved |= s != NULL && s->is_tunnel && is_tunnel;
	}
	if (!w->dry)
		sem_put(w->seg->idx, w->k.smac, RD_FDB_LEARNED, is_tunnel, to);
}

static void to_station(struct sem_walk *w, const struct sem_station *s)
{
	const struct sem_port *out = s->is_tunnel ? NULL : sem_port(s->to);

	if (s->is_tunnel && w->from_tunnel != 0)
		sem_drop(w, RD_DROP_L2_SPLIT_HORIZON);
	else if (s->is_tunnel)
		sem_forward(w, (struct sem_to){.tunnel = s->to});
	else if (out == w->in && w->from_tunnel == 0 && !w->routed)
		sem_drop(w, RD_DROP_L2_HAIRPIN);
	else if (w->in->type == RD_PORT_UPLINK && out->type == RD_PORT_UPLINK && !w->routed)
		sem_drop(w, RD_DROP_L2_HAIRPIN);
	else
		sem_forward(w, (struct sem_to){.port = out->idx});
}

// A guest says that it is its router.
static bool is_router_spoof(const struct sem_walk *w)
{
	return sem_rif_of(w->seg->idx) != NULL && !w->routed && w->from_tunnel == 0
		&& (w->in->type == RD_PORT_VNIC || w->in->type == RD_PORT_UPT)
		&& memcmp(w->k.smac, sem_router_mac, 6) == 0;
}

void sem_bridge(struct sem_walk *w)
{
	static const uint8_t reserved[5] = {0x01, 0x80, 0xc2, 0, 0};
	struct sem_station *s;

	w->hash = sem_hash(&w->k);
	if (memcmp(w->k.dmac, reserved, 5) == 0 && w->k.dmac[5] < 16) {
		sem_drop(w, RD_DROP_L2_CONTROL);
		return;
	}
	learn(w);
	if (is_router_spoof(w)) {
		sem_drop(w, RD_DROP_L3_MAC_SPOOF);
		return;
	}
	s = sem_station(w->seg->idx, w->k.dmac);
	if (s != NULL && s->kind == RD_FDB_ROUTER) {
		sem_route(w);
		return;
	}
	if (s != NULL && !s->is_tunnel && sem_port(s->to) == NULL)
		s = NULL;
	if (w->k.dmac[0] & 1 || (s == NULL && w->seg->flood))
		sem_flood(w);
	else if (s == NULL)
		sem_drop(w, RD_DROP_L2_NO_DEST);
	else
		to_station(w, s);
}

static void enter(struct sem_walk *w)
{
	if (w->in->type == RD_PORT_UPLINK) {
		w->seg = sem_seg_by_vlan(w->in->sw, w->k.tags != 0 ? w->k.vlan[0] : 0);
		if (w->seg == NULL) {
			sem_drop(w, RD_DROP_PORT_VLAN_UNKNOWN);
			return;
		}
		if (w->k.tags != 0) {
			sem_untag(&w->f);
			w->k.vlan[0] = w->k.vlan[1];
			w->k.tags--;
		}
	} else if (w->k.tags != 0) {
		sem_drop(w, RD_DROP_PORT_VLAN_GUEST);
		return;
	} else if (w->in->spoof && memcmp(w->k.smac, w->in->mac, 6) != 0) {
		sem_drop(w, RD_DROP_PORT_MAC_SPOOF);
		return;
	} else {
		w->seg = sem_seg(w->in->segment);
		if (w->seg == NULL) {
			sem_drop(w, RD_DROP_PORT_NO_SEGMENT);
			return;
		}
	}
	sem_bridge(w);
}

// RFC 6040, figure 4. false: the packet must go.
static bool merge_ecn(struct sem_walk *w, uint8_t outer)
{
	unsigned in = w->k.tos & 3, out = outer & 3, off = 14 + 4u * w->k.tags;

	if (w->k.kind != SEM_IP4 && w->k.kind != SEM_IP6)
		return true;
	if (out == 3 && in == 0)
		return false;
	if (out == 3 || (out == 1 && in == 2))
		in = out;
	w->k.tos = (uint8_t)((w->k.tos & ~3u) | in);
	if (w->k.kind == SEM_IP4) {
		w->f.b[off + 1] = w->k.tos;
		sem_ip_sum(w->f.b + off);
	} else {
		w->f.b[off + 1] = (uint8_t)((w->f.b[off + 1] & 0x0f) | w->k.tos << 4);
	}
	return true;
}

static void note_mac(const struct sem_walk *w, struct sem_tunnel *t, const uint8_t mac[6])
{
	if (w->dry || (t->known && (!t->learned || memcmp(t->mac, mac, 6) == 0)))
		return;
	t->asked = true;
	memcpy(t->want, mac, 6);
}

static void decap(struct sem_walk *w)
{
	struct sem_tunnel *t = sem_tunnel_by_remote(w->k.src);
	uint8_t tos = w->k.tos;
	uint8_t smac[6];

	memcpy(smac, w->k.smac, 6);
	w->seg = sem_seg_by_vni(w->in->host, w->k.vni);
	if (w->seg == NULL) {
		sem_drop(w, RD_DROP_DECAP_VNI_UNKNOWN);
		return;
	}
	if (t == NULL) {
		sem_drop(w, RD_DROP_DECAP_PEER_UNKNOWN);
		return;
	}
	note_mac(w, t, smac);
	w->from_tunnel = t->idx;
	w->k = *w->k.inner;
	sem_build(&w->k, &w->f);
	if (w->k.kind == SEM_IP4 && w->k.bad_sum)
		sem_drop(w, RD_DROP_PARSE_IP_CSUM);
	else if ((w->k.smac[0] & 1) || is_zero(w->k.smac))
		sem_drop(w, RD_DROP_RX_SMAC_INVALID);
	else if (!merge_ecn(w, tos))
		sem_drop(w, RD_DROP_DECAP_ECN);
	else
		sem_bridge(w);
}

// A tunnel packet to our endpoint, or to its MAC by mistake.
static bool is_tunnel_packet(const struct sem_walk *w)
{
	const struct sem_pkt *k = &w->k;

	return w->in->type == RD_PORT_UPLINK && w->in->host == sem.tep.host && sem.tep.idx != 0
		&& (k->tags == 0 || k->vlan[0] == 0) && k->inner != NULL
		&& memcmp(k->dmac, sem.tep.mac, 6) == 0 && k->dport == sem.tep.dport;
}

static const struct sem_port *demux(uint16_t mux, const uint8_t mac[6])
{
	for (unsigned i = 0; i < SEM_PORTS; i++)
		if (sem.port[i].idx != 0 && sem.port[i].attach == RD_ATTACH_VIA
			&& sem.port[i].peer == mux && memcmp(sem.port[i].mac, mac, 6) == 0)
			return &sem.port[i];
	return NULL;
}

static int admit(const struct sem_walk *w, const struct sem_port **in)
{
	const struct sem_port *p = *in;

	if (p == NULL || !p->admin)
		return RD_DROP_RX_PORT_DOWN;
	if (w->f.len > sem.mtu[p->sw] + 14u + (p->type == RD_PORT_UPLINK ? 8u : 4u))
		return RD_DROP_RX_OVERSIZE;
	if ((w->k.smac[0] & 1) || is_zero(w->k.smac))
		return RD_DROP_RX_SMAC_INVALID;
	if (p->type == RD_PORT_MUX) {
		*in = demux(p->idx, w->k.smac);
		if (*in == NULL)
			return RD_DROP_MUX_NO_PORT;
		if (!(*in)->admin)
			return RD_DROP_RX_PORT_DOWN;
	}
	return w->k.kind == SEM_IP4 && w->k.bad_sum ? RD_DROP_PARSE_IP_CSUM : 0;
}

void sem_arrive(struct sem_walk *w, uint16_t port)
{
	int reason;

	w->in = sem_port(port);
	w->from_tunnel = 0;
	w->routed = false;
	reason = admit(w, &w->in);
	if (reason != 0)
		sem_drop(w, (enum rd_drop_reason)reason);
	else if (!is_tunnel_packet(w))
		enter(w);
	else if (memcmp(w->k.dst, sem.tep.ip, 4) != 0)
		sem_drop(w, RD_DROP_DECAP_NOT_TEP);
	else
		decap(w);
}

void sem_receive(uint16_t port, const struct sem_pkt *k, bool dry, struct sem_result *r)
{
	struct sem_walk w = {.k = *k, .res = r, .dry = dry};

	sem_build(k, &w.f);
	sem_arrive(&w, port);
}
