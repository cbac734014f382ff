/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What belongs to a port alone: its own rules, default and mode; and what any rule must be like. Control thread.
 */
#include "tables/dfw_edit.h"
#include "tables/dfw_compile.h"
#include "tables/dfw_priv.h"

#include "base/pkt.h"
#include "tables/tables.h"

#include <string.h>
#include <sys/socket.h>

static int bad_rule(struct rd_err *err, const char *where, const char *what)
{
	rd_err_set(err, -EINVAL, "%s", what);
	rd_err_where(err, "%s", where);
	return -EINVAL;
}

static bool addr_valid(const struct rd_dfw_addr *a, bool l2)
{
	if (a->group != 0)
		return !l2;
	if (l2)
		return a->family == RD_DFW_L2 && a->len <= 48;
	return (a->family == AF_INET && a->len <= 32) || (a->family == AF_INET6 && a->len <= 128);
}

int rd_dfw_service_check(const struct rd_dfw_service *s, struct rd_err *err)
{
	bool ports = s->sport_lo != 0 || s->sport_hi != UINT16_MAX || s->dport_lo != 0
		|| s->dport_hi != UINT16_MAX;

	if (s->named != 0)
		return 0;
	if (s->sport_lo > s->sport_hi || s->dport_lo > s->dport_hi)
		return bad_rule(err, "dport", "a port range goes from low to high");
	if (ports && s->proto != 0 && s->proto != RD_IPPROTO_TCP && s->proto != RD_IPPROTO_UDP
		&& s->proto != RD_IPPROTO_ICMP && s->proto != RD_IPPROTO_ICMPV6)
		return bad_rule(err, "proto", "only TCP and UDP have ports, and ICMP types");
	return 0;
}

// Plain prefixes of different families in a rule without groups can never meet.
static bool families_meet(const struct rd_dfw_rule *r)
{
	unsigned from = r->nb_from == 0 || r->from_not ? 3 : 0;
	unsigned to = r->nb_to == 0 || r->to_not ? 3 : 0;

	for (unsigned i = 0; i < r->nb_from; i++)
		from |= r->from[i].group != 0 ? 3 : r->from[i].family == AF_INET ? 1 : 2;
	for (unsigned i = 0; i < r->nb_to; i++)
		to |= r->to[i].group != 0 ? 3 : r->to[i].family == AF_INET ? 1 : 2;
	return r->l2 || (from & to) != 0;
}

int rd_dfw_rule_check(const struct rd_dfw_rule *r, struct rd_err *err)
{
	if (r->id == 0)
		return bad_rule(err, "rule", "a rule's id starts at 1");
	if (r->dir < RD_DFW_IN || r->dir > RD_DFW_INOUT)
		return bad_rule(err, "dir", "a rule is for in, out or inout");
	if (r->action > RD_DFW_REJECT)
		return bad_rule(err, "action", "an action is allow, drop or reject");
	for (unsigned i = 0; i < r->nb_from; i++)
		if (!addr_valid(&r->from[i], r->l2))
			return bad_rule(err, "from", "the source prefix is too long");
	for (unsigned i = 0; i < r->nb_to; i++)
		if (!addr_valid(&r->to[i], r->l2))
			return bad_rule(err, "to", "the destination prefix is too long");
	if (!families_meet(r))
		return bad_rule(err, "to", "source and destination are not of the same family");
	for (unsigned i = 0; i < r->nb_services; i++)
		if (rd_dfw_service_check(&r->service[i], err) < 0)
			return -EINVAL;
	if (memchr(r->name, '\0', sizeof(r->name)) == NULL)
		return bad_rule(err, "name", "the rule's name is too long");
	return 0;
}

int rd_dfw_rule_slot(struct rd_dfw_rule *r, const struct rd_dfw_rule *old, struct rd_err *err)
{
	int slot;

	if (old != NULL) {
		r->slot = rd_dfw_slot_ref(old->slot);
		if (old->compiled != NULL) {
			r->compiled = old->compiled; // compared when this one is expanded
			r->compiled->refs++;
		}
		return 0;
	}
	slot = rd_dfw_slot_new(r->id);
	if (slot < 0)
		return rd_err_set(err, slot, "no more than %d firewall rules", RD_DFW_SLOT_MAX - 1);
	r->slot = (uint16_t)slot;
	return 0;
}

