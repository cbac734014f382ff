/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Putting a policy in force: every port's rule set is looked up among those that there are, or built; one pointer store
 * makes all of it visible; what nobody uses any more is freed when every worker has begun another walk. Control thread.
 */
#include "tables/dfw_compile.h"
#include "tables/dfw_edit.h"
#include "tables/dfw_policy.h"
#include "tables/dfw_priv.h"

#include "api/stages.h"
#include "tables/generation.h"
#include "tables/index.h"
#include "tables/tables.h"

#include <stdlib.h>
#include <string.h>

static struct rd_dfw_policy nothing = {.revision = 1};
struct rd_dfw_policy *rd_dfw_policy_ = &nothing;
static struct rd_dfw_model no_rules = {.stateful = true};
static struct rd_dfw_model *current = &no_rules;

static struct { // all rule sets
	uint32_t nb, cap;
	struct rd_dfw **v;
} sets;

static struct { // the list of the port that is being compiled
	uint32_t nb, cap;
	struct rd_dfw_crule **v;
} list;

const struct rd_dfw_model *rd_dfw_model(void)
{
	return current;
}

static int no_memory(struct rd_err *err)
{
	return rd_err_set(err, -ENOMEM, "no memory for the firewall policy");
}

static int grow(void *v, uint32_t nb, uint32_t *cap)
{
	void **at = v, *grown;
	uint32_t more = *cap == 0 ? 64 : *cap * 2;

	if (nb < *cap)
		return 0;
	grown = realloc(*at, more * sizeof(void *));
	if (grown == NULL)
		return -ENOMEM;
	*at = grown;
	*cap = more;
	return 0;
}

static struct { // one port and one model: which groups the port is in
	int8_t in[RD_DFW_GROUP_MAX]; // 1, -1; 0 = not known yet
} known;

static bool is_member(const struct rd_dfw_group *g, const struct rd_port *p)
{
	for (unsigned i = 0; g != NULL && i < g->nb_members; i++) {
		const struct rd_dfw_target *t = &g->member[i];

		if (t->idx == (t->kind == RD_DFW_ON_PORT ? p->idx : p->segment))
			return true;
	}
	return false;
}

// Of it, or of one that it contains.
static bool in_group(const struct rd_dfw_model *m, uint16_t at, const struct rd_port *p)
{
	const struct rd_dfw_group *g = m->group[at];
	bool in = known.in[at] > 0;

	if (known.in[at] != 0)
		return in;
	in = is_member(g, p);
	for (unsigned i = 0; !in && g != NULL && i < g->nb_inner; i++)
		in = in_group(m, g->inner[i], p);
	known.in[at] = in ? 1 : -1;
	return in;
}

static bool applies(const struct rd_dfw_model *m, const struct rd_dfw_target *t, unsigned nb,
	const struct rd_port *p)
{
	for (unsigned i = 0; i < nb; i++) {
		if (t[i].kind == RD_DFW_ON_GROUP
				? in_group(m, t[i].idx, p)
				: t[i].idx == (t[i].kind == RD_DFW_ON_PORT ? p->idx : p->segment))
			return true;
	}
	return nb == 0;
}

bool rd_dfw_applies(const struct rd_dfw_model *m, const struct rd_dfw_target *t, unsigned nb,
	const struct rd_port *p)
{
	memset(&known, 0, sizeof(known));
	return applies(m, t, nb, p);
}

static int add_rules(const struct rd_dfw_model *m, const struct rd_dfw_vec *v,
	const struct rd_port *p, struct rd_dfw_want *want)
{
	for (uint32_t i = 0; i < v->nb; i++) {
		const struct rd_dfw_rule *r = v->v[i];

		if (r->disabled || (r->nb_targets > 0 && !applies(m, r->target, r->nb_targets, p)))
			continue;
		if (grow(&list.v, list.nb, &list.cap) < 0)
			return -ENOMEM;
		list.v[list.nb++] = r->compiled;
		want->hash = rd_mix64(want->hash + (uintptr_t)r->compiled);
	}
	return 0;
}

static struct rd_dfw_verdict dflt(uint16_t slot, uint8_t action, bool log)
{
	return (struct rd_dfw_verdict){.slot = slot,
		.action = action,
		.log = log,
		.reason = action == RD_DFW_ALLOW ? RD_DROP_NONE : RD_DROP_DFW_DEFAULT_DENY};
}

