/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Drafts and transactions. There is at most one transaction; while it is open only its owner can change the policy.
 * Control thread.
 */
#include "tables/dfw_edit.h"

#include "tables/dfw_compile.h"
#include "tables/dfw_policy.h"
#include "tables/dfw_priv.h"

#include <stddef.h>

static struct {
	struct rd_dfw_model *draft; // NULL: no transaction
	const void *owner;
} open_;

static struct rd_dfw_model *draft_of_current(struct rd_err *err)
{
	const struct rd_dfw_model *now = rd_dfw_model();
	struct rd_dfw_model *m =
		now->default_slot == 0 ? rd_dfw_model_new() : rd_dfw_model_copy(now);

	if (m == NULL)
		rd_err_set(err, -ENOMEM, "no memory for a change of the firewall policy");
	return m;
}

static int busy(struct rd_err *err)
{
	rd_err_set(err, -EBUSY, "somebody else is changing the firewall policy");
	rd_err_hint(err, "wait for his dfw commit; show dfw revision");
	return -EBUSY;
}

static int not_open(const void *owner, struct rd_err *err)
{
	if (open_.draft != NULL && open_.owner != owner)
		return busy(err);
	rd_err_set(err, -ENOENT, "no change of the firewall policy was begun");
	rd_err_hint(err, "dfw begin");
	return -ENOENT;
}

bool rd_dfw_is_open(const void *owner)
{
	return open_.draft != NULL && open_.owner == owner;
}

const struct rd_dfw_model *rd_dfw_model_of(const void *owner)
{
	return rd_dfw_is_open(owner) ? open_.draft : rd_dfw_model();
}

struct rd_dfw_model *rd_dfw_edit(const void *owner, struct rd_err *err)
{
	if (open_.draft == NULL)
		return draft_of_current(err);
	if (open_.owner == owner)
		return open_.draft;
	busy(err);
	return NULL;
}

int rd_dfw_done(struct rd_dfw_model *m, int rc, struct rd_err *err)
{
	if (m == NULL)
		return err != NULL && err->code != 0 ? err->code : -ENOMEM;
	if (m == open_.draft)
		return rc;
	if (rc == 0)
		rc = rd_dfw_publish(m, err);
	if (rc < 0)
		rd_dfw_model_free(m);
	return rc;
}

int rd_dfw_begin(const void *owner, bool replace, struct rd_err *err)
{
	struct rd_dfw_model *m;

	if (open_.draft != NULL)
		return open_.owner != owner
			? busy(err)
			: rd_err_set(err, -EALREADY, "a change was begun already");
	m = draft_of_current(err);
	if (m == NULL)
		return -ENOMEM;
	if (replace)
		rd_dfw_clear(m);
	open_.draft = m;
	open_.owner = owner;
	return 0;
}

int rd_dfw_commit(const void *owner, struct rd_err *err)
{
	int rc;

	if (!rd_dfw_is_open(owner))
		return not_open(owner, err);
	rc = rd_dfw_publish(open_.draft, err);
	if (rc == 0)
		open_.draft = NULL;
	return rc;
}

void rd_dfw_transaction_end(void)
{
	rd_dfw_model_free(open_.draft);
	open_.draft = NULL;
}

void rd_dfw_draft_forget(uint16_t port)
{
	if (open_.draft == NULL)
		return;
	rd_dfw_local_put(open_.draft->local[port]);
	open_.draft->local[port] = NULL;
}

int rd_dfw_abort(const void *owner, struct rd_err *err)
{
	if (!rd_dfw_is_open(owner))
		return not_open(owner, err);
	rd_dfw_transaction_end();
	return 0;
}

void rd_dfw_owner_gone(const void *owner)
{
	if (rd_dfw_is_open(owner))
		rd_dfw_transaction_end();
}

static bool names(
	const struct rd_dfw_target *t, unsigned nb, enum rd_dfw_target_kind kind, uint16_t idx)
{
	for (unsigned i = 0; i < nb; i++)
		if (t[i].kind == kind && t[i].idx == idx)
			return true;
	return false;
}

static int unused_in_section(const struct rd_dfw_section *s, enum rd_dfw_target_kind kind,
	uint16_t idx, struct rd_err *err)
{
	if (names(s->target, s->nb_targets, kind, idx))
		return rd_err_set(err, -EBUSY, "firewall section %s applies to it", s->name);
	for (uint32_t i = 0; i < s->rules.nb; i++) {
		const struct rd_dfw_rule *r = s->rules.v[i];

		if (names(r->target, r->nb_targets, kind, idx))
			return rd_err_set(err, -EBUSY,
				"firewall rule %u of section %s applies to it", r->id, s->name);
	}
	return 0;
}

int rd_dfw_target_unused_in(const struct rd_dfw_model *m, enum rd_dfw_target_kind kind,
	uint16_t idx, struct rd_err *err)
{
	int rc = 0;

	for (unsigned i = 1; i < RD_DFW_GROUP_MAX; i++)
		if (m->group[i] != NULL
			&& names(m->group[i]->member, m->group[i]->nb_members, kind, idx))
			return rd_err_set(
				err, -EBUSY, "it is in firewall group %s", m->group[i]->name);
	for (uint32_t i = 0; rc == 0 && i < m->nb_sections; i++)
		rc = unused_in_section(m->section[i], kind, idx, err);
	return rc;
}

int rd_dfw_target_unused(enum rd_dfw_target_kind kind, uint16_t idx, struct rd_err *err)
{
	int rc = rd_dfw_target_unused_in(rd_dfw_model(), kind, idx, err);

	return rc == 0 && open_.draft != NULL ? rd_dfw_target_unused_in(open_.draft, kind, idx, err)
					      : rc;
}
