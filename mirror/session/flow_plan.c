/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The planner, see flow_plan.h: from the best recipe down, each asked of the session, of the probe, of the driver. What it is told by the
 * failure table (flow_why.c) decides how it goes on. Every way ends in software, after few steps. Control thread.
 */
#include "session/flow_plan.h"

#include <errno.h>
#include <string.h>

#include "base/pkt.h"
#include "session/flow_build.h"
#include "session/flow_build_priv.h"
#include "session/flow_pattern.h"
#include "session/spec.h"

#define ATTEMPTS 24 // more than all forms of all recipes
#define SPORT_FIXED 49152 // a template's: no NIC hashes the inner flow into it

static void note(struct rd_flow_plan *plan, enum rd_flow_phase phase, enum rd_flow_why why,
	const struct rd_flow_fail *fail)
{
	if (plan->nb_steps < RD_FLOW_STEPS)
		plan->step[plan->nb_steps++] = (struct rd_flow_step){.recipe = plan->recipe,
			.why = (uint8_t)why,
			.phase = (uint8_t)phase,
			.fail = *fail};
}

static bool may_count(const struct rd_flow_ask *ask, unsigned recipe)
{
	return rd_flow_can(ask->cap,
		rd_flow_domain_of(recipe) == RD_FLOW_TRANSFER ? RD_FLOW_RUNG_SW_COUNT
							      : RD_FLOW_RUNG_IN_COUNT);
}

static uint32_t ratio(const struct rd_flow_ask *ask, unsigned recipe)
{
	const struct rd_mirror_spec *s = ask->want->spec;

	// Every n-th exactly is software's; a NIC's share is random at best.
	if (recipe != RD_RECIPE_QUEUE || s->sampling != RD_MIRROR_SAMPLE_RANDOM || s->sample < 2)
		return 1;
	return rd_flow_can(ask->cap, RD_FLOW_RUNG_IN_SAMPLE_2) ? s->sample : 1;
}

static uint8_t first_fate(const struct rd_flow_ask *ask, unsigned recipe)
{
	const struct rd_flow_cap *cap = ask->cap;
	bool several = cap->facts.nb_rxq > 1;

	if (rd_flow_domain_of(recipe) == RD_FLOW_TRANSFER
		|| rd_flow_can(cap, several ? RD_FLOW_RUNG_IN_RSS : RD_FLOW_RUNG_IN_QUEUE))
		return RD_FLOW_FATE_DEFAULT;
	return RD_FLOW_FATE_PASSTHRU;
}

// Lengths and IPv4's checksum are the card's to fill in; a UDP source port by flow it can't make.
static void head(const struct rd_flow_ask *ask, struct rd_flow_form *form)
{
	struct rd_encap_conf conf;
	struct rd_encap e;

	if (form->recipe != RD_RECIPE_FULL || ask->want->head == NULL
		|| ask->want->spec->encap == RD_MIRROR_PORT)
		return;
	conf = *ask->want->head;
	if (conf.sport == 0)
		conf.sport = SPORT_FIXED;
	if (rd_encap_prepare(&e, &conf, NULL) < 0)
		return; // session_refuses() has said so
	form->head_len = e.len;
	memcpy(form->head, e.head, e.len);
}

static void start(const struct rd_flow_ask *ask, struct rd_flow_plan *plan, unsigned recipe)
{
	struct rd_flow_form *f = &plan->form;
	const struct rd_flow_cap *cap = ask->cap;

	plan->recipe = (uint8_t)recipe;
	memset(f, 0, sizeof(*f)); // padding, too: forms are compared
	f->recipe = (uint8_t)recipe;
	f->order = RD_FLOW_SAMPLE_FIRST;
	f->fate = first_fate(ask, recipe);
	f->count = may_count(ask, recipe);
	f->ratio = ratio(ask, recipe);
	f->mark = ask->want->id;
	f->rule_port =
		rd_flow_domain_of(recipe) == RD_FLOW_TRANSFER ? cap->proxy : ask->point->ethdev;
	f->out_queue = cap->facts.copy_queue;
	f->out_port = recipe == RD_RECIPE_FULL ? ask->want->out_ethdev : cap->facts.copy_port;
	f->old_ports = recipe == RD_RECIPE_FULL && !rd_flow_can(cap, RD_FLOW_RUNG_SW_SAMPLE_PORT);
	head(ask, f);
}