// What a port is to have. 1, 0 when it has no firewall, -ENOMEM.
static int want_of(const struct rd_dfw_model *m, const struct rd_port *p, struct rd_dfw_want *want)
{
	const struct rd_dfw_local *l = m->local[p->idx];
	bool guest = p->type == RD_PORT_VNIC || p->type == RD_PORT_UPT, any = l != NULL;

	*want = (struct rd_dfw_want){.stateful = m->stateful, .limits = m->limits};
	list.nb = 0;
	memset(&known, 0, sizeof(known));
	if (l != NULL && add_rules(m, &l->rules, p, want) < 0)
		return -ENOMEM;
	if (l != NULL)
		want->dflt = dflt(l->default_slot, RD_DFW_ALLOW, false);
	for (uint32_t i = 0; guest && i < m->nb_sections; i++) {
		const struct rd_dfw_section *s = m->section[i];

		if (!applies(m, s->target, s->nb_targets, p))
			continue;
		any = true;
		want->dflt = dflt(m->default_slot, m->default_action, m->default_log);
		if (add_rules(m, &s->rules, p, want) < 0)
			return -ENOMEM;
	}
	if (l != NULL && l->has_default)
		want->dflt = dflt(l->default_slot, l->default_action, false);
	if (l != NULL && l->stateful >= 0)
		want->stateful = l->stateful != 0;
	want->nb = list.nb;
	want->rule = list.v;
	return any;
}

static int set_for(const struct rd_dfw_model *m, const struct rd_port *p, const struct rd_dfw **out,
	struct rd_err *err)
{
	struct rd_dfw_want want;
	int rc = want_of(m, p, &want);

	*out = NULL;
	if (rc < 0 || grow(&sets.v, sets.nb, &sets.cap) < 0)
		return no_memory(err);
	if (rc == 0)
		return 0;
	for (uint32_t i = 0; i < sets.nb; i++) {
		if (rd_dfw_is(sets.v[i], &want)) {
			*out = sets.v[i];
			return 0;
		}
	}
	sets.v[sets.nb] = rd_dfw_build(&want, err);
	if (sets.v[sets.nb] == NULL)
		return err != NULL && err->code != 0 ? err->code : -ENOMEM;
	*out = sets.v[sets.nb++];
	return 0;
}

static int expand_all(const struct rd_dfw_model *m, const struct rd_dfw_vec *v, const char *of,
	struct rd_err *err)
{
	for (uint32_t i = 0; i < v->nb; i++) {
		int rc = rd_dfw_expand(m, v->v[i], err);

		if (rc < 0) {
			rd_err_where(err, "%s, rule %u", of, v->v[i]->id);
			return rc;
		}
	}
	return 0;
}

static int expand(const struct rd_dfw_model *m, struct rd_err *err)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < m->nb_sections; i++)
		rc = expand_all(m, &m->section[i]->rules, m->section[i]->name, err);
	for (unsigned i = 1; rc == 0 && i < rd_port_bound(); i++)
		if (m->local[i] != NULL)
			rc = expand_all(m, &m->local[i]->rules, "port", err);
	return rc;
}

static void set_port(struct rd_dfw_policy *fresh, uint16_t idx, const struct rd_dfw *dfw)
{
	if (fresh->port[idx].dfw == dfw)
		return;
	fresh->port[idx].dfw = dfw;
	fresh->port[idx].changes++;
}

static struct rd_dfw_policy *policy_copy(void)
{
	struct rd_dfw_policy *fresh = malloc(sizeof(*fresh));

	if (fresh == NULL)
		return NULL;
	*fresh = *rd_dfw_policy_;
	fresh->revision++;
	return fresh;
}

// A flow's entry keeps 16 bits of the revision. When these come round, the generation moves on, so that an entry
// that nobody has used for 65,536 revisions compares the sum of its counters. Before the policy: a worker that has the new policy sees a
// new generation. After it: what was compared with the old policy in between compares again.
static void put_in_force(struct rd_dfw_policy *fresh)
{
	struct rd_dfw_policy *old = rd_dfw_policy_;
	bool round = (uint16_t)fresh->revision == 0;

	if (round)
		rd_generation_next();
	__atomic_store_n(&rd_dfw_policy_, fresh, __ATOMIC_RELEASE);
	rd_rcu_synchronize();
	if (round)
		rd_generation_next();
	if (old != &nothing)
		free(old);
}

