/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Destinations of mirror sessions, see peer.h. Control thread.
 */
#include "session/peer.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/pkt.h"
#include "base/str.h"
#include "tables/tunnel.h"

RD_LOG_MODULE(mirror_peer);

#define SECOND_NS UINT64_C(1000000000)
#define TRIES 3 // unanswered questions, after which nobody is there
#define BACKOFF_MAX 30 // seconds between questions
#define REFRESH_S 30 // a neighbour is asked again
#define HOLD_S 5 // that one which failed has to wait
#define ECHO_MISSES 3 // unanswered echo requests, one a second
#define BAD_S 3 // within which so many refusals are a failure

static bool same_ip4(const struct rd_mirror_spec *s, const struct rd_tep *t)
{
	return s->src_family == AF_INET && memcmp(s->src, t->ip, 4) == 0;
}

// The endpoint whose address the copies have: the one that was named, or the first of the host.
static const struct rd_tep *endpoint(const struct rd_mirror_spec *s, uint8_t host)
{
	for (unsigned i = 1; i < rd_tep_bound(); i++) {
		const struct rd_tep *t = rd_tep_at((uint16_t)i);

		if (t != NULL
			&& (s->src_family != 0 ? same_ip4(s, t) : host == 0 || t->host == host))
			return t;
	}
	return NULL;
}

// The host of the first source that is a port; 0 = any.
static uint8_t source_host(const struct rd_mirror_spec *s)
{
	for (unsigned i = 0; i < s->nb_sources; i++) {
		const struct rd_port *p = s->source[i].from == RD_MIRROR_SRC_PORT
			? rd_port_find(s->source[i].name, NULL)
			: NULL;

		if (p != NULL)
			return p->host;
	}
	return 0;
}

static uint16_t first_uplink(uint8_t host)
{
	for (unsigned i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *p = rd_port_at((uint16_t)i);

		if (p != NULL && p->type == RD_PORT_UPLINK && p->attach == RD_ATTACH_ETHDEV
			&& (host == 0 || p->host == host))
			return (uint16_t)i;
	}
	return RD_PORT_NONE;
}

static const struct rd_port *egress(const struct rd_mirror_spec *s, struct rd_err *err)
{
	uint8_t host = source_host(s);
	const struct rd_tep *t = endpoint(s, host);
	uint16_t idx = RD_PORT_NONE;

	if (s->out_port[0] != '\0')
		return rd_port_find(s->out_port, err);
	if (t != NULL && t->nb_team != 0)
		idx = rd_team_pick(t->team, t->nb_team) ?: t->team[0];
	if (idx == RD_PORT_NONE)
		idx = first_uplink(t != NULL ? t->host : host);
	if (idx == RD_PORT_NONE) {
		rd_err_set(err, -ENODEV, "no uplink with a device leads to the collector");
		rd_err_where(err, "out-port");
		rd_err_hint(err, "out-port PORT");
		return NULL;
	}
	return rd_port_at(idx);
}

static int fail(struct rd_err *err, const char *where, const char *what, const char *hint)
{
	rd_err_set(err, -EINVAL, "%s", what);
	rd_err_where(err, "%s", where);
	rd_err_hint(err, "%s", hint);
	return -EINVAL;
}

static bool is_ours(const struct rd_mirror_dest *d)
{
	for (unsigned i = 1; i < rd_tep_bound(); i++) {
		const struct rd_tep *t = rd_tep_at((uint16_t)i);

		if (t != NULL && d->family == AF_INET && memcmp(t->ip, d->addr, 4) == 0)
			return true;
	}
	return false;
}

