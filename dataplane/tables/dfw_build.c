/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A rule set from rules that are expanded already. Control thread.
 */
#include "tables/dfw_compile.h"

#include "api/stages.h"

#include <stdlib.h>
#include <string.h>

static int no_memory(struct rd_err *err)
{
	return rd_err_set(err, -ENOMEM, "no memory for a port's firewall rules");
}

static struct rd_dfw_rules *rules_copy(const struct rd_dfw_want *want)
{
	struct rd_dfw_rules *r = calloc(1, sizeof(*r));
	struct rd_dfw_crule **list = malloc((want->nb + 1) * sizeof(*list));

	if (r == NULL || list == NULL) {
		free(r);
		free(list);
		return NULL;
	}
	r->want = *want;
	r->want.rule = list;
	for (uint32_t i = 0; i < want->nb; i++) {
		list[i] = want->rule[i];
		list[i]->refs++;
	}
	return r;
}

static void rules_free(struct rd_dfw_rules *r)
{
	if (r == NULL)
		return;
	for (uint32_t i = 0; i < r->want.nb; i++)
		rd_dfw_crule_put(r->want.rule[i]);
	free(r->want.rule);
	free(r);
}

static int verdicts(struct rd_dfw *d, const struct rd_dfw_want *want)
{
	d->verdict = calloc(want->nb + 1, sizeof(*d->verdict));
	if (d->verdict == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < want->nb; i++) {
		const struct rd_dfw_crule *c = want->rule[i];

		d->verdict[i] = (struct rd_dfw_verdict){.rule_id = c->id,
			.slot = c->slot,
			.action = c->action,
			.log = c->log,
			.reason = c->action == RD_DFW_ALLOW ? RD_DROP_NONE : RD_DROP_DFW_RULE_DENY};
	}
	return 0;
}

// The terms of the IP rules (l2 false) or of the others. *nb 0: *out is NULL. -ENOMEM, -E2BIG.
static int gather(const struct rd_dfw_want *want, bool l2, struct rd_dfw_term **out, uint32_t *nb)
{
	uint64_t total = 0;
	struct rd_dfw_term *t;

	*out = NULL;
	*nb = 0;
	for (uint32_t i = 0; i < want->nb; i++)
		total += want->rule[i]->l2 == l2 ? want->rule[i]->nb : 0;
	if (total == 0)
		return 0;
	if (total > RD_DFW_SET_TERMS_MAX)
		return -E2BIG;
	t = malloc(total * sizeof(*t));
	if (t == NULL)
		return -ENOMEM;
	*out = t;
	*nb = (uint32_t)total;
	for (uint32_t i = 0; i < want->nb; i++) {
		const struct rd_dfw_crule *c = want->rule[i];

		if (c->l2 != l2)
			continue;
		for (uint32_t n = 0; n < c->nb; n++) {
			*t = c->term[n];
			t++->rule = i;
		}
	}
	return 0;
}

static int fill(struct rd_dfw *d, const struct rd_dfw_want *want, struct rd_err *err)
{
	int rc;

	d->rules = rules_copy(want);
	if (d->rules == NULL || verdicts(d, want) < 0)
		return no_memory(err);
	rc = gather(want, true, &d->l2, &d->nb_l2);
	if (rc == 0)
		rc = gather(want, false, &d->flat, &d->nb_flat);
	if (rc == -E2BIG) {
		rd_err_set(err, rc,
			"the rules of a port have more than %d combinations of sources, destinations and services",
			RD_DFW_SET_TERMS_MAX);
		rd_err_hint(err, "larger prefixes, or rules that apply to fewer ports");
		return rc;
	}
	if (rc < 0)
		return no_memory(err);
	if (d->nb_flat <= RD_DFW_FLAT_MAX)
		return 0;
	rc = rd_dfw_acl_build(d, d->flat, d->nb_flat, err);
	free(d->flat);
	d->flat = NULL;
	d->nb_flat = 0;
	return rc;
}

struct rd_dfw *rd_dfw_build(const struct rd_dfw_want *want, struct rd_err *err)
{
	static uint32_t serial;
	struct rd_dfw *d = calloc(1, sizeof(*d));

	if (d == NULL) {
		no_memory(err);
		return NULL;
	}
	d->serial = ++serial;
	d->stateful = want->stateful;
	d->limits = want->limits;
	d->dflt = want->dflt;
	if (fill(d, want, err) < 0) {
		rd_dfw_free(d);
		return NULL;
	}
	return d;
}

void rd_dfw_free(struct rd_dfw *d)
{
	if (d == NULL)
		return;
	rd_dfw_acl_free(d);
	rules_free(d->rules);
	free(d->verdict);
	free(d->l2);
	free(d->flat);
	free(d);
}

bool rd_dfw_is(const struct rd_dfw *d, const struct rd_dfw_want *want)
{
	const struct rd_dfw_want *have = &d->rules->want;

	return have->hash == want->hash && have->nb == want->nb && have->stateful == want->stateful
		&& have->dflt.slot == want->dflt.slot && have->dflt.action == want->dflt.action
		&& have->dflt.log == want->dflt.log && have->limits.max == want->limits.max
		&& have->limits.max_half_open == want->limits.max_half_open
		&& (want->nb == 0
			|| memcmp(have->rule, want->rule, want->nb * sizeof(*want->rule)) == 0);
}