static void software(struct rd_flow_plan *plan)
{
	plan->recipe = RD_RECIPE_SOFTWARE;
	plan->nb_matches = 0;
	memset(&plan->form, 0, sizeof(plan->form));
}

static void next_recipe(const struct rd_flow_ask *ask, struct rd_flow_plan *plan)
{
	if (plan->recipe + 1u >= RD_RECIPE_SOFTWARE)
		software(plan);
	else
		start(ask, plan, plan->recipe + 1u);
}

static bool other_form(struct rd_flow_form *f, enum rd_flow_why why)
{
	if (why == RD_FLOW_WHY_COUNT && f->count)
		f->count = false;
	else if (why == RD_FLOW_WHY_FATE && f->fate == RD_FLOW_FATE_DEFAULT)
		f->fate = RD_FLOW_FATE_PASSTHRU;
	else if (why == RD_FLOW_WHY_PORT && f->recipe == RD_RECIPE_FULL && !f->old_ports)
		f->old_ports = true;
	else
		return false;
	return true;
}

// By the table: the same recipe said otherwise, the next one, or none.
static void go_on(const struct rd_flow_ask *ask, struct rd_flow_plan *plan, enum rd_flow_why why)
{
	uint16_t then = rd_flow_reason(why)->then;
	struct rd_flow_form *f = &plan->form;

	if (why == RD_FLOW_WHY_NO_COPY)
		plan->no_copy[rd_flow_domain_of(f->recipe)] = true;
	plan->retry |= (then & RD_FLOW_THEN_RETRY) != 0;
	if ((then & RD_FLOW_THEN_REORDER) && f->order + 1u < RD_FLOW_ORDERS
		&& f->recipe != RD_RECIPE_MARK)
		f->order++;
	else if ((then & RD_FLOW_THEN_RATIO1) && f->ratio > 1)
		f->ratio = 1;
	else if ((then & RD_FLOW_THEN_OTHER) && other_form(f, why))
		return;
	else if (then & RD_FLOW_THEN_NEXT)
		next_recipe(ask, plan);
	else
		software(plan);
}

static enum rd_flow_why validate(
	const struct rd_flow_ask *ask, const struct rd_flow_plan *plan, struct rd_flow_fail *fail)
{
	struct rd_flow_where where = {.ethdev = ask->point->ethdev,
		.side = rd_flow_side_of(ask->point),
		.facts = &ask->cap->facts};
	struct rd_flow_dev dev = ask->dev;

	dev.port = plan->form.rule_port;
	for (unsigned i = 0; i < plan->nb_matches; i++)
		for (unsigned p = 0; p < rd_flow_parts(&plan->form, &plan->match[i]); p++) {
			struct rd_flow_built b;

			rd_flow_build(&where, &plan->form, &plan->match[i], p, &b);
			if (rd_flow_validate(&dev, &b.rule, fail) < 0
				&& !(fail->code == -EEXIST
					&& (ask->replaces || plan->form.nb_with != 0)))
				return rd_flow_classify(fail, rd_flow_blame(&b, fail->cause));
		}
	return RD_FLOW_FINE;
}

enum rd_flow_why rd_flow_why_shared(const struct rd_flow_plan *plan, enum rd_flow_why why)
{
	bool passes = why == RD_FLOW_FINE || why == RD_FLOW_WHY_FULL || why == RD_FLOW_WHY_BUSY
		|| why == RD_FLOW_WHY_GONE;

	return plan->form.nb_with == 0 || passes ? why : RD_FLOW_WHY_OVERLAP;
}

// Packets that other sessions have rules for: one rule for all, or none for this session.
static enum rd_flow_why share(
	const struct rd_flow_ask *ask, struct rd_flow_plan *plan, struct rd_flow_fail *fail)
{
	enum rd_flow_taken taken = ask->taken != NULL ? ask->taken(ask, plan) : RD_FLOW_FREE;

	if (taken == RD_FLOW_TAKEN) {
		rd_flow_fail_set(
			fail, -EEXIST, "a rule of another session has some of these packets");
		return RD_FLOW_WHY_OVERLAP;
	}
	if (taken == RD_FLOW_SHARED && !rd_flow_can(ask->cap, RD_FLOW_RUNG_SW_SAMPLE_TWICE)) {
		*fail = ask->cap->cell[RD_FLOW_RUNG_SW_SAMPLE_TWICE].fail;
		return RD_FLOW_WHY_OVERLAP;
	}
	return rd_flow_why_shared(plan, validate(ask, plan, fail));
}

