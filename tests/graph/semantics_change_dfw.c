/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Random changes of the firewalls: rules, limits, timeouts; and time that passes for connections. See semantics.h.
 */
#include "semantics.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

static struct sem_port *some_guest(void)
{
	return sem_port(sem_some_port(1u << RD_PORT_VNIC | 1u << RD_PORT_UPT)->idx);
}

static void some_rule(struct gt_rule *r, uint32_t id)
{
	static const uint16_t dports[] = {0, 0, 22, 80, 443, 53};
	static const uint8_t protos[] = {0, 6, 17, 1, 58};

	*r = (struct gt_rule){.id = id,
		.dir = (enum rd_dfw_dir)(1 + sem_rnd(3)),
		.allow = sem_chance(60),
		.proto = protos[sem_rnd(RTE_DIM(protos))]};
	if (r->proto == 6 || r->proto == 17)
		r->dport = dports[sem_rnd(RTE_DIM(dports))];
}

void sem_change_rules(char *text, size_t size)
{
	struct sem_port *s = some_guest(), old = *s;

	s->dfw = true;
	s->allow = sem_chance(60);
	s->stateful = sem_chance(70);
	s->nb_rules = (uint8_t)sem_rnd(SEM_RULES + 1);
	for (unsigned i = 0; i < s->nb_rules; i++)
		some_rule(&s->rule[i], 1000 + i);
	// What comes to the same is no change.
	s->version += s->dfw != old.dfw || s->allow != old.allow || s->stateful != old.stateful
		|| s->nb_rules != old.nb_rules
		|| memcmp(s->rule, old.rule, s->nb_rules * sizeof(s->rule[0])) != 0;
	(s->stateful ? gt_dfw_stateful : gt_dfw)(s->idx, s->rule, s->nb_rules, s->allow);
	snprintf(text, size, "port %u: %u rules, default %d, stateful %d", s->idx, s->nb_rules,
		s->allow, s->stateful);
}

void sem_change_limits(char *text, size_t size)
{
	struct rd_conn_limits l = {.max = sem_chance(70) ? 0 : 1 + sem_rnd(5),
		.max_half_open = sem_chance(50) ? 0 : 1 + sem_rnd(2)};
	struct rd_err err = {0};
	struct rd_dfw_model *m = rd_dfw_edit(NULL, &err);
	bool changed;

	assert_non_null(m);
	assert_int_equal(rd_dfw_done(m, rd_dfw_policy_set(m, -1, -1, -1, &l), &err), 0);
	changed = sem.conn.max != l.max || sem.conn.max_half_open != l.max_half_open;
	sem.conn.max = l.max;
	sem.conn.max_half_open = l.max_half_open;
	for (unsigned i = 0; i < SEM_PORTS; i++)
		sem.port[i].version += changed;
	snprintf(text, size, "limits %u and %u", l.max, l.max_half_open);
}

void sem_change_timeouts(void)
{
	struct rd_conn_settings s = {.strict = sem_chance(60)};

	for (unsigned i = 0; i < RD_CONN_STATE_COUNT; i++)
		s.timeout_s[i] = sem.conn.timeout_s[i] = 1 + sem_rnd(20);
	sem.conn.strict = s.strict;
	rd_conn_settings_set(&s);
}

// Time passes, and the whole table is looked at.
static void age(void)
{
	static uint64_t now_ns = 1;
	struct rd_conn_stats s;

	rd_coarse_advance(sem_rnd(6));
	sem.now_s = rd_coarse_s();
	rd_conn_stats(&s);
	for (uint64_t seen = 0; seen < s.capacity + 256; seen += 256)
		rd_conn_age(0, 1, now_ns += UINT64_C(4000000000));
	sem_state_age();
}

void sem_change_conns(char *text, size_t size)
{
	uint16_t zone = sem_chance(50) ? 0 : some_guest()->idx;

	switch (sem_rnd(6)) {
	case 0:
		sem_change_limits(text, size);
		break;
	case 1:
		sem_change_timeouts();
		snprintf(text, size, "timeouts, strict %d", sem.conn.strict);
		break;
	case 2:
		(void)rd_conn_flush(zone);
		sem_state_flush(zone);
		snprintf(text, size, "connection flush %u", zone);
		break;
	default:
		age();
		snprintf(text, size, "connections age");
	}
}
