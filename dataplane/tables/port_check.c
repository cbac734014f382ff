/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What rd_port_publish() and rd_port_del() refuse. Control thread; changes nothing.
 */
#include "tables/dfw_edit.h"
#include "tables/router.h"
#include "tables/tables.h"

#include <string.h>

#define QNAME_LEN (2 * RD_NAME_LEN)

static const char *qname_of(uint16_t idx, char *buf)
{
	const struct rd_port *p = idx < RD_PORT_MAX ? rd_port_at(idx) : NULL;

	return p == NULL ? "?" : rd_port_qname(p, buf, QNAME_LEN);
}

static int refuse(struct rd_err *err, int code, const char *where, const char *what)
{
	rd_err_set(err, code, "%s", what);
	rd_err_where(err, "%s", where);
	return code;
}

static const struct rd_port *port_in_bound(uint16_t idx)
{
	return idx > 0 && idx < RD_PORT_MAX ? rd_port_at(idx) : NULL;
}

static int check_same(const struct rd_port *p, const struct rd_port *old, struct rd_err *err)
{
	if (p->type != old->type || p->sw != old->sw || p->id != old->id || p->ens != old->ens
		|| strcmp(p->name, old->name) != 0)
		return refuse(err, -EINVAL, "port",
			"name, switch, type and numbers of a port stay as they are");
	return 0;
}

static int check_unique(const struct rd_port *p, struct rd_err *err)
{
	char buf[QNAME_LEN];

	for (unsigned i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *q = rd_port_at((uint16_t)i);

		if (q == NULL || q->idx == p->idx)
			continue;
		if (q->host == p->host && strcmp(q->name, p->name) == 0)
			return rd_err_set(
				err, -EEXIST, "port %s exists already", qname_of(q->idx, buf));
		if (q->host == p->host && q->id == p->id)
			return rd_err_set(err, -EEXIST, "port id %u is %s already", p->id,
				qname_of(q->idx, buf));
		if (q->sw == p->sw && p->ens != 0 && q->ens == p->ens)
			return rd_err_set(err, -EEXIST, "ENS id %u is port %s already", p->ens,
				qname_of(q->idx, buf));
		if (p->attach == RD_ATTACH_ETHDEV && q->attach == RD_ATTACH_ETHDEV
			&& p->ethdev == q->ethdev)
			return rd_err_set(err, -EBUSY, "port %s has this device already",
				qname_of(q->idx, buf));
	}
	return 0;
}

static int check_numbers(const struct rd_port *p, struct rd_err *err)
{
	if (p->mtu < 68 || p->mtu > 9216) {
		rd_err_set(err, -ERANGE, "an MTU of %u is out of range", p->mtu);
		rd_err_where(err, "mtu");
		rd_err_hint(err, "68 to 9216");
		return -ERANGE;
	}
	if (rd_mac_is_multicast(p->mac))
		return refuse(err, -EINVAL, "mac", "a port can't have a multicast MAC");
	return 0;
}

// A MAC leads to one port of a segment, and to one port behind a MUX.
static int check_mac(const struct rd_port *p, struct rd_err *err)
{
	const struct rd_rif *rif = p->segment != 0 ? rd_rif_of_segment(p->segment) : NULL;
	char buf[QNAME_LEN];

	if (rd_mac_is_zero(p->mac)) // it will get its own
		return 0;
	if (rif != NULL && memcmp(p->mac, rif->mac, 6) == 0)
		return rd_err_set(err, -EEXIST,
			"router interface %s of the same segment has this MAC", rif->name);
	for (unsigned i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *q = rd_port_at((uint16_t)i);

		if (q == NULL || q->idx == p->idx || memcmp(p->mac, q->mac, 6) != 0)
			continue;
		if (p->segment != 0 && q->segment == p->segment)
			return rd_err_set(err, -EEXIST,
				"port %s of the same segment has this MAC already",
				qname_of(q->idx, buf));
		if (p->attach == RD_ATTACH_VIA && q->attach == RD_ATTACH_VIA && q->peer == p->peer)
			return rd_err_set(err, -EEXIST,
				"port %s behind the same MUX has this MAC already",
				qname_of(q->idx, buf));
	}
	return 0;
}

static int check_segment(const struct rd_port *p, struct rd_err *err)
{
	const struct rd_segment *s;

	if (p->segment == 0)
		return 0;
	if (!rd_port_is_access(p->type) && p->type != RD_PORT_VDR) {
		rd_err_set(err, -EINVAL, "a port of type %s is in no segment",
			rd_port_type_name(p->type));
		rd_err_where(err, "segment");
		return -EINVAL;
	}
	s = rd_segment_at(p->segment);
	if (s == NULL)
		return refuse(err, -ENOENT, "segment", "there is no such segment");
	if (s->sw != p->sw) {
		rd_err_set(err, -EINVAL, "segment %s is of another switch", s->name);
		rd_err_where(err, "segment");
		return -EINVAL;
	}
	return 0;
}

int rd_team_check(const uint16_t *team, unsigned nb, uint8_t host, struct rd_err *err)
{
	char buf[QNAME_LEN];

	if (nb > RD_TEAM_MAX)
		return rd_err_set(err, -E2BIG, "a team has up to %d uplinks", RD_TEAM_MAX);
	for (unsigned i = 0; i < nb; i++) {
		const struct rd_port *q = port_in_bound(team[i]);

		if (q == NULL)
			return refuse(err, -ENOENT, "team", "there is no such uplink");
		if (q->type != RD_PORT_UPLINK || q->host != host) {
			rd_err_set(err, -EINVAL, "port %s is not an uplink of host %s",
				qname_of(q->idx, buf), rd_host_name(host));
			rd_err_where(err, "team");
			return -EINVAL;
		}
		for (unsigned j = 0; j < i; j++)
			if (team[j] == team[i])
				return refuse(
					err, -EINVAL, "team", "an uplink is in the team twice");
	}
	return 0;
}