// Copies that leave by a port at which they are made again would never end.
static int check_loop(const struct rd_mirror *m, const struct rd_port *out, struct rd_err *err)
{
	const struct rd_mirror_spec *s = &m->spec;

	if (out->type == RD_PORT_UPLINK)
		return 0;
	for (unsigned i = 0; i < s->nb_sources; i++) {
		bool guest = s->source[i].from == RD_MIRROR_SRC_ALL
			|| (s->source[i].from == RD_MIRROR_SRC_PORT
				&& rd_port_find(s->source[i].name, NULL) == out);

		if (guest)
			return fail(err, "out-port",
				"copies would leave by a port that is mirrored",
				"another out-port, or other sources");
	}
	return 0;
}

static int own_address(const struct rd_mirror *m, const struct rd_mirror_dest *d,
	const struct rd_port *out, struct rd_mirror_peer *p, struct rd_err *err)
{
	const struct rd_mirror_spec *s = &m->spec;
	const struct rd_tep *t = d->family == AF_INET ? endpoint(s, out->host) : NULL;

	memcpy(p->smac, out->mac, 6);
	if (t != NULL) {
		memcpy(p->smac, t->mac, 6);
		memcpy(p->src, t->ip, 4);
		return 0;
	}
	if (s->src_family == 0)
		return fail(err, "src-ip",
			"there is no tunnel endpoint whose address copies could have",
			"src-ip ADDRESS, or tep add");
	memcpy(p->src, s->src, 16);
	return 0;
}

static int place(struct rd_mirror *m, unsigned i, const struct rd_port *out, struct rd_err *err)
{
	const struct rd_mirror_spec *s = &m->spec;
	const struct rd_mirror_dest *d = &s->dest[i];
	struct rd_mirror_peer *p = &m->peer[i], before = *p;

	if (is_ours(d))
		return fail(err, "to", "the collector's address is one of our tunnel endpoints",
			"another address; or encap port, encap pcap-file");
	p->family = d->family;
	p->port = out->idx;
	p->port_gen = rd_port_gen[out->idx];
	memcpy(p->hop, s->gateway_family != 0 ? s->gateway : d->addr, 16);
	if (own_address(m, d, out, p, err) < 0)
		return err->code;
	p->is_static = s->has_mac;
	if (s->has_mac)
		memcpy(p->mac, s->mac, 6);
	p->has_mac = p->has_mac || s->has_mac;
	if (before.port != p->port || memcmp(before.hop, p->hop, 16) != 0
		|| (before.is_static && !p->is_static)) { // another neighbour
		p->state = RD_MIRROR_PEER_UNKNOWN;
		p->has_mac = s->has_mac;
		p->tries = 0;
		p->next_ns = p->hold_ns = p->echo_ns = 0;
		p->alive = false;
		p->misses = 0;
	}
	return 0;
}

int mirror_peers_place(struct rd_mirror *m, struct rd_err *err)
{
	const struct rd_mirror_spec *s = &m->spec;
	const struct rd_port *out;

	if (s->encap == RD_MIRROR_FILE) {
		m->peer[0].state = RD_MIRROR_PEER_UP;
		return 0;
	}
	out = egress(s, err);
	if (out == NULL)
		return err->code;
	if (out->attach != RD_ATTACH_ETHDEV) {
		rd_err_set(err, -ENODEV, "port %s has no device that copies could leave by",
			out->name);
		rd_err_where(err, "out-port");
		rd_err_hint(err, "out-port PORT, one with a device");
		return -ENODEV;
	}
	if (check_loop(m, out, err) < 0)
		return err->code;
	for (unsigned i = 0; i < s->nb_dests; i++)
		if (place(m, i, out, err) < 0)
			return err->code;
	if (s->nb_dests == 0) {
		m->peer[0].port = out->idx;
		m->peer[0].port_gen = rd_port_gen[out->idx];
		m->peer[0].is_static = m->peer[0].has_mac = true;
	}
	return 0;
}

static uint16_t outer_tci(const struct rd_mirror_spec *s)
{
	return (uint16_t)(s->outer_vlan != 0 || s->pcp != 0 ? (unsigned)s->pcp << 13 | s->outer_vlan
							    : 0);
}