static struct rd_dfw_local *own(struct rd_dfw_model *m, uint16_t port, struct rd_err *err)
{
	struct rd_dfw_local *l = rd_dfw_local_own(m, port);

	if (l == NULL)
		rd_err_set(err, -ENOMEM, "no memory for firewall rules");
	return l;
}

// A port without anything of its own has no record.
static void drop_if_empty(struct rd_dfw_model *m, uint16_t port)
{
	struct rd_dfw_local *l = m->local[port];

	if (l == NULL || l->rules.nb > 0 || l->has_default || l->stateful >= 0)
		return;
	m->local[port] = NULL;
	rd_dfw_local_put(l);
}

static int check_port(uint16_t port, struct rd_err *err)
{
	const struct rd_port *p = port < RD_PORT_MAX ? rd_port_at(port) : NULL;

	if (p != NULL && rd_port_is_access(p->type))
		return 0;
	return bad_rule(err, "port", "only guests' and vmk ports have a firewall");
}

int rd_dfw_local_add(
	struct rd_dfw_model *m, uint16_t port, struct rd_dfw_rule *r, struct rd_err *err)
{
	struct rd_dfw_local *l = NULL;
	int rc = check_port(port, err);

	if (rc == 0)
		rc = rd_dfw_rule_check(r, err);
	if (rc == 0 && m->local[port] != NULL
		&& rd_dfw_vec_find(&m->local[port]->rules, r->id) >= 0) {
		rc = rd_err_set(err, -EEXIST, "the port has a rule %u already", r->id);
		rd_err_where(err, "rule");
	}
	if (rc == 0)
		rc = rd_dfw_rule_slot(r, NULL, err);
	if (rc == 0)
		l = own(m, port, err);
	if (l != NULL && rd_dfw_vec_insert(&l->rules, l->rules.nb, r) == 0)
		return 0;
	rd_dfw_rule_put(r);
	drop_if_empty(m, port);
	return rc < 0 ? rc : rd_err_set(err, -ENOMEM, "no memory for firewall rules");
}

int rd_dfw_local_del(struct rd_dfw_model *m, uint16_t port, uint32_t id, struct rd_err *err)
{
	struct rd_dfw_local *l = m->local[port];
	int at = l == NULL ? -1 : rd_dfw_vec_find(&l->rules, id);

	if (at < 0) {
		rd_err_set(err, -ENOENT, "the port has no rule %u", id);
		rd_err_where(err, "rule");
		rd_err_hint(err, "show dfw");
		return -ENOENT;
	}
	l = own(m, port, err);
	if (l == NULL)
		return -ENOMEM;
	rd_dfw_rule_put(rd_dfw_vec_remove(&l->rules, (uint32_t)at));
	drop_if_empty(m, port);
	return 0;
}

int rd_dfw_local_default(
	struct rd_dfw_model *m, uint16_t port, enum rd_dfw_action action, struct rd_err *err)
{
	int rc = check_port(port, err);
	struct rd_dfw_local *l = rc < 0 ? NULL : own(m, port, err);

	if (l == NULL)
		return rc < 0 ? rc : -ENOMEM;
	l->has_default = true;
	l->default_action = (uint8_t)action;
	return 0;
}

int rd_dfw_local_stateful(struct rd_dfw_model *m, uint16_t port, int stateful, struct rd_err *err)
{
	int rc = check_port(port, err);
	struct rd_dfw_local *l = rc < 0 ? NULL : own(m, port, err);

	if (l == NULL)
		return rc < 0 ? rc : -ENOMEM;
	l->stateful = (int8_t)stateful;
	drop_if_empty(m, port);
	return 0;
}

uint64_t rd_dfw_local_hits(uint16_t port, uint32_t id)
{
	const struct rd_dfw_local *l = rd_dfw_model()->local[port];
	int at = l == NULL ? -1 : rd_dfw_vec_find(&l->rules, id);

	if (l == NULL || (id != 0 && at < 0))
		return 0;
	return rd_dfw_slot_count(id == 0 ? l->default_slot : l->rules.v[at]->slot).packets;
}