static int check_link(const struct rd_port *p, const struct rd_port *peer, struct rd_err *err)
{
	char buf[QNAME_LEN], other[QNAME_LEN];

	if (peer->attach == RD_ATTACH_NONE)
		return 0;
	if (peer->attach == RD_ATTACH_LINK) {
		if (peer->peer == p->idx)
			return 0;
		rd_err_set(err, -EBUSY, "port %s is linked to %s already", qname_of(peer->idx, buf),
			qname_of(peer->peer, other));
	} else {
		rd_err_set(err, -EBUSY, "port %s has a device already", qname_of(peer->idx, buf));
	}
	rd_err_where(err, "link");
	return -EBUSY;
}

static int check_via(const struct rd_port *p, const struct rd_port *mux, struct rd_err *err)
{
	char buf[QNAME_LEN];

	if (mux->type != RD_PORT_MUX || mux->host != p->host) {
		rd_err_set(err, -EINVAL, "port %s is not a MUX of host %s", qname_of(mux->idx, buf),
			rd_host_name(p->host));
		rd_err_where(err, "via");
		return -EINVAL;
	}
	return 0;
}

// link, via and bypass: the peer exists and fits.
static int check_peer(const struct rd_port *p, struct rd_err *err)
{
	static const char *const words[] = {[RD_ATTACH_LINK] = "link",
		[RD_ATTACH_VIA] = "via",
		[RD_ATTACH_BYPASS] = "bypass",
		[RD_ATTACH_ANSWER] = "answer"};
	const struct rd_port *peer = port_in_bound(p->peer);

	if (p->attach != RD_ATTACH_LINK && !rd_port_is_access(p->type)) {
		rd_err_set(err, -EINVAL, "a port of type %s can't have: %s",
			rd_port_type_name(p->type), words[p->attach]);
		rd_err_where(err, "%s", words[p->attach]);
		return -EINVAL;
	}
	if (p->attach == RD_ATTACH_ANSWER)
		return p->answer != NULL ? 0 : refuse(err, -EINVAL, "answer", "no frames given");
	if (peer == NULL)
		return refuse(err, -ENOENT, words[p->attach], "there is no such port");
	if (peer->idx == p->idx)
		return refuse(err, -EINVAL, words[p->attach], "a port can't lead to itself");
	if (p->attach == RD_ATTACH_LINK)
		return check_link(p, peer, err);
	return p->attach == RD_ATTACH_VIA ? check_via(p, peer, err) : 0;
}

// A MUX with ports behind it and the target of a bypass stay what they are: types never change, so nothing to check.
static int check_attach(const struct rd_port *p, struct rd_err *err)
{
	if (p->attach == RD_ATTACH_NONE || p->attach == RD_ATTACH_ETHDEV)
		return 0;
	if (p->attach > RD_ATTACH_ANSWER)
		return refuse(err, -EINVAL, "device", "unknown kind of attachment");
	return check_peer(p, err);
}

int rd_port_check(const struct rd_port *p, const struct rd_port *old, struct rd_err *err)
{
	int rc = old == NULL ? 0 : check_same(p, old, err);

	if (rc == 0 && (rd_switch_at(p->sw) == NULL || rd_switch_at(p->sw)->host != p->host))
		rc = refuse(err, -EINVAL, "switch", "the port's switch is gone");
	if (rc == 0)
		rc = check_unique(p, err);
	if (rc == 0)
		rc = check_numbers(p, err);
	if (rc == 0)
		rc = check_segment(p, err);
	if (rc == 0)
		rc = rd_team_check(p->team, p->nb_team, p->host, err);
	if (rc == 0)
		rc = check_attach(p, err);
	return rc == 0 ? check_mac(p, err) : rc;
}

static bool in_team(const uint16_t *team, unsigned nb, uint16_t idx)
{
	for (unsigned i = 0; i < nb; i++)
		if (team[i] == idx)
			return true;
	return false;
}

static int unused_by_teps(const struct rd_port *p, struct rd_err *err)
{
	char buf[QNAME_LEN];

	for (unsigned i = 1; i < rd_tep_bound(); i++) {
		const struct rd_tep *t = rd_tep_at((uint16_t)i);

		if (t != NULL && (t->port == p->idx || in_team(t->team, t->nb_team, p->idx)))
			return rd_err_set(err, -EBUSY, "a tunnel endpoint uses port %s",
				qname_of(p->idx, buf));
	}
	return 0;
}

int rd_port_unused(const struct rd_port *p, struct rd_err *err)
{
	char buf[QNAME_LEN], other[QNAME_LEN];

	for (unsigned i = 1; i < rd_port_bound(); i++) {
		const struct rd_port *q = rd_port_at((uint16_t)i);
		const char *how = NULL;

		if (q == NULL || q == p)
			continue;
		if (q->attach == RD_ATTACH_VIA && q->peer == p->idx)
			how = "is behind";
		else if (q->attach == RD_ATTACH_BYPASS && q->peer == p->idx)
			how = "bypasses to";
		else if (in_team(q->team, q->nb_team, p->idx))
			how = "has in its team";
		if (how != NULL)
			return rd_err_set(err, -EBUSY, "port %s %s %s", qname_of(q->idx, buf), how,
				qname_of(p->idx, other));
	}
	if (rd_dfw_target_unused(RD_DFW_ON_PORT, p->idx, err) < 0)
		return -EBUSY;
	return unused_by_teps(p, err);
}