static void turn(struct rd_mirror_peer *p, enum rd_mirror_peer_state to, uint64_t now)
{
	if (p->state != to)
		p->since_ns = now;
	p->state = (uint8_t)to;
}

// A tunnel to the same address may know its next hop.
static void learn_from_tunnels(struct rd_mirror_peer *p)
{
	for (unsigned i = 1;
		i < rd_tunnel_bound() && !p->has_mac && p->tries == 0 && p->family == AF_INET;
		i++) {
		const struct rd_tunnel *t = rd_tunnel_at((uint16_t)i);

		if (t == NULL || !t->mac_known || memcmp(t->remote, p->hop, 4) != 0)
			continue;
		memcpy(p->mac, t->mac, 6);
		p->has_mac = true;
	}
}

static void ask(const struct rd_mirror *m, struct rd_mirror_peer *p, uint64_t now)
{
	uint64_t wait = 1;

	if (p->tries >= TRIES) {
		wait = UINT64_C(1) << RTE_MIN(p->tries - TRIES, 5);
		snprintf(p->why, sizeof(p->why), "%u questions for its MAC without an answer",
			p->tries);
		turn(p, RD_MIRROR_PEER_DOWN, now);
		p->has_mac = false;
	} else if (!p->has_mac) {
		turn(p, RD_MIRROR_PEER_ASKED, now);
		snprintf(p->why, sizeof(p->why), "its MAC is asked for");
	}
	p->next_ns = now + RTE_MIN(wait, (uint64_t)BACKOFF_MAX) * SECOND_NS;
	p->tries = (uint8_t)RTE_MIN(p->tries + 1, 200);
	p->asked++;
	if (mirror_ask(p, outer_tci(&m->spec)) < 0)
		p->next_ns = now + SECOND_NS / 10;
}

// Many refusals in a short time: the collector's host lives, but nothing there takes our copies.
static bool is_refused(const struct rd_mirror_peer *p, uint64_t now)
{
	uint64_t first = p->bad_ns[2];

	return first != 0 && now - first < BAD_S * SECOND_NS;
}

// A second's echo request. Its answer may need that the other side knows our MAC: a question for its own tells it.
static void ask_echo(const struct rd_mirror *m, struct rd_mirror_peer *p, uint64_t now)
{
	const uint8_t *dst = m->spec.dest[p - m->peer].addr;

	p->echo_ns = now + SECOND_NS;
	if (p->misses != 0 && !p->is_static && p->tries == 0)
		p->next_ns = now;
	if (p->misses >= ECHO_MISSES && p->alive) {
		p->alive = false;
		p->hold_ns = now + HOLD_S * SECOND_NS;
	}
	if (p->misses >= ECHO_MISSES) {
		snprintf(p->why, sizeof(p->why), "%u echo requests without an answer", p->misses);
		turn(p, RD_MIRROR_PEER_DOWN, now);
	} else if (!p->alive) {
		snprintf(p->why, sizeof(p->why), "it is asked for an echo");
		turn(p, RD_MIRROR_PEER_ASKED, now);
	}
	p->echo_id = (uint16_t)(m->spec.id << 2 | (unsigned)(p - m->peer));
	p->echo_seq++;
	if (mirror_ask_echo(p, dst, outer_tci(&m->spec)) < 0)
		return; // no memory: not its fault
	p->echoes++;
	p->misses = (uint8_t)RTE_MIN(p->misses + 1, 200);
}