static enum rd_flow_why judge(const struct rd_flow_ask *ask, struct rd_flow_plan *plan,
	enum rd_flow_phase *phase, struct rd_flow_fail *fail)
{
	enum rd_flow_why why = rd_flow_session_refuses(ask, plan->recipe, fail);

	*phase = RD_PHASE_SESSION;
	if (why != RD_FLOW_FINE)
		return why;
	*phase = RD_PHASE_PROBE;
	if (plan->recipe != RD_RECIPE_MARK && plan->no_copy[rd_flow_domain_of(plan->recipe)]) {
		rd_flow_fail_set(fail, -ENOTSUP,
			"no copies in the %s domain, as for the recipe before",
			rd_flow_domain_name(rd_flow_domain_of(plan->recipe)));
		return RD_FLOW_WHY_NO_COPY;
	}
	why = rd_flow_probe_refuses(ask, plan->recipe, plan, fail);
	if (why != RD_FLOW_FINE)
		return why;
	*phase = RD_PHASE_SESSION;
	why = rd_flow_ours_refuses(ask, plan->recipe, fail);
	if (why != RD_FLOW_FINE)
		return why;
	*phase = RD_PHASE_VALIDATE;
	return share(ask, plan, fail);
}

static bool is_drivers(const struct rd_flow_step *st)
{
	return st->phase >= RD_PHASE_PROBE;
}

// What the operator is told in one word: that the card cannot copy, else the driver's first objection, else the first of all.
static void sum_up(struct rd_flow_plan *plan)
{
	const struct rd_flow_step *best = NULL;

	for (unsigned i = 0; i < plan->nb_steps; i++) {
		const struct rd_flow_step *st = &plan->step[i];

		if (best == NULL || (is_drivers(st) && !is_drivers(best))
			|| (is_drivers(st) && st->why == RD_FLOW_WHY_NO_COPY
				&& best->why != st->why))
			best = st;
	}
	plan->why = best != NULL ? best->why : RD_FLOW_FINE;
}

static void settle(const struct rd_flow_ask *ask, struct rd_flow_plan *plan)
{
	for (unsigned n = 0; plan->recipe != RD_RECIPE_SOFTWARE; n++) {
		struct rd_flow_fail fail = {0};
		enum rd_flow_phase phase;
		enum rd_flow_why why = judge(ask, plan, &phase, &fail);

		if (why == RD_FLOW_FINE)
			break;
		note(plan, phase, why, &fail);
		if (n == ATTEMPTS)
			software(plan);
		else if (phase == RD_PHASE_VALIDATE
			|| !(rd_flow_reason(why)->then & RD_FLOW_THEN_NEXT))
			go_on(ask, plan, why);
		else
			next_recipe(ask, plan);
	}
	sum_up(plan);
}

void rd_flow_plan(const struct rd_flow_ask *ask, struct rd_flow_plan *plan)
{
	struct rd_err err = {0};
	struct rd_flow_fail fail;
	int nb;

	memset(plan, 0, sizeof(*plan));
	start(ask, plan, RD_RECIPE_FULL);
	if (rd_flow_session_refuses(ask, RD_RECIPE_FULL, &fail) == RD_FLOW_FINE
		|| rd_flow_is_edge(ask->point->stage)) {
		nb = rd_flow_pattern(ask->want, ask->point, plan->match, &err);
		if (nb <= 0) {
			rd_flow_fail_set(&fail, nb == 0 ? -ENODATA : nb, "%s",
				nb == 0 ? "no packet of this point can match" : err.what);
			note(plan, RD_PHASE_SESSION, RD_FLOW_WHY_SESSION, &fail);
			software(plan);
			sum_up(plan);
			return;
		}
		plan->nb_matches = (uint8_t)nb;
	}
	settle(ask, plan);
}

void rd_flow_plan_next(const struct rd_flow_ask *ask, struct rd_flow_plan *plan,
	enum rd_flow_phase phase, const struct rd_flow_fail *fail, enum rd_flow_why why)
{
	note(plan, phase, why, fail);
	go_on(ask, plan, why);
	settle(ask, plan);
}

bool rd_flow_same_matches(const struct rd_flow_plan *a, const struct rd_flow_plan *b)
{
	if (a->nb_matches != b->nb_matches)
		return false;
	for (unsigned i = 0; i < a->nb_matches; i++)
		if (a->match[i].priority != b->match[i].priority
			|| !rd_flow_same(&a->match[i], &b->match[i]))
			return false;
	return true;
}
