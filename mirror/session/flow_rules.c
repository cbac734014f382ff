/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See flow_rules.h. Control thread.
 */
#include "session/flow_rules.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "session/flow_build.h"
#include "session/flow_build_priv.h"

RD_LOG_MODULE(mirror_flow);

static struct rd_flow_dev dev_of(const struct rd_flow_rules *r, uint16_t port)
{
	return (struct rd_flow_dev){.ops = r->ops, .drv = r->drv, .port = port};
}

static void append(struct rd_flow_rules *r, struct rd_flow_entry *e)
{
	e->older = r->newest;
	if (r->newest != NULL)
		r->newest->newer = e;
	r->newest = e;
	r->nb++;
}

static void unlink_entry(struct rd_flow_rules *r, struct rd_flow_entry *e)
{
	if (e->newer != NULL)
		e->newer->older = e->older;
	else
		r->newest = e->older;
	if (e->older != NULL)
		e->older->newer = e->newer;
	r->nb--;
	r->stuck -= e->set == 0;
	free(e);
}

struct refusal {
	struct rd_flow_fail fail;
	enum rd_flow_why why;
};

static int make_one(struct rd_flow_rules *r, const struct rd_flow_ask *ask,
	const struct rd_flow_form *form, struct rd_flow_entry *e, unsigned part, struct refusal *no)
{
	struct rd_flow_where where = {
		.ethdev = e->ethdev, .side = e->side, .facts = &ask->cap->facts};
	struct rd_flow_dev dev = dev_of(r, e->port);
	struct rd_flow_built b;

	rd_flow_build(&where, form, &e->match, part, &b);
	e->counts = form->count && !e->match.deny && part + 1 == rd_flow_parts(form, &e->match);
	if (rd_flow_create(&dev, &b.rule, &e->flow, &no->fail) == 0)
		return 0;
	no->why = rd_flow_classify(&no->fail, rd_flow_blame(&b, no->fail.cause));
	return no->fail.code;
}

static int make_part(struct rd_flow_rules *r, const struct rd_flow_ask *ask,
	const struct rd_flow_plan *plan, unsigned match, unsigned part, struct refusal *no)
{
	struct rd_flow_entry *e = calloc(1, sizeof(*e));
	int ret;

	if (e == NULL) {
		no->why = RD_FLOW_WHY_UNKNOWN; // ours, not the card's
		return rd_flow_fail_set(&no->fail, -ENOMEM, "the daemon is out of memory");
	}
	*e = (struct rd_flow_entry){.set = r->last_set,
		.session = ask->want->id,
		.ethdev = ask->point->ethdev,
		.port = plan->form.rule_port,
		.domain = (uint8_t)rd_flow_domain_of(plan->recipe),
		.side = (uint8_t)rd_flow_side_of(ask->point),
		.match = plan->match[match]};
	ret = make_one(r, ask, &plan->form, e, part, no);
	if (ret < 0) {
		free(e);
		return ret;
	}
	append(r, e);
	return 0;
}

// A rule that jumps comes after the one that it leads to, one that copies after those of higher priority that must not.
static int make_all(struct rd_flow_rules *r, const struct rd_flow_ask *ask,
	const struct rd_flow_plan *plan, struct refusal *no)
{
	for (unsigned i = 0; i < plan->nb_matches; i++)
		for (unsigned p = rd_flow_parts(&plan->form, &plan->match[i]); p-- > 0;) {
			int ret = make_part(r, ask, plan, i, p, no);

			if (ret < 0)
				return ret;
		}
	return 0;
}

uint32_t rd_flow_rules_make(struct rd_flow_rules *r, const struct rd_flow_ask *ask,
	const struct rd_flow_plan *plan, struct rd_flow_fail *fail, enum rd_flow_why *why)
{
	struct refusal no = {0};
	uint32_t set;

	if (++r->last_set == 0)
		r->last_set = 1;
	set = r->last_set;
	if (make_all(r, ask, plan, &no) == 0)
		return set;
	rd_flow_rules_drop(r, set);
	*fail = no.fail;
	*why = no.why;
	return 0;
}