static void watch(const struct rd_mirror *m, struct rd_mirror_peer *p, uint64_t now)
{
	bool echo = m->spec.health == RD_MIRROR_HEALTH_ECHO;

	const struct rd_port *out = rd_port_at(p->port);

	if (out == NULL || rd_port_gen[p->port] != p->port_gen || !out->admin_up || !out->link_up) {
		snprintf(p->why, sizeof(p->why), "its port is down");
		turn(p, RD_MIRROR_PEER_DOWN, now);
		return;
	}
	// A host that only looks on refuses, too: it matters where there is another one.
	if (m->spec.nb_dests > 1 && is_refused(p, now)) {
		snprintf(p->why, sizeof(p->why), "ICMP says that it does not take our copies");
		turn(p, RD_MIRROR_PEER_DOWN, now);
		p->hold_ns = now + HOLD_S * SECOND_NS;
		memset(p->bad_ns, 0, sizeof(p->bad_ns));
	}
	if (echo && p->has_mac && now >= p->echo_ns)
		ask_echo(m, p, now);
	if (now < p->hold_ns)
		return;
	learn_from_tunnels(p);
	if (!p->is_static && now >= p->next_ns)
		ask(m, p, now);
	if (p->has_mac && (!echo || p->alive)) {
		p->why[0] = '\0';
		turn(p, RD_MIRROR_PEER_UP, now);
	}
}

bool mirror_peers_tick(struct rd_mirror *m, uint64_t now_ns)
{
	bool changed = false;

	for (unsigned i = 0; m->spec.encap != RD_MIRROR_FILE && i < mirror_nb_peers(&m->spec);
		i++) {
		struct rd_mirror_peer *p = &m->peer[i];
		uint8_t before = p->state;

		watch(m, p, now_ns);
		changed |= p->state != before;
	}
	return changed;
}

static void fill_conf(const struct rd_mirror *m, const struct rd_mirror_peer *p,
	const struct rd_mirror_dest *d, struct rd_encap_conf *c)
{
	const struct rd_mirror_spec *s = &m->spec;

	*c = (struct rd_encap_conf){.kind = (enum rd_encap_kind)s->encap,
		.tci = outer_tci(s),
		.family = d->family == AF_INET6 ? 6 : 4,
		.dscp = s->dscp,
		.ttl = s->ttl,
		.dport = s->udp_port,
		.vni = s->vni != 0 ? s->vni : s->id,
		.key = s->key,
		.has_key = s->has_key,
		.has_seq = s->seq,
		.session = rd_mirror_erspan_id(s),
		.gra = (enum rd_encap_gra)s->gra,
		.sub_id = s->encap == RD_ENCAP_ERSPAN3 && s->gra == RD_GRA_1588 ? 5 : 0,
		.opt_class = RD_ENCAP_OPT_CLASS,
		.options = s->options,
		.rspan_vid = s->vlan,
		.rspan_tpid = 0x8100};
	memcpy(c->dmac, p->mac, 6);
	memcpy(c->smac, p->smac, 6);
	memcpy(c->src, p->src, 16);
	memcpy(c->dst, d->addr, 16);
}

int mirror_peer_dest(const struct rd_mirror *m, unsigned i, struct mirror_dest *d, uint32_t *room,
	struct rd_err *err)
{
	const struct rd_mirror_peer *p = &m->peer[i];
	const struct rd_port *out = rd_port_at(p->port);
	uint32_t mtu = m->spec.mtu != 0		   ? m->spec.mtu
		: out != NULL && out->eth.mtu != 0 ? out->eth.mtu
						   : 1500;
	struct rd_encap_conf conf;

	*d = (struct mirror_dest){
		.up = p->state == RD_MIRROR_PEER_UP, .port = p->port, .port_gen = p->port_gen};
	*room = RD_MIRROR_SNAP_MAX;
	if (m->spec.encap == RD_MIRROR_FILE)
		return 0;
	*room = mtu + RD_ETH_LEN;
	if (m->spec.encap == RD_MIRROR_PORT)
		return 0;
	fill_conf(m, p, &m->spec.dest[i], &conf);
	if (rd_encap_prepare(&d->encap, &conf, err) < 0)
		return err->code;
	*room = rd_encap_room(&d->encap, m->spec.encap == RD_ENCAP_RSPAN ? mtu + RD_ETH_LEN : mtu);
	return 0;
}