// Frees the rule sets that no port has.
static void sweep(void)
{
	uint32_t kept = 0;

	for (unsigned i = 0; i < RD_PORT_MAX; i++)
		if (rd_dfw_policy_->port[i].dfw != NULL)
			rd_dfw_policy_->port[i].dfw->rules->used = true;
	for (uint32_t i = 0; i < sets.nb; i++) {
		struct rd_dfw *d = sets.v[i];

		if (d->rules->used) {
			d->rules->used = false;
			sets.v[kept++] = d;
		} else {
			rd_dfw_free(d);
		}
	}
	sets.nb = kept;
}

// Those that were built for nothing.
static void discard(uint32_t first)
{
	while (sets.nb > first)
		rd_dfw_free(sets.v[--sets.nb]);
}

static int compile(const struct rd_dfw_model *m, struct rd_dfw_policy *fresh, struct rd_err *err)
{
	int rc = expand(m, err);

	for (unsigned i = 1; rc == 0 && i < rd_port_bound(); i++) {
		const struct rd_port *p = rd_port_at((uint16_t)i);
		const struct rd_dfw *d = NULL;

		if (p != NULL)
			rc = set_for(m, p, &d, err);
		if (rc == 0)
			set_port(fresh, (uint16_t)i, d);
	}
	return rc;
}

int rd_dfw_publish(struct rd_dfw_model *m, struct rd_err *err)
{
	struct rd_dfw_policy *fresh = policy_copy();
	struct rd_dfw_model *old = current;
	uint32_t first = sets.nb;
	int rc = fresh == NULL ? no_memory(err) : compile(m, fresh, err);

	if (rc < 0) {
		discard(first);
		free(fresh);
		return rc;
	}
	current = m;
	put_in_force(fresh);
	sweep();
	if (old != &no_rules)
		rd_dfw_model_free(old);
	return 0;
}

void rd_dfw_sets(unsigned *nb, unsigned *terms)
{
	*nb = sets.nb;
	*terms = 0;
	for (uint32_t i = 0; i < sets.nb; i++)
		for (uint32_t n = 0; n < sets.v[i]->rules->want.nb; n++)
			*terms += sets.v[i]->rules->want.rule[n]->nb;
}

int rd_dfw_port_update(const struct rd_port *p, struct rd_err *err)
{
	struct rd_dfw_policy *fresh;
	const struct rd_dfw *d = NULL;
	int rc = expand(
		current, err); // a draft that came to nothing may have touched the rules' terms

	if (rc == 0)
		rc = set_for(current, p, &d, err);
	if (rc < 0 || d == rd_dfw_policy_->port[p->idx].dfw)
		return rc;
	fresh = policy_copy();
	if (fresh == NULL)
		return no_memory(err); // a rule set that was built stays until the next change
	set_port(fresh, p->idx, d);
	put_in_force(fresh);
	sweep();
	return 0;
}

void rd_dfw_port_gone(uint16_t idx)
{
	struct rd_dfw_policy *fresh;

	if (rd_dfw_policy_->port[idx].dfw != NULL) {
		fresh = policy_copy();
		if (fresh == NULL) // nobody can meet it: the index has no port
			return;
		set_port(fresh, idx, NULL);
		put_in_force(fresh);
	}
	sweep();
	rd_dfw_local_put(current->local[idx]);
	current->local[idx] = NULL;
	rd_dfw_draft_forget(idx);
}

void rd_dfw_fini(void)
{
	rd_dfw_transaction_end();
	if (rd_dfw_policy_ != &nothing)
		free(rd_dfw_policy_);
	rd_dfw_policy_ = &nothing;
	sweep();
	if (current != &no_rules)
		rd_dfw_model_free(current);
	current = &no_rules;
	free(sets.v);
	free(list.v);
	memset(&sets, 0, sizeof(sets));
	memset(&list, 0, sizeof(list));
}