// A driver that keeps a rule may still copy by it: it is remembered, and tried again.
static void take_back(struct rd_flow_rules *r, struct rd_flow_entry *e)
{
	struct rd_flow_dev dev = dev_of(r, e->port);
	struct rd_flow_fail fail;
	char text[RD_FLOW_FAIL_TEXT];

	if (rd_flow_destroy(&dev, e->flow, &fail) == 0) {
		unlink_entry(r, e);
		return;
	}
	if (e->set == 0)
		return;
	rd_log_err("device %u does not take a rule of mirror session %u back: %s; tried again",
		e->port, e->session, rd_flow_fail_text(&fail, text, sizeof(text)));
	e->set = 0;
	r->stuck++;
}

void rd_flow_rules_drop(struct rd_flow_rules *r, uint32_t set)
{
	struct rd_flow_entry *e = r->newest;

	while (set != 0 && e != NULL) {
		struct rd_flow_entry *older = e->older;

		if (e->set == set)
			take_back(r, e);
		e = older;
	}
}

void rd_flow_rules_retry(struct rd_flow_rules *r)
{
	struct rd_flow_entry *e = r->newest;

	while (r->stuck != 0 && e != NULL) {
		struct rd_flow_entry *older = e->older;

		if (e->set == 0)
			take_back(r, e);
		e = older;
	}
}

void rd_flow_rules_forget(struct rd_flow_rules *r, uint16_t ethdev)
{
	struct rd_flow_entry *e = r->newest;

	while (e != NULL) {
		struct rd_flow_entry *older = e->older;

		if (e->ethdev == ethdev || e->port == ethdev)
			unlink_entry(r, e);
		e = older;
	}
}

bool rd_flow_rules_at_tx(const struct rd_flow_rules *r, uint16_t ethdev)
{
	for (const struct rd_flow_entry *e = r->newest; e != NULL; e = e->older)
		if (e->ethdev == ethdev && e->side == RD_FLOW_TX && e->domain == RD_FLOW_TRANSFER)
			return true;
	return false;
}

unsigned rd_flow_rules_of(const struct rd_flow_rules *r, uint32_t set)
{
	unsigned nb = 0;

	for (const struct rd_flow_entry *e = r->newest; set != 0 && e != NULL; e = e->older)
		nb += e->set == set;
	return nb;
}

int rd_flow_rules_count(const struct rd_flow_rules *r, uint32_t set, uint64_t *hits,
	uint64_t *bytes, struct rd_flow_fail *fail)
{
	int ret = -ENODATA;

	*hits = *bytes = 0;
	for (const struct rd_flow_entry *e = r->newest; e != NULL; e = e->older) {
		struct rd_flow_dev dev = dev_of(r, e->port);
		uint64_t h = 0, b = 0;

		if (e->set != set || !e->counts)
			continue;
		ret = rd_flow_count(&dev, e->flow, &h, &b, fail);
		if (ret < 0)
			return ret;
		*hits += h;
		*bytes += b;
	}
	return ret;
}

// --- rules that are stuck: there, and nobody's ---

static bool plan_has(const struct rd_flow_plan *plan, const struct rd_flow_match *m)
{
	for (unsigned i = 0; i < plan->nb_matches; i++)
		if (rd_flow_same(&plan->match[i], m))
			return true;
	return false;
}

// What both leave out alike is no loss: whichever rule meets the packet, it is not copied.
static bool clash(const struct rd_flow_entry *e, const struct rd_flow_plan *plan,
	const struct rd_flow_match *m)
{
	if (!rd_flow_overlap(&e->match, m))
		return false;
	if (e->match.deny && m->deny)
		return false;
	if (e->match.deny && plan_has(plan, &e->match))
		return false;
	return !m->deny;
}

bool rd_flow_rules_stuck_at(const struct rd_flow_rules *r, const struct rd_flow_ask *ask,
	const struct rd_flow_plan *plan)
{
	for (const struct rd_flow_entry *e = r->newest; e != NULL; e = e->older) {
		if (e->set != 0 || e->session == ask->want->id || e->ethdev != ask->point->ethdev
			|| e->side != rd_flow_side_of(ask->point)
			|| e->domain != rd_flow_domain_of(plan->recipe))
			continue;
		for (unsigned i = 0; i < plan->nb_matches; i++)
			if (clash(e, plan, &plan->match[i]))
				return true;
	}
	return false;
}
